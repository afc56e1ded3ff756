#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# capqmp.bats - captures by QEMU itself, which never hold up the VM

# Each test has processes of its own; lists of them are words.
# Perl's variables are not the shell's.
# shellcheck disable=SC2016,SC2030,SC2031,SC2086

load helpers

setup()
{
	lab_setup
}

teardown()
{
	kill -9 ${own:-} ${cap:-} ${guard:-} 2>/dev/null || true
	lab_teardown
}

# start_cap NAME ARGUMENT...: in the background, until it listens; its pid is
# in $cap, what it says in NAME.err
start_cap()
{
	local name=$1
	shift
	qlab-cap "$@" 2>"$name.err" &
	cap=$!
	until_true 20 grep -q 'listening on' "$name.err"
}

# filters VM: the names of our filters in it, within a second
filters()
{
	timeout 1 qlab-ctl qmp "$1" '{"execute": "qom-list",
	    "arguments": {"path": "/objects"}}' |
	    grep -o 'qcap-[0-9]*-[0-9]*-[rt]x' | sort
}

no_filters()
{
	[ -z "$(filters "$1")" ]
}

# The process that reads what QEMU writes, and that one's parent.
drainer()
{
	filters "$1" | sed -n '1s/qcap-\([0-9]*\)-.*/\1/p'
}

parent()
{
	sed 's/.*) . \([0-9]*\) .*/\1/' "/proc/$1/stat"
}

# pinging COUNT [SIZE]: the guest pings its gateway as fast as it can and must lose
# nothing; in the background
pinging()
{
	on_guest one "ping -A -q -c $1 -s ${2:-56} 10.0.2.2" >pings &
	pinger=$!
	sleep 0.2
}

no_ping_lost()
{
	wait "$pinger"
	grep -q ' 0% packet loss' pings
}

# Does it say, when asked, that packets were dropped?
dropped()
{
	kill -USR1 "$cap"
	grep -E '[1-9][0-9]* dropped for a slow reader' "$1"
}

@test 'a slirp NIC, and a tap: every packet, in order, in time' {
	cat >lab.yaml <<-EOT
	lab: slirp
	networks:
	  lan: {mode: host, subnet: 10.77.1.0/24, dhcp: on}
	vms:
	$(guest_vm one lan qlab.role=client)
	EOT
	sed -i 's/\[lan\]/[{mode: user}, lan]/' lab.yaml
	qlab-run -d --wait=60
	until_true 30 grep -aq 'eth0 has' "$(console_log slirp one)"

	# Ten thousand packets on QEMU's own NAT.
	start_cap user -c 10000 -w user.pcap one/user icmp
	on_guest one 'ping -A -q -c 5000 10.0.2.2' | grep ' 0% packet loss'
	wait $cap
	"$BATS_TEST_DIRNAME/exchange.pl" 5000 user.pcap
	no_filters one

	# In and out as the VM has it.
	start_cap in -c 5 -Q in -w in.pcap one/user icmp
	on_guest one 'ping -A -q -c 5 10.0.2.2'
	wait $cap
	[ "$(tcpdump -nr in.pcap 2>/dev/null | grep -c 'echo reply')" = 5 ]

	# On a tap, QEMU and the kernel see the same at the same time.
	if [ "$(qlab-ifmap -H -o backend one/lan)" = bridge ]; then
		on_guest one 'ip link set eth1 up; ip addr add 10.77.1.77/24 \
		    dev eth1 2>/dev/null; ping -c 1 10.77.1.1'
		# Two NICs of one VM by QMP, in one order from the start.  On
		# a busy machine QEMU may be later than is waited for.
		local try
		for try in 1 2 3; do
			start_cap both -c 8 -w both.pcapng --via=qmp one icmp
			on_guest one 'ping -c 1 10.77.1.1; ping -c 1 10.0.2.2;
			    ping -c 1 10.77.1.1; ping -c 1 10.0.2.2'
			wait $cap
			[[ $(capinfos -o both.pcapng) == *True* ]] && break
			[ $try -lt 3 ]
		done
		start_cap ring -c 2000 -w ring.pcap --via=ring one/lan icmp
		ring=$cap
		start_cap qmp -c 2000 -w qmp.pcap --via=qmp one/lan icmp
		on_guest one 'ping -A -q -c 1000 10.77.1.1'
		wait $cap $ring
		run "$BATS_TEST_DIRNAME/exchange.pl" 1000 qmp.pcap ring.pcap
		echo "$output"
		[ "$status" -eq 0 ]
	fi

	# A reader that stands still: the VM does not, drops are told.
	mkfifo out
	perl -e 'sleep 60' <out &
	own=$!
	start_cap slow --buffer=1M one/user icmp >out
	pinging 1500 1400
	no_ping_lost
	until_true 5 dropped slow.err
	kill -9 $own
	wait $cap
	until_true 2 no_filters one

	# Whoever is killed or stopped: nothing is lost, nothing stays.
	for how in 'KILL first' 'KILL drainer' 'STOP drainer' 'KILL both' \
	    'STOP both'; do
		start_cap "$how" -w dead.pcap one/user
		victim=$(drainer one)
		guard=$(parent "$victim")
		pinging 1000
		case $how in
		*first) kill -KILL $cap ;;
		*drainer) kill -"${how% *}" "$victim" ;;
		*both) kill -"${how% *}" "$guard" "$victim" ;;
		esac
		until_true 2 no_filters one || {
			echo "$how: $(filters one)"
			false
		}
		kill -CONT "$guard" 2>/dev/null || true
		no_ping_lost
		wait $cap || true
	done

	# QEMU dies: what was caught is complete, and that is said.
	start_cap last -w last.pcap one/user
	on_guest one 'ping -A -q -c 10 10.0.2.2'
	qlab-ctl kill one
	wait $cap
	cat last.err
	grep -q 'gone' last.err
	[ "$(tcpdump -nr last.pcap icmp 2>/dev/null | wc -l)" = 20 ]
	[ -z "$(find /tmp -maxdepth 1 -name 'qlab-cap.*' -user "$(id -u)")" ]
}

# serve_garbage: on q.sock, something that is no QMP
serve_garbage()
{
	rm -f q.sock
	perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0);
	    bind(S, sockaddr_un("q.sock")) or die; listen(S, 5);
	    while (accept(C, S)) {
		syswrite C, "{]}\0{\"QMP\": [}\n" x 1000; close C;
	    }' &
	own="$own $!"
	until_true 10 test -S q.sock
}

@test 'a QEMU started by hand; its QMP serves one program at a time' {
	# Nobody tells of it; it is looked for.
	qlab-cap -F byhand -w later.pcap 2>later.err 3>&- &
	cap=$!
	until_true 10 grep -q 'listening on nothing yet' later.err
	qemu-system-x86_64 -name byhand -M pc -m 32 -display none -S \
	    -netdev user,id=n0 -device e1000,netdev=n0 \
	    -netdev user,id=n1 -device e1000,netdev=n1 \
	    -qmp unix:q.sock,server=on,wait=off 2>qemu.err &
	own=$!
	until_true 10 grep -q 'listening on byhand/n0, 52:54:00:12:34:56' \
	    later.err
	until_true 10 grep -q 'listening on byhand/n1, 52:54:00:12:34:57' \
	    later.err
	kill -INT $cap
	wait $cap
	start_cap hand -w hand.pcap "pid:$own"
	kill -INT $cap
	wait $cap
	tcpdump -nr hand.pcap
	# Another program has the socket, and keeps it.
	perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0);
	    connect(S, sockaddr_un("q.sock")) or die;
	    sysread(S, $_, 1); print "has it\n"; $| = 1; sleep 60' >other &
	own="$own $!"
	until_true 10 grep -q has other
	run qlab-cap -w none.pcap byhand
	echo "$output"
	[ "$status" -eq 5 ]
	[[ $output == *'q.sock'*'one program at a time'* ]]
	[ ! -e none.pcap ]

	serve_garbage
	run qlab-cap -w none.pcap byhand
	echo "$output"
	[ "$status" -eq 5 ]
	[[ $output == *'unexpected answer from QEMU'* ]]
	[ ! -e none.pcap ]
}

# start_by_hand: the guest, without qlab, on NICs n0, n1 and n2 of three kinds;
# another QEMU behind them answers at 10.0.0.2, 10.0.1.2 and 10.0.2.2
start_by_hand()
{
	perl -MSocket -MFcntl -e '
		socketpair(A, B, AF_UNIX, SOCK_STREAM, 0) or die;
		fcntl($_, F_SETFD, 0) for *A, *B;
		($n2, $p2) = map { "socket,id=$_->[0],fd=" . fileno $_->[1] }
		    [n2 => *A], [p2 => *B];
		@hubs = map { ("-netdev", "user,id=u$_,net=10.0.$_.0/24",
		    "-netdev", "hubport,id=hu$_,hubid=$_,netdev=u$_",
		    "-netdev", "hubport,id=hp$_,hubid=$_,netdev=p$_") } 0..2;
		if (!fork) {
			exec qw(qemu-system-x86_64 -M none -display none
			    -pidfile peer.pid -netdev),
			    "stream,id=p0,server=on,addr.type=unix,addr.path=s",
			    "-netdev", "dgram,id=p1,local.type=unix," .
			    "local.path=b,remote.type=unix,remote.path=a",
			    "-netdev", $p2, @hubs;
		}
		select undef, undef, undef, 0.05 until -S "s" || $n++ > 200;
		exec qw(qemu-system-x86_64 -netdev), $n2, @ARGV' -- \
	    -name hand -M pc -m 96 -display none -accel tcg \
	    -kernel "$GUEST/vmlinuz" -initrd "$GUEST/initrd.gz" \
	    -append 'console=ttyS0 quiet cryptomgr.notests qlab.role=plain' \
	    -serial unix:serial,server=on,wait=off \
	    -qmp unix:q.sock,server=on,wait=off \
	    -netdev stream,id=n0,server=off,addr.type=unix,addr.path=s \
	    -netdev dgram,id=n1,local.type=unix,local.path=a,remote.type=unix,remote.path=b \
	    -device virtio-net-pci,netdev=n0,romfile= \
	    -device virtio-net-pci,netdev=n1,romfile= \
	    -device virtio-net-pci,netdev=n2,romfile= 2>qemu.err 3>&- &
	own=$!
	until_true 20 test -S serial
	own="$own $(cat peer.pid)"
}

# typed COMMAND: what it says on the serial line of the guest, and its status
typed()
{
	timeout 90 perl -MSocket -e '
		socket(S, AF_UNIX, SOCK_STREAM, 0);
		connect(S, sockaddr_un("serial")) or die "connect: $!";
		sub upto {
			my $to = shift;
			while ($_ !~ /$to/) {
				sysread(S, $_, 4096, length) or die "eof: $_";
			}
		}
		syswrite S, "\n";
		upto(qr/login:|# /);
		if (!/# /) {
			$_ = "";
			syswrite S, "root\n";
			upto(qr/# /);
		}
		$_ = "";
		syswrite S, "echo [\\<]; $ARGV[0]; echo [\\>\$?]\n";
		upto(qr/\n\[>\d+\]/);
		tr/\r//d;
		/^\[<\]\n(.*)^\[>(\d+)\]/ms;
		print $1;
		exit $2' "$1"
}

# ask COMMAND...: QEMU's answers, for which nobody else may be connected
ask()
{
	timeout 2 perl -MSocket -e '
		socket(S, AF_UNIX, SOCK_STREAM, 0);
		connect(S, sockaddr_un("q.sock")) or die "connect: $!";
		<S>;
		for my $command ("qmp_capabilities", @ARGV) {
			syswrite S, $command =~ /{/ ? $command :
			    qq({"execute": "$command"});
			do { $answer = <S> // exit 1 } while $answer =~ /"event"/;
			print $answer;
		}' "$@"
}

reader_by_hand()
{
	ask '{"execute": "qom-list", "arguments": {"path": "/objects"}}' |
	    sed -n 's/.*"qcap-\([0-9]*\)-.*/\1/p'
}

@test 'a guest started by hand, on stream, dgram and socket; it is halted' {
	start_by_hand
	typed 'for n in 0 1 2; do ip addr add 10.0.$n.15/24 dev eth$n
	    ip link set eth$n up; done'
	for n in 0 1 2; do
		start_cap $n -c 400 -w $n.pcap hand/n$n icmp
		typed "ping -A -q -c 200 10.0.$n.2" | grep ' 0% packet loss'
		wait $cap
		"$BATS_TEST_DIRNAME/exchange.pl" 200 $n.pcap
	done

	# QEMU's clock stands still with the VM: times are right all the same.
	start_cap halt -w halt.pcap hand/n1 icmp
	typed 'ping -A -q -c 20 10.0.1.2'
	ask stop
	sleep 1
	ask cont
	typed 'ping -A -q -c 20 10.0.1.2'
	now=$(date +%s.%N)
	kill -INT $cap
	wait $cap
	tcpdump -ttnr halt.pcap 2>/dev/null | cut -d ' ' -f 1 >stamps
	[ "$(grep -c . stamps)" = 80 ]
	awk -v now="$now" 'NR == 41 { gap = $1 - last } { last = $1 }
	    END { print gap, now - last; exit !(gap > 1 && now - last < 2) }' \
	    stamps

	# All that would free the VM are stopped, but for qlab-cap itself.
	start_cap stopped -w stopped.pcap hand/n0
	victim=$(reader_by_hand)
	guard=$(parent "$victim")
	typed 'ping -A -q -s 1400 -c 2000 10.0.0.2' >pings &
	pinger=$!
	sleep 0.2
	kill -STOP "$guard" "$victim"
	status=0
	wait $cap || status=$?
	[ "$status" -eq 5 ]
	grep -q 'the process that reads from QEMU was' stopped.err
	[ -z "$(reader_by_hand)" ]
	no_ping_lost
	tcpdump -nr stopped.pcap icmp >/dev/null

	# All are killed: qlab-net gc takes off what they left.
	start_cap left -w left.pcap hand/n2
	victim=$(reader_by_hand)
	mapfile -t all < <(pgrep -P $cap)
	all+=("$cap" "$victim")
	kill -STOP "${all[@]}"		# or one tidies up after the other
	kill -9 "${all[@]}"
	until_true 5 eval "! kill -0 $victim"
	[ "$(reader_by_hand)" = "$victim" ]
	run qlab-net -n gc
	echo "$output"
	[ "$(grep -c "^would remove capture qcap-$victim-.*-[rt]x of VM hand$" \
	    <<<"$output")" = 2 ]
	run qlab-net gc
	[ "$(grep -c "^removed capture qcap-$victim-.*-[rt]x of VM hand$" \
	    <<<"$output")" = 2 ]
	[ -z "$(reader_by_hand)" ]
	run qlab-net gc
	[ "$status" -eq 0 ] && [ -z "$output" ]
}
