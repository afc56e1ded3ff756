#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# qlab.bats - the dispatcher

setup()
{
	dir=$(mktemp -d "$BATS_TMPDIR/qlab.XXXXXX")
	mkdir "$dir/bin" "$dir/path"
	cp "$BATS_TEST_DIRNAME/../../tools/qlab" "$dir/bin/qlab"
	fake "$dir/bin/qlab-cap" near
	fake "$dir/path/qlab-cap" far
	fake "$dir/bin/qlab-ifmap" map
	fake "$dir/path/qlab-net" net
	PATH=$dir/path:$PATH
}

teardown()
{
	rm -rf "$dir"
}

# fake FILE WORD: a program that says the word, then its arguments
fake()
{
	printf '#!/bin/sh\necho %s\nprintf "<%%s>\\n" "$@"\nexit 7\n' \
	    "$2" >"$1"
	chmod 755 "$1"
}

@test "the tool beside it comes first; arguments and status pass through" {
	run "$dir/bin/qlab" cap router/lan 'icmp or  arp' ''
	[ "$status" = 7 ]
	[ "$output" = 'near
<router/lan>
<icmp or  arp>
<>' ]
}

@test "a tool that is not beside it is found in PATH" {
	run "$dir/bin/qlab" net ls
	[ "$status" = 7 ]
	[ "$output" = 'net
<ls>' ]
}

@test "alone it is the map" {
	run "$dir/bin/qlab"
	[ "$status" = 7 ]
	[ "${lines[0]}" = map ]
}

@test "options alone go to the map" {
	run "$dir/bin/qlab" -q router/lan
	[ "${lines[0]}" = map ]
	[ "${lines[1]}" = '<-q>' ]
	[ "${lines[2]}" = '<router/lan>' ]
}

@test "help is about the tools" {
	for word in -h --help help; do
		run "$dir/bin/qlab" "$word"
		[ "$status" = 0 ]
		[[ $output == 'usage: qlab [TOOL [ARG...]]'*'cap, logq; see qlab(7)' ]]
	done
}

@test "an unknown tool is refused" {
	run "$dir/bin/qlab" nonsense
	[ "$status" = 2 ]
	[ "$output" = "qlab: no tool 'nonsense': run, net, ctl, ifmap, cap, logq; see qlab(7)" ]
}

@test "a name that is a path is refused" {
	run "$dir/bin/qlab" ../../bin/sh -c 'echo oops'
	[ "$status" = 2 ]
	[ "$output" = "qlab: no tool '../../bin/sh'" ]
}
