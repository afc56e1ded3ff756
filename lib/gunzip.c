/* SPDX-License-Identifier: ISC */
/* gunzip.c - plain bytes from gzip, as they come */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "gunzip.h"
#include "strv.h"

struct gunzip {
	z_stream z;
	unsigned char *in;
	size_t cap;
	bool inside;	/* a member has begun and not ended */
	bool done;	/* nothing more comes */
	const char *broken;	/* why; until that was said */
};

bool
gunzip_magic(const unsigned char head[2])
{
	return head[0] == 0x1f && head[1] == 0x8b;
}

struct gunzip *
gunzip_new(void)
{
	struct gunzip *g = xrealloc(NULL, sizeof(*g));

	memset(g, 0, sizeof(*g));
	/* 16: the gzip wrapper. */
	if (inflateInit2(&g->z, 16 + MAX_WBITS) != Z_OK)
		abort();	/* no memory, as in xrealloc() */
	return g;
}

void
gunzip_free(struct gunzip *g)
{
	if (g == NULL)
		return;
	inflateEnd(&g->z);
	free(g->in);
	free(g);
}

void
gunzip_feed(struct gunzip *g, const void *data, size_t len)
{
	size_t left = g->z.avail_in;

	if (g->done)
		return;
	if (left > 0)
		memmove(g->in, g->z.next_in, left);
	if (left + len > g->cap) {
		g->cap = left + len;
		g->in = xrealloc(g->in, g->cap);
	}
	memcpy(g->in + left, data, len);
	g->z.next_in = g->in;
	g->z.avail_in = (unsigned int)(left + len);
}

int
gunzip_read(struct gunzip *g, void *buf, size_t size, struct qerr *e)
{
	g->z.next_out = buf;
	g->z.avail_out = (unsigned int)size;
	while (!g->done && g->z.avail_in > 0 && g->z.avail_out > 0) {
		int ret;

		/* Members may follow each other; zeros pad tapes. */
		if (!g->inside && g->z.total_in > 0) {
			if (*g->z.next_in != 0x1f) {
				g->done = true;
				break;
			}
			inflateReset(&g->z);
		}
		g->inside = true;
		ret = inflate(&g->z, Z_NO_FLUSH);
		if (ret == Z_OK)
			continue;
		g->inside = false;
		if (ret != Z_STREAM_END) {
			g->done = true;
			g->broken = g->z.msg != NULL ? g->z.msg : zError(ret);
		}
	}
	if (g->z.avail_out == size && g->broken != NULL) {
		qerr_set(e, QERR_INPUT, "broken gzip data: %s", g->broken);
		g->broken = NULL;
		return -1;
	}
	return (int)(size - g->z.avail_out);
}

bool
gunzip_cut_off(const struct gunzip *g)
{
	return g->inside;
}
