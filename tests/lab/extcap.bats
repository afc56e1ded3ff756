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
	kill ${sender:-} ${shark:-} 2>/dev/null || true
	lab_teardown
}

# reader_of TSHARK: the pipe that its dumpcap reads; qlab-cap runs by then
reader_of()
{
	pgrep -P "$1" -af dumpcap | grep -o '/tmp/wireshark_extcap_[^ ]*'
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
	# A bad filter: what it says is shown, when tshark is told to end.
	tshark -i qlab:fish/sea -f 'arp arp' -c 1 >said 2>&1 3>&- &
	shark=$!
	until_true 20 reader_of $shark
	until_true 20 eval "! pgrep -f 'qlab-cap .*$(reader_of $shark)'"
	kill $shark
	wait $shark || true
	cat said
	grep "bad filter 'arp arp'" said
}
