#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# capout.bats - what qlab-cap writes, from saved captures: takes no rights

bats_require_minimum_version 1.5.0

setup() {
	cap=$QLAB_BUILD/qlab-cap
	data=$BATS_TEST_DIRNAME/../fuzz/corpus/capread
	export QLAB_STATE=$BATS_TEST_TMPDIR/state TZ=UTC0
	cd "$BATS_TEST_TMPDIR" || exit 1
}

gen() {
	perl "$BATS_TEST_DIRNAME/capgen.pl" "$@"
}

need() {
	command -v "$1" >/dev/null || skip "no $1 here"
}

# count FILE: its packets, read by tcpdump
count() {
	tcpdump -nr "$1" 2>/dev/null | grep -c .
}

# raw_of FILE: the same packets, said to be IP without Ethernet
raw_of() {
	head -c 20 "$1"
	printf '\145\0\0\0'
	tail -c +25 "$1"
}

# fails STATUS MESSAGE ARGUMENT...: what it says first, and nothing on stdout
fails() {
	local want=$1 message=$2
	shift 2
	run --separate-stderr timeout 20 "$cap" "$@"
	echo "$*: $status $stderr"
	[ "$status" -eq "$want" ]
	[ "${stderr_lines[0]}" = "qlab-cap: $message" ]
	[ -z "$output" ]
}

# in_tmpfs SCRIPT: with a file system of 64 KiB at ./small
in_tmpfs() {
	local how=(unshare -m)
	[ "$(id -u)" = 0 ] || how=(unshare -Urm)
	mkdir -p small
	"${how[@]}" mount -t tmpfs -o size=64k tmpfs small 2>/dev/null ||
	    skip 'cannot mount a small file system here'
	run timeout 30 "${how[@]}" bash -c \
	    "mount -t tmpfs -o size=64k tmpfs small && $1"
	echo "$output"
}

@test "capout: -r copies a capture byte for byte" {
	gen 3000 >in
	timeout 20 "$cap" -r in -w out 2>said
	cmp in out
	[ "$(cat said)" = "qlab-cap: 3000 packets read, 3000 written" ]
	timeout 20 "$cap" -r - <in 2>/dev/null | cmp in
	# shellcheck disable=SC2094	# the new one replaces it at the end
	timeout 20 "$cap" -r in -w in 2>/dev/null
	cmp in out
}

@test "capout: any byte order and resolution" {
	gen 20 100 ns >ns
	for kind in us be; do
		gen 20 100 $kind | "$cap" -r - 2>/dev/null | cmp ns
	done
}

@test "capout: filters, -c and -s" {
	need tcpdump
	gen 100 >in
	timeout 20 "$cap" -r in -w arps arp
	[ "$(count arps)" = 10 ]
	timeout 20 "$cap" -r in -c 7 -w seven udp port 9
	[ "$(count seven)" = 7 ]
	timeout 20 "$cap" -r in -s 20 -w short
	[ "$(stat -c %s short)" = $((24 + 100 * 36)) ]
	# Filters see the whole packet, whatever is kept of it.
	timeout 20 "$cap" -r in -s 20 -w short 'ether[83] = 0x78'
	[ "$(stat -c %s short)" = $((24 + 90 * 36)) ]
}

@test "capout: what is no capture is exit 2" {
	gen 3 >in
	: >empty
	head -c 1000 /dev/zero >zeros
	gzip -c in >in.gz
	fails 2 'empty: it is empty' -r empty -w out
	fails 2 'zeros: it is neither pcap nor pcapng' -r zeros -w out
	fails 2 "in.gz: it is compressed: zcat it into '-r -'" -r in.gz
	fails 5 '.: cannot read: Is a directory' -r .
	fails 5 "cannot open 'none': No such file or directory" -r none
	head -c 10 in >ten
	run --separate-stderr timeout 20 "$cap" -r - <ten
	[ "$status" -eq 2 ]
	[[ $stderr == "qlab-cap: standard input: cut short: "* ]]
	[ ! -e out ]
}

@test "capout: a capture that is cut short is written as far as it goes" {
	need tcpdump
	gen 5 >in
	# The header, 76, 100, 100 and half of a packet.
	head -c 350 in >short
	run --separate-stderr timeout 20 "$cap" -r short -w out
	echo "$stderr"
	[ "$status" -eq 2 ]
	[[ ${stderr_lines[0]} == *"what begins at byte 300 ends after 50 of 100 bytes" ]]
	[ "${stderr_lines[1]}" = "qlab-cap: 3 packets read, 3 written" ]
	[ "$(count out)" = 3 ]
}

@test "capout: a filter is checked before anything else happens" {
	gen 3 >in
	fails 2 "bad filter 'no such': can't parse filter expression: syntax error" \
	    -r in -w out no such
	fails 2 "bad filter 'arp arp': can't parse filter expression: syntax error" \
	    -r in --never 'arp arp'
	[ ! -e out ]
}

@test "capout: a filter that the link type cannot have is a bad one" {
	need tcpdump
	gen 3 >in
	raw_of in >raw
	for filter in vlan 'ether src 2:0:0:0:0:1' arp; do
		message=$(tcpdump -r raw "$filter" 2>&1 >/dev/null | tail -n 1)
		message="bad filter '$filter' for link type RAW: ${message#tcpdump: }"
		fails 2 "$message" -r raw -w out "$filter"
		fails 2 "$message" -r raw --never "$filter"
		fails 2 "$message" -r raw --expect "$filter" ip
	done
	# Neither a file of no packets.
	head -c 24 raw >none
	fails 2 "$message" -r none -w out "$filter"
	[ ! -e out ]
	timeout 20 "$cap" -r raw -w out ip
	[ -e out ]
}

@test "capout: of several link types a filter must mean something for one" {
	gen 30 >in
	raw_of in | "$cap" -r - --pcapng >raw
	"$cap" -r in --pcapng >ether
	cat raw ether raw >both
	run timeout 20 "$cap" -r both -w out arp
	echo "$output"
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == "qlab-cap: both: bad filter 'arp' for link type RAW: "*"; none of its packets match" ]]
	[ "${lines[1]}" = 'qlab-cap: 90 packets read, 3 written' ]
	# All three interfaces are there, the two of none in 32 bytes each.
	timeout 20 "$cap" -r ether -w one arp
	[ $(($(stat -c %s out) - $(stat -c %s one))) = 64 ]
	timeout 20 "$cap" -r out arp | cmp out
	# What comes of a type before the filter means something is no match.
	run timeout 20 "$cap" -r both --never vlan --expect arp
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 2 ]
	# None of them: that is the end, and no file.
	rm out
	run --separate-stderr timeout 20 "$cap" -r raw -w out arp
	echo "$stderr"
	[ "$status" -eq 2 ]
	[[ ${stderr_lines[0]} == *" for link type RAW: "* ]]
	[ "${stderr_lines[1]}" = "qlab-cap: raw: no packet has a link type that filter 'arp' is for" ]
	[ "${#stderr_lines[@]}" -eq 2 ]
	[ ! -e out ]
	run timeout 20 "$cap" -r raw --never vlan
	[ "$status" -eq 2 ]
	# One of the assertions.
	run timeout 20 "$cap" -r raw --never vlan --never tcp
	[ "$status" -eq 2 ]
	# It came to an end before.
	run timeout 20 "$cap" -r raw --never vlan --never 'greater 1'
	[ "$status" -eq 1 ]
	fails 2 "bad filter 'no such' for link type RAW: can't parse filter expression: syntax error" \
	    -r raw no such
}

@test "capout: pcapng keeps names, directions and interfaces" {
	need tshark
	timeout 20 "$cap" -r "$data/pcapng" -w out
	run tshark -r out -Tfields -e frame.interface_name \
	    -e frame.interface_description -e frame.packet_flags
	echo "$output"
	[[ $output == *'d	0x00000002'* ]]
	[[ $output == *'r/l'* ]]
	timeout 20 "$cap" -Q out -r "$data/pcapng" -w one
	[ "$(tshark -r one 2>/dev/null | grep -c .)" = 1 ]
	timeout 20 "$cap" -Q in -r "$data/pcapng" -w none
	[ "$(tshark -r none 2>/dev/null | grep -c .)" = 0 ]
}

@test "capout: pcap tells no directions" {
	gen 1 >in
	fails 2 '-Q: in is pcap, which does not tell directions' -Q in -r in
	fails 2 "-Q takes in, out or inout, not 'up'" -Q up -r in
}

@test "capout: everybody reads it" {
	need tcpdump
	need tshark
	gen 50 >in
	timeout 20 "$cap" -r in --pcapng -w out.pcapng
	timeout 20 "$cap" -r in -w out.pcap
	for f in out.pcap out.pcapng; do
		[ "$(tcpdump -nr - <$f 2>/dev/null | grep -c .)" = 50 ]
		[ "$(tshark -r - <$f 2>/dev/null | grep -c .)" = 50 ]
		run capinfos -Tm -c $f
		[[ $output == *,50 ]]
	done
	mergecap -w both out.pcap out.pcapng
	[ "$(tshark -r both 2>/dev/null | grep -c .)" = 100 ]
	# No packet at all is a capture, too.
	timeout 20 "$cap" -r in --pcapng tcp 2>/dev/null | tcpdump -nr - 2>/dev/null
}

# sizes: of what is in the directory
sizes() {
	(cd out && stat -c '%n %s' -- * | xargs)
}

@test "capout: -C: a file is closed once it is larger" {
	gen 40 >in
	mkdir out
	timeout 20 "$cap" -r in -C 1k -w out/x
	# Over 1024: 24 and 9 * 100 and two ARPs of 76; 24 and 10 * 100 and an
	# ARP, twice; what is left are 7 of 100.
	sizes
	[ "$(sizes)" = 'x 1076 x1 1100 x2 1100 x3 724' ]
	rm out/*
	timeout 20 "$cap" -r in --pcapng -C 1000 -w out/x
	[ "$(cd out && echo *)" = x ]
}

@test "capout: -C with -W is a ring, its names sort" {
	gen 150 >in
	mkdir out
	timeout 20 "$cap" -r in -C 1k -W 3 -w out/x
	[ "$(cd out && echo *)" = 'x0 x1 x2' ]
	rm out/*
	timeout 20 "$cap" -r in -C 1k -W 11 -w out/x.pcap
	[ "$(cd out && echo *)" = "$(cd out && echo x.pcap{00..10})" ]
	# 15 files: the last four replaced the first ones.
	[ "$(stat -c %s out/x.pcap04)" -gt 1024 ]
}

@test "capout: -G: names tell the time, each is whole" {
	need tcpdump
	gen 100 >in
	mkdir out
	timeout 20 "$cap" -r in -G 3 -w out/%H%M%S
	[ "$(cd out && echo *)" = '221320 221323 221326 221329' ]
	[ "$(count out/221320)" = 30 ]
	[ "$(count out/221329)" = 10 ]
	rm out/*
	# So many periods, then the end.
	timeout 20 "$cap" -r in -G 3 -W 2 -w out/%S 2>said
	[ "$(cd out && echo *)" = '20 23' ]
	[ "$(count out/23)" = 30 ]
	grep -q '60 written' said
	rm out/*
	timeout 20 "$cap" -r in -G 5 -C 2k -w out/%S
	sizes
	[ "$(cd out && echo *)" = '20 201 202 25 251 252' ]
	[ "$(for f in out/*; do count "$f"; done | paste -sd+ | bc)" = 100 ]
}

@test "capout: rotated pcapng files stand alone" {
	need tshark
	gen 100 >in
	mkdir out
	timeout 20 "$cap" -r "$data/pcapng" -C 1k -w out/none
	timeout 20 "$cap" -r in --pcapng -C 2k -w out/x
	for f in out/x*; do
		tshark -r "$f" -Tfields -e frame.number 2>&1 >/dev/null |
		    grep -v '^Running as' && false
	done
	[ "$(for f in out/x*; do tshark -r "$f" 2>/dev/null; done |
	    grep -c .)" = 100 ]
}

@test "capout: rotation that cannot be is wrong usage" {
	gen 3 >in
	mkfifo fifo
	fails 2 '-C needs -w FILE' -C 1 -r in
	fails 2 '-G needs -w FILE' -G 1 -w - -r in
	fails 2 '-W needs -C or -G' -W 1 -w x -r in
	fails 2 "-C: 'fifo' is not a regular file" -C 1 -w fifo -r in
	fails 2 "-C takes millions of bytes, or a number with k, M or G, not '0'" \
	    -C 0 -w x -r in
	run timeout 20 "$cap" -G 1 -w x -r in
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "qlab-cap: 'x' has no time in it: each file replaces the one before" ]
}

@test "capout: --expect" {
	need tcpdump
	gen 30 >in
	run --separate-stderr timeout 20 "$cap" -r in --expect arp
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$stderr" = "qlab-cap: 1 packet read, 1 looked at" ]
	run --separate-stderr timeout 20 "$cap" -r in --expect tcp
	[ "$status" -eq 1 ]
	[ "${stderr_lines[0]}" = "qlab-cap: --expect 'tcp': no such packet among 30" ]
	# All that are expected; up to there, what they speak of is written.
	timeout 20 "$cap" -r in --expect udp --expect arp -w out
	[ "$(count out)" = 2 ]
	run timeout 20 "$cap" -r in --expect arp --expect tcp -w out
	[ "$status" -eq 1 ]
	[ "$(count out)" = 3 ]
	# Whole packets are looked at, whatever is kept of them.
	timeout 20 "$cap" -r in -s 20 --expect 'ether[83] = 0x78' -w out
	[ "$(stat -c %s out)" = $((24 + 36)) ]
	# Only among those that pass the filter.
	run timeout 20 "$cap" -r in --expect arp udp
	[ "$status" -eq 1 ]
	run timeout 20 "$cap" -r in -c 5 --expect 'ether[0] = 0'
	[ "$status" -eq 1 ]
	[[ $output == *"among 5"* ]]
}

@test "capout: --never" {
	need tcpdump
	gen 30 >in
	run --separate-stderr timeout 20 "$cap" -r in --never tcp
	[ "$status" -eq 0 ]
	run --separate-stderr timeout 20 "$cap" -r in --never tcp --never 'udp port 9' -w out
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[ "${stderr_lines[0]}" = "qlab-cap: --never 'udp port 9': 2023-11-14T22:13:20.100000+00:00 02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, 10.99.0.1.4097 > 10.99.0.2.9: UDP, length 84" ]
	[ "$(count out)" = 1 ]
	run timeout 20 "$cap" -r in --never arp --expect udp
	[ "$status" -eq 1 ]
	[[ $output == *", ARP who-has 10.99.0.2 tell 10.99.0.1, length 60"* ]]
}

# endless COUNT: a capture into ./fifo that comes to no end; its pid is $!
endless() {
	gen "$1" >begin
	[ -p hold ] || mkfifo hold
	timeout 20 bash -c 'cat begin - >fifo' <>hold >/dev/null 2>&1 3>&- &
}

@test "capout: --timeout" {
	mkfifo fifo
	endless 5
	run timeout 20 "$cap" --timeout 0.3 -r fifo --expect tcp
	kill $!
	[ "$status" -eq 124 ]
	endless 5
	run timeout 20 "$cap" --timeout 0.3 -r fifo --never tcp
	kill $!
	[ "$status" -eq 0 ]
	endless 5
	run timeout 20 "$cap" --timeout 0.3 -r fifo -w out
	kill $!
	[ "$status" -eq 0 ]
	[ "$(stat -c %s out)" = 500 ]
	fails 2 "--timeout takes 0.001 seconds at least, not '0'" --timeout 0 -r fifo
}

@test "capout: --timeout of a capture that always has more" {
	gen 1 >in
	# Packets of no length, nearly without end.
	truncate -s 64G in || skip 'no large files here'
	SECONDS=0
	run timeout 20 "$cap" -r in --timeout 0.2 --expect tcp
	[ "$status" -eq 124 ]
	[ "$SECONDS" -lt 10 ]
	rm in
}

@test "capout: what is read is passed on while the input waits" {
	mkfifo fifo
	endless 5
	writer=$!
	exec 7< <(timeout 20 "$cap" -r fifo 2>/dev/null 3>&-)
	first=$!
	run timeout 10 head -c 500 <&7
	[ "$status" -eq 0 ]
	# Whoever read it leaves, and nothing comes: that ends it.
	exec 7<&-
	SECONDS=0
	while kill -0 $first 2>/dev/null; do sleep 0.05; done
	kill $writer
	[ "$SECONDS" -lt 10 ]
}

@test "capout: a signal ends it well" {
	mkfifo fifo
	endless 5
	writer=$!
	timeout 20 "$cap" -r fifo -w out 2>said 3>&- &
	# It has read all when the temporary file has all.
	for ((i = 0; i < 100; i++)); do
		[ "$(stat -c %s out.* 2>/dev/null)" != 500 ] || break
		sleep 0.1
	done
	kill -INT $!
	wait $!
	kill $writer
	[ "$(stat -c %s out)" = 500 ]
	[ "$(echo out*)" = out ]
}

@test "capout: a signal ends it though nobody reads what it writes, exit 5" {
	[ -d /proc/self ] || skip 'no /proc here'
	gen 20000 >in
	mkfifo stuck
	exec 7<>stuck
	for sig in INT TERM; do
		timeout 20 "$cap" -r in >stuck 2>said 3>&- 7>&- &
		first=$!
		# The pipe has something, and its writer sleeps: it is full.
		until read -t 0 -u 7 &&
		    reader=$(pgrep -P "$(pgrep -P $first)") &&
		    grep -q '^State:.S' "/proc/$reader/status"; do
			sleep 0.05
		done
		kill -$sig "$(pgrep -P $first)"
		status=0
		wait $first || status=$?
		cat said
		[ "$status" -eq 5 ]
		[ "$(head -n 1 said)" = 'qlab-cap: nobody reads the output' ]
	done
	exec 7<&-
}

@test "capout: whoever reads the capture holds no rights, and asks for what takes them" {
	[ -d /proc/self ] || skip 'no /proc here'
	mkfifo fifo
	endless 5
	writer=$!
	# Names take files, as do time zones.
	TZ=Asia/Tokyo timeout 20 "$cap" -r fifo -w out --never 'udp port domain' \
	    'udp or arp' 2>said 3>&- &
	first=$!
	until reader=$(pgrep -P "$(pgrep -P $first)") && [ -e "$(echo out.*)" ]; do
		sleep 0.05
	done
	grep -E '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs|Seccomp|Uid):' "/proc/$reader/status" >rights
	cat rights said
	[ "$(grep -c 'Cap.*0000000000000000' rights)" = 4 ]
	grep -q $'NoNewPrivs:\t1' rights
	grep -q $'Seccomp:\t2' rights
	uid=$(id -u)
	[ "$uid" != 0 ] || uid=65534
	grep -q "Uid:.$uid.$uid.$uid.$uid" rights
	# It is killed: no file is left, and that is said.
	kill -9 "$reader"
	status=0
	wait $first || status=$?
	kill $writer
	[ "$status" -eq 5 ]
	grep -q 'died of signal 9' said
	[ "$(echo out*)" = 'out*' ]
	gen 30 >in
	[ -e /usr/share/zoneinfo/Asia/Tokyo ] || skip 'no time zones here'
	TZ=Asia/Tokyo run timeout 20 "$cap" -r in --never 'udp port discard'
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *'2023-11-15T07:13:20.100000+09:00'* ]]
}

@test "capout: a reader that leaves is a normal end" {
	gen 20000 >in
	run timeout 20 bash -c "set -o pipefail; '$cap' -r in | head -c 10 | wc -c"
	[ "$status" -eq 0 ]
	[ "$output" = 10 ]
}

@test "capout: a stdout that is closed is exit 5" {
	gen 1 >in
	run bash -c '"$1" -r in >&-' - "$cap"
	echo "$output"
	[ "$status" -eq 5 ]
	[[ $output == *"cannot write: Bad file descriptor"* ]]
}

@test "capout: a full disk is exit 5, what is written is kept as FILE.part" {
	need tcpdump
	gen 3000 >in
	in_tmpfs "echo old >small/out; '$cap' -r in -w small/out; s=\$?
	    cat small/out; echo status \$s; tcpdump -nr small/out.part | wc -l
	    ls small"
	[[ $output == *"cannot write: No space left on device"* ]]
	[[ $output == *"what was written before is in '"*"/small/out.part'"* ]]
	[[ $output == *"old
status 5
"* ]]
	# 15 of 16 pages are left: 24 and 62 * 976 and 76 and 8 * 100.
	[[ $output == *"
629
"* ]]
	[[ $output == *"
out
out.part" ]]
}

@test "capout: a full disk under rotation spares the finished files" {
	need tcpdump
	gen 3000 >in
	in_tmpfs "'$cap' -r in -C 20k -w small/x; echo status \$?
	    for f in small/*; do
		tcpdump -nr \$f 2>&1 >/dev/null | grep -i 'trunc\|bad'
	    done; ls small"
	[[ $output == *"status 5
x
x1
"* ]]
	[[ $output == *.part ]]
}

@test "capout: where it cannot write it says so" {
	gen 3 >in
	mkdir ro
	fails 5 "cannot create 'none/out': No such file or directory" \
	    -r in -w none/out
	[ "$(id -u)" != 0 ] || skip 'root may write everywhere'
	chmod a-w ro
	fails 4 "cannot create 'ro/out': Permission denied" -r in -w ro/out
}

@test "capout: --dump-filter prints the program" {
	need tcpdump
	for filter in arp 'vlan 5 and udp port 53'; do
		# shellcheck disable=SC2086
		timeout 20 "$cap" --dump-filter router/lan $filter >got
		tcpdump -y EN10MB -d "$filter" 2>/dev/null >want ||
		    skip 'tcpdump compiles only with an interface here'
		cmp got want
		# Without a point, too.
		# shellcheck disable=SC2086
		timeout 20 "$cap" --dump-filter $filter | cmp want
	done
	fails 2 "bad filter 'vlan x': can't parse filter expression: syntax error" \
	    --dump-filter router/lan vlan x
	# A word that is neither point nor filter is a mistake in the filter.
	fails 2 "bad filter 'icmpp': can't parse filter expression: syntax error" \
	    --dump-filter icmpp
	fails 2 "bad filter 'icmpp port 53': can't parse filter expression: syntax error" \
	    --dump-filter icmpp port 53
	timeout 20 "$cap" --dump-filter >got
	[ "$(cat got)" = '(000) ret      #262144' ]
}

@test "capout: --dump-filter with -r is for the file's link type" {
	need tcpdump
	gen 3 >in
	raw_of in >raw
	for f in in raw; do
		for filter in 'udp port 53' ''; do
			timeout 20 "$cap" --dump-filter -r $f "$filter" >got
			tcpdump -d -r $f "$filter" 2>/dev/null >want
			cmp got want
		done
	done
	timeout 20 "$cap" --dump-filter -r raw >got
	[ "$(cat got)" = '(000) ret      #262144' ]
	run timeout 20 "$cap" --dump-filter -r raw vlan
	[ "$status" -eq 2 ]
	[[ $output == "qlab-cap: bad filter 'vlan' for link type RAW: "* ]]
}

@test "capout: a command needs something to capture, and its stdout" {
	gen 1 >in
	fails 2 "no command behind '--'" if:lo --
	fails 2 'a command needs something to capture' -r in -- true
	fails 2 'a command has standard output for itself: give -w FILE' \
	    if:lo -- true
}

@test "capout: extcap: Wireshark's questions" {
	run --separate-stderr timeout 20 "$cap" --extcap-interfaces --extcap-version=4.0
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[[ ${lines[0]} == 'extcap {version='*'}{display=qlab}' ]]
	run timeout 20 "$cap" --extcap-dlts --extcap-interface qlab:router/lan
	[ "$output" = 'dlt {number=1}{name=EN10MB}{display=Ethernet}' ]
	run timeout 20 "$cap" --extcap-config --extcap-interface=qlab:router/lan
	[[ $output == 'arg {number=0}{call=-s}'* ]]
	# Good filters are answered by nothing.
	run timeout 20 "$cap" --extcap-interface qlab:x --extcap-capture-filter 'arp'
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run --separate-stderr timeout 20 "$cap" --extcap-interface qlab:x \
	    --extcap-capture-filter 'arp arp'
	[[ $output == "bad filter 'arp arp': "* ]]
	fails 2 "--extcap-interface: 'eth0' is none of ours" --capture \
	    --fifo x --extcap-interface eth0
	fails 2 '--capture needs --fifo' --capture --extcap-interface qlab:x
	# What Wireshark shows when there is nothing of that name.
	fails 3 "no such VM 'no-such-vm': nothing of the kind is running" \
	    --capture --fifo x --extcap-interface qlab:no-such-vm
}

@test "capout: extcap: who reads the FIFO hears that nothing will come" {
	mkfifo fifo
	timeout 20 cat fifo &
	fails 3 "no such VM 'no-such-vm': nothing of the kind is running" \
	    --capture --fifo fifo --extcap-interface qlab:no-such-vm
	wait $!
}

@test "capout: --extcap-install links it for one user" {
	export HOME=$PWD/home
	unset XDG_CONFIG_HOME
	mkdir home
	run timeout 20 "$cap" --extcap-install
	[ "$status" -eq 0 ]
	[ "$output" = "$HOME/.local/lib/wireshark/extcap/qlab-cap
$HOME/.config/wireshark/extcap/qlab-cap" ]
	for link in "${lines[@]}"; do
		[[ $("$link" -V) == "qlab-cap "* ]]
	done
	timeout 20 "$cap" --extcap-install
	# What is no link of ours stays.
	rm "$HOME/.config/wireshark/extcap/qlab-cap"
	echo mine >"$HOME/.config/wireshark/extcap/qlab-cap"
	run --separate-stderr timeout 20 "$cap" --extcap-install
	[ "$status" -eq 5 ]
	[ "$stderr" = "qlab-cap: cannot link '$HOME/.config/wireshark/extcap/qlab-cap': File exists" ]
	[ "$(cat "$HOME/.config/wireshark/extcap/qlab-cap")" = mine ]
}

@test "capout: options that would do nothing are wrong usage" {
	gen 1 >in
	fails 2 "-w needs a file name" -r in -w ''
	fails 2 "-D goes not with -r" -D -r in
	fails 2 "-D goes not with --dump-filter" -D --dump-filter
	fails 2 "-D captures nothing: -w has no meaning there" -D -w out
	fails 2 "-D captures nothing: --expect or --never has no meaning there" -D --expect ip
	fails 2 "-r reads a file: -a has no meaning there" -r in -a
	fails 2 "-r reads a file: -F has no meaning there" -r in -F
	fails 2 "-r reads a file: --via has no meaning there" -r in --via ring
	fails 2 "--buffer takes 1M to 2048M, not '1k'" --buffer 1k if:lo
	fails 2 "--buffer takes 1M to 2048M, not 'x'" --buffer x if:lo
}
