#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# sudo.bats - what vmnet wants of sudo, with a real one

bats_require_minimum_version 1.5.0

setup() {
	export QLAB_STATE=$BATS_TEST_TMPDIR/state
	cd "$BATS_TEST_DIRNAME/../.." || return
}

@test "VMs are started and killed by a sudo with use_pty" {
	[ "$(id -u)" = 0 ] || skip 'only root can have a sudoers of its own'
	command -v sudo >/dev/null || skip 'no sudo'
	command -v script >/dev/null || skip 'no script(1) to have a terminal'
	unshare -m true || skip 'no mount namespace'
	# On the terminal sudo then has its command in another session.
	printf '%s\n' 'Defaults use_pty, !env_reset, !secure_path' \
	    'root ALL=(ALL) NOPASSWD: ALL' >"$BATS_TEST_TMPDIR/sudoers"
	chmod 440 "$BATS_TEST_TMPDIR/sudoers"
	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -s "$PWD/tests/data/standin/qemu-system-x86_64" \
	    "$BATS_TEST_TMPDIR/bin"
	STANDIN_REAL_SUDO=1 PATH=$BATS_TEST_TMPDIR/bin:$PATH run -0 \
	    timeout 100 unshare -m sh -ec 'mount --bind "$1" /etc/sudoers
		exec script -qec "$2" /dev/null' \
	    sh "$BATS_TEST_TMPDIR/sudoers" "$QLAB_BUILD/unit/launch_test" \
	    </dev/null
}

# allows SUDOERS ARG...: does it let nobody run a program with these?
allows() {
	local sudoers=$1
	shift
	unshare -m sh -ec 'mount --bind "$1" /etc/sudoers; shift
		exec sudo -n -U nobody -l "$@"' sh "$sudoers" /bin/true "$@"
}

@test "--print-sudoers: sudo takes the rule, and for this command alone" {
	command -v visudo >/dev/null || skip 'no visudo'
	export SUDO_UID=65534
	dir=$BATS_TEST_TMPDIR/'a b,c=d:e\f"g!h#i*[j]?k%l@m+n~o^p$(q)'
	rule=$BATS_TEST_TMPDIR/rule
	mkdir "$dir"
	cd "$dir"
	truncate -s 1M "x *y.img"
	cat >lab.yaml <<-'EOF'
		networks:
		  n: {mode: shared}
		vms:
		  a:
		    nics: [n]
		    arch: x86_64
		    disks: ["x *y.img"]
		    args: [-D, "x  y", -pidfile, 'a?', -msg, '^a$']
	EOF
	run -0 --separate-stderr "$QLAB_BUILD/qlab-run" --print-sudoers \
	    --target darwin
	printf '%s\n' "$output" |
	    sed 's|NOPASSWD: [^ ]*|NOPASSWD: /bin/true|' >"$rule"
	chmod 440 "$rule"
	run -0 visudo -cf "$rule"
	[ "$(id -u)" = 0 ] || skip 'only root can have a sudoers of its own'
	unshare -m true || skip 'no mount namespace'
	run -0 --separate-stderr "$QLAB_BUILD/qlab-run" -n --target darwin
	eval "set -- $(sed -n 's/^sudo -n -- qemu-system-x86_64 //p' \
	    <<<"$output")"
	[ $# -gt 20 ]
	run -0 allows "$rule" "$@"
	run -1 allows "$rule" "$@" -monitor stdio
	run -1 allows "$rule" "${@/#x  y/x y}"
	run -1 allows "$rule" "${@/x \*y.img/x zy.img}"
}
