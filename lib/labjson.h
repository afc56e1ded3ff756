/* SPDX-License-Identifier: ISC */
/* labjson.h - networks as JSON, for the registry and the holder */
#ifndef QLAB_LABJSON_H
#define QLAB_LABJSON_H

#include <jansson.h>

#include "lab.h"

/* New reference. */
json_t	*lab_net_to_json(const struct lab_net *net);
/* *net is filled; free its strings with lab_net_release(). */
int	lab_net_from_json(struct lab_net *net, const json_t *j, struct qerr *e);
void	lab_net_release(struct lab_net *net);

#endif
