/* SPDX-License-Identifier: ISC */
/* compat.c - what other systems' libraries have and macOS' has not */
#include <CommonCrypto/CommonDigest.h>

#include <string.h>

#include "compat.h"

void *
memrchr(const void *s, int c, size_t n)
{
	const unsigned char *p = s;

	while (n-- > 0)
		if (p[n] == (unsigned char)c)
			return (void *)(uintptr_t)(p + n);
	return NULL;
}

void
uuid_generate_sha1(unsigned char out[16], const unsigned char ns[16],
    const char *name, size_t len)
{
	unsigned char digest[CC_SHA1_DIGEST_LENGTH];
	CC_SHA1_CTX ctx;

	CC_SHA1_Init(&ctx);
	CC_SHA1_Update(&ctx, ns, 16);
	CC_SHA1_Update(&ctx, name, (CC_LONG)len);
	CC_SHA1_Final(digest, &ctx);
	memcpy(out, digest, 16);
	out[6] = (unsigned char)((out[6] & 0x0f) | 0x50);
	out[8] = (unsigned char)((out[8] & 0x3f) | 0x80);
}
