/* SPDX-License-Identifier: ISC */
/* labfinish.c - fill what a lab's definition leaves out */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "ids.h"
#include "lab.h"

static bool
has_subnet(const struct lab_net *net)
{
	return net->mode == NET_SHARED || net->mode == NET_HOST;
}

/* The first 10.77.N.0/24 that overlaps none of the lab's; left out if none. */
static void
choose_subnet(const struct lab *lab, struct lab_net *net)
{
	for (uint32_t n = 0; n < 256; n++) {
		uint32_t try = 10U << 24 | 77U << 16 | n << 8;
		size_t i;

		for (i = 0; i < lab->nnets; i++)
			if (lab->nets[i].plen >= 0 && cidr4_overlap(try, 24,
			    lab->nets[i].subnet, lab->nets[i].plen))
				break;
		if (i == lab->nnets) {
			net->subnet = try;
			net->plen = 24;
			return;
		}
	}
}

static void
choose_range(struct lab_net *net)
{
	uint32_t mask = ip4_mask(net->plen);
	uint32_t first = (net->subnet & mask) + 1;
	uint32_t last = (net->subnet | ~mask) - 1;

	/* Nothing sensible to choose; lint says why. */
	if (net->plen > 30 || net->gateway < first || net->gateway > last)
		return;
	if (last - net->gateway >= net->gateway - first) {
		net->range_lo = net->gateway + 1;
		net->range_hi = last;
	} else {
		net->range_lo = first;
		net->range_hi = net->gateway - 1;
	}
}

static void
finish_net(const struct lab *lab, struct lab_net *net)
{
	char *text;

	if (!has_subnet(net)) {
		net->dhcp = false;
		return;
	}
	if (net->plen < 0)
		choose_subnet(lab, net);
	if (net->plen < 0)
		return;
	if (net->gateway == 0)
		net->gateway = (net->subnet & ip4_mask(net->plen)) + 1;
	if (net->range_lo == 0 && net->range_hi == 0)
		choose_range(net);
	if (net->mode == NET_HOST && !net->dhcp && net->uuid[0] == '\0') {
		text = xasprintf("%s/%s",
		    lab->path != NULL ? lab->path : lab->name, net->name);
		uuid_derive(text, net->uuid);
		free(text);
	}
}

static bool
id_taken(const struct lab_vm *vm, const char *id)
{
	for (size_t i = 0; i < vm->nnics; i++)
		if (strcmp(vm->nics[i].id, id) == 0)
			return true;
	return false;
}

/* The network's name; from its second NIC on, or if taken, with ".2" and up. */
static void
choose_id(const struct lab_vm *vm, struct lab_nic *nic)
{
	const char *base = nic->net[0] != '\0' ? nic->net : "user";
	char id[LAB_NICSZ];

	snprintf(id, sizeof(id), "%s", base);
	for (size_t n = 2; id_taken(vm, id); n++)
		snprintf(id, sizeof(id), "%s.%zu", base, n);
	memcpy(nic->id, id, sizeof(id));
}

static void
finish_nic(const struct lab *lab, const struct lab_vm *vm, struct lab_nic *nic)
{
	static const uint8_t none[6];
	const struct lab_net *net = lab_net_find(lab, nic->net);
	char *text;

	if (nic->net[0] == '\0')
		nic->mode = NET_USER;
	else if (net != NULL)
		nic->mode = net->mode;
	if (nic->id[0] == '\0')
		choose_id(vm, nic);
	if (nic->has_mac || memcmp(nic->mac, none, sizeof(none)) != 0)
		return;
	text = xasprintf("%s/%s/%s/%s",
	    lab->path != NULL ? lab->path : lab->name, nic->net, vm->name,
	    nic->id);
	mac_derive(text, nic->mac);
	free(text);
}

/* Is this where the lab says how the file is made? */
static bool
makes(const struct lab_disk *d, const char *file)
{
	return (d->base != NULL || d->create_bytes != 0) &&
	    strcmp(d->file, file) == 0;
}

/*
 * A disk that another VM of the lab uses too (to install it, say) is made in
 * the same way, whichever VM starts first.
 */
static void
finish_disk(const struct lab *lab, struct lab_disk *disk)
{
	if (disk->base != NULL || disk->create_bytes != 0)
		return;
	for (size_t i = 0; i < lab->nvms; i++)
		for (size_t j = 0; j < lab->vms[i].ndisks; j++) {
			const struct lab_disk *d = &lab->vms[i].disks[j];

			if (!makes(d, disk->file))
				continue;
			disk->create_bytes = d->create_bytes;
			if (d->base != NULL)
				disk->base = xstrdup(d->base);
			return;
		}
}

void
lab_finish(struct lab *lab)
{
	for (size_t i = 0; i < lab->nnets; i++)
		finish_net(lab, &lab->nets[i]);
	for (size_t i = 0; i < lab->nvms; i++) {
		struct lab_vm *vm = &lab->vms[i];

		for (size_t j = 0; j < vm->nnics; j++)
			finish_nic(lab, vm, &vm->nics[j]);
		for (size_t j = 0; j < vm->ndisks; j++)
			finish_disk(lab, &vm->disks[j]);
	}
}
