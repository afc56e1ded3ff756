/* SPDX-License-Identifier: ISC */
/* capprog_test.c - lib/capprog: run its programs as the kernel would */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "capprog.h"

/* What such programs use of classic BPF. */
static uint32_t
run(const struct capprog *p, uint32_t index, uint32_t type)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < p->n; pc++) {
		const struct bpf_insn *i = &p->insns[pc];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(i->k == CAPPROG_AD_IFINDEX ||
			    i->k == CAPPROG_AD_PKTTYPE);
			a = i->k == CAPPROG_AD_IFINDEX ? index : type;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			fail_msg("instruction 0x%x", i->code);
		}
	}
	fail_msg("ran off the end");
	return 0;
}

#define IN	CAPPROG_OUTGOING	/* the host sends into the VM */
#define OUT	0u

static uint32_t
one(const struct capsrc_if *ifs, size_t n, bool check, enum capsrc_dir dir,
    uint32_t index, uint32_t type)
{
	struct bpf_insn user = { .code = BPF_RET | BPF_K, .k = 77 };
	struct capprog p;
	uint32_t rc;

	assert_int_equal(capprog_build(&p, ifs, n, check, dir, &user, 1, 1000,
	    NULL), 0);
	rc = run(&p, index, type);
	free(p.insns);
	return rc;
}

static void
test_one_interface(void **state)
{
	const struct capsrc_if vm = { .index = 5 };
	const struct capsrc_if host = { .index = 5, .host_view = true };

	(void)state;
	/* Bound to it: nobody asks which one. */
	assert_int_equal(one(&vm, 1, false, CAPSRC_BOTH, 9, IN), 77);
	assert_int_equal(one(&vm, 1, false, CAPSRC_IN, 5, IN), 77);
	assert_int_equal(one(&vm, 1, false, CAPSRC_IN, 5, OUT), 0);
	assert_int_equal(one(&vm, 1, false, CAPSRC_OUT, 5, IN), 0);
	assert_int_equal(one(&vm, 1, false, CAPSRC_OUT, 5, OUT), 77);
	assert_int_equal(one(&host, 1, false, CAPSRC_IN, 5, IN), 0);
	assert_int_equal(one(&host, 1, false, CAPSRC_IN, 5, OUT), 77);
	assert_int_equal(one(&host, 1, false, CAPSRC_OUT, 5, IN), 77);
	assert_int_equal(one(&host, 1, false, CAPSRC_OUT, 5, OUT), 0);
}

/* A loopback's frames go out, then come in: once is enough. */
static void
test_loopback(void **state)
{
	const struct capsrc_if lo = { .index = 1, .host_view = true,
		.loopback = true };
	const struct capsrc_if ifs[] = { lo, { .index = 5 } };

	(void)state;
	assert_int_equal(one(&lo, 1, false, CAPSRC_BOTH, 1, IN), 0);
	assert_int_equal(one(&lo, 1, false, CAPSRC_BOTH, 1, OUT), 77);
	assert_int_equal(one(&lo, 1, false, CAPSRC_IN, 1, IN), 0);
	assert_int_equal(one(&lo, 1, false, CAPSRC_IN, 1, OUT), 77);
	assert_int_equal(one(&lo, 1, false, CAPSRC_OUT, 1, IN), 0);
	assert_int_equal(one(&lo, 1, false, CAPSRC_OUT, 1, OUT), 0);
	for (enum capsrc_dir d = CAPSRC_BOTH; d <= CAPSRC_OUT; d++) {
		uint32_t in = d == CAPSRC_OUT ? 0 : 77;
		uint32_t out = d == CAPSRC_IN ? 0 : 77;

		assert_int_equal(one(ifs, 2, true, d, 1, IN), 0);
		assert_int_equal(one(ifs, 2, true, d, 1, OUT), in);
		assert_int_equal(one(ifs, 2, true, d, 5, IN), in);
		assert_int_equal(one(ifs, 2, true, d, 5, OUT), out);
		assert_int_equal(one(ifs, 2, true, d, 6, OUT), 0);
	}
}

static void
test_several(void **state)
{
	const struct capsrc_if ifs[] = { { .index = 5 }, { .index = 8,
		.host_view = true }, { .index = 9 } };

	(void)state;
	for (uint32_t i = 0; i < 12; i++) {
		uint32_t want = i == 5 || i == 8 || i == 9 ? 77 : 0;

		assert_int_equal(one(ifs, 3, true, CAPSRC_BOTH, i, IN), want);
		assert_int_equal(one(ifs, 3, true, CAPSRC_BOTH, i, OUT), want);
		assert_int_equal(one(ifs, 3, true, CAPSRC_IN, i, IN),
		    i == 8 ? 0 : want);
		assert_int_equal(one(ifs, 3, true, CAPSRC_IN, i, OUT),
		    i == 8 ? want : 0);
		assert_int_equal(one(ifs, 3, true, CAPSRC_OUT, i, OUT),
		    i == 8 ? 0 : want);
	}
	assert_int_equal(one(ifs, 0, true, CAPSRC_BOTH, 5, IN), 0);
}

/* Conditional jumps reach 255 instructions. */
static void
test_many(void **state)
{
	static struct capsrc_if ifs[1000];
	struct qerr e;
	struct capprog p;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		ifs[i] = (struct capsrc_if){ .index = 10 + 2 * i,
			.host_view = i % 2 };
	for (uint32_t i = 0; i < 1000; i += 111) {
		assert_int_equal(one(ifs, 1000, true, CAPSRC_BOTH, 10 + 2 * i,
		    IN), 77);
		assert_int_equal(one(ifs, 1000, true, CAPSRC_BOTH, 11 + 2 * i,
		    IN), 0);
		assert_int_equal(one(ifs, 1000, true, CAPSRC_IN, 10 + 2 * i,
		    IN), i % 2 ? 0 : 77);
	}
	assert_int_equal(capprog_build(&p, ifs, 1000, true, CAPSRC_BOTH,
	    (struct bpf_insn[2100]){ { 0 } }, 2100, 1, &e), -1);
	assert_int_equal(e.kind, QERR_INPUT);
}

static void
test_no_filter(void **state)
{
	const struct capsrc_if ifs = { .index = 5 };
	struct capprog p;

	(void)state;
	assert_int_equal(capprog_build(&p, &ifs, 1, true, CAPSRC_BOTH, NULL, 0,
	    1000, NULL), 0);
	assert_int_equal(run(&p, 5, IN), 1000);
	assert_int_equal(run(&p, 6, IN), 0);
	free(p.insns);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_interface),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_no_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
