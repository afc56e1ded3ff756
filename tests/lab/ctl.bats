#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# ctl.bats - qlab-ctl with real VMs

setup()
{
	load helpers
	lab_setup
	cat >lab.yaml <<-EOT
	lab: ctl
	networks:
	  lan: {mode: host, subnet: 10.99.7.0/24, dhcp: on}
	  own: {mode: host, subnet: 10.99.8.0/24, dhcp: off}
	vms:
	$(guest_vm one lan qlab.role=client)
	$(guest_vm two own)
	EOT
}

teardown()
{
	lab_teardown
}

# typed FILE KEYS...: qlab-ctl console one on a terminal, with what is typed
# given as printf(1) formats; each but the first is typed once the console has
# said something new.  What the terminal shows goes to FILE.
typed()
{
	local out=$1 size keys
	shift
	mkfifo keys
	script -qfec 'stty -a >before; qlab-ctl console one; echo status $?
	    stty -a >after' "$out" <keys >/dev/null 2>&1 &
	exec 9>keys
	until_true 10 grep -q 'Ctrl-] leaves' "$out"
	for keys; do
		size=$(stat -c %s "$out")
		# shellcheck disable=SC2059	# it is meant as a format
		printf "$keys" >&9
		until_true 10 eval "[ \$(stat -c %s '$out') -gt $size ]"
	done
	exec 9>&-
	wait $!
	rm keys
}

@test 'ls shows what runs and how' {
	qlab-run -d --freeze
	run qlab-ctl ls
	expect 0 'LAB  VM   STATE'
	[[ ${lines[1]} =~ ^ctl\ +one\ +prelaunch\ +[0-9]+\ +[0-9]+s\ +lan$ ]]
	run qlab-ctl ls -q ctl:
	[ "$output" = $'ctl:one\nctl:two' ]
	run qlab-ctl qmp two cont
	expect 0 '{"return": {}}'
	run qlab-ctl ls -H
	[ ${#lines[@]} -eq 2 ]
	[[ ${lines[1]} =~ ^ctl\ +two\ +running ]]
	run qlab-ctl -j ls
	[[ $output == *'"schema": 1'*'"nics"'*'"lan"'* ]]
	[[ $output =~ \"started\":\ \"20[0-9-]+T[0-9:]+\.[0-9]{6}[+-] ]]
	qlab-ctl kill two
	run qlab-ctl ls -q
	[ "$output" = ctl:one ]
	run qlab-ctl ls -aH
	[[ ${lines[1]} =~ ^ctl\ +two\ +stopped ]]
	run qlab-ctl stop two
	expect 0 'two: not running'
	# Two that never started go at once, together.
	run qlab-ctl -n stop ctl:
	[ "$output" = 'one: press the power button, wait 30 s, then quit' ]
	run timeout 10 qlab-ctl stop ctl:
	[ "$status" -eq 0 ] && [ -z "$output" ]
}

@test 'wait for login, address and port; power off' {
	qlab-run -d
	run qlab-ctl wait --source=lease two ip
	expect 2 'no address to be known'
	run qlab-ctl wait --source=registry one ip
	expect 2 'the registry holds none'
	run qlab-ctl wait --source=rumour one ip
	expect 2 "no source 'rumour'"
	run qlab-ctl --source=lease stop one
	expect 2 'takes no --source'
	run qlab-ctl wait one nothing
	expect 2 "cannot wait for 'nothing'"
	run qlab-ctl wait one tcp:70000
	expect 2 "cannot wait for 'tcp:70000'"
	run qlab-ctl wait two tcp:80
	expect 2 'two: the host has no address on its networks'
	run qlab-ctl wait two/own tcp:80
	expect 2 'two: the host has no address on own'
	run qlab-ctl wait ctl: login
	expect 2 "'ctl:' is not one VM"
	run qlab-ctl wait one login ready ip tcp:80
	expect 0 10.99.7.
	# All of it stays true, at once.
	run qlab-ctl --timeout=0 wait one login
	[ "$status" -eq 0 ]
	# Where nobody serves addresses, what is heard must do.
	run qlab-ctl wait --timeout=0 two ip
	expect 124 'no address is known'
	qlab-ctl wait two login
	on_guest two 'ip addr add 10.99.8.7/24 dev eth0; ip link set eth0 up;
	    ping -c 1 -W 1 10.99.8.1 || true'
	[ "$(qlab-ctl wait --source=wire two ip)" = 10.99.8.7 ]
	[ "$(qlab-ifmap -H -o VM/NIC,IP two)" = 'two/own  10.99.8.7' ]
	qlab-ifmap -v two | grep -E 'ip +10.99.8.7 +wire +medium'
	# A guest that takes another MAC is known by that one from then on.
	on_guest two 'ip link set eth0 address 02:00:00:00:00:0c;
	    ping -c 1 -W 1 10.99.8.1 || true'
	qlab-ifmap -v two 2>err | grep -E 'mac +02:00:00:00:00:0c +rx-filter +h'
	grep 'two/own: mac: registry says' err
	[ "$(qlab-ifmap -H -o IP,MAC two 2>/dev/null)" = \
	    '10.99.8.7  02:00:00:00:00:0c?' ]
	run qlab-ctl wait --timeout=1 ctl:one/lan ip
	expect 0 10.99.7.
	run qlab-ctl wait --timeout=1 --source=lease one ip
	expect 0 10.99.7.
	run qlab-ctl wait one "tcp:$output:80"
	[ "$status" -eq 0 ]
	run qlab-ctl wait --timeout=0.3 one tcp:81
	expect 124 'nothing accepts TCP port 81'
	# The power button, not the hammer.
	run timeout 25 qlab-ctl stop one
	[ "$status" -eq 0 ] && [ -z "$output" ]
	grep -q 'power button' "$(console_log ctl one)"
	run qlab-ctl wait one login
	expect 3 'no such VM'
}

@test 'a VM that ends while waited for is told at once' {
	qlab-run -d one
	qlab-ctl wait one login
	qlab-ctl --timeout=50 wait one tcp:81 >said 2>&1 &
	# At it, once the child that knocks is there.
	until_true 10 pgrep -P $!
	qlab-ctl kill one
	SECONDS=0
	status=0
	wait $! || status=$?
	[ "$status" -eq 5 ]
	[ "$SECONDS" -lt 5 ]
	grep -q 'one has ended; ' said
}

@test 'a guest that ignores the power button is switched off' {
	qlab-run -d one
	qlab-ctl wait one login
	qlab-ctl qmp one stop
	run timeout 20 qlab-ctl --timeout=1 stop one
	expect 0 'one: did not power off, was switched off'
}

@test 'a QEMU that hangs is killed' {
	qlab-run -d --freeze one
	kill -STOP "$(qlab-ctl ls -H | awk '{print $4}')"
	run qlab-ctl ls -H
	expect 0 hangs
	run timeout 30 qlab-ctl kill one
	expect 0 'one: QEMU did not answer and was killed'
	run qlab-ctl ls -q
	[ -z "$output" ]
}

@test 'qmp: requests and replies' {
	qlab-run -d --freeze one
	run qlab-ctl qmp one '{"execute": "query-status", "id": [1, 2.50]}'
	expect 0 '"status": "prelaunch"'
	expect 0 '"id": [1, 2.50]}'
	run qlab-ctl qmp one no-such-command
	expect 5 'one: CommandNotFound: '
	run qlab-ctl qmp one '{"execute": '
	expect 2 'it ends too early'
	run qlab-ctl qmp one '{"execute": "x"} {}'
	expect 2 'more than one QMP request'
	run qlab-ctl qmp one query-name query-status
	expect 2 'one request at a time'
	printf '%s\n' '{"execute":"query-name",' '"id":1}{"execute":"bad"}' \
	    '{"execute":"query-status","id":3}' >requests
	run bash -c 'qlab-ctl qmp one <requests 2>/dev/null'
	[ "$status" -eq 5 ]
	[ ${#lines[@]} -eq 3 ]
	[[ ${lines[0]} == *'"id": 1}' ]]
	[[ ${lines[1]} == *CommandNotFound* ]]
	[[ ${lines[2]} == *'"id": 3}' ]]
	run bash -c 'echo "{\"execute\":\"query-name\"" | qlab-ctl qmp one -'
	expect 2 'ends in the middle of a request'
	kill -STOP "$(qlab-ctl ls -H | awk '{print $4}')"
	run qlab-ctl --timeout=0.2 qmp one query-status
	expect 124 'one: no answer from QEMU'
	kill -CONT "$(qlab-ctl ls -H | awk '{print $4}')"
}

@test 'qmp -F: events until the end' {
	qlab-run -d --freeze one
	qlab-ctl qmp -F one query-name >events 2>said &
	until_true 10 grep -q return events
	qlab-ctl qmp one cont
	until_true 10 grep -q '"event":"RESUME"' events
	qlab-ctl kill one
	wait $!
	grep -q '"event":"SHUTDOWN"' events
	[ ! -s said ]
	# Nobody listens any more: it ends by itself.
	qlab-run -d --freeze one
	run timeout 10 bash -c 'qlab-ctl qmp -F one query-name | head -n 1'
	expect 0 return
}

@test 'console: pipes' {
	qlab-run -d one
	qlab-ctl wait one login
	# Reading goes on until nobody wants it any more.
	run timeout 20 bash -c 'qlab-ctl console one </dev/null |
	    grep -aom1 "one: .*"'
	expect 0 'one: '
	run bash -c 'printf "\1cinfo name\n" | qlab-ctl console one |
	    tr -d "\r"'
	expect 0 '(qemu)'
	run bash -c 'printf "\1c" | qlab-ctl --timeout=0 console one'
	[ "$status" -eq 0 ]
	# Two readers, to the end.
	qlab-ctl console one </dev/null >a 2>said &
	one=$!
	qlab-ctl console one </dev/null >b 2>/dev/null &
	two=$!
	until_true 10 eval '[ -s a ] && [ -s b ]'
	qlab-ctl stop one
	wait $one $two
	grep -aq 'power button' a
	grep -aq 'power button' b
	grep -q 'one has ended' said
	run qlab-ctl console one two
	[ "$status" -ne 0 ]
}

@test 'console: a terminal is raw inside and as before outside' {
	command -v script >/dev/null || skip 'no script(1) for a terminal'
	qlab-run -d one
	qlab-ctl wait one login
	typed shown '\1c' 'info name\r' '\1c' '\35'
	grep -aq '(qemu)' shown
	grep -aq 'status 0' shown
	diff before after
	# Ended by a signal, it restores the terminal, too.
	rm shown
	mkfifo keys
	script -qfec 'stty -a >before
	    sh -c "echo \$\$ >pid; exec qlab-ctl console one"; echo status $?
	    stty -a >after' shown <keys >/dev/null 2>&1 &
	exec 9>keys
	until_true 20 grep -aq login: shown
	kill -TERM "$(cat pid)"
	exec 9>&-
	wait $!
	grep -aq 'status 143' shown
	diff before after
}

@test 'a holder that does not answer is named' {
	echo 'networks: {lan: {mode: host, subnet: 10.99.7.0/24, dhcp: off}}
vms: {vm: {nics: [lan]}}' >lab.yaml
	qlab-net --require-backend=userspace up
	holder=$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$QLAB_STATE/lab/holder.json")
	kill -STOP "$holder"
	run timeout 40 qlab-net --require-backend=userspace up
	kill -CONT "$holder"
	echo "status $status, output: $output"
	[ "$status" -eq 124 ]
	[[ $output == *"the lab's holder, process $holder, does not answer"* ]]
	# It lost nothing but the time.
	qlab-net --require-backend=userspace up
	qlab-net down
	[ -z "$(ls "$QLAB_STATE")" ]
}
