/* SPDX-License-Identifier: ISC */
/* qemus.c - which QEMUs run, and where (macOS) */
#include <sys/types.h>
#include <sys/sysctl.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arptext.h"
#include "bridgewire.h"
#include "dhcpdleases.h"
#include "paste.h"
#include "proc.h"
#include "procs.h"
#include "psread.h"
#include "qemuargv.h"
#include "qemus.h"
#include "rawdump.h"

#define COMMAND_MS	5000
/* One file for all of vmnet's networks, bootpd's; anybody may read it. */
#define LEASES		"/var/db/dhcpd_leases"
#define LEASES_MAX	(4 << 20)

/* The words of pid's command line; -1: not ours to see. */
static int
read_argv(pid_t pid, struct strv *argv)
{
	static size_t max;
	int mib[] = { CTL_KERN, KERN_PROCARGS2, (int)pid };
	int argmax_mib[] = { CTL_KERN, KERN_ARGMAX };
	char name[16];
	int argmax, bad, rc = -1;
	size_t len = sizeof(argmax);
	void *buf;

	if (max == 0 && sysctl(argmax_mib, 2, &argmax, &len, NULL, 0) == 0)
		max = (size_t)argmax;
	len = max;
	buf = xcalloc(1, len);
	bad = sysctl(mib, 3, buf, &len, NULL, 0) == 0 ? 0 : errno;
	snprintf(name, sizeof(name), "%d", (int)pid);
	rawdump_tell(RAWDUMP_PROCARGS, name, buf, len, bad);
	if (bad == 0)
		rc = bridgewire_procargs(argv, buf, len);
	free(buf);
	return rc;
}

static void
add(struct facts *f, const struct kinfo_proc *kp, char **argv)
{
	struct fact_proc *p = facts_proc(f);

	p->id.pid = kp->kp_proc.p_pid;
	procs_start_time(p->id.pid, &p->id.start);
	p->uid = kp->kp_eproc.e_ucred.cr_uid;
	p->argv = argv;
}

/* Of others' processes ps(1), which is the system's own, may tell. */
static void
ask_ps(struct facts *f)
{
	static const char *const argv[] = { "/bin/ps", "-axww", "-o",
		"pid,uid,command", NULL };
	struct findings found = { 0 };
	char *out = NULL;
	struct psread ps;
	struct paste text;
	struct facts seen = { 0 };

	if (proc_run((char *const *)argv, NULL, &out, NULL, COMMAND_MS,
	    NULL) != 0) {
		free(out);
		return;
	}
	paste_init(&text, out, strlen(out));
	psread_init(&ps, &seen, &found);
	for (size_t i = 0; i < text.n; i++)
		psread_line(&ps, text.lines[i], 0, (int)i + 1, false);
	psread_release(&ps);
	for (size_t i = 0; i < seen.nprocs; i++)
		for (size_t k = 0; k < f->nprocs; k++)
			if (f->procs[k].argv == NULL &&
			    f->procs[k].id.pid == seen.procs[i].id.pid) {
				f->procs[k].argv = seen.procs[i].argv;
				seen.procs[i].argv = NULL;
			}
	paste_free(&text);
	findings_free(&found);
	facts_free(&seen);
	free(out);
}

static void
read_leases(struct facts *f)
{
	FILE *file = fopen(LEASES, "re");
	char *text;

	if (file == NULL)
		return;
	text = xcalloc(1, LEASES_MAX);
	dhcpdleases_parse(&f->leases, text, fread(text, 1, LEASES_MAX, file));
	free(text);
	fclose(file);
}

/* p_comm is the program's name, cut to 16 bytes; QEMULauncher is UTM's. */
static bool
may_be_qemu(const struct kinfo_proc *kp)
{
	return strncmp(kp->kp_proc.p_comm, "qemu-system-", 12) == 0 ||
	    strcmp(kp->kp_proc.p_comm, "QEMULauncher") == 0;
}

int
qemus_list(struct facts *f, struct qerr *e)
{
	int mib[] = { CTL_KERN, KERN_PROC, KERN_PROC_ALL, 0 };
	struct kinfo_proc *kp = NULL;
	bool refused = false;
	size_t len = 0;

	if (sysctl(mib, 3, NULL, &len, NULL, 0) == -1)
		return qerr_sys(e, "cannot list the processes");
	len += len / 8 + 16 * sizeof(*kp);	/* some may start meanwhile */
	kp = xcalloc(1, len);
	if (sysctl(mib, 3, kp, &len, NULL, 0) == -1) {
		free(kp);
		return qerr_sys(e, "cannot list the processes");
	}
	for (size_t i = 0; i < len / sizeof(*kp); i++) {
		struct strv argv = { 0 };

		if (!may_be_qemu(&kp[i]) || kp[i].kp_proc.p_stat == SZOMB)
			continue;
		refused |= read_argv(kp[i].kp_proc.p_pid, &argv) == -1;
		add(f, &kp[i], argv.v);
	}
	free(kp);
	if (refused)
		ask_ps(f);
	read_leases(f);
	facts_space(f, 0);
	return 0;
}

uint64_t
qemus_space(pid_t pid)
{
	(void)pid;
	return 0;
}

char *
qemus_path(const struct fact_proc *p, const char *path)
{
	(void)p;
	return *path == '/' ? xstrdup(path) : NULL;
}

/* Since macOS 27 the table is shown to arp(8), not to everybody. */
static void
ask_arp(struct hostifs *h)
{
	static const char *const argv[] = { "/usr/sbin/arp", "-an", NULL };
	struct findings found = { 0 };
	struct hostifs named = { 0 };
	struct iftable table;
	struct paste text;
	char *out = NULL;

	if (proc_run((char *const *)argv, NULL, &out, NULL, COMMAND_MS,
	    NULL) == 0) {
		paste_init(&text, out, strlen(out));
		iftable_init(&table, &named, &found);
		for (size_t i = 0; i < text.n; i++)
			arptext_line(&table, text.lines[i], (int)i + 1, false);
		for (size_t i = 0; i < named.nneighs; i++) {
			struct hostif_neigh n = named.neighs[i];
			const struct hostif *at = hostif_by_name(h,
			    named.ifs[n.index - 1].name);

			n.index = at != NULL ? at->index : 0;
			*hostifs_add_neigh(h) = n;
		}
		iftable_release(&table);
		hostifs_free(&named);
		findings_free(&found);
		paste_free(&text);
	}
	free(out);
}

int
qemus_look(struct fact_space *s)
{
	if (hostifs_get(&s->ifs, &s->err) == -1)
		return -1;
	ask_arp(&s->ifs);
	hostifs_sort(&s->ifs);
	s->seen = true;
	return 0;
}

/* There is one space only. */
int
qemus_open_in(const struct fact_space *s, int (*open)(struct qerr *e),
    struct qerr *e)
{
	(void)s;
	return open(e);
}
