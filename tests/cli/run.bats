#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# run.bats - qlab-run where nothing is started

setup()
{
	load ../expect
	PATH=$QLAB_BUILD:$PATH
	cd "$BATS_TEST_TMPDIR" || return
	export QLAB_STATE=$BATS_TEST_TMPDIR/state
	export XDG_STATE_HOME=$BATS_TEST_TMPDIR/log
	unset QEMU_MODULE_DIR
}

need_qemu()
{
	command -v qemu-system-x86_64 >/dev/null || skip 'no QEMU'
	command -v qemu-img >/dev/null || skip 'no qemu-img'
	case $QLAB_BUILD in
	*/stub) skip 'no networks without the system parts' ;;
	esac
}

lab_file()
{
	truncate -s 1M base.img plain.img vmlinuz initrd.gz cd.iso
	cat >lab.yaml <<-'EOT'
	lab: demo
	networks:
	  wan: {mode: shared, subnet: 172.16.0.0/12}
	  lan: {mode: host, subnet: 192.168.2.0/24, dhcp: off}
	vms:
	  router:
	    disks: [{file: router.qcow2, base: base.img}, plain.img]
	    nics: [wan, {net: lan, mac: "02:00:00:00:00:01"}]
	    memory: 512M
	    accel: tcg
	  client:
	    nics: [lan, {mode: user}]
	    forward: ["tcp:127.0.0.1:2222:22"]
	    accel: tcg
	    kernel: vmlinuz
	    initrd: initrd.gz
	    append: console=ttyS0 it's "quoted"
	EOT
}

# words: the words that a shell makes of the last line of the output, a line
# each
words()
{
	eval "printf '%s\n' ${lines[-1]}"
}

# has WORD...: do they stand in a row in the command?
has()
{
	local want
	want=$(printf '%s\n' "$@")
	[[ $'\n'$(words)$'\n' == *$'\n'"$want"$'\n'* ]] || {
		echo "not there: $*" >&2
		words >&2
		return 1
	}
}

# nothing_changed: neither state, logs nor disks
nothing_changed()
{
	[ ! -e "$QLAB_STATE" ] && [ ! -e "$XDG_STATE_HOME" ] &&
	    [ ! -e router.qcow2 ] && [ ! -e new.qcow2 ]
}

@test 'help and version' {
	run qlab-run -h
	expect 0 'usage: qlab-run [-dn'
	run qlab-run -V
	expect 0 'qlab-run 0.'
}

@test '-n: the bridges, the taps and the exact command' {
	need_qemu
	lab_file
	run qlab-run -n router
	[ "$status" -eq 0 ]
	expect 0 "# bridge 'wan' with 172.16.0.1/12"
	expect 0 "# bridge 'lan' in the lab's own network namespace"
	expect 0 'DHCP and DNS on'
	expect 0 'nft: masquerade 172.16.0.0/12'
	expect 0 "# new overlay 'router.qcow2' on 'base.img'"
	expect 0 "# fd=3: a new tap on bridge 'wan' for router/wan"
	expect 0 "# fd=4: a new tap on bridge 'lan' for router/lan"
	# All but the command is a comment, and the command is one line.
	[ "$(grep -vc '^#' <<<"$output")" = 1 ]
	[ "$(words | head -n 1)" = qemu-system-x86_64 ]
	has -nodefaults
	has -m 512
	[[ $(words) == *mac=02:00:00:00:00:01* ]]
	[[ $(words) == *fd=3* ]] && [[ $(words) == *fd=4* ]]
	[[ $(words) == *router.qcow2* ]] && [[ $(words) == *plain.img* ]]
	[[ $(words) == *"$QLAB_STATE/demo/router/qemu-qmp.sock"* ]]
	nothing_changed
}

@test '-n: all VMs, quoted so that a shell gives the words back' {
	need_qemu
	lab_file
	run qlab-run -n
	[ "$status" -eq 0 ]
	[ "$(grep -vc '^#' <<<"$output")" = 2 ]
	[[ $output == *"fd=3: a new tap on bridge 'lan' for client/lan"* ]]
	has -append 'console=ttyS0 it'"'"'s "quoted"'
	[[ $(words) == *hostfwd=tcp:127.0.0.1:2222-:22* ]]
	# A shell agrees.
	mkdir fake
	printf '#!/bin/sh\nprintf "%%s\\n" "$@"\n' >fake/qemu-system-x86_64
	chmod 755 fake/qemu-system-x86_64
	qlab-run -n client >command.sh
	PATH=$PWD/fake:$PATH run sh command.sh
	expect 0 $'-append\nconsole=ttyS0 it\'s "quoted"\n'
	nothing_changed
}

@test '-n: --snapshot, --freeze, arguments after --' {
	need_qemu
	lab_file
	run qlab-run -n client
	[ "$status" -eq 0 ]
	[[ $(words) != *-snapshot* ]]
	run bash -c 'qlab-run -n --snapshot --freeze client -- -smbios "a b" \
	    -- x'
	[ "$status" -eq 0 ]
	has -snapshot
	has -S
	has -smbios 'a b' -- x
	run qlab-run -dn --wait=5 client
	[ "$status" -eq 0 ]
	nothing_changed
}

@test '-n: a VM described by flags alone' {
	need_qemu
	truncate -s 1M my-disk.v1.img vmlinuz initrd.gz cd.iso base.img
	run qlab-run -n --disk my-disk.v1.img --disk new.qcow2,create=16M \
	    --disk o.qcow2,base=base.img \
	    --nic shared --nic host:192.168.2.0/24,dhcp=off,model=e1000 \
	    --nic user --forward udp:127.0.0.1:5353:53 \
	    --memory 1G --cpus 2 --cdrom cd.iso --boot once=d \
	    --kernel vmlinuz --initrd initrd.gz --append 'a b' \
	    --arch amd64 --machine q35 --accel tcg --cpu max \
	    --display none --ready lease --ready tcp:22 \
	    --ready 'console:login:'
	[ "$status" -eq 0 ]
	expect 0 '10.77.0.1/24'
	expect 0 "# new disk 'new.qcow2' of 16777216 bytes"
	expect 0 "# new overlay 'o.qcow2' on 'base.img'"
	has -m 1024
	has -smp cpus=2
	has -kernel vmlinuz
	has -append 'a b'
	has -cpu max
	has -boot once=d
	[[ $(words) == *q35* ]] && [[ $(words) == *e1000* ]]
	[[ $(words) == *hostfwd=udp:127.0.0.1:5353-:53* ]]
	# Named like its first disk, in the lab "adhoc".
	[[ $(words) == *"$QLAB_STATE/adhoc/my-disk/qemu-qmp.sock"* ]]
	has -name my-disk
	nothing_changed
	run qlab-run -n --lab other --accel tcg --kernel vmlinuz box
	[[ $(words) == *"$QLAB_STATE/other/box/"* ]]
}

@test '-n: flags override the file for one VM' {
	need_qemu
	lab_file
	run qlab-run -n --memory 1G --disk plain.img --nic user router
	[ "$status" -eq 0 ]
	has -m 1024
	[[ $(words) != *router.qcow2* ]]
	[[ $(words) != *fd=3* ]]
	[[ $output != *bridge* ]]
	run qlab-run -n --memory 1G
	expect 2 'flags beside a lab file are for one VM'
	run qlab-run -n --memory 1G router client
	expect 2 'flags beside a lab file are for one VM'
	# A lab of its own beside the file.
	run qlab-run -n --lab x --kernel vmlinuz --accel tcg
	[[ $(words) == *"$QLAB_STATE/x/vm/"* ]]
	run qlab-run -n --lab x
	expect 2 '--lab is for a lab without a file'
}

@test '-f: paths are relative to the file' {
	need_qemu
	mkdir sub
	cd sub || return
	lab_file
	cd ..
	run qlab-run -n -f sub/lab.yaml router
	[ "$status" -eq 0 ]
	[[ $(words) == *sub/plain.img* ]]
	expect 0 "new overlay 'sub/router.qcow2'"
	# Those of flags to where they were typed.
	truncate -s 1M here.img
	run qlab-run -n -f sub/lab.yaml --disk here.img router
	[ "$status" -eq 0 ]
	[[ $(words) == *"$PWD/here.img"* ]]
	run qlab-run -n
	expect 2 "no lab file './lab.yaml' here"
}

@test '--check: a lab' {
	need_qemu
	lab_file
	run qlab-run --check
	[ "$status" -eq 0 ]
	# Networks alone are a lab, too, just not one to run.
	echo 'networks: {a: {mode: host, subnet: 10.1.2.0/24}}' >nets.yaml
	run qlab-run --check nets.yaml
	[ "$status" -eq 0 ] && [ -z "$output" ]
	run qlab-run -nf nets.yaml
	expect 2 "'nets.yaml' has no VMs"
	sed -i s/2.0/2.1/ nets.yaml
	run qlab-run --check nets.yaml
	expect 2 'nets.yaml:1: error: '
	run qlab-run --check router
	[ "$status" -eq 0 ]
	run qlab-run --check lab.yaml
	[ "$status" -eq 0 ]
	sed -i 's,192.168.2.0/24,172.16.1.0/24,' lab.yaml
	run bash -c 'qlab-run --check 2>/dev/null'
	expect 2 'lab.yaml:4: error: '
	expect 2 overlap
	run qlab-run --check -f ./lab.yaml client
	expect 2 './lab.yaml:4: error: '
	# Nothing of it starts, with or without -n.
	run qlab-run -n
	expect 2 overlap
	run qlab-run -d
	expect 2 overlap
	nothing_changed
}

@test '--check: a file that is no lab' {
	lab_file
	echo 'vmz: {}' >wrong.yaml
	run bash -c 'qlab-run --check wrong.yaml 2>/dev/null'
	expect 2 "wrong.yaml:1: error: unknown key 'vmz'"
	run qlab-run --check -f wrong.yaml
	expect 2 "wrong.yaml:1: error: "
	run qlab-run --check nothing-here.sh
	expect 3 "no VM 'nothing-here.sh' in lab.yaml"
	run qlab-run --check .
	[ "$status" -eq 5 ]
	printf 'a\0b\n' >bytes
	run qlab-run --check bytes
	expect 2 'bytes:1: error: NUL byte'
	nothing_changed
}

@test '--check: QEMU command lines' {
	need_qemu
	run bash -c 'qlab-run --check -- qemu-system-x86_64 -netdev \
	    user,id=a -device e1000,netdev=b 2>/dev/null'
	expect 2 "error: "
	expect 2 "'b'"
	expect 2 "(at 'e1000,netdev=b')"
	printf '#!/bin/sh\n\nexec qemu-system-x86_64 \\\n -netdev %s\n' \
	    'user,id=a -device e1000,netdev=b' >start.sh
	run qlab-run --check start.sh
	expect 2 'start.sh:3: error: '
	run bash -c 'qlab-run --check - <start.sh'
	expect 2 '(standard input):3: error: '
	run bash -c 'qlab-run --check -- qemu-system-x86_64 -m 64 -nic none'
	[ "$status" -eq 0 ]
	# For a Mac: what QEMU this machine has does not matter.
	run qlab-run --check -- sudo qemu-system-x86_64 -netdev \
	    vmnet-host,id=a -device e1000,netdev=a,mac=02:00:00:00:00:01
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run bash -c 'echo ls | qlab-run --check -'
	expect 2 'no QEMU command line on standard input'
	run qlab-run --check -- ls -l
	[ "$status" -eq 2 ]
	run bash -c 'qlab-run --check - </dev/null'
	expect 2 'no QEMU command line'
	nothing_changed
}

@test '--check goes where it is asked to, into a closed pipe or a full disk' {
	lab_file
	echo 'vmz: {}' >wrong.yaml
	run bash -c 'qlab-run -h >/dev/full'
	expect 5 'cannot write output: No space left on device'
	run bash -c 'set -o pipefail; qlab-run -h | true'
	[ "$status" -eq 0 ]
}

@test '--reset' {
	need_qemu
	lab_file
	run qlab-run --reset router client
	expect 2 "--reset starts nothing: leave 'client' out"
	run qlab-run --reset client
	expect 2 "'client' has no overlay: none of its disks has a base"
	run qlab-run --reset nobody
	expect 3 "no VM 'nobody' in lab.yaml (there are: router client)"
	qemu-img create -q -f qcow2 -b base.img -F raw router.qcow2
	qemu-io -c 'write -P 7 0 64k' router.qcow2
	run qlab-run --reset router
	expect 0 'router: 1 overlay put back'
	[ "$(qemu-img map --output=json router.qcow2 |
	    grep -c '"depth": 0.*"data": true')" = 0 ]
	# Made when it is not there.
	rm router.qcow2
	run qlab-run --reset router
	expect 0 'router: 1 overlay put back'
	# No lab's directory stays.
	[ -z "$(ls "$QLAB_STATE")" ]
	rm base.img
	run qlab-run --reset router
	expect 5 base.img
	[ -e router.qcow2 ]
}

# What is wrong, the status, part of the message, then the command's words.
wrong()
{
	local status_wanted=$1 says=$2
	shift 2
	run qlab-run "$@"
	echo "\$ qlab-run $*" >&2
	expect "$status_wanted" "$says"
}

@test 'wrong command lines' {
	lab_file
	wrong 2 "unknown option '-x'" -x
	wrong 2 "unknown option '--frozen'" --frozen
	wrong 2 "option '-f' needs an argument" -f
	wrong 2 "option '--disk' needs an argument" --disk
	wrong 2 "unknown option '--snapshot=yes'" --snapshot=yes
	wrong 2 "--wait takes seconds, not 'soon'" --wait=soon
	wrong 2 "--wait takes seconds, not '-1'" --wait=-1
	wrong 2 "--wait takes seconds, not ''" --wait=
	wrong 2 "--wait takes seconds, not '1e99'" --wait=1e99
	wrong 3 "no VM 'ruter' in lab.yaml (near: router)" -n ruter
	wrong 3 "no VM 'firewall' in lab.yaml (there are: router client)" \
	    firewall
	wrong 3 "cannot open lab file 'no.yaml'" -f no.yaml
	wrong 2 "'hots' is neither a network of the lab nor a mode" -n \
	    --nic hots router
	wrong 2 'near: lan' -n --nic lna router
	wrong 2 "'dhcp' is for a network that is made here" -n \
	    --nic lan,dhcp=on router
	wrong 2 '--nic: a user network has no subnet' -n --nic user:10.0.0.0/8 \
	    router
	wrong 2 "'192.168.2.0' is no subnet like" -n --nic host:192.168.2.0 \
	    router
	wrong 2 "'1:2' is no MAC address" -n --nic lan,mac=1:2 router
	wrong 2 "--disk: unknown or empty 'format'" -n --disk a,format=raw \
	    router
	wrong 2 "--memory: " -n --memory lots router
	wrong 2 "--cpus: '0' is not a number from 1 to 1024" -n --cpus 0 router
	wrong 2 "accel 'warp' is not auto" -n --accel warp router
	wrong 2 "arch '../sh' is not a plain word" -n --arch ../sh router
	wrong 2 "--forward: forward '22' is not PROTO" -n --forward 22 router
	wrong 2 "--ready: 'soon' is none of" -n --ready soon router
	wrong 2 "--ready: console pattern '(': " -n --ready 'console:(' router
	wrong 2 '--kernel wants a value' -n --kernel '' router
	rm lab.yaml
	wrong 2 "no lab file './lab.yaml' here: name one with -f" router
	wrong 2 "no lab file './lab.yaml' here" --lab x router
	: >my.yaml
	wrong 2 "no lab file './lab.yaml' here: name 'my.yaml' with -f" my.yaml
	wrong 2 "there is neither a file 'no.sh' nor a lab file" --check no.sh
	echo 'vms: {a: {}}' >lab.yaml
	wrong 2 "'my.yaml' is a file, not a VM" my.yaml
	rm lab.yaml my.yaml
	wrong 2 'flags describe one VM, not 2' --memory 64 a b
	wrong 2 "VM 'a/b' has a character" --memory 64 a/b
	wrong 2 "VM 'net' is reserved" --memory 64 net
	wrong 2 "--lab: '../x' " --lab ../x --memory 64
	nothing_changed
}

# wrong_lab LINE SAYS: the lab on standard input is refused, at that line
wrong_lab()
{
	cat >lab.yaml
	run qlab-run -d
	cat lab.yaml >&2
	expect 2 "lab.yaml:$1: error: "
	expect 2 "$2"
}

@test 'wrong lab files' {
	need_qemu
	truncate -s 1M a.img
	wrong_lab 1 'empty' <<<''
	wrong_lab 1 'neither networks nor vms' <<<'lab: x'
	wrong_lab 1 "unknown key 'vmz'" <<<'vmz: {}'
	wrong_lab 1 'tab in the indentation' <<<$'\tvms: {}'
	wrong_lab 1 "anchor 'x'" <<<'vms: &x {}'
	wrong_lab 1 "name 'a/b' has a character" <<<'vms: {a/b: {}}'
	wrong_lab 1 'bridge' <<<'networks: {n: {mode: bridge}}'
	wrong_lab 1 "1.2.3.0" \
	    <<<'networks: {n: {mode: host, subnet: 1.2.3.0}}'
	wrong_lab 1 'host bits' \
	    <<<'networks: {n: {mode: host, subnet: 10.0.0.1/24}, m: {mode: host}}
vms: {v: {nics: [n], kernel: a.img}}'
	wrong_lab 1 'not defined' <<<'vms: {v: {nics: [lan], kernel: a.img}}'
	wrong_lab 1 'none.img' <<<'vms: {v: {disks: [none.img]}}'
	wrong_lab 2 'a.img' <<<'vms: {v: {disks: [a.img]},
  w: {disks: [a.img]}}'
	wrong_lab 1 'multicast' <<<'vms: {v: {kernel: a.img, nics: [{mode: user, mac: "01:00:00:00:00:01"}]}}'
	wrong_lab 1 'forward' \
	    <<<'vms: {v: {kernel: a.img, forward: ["tcp:127.0.0.1:1:1"]}}'
	wrong_lab 1 'uplink' <<<'networks: {n: {mode: bridged}}
vms: {v: {kernel: a.img, nics: [n]}}'
	wrong_lab 1 'gateway' <<<'networks: {n: {mode: host, subnet: 10.0.0.0/24, gateway: 10.0.1.1}}
vms: {v: {kernel: a.img, nics: [n]}}'
	wrong_lab 1 'range' <<<'networks: {n: {mode: host, subnet: 10.0.0.0/24, range: 10.0.0.9-10.0.0.2}}
vms: {v: {kernel: a.img, nics: [n]}}'
	wrong_lab 1 "its bridge's name can have 15" <<<'networks: {a-name-too-long-for-linux: {mode: host}}
vms: {v: {kernel: a.img, nics: [a-name-too-long-for-linux]}}'
	[ ! -e "$QLAB_STATE" ]
}

@test 'a lab file that cannot be read' {
	mkdir lab.yaml
	run qlab-run -n
	[ "$status" -eq 5 ]
	rmdir lab.yaml
	truncate -s 2M lab.yaml
	run qlab-run -n
	expect 2 'more than 1048576 bytes'
	printf 'vms:\n  \033[2Ja: {}\n' >lab.yaml
	run qlab-run -n
	expect 2 'control character U+001B'
	[[ $output != *$'\033'* ]]
}

@test 'state directories that are not ours' {
	need_qemu
	lab_file
	ln -s /tmp state
	run qlab-run -n client
	expect 4 'is not a private directory of ours'
	run qlab-run -d client
	expect 4 'is not a private directory of ours'
	rm state
	mkdir -m 755 state
	run qlab-run -d client
	expect 4 'mode 0755'
	QLAB_STATE=state run qlab-run -n client
	expect 2 'must be a short absolute path'
	QLAB_STATE=$PWD/$(printf '%090d' 0) run qlab-run -d client
	expect 2 'socket path is'
}
