/* SPDX-License-Identifier: ISC */
/* capkit.c - what it takes rights to make: packet sockets, live filters */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>
#include <sys/socket.h>

#include <linux/if_packet.h>

#include "capsrc.h"
#include "strv.h"

/*
 * Compile on a live handle of this very interface: only there does libpcap
 * know that the kernel keeps VLAN tags apart.
 */
static int
compile(const char *ifname, const struct capsrc_opts *o,
    struct bpf_program *prog, struct qerr *e)
{
	char err[PCAP_ERRBUF_SIZE];
	pcap_t *p;
	int rc;

	if ((p = pcap_create(ifname, err)) == NULL)
		return qerr_set(e, QERR_FAIL, "%s", err);
	pcap_set_snaplen(p, (int)o->snaplen);
	/* It gets a ring too; this one is never read. */
	pcap_set_buffer_size(p, 1 << 20);
	rc = pcap_activate(p);
	if (rc == PCAP_ERROR_PERM_DENIED)
		rc = qerr_set(e, QERR_PERM,
		    "cannot open %s: no right to capture", ifname);
	else if (rc == PCAP_ERROR_IFACE_NOT_UP && strcmp(ifname, "lo") != 0)
		rc = compile("lo", o, prog, e);	/* is Ethernet, too */
	else if (rc < 0)
		rc = qerr_set(e, QERR_FAIL, "cannot open %s: %s", ifname,
		    *pcap_geterr(p) ? pcap_geterr(p) : pcap_statustostr(rc));
	else if (pcap_compile(p, prog, o->filter, 1,
	    PCAP_NETMASK_UNKNOWN) == -1)
		rc = qerr_set(e, QERR_INPUT, "bad filter '%s': %s",
		    o->filter, pcap_geterr(p));
	else
		rc = 0;
	pcap_close(p);
	return rc;
}

/* Who owns a lab's namespace has the right; elsewhere opening tells. */
int
capsrc_may(struct qerr *e)
{
	(void)e;
	return 0;
}

bool
capsrc_one_each(void)
{
	return false;
}

void
capsrc_kit_release(struct capsrc_kit *k)
{
	if (k->fd != -1)
		close(k->fd);
	free(k->insns);
	*k = (struct capsrc_kit)CAPSRC_KIT_INIT;
}

int
capsrc_kit_open(struct capsrc_kit *k, const char *ifname,
    const struct capsrc_opts *o, struct qerr *e)
{
	struct bpf_program prog;

	*k = (struct capsrc_kit)CAPSRC_KIT_INIT;
	/* Of no protocol: until it is bound not one frame comes in. */
	if ((k->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) == -1)
		return qerr_sys(e, "cannot capture on %s", ifname);
	if (o->filter == NULL)
		return 0;
	if (compile(ifname, o, &prog, e) == -1) {
		capsrc_kit_release(k);
		return -1;
	}
	k->ninsns = prog.bf_len;
	k->insns = xcalloc(prog.bf_len, sizeof(*k->insns));
	memcpy(k->insns, prog.bf_insns, prog.bf_len * sizeof(*k->insns));
	pcap_freecode(&prog);
	return 0;
}
