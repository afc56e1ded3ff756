#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# logq.bats - qlab-logq with saved logs, a stand-in for macOS' log, labs' files

bats_require_minimum_version 1.5.0

setup()
{
	load ../expect
	PATH=$QLAB_BUILD:$PATH
	dir=$(mktemp -d "$BATS_TMPDIR/qlab-logq.XXXXXX")
	cd "$dir" || return
	export QLAB_STATE=$dir/state XDG_STATE_HOME=$dir/logs TZ=UTC0
	unset QLAB_LOG
}

teardown()
{
	[ -z "${pid:-}" ] || kill "$pid" 2>/dev/null || true
	cd / || return
	rm -rf "$dir"
}

# until_lines N FILE: until it has so many
until_lines()
{
	local end=$((SECONDS + 10))
	until [ "$(wc -l <"$2")" -ge "$1" ]; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
	[ "$(wc -l <"$2")" -eq "$1" ]
}

# stand_in STATUS STDOUT-FILE STDERR-TEXT: a log(1) that writes down how it was
# called, a line a word
stand_in()
{
	cat >log <<-EOT
	#!/bin/sh
	printf '<%s>\n' "\$@" >'$dir/called'
	[ "\$1" != collect ] || mkdir -p "\$3/system_logs.logarchive"
	cat '$2'
	printf '%s' "$3" >&2
	exit $1
	EOT
	chmod 755 log
	export QLAB_LOG=$dir/log
}

called()
{
	tr '\n' ' ' <called
}

# What log show and log stream print, with what is around the records.
ndjson()
{
	cat <<-'EOT'
	Filtering the log data using "subsystem == "com.apple.NetworkSharing""
	Skipping info and debug messages, pass --info and/or --debug to include.
	{"timestamp":"2026-11-22 10:00:00.000001-0300","messageType":"Debug","eventType":"logEvent","subsystem":"com.apple.NetworkSharing","category":"daemon","processID":312,"threadID":18446744073709551615,"traceID":9007199254740993,"processImagePath":"\/usr\/libexec\/InternetSharing","senderImagePath":"\/usr\/libexec\/InternetSharing","eventMessage":"mis_network_start: network <private> has been started"}
	{"timestamp":"2026-11-22 10:00:12.500000-0300","messageType":"Error","eventType":"logEvent","subsystem":"com.apple.NetworkSharing","category":"daemon","processID":312,"processImagePath":"\/usr\/libexec\/InternetSharing","eventMessage":"\u001b[2Jevil\nsecond line"}
	{"count":2,"finished":1}
	EOT
}

### saved logs

@test 'help and version' {
	run qlab-logq -h
	expect 0 'usage: qlab-logq [-Fjv] [-S TIME]'
	run qlab-logq -V
	expect 0 'qlab-logq 0.'
}

@test '-r: text, one line a record, in its own zone, nothing drives the terminal' {
	ndjson >a.ndjson
	run -0 --separate-stderr qlab-logq -r a.ndjson
	[ "$output" = '2026-11-22T10:00:00.000001-03:00 InternetSharing[312]: mis_network_start: network <private> has been started
2026-11-22T10:00:12.500000-03:00 InternetSharing[312]: \x1b[2Jevil\x0asecond line' ]
	[ -z "$stderr" ]
	run -0 qlab-logq -v -r a.ndjson
	[[ ${lines[0]} == '2026-11-22T10:00:00.000001-03:00 debug InternetSharing[312]: (InternetSharing) [com.apple.NetworkSharing:daemon] mis_network_start: network <private> has been started'* ]]
}

@test '-j: exact numbers, clean strings, and what it prints it reads' {
	ndjson >a.ndjson
	run -0 qlab-logq -j -r a.ndjson
	[[ ${lines[0]} == *'"pid":312,"thread":18446744073709551615,'* ]]
	[[ ${lines[0]} == *'"trace":9007199254740993'* ]]
	[[ ${lines[0]} == '{"time":"2026-11-22T10:00:00.000001-03:00","source":"unified","level":"debug","type":"logEvent","process":"InternetSharing",'* ]]
	[[ ${lines[1]} == *'"message":"\u001b[2Jevil\nsecond line"'* ]]
	qlab-logq -j -r a.ndjson >b.ndjson
	qlab-logq -j -r b.ndjson >c.ndjson
	cmp b.ndjson c.ndjson
}

@test 'standard input, gzip, several files by time, files as operands' {
	ndjson | sed 2,3d >late
	ndjson | sed 4d | gzip >early.gz
	run -0 qlab-logq -r - <late
	[ "${#lines[@]}" -eq 1 ]
	run -0 qlab-logq -r late early.gz
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[0]} == *started ]] && [[ ${lines[1]} == *line ]]
	run qlab-logq -r nowhere
	expect 5 "qlab-logq: cannot read 'nowhere': No such file or directory"
}

@test 'records without end are shown as they come' {
	mkfifo pipe
	qlab-logq -r - <pipe >out 3>&- &
	pid=$!
	exec 7>pipe
	ndjson | sed -n 3p >&7
	until_lines 1 out
	grep -q started out
	exec 7>&-
	wait "$pid"
}

@test 'a malformed record: said with its line, left out, exit 2' {
	{
		ndjson | sed -n 3p
		echo '{"timestamp":"2026-11-22 10:00:01.000000-0300","eventMessage":'
		ndjson | sed -n 4p
	} >a.ndjson
	run -2 --separate-stderr qlab-logq -r a.ndjson
	[ "${#lines[@]}" -ge 1 ]
	[[ $stderr == 'qlab-logq: a.ndjson: line 2: '* ]]
}

@test 'an archive needs macOS, and says what can be done there' {
	mkdir x.logarchive
	run qlab-logq -r x.logarchive
	expect 5 "log show --archive"
}

### what is wanted

@test 'predicates: of our own, refused with the column, printed' {
	ndjson >a.ndjson
	run -0 qlab-logq -r a.ndjson --predicate 'messageType == error'
	[ "${#lines[@]}" -eq 1 ]
	run -0 qlab-logq -r a.ndjson --predicate \
	    'NOT eventMessage CONTAINS[c] "EVIL" && processID == 312'
	[[ $output == *started ]]
	run qlab-logq -r a.ndjson --predicate 'process == "x'
	expect 2 'qlab-logq: --predicate: column 12: quote is not closed'
	run qlab-logq -r a.ndjson --predicate 'eventMessage LIKE "*x*"'
	expect 2 "column 14: == != CONTAINS BEGINSWITH or ENDSWITH expected"
	expect 2 "(that is for macOS' log alone)"
	run qlab-logq --print-predicate -r a.ndjson
	[ "$output" = TRUEPREDICATE ]
	run qlab-logq --print-predicate --preset dhcp --predicate 'processID=1'
	[ "$output" = '(process == "bootpd" OR process == "dnsmasq" OR process == "dnsmasq-dhcp") AND processID == 1' ]
	run qlab-logq --preset vmnt
	expect 2 "no preset 'vmnt'; there are vmnet dhcp kernel qemu nat all"
}

@test 'presets choose in saved text, too' {
	{
		ndjson | sed -n 3p
		echo '{"timestamp":"2026-11-22 10:00:01.000000-0300","processImagePath":"/usr/libexec/bootpd","eventMessage":"DHCP REQUEST [bridge100]: 1,52:54:0:0:0:1"}'
		echo '{"timestamp":"2026-11-22 10:00:02.000000-0300","processImagePath":"/kernel","eventMessage":"vmenet0: promiscuous mode enable succeeded (0)"}'
		echo '{"timestamp":"2026-11-22 10:00:03.000000-0300","processImagePath":"/x/qemu-system-aarch64","eventMessage":"hello"}'
	} >a.ndjson
	run -0 qlab-logq -r a.ndjson
	[ "${#lines[@]}" -eq 4 ]
	run -0 qlab-logq -r a.ndjson --preset dhcp
	[[ $output == *'bootpd: DHCP REQUEST'* ]] && [ "${#lines[@]}" -eq 1 ]
	run -0 qlab-logq -r a.ndjson --preset kernel,qemu
	[[ ${lines[0]} == *vmenet0* ]] && [[ ${lines[1]} == *hello ]]
	[ "${#lines[@]}" -eq 2 ]
	run -1 qlab-logq -r a.ndjson --preset nat
	run -0 qlab-logq -r a.ndjson --preset all
	[ "${#lines[@]}" -eq 4 ]
}

@test '-S and --until, to the microsecond' {
	ndjson >a.ndjson
	run -0 qlab-logq -r a.ndjson -S 2026-11-22T13:00:00.000002Z
	[ "${#lines[@]}" -eq 1 ] && [[ $output == *evil* ]]
	run -0 qlab-logq -r a.ndjson -S 2026-11-22T13:00:00.000001Z
	[ "${#lines[@]}" -eq 2 ]
	run -0 qlab-logq -r a.ndjson --until '2026-11-22 13:00:12'
	[ "${#lines[@]}" -eq 1 ] && [[ $output == *started ]]
	run qlab-logq -r a.ndjson -S yesterday
	expect 2 "'yesterday' is no time: write 3m, 10:39"
	run qlab-logq -r a.ndjson -S 3m --until 5m
	expect 2 '--until is before -S'
}

@test 'nothing matched: exit 1 and one line on why' {
	ndjson >a.ndjson
	run -1 --separate-stderr qlab-logq -r a.ndjson --net lan
	[ -z "$output" ]
	[[ $stderr == *'of 2 records none was wanted (names that are <private>'* ]]
	: >empty
	run -1 qlab-logq -r empty
	run -1 --separate-stderr qlab-logq -j --timeline --if tap0 -r a.ndjson
	[ -z "$output" ]
}

@test '--summary: times, counts, what went wrong' {
	ndjson >a.ndjson
	run -0 qlab-logq --summary -r a.ndjson
	[ "${lines[0]}" = '2 records from 2026-11-22T10:00:00.000001-03:00' ]
	[ "${lines[1]}" = '          to 2026-11-22T10:00:12.500000-03:00 (12s)' ]
	expect 0 'InternetSharing  2'
	expect 0 '1 x \x1b[2Jevil\x0asecond line'
	run -0 qlab-logq --summary -j -r a.ndjson
	[[ $output == *'"schema": 1'*'"records": 2'*'"InternetSharing": 2'* ]]
}

@test 'wrong usage' {
	run qlab-logq --timeline --summary
	expect 2 '--timeline and --summary exclude each other'
	run qlab-logq -F --summary
	expect 2 '-F has no end'
	run qlab-logq -F --until 3m
	expect 2 'exclude each other'
	run qlab-logq 'a b'
	expect 2 "'a b' names nothing"
	run qlab-logq collect a b
	expect 2 'collect takes one directory'
	QLAB_LOG=log run qlab-logq
	expect 2 "QLAB_LOG: 'log' is no path"
}

### macOS' log, a stand-in

@test 'show: how log is asked, and what it says' {
	ndjson >canned
	stand_in 0 canned ''
	run -0 --separate-stderr qlab-logq
	[ "${#lines[@]}" -eq 2 ] && [ -z "$stderr" ]
	[ "$(called)" = '<show> <--style> <ndjson> <--info> <--debug> <--last> <10m> <--predicate> <subsystem == "com.apple.NetworkSharing"> ' ]
	run -0 qlab-logq show -S 3m
	[ "$(called)" = '<show> <--style> <ndjson> <--info> <--debug> <--last> <3m> <--predicate> <subsystem == "com.apple.NetworkSharing"> ' ]
	run -0 qlab-logq -S 2026-11-22T13:00:00.5Z --until 2026-11-22T13:01:00.5Z --preset all
	[ "$(called)" = '<show> <--style> <ndjson> <--info> <--debug> <--start> <2026-11-22 13:00:00+0000> <--end> <2026-11-22 13:01:01+0000> ' ]
	# What our own predicates cannot say is log's business.
	run -0 qlab-logq -S 3m --predicate 'eventMessage LIKE "*x*" OR date > 1'
	[[ $(called) == *'<(subsystem == "com.apple.NetworkSharing") AND (eventMessage LIKE "*x*" OR date > 1)> ' ]]
	run -0 qlab-logq --print-predicate --preset dhcp,kernel
	[ "$output" = 'process == "bootpd" OR process == "kernel" AND (eventMessage CONTAINS "vmenet" OR eventMessage CONTAINS "bridge")' ]
}

@test 'show -r ARCHIVE' {
	ndjson >canned
	stand_in 0 canned ''
	mkdir my.logarchive
	run -0 qlab-logq -r my.logarchive
	[ "${#lines[@]}" -eq 2 ]
	[ "$(called)" = '<show> <--archive> <my.logarchive> <--style> <ndjson> <--info> <--debug> <--predicate> <subsystem == "com.apple.NetworkSharing"> ' ]
}

@test '-F: log stream, all levels' {
	ndjson >canned
	stand_in 0 canned ''
	run -0 qlab-logq -F --preset vmnet
	[ "${#lines[@]}" -eq 2 ]
	[ "$(called)" = '<stream> <--style> <ndjson> <--level> <debug> <--predicate> <subsystem == "com.apple.NetworkSharing"> ' ]
}

@test '-F: records come at once, and a signal ends it and log' {
	ndjson >canned
	stand_in 0 canned ''
	sed -i 's/^exit.*/exec sleep 1000/' log
	qlab-logq -F >out 3>&- &
	pid=$!
	until_lines 2 out
	local child
	child=$(pgrep -P "$pid")
	kill "$pid"
	wait "$pid"
	run ! kill -0 "$child"
}

@test 'the errors of log, explained' {
	: >none
	stand_in 64 none 'log: Could not open local log store: Operation not permitted'
	run qlab-logq
	expect 4 'Full Disk Access'
	expect 4 'log: Could not open local log store: Operation not permitted'
	stand_in 64 none 'log: Bad predicate (Unable to parse the format string "x"): x'
	run qlab-logq --predicate 'date > "x"'
	expect 2 'log refused the predicate'
	stand_in 77 none "log: Must be admin to run 'stream' command"
	run qlab-logq -F
	expect 4 'only users of group admin may read the log'
	stand_in 77 none ''
	run qlab-logq
	expect 4 'status 77'
	stand_in 64 none 'log: what'
	run qlab-logq
	expect 2 'status 64'
	stand_in 3 none 'log: hm'
	run qlab-logq
	expect 5 'log ended with status 3'
	stand_in 0 none ''
	run qlab-logq
	expect 1 'mostly of level debug, which is not kept: -F shows it'
	export QLAB_LOG=$dir/nowhere
	run qlab-logq
	expect 5 "no program '$dir/nowhere'"
}

# a_sudo [SCRIPT-LINE]: one that does as it is told
a_sudo()
{
	mkdir -p bin
	printf '%s\n' '#!/bin/sh' "echo \"sudo \$1 \$2\" >>'$dir/sudo-called'" \
	    "${1:-}" '[ "$1" != -n ] || shift' 'exec "$@"' >bin/sudo
	chmod 755 bin/sudo
	PATH=$dir/bin:$PATH
}

@test 'collect: where the archive lies' {
	: >none
	stand_in 0 none 'Archive successfully written'
	a_sudo
	mkdir out
	run -0 --separate-stderr qlab-logq collect out
	[ "$output" = out/system_logs.logarchive ]
	[[ $stderr == *'read it with: qlab-logq -r out/system_logs.logarchive'* ]]
	[ "$(called)" = '<collect> <--output> <out> <--last> <3m> ' ]
	[ "$(id -u)" -eq 0 ] || head -n 1 sudo-called | grep -q "^sudo -n $dir/log"
	run qlab-logq collect out
	expect 5 "'out/system_logs.logarchive' is there already"
	mkdir two
	run -0 qlab-logq -S 1h collect two
	[ "$(called)" = '<collect> <--output> <two> <--last> <1h> ' ]
	stand_in 77 none 'log: not permitted'
	mkdir three
	run qlab-logq collect three
	expect 4 'status 77'
	unset QLAB_LOG
	[ "$(uname -s)" = Darwin ] || {
		run qlab-logq collect
		expect 5 "collect is for macOS' log"
	}
}

@test 'collect: sudo that needs a password, without a terminal' {
	[ "$(id -u)" -ne 0 ] || skip 'root needs no sudo'
	: >none
	stand_in 0 none ''
	a_sudo 'echo "sudo: a password is required" >&2; exit 1'
	mkdir out
	run qlab-logq collect out </dev/null
	expect 4 'sudo would have to ask for a password'
	[ ! -e called ]
}

### labs

# a_lab NAME: what a lab left behind that ran twice
a_lab()
{
	local d=$XDG_STATE_HOME/qlab/$1
	mkdir -p "$d"
	cat >"$d/events.ndjson" <<-EOT
	{"time":"2026-11-20T08:00:00.000000+00:00","event":"network-up","lab":"$1","net":"old","text":"network old is up"}
	{"time":"2026-11-20T08:00:01.000000+00:00","event":"networks-down","lab":"$1","text":"down"}
	{"time":"2026-11-22T10:00:00.100000+00:00","event":"network-up","lab":"$1","net":"lan","mode":"host","subnet":"10.9.0.0/24","text":"network lan is up: host, 10.9.0.0/24"}
	{"time":"2026-11-22T10:00:00.200000+00:00","event":"interface-attached","lab":"$1","vm":"a","nic":"lan","net":"lan","if":"tap0","mac":"02:00:00:00:00:0a","text":"a/lan is on lan by tap0"}
	{"time":"2026-11-22T10:00:00.300000+00:00","event":"vm-started","lab":"$1","vm":"a","qemu":7,"text":"a: QEMU is process 7"}
	{"time":"2026-11-22T10:01:00.000000+00:00","event":"interface-detached","lab":"$1","vm":"a","nic":"lan","net":"lan","if":"tap0","mac":"02:00:00:00:00:0a","text":"a/lan is off lan"}
	{"time":"2026-11-22T10:01:00.100000+00:00","event":"vm-ended","lab":"$1","vm":"a","signal":9,"text":"a: QEMU was killed by signal 9"}
	{"time":"2026-11-22T10:01:00.200000+00:00","event":"network-down","lab":"$1","net":"lan","text":"network lan is down"}
	{"time":"2026-11-22T10:01:00.300000+00:00","event":"networks-down","lab":"$1","text":"the lab's networks are down"}
	EOT
	cat >"$d/dnsmasq.log" <<-EOT
	2026-11-22T10:00:10.000000+00:00 dnsmasq-dhcp[9]: DHCPREQUEST(lan) 10.9.0.5 02:00:00:00:00:0a
	2026-11-22T10:00:10.500000+00:00 dnsmasq-dhcp[9]: DHCPACK(lan) 10.9.0.5 02:00:00:00:00:0a guest
	EOT
}

@test 'a lab that has gone: the timeline of its last run' {
	a_lab demo
	run -0 --separate-stderr qlab-logq --timeline
	[ "$output" = 'demo:
  2026-11-22 (+00:00)
  10:00:00.300  vm-started          a  QEMU is process 7
  ... 59s
  10:01:00.100  vm-ended            a  QEMU was killed by signal 9
  10:01:00.300  note                the lab'"'"'s networks are down

demo:net:lan
  2026-11-22 (+00:00)
  10:00:00.100  network-created     network lan is up: host, 10.9.0.0/24
  10:00:00.200  interface-attached  a  tap0  02:00:00:00:00:0a
  ... 10s
  10:00:10.500  lease-given         a  10.9.0.5  02:00:00:00:00:0a
  ... 49s
  10:01:00.000  interface-detached  a  tap0  02:00:00:00:00:0a
  10:01:00.200  network-removed     network lan is down' ]
	[ -z "$stderr" ]
	run -0 qlab-logq --summary
	expect 0 $'1 x a: QEMU was killed by signal 9\n    qlab does that only when'
	expect 0 'lease-given         1'
	# Earlier runs, when they are asked for.
	run -0 qlab-logq -S 2026-11-20
	[ "${#lines[@]}" -eq 11 ]
	run -1 qlab-logq -S 2026-11-23
}

@test 'names restrict; unknown and ambiguous ones are told' {
	a_lab demo
	run -0 qlab-logq a
	[ "${#lines[@]}" -eq 6 ]
	[[ ${lines[2]} == *DHCPREQUEST* ]]
	run -0 qlab-logq -j --if tap0
	[ "${#lines[@]}" -eq 2 ]
	run -0 qlab-logq demo:net:lan
	[ "${#lines[@]}" -eq 6 ]
	run -0 qlab-logq --vm a --net lan
	[ "${#lines[@]}" -eq 4 ]
	run -0 qlab-logq a/lan
	[ "${#lines[@]}" -eq 4 ]
	run -0 qlab-logq demo:
	[ "${#lines[@]}" -eq 9 ]
	run qlab-logq net:lam
	expect 3 "the logs know of no network 'lam' (near: lan)"
	run qlab-logq dmo:
	expect 3 "the logs know of no lab 'dmo' (near: demo)"
	run qlab-logq a/lam
	expect 3 "the logs know of no NIC of 'a' on 'lam'"
	run qlab-logq demo
	expect 3 "the logs know of no VM 'demo': the lab is 'demo:'"
	run qlab-logq --net lam
	expect 3 "the logs know of no network 'lam' (near: lan)"
	run qlab-logq --vm b
	expect 3 "the logs know of no VM 'b' (near: a)"
	run qlab-logq --vm a/lan
	expect 2 "--vm: 'a/lan' has a character that is not"
	run qlab-logq --if ''
	expect 2 '--if: the name is empty'
	a_lab two
	run qlab-logq a
	expect 3 "'a' is ambiguous: demo:a two:a"
	run -0 qlab-logq two:a
	[ "${#lines[@]}" -eq 6 ]
}

@test 'the dispatcher: qlab logq' {
	a_lab demo
	run -0 "$BATS_TEST_DIRNAME/../../tools/qlab" logq -j demo:
	[[ ${lines[0]} == *'"event":"network-created","lab":"demo","net":"lan"'* ]]
}

@test '-F: labs that come and go' {
	a_lab demo
	qlab-logq -F -S 1h >out 3>&- &
	pid=$!
	local now d=$XDG_STATE_HOME/qlab
	now=$(date -u +%Y-%m-%dT%H:%M:%S.000000+00:00)
	echo '{"time":"'"$now"'","event":"vm-started","lab":"demo","vm":"a","text":"first"}' >>"$d/demo/events.ndjson"
	until_lines 1 out
	mv "$d/demo/events.ndjson" "$d/demo/events.ndjson.1"
	echo '{"time":"'"$now"'","event":"vm-started","lab":"demo","vm":"a","text":"second"}' >"$d/demo/events.ndjson"
	mkdir "$d/new"
	echo '{"time":"'"$now"'","event":"vm-started","lab":"new","vm":"b","text":"third"}' >"$d/new/events.ndjson"
	until_lines 3 out
	kill "$pid"
	wait "$pid"
	[ "$(cut -d ' ' -f 2- out | sort)" = $'qlab: first\nqlab: second\nqlab: third' ]
}

@test '-F: of what no log knows yet' {
	local d=$XDG_STATE_HOME/qlab/new
	qlab-logq -F --net lan b >out 2>err 3>&- &
	pid=$!
	until_lines 2 err
	sort err | diff - <(printf "qlab-logq: the logs know of no %s; waiting for it\n" "VM 'b'" "network 'lan'")
	mkdir -p "$d"
	event()
	{
		echo '{"time":"'"$(date -u +%Y-%m-%dT%H:%M:%S.999999+00:00)"'","event":"interface-attached","lab":"new","vm":"'"$1"'","net":"'"$2"'","text":"'"$1 on $2"'"}' >>"$d/events.ndjson"
	}
	event a lan
	event b wan
	event b lan
	until_lines 1 out
	kill "$pid"
	wait "$pid"
	[ "$(cut -d ' ' -f 2- out)" = 'qlab: b on lan' ]
}

### journals

@test 'a journal: how journalctl is asked' {
	mkdir bin
	cat >bin/journalctl <<-EOT
	#!/bin/sh
	printf '<%s>\n' "\$@" >'$dir/called'
	printf '__REALTIME_TIMESTAMP=1763805600000001\nSYSLOG_IDENTIFIER=dnsmasq-dhcp\n_PID=5\nPRIORITY=6\nMESSAGE=DHCPACK(lan) 10.0.0.5 02:00:00:00:00:01\n\n'
	EOT
	chmod 755 bin/journalctl
	PATH=$dir/bin:$PATH
	mkdir j
	printf LPKSHHRH >f.journal
	run -0 qlab-logq -r j
	[ "$output" = '2025-11-22T10:00:00.000001+00:00 dnsmasq-dhcp[5]: DHCPACK(lan) 10.0.0.5 02:00:00:00:00:01' ]
	[ "$(called)" = '<--output=export> <--no-pager> <--quiet> <--directory=j> ' ]
	run -0 qlab-logq -r f.journal --preset dhcp -S 2025-11-22
	[ "$(called)" = '<--output=export> <--no-pager> <--quiet> <--file=f.journal> <--since=@1763769600> <SYSLOG_IDENTIFIER=dnsmasq-dhcp> <+> <SYSLOG_IDENTIFIER=dnsmasq> ' ]
	run qlab-logq -r j --predicate 'process == "kernel"'
	[ "$(called)" = '<--output=export> <--no-pager> <--quiet> <--directory=j> <_TRANSPORT=kernel> ' ]
	run -0 qlab-logq -F -r j
	[ "$(called)" = '<--output=export> <--no-pager> <--quiet> <--directory=j> <--follow> <--lines=0> ' ]
}

@test 'a journal of systemd itself' {
	command -v journalctl >/dev/null || skip 'no journalctl'
	local remote=/lib/systemd/systemd-journal-remote
	[ -x $remote ] || skip 'no systemd-journal-remote'
	printf '__REALTIME_TIMESTAMP=1763805600000001\n__MONOTONIC_TIMESTAMP=1\n_BOOT_ID=11111111111111111111111111111111\nSYSLOG_IDENTIFIER=dnsmasq-dhcp\n_PID=5\nPRIORITY=6\nMESSAGE=DHCPACK(lan) 10.0.0.5 02:00:00:00:00:01\n\n' |
	    $remote -o t.journal - >/dev/null 2>&1
	run -0 qlab-logq -r t.journal --preset dhcp -j
	[[ $output == *'"source":"journal"'*'DHCPACK(lan) 10.0.0.5'* ]]
	run -0 qlab-logq -r "$dir" --predicate 'process == "dnsmasq-dhcp"'
	[ "${#lines[@]}" -eq 1 ]
}

# Runs on its own standard input in a private mount namespace with a journald.
with_journald()
{
	unshare -m -n bash -ec '
		mount -t tmpfs tmpfs /run
		mount -t tmpfs tmpfs /var/log
		mkdir -p /run/systemd/system
		echo 0123456789abcdef0123456789abcdef >/run/machine-id
		mount --bind /run/machine-id /etc/machine-id
		"$1" 3>&- >/run/journald.log 2>&1 &
		journald=$!
		trap "kill $journald; wait" EXIT
		until [ -S /run/systemd/journal/dev-log ]; do
			kill -0 $journald
			sleep 0.05
		done
		log()
		{
			logger -u /run/systemd/journal/dev-log -t "$@"
		}
		lines()
		{
			until [ "$(wc -l <"$2")" -ge "$1" ]; do sleep 0.05; done
		}
		. /dev/stdin
	' journald "$1"
}

@test 'a journald that runs: what it has, what comes, a rotation between' {
	local journald=/lib/systemd/systemd-journald
	[ "$(id -u)" = 0 ] || skip 'not root'
	[ -x $journald ] || skip 'no systemd-journald'
	command -v logger >/dev/null || skip 'no logger'
	[ -s /etc/machine-id ] || skip 'no /etc/machine-id to stand in for'
	a_lab demo
	run -0 timeout 60 cat < <(with_journald $journald <<-'EOT' 2>&1 || echo "status $?"
		log dnsmasq-dhcp 'DHCPACK(lan) 10.0.0.5 02:00:00:00:00:01'
		log other 'not asked for'
		# The lab's own story has the default; this is the system's.
		journalctl --sync
		qlab-logq --preset dhcp -S 5m
		: >out			# waited for before it is opened
		qlab-logq -F --preset dhcp -S 5m >out &
		q=$!
		lines 1 out
		log dnsmasq-dhcp "$(printf 'two
lines, [31mred')"
		lines 2 out
		journalctl --rotate
		log dnsmasq-dhcp 'after the rotation'
		lines 3 out
		kill $q
		wait $q
		sed 's/^/F /' out
		qlab-logq -r /run/log/journal | grep -c dnsmasq
	EOT
	)
	echo "$output"
	[ "${#lines[@]}" -eq 5 ]
	[[ ${lines[0]} == *' dnsmasq-dhcp['*']: DHCPACK(lan) 10.0.0.5 02:00:00:00:00:01' ]]
	[ "${lines[1]}" = "F ${lines[0]}" ]
	[[ ${lines[2]} == 'F '*']: two\x0alines, \x1b[31mred' ]]
	[[ ${lines[3]} == 'F '*']: after the rotation' ]]
	[ "${lines[4]}" = 3 ]
}
