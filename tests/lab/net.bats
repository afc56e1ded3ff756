#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# net.bats - qlab-net with real networks

bats_require_minimum_version 1.5.0

setup()
{
	load helpers
	lab_setup
	cat >lab.yaml <<-EOT
	lab: nets
	networks:
	  wan: {mode: shared, subnet: 10.97.1.0/24}
	  lan: {mode: host, subnet: 10.97.2.0/24, mtu: 1400}
	  own: {mode: host, subnet: 10.97.3.0/24, dhcp: off}
	  qemu: {mode: user}
	vms:
	  a: {nics: [lan, own], memory: 32M, accel: tcg, kernel: $GUEST/vmlinuz}
	EOT
}

teardown()
{
	lab_teardown
}

holder()
{
	tr -dc '0-9,' <"$QLAB_STATE/nets/holder.json" | cut -d, -f1
}

gone()
{
	[ ! -e "$QLAB_STATE/nets" ] && ! pgrep -f "$QLAB_STATE/nets" >/dev/null
}

@test 'up, ls, down' {
	run qlab-net up
	[ "$status" -eq 0 ]
	run qlab-net ls
	[ "${lines[1]}" = 'nets  wan      shared  10.97.1.0/24  10.97.1.1  on    -' ]
	[[ ${lines[2]} =~ ^nets\ +lan\ +host\ +10.97.2.0/24\ +10.97.2.1\ +on\ +-$ ]]
	[[ ${lines[3]} =~ ^nets\ +own\ +host\ +10.97.3.0/24\ +-\ +off\ +-$ ]]
	run qlab-net ls -q nets:
	[ "$output" = $'wan\nlan\nown\nqemu' ]
	run qlab-net -j ls nets:
	[ "$status" -eq 0 ]
	[[ $output == *'"schema": 1'*'"name": "wan"'*'"lab": "nets"'* ]]
	# Again is fine, and so is a VM that comes and goes.
	run qlab-net up lan
	[ "$status" -eq 0 ] && [ -z "$output" ]
	qlab-run -d --freeze
	run qlab-net ls -H
	[[ ${lines[1]} =~ \ a$ ]] && [[ ${lines[0]} =~ \ -$ ]]
	[[ $(qlab-net -j ls) == *'"vms": ['*'"a"'* ]]
	run qlab-net down
	expect 5 "1 VM of lab 'nets' still runs: 'qlab-ctl stop nets:' first"
	run qlab-net -n down
	expect 5 "1 VM of lab 'nets' still runs"
	qlab-ctl kill a
	[ "$(qlab-net ls -q)" = $'wan\nlan\nown\nqemu' ]
	run qlab-net -n down
	expect 0 "lab 'nets': its networks would be removed"
	run qlab-net down
	[ "$status" -eq 0 ] && [ -z "$output" ]
	gone
	run qlab-net down nets:
	[ "$status" -eq 0 ]
}

@test 'up of one network; the others come with who needs them' {
	qlab-net up own
	run qlab-net exec own ip -o link show type bridge
	[ ${#lines[@]} -eq 1 ]
	qlab-net up net:lan
	run qlab-net exec own ip -o link show type bridge
	[ ${#lines[@]} -eq 2 ]
	# The file changes: what is up stays as it is.
	sed -i 's,10.97.3.0,10.97.4.0,' lab.yaml
	run qlab-net up own
	expect 0 'has changed since'
	[[ $(qlab-net ls -H) == *10.97.3.0/24* ]]
	qlab-net down
	gone
}

@test 'when one network cannot be made, none stays' {
	cat >lab.yaml <<-EOT
	lab: nets
	networks:
	  good: {mode: host, subnet: 10.97.2.0/24}
	  bad: {mode: host, subnet: 10.97.3.0/24}
	EOT
	# An interface of that name is there before it.
	qlab-net up good
	qlab-net exec good ip link add bad type bridge
	run qlab-net up
	[ "$status" -eq 5 ]
	[[ $output == *bad* ]]
	qlab-net exec good ip link del bad
	run qlab-net up bad
	[ "$status" -eq 0 ]
	qlab-net exec good nft list table inet qlab >rules
	grep -q '"bad"' rules
	grep -q 'iifname "bad" ip daddr != ' rules
}

@test 'addresses: none with dhcp off, the gateway otherwise; mtu' {
	qlab-run -d --freeze
	run qlab-net exec own ip -o -4 addr show
	[[ $output == *'lan    inet 10.97.2.1/24'* ]]
	[[ $output != *own* ]]
	run qlab-net exec nets ip -o -6 addr show
	[ -z "$output" ]
	run qlab-net exec lan ip -o link show
	[[ $output =~ \ lan:\ .*mtu\ 1400\  ]]
	[[ $output =~ \ own:\ .*mtu\ 1500\  ]]
	[[ $output =~ tap[0-9]+:\ .*mtu\ 1400\ .*master\ lan\  ]]
	[[ $output =~ tap[0-9]+:\ .*mtu\ 1500\ .*master\ own\  ]]
	# What is whose stands on the interfaces.
	[[ $output == *'alias qlab:nets/a/lan'* ]]
	[[ $output == *'alias qlab:nets/own'* ]]
}

@test 'exec: statuses, arguments, the shell' {
	qlab-net up lan
	run qlab-net exec lan true
	[ "$status" -eq 0 ]
	run qlab-net exec lan sh -c 'exit 41'
	[ "$status" -eq 41 ]
	run qlab-net exec nets: -- sh -c 'kill -9 $$'
	[ "$status" -eq 137 ]
	run qlab-net exec nets printf '<%s>' a 'b c' -n -- ''
	[ "$output" = '<a><b c><-n><--><>' ]
	# A directory in PATH that one may not enter would make it 126.
	PATH=$QLAB_BUILD:/usr/bin:/bin run -127 qlab-net exec net:lan \
	    no-such-command
	expect 127 "cannot run 'no-such-command': No such file"
	touch plain
	run qlab-net exec lan ./plain
	expect 126 "cannot run './plain': Permission denied"
	run qlab-net exec nal true
	expect 125 "no such network 'net:nal' is running (near: net:wan net:lan)"
	run bash -c 'echo "exit 17" | SHELL=/bin/sh qlab-net exec lan'
	[ "$status" -eq 17 ]
	run bash -c 'unset SHELL; echo "echo here; exit 18" |
	    qlab-net exec lan --'
	expect 18 here
	# All rights there, the caller's name and files.
	run qlab-net exec lan sh -c 'id -u; pwd; ip link add x0 type bridge'
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "$(id -u)" ] && [ "${lines[1]}" = "$PWD" ]
	run qlab-net exec lan ip link show x0
	[ "$status" -eq 0 ]
	run ip link show x0
	[ "$status" -ne 0 ]
}

@test 'exec: two labs have a network of the name' {
	qlab-net up lan
	mkdir other
	sed 's/^lab: nets/lab: other/' lab.yaml >other/lab.yaml
	qlab-net -f other/lab.yaml up
	cd /
	run qlab-net exec lan true
	expect 125 "'net:lan' is ambiguous: nets:net:lan other:net:lan"
	run qlab-net exec other ip link show lan
	[ "$status" -eq 0 ]
	run qlab-net exec other:net:own ip link show own
	[ "$status" -eq 0 ]
	# Here the lab of the file here is meant.
	cd "$LAB_DIR/other"
	run qlab-net exec wan true
	[ "$status" -eq 0 ]
	cd "$LAB_DIR"
	run qlab-net exec lan ip link show wan
	[ "$status" -ne 0 ]
	qlab-net down other:
	until_true 5 test ! -e "$QLAB_STATE/other"
}

@test 'gc leaves alone what lives' {
	qlab-net up lan
	run qlab-net gc
	[ "$status" -eq 0 ] && [ -z "$output" ]
	run qlab-net exec lan true
	[ "$status" -eq 0 ]
	# A VM whose QEMU and runner died in a lab that lives.
	mkdir "$QLAB_STATE/nets/ghost"
	echo '{}' >"$QLAB_STATE/nets/ghost/vm.json"
	run qlab-net gc -n
	expect 0 'would remove VM nets:ghost'
	run qlab-net gc
	expect 0 'removed VM nets:ghost'
	[ "$(qlab-net ls -q)" ]
	kill -9 "$(holder)"
	until_true 5 eval "! pgrep -f '$QLAB_STATE/nets' >/dev/null"
	# Any command clears away what was killed.
	run qlab-net ls -q
	[ -z "$output" ]
	gone
}

@test 'the holder: dies with its children, told to end it cleans up' {
	qlab-net up
	until_true 5 pgrep -f "dnsmasq .*$QLAB_STATE/nets"
	kill -TERM "$(holder)"
	until_true 5 gone
	qlab-net up
	until_true 5 pgrep -f "dnsmasq .*$QLAB_STATE/nets"
	# A service that ends is told to who looks; networks stay.
	kill -9 "$(pgrep -f "dnsmasq .*$QLAB_STATE/nets")"
	until_true 5 grep -q 'dnsmasq ended' "$XDG_STATE_HOME/qlab/nets/events.ndjson"
	run qlab-net exec lan true
	[ "$status" -eq 0 ]
}

@test 'a state directory for which socket paths are too long' {
	long=$LAB_DIR/$(printf '%080d' 0)
	QLAB_STATE=$long run qlab-net up
	expect 2 'socket path is'
	expect 2 'set QLAB_STATE to a shorter directory'
	[ -z "$(ls "$long")" ]
}

@test 'dnsmasq and nft are found without /usr/sbin in PATH' {
	mkdir bin
	PATH=$QLAB_BUILD:$PWD/bin run qlab-net up lan
	[ "$status" -eq 0 ]
	until_true 5 pgrep -f "dnsmasq .*$QLAB_STATE/nets"
}
