/* SPDX-License-Identifier: ISC */
/* labflags.c - a lab, or changes to one, from a command line's flags */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "labflags.h"
#include "near.h"

void
lab_flags_add(struct lab_flags *f, enum lab_flag flag, const char *value)
{
	f->v = xrealloc(f->v, (f->n + 1) * sizeof(*f->v));
	f->v[f->n].flag = flag;
	f->v[f->n++].value = value;
}

static void
set(char **field, const char *value)
{
	free(*field);
	*field = xstrdup(value);
}

/* A file named on the command line is relative to where that was typed. */
static void
set_file(const struct lab *lab, char **field, const char *value)
{
	char cwd[PATH_MAX];

	free(*field);
	if (*value != '/' && strcmp(lab->dir, ".") != 0 &&
	    getcwd(cwd, sizeof(cwd)) != NULL)
		*field = xasprintf("%s/%s", cwd, value);
	else
		*field = xstrdup(value);
}

/* Split "a,b=c,d=e" at its commas: the first part, then KEY=VALUE pairs. */
static char *
next_pair(char **rest, char **value)
{
	char *key = strsep(rest, ",");

	if (key == NULL)
		return NULL;
	*value = strchr(key, '=');
	if (*value != NULL)
		*(*value)++ = '\0';
	return key;
}

static int
bad_pair(const char *flag, const char *key, struct qerr *e)
{
	return qerr_set(e, QERR_INPUT, "%s: unknown or empty '%s'", flag, key);
}

static int
add_disk(struct lab *lab, struct lab_vm *vm, const char *text,
    struct qerr *e)
{
	char *copy = xstrdup(text), *rest = copy, *key, *value;
	struct lab_disk *d = lab_disk_add(vm);
	int rc = 0;

	key = strsep(&rest, ",");
	if (*key == '\0')
		rc = bad_pair("--disk", text, e);
	set_file(lab, &d->file, key);
	while (rc == 0 && (key = next_pair(&rest, &value)) != NULL) {
		if (value == NULL || *value == '\0')
			rc = bad_pair("--disk", key, e);
		else if (strcmp(key, "base") == 0)
			set_file(lab, &d->base, value);
		else if (strcmp(key, "create") == 0)
			rc = lab_parse_size_bytes(value, &d->create_bytes, e) ==
			    -1 ? qerr_prefix(e, "--disk") : 0;
		else
			rc = bad_pair("--disk", key, e);
	}
	free(copy);
	return rc;
}

/* A network for MODE[:SUBNET]: named by its mode, "host.2" for another one. */
static struct lab_net *
make_net(struct lab *lab, const char *mode_text, const char *subnet,
    struct qerr *e)
{
	enum net_mode mode;
	uint32_t ip = 0;
	int plen = -1;
	char name[LAB_NAMESZ];

	if (lab_parse_mode(mode_text, &mode, NULL) == -1) {
		struct strv names = { 0 };
		char *near;

		for (size_t i = 0; i < lab->nnets; i++)
			strv_add(&names, lab->nets[i].name);
		near = near_names(mode_text, names.v, names.n);
		qerr_set(e, QERR_INPUT, "--nic: '%s' is neither a network of "
		    "the lab%s%s nor a mode (shared, host, bridged, user)",
		    mode_text, near != NULL ? ", near: " : "",
		    near != NULL ? near : "");
		free(near);
		strv_free(&names);
		return NULL;
	}
	if (subnet != NULL && (mode == NET_USER || mode == NET_BRIDGED)) {
		qerr_set(e, QERR_INPUT, "--nic: a %s network has no subnet "
		    "'%s'", mode_text, subnet);
		return NULL;
	}
	if (subnet != NULL && cidr4_parse(subnet, &ip, &plen) == -1) {
		qerr_set(e, QERR_INPUT, "--nic: '%s' is no subnet like "
		    "192.168.2.0/24", subnet);
		return NULL;
	}
	for (int i = 1;; i++) {
		struct lab_net *net;

		snprintf(name, sizeof(name), i > 1 ? "%s.%d" : "%s",
		    net_mode_name(mode), i);
		net = lab_net_find(lab, name);
		if (net == NULL)
			break;
		if (net->mode == mode && (plen == -1 ||
		    (net->subnet == ip && net->plen == plen)))
			return net;
	}
	struct lab_net *net = lab_net_add(lab, name);
	net->mode = mode;
	net->subnet = ip;
	net->plen = plen;
	return net;
}

static int
nic_pair(struct lab_net *net, struct lab_nic *nic, const char *key,
    const char *value, struct qerr *e)
{
	if (value == NULL || *value == '\0')
		return bad_pair("--nic", key, e);
	if (strcmp(key, "mac") == 0) {
		if (mac_parse(value, nic->mac) == -1)
			return qerr_set(e, QERR_INPUT, "--nic: '%s' is no MAC "
			    "address", value);
		nic->has_mac = true;
	} else if (strcmp(key, "model") == 0) {
		if (!lab_plain_word(value))
			return qerr_set(e, QERR_INPUT, "--nic: '%s' is no NIC "
			    "model", value);
		set(&nic->model, value);
	} else if (strcmp(key, "dhcp") != 0 && strcmp(key, "uplink") != 0)
		return bad_pair("--nic", key, e);
	else if (net == NULL || net->line != 0)
		return qerr_set(e, QERR_INPUT, "--nic: '%s' is for a network "
		    "that is made here, not %s", key, net == NULL ?
		    "QEMU's own" : "one of the lab file");
	else if (strcmp(key, "dhcp") == 0) {
		if (lab_parse_bool(value, &net->dhcp, e) == -1)
			return qerr_prefix(e, "--nic: dhcp");
	} else if (lab_parse_ifname(value, e) == -1)
		return qerr_prefix(e, "--nic: uplink");
	else
		set(&net->uplink, value);
	return 0;
}

static int
add_nic(struct lab *lab, struct lab_vm *vm, const char *text, struct qerr *e)
{
	char *copy = xstrdup(text), *rest = copy, *key, *value;
	char *what = strsep(&rest, ","), *subnet = what;
	struct lab_net *net = NULL;
	struct lab_nic *nic;
	int rc = 0;

	strsep(&subnet, ":");
	nic = lab_nic_add(vm);
	if (strcmp(what, "user") != 0 || subnet != NULL ||
	    lab_net_find(lab, what) != NULL) {
		net = subnet == NULL ? lab_net_find(lab, what) : NULL;
		if (net == NULL)
			net = make_net(lab, what, subnet, e);
		if (net == NULL)
			rc = -1;
		else
			snprintf(nic->net, sizeof(nic->net), "%s", net->name);
	} else
		nic->mode = NET_USER;
	while (rc == 0 && (key = next_pair(&rest, &value)) != NULL)
		rc = nic_pair(net, nic, key, value, e);
	free(copy);
	return rc;
}

static int
add_ready(struct lab_vm *vm, const char *text, struct qerr *e)
{
	const char *value = strchr(text, ':');
	struct lab_ready *r;
	uint64_t port;

	if (strcmp(text, "lease") == 0) {
		lab_ready_add(vm)->kind = READY_LEASE;
		return 0;
	}
	if (value != NULL && strncmp(text, "tcp:", 4) == 0) {
		if (lab_parse_number(value + 1, 1, 65535, &port, e) == -1)
			return qerr_prefix(e, "--ready");
		r = lab_ready_add(vm);
		r->kind = READY_TCP;
		r->port = (uint16_t)port;
		return 0;
	}
	if (value == NULL || strncmp(text, "console:", 8) != 0)
		return qerr_set(e, QERR_INPUT, "--ready: '%s' is none of "
		    "console:PATTERN, tcp:PORT, lease", text);
	if (lab_parse_pattern(value + 1, e) == -1)
		return qerr_prefix(e, "--ready");
	r = lab_ready_add(vm);
	r->kind = READY_CONSOLE;
	r->pattern = xstrdup(value + 1);
	return 0;
}

/* What the file says of a list ends where the first flag of its kind stands. */
static void
drop_list(struct lab_vm *vm, enum lab_flag flag)
{
	switch (flag) {
	case FLAG_DISK:
		for (size_t i = 0; i < vm->ndisks; i++) {
			free(vm->disks[i].file);
			free(vm->disks[i].base);
		}
		vm->ndisks = 0;
		break;
	case FLAG_NIC:
		for (size_t i = 0; i < vm->nnics; i++)
			free(vm->nics[i].model);
		vm->nnics = 0;
		break;
	case FLAG_FORWARD:
		vm->nforwards = 0;
		break;
	case FLAG_READY:
		for (size_t i = 0; i < vm->nready; i++)
			free(vm->ready[i].pattern);
		vm->nready = 0;
		break;
	default:
		break;
	}
}

static const char *const flag_names[] = {
	[FLAG_DISK] = "disk", [FLAG_NIC] = "nic", [FLAG_FORWARD] = "forward",
	[FLAG_MEMORY] = "memory", [FLAG_CPUS] = "cpus", [FLAG_CDROM] = "cdrom",
	[FLAG_BOOT] = "boot", [FLAG_KERNEL] = "kernel",
	[FLAG_INITRD] = "initrd", [FLAG_APPEND] = "append",
	[FLAG_ARCH] = "arch", [FLAG_MACHINE] = "machine",
	[FLAG_ACCEL] = "accel", [FLAG_CPU] = "cpu",
	[FLAG_DISPLAY] = "display", [FLAG_READY] = "ready",
};

static int
apply(struct lab *lab, struct lab_vm *vm, enum lab_flag flag,
    const char *value, struct qerr *e)
{
	struct lab_forward fwd;
	uint64_t n;

	if (*value == '\0' && flag != FLAG_APPEND)
		return qerr_set(e, QERR_INPUT, "--%s wants a value",
		    flag_names[flag]);
	switch (flag) {
	case FLAG_DISK: return add_disk(lab, vm, value, e);
	case FLAG_NIC: return add_nic(lab, vm, value, e);
	case FLAG_READY: return add_ready(vm, value, e);
	case FLAG_FORWARD:
		memset(&fwd, 0, sizeof(fwd));
		if (lab_parse_forward(value, &fwd, e) == -1)
			return qerr_prefix(e, "--forward");
		*lab_forward_add(vm) = fwd;
		break;
	case FLAG_MEMORY:
		if (lab_parse_size_mib(value, &vm->memory_mib, e) == -1)
			return qerr_prefix(e, "--memory");
		break;
	case FLAG_CPUS:
		if (lab_parse_number(value, 1, 1024, &n, e) == -1)
			return qerr_prefix(e, "--cpus");
		vm->cpus = (int)n;
		break;
	case FLAG_CDROM: set_file(lab, &vm->cdrom, value); break;
	case FLAG_BOOT: set(&vm->boot, value); break;
	case FLAG_KERNEL: set_file(lab, &vm->kernel, value); break;
	case FLAG_INITRD: set_file(lab, &vm->initrd, value); break;
	case FLAG_APPEND: set(&vm->append, value); break;
	case FLAG_ARCH: return lab_parse_arch(value, &vm->arch, e);
	case FLAG_MACHINE: set(&vm->machine, value); break;
	case FLAG_ACCEL:
		if (lab_parse_accel(value, e) == -1)
			return -1;
		set(&vm->accel, value);
		break;
	case FLAG_CPU: set(&vm->cpu, value); break;
	case FLAG_DISPLAY: set(&vm->display, value); break;
	}
	return 0;
}

int
lab_flags_apply(const struct lab_flags *f, struct lab *lab, struct lab_vm *vm,
    struct qerr *e)
{
	bool seen[FLAG_READY + 1] = { false };

	for (size_t i = 0; i < f->n; i++) {
		if (!seen[f->v[i].flag])
			drop_list(vm, f->v[i].flag);
		seen[f->v[i].flag] = true;
		if (apply(lab, vm, f->v[i].flag, f->v[i].value, e) == -1)
			return -1;
	}
	lab_finish(lab);
	return 0;
}
