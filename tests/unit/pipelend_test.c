/* SPDX-License-Identifier: ISC */
/* pipelend_test.c - memory lent to readers of all kinds */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sys/wait.h>

#ifdef SPLICE_F_MOVE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "pipelend.h"
#include "recbuf.h"

#define PAGE	4096u
#define PIPES	4

/* Memory that is lent, and pipes for it to go through. */
struct fixture {
	uint8_t *mem;
	int in[PIPES], out[PIPES];
	struct pipelend l;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->mem = aligned_alloc(PAGE, 4 * PAGE);
	memset(f->mem, 'm', 4 * PAGE);
	for (int i = 0; i < PIPES; i++) {
		int p[2];

		assert_int_equal(pipe(p), 0);
		f->out[i] = p[0];
		f->in[i] = p[1];
	}
	pipelend_open(&f->l, f->in[0]);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	pipelend_close(&f->l);
	for (int i = 0; i < PIPES; i++) {
		close(f->in[i]);
		close(f->out[i]);
	}
	free(f->mem);
	free(f);
	return 0;
}

/* What other systems do not do need not work there. */
static void
must_lend(struct fixture *f)
{
	if (!pipelend_may(&f->l))
		skip();
}

static void
lend(struct fixture *f, size_t from, size_t n)
{
	const struct iovec v = { f->mem + from, n };

	assert_int_equal(pipelend_give(&f->l, &v, 1), n);
}

/* Read n bytes, all of which are that one. */
static void
expect(int fd, size_t n, char c)
{
	char buf[4 * PAGE];

	assert_true(n <= sizeof(buf));
	assert_int_equal(read(fd, buf, n), n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(buf[i], c);
}

static void
only_pipes(void **state)
{
	struct pipelend l;
	int fd = open("/dev/null", O_WRONLY);

	(void)state;
	pipelend_open(&l, fd);
	assert_int_equal(l.fd, -1);
	assert_false(pipelend_may(&l));
	pipelend_close(&l);
	pipelend_open(&l, -1);
	assert_false(pipelend_may(&l));
	pipelend_close(&l);
	close(fd);
}

static void
back_when_read(void **state)
{
	struct fixture *f = *state;

	must_lend(f);
	assert_false(pipelend_owes(&f->l));
	lend(f, 100, 5000);
	assert_true(pipelend_owes(&f->l));
	assert_int_equal(pipelend_write(&f->l, "wwww", 4), 4);
	assert_false(pipelend_owes(&f->l));
	pipelend_look(&f->l);
	assert_int_equal(f->l.back, 0);
	/* The memory is read where it is. */
	memset(f->mem + 100, 'n', 5000);
	expect(f->out[0], 5000, 'n');
	pipelend_look(&f->l);
	assert_int_equal(f->l.back, 0);
	expect(f->out[0], 4, 'w');
	pipelend_look(&f->l);
	assert_int_equal(f->l.back, 5000);
	assert_true(pipelend_may(&f->l));
	/* And anew. */
	lend(f, 0, 10);
	assert_int_equal(pipelend_write(&f->l, "ww", 2), 2);
	expect(f->out[0], 10, 'm');
	expect(f->out[0], 2, 'w');
	pipelend_look(&f->l);
	assert_int_equal(f->l.back, 5014);
	/* Copies need no witness. */
	pipelend_look(&f->l);
	assert_int_equal(f->l.back, 5016);
}

/* What was read of a page only in part is still in use. */
static void
witness_in_part(void **state)
{
	struct fixture *f = *state;

	must_lend(f);
	lend(f, 0, 10);
	assert_int_equal(pipelend_write(&f->l, "wwww", 4), 4);
	expect(f->out[0], 10, 'm');
	expect(f->out[0], 3, 'w');
	pipelend_look(&f->l);
	assert_int_equal(f->l.back, 0);
	assert_true(pipelend_may(&f->l));
	expect(f->out[0], 1, 'w');
	pipelend_look(&f->l);
	assert_int_equal(f->l.back, 10);
}

#ifdef SPLICE_F_MOVE
/* Move all from one pipe on into the next: the pages themselves. */
static void
move_on(const struct fixture *f, int from, size_t n)
{
	while (n > 0) {
		ssize_t k = splice(f->out[from], NULL, f->in[from + 1], NULL,
		    n, 0);

		assert_true(k > 0);
		n -= (size_t)k;
	}
}

static void
lend_and_witness(struct fixture *f, size_t n)
{
	lend(f, 0, n);
	assert_int_equal(pipelend_write(&f->l, "ww", 2), 2);
}

static void
look_after_a_while(struct fixture *f)
{
	f->l.asked_ms = 0;
	pipelend_look(&f->l);
}

static void
kept_by_other_pipes(void **state)
{
	struct fixture *f = *state;

	must_lend(f);
	lend_and_witness(f, 2 * PAGE);
	for (int i = 0; i < PIPES - 1; i++) {
		move_on(f, i, 2 * PAGE + 2);
		look_after_a_while(f);
		assert_int_equal(f->l.back, 0);
		/* Found out, and never lent to again. */
		assert_false(pipelend_may(&f->l));
		assert_true(pipelend_kept(&f->l));
	}
	/* What goes out meanwhile is copied. */
	assert_int_equal(pipelend_write(&f->l, "xx", 2), 2);
	expect(f->out[PIPES - 1], 2 * PAGE, 'm');
	look_after_a_while(f);
	assert_int_equal(f->l.back, 0);
	expect(f->out[PIPES - 1], 2, 'w');
	look_after_a_while(f);
	assert_int_equal(f->l.back, 2 * PAGE);
	assert_false(pipelend_may(&f->l));
	assert_false(pipelend_kept(&f->l));
	expect(f->out[0], 2, 'x');
}

/* A copy of the references is one more user. */
static void
kept_by_tee(void **state)
{
	struct fixture *f = *state;

	must_lend(f);
	lend_and_witness(f, PAGE);
	assert_int_equal(tee(f->out[0], f->in[1], PAGE + 2, 0), PAGE + 2);
	expect(f->out[0], PAGE, 'm');
	expect(f->out[0], 2, 'w');
	look_after_a_while(f);
	assert_int_equal(f->l.back, 0);
	expect(f->out[1], PAGE, 'm');
	expect(f->out[1], 2, 'w');
	look_after_a_while(f);
	assert_int_equal(f->l.back, PAGE);
}

/* Lent after the witness went out, before the reader was known to keep. */
static void
second_witness(void **state)
{
	struct fixture *f = *state;

	must_lend(f);
	lend_and_witness(f, PAGE);
	lend(f, PAGE, PAGE);
	move_on(f, 0, PAGE + 2);
	look_after_a_while(f);
	assert_false(pipelend_may(&f->l));
	expect(f->out[1], PAGE, 'm');
	expect(f->out[1], 2, 'w');
	look_after_a_while(f);
	assert_int_equal(f->l.back, PAGE);
	assert_true(pipelend_owes(&f->l));
	assert_int_equal(pipelend_write(&f->l, "vv", 2), 2);
	expect(f->out[0], PAGE, 'm');
	expect(f->out[0], 2, 'v');
	look_after_a_while(f);
	assert_int_equal(f->l.back, 2 * PAGE + 2);
}

static void
refuse_vmsplice(void)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_vmsplice, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { sizeof(insns) / sizeof(insns[0]), insns };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p) == -1)
		_exit(77);
}

/* A system that is Linux but for this call. */
static void
copied_where_refused(void **state)
{
	struct fixture *f = *state;
	int status;
	pid_t pid;

	must_lend(f);
	if ((pid = fork()) == 0) {
		const struct iovec v = { f->mem, PAGE };

		refuse_vmsplice();
		if (pipelend_give(&f->l, &v, 1) != PAGE ||
		    pipelend_may(&f->l) || pipelend_owes(&f->l))
			_exit(1);
		pipelend_look(&f->l);
		_exit(f->l.back == PAGE ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
	expect(f->out[0], PAGE, 'm');
}
#endif

/* ---- records ---- */

static void
lend_record(struct recbuf *b, uint8_t *data, size_t len, size_t room)
{
	struct qerr e;
	uint8_t *header;

	memset(data, 'd', len);
	header = recbuf_lend(b, 4, data, len, room, &e);
	assert_non_null(header);
	memcpy(header, "head", 4);
}

static void
records(void **state)
{
	struct fixture *f = *state;
	const unsigned len[] = { 2000, 1500, 10 };
	struct recbuf b;
	struct qerr e;

	must_lend(f);
	recbuf_init(&b, 100);
	recbuf_file(&b, f->in[0]);
	b.lend = &f->l;
	memcpy(recbuf_room(&b, 5, &e), "fffff", 5);
	recbuf_put(&b, 5);
	/* One, one that is moved up to it, one with no room. */
	lend_record(&b, f->mem + 100, len[0], 100);
	lend_record(&b, f->mem + 2200, len[1], 2200);
	assert_int_equal(b.npieces, 1);
	lend_record(&b, f->mem + 4500, len[2], 4);
	assert_int_equal(b.npieces, 2);
	/* Copied ones come after them. */
	memcpy(recbuf_room(&b, 2, &e), "cc", 2);
	recbuf_put(&b, 2);
	assert_int_equal(f->l.given, 5 + 2004 + 1504 + 14 + 2);
	assert_int_equal(recbuf_flush(&b, &e), 0);
	assert_int_equal(b.written, f->l.given);
	expect(f->out[0], 5, 'f');
	for (int i = 0; i < 3; i++) {
		char head[4];

		assert_int_equal(read(f->out[0], head, 4), 4);
		assert_memory_equal(head, "head", 4);
		expect(f->out[0], len[i], 'd');
	}
	expect(f->out[0], 2, 'c');
	pipelend_look(&f->l);
	assert_int_equal(f->l.back, f->l.given - 2);
	recbuf_release(&b);
}

/* More than the pipe holds, by one who does not wait. */
static void
by_and_by(void **state)
{
	struct fixture *f = *state;
	uint64_t expected = 0;
	struct recbuf b;
	struct qerr e;
	pid_t pid;

	must_lend(f);
	recbuf_init(&b, 100);
	recbuf_file(&b, f->in[0]);
	b.lend = &f->l;
	assert_int_equal(fcntl(f->in[0], F_SETFL, O_NONBLOCK), 0);
	if ((pid = fork()) == 0) {
		uint64_t n = 0;
		char buf[1000];
		ssize_t k;

		close(f->in[0]);
		while ((k = read(f->out[0], buf, sizeof(buf))) > 0)
			n += (uint64_t)k;
		if (write(f->in[1], &n, sizeof(n)) != sizeof(n))
			_exit(1);
		_exit(0);
	}
	for (int i = 0; i < 3 * RECBUF_PIECES; i++)
		lend_record(&b, f->mem + PAGE + 4, 2 * PAGE, 4);
	assert_int_equal(recbuf_flush(&b, &e), 0);
	assert_int_equal(b.written, f->l.given);
	assert_int_equal(b.written, 3 * RECBUF_PIECES * (2 * PAGE + 4));
	close(f->in[0]);
	assert_int_equal(read(f->out[1], &expected, sizeof(expected)),
	    sizeof(expected));
	assert_int_equal(expected, b.written);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	recbuf_release(&b);
}

#define WITH_PIPES(fn)	cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_pipes),
		WITH_PIPES(back_when_read),
		WITH_PIPES(witness_in_part),
#ifdef SPLICE_F_MOVE
		WITH_PIPES(kept_by_other_pipes),
		WITH_PIPES(kept_by_tee),
		WITH_PIPES(second_witness),
		WITH_PIPES(copied_where_refused),
#endif
		WITH_PIPES(records),
		WITH_PIPES(by_and_by),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
