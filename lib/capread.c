/* SPDX-License-Identifier: ISC */
/* capread.c - read saved captures, pcap and pcapng */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "capread.h"
#include "strv.h"

#define MAGIC_USEC	0xa1b2c3d4u
#define MAGIC_NSEC	0xa1b23c4du
#define PCAP_HDRLEN	24u
#define PCAP_RECLEN	16u

#define NSEC		1000000000u
#define BUFFER_SIZE	(256u << 10)
/* Larger blocks than this are skipped or an error, more interfaces one. */
#define BLOCK_MAX	(16u << 20)
#define IFS_MAX		65535u

#define IF_NAME		2
#define IF_DESCRIPTION	3
#define IF_MACADDR	6
#define IF_TSRESOL	9
#define IF_FILTER	11
#define IF_TSOFFSET	14
#define EPB_FLAGS	2

struct interface {
	char *name, *description, *filter;
	uint8_t mac[6];
	bool has_mac;
	uint16_t linktype;
	uint32_t snaplen;	/* 0: no limit */
	uint8_t resolution;	/* 10^-N, with the high bit 2^-N s */
	int64_t offset_s;
};

struct capread {
	ssize_t (*fn)(void *arg, void *buf, size_t len);
	void *arg;
	uint8_t *buf;
	size_t pos, len, cap;	/* buf[pos..len) is still to be read */
	uint64_t offset;	/* of pos in the file */
	bool pcapng, swapped;	/* the other byte order */
	struct interface *ifs;
	unsigned nifs, section;	/* the first of this section */
};

/* ---- bytes ---- */

/*
 * Have n bytes at pos.  Returns 1, 0 when the file ends before, -1 on error.
 */
static int
fill(struct capread *r, size_t n, struct qerr *e)
{
	if (r->pos + n > r->cap) {
		memmove(r->buf, r->buf + r->pos, r->len - r->pos);
		r->len -= r->pos;
		r->pos = 0;
	}
	if (n > r->cap) {
		r->buf = xrealloc(r->buf, n);
		r->cap = n;
	}
	while (r->len - r->pos < n) {
		ssize_t got = r->fn(r->arg, r->buf + r->len, r->cap - r->len);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return qerr_sys(e, "cannot read");
		if (got == 0)
			return 0;
		r->len += (size_t)got;
	}
	return 1;
}

static void
skip(struct capread *r, size_t n)
{
	r->pos += n;
	r->offset += n;
}

static int
broken(const struct capread *r, struct qerr *e, const char *what)
{
	return qerr_set(e, QERR_INPUT, "%s at byte %" PRIu64, what,
	    r->offset);
}

/* The same, for what must be there. */
static int
need(struct capread *r, size_t n, struct qerr *e)
{
	int rc = fill(r, n, e);

	if (rc == 0)
		return qerr_set(e, QERR_INPUT, "cut short: what begins at byte "
		    "%" PRIu64 " ends after %zu of %zu bytes", r->offset,
		    r->len - r->pos, n);
	return rc == -1 ? -1 : 0;
}

static uint16_t
get16(const struct capread *r, const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return r->swapped ? __builtin_bswap16(v) : v;
}

static uint32_t
get32(const struct capread *r, const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return r->swapped ? __builtin_bswap32(v) : v;
}

static uint64_t
get64(const struct capread *r, const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return r->swapped ? __builtin_bswap64(v) : v;
}

/* ---- times ---- */

static uint64_t
power10(unsigned n)
{
	uint64_t v = 1;

	while (n-- > 0)
		v *= 10;
	return v;
}

/* Saturates: such times are wrong anyway. */
static uint64_t
nanoseconds(const struct interface *i, uint64_t ticks)
{
	unsigned exp = i->resolution & 0x7f;
	__int128 ns = ticks;

	if (i->resolution & 0x80)
		ns = exp < 64 ? ns * NSEC >> exp : 0;
	else if (exp <= 9)
		ns *= power10(9 - exp);
	else
		ns = exp <= 28 ? ns / power10(exp - 9) : 0;
	ns += (__int128)i->offset_s * NSEC;
	if (ns < 0)
		return 0;
	return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

/* ---- pcap ---- */

static struct interface *
add_if(struct capread *r)
{
	/* Grow at powers of two. */
	if ((r->nifs & (r->nifs - 1)) == 0)
		r->ifs = xrealloc(r->ifs, (r->nifs == 0 ? 1 : 2 * r->nifs) *
		    sizeof(*r->ifs));
	r->ifs[r->nifs] = (struct interface){ .resolution = 6 };
	return &r->ifs[r->nifs++];
}

static int
open_pcap(struct capread *r, uint32_t magic, struct qerr *e)
{
	struct interface *i = add_if(r);
	const uint8_t *p;

	if (need(r, PCAP_HDRLEN, e) == -1)
		return -1;
	p = r->buf + r->pos;
	if (get16(r, p + 4) != 2)
		return qerr_set(e, QERR_INPUT, "pcap of version %u.%u is not "
		    "known", get16(r, p + 4), get16(r, p + 6));
	/* The upper half tells of check sums. */
	i->linktype = (uint16_t)get32(r, p + 20);
	i->resolution = magic == MAGIC_NSEC ? 9 : 6;
	skip(r, PCAP_HDRLEN);
	return 0;
}

static int
next_pcap(struct capread *r, struct capsrc_packet *p, struct qerr *e)
{
	uint64_t unit = r->ifs[0].resolution == 9 ? 1 : 1000;
	const uint8_t *h;
	int rc = fill(r, PCAP_RECLEN, e);

	if (rc == 0 && r->len == r->pos)
		return 0;
	if (rc != 1)
		return rc == -1 ? -1 : need(r, PCAP_RECLEN, e);
	h = r->buf + r->pos;
	*p = (struct capsrc_packet){ .no_way = true,
		.time_ns = (uint64_t)get32(r, h) * NSEC +
		    get32(r, h + 4) * unit,
		.caplen = get32(r, h + 8), .len = get32(r, h + 12) };
	if (p->caplen > CAPSRC_SNAPLEN_MAX)
		return broken(r, e, "impossible packet length");
	if (need(r, PCAP_RECLEN + p->caplen, e) == -1)
		return -1;
	p->data = r->buf + r->pos + PCAP_RECLEN;
	skip(r, PCAP_RECLEN + p->caplen);
	return 1;
}

/* ---- pcapng ---- */

/* An option's text, up to a NUL. */
static void
set_text(char **s, const uint8_t *p, size_t len)
{
	free(*s);
	*s = xcalloc(1, len + 1);
	memcpy(*s, p, len);
}

static void
if_option(const struct capread *r, struct interface *i, uint16_t code,
    const uint8_t *p, size_t len)
{
	if (code == IF_NAME)
		set_text(&i->name, p, len);
	else if (code == IF_DESCRIPTION)
		set_text(&i->description, p, len);
	else if (code == IF_FILTER && len > 1 && *p == 0)
		set_text(&i->filter, p + 1, len - 1);
	else if (code == IF_MACADDR && len == sizeof(i->mac)) {
		memcpy(i->mac, p, len);
		i->has_mac = true;
	} else if (code == IF_TSRESOL && len == 1)
		i->resolution = *p;
	else if (code == IF_TSOFFSET && len == 8)
		i->offset_s = (int64_t)get64(r, p);
}

/*
 * The next option in p[*at..len): 1 with what it is; 0 at the end, and for
 * what is none.
 */
static int
next_option(const struct capread *r, const uint8_t *p, size_t len, size_t *at,
    uint16_t *code, const uint8_t **val, size_t *n)
{
	if (len - *at < 4)
		return 0;
	*code = get16(r, p + *at);
	*n = get16(r, p + *at + 2);
	*val = p + *at + 4;
	if (*code == 0 || *n > len - *at - 4)
		return 0;
	*at += 4 + ((*n + 3) & ~(size_t)3);
	if (*at > len)
		*at = len;
	return 1;
}

static int
take_idb(struct capread *r, const uint8_t *p, size_t len, struct qerr *e)
{
	struct interface *i;
	const uint8_t *val;
	uint16_t code;
	size_t at = 8, n;

	if (len < at)
		return broken(r, e, "impossible interface block");
	if (r->nifs == IFS_MAX)
		return broken(r, e, "too many interfaces");
	i = add_if(r);
	i->linktype = get16(r, p);
	i->snaplen = get32(r, p + 4);
	while (next_option(r, p, len, &at, &code, &val, &n))
		if_option(r, i, code, val, n);
	return 0;
}

/* Which way, from an EPB's options. */
static void
take_flags(const struct capread *r, const uint8_t *p, size_t len,
    struct capsrc_packet *pkt)
{
	const uint8_t *val;
	uint16_t code;
	size_t at = 0, n;

	while (next_option(r, p, len, &at, &code, &val, &n))
		if (code == EPB_FLAGS && n == 4) {
			uint32_t way = get32(r, val) & 3;

			pkt->to_vm = way == 1;
			pkt->no_way = way != 1 && way != 2;
		}
}

/* A packet: an EPB's fields, or the obsolete PB's, which differ in one. */
static int
take_packet(struct capread *r, uint32_t type, const uint8_t *p, size_t len,
    struct capsrc_packet *pkt, unsigned *ifnum, struct qerr *e)
{
	uint64_t ticks;
	size_t padded;

	if (len < 20)
		return broken(r, e, "impossible packet block");
	*ifnum = type == PCAPNG_PB ? get16(r, p) : get32(r, p);
	if (*ifnum >= r->nifs - r->section)
		return broken(r, e, "packet of an unknown interface");
	*ifnum += r->section;
	ticks = (uint64_t)get32(r, p + 4) << 32 | get32(r, p + 8);
	*pkt = (struct capsrc_packet){ .no_way = true,
		.time_ns = nanoseconds(&r->ifs[*ifnum], ticks),
		.caplen = get32(r, p + 12), .len = get32(r, p + 16),
		.data = p + 20 };
	if (pkt->caplen > CAPSRC_SNAPLEN_MAX || pkt->caplen > len - 20)
		return broken(r, e, "impossible packet length");
	padded = (pkt->caplen + 3) & ~3u;
	if (padded < len - 20)
		take_flags(r, p + 20 + padded, len - 20 - padded, pkt);
	return 1;
}

/* No time, no interface: the first one it is. */
static int
take_simple(struct capread *r, const uint8_t *p, size_t len,
    struct capsrc_packet *pkt, unsigned *ifnum, struct qerr *e)
{
	uint32_t snaplen;

	if (len < 4)
		return broken(r, e, "impossible packet block");
	if (r->nifs == r->section)
		return broken(r, e, "packet of an unknown interface");
	*ifnum = r->section;
	snaplen = r->ifs[*ifnum].snaplen;
	*pkt = (struct capsrc_packet){ .no_way = true, .len = get32(r, p),
		.data = p + 4 };
	pkt->caplen = snaplen != 0 && snaplen < pkt->len ? snaplen : pkt->len;
	if (pkt->caplen > len - 4)
		pkt->caplen = (uint32_t)(len - 4);
	if (pkt->caplen > CAPSRC_SNAPLEN_MAX)
		return broken(r, e, "impossible packet length");
	return 1;
}

/* A section of its own byte order, at pos. */
static int
take_section(struct capread *r, struct qerr *e)
{
	uint32_t magic;

	if (need(r, 28, e) == -1)
		return -1;
	memcpy(&magic, r->buf + r->pos + 8, sizeof(magic));
	if (magic != PCAPNG_MAGIC &&
	    magic != __builtin_bswap32(PCAPNG_MAGIC))
		return broken(r, e, "section of an unknown byte order");
	r->swapped = magic != PCAPNG_MAGIC;
	if (get16(r, r->buf + r->pos + 12) != 1)
		return broken(r, e, "section of an unknown version");
	r->section = r->nifs;
	return 0;
}

/* Skip a block of any length. */
static int
skip_block(struct capread *r, uint32_t len, struct qerr *e)
{
	while (len > 0) {
		size_t n = len < BUFFER_SIZE ? len : BUFFER_SIZE;

		if (need(r, n, e) == -1)
			return -1;
		skip(r, n);
		len -= (uint32_t)n;
	}
	return 0;
}

static bool
is_read(uint32_t type)
{
	return type == PCAPNG_IDB || type == PCAPNG_EPB ||
	    type == PCAPNG_SPB || type == PCAPNG_PB;
}

/* One block, all of it there; 1 when it was a packet. */
static int
take_block(struct capread *r, uint32_t type, uint32_t len,
    struct capsrc_packet *p, unsigned *ifnum, struct qerr *e)
{
	const uint8_t *body = r->buf + r->pos + 8;
	size_t n = len - 12;
	int rc;

	if (get32(r, body + n) != len)
		return broken(r, e, "block with two lengths");
	if (type == PCAPNG_IDB)
		rc = take_idb(r, body, n, e);
	else if (type == PCAPNG_SPB)
		rc = take_simple(r, body, n, p, ifnum, e);
	else
		rc = take_packet(r, type, body, n, p, ifnum, e);
	if (rc != -1)
		skip(r, len);
	return rc;
}

/* 1: a packet; 0: something else; -1 on error, kind QERR_NO at the end. */
static int
next_block(struct capread *r, struct capsrc_packet *p, unsigned *ifnum,
    struct qerr *e)
{
	int rc = fill(r, 12, e);
	uint32_t type, len;

	if (rc == 0 && r->len == r->pos)
		return qerr_set(e, QERR_NO, "the end");
	if (rc != 1)
		return rc == -1 ? -1 : need(r, 12, e);
	type = get32(r, r->buf + r->pos);
	if (type == PCAPNG_SHB && take_section(r, e) == -1)
		return -1;
	len = get32(r, r->buf + r->pos + 4);
	if (len < 12 || len % 4 != 0)
		return broken(r, e, "impossible block length");
	if (!is_read(type))
		return skip_block(r, len, e);
	if (len > BLOCK_MAX)
		return broken(r, e, "block too large");
	if (need(r, len, e) == -1)
		return -1;
	return take_block(r, type, len, p, ifnum, e);
}

static int
next_pcapng(struct capread *r, struct capsrc_packet *p, unsigned *ifnum,
    struct qerr *e)
{
	struct qerr own;
	int rc;

	while ((rc = next_block(r, p, ifnum, &own)) == 0)
		;
	if (rc == -1 && own.kind == QERR_NO)
		return 0;
	if (rc == -1 && e != NULL)
		*e = own;
	return rc;
}

/* ---- both ---- */

/* What it begins with; reads the header. */
static int
recognise(struct capread *r, struct qerr *e)
{
	uint32_t magic;
	int rc = fill(r, sizeof(magic), e);

	if (rc == 0 && r->len == 0)
		return qerr_set(e, QERR_INPUT, "it is empty");
	if (rc == -1)
		return -1;
	memcpy(&magic, r->buf, sizeof(magic));
	if (rc == 1 && magic == PCAPNG_SHB) {
		r->pcapng = true;
		return take_section(r, e);
	}
	r->swapped = magic == __builtin_bswap32(MAGIC_USEC) ||
	    magic == __builtin_bswap32(MAGIC_NSEC);
	magic = get32(r, r->buf);
	if (rc == 1 && (magic == MAGIC_USEC || magic == MAGIC_NSEC))
		return open_pcap(r, magic, e);
	if (rc == 1 && r->buf[0] == 0x1f && r->buf[1] == 0x8b)
		return qerr_set(e, QERR_INPUT, "it is compressed: zcat it into "
		    "'-r -'");
	return qerr_set(e, QERR_INPUT, "it is neither pcap nor pcapng");
}

struct capread *
capread_open(ssize_t (*fn)(void *arg, void *buf, size_t len), void *arg,
    struct qerr *e)
{
	struct capread *r = xcalloc(1, sizeof(*r));

	r->fn = fn;
	r->arg = arg;
	r->cap = BUFFER_SIZE;
	r->buf = xcalloc(1, r->cap);
	if (recognise(r, e) == 0)
		return r;
	capread_close(r);
	return NULL;
}

bool
capread_is_pcapng(const struct capread *r)
{
	return r->pcapng;
}

unsigned
capread_ifs(const struct capread *r)
{
	return r->nifs;
}

void
capread_if(const struct capread *r, unsigned n, struct pcapng_if *i)
{
	const struct interface *own = &r->ifs[n];

	*i = (struct pcapng_if){ .name = own->name,
		.description = own->description, .filter = own->filter,
		.mac = own->has_mac ? own->mac : NULL,
		.linktype = own->linktype };
}

int
capread_next(struct capread *r, struct capsrc_packet *p, unsigned *ifnum,
    struct qerr *e)
{
	*ifnum = 0;
	return r->pcapng ? next_pcapng(r, p, ifnum, e) : next_pcap(r, p, e);
}

void
capread_close(struct capread *r)
{
	if (r == NULL)
		return;
	for (unsigned i = 0; i < r->nifs; i++) {
		free(r->ifs[i].name);
		free(r->ifs[i].description);
		free(r->ifs[i].filter);
	}
	free(r->ifs);
	free(r->buf);
	free(r);
}
