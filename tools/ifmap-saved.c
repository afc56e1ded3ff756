/* SPDX-License-Identifier: ISC */
/* ifmap-saved.c - qlab-ifmap -r, --dump-raw: a map from elsewhere, for there */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "ifmap-tool.h"
#include "qemus.h"
#include "rawdump.h"
#include "saved.h"
#include "strv.h"
#include "tool.h"
#include "vmnet.h"

/* Of the lines that cannot be read so many are told one by one. */
#define MAX_SAID	20
/* Of so many they are the first. */
#define MAX_KEPT	10000
/* No machine prints that much. */
#define MAX_TEXT	(32u << 20)

static char *
read_all(const char *file, size_t *len)
{
	FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "r");
	size_t cap = 1 << 16, n;
	char *buf = xcalloc(1, cap);
	struct qerr e = { 0 };

	*len = 0;
	while (f != NULL && (n = fread(buf + *len, 1, cap - *len, f)) > 0) {
		*len += n;
		if (*len > MAX_TEXT)
			tool_usage("'%s' has more than %u MiB", file,
			    MAX_TEXT >> 20);
		if (*len == cap)
			buf = xrealloc(buf, cap *= 2);
	}
	if (f == NULL || ferror(f)) {
		qerr_sys(&e, "cannot read '%s'", file);
		tool_die(&e);
	}
	if (f != stdin)
		fclose(f);
	return buf;
}

static int
by_line(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

static void
say_findings(const char *file, struct findings *found)
{
	size_t n = found->n < MAX_SAID ? found->n : MAX_SAID;

	if (found->n > 0)
		qsort(found->f, found->n, sizeof(*found->f), by_line);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "%s:%d: warning: %s\n",
		    strcmp(file, "-") == 0 ? "stdin" : file, found->f[i].line,
		    found->f[i].text);
	if (n < found->n)
		tool_say("%zu more places could not be read", found->n - n +
		    found->more);
}

void
ifmap_read_saved(struct map *m, const char *file)
{
	struct findings found = { .max = MAX_KEPT };
	struct strv asks = { 0 };
	struct qerr e = { 0 };
	size_t len;
	char *text = read_all(file, &len);
	int rc;

	*m = (struct map){ .labs = xcalloc(1, sizeof(*m->labs)) };
	rc = saved_read(&m->facts, text, len, &found, &asks, &e);
	free(text);
	say_findings(file, &found);
	findings_free(&found);
	for (size_t i = 0; i < asks.n; i++)
		tool_say("ask for: %s", asks.v[i]);
	strv_free(&asks);
	if (rc == -1) {
		qerr_prefix(&e, "'%s'", file);
		tool_die(&e);
	}
	ifmap_join(m);
}

/* ---- --dump-raw ---- */

struct dump {
	struct rawdump_mask mask;
	size_t n;
};

static void
dump_one(void *arg, enum rawdump_kind kind, const char *name, const void *buf,
    size_t len, int err)
{
	struct dump *d = arg;
	char *line = rawdump_line(&d->mask, kind, name, buf, len, err);

	if (d->n++ == 0)
		puts(RAWDUMP_HEAD);
	puts(line);
	free(line);
}

/* A line for each: what it was, what it is in the dump. */
static int
write_macs(const struct rawdump_mask *m, const char *file, struct qerr *e)
{
	FILE *f = fopen(file, "we");
	char was[MAC_STRSZ], is[MAC_STRSZ];
	uint8_t mac[6];

	if (f == NULL)
		return qerr_sys(e, "cannot write '%s'", file);
	for (size_t i = 0; i < m->nmacs; i++) {
		rawdump_masked(m, i, mac);
		fprintf(f, "%s %s\n", mac_format(m->macs[i], was),
		    mac_format(mac, is));
	}
	if (ferror(f) | fclose(f))
		return qerr_sys(e, "cannot write '%s'", file);
	return 0;
}

int
ifmap_dump_raw(const char *macs)
{
	char host[256] = "", *user = vmnet_user();
	struct dump d = { .mask.words = { host, user } };
	struct hostifs routes = { 0 };
	struct facts f = { 0 };
	struct qerr e = { 0 };

	gethostname(host, sizeof(host) - 1);
	host[strcspn(host, ".")] = '\0';
	rawdump_hear(dump_one, &d);
	if (qemus_list(&f, &e) == 0)
		qemus_look(facts_space(&f, 0));
	hostifs_get_routes(&routes, NULL);
	hostifs_free(&routes);
	rawdump_hear(NULL, NULL);
	if (d.n > 0 && macs != NULL && write_macs(&d.mask, macs, &e) == -1)
		tool_die(&e);
	if (d.n == 0)
		tool_say("--dump-raw: not on this system: only macOS' kernel "
		    "is asked in this way");
	rawdump_mask_release(&d.mask);
	facts_free(&f);
	free(user);
	return d.n > 0 ? 0 : QERR_FAIL;
}
