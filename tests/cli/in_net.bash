# SPDX-License-Identifier: ISC
# in_net.bash - for tests that make up labs in a network namespace: load it

# run sets $output.
# shellcheck disable=SC2154

# Built without the system's own parts?
supported() {
	[[ $("$QLAB_BUILD/qlab-cap" if:lo '(' 2>&1) != *"not supported"* ]] ||
	    skip 'capturing is not supported here'
}

# alone COMMAND...: where no QEMU of others is seen, as far as a /proc of one's
# own can be had (containers may refuse it)
alone() {
	local how=(unshare -pf --mount-proc)
	[ "$(id -u)" = 0 ] ||
	    how=(unshare -U --map-current-user --keep-caps -pf --mount-proc)
	"${how[@]}" true 2>/dev/null || how=()
	"${how[@]}" "$@"
}

# in_net SCRIPT: run it where labs can be made up, see ifmap.bash
in_net() {
	local how=(timeout 30 unshare -n)
	supported
	# Not as its root, which tcpdump cannot do with.
	[ "$(id -u)" = 0 ] ||
	    how=(timeout 30 unshare -U --map-current-user --keep-caps -n)
	# As alone().
	"${how[@]}" -pf --mount-proc true 2>/dev/null &&
	    how+=(-pf --mount-proc)
	"${how[@]}" ip link add name x type bridge 2>/dev/null ||
	    skip 'cannot make a network namespace with a bridge here'
	QLAB_BUILD=$QLAB_BUILD run "${how[@]}" \
	    bash -c ". '$BATS_TEST_DIRNAME/ifmap.bash'; $1"
	echo "$output"
}
