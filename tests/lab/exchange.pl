#!/usr/bin/env perl
# SPDX-License-Identifier: ISC
# exchange.pl - compare a capture with what was exchanged, packet by packet
#
# usage: exchange.pl COUNT FILE.pcap [OTHER.pcap]
#
# FILE has COUNT pings, echo request and reply in turn, their numbers without
# a gap; with OTHER, it has the same packets, and times differ by at most 5 ms.
# (One in a hundred may by more: they lie on the way when the machine is busy.)
# What else was on the wire is passed over.  Exit 0 if so; else it says what is
# wrong.
use strict;
use warnings;

# [time in ns, "request 5" ...] for each echo packet
sub echoes {
	my ($file) = @_;
	my (@found, $last);
	open(my $in, '<:raw', $file) or die "$file: $!\n";
	read($in, my $head, 24) == 24 or die "$file: no pcap\n";
	unpack('V', $head) == 0xa1b23c4d or die "$file: no pcap in ns\n";
	while ((my $n = read($in, my $rec, 16)) != 0) {
		my ($s, $ns, $cap, $len) = unpack('V4', $rec);
		$n == 16 && read($in, my $data, $cap) == $cap
		    or die "$file: cut off\n";
		my $time = $s * 1000000000 + $ns;
		die "$file: time runs backwards\n"
		    if defined $last && $time < $last;
		$last = $time;
		# Ethernet, IPv4 with a header of 20 bytes, ICMP echo
		my ($type, $ihl, $proto, $icmp, $seq) = unpack(
		    'x12 n C x8 C x10 C x5 n', $data . "\0" x 60);
		next if $type != 0x0800 || $ihl != 0x45 || $proto != 1 ||
		    ($icmp != 8 && $icmp != 0);
		push @found, [$time,
		    ($icmp == 8 ? 'request ' : 'reply ') . $seq];
	}
	return @found;
}

my ($count, $file, $other) = @ARGV;
my @got = echoes($file);
# The first number is busybox' own affair.
my ($seq) = $got[0][1] =~ /^request (\d+)$/ or die "begins with $got[0][1]\n";
die scalar(@got), " packets, not ", 2 * $count, "\n" if @got != 2 * $count;
for my $i (0 .. $#got) {
	my $want = ($i % 2 == 0 ? 'request ' : 'reply ') .
	    (($seq + int($i / 2)) & 0xffff);
	die "packet $i is $got[$i][1], not $want\n" if $got[$i][1] ne $want;
}
exit 0 if !defined $other;

my @there = echoes($other);
die scalar(@there), " packets elsewhere\n" if @there != @got;
my @apart;
for my $i (0 .. $#got) {
	push @apart, abs($got[$i][0] - $there[$i][0]);
	die "packet $i: $got[$i][1] here, $there[$i][1] there\n"
	    if $got[$i][1] ne $there[$i][1];
}
@apart = sort { $a <=> $b } @apart;
my $most = $apart[$#apart * 99 / 100];
printf "times differ by %.3f ms at most, 99%% by %.3f ms\n",
    $apart[-1] / 1e6, $most / 1e6;
exit($most <= 5e6 ? 0 : 1);
