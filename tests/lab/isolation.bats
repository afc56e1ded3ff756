#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# isolation.bats - who must not reach whom: VMs, networks, labs, users, the host

bats_require_minimum_version 1.5.0

setup()
{
	load helpers
	lab_setup
}

teardown()
{
	exec 7>&-
	lab_teardown
}

# A host for the lab that is not this one: a network namespace with an address
# (192.0.2.1), a default route that leads nowhere, and two web servers, one on
# its loopback.  It runs the lab, and lasts as long as descriptor 7.
other_host()
{
	mkdir www
	echo hello >www/index.html
	cat >host.sh <<-'EOT'
	ip link set lo up
	ip link add up0 type bridge
	ip addr add 192.0.2.1/24 dev up0
	ip link set up0 up
	ip link add p0 type veth peer name p1
	ip link set p0 master up0 up
	ip link set p1 up
	ip route add default via 192.0.2.2
	"$1" httpd -f -p 127.0.0.1:8000 -h www &
	loop=$!
	"$1" httpd -f -p 192.0.2.1:8001 -h www &
	qlab-run -d --wait=90 && echo up >up
	read -r _
	kill $loop $!
	EOT
	mkfifo host
	if [ "$(id -u)" = 0 ]; then
		unshare -n sh host.sh "$GUEST/busybox" <host >host.out 2>&1 &
	else
		unshare -U --map-current-user --keep-caps -n \
		    sh host.sh "$GUEST/busybox" <host >host.out 2>&1 &
	fi
	exec 7>host
	until_true 100 test -e up || {
		cat host.out >&2
		return 1
	}
}

# on_line: what is typed into the guest, whose shell takes a tab for a question
on_line()
{
	tr -s '\t\n' '  ' <<<"$1"
}

# reached VM COMMAND: what the guest can do
reached()
{
	run on_guest "$1" "$(on_line "$2")"
	echo "$1: $2: status $status, output: $output" >&2
	[ "$status" -eq 0 ]
}

# unreached VM COMMAND...: what it cannot, tried all at once
unreached()
{
	local vm=$1 command all=
	shift
	for command; do
		all+="{ $(on_line "$command"); } >/dev/null 2>&1 && echo yes & "
	done
	run on_guest "$vm" "($all wait; echo no more)"
	echo "$vm: $*: status $status, output: $output" >&2
	[ "$output" = 'no more' ]
}

# fetch_any PORT ADDRESS...: for the guest: does one of them say hello?
fetch_any()
{
	echo "(for to in ${*:2}; do
	    timeout 2 wget -qO- http://\$to:$1/ & done; wait) 2>/dev/null |
	    grep hello"
}

@test 'VMs of other networks, isolated ones, the host and its loopback' {
	command -v pasta >/dev/null || command -v slirp4netns >/dev/null ||
	    skip 'no way out: neither pasta nor slirp4netns'
	cat >lab.yaml <<-EOT
	lab: iso
	networks:
	  wan: {mode: shared, subnet: 10.96.1.0/24}
	  lan: {mode: host, subnet: 10.96.2.0/24}
	  cells: {mode: host, subnet: 10.96.3.0/24, isolated: on}
	  free: {mode: host, subnet: 10.96.4.0/24, dhcp: off}
	vms:
	$(guest_vm one 'wan, cells, free' qlab.role=client)
	$(guest_vm two 'lan, cells, free' qlab.role=client)
	EOT
	other_host
	one=$(qlab-ctl wait one/wan ip)
	two=$(qlab-ctl wait two/lan ip)
	[[ $one == 10.96.1.* ]] && [[ $two == 10.96.2.* ]]
	# What answers out there is none of the lab's.
	qlab-net exec wan "$GUEST/busybox" wget -qO- http://192.0.2.1:8001/ |
	    grep hello
	run qlab-ctl --timeout=0.5 wait one tcp:192.0.2.1:8001
	expect 124 'nothing accepts TCP port 8001 of 192.0.2.1'
	p='ping -c 2 -A -W 1'
	no='ping -c 1 -W 1'
	for vm in one two; do
		n=$([ $vm = one ] && echo 11 || echo 12)
		reached $vm "ip addr add 10.96.3.$n/24 dev eth1;
		    ip addr add 10.96.4.$n/24 dev eth2;
		    ip link set eth1 up; ip link set eth2 up"
	done

	# On one network they see each other, on an isolated one only the host.
	reached one "$p 10.96.4.12"
	# With dhcp off the host is not there at all.
	unreached one "$no 10.96.3.12" "$no 10.96.4.1"
	unreached two "$no 10.96.3.11"
	reached one "$p 10.96.3.1"
	reached two "$p 10.96.3.1"

	# Through the host to another network: neither its VMs nor its gateway.
	reached one "$p 10.96.1.1"
	reached two "$p 10.96.2.1"
	reached one 'ip route add 10.96.2.0/24 via 10.96.1.1'
	reached two 'ip route add 10.96.1.0/24 via 10.96.2.1 || ip route'
	unreached one "$no $two" "$no 10.96.2.1" \
	    "timeout 2 wget -qO- http://$two/"
	unreached two "$no $one" "$no 10.96.1.1"
	# Nor from an isolated one across.
	reached one 'ip route del 10.96.2.0/24; ip route add 10.96.2.0/24 via 10.96.3.1'
	unreached one "$no $two"

	# Out of a shared network: the host's address, never its loopback.
	reached one 'ip route add 127.0.0.2/32 via 10.96.1.1'
	all='10.96.1.1 169.254.77.1 169.254.77.2 169.254.77.3 169.254.77.53
	    127.0.0.2'
	unreached one "$(fetch_any 8000 "$all")"
	reached one "$(fetch_any 8001 "192.0.2.1 $all")"
	# A host network leads nowhere.
	reached two 'ip route add default via 10.96.2.1'
	unreached two "$(fetch_any 8001 192.0.2.1)" \
	    "$(fetch_any 8000 "10.96.2.1 $all")" "$no 169.254.77.2"
	# Nobody outside gets in: the lab's addresses are unknown there.
	run ip route get "$one"
	[[ $output != *wan* ]]
}

frozen_lab()
{
	cat <<-EOT
	lab: $1
	networks:
	  lan: {mode: host, subnet: 10.95.1.0/24}
	  own: {mode: host, subnet: 10.95.2.0/24, dhcp: off}
	vms:
	  vm: {nics: [lan, own], memory: 32M, accel: tcg, kernel: $GUEST/vmlinuz}
	EOT
}

@test 'two labs with the same networks, side by side' {
	mkdir x y
	frozen_lab x >x/lab.yaml
	frozen_lab y >y/lab.yaml
	qlab-run -d --freeze -f x/lab.yaml
	run qlab-run -d --freeze -f y/lab.yaml
	[ "$status" -eq 0 ] && [ -z "$output" ]
	[ "$(qlab-ctl ls -q)" = $'x:vm\ny:vm' ]
	for lab in x y; do
		run qlab-net exec $lab: ip -o -4 addr show lan
		[[ $output == *10.95.1.1/24* ]]
		run qlab-net exec $lab: ip -o link show type tun
		[ ${#lines[@]} -eq 2 ]
		[[ $output == *"qlab:$lab/vm/lan"* ]]
		[ "$(qlab-net exec $lab: readlink /proc/self/ns/net)" != \
		    "$(readlink /proc/self/ns/net)" ]
	done
	# Other MACs, and each its own DHCP server.
	[ "$(qlab-ifmap -H -o MAC x:vm/lan)" != "$(qlab-ifmap -H -o MAC y:vm/lan)" ]
	until_true 5 pgrep -f "dnsmasq .*$QLAB_STATE/x/"
	until_true 5 pgrep -f "dnsmasq .*$QLAB_STATE/y/"
	run qlab-ctl kill vm
	expect 3 "'vm' is ambiguous: x:vm y:vm"
	(cd x && qlab-ctl kill vm)
	until_true 5 test ! -e "$QLAB_STATE/x"
	[ "$(qlab-ctl ls -q)" = y:vm ]
	run qlab-net exec lan ip -o -4 addr show lan
	[[ $output == *10.95.1.1/24* ]]
}

@test 'two users with the same lab, side by side' {
	[ "$(id -u)" = 0 ] || skip 'needs root to be two users'
	top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	case $QLAB_BUILD in
	"$top"/*) ;;
	*) skip 'not a build of this checkout' ;;
	esac
	frozen_lab same >lab.yaml
	qlab-run -d --freeze
	# The other one, in a place of his own: he sees only what is his.
	cat >as-user.sh <<-EOT
	set -e
	PATH=/mnt/qlab/${QLAB_BUILD#"$top"/}:\$PATH
	state=\$(mktemp -d /tmp/qlab-two.XXXXXX)
	end()
	{
	qlab-ctl kill same: || true
	# Its holder goes last.
	while [ -e "\$state/same" ]; do sleep 0.02; done
	rm -rf "\$state"
	}
	trap end EXIT
	export QLAB_STATE=\$state
	qlab-ctl ls -q
	cd "\$HOME"
	sed 's,kernel:.*,kernel: /mnt/qlab/build/guest/vmlinuz},' >lab.yaml \
	    <<'EOF'
	$(cat lab.yaml)
	EOF
	qlab-run -d --freeze
	qlab-ctl ls -q
	qlab-net exec lan ip -o -4 addr show lan
	QLAB_STATE=$QLAB_STATE qlab-ctl ls || echo "refused \$?"
	QLAB_STATE=$QLAB_STATE qlab-run -d --freeze || echo "refused \$?"
	EOT
	tr -d '\t' <as-user.sh >user.sh
	run -0 "$top/scripts/as-user" bash -c "$(cat user.sh)"
	echo "$output" >&2
	[ "${lines[0]}" = same:vm ]
	[[ ${lines[1]} == *10.95.1.1/24* ]]
	[ "$(grep -c '^refused 4$' <<<"$output")" = 2 ]
	# This one's still runs, and the other way round it is the same.
	[ "$(qlab-ctl ls -q)" = same:vm ]
	mkdir -m 700 foreign
	chown 12345 foreign
	QLAB_STATE=$PWD/foreign run qlab-ctl ls
	expect 4 'is not a private directory of ours (owner 12345'
}
