# SPDX-License-Identifier: ISC
# cap.bash - what a test of qlab-cap does inside a network namespace
#
# There it finds a veth pair: frames sent into "far" come in on "near".

# shellcheck disable=SC2154	# QLAB_BUILD comes from the test runner
cap=$QLAB_BUILD/qlab-cap

# send COUNT SIZE [VLAN [ETHERTYPE-OF-TAG]]: UDP datagrams to port 9, in
# frames of SIZE bytes
send()
{
	perl - "$@" <<-'EOT'
	use strict; use warnings;
	my ($n, $size, $vlan, $tpid) = @ARGV;
	socket(my $s, 17, 3, 0) or die "socket: $!";
	my ($index) = map { /^(\d+): far/ ? $1 : () } `ip -o link`;
	bind($s, pack('S n i S C C a8', 17, 3, $index, 0, 0, 0, '')) or
	    die "bind: $!";
	my $tag = defined $vlan ?
	    pack('n n', hex($tpid // '8100'), $vlan) : '';
	my $room = $size - 14 - length $tag;
	my $ip = pack('C C n n n C C n a4 a4', 0x45, 0, $room, 0, 0, 64, 17, 0,
	    "\x0a\x63\0\1", "\x0a\x63\0\2");
	my $udp = pack('n n n n', 4097, 9, $room - 20, 0);
	my $frame = "\2\0\0\0\0\2\2\0\0\0\0\1" . $tag . "\x08\0" . $ip . $udp .
	    'x' x ($room - 28);
	for (1 .. $n) {
		defined send($s, $frame, 0) or die "send: $!";
	}
	EOT
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
