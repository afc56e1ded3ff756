#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# net.bats - qlab-net where nothing runs

setup()
{
	load ../expect
	PATH=$QLAB_BUILD:$PATH
	cd "$BATS_TEST_TMPDIR" || return
	export QLAB_STATE=$BATS_TEST_TMPDIR/state
	export XDG_STATE_HOME=$BATS_TEST_TMPDIR/log
}

real_networks()
{
	case $QLAB_BUILD in
	*/stub) skip 'no networks without the system parts' ;;
	esac
}

lab_file()
{
	cat >lab.yaml <<-'EOT'
	lab: still
	networks:
	  wan: {mode: shared, subnet: 172.16.0.0/12}
	  lan: {mode: host, subnet: 192.168.2.0/24, dhcp: off}
	  qemu: {mode: user}
	EOT
}

# dead LAB PID: what a lab that was killed leaves
dead()
{
	mkdir -p "$QLAB_STATE/$1/vm"
	chmod 700 "$QLAB_STATE"
	: >"$QLAB_STATE/$1/lock"
	echo '{"networks": []}' >"$QLAB_STATE/$1/lab.json"
	echo "{\"pid\": $2, \"start\": 1}" >"$QLAB_STATE/$1/holder.json"
	echo "{\"qemu\": {\"pid\": $2, \"start\": 1}}" \
	    >"$QLAB_STATE/$1/vm/vm.json"
	: >"$QLAB_STATE/$1/vm/qmp.sock"
}

@test 'help and version' {
	run qlab-net -h
	expect 0 'usage: qlab-net [-n] [-f FILE] '
	local option
	for option in -f -H -j -n -q --require-backend --host-net; do
		expect 0 "  $option"
	done
	run qlab-net -V
	expect 0 'qlab-net 0.'
}

@test 'no command, an unknown one, unknown options' {
	run qlab-net
	expect 2 'no command: up, down, ls, exec or gc'
	run qlab-net start
	expect 2 "unknown command 'start'"
	run qlab-net ls -z
	expect 2 "unknown option '-z'"
	run qlab-net -f
	expect 2 "option '-f' needs an argument"
	[ ! -e "$QLAB_STATE" ]
}

@test 'up -n says what would be made and makes nothing' {
	real_networks
	lab_file
	run qlab-net -n up
	expect 0 "bridge 'wan' with 172.16.0.1/12"
	expect 0 "DHCP and DNS on 'wan', 172.16.0.2 to 172.31.255.254"
	expect 0 'masquerade 172.16.0.0/12'
	expect 0 "bridge 'lan' in the lab's own network namespace"
	expect 0 "nothing leaves 'lan'"
	[[ $output != *qemu* ]]
	run qlab-net up -n lan
	expect 0 "bridge 'lan'"
	[[ $output != *wan* ]]
	run qlab-net -nf lab.yaml up net:wan
	expect 0 "bridge 'wan'"
	[ ! -e "$QLAB_STATE" ] && [ ! -e "$XDG_STATE_HOME" ]
}

@test 'up: what is wrong' {
	run qlab-net up
	expect 2 "no lab file './lab.yaml' here: name one with -f"
	run qlab-net -f none.yaml up
	expect 3 "cannot open lab file 'none.yaml'"
	lab_file
	run qlab-net up wan nal
	expect 3 "no network 'nal' in 'lab.yaml' ("
	run qlab-net up wn
	expect 3 "no network 'wn' in 'lab.yaml' (near: wan)"
	echo 'vmz: {}' >wrong.yaml
	run qlab-net -f wrong.yaml up
	expect 2 "wrong.yaml:1: error: unknown key 'vmz'"
	real_networks
	sed -i 's,192.168.2.0/24,172.16.5.0/24,' lab.yaml
	run qlab-net up
	expect 2 'lab.yaml:4: error: '
	run qlab-net -n up lan
	expect 2 overlap
	[ ! -e "$QLAB_STATE" ]
}

@test 'options that a command does not have' {
	lab_file
	run qlab-net -j up
	expect 2 "'up' takes no -j"
	run qlab-net ls --host-net
	expect 2 "'ls' takes no --host-net"
	run qlab-net down --require-backend bridge
	expect 2 "'down' takes no --require-backend"
	run qlab-net -q exec wan true
	expect 2 "'exec' takes no -q"
	run qlab-net gc -f lab.yaml
	expect 2 "'gc' takes no -f"
	run qlab-net ls -jq
	expect 2 '-j and -q exclude each other'
	[ ! -e "$QLAB_STATE" ]
}

@test 'ls: nothing' {
	run qlab-net ls
	[ "$status" -eq 0 ]
	[[ $output =~ ^LAB\ +NETWORK\ +MODE\ +SUBNET\ +GATEWAY\ +DHCP\ +VMS$ ]]
	run qlab-net -H ls
	[ "$status" -eq 0 ] && [ -z "$output" ]
	run qlab-net ls -q
	[ "$status" -eq 0 ] && [ -z "$output" ]
	run qlab-net -j ls
	[ "$status" -eq 0 ]
	[ "$(tr -d ' \n' <<<"$output")" = '{"schema":1,"networks":[]}' ]
	run qlab-net ls still:
	expect 3 "no lab 'still' is running"
	run qlab-net ls a b
	expect 2 'one lab at a time'
	run qlab-net ls a:b
	expect 2 "'a:b' is no lab: write LAB:"
	[ ! -e "$QLAB_STATE" ]
}

@test 'down: what is down is fine, and nothing is made for it' {
	lab_file
	run qlab-net -n down
	expect 0 "lab 'still': no networks are up"
	run qlab-net -n down other:
	expect 0 "lab 'other': no networks are up"
	[ ! -e "$QLAB_STATE" ]
	run qlab-net down
	[ "$status" -eq 0 ]
	[ "$output" = 'qlab-net: still: no networks are up' ]
	run qlab-net down other:
	[ "$status" -eq 0 ]
	[ "$output" = 'qlab-net: other: no networks are up' ]
	[ -z "$(ls "$QLAB_STATE")" ]
	run qlab-net down a: b:
	expect 2 'one lab at a time'
	run qlab-net down ../x:
	expect 2 "'../x:' is no lab"
	rm lab.yaml
	run qlab-net down
	expect 2 "no lab file './lab.yaml' here"
}

@test 'exec: its own failures' {
	run qlab-net exec
	expect 2 'exec: no network or lab named'
	run qlab-net exec lan true
	expect 125 "no such network 'net:lan'"
	run qlab-net exec 'a b' true
	expect 125 'names nothing'
	dead still 1
	run qlab-net exec still true
	[ "$status" -eq 125 ]
	rm -rf "$QLAB_STATE"
	ln -s /tmp "$QLAB_STATE"
	run qlab-net exec lan true
	expect 125 'is not a private directory of ours'
}

@test 'gc removes what the dead left, and only that' {
	run qlab-net gc
	[ "$status" -eq 0 ] && [ -z "$output" ]
	run qlab-net gc now
	expect 2 'gc takes no operands'
	dead one 1
	dead two 4194399
	mkdir -p "$XDG_STATE_HOME/qlab/one"
	echo said >"$XDG_STATE_HOME/qlab/one/vm.console.log"
	run qlab-net -n gc
	expect 0 $'would remove VM one:vm\nwould remove lab one\n'
	expect 0 $'would remove lab two'
	[ -e "$QLAB_STATE/one/vm/vm.json" ] && [ -e "$QLAB_STATE/two/lock" ]
	run qlab-net gc
	expect 0 $'removed VM one:vm\nremoved lab one\n'
	expect 0 $'removed VM two:vm\nremoved lab two'
	[ -z "$(ls "$QLAB_STATE")" ]
	[ "$(cat "$XDG_STATE_HOME/qlab/one/vm.console.log")" = said ]
	run qlab-net gc
	[ "$status" -eq 0 ] && [ -z "$output" ]
}

@test 'gc waits for nobody that does not hold a lock, and survives junk' {
	mkdir -m 700 "$QLAB_STATE"
	: >"$QLAB_STATE/a-file"
	mkdir "$QLAB_STATE/not a name" "$QLAB_STATE/empty"
	mkfifo "$QLAB_STATE/empty/lab.json"
	run timeout 5 qlab-net gc
	expect 0 'removed lab empty'
	[ -e "$QLAB_STATE/a-file" ] && [ -e "$QLAB_STATE/not a name" ]
	[ ! -e "$QLAB_STATE/empty" ]
}

@test 'a locked lab: told, not waited for without end' {
	dead one 1
	exec 9>"$QLAB_STATE/one/lock"
	flock 9
	run timeout 20 qlab-net gc
	expect 0 "lab 'one' is locked by another qlab command for over 10 s"
	exec 9>&-
}
