#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# hostnet.bats - --host-net: networks in the host's own
#
# Needs root, but touches nothing real: each test's host is a network namespace
# that the test makes.

bats_require_minimum_version 1.5.0

setup()
{
	load helpers
	[ "$(id -u)" = 0 ] || skip 'needs root'
	lab_setup
	command -v nft >/dev/null || skip 'no nft'
	pids=()
	mkfifo life
	unshare -n sh -c 'ip link set lo up; echo $$ >host.pid; read -r _' \
	    <life 3>&- &
	exec 7>life
	until_true 10 test -s host.pid
	unshare -n true || skip 'cannot make a network namespace'
}

teardown()
{
	if [ -s "${LAB_DIR:-}/host.pid" ]; then
		as_host qlab-ctl kill hn: >/dev/null 2>&1 || true
		SUDO_UID=64124 as_host env -u QLAB_STATE qlab-ctl kill hn: \
		    >/dev/null 2>&1 || true
		rmdir /tmp/qlab-64124 2>/dev/null || true
		[ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null || true
	fi
	exec 7>&-
	lab_teardown
}

# as_host COMMAND...: on the test's host
as_host()
{
	nsenter --net="/proc/$(cat "$LAB_DIR/host.pid")/ns/net" "$@"
}

# A program on the test's host that runs until the test's end, its pid in server.
serve_on_host()
{
	nsenter --net="/proc/$(cat "$LAB_DIR/host.pid")/ns/net" "$@" \
	    >server.out 2>&1 </dev/null 3>&- 7>&- &
	server=$!
	pids+=("$server")
}

# lab_file NAME NETWORKS
lab_file()
{
	printf 'lab: %s\nnetworks: {%s}\n' "$1" "$2" >lab.yaml
}

# All that labs could have changed on the host
host_state()
{
	# Whether cables are plugged is none of a lab's doing.
	as_host ip -o link show | awk '{
		printf "%s%s", $2, $3 ~ /[<,]UP[,>]/ ? " up" : ""
		for (i = 4; i < NF; i++)
			if ($i == "master" || $i == "alias")
				printf " %s %s", $i, $(i + 1)
		print ""
	}'
	as_host ip -o addr show | grep -v 'inet6 fe80'
	as_host nft list ruleset
	as_host cat /proc/sys/net/ipv4/ip_forward
}

holder_pid()
{
	sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' "$QLAB_STATE/$1/holder.json"
}

kill_holder()
{
	local pid
	pid=$(holder_pid "$1")
	kill -9 "$pid"
	until_true 5 eval "! [ -e /proc/$pid ]"
}

@test 'up and down leave the host as it was' {
	lab_file hn 'wan: {mode: shared, subnet: 10.99.1.0/24},
	    lan: {mode: host, subnet: 10.99.2.0/24, dhcp: off}'
	host_state >before
	as_host qlab-net --host-net up
	as_host ip -d link show wan | grep -q 'alias qlab:hn/wan'
	as_host ip addr show wan | grep -q 'inet 10.99.1.1/24'
	run as_host ip addr show lan
	[[ $output != *inet* ]]
	[ "$(as_host cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
	as_host nft list table inet qlab-hn | grep -q masquerade
	as_host qlab-net down
	host_state >after
	diff before after
	[ ! -e "$QLAB_STATE/hn" ]
}

@test 'DHCP, DNS beside a server of the host on its own bridge' {
	as_host ip link add br0 type bridge
	as_host ip addr add 10.98.0.1/24 dev br0
	as_host ip link set br0 up
	serve_on_host dnsmasq -k --conf-file=/dev/null --user= --group= \
	    --pid-file= --bind-dynamic --interface=br0 \
	    --dhcp-range=10.98.0.5,10.98.0.9
	until_true 5 eval "as_host ss -lnu | grep -q '10.98.0.1:53 '"
	lab_file hn 'wan: {mode: shared, subnet: 10.99.1.0/24}'
	as_host qlab-net --host-net up
	until_true 5 eval "as_host ss -lnu | grep -q '10.99.1.1:53 '"
	# The host's other addresses are none of ours.
	[ "$(as_host ss -Hlnup 'sport = :53' | grep -c "pid=$server,")" = \
	    "$(as_host ss -Hlnup 'sport = :53' | grep -vc '10.99.1.1:53 ')" ]
	as_host qlab-net down
}

@test 'a server of the host in the way is named, and nothing is made' {
	lab_file hn 'wan: {mode: shared, subnet: 10.99.1.0/24}'
	host_state >before
	serve_on_host "$GUEST/busybox" nc -l -p 53
	until_true 5 eval "as_host ss -lnt | grep -q ':53 '"
	run as_host qlab-net --host-net up
	expect 5 "network 'wan': port 53 of 10.99.1.1 is taken"
	kill "$server"
	host_state >after
	diff before after
}

@test 'names: an interface, a table of the host is not touched' {
	lab_file hn 'lan: {mode: host, subnet: 10.99.2.0/24},
	    two: {mode: host, subnet: 10.99.3.0/24}'
	as_host ip link add two type bridge
	host_state >before
	run as_host qlab-net --host-net up
	expect 5 "this host has an interface 'two' already"
	host_state >after
	diff before after
	as_host ip link del two
	as_host nft add table inet qlab-hn
	host_state >before
	run as_host qlab-net --host-net up
	expect 5 "an nft table 'inet qlab-hn' that is not qlab's"
	as_host qlab-net gc
	host_state >after
	diff before after
}

@test 'names: another lab has that network, or that name' {
	lab_file one 'lan: {mode: host, subnet: 10.99.2.0/24}'
	as_host qlab-net --host-net up
	host_state >before
	lab_file two 'lan: {mode: host, subnet: 10.99.3.0/24}'
	run as_host qlab-net --host-net up
	expect 5 "an interface 'lan' already, of lab one"
	lab_file one 'lan: {mode: host, subnet: 10.99.4.0/24}'
	run env QLAB_STATE="$LAB_DIR/other" nsenter \
	    --net="/proc/$(cat host.pid)/ns/net" qlab-net --host-net up
	expect 5 "a lab 'one' is up in this host's own network already"
	# What lives by another state directory is not garbage.
	run env QLAB_STATE="$LAB_DIR/other" nsenter \
	    --net="/proc/$(cat host.pid)/ns/net" qlab-net gc
	expect 0 ''
	[ -z "$output" ]
	host_state >after
	diff before after
	as_host qlab-net down one:
}

@test 'gc removes what a killed holder left, and nothing else' {
	as_host ip link add keep type bridge
	as_host ip link set keep alias 'qlab, not'
	as_host nft add table inet qlab
	host_state >before
	lab_file hn 'wan: {mode: shared, subnet: 10.99.1.0/24},
	    lan: {mode: host, subnet: 10.99.2.0/24}'
	as_host qlab-net --host-net up
	kill_holder hn
	run as_host qlab-net -n gc
	expect 0 "would remove bridge 'wan' of lab hn"
	as_host ip link show wan
	run as_host qlab-net gc
	expect 0 "removed bridge 'wan' of lab hn"
	expect 0 "removed bridge 'lan' of lab hn"
	expect 0 "removed nft table 'inet qlab-hn' of lab hn"
	host_state >after
	diff before after
	run as_host qlab-net gc
	expect 0 ''
	[ -z "$output" ]
}

@test 'gc finds a dead lab by its marks alone' {
	host_state >before
	lab_file hn 'wan: {mode: shared, subnet: 10.99.1.0/24}'
	as_host qlab-net --host-net up
	kill_holder hn
	rm -r "$QLAB_STATE/hn"
	run as_host qlab-net gc
	expect 0 "removed bridge 'wan' of lab hn"
	host_state >after
	diff before after
	[ ! -e "$QLAB_STATE/hn" ]
}

@test 'a bridge that its holder had no time to mark' {
	lab_file hn 'wan: {mode: shared, subnet: 10.99.1.0/24}'
	as_host qlab-net --host-net up
	kill_holder hn
	as_host ip link set wan alias ''
	run as_host qlab-net gc
	expect 0 "removed bridge 'wan' of lab hn"
	run ! as_host ip link show wan
}

@test 'the next start removes the leftovers of the last' {
	lab_file hn 'wan: {mode: shared, subnet: 10.99.1.0/24},
	    old: {mode: host, subnet: 10.99.2.0/24}'
	host_state >before
	as_host qlab-net --host-net up
	kill_holder hn
	lab_file hn 'wan: {mode: shared, subnet: 10.99.1.0/24}'
	as_host qlab-net --host-net up
	run ! as_host ip link show old
	as_host qlab-net down
	host_state >after
	diff before after
}

@test 'forwarding goes back with the last lab that needed it' {
	lab_file one 'a: {mode: shared, subnet: 10.99.1.0/24}'
	as_host qlab-net --host-net up
	lab_file two 'b: {mode: shared, subnet: 10.99.2.0/24}'
	as_host qlab-net --host-net up
	kill_holder one
	as_host qlab-net gc
	[ "$(as_host cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
	as_host qlab-net down two:
	[ "$(as_host cat /proc/sys/net/ipv4/ip_forward)" = 0 ]
	as_host sysctl -qw net.ipv4.ip_forward=1
	as_host qlab-net --host-net up
	as_host qlab-net down two:
	[ "$(as_host cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
}

@test 'a subnet where the host sends packets itself is an error' {
	as_host ip link add br0 type bridge
	as_host ip addr add 10.99.1.1/24 dev br0
	as_host ip link set br0 up
	lab_file hn 'wan: {mode: shared, subnet: 10.99.0.0/16}'
	run as_host qlab-net --host-net up
	expect 2 "lab.yaml:2: error: subnet 10.99.0.0/16 of network 'wan' overlaps this host's route '10.99.1.0/24'"
}

@test 'a lab stays where it is' {
	lab_file hn 'lan: {mode: host, subnet: 10.99.2.0/24}'
	as_host qlab-net up
	run as_host qlab-net --host-net up
	expect 5 "lab 'hn' runs in a network namespace of its own"
	as_host qlab-net down
	as_host qlab-net --host-net up
	as_host qlab-net up
	as_host ip link show lan
	run as_host qlab-net exec lan readlink /proc/self/ns/net
	[ "$output" = "$(as_host readlink /proc/self/ns/net)" ]
	as_host qlab-net down
}

@test 'as an ordinary user: 4, and what would help' {
	local user=nobody
	lab_file hn 'lan: {mode: host, subnet: 10.99.2.0/24}'
	chmod 755 "$LAB_DIR"
	mkdir home
	chown "$user" home
	chmod 700 home
	chmod 644 lab.yaml
	# The checkout may lie where others cannot go.
	cp "$QLAB_BUILD/qlab-net" .
	run as_host setpriv --reuid="$user" --regid=65534 --clear-groups env \
	    QLAB_STATE="$LAB_DIR/home/s" XDG_STATE_HOME="$LAB_DIR/home/l" \
	    ./qlab-net --host-net up
	expect 4 '(--host-net) need root: sudo'
	run ! as_host ip link show lan
}

@test 'started by sudo: listed by its user, in the hands of root' {
	local as=(setpriv --reuid=64124 --regid=64124 --clear-groups env
	    HOME="$LAB_DIR/home" XDG_STATE_HOME=)
	[ ! -e /tmp/qlab-64124 ] || skip 'there is a /tmp/qlab-64124'
	lab_file hn 'lan: {mode: host, subnet: 10.99.2.0/24}'
	printf '%s\n' vms: "$(guest_vm one lan)" >>lab.yaml
	# The checkout may lie where others cannot go.
	cp "$QLAB_BUILD"/qlab-{ctl,ifmap} .
	chmod 755 . qlab-*
	unset QLAB_STATE
	SUDO_UID=64124 as_host qlab-run --host-net -d --freeze
	[ "$(stat -c %u /tmp/qlab-64124 /tmp/qlab-64124/hn/lab.json)" = \
	    $'64124\n64124' ]
	run as_host "${as[@]}" ./qlab-ctl ls
	expect 0 denied
	run --separate-stderr as_host "${as[@]}" ./qlab-ifmap -H -o vm/nic,if hn:
	echo "$output" >&2
	[ "$(tr -s ' ' <<<"$output")" = 'one/lan tap0' ]
	run as_host "${as[@]}" ./qlab-ctl kill one
	expect 4 'started by sudo'
	SUDO_UID=64124 as_host qlab-ctl kill one
	until_true 10 [ ! -e /tmp/qlab-64124/hn ]
	rmdir /tmp/qlab-64124
}

@test 'bridged: an interface without addresses, and back down with it' {
	as_host ip link add eth1 type veth peer name far
	as_host ip link set far up
	host_state >before
	lab_file hn 'air: {mode: bridged, uplink: eth1}'
	run as_host qlab-net up
	expect 2 "needs the host's own network: --host-net"
	as_host qlab-net --host-net up
	as_host ip -d link show eth1 | grep -q 'master air'
	as_host qlab-net down
	host_state >after
	diff before after
	as_host qlab-net --host-net up
	kill_holder hn
	run as_host qlab-net gc
	expect 0 "removed uplink 'eth1' of lab hn"
	host_state >after
	diff before after
}

@test 'bridged: a bridge of the host is only joined' {
	as_host ip link add br0 type bridge
	as_host ip addr add 192.0.2.1/24 dev br0
	as_host ip link add eth1 type veth peer name far
	as_host ip link set eth1 address fe:00:00:00:00:01
	as_host ip link set eth1 master br0
	as_host ip link set br0 up
	mac=$(as_host ip -br link show br0 | awk '{ print $3 }')
	[ "$mac" = fe:00:00:00:00:01 ]
	host_state >before
	lab_file hn 'air: {mode: bridged, uplink: br0}'
	cat >>lab.yaml <<-EOT
	vms:
	$(guest_vm one air)
	EOT
	as_host qlab-run --host-net -d --freeze
	as_host ip link show master br0 | grep -q tap
	# Its address stays, or the host's neighbours would lose it.
	[ "$(as_host ip -br link show br0 | awk '{ print $3 }')" = "$mac" ]
	run ! as_host ip link show air
	as_host qlab-ifmap >map
	grep -E '^one/air +tap[0-9]+ +br0 +bridged' map
	as_host qlab-ctl kill hn:
	until_true 5 eval "[ ! -e '$QLAB_STATE/hn' ]"
	host_state >after
	diff before after
}

@test 'bridged: what cannot be an uplink is refused, and said why' {
	as_host ip link add eth1 type veth peer name far
	as_host ip addr add 192.0.2.5/24 dev eth1
	lab_file hn 'air: {mode: bridged, uplink: eth1}'
	run as_host qlab-net --host-net up
	expect 5 "uplink 'eth1' carries this host's own 192.0.2.5/24"
	as_host ip addr flush dev eth1
	as_host ip link add br0 type bridge
	as_host ip link set eth1 master br0
	run as_host qlab-net --host-net up
	expect 5 "uplink 'eth1' is a port of 'br0' already: make that the uplink"
	# Its holder leaves a moment after it was told no.
	until_true 5 eval "[ ! -e '$QLAB_STATE/hn' ]"
	lab_file hn 'air: {mode: bridged, uplink: eth9}'
	run as_host qlab-net --host-net up
	expect 3 "this host has no interface 'eth9'"
	run ! as_host ip link show air
}

@test 'bridged: a VM gets an address from beyond the uplink' {
	as_host ip link add eth1 type veth peer name far
	as_host ip addr add 10.98.0.1/24 dev far
	as_host ip link set far up
	serve_on_host dnsmasq -k --conf-file=/dev/null --user= --group= \
	    --pid-file= --port=0 --bind-dynamic --interface=far --no-ping \
	    --dhcp-leasefile="$LAB_DIR/leases" \
	    --dhcp-range=10.98.0.5,10.98.0.9
	lab_file hn 'air: {mode: bridged, uplink: eth1, transparent: on}'
	cat >>lab.yaml <<-EOT
	vms:
	$(guest_vm one air qlab.role=client)
	EOT
	as_host qlab-run --host-net -d --wait=90
	until_true 20 grep -q 'eth0 has 10.98.0.[5-9]/24' \
	    "$(console_log hn one)"
	as_host qlab-ctl kill hn:
}

@test 'a killed runner and holder with VMs: nothing is left after gc' {
	host_state >before
	lab_file hn 'wan: {mode: shared, subnet: 10.99.1.0/24}'
	cat >>lab.yaml <<-EOT
	vms:
	$(guest_vm one wan)
	EOT
	as_host qlab-run --host-net -d --freeze
	as_host qlab-ifmap | grep -E '^one/wan +tap[0-9]+ +wan'
	runner=$(sed -n '/"runner"/,/}/s/.*"pid": *\([0-9]*\).*/\1/p' \
	    "$QLAB_STATE/hn/one/vm.json")
	kill -9 "$runner" "$(holder_pid hn)"
	until_true 5 eval "! as_host ip -o link | grep -q tap"
	as_host qlab-net gc
	host_state >after
	diff before after
}
