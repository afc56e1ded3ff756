#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# logq.bats - qlab-logq: the story of a real lab

bats_require_minimum_version 1.5.0

setup()
{
	load helpers
	lab_setup
	export TZ=UTC0
}

teardown()
{
	[ -z "${pid:-}" ] || kill "$pid" 2>/dev/null || true
	lab_teardown
}

# saw LINE-PATTERN...: each is a line of the last run, in this order
saw()
{
	local at=0 pattern
	for pattern; do
		while [[ ! ${lines[at]} =~ $pattern ]]; do
			at=$((at + 1))
			[ $at -lt ${#lines[@]} ] || {
				echo "not seen: $pattern in: $output" >&2
				return 1
			}
		done
		at=$((at + 1))
	done
}

# The whole story, told while it runs and when all is gone.
@test 'networks up, VMs plugged, leases given, a VM killed, teardown' {
	{
		cat <<-EOT
		lab: story
		networks:
		  wan: {mode: shared, subnet: 10.97.1.0/24}
		  lan: {mode: host, subnet: 10.97.2.0/24}
		vms:
		EOT
		guest_vm a wan qlab.role=client
		printf '  b: {nics: [lan], memory: 32M, accel: tcg, kernel: %s}\n' \
		    "$GUEST/vmlinuz"
	} >lab.yaml
	qlab-logq -F >followed 3>&- &
	pid=$!
	qlab-run -d a
	qlab-run -d --freeze b
	until_true 30 eval 'qlab-logq --preset dhcp | grep -q DHCPACK'
	run -0 --separate-stderr qlab-logq --net wan
	[[ $output == *'qlab: network wan is up: shared, 10.97.1.0/24'* ]]
	[[ $output == *'DHCPACK(wan) 10.97.1.'* ]] && [[ $output != *lan* ]]
	[ -z "$stderr" ]
	kill -9 "$(qlab-ctl ls | awk '$2 == "b" { print $4 }')"
	until_true 10 eval 'qlab-logq b | grep -q killed'
	qlab-ctl kill story:
	until_true 10 eval '[ ! -e "$QLAB_STATE/story" ]'
	run -0 --separate-stderr qlab-logq --timeline
	[ -z "$stderr" ]
	saw '^story:$' \
	    ' vm-started  +a  QEMU is process [0-9]+$' \
	    ' vm-started  +b  QEMU is process [0-9]+$' \
	    ' vm-ended  +b  QEMU was killed by signal 9$' \
	    ' vm-ended  +a  QEMU ended with status 0, host-qmp-quit$' \
	    ' note  .*networks are down$' \
	    '^story:net:lan$' ' network-created .*10.97.2.0/24$' \
	    ' interface-attached  b  tap[0-9]+  [0-9a-f:]{17}$' \
	    ' interface-detached  b  tap' ' network-removed ' \
	    '^story:net:wan$' ' network-created .*10.97.1.0/24$' \
	    ' interface-attached  a  tap[0-9]+  [0-9a-f:]{17}$' \
	    ' lease-given  +a  10.97.1.[0-9]+  [0-9a-f:]{17}$' \
	    ' interface-detached  a  tap' ' network-removed '
	# Whoever followed saw all of it, too.
	until_true 5 grep -q 'networks are down' followed
	kill "$pid"
	wait "$pid"
	grep -q 'qlab: b: QEMU was killed by signal 9' followed
	grep -q 'DHCPACK(wan)' followed
	run -0 qlab-logq --summary
	[[ $output =~ lease-given\ +1 ]] && [[ $output =~ vm-ended\ +2 ]]
}

@test 'killed, all of it: the next command finds out, and tells' {
	cat >lab.yaml <<-EOT
	lab: dead
	networks: {lan: {mode: host}}
	vms:
	  a: {nics: [lan], memory: 32M, accel: tcg, kernel: $GUEST/vmlinuz}
	EOT
	qlab-run -d --freeze
	local runner holder
	runner=$(qlab-ctl -j ls | tr -d ' \n' |
	    sed 's/.*"runner":\([0-9]*\).*/\1/')
	holder=$(tr -dc '0-9,' <"$QLAB_STATE/dead/holder.json" | cut -d, -f1)
	# The holder first: it would see qlab-run go, and leave properly.
	kill -9 "$holder" "$runner"
	until_true 10 eval 'qlab-logq dead: | grep -q "holder was found dead"'
	run -0 qlab-logq --timeline dead:
	saw ' vm-ended +a  was found dead, and so was its qlab-run$' \
	    " network-removed .*the lab's holder was found dead"
	run -0 qlab-logq --summary
	[[ $output == *'qlab-run was killed, and the VM went with it'* ]]
}

@test 'the kernel tells of taps, and to whom they belong' {
	[ "$(id -u)" -eq 0 ] || skip 'needs root, for /dev/kmsg'
	[ ! -e /run/systemd/system ] || skip 'this kernel log goes to a journal'
	head -c 8192 /dev/kmsg 2>/dev/null | head -n 1 | grep -q . ||
	    skip 'no /dev/kmsg to be read'
	cat >lab.yaml <<-EOT
	lab: kern
	networks: {lan: {mode: host}}
	vms:
	  a: {nics: [lan], memory: 32M, accel: tcg, kernel: $GUEST/vmlinuz}
	EOT
	qlab-run -d --freeze
	run -0 qlab-logq -j --preset kernel kern:a
	[[ $output == *'"source":"kernel"'*'"event":"interface-attached"'* ]]
	[[ $output == *'"lab":"kern","vm":"a","net":"lan","if":"tap0"'* ]]
}

@test 'an ordinary user is told why the kernel is left out' {
	[ "$(id -u)" -ne 0 ] || skip 'root may read it'
	[ ! -e /run/systemd/system ] || skip 'this kernel log goes to a journal'
	! head -c 8192 /dev/kmsg >/dev/null 2>&1 || skip 'all may read it'
	run -1 qlab-logq --preset kernel
	[[ $output == *'kernel messages are left out: cannot '*"'/dev/kmsg'"* ]]
}
