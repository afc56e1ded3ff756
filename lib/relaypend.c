/* SPDX-License-Identifier: ISC */
/* relaypend.c - the commands of a relay that QEMU has yet to answer */
#include <stdlib.h>

#include "relaypend.h"
#include "strv.h"

void
pendings_init(struct pendings *p)
{
	*p = (struct pendings){ .tail = &p->first };
}

struct pending *
pendings_add(struct pendings *p, void *client, char *own)
{
	struct pending *w = xcalloc(1, sizeof(*w));

	*w = (struct pending){ .id = ++p->id, .client = client, .own = own };
	*p->tail = w;
	p->tail = &w->next;
	return w;
}

struct pending *
pendings_take(struct pendings *p, const json_int_t *id)
{
	for (struct pending **at = &p->first; *at != NULL; at = &(*at)->next) {
		struct pending *w = *at;

		if (id == NULL || w->id == *id) {
			*at = w->next;
			if (*at == NULL)
				p->tail = at;
			return w;
		}
	}
	return NULL;
}

void
pendings_forget(struct pendings *p, const void *client)
{
	for (struct pending *w = p->first; w != NULL; w = w->next)
		if (w->client == client)
			w->client = NULL;
}

void
pending_free(struct pending *w)
{
	free(w->own);
	free(w);
}
