#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# cap.bats - qlab-cap on real packets, without VMs

# The scripts in single quotes run elsewhere; run sets $stderr.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0

load in_net

setup() {
	cap=$QLAB_BUILD/qlab-cap
	export QLAB_STATE=$BATS_TEST_TMPDIR/state
}

# in_veth SCRIPT: run it where there is a veth pair, see cap.bash
in_veth() {
	in_net "$1" cap.bash
	[ "$status" -eq 0 ]
}

@test "cap: -h is the synopsis, on stdout" {
	run --separate-stderr timeout 20 "$cap" -h
	[ "$status" -eq 0 ]
	[[ $output == "usage: qlab-cap "* ]]
	[ -z "$stderr" ]
}

@test "cap: wrong usage is one line and a hint, exit 2" {
	local wrong
	for wrong in '' '-Z if:lo' '-c 0 if:lo' '-c x if:lo' '-c' '-s -1 if:lo' \
	    '-s 262145 if:lo' '--filter x'; do
		# shellcheck disable=SC2086
		run --separate-stderr timeout 20 "$cap" $wrong
		echo "$wrong: $stderr"
		[ "$status" -eq 2 ]
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" -eq 2 ]
	done
}

@test "cap: what tcpdump has, and what to do instead" {
	set -- -X "'| tcpdump -X -nr -'" -vv "'| tcpdump -v -nr -'" \
	    '-#' "'| tcpdump -# -nr -'" -i if:INTERFACE -lU 'leave it out' \
	    -p 'leave it out' -d --dump-filter -B --buffer -Z 'leave it out'
	while [ $# -gt 0 ]; do
		run --separate-stderr timeout 20 "$cap" "$1" if:lo
		echo "$stderr"
		[ "$status" -eq 2 ]
		[[ ${stderr_lines[0]} == *"$2"* ]]
		shift 2
	done
}

@test "cap: packets are not written to a terminal" {
	command -v script >/dev/null || skip 'no script(1) to make a terminal'
	run timeout 20 script -qec "'$cap' if:lo" /dev/null </dev/null
	[ "$status" -eq 2 ]
	[[ $output == *"will not write packets to a terminal"*tcpdump* ]]
	run timeout 20 script -qec "'$cap' -w /dev/tty if:lo" /dev/null </dev/null
	[ "$status" -eq 2 ]
}

@test "cap: what is not there is exit 3" {
	local name
	for name in no-vm no-vm/lan no-lab: no-lab:no-vm/lan net:no-net if:nothere \
	    if:an-interface-name-that-is-too-long no-lab:if:tap0; do
		run --separate-stderr timeout 20 "$cap" "$name"
		echo "$name: $status $stderr"
		[ "$status" -eq 3 ]
		[ -z "$output" ]
	done
}

@test "cap: what names nothing is exit 2" {
	run timeout 20 "$cap" '-w' x 'a b/c'
	[ "$status" -eq 2 ]
	[ ! -e x ]
}

@test "cap: without rights exit 4, and what would help" {
	local as=()
	supported
	[ "$(id -u)" != 0 ] || as=(setpriv --reuid 65534 --clear-groups)
	"${as[@]}" test -x "$cap" || skip 'no ordinary user may run it here'
	unset QLAB_STATE
	for how in '' '--via pcap' -F; do
		# shellcheck disable=SC2086
		run timeout 20 "${as[@]}" "$cap" $how if:lo
		echo "$output"
		[ "$status" -eq 4 ]
		[[ $output == *"if:lo"*root*"'sudo qlab-cap if:lo'"* ]]
	done
}

@test "cap: a bad filter is libpcap's message, exit 2, and no file" {
	in_veth '
	"$cap" -w out if:near tcp prot 80; echo "status $?"
	"$cap" if:near "host 1.2.3.4.5" | wc -c
	ls'
	[[ $output == *"bad filter 'tcp prot 80': "*"syntax error"* ]]
	[[ $output == *"status 2"* ]]
	[[ $output == *$'\n0\nsaid'* || $output == *$'\n0' ]]
	[[ $output != *out* ]]
}

@test "cap: -c ends after exactly so many; the filter's words need no quotes" {
	in_veth '
	start -c 5 if:near udp port 9 and greater 100 >out
	send 5 60; send 10 200; finish
	count out; tcpdump -nr out 2>/dev/null | grep -c "length 158"'
	[[ $output == *"5 packets captured, 0 dropped by kernel"*"status 0"* ]]
	[[ $output == *$'\n5\n5' ]]
}

@test "cap: options may follow the name, -n does nothing" {
	in_veth 'start if:near -n -c 1 -w - >out; send 1 60; finish; count out'
	[[ $output == *"1 packet captured,"*$'\n1' ]]
}

@test "cap: -s cuts packets and says so in the file" {
	in_veth '
	start -s 40 -c 2 if:near >out; send 2 1000; finish
	tcpdump -enr out 2>&1
	wc -c <out'
	[[ $output == *"snapshot length 40"* ]]
	[[ $output == *"length 1000:"* ]]
	[[ $output == *$'\n'$((24 + 2 * (16 + 40))) ]]
}

@test "cap: -s 0 keeps all" {
	in_veth 'start -s 0 -c 1 if:near >out; send 1 9014; finish; wc -c <out'
	[[ $output == *$'\n'$((24 + 16 + 9014)) ]]
}

@test "cap: VLAN tags are in the packets, and filters see them" {
	in_veth '
	start -c 3 if:near vlan 7 >out
	send 1 60; send 2 100 7; send 1 100 8; send 1 100 7 88a8; finish
	count out vlan 7
	tcpdump -enr out 2>/dev/null'
	[[ $output == *"3 packets captured"* ]]
	[[ $output == *"ethertype 802.1Q (0x8100), length 100: vlan 7"* ]]
	[[ $output == *"0x88a8"* ]]
	[[ $output == *"10.99.0.1.4097 > 10.99.0.2.9: UDP"* ]]
}

@test "cap: -s cuts through a VLAN tag without harm" {
	in_veth '
	for len in 1 11 12 13 15 16 17; do
		start -s $len -c 1 if:near >out; send 1 60 7; finish >/dev/null
		wc -c <out
	done'
	local len want=
	for len in 1 11 12 13 15 16 17; do
		want+=$'\n'$((24 + 16 + len))
	done
	[[ $(grep -v '^#' <<<"$output") == "${want#?}" ]]
}

@test "cap: a file has its name only when it is whole" {
	in_veth '
	start -w out if:near; send 7 60
	ls; kill -INT $pid; finish; ls; count out'
	[[ $output == *"7 packets captured, 0 dropped by kernel"*"status 0"* ]]
	[[ $output =~ out\.[A-Za-z0-9]{6}$'\nsaid\n' ]]
	[[ $output == *$'status 0\nout\nsaid\n7' ]]
}

@test "cap: SIGTERM and SIGHUP end as cleanly" {
	in_veth '
	for sig in TERM HUP; do
		start -w out if:near; send 3 60
		kill -$sig $pid; finish; count out; rm out
	done'
	[[ $output == *"status 0"$'\n3\n'*"status 0"$'\n3' ]]
}

@test "cap: packets can be read at once, while it goes on" {
	in_veth '
	mkfifo pipe
	start -U if:near >pipe &
	exec 5<pipe
	head -c 24 <&5 | od -An -tx4 -N4
	send 1 60
	head -c 76 <&5 | wc -c
	exec 5<&-; wait; echo ended'
	[[ $output == *"a1b23c4d"* ]]
	[[ $output == *$'\n76\nended' ]]
}

@test "cap: a reader that goes away ends it quietly, traffic or not" {
	in_veth '
	start if:near > >(head -c 10 >/dev/null); finish
	start if:near > >(head -c 100 >/dev/null); send 10 200; finish'
	[[ $(grep -v '^#' <<<"$output") == $'status 0\nstatus 0' ]]
}

@test "cap: an interface that goes away ends it, all kept" {
	in_veth '
	start -w out if:near; send 9 60; ip link del near; finish; count out'
	[[ $output == *"if:near: the interface is gone"* ]]
	[[ $output == *"9 packets captured, 0 dropped by kernel"*"status 0"* ]]
	[[ $output == *$'\n9' ]]
}

@test "cap: an interface that is down for a while does not end it" {
	in_veth '
	start -c 2 if:near >out; send 1 60
	ip link set near down; ip link set near up
	ip link set far down; ip link set far up
	send 1 60; finish; count out'
	[[ $output == *"2 packets captured,"*"status 0"$'\n2' ]]
}

@test "cap: no room left is exit 5; whole packets stay, under another name" {
	in_veth '
	ulimit -f 1
	start -w out if:near; send 30 84; finish; ls
	tcpdump -nr out.part 2>&1 | tail -n 1'
	[[ $output == *"cannot write: File too large"* ]]
	[[ $output == *"what was written before is in "*"out.part'"* ]]
	[[ $output == *$'status 5\nout.part\nsaid\n'* ]]
	[[ $output != *truncated* ]]
	[[ $output == *"length 42" ]]
}

@test "cap: no file can be made: exit 5 and nothing captured" {
	in_veth '"$cap" -w none/out if:near; echo "status $?"'
	[[ $output == *"cannot create 'none/out': No such file or directory"* ]]
	[[ $output == *"status 5" ]]
}

@test "cap: a slow reader's drops are counted and said, what it gets is whole" {
	in_veth '
	mkfifo pipe
	exec 5<>pipe
	start if:near >pipe
	send 3000 32014
	kill -USR1 $pid; read -r -t 10 line <&8; echo "$line"
	exec 6<pipe 5>&-
	cat <&6 >out & reader=$!
	kill -INT $pid; finish; wait $reader
	count out'
	local lines got dropped
	lines=$(grep 'packets captured' <<<"$output" | tail -n 1)
	[[ $lines =~ ([0-9]+)\ packets\ captured,\ 0\ dropped\ by\ kernel,\ ([0-9]+)\ dropped\ for\ a\ slow\ reader,\ 3000\ received ]]
	got=${BASH_REMATCH[1]} dropped=${BASH_REMATCH[2]}
	[ "$dropped" -gt 0 ]
	[ $((got + dropped)) -eq 3000 ]
	[[ $output == *$'\n'"$got" ]]
}

# flood READER: what comes through it of a flood, by number and contents
flood() {
	in_veth '
	[ -p pipe ] || mkfifo pipe
	perl "$tests/whole.pl" 8 < <('"$1"' <pipe) & reader=$!
	start --buffer=4M if:near >pipe
	for round in 1 2 3 4; do
		GAP=0.00002 send 1000 32014
		GAP=0.002 send 30 300
	done
	kill -INT $pid; finish; wait $reader'
	[[ $output =~ ([0-9]+)\ packets\ captured.*,\ 4120\ received ]]
	captured=${BASH_REMATCH[1]}
	[[ $output == *$'\n'"$captured whole, 0 wrong"* ]]
}

@test "cap: what a pipe is given of a flood is whole, for readers of all kinds" {
	flood cat
	[ "$captured" -gt 1000 ]
	flood "perl -e 'while (sysread STDIN, \$b, 100000) { print \$b;
	    select undef, undef, undef, 0.001 }'"
	[ "$captured" -gt 100 ]
}

@test "cap: a reader that moves pages on without reading them gets whole packets" {
	case $(uname -m) in
	x86_64 | aarch64) ;;
	*) skip "splice(2) has a number here that perl is not told" ;;
	esac
	flood 'perl "$tests/splice.pl"'
	[ "$captured" -gt 100 ]
	flood 'perl "$tests/splice.pl" | perl "$tests/splice.pl"'
	[ "$captured" -gt 100 ]
}

@test "cap: what a ring dropped is told of the ring, by name, of several NICs" {
	in_veth '
	mkfifo pipe
	exec 5<>pipe
	ip link add n2 mtu 65000 type veth peer name f2 mtu 65000
	ip link set n2 up; ip link set f2 up
	start if:near if:n2 >pipe
	send 2000 32014; send_to f2 1000 32014
	exec 6<pipe 5>&-
	cat <&6 >out & reader=$!
	kill -INT $pid; finish; wait $reader
	perl -0777 -ne "print join(q(,), /if:near if:n2 share one ring, which dropped (\d+) packets of theirs; they are counted at if:near/g), qq(\n)" out'
	[[ $output =~ if:near:\ ([0-9]+)\ packets[^,] ]]
	near=${BASH_REMATCH[1]}
	[[ $output =~ if:n2:\ ([0-9]+)\ packets[^,] ]]
	n2=${BASH_REMATCH[1]}
	[[ $output =~ if:near\ if:n2,\ which\ share\ one\ ring:\ 0\ dropped\ by\ kernel,\ ([0-9]+)\ dropped\ for\ a\ slow\ reader ]]
	dropped=${BASH_REMATCH[1]}
	[ "$dropped" -gt 0 ] && [ $((near + n2 + dropped)) -eq 3000 ]
	# In both statistics blocks.
	[[ $output == *$'\n'"$dropped,$dropped"* ]]
}

@test "cap: ended while nobody reads, it gives up after a while, exit 5" {
	in_veth '
	mkfifo pipe
	exec 5<>pipe
	start if:near >pipe
	send 200 32014
	kill -INT $pid; finish'
	[[ $output == *"nobody reads the output"*"status 5" ]]
}

@test "cap: SIGUSR1 prints counters and goes on" {
	in_veth '
	start -c 4 if:near >out; send 3 60
	while sleep 0.05; do
		kill -USR1 $pid; read -r -t 10 line <&8
		[[ $line == *"0 packets"* ]] || break
	done
	echo "$line"; send 1 60; finish'
	[[ $output == *": 3 packets captured, 0 dropped by kernel"* ]]
	[[ $output == *"4 packets captured,"*"status 0" ]]
}

@test "cap: frames of segmentation offload come whole" {
	in_veth '
	unshare -n sleep 60 & other=$!
	while [ "$(readlink /proc/$other/ns/net)" = \
	    "$(readlink /proc/self/ns/net)" ]; do :; done
	ip link set far netns $other
	ip addr add 10.99.0.1/24 dev near
	nsenter -t $other -n ip addr add 10.99.0.2/24 dev far
	nsenter -t $other -n ip link set far up
	ip link set near mtu 1500; nsenter -t $other -n ip link set far mtu 1500
	start if:near tcp >out
	perl -MIO::Socket::INET -e "
		\$s = IO::Socket::INET->new(Listen => 1, LocalPort => 8080,
		    ReuseAddr => 1) or die; \$| = 1; print qq(ready\n);
		\$c = \$s->accept; \$n += length while sysread(\$c, \$_, 65536);
		print qq(\$n\n);" >got &
	server=$!
	until grep -qs ready got; do :; done
	nsenter -t $other -n perl -MIO::Socket::INET -e "
		\$c = IO::Socket::INET->new(q(10.99.0.1:8080)) or die;
		syswrite(\$c, q(x) x 8000000);"
	wait $server; kill $other
	kill -INT $pid; finish
	cat got
	tcpdump -nr out 2>/dev/null | sed -n "s/.*length //p" |
	    awk "\$1 > 30000 { n++ } { sum += \$1 } END { print (n > 0), (sum >= 8000000) }"'
	# More when TCP has sent something twice.
	[[ $output == *"status 0"*8000000$'\n'"1 1" ]]
}

@test "cap: whoever reads the packets holds no rights" {
	in_veth '
	start if:near >out
	child=$(pgrep -P $pid)
	grep -E "^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs|Uid)" /proc/$child/status
	kill -INT $pid; finish'
	[ "$(grep -c 'Cap.*0000000000000000' <<<"$output")" -eq 4 ]
	[[ $output == *$'NoNewPrivs:\t1'* ]]
	[ "$(id -u)" != 0 ] || [[ $output == *$'Uid:\t65534\t65534\t65534'* ]]
}

@test "cap: tshark reads it, to the nanosecond" {
	command -v tshark >/dev/null || skip 'no tshark'
	in_veth '
	start -c 3 if:near >out; send 3 100 7; finish
	tshark -r out -T fields -e frame.time_epoch -e vlan.id -e udp.length \
	    2>/dev/null'
	[ "$(grep -cE '^[0-9]+\.[0-9]{9}'$'\t7\t62$' <<<"$output")" -eq 3 ]
}

@test "cap: a command is captured around, and its status passed on" {
	in_veth '
	"$cap" if:near --expect "udp port 9" -w got -- \
	    perl "$send_pl" far 10 100 || exit 1
	[ "$(count got)" = 10 ] || exit 2
	"$cap" if:near --expect tcp -- true
	[ $? = 1 ] || exit 3
	"$cap" if:near --expect tcp -- bash -c "exit 7"
	[ $? = 7 ] || exit 4
	"$cap" if:near -w got -- ./none
	[ $? = 127 ] || exit 5
	# Its output is its own.
	[ "$("$cap" if:near --never tcp -- echo hello)" = hello ] || exit 6
	"$cap" if:near --never tcp -- bash -c "kill \$\$"
	[ $? = 143 ] || exit 7'
}

@test "cap: a command ends when the answer is no, or the time is up" {
	in_veth '
	SECONDS=0
	"$cap" if:near --never udp -- bash -c \
	    "perl $send_pl far 1 100; exec sleep 20"
	[ $? = 1 ] || exit 1
	"$cap" if:near --never tcp --timeout 0.3 -- sleep 20
	[ $? = 124 ] || exit 2
	[ "$SECONDS" -lt 10 ] || exit 3
	# Alone, that none came in time is good.
	"$cap" if:near --never tcp --timeout 0.1 || exit 4
	"$cap" if:near --expect tcp --timeout 0.1
	[ $? = 124 ] || exit 5'
}

@test "cap: all of a command ends, not only its first process" {
	in_veth '
	# What its own parent has left, too; a name to find them by.
	cp "$(command -v sleep)" snore
	cat >command <<-"E"
		(./snore 20 &)
		./snore 20 &
		touch ready
		wait
	E
	"$cap" if:near --never tcp --timeout 0.3 -- bash ./command
	[ $? = 124 ] || exit 1
	! pgrep snore || exit 2
	for sig in TERM INT; do
		rm -f ready
		start if:near -w out -- bash ./command
		until [ -e ready ]; do sleep 0.05; done
		kill -$sig "$pid"
		wait "$pid"
		[ $? = 143 ] || exit 3
		! pgrep snore || exit 4
	done
	# It was killed; what ends by itself may leave something behind.
	"$cap" if:near -w out -- bash -c "./snore 20 & kill -INT \$\$"
	[ $? = 130 ] || exit 5
	! pgrep snore || exit 6
	"$cap" if:near -w out -- bash -c "./snore 20 & exit 255" 2>end
	[ $? = 255 ] || exit 7
	grep "ended with status 255" end && pkill snore || exit 8'
}

@test "cap: a command may read from the terminal, whose ^C ends it" {
	command -v script >/dev/null || skip 'no script(1) to make a terminal'
	in_veth '
	cp "$(command -v sleep)" snore
	cat >reads <<-"E"
		echo "go"
		read -r x </dev/tty
		echo "got-$x"
		./snore 20 & ./snore 20
	E
	cat >sleeps <<-"E"
		./snore 20 & ./snore 20 & echo "got-"; wait
	E
	export cap
	mkfifo keys
	exec 7<>keys
	# The keyboard is the command'"'"'s once it has read from it.
	for what in "reads 130" "sleeps 143"; do
		set -- $what
		rm -f shown
		# Not every shell lives on after a ^C that was not its own.
		SHELL=$(command -v bash) timeout 20 script -qec \
		    "$cap -w out if:near -- bash ./$1
		    echo status \$?" /dev/null <keys >shown 7>&- &
		until grep -qs "^go" shown; do
			[ "$1" = reads ] && kill -0 $! || break
			sleep 0.05
		done
		echo hello >&7
		until grep -qs "^got-" shown; do
			kill -0 $! || exit 3
			sleep 0.05
		done
		printf "\3" >&7
		wait $!
		cat shown
		grep -q "status $2" shown || exit 1
		! pgrep snore || exit 2
	done'
	[[ $output == *got-hello* ]]
}

@test "cap: what comes while it is stopped is lost for a slow reader" {
	in_veth '
	start --buffer 2M if:near >out
	both="$pid $(pgrep -P $pid)"
	kill -STOP $both; send 6000 1000; kill -CONT $both
	send 1 60; kill -INT $pid; finish'
	[[ $output =~ ' 0 dropped by kernel, '[1-9][0-9]*' dropped for a slow' ]]
	[[ $output == *", 6001 received"* ]]
}

@test "cap: rotation of a live capture, which ends by itself" {
	in_veth '
	mkdir out
	start if:near -C 1k -W 2 -w out/x
	send 24 84
	kill -INT "$pid"
	finish >end
	grep "24 packets captured" end && grep "status 0" end || exit 1
	# 24 and 11 of 100 bytes are 1124; the ring begins again.
	[ "$(cd out && echo *)" = "x0 x1" ] || exit 2
	[ "$(stat -c %s out/x0)" = 224 ] || exit 3
	[ "$(stat -c %s out/x1)" = 1124 ] || exit 4
	"$cap" if:near -G 1 -W 1 -w out/none || exit 5
	[ "$(stat -c %s out/none)" = 24 ] || exit 6'
}

@test "cap: several interfaces, in one order, with their names" {
	in_veth '
	ip link add name n2 type veth peer name f2
	ip link set n2 up; ip link set f2 up
	start if:near if:n2 if:near -c 6 udp >out
	for i in 1 2; do send 1 60; send_to f2 1 80; done
	send 1 60; send_to f2 1 80; finish
	tcpdump -tnr out 2>/dev/null | sed "s/.*length //" | xargs
	tshark -r out -T fields -e frame.interface_name -e frame.packet_flags_direction \
	    2>/dev/null | sort | uniq -c'
	[[ $output == *"listening on 2 capture points: if:near if:n2,"* ]]
	[[ $output == *"if:near: 3 packets"*"if:n2: 3 packets"* ]]
	[[ $output == *"6 packets captured, 0 dropped by kernel, 0 dropped for a slow reader, 6 received"* ]]
	[[ $output == *$'\n18 38 18 38 18 38\n'* ]]
	command -v tshark >/dev/null || skip 'no tshark to see the names with'
	# What the host receives there is "in".
	[ "$(grep -c '3 if:near.0x00000001$' <<<"$output")" -eq 1 ]
	[ "$(grep -c '3 if:n2.0x00000001$' <<<"$output")" -eq 1 ]
}

@test "cap: several interfaces at once, not one stamp out of order" {
	in_veth '
	ip link add n2 type veth peer name f2
	ip link set n2 up; ip link set f2 up
	start -c 20000 if:near if:n2 udp >out
	send_to far 10000 100 & send_to f2 10000 100; finish
	tcpdump -n -tt --time-stamp-precision=nano -r out >times 2>/dev/null
	cut -d " " -f 1 times | sort -n -c && echo "ordered $(grep -c . times)"'
	[[ $output == *"ordered 20000"* ]]
}

@test "cap: nothing of one interface is lost while another one comes" {
	in_veth '
	start -F if:near if:n2 udp >out
	GAP=0.00005 send 10000 60 &
	sender=$!
	sleep 0.1
	ip link add n2 type veth peer name f2; ip link set n2 up
	ip link set f2 up; read -r -t 10 line <&8; echo "$line"
	# It came in time.
	kill -0 $sender && send_to f2 1 80
	wait $sender
	kill -INT $pid; finish
	tcpdump -r out -w - less 60 2>/dev/null | perl -0777 -ne "
		for (my \$at = 24; \$at < length; \$at += 16 + 60) {
			push @n, unpack q(N), substr \$_, \$at + 16 + 42, 4;
		}
		print qq(@n) eq qq(@{[0 .. 9999]}) ? qq(all in order\n) :
		    scalar(@n) . qq( of 10000\n)"
	tcpdump -nr out greater 80 2>/dev/null | grep -c "length 38"'
	[[ $output == *"listening on if:n2"*"status 0"*$'\nall in order\n1' ]]
}

@test "cap: -F hears of an interface at once" {
	in_veth '
	ip link del near
	start -F if:near >out
	# The first time a ring is made for it.
	for i in 1 2 3 4; do
		ip link add name near type veth peer name far
		ip link set near up; ip link set far up
		GAP=0.001 send 400 60; ip link del near
	done
	kill -INT $pid; finish; count out'
	# A look twice a second would have missed half of them.
	[ "${lines[-1]}" -gt 1500 ] || false
}

@test "cap: -Q, in the kernel, as the host sees its own interfaces" {
	in_veth '
	for dir in in out inout; do
		start -Q $dir if:far if:near >out
		send 3 60; kill -INT $pid; finish; count out
	done
	start -Q in if:near >out; send 2 60; kill -INT $pid; finish; count out
	start -Q out if:near >out; send 2 60; kill -INT $pid; finish; count out
	"$cap" -Q up if:near; echo "status $?"'
	# Sent by far, received by near.
	[ "$(grep -c 'if:far: 0 packets$' <<<"$output")" -eq 1 ]
	[ "$(grep -c 'if:far: 3 packets$' <<<"$output")" -eq 2 ]
	[ "$(grep -xE '[0-9]+' <<<"$output" | xargs)" = '3 3 6 2 0' ]
	[[ $output == *"-Q takes in, out or inout, not 'up'"*"status 2" ]]
}

@test "cap: -F waits for an interface, and goes on when it comes again" {
	in_veth '
	ip link del near
	start -F if:near >out
	[[ $line == *"nothing yet"* ]]
	for i in 1 2; do
		ip link add name near type veth peer name far
		ip link set near up; ip link set far up
		read -r -t 10 line <&8; echo "$line"
		send 3 60; ip link del near
		read -r -t 10 line <&8; echo "$line"
	done
	kill -INT $pid; finish; count out'
	[ "$(grep -c 'listening on if:near, interface near' <<<"$output")" -eq 2 ]
	[ "$(grep -c 'if:near: the interface is gone' <<<"$output")" -eq 2 ]
	[[ $output == *"6 packets captured,"*"status 0"$'\n6' ]]
}

@test "cap: without -F it ends when the last one is gone" {
	in_veth '
	ip link add name n2 type veth peer name f2; ip link set n2 up
	start if:near if:n2 >out
	ip link del near; read -r -t 10 line <&8; echo "$line"
	kill -0 $pid; ip link del n2; finish'
	[[ $output == *"if:near: the interface is gone"*"if:n2: the interface is gone"*"status 0" ]]
}

@test "cap: --via, --buffer" {
	in_veth '
	start --via=pcap -c 3 if:near udp >out; send 3 60; finish; count out
	start --via=ring --buffer=2M -c 3 if:near >out; send 3 60; finish; count out
	start --via pcap if:near >out; send 2 60; kill -INT $pid; finish; count out
	for wrong in --via=pcap\ if:near\ if:far --via=x\ if:near \
	    --buffer=4G\ if:near --buffer=x\ if:near; do
		"$cap" $wrong >/dev/null; echo "wrong $?"
	done
	"$cap" --via=qmp if:near >/dev/null; echo "none $?"'
	[ "$(grep -xE '[0-9]+' <<<"$output" | xargs)" = '3 3 2' ]
	[ "$(grep -c '^wrong 2' <<<"$output")" -eq 4 ]
	[[ $output == *"if:near cannot be captured via qmp"*"none 5"* ]]
}

@test "cap: -D lists what there is" {
	in_veth '"$cap" -D; "$cap" -DH | wc -l; "$cap" -D -j; "$cap" -D x; :'
	[[ $output == *$'POINT '*VIA$'\n'* ]]
	[[ $output == *$'if:near '*near*ring* ]]
	[[ $output == *'"schema": 1'*'"name": "if:far"'*'"interface": "far"'* ]]
	[[ $output == *"-D takes no operands"* ]]
}

@test "cap: -a where nothing runs is exit 3" {
	in_veth '
	[ "$(readlink /proc/self)" -lt 1000 ] || { echo others; exit 0; }
	"$cap" -a; echo "status $?"'
	[[ $output != *others* ]] || skip 'QEMUs of others are seen here'
	[[ $output == *"no VM is running, or none has a NIC"*"status 3"* ]]
}

@test "cap: a second name that is none is said as such, not by libpcap" {
	in_veth '"$cap" if:near ruoter; echo "status $?"; "$cap" if:near hosst 1.2.3.4; echo "status $?"'
	[[ $output == *"no such VM 'ruoter'"*"status 3"*"no such VM 'hosst'"*"status 3" ]]
}

@test "cap: whoever reads the packets can make no system call but a few" {
	in_veth '
	start if:near >out
	child=$(pgrep -P $pid)
	grep Seccomp: /proc/$child/status
	kill -INT $pid; finish'
	[[ $output == *$'Seccomp:\t2'*"status 0" ]]
}

@test "cap: the packet process killed is said, and no file left" {
	in_veth '
	start -w out if:near
	kill -9 $(pgrep -P $pid); finish; ls
	start -w out if:near
	child=$(pgrep -P $pid); kill -9 $pid; wait $pid
	# It ends by itself.
	tail --pid=$child -f /dev/null; echo ended'
	[[ $output == *"died of signal 9"*"status 5"$'\nsaid\n'* ]]
	[[ $output == *ended ]]
}

@test "cap: interfaces without Ethernet frames are refused" {
	in_veth '
	ip tuntap add tun7 mode tun || { echo none; exit 0; }
	for via in ring pcap; do
		"$cap" --via $via -w out if:tun7; echo "status $?"
	done
	"$cap" if:tun7; echo "status $?"
	# Beside others one is only passed over.
	"$cap" if:near if:tun7 --never udp --timeout 0.1; echo "status $?"
	"$cap" -DH | grep "^if:tun7 *- *tun7 *- *- *has no Ethernet frames; "
	"$cap" -D | grep "VIA *WHY NOT$"
	"$cap" -Dj | grep "\"error\": \"if:tun7 has no Ethernet frames; "; ls'
	[[ $output != *none* ]] || skip 'no tun interfaces here'
	[ "$(grep -c '^status 5$' <<<"$output")" -eq 3 ]
	[ "$(grep -c 'if:tun7 has no Ethernet frames' <<<"$output")" -eq 5 ]
	[[ $output == *"listening on if:near, interface near,"*"status 0"* ]]
	[[ $output == *$'\nif:tun7 '*"WHY NOT"*error* && $output != *$'\nout'* ]]
}

@test "cap: tags and large frames of several interfaces in one pcapng" {
	command -v tshark >/dev/null || skip 'no tshark'
	in_veth '
	ip link add name n2 mtu 65000 type veth peer name f2 mtu 65000
	ip link set n2 up; ip link set f2 up
	start if:near if:n2 -Q in -c 6 >out
	send 1 60; send_to f2 1 9018 7; send 1 1518 8; send_to f2 1 60 9 88a8
	send 1 32014; send_to f2 1 100; finish
	tshark -r out -T fields -e frame.interface_name -e frame.len \
	    -e frame.cap_len -e vlan.id -e ieee8021ad.id 2>/dev/null'
	[[ $output == *"6 packets captured, 0 dropped"*$'status 0\n'\
$'if:near\t60\t60\t\t\nif:n2\t9018\t9018\t7\t\n'\
$'if:near\t1518\t1518\t8\t\nif:n2\t60\t60\t\t9\n'\
$'if:near\t32014\t32014\t\t\nif:n2\t100\t100\t\t'* ]]
}

@test "cap: -D says what one would type when several have a name" {
	in_net '
	two
	ip link add name lan type veth peer name l2
	qlab-cap -DH | cut -d " " -f 1; echo one
	lab other lan=10.78.1.0/24
	vm other router lan=lan=tap0
	qlab-cap -DH | cut -d " " -f 1
	timeout 5 qlab-cap net:lan; echo "status $?"
	for point in $(qlab-cap -DH | cut -d " " -f 1 | grep lan); do
		timeout 5 qlab-cap --never ip --timeout 0.1 "$point"
	done; echo "all $?"'
	local one=${output%%$'\none\n'*} two=${output#*$'\none\n'}
	for name in router/wan router/lan net:lan net:wan :if:lan if:l2; do
		grep -qxF "$name" <<<"$one"
	done
	for name in demo:router/lan other:router/lan demo:net:lan \
	    other:net:lan :if:lan if:l2; do
		grep -qxF "$name" <<<"$two"
	done
	[[ $two == *"'net:lan' is ambiguous: demo:net:lan other:net:lan"* ]]
	[[ $two == *"status 3"* ]]
	[[ $two == *"listening on demo:net:lan, "* ]]
	[[ $two == *"listening on :if:lan, interface lan,"* ]]
	[[ $two == *"all 0" ]]
}

@test "cap: -a is every NIC of every VM; what follows is the filter" {
	in_net '
	two
	lab other sea=10.78.1.0/24
	vm other fish sea=sea=tap0
	mkfifo said
	timeout 20 qlab-cap -a -c 4 -w out udp port 9 2>said & pid=$!
	exec 8<said
	while read -r -t 10 line <&8; do
		echo "$line"
		[[ $line != *"listening on"* ]] || break
	done
	# The lan has two VMs, which both see it.
	send demo tap1 1 100; send demo tap0 1 100; send other tap0 1 100
	cat <&8; wait "$pid"; echo "status $?"
	tcpdump -nr out 2>/dev/null | grep -c "port 9\|\.9: UDP"'
	[[ $output == *"listening on 4 capture points: demo:client/lan demo:router/wan demo:router/lan other:fish/sea,"* ]]
	[[ $output == *"demo:client/out has no host interface"* ]]
	[[ $output == *"demo:router/wan: 1 packet"* ]]
	[[ $output == *"demo:client/lan: 1 packet"* ]]
	[[ $output == *"other:fish/sea: 1 packet"* ]]
	[[ $output == *"4 packets captured,"*$'status 0\n4' ]]
}

@test "cap: --pcapng for a single point" {
	in_veth '
	start --pcapng -c 1 if:near >out; send 1 60; finish
	od -An -tx4 -N4 out; count out'
	[[ $output == *$'0a0d0d0a\n1' ]]
}

@test "cap: a loopback's frames come once" {
	in_veth '
	ip link set lo up
	start -c 3 if:lo >out
	for i in 1 2 3; do echo x >/dev/udp/127.0.0.1/9; done
	finish; tcpdump -nr out udp port 9 2>/dev/null | sort -k3 | uniq -c -f2
	for way in in out; do
		start --timeout 0.5 -Q $way if:lo if:near >out
		echo x >/dev/udp/127.0.0.1/9
		finish; count out udp port 9 || true
	done'
	# Each datagram has its own port; the answers are ICMP.
	[[ $output == *"3 packets captured"* ]]
	[[ $output != *" 2 "*UDP* ]]
	[[ $output == *$'status 0\n1\n'*$'status 0\n0' ]]
}

@test "cap: what no kernel filters is filtered here" {
	in_veth '
	start -c 2 -s 20 if:near udp and ip protochain 17 >out
	send 1 60 7; send 2 100; finish
	tcpdump -enr out 2>&1
	start --pcapng --timeout 1 if:near ip6 protochain 58 >out
	send 3 100; finish; count out || true'
	[[ $output == *"2 packets captured"*" 2 received, 1 filtered"*"status 0"* ]]
	[ "$(grep -c 'length 100: ' <<<"$output")" -eq 2 ]
	[[ $output == *"0 packets captured"*" 3 filtered"*$'status 0\n0' ]]
}

@test "cap: --via pcap knows -Q, too" {
	in_veth '
	for at in near far; do
		for way in in out inout; do
			start --via pcap -Q $way --timeout 1 if:$at >out
			send 2 100; finish >/dev/null; echo "$at $way $(count out)"
		done
	done'
	local want=$'near in 2\nnear out 0\nnear inout 2\nfar in 0\nfar out 2\nfar inout 2'
	[[ $(grep -v '^#' <<<"$output") == "$want" ]]
}

@test "cap: what packets do not tell cannot be asked of them" {
	in_veth '
	start -c 1 if:near inbound >out; send 1 60; finish
	for option in --expect --never; do
		"$cap" if:near $option inbound; echo "status $?"
	done
	"$cap" -r out outbound; echo "status $?"'
	[[ $output == *"1 packet captured"*"status 0"* ]]
	[ "$(grep -c "bad filter '.*bound': the packets themselves do not tell" <<<"$output")" -eq 3 ]
	[ "$(grep -c 'status 2' <<<"$output")" -eq 3 ]
}

@test "cap: interfaces near in name; ':' is never a lab's" {
	in_veth '
	"$cap" if:naer; echo "status $?"
	"$cap" if:; echo "status $?"
	"$cap" pid:x; echo "status $?"'
	[[ $output == *"no interface 'naer' here or in a running lab (near: near)"$'\n'"status 3"* ]]
	[[ $output == *"'if:' names nothing: write if:INTERFACE"$'\n'"status 2"* ]]
	[[ $output == *"pid: takes the number of a QEMU, not 'x'"$'\n'"status 2" ]]
}

@test "cap: statistics blocks have received and dropped" {
	command -v tshark >/dev/null || skip 'no tshark'
	in_veth '
	start --pcapng -c 4 if:near >out; send 4 100; finish
	tshark -r out -X "read_format:MIME Files Format" -V 2>/dev/null |
	    grep -E "Number of (Received|Dropped|Accepted)"'
	[[ $output == *"Received"*": 4"* ]]
	[[ $output == *"Dropped Packets by OS: 0"* ]]
}
