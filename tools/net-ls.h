/* SPDX-License-Identifier: ISC */
/* net-ls.h - qlab-net ls: the networks of the labs that run */
#ifndef QLAB_NET_LS_H
#define QLAB_NET_LS_H

/* A table, with a header or without, their names alone, or JSON. */
enum net_ls_as { NET_LS_TABLE, NET_LS_BARE, NET_LS_NAMES, NET_LS_JSON };

/* Those of the lab only, or of all (NULL). */
void	net_ls(const char *only, enum net_ls_as as);

#endif
