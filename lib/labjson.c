/* SPDX-License-Identifier: ISC */
/* labjson.c - networks as JSON, for the registry and the holder */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "ids.h"
#include "labjson.h"
#include "text.h"

/* The line numbers, by their keys' names. */
static const struct {
	const char *name;
	size_t offset;
} lines[] = {
	{ "subnet", offsetof(struct lab_net_lines, subnet) },
	{ "gateway", offsetof(struct lab_net_lines, gateway) },
	{ "range", offsetof(struct lab_net_lines, range) },
	{ "dhcp", offsetof(struct lab_net_lines, dhcp) },
	{ "uuid", offsetof(struct lab_net_lines, uuid) },
	{ "isolated", offsetof(struct lab_net_lines, isolated) },
	{ "nat66-prefix", offsetof(struct lab_net_lines, nat66_prefix) },
	{ "uplink", offsetof(struct lab_net_lines, uplink) },
	{ "mtu", offsetof(struct lab_net_lines, mtu) },
	{ "transparent", offsetof(struct lab_net_lines, transparent) },
	{ "backend", offsetof(struct lab_net_lines, backend) },
};

#define NLINES (sizeof(lines) / sizeof(*lines))

static void
put_text(json_t *j, const char *key, const char *text)
{
	json_object_set_new(j, key, json_string(text));
}

static void
put_ip(json_t *j, const char *key, uint32_t ip)
{
	char buf[IP4_STRSZ];

	if (ip != 0)
		put_text(j, key, ip4_format(ip, buf));
}

json_t *
lab_net_to_json(const struct lab_net *net)
{
	json_t *j = json_object(), *at = json_object();
	char cidr[CIDR_STRSZ];

	put_text(j, "name", net->name);
	put_text(j, "mode", net_mode_name(net->mode));
	put_text(j, "backend", net_backend_name(net->backend));
	if (net->plen >= 0)
		put_text(j, "subnet",
		    cidr4_format(net->subnet, net->plen, cidr));
	put_ip(j, "gateway", net->gateway);
	put_ip(j, "range-start", net->range_lo);
	put_ip(j, "range-end", net->range_hi);
	json_object_set_new(j, "dhcp", json_boolean(net->dhcp));
	if (net->uuid[0] != '\0')
		put_text(j, "uuid", net->uuid);
	json_object_set_new(j, "isolated", json_boolean(net->isolated));
	if (net->nat66_prefix != NULL)
		put_text(j, "nat66-prefix", net->nat66_prefix);
	if (net->uplink != NULL)
		put_text(j, "uplink", net->uplink);
	json_object_set_new(j, "mtu", json_integer(net->mtu));
	json_object_set_new(j, "transparent", json_boolean(net->transparent));
	json_object_set_new(j, "line", json_integer(net->line));
	for (size_t i = 0; i < NLINES; i++) {
		int line = *(const int *)((const char *)&net->at +
		    lines[i].offset);

		if (line != 0)
			json_object_set_new(at, lines[i].name,
			    json_integer(line));
	}
	json_object_set_new(j, "lines", at);
	return j;
}

static int
wrong(const char *key, struct qerr *e)
{
	return qerr_set(e, QERR_INPUT, "network as JSON: bad or missing %s",
	    key);
}

/* A key's text; NULL when it is not there. */
static int
get_text(const json_t *j, const char *key, const char **text, struct qerr *e)
{
	const json_t *v = json_object_get(j, key);

	*text = json_string_value(v);
	if (v == NULL)
		return 0;
	if (*text == NULL ||
	    text_clean(*text, json_string_length(v), false) !=
	    json_string_length(v))
		return wrong(key, e);
	return 0;
}

static int
get_bool(const json_t *j, const char *key, bool *b, struct qerr *e)
{
	const json_t *v = json_object_get(j, key);

	if (!json_is_boolean(v))
		return wrong(key, e);
	*b = json_is_true(v);
	return 0;
}

/* A number from 0 to max; 0 when it is not there. */
static int
get_int(const json_t *j, const char *key, int max, int *n, struct qerr *e)
{
	const json_t *v = json_object_get(j, key);
	json_int_t i = json_integer_value(v);

	if (v != NULL && (!json_is_integer(v) || i < 0 || i > max))
		return wrong(key, e);
	*n = (int)i;
	return 0;
}

static int
get_ip(const json_t *j, const char *key, uint32_t *ip, struct qerr *e)
{
	const char *text;

	if (get_text(j, key, &text, e) == -1)
		return -1;
	*ip = 0;
	if (text != NULL && ip4_parse(text, ip) == -1)
		return wrong(key, e);
	return 0;
}

static int
get_addresses(struct lab_net *net, const json_t *j, struct qerr *e)
{
	const char *text;

	if (get_text(j, "subnet", &text, e) == -1)
		return -1;
	net->plen = -1;
	if (text != NULL && cidr4_parse(text, &net->subnet, &net->plen) == -1)
		return wrong("subnet", e);
	if (get_ip(j, "gateway", &net->gateway, e) == -1 ||
	    get_ip(j, "range-start", &net->range_lo, e) == -1 ||
	    get_ip(j, "range-end", &net->range_hi, e) == -1)
		return -1;
	return 0;
}

static int
get_words(struct lab_net *net, const json_t *j, struct qerr *e)
{
	const char *name, *mode, *backend;

	if (get_text(j, "name", &name, e) == -1 ||
	    get_text(j, "mode", &mode, e) == -1 ||
	    get_text(j, "backend", &backend, e) == -1)
		return -1;
	if (name == NULL || !lab_name_ok(name))
		return wrong("name", e);
	snprintf(net->name, sizeof(net->name), "%s", name);
	if (mode == NULL || lab_parse_mode(mode, &net->mode, NULL) == -1)
		return wrong("mode", e);
	if (backend == NULL ||
	    lab_parse_backend(backend, &net->backend, NULL) == -1)
		return wrong("backend", e);
	return 0;
}

static int
get_strings(struct lab_net *net, const json_t *j, struct qerr *e)
{
	const char *uuid, *nat66, *uplink;

	if (get_text(j, "uuid", &uuid, e) == -1 ||
	    get_text(j, "nat66-prefix", &nat66, e) == -1 ||
	    get_text(j, "uplink", &uplink, e) == -1)
		return -1;
	if (uuid != NULL && !uuid_text_ok(uuid))
		return wrong("uuid", e);
	if (uuid != NULL)
		memcpy(net->uuid, uuid, sizeof(net->uuid));
	if (uplink != NULL && lab_parse_ifname(uplink, NULL) == -1)
		return wrong("uplink", e);
	net->nat66_prefix = nat66 != NULL ? xstrdup(nat66) : NULL;
	net->uplink = uplink != NULL ? xstrdup(uplink) : NULL;
	return 0;
}

static int
get_lines(struct lab_net *net, const json_t *j, struct qerr *e)
{
	const json_t *at = json_object_get(j, "lines");

	if (get_int(j, "line", INT_MAX, &net->line, e) == -1)
		return -1;
	for (size_t i = 0; i < NLINES; i++)
		if (get_int(at, lines[i].name, INT_MAX,
		    (int *)((char *)&net->at + lines[i].offset), e) == -1)
			return -1;
	return 0;
}

int
lab_net_from_json(struct lab_net *net, const json_t *j, struct qerr *e)
{
	memset(net, 0, sizeof(*net));
	if (get_words(net, j, e) == -1 || get_addresses(net, j, e) == -1 ||
	    get_bool(j, "dhcp", &net->dhcp, e) == -1 ||
	    get_bool(j, "isolated", &net->isolated, e) == -1 ||
	    get_bool(j, "transparent", &net->transparent, e) == -1 ||
	    get_int(j, "mtu", 65521, &net->mtu, e) == -1 ||
	    get_lines(net, j, e) == -1 || get_strings(net, j, e) == -1) {
		lab_net_release(net);
		return -1;
	}
	return 0;
}

void
lab_net_release(struct lab_net *net)
{
	free(net->nat66_prefix);
	free(net->uplink);
	*net = (struct lab_net){ 0 };
}
