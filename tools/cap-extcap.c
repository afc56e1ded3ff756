/* SPDX-License-Identifier: ISC */
/* cap-extcap.c - qlab-cap as Wireshark's source of packets */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "cap-extcap.h"
#include "capfilter.h"
#include "proc.h"
#include "version.h"

/*
 * Theory of operation
 *
 * Wireshark runs each program in its extcap directories to ask for interfaces,
 * for their link types and options, whether a filter is good, and at last for
 * packets, which it reads from a FIFO.  Answers are sentences of words in
 * braces on stdout; what stands on stderr is shown when packets fail to come.
 * Source: extcap(4), doc/extcap_example.py of Wireshark.
 *
 * What we call router/lan is interface qlab:router/lan there.
 */
#define PREFIX	"qlab:"

bool
cap_extcap_option(struct cap_extcap *x, int c, const char *arg)
{
	switch (c) {
	case CAP_OPT_EXTCAP_INTERFACES:
		x->interfaces = true;
		break;
	case CAP_OPT_EXTCAP_INTERFACE:
		x->interface = arg;
		break;
	case CAP_OPT_EXTCAP_DLTS:
		x->dlts = true;
		break;
	case CAP_OPT_EXTCAP_CONFIG:
		x->config = true;
		break;
	case CAP_OPT_EXTCAP_FILTER:
		x->filter = arg;
		break;
	case CAP_OPT_EXTCAP_VERSION:
		break;
	case CAP_OPT_EXTCAP_INSTALL:
		x->install = true;
		break;
	case CAP_OPT_CAPTURE:
		x->capture = true;
		break;
	case CAP_OPT_FIFO:
		x->fifo = arg;
		break;
	default:
		return false;
	}
	x->used = true;
	return true;
}

/* ---- answers ---- */

/* Do its words pass through a sentence as they are? */
static bool
is_plain(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~' || strchr("{}\\", *s) != NULL)
			return false;
	return true;
}

/* Several labs may have a point of that name. */
static bool
is_unique(const struct cappoints *ps, size_t n)
{
	for (size_t i = 0; i < ps->n; i++)
		if (i != n && strcmp(ps->p[i].name, ps->p[n].name) == 0)
			return false;
	return true;
}

static void
say_interface(const struct cappoints *ps, size_t n)
{
	const struct cappoint *p = &ps->p[n];
	bool alone = is_unique(ps, n);
	const char *lab = p->lab != NULL ? p->lab : "";

	if (!is_plain(p->name) || !is_plain(lab) || (!alone && *lab == '\0'))
		return;
	printf("interface {value=" PREFIX "%s%s%s}{display=qlab %s%s%s}\n",
	    alone ? "" : lab, alone ? "" : ":", p->name,
	    p->name, *lab != '\0' ? " of lab " : "", lab);
}

static int
say_interfaces(struct cap_conf *o)
{
	struct cappoints ps = { 0 };
	struct qerr e;

	printf("extcap {version=%s}{display=qlab}\n", QLAB_VERSION);
	o->list = true;
	if (cap_find(o, &ps, &e) == -1) {
		tool_say_err(&e);
		return (int)e.kind;
	}
	for (size_t i = 0; i < ps.n; i++)
		if (ps.p[i].via != VIA_AUTO &&
		    strncmp(ps.p[i].name, "if:", 3) != 0)
			say_interface(&ps, i);
	cappoint_release(&ps);
	return 0;
}

/* Nothing is the answer to a good one. */
static int
check_filter(const char *text)
{
	struct qerr e;
	struct capfilter *f = capfilter_new(text, LINKTYPE_ETHERNET, &e);

	if (f == NULL)
		printf("%s\n", e.msg);
	capfilter_free(f);
	return 0;
}

/* ---- installing ---- */

static int
make_dirs(char *path, struct qerr *e)
{
	for (char *p = path + 1; ; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(path, 0777) == -1 && errno != EEXIST)
			return qerr_sys(e, "cannot make '%s'", path);
		*p = c;
		if (c == '\0')
			return 0;
	}
}

/* A link of an older installation is replaced, nothing else is. */
static int
make_link(const char *self, char *dir, struct qerr *e)
{
	char *link = NULL;
	struct stat st;
	int rc = make_dirs(dir, e);

	if (rc == -1)
		return -1;
	link = xasprintf("%s/qlab-cap", dir);
	if (lstat(link, &st) == 0 && S_ISLNK(st.st_mode))
		unlink(link);
	if (symlink(self, link) == -1)
		rc = qerr_sys(e, "cannot link '%s'", link);
	else
		puts(link);
	free(link);
	return rc;
}

/* Wireshark looks into the first from version 4.2 on, before into the other. */
static int
install(const char *argv0)
{
	const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");
	char self[PATH_MAX], *dirs[2];
	char *found = strchr(argv0, '/') == NULL ? proc_find(argv0) : NULL;
	struct qerr e;
	int rc = 0;

	if (home == NULL || *home != '/') {
		tool_say("HOME is not set");
		return QERR_FAIL;
	}
	if (realpath(found != NULL ? found : argv0, self) == NULL) {
		tool_say("cannot find out where '%s' is: %s", argv0,
		    strerror(errno));
		return QERR_FAIL;
	}
	free(found);
	dirs[0] = xasprintf("%s/.local/lib/wireshark/extcap", home);
	dirs[1] = config != NULL && *config == '/' ?
	    xasprintf("%s/wireshark/extcap", config) :
	    xasprintf("%s/.config/wireshark/extcap", home);
	for (int i = 0; i < 2 && rc == 0; i++)
		rc = make_link(self, dirs[i], &e);
	if (rc == -1)
		tool_say_err(&e);
	free(dirs[0]);
	free(dirs[1]);
	return rc == -1 ? (int)e.kind : 0;
}

/* ---- packets ---- */

static const char *
point_name(const char *interface)
{
	size_t n = strlen(PREFIX);

	if (interface == NULL)
		tool_usage("--extcap-interface is missing");
	if (strncmp(interface, PREFIX, n) != 0)
		tool_usage("--extcap-interface: '%s' is none of ours",
		    interface);
	return interface + n;
}

/*
 * Who reads the FIFO waits until somebody has written to it, or gone again: for
 * ever, should we end before we write.  So it is open from here until the end.
 */
static void
hold_open(const char *fifo)
{
	struct stat st;

	if (stat(fifo, &st) == 0 && S_ISFIFO(st.st_mode))
		(void)open(fifo, O_WRONLY | O_CLOEXEC);
}

/* Somebody looks at it while it comes, and wants to see names. */
static void
set_up(const struct cap_extcap *x, struct cap_conf *o)
{
	if (x->fifo == NULL)
		tool_usage("--capture needs --fifo");
	hold_open(x->fifo);
	strv_add(&o->words, point_name(x->interface));
	o->dest.file = o->dest.files.name = x->fifo;
	o->dest.pcapng = true;
	/* It shows all that is said as an error. */
	o->quiet = true;
	if (x->filter != NULL && *x->filter != '\0')
		o->filter = xstrdup(x->filter);
	o->src.filter = o->filter;
}

void
cap_extcap(const struct cap_extcap *x, struct cap_conf *o, const char *argv0)
{
	int status = 0;

	if (x->capture) {
		set_up(x, o);
		return;
	}
	if (x->install)
		status = install(argv0);
	else if (x->interfaces)
		status = say_interfaces(o);
	else if (x->dlts) {
		point_name(x->interface);
		puts("dlt {number=1}{name=EN10MB}{display=Ethernet}");
	} else if (x->config) {
		point_name(x->interface);
		puts("arg {number=0}{call=-s}{display=Snapshot length}"
		    "{tooltip=Bytes kept of each packet; 0: all}"
		    "{type=unsigned}{range=0,262144}{default=262144}");
	} else if (x->filter != NULL)
		status = check_filter(x->filter);
	else
		printf("extcap {version=%s}{display=qlab}\n", QLAB_VERSION);
	exit(tool_finish(status));
}
