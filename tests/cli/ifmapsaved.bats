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
	[ "$output" = "-  vmenet0  bridge100  -  -  -" ]
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

@test "ifmap -r: what is meant for people is named, and what to take instead" {
	run --separate-stderr "$ifmap" -r - <<-'X'
	4: br0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP
	    link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff
	X
	[ "$status" -eq 2 ]
	[ -z "$output" ]
	[ "${stderr_lines[0]}" = "stdin:1: warning: text of 'ip link or ip addr' is not read: take 'ip -j'" ]
	[ "${stderr_lines[2]}" = "qlab-ifmap: ask for: ip -j -d -s link" ]
}

@test "ifmap -r: UTM's QEMUs" {
	run --separate-stderr "$ifmap" -H -o VM/NIC,MODE,MAC -r - <<-'X'
	  PID TTY           TIME CMD
	  611 ??         0:01.00 /Applications/UTM.app/Contents/MacOS/UTM
	  612 ??         0:09.00 /Applications/UTM.app/Contents/XPCServices/QEMUHelper.xpc/Contents/MacOS/QEMULauncher.app/Contents/MacOS/QEMULauncher /Applications/UTM.app/Contents/Frameworks/qemu-aarch64-softmmu.framework/Versions/A/qemu-aarch64-softmmu -S -device virtio-net-pci,mac=02:93:C2:B9:5E:3A,netdev=net0 -netdev vmnet-shared,id=net0 -name Debian
	X
	[ "$status" -eq 0 ]
	[ "$output" = "Debian/net0  shared  02:93:c2:b9:5e:3a" ]
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
	[ "$status" -eq 5 ]
	[[ $stderr == *"cannot read '"*"none': No such file"* ]]
	run --separate-stderr "$ifmap" -r /
	[ "$status" -eq 5 ]
}

@test "ifmap -r: -j and escapes of what a text smuggles in" {
	printf '1 qemu-system-x86_64 -name \033[31mred -nic user\n' |
	    "$ifmap" -j -r - 2>/dev/null >"$BATS_TEST_TMPDIR/out"
	grep -q '"schema": 1' "$BATS_TEST_TMPDIR/out"
	run grep -c $'\033' "$BATS_TEST_TMPDIR/out"
	[ "$output" = 0 ]
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
	[ "${lines[4999]}" = "-  vmenet4999  bridge5099  -  -  -" ]
	[ "$SECONDS" -le 3 ]
}

# mac BRIDGES-AND-MORE: a text with two QEMUs on vmnet without addresses
two_qemus() {
	printf '  PID TTY           TIME CMD\n'
	printf '   12 ttys000    0:00.10 qemu-system-i386 -name a -nic vmnet-shared,mac=52:54:00:00:00:01\n'
	printf '   13 ttys000    0:00.10 qemu-system-i386 -name b -nic vmnet-shared,mac=52:54:00:00:00:02\n'
}

@test "ifmap -r: without address caches the order is a guess, and said so" {
	{
		printf 'bridge100: flags=3<UP> mtu 1500\n\tinet 192.168.64.1 netmask 0xffffff00\n'
		printf '\tmember: vmenet10 flags=3<>\n\tmember: vmenet2 flags=3<>\n'
		two_qemus
	} >"$BATS_TEST_TMPDIR/text"
	run --separate-stderr "$ifmap" -H -r "$BATS_TEST_TMPDIR/text"
	[ "$status" -eq 0 ]
	[ "$output" = "\
a/nic0  vmenet2?   bridge100?  shared  192.168.64.0/24  -
b/nic0  vmenet10?  bridge100?  shared  192.168.64.0/24  -" ]
	run --separate-stderr "$ifmap" -H --strict -r "$BATS_TEST_TMPDIR/text"
	[[ $output != *vmenet* ]]
	# What one table says, the other one's order need not.
	{
		printf 'bridge100: flags=3<UP> mtu 1500\n\tinet 192.168.64.1 netmask 0xffffff00\n'
		printf '\tmember: vmenet10 flags=3<>\n\tmember: vmenet2 flags=3<>\n'
		printf '\tAddress cache:\n\t\t52:54:0:0:0:1 Vlan1 vmenet10 1 flags=0<>\n'
		two_qemus
	} >"$BATS_TEST_TMPDIR/text"
	run --separate-stderr "$ifmap" -H -o VM,IF -r "$BATS_TEST_TMPDIR/text"
	[ "$output" = $'a  vmenet10\nb  vmenet2?' ]
}

@test "ifmap -r: as many cables as NICs, or there is no guess" {
	{
		printf 'bridge100: flags=3<UP> mtu 1500\n\tinet 192.168.64.1 netmask 0xffffff00\n'
		printf '\tmember: vmenet%d flags=3<>\n' 0 1 2
		two_qemus
	} >"$BATS_TEST_TMPDIR/text"
	run --separate-stderr "$ifmap" -H -o VM,IF -r "$BATS_TEST_TMPDIR/text"
	[ "$output" = $'a  -\nb  -\n-  vmenet0\n-  vmenet1\n-  vmenet2' ]
}

@test "ifmap -r: arp tells the bridge of a NIC, and of VMs of nobody" {
	{
		printf '? (192.168.64.7) at 52:54:0:0:0:2 on bridge100 ifscope [bridge]\n'
		printf '? (192.168.64.8) at 52:54:0:0:0:9 on bridge100 ifscope [bridge]\n'
		printf '? (192.168.64.1) at 2:0:0:0:0:64 on bridge100 ifscope permanent [bridge]\n'
		two_qemus
	} >"$BATS_TEST_TMPDIR/text"
	run --separate-stderr "$ifmap" -H -o VM,BRIDGE,IP,MAC -r "$BATS_TEST_TMPDIR/text"
	[ "$output" = "\
a  -          -             52:54:00:00:00:01
b  bridge100  192.168.64.7  52:54:00:00:00:02
-  bridge100  192.168.64.8  52:54:00:00:00:09" ]
}

@test "ifmap -r: leases alone tell addresses" {
	{
		printf '{\n\tname=n\n\tip_address=192.168.64.9\n\thw_address=1,52:54:0:0:0:1\n\tlease=0x6782bfd4\n}\n'
		printf '{\n\tip_address=192.168.64.8\n\thw_address=1,52:54:0:0:0:1\n\tlease=0x6782bfd3\n}\n'
		printf '{\n\tip_address=192.168.64.7\n\thw_address=1,52:54:0:0:0:7\n\tlease=0x6782bfd3\n}\n'
		two_qemus
	} >"$BATS_TEST_TMPDIR/text"
	run --separate-stderr "$ifmap" -H -o VM,IP -r "$BATS_TEST_TMPDIR/text"
	[ "$output" = $'a  192.168.64.9\nb  -\n-  192.168.64.7' ]
}

@test "ifmap -r: one MAC on two bridges, the subnet tells which" {
	{
		local i
		for i in 0 1; do
			printf 'bridge10%d: flags=3<UP> mtu 1500\n\tinet 10.0.%d.1 netmask 0xffffff00\n' $i $i
			printf '\tmember: vmenet%d flags=3<>\n\tAddress cache:\n\t\t52:54:0:12:34:56 Vlan1 vmenet%d 9 flags=0<>\n' $i $i
		done
		printf '12 qemu-system-i386 -name a -nic vmnet-host,start-address=10.0.1.1,end-address=10.0.1.9,subnet-mask=255.255.255.0\n'
		printf '13 qemu-system-i386 -name b -nic vmnet-host,start-address=10.0.0.1,end-address=10.0.0.9,subnet-mask=255.255.255.0\n'
	} >"$BATS_TEST_TMPDIR/text"
	run --separate-stderr "$ifmap" -H -o VM,IF,BRIDGE -r "$BATS_TEST_TMPDIR/text"
	[ "$output" = $'a  vmenet1  bridge101\nb  vmenet0  bridge100' ]
	# Without addresses nobody can tell, and both are told.
	sed -i 's/,start-address.*//' "$BATS_TEST_TMPDIR/text"
	run --separate-stderr "$ifmap" -r "$BATS_TEST_TMPDIR/text" -q a
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[[ $stderr == *"its MAC was learned on vmenet0, vmenet1"* ]]
}

@test "ifmap -r: nothing to follow there" {
	local wrong
	for wrong in -F --interval=1; do
		run --separate-stderr "$ifmap" "$wrong" -r "$data/mac.txt"
		[ "$status" -eq 2 ]
		[[ $stderr == *"saved text does not change"* ]]
	done
}

@test "ifmap -r: what a bridge looks like says less than the command line" {
	{
		printf 'bridge100: flags=3<UP> mtu 1500\n\tinet 192.168.64.1 netmask 0xffffff00\n'
		printf '\tinet6 2001:db8::1 prefixlen 64 autoconf secured\n'
		printf '\tmember: vmenet0 flags=3<>\n\tAddress cache:\n\t\t52:54:0:12:34:56 Vlan1 vmenet0 3 flags=0<>\n'
	} >"$BATS_TEST_TMPDIR/text"
	run --separate-stderr "$ifmap" -H -o IF,MODE -r "$BATS_TEST_TMPDIR/text"
	[[ $output == vmenet0*shared* ]]
	printf '1 qemu-system-i386 -name a -nic vmnet-host,start-address=192.168.64.1,end-address=192.168.64.9,subnet-mask=255.255.255.0\n' \
	    >>"$BATS_TEST_TMPDIR/text"
	run --separate-stderr "$ifmap" -H -o VM,IF,MODE -r "$BATS_TEST_TMPDIR/text"
	[ "$output" = "a  vmenet0  host" ]
	[ "$stderr" = "qlab-ifmap: ask for: arp -an" ]
}

@test "ifmap -r: more text than there can be is refused" {
	run --separate-stderr "$ifmap" -r - < <(head -c 34M /dev/zero)
	[ "$status" -eq 2 ]
	[[ $stderr == *"'-' has more than 32 MiB"* ]]
}

@test "ifmap -r: a mode is not made up" {
	run --separate-stderr "$ifmap" -H -o NIC,MODE -r - <<-'X'
	1 qemu-system-i386 -netdev socket,id=s,listen=:1 -device e1000,netdev=s -nic user -device e1000,netdev=gone
	X
	[ "$status" -eq 0 ]
	[ "$output" = $'nic0  user\ns     -\ngone  -' ]
	[[ $stderr == *"stdin:1: warning: a card is on netdev 'gone', which the command line does not have"* ]]
}
