/* SPDX-License-Identifier: ISC */
/* capread.c - fuzz the reader of saved captures, and write what it reads */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "capout.h"
#include "capread.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct memory {
	const uint8_t *p;
	size_t len;
};

static ssize_t
give(void *arg, void *buf, size_t len)
{
	struct memory *m = arg;

	if (len > m->len)
		len = m->len;
	memcpy(buf, m->p, len);
	m->p += len;
	m->len -= len;
	return (ssize_t)len;
}

static void
copy(struct capread *r, struct capout *w)
{
	struct capsrc_packet p;
	unsigned n, known = 0;

	while (capread_next(r, &p, &n, NULL) == 1) {
		for (; known < capread_ifs(r); known++) {
			struct pcapng_if i;

			capread_if(r, known, &i);
			capout_point_add(w, &i, NULL);
		}
		capout_add(w, n, &p, NULL);
	}
	capout_finish(w, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static int null = -1;
	struct capout_opts o = { .snaplen = 1024 };
	struct memory m = { data, len };
	struct capread *r = capread_open(give, &m, NULL);
	struct capout w;

	if (null == -1)
		null = open("/dev/null", O_WRONLY);
	if (r == NULL)
		return 0;
	o.pcapng = capread_is_pcapng(r);
	capout_init(&w, &o, null);
	copy(r, &w);
	capout_release(&w);
	capread_close(r);
	return 0;
}
