/* SPDX-License-Identifier: ISC */
/* ipjson.c - fuzz the reader of ip -j and bridge -j */
#include <stddef.h>
#include <stdint.h>

#include "ipjson.h"
#include "savedtext.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct findings found = { 0 };
	struct ipjson_seen seen = { 0 };
	struct hostifs h = { 0 };
	struct iftable t;
	json_t *doc = json_loadb((const char *)data, len,
	    JSON_DISABLE_EOF_CHECK, NULL);

	if (doc == NULL)
		return 0;
	iftable_init(&t, &h, &found);
	ipjson_read(&t, doc, 1, &seen);
	check_ifs(&h);
	check_findings(&found, 1);
	iftable_release(&t);
	json_decref(doc);
	hostifs_free(&h);
	findings_free(&found);
	return 0;
}
