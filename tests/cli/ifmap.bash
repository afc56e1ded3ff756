# SPDX-License-Identifier: ISC
# ifmap.bash - a registry and interfaces as running labs leave them
#
# To be sourced in a network namespace of one's own.  A lab's holder and VMs
# are played by sleep(1), its cables by veth pairs.

# start_time PID: in the registry's unit
start_time()
{
	sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 20
}

# id PID: as the registry writes a process down
id_of()
{
	echo "{\"pid\": $1, \"start\": $(start_time "$1")}"
}

# in_lab LAB COMMAND...
in_lab()
{
	local holder
	holder=$(sed 's/.*"pid": \([0-9]*\).*/\1/' "$QLAB_STATE/$1/holder.json")
	shift
	nsenter -t "$holder" -n "$@"
}

# send LAB TAP COUNT SIZE: UDP datagrams, as if from the VM at that tap
send()
{
	local lab=$1 tap=$2
	shift 2
	in_lab "$lab" perl "$here/send.pl" "x$tap" "$@"
}

# lab NAME NETWORK=SUBNET...: a lab with its own namespace and bridges
lab()
{
	local name=$1 net nets='' sep='' holder
	shift
	[ -d "$QLAB_STATE" ] || mkdir -m 700 "$QLAB_STATE"
	mkdir -m 700 "$QLAB_STATE/$name"
	unshare -n sleep 100 8>&- &
	holder=$!
	while [ "$(readlink "/proc/$holder/ns/net")" = \
	    "$(readlink /proc/self/ns/net)" ]; do :; done
	sleepers="$sleepers $holder"
	for net; do
		nets="$nets$sep{\"name\": \"${net%%=*}\", \"mode\": \"host\",
		    \"backend\": \"bridge\", \"subnet\": \"${net#*=}\",
		    \"dhcp\": true, \"isolated\": false,
		    \"transparent\": false}"
		sep=,
	done
	echo "{\"lab\": \"$name\", \"file\": \"/labs/$name.yaml\",
	    \"networks\": [$nets]}" >"$QLAB_STATE/$name/lab.json"
	id_of "$holder" >"$QLAB_STATE/$name/holder.json"
	in_lab "$name" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
	    net.ipv6.conf.default.disable_ipv6=1
	for net; do
		in_lab "$name" ip link add name "${net%%=*}" type bridge \
		    forward_delay 0
		in_lab "$name" ip link set "${net%%=*}" up \
		    alias "qlab:$name/${net%%=*}"
	done
}

# vm LAB NAME NIC=NETWORK=TAP...: a VM; the last digit of its MACs counts NICs
vm()
{
	local lab=$1 name=$2 nic net tap nics='' sep='' mac=0 id
	shift 2
	mkdir -m 700 "$QLAB_STATE/$lab/$name"
	sleep 100 8>&- &
	sleepers="$sleepers $!"
	id=$(id_of $!)
	for nic; do
		net=${nic#*=} tap=${nic##*=}
		nic=${nic%%=*} net=${net%%=*} mac=$((mac + 1))
		nics="$nics$sep{\"id\": \"$nic\", \"network\": \"$net\",
		    \"mode\": \"${net:+host}\", \"model\": \"e1000\",
		    \"mac\": \"02:00:00:00:00:0$mac\", \"hostif\": \"$tap\"}"
		sep=,
		[ -n "$tap" ] || continue
		in_lab "$lab" ip link add name "$tap" type veth peer name "x$tap"
		in_lab "$lab" ip link set "x$tap" up
		in_lab "$lab" ip link set "$tap" up master "$net" \
		    alias "qlab:$lab/$name/$nic"
		# The kernel takes a moment to see the cable.
		until in_lab "$lab" ip -d link show "$tap" |
		    grep -q 'state forwarding'; do :; done
	done
	echo "{\"vm\": \"$name\", \"qemu\": $id, \"runner\": $id,
	    \"nics\": [$nics]}" >"$QLAB_STATE/$lab/$name/vm.json"
}

# two: one lab as most tests want it
two()
{
	lab demo lan=10.77.1.0/24 wan=10.77.2.0/24
	vm demo router wan=wan=tap0 lan=lan=tap1
	vm demo client lan=lan=tap2 out==
}

sleepers=
# shellcheck disable=SC2086	# a list
trap 'kill $sleepers 2>/dev/null' EXIT
exec 2>&1
here=$(dirname "${BASH_SOURCE[0]}")
PATH=$QLAB_BUILD:$PATH
cd "$BATS_TEST_TMPDIR" || exit 1
