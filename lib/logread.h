/* SPDX-License-Identifier: ISC */
/* logread.h - log records from bytes, the format found out by its look */
#ifndef QLAB_LOGREAD_H
#define QLAB_LOGREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "logrec.h"
#include "qerr.h"

/*
 * What comes out of it, and what the record's source is called:
 *
 *   unified    macOS' `log show` and `log stream`, every style
 *   journal    `journalctl -o export` and `-o json`
 *   kernel     /dev/kmsg records, dmesg
 *   dnsmasq    its --log-facility file
 *   qlab       events.ndjson
 *   syslog     other lines of a syslog
 *   text       lines that have a clock time at most
 */
enum logread_format {
	LOGREAD_AUTO,
	LOGREAD_JSON,		/* unified json, ndjson; journal's; qlab's */
	LOGREAD_EXPORT,		/* journalctl -o export */
	LOGREAD_DEFAULT,	/* unified text: default style */
	LOGREAD_COMPACT,
	LOGREAD_SYSLOG,		/* unified's syslog style; syslogs; dnsmasq */
	LOGREAD_KMSG,		/* /dev/kmsg */
	LOGREAD_DMESG,
	LOGREAD_TEXT,
};

struct logread_conf {
	enum logread_format format;
	/*
	 * When the log was read, for times without a year or a day: they are
	 * the last such before it.  0: now.
	 */
	int64_t ref_us;
	/*
	 * When the system of a kernel log was booted; 0: not known, then its
	 * records have no time unless the lines themselves do.
	 */
	int64_t boot_us;
};

struct logread;

/* Times without a zone are local time. */
struct logread *logread_new(const struct logread_conf *conf);
void	logread_free(struct logread *l);

/*
 * Give it bytes, of any number: only when logread_next() has said that it
 * needs more.  gzip is unpacked.
 */
void	logread_feed(struct logread *l, const void *data, size_t len);
/* There is nothing more: the last record may now be complete. */
void	logread_end(struct logread *l);
/*
 * Nothing came for a while: a text record of which the last line is there is
 * complete (its message might have gone on).
 */
void	logread_idle(struct logread *l);

/*
 * The next record: 1, or 0 when it needs more bytes (after logread_end(): when
 * there are none), or -1 with *e for what is malformed, "line N: ..."; after
 * that it goes on with the next record.
 */
int	logread_next(struct logread *l, struct logrec *r, struct qerr *e);

#endif
