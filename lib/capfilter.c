/* SPDX-License-Identifier: ISC */
/* capfilter.c - libpcap's filters, applied to packets in our hands */
#include <stdio.h>
#include <stdlib.h>

#include <pcap/pcap.h>

#include "capfilter.h"
#include "strv.h"

#define LINKTYPE_RAW	101

/* From here on loads are from what Linux' kernel knows beside the frame. */
#define BESIDE	0xfffff000u
/* The kernel's limit, less what capprog.h puts before it. */
#define LEN_MAX	3072u

/* One text is another program for each link type. */
struct program {
	uint32_t linktype;
	struct bpf_program prog;	/* empty: it means nothing there */
	struct program *next;
};

struct capfilter {
	char *text;
	bool means;		/* something, for one of them */
	struct program *progs;
};

/* What files call it and what libpcap does: the same, but for raw IP. */
static int
dlt(uint32_t linktype)
{
	return linktype == LINKTYPE_RAW ? DLT_RAW : (int)linktype;
}

/* " for link type RAW", or nothing for Ethernet. */
static const char *
say_type(uint32_t linktype, char *buf, size_t size)
{
	const char *name = pcap_datalink_val_to_name(dlt(linktype));

	*buf = '\0';
	if (linktype != LINKTYPE_ETHERNET && name != NULL)
		snprintf(buf, size, " for link type %s", name);
	else if (linktype != LINKTYPE_ETHERNET)
		snprintf(buf, size, " for link type %u", linktype);
	return buf;
}

int
capfilter_compile(void *arg, const char *text, uint32_t linktype,
    struct bpf_program *prog, struct qerr *e)
{
	pcap_t *p = pcap_open_dead(dlt(linktype), CAPSRC_SNAPLEN_MAX);
	char type[64];
	int rc = 0;

	(void)arg;
	if (p == NULL)
		return qerr_set(e, QERR_FAIL, "cannot set up libpcap");
	if (pcap_compile(p, prog, text, 1, PCAP_NETMASK_UNKNOWN) == -1)
		rc = qerr_set(e, QERR_INPUT, "bad filter '%s'%s: %s", text,
		    say_type(linktype, type, sizeof(type)), pcap_geterr(p));
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

struct capfilter *
capfilter_new(const char *text, uint32_t linktype, struct qerr *e)
{
	struct capfilter *f = capfilter_new_mixed(text);

	if (capfilter_add(f, linktype, e) == 0)
		return f;
	capfilter_free(f);
	return NULL;
}

struct capfilter *
capfilter_new_mixed(const char *text)
{
	struct capfilter *f = xcalloc(1, sizeof(*f));

	f->text = xstrdup(text);
	return f;
}

static bool
means_anything(const struct capfilter *f)
{
	struct bpf_program prog = { 0 };
	bool means = f->means || compile_fn(compile_arg, f->text,
	    LINKTYPE_ETHERNET, &prog, NULL) == 0;

	pcap_freecode(&prog);
	return means;
}

int
capfilter_add(struct capfilter *f, uint32_t linktype, struct qerr *e)
{
	struct program *p = xcalloc(1, sizeof(*p));

	p->linktype = linktype;
	p->next = f->progs;
	f->progs = p;
	if (compile_fn(compile_arg, f->text, linktype, &p->prog, e) == 0) {
		f->means = true;
		return 0;
	}
	p->prog = (struct bpf_program){ 0 };
	return means_anything(f) ? 1 : -1;
}

const char *
capfilter_meaningless(const struct capfilter *f)
{
	return f->means ? NULL : f->text;
}

static bool
asks_beside(const struct bpf_program *prog)
{
	for (unsigned i = 0; i < prog->bf_len; i++) {
		const struct bpf_insn *in = &prog->bf_insns[i];

		if (BPF_CLASS(in->code) == BPF_LD &&
		    BPF_MODE(in->code) == BPF_ABS && in->k >= BESIDE)
			return true;
	}
	return false;
}

int
capfilter_check_here(const struct capfilter *f, struct qerr *e)
{
	for (const struct program *p = f->progs; p != NULL; p = p->next)
		if (asks_beside(&p->prog))
			return qerr_set(e, QERR_INPUT, "bad filter '%s': the "
			    "packets themselves do not tell that, only a host "
			    "interface does (-Q goes everywhere)", f->text);
	return 0;
}

bool
capfilter_fits_kernel(const struct capfilter *f)
{
	const struct bpf_program *prog = &f->progs->prog;

	for (unsigned i = 0; i < prog->bf_len; i++) {
		const struct bpf_insn *in = &prog->bf_insns[i];

		/* Backwards: of "protochain". */
		if (in->code == (BPF_JMP | BPF_JA) && in->k >= prog->bf_len)
			return false;
	}
	return prog->bf_len <= LEN_MAX;
}

static bool
match(const struct program *prog, const struct capsrc_packet *p)
{
	struct pcap_pkthdr h = { .caplen = p->caplen, .len = p->len };

	return prog->prog.bf_len > 0 &&
	    pcap_offline_filter(&prog->prog, &h, p->data) != 0;
}

bool
capfilter_match(const struct capfilter *f, const struct capsrc_packet *p)
{
	return match(f->progs, p);
}

bool
capfilter_match_any(const struct capfilter *f, uint32_t linktype,
    const struct capsrc_packet *p)
{
	const struct program *prog = f->progs;

	while (prog != NULL && prog->linktype != linktype)
		prog = prog->next;
	return prog != NULL && match(prog, p);
}

char *
capfilter_dump(const struct capfilter *f)
{
	const struct bpf_program *prog = &f->progs->prog;
	struct strv lines = { 0 };
	char *all;

	for (unsigned i = 0; i < prog->bf_len; i++)
		strv_add(&lines, bpf_image(&prog->bf_insns[i], (int)i));
	all = strv_join(&lines, "\n", lines.n);
	strv_free(&lines);
	return all;
}

void
capfilter_free(struct capfilter *f)
{
	if (f == NULL)
		return;
	while (f->progs != NULL) {
		struct program *next = f->progs->next;

		pcap_freecode(&f->progs->prog);
		free(f->progs);
		f->progs = next;
	}
	free(f->text);
	free(f);
}
