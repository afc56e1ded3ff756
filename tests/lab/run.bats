#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# run.bats - qlab-run with real VMs: start, join, end, die

setup()
{
	load helpers
	lab_setup
	cat >lab.yaml <<-EOT
	lab: run
	networks:
	  lan: {mode: host, subnet: 10.98.1.0/24}
	  own: {mode: host, subnet: 10.98.2.0/24, dhcp: off}
	vms:
	  a: {nics: [lan], memory: 32M, accel: tcg, kernel: $GUEST/vmlinuz}
	  b: {nics: [lan, own], memory: 32M, accel: tcg, kernel: $GUEST/vmlinuz}
	EOT
}

teardown()
{
	lab_teardown
}

# pid_of FILE WHOSE: a process id out of a file of the registry
pid_of()
{
	tr -d ' \n' <"$QLAB_STATE/run/$1" |
	    sed -n "s/.*$2\"pid\":\([0-9]*\).*/\1/p"
}

# In which network namespace does the lab live?
lab_namespace()
{
	readlink "/proc/$(pid_of holder.json '{')/ns/net"
}

# nobody_in NAMESPACE: is no process left in it?
nobody_in()
{
	! find /proc -maxdepth 3 -path '/proc/[0-9]*/ns/net' -lname "$1" \
	    2>/dev/null | grep -q .
}

# gone [NAMESPACE]: no state, no process that was told of it, no namespace
gone()
{
	[ ! -e "$QLAB_STATE/run" ] &&
	    ! pgrep -f "$QLAB_STATE/run" >/dev/null &&
	    { [ $# = 0 ] || nobody_in "$1"; }
}

@test 'one after the other in one lab; what runs is left alone' {
	run qlab-run -d --freeze a
	[ "$status" -eq 0 ] && [ -z "$output" ]
	holder=$(pid_of holder.json '{')
	run qlab-run -d --freeze a
	expect 0 'a: running already'
	run qlab-run -d --freeze
	expect 0 'a: running already'
	[ "$(qlab-ctl ls -q)" = $'run:a\nrun:b' ]
	# The same networks, kept by the same process.
	[ "$(pid_of holder.json '{')" = "$holder" ]
	[ "$(pid_of a/vm.json 'runner":{')" != \
	    "$(pid_of b/vm.json 'runner":{')" ]
	namespace=$(lab_namespace)
	[ "$namespace" != "$(readlink /proc/self/ns/net)" ]
	# QEMU itself stays outside.
	[ "$(readlink "/proc/$(pid_of a/vm.json 'qemu":{')/ns/net")" = \
	    "$(readlink /proc/self/ns/net)" ]
	qlab-ctl kill a
	[ "$(qlab-ctl ls -q)" = run:b ]
	qlab-ctl kill b
	until_true 5 gone "$namespace"
}

@test 'two terminals, a VM in each' {
	qlab-run --freeze a </dev/null >out.a 2>&1 &
	one=$!
	qlab-run --freeze b </dev/null >out.b 2>&1 &
	two=$!
	until_true 10 test -e "$QLAB_STATE/run/a/vm.json"
	until_true 10 test -e "$QLAB_STATE/run/b/vm.json"
	run qlab-run --freeze a </dev/null
	expect 0 'a: running already'
	qlab-ctl kill a
	wait $one
	[ "$(qlab-ctl ls -q)" = run:b ]
	# A signal ends it, too.
	kill -INT $two
	wait $two
	until_true 5 gone
}

@test 'both in one terminal; SIGTERM ends them' {
	qlab-run --freeze </dev/null >out 2>&1 &
	until_true 10 grep -q 'b: running' out
	grep -q 'a: running (qlab-ctl console a)' out
	kill -TERM $!
	wait $!
	grep -q 'stopping; once more to stop at once' out
	until_true 5 gone
}

@test 'detached: holds no descriptor of whoever started it' {
	printf 'all: a b\na b:\n\t+qlab-run -d --freeze $@\n' >Makefile
	# make's own end waits for all that have its jobserver's pipe.
	run timeout 20 make -s -j3
	[ "$status" -eq 0 ]
	[ "$(qlab-ctl ls -q | sort)" = $'run:a\nrun:b' ]
	qlab-ctl kill run:
	run timeout 20 bash -c 'qlab-run -d --freeze a 9>&1 >/dev/null | cat'
	[ "$status" -eq 0 ]
	qlab-net up
	qlab-ctl kill run:
	run timeout 20 bash -c 'qlab-net down; qlab-net up 9>&1 | cat'
	[ "$status" -eq 0 ]
	qlab-net down
}

@test 'a lab file that changed: the running definition holds' {
	qlab-run -d --freeze a
	sed -i 's,10.98.2.0,10.98.3.0,' lab.yaml
	cat >>lab.yaml <<-EOT
	  new: {nics: [lan], memory: 32M, kernel: $GUEST/vmlinuz}
	EOT
	run qlab-run -d --freeze --memory 48M b
	expect 0 "'lab.yaml' has changed since lab 'run' was started"
	run qlab-net ls -H
	expect 0 10.98.2.0/24
	[[ $output != *10.98.3.0* ]]
	# Flags count all the same.
	grep -q '"48"' "$QLAB_STATE/run/b/vm.json"
	run qlab-run -d --freeze new
	expect 3 "no VM 'new'"
	expect 3 'has changed since'
	qlab-ctl kill run:
	until_true 5 gone
	run qlab-run -d --freeze b
	[ "$status" -eq 0 ] && [ -z "$output" ]
	run qlab-net ls -H
	expect 0 10.98.3.0/24
}

@test 'another file with the same lab name is refused' {
	qlab-run -d --freeze a
	mkdir other
	sed 's,10.98.2.0,10.98.3.0,' lab.yaml >other/lab.yaml
	run qlab-run -d --freeze -f other/lab.yaml b
	expect 5 "a lab 'run' of '$PWD/lab.yaml' is running"
	run qlab-run -d --freeze --lab run --kernel "$GUEST/vmlinuz" x
	expect 5 "a lab 'run' of '$PWD/lab.yaml' is running"
	# By a link it is the same.
	ln -s lab.yaml link.yaml
	run qlab-run -d --freeze -f link.yaml b
	[ "$status" -eq 0 ]
	[ "$(qlab-ctl ls -q)" = $'run:a\nrun:b' ]
}

@test 'labs of the command line' {
	vm="--freeze -d --memory 32M --accel tcg --kernel $GUEST/vmlinuz"
	# shellcheck disable=SC2086	# a list of words
	run qlab-run $vm --lab l1 --nic host one
	[ "$status" -eq 0 ]
	# shellcheck disable=SC2086
	run qlab-run $vm --lab l1 --nic host two
	[ "$status" -eq 0 ]
	[ "$(qlab-ctl ls -q l1:)" = $'l1:one\nl1:two' ]
	# shellcheck disable=SC2086
	run qlab-run $vm --lab l1 --nic shared three
	expect 5 "network 'shared' overlaps 10.77.0.0/24 of network 'host'"
	# shellcheck disable=SC2086
	run qlab-run $vm --lab l1 --nic host:10.98.9.0/24 three
	expect 5 "network 'host' of lab 'l1' is up with another definition"
	# shellcheck disable=SC2086
	run qlab-run $vm --lab l1 --nic user three
	[ "$status" -eq 0 ]
	# Without a network of qlab's, without a holder; nothing stays of it.
	# shellcheck disable=SC2086
	run qlab-run $vm --lab l2 --nic user alone
	[ "$status" -eq 0 ]
	[ ! -e "$QLAB_STATE/l2/holder.json" ]
	qlab-ctl kill l2:
	until_true 5 test ! -e "$QLAB_STATE/l2"
	qlab-ctl kill l1:
	until_true 5 test ! -e "$QLAB_STATE/l1"
}

@test 'a QEMU that does not start: its own words, nothing left' {
	run qlab-run --freeze a -- -no-such-option </dev/null
	expect 5 'a: QEMU ended with status 1'
	expect 5 '-no-such-option: invalid option'
	until_true 5 gone
	run qlab-run -d --freeze -- -no-such-option
	expect 5 '-no-such-option: invalid option'
	until_true 5 gone
	# A lab without networks.
	run qlab-run -d --freeze --lab l2 --kernel "$GUEST/vmlinuz" x -- -bad
	expect 5 '-bad: invalid option'
	until_true 5 test ! -e "$QLAB_STATE/l2"
	# The others of the same start end with it, those before do not.
	cat >>lab.yaml <<-EOT
	  c: {nics: [lan], memory: 32M, args: [-bad], kernel: $GUEST/vmlinuz}
	EOT
	qlab-run -d --freeze a
	run qlab-run -d --freeze b c
	expect 5 'c: QEMU ended with status 1'
	until_true 5 eval '[ "$(qlab-ctl ls -q)" = run:a ]'
	until_true 5 test ! -e "$QLAB_STATE/run/b"
}

@test 'no QEMU at all' {
	mkdir bin
	ln -s "$(command -v qemu-img)" bin
	PATH=$QLAB_BUILD:$PWD/bin run qlab-run -d --freeze --arch sparc64 \
	    --lab l2 --kernel "$GUEST/vmlinuz" x
	if command -v qemu-system-sparc64 >/dev/null; then
		skip 'there is a qemu-system-sparc64'
	fi
	[ "$status" -ne 0 ]
	[[ $output == *qemu-system-sparc64* ]]
	[ ! -e "$QLAB_STATE/l2" ]
}

@test 'kill -9 of qlab-run: its VMs go, the rest with the next command' {
	qlab-run -d --freeze
	namespace=$(lab_namespace)
	qemu=$(pid_of a/vm.json 'qemu":{')
	kill -9 "$(pid_of a/vm.json 'runner":{')"
	until_true 5 eval "! kill -0 $qemu 2>/dev/null"
	until_true 5 nobody_in "$namespace"
	run qlab-ctl ls -q
	[ -z "$output" ]
	qlab-net gc
	gone "$namespace"
	qlab-run -d --freeze
	[ "$(qlab-ctl ls -q)" = $'run:a\nrun:b' ]
}

@test 'kill -9 of the holder: the VMs are stopped, nothing is left' {
	qlab-run --freeze </dev/null >out 2>&1 &
	until_true 10 grep -q 'b: running' out
	namespace=$(lab_namespace)
	kill -9 "$(pid_of holder.json '{')"
	status=0
	wait $! || status=$?
	[ "$status" -eq 5 ]
	grep -q "the lab's holder ended unexpectedly" out
	until_true 5 nobody_in "$namespace"
	qlab-net gc
	gone "$namespace"
	run qlab-run -d --freeze a
	[ "$status" -eq 0 ] && [ -z "$output" ]
}

@test 'kill -9 of a QEMU: said, the other one runs on' {
	qlab-run --freeze </dev/null >out 2>&1 &
	until_true 10 grep -q 'b: running' out
	kill -9 "$(pid_of a/vm.json 'qemu":{')"
	until_true 5 grep -q 'a: QEMU was killed by signal 9' out
	[ "$(qlab-ctl ls -q)" = run:b ]
	kill -9 "$(pid_of b/vm.json 'qemu":{')"
	wait $! || true
	until_true 5 gone
	# Alone it is the result.
	qlab-run --freeze a </dev/null >out 2>&1 &
	until_true 10 test -e "$QLAB_STATE/run/a/vm.json"
	kill -9 "$(pid_of a/vm.json 'qemu":{')"
	status=0
	wait $! || status=$?
	[ "$status" -eq 5 ]
	until_true 5 gone
}

@test 'all of it killed at once: the next start finds its way' {
	qlab-run -d --freeze
	namespace=$(lab_namespace)
	kill -9 "$(pid_of a/vm.json 'runner":{')" \
	    "$(pid_of holder.json '{')" "$(pid_of b/vm.json 'qemu":{')"
	until_true 5 nobody_in "$namespace"
	run qlab-run -d --freeze b
	[ "$status" -eq 0 ] && [ -z "$output" ]
	[ "$(qlab-ctl ls -q)" = run:b ]
	[ ! -e "$QLAB_STATE/run/a" ]
}

@test '--wait: until all is ready, or 124 and it runs on' {
	cat >>lab.yaml <<-EOT
	$(guest_vm client lan qlab.role=client)
	EOT
	sed -i 's/ready: {console: "login:"}/ready: {console: "login:", lease: on, tcp: 80}/' lab.yaml
	run qlab-run --wait=0.2 client
	expect 124 client
	[ "$(qlab-ctl ls -q)" = run:client ]
	run qlab-run --wait=60 client
	expect 0 'client: running already'
	run qlab-ctl wait --timeout=0 client login ip
	[ "$status" -eq 0 ]
	run qlab-ctl wait --timeout=2 client tcp:80
	[ "$status" -eq 0 ]
	qlab-ctl kill client
	# It ends before it is ready.
	run qlab-run --wait=60 client -- -no-such-option
	expect 5 'invalid option'
}

@test 'disks: overlay made, written, thrown away, put back; link: down' {
	truncate -s 1M base.img
	cat >>lab.yaml <<-EOT
	$(guest_vm disk 'own, {net: lan, link: down}')
	    disks: [{file: over.qcow2, base: base.img}]
	EOT
	# first: the first bytes of the VM's disk
	first()
	{
		qemu-img dd -f qcow2 -O raw bs=512 count=1 if=over.qcow2 \
		    of=first 2>/dev/null && head -c 4 first
	}
	qlab-run --wait --snapshot disk
	[ -e over.qcow2 ]
	# Its shell takes a tab for a question.
	run on_guest disk 'ip link set eth1 up; cat /sys/class/net/eth*/carrier; printf lost | dd of=/dev/vda conv=sync,fsync 2>/dev/null'
	expect 0 $'1\n0'
	qlab-ctl kill disk
	until_true 5 gone
	[ "$(first | tr -d '\0')" = '' ]
	qlab-run --wait disk
	on_guest disk 'printf kept | dd of=/dev/vda conv=sync,fsync 2>/dev/null'
	run qlab-run --reset disk
	expect 5 "disk is running: 'qlab-ctl stop disk' first"
	# Plugging the cable in is a matter of QMP.
	qlab-ctl qmp disk '{"execute": "set_link",
	    "arguments": {"name": "lan", "up": true}}'
	until_true 10 eval "on_guest disk 'cat /sys/class/net/eth1/carrier; ip link set eth1 up' | grep -q 1"
	qlab-ctl kill disk
	until_true 5 gone
	[ "$(first)" = kept ]
	run qlab-run --reset disk
	expect 0 'disk: 1 overlay put back'
	[ "$(first | tr -d '\0')" = '' ]
	[ "$(tr -d '\0' <base.img | wc -c)" -eq 0 ]
}

# terminal COMMAND: run it on a terminal; what is written to fd 9 is typed
terminal()
{
	mkfifo keys
	script -qfec "stty -a >before; $1; echo status \$?; stty -a >after" \
	    shown <keys >/dev/null 2>&1 &
	exec 9>keys
}

@test 'a VM in the foreground: monitor, Ctrl-A X, the terminal as before' {
	command -v script >/dev/null || skip 'no script(1) for a terminal'
	cat >>lab.yaml <<-EOT
	$(guest_vm fore lan)
	EOT
	terminal 'qlab-run fore'
	until_true 10 grep -aq 'fore: Ctrl-A X quits' shown
	until_true 60 grep -aq 'login:' shown
	printf '\1c' >&9
	until_true 10 grep -aq '(qemu)' shown
	printf 'info name\r' >&9
	until_true 10 grep -aq '^fore' shown
	printf '\1croot\r' >&9
	until_true 20 grep -aq 'fore#' shown
	# Ctrl-C is the guest's, not ours.
	printf '\3\recho ok-$((6*7))\r' >&9
	until_true 10 grep -aq 'ok-42' shown
	# The log has it, too.
	grep -aq 'ok-42' "$(console_log run fore)"
	printf '\1x' >&9
	until_true 10 grep -aq 'status 0' shown
	exec 9>&-
	wait $!
	diff before after
	until_true 5 gone
}

@test 'a VM in the foreground: ended by a signal, power button first' {
	command -v script >/dev/null || skip 'no script(1) for a terminal'
	cat >>lab.yaml <<-EOT
	$(guest_vm fore lan)
	EOT
	terminal 'qlab-run fore'
	until_true 60 grep -aq 'login:' shown
	kill -TERM "$(pid_of fore/vm.json 'runner":{')"
	until_true 20 grep -aq 'status 0' shown
	exec 9>&-
	wait $!
	diff before after
	grep -aq 'power button' "$(console_log run fore)"
	until_true 5 gone
}

@test 'a VM in the foreground, without a terminal' {
	cat >>lab.yaml <<-EOT
	$(guest_vm fore lan)
	EOT
	mkfifo keys
	# The guest does not mind a log that takes nothing; we are told.
	log=$(console_log run fore)
	mkdir -p "${log%/*}"
	mknod "$log" c 1 7 2>/dev/null || true	# as /dev/full: root's to make
	qlab-run fore <keys >out 2>said &
	exec 9>keys
	until_true 60 grep -aq 'login:' out
	printf '\1x' >&9
	exec 9>&-
	wait $!
	grep -q 'fore: ended' said
	[ ! -c "$log" ] ||
	    grep -qE "^qlab-run: fore: [0-9]+ bytes are missing in '$log'" said
	rm "$log"
	# A reader that goes away does not take the VM along.
	qlab-run fore </dev/null 2>/dev/null | head -c 1 >/dev/null &
	until_true 10 eval '[ "$(qlab-ctl ls -q)" = run:fore ]'
	qlab-ctl wait fore login
	[ "$(qlab-ctl ls -q)" = run:fore ]
	qlab-ctl kill fore
	wait $!
}
