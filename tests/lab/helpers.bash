# SPDX-License-Identifier: ISC
# helpers.bash - for tests with real VMs: load it, call lab_setup in setup()
#
# Each test gets a directory ($LAB_DIR, its current one) and a state directory
# of its own, so that it sees no other labs; lab_teardown in teardown() ends
# whatever the test left running.

load ../expect

# lab_setup: skips where a lab cannot run
lab_setup()
{
	local top
	top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	GUEST=$top/build/guest
	[ "$(uname -s)" = Linux ] || skip 'needs Linux'
	command -v qemu-system-x86_64 >/dev/null || skip 'no qemu-system-x86_64'
	[ -e "$GUEST/info" ] || skip 'no demo guest: run scripts/guest/build'
	PATH=$QLAB_BUILD:$top/tools:$PATH:/usr/sbin:/sbin
	# Short: socket paths have no more than 104 bytes.
	LAB_DIR=$(mktemp -d /tmp/qlab-test.XXXXXX)
	export QLAB_STATE=$LAB_DIR/state XDG_STATE_HOME=$LAB_DIR/log
	cd "$LAB_DIR" || return
}

lab_teardown()
{
	local lab
	[ -n "${LAB_DIR:-}" ] || return 0
	for lab in "$QLAB_STATE"/*/; do
		[ -d "$lab" ] || continue
		lab=$(basename "$lab")
		qlab-ctl kill "$lab:" >/dev/null 2>&1 || true
		qlab-net down "$lab:" >/dev/null 2>&1 || true
	done
	cd / || return
	rm -rf "$LAB_DIR"
}

# guest_vm NAME NICS [WORDS-FOR-THE-GUEST]: a VM of a lab file, indented to
# stand under "vms:"; it is ready at its login prompt
guest_vm()
{
	cat <<-EOT
	  $1:
	    nics: [$2]
	    memory: 96M
	    accel: tcg
	    kernel: $GUEST/vmlinuz
	    initrd: $GUEST/initrd.gz
	    append: console=ttyS0 quiet cryptomgr.notests qlab.name=$1 ${3:-qlab.role=plain}
	    ready: {console: "login:"}
	EOT
}

# console_log LAB VM: the path of what the VM said so far
console_log()
{
	echo "$XDG_STATE_HOME/qlab/$1/$2.console.log"
}

# until_true SECONDS COMMAND...: wait until the command says yes
until_true()
{
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# on_guest VM COMMAND: run it in a shell on the VM's console (logging in when
# needed) and print what it says; its status is ours.  The VM must have come
# to its login prompt.
on_guest()
{
	local vm=$1 mark=$RANDOM$RANDOM out status
	out=$LAB_DIR/on_guest.$mark
	# What is typed is echoed, so it is spelled unlike the answer.
	printf '%s\n' "echo '['$mark'<]'; $2; echo '['$mark':'\$?]" >"$out.in"
	mkfifo "$out.keys"
	qlab-ctl --timeout=60 console "$vm" <"$out.keys" >"$out" \
	    2>"$out.err" &
	exec 8>"$out.keys"
	echo >&8
	# Nothing said yet, a login prompt or the shell's?
	until_true 20 grep -aqE '(login:|# )' "$out"
	if ! tail -c 40 "$out" | grep -aq '# '; then
		echo root >&8
		until_true 20 eval "tail -c 40 '$out' | grep -aq '# '"
	fi
	cat "$out.in" >&8
	until_true 60 grep -aqE "^.?\[$mark:[0-9]+\]" "$out"
	exec 8>&-
	kill $! 2>/dev/null || true
	tr -d '\r' <"$out" | sed -n "/^\[$mark<\]/,/^\[$mark:/p" | sed '1d;$d'
	status=$(tr -d '\r' <"$out" | sed -n "s/^\[$mark:\([0-9]*\)\].*/\1/p")
	return "${status:-255}"
}
