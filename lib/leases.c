/* SPDX-License-Identifier: ISC */
/* leases.c - DHCP servers' lease files: which MAC got which address */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "addr.h"
#include "leases.h"
#include "strv.h"

/* Tens of thousands of leases; a lab's file has a few lines. */
#define MAX_FILE	(4 << 20)

/* The next word of a line, NUL-terminated in place, or NULL. */
static char *
word(char **line)
{
	char *w = *line + strspn(*line, " \t\r");
	size_t n = strcspn(w, " \t\r");

	if (n == 0)
		return NULL;
	*line = w + n + (w[n] != '\0');
	w[n] = '\0';
	return w;
}

static void
add(struct leases *out, const struct lease *l)
{
	out->l = xgrow(out->l, out->n, sizeof(*out->l));
	out->l[out->n++] = *l;
}

static bool
parse_line(char *line, struct lease *l)
{
	char *expiry = word(&line), *mac = word(&line), *ip = word(&line),
	    *host = word(&line), *end;

	if (host == NULL || expiry == NULL || mac == NULL || ip == NULL)
		return false;
	*l = (struct lease){ 0 };
	errno = 0;
	l->expiry = strtoll(expiry, &end, 10);
	if (end == expiry || *end != '\0' || errno != 0 || l->expiry < 0)
		return false;
	if (mac_parse(mac, l->mac) == -1 || ip4_parse(ip, &l->ip) == -1)
		return false;
	if (strcmp(host, "*") != 0 && strlen(host) < sizeof(l->host))
		memcpy(l->host, host, strlen(host) + 1);
	return true;
}

void
leases_parse(struct leases *out, const char *text, size_t len)
{
	const char *end = text + len;

	*out = (struct leases){ 0 };
	while (text < end) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		char line[512];
		struct lease l;
		size_t n;

		/* dnsmasq is writing the line that has no end yet. */
		if (nl == NULL)
			break;
		n = (size_t)(nl - text);
		if (n < sizeof(line) && memchr(text, '\0', n) == NULL) {
			memcpy(line, text, n);
			line[n] = '\0';
			if (parse_line(line, &l))
				add(out, &l);
		}
		text = nl + 1;
	}
}

void
leases_parse_status(struct leases *out, const char *text, size_t len)
{
	json_t *list = json_loadb(text, len, 0, NULL);

	*out = (struct leases){ 0 };
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *mac, *ip, *host = "";
		struct lease l = { 0 };
		json_int_t expiry;

		if (json_unpack(json_array_get(list, i), "{s:s, s:s, s:I, s?s}",
		    "ip-address", &ip, "mac-address", &mac, "expiry-time",
		    &expiry, "hostname", &host) == -1 || expiry < 0 ||
		    mac_parse(mac, l.mac) == -1 || ip4_parse(ip, &l.ip) == -1)
			continue;
		l.expiry = expiry;
		if (strlen(host) < sizeof(l.host))
			memcpy(l.host, host, strlen(host) + 1);
		add(out, &l);
	}
	json_decref(list);
}

static int
load(struct leases *out, const char *path,
    void (*parse)(struct leases *, const char *, size_t), struct qerr *e)
{
	size_t len = 0;
	ssize_t n = 0;
	char *text;
	int fd;

	*out = (struct leases){ 0 };
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1)
		return qerr_sys(e, "cannot read '%s'", path);
	text = xcalloc(1, MAX_FILE);
	while (len < MAX_FILE &&
	    (n = read(fd, text + len, MAX_FILE - len)) > 0)
		len += (size_t)n;
	if (n == -1)
		qerr_sys(e, "cannot read '%s'", path);
	else
		parse(out, text, len);
	close(fd);
	free(text);
	return n == -1 ? -1 : 0;
}

int
leases_load(struct leases *out, const char *path, struct qerr *e)
{
	return load(out, path, leases_parse, e);
}

int
leases_load_status(struct leases *out, const char *path, struct qerr *e)
{
	return load(out, path, leases_parse_status, e);
}

void
leases_append(struct leases *out, struct leases *more)
{
	bymac_release(&out->order);
	for (size_t i = 0; i < more->n; i++)
		add(out, &more->l[i]);
	leases_free(more);
}

void
leases_sort(struct leases *ls)
{
	bymac_sort(&ls->order, ls->l, ls->n, sizeof(*ls->l),
	    offsetof(struct lease, mac));
}

const struct lease *
leases_next(const struct leases *ls, const uint8_t mac[6],
    const struct lease *after)
{
	size_t i;

	if (ls->order.v != NULL)
		return bymac_prev(&ls->order, mac, after);
	i = after != NULL ? (size_t)(after - ls->l) : ls->n;
	while (i-- > 0)
		if (memcmp(ls->l[i].mac, mac, 6) == 0)
			return &ls->l[i];
	return NULL;
}

const struct lease *
leases_find(const struct leases *ls, const uint8_t mac[6], int64_t now)
{
	const struct lease *l = NULL;

	while ((l = leases_next(ls, mac, l)) != NULL)
		if (l->expiry == 0 || l->expiry > now)
			return l;
	return NULL;
}

void
leases_free(struct leases *ls)
{
	bymac_release(&ls->order);
	free(ls->l);
	*ls = (struct leases){ 0 };
}
