/* SPDX-License-Identifier: ISC */
/* qemuaccel.c - which accelerator a guest gets */
#include <sys/utsname.h>

#include <stdlib.h>
#include <string.h>

#include "accel.h"
#include "vnet.h"

/* Is word one of the blank-separated words of the first "flags" line? */
static bool
cpu_flag(const char *cpuinfo, const char *word)
{
	size_t len = strlen(word);
	const char *p, *end;

	for (p = cpuinfo; strncmp(p, "flags", 5) != 0; p++)
		if ((p = strchr(p, '\n')) == NULL)
			return false;
	end = p + strcspn(p, "\n");
	while ((p = strstr(p, word)) != NULL && p < end) {
		if ((p[-1] == ' ' || p[-1] == '\t') &&
		    (p[len] == ' ' || p[len] == '\n' || p[len] == '\0'))
			return true;
		p += len;
	}
	return false;
}

bool
accel_is_x86(const char *arch)
{
	return strcmp(arch, "x86_64") == 0 || strcmp(arch, "i386") == 0;
}

const char *
accel_choose(enum qemu_target target, const char *guest, const char *host,
    bool device_opens, const char *cpuinfo)
{
	bool native = strcmp(guest, host) == 0 ||
	    (strcmp(guest, "i386") == 0 && strcmp(host, "x86_64") == 0);

	if (!native)
		return "tcg";
	if (target == QEMU_DARWIN)
		return strcmp(guest, host) == 0 && device_opens ? "hvf" :
		    "tcg";
	if (!device_opens)
		return "tcg";
	if (accel_is_x86(host) && (cpuinfo == NULL ||
	    (!cpu_flag(cpuinfo, "vmx") && !cpu_flag(cpuinfo, "svm"))))
		return "tcg";
	return "kvm";
}

/* Another machine's processor; NULL: this one's. */
static const char *supposed;

void
accel_suppose_arch(const char *arch)
{
	supposed = arch;
}

const char *
accel_host_arch(void)
{
	static struct utsname u;
	const char *machine = u.machine;

	if (supposed != NULL)
		machine = supposed;
	else if (uname(&u) == -1)
		return "unknown";
	if (strcmp(machine, "arm64") == 0)
		return "aarch64";
	if (strcmp(machine, "amd64") == 0)
		return "x86_64";
	if (machine[0] == 'i' && strcmp(machine + 2, "86") == 0)
		return "i386";
	return machine;
}

enum qemu_target
qemu_target_here(void)
{
	return vnet_backend() == BACKEND_VMNET ? QEMU_DARWIN : QEMU_LINUX;
}

const char *
qemu_accel_auto(enum qemu_target target, const char *arch)
{
	const char *host = accel_host_arch(), *accel;
	char *cpuinfo;

	if (arch == NULL)
		arch = host;
	/* Of another machine we suppose the best. */
	if (supposed != NULL || target != qemu_target_here())
		return accel_choose(target, arch, host, true, "flags: vmx");
	cpuinfo = accel_cpuinfo();
	accel = accel_choose(target, arch, host, accel_device_opens(),
	    cpuinfo);
	free(cpuinfo);
	return accel;
}
