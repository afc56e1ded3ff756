/* SPDX-License-Identifier: ISC */
/* pscheck.c - is what ps shows of a QEMU one command line, and all of it? */
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "paste.h"
#include "pscheck.h"
#include "pscommand.h"
#include "qemuopts.h"
#include "text.h"

/* Behind others, or by itself: not "-pidfile /run/qemu-system-i386". */
static bool
has_program(const char *arg, bool value)
{
	const char *word, *next = arg;
	size_t len;

	while ((word = paste_word(&next, &len)) != NULL) {
		if (!value && pscommand_is_qemu(word, len))
			return true;
		value = false;
	}
	return false;
}

static bool
same_netdevs(const struct qemu_items *items)
{
	for (size_t i = 0; i < items->n; i++) {
		const struct qemu_item *it = &items->v[i];

		if (strcmp(it->option, "netdev") == 0 && it->id != NULL &&
		    qemu_items_find(items, "netdev", it->id) != it)
			return true;
	}
	return false;
}

bool
pscheck_is_two(char *const *argv)
{
	struct qemu_items items;
	bool two = false;

	for (size_t i = 1; argv[i] != NULL; i++)
		if (has_program(argv[i], *argv[i - 1] == '-'))
			return true;
	if (qemu_items_parse(&items, argv, NULL) == 0)
		two = same_netdevs(&items);
	qemu_items_free(&items);
	return two;
}

static bool
reads_files(const struct qemu_items *items)
{
	for (size_t i = 0; i < items->n; i++)
		if (strcmp(items->v[i].option, "readconfig") == 0)
			return true;
	return false;
}

static void
check_card(const struct qemu_items *items, const struct qemu_item *it, int no,
    struct findings *found)
{
	const char *mac = qemu_opts_get(&it->o, "mac");
	char show[TEXT_SHOWSZ];
	uint8_t octets[6];

	if (mac != NULL && mac_parse(mac, octets) == -1)
		findings_add(found, false, no, "a card's MAC %s cannot be read",
		    text_show(mac, show));
	if (it->netdev != NULL &&
	    qemu_items_find(items, "netdev", it->netdev) == NULL)
		findings_add(found, false, no, "a card is on netdev %s, which "
		    "the command line does not have",
		    text_show(it->netdev, show));
}

void
pscheck_cards(char *const *argv, int no, struct findings *found)
{
	struct qemu_items items;
	bool all = qemu_items_parse(&items, argv, NULL) == 0 &&
	    !reads_files(&items);

	for (size_t i = 0; all && i < items.n; i++)
		check_card(&items, &items.v[i], no, found);
	qemu_items_free(&items);
}
