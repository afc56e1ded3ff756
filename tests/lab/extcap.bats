#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# extcap.bats - Wireshark captures through qlab-cap

load helpers

setup() {
	command -v tshark >/dev/null || skip 'no tshark here'
	lab_setup
	export HOME=$LAB_DIR
	unset XDG_CONFIG_HOME
	qlab-cap --extcap-install
}

teardown() {
	[ -z "${sender:-}" ] || kill "$sender" || true
	lab_teardown
}

@test "extcap: tshark lists a NIC and its network, and captures" {
	{
		echo 'lab: shark'
		echo 'networks:'
		echo '  sea: {mode: host, subnet: 10.66.5.0/24, dhcp: on}'
		echo 'vms:'
		guest_vm fish sea
	} >lab.yaml
	qlab-run -d --freeze
	run tshark -D
	echo "$output"
	[[ $output == *'qlab:fish/sea (qlab fish/sea of lab shark)'* ]]
	[[ $output == *'qlab:net:sea (qlab net:sea of lab shark)'* ]]
	qlab-net exec sea bash -c "while perl \
	    '$BATS_TEST_DIRNAME/../cli/send.pl' sea 1 100; do
		sleep 0.2
	done" >/dev/null 2>&1 3>&- &
	sender=$!
	timeout 30 tshark -i qlab:fish/sea -f 'udp port 9' -c 3 -w got
	run tshark -r got -Tfields -e frame.interface_name -e udp.dstport
	[ "$(grep -c 'fish/sea	9' <<<"$output")" = 3 ]
	# A bad filter: what it says is shown, and tshark ends by itself.
	run timeout 30 tshark -i qlab:fish/sea -f 'arp arp' -c 1
	[[ $output == *"bad filter 'arp arp'"* ]]
	[ "$status" -ne 124 ]
}
