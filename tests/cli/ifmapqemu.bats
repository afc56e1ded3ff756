#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# ifmapqemu.bats - qlab-ifmap on QEMUs that were started by hand, as in a blog

# The scripts in single quotes run elsewhere; run sets $stderr.
# shellcheck disable=SC2016,SC2154,SC2089,SC2090

bats_require_minimum_version 1.5.0

load in_net

setup() {
	export QLAB_STATE=$BATS_TEST_TMPDIR/state
	command -v qemu-system-x86_64 >/dev/null ||
	    skip 'no qemu-system-x86_64'
	if ! [ -r /dev/net/tun ] || ! [ -w /dev/net/tun ]; then
		skip 'no rights to /dev/net/tun'
	fi
}

# What each script begins with: bridges br0 (with an address) and br1, taps t0
# to t3 on br0, br0, br1, and none; qemu ARGS starts a frozen one, and waits
# until it has all it wants.
prelude='
for b in br0 br1; do
	ip link add $b type bridge forward_delay 0
	ip link set $b up
done
ip addr add 10.9.0.1/24 dev br0
for t in t0=br0 t1=br0 t2=br1 t3; do
	ip tuntap add ${t%=*} mode tap
	[ $t = t3 ] || ip link set ${t%=*} master ${t#*=}
	ip link set ${t%=*} up
done
qemu() {
	local taps
	taps=$(echo "$@" | grep -o ifname= | wc -l)
	qemu-system-x86_64 -S -display none -nodefaults -m 16 -monitor none \
	    -serial none -pidfile up "$@" 8>&- 2>>qemu.err &
	sleepers="$sleepers $!"
	# It is there before its taps are.
	until [ -s up ] && [ "$(cat /proc/$!/fdinfo/* 2>/dev/null |
	    grep -c ^iff:)" = "$taps" ]; do kill -0 $! || exit 1; done
	rm up
}
tap() { echo "tap,id=$1,ifname=$2,script=no,downscript=no"; }
'

# in_blog SCRIPT
in_blog() {
	in_net "$prelude$1"
}

@test "ifmap: QEMUs as in a blog, each NIC with two pieces of evidence" {
	in_blog 'qemu -name router -netdev $(tap wan t0) \
	    -device e1000,netdev=wan -netdev $(tap lan t2) \
	    -device virtio-net-pci,netdev=lan -netdev user,id=out \
	    -device e1000,netdev=out
	qemu -netdev $(tap net0 t3) -device e1000,netdev=net0
	pid=${sleepers##* }
	# Where packets are forwarded there may be NAT as well.
	qlab-ifmap | sed "s/$pid/PID/; s/br0  *shared?/br0 host/" | tr -s " "
	qlab-ifmap -v router/lan | tail -n +4 | tr -s " "
	for name in router/wan t2 qemu-$pid net:br1 br0 pid:$pid; do
		qlab-ifmap -q $name | sed "s/$pid/PID/"
	done'
	[ "$output" = "\
VM/NIC IF BRIDGE MODE SUBNET IP
router/wan t0 br0 host 10.9.0.0/24 -
router/lan t2 br1 host - -
router/out - - user - -
qemu-PID/net0 t3 - - - -
- t1 br0 host 10.9.0.0/24 -
VM/NIC ABOUT VALUE SOURCE CONFIDENCE
router/lan if t2 argv medium
router/lan if t2 fd high
router/lan bridge br1 master high
router/lan mode host master high
t0
router/lan
t3
br1
net:br0
t3" ]
}

# Until a driver has told it otherwise, the card takes anything.
@test "ifmap: QEMU tells MACs and filters of cards, of both if it can" {
	in_blog 'qemu -name a -netdev $(tap n t0) \
	    -device virtio-net-pci,netdev=n,mac=52:54:00:00:00:07 \
	    -netdev $(tap k t2) -device e1000,netdev=k \
	    -qmp unix:qmp.sock,server=on,wait=off
	qlab-ifmap -H -o NIC,MAC,FILTER a
	qlab-ifmap -v a | grep " mac " | tr -s " "
	qlab-ifmap -j a | grep -A 3 "\"filter\": {" | tr -d " \""'
	[ "$output" = "\
n  52:54:00:00:00:07  promisc
k  52:54:00:12:34:56  -
a/n mac 52:54:00:00:00:07 argv medium
a/n mac 52:54:00:00:00:07 qmp high
a/n mac 52:54:00:00:00:07 rx-filter high
a/k mac 52:54:00:12:34:56 qmp high
filter:{
mac:52:54:00:00:00:07,
promiscuous:true,
vlans:all" ]
}

@test "ifmap: leases of dnsmasq and libvirt on this host" {
	in_blog 'mount -t tmpfs lib /var/lib || { echo no mount; exit; }
	mkdir -p /var/lib/misc /var/lib/libvirt/dnsmasq
	soon=$(($(date +%s) + 1000))
	echo "$soon 52:54:00:12:34:56 10.9.0.7 * *" >/var/lib/misc/dnsmasq.leases
	echo "[{\"ip-address\": \"10.9.0.8\", \"expiry-time\": $soon,
	    \"mac-address\": \"52:54:00:12:34:57\"}]" \
	    >/var/lib/libvirt/dnsmasq/virbr0.status
	qemu -name a -netdev $(tap n t0) -device e1000,netdev=n \
	    -netdev $(tap k t1) -device e1000,netdev=k
	qlab-ifmap -H -o VM/NIC,IP a
	qlab-ifmap -v a | grep " ip " | tr -s " "
	mkdir /var/lib/dnsmasq
	ln -s loop.leases /var/lib/dnsmasq/loop.leases
	qlab-ifmap -H -o VM/NIC,IP a/k'
	[[ $output != 'no mount'* ]] || skip 'no mounts in a namespace here'
	[ "$output" = "\
a/n  10.9.0.7
a/k  10.9.0.8
a/n ip 10.9.0.7 lease high
a/k ip 10.9.0.8 lease high
qlab-ifmap: cannot read '/var/lib/dnsmasq/loop.leases': Too many levels of symbolic links
a/k  10.9.0.8" ]
}

@test "ifmap: -q where nobody knows" {
	in_blog 'qemu -name router -netdev user,id=out -device e1000,netdev=out
	for name in router t1 router/none :none pid:1; do
		qlab-ifmap -q $name; echo "status $?"
	done'
	[[ $output == *"router/out has no host interface (mode user)"$'\nstatus 1\n'* ]]
	[[ $output == *"t1 is the cable of a VM that cannot be seen"$'\nstatus 1\n'* ]]
	[[ $output == *"router/none"*$'\nstatus 3\n'*'none'*$'\nstatus 3\n'* ]]
	[[ $output == *"no process '1' runs a VM"$'\nstatus 3' ]]
}

@test "ifmap: default MACs on two bridges are fine, on one they clash" {
	in_blog 'qemu -name a -netdev $(tap n t0) -device e1000,netdev=n
	qemu -name b -netdev $(tap n t2) -device e1000,netdev=n
	qlab-ifmap -H -o VM/NIC,IF,MAC a b
	ip link set t2 master br0
	qlab-ifmap -H -o VM/NIC,IF a b
	qlab-ifmap -q a; echo "status $?"
	qlab-ifmap -q t2; echo "status $?"'
	[ "$output" = "\
a/n  t0  52:54:00:12:34:56
b/n  t2  52:54:00:12:34:56
qlab-ifmap: a/n: if: MAC 52:54:00:12:34:56 is also b/n's
qlab-ifmap: b/n: if: MAC 52:54:00:12:34:56 is also a/n's
a/n  t0?
b/n  t2?
qlab-ifmap: a/n: if: MAC 52:54:00:12:34:56 is also b/n's
status 1
qlab-ifmap: b/n: if: MAC 52:54:00:12:34:56 is also a/n's
status 1" ]
}

# A command line is that of the start.
@test "ifmap: a renamed tap, and one that is not open yet" {
	in_blog 'qemu -name a -netdev $(tap n t0) -device e1000,netdev=n \
	    -netdev $(tap k t2) -device e1000,netdev=k,mac=52:54:00:00:00:02 \
	    -qmp unix:qmp.sock,server=on,wait=off
	ip link set t0 down
	ip link set t0 name u0
	ip link set u0 up
	qlab-ifmap -H -o VM/NIC,IF,BRIDGE a
	qlab-ifmap -q a/n && qlab-ifmap -q u0
	qlab-ifmap -v a/n | grep " if " | tr -s " "
	# While the script of the first one runs, the second is not open.
	mkfifo hold
	printf "#!/bin/sh\n: >begun\nread x <hold\n" >script
	chmod +x script
	qemu-system-x86_64 -S -display none -nodefaults -m 16 -monitor none \
	    -serial none -name soon \
	    -netdev tap,id=n,ifname=t1,script=$PWD/script,downscript=no \
	    -device e1000,netdev=n,mac=52:54:00:00:00:03 \
	    -netdev $(tap k t3) \
	    -device e1000,netdev=k,mac=52:54:00:00:00:04 8>&- 2>>qemu.err &
	sleepers="$sleepers $!"
	until [ -e begun ]; do kill -0 $! || exit 1; done
	grep -c ^iff: /proc/$!/fdinfo/* | grep -c :1
	qlab-ifmap -H -o VM/NIC,IF,BRIDGE soon
	qlab-ifmap -q soon/k
	echo >hold'
	[ "$output" = "\
a/n  u0  br0
a/k  t2  br1
u0
a/n
a/n if t0 argv low
a/n if t0 qmp low
a/n if u0 fd high
1
soon/n  t1  br0
soon/k  t3  -
t3" ]
}

# What is sent on a tap by whom opened it comes in on the bridge as the VM's.
# talker TAP MAC IP SECONDS COMMAND...: say so by ARP, again and again, or if
# SECONDS is 0 once, and then become the command, FD in it being the tap's.
talker='
use Fcntl; use IO::Handle; $^F = 100;
my ($tap, $mac, $ip, $secs, @cmd) = @ARGV;
sysopen(my $t, "/dev/net/tun", O_RDWR) or die "tun: $!";
my $ifr = pack("a16 S x22", $tap, 0x1002);
ioctl($t, 0x400454ca, $ifr) or die "TUNSETIFF: $!";
my $m = pack("H12", $mac =~ tr/://dr);
my $a = pack("C4", split(/\./, $ip));
my $f = "\xff" x 6 . $m . pack("n n n C C n", 0x806, 1, 0x800, 6, 4, 1) .
    $m . $a . "\0" x 6 . $a;
until (`bridge link show dev $tap` =~ /forwarding/) { }
do { syswrite($t, $f) or die "write: $!"; select(undef, undef, undef, 0.05); }
    while ($secs && time < $^T + $secs);
my $fd = fileno($t);
exec(map { s/FD/$fd/r } @cmd) if @cmd;
'

@test "ifmap: taps by descriptor, learned MACs, and a tap that moved away" {
	export talker
	in_blog 'perl -e "$talker" t0 52:54:00:aa:bb:cc 10.9.0.7 0 \
	    qemu-system-x86_64 -S -display none -nodefaults -m 16 \
	    -monitor none -serial none -pidfile up -name far \
	    -netdev tap,id=n,fd=FD \
	    -device e1000,netdev=n,mac=52:54:00:aa:bb:cc 8>&- 2>qemu.err &
	sleepers="$sleepers $!"
	until [ -s up ]; do kill -0 $! || exit 1; done
	qlab-ifmap -v far | tail -n +4 | tr -s " "
	unshare -n sleep 100 & ns=$!
	sleepers="$sleepers $ns"
	until [ "$(readlink /proc/$ns/ns/net)" != \
	    "$(readlink /proc/self/ns/net)" ]; do :; done
	ip link set t0 netns $ns
	qlab-ifmap -q far
	ip tuntap add t0 mode tap
	ip link set t0 up master br1
	qlab-ifmap -H -o VM/NIC,IF,BRIDGE far'
	[[ $output == *"\
far/n if t0 fd high
far/n if t0 fdb medium
far/n bridge br0 master high"* ]]
	[[ $output == *$'\nt0\nfar/n  t0  -' ]]
}

@test "ifmap: taps and cards that are not on the command line" {
	in_blog 'cat >rc <<-X
	[netdev "wan"]
	  type = "tap"
	  ifname = "t0"
	  script = "no"
	  downscript = "no"
	[device]
	  driver = "e1000"
	  netdev = "wan"
	X
	qemu-system-x86_64 -S -display none -monitor none -serial none -m 16 \
	    -name rc -readconfig rc -pidfile up 8>&- 2>>qemu.err &
	sleepers="$sleepers $!"
	until [ -s up ]; do kill -0 $! || exit 1; done
	rm up
	mkfifo in
	qemu-system-x86_64 -S -display none -nodefaults -m 16 -monitor stdio \
	    -serial none -name plugged -pidfile up <in >/dev/null 8>&- \
	    -qmp unix:plugged.qmp,server=on,wait=off 2>>qemu.err &
	sleepers="$sleepers $!"
	exec 7>in
	echo "netdev_add $(tap later t2)" >&7
	until grep -qs ^iff: /proc/$!/fdinfo/*; do kill -0 $! || exit 1; done
	printf "%s\n" "netdev_add user,id=late" \
	    "device_add e1000,netdev=late,mac=52:54:00:00:00:77" >&7
	until qlab-ifmap -H -o MAC plugged | grep -q :77; do
		kill -0 $! || exit 1
	done
	qlab-ifmap -H -o VM/NIC,IF,BRIDGE rc plugged
	qlab-ifmap -q t2'
	[ "$status" -eq 0 ]
	[[ $output == *$'rc/t0         t0  br0\nplugged/t2    t2  br1\n'* ]]
	[[ $output == *$'\nplugged/late  -   -\nplugged/t2' ]]
}

@test "ifmap: --listen finds an address by ARP" {
	export talker
	in_blog 'perl -e "$talker" t1 52:54:00:aa:bb:cc 10.9.0.7 3 &
	sleepers="$sleepers $!"
	until bridge fdb show dev t1 | grep -q aa:bb:cc; do kill -0 $!; done
	qlab-ifmap --listen 0.5 -H -o IF,IP,MAC net:br0; echo "status $?"
	qlab-ifmap --listen 0.5 -v | grep -o "ip  *10.9.0.7  *wire"'
	[[ $output == *"t1  10.9.0.7  52:54:00:aa:bb:cc"*"status 0"* ]]
	[[ $output == *wire ]]
}

@test "ifmap: -F tells of what happens, and ends on a signal" {
	in_blog 'qlab-ifmap -F >said 2>err & watch=$!
	sleepers="$sleepers $watch"
	heard() { until grep -qs "$1" said; do kill -0 $watch || exit 1; done; }
	until grep -qs watching err; do :; done
	qemu -name a -netdev $(tap n t0) -device e1000,netdev=n
	heard "\"nic-new\".*\"a\""
	ip link set t0 master br1; heard "\"bridge\""
	ip link set t0 down; heard "\"nic-down\""
	ip link set t0 up; heard "\"nic-up\""
	kill ${sleepers##* }; heard "\"vm-gone\""
	kill $watch; wait $watch; echo "status $?"
	cat said; cat err'
	[[ $output == *'status 0'* ]]
	[[ $output == *'"event":"vm-new","lab":null,"vm":"a","time":"20'* ]]
	[[ $output == *'"bridge","lab":null,"vm":"a","nic":"n","interface":"t0","from":"br0","to":"br1"'* ]]
}

# Two taps, and nothing that tells which is whose.
@test "ifmap: -F --strict does not guess" {
	in_blog 'for o in "" --strict; do
		qlab-ifmap -F $o >said$o 2>err$o &
		sleepers="$sleepers $!"
		until grep -qs watching err$o; do kill -0 $! || exit 1; done
	done
	qemu-system-x86_64 -S -display none -nodefaults -m 16 -monitor none \
	    -serial none -name a -netdev tap,id=n,script=no,downscript=no \
	    -device e1000,netdev=n -netdev tap,id=k,script=no,downscript=no \
	    -device e1000,netdev=k 8>&- 2>>qemu.err &
	vm=$!
	sleepers="$sleepers $vm"
	until grep -qs "tap1" said; do kill -0 $vm || exit 1; done
	until grep -qs "nic-new.*\"k\"" said--strict; do kill -0 $vm || exit 1
	done
	kill $vm
	until grep -qs vm-gone said--strict; do :; done
	grep -c tap said--strict'
	[ "$output" = 0 ]
}

@test "ifmap: rates, and -F --interval" {
	export talker
	in_blog 'perl -e "$talker" t1 52:54:00:aa:bb:cc 10.9.0.7 20 &
	sleepers="$sleepers $!"
	until [ "$(qlab-ifmap -H -o TX if:t1)" != 0 ]; do :; done
	qlab-ifmap --interval 0.3 if:t1
	qlab-ifmap -F --interval 0.2 if:t1 2>err | head -n 2'
	[[ $output == *"RX/S  TX/S"* ]]
	[[ $output =~ t1\ .*\ [0-9]+\ +[1-9][0-9]*$'\n' ]]
	[[ $output =~ \"event\":\"rate\".*\"tx_bytes_per_s\":[1-9] ]]
}

@test "ifmap: graphs and hosts are clean" {
	export odd=$'a"b\e[2Jc'
	in_blog 'qemu -name "$odd" -netdev $(tap n t0) \
	    -device e1000,netdev=n
	for f in dot mermaid; do qlab-ifmap --graph $f | tr "\033" E; done
	qlab-ifmap --hosts; echo "status $?"'
	[[ $output == *'graph qlab {'*' -- '*'graph LR'*' ---|'* ]]
	[[ $output != *'E[2J'* ]]
	[[ $output == *'status 0' ]]
}

@test "ifmap: a busy or dead monitor does not hold it up" {
	in_blog 'qemu -name a -netdev $(tap n t0) -device e1000,netdev=n \
	    -qmp unix:qmp.sock,server=on,wait=off
	qlab-ifmap -v a | grep -o "t0  *qmp"
	# Somebody else is connected.
	perl -MIO::Socket::UNIX -e "\$s = IO::Socket::UNIX->new(\"qmp.sock\")
	    or die; <\$s>; open(F, \">busy\"); close(F); sleep(60)" &
	sleepers="$sleepers $!"
	until [ -e busy ]; do :; done
	timeout 5 qlab-ifmap -q a
	kill -STOP ${sleepers% *}
	timeout 5 qlab-ifmap -q t0; echo "status $?"
	kill -CONT ${sleepers% *}'
	[[ $output == *qmp*$'\nt0\na/n\nstatus 0' ]]
}
