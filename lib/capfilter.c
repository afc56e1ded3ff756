/* SPDX-License-Identifier: ISC */
/* capfilter.c - libpcap's filters, applied to packets in our hands */
#include <stdlib.h>

#include <pcap/pcap.h>

#include "capfilter.h"
#include "strv.h"

#define LINKTYPE_RAW	101

/* From here on loads are from what Linux' kernel knows beside the frame. */
#define BESIDE	0xfffff000u
/* The kernel's limit, less what capprog.h puts before it. */
#define LEN_MAX	3072u

/* A list, since one text is another program for each link type. */
struct capfilter {
	uint32_t linktype;
	struct bpf_program prog;	/* empty: none matches */
	char *text;
	struct capfilter *next;
};

/* What files call it and what libpcap does: the same, but for raw IP. */
static int
dlt(uint32_t linktype)
{
	return linktype == LINKTYPE_RAW ? DLT_RAW : (int)linktype;
}

int
capfilter_compile(void *arg, const char *text, uint32_t linktype,
    struct bpf_program *prog, struct qerr *e)
{
	pcap_t *p = pcap_open_dead(dlt(linktype), CAPSRC_SNAPLEN_MAX);
	int rc = 0;

	(void)arg;
	if (p == NULL)
		return qerr_set(e, QERR_FAIL, "cannot set up libpcap");
	if (pcap_compile(p, prog, text, 1, PCAP_NETMASK_UNKNOWN) == -1)
		rc = qerr_set(e, QERR_INPUT, "bad filter '%s': %s", text,
		    pcap_geterr(p));
	pcap_close(p);
	return rc;
}

static capfilter_compile_fn *compile_fn = capfilter_compile;
static void *compile_arg;

void
capfilter_compile_by(capfilter_compile_fn *fn, void *arg)
{
	compile_fn = fn;
	compile_arg = arg;
}

static int
compile(struct capfilter *f, struct qerr *e)
{
	return compile_fn(compile_arg, f->text, f->linktype, &f->prog, e);
}

struct capfilter *
capfilter_new(const char *text, uint32_t linktype, struct qerr *e)
{
	struct capfilter *f = xcalloc(1, sizeof(*f));

	f->linktype = linktype;
	f->text = xstrdup(text);
	if (compile(f, e) == 0)
		return f;
	f->linktype = LINKTYPE_ETHERNET;
	if (linktype != LINKTYPE_ETHERNET && compile(f, NULL) == 0)
		return f;
	capfilter_free(f);
	return NULL;
}

int
capfilter_check_here(const struct capfilter *f, struct qerr *e)
{
	for (unsigned i = 0; i < f->prog.bf_len; i++) {
		const struct bpf_insn *in = &f->prog.bf_insns[i];

		if (BPF_CLASS(in->code) == BPF_LD &&
		    BPF_MODE(in->code) == BPF_ABS && in->k >= BESIDE)
			return qerr_set(e, QERR_INPUT, "bad filter '%s': the "
			    "packets themselves do not tell that, only a host "
			    "interface does (-Q goes everywhere)", f->text);
	}
	return 0;
}

struct capfilter *
capfilter_new_here(const char *text, uint32_t linktype, struct qerr *e)
{
	struct capfilter *f = capfilter_new(text, linktype, e);

	if (f == NULL || capfilter_check_here(f, e) == 0)
		return f;
	capfilter_free(f);
	return NULL;
}

bool
capfilter_fits_kernel(const struct capfilter *f)
{
	for (unsigned i = 0; i < f->prog.bf_len; i++) {
		const struct bpf_insn *in = &f->prog.bf_insns[i];

		/* Backwards: of "protochain". */
		if (in->code == (BPF_JMP | BPF_JA) && in->k >= f->prog.bf_len)
			return false;
	}
	return f->prog.bf_len <= LEN_MAX;
}

bool
capfilter_match(const struct capfilter *f, const struct capsrc_packet *p)
{
	struct pcap_pkthdr h = { .caplen = p->caplen, .len = p->len };

	return pcap_offline_filter(&f->prog, &h, p->data) != 0;
}

bool
capfilter_match_any(struct capfilter *f, uint32_t linktype,
    const struct capsrc_packet *p)
{
	for (; f->linktype != linktype; f = f->next)
		if (f->next == NULL) {
			f->next = xcalloc(1, sizeof(*f));
			f->next->linktype = linktype;
			f->next->text = xstrdup(f->text);
			compile(f->next, NULL);
		}
	return capfilter_match(f, p);
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
	while (f != NULL) {
		struct capfilter *next = f->next;

		pcap_freecode(&f->prog);
		free(f->text);
		free(f);
		f = next;
	}
}
