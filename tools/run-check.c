/* SPDX-License-Identifier: ISC */
/* run-check.c - qlab-run --check: what it prints */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "hostif.h"
#include "rawcheck.h"
#include "run-check.h"
#include "text.h"
#include "tool.h"

int
check_print(const char *file, const struct findings *found, FILE *f)
{
	for (size_t i = 0; i < found->n; i++) {
		const struct finding *one = &found->f[i];

		if (one->line > 0)
			fprintf(f, "%s:%d: ", file, one->line);
		else
			fprintf(f, "%s: ", file);
		fprintf(f, "%s: %s\n", one->error ? "error" : "warning",
		    one->text);
	}
	return findings_errors(found) > 0 ? QERR_INPUT : 0;
}

void
check_routes(const struct lab *lab, const struct lint_conf *conf, bool runs,
    struct findings *found)
{
	char *mark = xasprintf("qlab:%s/", lab->name);
	struct hostifs host = { 0 }, all = { 0 };
	struct strv routes = { 0 };

	if (hostifs_get_routes(&host, NULL) == -1 ||
	    hostifs_get(&all, NULL) == -1)
		goto out;
	for (size_t i = 0; i < host.nroutes; i++) {
		const struct hostif *at = hostif_by_index(&all,
		    host.routes[i].index);
		char text[CIDR_STRSZ];

		/* vmnet's bridges bear no mark: while it runs, they are its. */
		if (runs && conf->target == QEMU_DARWIN && at != NULL &&
		    strncmp(at->name, "bridge1", 7) == 0)
			continue;
		if (at == NULL || strncmp(at->alias, mark, strlen(mark)) != 0)
			strv_add(&routes, cidr4_format(host.routes[i].ip,
			    host.routes[i].plen, text));
	}
	if (routes.n > 0)
		lint_routes(lab, conf, (const char *const *)routes.v, found);
out:
	strv_free(&routes);
	hostifs_free(&host);
	hostifs_free(&all);
	free(mark);
}

int
check_words(char *const *words)
{
	struct findings found = { 0 };
	char show[TEXT_SHOWSZ];
	int rc;

	rawcheck_argv(words, &found);
	for (size_t i = 0; i < found.n; i++) {
		const struct finding *one = &found.f[i];

		printf("%s: %s", one->error ? "error" : "warning", one->text);
		if (one->line > 0)
			printf(" (at %s)", text_show(words[one->line], show));
		printf("\n");
	}
	rc = findings_errors(&found) > 0 ? QERR_INPUT : 0;
	findings_free(&found);
	return rc;
}

bool
check_file(const char *file, int *rc)
{
	bool input = strcmp(file, "-") == 0;
	struct findings found = { 0 };
	struct qerr err;
	size_t len, n;
	char *text;

	if (!input && access(file, F_OK) == -1)
		return false;
	text = lab_read_file(input ? "/dev/stdin" : file, &len, &err);
	if (text == NULL)
		tool_die(&err);
	/* NUL bytes: the lab file's reader has the words for it. */
	n = strlen(text) == len ? rawcheck_text(text, &found) : 0;
	free(text);
	if (n == 0 && input) {
		qerr_set(&err, QERR_INPUT, "no QEMU command line on standard "
		    "input");
		tool_die(&err);
	}
	*rc = check_print(input ? "(standard input)" : file, &found, stdout);
	findings_free(&found);
	return n > 0;
}
