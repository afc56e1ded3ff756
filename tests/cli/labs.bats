#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# labs.bats - the example labs pass the lint once their images are there

bats_require_minimum_version 1.5.0

setup() {
	labs=$BATS_TEST_DIRNAME/../../scripts/labs
	export QLAB_STATE=$BATS_TEST_TMPDIR/state
	cd "$BATS_TEST_TMPDIR" || return
}

@test "routeros.yaml: the router with the client" {
	cp "$labs/routeros.yaml" .
	truncate -s 1M chr-7.18.2.img alpine-standard-3.21.2-x86_64.iso
	command -v qemu-system-x86_64 && command -v qemu-img || skip "no QEMU"
	run -0 "$QLAB_BUILD/qlab-run" --check -f routeros.yaml router alpine
	[ -z "$output" ]
	run -0 "$QLAB_BUILD/qlab-run" --check -f routeros.yaml alpine-install
	[ -z "$output" ]
}

@test "routeros.yaml: not the client while it is being installed" {
	cp "$labs/routeros.yaml" .
	truncate -s 1M chr-7.18.2.img alpine-standard-3.21.2-x86_64.iso
	run -0 "$QLAB_BUILD/qlab-run" --check -f routeros.yaml
	[[ $output == *"routeros.yaml:35: warning: disk 'alpine.qcow2'"* ]]
	run -2 "$QLAB_BUILD/qlab-run" --check -f routeros.yaml alpine \
	    alpine-install
	[[ $output == *"routeros.yaml:35: error: disk 'alpine.qcow2'"* ]]
	run -2 "$QLAB_BUILD/qlab-run" -n -f routeros.yaml
	[[ $output == *"routeros.yaml:35: error: disk 'alpine.qcow2'"* ]]
}

# said REGEX...: each is in $output
said() {
	local re
	for re; do
		[[ $output =~ $re ]] || {
			echo "no '$re' in: $output"
			return 1
		}
	done
}

@test "routeros.yaml: on a Mac" {
	# That it is what one typed by hand, maclab_test.c says.
	cp "$labs/routeros.yaml" .
	run -0 "$QLAB_BUILD/qlab-run" -n --target darwin -f routeros.yaml router
	[[ $(grep -c -- '-netdev' <<<"$output") = 1 ]]
	said '^#' 'sudo -n -- qemu-system-x86_64 '
	run -0 "$QLAB_BUILD/qlab-run" -n --target darwin -f routeros.yaml \
	    alpine-install
	said '-netdev user,' '-vga std'
	[[ $output != *sudo* && $output != *vmnet-* ]]
	run -2 "$QLAB_BUILD/qlab-run" --target darwin -f routeros.yaml router
	run -2 "$QLAB_BUILD/qlab-run" -n --target plan9 -f routeros.yaml router
}

@test "--target: a Mac with this processor or the other" {
	printf 'vms:\n  a: {arch: %s}\n' x86_64 >x.yaml
	printf 'vms:\n  a: {arch: %s}\n' aarch64 >a.yaml
	accel() {
		run -0 "$QLAB_BUILD/qlab-run" -n --target "$1" -f "$2.yaml"
		said "-accel $3( |\$)"
	}
	accel darwin/arm64 x tcg
	accel darwin/arm64 a hvf
	accel darwin/x86_64 x hvf
	accel darwin/x86_64 a tcg
	accel linux/arm64 a kvm
	accel linux/arm64 x tcg
	accel linux/x86_64 x kvm
	run -2 --separate-stderr "$QLAB_BUILD/qlab-run" -n \
	    --target darwin/ppc -f x.yaml
	[[ ${stderr_lines[0]} == *"processor 'ppc' is not arm64 or x86_64" ]]
	# Another machine, though the same system.
	run -2 "$QLAB_BUILD/qlab-run" --target linux/arm64 -f a.yaml
}

@test "routeros.yaml: a rule for sudo that allows these commands alone" {
	cp "$labs/routeros.yaml" .
	SUDO_UID=65534 run -0 "$QLAB_BUILD/qlab-run" --print-sudoers \
	    --target darwin -f routeros.yaml router alpine-install
	[[ $(grep -cv '^#' <<<"$output") = 1 ]]
	said 'ALL=\(root\) NOPASSWD: /[a-z/]+/bin/qemu-system-x86_64 -name router ' \
	    'vmnet-shared\\,id\\=wan\\,start-address\\=172'
	run -2 "$QLAB_BUILD/qlab-run" --print-sudoers -f routeros.yaml router
	# A line's end makes no second rule.
	SUDO_UID=65534 run -0 "$QLAB_BUILD/qlab-run" --print-sudoers \
	    --target darwin/arm64 -f routeros.yaml router -- \
	    -D $'x\n%wheel ALL=(ALL) NOPASSWD: ALL\\'
	[[ $(grep -cv '^#' <<<"$output") = 1 ]]
	said ' -D x\?%wheel\\ ALL\\=\(ALL\)\\ NOPASSWD\\:\\ ALL\\\\\\\\ ' \
	    'NOPASSWD: /opt/homebrew/bin/qemu-system-'
}

@test "vmnet's constraints are refused with their line" {
	wrong() {
		printf 'networks:\n  n: {%s}\nvms:\n  a: {nics: [n]}\n' "$1" \
		    >l.yaml
		run -2 "$QLAB_BUILD/qlab-run" --check --target darwin -f l.yaml
		[[ $output == *"l.yaml:2: error: "*"$2"* ]]
	}
	wrong 'mode: shared, subnet: 100.64.0.0/24' 'which vmnet wants'
	wrong 'mode: shared, uuid: 154780B0-F499-4968-9B20-E58C02FDF5FB' uuid
	wrong 'mode: host, dhcp: off, uuid: xyz' 'is not a UUID'
	wrong 'mode: host, dhcp: off, uuid: 00000000-0000-0000-0000-000000000000' \
	    'is not a UUID'
	wrong 'mode: host, uuid: 154780B0-F499-4968-9B20-E58C02FDF5FB' \
	    "needs 'dhcp: off'"
	wrong 'mode: bridged' 'has no uplink'
	wrong 'mode: bridged, uplink: vlan1' VLAN
	wrong 'mode: shared, dhcp: off' 'always serves DHCP'
	printf 'vms:\n  a: {kernel: k}\n' >l.yaml
	run -2 "$QLAB_BUILD/qlab-run" -n --target darwin -f l.yaml -- \
	    -netdev vmnet-host,id=x,net-uuid=5
	[[ $output == *"net-uuid: '5' is no UUID"* ]]
	run -0 "$QLAB_BUILD/qlab-run" -n --target darwin -f l.yaml -- \
	    -netdev vmnet-host,id=x
	[[ $output == *'sudo -n -- '* ]]
}

@test "an uplink that this machine has not is refused with its line" {
	printf 'networks:\n  n: {mode: bridged, uplink: nope0}\nvms:\n%s\n' \
	    '  a: {nics: [n]}' >l.yaml
	[ "$(uname)" = Darwin ] && other=linux || other=darwin
	run -0 "$QLAB_BUILD/qlab-run" --check --target "$other" --host-net \
	    -f l.yaml
	[ -z "$output" ]
	case $QLAB_BUILD in
	*/stub) skip 'no interfaces without the system parts' ;;
	esac
	run -2 "$QLAB_BUILD/qlab-run" --check --host-net -f l.yaml
	[ "$output" = "l.yaml:2: error: uplink 'nope0': this machine has no \
such interface" ]
	printf 'networks:\n  n: {mode: bridged, uplink: lo}\nvms:\n%s\n' \
	    '  a: {nics: [n]}' >l.yaml
	run "$QLAB_BUILD/qlab-run" --check --host-net -f l.yaml
	[[ $output != *interface* ]]
}
