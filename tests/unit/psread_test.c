/* SPDX-License-Identifier: ISC */
/* psread_test.c - QEMUs in what ps prints */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "facttext.h"
#include "paste.h"
#include "pscommand.h"
#include "psread.h"

static void
expect(const char *text, const char *procs, const char *found)
{
	struct findings findings = { 0 };
	struct strv lines = { 0 };
	struct facts f = { 0 };
	struct psread ps;
	struct paste p;
	char *s;

	paste_init(&p, text, strlen(text));
	psread_init(&ps, &f, &findings);
	for (size_t i = 0; i < p.n; i++)
		psread_line(&ps, p.lines[i],
		    paste_indent(&p, i) + strlen(p.lines[i]), (int)i + 1,
		    p.cut && i + 1 == p.n);
	psread_end(&ps);
	s = fact_text(&f);
	assert_string_equal(s, procs);
	free(s);
	for (size_t i = 0; i < findings.n; i++)
		strv_addf(&lines, "%d: %s\n", findings.f[i].line,
		    findings.f[i].text);
	s = strv_join(&lines, "", 100);
	assert_string_equal(s, found);
	free(s);
	strv_free(&lines);
	psread_release(&ps);
	paste_free(&p);
	facts_free(&f);
	findings_free(&findings);
}

/* Every table has QEMU 12 of user 501 or root, as "-name a -m 1G" alone. */
static void
tables(void **state)
{
	static const char mac[] = "proc 12 -1 qemu-system-i386 -name a -m 1G\n";
	static const char root[] = "proc 12 0 qemu-system-i386 -name a -m 1G\n";
	static const char uid[] = "proc 12 501 qemu-system-i386 -name a "
	    "-m 1G\n";

	(void)state;
	/* macOS: ps -ax, ps -ef, ps aux, ps -o */
	expect("  PID TTY           TIME CMD\n"
	    "   12 ttys000    0:00.10 qemu-system-i386 -name a -m 1G\n",
	    mac, "");
	expect("  UID   PID  PPID   C STIME   TTY           TIME CMD\n"
	    "  501    12     1   0 Wed09AM ttys000     123:00.10 "
	    "qemu-system-i386 -name a -m 1G\n", uid, "");
	expect("USER               PID  %CPU %MEM      VSZ    RSS   TT  STAT "
	    "STARTED      TIME COMMAND\n"
	    "root                12   0.0  0.1  4268356   5508   ??  Ss   "
	    "Wed09AM   0:02.00 qemu-system-i386 -name a -m 1G\n", root, "");
	expect("  PID  PPID   UID STARTED                      COMMAND\n"
	    "   12     1     0 Wed Nov 26 10:00:00 2026     "
	    "qemu-system-i386 -name a -m 1G\n", root, "");
	/* Linux: ps ax, ps aux, ps -ef */
	expect("    PID TTY      STAT   TIME COMMAND\n"
	    "     12 pts/0    Sl+    1:02 qemu-system-i386 -name a -m 1G\n",
	    mac, "");
	expect("USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   "
	    "TIME COMMAND\n"
	    "root          12  0.1  2.0 123456 78900 pts/0    Sl+  10:04   "
	    "0:01 qemu-system-i386 -name a -m 1G\n", root, "");
	expect("UID          PID    PPID  C STIME TTY          TIME CMD\n"
	    "root          12       1  0 Nov25 pts/0    1-00:00:01 "
	    "qemu-system-i386 -name a -m 1G\n", root, "");
	/* What grep leaves of them, and pgrep -af. */
	expect("   12 ttys000    0:00.10 qemu-system-i386 -name a -m 1G\n",
	    mac, "");
	expect("501 12 1 0 10:04AM ttys000 0:00.10 "
	    "qemu-system-i386 -name a -m 1G\n", uid, "");
	expect("root          12  0.1  2.0 123456 78900 pts/0    Sl+  10:04   "
	    "0:01 qemu-system-i386 -name a -m 1G\n", root, "");
	expect("12 qemu-system-i386 -name a -m 1G\n", mac, "");
}

static void
twice(void **state)
{
	(void)state;
	expect("12 qemu-system-i386 -name a -m 1G\n"
	    "UID PID PPID C STIME TTY TIME CMD\n"
	    "0 12 1 0 10:04 pts/0 0:01 qemu-system-i386 -name a -m 1G -S\n"
	    "13 qemu-system-i386 -name b\n"
	    "12 qemu-system-i386 -name a -m\n",
	    "proc 12 0 qemu-system-i386 -name a -m 1G -S\n"
	    "proc 13 -1 qemu-system-i386 -name b\n", "");
}

static void
not_qemu(void **state)
{
	(void)state;
	expect("  PID TTY           TIME CMD\n"
	    "    1 ??         0:01.00 /sbin/launchd\n"
	    "    2 ttys000    0:00.01 sudo qemu-system-i386 -name a\n"
	    "    3 ttys000    0:00.01 /usr/bin/sudo /opt/bin/qemu-system-i386 "
	    "-name a\n"
	    "    4 ttys000    0:00.01 grep qemu-system-i386\n"
	    "    5 ttys000    0:00.01 /bin/sh -c qemu-system-i386 -name a\n"
	    "    6 ttys000    0:00.01 vi qemu-system-i386.txt\n"
	    "    7 ttys000    0:00.01 qemu-img create a.img\n"
	    "    8 ttys000    0:00.01\n"
	    "    9 ttys000    0:00.01 (qemu-system-i386)\n", "", "");
}

static void
command(const char *text, const char *words)
{
	struct strv argv = { 0 };
	char *s;

	assert_int_equal(pscommand_split(&argv, text), words != NULL);
	if (words == NULL)
		return;
	s = strv_quote(argv.v);
	assert_string_equal(s, words);
	free(s);
	strv_free(&argv);
}

static void
blanks_in_arguments(void **state)
{
	(void)state;
	command("qemu-system-i386 -append console=ttyS0 root=/dev/vda -S",
	    "qemu-system-i386 -append 'console=ttyS0 root=/dev/vda' -S");
	/* UTM's launcher has QEMU, a library, as its first argument. */
	command("/Applications/UTM.app/Contents/MacOS/QEMULauncher "
	    "/Applications/UTM.app/Contents/Frameworks/"
	    "qemu-aarch64-softmmu.framework/Versions/A/qemu-aarch64-softmmu "
	    "-S -device virtio-net-pci,mac=02:93:C2:B9:5E:3A,netdev=net0 "
	    "-netdev vmnet-shared,id=net0 -name My VM",
	    "/Applications/UTM.app/Contents/Frameworks/"
	    "qemu-aarch64-softmmu.framework/Versions/A/qemu-aarch64-softmmu "
	    "-S -device virtio-net-pci,mac=02:93:C2:B9:5E:3A,netdev=net0 "
	    "-netdev vmnet-shared,id=net0 -name 'My VM'");
	command("/Applications/My UTM.app/MacOS/QEMULauncher "
	    "/Applications/My UTM.app/A/qemu-i386-softmmu -S",
	    "'/Applications/My UTM.app/A/qemu-i386-softmmu' -S");
	command("/Applications/UTM.app/Contents/MacOS/QEMULauncher", NULL);
	command("/Applications/UTM.app/Contents/MacOS/QEMULauncher "
	    "/usr/bin/true -S", NULL);
	command("qemu-system-i386 -hda /Users/me/My - VMs/a b.img -m 1G",
	    "qemu-system-i386 -hda '/Users/me/My - VMs/a b.img' -m 1G");
	command("qemu-system-i386 -m 1G my disk.img -nographic -S c d.img",
	    "qemu-system-i386 -m 1G 'my disk.img' -nographic -S 'c d.img'");
	command("qemu-system-i386 -netdev {\"type\": \"user\", \"id\": \"n\"} "
	    "-device e1000,netdev=n", "qemu-system-i386 -netdev "
	    "'{\"type\": \"user\", \"id\": \"n\"}' -device e1000,netdev=n");
	command("qemu-system-i386 -name two  blanks --m 5 -unknown -S",
	    "qemu-system-i386 -name 'two  blanks' --m 5 -unknown -S");
	command("/Applications/My Lab.app/bin/qemu-system-i386 -S",
	    "'/Applications/My Lab.app/bin/qemu-system-i386' -S");
	command("qemu-system-i386", "qemu-system-i386");
	command("qemu-system-i386 -m", "qemu-system-i386 -m");
	command("", NULL);
	command("sudo qemu-system-i386", NULL);
	command("/bin/sh qemu-system-i386", NULL);
}

static void
cut_off(void **state)
{
	/* 79 columns is what ps takes without a terminal. */
	static const char row[] =
	    "   12 ttys000    0:00.10 qemu-system-i386 -name a "
	    "-nic tap,ifname=tap10,mac=52:";

	(void)state;
	assert_int_equal(strlen(row), 79);
	expect("  PID TTY           TIME CMD\n"
	    "   12 ttys000    0:00.10 qemu-system-i386 -name a "
	    "-nic tap,ifname=tap10,mac=52:\n",
	    "proc 12 -1 qemu-system-i386 -name a\n",
	    "2: a command line that ps cut off at 79 columns: its end is "
	    "ignored\n");
	/* At 58 columns, as another program's; two QEMUs may be alike. */
	expect("  PID TTY           TIME CMD\n"
	    "   11 ttys000    0:00.10 /usr/libexec/some/very/long/names\n"
	    "   12 ttys000    0:00.10 qemu-system-i386 -name a -nic use\n"
	    "   13 ttys000    0:00.10 sh\n",
	    "proc 12 -1 qemu-system-i386 -name a\n",
	    "3: a command line that ps cut off at 58 columns: its end is "
	    "ignored\n");
	expect("12 qemu-system-i386 -name router-a -nic user,id=one\n"
	    "13 qemu-system-i386 -name router-b -nic user,id=two\n",
	    "proc 12 -1 qemu-system-i386 -name router-a -nic user,id=one\n"
	    "proc 13 -1 qemu-system-i386 -name router-b -nic user,id=two\n",
	    "");
	expect("12 qemu-system-i386 -name router-a -nic user,id=one,\n",
	    "proc 12 -1 qemu-system-i386 -name router-a\n",
	    "1: a command line that ps cut off at 52 columns: its end is "
	    "ignored\n");
	/* The end of the text: what may be half a name is not believed. */
	expect("12 qemu-system-i386 -name a -nic tap,ifname=tap1",
	    "proc 12 -1 qemu-system-i386 -name a\n", "1: the text ends in a "
	    "command line: its last argument is ignored\n");
	expect("12 qemu-system-i386 -nic user,mac=52:54:00:00:00:1",
	    "proc 12 -1 qemu-system-i386\n", "1: the text ends in a command "
	    "line: its last argument is ignored\n");
	expect("12 qemu-system-i386 -nic user,mac=52:54:00:00:00:01",
	    "proc 12 -1 qemu-system-i386 -nic user,mac=52:54:00:00:00:01\n",
	    "1: the text ends in a command line, perhaps before its end\n");
}

/* Lines that ran together, and what damage takes away. */
static void
damaged(void **state)
{
	(void)state;
	expect("12 qemu-system-i386 -name a -S 13 qemu-system-i386 -name b\n",
	    "proc 12 -1 \n", "1: command lines of two QEMUs in one: "
	    "ignored\n");
	expect("12 qemu-system-i386 -netdev user,id=n -netdev tap,id=n\n",
	    "proc 12 -1 \n", "1: command lines of two QEMUs in one: "
	    "ignored\n");
	expect("12 qemu-system-i386 -pidfile /run/qemu-system-i386 -S\n",
	    "proc 12 -1 qemu-system-i386 -pidfile /run/qemu-system-i386 -S\n",
	    "");
	expect("12 qemu-system-i386 -device e1000,netdev=n -netde user,id=n\n",
	    "proc 12 -1 qemu-system-i386 -device e1000,netdev=n -netde "
	    "user,id=n\n", "1: a card is on netdev 'n', which the command "
	    "line does not have\n");
	expect("12 qemu-system-i386 -device e1000,netdev=n -readconfig f\n",
	    "proc 12 -1 qemu-system-i386 -device e1000,netdev=n -readconfig "
	    "f\n", "");
	expect("12 qemu-system-i386 -nic user,mac=52:5x:00:00:00:01\n",
	    "proc 12 -1 qemu-system-i386 -nic user,mac=52:5x:00:00:00:01\n",
	    "1: a card's MAC '52:5x:00:00:00:01' cannot be read\n");
	/* Linux' ps -ef through grep(1). */
	expect("root 12 1 5 09:00 ? 00:03:22 qemu-system-i386 -S\n"
	    "root 13 1 5 09:00 pts/0 00:03:22 qemu-system-i386 -S\n"
	    "root 14 1 5 Nov25 ? 00:03:22 qemu-system-i386 -S\n",
	    "proc 12 0 qemu-system-i386 -S\nproc 13 0 qemu-system-i386 -S\n"
	    "proc 14 0 qemu-system-i386 -S\n", "");
	/* What pgrep(1) shows of who started it is none, but a row. */
	expect("11 sudo qemu-system-i386 -S\n12 qemu-system-i386 -S\n",
	    "proc 12 -1 qemu-system-i386 -S\n", "");
}

static struct facts
read_all(char *text, struct findings *findings)
{
	struct facts f = { 0 };
	struct psread ps;
	struct paste p;

	paste_init(&p, text, strlen(text));
	psread_init(&ps, &f, findings);
	for (size_t i = 0; i < p.n; i++)
		psread_line(&ps, p.lines[i], strlen(p.lines[i]), (int)i + 1,
		    false);
	psread_end(&ps);
	psread_release(&ps);
	paste_free(&p);
	free(text);
	return f;
}

/* 32 QEMUs, 20,000 options each on lines of their own: no minutes for that. */
static void
many_lines(void **state)
{
	struct findings findings = { 0 };
	struct facts f;
	char *text;
	size_t len;
	FILE *m = open_memstream(&text, &len);

	(void)state;
	for (int i = 1; i <= 32; i++) {
		fprintf(m, "%d qemu-system-i386\n", i);
		for (int k = 0; k < 20000; k++)
			fputs("-S\n", m);
		fputs("-name\nlast\n", m);
	}
	fclose(m);
	f = read_all(text, &findings);
	assert_int_equal(f.nprocs, 32);
	for (int i = 0; i < 32; i++) {
		assert_string_equal(f.procs[i].argv[20000], "-S");
		assert_string_equal(f.procs[i].argv[20001], "-name");
		assert_string_equal(f.procs[i].argv[20002], "last");
		assert_null(f.procs[i].argv[20003]);
	}
	assert_int_equal(findings.n, 0);
	facts_free(&f);
}

/* Each time the longest of one process counts, and is looked at once. */
static void
many_rows(void **state)
{
	struct findings findings = { 0 };
	struct facts f;
	char *text;
	size_t len;
	FILE *m = open_memstream(&text, &len);

	(void)state;
	for (int i = 0; i < 100000; i++)
		fputs("1 qemu-system-i386\n", m);
	fputs("1 qemu-system-i386", m);
	for (int i = 0; i < 100000; i++)
		fputs(" -S", m);
	for (int i = 0; i < 100000; i++)
		fputs("\n1 qemu-system-i386", m);
	for (int i = 0; i < 100000; i++)
		fprintf(m, "\n%d qemu-system-i386", 100000 - i);
	fclose(m);
	f = read_all(text, &findings);
	assert_int_equal(f.nprocs, 100000);
	assert_int_equal(f.procs[0].id.pid, 1);
	assert_string_equal(f.procs[0].argv[100000], "-S");
	assert_null(f.procs[0].argv[100001]);
	assert_int_equal(f.procs[99999].id.pid, 2);
	assert_int_equal(findings.n, 0);
	facts_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables),
		cmocka_unit_test(twice),
		cmocka_unit_test(not_qemu),
		cmocka_unit_test(blanks_in_arguments),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(damaged),
		cmocka_unit_test(many_lines),
		cmocka_unit_test(many_rows),
	};

	return cmocka_run_group_tests_name("psread", tests, NULL, NULL);
}
