# SPDX-License-Identifier: ISC
# expect.bash - what a command did, for all bats tests

# shellcheck disable=SC2154	# status and output come from bats
# expect STATUS TEXT: of the last run
expect()
{
	echo "status $status, output: $output" >&2
	[ "$status" -eq "$1" ] && [[ $output == *"$2"* ]]
}
