# SPDX-License-Identifier: ISC
# cap.bash - what a test of qlab-cap does inside a network namespace
#
# There it finds a veth pair: frames sent into "far" come in on "near".

# shellcheck disable=SC2154	# QLAB_BUILD comes from the test runner
cap=$QLAB_BUILD/qlab-cap

tests=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
send_pl=$tests/send.pl

# send COUNT SIZE [VLAN [TPID]]: UDP datagrams to port 9, into the far end
send()
{
	perl "$send_pl" far "$@"
}

# send_to INTERFACE COUNT ...: the same into another one
send_to()
{
	perl "$send_pl" "$@"
}

# start ARGUMENT...: capture in the background, back when it listens; what it
# says next can be read from descriptor 8, its pid is $pid
start()
{
	[ -p said ] || mkfifo said
	"$cap" "$@" 2>said &
	pid=$!
	exec 8<said
	read -r -t 10 line <&8
	echo "# $line" >&2
	[[ $line == *"listening on"* ]]
}

# finish: wait for the capture's end; its messages and its status
finish()
{
	cat <&8
	wait "$pid"
	echo "status $?"
}

# count FILE [FILTER]: packets in a file
count()
{
	tcpdump -nr "$@" 2>/dev/null | grep -c .
}

ip link add name near mtu 65000 type veth peer name far mtu 65000
sysctl -qw net.ipv6.conf.all.disable_ipv6=1
ip link set near up
ip link set far up
cd "$BATS_TEST_TMPDIR" || exit 1
