#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# cap.bats - qlab-ifmap and qlab-cap on real VMs: a router and its client

load helpers

setup()
{
	lab_setup
	cat >lab.yaml <<-EOT
	lab: seen
	networks:
	  wan: {mode: host, subnet: 10.77.1.0/24, dhcp: on}
	  lan: {mode: host, subnet: 10.77.2.0/24, dhcp: off}
	vms:
	$(guest_vm one wan qlab.role=client)
	$(guest_vm two wan,lan qlab.role=client)
	EOT
	sed -i 's/\[wan,lan\]/[wan, lan, {mode: user}]/' lab.yaml
}

teardown()
{
	lab_teardown
}

@test 'the map of running VMs, with their leases; and what they send' {
	local ip tap pid n vm point

	qlab-run -d --wait=60
	for vm in one two/wan; do
		until_true 30 eval "qlab-ifmap -H -o IP $vm | grep -q '^10.77.1'"
	done
	qlab-ifmap -v
	run qlab-ifmap -H -o VM/NIC,BRIDGE,MODE seen:
	echo "$output"
	[ "$(tr -s ' ' <<<"$output" | head -n 3)" = "\
one/wan wan host
two/wan wan host
two/lan lan host" ]
	[ "${#lines[@]}" -eq 4 ]

	tap=$(qlab-ifmap -q one)
	[[ $tap == tap* ]]
	[ "$(qlab-ifmap -q "$tap")" = one/wan ]
	run qlab-ifmap -q "$(qlab-ifmap -H -o VM/NIC two | tail -n 1)"
	[ "$status" -eq 1 ]
	[[ $output == *"has no host interface (mode user)"* ]]

	# The guest's own pings, as seen on its cable and on the bridge.
	ip=$(qlab-ifmap -H -o IP two/wan)
	mkfifo said
	for point in one net:wan; do
		qlab-cap -c 4 -w out.pcap "$point" icmp 2>said &
		pid=$!
		exec 7<said
		read -r -t 20 <&7
		on_guest one "ping -c 2 $ip"
		wait $pid
		exec 7<&-
		n=$(tcpdump -nr out.pcap 2>/dev/null |
		    grep -c "$ip: ICMP echo request")
		[ "$n" -eq 2 ]
		rm out.pcap
	done

	# Ends with the VM, complete.
	qlab-cap -w last.pcap one 2>said &
	pid=$!
	exec 7<said
	read -r -t 20 <&7
	qlab-ctl kill one
	run cat <&7
	[[ $output == *"one/wan: the interface is gone"* ]]
	wait $pid
	tcpdump -nr last.pcap >/dev/null 2>&1
	run qlab-ifmap one
	[ "$status" -eq 3 ]
}
