# SPDX-License-Identifier: ISC
# send.pl - send UDP datagrams to port 9, out of an interface, as raw frames
#
# usage: perl send.pl INTERFACE COUNT SIZE [VLAN [TPID]]
#
# Frames of SIZE bytes go to everybody; $SRC is the last byte of the sender's
# MAC address.

use strict;
use warnings;

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
for (1 .. $n) {
	defined send($s, $frame, 0) or die "send: $!";
}
