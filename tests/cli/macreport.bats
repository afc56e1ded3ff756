#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# macreport.bats - a Mac's report is clean, and can be read again anywhere

bats_require_minimum_version 1.5.0

setup() {
	top=$BATS_TEST_DIRNAME/../..
	data=$BATS_TEST_DIRNAME/../data/macreport
	export QLAB_STATE=$BATS_TEST_TMPDIR/none
	PATH=$QLAB_BUILD:$PATH
	cd "$BATS_TEST_TMPDIR" || return
}

@test "mac-report --replay: bytes and commands make the same map" {
	tar -C "$data" -cf report.tar qlab-mac-report
	run -0 "$top/scripts/mac-report" --replay report.tar
	map='router/net1  vmenet0  bridge100  shared  172.16.0.0/12  '
	[ "$(grep -c "^$map" <<<"$output")" = 2 ]
	[ "$(grep -c '^router/net2  vmenet1  bridge101  host ' \
	    <<<"$output")" = 2 ]
	[ "$(grep -c '^alpine/net2  vmenet2  bridge101  host ' \
	    <<<"$output")" = 2 ]
	[ "$(grep -c 'mis_network_start: network <private> has been started' \
	    <<<"$output")" = 5 ]
	[ "$(grep -c '^== ' <<<"$output")" = 7 ]
}

@test "mac-report --replay: what cannot be read is a failure" {
	cp -r "$data/qlab-mac-report" .
	echo 'qlab-rawdump 1' >qlab-mac-report/rawdump.out
	tar -cf report.tar qlab-mac-report
	run -1 "$top/scripts/mac-report" --replay report.tar
	[[ $output == *'the dump has no interfaces'* ]]
	run -2 "$top/scripts/mac-report" --replay nothing.tar
}

# is NAME TEXT: a program NAME that prints TEXT
is() {
	printf '#!/bin/sh\ncat <<"EOT"\n%s\nEOT\n' "$2" >"bin/$1"
	chmod +x "bin/$1"
}

@test "mac-report: one tar, without MACs, host and user" {
	mkdir bin
	is ifconfig '	ether 8e:1b:2c:05:a0:9b
	ether 52:54:00:12:34:56
	inet6 fe80::8c1b:2cff:fe05:a09b%vmenet0'
	is arp '? (10.0.0.2) at 8e:1b:2c:5:a0:9b on bridge100
? (224.0.0.251) at 1:0:5e:0:0:fb on en0
? (10.0.0.3) at 6:0:0:1:2:3 on bridge100'
	is hostname secretmac
	is scutil "Jo's Mac"
	is id somebody
	is netstat "from secretmac, Jo's Mac, /Users/somebody/x"
	# The dump has seen others before.
	cat >bin/qlab-ifmap <<-'EOF'
		#!/bin/sh
		case $1 in --dump-raw=*)
			printf '%s %s\n' 02:00:00:01:02:03 02:00:00:0e:00:01 \
			    8e:1b:2c:05:a0:9b 8e:1b:2c:0e:00:02 >"${1#*=}"
		esac
		echo qlab-ifmap was here
	EOF
	chmod +x bin/qlab-ifmap
	for name in qemu-system-x86_64 sleep route sw_vers ps \
	    uname; do
		is $name "$name was here"
	done
	SUDO_USER='' run -0 env -u SUDO_USER PATH="$PWD/bin:$PATH" \
	    "$top/scripts/mac-report" r.tar
	tar -xf r.tar
	cd qlab-mac-report
	[ "$(cat ifconfig.out)" = '	ether 8e:1b:2c:0e:00:02
	ether 52:54:00:12:34:56
	inet6 fe80::8c1b:2cff:fe0e:0%vmenet0' ]
	[ "$(cat arp.out)" = '? (10.0.0.2) at 8e:1b:2c:e:00:02 on bridge100
? (224.0.0.251) at 1:0:5e:0:0:fb on en0
? (10.0.0.3) at 6:0:0:e:0:3 on bridge100' ]
	[ "$(cat netstat-rn.out)" = 'from NAME, NAME, /Users/NAME/x' ]
	run -1 grep -ri 'secretmac\|somebody\|a0:9b' .
	grep -q '^arp: status 0: arp -an$' commands
	grep -q '^log-json: status ' commands
	grep -q '^rawdump: status 0: qlab-ifmap --dump-raw=macs$' commands
}

@test "qlab-ifmap --dump-raw: only a Mac's kernel is asked in this way" {
	[ "$(uname)" != Darwin ] || skip 'this is a Mac'
	run -5 --separate-stderr qlab-ifmap --dump-raw
	[ -z "$output" ]
	[[ $stderr == *'not on this system'* ]]
}
