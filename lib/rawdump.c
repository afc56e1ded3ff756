/* SPDX-License-Identifier: ISC */
/* rawdump.c - the kernel's own bytes of interfaces and QEMUs, kept as text */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridgewire.h"
#include "paste.h"
#include "rawdump.h"
#include "text.h"
#include "vmnetmode.h"

static const char *const kinds[] = {
	[RAWDUMP_IFLIST2] = "iflist2", [RAWDUMP_IFMIB] = "ifmib",
	[RAWDUMP_IFTYPE] = "iftype", [RAWDUMP_MEMBERS] = "members",
	[RAWDUMP_FDB] = "fdb", [RAWDUMP_PROCARGS] = "procargs",
	[RAWDUMP_ROUTES] = "routes",
};
#define NKINDS	(sizeof(kinds) / sizeof(*kinds))

/* No machine has as many. */
#define MAX_IFS	4096

static const char hex_digits[] = "0123456789abcdef";

static rawdump_fn *hears;
static void *hears_arg;

void
rawdump_hear(rawdump_fn *fn, void *arg)
{
	hears = fn;
	hears_arg = arg;
}

void
rawdump_tell(enum rawdump_kind kind, const char *name, const void *buf,
    size_t len, int err)
{
	int was = errno;

	if (hears != NULL)
		hears(hears_arg, kind, name, buf, len, err);
	errno = was;
}

/* ---- what is not to be passed on ---- */

void
rawdump_masked(const struct rawdump_mask *m, size_t i, uint8_t mac[6])
{
	memcpy(mac, m->macs[i], 3);
	mac[3] = 0x0e;
	mac[4] = (uint8_t)((i + 1) >> 8);
	mac[5] = (uint8_t)(i + 1);
}

static void
mask_mac(void *arg, uint8_t mac[6])
{
	static const uint8_t qemu[3] = { 0x52, 0x54, 0x00 }, none[6] = { 0 };
	struct rawdump_mask *m = arg;
	size_t i = 0;

	/* A group's address is everybody's. */
	if (memcmp(mac, qemu, 3) == 0 || memcmp(mac, none, 6) == 0 ||
	    mac[0] & 1)
		return;
	while (i < m->nmacs && memcmp(m->macs[i], mac, 6) != 0)
		i++;
	if (i == m->nmacs) {
		m->macs = xrealloc(m->macs, (i + 1) * sizeof(*m->macs));
		memcpy(m->macs[m->nmacs++], mac, 6);
	}
	rawdump_masked(m, i, mac);
}

/* Two digits; -1. */
static int
hex_byte(const char *p)
{
	int hi = text_hex(p[0]), lo = hi == -1 ? -1 : text_hex(p[1]);

	return lo == -1 ? -1 : hi << 4 | lo;
}

/* Those that stand in text, as 02:00:00:aa:bb:cc. */
static void
mask_text_macs(struct rawdump_mask *m, char *p, size_t len)
{
	enum { MACLEN = 17 };

	for (; len >= MACLEN; p++, len--) {
		uint8_t mac[6];
		int i, v = 0;

		for (i = 0; i < 6; i++) {
			v = hex_byte(p + 3 * i);
			if (v == -1 || (i < 5 && p[3 * i + 2] != ':' &&
			    p[3 * i + 2] != '-'))
				break;
			mac[i] = (uint8_t)v;
		}
		if (i < 6)
			continue;
		mask_mac(m, mac);
		for (i = 0; i < 6; i++) {
			p[3 * i] = hex_digits[mac[i] >> 4];
			p[3 * i + 1] = hex_digits[mac[i] & 15];
		}
	}
}

static void
mask_word(const char *word, char *p, size_t len)
{
	size_t n = word != NULL ? strlen(word) : 0;

	for (; n > 0 && len >= n; p++, len--)
		if (memcmp(p, word, n) == 0)
			memset(p, 'x', n);
}

static size_t
mask(struct rawdump_mask *m, enum rawdump_kind kind, void *buf, size_t len)
{
	if (kind == RAWDUMP_IFLIST2 || kind == RAWDUMP_ROUTES)
		return bridgewire_list_macs(buf, len, mask_mac, m);
	if (kind == RAWDUMP_FDB)
		bridgewire_fdb_macs(buf, len, mask_mac, m);
	if (kind == RAWDUMP_PROCARGS) {
		len = bridgewire_procargs_len(buf, len);
		mask_text_macs(m, buf, len);
		for (size_t i = 0; i < 2; i++)
			mask_word(m->words[i], buf, len);
	}
	return len;
}

char *
rawdump_line(struct rawdump_mask *m, enum rawdump_kind kind, const char *name,
    const void *buf, size_t len, int err)
{
	uint8_t *copy;
	char *line, *p;

	if (err != 0)
		return xasprintf("%s %s error %d", kinds[kind], name, err);
	copy = xcalloc(1, len + 1);
	if (len > 0)
		memcpy(copy, buf, len);
	len = mask(m, kind, copy, len);
	line = xasprintf("%s %s %*s", kinds[kind], name, (int)(2 * len), "");
	p = line + strlen(line) - 2 * len;
	for (size_t i = 0; i < len; i++) {
		*p++ = hex_digits[copy[i] >> 4];
		*p++ = hex_digits[copy[i] & 15];
	}
	free(copy);
	return line;
}

void
rawdump_mask_release(struct rawdump_mask *m)
{
	free(m->macs);
}

/* ---- reading it again ---- */

struct record {
	enum rawdump_kind kind;
	char name[32];
	uint8_t *buf;
	size_t len;
	bool failed;		/* the kernel gave an error instead */
};

bool
rawdump_is(const char *text, size_t len)
{
	size_t n = strlen(RAWDUMP_HEAD);

	return len > n && memcmp(text, RAWDUMP_HEAD, n) == 0 &&
	    (text[n] == '\n' || text[n] == '\r');
}

/* The next word of [*p, end) as a string; false when it has no place in it. */
static bool
take_word(const char **p, const char *end, char *word, size_t size)
{
	size_t n = 0;

	while (*p + n < end && (*p)[n] != ' ')
		n++;
	if (n == 0 || n >= size)
		return false;
	memcpy(word, *p, n);
	word[n] = '\0';
	*p += n < (size_t)(end - *p) ? n + 1 : n;
	return true;
}

/* What is wrong with a line, or NULL; r->buf is to be freed either way. */
static const char *
read_record(struct record *r, const char *p, const char *end)
{
	char kind[16];
	size_t k = 0;

	*r = (struct record){ 0 };
	if (!take_word(&p, end, kind, sizeof(kind)) ||
	    !take_word(&p, end, r->name, sizeof(r->name)))
		return "not KIND NAME HEX";
	while (k < NKINDS && strcmp(kinds[k], kind) != 0)
		k++;
	if (k == NKINDS)
		return "unknown kind of record";
	r->kind = (enum rawdump_kind)k;
	r->failed = end - p > 6 && memcmp(p, "error ", 6) == 0;
	if (r->failed)
		return NULL;
	r->buf = xcalloc(1, (size_t)(end - p) / 2 + 1);
	for (; end - p >= 2; p += 2) {
		int v = hex_byte(p);

		if (v == -1)
			return "not a hex digit";
		r->buf[r->len++] = (uint8_t)v;
	}
	return p < end ? "half a byte" : NULL;
}

static const char *
read_procargs(struct facts *f, const struct record *r)
{
	struct strv argv = { 0 };
	struct fact_proc *p;
	char *rest;
	long pid;

	errno = 0;
	pid = strtol(r->name, &rest, 10);
	if (errno != 0 || *rest != '\0' || pid <= 0 || pid > 0x7fffffff)
		return "not a process ID";
	if (bridgewire_procargs(&argv, r->buf, r->len) == -1)
		return "malformed arguments";
	p = facts_proc(f);
	p->id.pid = (pid_t)pid;
	p->uid = (uid_t)-1;
	p->argv = argv.v;
	return NULL;
}

/* Names and indexes of a list that may say anything: unique, 1 and up. */
static const char *
read_list(struct hostifs *h, const struct record *r)
{
	size_t n = 0, naddrs = 0;
	struct qerr e;

	if (h->nifs > 0)
		return "a second list of interfaces";
	if (bridgewire_iflist2(h, r->buf, r->len, &e) == -1 ||
	    h->nifs > MAX_IFS) {
		h->nifs = h->naddrs = 0;
		return "malformed list of interfaces";
	}
	for (size_t i = 0; i < h->nifs; i++) {
		size_t k = 0;

		while (k < n && strcmp(h->ifs[k].name, h->ifs[i].name) != 0 &&
		    h->ifs[k].index != h->ifs[i].index)
			k++;
		if (k == n && paste_ifname_ok(h->ifs[i].name))
			h->ifs[n++] = h->ifs[i];
	}
	h->nifs = n;
	for (size_t i = 0; i < h->naddrs; i++)
		for (size_t k = 0; k < n; k++)
			if (h->ifs[k].index == h->addrs[i].index) {
				h->addrs[naddrs] = h->addrs[i];
				h->addrs[naddrs++].index = (unsigned)k + 1;
				break;
			}
	h->naddrs = naddrs;
	for (size_t k = 0; k < n; k++)
		h->ifs[k].index = (unsigned)k + 1;
	return NULL;
}

/* Their interfaces' numbers are no more those of the list. */
static const char *
read_routes(const struct record *r)
{
	struct hostifs h = { 0 };
	int rc = bridgewire_routes(&h, r->buf, r->len, NULL);

	hostifs_free(&h);
	return rc == 0 ? NULL : "malformed routes";
}

static const char *
take_record(struct facts *f, struct hostifs *h, const struct record *r)
{
	const struct hostif *found;
	struct hostif *i;

	if (r->failed)
		return NULL;
	if (r->kind == RAWDUMP_PROCARGS)
		return read_procargs(f, r);
	if (r->kind == RAWDUMP_IFLIST2)
		return read_list(h, r);
	if (r->kind == RAWDUMP_ROUTES)
		return read_routes(r);
	found = hostif_by_name(h, r->name);
	if (found == NULL)
		return "no such interface before";
	i = &h->ifs[found - h->ifs];
	if (r->kind == RAWDUMP_IFMIB)
		return bridgewire_ifmib(i, r->buf, r->len) == 0 ? NULL :
		    "malformed counters";
	if (r->kind == RAWDUMP_IFTYPE)
		bridgewire_iftype(i, r->buf, r->len);
	else if (r->kind == RAWDUMP_MEMBERS)
		bridgewire_members(h, i, r->buf, r->len);
	else
		bridgewire_fdb(h, i, r->buf, r->len);
	return NULL;
}

int
rawdump_read(struct facts *f, const char *text, size_t len,
    struct findings *found, struct qerr *e)
{
	struct fact_space *space = facts_space(f, 0);
	const char *end = text + len, *next;

	f->saved = true;
	for (int n = 1; text < end; text = next, n++) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		const char *stop = nl != NULL ? nl : end, *wrong;
		struct record r = { 0 };

		next = nl != NULL ? nl + 1 : end;
		if (stop > text && stop[-1] == '\r')
			stop--;
		if (n == 1 || stop == text)
			continue;
		wrong = read_record(&r, text, stop);
		if (wrong == NULL)
			wrong = take_record(f, &space->ifs, &r);
		if (wrong != NULL)
			findings_add(found, false, n, "%s", wrong);
		free(r.buf);
	}
	space->seen = space->ifs.nifs > 0;
	if (!space->seen)
		return qerr_set(e, QERR_INPUT, "the dump has no interfaces");
	hostifs_sort(&space->ifs);
	vmnet_nets(f);
	return 0;
}
