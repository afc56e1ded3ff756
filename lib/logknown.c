/* SPDX-License-Identifier: ISC */
/* logknown.c - the messages whose meaning is known */
#include <string.h>

#include "logknown.h"
#include "vmnetstatus.h"

/*
 * A pattern stands at the front of the message, which may go on behind it.  In
 * it a blank is one or more blanks, and
 *
 *   %i  an interface's name     %m  a MAC address       %a  an IP address
 *   %w  a word                  %d  a number
 *   %*  anything up to the first occurrence of what comes next
 *
 * process is what the record's process begins with, if it has one; NULL: any.
 * Where two fit, the first wins.
 */
#define SUBNET	"choose another subnet, or stop what uses that one"

static const struct logknown table[] = {
	/* qlab's own events: qlab(7). */
	{ LOGREC_NET_CREATED, LOGREC_DEFAULT, "qlab", "network %w is up",
	    NULL },
	{ LOGREC_NET_REMOVED, LOGREC_DEFAULT, "qlab", "network %w is down",
	    NULL },
	{ LOGREC_NET_REMOVED, LOGREC_WARNING, "qlab",
	    "the lab's holder was found dead",
	    "The lab's holder was killed, and its networks went with it" },
	{ LOGREC_VM_ENDED, LOGREC_WARNING, "qlab",
	    "%w was found dead, and so was its qlab-run",
	    "qlab-run was killed, and the VM went with it" },
	{ LOGREC_VM_ENDED, LOGREC_WARNING, "qlab",
	    "%w QEMU was killed by signal",
	    "qlab does that only when QEMU does not answer: else it was "
	    "somebody, or the system, out of memory" },
	{ LOGREC_ERROR_EVENT, LOGREC_WARNING, "qlab",
	    "the way out to the Internet ended",
	    "Machines on shared networks reach the Internet no more until the "
	    "lab is started anew" },
	{ LOGREC_ERROR_EVENT, LOGREC_WARNING, "qlab", "dnsmasq ended",
	    "No DHCP and no DNS on the lab's networks any more" },

	/*
	 * macOS' InternetSharing daemon, subsystem com.apple.NetworkSharing, as
	 * seen on macOS 11 to 27 (apple/container#953, UTM#3636, logs published
	 * by nicholas-lonsinger/kernova).  Names are mostly <private>.
	 */
	{ LOGREC_IF_ATTACHED, LOGREC_DEFAULT, NULL, "netrbCreateInterface",
	    NULL },
	{ LOGREC_IF_DETACHED, LOGREC_DEFAULT, NULL, "netrbRemoveInterface",
	    NULL },
	{ LOGREC_ERROR_EVENT, LOGREC_ERROR, NULL,
	    "netrbCreateNetwork: unable to fulfill network",
	    "macOS refused the network, mostly because its addresses are "
	    "taken: " SUBNET },
	{ LOGREC_NET_REMOVED, LOGREC_DEFAULT, NULL,
	    "netrbRemoveNetwork: stopped", NULL },
	{ LOGREC_NET_CREATED, LOGREC_DEFAULT, NULL,
	    "mis_network_start: network %* has been started", NULL },
	{ LOGREC_NET_REMOVED, LOGREC_DEFAULT, NULL,
	    "mis_network_stop: network %* reset to idle", NULL },
	{ LOGREC_NET_REMOVED, LOGREC_DEFAULT, NULL,
	    "mis_network_stop: network %* has been stopped", NULL },
	{ LOGREC_CONFLICT, LOGREC_ERROR, NULL,
	    "mis_network_validate_resource_availability: overlapping DHCP "
	    "range",
	    "The network's DHCP range overlaps another network's: " SUBNET },
	{ LOGREC_CONFLICT, LOGREC_ERROR, NULL, "%*overlapping DHCP range",
	    "The network's DHCP range overlaps another network's: " SUBNET },
	{ LOGREC_NOEVENT, LOGREC_DEFAULT, NULL, "mis_network_cleanup_bridge: "
	    "no internal interface left", "The network's last VM has left" },
	{ LOGREC_NOEVENT, LOGREC_DEFAULT, NULL, "mis_client_release: stopping",
	    "The program that had asked for the networks is gone" },
	{ LOGREC_NAT_CHANGED, LOGREC_DEFAULT, NULL,
	    "port forwarding enabled on %w proto", NULL },
	{ LOGREC_NAT_CHANGED, LOGREC_DEFAULT, NULL,
	    "port forwarding disabled on %w proto", NULL },
	{ LOGREC_CONFLICT, LOGREC_ERROR, NULL,
	    "%*can't be started now due to an active InternetSharing session "
	    "on %i",
	    "Internet Sharing is on: turn it off in System Settings, General, "
	    "Sharing" },

	/* The application firewall: canonical/multipass#2387. */
	{ LOGREC_LEASE_REFUSED, LOGREC_ERROR, "socketfilterfw",
	    "Deny bootpd data in from",
	    "macOS' firewall keeps DHCP requests from bootpd: "
	    "/usr/libexec/ApplicationFirewall/socketfilterfw --add "
	    "/usr/libexec/bootpd, then --unblock it, as root" },

	/* bootpd: apple-oss-distributions/bootp, bootpd.tproj/dhcpd.c. */
	{ LOGREC_LEASE_GIVEN, LOGREC_DEFAULT, "bootpd",
	    "ACK sent <no hostname> %a", NULL },
	{ LOGREC_LEASE_GIVEN, LOGREC_DEFAULT, "bootpd", "ACK sent %w %a",
	    NULL },
	{ LOGREC_LEASE_REFUSED, LOGREC_WARNING, "bootpd",
	    "NAK sent <no hostname> %a",
	    "The guest asked for an address that is not its own; it asks "
	    "again for any" },
	{ LOGREC_LEASE_REFUSED, LOGREC_WARNING, "bootpd", "NAK sent %w %a",
	    "The guest asked for an address that is not its own; it asks "
	    "again for any" },
	{ LOGREC_NOEVENT, LOGREC_DEFAULT, "bootpd", "DHCP %w [%i]: 1,%m",
	    NULL },
	{ LOGREC_CONFLICT, LOGREC_WARNING, "bootpd",
	    "dhcpd: IP %a declined by 1,%m",
	    "The guest found that somebody else has the address it was "
	    "given" },
	{ LOGREC_CONFLICT, LOGREC_ERROR, "bootpd",
	    "dhcpd: detected another DHCP server %a, disabling DHCP on %i",
	    "Another DHCP server answers on the network, and macOS' own has "
	    "given up" },

	/* XNU, bsd/net/dlil.c: ifnet_attach(). */
	{ LOGREC_IF_ATTACHED, LOGREC_DEFAULT, "kernel",
	    "%i: attached with %d suspended link-layer multicast membership",
	    NULL },
	{ LOGREC_IF_ATTACHED, LOGREC_DEFAULT, "kernel",
	    "ifnet_attach: All kernel threads created for interface %i have "
	    "been scheduled", NULL },

	/* QEMU, net/vmnet-*.m; vmnet's own statuses: vmnetstatus.c. */
	{ LOGREC_ERROR_EVENT, LOGREC_ERROR, NULL,
	    "%*unable to create interface with requested params",
	    "vmnet refused the addresses: they must lie in one private "
	    "network, and no other may have it" },
	{ LOGREC_ERROR_EVENT, LOGREC_ERROR, NULL,
	    "%*unsupported ifname '%i', ",
	    "vmnet cannot bridge to that interface: the message lists those "
	    "it can" },
	{ LOGREC_ERROR_EVENT, LOGREC_ERROR, NULL,
	    "%*feature is unavailable: outdated vmnet.framework API",
	    "The option needs macOS 11 or newer, and a QEMU built there" },
	{ LOGREC_ERROR_EVENT, LOGREC_ERROR, NULL,
	    "%*Invalid UUID provided in 'net-uuid'",
	    "net-uuid wants a UUID, as uuidgen prints it" },
	{ LOGREC_ERROR_EVENT, LOGREC_ERROR, NULL,
	    "%*'start-address', 'end-address', 'subnet-mask' should be "
	    "provided together", NULL },
	{ LOGREC_ERROR_EVENT, LOGREC_WARNING, NULL,
	    "%*vmnet: packet is too big",
	    "The guest sent a frame larger than vmnet's MTU: it was dropped" },
	{ LOGREC_ERROR_EVENT, LOGREC_WARNING, NULL, "%*vmnet: write error",
	    NULL },
	{ LOGREC_ERROR_EVENT, LOGREC_WARNING, NULL, "%*vmnet: read failed",
	    NULL },

	/* QEMU, net/tap-linux.c, net/slirp.c, qemu-bridge-helper.c. */
	{ LOGREC_CONFLICT, LOGREC_ERROR, NULL,
	    "%*could not configure /dev/net/tun (%i): Device or resource busy",
	    "Another process already has that tap open" },
	{ LOGREC_ERROR_EVENT, LOGREC_ERROR, NULL,
	    "%*could not configure /dev/net/tun (%i): ",
	    "The tap is another user's, or making one needs CAP_NET_ADMIN" },
	{ LOGREC_ERROR_EVENT, LOGREC_ERROR, NULL,
	    "%*could not open /dev/net/tun", NULL },
	{ LOGREC_CONFLICT, LOGREC_ERROR, NULL,
	    "%*Could not set up host forwarding rule",
	    "The host's port is taken, or is below 1024 and needs root" },
	{ LOGREC_ERROR_EVENT, LOGREC_ERROR, NULL,
	    "%*access denied by acl file",
	    "/etc/qemu/bridge.conf does not allow that bridge" },

	/* Linux, net/bridge/br_stp.c, net/core/dev.c (newer: no "device"). */
	{ LOGREC_IF_ATTACHED, LOGREC_DEFAULT, "kernel",
	    "%w port %d(%i) entered forwarding state", NULL },
	{ LOGREC_IF_DETACHED, LOGREC_DEFAULT, "kernel",
	    "device %i left promiscuous mode", NULL },
	{ LOGREC_IF_DETACHED, LOGREC_DEFAULT, "kernel",
	    "%i: left promiscuous mode", NULL },
	{ LOGREC_IF_DETACHED, LOGREC_DEFAULT, "kernel",
	    "%i (unregistering): left promiscuous mode", NULL },
	{ LOGREC_CONFLICT, LOGREC_ERROR, "kernel",
	    "%w received packet on %i with own address as source address "
	    "(addr:%m",
	    "Two interfaces have one MAC address, or the network is a loop" },
	{ LOGREC_CONFLICT, LOGREC_ERROR, "kernel",
	    "IPv6: %i: IPv6 duplicate address %a used by %m detected",
	    "Somebody else on the network has that address" },
	{ LOGREC_NOEVENT, LOGREC_WARNING, "kernel",
	    "Bridge firewalling registered",
	    "br_netfilter is loaded: frames between VMs of a bridge now pass "
	    "the host's firewall, where Docker's rules drop them" },
	{ LOGREC_ERROR_EVENT, LOGREC_ERROR, "kernel",
	    "%*IN=%* OUT=%* PHYSIN=%i ",
	    "br_netfilter hands frames of a bridge to the host's firewall, "
	    "and a rule of it noticed this one: sysctl "
	    "net.bridge.bridge-nf-call-iptables=0" },
	{ LOGREC_ERROR_EVENT, LOGREC_ERROR, "kernel", "[UFW BLOCK] IN=%i ",
	    "The host's firewall (ufw) refused a packet that came in there" },
	{ LOGREC_ERROR_EVENT, LOGREC_ERROR, "kernel",
	    "%*nf_conntrack: table full, dropping packet",
	    "The host tracks too many connections to translate another: "
	    "sysctl net.netfilter.nf_conntrack_max" },
	{ LOGREC_ERROR_EVENT, LOGREC_WARNING, "kernel",
	    "IPv4: martian source %a from %a, on dev %i",
	    "A packet came from an address that cannot be there: two networks "
	    "have one subnet, or a route is missing" },

	/* NetworkManager, src/core/nm-manager.c. */
	{ LOGREC_IF_ATTACHED, LOGREC_DEFAULT, "NetworkManager",
	    "%*manager: (%i): new Tun device", NULL },

	/* dnsmasq, src/rfc2131.c: log_packet(); dhcp.c, network.c. */
	{ LOGREC_LEASE_GIVEN, LOGREC_DEFAULT, "dnsmasq", "DHCPACK(%i) %a %m",
	    NULL },
	{ LOGREC_LEASE_REFUSED, LOGREC_WARNING, "dnsmasq",
	    "DHCPNAK(%i) %a %m",
	    "The guest asked for an address that is not its own; it asks "
	    "again for any" },
	{ LOGREC_LEASE_REFUSED, LOGREC_ERROR, "dnsmasq",
	    "DHCPDISCOVER(%i) %m no address available",
	    "All addresses of the DHCP range are given: make it larger" },
	{ LOGREC_LEASE_REFUSED, LOGREC_ERROR, "dnsmasq",
	    "DHCPDISCOVER(%i) %a %m no address available",
	    "All addresses of the DHCP range are given: make it larger" },
	{ LOGREC_LEASE_REFUSED, LOGREC_ERROR, "dnsmasq",
	    "DHCPDISCOVER(%i) %m no leases left",
	    "dnsmasq has given as many leases as it may (dhcp-lease-max)" },
	{ LOGREC_CONFLICT, LOGREC_WARNING, "dnsmasq", "DHCPDECLINE(%i) %a %m",
	    "The guest found that somebody else has the address it was "
	    "given" },
	{ LOGREC_NOEVENT, LOGREC_DEFAULT, "dnsmasq", "DHCPRELEASE(%i) %a %m",
	    NULL },
	{ LOGREC_NOEVENT, LOGREC_DEFAULT, "dnsmasq", "DHCPOFFER(%i) %a %m",
	    NULL },
	{ LOGREC_NOEVENT, LOGREC_DEFAULT, "dnsmasq", "DHCPREQUEST(%i) %a %m",
	    NULL },
	{ LOGREC_NOEVENT, LOGREC_DEFAULT, "dnsmasq", "DHCPDISCOVER(%i) %m",
	    NULL },
	{ LOGREC_NOEVENT, LOGREC_DEFAULT, "dnsmasq", "DHCPDISCOVER(%i) %a %m",
	    NULL },
	{ LOGREC_LEASE_REFUSED, LOGREC_ERROR, "dnsmasq",
	    "no address range available for DHCP request via %i",
	    "The interface's own address lies in none of the DHCP ranges" },
	{ LOGREC_LEASE_REFUSED, LOGREC_ERROR, "dnsmasq",
	    "DHCP packet received on %i which has no address",
	    "The interface lost its address, so that no range fits it" },
	{ LOGREC_CONFLICT, LOGREC_WARNING, "dnsmasq",
	    "not using configured address %a because", NULL },
	{ LOGREC_CONFLICT, LOGREC_ERROR, "dnsmasq",
	    "failed to bind DHCP server socket: Address already in use",
	    "Another DHCP server runs here" },
	{ LOGREC_CONFLICT, LOGREC_ERROR, "dnsmasq",
	    "failed to create listening socket for %*: Address already in use",
	    "Another DNS server has the port" },

	/* systemd-networkd, src/libsystemd-network/sd-dhcp-server.c. */
	{ LOGREC_LEASE_GIVEN, LOGREC_DEFAULT, "systemd-networkd",
	    "%i: DHCPv4 server: ACK", NULL },
	{ LOGREC_LEASE_REFUSED, LOGREC_WARNING, "systemd-networkd",
	    "%i: DHCPv4 server: NAK", NULL },

	/* AppArmor, as the kernel's audit says it. */
	{ LOGREC_ERROR_EVENT, LOGREC_ERROR, NULL,
	    "%*apparmor=\"DENIED\" operation=\"capable\"",
	    "AppArmor keeps ordinary users' namespaces without rights: a "
	    "profile with userns for qlab allows them" },
};

/* Messages have no more to say behind this. */
#define LOOK_MAX	2048

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z');
}

/* An interface's name: no blanks, slashes or colons. */
static bool
take_if(struct slice *s, struct slice *v)
{
	size_t n = 0;

	while (n < s->len && (is_alnum(s->s[n]) || (n > 0 &&
	    strchr("._-@", s->s[n]) != NULL && s->s[n] != '\0')))
		n++;
	*v = (struct slice){ s->s, n };
	slice_skip(s, n);
	return n > 0 && n <= 15;
}

/* Six octets of one or two digits. */
static bool
take_mac(struct slice *s, struct slice *v)
{
	const char *start = s->s;
	uint64_t octet;

	for (int i = 0; i < 6; i++) {
		size_t before;

		if (i > 0 && !slice_take(s, ':'))
			return false;
		before = s->len;
		if (!slice_hex(s, &octet) || before - s->len > 2)
			return false;
	}
	*v = (struct slice){ start, (size_t)(s->s - start) };
	return true;
}

static bool
take_ip(struct slice *s, struct slice *v)
{
	size_t n = 0, marks = 0;

	for (; n < s->len; n++) {
		char c = s->s[n];

		if (c == '.' || c == ':')
			marks++;
		else if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
		    (c >= 'A' && c <= 'F')))
			break;
	}
	/* "used by x:" ends with a colon that is not its own. */
	if (n > 0 && s->s[n - 1] == ':' && marks == 1)
		return false;
	*v = (struct slice){ s->s, n };
	slice_skip(s, n);
	return marks >= 2 && n <= 45;
}

struct found {
	struct slice ifname, mac, ip;
};

/* Up to the first occurrence of the literal that follows in the pattern. */
static bool
skip_to(struct slice *m, const char *pattern)
{
	char literal[96];
	size_t n = strcspn(pattern, "%"), at;

	if (n >= sizeof(literal))
		return false;
	memcpy(literal, pattern, n);
	literal[n] = '\0';
	at = slice_find(*m, literal);
	if (at == m->len)
		return false;
	slice_skip(m, at);
	return true;
}

static bool
take_piece(struct slice *m, const char **pattern, struct found *f)
{
	uint64_t number;

	switch (*(*pattern)++) {
	case 'i':
		return take_if(m, &f->ifname);
	case 'm':
		return take_mac(m, &f->mac);
	case 'a':
		return take_ip(m, &f->ip);
	case 'w':
		return slice_word(m).len > 0;
	case 'd':
		return slice_u64(m, &number);
	default:
		return skip_to(m, *pattern);
	}
}

static bool
matches(struct slice m, const char *pattern, struct found *f)
{
	memset(f, 0, sizeof(*f));
	while (*pattern != '\0') {
		char c = *pattern++;

		if (c == '%' ? !take_piece(&m, &pattern, f) : c == ' ' ?
		    slice_blanks(&m) == 0 : !slice_take(&m, c))
			return false;
	}
	return true;
}

/* "status 1001", "error: 1001", "failed (1001)"; not any number. */
static bool
is_status(struct slice before)
{
	static const char *const words[] = { "status", "error", "code",
		"result", "returned", "failed", "failure", "with" };

	while (before.len > 0 &&
	    strchr(" =:(", before.s[before.len - 1]) != NULL)
		before.len--;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t n = strlen(words[i]);

		if (before.len >= n && memcmp(before.s + before.len - n,
		    words[i], n) == 0)
			return true;
	}
	return false;
}

static bool
has_status(struct slice m, const char *number)
{
	struct slice rest = m;
	size_t n = strlen(number), at;

	while ((at = slice_find(rest, number)) < rest.len) {
		slice_skip(&rest, at);
		if ((rest.len == n || !is_alnum(rest.s[n])) &&
		    is_status((struct slice){ m.s, m.len - rest.len }))
			return true;
		slice_skip(&rest, n);
	}
	return false;
}

/*
 * In the words of QEMU, by name, as others print them, or by number where the
 * message speaks of vmnet.
 */
static const struct logknown *
vmnet_status(struct slice m)
{
	bool vmnet = slice_find(m, "vmnet") < m.len,
	    named = slice_find(m, "VMNET_") < m.len;

	for (size_t i = 0; i < VMNET_STATUSES && (vmnet || named); i++) {
		const struct vmnet_status *s = &vmnet_statuses[i];

		if ((named && slice_find(m, s->name) < m.len) ||
		    (vmnet && (slice_find(m, s->words) < m.len ||
		    has_status(m, s->known.pattern))))
			return &s->known;
	}
	return NULL;
}

/* dnsmasq --log-dhcp: "1234567 DHCPACK(...". */
static void
skip_transaction(const struct logrec *r, struct slice *m)
{
	struct slice t = *m;
	uint64_t id;

	if (slice_starts(r->process, "dnsmasq") && slice_u64(&t, &id) &&
	    slice_blanks(&t) > 0)
		*m = t;
}

static struct slice
keep(struct slice old, struct slice found)
{
	return old.len > 0 || found.len == 0 ? old : found;
}

void
logknown_apply(struct logrec *r)
{
	struct slice m = r->message;
	struct found f;

	if (m.len > LOOK_MAX)
		m.len = LOOK_MAX;
	skip_transaction(r, &m);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		const struct logknown *k = &table[i];

		if ((k->process == NULL || r->process.len == 0 ||
		    slice_starts(r->process, k->process)) &&
		    matches(m, k->pattern, &f)) {
			r->known = k;
			break;
		}
	}
	if (r->known == NULL) {
		memset(&f, 0, sizeof(f));
		r->known = vmnet_status(m);
	}
	if (r->known == NULL)
		return;
	if (r->event == LOGREC_NOEVENT)
		r->event = r->known->event;
	r->ifname = keep(r->ifname, f.ifname);
	r->mac = keep(r->mac, f.mac);
	r->ip = keep(r->ip, f.ip);
}
