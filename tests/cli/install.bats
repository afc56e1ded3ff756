#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# install.bats - make install and uninstall

setup()
{
	top=$BATS_TEST_DIRNAME/../..
	dest=$(mktemp -d "$BATS_TMPDIR/qlab-install.XXXXXX")
	# The build under test: build/OS or build/OS-san.
	os=${QLAB_BUILD##*/}
	args=(-s -C "$top" OS="${os%-san}" DESTDIR="$dest" PREFIX=/usr)
	[ "$os" = "${os%-san}" ] || args+=(SAN=1)
	# An ordinary user in a finished checkout cannot build, nor need to.
	make -q "${args[@]}" all || [ -w "$QLAB_BUILD" ] ||
	    skip 'cannot write to the build directory'
	make "${args[@]}" install
}

teardown()
{
	rm -rf "$dest"
}

@test "every tool is installed with its man page, and runs" {
	local n=0 tool
	for tool in "$dest"/usr/bin/qlab-*; do
		run "$tool" -V
		[ "$status" = 0 ]
		[[ "$output" == "${tool##*/} "[0-9]* ]]
		[ -f "$dest/usr/share/man/man1/${tool##*/}.1" ]
		n=$((n + 1))
	done
	[ "$n" -ge 5 ]
}

@test "the dispatcher finds the installed tools" {
	PATH=/usr/bin:/bin run "$dest/usr/bin/qlab" cap -V
	[ "$status" = 0 ]
	[[ "$output" == "qlab-cap "* ]]
}

@test "the holder is out of the users' way" {
	[ -x "$dest/usr/libexec/qlab/qlab-holder" ]
	[ ! -e "$dest/usr/bin/qlab-holder" ]
}

@test "pages for the file format and the whole are there" {
	[ -f "$dest/usr/share/man/man5/qlab.yaml.5" ]
	[ -f "$dest/usr/share/man/man7/qlab.7" ]
}

@test "Wireshark finds qlab-cap" {
	[ "$(readlink "$dest/usr/lib/wireshark/extcap/qlab-cap")" = /usr/bin/qlab-cap ]
}

@test "bash finds the completion by the name of each tool" {
	local tool
	for tool in qlab qlab-cap qlab-run; do
		bash -c '. "$1" && complete -p "$2"' - \
		    "$dest/usr/share/bash-completion/completions/$tool" $tool
	done
}

@test "uninstall leaves no file, and twice is fine" {
	make "${args[@]}" uninstall
	[ -z "$(find "$dest" ! -type d)" ]
	make "${args[@]}" uninstall
}
