/* SPDX-License-Identifier: ISC */
/* saved.c - facts out of saved text: the output of any of these commands */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "arptext.h"
#include "dhcpdleases.h"
#include "ifconfig.h"
#include "ipjson.h"
#include "iptext.h"
#include "paste.h"
#include "psread.h"
#include "rawdump.h"
#include "saved.h"
#include "text.h"
#include "vmnetmode.h"

/* Of more bridges than these one command tells more quickly. */
#define ASK_BRIDGES	4
/* Nobody breaks lines to more. */
#define MAX_WRAP	120
/* At once for JSON: documents may be short. */
#define JSON_PIECE	256
/* Of 4,000 interfaces and all they know; as a tree it takes many times that. */
#define MAX_JSON	(8u << 20)
/* Interfaces, and QEMUs. */
#define MAX_MACHINE	65536

struct saved {
	struct facts *f;
	struct findings *found;
	struct paste text;
	size_t at;			/* the line */
	size_t width;			/* as it stood, of two the second */
	struct iftable table;
	struct ifconfig ifconfig;
	struct dhcpdleases leases;
	struct psread ps;
	struct ipjson_seen json;
	size_t *open, nopen, passed;	/* lines where JSON has no end */
	struct iptext iptext;
	bool ifconfig_seen, arp_seen;
	size_t strange, nstrange;	/* first line not understood; all */
};

/* ---- lines that nobody understands ---- */

/* One finding for all that stand together. */
static void
tell_strange(struct saved *s)
{
	char show[TEXT_SHOWSZ], more[48] = "";

	if (s->nstrange == 0)
		return;
	if (s->nstrange > 1)
		snprintf(more, sizeof(more), ", and %zu more line%s",
		    s->nstrange - 1, s->nstrange > 2 ? "s" : "");
	findings_add(s->found, false, (int)s->strange + 1,
	    "not understood: %s%s", text_show(s->text.lines[s->strange], show),
	    more);
	s->nstrange = 0;
}

static void
add_strange(struct saved *s, size_t at)
{
	if (s->nstrange++ == 0)
		s->strange = at;
}

/* "mac:~ me$ COMMAND", "me@mac ~ %", "# COMMAND", "$ COMMAND" */
static bool
is_prompt(const char *line)
{
	static const char *const commands[] = { "ifconfig", "arp", "ps", "ip",
		"bridge", "cat", "sudo", "ssh", NULL };
	bool shell = strncmp(line, "$ ", 2) == 0 ||
	    strncmp(line, "% ", 2) == 0 ||
	    memchr(line, '@', strcspn(line, " ")) != NULL;

	for (; (line = strpbrk(line, "$%#")) != NULL; line++) {
		if (shell && (line[1] == ' ' || line[1] == '\0'))
			return true;
		for (int i = 0; line[1] == ' ' && commands[i] != NULL; i++) {
			size_t n = strlen(commands[i]);

			if (strncmp(line + 2, commands[i], n) == 0 &&
			    (line[n + 2] == '\0' || line[n + 2] == ' '))
				return true;
		}
	}
	return false;
}

/* Remarks, fences, prompts. */
static bool
is_nothing(const char *line)
{
	return *line == '#' || strncmp(line, "```", 3) == 0 ||
	    strncmp(line, "~~~", 3) == 0 || is_prompt(line);
}

/* ---- JSON ---- */

struct feed {
	const struct paste *text;
	size_t line, off;
	size_t bytes;			/* so far */
};

static size_t
feed(void *buf, size_t size, void *arg)
{
	struct feed *f = arg;
	const char *rest;
	size_t n;

	if (f->line == f->text->n || f->bytes >= MAX_JSON)
		return 0;
	size = size < JSON_PIECE ? size : JSON_PIECE;
	rest = f->text->lines[f->line] + f->off;
	n = strnlen(rest, size);
	memcpy(buf, rest, n);
	f->off += n;
	if (n < size) {
		((char *)buf)[n++] = '\n';
		f->line++;
		f->off = 0;
	}
	f->bytes += n;
	return n;
}

/* Move on by that many bytes that feed() gave out. */
static void
advance(struct saved *s, size_t bytes)
{
	struct paste *t = &s->text;

	while (s->at < t->n) {
		size_t len = strnlen(t->lines[s->at], bytes);

		if (bytes == len) {
			t->lines[s->at] += bytes;
			break;
		}
		bytes -= len + 1;
		s->at++;
	}
	if (s->at == t->n)
		return;
	t->lines[s->at] += strspn(t->lines[s->at], " \t");
	/* A document often ends with its line. */
	if (*t->lines[s->at] == '\0')
		s->at++;
}

/* "[{" or "[]", over two lines, too. */
static bool
looks_like_json(const struct saved *s)
{
	const char *line = s->text.lines[s->at];

	if (*line++ != '[')
		return false;
	line += strspn(line, " \t");
	if (*line == '\0' && s->at + 1 < s->text.n)
		line = s->text.lines[s->at + 1];
	return *line == '{' || *line == ']';
}

/*
 * A document has no end in the text, or a wrong one in its last line, so many
 * bytes from here.  Arrays that are still open there, where a line begins with
 * them, must not each be tried again.
 */
static void
find_open(struct saved *s, size_t bytes)
{
	struct feed f = { &s->text, s->at, 0, 0 };
	bool string = false, escape = false;
	char buf[JSON_PIECE];
	size_t n;

	s->nopen = s->passed = 0;
	for (; bytes > 0; bytes -= n) {
		size_t begun = f.off > 0 ? 0 : f.line + 1;

		n = feed(buf, bytes < sizeof(buf) ? bytes : sizeof(buf), &f);
		if (n == 0)
			return;
		for (size_t i = 0; i < n; i++) {
			char c = buf[i];

			if (c == '"' && !escape)
				string = !string;
			escape = string && c == '\\' && !escape;
			if (string)
				continue;
			if (c == '[' || c == '{') {
				s->open = xgrow(s->open, s->nopen,
				    sizeof(*s->open));
				s->open[s->nopen++] = i == 0 ? begun : 0;
			} else if ((c == ']' || c == '}') && s->nopen > 0)
				s->nopen--;
		}
	}
}

static bool
is_open(struct saved *s)
{
	while (s->passed < s->nopen && s->open[s->passed] <= s->at)
		s->passed++;
	return s->passed < s->nopen && s->open[s->passed] == s->at + 1;
}

/* How many lines to go on by: 0 when a document was read, else *why. */
static size_t
try_json(struct saved *s, const char **why)
{
	struct feed f = { &s->text, s->at, 0, 0 };
	json_error_t err;
	json_t *doc;

	*why = "JSON that breaks off";
	if (is_open(s))
		return 1;
	doc = json_load_callback(feed, &f, JSON_DISABLE_EOF_CHECK, &err);
	if (doc != NULL) {
		ipjson_read(&s->table, doc, (int)s->at + 1, &s->json);
		json_decref(doc);
		advance(s, (size_t)err.position);
		return 0;
	}
	if (f.bytes >= MAX_JSON)
		*why = "JSON of more than 8 MiB";
	if (err.line > 1 && s->at + (size_t)err.line < s->text.n)
		return (size_t)err.line - 1;
	if (err.line > 1)
		find_open(s, (size_t)err.position);
	return 1;
}

static void
read_json(struct saved *s)
{
	const char *why;
	size_t lines = try_json(s, &why);

	if (lines > 0)
		findings_add(s->found, false, (int)s->at + 1, "%s: ignored",
		    why);
	/* What stands where it breaks off may be something else. */
	s->at += lines;
}

/* ---- lines ---- */

/* What was read before is not continued by this line. */
static void
end_others(struct saved *s, bool ifconfig, bool leases, bool ps)
{
	if (!ifconfig)
		ifconfig_end(&s->ifconfig);
	if (!leases)
		dhcpdleases_end(&s->leases);
	if (!ps)
		psread_end(&s->ps);
}

static bool
read_line(struct saved *s, const char *line, int no)
{
	bool last = s->text.cut && s->at + 1 == s->text.n;
	size_t indent = paste_indent(&s->text, s->at);

	if (iptext_line(&s->iptext, line, indent, no)) {
		end_others(s, false, false, false);
		return true;
	}
	if (dhcpdleases_line(&s->leases, line, no))
		end_others(s, false, true, false);
	else if (arptext_line(&s->table, line, no, last)) {
		end_others(s, false, false, false);
		s->arp_seen = true;
	} else if (ifconfig_line(&s->ifconfig, line, no)) {
		end_others(s, true, false, false);
		s->ifconfig_seen = true;
	} else if (psread_line(&s->ps, line, s->width, no, last))
		end_others(s, false, false, true);
	else
		return iptext_rest(&s->iptext, line, indent);
	iptext_end(&s->iptext);
	return true;
}

/*
 * Does a line go on with the next one, as mail programs break them?
 * "bridge100:" and its flags; "? (IP) at MAC on IF" and "[ethernet]"; a process
 * and its command.
 */
static bool
is_broken(const struct paste *p, size_t i)
{
	const char *line = p->lines[i], *next;
	size_t n = strlen(line), len;

	if (n < 2 || i + 1 == p->n)
		return false;
	next = p->lines[i + 1];
	len = strlen(next);
	if (line[n - 1] == ':' && strcspn(line, " \t") == n)
		return strncmp(next, "flags=", 6) == 0;
	if (strstr(line, ") at ") != NULL && line[n - 1] != ']')
		return len > 0 && next[len - 1] == ']' &&
		    strchr(next, '(') == NULL;
	return psread_is_broken(line, next);
}

/* More than any machine has? */
static bool
is_too_much(const struct saved *s)
{
	return s->table.h->nifs > MAX_MACHINE || s->f->nprocs > MAX_MACHINE;
}

static void
read_lines(struct saved *s)
{
	while (s->at < s->text.n && !is_too_much(s)) {
		const char *line = s->text.lines[s->at];

		if (looks_like_json(s)) {
			tell_strange(s);
			end_others(s, false, false, false);
			read_json(s);
			continue;
		}
		s->width = paste_indent(&s->text, s->at) + strlen(line);
		if (is_broken(&s->text, s->at)) {
			s->width = strlen(s->text.lines[s->at + 1]);
			paste_join(&s->text, s->at);
		}
		if (*line == '\0') {
			s->at++;
		} else if (read_line(s, line, (int)s->at + 1)) {
			tell_strange(s);
			s->at++;
		} else if (is_nothing(line)) {
			s->at++;
		} else
			add_strange(s, s->at++);
	}
	tell_strange(s);
	end_others(s, false, false, false);
}

/* ---- what is missing ---- */

static bool
uses_vmnet(const struct facts *f)
{
	for (size_t i = 0; i < f->nprocs; i++)
		for (char **a = f->procs[i].argv; *a != NULL; a++)
			if (strstr(*a, "vmnet-") != NULL)
				return true;
	return false;
}

static void
ask_caches(const struct saved *s, const struct hostifs *h, struct strv *asks)
{
	struct strv all = { 0 };

	for (size_t i = 0; i < h->nifs; i++)
		if (vmnet_is_bridge(&h->ifs[i]) &&
		    !ifconfig_has_cache(&s->ifconfig, h->ifs[i].name))
			strv_addf(&all, "ifconfig %s", h->ifs[i].name);
	for (size_t i = 0; all.n <= ASK_BRIDGES && i < all.n; i++)
		strv_add(asks, all.v[i]);
	if (all.n > ASK_BRIDGES)
		strv_add(asks, "ifconfig -vv");
	strv_free(&all);
}

static void
ask_linux(const struct saved *s, struct strv *asks)
{
	if (!s->json.links)
		strv_add(asks, "ip -j -d -s link");
	if (!s->json.fdb)
		strv_add(asks, "bridge -j fdb");
	if (!s->json.addrs)
		strv_add(asks, "ip -j addr");
	if (!s->json.neighs && !s->arp_seen && !s->leases.seen)
		strv_add(asks, "ip -j neigh");
}

/* Some vmenet or bridge stands there without what it is connected to. */
static bool
has_loose_ends(const struct hostifs *h)
{
	for (size_t i = 0; i < h->nifs; i++)
		if (strcmp(h->ifs[i].kind, "vmenet") == 0 &&
		    h->ifs[i].master == 0)
			return true;
	return false;
}

static void
ask(const struct saved *s, struct strv *asks)
{
	const struct ipjson_seen *j = &s->json;
	const struct hostifs *h = &s->f->spaces[0].ifs;

	if (!s->ps.seen || s->ps.cut)
		strv_add(asks, "ps -axww");
	if (j->links || j->fdb || j->addrs || j->neighs ||
	    iptext_linux(&s->iptext) ||
	    (!s->ifconfig_seen && !s->iptext.seen[IPTEXT_ARP] &&
	    s->f->nprocs > 0 && !uses_vmnet(s->f))) {
		ask_linux(s, asks);
		return;
	}
	if (!s->ifconfig_seen || has_loose_ends(h))
		strv_add(asks, "ifconfig");
	ask_caches(s, h, asks);
	if (!s->arp_seen && (!s->leases.seen || s->iptext.seen[IPTEXT_ARP]))
		strv_add(asks, "arp -an");
}

/* ---- all of it ---- */

/*
 * The width that a mail program has broken all lines to: they are no longer,
 * but for single words; 0: it did not.
 */
static size_t
wrap_width(const struct paste *p)
{
	size_t max = 0;

	for (size_t i = 0; i < p->n && max <= MAX_WRAP; i++) {
		size_t n = strlen(p->lines[i]);

		if (p->lines[i][strcspn(p->lines[i], " \t")] == '\0')
			continue;
		n += paste_indent(p, i);
		max = n > max ? n : max;
	}
	return max <= MAX_WRAP ? max : 0;
}

static void
begin(struct saved *s, struct fact_space *space, const char *text, size_t len)
{
	paste_init(&s->text, text, len);
	iftable_init(&s->table, &space->ifs, s->found);
	ifconfig_init(&s->ifconfig, &s->table);
	dhcpdleases_init(&s->leases, s->found);
	psread_init(&s->ps, s->f, s->found);
	s->ps.wrap = wrap_width(&s->text);
	iptext_init(&s->iptext, s->found);
}

static void
finish(struct saved *s)
{
	psread_release(&s->ps);
	dhcpdleases_release(&s->leases);
	ifconfig_release(&s->ifconfig);
	iftable_release(&s->table);
	paste_free(&s->text);
	free(s->open);
}

/* Was there anything that makes a map? */
static bool
has_facts(const struct saved *s)
{
	const struct ipjson_seen *j = &s->json;

	return s->ifconfig_seen || s->arp_seen || s->ps.seen ||
	    s->leases.seen || j->links || j->addrs || j->neighs || j->fdb;
}

int
saved_read(struct facts *f, const char *text, size_t len,
    struct findings *found, struct strv *asks, struct qerr *e)
{
	struct fact_space *space;
	struct saved s = { .f = f, .found = found };
	int rc = 0;

	if (rawdump_is(text, len))
		return rawdump_read(f, text, len, found, e);
	space = facts_space(f, 0);
	begin(&s, space, text, len);
	read_lines(&s);
	f->saved = true;
	space->seen = s.ifconfig_seen || s.json.links;
	dhcpdleases_take(&s.leases, &f->leases);
	if (has_facts(&s) || iptext_linux(&s.iptext) ||
	    s.iptext.seen[IPTEXT_ARP])
		ask(&s, asks);
	if (is_too_much(&s))
		rc = qerr_set(e, QERR_INPUT, "more than %d interfaces or "
		    "QEMUs: that is no one machine", MAX_MACHINE);
	else if (has_facts(&s)) {
		hostifs_sort(&space->ifs);
		vmnet_nets(f);
	} else
		rc = qerr_set(e, QERR_INPUT, "nothing in it is of ifconfig, "
		    "arp, ps, ip -j, bridge -j or dhcpd_leases");
	finish(&s);
	return rc;
}
