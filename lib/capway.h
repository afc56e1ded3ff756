/* SPDX-License-Identifier: ISC */
/* capway.h - which way a frame goes, where the system does not tell */
#ifndef QLAB_CAPWAY_H
#define QLAB_CAPWAY_H

#include "capsrc.h"

/*
 * Told by the sender: what comes from mac, the VM's (NULL: not known), goes
 * out, all else in.  Sets p->to_vm and p->no_way; false: dir is for others.
 */
bool	capway_tell(struct capsrc_packet *p, const uint8_t mac[6],
	    enum capsrc_dir dir);

#endif
