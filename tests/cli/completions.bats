#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# completions.bats - what bash offers after TAB

bats_require_minimum_version 1.5.0

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
	export QLAB_STATE=$BATS_TEST_TMPDIR/state
	PATH=$QLAB_BUILD:$PATH
	# shellcheck source=scripts/completions/qlab.bash
	. "$BATS_TEST_DIRNAME/../../scripts/completions/qlab.bash"
}

# offered LINE: what is, a line each
offered()
{
	COMP_LINE=$1 COMP_POINT=${#1}
	COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
	_qlab
	printf '%s\n' "${COMPREPLY[@]}"
}

# offers LINE WORD...: just these
offers()
{
	local got
	got=$(offered "$1" | tr '\n' ' ')
	echo "$1: $got"
	[ "$got" = "${*:2} " ]
}

@test "options of a tool, from its own help" {
	offers 'qlab-cap --ex' --expect= --extcap-install
	offers 'qlab-run --wa' --wait
	offers 'qlab-logq -S 3m --fo' --follow
	offers 'qlab cap --pc' --pcapng
	offers 'qlab-cap --no-such' ''
}

@test "all options of all tools" {
	local tool o n=0
	for tool in run net ctl ifmap cap logq; do
		offered "qlab-$tool -" >options
		for o in $("qlab-$tool" -h | grep -oE '^  +--?[a-zA-Z-]+'); do
			grep -qE "^$o=?\$" options || { echo "$tool $o"; return 1; }
			n=$((n + 1))
		done
	done
	[ $n -gt 70 ]
}

@test "tools and commands" {
	offers 'qlab i' ifmap
	offers 'qlab ' cap ctl ifmap logq net run
	offers 'qlab-ctl wa' wait
	offers 'qlab net e' exec
}

@test "names of the lab file, of interfaces, and files" {
	printf '%s\n' 'networks:' '  lan: {mode: host, subnet: 10.7.0.0/24}' \
	    'vms:' '  router: {nics: [lan]}' '  client: {nics: [lan]}' >lab.yaml
	offers 'qlab-run r' router
	offers 'qlab-run -d client ro' router
	offers 'qlab-net up l' lan
	offers 'qlab-run -f l' ''
}

@test "names with a colon: what is before it stands already" {
	local name
	read -r name _ < <(qlab-cap -DH) || skip 'nothing to capture here'
	offered "qlab-cap ${name%?}" >names
	grep -qxF "${name#*:}" names
}
