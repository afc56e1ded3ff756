/* SPDX-License-Identifier: ISC */
/* hostmark.c - what labs left in the host's own network, by its marks */
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <net/if.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostif.h"
#include "hostmark.h"
#include "ids.h"
#include "loop.h"
#include "netconf.h"
#include "netdev.h"
#include "ns.h"
#include "proc.h"
#include "vnet.h"

#define MARK		"qlab:"
#define LOCK_MS		5000
#define NFT_MS		10000

/* A NIC's mark has a second slash. */
char *
hostmark_lab(const char *alias)
{
	const char *name = alias + strlen(MARK), *slash;
	char *lab;

	if (strncmp(alias, MARK, strlen(MARK)) != 0 ||
	    (slash = strchr(name, '/')) == NULL ||
	    strchr(slash + 1, '/') != NULL)
		return NULL;
	lab = xasprintf("%.*s", (int)(slash - name), name);
	if (lab_name_ok(lab))
		return lab;
	free(lab);
	return NULL;
}

int
hostmark_claim(const char *lab, int wait_ms, struct qerr *e)
{
	int64_t until = loop_now_ms() + wait_ms;
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len;

	if (fd == -1)
		return qerr_sys(e, "cannot make a socket");
	/* An abstract name: it starts with a NUL and is as long as said. */
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	    (size_t)snprintf(sun.sun_path + 1, sizeof(sun.sun_path) - 1,
	    "qlab/host-net/%.64s", lab));
	for (;;) {
		if (bind(fd, (struct sockaddr *)&sun, len) == 0)
			return fd;
		if (errno != EADDRINUSE || loop_now_ms() >= until)
			break;
		usleep(5000);
	}
	if (errno == EADDRINUSE)
		qerr_set(e, QERR_FAIL, "a lab '%s' is up in this host's own "
		    "network already, of another user or state directory",
		    lab);
	else
		qerr_sys(e, "cannot take the lab's name");
	close(fd);
	return -1;
}

int
hostmark_lock(struct qerr *e)
{
	int64_t until = loop_now_ms() + LOCK_MS;
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return qerr_sys(e, "cannot open the network namespace");
	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (loop_now_ms() >= until) {
			qerr_sys(e, "cannot lock the network namespace");
			close(fd);
			return -1;
		}
		usleep(5000);
	}
	return fd;
}

/* nft's output, or NULL. */
static char *
nft(const char *verb, const char *what, const char *family, const char *table)
{
	char *argv[] = { (char *)"nft", (char *)verb, (char *)what,
	    (char *)family, (char *)table, NULL };
	char *out = NULL, *errs = NULL;
	int rc = proc_run(argv, NULL, &out, &errs, NFT_MS, NULL);

	free(errs);
	if (rc == 0)
		return out;
	free(out);
	return NULL;
}

static char *
list_table(const char *lab)
{
	char *table = xasprintf(NETCONF_TABLE "%s", lab);
	char *text = nft("list", "table", "inet", table);

	free(table);
	return text;
}

/* The labs that have a table, as far as their names can be labs'. */
static void
labs_with_tables(struct strv *labs)
{
	static const char prefix[] = "table inet " NETCONF_TABLE;
	char *text = nft("list", "tables", "inet", NULL), *save = NULL;

	for (char *p = text != NULL ? strtok_r(text, "\n", &save) : NULL;
	    p != NULL; p = strtok_r(NULL, "\n", &save))
		if (strncmp(p, prefix, sizeof(prefix) - 1) == 0 &&
		    lab_name_ok(p + sizeof(prefix) - 1))
			strv_add(labs, p + sizeof(prefix) - 1);
	free(text);
}

int
hostmark_table_free(const char *lab, struct qerr *e)
{
	char *text = list_table(lab);
	struct netconf_notes notes;
	bool ours = text == NULL || netconf_host_read(text, &notes);

	free(text);
	return ours ? 0 : qerr_set(e, QERR_FAIL, "this host has an nft table "
	    "'inet " NETCONF_TABLE "%s' that is not qlab's: give the lab "
	    "another name", lab);
}

bool
hostmark_forward_noted(const char *but_lab)
{
	struct strv labs = { 0 };
	bool noted = false;

	labs_with_tables(&labs);
	for (size_t i = 0; i < labs.n && !noted; i++) {
		char *text = strcmp(labs.v[i], but_lab) != 0 ?
		    list_table(labs.v[i]) : NULL;
		struct netconf_notes notes;

		noted = text != NULL && netconf_host_read(text, &notes) &&
		    notes.forward_was_off;
		free(text);
	}
	strv_free(&labs);
	return noted;
}

/*
 * Killed between making a bridge and marking it, a holder leaves one with the
 * address that only this lab's network of that name has.
 */
static bool
is_bridge_of(const struct hostif *i, const char *lab)
{
	char *owner = hostmark_lab(i->alias), *seed;
	bool marked = owner != NULL && strcmp(owner, lab) == 0;
	uint8_t mac[6];

	free(owner);
	if (strcmp(i->kind, "bridge") != 0)
		return false;
	if (*i->alias != '\0')
		return marked;
	seed = xasprintf("bridge/%s/%s", lab, i->name);
	mac_derive(seed, mac);
	free(seed);
	return memcmp(mac, i->mac, sizeof(mac)) == 0;
}

static void
tell(struct strv *said, const char *fmt, const char *name, const char *lab)
{
	if (said != NULL)
		strv_addf(said, fmt, name, lab);
}

/* The kernel releases a bridge's ports when it goes. */
static void
remove_bridges(const char *lab, struct mnl_socket *nl,
    const struct netconf_notes *notes, bool dry, struct strv *said)
{
	struct hostifs ifs = { 0 };

	if (hostifs_get(&ifs, NULL) == -1)
		return;
	for (size_t i = 0; i < ifs.nifs; i++)
		if (is_bridge_of(&ifs.ifs[i], lab) && (dry ||
		    netdev_del(nl, ifs.ifs[i].name, NULL) == 0))
			tell(said, "bridge '%s' of lab %s", ifs.ifs[i].name,
			    lab);
	for (size_t i = 0; i < notes->ndown; i++) {
		const struct hostif *up = hostif_by_index(&ifs,
		    notes->down[i]);

		if (up != NULL && up->up && (dry ||
		    netdev_down(nl, up->name, NULL) == 0))
			tell(said, "uplink '%s' of lab %s", up->name, lab);
	}
	hostifs_free(&ifs);
}

static void
remove_table(const char *lab, bool dry, struct strv *said)
{
	char *table = xasprintf(NETCONF_TABLE "%s", lab);
	char *text = dry ? NULL : nft("delete", "table", "inet", table);

	if (dry || text != NULL)
		tell(said, "nft table 'inet %s' of lab %s", table, lab);
	free(text);
	free(table);
}

void
hostmark_remove(const char *lab, struct mnl_socket *nl, bool dry,
    struct strv *said)
{
	int lock = hostmark_lock(NULL);
	char *text = list_table(lab);
	struct netconf_notes notes = { .ndown = 0 };
	bool ours = text != NULL && netconf_host_read(text, &notes);

	free(text);
	if (!ours)
		notes = (struct netconf_notes){ .ndown = 0 };
	remove_bridges(lab, nl, &notes, dry, said);
	/* The table goes last: it remembers the rest. */
	if (notes.forward_was_off && !hostmark_forward_noted(lab) && (dry ||
	    ns_sysctl("ipv4/ip_forward", "0") == 0))
		tell(said, "%s, which lab %s had turned on", "forwarding",
		    lab);
	if (ours)
		remove_table(lab, dry, said);
	if (lock != -1)
		close(lock);
}

int
vnet_check_host(struct qerr *e)
{
	if (geteuid() == 0)
		return 0;
	return qerr_set(e, QERR_PERM, "networks in this host's own network "
	    "(--host-net) need root: sudo, or leave --host-net out");
}

static void
add_once(struct strv *labs, const char *name)
{
	if (!strv_has(labs, name))
		strv_add(labs, name);
}

void
vnet_marked(struct strv *labs)
{
	struct strv tables = { 0 };
	struct hostifs ifs = { 0 };

	if (geteuid() != 0 || hostifs_get(&ifs, NULL) == -1)
		return;
	for (size_t i = 0; i < ifs.nifs; i++) {
		char *lab = hostmark_lab(ifs.ifs[i].alias);

		if (lab != NULL && strcmp(ifs.ifs[i].kind, "bridge") == 0)
			add_once(labs, lab);
		free(lab);
	}
	hostifs_free(&ifs);
	labs_with_tables(&tables);
	for (size_t i = 0; i < tables.n; i++)
		if (hostmark_table_free(tables.v[i], NULL) == 0)
			add_once(labs, tables.v[i]);
	strv_free(&tables);
}

void
vnet_sweep(const char *lab, bool dry, struct strv *said)
{
	struct mnl_socket *nl;
	int name;

	/* Whose name is taken lives, whatever the registry says. */
	if (geteuid() != 0 || (name = hostmark_claim(lab, 0, NULL)) == -1)
		return;
	nl = netdev_open(NULL);
	if (nl != NULL)
		hostmark_remove(lab, nl, dry, said);
	netdev_close(nl);
	close(name);
}
