# SPDX-License-Identifier: ISC
# capgen.pl - a pcap file of COUNT frames, one each STEP milliseconds
#
# usage: perl capgen.pl COUNT [STEP [MAGIC]] >FILE
#
# Every tenth frame, from the first, is an ARP request of 60 bytes, the others
# are UDP datagrams of 84: with its header 100 bytes in the file.  The first is
# from 2023-11-14 22:13:20 UTC.  MAGIC: "ns", "us", or "be" for microseconds in
# big-endian byte order.

use strict;
use warnings;

my ($n, $step, $magic) = ($ARGV[0], $ARGV[1] // 100, $ARGV[2] // 'ns');
my $l = $magic eq 'be' ? 'N' : 'V';
my $s = $magic eq 'be' ? 'n' : 'v';
my $unit = $magic eq 'ns' ? 1000000 : 1000;
my $mac = "\xff" x 6 . "\2\0\0\0\0\1";
my $arp = $mac . "\x08\x06" . pack('n n C C n', 1, 0x800, 6, 4, 1) .
    "\2\0\0\0\0\1\x0a\x63\0\1" . "\0" x 6 . "\x0a\x63\0\2" . "\0" x 18;
my $udp = $mac . "\x08\0" . pack('C C n n n C C n a4 a4', 0x45, 0, 70, 0, 0,
    64, 17, 0, "\x0a\x63\0\1", "\x0a\x63\0\2") .
    pack('n n n n', 4097, 9, 50, 0) . 'x' x 42;

binmode STDOUT;
print pack("$l $s $s $l $l $l $l", $magic eq 'ns' ? 0xa1b23c4d : 0xa1b2c3d4,
    2, 4, 0, 0, 262144, 1);
for my $i (0 .. $n - 1) {
	my $ms = $i * $step;
	my $frame = $i % 10 ? $udp : $arp;
	print pack("$l $l $l $l", 1700000000 + int($ms / 1000),
	    $ms % 1000 * $unit, length $frame, length $frame), $frame;
}
