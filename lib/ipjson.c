/* SPDX-License-Identifier: ISC */
/* ipjson.c - what iproute2's ip -j and bridge -j print */
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "ipjson.h"
#include "paste.h"

/* The value of key when it is a string, else "". */
static const char *
text(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s != NULL ? s : "";
}

static bool
has(const json_t *j, const char *key)
{
	return json_object_get(j, key) != NULL;
}

static bool
in_list(const json_t *list, const char *word)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (s != NULL && strcmp(s, word) == 0)
			return true;
	}
	return false;
}

static uint64_t
counter(const json_t *stats, const char *way, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(
	    json_object_get(stats, way), key));

	return n > 0 ? (uint64_t)n : 0;
}

static void
copy(char *dst, size_t size, const char *src)
{
	snprintf(dst, size, "%.*s", (int)size - 1, src);
}

static void
read_stats(struct hostif *i, const json_t *j)
{
	const json_t *s = json_object_get(j, "stats64");

	if (s == NULL)
		return;
	i->rx_packets = counter(s, "rx", "packets");
	i->rx_bytes = counter(s, "rx", "bytes");
	i->rx_dropped = counter(s, "rx", "dropped");
	i->tx_packets = counter(s, "tx", "packets");
	i->tx_bytes = counter(s, "tx", "bytes");
	i->tx_dropped = counter(s, "tx", "dropped");
}

/* ip link and ip addr have the same head. */
static bool
read_link(struct iftable *t, const json_t *j, int line)
{
	const char *name = text(j, "ifname"), *master = text(j, "master");
	const json_t *flags = json_object_get(j, "flags");
	const json_t *info = json_object_get(j, "linkinfo");
	struct hostif *i;

	if (!paste_ifname_ok(name) ||
	    (*master != '\0' && !paste_ifname_ok(master)))
		return false;
	if (*master != '\0' && strcmp(name, master) != 0)
		iftable_plug(t, name, master, line);
	i = iftable_get(t, name);
	i->up = in_list(flags, "UP");
	i->running = in_list(flags, "LOWER_UP");
	i->mtu = (unsigned)json_integer_value(json_object_get(j, "mtu"));
	mac_parse(text(j, "address"), i->mac);
	if (has(j, "ifalias"))
		copy(i->alias, sizeof(i->alias), text(j, "ifalias"));
	if (has(info, "info_kind"))
		copy(i->kind, sizeof(i->kind), text(info, "info_kind"));
	read_stats(i, j);
	return true;
}

static bool
read_addrs(struct iftable *t, const json_t *j)
{
	const json_t *list = json_object_get(j, "addr_info");
	bool ok = true;

	for (size_t k = 0; k < json_array_size(list); k++) {
		const json_t *a = json_array_get(list, k);
		json_int_t plen = json_integer_value(json_object_get(a,
		    "prefixlen"));
		uint32_t ip;

		if (strcmp(text(a, "family"), "inet") != 0)
			continue;
		if (ip4_parse(text(a, "local"), &ip) == 0 && plen >= 0 &&
		    plen <= 32)
			iftable_addr(t, text(j, "ifname"), ip, (int)plen);
		else
			ok = false;
	}
	return ok;
}

static bool
read_neigh(struct iftable *t, const json_t *j)
{
	const char *name = text(j, "dev"), *dst = text(j, "dst");
	const json_t *state = json_object_get(j, "state");
	uint8_t mac[6];
	uint32_t ip;

	if (strchr(dst, ':') != NULL || in_list(state, "NOARP") ||
	    in_list(state, "FAILED") || !has(j, "lladdr"))
		return true;
	if (!paste_ifname_ok(name) || ip4_parse(dst, &ip) == -1 ||
	    mac_parse(text(j, "lladdr"), mac) == -1)
		return false;
	iftable_neigh(t, name, ip, mac, in_list(state, "PERMANENT"));
	return true;
}

static bool
read_fdb(struct iftable *t, const json_t *j, int line)
{
	const char *name = text(j, "ifname"), *master = text(j, "master");
	const char *state = text(j, "state");
	uint8_t mac[6];

	/* Of a bridge, not of a VXLAN. */
	if (*master == '\0')
		return true;
	if (!paste_ifname_ok(name) || !paste_ifname_ok(master) ||
	    mac_parse(text(j, "mac"), mac) == -1)
		return false;
	if (strcmp(name, master) != 0)
		iftable_plug(t, name, master, line);
	/* Learned, not put there. */
	if (strcmp(state, "permanent") == 0 || strcmp(state, "static") == 0)
		return true;
	iftable_fdb(t, master, name, mac);
	return true;
}

static bool
read_object(struct iftable *t, const json_t *j, int line,
    struct ipjson_seen *seen)
{
	if (has(j, "mac") && has(j, "ifname")) {
		seen->fdb = true;
		return read_fdb(t, j, line);
	}
	if (has(j, "dst") && has(j, "dev")) {
		seen->neighs = true;
		return read_neigh(t, j);
	}
	if (!has(j, "ifindex") || !has(j, "ifname"))
		return json_is_object(j) && json_object_size(j) == 0;
	seen->links = true;
	if (!read_link(t, j, line))
		return false;
	if (!has(j, "addr_info"))
		return true;
	seen->addrs = true;
	return read_addrs(t, j);
}

void
ipjson_read(struct iftable *t, const json_t *doc, int line,
    struct ipjson_seen *seen)
{
	size_t bad = 0, n = json_array_size(doc);

	for (size_t i = 0; i < n; i++)
		if (!read_object(t, json_array_get(doc, i), line, seen))
			bad++;
	if (!json_is_array(doc) || bad == n)
		bad = n = n == 0 && json_is_array(doc) ? 0 : 1;
	if (bad > 0)
		findings_add(t->found, false, line, "JSON that is not what ip "
		    "or bridge print: %zu of %zu objects ignored", bad, n);
}
