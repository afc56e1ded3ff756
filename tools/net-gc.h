/* SPDX-License-Identifier: ISC */
/* net-gc.h - qlab-net gc: remove what crashes left */
#ifndef QLAB_NET_GC_H
#define QLAB_NET_GC_H

#include <stdbool.h>

/* Say on stdout what was removed, or dry, what would be; the exit status. */
int	net_gc(bool dry);

#endif
