/* SPDX-License-Identifier: ISC */
/* asleep.c - has the machine slept? by two clocks */
#include "asleep.h"

/* What the clocks may differ by when they are read by turns. */
#define APART_MS	500

int64_t
asleep_since(struct asleep *a, const struct asleep_clocks *now)
{
	int64_t behind = now->all - now->awake_after, slept;

	if (now->awake_after - now->awake > APART_MS ||
	    now->awake_after < now->awake)
		return 0;
	slept = a->known ? behind - a->behind : 0;
	a->known = true;
	a->behind = behind;
	return slept >= 1000 + APART_MS ? (slept + 500) / 1000 : 0;
}
