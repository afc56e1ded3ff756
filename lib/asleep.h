/* SPDX-License-Identifier: ISC */
/* asleep.h - has the machine slept? by two clocks */
#ifndef QLAB_ASLEEP_H
#define QLAB_ASLEEP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * One clock goes on while the machine sleeps, the other stands still; it is
 * read before and after the first, for much may come between.  Milliseconds.
 */
struct asleep_clocks {
	int64_t awake, all, awake_after;
};

/* Zero-initialise. */
struct asleep {
	int64_t behind;		/* so much is the one behind the other */
	bool known;
};

/*
 * Seconds that the machine slept since the last call; 0: not, or less than one,
 * and at the first call.  Clocks that were not read at one time tell nothing.
 */
int64_t	asleep_since(struct asleep *a, const struct asleep_clocks *now);

#endif
