/* SPDX-License-Identifier: ISC */
/* predicate.c - fuzz: any text as a predicate, applied and written back */
#include <stdlib.h>
#include <string.h>

#include "predicate.h"
#include "text.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * The first line is the predicate, the rest a record's message.  What is
 * written back must mean the same, and be written back the same again.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nl = memchr(data, '\n', size);
	size_t len = nl != NULL ? (size_t)(nl - data) : size;
	char *text = calloc(1, len + 1), *once, *twice;
	struct predicate *p, *q;
	struct qerr e = { 0 };
	struct logrec r;

	if (text == NULL)
		return 0;
	if (len > 0)
		memcpy(text, data, len);
	logrec_clear(&r);
	r.pid = size;
	r.process = SLICE("dnsmasq-dhcp");
	if (nl != NULL)
		r.message = (struct slice){ (const char *)nl + 1,
		    size - len - 1 };
	p = predicate_parse(text, NULL, &e);
	if (p == NULL) {
		if (e.kind != QERR_INPUT || text_clean(e.msg, strlen(e.msg),
		    false) != strlen(e.msg))
			abort();
	} else {
		once = predicate_text(p);
		q = predicate_parse(once, NULL, NULL);
		if (q == NULL ||
		    predicate_match(p, &r) != predicate_match(q, &r))
			abort();
		twice = predicate_text(q);
		if (strcmp(once, twice) != 0)
			abort();
		predicate_demands(p, "process");
		predicate_free(q);
		free(once);
		free(twice);
	}
	predicate_free(p);
	free(text);
	return 0;
}
