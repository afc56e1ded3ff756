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
	kill ${nic:-} ${lab:-} 2>/dev/null || true
	lab_teardown
}

@test 'the map of running VMs, with their leases; and what they send' {
	local ip tap pid n vm point

	qlab-run -d --wait=60
	for vm in one two/wan; do
		until_true 30 eval "qlab-ifmap -H -o IP $vm | grep -q '^10.77.1'"
	done
	qlab-ifmap -v seen:
	run qlab-ifmap -H -o VM/NIC,BRIDGE,MODE seen:
	echo "$output"
	[ "$(tr -s ' ' <<<"$output" | head -n 3)" = "\
one/wan wan host
two/wan wan host
two/lan lan host" ]
	[ "${#lines[@]}" -eq 4 ]

	tap=$(qlab-ifmap -q one)
	[[ $tap == tap* ]]
	[ "$(qlab-ifmap -q "seen:if:$tap")" = one/wan ]
	run qlab-ifmap -q "seen:$(qlab-ifmap -H -o VM/NIC two | tail -n 1)"
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
	run qlab-ifmap seen:one
	[ "$status" -eq 3 ]
}

# packets FILE: how many each NIC has in a pcapng
packets()
{
	tshark -r "$1" -Tfields -e frame.interface_name 2>/dev/null | sort |
	    uniq -c | xargs
}

# said FILE COUNT WORDS: it has, of both NICs of VM one, that often
said()
{
	[ "$(grep -c "$3 one/sea\|one/sea: $3" "$1")" -eq "$2" ] &&
	    [ "$(grep -c "$3 one/user\|one/user: $3" "$1")" -eq "$2" ]
}

# frames COUNT: the lab's network sends, to every VM
frames()
{
	qlab-net exec sea perl "$BATS_TEST_DIRNAME/../cli/send.pl" sea "$1" 100
}

@test 'a VM that restarts is captured again, by its name and by its lab' {
	command -v tshark >/dev/null || skip 'no tshark here'
	cat >lab.yaml <<-EOT
	lab: hot
	networks:
	  sea: {mode: host, subnet: 10.77.4.0/24, dhcp: on}
	vms:
	$(guest_vm one sea)
	$(guest_vm two sea)
	EOT
	sed -i '0,/\[sea\]/s//[sea, {mode: user}]/' lab.yaml
	# Nothing runs yet: this one waits.
	qlab-cap -F one -w nic.pcapng udp port 9 2>nic.err 3>&- &
	nic=$!
	until_true 10 grep -q 'listening on nothing yet' nic.err
	qlab-run -d --freeze
	qlab-cap hot: -w lab.pcapng udp port 9 2>lab.err 3>&- &
	lab=$!
	until_true 10 grep -q 'listening on 3 capture points' lab.err
	until_true 10 said nic.err 1 'listening on'

	frames 3
	for n in 1 2; do
		qlab-ctl kill one
		until_true 10 said lab.err "$n" '.* gone'
		until_true 10 said nic.err "$n" '.* gone'
		frames 2
		qlab-run -d --freeze one
		# At first the lab's NICs were said in one line.
		until_true 10 said lab.err "$n" 'listening on'
		until_true 10 said nic.err $((n + 1)) 'listening on'
		frames 4
	done
	# What has gone is let go of: two have the one ring that is QEMU's now.
	rings=$(for pid in $(pgrep -P "$nic"); do
		cat "/proc/$pid/maps"
	done | grep -c memfd)
	echo "rings: $rings"
	[ "$rings" = 2 ]
	# A network goes with its lab, though we listen there.
	timeout 20 qlab-cap net:sea -w net.pcap 2>net.err 3>&- &
	net=$!
	until_true 10 grep -q 'listening on' net.err
	kill -INT "$nic" "$lab"
	qlab-ctl kill hot:
	wait "$net"
	grep -q 'net:sea: the interface is gone' net.err
	wait "$nic"
	wait "$lab"
	cat lab.err nic.err
	run grep cannot lab.err nic.err
	[ "$status" -eq 1 ]
	[ "$(packets nic.pcapng)" = '11 one/sea' ]
	[ "$(packets lab.pcapng)" = '11 one/sea 15 two/sea' ]
}
