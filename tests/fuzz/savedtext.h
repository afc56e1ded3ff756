/* SPDX-License-Identifier: ISC */
/* savedtext.h - what must hold of facts, whatever the text was */
#ifndef QLAB_FUZZ_SAVEDTEXT_H
#define QLAB_FUZZ_SAVEDTEXT_H

#include <stdlib.h>
#include <string.h>

#include "hostif.h"
#include "lint.h"
#include "paste.h"
#include "text.h"

static inline void
check_ifs(const struct hostifs *h)
{
	for (size_t i = 0; i < h->nifs; i++)
		if (h->ifs[i].index != i + 1 || h->ifs[i].master > h->nifs ||
		    h->ifs[i].master == i + 1 ||
		    !paste_ifname_ok(h->ifs[i].name))
			abort();
	for (size_t i = 0; i < h->nfdb; i++)
		if (h->fdb[i].bridge == 0 || h->fdb[i].bridge > h->nifs ||
		    h->fdb[i].port == 0 || h->fdb[i].port > h->nifs)
			abort();
	for (size_t i = 0; i < h->naddrs; i++)
		if (h->addrs[i].index == 0 || h->addrs[i].index > h->nifs ||
		    h->addrs[i].plen < 0 || h->addrs[i].plen > 32)
			abort();
	for (size_t i = 0; i < h->nneighs; i++)
		if (h->neighs[i].index > h->nifs)
			abort();
}

/* What goes to a terminal must be clean, and say where. */
static inline void
check_findings(const struct findings *f, size_t lines)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->f[i].line < 1 || (size_t)f->f[i].line > lines ||
		    text_clean(f->f[i].text, strlen(f->f[i].text), false) !=
		    strlen(f->f[i].text))
			abort();
}

#endif
