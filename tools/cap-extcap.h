/* SPDX-License-Identifier: ISC */
/* cap-extcap.h - qlab-cap as Wireshark's source of packets */
#ifndef QLAB_CAP_EXTCAP_H
#define QLAB_CAP_EXTCAP_H

#include "cap.h"

/* Wireshark's words, doc/extcap.4; what it sets alone comes as a capture. */
struct cap_extcap {
	bool used, interfaces, dlts, config, capture, install;
	const char *interface, *fifo, *filter;
};

enum { CAP_OPT_EXTCAP_INTERFACES = 320,
	CAP_OPT_EXTCAP_INTERFACE, CAP_OPT_EXTCAP_DLTS, CAP_OPT_EXTCAP_CONFIG,
	CAP_OPT_EXTCAP_FILTER, CAP_OPT_EXTCAP_VERSION, CAP_OPT_EXTCAP_INSTALL,
	CAP_OPT_CAPTURE, CAP_OPT_FIFO };

/* Without a help text: not for people. */
#define CAP_EXTCAP_OPTS							\
	{ CAP_OPT_EXTCAP_INSTALL, "extcap-install", NULL,		\
	    "show all this in your Wireshark", false },			\
	{ CAP_OPT_EXTCAP_INTERFACES, "extcap-interfaces", NULL, NULL,	\
	    false },							\
	{ CAP_OPT_EXTCAP_INTERFACE, "extcap-interface", "NAME", NULL,	\
	    false },							\
	{ CAP_OPT_EXTCAP_DLTS, "extcap-dlts", NULL, NULL, false },	\
	{ CAP_OPT_EXTCAP_CONFIG, "extcap-config", NULL, NULL, false },	\
	{ CAP_OPT_EXTCAP_FILTER, "extcap-capture-filter", "FILTER", NULL, \
	    false },							\
	{ CAP_OPT_EXTCAP_VERSION, "extcap-version", "VERSION", NULL, true }, \
	{ CAP_OPT_CAPTURE, "capture", NULL, NULL, false },		\
	{ CAP_OPT_FIFO, "fifo", "FILE", NULL, false }

/* One of the options above; others: false. */
bool	cap_extcap_option(struct cap_extcap *x, int c, const char *arg);
/*
 * Answer; exits.  Comes back when packets are wanted: then *o is set up to
 * send them.
 */
void	cap_extcap(const struct cap_extcap *x, struct cap_conf *o,
	    const char *argv0);

#endif
