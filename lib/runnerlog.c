/* SPDX-License-Identifier: ISC */
/* runnerlog.c - what a lab's log tells of its VMs, and how they ended */
#include <sys/wait.h>

#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "launch.h"
#include "runnerlog.h"
#include "vmneterr.h"

static void
log_nics(const char *lab, const char *vm, const struct state_nic *nics,
    size_t n, bool plugged)
{
	const char *event = plugged ? "interface-attached" :
	    "interface-detached";

	for (size_t i = 0; nics != NULL && i < n; i++) {
		const struct state_nic *nic = &nics[i];
		char mac[MAC_STRSZ];

		if (*nic->net == '\0')
			continue;
		mac_format(nic->mac, mac);
		state_event(lab, event, json_pack(
		    "{s:s,s:s,s:s,s:s,s:s,s:o}", "vm", vm, "nic", nic->id,
		    "net", nic->net, "if", nic->hostif, "mac", mac, "text",
		    json_sprintf("%s/%s (%s) is %s %s%s%s", vm, nic->id, mac,
		    plugged ? "on" : "off", nic->net, plugged &&
		    *nic->hostif != '\0' ? " by " : "", plugged ?
		    nic->hostif : "")));
	}
}

void
runnerlog_started(const char *lab, const char *vm, pid_t pid,
    const struct state_nic *nics, size_t n)
{
	log_nics(lab, vm, nics, n, true);
	state_event(lab, "vm-started", json_pack("{s:s,s:i,s:o}", "vm", vm,
	    "qemu", (int)pid, "text", json_sprintf("%s: QEMU is process %d", vm,
	    (int)pid)));
}

void
runnerlog_ended(const char *lab, const char *vm, int status, const char *why,
    const struct state_nic *nics, size_t n)
{
	bool killed = WIFSIGNALED(status);
	int code = killed ? WTERMSIG(status) : WEXITSTATUS(status);

	log_nics(lab, vm, nics, n, false);
	state_event(lab, "vm-ended", json_pack("{s:s,s:i,s:s,s:o}", "vm", vm,
	    killed ? "signal" : "status", code, "reason", why, "text",
	    json_sprintf("%s: QEMU %s %d%s%s", vm, killed ?
	    "was killed by signal" : "ended with status", code,
	    *why != '\0' ? ", " : "", why)));
}

void
runnerlog_why(const char *vm, int status, const char *qemu_log, bool vmnet,
    bool as_root, struct qerr *e)
{
	char words[600], text[4096];

	launch_last_words(qemu_log, words, sizeof(words));
	launch_last_words(qemu_log, text, sizeof(text));
	if (vmnet && vmneterr_explain(text, as_root, e))
		qerr_prefix(e, "%s", vm);
	else
		qerr_set(e, QERR_FAIL, "%s: QEMU %s %d", vm,
		    WIFSIGNALED(status) ? "was killed by signal" :
		    "ended with status", WIFSIGNALED(status) ?
		    WTERMSIG(status) : WEXITSTATUS(status));
	if (*words != '\0') {
		size_t len = strlen(e->msg);

		snprintf(e->msg + len, sizeof(e->msg) - len, ":\n%s", words);
	}
}
