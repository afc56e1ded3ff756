/* SPDX-License-Identifier: ISC */
/* capway.c - which way a frame goes, where the system does not tell */
#include <string.h>

#include "capway.h"

#define MAC_LEN	6u

bool
capway_tell(struct capsrc_packet *p, const uint8_t mac[6],
    enum capsrc_dir dir)
{
	p->no_way = mac == NULL || p->caplen < 2 * MAC_LEN;
	p->to_vm = !p->no_way && memcmp(p->data + MAC_LEN, mac, MAC_LEN) != 0;
	return dir == CAPSRC_BOTH || p->no_way ||
	    (dir == CAPSRC_IN) == p->to_vm;
}
