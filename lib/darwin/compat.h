/* SPDX-License-Identifier: ISC */
/* compat.h - what other systems' libraries have and macOS' has not */
#ifndef QLAB_COMPAT_H
#define QLAB_COMPAT_H

/* The Makefile puts this before each source file; so it must be cheap. */
#include <sys/types.h>

#include <stddef.h>

/* POSIX' names for what stat(2) tells. */
#define st_atim	st_atimespec
#define st_mtim	st_mtimespec
#define st_ctim	st_ctimespec

/* GNU's, BSD's: the last such byte, or NULL. */
void	*memrchr(const void *s, int c, size_t n);
/* util-linux' libuuid: a UUID of version 5 (RFC 4122, 4.3). */
void	 uuid_generate_sha1(unsigned char out[16],
	    const unsigned char ns[16], const char *name, size_t len);

#endif
