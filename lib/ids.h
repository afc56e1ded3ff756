/* SPDX-License-Identifier: ISC */
/* ids.h - UUIDs and MACs that need no remembering */
#ifndef QLAB_IDS_H
#define QLAB_IDS_H

#include <stdbool.h>
#include <stdint.h>

#define UUID_TEXTSZ	37

/* 36 characters in the usual form (RFC 9562), letters of either case? */
bool	uuid_text_ok(const char *s);
/*
 * UUIDv5 of text in qlab's own name space; lower case.  The same text gives
 * the same UUID on every machine and in every version of qlab.
 */
void	uuid_derive(const char *text, char out[UUID_TEXTSZ]);
/* A locally administered unicast MAC (02:...) derived from text, likewise. */
void	mac_derive(const char *text, uint8_t mac[6]);

#endif
