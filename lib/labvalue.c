/* SPDX-License-Identifier: ISC */
/* labvalue.c - single values of a lab: modes, sizes, forwards, ... */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "lab.h"
#include "text.h"

static const char *const mode_names[] = { "shared", "host", "bridged", "user",
	NULL };
static const char *const backend_names[] = { "auto", "vmnet", "bridge",
	"userspace", NULL };

const char *
net_mode_name(enum net_mode mode)
{
	return mode_names[mode];
}

const char *
net_backend_name(enum net_backend b)
{
	return backend_names[b];
}

static int
index_of(const char *s, const char *const *names)
{
	for (int i = 0; names[i] != NULL; i++)
		if (strcmp(s, names[i]) == 0)
			return i;
	return -1;
}

int
lab_parse_mode(const char *s, enum net_mode *mode, struct qerr *e)
{
	int i = index_of(s, mode_names);
	char show[TEXT_SHOWSZ];

	if (i == -1)
		return qerr_set(e, QERR_INPUT, "mode %s is not shared, host, "
		    "bridged or user", text_show(s, show));
	*mode = (enum net_mode)i;
	return 0;
}

int
lab_parse_backend(const char *s, enum net_backend *b, struct qerr *e)
{
	int i = index_of(s, backend_names);
	char show[TEXT_SHOWSZ];

	if (i == -1)
		return qerr_set(e, QERR_INPUT, "backend %s is not auto, "
		    "vmnet, bridge or userspace", text_show(s, show));
	*b = (enum net_backend)i;
	return 0;
}

int
lab_parse_bool(const char *s, bool *b, struct qerr *e)
{
	static const char *const words[] = { "off", "on", "no", "yes", "false",
		"true", NULL };
	int i = index_of(s, words);
	char show[TEXT_SHOWSZ];

	if (i == -1)
		return qerr_set(e, QERR_INPUT, "%s is neither on nor off",
		    text_show(s, show));
	*b = i % 2 == 1;
	return 0;
}

/*
 * Decimal digits at *s, which is left after them.  -1 when there are none or
 * the number is above max.
 */
static int
digits(const char **s, uint64_t max, uint64_t *n)
{
	const char *p = *s;

	for (*n = 0; *p >= '0' && *p <= '9'; p++) {
		uint64_t d = (uint64_t)(*p - '0');

		if (d > max || *n > (max - d) / 10)
			return -1;
		*n = *n * 10 + d;
	}
	if (p == *s)
		return -1;
	*s = p;
	return 0;
}

int
lab_parse_number(const char *s, uint64_t min, uint64_t max, uint64_t *n,
    struct qerr *e)
{
	char show[TEXT_SHOWSZ];
	const char *p = s;

	if (digits(&p, max, n) == -1 || *p != '\0' || *n < min)
		return qerr_set(e, QERR_INPUT, "%s is not a number from %llu "
		    "to %llu", text_show(s, show), (unsigned long long)min,
		    (unsigned long long)max);
	return 0;
}

/*
 * Bytes, with unit the shift that no suffix means and suffixes the letters
 * allowed.  -1 when it is no such thing or above max.
 */
static int
size_bytes(const char *s, int unit, const char *suffixes, uint64_t max,
    uint64_t *bytes)
{
	uint64_t n;

	if (digits(&s, max, &n) == -1)
		return -1;
	if (*s != '\0') {
		if (strchr(suffixes, *s) == NULL || s[1] != '\0')
			return -1;
		unit = *s == 'K' || *s == 'k' ? 10 : *s == 'M' || *s == 'm' ?
		    20 : *s == 'G' || *s == 'g' ? 30 : 40;
	}
	if (n > max >> unit)
		return -1;
	*bytes = n << unit;
	return 0;
}

int
lab_parse_size_mib(const char *s, uint64_t *mib, struct qerr *e)
{
	char show[TEXT_SHOWSZ];
	uint64_t bytes;

	if (size_bytes(s, 20, "MmGgTt", 16ULL << 40, &bytes) == -1 ||
	    bytes == 0)
		return qerr_set(e, QERR_INPUT, "memory %s is not a size such "
		    "as 512M or 2G, at most 16T", text_show(s, show));
	*mib = bytes >> 20;
	return 0;
}

int
lab_parse_size_bytes(const char *s, uint64_t *bytes, struct qerr *e)
{
	char show[TEXT_SHOWSZ];

	if (size_bytes(s, 0, "KkMmGgTt", 1ULL << 50, bytes) == -1)
		return qerr_set(e, QERR_INPUT, "disk size %s is not a size "
		    "such as 2G, at most 1024T", text_show(s, show));
	if (*bytes < 1 << 20)
		return qerr_set(e, QERR_INPUT, "disk size %s is less than "
		    "1M; say 2G for 2 GiB", text_show(s, show));
	return 0;
}

int
lab_parse_range(const char *s, uint32_t *lo, uint32_t *hi, struct qerr *e)
{
	const char *dash = strchr(s, '-');
	char show[TEXT_SHOWSZ], first[IP4_STRSZ];

	if (dash != NULL && (size_t)(dash - s) < sizeof(first)) {
		memcpy(first, s, (size_t)(dash - s));
		first[dash - s] = '\0';
		if (ip4_parse(first, lo) == 0 && ip4_parse(dash + 1, hi) == 0)
			return 0;
	}
	return qerr_set(e, QERR_INPUT, "range %s is not FIRST-LAST, such as "
	    "192.168.2.50-192.168.2.100", text_show(s, show));
}

/* The text up to the next ':' into field; returns what follows it, or NULL. */
static const char *
next_field(const char *s, char *field, size_t size)
{
	size_t len = strcspn(s, ":");

	if (s[len] != ':' || len >= size)
		return NULL;
	memcpy(field, s, len);
	field[len] = '\0';
	return s + len + 1;
}

static int
port(const char *s, uint16_t *p)
{
	uint64_t n;

	if (lab_parse_number(s, 1, 65535, &n, NULL) == -1)
		return -1;
	*p = (uint16_t)n;
	return 0;
}

static int
parse_forward(const char *s, struct lab_forward *f)
{
	char proto[4], addr[IP4_STRSZ];
	const char *rest;

	s = next_field(s, proto, sizeof(proto));
	if (s == NULL ||
	    (strcmp(proto, "tcp") != 0 && strcmp(proto, "udp") != 0))
		return -1;
	memcpy(f->proto, proto, sizeof(proto));
	f->has_addr = false;
	f->host_addr = 0;
	rest = next_field(s, addr, sizeof(addr));
	if (rest == NULL)
		return -1;
	/* A third field: the first one was the address, or QEMU's empty one. */
	if (strchr(rest, ':') != NULL) {
		if (addr[0] != '\0') {
			if (ip4_parse(addr, &f->host_addr) == -1)
				return -1;
			f->has_addr = true;
		}
		rest = next_field(rest, addr, sizeof(addr));
		if (rest == NULL)
			return -1;
	}
	if (port(addr, &f->host_port) == -1)
		return -1;
	return port(rest, &f->guest_port);
}

int
lab_parse_forward(const char *s, struct lab_forward *f, struct qerr *e)
{
	char show[TEXT_SHOWSZ];

	if (parse_forward(s, f) == -1)
		return qerr_set(e, QERR_INPUT, "forward %s is not "
		    "PROTO:ADDRESS:HOSTPORT:GUESTPORT, such as "
		    "tcp:127.0.0.1:2222:22", text_show(s, show));
	return 0;
}

int
lab_parse_ifname(const char *s, struct qerr *e)
{
	char show[TEXT_SHOWSZ];
	size_t len = strlen(s);

	if (len == 0 || len > 15 || s[strcspn(s, "/:% \t")] != '\0' ||
	    text_clean(s, len, false) != len || strcmp(s, ".") == 0 ||
	    strcmp(s, "..") == 0)
		return qerr_set(e, QERR_INPUT, "%s is not the name of an "
		    "interface", text_show(s, show));
	return 0;
}

bool
lab_plain_word(const char *s)
{
	return *s != '\0' && strlen(s) < 64 &&
	    s[strspn(s, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")] == '\0' &&
	    s[0] != '-' && s[0] != '.';
}

int
lab_parse_accel(const char *s, struct qerr *e)
{
	char show[TEXT_SHOWSZ];

	if (strcmp(s, "auto") != 0 && strcmp(s, "hvf") != 0 &&
	    strcmp(s, "kvm") != 0 && strcmp(s, "tcg") != 0)
		return qerr_set(e, QERR_INPUT, "accel %s is not auto, hvf, kvm "
		    "or tcg", text_show(s, show));
	return 0;
}

int
lab_parse_arch(const char *s, char **arch, struct qerr *e)
{
	char show[TEXT_SHOWSZ];

	if (!lab_plain_word(s))
		return qerr_set(e, QERR_INPUT, "arch %s is not a plain word of "
		    "letters, digits, '_', '.' and '-'", text_show(s, show));
	free(*arch);
	*arch = xstrdup(strcmp(s, "arm64") == 0 ? "aarch64" :
	    strcmp(s, "amd64") == 0 ? "x86_64" : s);
	return 0;
}

/*
 * A repeat count makes glibc's regcomp(3) copy what it repeats, and '+' once,
 * so that nested and piled up ones can eat all memory: at most so many copies
 * together.
 */
static bool
repeats_too_often(const char *pattern)
{
	unsigned long copies = 1;

	for (const char *p = pattern; (p = strchr(p, '+')) != NULL; p++) {
		/* Of a single character it costs nothing. */
		if (p > pattern && strchr("+*?})", p[-1]) != NULL)
			copies *= 2;
		if (copies > 1000)
			return true;
	}

	for (const char *p = pattern; (p = strchr(p, '{')) != NULL; p++) {
		unsigned long most = 1;

		for (const char *q = p + 1; *q != '\0' && *q != '}';) {
			char *end;
			unsigned long n = strtoul(q, &end, 10);

			if (n > most)
				most = n;
			q = end > q ? end : q + 1;
		}
		copies = most > 1000 ? 1001 : copies * most;
		if (copies > 1000)
			return true;
	}
	return false;
}

int
lab_parse_pattern(const char *s, struct qerr *e)
{
	char show[TEXT_SHOWSZ], why[128] = "repeats too often";
	regex_t re;
	int rv = REG_ESPACE;

	if (*s == '\0')
		snprintf(why, sizeof(why), "is empty");
	else if (strlen(s) > 256)
		snprintf(why, sizeof(why), "has more than 256 characters");
	else if (!repeats_too_often(s))
		rv = regcomp(&re, s, REG_EXTENDED | REG_NOSUB);
	if (rv == 0) {
		regfree(&re);
		return 0;
	}
	if (rv != REG_ESPACE)
		regerror(rv, NULL, why, sizeof(why));
	return qerr_set(e, QERR_INPUT, "console pattern %s: %s",
	    text_show(s, show), why);
}
