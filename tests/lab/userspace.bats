#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# userspace.bats - labs without namespaces and taps, with real VMs

setup()
{
	bats_require_minimum_version 1.5.0
	load helpers
	lab_setup
	cat >lab.yaml <<-EOT
	lab: us
	networks:
	  wan: {mode: shared}
	  lan: {mode: host, subnet: 10.99.3.0/24, dhcp: off}
	vms:
	$(guest_vm one 'lan, wan')
	$(guest_vm two lan)
	$(guest_vm three lan)
	EOT
}

teardown()
{
	# A test that failed may have left the VMs in any state.
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		rm -f "$BATS_FILE_TMPDIR/shared"
	elif [ "$(cat "$BATS_FILE_TMPDIR/shared" 2>/dev/null)" = "$LAB_DIR" ]; then
		return
	fi
	lab_teardown
}

teardown_file()
{
	[ -e "$BATS_FILE_TMPDIR/shared" ] || return 0
	load helpers
	lab_setup
	rmdir "$LAB_DIR"
	go_to "$(cat "$BATS_FILE_TMPDIR/shared")"
	lab_teardown
}

# go_to DIRECTORY: of another test, whose lab runs
go_to()
{
	LAB_DIR=$1
	export QLAB_STATE=$LAB_DIR/state
	export XDG_STATE_HOME=$LAB_DIR/log
	cd "$LAB_DIR" || return
}

# three_vms: all of the lab runs and is ready.  To boot takes long: the first
# test starts it, the others find it as that one left it.
three_vms()
{
	if [ -e "$BATS_FILE_TMPDIR/shared" ]; then
		rm -r "$LAB_DIR"
		go_to "$(cat "$BATS_FILE_TMPDIR/shared")"
		[ "$(qlab-ctl ls -q us: | wc -l)" = 3 ]
		return
	fi
	run --separate-stderr qlab-run --wait=120 --require-backend userspace
	[ "$status" = 0 ]
	[[ $stderr == *"network 'wan': VMs on it do not see each other"* ]]
	echo "$LAB_DIR" >"$BATS_FILE_TMPDIR/shared"
	address one 1
	address two 2
	address three 3
}

# address VM N: its NIC on lan gets 10.99.3.N
address()
{
	on_guest "$1" "ip addr add 10.99.3.$2/24 dev eth0; ip link set eth0 up"
}

# counter VM/NIC COLUMN
counter()
{
	qlab-ifmap -H -o "$2" "$1"
}

@test 'three VMs: broadcast, unicast, the map, a capture' {
	three_vms
	run qlab-ifmap -o vm/nic,if,bridge,backend us:
	[ "${lines[1]}" = 'one/lan    -   -       userspace' ]
	[ "${lines[4]}" = 'two/lan    -   -       userspace' ]
	[ "$(qlab-ifmap -j us: | tr -d ' \n' | grep -o '"backend":"[a-z]*"')" = \
	    '"backend":"userspace"' ]
	run qlab-net exec lan true
	expect 125 'no network namespace'
	run qlab-ctl wait --source=lease,arp one ip
	expect 2 'no address to be known'

	qlab-cap --via=switch -w one.pcap one/lan icmp 2>cap.err &
	qlab-cap -w net.pcap net:lan arp or icmp 2>cap2.err &
	until_true 10 grep -q listening cap.err
	until_true 10 grep -q listening cap2.err
	on_guest two 'ping -c 2 -W 5 10.99.3.1'
	on_guest three 'ping -c 2 -W 5 10.99.3.1'
	# The switch has heard who they are.
	[ "$(qlab-ctl wait two/lan ip)" = 10.99.3.2 ]
	[ "$(qlab-ifmap -H -o IP three/lan)" = 10.99.3.3 ]
	# The guests' kernel answers no broadcast pings: it must only arrive.
	on_guest three 'ping -c 1 -W 1 10.99.3.255 || true' >/dev/null
	kill -INT %1 %2
	wait %1 %2
	run tcpdump -nr one.pcap
	expect 0 '10.99.3.3 > 10.99.3.1: ICMP echo request'
	[[ $output == *'10.99.3.1 > 10.99.3.2: ICMP echo reply'* ]]
	[[ $output == *'10.99.3.3 > 10.99.3.255: ICMP echo request'* ]]
	# Each frame once, though two of the network's NICs had it.
	[ "$(tcpdump -nr net.pcap 'icmp[0] == 8 and dst 10.99.3.1' 2>/dev/null |
	    wc -l)" = 4 ]

	[ "$(counter two/lan drops)" = 0 ]
	[ "$(counter two/lan rx)" -gt 200 ]
}

@test 'a VM that never reads does not hold the others up' {
	three_vms
	# QEMU itself stops: its socket fills, then the queue before it.
	pid=$(qlab-ifmap -H -o pid three/lan)
	mac=$(qlab-ifmap -H -o mac three/lan)
	kill -STOP "$pid"
	on_guest one "arp -s 10.99.3.3 $mac; for i in \$(seq 60); do
	    ping -c 1 -W 1 -s 60000 10.99.3.3 >/dev/null & done; wait"
	[ "$(counter three/lan drops)" -gt 0 ]
	on_guest one 'ping -c 2 -W 5 10.99.3.2'
	[ "$(counter two/lan drops)" = 0 ]
	kill -CONT "$pid"
	until_true 20 on_guest three 'ping -c 1 -W 5 10.99.3.1'
}

@test 'shared: out through QEMU, and its DHCP' {
	three_vms
	on_guest one 'ip link set eth1 up; udhcpc -n -q -i eth1 -s /bin/true'
}

@test 'an address that moves is followed; the end' {
	three_vms
	on_guest two 'ping -c 1 -W 5 10.99.3.1'
	# three takes over one's card and address, as a standby router would.
	on_guest one 'ip link set eth0 down'
	mac=$(qlab-ifmap -H -o mac one/lan)
	on_guest three "ip addr flush dev eth0; ip link set eth0 address $mac; \
	    ip addr add 10.99.3.1/24 dev eth0; ip link set eth0 up"
	on_guest three 'ping -c 1 -W 5 10.99.3.2'
	qlab-cap -w one.pcap one/lan icmp 2>cap.err &
	until_true 10 grep -q listening cap.err
	on_guest two 'ping -c 3 -W 5 10.99.3.1'
	kill -INT %1
	wait %1
	grep -q '^qlab-cap: 0 packets captured' cap.err

	qlab-ctl kill us:
	until_true 10 eval '! qlab-ctl ls us:'
	until_true 10 test ! -e "$QLAB_STATE/us"
}

@test 'ls: no DHCP and no gateway where nobody can serve it' {
	sed -i 's/, dhcp: off//' lab.yaml
	qlab-net --require-backend userspace up
	run qlab-net ls -H
	[[ ${lines[0]} =~ ^us\ +wan\ +shared\ +10.77.0.0/24\ +10.77.0.1\ +on\ +-$ ]]
	[[ ${lines[1]} =~ ^us\ +lan\ +host\ +10.99.3.0/24\ +-\ +off\ +-$ ]]
	run qlab-net ls -j
	[[ ${output//[[:space:]]/} == *'"lan",'*'"backend":"userspace",'*'"dhcp":false'* ]]
	[[ $output != *'"line'* ]]
	qlab-net down
}

@test 'it is fallen back to where nothing else is to be had, and said' {
	[ "$(id -u)" = 0 ] || skip 'needs root, to take its rights away'
	cat >inside <<-'EOT'
	set -e
	qlab-run -n | grep -q "^# switch 'lan'"
	qlab-run -d --freeze 2>err || { cat err; exit 1; }
	grep "^qlab-run: backend userspace instead of bridge: .*not allowed" err
	# What it says of others' QEMUs is not for this test.
	qlab-ifmap -H -o backend one/lan 2>err || { cat err; exit 1; }
	set +e
	qlab-run -d --freeze --require-backend bridge
	echo status $?
	qlab-ctl kill us:
	while [ -e "$QLAB_STATE/us" ]; do sleep 0.02; done
	qlab-run -d --freeze --require-backend bridge
	echo status $?
	[ ! -e "$QLAB_STATE/us" ] && echo nothing left
	EOT
	# A container without privileges, as far as we are concerned.
	run "$BATS_TEST_DIRNAME/../../scripts/as-container" bash inside 2>&1
	echo "$output" >&2
	[[ ${lines[0]} == *'namespaces (containers: --privileged)'* ]]
	[ "${lines[1]}" = userspace ]
	[ "${lines[2]}" = "qlab-run: lab 'us' runs on backend userspace, not\
 bridge (stop it first)" ]
	[ "${lines[3]}" = 'status 4' ]
	[[ ${lines[4]} == *'cannot make a network namespace'* ]]
	[ "${lines[5]}" = 'status 4' ]
	[ "${lines[6]}" = 'nothing left' ]
}

@test 'a network key chooses it; two keys must agree' {
	sed -i 's/mode: host,/&  backend: userspace,/' lab.yaml
	run qlab-run -n
	expect 0 'socket,id=lan,fd=3'
	run qlab-run -n --require-backend bridge
	expect 4 'asks for backend userspace'
	sed -i 's/mode: shared/&, backend: bridge/' lab.yaml
	run qlab-run -n
	expect 2 'all networks of a lab are on one'
	run qlab-run -n --require-backend tap
	expect 2 "'tap' is not bridge or userspace"
}
