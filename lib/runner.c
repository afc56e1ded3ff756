/* SPDX-License-Identifier: ISC */
/* runner.c - start VMs of a lab and stay with them */
#include <sys/time.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capwatch.h"
#include "launch.h"
#include "relay.h"
#include "runner.h"
#include "runnerlog.h"
#include "vmnet.h"

#define START_MS	60000	/* QEMU connects back within */
#define QUIT_MS		3000	/* QMP quit works within */

enum stage { RUNNING, POWERDOWN, QUIT, KILLED };

struct runner_vm {
	struct runner *r;
	const struct lab_vm *vm;
	char *dir, *qemu_log, *console_log;
	struct relay *relay;
	struct capwatch *captures;
	struct strv argv;
	struct state_nic *nics;	/* as they were plugged in */
	struct launch p;	/* pid 0: ended */
	int64_t started_us;	/* since the epoch */
	bool as_root;		/* at least at its start */
	bool up;		/* QMP was negotiated */
	char why[32];		/* QMP's reason of its SHUTDOWN */
};

struct runner {
	struct runner_conf conf;
	struct runner_vm **vms;
	size_t nvms;
	struct loop_io *holder_io;
	struct loop_timer *timer;
	enum stage stage;
	bool told_up;
	struct qerr err;	/* why it ends; kind QERR_NONE: as wanted */
};

static int	launch(struct runner_vm *v, const int *fds, size_t nfds,
		    struct qerr *e);
static int	write_down(struct runner_vm *v, struct qerr *e);

static void
say(struct runner *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
say(struct runner *r, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->conf.say(r->conf.arg, text);
}

/* Only the first reason counts. */
static void
fail(struct runner *r, const struct qerr *why)
{
	if (r->err.kind == QERR_NONE)
		r->err = *why;
}

static size_t
running(const struct runner *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nvms; i++)
		n += r->vms[i]->p.pid != 0;
	return n;
}

static void
close_relay(struct runner_vm *v)
{
	uint64_t lost = v->relay != NULL ? relay_log_lost(v->relay) : 0;

	if (lost > 0)
		say(v->r, "%s: %llu bytes are missing in '%s'", v->vm->name,
		    (unsigned long long)lost, v->console_log);
	relay_close(v->relay);
	v->relay = NULL;
	capwatch_free(v->captures);
	v->captures = NULL;
}

static void
vm_gone(struct runner_vm *v)
{
	struct runner *r = v->r;
	bool locked = r->conf.up->lock != -1;	/* not all are started yet */
	struct state_lab lab;
	struct state_vm *was;
	char *dir = r->conf.up->dir;
	int lock = -1;

	close_relay(v);
	launch_gone(&v->p);
	if (!locked) {
		lock = state_lock(r->conf.lab->name, 1000, &dir, NULL);
		if (lock == -1)
			return;		/* the next qlab command sweeps it */
	}
	/* Somebody else may have started it anew meanwhile. */
	state_load_lab(&lab, dir);
	was = state_vm_find(&lab, v->vm->name);
	if (was == NULL || was->runner.pid == getpid())
		state_remove_vm(dir, v->vm->name);
	state_lab_release(&lab);
	if (!locked) {
		/* A lab without a holder goes with its last VM. */
		state_sweep(dir, NULL);
		close(lock);
		free(dir);
	}
}

/* vmnet did not let it without root: once more, with it. */
static bool
again_as_root(struct runner_vm *v, const struct qerr *why)
{
	struct runner *r = v->r;
	struct qerr err;

	if (r->conf.rights != VNET_TRY || v->as_root ||
	    why->kind != QERR_PERM)
		return false;
	say(r, "%s: vmnet wants root on this macOS, too: again by sudo",
	    v->vm->name);
	v->as_root = true;
	launch_gone(&v->p);
	close_relay(v);
	vmnet_as_root(&v->argv, true, r->conf.qemu_version);
	if (launch(v, NULL, 0, &err) == 0)
		return true;
	qerr_prefix(&err, "%s", v->vm->name);
	fail(r, &err);
	return false;
}

static void
vm_ended(struct runner_vm *v, int status)
{
	struct runner *r = v->r;
	bool early = !v->up && r->stage == RUNNING;
	struct qerr err;

	runnerlog_why(v->vm->name, status, v->qemu_log,
	    r->conf.backend == BACKEND_VMNET, v->as_root, &err);
	if (early && again_as_root(v, &err))
		return;
	vm_gone(v);
	runnerlog_ended(r->conf.lab->name, v->vm->name, status, v->why,
	    v->nics, v->vm->nnics);
	if (status == 0 && !early)
		say(r, "%s: ended", v->vm->name);
	else if (r->stage == RUNNING || WIFEXITED(status)) {
		if (early || r->nvms == 1)
			fail(r, &err);
		else
			say(r, "%s", err.msg);
		if (early)
			runner_stop(r, 0);
	}
	if (running(r) == 0)
		loop_stop(r->conf.loop, 0);
}

static void
on_child(void *arg, int sig)
{
	struct runner *r = arg;
	int status;

	(void)sig;
	for (size_t i = 0; i < r->nvms; i++)
		if (r->vms[i]->p.pid != 0 &&
		    waitpid(r->vms[i]->p.pid, &status, WNOHANG) > 0)
			vm_ended(r->vms[i], status);
}

static void
all_up(struct runner *r)
{
	for (size_t i = 0; i < r->nvms; i++)
		if (!r->vms[i]->up)
			return;
	if (r->told_up || r->stage != RUNNING)
		return;
	loop_timer_del(r->timer);
	r->timer = NULL;
	r->told_up = true;
	if (r->conf.on_up != NULL)
		r->conf.on_up(r->conf.arg);
}

static void
on_vm_up(void *arg, pid_t pid)
{
	struct runner_vm *v = arg;

	v->up = true;
	launch_up(&v->p, pid, relay_qmp_fd(v->relay));
	/* sudo's pid stands there. */
	if (v->p.sudo)
		write_down(v, NULL);
	/* A link that starts down: QEMU was told to wait for it. */
	for (size_t i = 0; i < v->vm->nnics; i++) {
		char id[QEMU_IDSZ];

		if (v->vm->nics[i].link_down)
			relay_execute(v->relay, "set_link",
			    json_pack("{s:s,s:b}", "name",
			    qemu_netdev_id(v->vm->nics[i].id, id), "up", 0),
			    NULL, NULL);
	}
	if (runner_any_link_down(v->vm) && !v->r->conf.freeze)
		relay_execute(v->relay, "cont", NULL, NULL, NULL);
	all_up(v->r);
}

static void
on_vm_event(void *arg, const json_t *event)
{
	struct runner_vm *v = arg;
	const json_t *data = json_object_get(event, "data");
	const char *what = json_string_value(json_object_get(event, "event"));
	const char *why = json_string_value(json_object_get(data, "reason"));

	if (what != NULL && strcmp(what, "SHUTDOWN") == 0 && why != NULL)
		snprintf(v->why, sizeof(v->why), "%s", why);
}

static void
on_vm_console(void *arg, const void *data, size_t len)
{
	struct runner_vm *v = arg;

	v->r->conf.on_console(v->r->conf.arg, data, len);
}

static void
on_holder(void *arg, int fd, short revents)
{
	struct runner *r = arg;
	struct strv notes = { 0 };
	struct qerr err;

	(void)fd;
	(void)revents;
	if (holder_notes(&r->conf.up->holder, &notes, &err) == -1) {
		loop_io_del(r->holder_io);
		r->holder_io = NULL;
		qerr_prefix(&err, "stopping the VMs");
		fail(r, &err);
		runner_stop(r, 0);
	}
	for (size_t i = 0; i < notes.n; i++)
		say(r, "%s", notes.v[i]);
	strv_free(&notes);
}

static int
start_ms(const struct runner *r)
{
	return r->conf.start_ms != 0 ? r->conf.start_ms : START_MS;
}

static void
on_start_timeout(void *arg)
{
	struct runner *r = arg;
	struct qerr err;

	r->timer = NULL;
	for (size_t i = 0; i < r->nvms; i++)
		if (!r->vms[i]->up) {
			qerr_set(&err, QERR_TIMEOUT, "%s: QEMU did not come up "
			    "within %d s%s", r->vms[i]->vm->name,
			    start_ms(r) / 1000, r->conf.backend ==
			    BACKEND_VMNET ? ": vmnet gives no answer (mostly a "
			    "restart of the Mac helps)" : "");
			fail(r, &err);
		}
	runner_stop(r, 0);
}

struct runner *
runner_new(const struct runner_conf *conf, struct qerr *e)
{
	struct runner *r = xcalloc(1, sizeof(*r));

	r->conf = *conf;
	if (loop_signal(conf->loop, SIGCHLD, on_child, r, e) == -1) {
		free(r);
		return NULL;
	}
	if (conf->up->holder.fd != -1)
		r->holder_io = loop_io_add(conf->loop, conf->up->holder.fd,
		    POLLIN, on_holder, r);
	r->timer = loop_timer_add(conf->loop, start_ms(r), on_start_timeout, r);
	return r;
}

/* Cables for the NICs; nic[i].hostif is filled.  -1: none is left open. */
static int
plug(struct runner *r, const struct lab_vm *vm, struct state_nic *nics,
    int *fds, size_t *nfds, struct qerr *e)
{
	*nfds = 0;
	for (size_t i = 0; i < vm->nnics; i++) {
		const struct lab_nic *nic = &vm->nics[i];
		struct state_nic *sn = &nics[i];

		snprintf(sn->id, sizeof(sn->id), "%s", nic->id);
		snprintf(sn->net, sizeof(sn->net), "%s", nic->net);
		snprintf(sn->mode, sizeof(sn->mode), "%s",
		    net_mode_name(nic->mode));
		snprintf(sn->model, sizeof(sn->model), "%s",
		    nic->model != NULL ? nic->model : "virtio-net-pci");
		memcpy(sn->mac, nic->mac, sizeof(sn->mac));
		if (!runner_has_cable(&r->conf, nic))
			continue;
		if (holder_plug(&r->conf.up->holder, nic->net, vm->name,
		    nic->id, sn->hostif, &fds[*nfds], &r->conf.up->notes,
		    e) == -1) {
			while (*nfds > 0)
				close(fds[--*nfds]);
			return -1;
		}
		snprintf(sn->evidence, sizeof(sn->evidence), "%s",
		    *sn->hostif != '\0' ? "registry" : "");
		++*nfds;
	}
	return 0;
}

static void
on_vm_request(void *arg, const json_t *request)
{
	struct runner_vm *v = arg;

	capwatch_request(v->captures, request);
}

static void
remove_object(void *arg, const char *name)
{
	struct runner_vm *v = arg;

	relay_execute(v->relay, "object-del", json_pack("{s:s}", "id", name),
	    NULL, NULL);
}

static int
open_relay(struct runner_vm *v, struct qerr *e)
{
	struct runner *r = v->r;
	struct relay_conf rc = { .dir = v->dir, .console_log = v->console_log,
	    .arg = v, .on_up = on_vm_up, .on_event = on_vm_event, .on_console =
	    r->conf.on_console != NULL ? on_vm_console : NULL,
	    .on_request = on_vm_request };
	char *logdir = state_log_dir(r->conf.lab->name, e);

	if (logdir == NULL)
		return -1;
	free(v->qemu_log);
	free(v->console_log);
	v->qemu_log = xasprintf("%s/%s.qemu.log", logdir, v->vm->name);
	v->console_log = xasprintf("%s/%s.console.log", logdir, v->vm->name);
	rc.console_log = v->console_log;
	state_rotate(v->qemu_log, true);
	state_rotate(v->console_log, true);
	free(logdir);
	v->captures = capwatch_new(r->conf.loop, remove_object, v);
	v->relay = relay_open(r->conf.loop, &rc, e);
	return v->relay != NULL ? 0 : -1;
}

/* In the registry; again when QEMU's own pid is known. */
static int
write_down(struct runner_vm *v, struct qerr *e)
{
	struct state_vm sv = { .qemu = v->p.qemu, .argv = v->argv.v,
		.nics = v->nics, .nnics = v->vm->nnics,
		.console_log = v->console_log, .qemu_log = v->qemu_log,
		.started_us = v->started_us };
	int rc;

	snprintf(sv.name, sizeof(sv.name), "%s", v->vm->name);
	sv.qmp = xasprintf("%s/qmp.sock", v->dir);
	sv.console = xasprintf("%s/console.sock", v->dir);
	rc = proc_id_get(0, &sv.runner, e);
	/* QEMU may have ended already: SIGCHLD tells the story. */
	if (rc == 0 && v->p.qemu.pid != 0)
		rc = state_write_vm(v->r->conf.up->dir, &sv, e);
	free(sv.qmp);
	free(sv.console);
	return rc;
}

static int
launch(struct runner_vm *v, const int *fds, size_t nfds, struct qerr *e)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	v->started_us = (int64_t)now.tv_sec * 1000000 + now.tv_usec;
	if (open_relay(v, e) == -1 || launch_start(&v->p, v->argv.v, fds,
	    nfds, v->qemu_log, e) == -1)
		return -1;
	return write_down(v, e);
}

int
runner_start(struct runner *r, const struct lab_vm *vm, char *const *formats,
    struct qerr *e)
{
	struct runner_vm *v = xcalloc(1, sizeof(*v));
	int *fds = xcalloc(vm->nnics, sizeof(*fds));
	size_t nfds = 0;
	int rc = -1;

	v->r = r;
	v->vm = vm;
	v->nics = xcalloc(vm->nnics, sizeof(*v->nics));
	v->as_root = runner_starts_root(&r->conf, vm);
	r->vms = xrealloc(r->vms, (r->nvms + 1) * sizeof(*r->vms));
	r->vms[r->nvms++] = v;
	state_remove_vm(r->conf.up->dir, vm->name);
	if (state_make_vm_dir(r->conf.up->dir, vm->name, &v->dir, e) == -1 ||
	    runner_argv(&r->conf, vm, formats, v->dir, &v->argv, e) == -1 ||
	    plug(r, vm, v->nics, fds, &nfds, e) == -1 ||
	    launch(v, fds, nfds, e) == -1) {
		qerr_prefix(e, "%s", vm->name);
		goto out;
	}
	runnerlog_started(r->conf.lab->name, vm->name, v->p.pid, v->nics,
	    vm->nnics);
	rc = 0;
out:
	/* QEMU has its own now; without one nothing keeps the taps. */
	while (nfds > 0)
		close(fds[--nfds]);
	free(fds);
	if (rc == -1 && v->p.pid == 0) {
		close_relay(v);
		state_remove_vm(r->conf.up->dir, vm->name);
	}
	return rc;
}

static void
stop_next(void *arg)
{
	struct runner *r = arg;

	r->timer = NULL;
	runner_stop(r, 0);
}

/* It is root's, and nobody lets us kill it. */
static void
give_up(void *arg)
{
	struct runner *r = arg;

	r->timer = NULL;
	loop_stop(r->conf.loop, 0);
}

static void
kill_vm(struct runner_vm *v)
{
	launch_kill(&v->p, v->relay != NULL ? relay_qemu_pid(v->relay) : -1);
}

void
runner_stop(struct runner *r, int64_t grace_ms)
{
	int64_t wait_ms = QUIT_MS;

	if (r->stage == RUNNING && grace_ms > 0)
		r->stage = POWERDOWN;
	else if (r->stage < QUIT)
		r->stage = QUIT;
	else
		r->stage = KILLED;
	for (size_t i = 0; i < r->nvms; i++) {
		struct runner_vm *v = r->vms[i];

		if (v->p.pid == 0)
			continue;
		if (r->stage == KILLED || !v->up)
			kill_vm(v);
		else
			relay_execute(v->relay, r->stage == POWERDOWN ?
			    "system_powerdown" : "quit", NULL, NULL, NULL);
	}
	if (r->stage == POWERDOWN)
		wait_ms = grace_ms;
	loop_timer_del(r->timer);
	r->timer = loop_timer_add(r->conf.loop, wait_ms, r->stage == KILLED ?
	    give_up : stop_next, r);
	if (running(r) == 0)
		loop_stop(r->conf.loop, 0);
}

void
runner_type(struct runner *r, const void *data, size_t len)
{
	if (r->nvms == 1 && r->vms[0]->relay != NULL)
		relay_type(r->vms[0]->relay, data, len);
}

static void
end_now(struct runner_vm *v)
{
	int status = SIGKILL;
	bool ours;

	kill_vm(v);
	/* One that sudo started and does not kill keeps no one waiting. */
	ours = !v->p.sudo || kill(v->p.pid, 0) == 0;
	if (waitpid(v->p.pid, &status, ours ? 0 : WNOHANG) == 0)
		say(v->r, "%s: QEMU is root's and does not end: 'sudo kill -9 "
		    "%d'", v->vm->name, (int)v->p.pid);
	vm_gone(v);
	runnerlog_ended(v->r->conf.lab->name, v->vm->name, status, v->why,
	    v->nics, v->vm->nnics);
}

int
runner_finish(struct runner *r, struct qerr *e)
{
	struct qerr err = r->err;

	for (size_t i = 0; i < r->nvms; i++) {
		struct runner_vm *v = r->vms[i];

		if (v->p.pid != 0)
			end_now(v);
		close_relay(v);
		strv_free(&v->argv);
		free(v->dir);
		free(v->qemu_log);
		free(v->console_log);
		free(v->nics);
		free(v);
	}
	loop_io_del(r->holder_io);
	loop_timer_del(r->timer);
	free(r->vms);
	free(r);
	if (err.kind == QERR_NONE)
		return 0;
	*e = err;
	return -1;
}
