/* SPDX-License-Identifier: ISC */
/* pcapng.c - the blocks of pcapng */
#include <string.h>

#include "pcapng.h"

#define OPT_END			0
#define OPT_COMMENT		1
#define SHB_HARDWARE		2
#define SHB_OS			3
#define SHB_APPLICATION		4
#define IF_NAME			2
#define IF_DESCRIPTION		3
#define IF_MACADDR		6
#define IF_TSRESOL		9
#define IF_FILTER		11
#define EPB_FLAGS		2
#define ISB_IFRECV		4
#define ISB_FILTERACCEPT	6
#define ISB_OSDROP		7
#define ISB_USRDELIV		8

#define INBOUND			1u
#define OUTBOUND		2u

static uint8_t *
put(uint8_t *p, const void *data, size_t len)
{
	memcpy(p, data, len);
	return p + len;
}

static uint8_t *
put16(uint8_t *p, uint16_t v)
{
	return put(p, &v, sizeof(v));
}

static uint8_t *
put32(uint8_t *p, uint32_t v)
{
	return put(p, &v, sizeof(v));
}

/* Everything ends on a multiple of four; there is always more to come. */
static uint8_t *
pad(uint8_t *p, size_t len)
{
	put32(p, 0);
	return p + (-len & 3);
}

static uint8_t *
option(uint8_t *p, uint16_t code, const void *data, size_t len)
{
	p = put16(p, code);
	p = put16(p, (uint16_t)len);
	p = put(p, data, len);
	return pad(p, len);
}

static uint8_t *
text(uint8_t *p, uint16_t code, const char *s)
{
	size_t len = s != NULL ? strlen(s) : 0;

	return len == 0 || len > PCAPNG_TEXT_MAX ? p : option(p, code, s, len);
}

static uint8_t *
count(uint8_t *p, uint16_t code, uint64_t n)
{
	return n == UINT64_MAX ? p : option(p, code, &n, sizeof(n));
}

/* Both words of a time, the high one first in any byte order. */
static uint8_t *
stamp(uint8_t *p, uint64_t ns)
{
	p = put32(p, (uint32_t)(ns >> 32));
	return put32(p, (uint32_t)ns);
}

/* The length stands behind the type, and at the end. */
static size_t
finish(uint8_t *start, uint8_t *p)
{
	uint32_t len = (uint32_t)(p - start) + 4;

	put32(p, len);
	put32(start + 4, len);
	return len;
}

size_t
pcapng_shb(uint8_t *start, const struct pcapng_section *s)
{
	const uint64_t unknown_length = UINT64_MAX;
	uint8_t *p = put32(start, PCAPNG_SHB) + 4;

	p = put32(p, PCAPNG_MAGIC);
	p = put16(p, 1);
	p = put16(p, 0);
	p = put(p, &unknown_length, sizeof(unknown_length));
	p = text(p, OPT_COMMENT, s->comment);
	p = text(p, SHB_HARDWARE, s->hardware);
	p = text(p, SHB_OS, s->os);
	p = text(p, SHB_APPLICATION, s->application);
	return finish(start, put32(p, OPT_END));
}

/* The byte before a filter says that it is text. */
static uint8_t *
filter(uint8_t *p, const char *s)
{
	size_t len = s != NULL ? strlen(s) : 0;

	if (len == 0 || len > PCAPNG_TEXT_MAX)
		return p;
	p = put16(p, IF_FILTER);
	p = put16(p, (uint16_t)(len + 1));
	*p++ = 0;
	return pad(put(p, s, len), len + 1);
}

size_t
pcapng_idb(uint8_t *start, const struct pcapng_if *i, uint32_t snaplen)
{
	const uint8_t nanoseconds = 9;
	uint8_t *p = put32(start, PCAPNG_IDB) + 4;

	p = put16(p, (uint16_t)i->linktype);
	p = put16(p, 0);
	p = put32(p, snaplen);
	p = text(p, IF_NAME, i->name);
	p = text(p, IF_DESCRIPTION, i->description);
	if (i->mac != NULL)
		p = option(p, IF_MACADDR, i->mac, 6);
	p = option(p, IF_TSRESOL, &nanoseconds, 1);
	p = filter(p, i->filter);
	return finish(start, put32(p, OPT_END));
}

size_t
pcapng_epb(uint8_t *start, uint32_t ifnum, const struct capsrc_packet *pkt,
    uint32_t caplen)
{
	uint8_t *p = put32(start, PCAPNG_EPB) + 4;
	uint32_t flags = pkt->to_vm ? INBOUND : OUTBOUND;

	p = put32(p, ifnum);
	p = stamp(p, pkt->time_ns);
	p = put32(p, caplen);
	p = put32(p, pkt->len);
	p = pad(put(p, pkt->data, caplen), caplen);
	if (!pkt->no_way)
		p = option(p, EPB_FLAGS, &flags, sizeof(flags));
	return finish(start, put32(p, OPT_END));
}

size_t
pcapng_isb(uint8_t *start, uint32_t ifnum, uint64_t now_ns,
    const struct pcapng_counts *c)
{
	uint8_t *p = put32(start, PCAPNG_ISB) + 4;

	p = put32(p, ifnum);
	p = stamp(p, now_ns);
	p = text(p, OPT_COMMENT, c->comment);
	p = count(p, ISB_IFRECV, c->received);
	p = count(p, ISB_FILTERACCEPT, c->accepted);
	p = count(p, ISB_OSDROP, c->dropped);
	p = count(p, ISB_USRDELIV, c->delivered);
	return finish(start, put32(p, OPT_END));
}
