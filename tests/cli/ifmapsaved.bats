#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# ifmapsaved.bats - qlab-ifmap -r: the map out of saved text; needs no rights

bats_require_minimum_version 1.5.0

setup() {
	ifmap=$QLAB_BUILD/qlab-ifmap
	data=$BATS_TEST_DIRNAME/../data/ifmap
	# Nothing of this machine has a say.
	export QLAB_STATE=$BATS_TEST_TMPDIR/none
}

@test "ifmap -r: a Mac's text is its map" {
	run --separate-stderr "$ifmap" -r "$data/mac.txt" router/lan alpine
	[ "$status" -eq 0 ]
	[ "$output" = "\
VM/NIC      IF       BRIDGE     MODE  SUBNET  IP
router/lan  vmenet2  bridge101  host  -       -
alpine/n0   vmenet1  bridge101  host  -       -" ]
	[ "$stderr" = "qlab-ifmap: ask for: ifconfig bridge100" ]
}

@test "ifmap -r -: from a pipe, quoted and with Windows' line ends" {
	sed 's/^/> /; s/$/\r/' "$data/mac.txt" >"$BATS_TEST_TMPDIR/mail"
	run --separate-stderr "$ifmap" -H -r - router/lan <"$BATS_TEST_TMPDIR/mail"
	[ "$status" -eq 0 ]
	[ "$output" = "router/lan  vmenet2  bridge101  host  -  -" ]
}

@test "ifmap -r -q: both ways, and the evidence" {
	run --separate-stderr "$ifmap" -r "$data/mac.txt" -q router/lan
	[ "$status" -eq 0 ]
	[ "$output" = vmenet2 ]
	run --separate-stderr "$ifmap" -r "$data/mac.txt" -q vmenet1
	[ "$status" -eq 0 ]
	[ "$output" = alpine/n0 ]
	run --separate-stderr "$ifmap" -r "$data/mac.txt" -v alpine
	[[ $output == *"alpine/n0  if "*"vmenet1 "*fdb* ]]
}

@test "ifmap -r: on Linux, several JSON documents and arp" {
	cat >"$BATS_TEST_TMPDIR/linux" <<'X'
[{"ifindex":4,"ifname":"br0","flags":["UP"],"linkinfo":{"info_kind":"bridge"}},
{"ifindex":5,"ifname":"tap0","master":"br0","linkinfo":{"info_kind":"tun"}}]
[{"ifindex":4,"ifname":"br0","addr_info":[{"family":"inet","local":"10.0.0.1","prefixlen":24}]}]
[{"mac":"52:54:00:00:00:01","ifname":"tap0","flags":[],"master":"br0","state":""}]
? (10.0.0.9) at 52:54:00:00:00:01 [ether] on br0
    PID TTY      STAT   TIME COMMAND
     12 pts/0    Sl+    1:02 qemu-system-x86_64 -name one -nic tap,ifname=tap0,mac=52:54:00:00:00:01
X
	run --separate-stderr "$ifmap" -H -o VM,IF,BRIDGE,SUBNET,IP,PID \
	    -r "$BATS_TEST_TMPDIR/linux"
	[ "$status" -eq 0 ]
	[ "$output" = "one  tap0  br0  10.0.0.0/24  10.0.0.9  12" ]
	[ -z "$stderr" ]
}

@test "ifmap -r: what cannot be read is told with its line" {
	printf 'bridge100: flags=3<UP> mtu 1500\n\tmember: vmenet0 flags=3<>\n\tmember: vmenet1 fl\nhello\n' \
	    >"$BATS_TEST_TMPDIR/cut"
	run --separate-stderr "$ifmap" -H -r "$BATS_TEST_TMPDIR/cut"
	[ "$status" -eq 0 ]
	[ "$output" = "-  vmenet0  bridge100  host  -  -" ]
	[ "${stderr_lines[0]}" = "$BATS_TEST_TMPDIR/cut:3: warning: a member of 'bridge100' cannot be read: ignored" ]
	[ "${stderr_lines[1]}" = "$BATS_TEST_TMPDIR/cut:4: warning: not understood: 'hello'" ]
	[[ $stderr == *"ask for: ps -axww"* ]]
}

@test "ifmap -r: a long list of what cannot be read is cut short" {
	printf 'bridge100: flags=3<UP> mtu 1500\n' >"$BATS_TEST_TMPDIR/many"
	printf '\tmember: vmenet%d\n' {1..100} >>"$BATS_TEST_TMPDIR/many"
	run --separate-stderr "$ifmap" -r "$BATS_TEST_TMPDIR/many"
	[ "$(grep -c warning: <<<"$stderr")" -eq 20 ]
	[[ $stderr == *"80 more places could not be read"* ]]
}

@test "ifmap -r: nothing of use is exit 2" {
	local text
	for text in '' hello '[]'; do
		run --separate-stderr "$ifmap" -r - <<<"$text"
		[ "$status" -eq 2 ]
		[ -z "$output" ]
		[[ $stderr == *"'-': nothing in it is of"* ]]
	done
	run --separate-stderr "$ifmap" -r "$BATS_TEST_TMPDIR/none"
	[ "$status" -eq 2 ]
	[[ $stderr == *"cannot read '"*"none': No such file"* ]]
	run --separate-stderr "$ifmap" -r /
	[ "$status" -eq 5 ]
}

@test "ifmap -r: -j and escapes of what a text smuggles in" {
	printf '1 qemu-system-x86_64 -name \033[31mred -nic user\n' |
	    "$ifmap" -j -r - 2>/dev/null >"$BATS_TEST_TMPDIR/out"
	grep -q '"schema": 1' "$BATS_TEST_TMPDIR/out"
	! grep -q $'\033' "$BATS_TEST_TMPDIR/out"
}

@test "ifmap -r: 10,000 interfaces in no time" {
	local i
	for ((i = 0; i < 5000; i++)); do
		printf 'bridge%d: flags=3<UP> mtu 1500\n\tmember: vmenet%d flags=3<>\n\tAddress cache:\n\t\t52:54:0:0:%x:%x Vlan1 vmenet%d 1 flags=0<>\nvmenet%d: flags=3<UP> mtu 1500\n' \
		    $((i + 100)) "$i" $((i / 256)) $((i % 256)) "$i" "$i"
	done >"$BATS_TEST_TMPDIR/big"
	SECONDS=0
	run --separate-stderr "$ifmap" -H -r "$BATS_TEST_TMPDIR/big"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 5000 ]
	[ "${lines[4999]}" = "-  vmenet4999  bridge5099  host  -  -" ]
	[ "$SECONDS" -le 3 ]
}
