/* SPDX-License-Identifier: ISC */
/* ids.h - UUIDs and MACs that need no remembering */
#ifndef QLAB_IDS_H
#define QLAB_IDS_H

#include <stdbool.h>
#include <stdint.h>

/* 36 characters in the usual form? */
bool	uuid_text_ok(const char *s);
/* UUIDv5 of text in qlab's own name space; lower case. */
void	uuid_derive(const char *text, char out[37]);
/* A locally administered unicast MAC (02:...) derived from text. */
void	mac_derive(const char *text, uint8_t mac[6]);

#endif
