# SPDX-License-Identifier: ISC
# send.pl - send UDP datagrams to port 9, out of an interface, as raw frames
#
# usage: perl send.pl INTERFACE COUNT SIZE [VLAN [TPID]]
#
# Frames of SIZE bytes go to everybody; $SRC is the last byte of the sender's
# MAC address.  With $GAP, seconds, they go evenly, and the payload begins with
# their number, from 0, 32 bits.

use strict;
use warnings;
use Time::HiRes qw(time sleep);

my ($if, $n, $size, $vlan, $tpid) = @ARGV;
my ($index) = map { /^(\d+): \Q$if\E[:@]/ ? $1 : () } `ip -o link`;
die "no interface $if" unless $index;
socket(my $s, 17, 3, 0) or die "socket: $!";
bind($s, pack('S n i S C C a8', 17, 3, $index, 0, 0, 0, '')) or die "bind: $!";

my $tag = defined $vlan ? pack('n n', hex($tpid // '8100'), $vlan) : '';
my $room = $size - 14 - length $tag;
my $mac = "\xff" x 6 . "\2\0\0\0\0" . chr($ENV{SRC} // 1);
my @ip = (0x45, 0, $room, 0, 0, 64, 17, 0, "\x0a\x63\0\1", "\x0a\x63\0\2");
my $sum = 0;
$sum += $_ for unpack('n10', pack('C C n n n C C n a4 a4', @ip));
$sum = ($sum & 0xffff) + ($sum >> 16) while $sum > 0xffff;
$ip[7] = ~$sum & 0xffff;
my $ip = pack('C C n n n C C n a4 a4', @ip);
my $udp = pack('n n n n', 4097, 9, $room - 20, 0);
my $frame = $mac . $tag . "\x08\0" . $ip . $udp . 'x' x ($room - 28);
my ($gap, $start) = ($ENV{GAP}, time);
for my $i (0 .. $n - 1) {
	substr($frame, length($frame) - $room + 28, 4) = pack('N', $i) if $gap;
	defined send($s, $frame, 0) or die "send: $!";
	next unless $gap && $i % 10 == 9;
	my $wait = $start + $i * $gap - time;
	sleep $wait if $wait > 0;
}
