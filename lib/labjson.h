/* SPDX-License-Identifier: ISC */
/* labjson.h - networks as JSON, for the registry and the holder */
#ifndef QLAB_LABJSON_H
#define QLAB_LABJSON_H

#include <jansson.h>

#include "lab.h"

/*
 * New reference, an object with all that struct lab_net holds, in the words of
 * the lab file; addresses as text, what is not given left out.
 */
json_t	*lab_net_to_json(const struct lab_net *net);
/*
 * *net is filled with what lab_net_to_json() was given; lab_net_release() it.
 * j may be anything: values that no lab can have are QERR_INPUT, and *net then
 * holds nothing.  Unknown keys are passed over.
 */
int	lab_net_from_json(struct lab_net *net, const json_t *j, struct qerr *e);
void	lab_net_release(struct lab_net *net);

#endif
