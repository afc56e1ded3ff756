#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# ifmap.bats - qlab-ifmap on labs that are made up, without VMs

# The scripts in single quotes run elsewhere; run sets $stderr.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0

load in_net

setup() {
	ifmap=$QLAB_BUILD/qlab-ifmap
	export QLAB_STATE=$BATS_TEST_TMPDIR/state
}

@test "ifmap: nothing running is a header and a hint, exit 0" {
	run --separate-stderr alone "$ifmap"
	[ "$status" -eq 0 ]
	[ "$output" = "VM/NIC  IF  BRIDGE  MODE  SUBNET  IP" ]
	[[ $stderr == "qlab-ifmap: no lab is running"* ]]
	run --separate-stderr alone "$ifmap" -H
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run --separate-stderr alone "$ifmap" -j
	[ "$(tr -d ' \n' <<<"$output")" = '{"schema":1,"labs":[]}' ]
}

@test "ifmap: -h and -V" {
	run --separate-stderr "$ifmap" -h
	[ "$status" -eq 0 ]
	[[ $output == usage:*--listen* ]]
	run --separate-stderr "$ifmap" -V
	[ "$status" -eq 0 ]
	[[ $output == "qlab-ifmap "* ]]
}

@test "ifmap: wrong usage is one line and a hint, exit 2" {
	local wrong
	for wrong in -Z -q '-q a b' '-q -j a' '-o NONE' '-o IF,,IP' '-o +' -o \
	    --x --graph=png '--graph=dot --hosts' --interval=x --listen=-1 \
	    '-F -j' '-F -q a'; do
		# shellcheck disable=SC2086
		run --separate-stderr alone "$ifmap" $wrong
		echo "$wrong: $stderr"
		[ "$status" -eq 2 ]
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" -eq 2 ]
	done
}

@test "ifmap: a name that nothing has is exit 3" {
	local name
	for name in router router/lan lab: net:lan if:tap0 tap0; do
		run --separate-stderr alone "$ifmap" "$name"
		[ "$status" -eq 3 ]
		[ -z "$output" ]
		run --separate-stderr alone "$ifmap" -q "$name"
		[ "$status" -eq 3 ]
		[ -z "$output" ]
	done
	# Not the NICs without an interface.
	run alone "$ifmap" ''
	[ "$status" -eq 2 ]
	[[ $output == *"'' names nothing"* ]]
}

@test "ifmap: the whole map of one lab" {
	in_net 'two
	echo "4102444800 02:00:00:00:00:01 10.77.1.9 client *" \
	    >"$QLAB_STATE/demo/leases"
	qlab-ifmap'
	[ "$output" = "\
VM/NIC      IF    BRIDGE  MODE  SUBNET        IP
client/lan  tap2  lan     host  10.77.1.0/24  10.77.1.9
client/out  -     -       -     -             -
router/wan  tap0  wan     host  10.77.2.0/24  -
router/lan  tap1  lan     host  10.77.1.0/24  -" ]
}

@test "ifmap: --hosts, of one lab and of several" {
	in_net 'two
	echo "4102444800 02:00:00:00:00:01 10.77.1.9 client *" \
	    >"$QLAB_STATE/demo/leases"
	qlab-ifmap --hosts
	lab other lan=10.77.1.0/24
	vm other client lan=lan=tap2
	qlab-ifmap --hosts | tr "\t" " "'
	[ "$output" = "\
10.77.1.9	client.lan client
10.77.1.9 client.lan.demo client.demo" ]
}

@test "ifmap: --graph has each NIC once" {
	in_net 'two
	for f in dot mermaid; do qlab-ifmap --graph=$f; done'
	[ "$(grep -c tap1 <<<"$output")" -eq 2 ]
	[[ $output == "graph qlab {"*"graph LR"* ]]
}

@test "ifmap: columns" {
	in_net 'two
	qlab-ifmap -H -o vm,Nic,NET,MAC,MODEL,LAB router
	qlab-ifmap -o +DROPS router/lan
	[ "$(qlab-ifmap -H -o PID client/lan)" = "${sleepers##* }" ] && echo pid'
	[ "$output" = "\
router  wan  wan  02:00:00:00:00:01  e1000  demo
router  lan  lan  02:00:00:00:00:02  e1000  demo
VM/NIC      IF    BRIDGE  MODE  SUBNET        IP  DROPS
router/lan  tap1  lan     host  10.77.1.0/24  -   0
pid" ]
}

# A veth's far end plays the VM: what it sends comes in on the host's end.
@test "ifmap: counters are in the VM's own direction" {
	in_net 'two
	set -- $(qlab-ifmap -H -o RX,TX client/lan) \
	    $(qlab-ifmap -H -o RX,TX router/lan)
	send demo tap2 10 100
	set -- "$@" $(qlab-ifmap -H -o RX,TX client/lan) \
	    $(qlab-ifmap -H -o RX,TX router/lan)
	# The bridge itself may say a word too.
	echo "client $(($5 - $1 < 1000)) $(($6 - $2))" \
	    "router $(($7 - $3 >= 1000)) $(($8 - $4))"'
	[ "$output" = "client 1 1000 router 1 0" ]
}

@test "ifmap: -q in both directions" {
	in_net 'two
	for word in router/lan net:wan tap1 if:tap0 demo:if:tap2 if:lan \
	    demo:router/wan; do qlab-ifmap -q $word; done'
	[ "$output" = "\
tap1
wan
router/lan
router/wan
client/lan
net:lan
tap0" ]
}

@test "ifmap: -q without an answer says why" {
	in_net 'two
	for word in client/out lo; do
		qlab-ifmap -q $word; echo "status $?"
	done
	for word in router routr/lan; do
		qlab-ifmap -q $word; echo "status $?"
	done
	qlab-ifmap -q demo:; echo "status $?"'
	[[ $output == *"client/out has no host interface"*$'\nstatus 1\n'* ]]
	[[ $output == *"lo is no VM's and no network's"*$'\nstatus 1\n'* ]]
	[[ $output == *"several NICs: router/wan router/lan"$'\nstatus 3\n'* ]]
	[[ $output == *"router/lan"*$'\nstatus 3\n'* ]]
	[[ $output == *"whole lab"*$'\nstatus 2' ]]
}

@test "ifmap: arguments restrict" {
	in_net 'two
	qlab-ifmap -H -o VM/NIC net:lan; echo
	qlab-ifmap -H -o VM/NIC client router/wan; echo
	qlab-ifmap -H -o VM/NIC if:wan; echo
	qlab-ifmap -H -o VM/NIC demo: | wc -l'
	[ "$output" = "\
client/lan
router/lan

client/lan
client/out
router/wan

router/wan

4" ]
}

@test "ifmap: with two labs names carry the lab, and the same tap is in both" {
	in_net 'two
	lab other lan=10.77.1.0/24
	vm other client lan=lan=tap2
	qlab-ifmap -H -o VM/NIC,IF net:wan
	qlab-ifmap -H -o VM/NIC,IF other:
	qlab-ifmap -q other:if:tap2
	qlab-ifmap -q tap0
	qlab-ifmap -q if:tap2; echo "status $?"
	qlab-ifmap -q client/lan; echo "status $?"'
	[ "$output" = "\
demo:router/wan  tap0
other:client/lan  tap2
other:client/lan
demo:router/wan
qlab-ifmap: 'tap2' is in several labs: demo:if:tap2 other:if:tap2
status 3
qlab-ifmap: 'client/lan' is ambiguous: demo:client/lan other:client/lan
status 3" ]
}

@test "ifmap: a tap that is gone is shown as doubtful; -q refuses" {
	in_net 'two
	in_lab demo ip link del tap1
	qlab-ifmap router/lan; echo "status $?"
	qlab-ifmap -q router/lan; echo "status $?"'
	[[ $output == *"router/lan: if: registry says tap1, alias says none"* ]]
	[[ $output == *"router/lan  tap1?  -       host  "*$'\nstatus 0\n'* ]]
	[[ $output == *$'\nstatus 1' ]]
}

@test "ifmap: a tap of another NIC, or on another bridge, is shown" {
	in_net 'two
	in_lab demo ip link set tap1 alias qlab:demo/client/lan
	in_lab demo ip link set tap0 master lan
	qlab-ifmap router; echo "status $?"
	qlab-ifmap -q router/lan; echo "status $?"
	qlab-ifmap -q tap1; echo "status $?"'
	[[ $output == *"router/lan: if: registry says tap1, alias says none"* ]]
	[[ $output == *"router/wan: bridge: master says lan, network says wan"* ]]
	[[ $output == *"router/wan  tap0?  lan?"* ]]
	[ "$(grep -c '^status 1$' <<<"$output")" -eq 2 ]
}

@test "ifmap: a MAC that comes in on another port is shown" {
	in_net 'two
	SRC=2 send demo tap2 1 60
	qlab-ifmap -v router/lan
	qlab-ifmap -q router/lan; echo "status $?"'
	[[ $output == *"registry says tap1, alias says tap1, fdb says tap2"* ]]
	[[ $output == *"router/lan  if      tap2   fdb"* ]]
	[[ $output == *"status 1" ]]
}

@test "ifmap: -v tells who says so" {
	in_net 'two; qlab-ifmap -v router/lan'
	[ "$output" = "\
VM/NIC      IF    BRIDGE  MODE  SUBNET        IP
router/lan  tap1  lan     host  10.77.1.0/24  -

VM/NIC      ABOUT   VALUE  SOURCE    CONFIDENCE
router/lan  if      tap1   registry  medium
router/lan  if      tap1   alias     high
router/lan  bridge  lan    master    high
router/lan  bridge  lan    network   medium
router/lan  mode    host   registry  medium" ]
}

@test "ifmap: -j" {
	in_net 'two; qlab-ifmap -j client/out | tr -d " \n"'
	[[ $output == '{"schema":1,"labs":[{"name":"demo",'* ]]
	[[ $output == *'"file":"/labs/demo.yaml","backend":null,"error":null,'* ]]
	[[ $output == *'{"name":"lan","mode":"host","subnet":"10.77.1.0/24","bridge":"lan"}'* ]]
	[[ $output == *'"id":"out","network":null,'*'"interface":null,'* ]]
	[[ $output == *'"counters":null,"filter":null,"contradictions":[],"doubts":[],"evidence":[]'* ]]
	[[ $output != *router* ]]
}

@test "ifmap: VMs that died are not on the map, a dead holder's taps are" {
	in_net 'two
	set -- $sleepers
	kill $3; wait $3; qlab-ifmap -H -o VM/NIC
	kill $1; wait $1; qlab-ifmap -H -o VM/NIC,IF,BRIDGE'
	[ "$output" = "\
router/wan
router/lan
router/wan  tap0  -
router/lan  tap1  -" ]
}

@test "ifmap: what the registry says cannot drive the terminal" {
	in_net 'two
	sed -i "s/e1000/\\\\u001b[2J/" "$QLAB_STATE/demo/client/vm.json"
	qlab-ifmap -H -o MODEL client | tr "\033" ESC'
	[[ $output == *'\x1b[2J'* ]]
	[[ $output != *ESC* && $output != *E'[2J'* ]]
}

@test "cap: captures where the map says, by every name" {
	in_net 'two
	mkfifo said
	for name in client/lan demo:client/lan net:lan if:tap2; do
		qlab-cap -c 1 "$name" udp >out 2>said & pid=$!
		exec 8<said
		read -r -t 10 line <&8; echo "$line"
		send demo tap2 2 100
		cat <&8; wait $pid
		tcpdump -nr out 2>/dev/null | grep -o "10.99.0.2.9: UDP"
	done
	qlab-cap client/out; echo "status $?"
	in_lab demo ip link set tap1 alias ""
	qlab-cap router/lan; echo "status $?"'
	[ "$(grep -c 'listening on client/lan, network lan, interface tap2, 02:00:00:00:00:01,' \
	    <<<"$output")" -eq 2 ]
	[[ $output == *"listening on net:lan, network lan, interface lan, snap length"* ]]
	[[ $output == *"listening on if:tap2, interface tap2, snap length"* ]]
	[ "$(grep -c '10.99.0.2.9: UDP' <<<"$output")" -eq 4 ]
	[[ $output == *"client/out has no host interface"*$'\nstatus 5\n'* ]]
	[[ $output == *"in doubt: registry says tap1"*$'\nstatus 5' ]]
}
