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
	[[ $output == *"routeros.yaml:34: warning: disk 'alpine.qcow2'"* ]]
	run -2 "$QLAB_BUILD/qlab-run" --check -f routeros.yaml alpine \
	    alpine-install
	[[ $output == *"routeros.yaml:34: error: disk 'alpine.qcow2'"* ]]
	run -2 "$QLAB_BUILD/qlab-run" -n -f routeros.yaml
	[[ $output == *"routeros.yaml:34: error: disk 'alpine.qcow2'"* ]]
}
