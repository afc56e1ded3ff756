#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# chaos.bats - a lab survives everything (scripts/chaos)

setup()
{
	[ "$(uname -s)" = Linux ] || skip 'needs Linux'
	top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	PATH=$QLAB_BUILD:$PATH:/usr/sbin:/sbin
	dir=$(mktemp -d /tmp/qlab-test.XXXXXX)
	export QLAB_STATE=$dir/state XDG_STATE_HOME=$dir/log
	cd "$dir" || return
}

teardown()
{
	[ -n "${dir:-}" ] || return 0
	qlab-ctl kill dead: lab: >/dev/null 2>&1 || true
	qlab-net down lab: >/dev/null 2>&1 || true
	cd / || return
	rm -rf "$dir"
}

@test 'nothing is left, and it starts again' {
	# By hand a new seed each time: $CHAOS_SEED repeats one, the output
	# names it.
	run "$top/scripts/chaos"
	[ "$status" -ne 77 ] || skip "${output##*cannot run here: }"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test 'every command removes what a dead lab left' {
	command -v qemu-system-x86_64 >/dev/null || skip 'no qemu-system-x86_64'
	echo 'vms: {vm: {memory: 16M, accel: tcg}}' >dead.yaml
	sed s/vm:/other:/ dead.yaml >lab.yaml
	for command in 'qlab-ctl ls' 'qlab-net ls' 'qlab-ifmap' \
	    'qlab-run --freeze -d' 'qlab-net exec dead true' \
	    'qlab-ctl --timeout=1 wait vm login' \
	    'qlab-cap if:lo --timeout 1 -w /dev/null'; do
		qlab-run -d --freeze -f dead.yaml
		runner=$(qlab-ctl -j ls | sed -n 's/.*"runner": \([0-9]*\).*/\1/p' |
		    head -n 1)
		kill -9 "$runner"
		while kill -0 "$runner" 2>/dev/null; do sleep 0.01; done
		# Looking only is not changing.
		[ "$(qlab-net -n gc)" = $'would remove VM dead:vm\nwould remove lab dead' ]
		qlab-ctl -n stop dead: || true
		[ -e state/dead ]
		# shellcheck disable=SC2086	# words
		timeout 10 $command >/dev/null 2>&1 || true
		[ ! -e state/dead ] || {
			echo "left by: $command"
			false
		}
		qlab-ctl kill lab: 2>/dev/null || true
	done
}

@test 'a start that fails leaves nothing, not even for a moment' {
	unshare -Urm true || skip 'no user namespaces'
	echo 'networks: {lan: {mode: host, subnet: 10.99.7.0/24, dhcp: off}}' \
	    >lab.yaml
	mkdir state
	# Room for the holder's file, not for the lab's.
	run unshare -Urm sh -c 'mount -t tmpfs -o size=4k,mode=700 none state
	    qlab-net --require-backend=userspace up
	    echo "status $?"
	    ls -A state'
	echo "$output"
	[[ ${lines[0]} == *"lab.json"*"No space left on device" ]]
	[ "${lines[1]}" = 'status 5' ]
	[ "${#lines[@]}" = 2 ]
}
