#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# many.bats - twenty VMs on one network: start, map, stop

setup()
{
	load helpers
	lab_setup
}

teardown()
{
	lab_teardown
}

@test 'twenty at once' {
	{
		echo 'lab: many'
		echo 'networks: {lan: {mode: host, subnet: 10.94.0.0/16}}'
		echo 'vms:'
		for i in {1..20}; do
			echo "  vm$i: {nics: [lan], memory: 16M, accel: tcg," \
			    "kernel: $GUEST/vmlinuz}"
		done
	} >lab.yaml
	qlab-run -d --freeze
	[ "$(qlab-ctl ls -H | grep -c prelaunch)" -eq 20 ]
	[ "$(qlab-net ls -j | grep -c '^ *"vm[0-9]*",\?$')" -eq 20 ]
	[[ $(qlab-net ls -H) == *' vm1,vm10,'*',...' ]]
	# Each has a tap of its own on the one bridge.
	qlab-ifmap -H -o IF,BRIDGE many: | tr -s ' ' | sort -u >map
	[ "$(grep -c '^tap[0-9]* lan$' map)" -eq 20 ]
	[ "$(qlab-ifmap -H -o MAC many: | sort -u | wc -l)" -eq 20 ]
	[ "$(qlab-net exec lan ip -o link show master lan | wc -l)" -eq 20 ]
	[ "$(qlab-net exec lan ip -o link show type tun | wc -l)" -eq 20 ]
	# One of them more or less.
	qlab-ctl kill vm7
	[ "$(qlab-net exec lan ip -o link show type tun | wc -l)" -eq 19 ]
	qlab-run -d --freeze vm7
	[ "$(qlab-ctl ls -q | wc -l)" -eq 20 ]
	qlab-ctl stop many:
	until_true 5 test ! -e "$QLAB_STATE/many"
	run pgrep -f "$QLAB_STATE/many"
	[ "$status" -eq 1 ]
}
