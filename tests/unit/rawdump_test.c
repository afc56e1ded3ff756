/* SPDX-License-Identifier: ISC */
/* rawdump_test.c - the kernel's own bytes, kept as text and read again */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rawdump.h"

/* A bridge's addresses: two ports, one MAC twice. */
static const uint8_t fdb[3 * 36] = {
	[0] = 'v', 'm', 'e', 'n', 'e', 't', '0', 0,
	[25] = 0x8e, 1, 2, 3, 4, 5,
	[36] = 'v', 'm', 'e', 'n', 'e', 't', '1', 0,
	[61] = 0x52, 0x54, 0, 0x12, 0x34, 0x56,
	[72] = 'v', 'm', 'e', 'n', 'e', 't', '1', 0,
	[97] = 0x8e, 1, 2, 3, 4, 5,
};

static void
masks(void **state)
{
	static const char args[] = "\3\0\0\0/Users/jo/qemu\0\0qemu\0"
	    "mac=8e:01:02:03:04:05\0/Users/jo/x\0SECRET=1";
	struct rawdump_mask m = { .words = { "mymac", "jo" } };
	char *line, *hex;

	(void)state;
	line = rawdump_line(&m, RAWDUMP_FDB, "bridge100", fdb, sizeof(fdb), 0);
	assert_memory_equal(line, "fdb bridge100 766d656e65743000", 30);
	hex = line + strlen("fdb bridge100 ");
	assert_int_equal(strlen(hex), 2 * sizeof(fdb));
	assert_memory_equal(hex + 2 * 25, "8e01020e0001", 12);
	assert_memory_equal(hex + 2 * 61, "525400123456", 12);
	assert_memory_equal(hex + 2 * 97, "8e01020e0001", 12);
	free(line);
	line = rawdump_line(&m, RAWDUMP_PROCARGS, "501", args, sizeof(args),
	    0);
	/* "/Users/xx/qemu", "mac=8e:01:02:0e:00:01", "/Users/xx/x" */
	assert_string_equal(line, "procargs 501 03000000"
	    "2f55736572732f78782f71656d750000" "71656d7500"
	    "6d61633d38653a30313a30323a30653a30303a303100"
	    "2f55736572732f78782f7800");
	free(line);
	line = rawdump_line(&m, RAWDUMP_MEMBERS, "bridge9", NULL, 0, 22);
	assert_string_equal(line, "members bridge9 error 22");
	free(line);
	rawdump_mask_release(&m);
}

/* Messages that nobody reads go, and so does what is no MAC. */
static void
masks_list(void **state)
{
	static const uint8_t address[6] = { 2, 1, 2, 3, 4, 5 };
	uint8_t raw[188 + 20 + 4] = { [0] = 188, [2] = 5, [3] = 0x12,
		[4] = 0x10, [12] = 7,
		/* sockaddr_dl "en0" */
		[160] = 17, 18, 7, 0, 6, 3, 6, 0, 'e', 'n', '0',
		/* An IPv6 address' message. */
		[188] = 24, 0, 5, 0xc, 0x20, [208] = 4, 30 };
	struct rawdump_mask m = { 0 };
	char *line;

	(void)state;
	memcpy(raw + 171, address, 6);
	line = rawdump_line(&m, RAWDUMP_IFLIST2, "-", raw, sizeof(raw), 0);
	assert_int_equal(strlen(line), strlen("iflist2 - ") + 2 * 188);
	assert_memory_equal(line + 10 + 2 * 171, "0201020e0001", 12);
	free(line);
	raw[165] = 200;		/* its name is longer than all */
	line = rawdump_line(&m, RAWDUMP_IFLIST2, "-", raw, 188, 0);
	assert_null(strstr(line, "030405"));
	assert_null(strstr(line, "0201020e"));
	free(line);
	rawdump_mask_release(&m);
}

/* A route of ours through a neighbour; one that ARP made is left out. */
static void
masks_routes(void **state)
{
	uint8_t raw[2 * 128] = { [0] = 128, [2] = 5, [3] = 4, [4] = 9,
		[8] = 1, [12] = 3,
		[92] = 16, 2, 0, 0, 10, 0, 0, 0,
		[108] = 20, 18, 9, 0, 6, 3, 6, 0, 'e', 'n', '0',
		2, 1, 2, 3, 4, 5 };
	struct rawdump_mask m = { 0 };
	uint8_t mac[6];
	char *line, *dump;
	struct findings found = { 0 };
	struct facts f = { 0 };
	struct qerr e;

	(void)state;
	memcpy(raw + 128, raw, 128);
	raw[128 + 9] = 4;	/* RTF_LLINFO */
	line = rawdump_line(&m, RAWDUMP_ROUTES, "-", raw, sizeof(raw), 0);
	assert_int_equal(strlen(line), strlen("routes - ") + 2 * 128);
	assert_memory_equal(line + 9 + 2 * 119, "0201020e0001", 12);
	assert_int_equal(m.nmacs, 1);
	rawdump_masked(&m, 0, mac);
	assert_memory_equal(mac, "\2\1\2\x0e\0\1", 6);
	rawdump_mask_release(&m);
	/* It can be read again; half of it cannot. */
	dump = xasprintf(RAWDUMP_HEAD "\n%s\n%.61s\n", line, line);
	assert_int_equal(rawdump_read(&f, dump, strlen(dump), &found, &e), -1);
	assert_string_equal(e.msg, "the dump has no interfaces");
	assert_int_equal(found.n, 1);
	assert_int_equal(found.f[0].line, 3);
	assert_string_equal(found.f[0].text, "malformed routes");
	findings_free(&found);
	facts_free(&f);
	free(dump);
	free(line);
}

static void
wrong(const char *text, int line, const char *says)
{
	struct findings found = { 0 };
	struct facts f = { 0 };
	struct qerr e = { 0 };

	assert_true(rawdump_is(text, strlen(text)));
	assert_int_equal(rawdump_read(&f, text, strlen(text), &found, &e), -1);
	assert_int_equal(e.kind, QERR_INPUT);
	assert_int_equal(found.n, 1);
	assert_int_equal(found.f[0].line, line);
	assert_string_equal(found.f[0].text, says);
	findings_free(&found);
	facts_free(&f);
}

#define HEAD RAWDUMP_HEAD "\n"

static void
refuses(void **state)
{
	(void)state;
	wrong(HEAD "iflist2", 2, "not KIND NAME HEX");
	wrong(HEAD "fdb bridge0 error 22\nweather - 00", 3,
	    "unknown kind of record");
	wrong(HEAD "\niflist2 - 0g", 3, "not a hex digit");
	wrong(HEAD "iflist2 - 000", 2, "half a byte");
	wrong(HEAD "iflist2 - ffff0512", 2, "malformed list of interfaces");
	wrong(HEAD "fdb bridge0 00", 2, "no such interface before");
	wrong(HEAD "procargs 0 00", 2, "not a process ID");
	wrong(HEAD "procargs 12x 00", 2, "not a process ID");
	wrong(HEAD "procargs 12 00", 2, "malformed arguments");
	assert_false(rawdump_is(HEAD, 3));
	assert_false(rawdump_is("qlab-rawdump 12\n", 16));
}

static size_t heard;

static void
hear(void *arg, enum rawdump_kind kind, const char *name, const void *buf,
    size_t len, int err)
{
	assert_ptr_equal(arg, &heard);
	assert_int_equal(kind, RAWDUMP_FDB);
	assert_string_equal(name, "b");
	assert_memory_equal(buf, "xy", len);
	assert_int_equal(err, 0);
	errno = 0;
	heard++;
}

static void
tells(void **state)
{
	(void)state;
	rawdump_tell(RAWDUMP_FDB, "b", "xy", 2, 0);
	rawdump_hear(hear, &heard);
	errno = EPERM;		/* whose message is yet to be made */
	rawdump_tell(RAWDUMP_FDB, "b", "xy", 2, 0);
	assert_int_equal(errno, EPERM);
	rawdump_hear(NULL, NULL);
	rawdump_tell(RAWDUMP_FDB, "b", "xy", 2, 0);
	assert_int_equal(heard, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks),
		cmocka_unit_test(masks_list),
		cmocka_unit_test(masks_routes),
		cmocka_unit_test(refuses),
		cmocka_unit_test(tells),
	};

	return cmocka_run_group_tests_name("rawdump", tests, NULL, NULL);
}
