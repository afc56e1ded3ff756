/* SPDX-License-Identifier: ISC */
/* ifmapdiff.h - what has changed from one map to the next */
#ifndef QLAB_IFMAPDIFF_H
#define QLAB_IFMAPDIFF_H

#include <jansson.h>

#include "ifmap.h"

/*
 * An array of objects {"event":, "lab":, "vm":, "nic":, "from":, "to":}, as
 * qlab-ifmap(1) documents them, about picked NICs; of VMs and labs only when
 * with_labs is set.  New reference.
 */
json_t	*ifmap_diff(const struct map *from, const struct map *to,
	    bool with_labs);

/*
 * The NIC of that other map which is the same one, or NULL; a VM that was
 * started anew has new ones.
 */
const struct map_nic *ifmap_same_nic(const struct map *m,
	    const struct map_nic *n);

#endif
