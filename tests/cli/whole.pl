# SPDX-License-Identifier: ISC
# whole.pl - read a pcap of send.pl's numbered frames: is each as it was sent?
#
# usage: perl whole.pl RUNS <PCAP
#
# Each of so many runs of send.pl begins to count anew.

use strict;
use warnings;

my ($runs) = @ARGV;
my ($last, $n, $wrong) = (-1, 0, 0);
binmode STDIN;
read(STDIN, my $head, 24) == 24 or die "no pcap\n";
while (read(STDIN, $head, 16) == 16) {
	my ($caplen, $len) = unpack 'x8 L2', $head;
	die "caplen $caplen\n" if $caplen > 262144;
	read(STDIN, my $data, $caplen) == $caplen or die "cut short\n";
	my $i = unpack 'x42 N', $data;
	$wrong++ if $caplen != $len || $i <= $last && --$runs == 0 ||
	    substr($data, 46) ne 'x' x ($caplen - 46);
	$last = $i;
	$n++;
}
print "$n whole, $wrong wrong\n";
