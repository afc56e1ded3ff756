#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# ctl.bats - qlab-ctl where nothing runs

setup()
{
	load ../expect
	ctl=$QLAB_BUILD/qlab-ctl
	cd "$BATS_TEST_TMPDIR" || return
	export QLAB_STATE=$BATS_TEST_TMPDIR/state
}

lab_file()
{
	cat >lab.yaml <<-'EOT'
	lab: still
	networks:
	  lan: {mode: host}
	vms:
	  one: {nics: [lan]}
	  two: {nics: [lan]}
	EOT
}

@test 'no command, an unknown one' {
	run "$ctl"
	expect 2 'no command: ls, stop, kill, wait, console or qmp'
	run "$ctl" start
	expect 2 "unknown command 'start'"
}

@test 'help and version' {
	run "$ctl" -h
	expect 0 'wait NAME login|ready|ip|tcp:[ADDR:]PORT...'
	run "$ctl" -V
	expect 0 'qlab-ctl 0.'
}

@test 'options that a command does not have' {
	run "$ctl" ls -n
	expect 2 "'ls' takes no -n"
	run "$ctl" kill --timeout=3 x
	expect 2 "'kill' takes no --timeout"
	run "$ctl" -F wait x login
	expect 2 "'wait' takes no -F"
	run "$ctl" stop -j x
	expect 2 "'stop' takes no -j"
	run "$ctl" ls -jq
	expect 2 '-j and -q exclude each other'
	run "$ctl" ls -z
	expect 2 "unknown option '-z'"
	run "$ctl" stop --timeout=soon x
	expect 2 "--timeout takes seconds, not 'soon'"
}

@test 'operands that are missing or too many' {
	for command in stop kill wait console qmp; do
		run "$ctl" "$command"
		expect 2 'no VM named'
	done
	run "$ctl" ls a: b:
	expect 2 'one lab at a time'
	run "$ctl" ls vm
	expect 2 "'vm' is no lab: write LAB:"
}

@test 'nothing runs' {
	run "$ctl" ls
	expect 0 'LAB  VM  STATE  PID  UP  NICS'
	run "$ctl" ls -H
	[ "$status" -eq 0 ] && [ -z "$output" ]
	run "$ctl" ls -q
	[ "$status" -eq 0 ] && [ -z "$output" ]
	run "$ctl" ls -j
	[ "$(echo "$output" | tr -d ' \n')" = '{"schema":1,"vms":[]}' ]
	run "$ctl" ls lab:
	expect 3 "no such lab 'lab:'"
}

@test 'names that name nothing' {
	for command in stop kill 'wait' console qmp; do
		run "$ctl" "$command" router login
		expect 3 "no such VM 'router'"
	done
	run "$ctl" stop lab:
	expect 3 "no such lab 'lab:'"
	run "$ctl" stop 'bad name'
	expect 2 "'bad name' names nothing"
}

@test 'a VM of the lab file here that does not run is stopped' {
	lab_file
	run "$ctl" stop one still:two still:
	expect 0 'one: not running'
	expect 0 'still:two: not running'
	expect 0 'still: not running'
	run "$ctl" kill one
	expect 0 'one: not running'
	run "$ctl" stop three
	expect 3 "no such VM 'three'"
	run "$ctl" stop other:one
	expect 3 "no such VM 'other:one'"
}

@test 'ls -a lists the lab file here' {
	lab_file
	run "$ctl" ls -a
	expect 0 'still  one  stopped  -    -   -'
	run "$ctl" ls -aq still:
	[ "$output" = $'still:one\nstill:two' ]
	run "$ctl" ls -aj
	[[ $output == *'"state": "stopped"'* ]]
	run "$ctl" ls -a other:
	expect 3 "no such lab 'other:'"
}
