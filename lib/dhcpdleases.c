/* SPDX-License-Identifier: ISC */
/* dhcpdleases.c - macOS' DHCP server's leases, and single lines of dnsmasq's */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "dhcpdleases.h"
#include "paste.h"
#include "strv.h"

void
dhcpdleases_init(struct dhcpdleases *d, struct findings *found)
{
	*d = (struct dhcpdleases){ .found = found };
}

void
dhcpdleases_release(struct dhcpdleases *d)
{
	leases_free(&d->blocks);
	leases_free(&d->lines);
	leases_free(&d->spoilt);
	*d = (struct dhcpdleases){ 0 };
}

static void
keep(struct leases *ls, const struct lease *l)
{
	ls->l = xgrow(ls->l, ls->n, sizeof(*ls->l));
	ls->l[ls->n++] = *l;
}

static void
spoil(struct dhcpdleases *d, const char *why)
{
	findings_add(d->found, false, d->line, "%s", why);
	if (d->has_mac)
		keep(&d->spoilt, &d->now);
}

static void
close_entry(struct dhcpdleases *d)
{
	char ip[IP4_STRSZ];

	if (d->has_ip && d->has_mac && !d->twice)
		keep(&d->blocks, &d->now);
	else if (d->has_ip && d->other_id && !d->twice)
		findings_add(d->found, false, d->line, "the lease of %s tells "
		    "no MAC, the client has sent another identifier",
		    ip4_format(d->now.ip, ip));
	else
		spoil(d, "a lease that cannot be read: ignored");
	d->open = false;
}

void
dhcpdleases_end(struct dhcpdleases *d)
{
	if (d->open)
		spoil(d, "a lease without its end: ignored");
	d->open = false;
}

static const char *
value_of(const char *line, const char *key)
{
	size_t n = strlen(key);

	return strncmp(line, key, n) == 0 && line[n] == '=' ? line + n + 1 :
	    NULL;
}

/* "0x597e1267" */
static void
read_expiry(struct dhcpdleases *d, const char *v)
{
	unsigned long long n;

	/* The shorter of them are of 1978 and before: cut off. */
	if (strncmp(v, "0x", 2) == 0 && strlen(v) >= 10 &&
	    paste_number(v + 2, 16, &n) == 0 && n <= INT64_MAX)
		d->now.expiry = (int64_t)n;
	else	/* nobody knows when it ends */
		d->has_ip = d->other_id = false;
}

static bool
read_key(struct dhcpdleases *d, const char *line)
{
	static const char *const keys[] = { "ip_address", "hw_address",
		"lease", "identifier", "name", NULL };
	const char *v = NULL;
	unsigned key;

	for (key = 0; keys[key] != NULL && v == NULL; key++)
		v = value_of(line, keys[key]);
	if (v == NULL)
		return false;
	d->twice |= (d->keys & 1u << key) != 0;
	d->keys |= 1u << key;
	if ((v = value_of(line, "ip_address")) != NULL)
		d->has_ip = ip4_parse(v, &d->now.ip) == 0;
	else if ((v = value_of(line, "hw_address")) != NULL) {
		if (d->has_mac)
			keep(&d->spoilt, &d->now);
		d->has_mac = strncmp(v, "1,", 2) == 0 &&
		    mac_parse(v + 2, d->now.mac) == 0;
		d->other_id = !d->has_mac && strncmp(v, "1,", 2) != 0 &&
		    strchr(v, ',') != NULL;
	} else if ((v = value_of(line, "lease")) != NULL)
		read_expiry(d, v);
	else if ((v = value_of(line, "name")) != NULL &&
	    strlen(v) < sizeof(d->now.host))
		memcpy(d->now.host, v, strlen(v) + 1);
	return true;
}

/* As leases_parse() takes it; it does not say which line it was. */
static bool
read_dnsmasq(struct dhcpdleases *d, const char *line)
{
	size_t len = strlen(line);
	struct leases one;
	char *text;
	bool ok;

	if (*line < '0' || *line > '9' || len > 512)
		return false;
	text = xasprintf("%s\n", line);
	leases_parse(&one, text, len + 1);
	ok = one.n == 1;
	if (ok)
		keep(&d->lines, &one.l[0]);
	d->seen |= ok;
	leases_free(&one);
	free(text);
	return ok;
}

bool
dhcpdleases_line(struct dhcpdleases *d, const char *line, int no)
{
	if (strcmp(line, "{") == 0) {
		dhcpdleases_end(d);
		d->open = true;
		d->line = no;
		d->now = (struct lease){ 0 };
		d->has_ip = d->has_mac = d->other_id = d->twice = false;
		d->keys = 0;
		d->seen = true;
		return true;
	}
	if (!d->open)
		return read_dnsmasq(d, line);
	if (strcmp(line, "}") == 0) {
		close_entry(d);
		return true;
	}
	if (read_key(d, line))
		return true;
	dhcpdleases_end(d);
	return false;
}

/* By expiry; of the same one that which stands first is the newest. */
static int
oldest_first(const void *a, const void *b)
{
	const struct lease *x = *(const struct lease *const *)a;
	const struct lease *y = *(const struct lease *const *)b;

	/* What does not tell (0) goes for the newest. */
	if (x->expiry != y->expiry)
		return x->expiry == 0 || (y->expiry != 0 &&
		    x->expiry > y->expiry) ? 1 : -1;
	return (x < y) - (x > y);
}

void
dhcpdleases_take(struct dhcpdleases *d, struct leases *out)
{
	const struct lease **v = xcalloc(d->blocks.n, sizeof(*v));

	for (size_t i = 0; i < d->blocks.n; i++)
		v[i] = &d->blocks.l[i];
	if (d->blocks.n > 0)
		qsort(v, d->blocks.n, sizeof(*v), oldest_first);
	leases_sort(&d->spoilt);
	for (size_t i = 0; i < d->blocks.n; i++)
		if (leases_next(&d->spoilt, v[i]->mac, NULL) == NULL)
			keep(out, v[i]);
	free(v);
	for (size_t i = 0; i < d->lines.n; i++)
		keep(out, &d->lines.l[i]);
}

void
dhcpdleases_parse(struct leases *out, const char *text, size_t len)
{
	struct findings found = { 0 };
	struct dhcpdleases d;
	struct paste p;

	paste_init(&p, text, len);
	dhcpdleases_init(&d, &found);
	for (size_t i = 0; i < p.n; i++)
		dhcpdleases_line(&d, p.lines[i], (int)i + 1);
	dhcpdleases_take(&d, out);
	dhcpdleases_release(&d);
	findings_free(&found);
	paste_free(&p);
}
