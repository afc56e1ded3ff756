/* SPDX-License-Identifier: ISC */
/* vmnet.c - networks that QEMU makes of macOS' vmnet, and whom it lets */
#include <sys/wait.h>

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "linthost.h"
#include "proc.h"
#include "qemuargv.h"
#include "state.h"
#include "vmnet.h"

#define SUDO_MS		10000	/* without a question it is quick */
#define VERSION_MS	10000

static bool
has_vmnet(char *const *args)
{
	for (; args != NULL && *args != NULL; args++)
		if (strncmp(*args, "vmnet-", 6) == 0)
			return true;
	return false;
}

bool
vmnet_needed(const struct lab_vm *vm, char *const *extra)
{
	for (size_t i = 0; i < vm->nnics; i++)
		if (vm->nics[i].mode != NET_USER)
			return true;
	return has_vmnet(vm->args.v) || has_vmnet(extra);
}

void
vmnet_explain_net(const struct lab_net *net, struct strv *lines)
{
	char cidr[CIDR_STRSZ], ip[IP4_STRSZ];

	if (net->mode == NET_USER)
		return;
	if (net->mode == NET_BRIDGED) {
		strv_addf(lines, "vmnet-bridged '%s': onto %s", net->name,
		    net->uplink != NULL ? net->uplink : "?");
		return;
	}
	strv_addf(lines, "vmnet-%s '%s': %s, the Mac is %s, %s",
	    net_mode_name(net->mode), net->name,
	    cidr4_format(net->subnet, net->plen, cidr), net->dhcp ?
	    ip4_format(net->gateway, ip) : "not on it",
	    net->dhcp ? "DHCP by macOS" : "no DHCP");
}

char *
vmnet_user(void)
{
	uid_t uid = state_owner();
	const struct passwd *pw = uid != 0 ? getpwuid(uid) : NULL;

	return pw != NULL ? xstrdup(pw->pw_name) : NULL;
}

static void
add_drop(struct strv *argv, const char *user, const char *version)
{
	int major, minor;

	/* -runas went when -run-with could do the same. */
	if (version != NULL && linthost_version(version, &major, &minor) &&
	    (major < 9 || (major == 9 && minor < 1))) {
		strv_add(argv, "-runas");
		strv_add(argv, user);
	} else {
		strv_add(argv, "-run-with");
		strv_addf(argv, "user=%s", user);
	}
}

static void
add_sudo(struct strv *argv)
{
	struct strv all = { 0 };
	/* Where it is here says nothing of a Mac. */
	char *file = qemu_target_here() == QEMU_DARWIN ?
	    proc_find(argv->v[0]) : NULL;

	strv_add(&all, "sudo");
	strv_add(&all, "-n");
	strv_add(&all, "--");
	/* sudo's own PATH may lack Homebrew's directory. */
	strv_add(&all, file != NULL ? file : argv->v[0]);
	for (size_t i = 1; i < argv->n; i++)
		strv_add(&all, argv->v[i]);
	free(file);
	strv_free(argv);
	*argv = all;
}

void
vmnet_as_root(struct strv *argv, bool sudo, const char *version)
{
	char *user = vmnet_user();

	if (user != NULL)
		add_drop(argv, user, version);
	if (sudo)
		add_sudo(argv);
	free(user);
}

char *
vmnet_version(const char *program)
{
	const char *const argv[] = { program, "--version", NULL };
	char *out = NULL;

	if (proc_run((char *const *)argv, NULL, &out, NULL, VERSION_MS,
	    NULL) == 0)
		return out;
	free(out);
	return NULL;
}

/* A right that was just used, or a rule for this program. */
static bool
permitted(const char *program)
{
	static const char *const valid[] = { "sudo", "-n", "-v", NULL };
	static const char *const list[] = { "sudo", "-n", "-l", NULL };
	char *out = NULL, *file = proc_find(program);
	bool yes;

	yes = proc_run((char *const *)valid, NULL, NULL, NULL, SUDO_MS,
	    NULL) == 0 || (file != NULL && proc_run((char *const *)list, NULL,
	    &out, NULL, SUDO_MS, NULL) == 0 &&
	    strstr(out, "NOPASSWD:") != NULL && strstr(out, file) != NULL);
	free(out);
	free(file);
	return yes;
}

/* The question comes from sudo itself, on the terminal that we share. */
static bool
ask(void)
{
	char *sudo = proc_find("sudo");
	int status = -1;
	pid_t pid;

	if (sudo == NULL)
		return false;
	pid = fork();
	if (pid == 0) {
		execl(sudo, "sudo", "-v", (char *)NULL);
		_exit(127);
	}
	while (pid != -1 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	free(sudo);
	return pid != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int
vmnet_permit(const char *program, bool may_ask,
    void (*say)(void *arg, const char *text), void *arg, struct qerr *e)
{
	if (permitted(program))
		return 0;
	if (!may_ask)
		return qerr_set(e, QERR_PERM, "vmnet is for root here, and "
		    "sudo would ask for a password: 'sudo -v' first, or a rule "
		    "of 'qlab-run --print-sudoers'");
	say(arg, "vmnet is for root here: QEMU alone is started by sudo, and "
	    "gives its rights up once its networks are there");
	if (ask())
		return 0;
	return qerr_set(e, QERR_PERM, "vmnet is for root here, and sudo did "
	    "not give it");
}

char *
vmnet_sudoers(const char *user, char *const *argv)
{
	struct strv words = { 0 };
	char *all;

	strv_addf(&words, "%s ALL=(root) NOPASSWD:", user);
	for (; *argv != NULL; argv++) {
		char *quoted = xcalloc(1, 4 * strlen(*argv) + 3), *q = quoted;

		/*
		 * sudoers(5): these are special in a command's arguments, and
		 * no others may have a backslash.  What remains is a pattern:
		 * in it a backslash is two.  No rule can have a line's end.
		 */
		for (const char *p = *argv; *p != '\0'; p++) {
			if (*p == '\\')
				q = stpcpy(q, "\\\\\\");
			else if (strchr(",:= \t#*?[]!", *p) != NULL)
				*q++ = '\\';
			*q++ = *p != '\n' && *p != '\r' ? *p : '?';
		}
		strv_add(&words, **argv != '\0' ? quoted : "\"\"");
		free(quoted);
	}
	all = strv_join(&words, " ", words.n);
	strv_free(&words);
	return all;
}
