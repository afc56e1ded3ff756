#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# readme.bats - the README's tour of the demo lab says what one sees

setup()
{
	load helpers
	lab_setup
	top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
}

teardown()
{
	[ ! -e demo.out ] ||
	    rm -rf "$(sed -n 's/.*; then rm -r \(.*\)$/\1/p' demo.out)"
	lab_teardown
}

# commands: a file per command of the tour, N.run, and what it prints, N.want
commands()
{
	awk '
	/^## / { tour = /Two minutes/ }
	!tour { next }
	!/^    / { open = 0; next }
	/^    \$ / {
		if (end)
			exit
		end = /qlab-ctl stop/
		sub(/\$ /, "")
		open = more = ++n
		printf "" >(n ".want")
	}
	{ sub(/^    /, "") }
	more {
		print >(n ".run")
		more = /\\$/
		next
	}
	open { print >(n ".want") }
	' "$top/README.md"
}

# alike: what differs from one run to the next, made the same
alike()
{
	sed -E 's/([0-9]+\.[0-9]+\.[0-9]+)\.[1-9][0-9]*\>/\1.N/g
	    s/[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]+/TIME/
	    s/[0-9]{4}-[0-9]{2}-[0-9]{2} \([+-][0-9:]+\)/DATE/
	    s/([0-9a-f]{2}:){5}[0-9a-f]{2}/MAC/
	    s/id=0x[0-9a-f]+/ID/
	    s/ \(request in [0-9]+\)$//
	    /^ *\.\.\. [0-9.]+m?s$/d
	    s/\t|(.)  +/\1  /g' "$@"
}

# all_of FILE: are its lines on stdin, in this order?
all_of()
{
	awk -v file="$1" '
	BEGIN { more = (getline want <file) > 0 }
	more && $0 == want { more = (getline want <file) > 0 }
	END { exit more }
	'
}

# stream N: a capture, which does not end by itself, with one ping to see
stream()
{
	local command pid
	command=$(<"$1.run")
	command=${command/qlab-cap/qlab-cap -c $(wc -l <"$1.want")}
	timeout 30 bash -c "$command" >"$1.out" 2>"$1.err" 3>&- &
	pid=$!
	until_true 10 grep -q 'listening on' "$1.err"
	on_guest client 'ping -c 1 203.0.113.10' >/dev/null
	wait "$pid"
}

# run_it N: as the README has it, but for a wait
run_it()
{
	local command
	command=$(<"$1.run")
	case $command in
	*tshark*)
		command -v tshark >/dev/null || return 77
		stream "$1"
		;;
	*'qlab-ctl console'*) printf '\35' | bash -c "$command" >"$1.out" ;;
	*) bash -c "${command/--timeout 30/--timeout 0.2}" >"$1.out" ;;
	esac
}

@test 'the tour in the README' {
	timeout 100 "$top/scripts/demo" --keep >demo.out 2>&1 3>&-
	[ "$(qlab-ifmap -H -o backend router/wan)" != userspace ] ||
	    skip 'the lab is on backend userspace'
	commands
	[ -s 8.run ]
	for n in {1..20}; do
		[ -e "$n.run" ] || break
		status=0
		run_it "$n" || status=$?
		[ "$status" != 77 ] || continue
		echo "$(<"$n.run"): status $status"
		[ "$status" = 0 ]
		alike "$n.want" >wanted
		alike "$n.out" >seen
		# The story goes on, and other QEMUs are on the map, too.
		all_of wanted <seen || {
			diff wanted seen
			return 1
		}
	done
}
