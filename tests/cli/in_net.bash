# SPDX-License-Identifier: ISC
# in_net.bash - for tests that make up labs in a network namespace: load it

# run sets $output.
# shellcheck disable=SC2154

# Built without the system's own parts?
supported() {
	[[ $("$QLAB_BUILD/qlab-cap" --via=ring -w /none/x if:lo 2>&1) != \
	    *"via ring"* ]] ||
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

# in_net SCRIPT [FILE]: run it, after FILE, in a network namespace of its own;
# ifmap.bash makes up labs there
in_net() {
	local how=(timeout 30 unshare -n) file=${2:-ifmap.bash}
	supported
	# Not as its root, which tcpdump cannot do with.
	[ "$(id -u)" = 0 ] ||
	    how=(timeout 30 unshare -U --map-current-user --keep-caps -n)
	# As alone().
	"${how[@]}" -pf --kill-child --mount-proc true 2>/dev/null &&
	    how+=(-pf --kill-child --mount-proc)
	"${how[@]}" sh -c 'ip link add name x type bridge &&
	    ip link add name y type veth' 2>/dev/null ||
	    skip 'cannot make a network namespace with a bridge here'
	QLAB_BUILD=$QLAB_BUILD run "${how[@]}" \
	    bash -c ". '$BATS_TEST_DIRNAME/$file'; $1"
	echo "$output"
}
