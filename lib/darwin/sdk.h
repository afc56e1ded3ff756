/* SPDX-License-Identifier: ISC */
/* sdk.h - what macOS' SDK declares and "make cross" has no header for */
#ifndef QLAB_DARWIN_SDK_H
#define QLAB_DARWIN_SDK_H

#include <stdint.h>

/*
 * <sandbox.h>, sandbox_init(3): public since Mac OS X 10.5, deprecated since
 * 10.8 without a successor for programs that are no bundles.
 */
#define SANDBOX_NAMED	0x0001
extern const char kSBXProfileNoNetwork[];
int	sandbox_init(const char *profile, uint64_t flags, char **errorbuf);
void	sandbox_free_error(char *errorbuf);

#endif
