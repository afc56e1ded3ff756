/* SPDX-License-Identifier: ISC */
/* labfile.c - fuzz: any bytes as a lab file, read and linted */
#include <stdlib.h>
#include <string.h>

#include "labjson.h"
#include "lint.h"
#include "text.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What goes to a terminal must be clean. */
static void
check_clean(const char *text)
{
	if (text_clean(text, strlen(text), true) != strlen(text))
		abort();
}

static void
check_json(const struct lab_net *net)
{
	json_t *j = lab_net_to_json(net);
	struct lab_net back;

	if (lab_net_from_json(&back, j, NULL) == -1)
		abort();
	lab_net_release(&back);
	json_decref(j);
}

static void
lint(const struct lab *lab, enum qemu_target target, enum net_backend backend)
{
	static const char *const routes[] = { "0.0.0.0/0", "10.0.0.0/8",
		"192.168.2.1/24", NULL };
	struct lint_conf conf = { .target = target, .backend = backend };
	struct findings found = { 0 };

	lint_lab(lab, &conf, &found);
	lint_routes(lab, &conf, routes, &found);
	for (size_t i = 0; i < found.n; i++)
		check_clean(found.f[i].text);
	findings_free(&found);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qerr e = { 0 };
	struct lab lab;

	if (lab_parse(&lab, (const char *)data, size, "fuzz.yaml", ".", &e) ==
	    -1) {
		if (e.kind != QERR_INPUT ||
		    strncmp(e.msg, "fuzz.yaml:", 10) != 0)
			abort();
		check_clean(e.msg);
	} else {
		lint(&lab, QEMU_LINUX, BACKEND_BRIDGE);
		lint(&lab, QEMU_LINUX, BACKEND_USERSPACE);
		lint(&lab, QEMU_DARWIN, BACKEND_VMNET);
		for (size_t i = 0; i < lab.nnets; i++)
			check_json(&lab.nets[i]);
		lab_finish(&lab);
	}
	lab_free(&lab);
	return 0;
}
