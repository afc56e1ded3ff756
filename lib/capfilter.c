/* SPDX-License-Identifier: ISC */
/* capfilter.c - libpcap's filters, applied to packets in our hands */
#include <stdlib.h>

#include <pcap/pcap.h>

#include "capfilter.h"
#include "strv.h"

#define LINKTYPE_RAW	101

struct capfilter {
	struct bpf_program prog;
};

/* What files call it and what libpcap does: the same, but for raw IP. */
static int
dlt(uint32_t linktype)
{
	return linktype == LINKTYPE_RAW ? DLT_RAW : (int)linktype;
}

struct capfilter *
capfilter_new(const char *text, uint32_t linktype, struct qerr *e)
{
	pcap_t *p = pcap_open_dead(dlt(linktype), CAPSRC_SNAPLEN_MAX);
	struct capfilter *f = xcalloc(1, sizeof(*f));

	if (p == NULL)
		qerr_set(e, QERR_FAIL, "cannot set up libpcap");
	else if (pcap_compile(p, &f->prog, text, 1,
	    PCAP_NETMASK_UNKNOWN) == 0) {
		pcap_close(p);
		return f;
	} else {
		qerr_set(e, QERR_INPUT, "bad filter '%s': %s", text,
		    pcap_geterr(p));
		pcap_close(p);
	}
	free(f);
	return NULL;
}

bool
capfilter_match(const struct capfilter *f, const struct capsrc_packet *p)
{
	struct pcap_pkthdr h = { .caplen = p->caplen, .len = p->len };

	return pcap_offline_filter(&f->prog, &h, p->data) != 0;
}

char *
capfilter_dump(const struct capfilter *f)
{
	struct strv lines = { 0 };
	char *all;

	for (unsigned i = 0; i < f->prog.bf_len; i++)
		strv_add(&lines, bpf_image(&f->prog.bf_insns[i], (int)i));
	all = strv_join(&lines, "\n", lines.n);
	strv_free(&lines);
	return all;
}

void
capfilter_free(struct capfilter *f)
{
	if (f == NULL)
		return;
	pcap_freecode(&f->prog);
	free(f);
}
