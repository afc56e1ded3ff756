/* SPDX-License-Identifier: ISC */
/* vmnetmode.h - shared, host or bridged: what a vmnet bridge looks like */
#ifndef QLAB_VMNETMODE_H
#define QLAB_VMNETMODE_H

#include "facts.h"

/*
 * Append a struct fact_net for each of vmnet's bridges (bridge100 and up, with
 * something plugged in) in all spaces whose looks tell its mode.  Sources:
 *
 *   member   bridged: a port hides the others' MACs, or beside vmenets there
 *            is one that is none; and the bridge has no address
 *   address  host: no address at all and vmenets alone, as with net-uuid
 *   inet6    shared: IPv6 by a router's announcements; those of a VM on a
 *            host network would look the same
 *   guess    the address is vmnet's default for the mode
 *
 * That there is no address is believed of a bridge that is shown whole, with
 * its own MAC, and has no IPv6 either.
 */
void	vmnet_nets(struct facts *f);
/* Is it of the kinds that a command line knows better? */
bool	vmnet_net_guessed(const struct fact_net *n);

/* Is that one of vmnet's bridges, by its name?  bridge0 is Thunderbolt's. */
bool	vmnet_is_bridge(const struct hostif *i);

#endif
