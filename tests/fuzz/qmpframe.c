/* SPDX-License-Identifier: ISC */
/* qmpframe.c - fuzz QMP's framing and the changing of ids */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "qmpframe.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int truth)
{
	if (!truth)
		abort();
}

/* With an id and again without, the object is still one and has that id. */
static void
try_ids(const char *text, size_t size, json_t *j)
{
	char *with, *without;
	json_t *a, *b;
	size_t n, m, len = 0;
	const char *own = qmp_id_find(text, size, &len);

	require(own == NULL || (own > text && own + len < text + size));
	if (own == NULL && json_object_get(j, "id") != NULL)
		return;		/* a key with escapes: refused by callers */
	require((own != NULL) == (json_object_get(j, "id") != NULL));
	with = qmp_id_set(text, size, "\"new\"", 5, &n);
	a = json_loadb(with, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL |
	    JSON_DECODE_INT_AS_REAL, NULL);
	require(a != NULL && strcmp(json_string_value(json_object_get(a,
	    "id")), "new") == 0);
	without = qmp_id_set(with, n, NULL, 0, &m);
	b = json_loadb(without, m, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL |
	    JSON_DECODE_INT_AS_REAL, NULL);
	require(b != NULL && json_object_get(b, "id") == NULL);
	require(json_object_size(b) + 1 == json_object_size(a));
	json_decref(a);
	json_decref(b);
	free(with);
	free(without);
}

/* The first byte says in what pieces the rest comes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qmp_framer f = { .max = 4096 };
	size_t step, n;
	struct qerr e;

	if (size == 0)
		return 0;
	step = data[0] + 1u;
	for (size_t i = 1; i < size; i += step) {
		json_t *j;

		qmp_framer_feed(&f, data + i,
		    size - i < step ? size - i : step);
		while ((j = qmp_framer_next(&f, &e)) != NULL ||
		    e.kind != QERR_NONE) {
			if (j == NULL)
				continue;
			const char *text = qmp_framer_text(&f, &n);

			require(n > 1 && text[0] == '{' && text[n - 1] == '}');
			try_ids(text, n, j);
			json_decref(j);
		}
	}
	qmp_framer_free(&f);
	return 0;
}
