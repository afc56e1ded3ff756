/* SPDX-License-Identifier: ISC */
/* ids_test.c - UUIDs and MACs that need no remembering */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "addr.h"
#include "ids.h"

/*
 * Goldens from another implementation of RFC 9562, in the name space
 * 3b8e0c5d-6a41-4f7e-9d12-c4a758e02b96.  They must never change: a guest's
 * configuration hangs on its MAC.
 */
static void
derived_uuids(void **state)
{
	char uuid[UUID_TEXTSZ];

	(void)state;
	uuid_derive("/labs/a.yaml/lan", uuid);
	assert_string_equal(uuid, "1dd84831-c008-5f48-8f27-97de914b76af");
	uuid_derive("", uuid);
	assert_string_equal(uuid, "d80e6a26-0a95-5eda-8a47-e197d732dfee");
	assert_true(uuid_text_ok(uuid));
}

static void
derived_macs(void **state)
{
	char text[MAC_STRSZ];
	uint8_t mac[6];

	(void)state;
	mac_derive("/labs/a.yaml/lan/router/lan", mac);
	assert_string_equal(mac_format(mac, text), "02:7c:ef:b9:38:aa");
	mac_derive("", mac);
	assert_string_equal(mac_format(mac, text), "02:d8:0e:6a:26:0a");
}

static void
uuid_text(void **state)
{
	static const char *const bad[] = { "", "154780B0",
		"154780B0-F499-4968-9B20-E58C02FDF5F",
		"154780B0-F499-4968-9B20-E58C02FDF5FBB",
		"154780B0F49949689B20E58C02FDF5FB",
		"{154780B0-F499-4968-9B20-E58C02FDF5FB}",
		"154780B0-F499-4968-9B20-E58C02FDF5FG",
		"154780B0-F499-4968-9B20-E58C02FDF5 B",
		"154780B-0F499-4968-9B20-E58C02FDF5FB",
		"------------------------------------" };

	(void)state;
	assert_true(uuid_text_ok("154780B0-F499-4968-9B20-E58C02FDF5FB"));
	assert_true(uuid_text_ok("154780b0-f499-4968-9b20-e58c02fdf5fb"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (uuid_text_ok(bad[i]))
			fail_msg("'%s' taken", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(derived_uuids),
		cmocka_unit_test(derived_macs),
		cmocka_unit_test(uuid_text),
	};

	return cmocka_run_group_tests_name("ids", tests, NULL, NULL);
}
