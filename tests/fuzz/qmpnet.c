/* SPDX-License-Identifier: ISC */
/* qmpnet.c - fuzz the reader of QEMU's "info network" */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "qmpnet.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct facts f = { 0 };
	char *text = malloc(len + 1);

	if (text == NULL)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	qmpnet_parse(facts_proc(&f), text);
	free(text);
	facts_free(&f);
	return 0;
}
