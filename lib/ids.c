/* SPDX-License-Identifier: ISC */
/* ids.c - UUIDs and MACs that need no remembering */
#include <string.h>

#include <uuid/uuid.h>

#include "ids.h"

/* qlab's name space, drawn once at random; changing it changes every MAC. */
static const uuid_t namespace = {
	0x3b, 0x8e, 0x0c, 0x5d, 0x6a, 0x41, 0x4f, 0x7e,
	0x9d, 0x12, 0xc4, 0xa7, 0x58, 0xe0, 0x2b, 0x96,
};

bool
uuid_text_ok(const char *s)
{
	uuid_t uuid;

	return uuid_parse(s, uuid) == 0 && !uuid_is_null(uuid);
}

void
uuid_derive(const char *text, char out[UUID_TEXTSZ])
{
	uuid_t uuid;

	uuid_generate_sha1(uuid, namespace, text, strlen(text));
	uuid_unparse_lower(uuid, out);
}

void
mac_derive(const char *text, uint8_t mac[6])
{
	uuid_t uuid;

	uuid_generate_sha1(uuid, namespace, text, strlen(text));
	mac[0] = 0x02;
	/* The first six octets of a UUIDv5 are hash alone. */
	memcpy(mac + 1, uuid, 5);
}
