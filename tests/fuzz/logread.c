/* SPDX-License-Identifier: ISC */
/* logread.c - fuzz the readers of logs, each of them and in pieces */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "logread.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
add(uint64_t *sum, const void *data, size_t len)
{
	const unsigned char *u = data;

	for (size_t i = 0; i < len; i++)
		*sum = (*sum ^ u[i]) * UINT64_C(0x100000001b3);
	*sum = (*sum ^ 0xff) * UINT64_C(0x100000001b3);
}

static void
add_record(uint64_t *sum, const struct logrec *r)
{
	const struct slice all[] = { r->type, r->source, r->process,
		r->sender, r->subsystem, r->category, r->message, r->lab,
		r->vm, r->net, r->ifname, r->mac, r->ip };
	const uint64_t numbers[] = { (uint64_t)r->us, (uint64_t)r->zone,
		r->level, r->pid, r->thread, r->activity, r->trace, r->mach,
		r->event };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		add(sum, all[i].s, all[i].len);
	add(sum, numbers, sizeof(numbers));
}

static uint64_t
read_all(enum logread_format f, const uint8_t *data, size_t size,
    size_t piece)
{
	struct logread_conf conf = { .format = f, .boot_us = 1,
		.ref_us = INT64_C(1763899200000000) };
	struct logread *l = logread_new(&conf);
	size_t at = 0;
	uint64_t sum = 0;

	for (;;) {
		struct logrec r;
		struct qerr e;
		int ret;

		while ((ret = logread_next(l, &r, &e)) != 0) {
			if (ret == 1)
				add_record(&sum, &r);
			else
				add(&sum, e.msg, strlen(e.msg));
		}
		if (at > size)
			break;
		if (at == size)
			logread_end(l);
		else {
			size_t n = size - at < piece ? size - at : piece;

			logread_feed(l, data + at, n);
			at += n - 1;
		}
		at++;
	}
	logread_free(l);
	return sum;
}

/*
 * The first byte is the format, the second how large the pieces are.  What
 * comes out does not depend on them.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum logread_format f;

	setenv("TZ", "Europe/Berlin", 1);
	if (size < 3)
		return 0;
	f = (enum logread_format)(data[0] % (LOGREAD_TEXT + 1));
	if (read_all(f, data + 2, size - 2, size) !=
	    read_all(f, data + 2, size - 2, data[1] + 1u))
		abort();
	return 0;
}
