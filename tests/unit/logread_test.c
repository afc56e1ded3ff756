/* SPDX-License-Identifier: ISC */
/* logread_test.c - every kind of log, in pieces of every size */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include <cmocka.h>

#include "logparse.h"
#include "logread.h"
#include "strv.h"

/* 2025-11-23 12:00:00 UTC, and an hour before it. */
#define NOW	INT64_C(1763899200000000)
#define BOOT	INT64_C(1763895600000000)

#define COUNT(a)	(sizeof(a) / sizeof(*(a)))

/* Records and errors in a row, a line each, until it needs more bytes. */
static void
take(struct logread *l, FILE *out)
{
	struct logrec r;
	struct qerr e;
	int ret;

	while ((ret = logread_next(l, &r, &e)) != 0) {
		char when[32] = "-";
		time_t s = (time_t)(r.us / 1000000);
		struct tm tm;

		if (ret == -1) {
			fprintf(out, "! %s\n", e.msg);
			continue;
		}
		if (r.us != LOGREC_NOTIME) {
			gmtime_r(&s, &tm);
			strftime(when, sizeof(when), "%F %T", &tm);
			fprintf(out, "%s.%06d", when, (int)(r.us % 1000000));
		} else
			fprintf(out, "-");
		if (r.zone != LOGREC_NOZONE)
			fprintf(out, "%+d", r.zone);
#define P(x) (int)(x).len, (x).s != NULL ? (x).s : ""
		fprintf(out, " %s %.*s %.*s[%llu:%llx]",
		    r.level == LOGREC_NOLEVEL ? "-" :
		    logrec_level_name(r.level), P(r.source), P(r.process),
		    (unsigned long long)r.pid, (unsigned long long)r.thread);
		if (r.sender.len > 0)
			fprintf(out, " (%.*s)", P(r.sender));
		if (r.subsystem.s != NULL)
			fprintf(out, " [%.*s:%.*s]", P(r.subsystem),
			    P(r.category));
		if (r.type.s != NULL && !slice_is(r.type, "logEvent"))
			fprintf(out, " %.*s", P(r.type));
		fprintf(out, " '%.*s'\n", P(r.message));
	}
}

static char *
read_in_pieces(const void *data, size_t len, size_t piece)
{
	struct logread_conf conf = { .ref_us = NOW, .boot_us = BOOT };
	struct logread *l = logread_new(&conf);
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	for (size_t i = 0; i < len; i += piece) {
		logread_feed(l, (const char *)data + i,
		    len - i < piece ? len - i : piece);
		take(l, out);
	}
	logread_end(l);
	take(l, out);
	logread_free(l);
	fclose(out);
	return text;
}

static void
expect_bytes(const void *data, size_t len, const char *want)
{
	static const size_t pieces[] = { 1, 2, 7, 64, 1 << 20 };

	for (size_t i = 0; i < COUNT(pieces); i++) {
		char *got = read_in_pieces(data, len, pieces[i]);

		assert_string_equal(got, want);
		free(got);
	}
}

static void
expect(const char *text, const char *want)
{
	expect_bytes(text, strlen(text), want);
}

static void
default_style(void **state)
{
	(void)state;
	expect(
	    "Filtering the log data using \"subsystem == \\\"x\\\"\"\n"
	    "Skipping info and debug messages, pass --info and/or --debug to "
	    "include.\n"
	    "Timestamp                       Thread     Type        Activity"
	    "             PID    TTL  \n"
	    "2025-11-20 10:00:00.000001-0330 0x3a2c3    Debug       0x0"
	    "                  38322  0    InternetSharing: "
	    "[com.apple.NetworkSharing:daemon] netrbCreateInterface: x\n"
	    "2025-11-20 10:00:00.500000+0000 0x1        Error       0x80000000"
	    "00000001   70     14   Google Chrome He: (libxpc.dylib) "
	    "[com.apple.xpc:] two\n"
	    "  lines: [not:a] header\n"
	    "\n"
	    "and a third\n"
	    "2025-11-20 10:00:01.000000+0000 0x2        Activity    0x99"
	    "                 70     14   airportd: (IO80211) Loading\n"
	    "2025-11-20 10:00:02.000000+0000 0x0        Default     0x0"
	    "                  0      kernel: older systems have no TTL\n"
	    "2025-11-20 10:00:03.000000+0000 0x0        Fault       0x0"
	    "                  9      0    a:\n"
	    "2025-11-20 10:00:03.000000+0000 0x0        Info        0x0"
	    "                  9      0    a: (b) \n"
	    "------------------------------------------------------------\n"
	    "Log      - Default:          1, Info:                1\n"
	    "Activity - Create:           1, Transition:          0\n",
	    "2025-11-20 13:30:00.000001-210 debug unified "
	    "InternetSharing[38322:3a2c3] [com.apple.NetworkSharing:daemon] "
	    "'netrbCreateInterface: x'\n"
	    "2025-11-20 10:00:00.500000+0 error unified Google Chrome He[70:1]"
	    " (libxpc.dylib) [com.apple.xpc:] 'two\n"
	    "  lines: [not:a] header\n"
	    "\n"
	    "and a third'\n"
	    "2025-11-20 10:00:01.000000+0 - unified airportd[70:2] (IO80211) "
	    "activityCreateEvent 'Loading'\n"
	    "2025-11-20 10:00:02.000000+0 default unified kernel[0:0] "
	    "'older systems have no TTL'\n"
	    "2025-11-20 10:00:03.000000+0 fault unified a[9:0] ''\n"
	    "2025-11-20 10:00:03.000000+0 info unified a[9:0] (b) ''\n");
}

/* A paste into a bug report: an indent, fences, CRs, the first line cut. */
static void
pasted(void **state)
{
	(void)state;
	expect(
	    "Here is what it says:\r\n"
	    "```\r\n"
	    "    2025-11-20 10:00:00.1+0000 0x1 Default 0x0 1 0 a: one\r\n"
	    "      deeper\r\n"
	    "    again\r\n"
	    "    2025-11-20 10:00:01.1+0000 0x1 Default 0x0 1 0 a: two\r\n"
	    "\r\n"
	    "```\r\n",
	    "2025-11-20 10:00:00.100000+0 default unified a[1:1] 'one\n"
	    "  deeper\n"
	    "again'\n"
	    "2025-11-20 10:00:01.100000+0 default unified a[1:1] 'two'\n");
}

/* Dashes are the end only before the statistics. */
static void
dashes(void **state)
{
	(void)state;
	expect(
	    "2025-11-20 10:00:00.1+0000 0x1 Default 0x0 1 0 a: one\n"
	    "------------------------------------------------------------\n"
	    "inside\n",
	    "2025-11-20 10:00:00.100000+0 default unified a[1:1] 'one\n"
	    "------------------------------------------------------------\n"
	    "inside'\n");
	expect("Timestamp                       Thread     Type        "
	    "Activity             PID    TTL  \n"
	    "------------------------------------------------------------\n"
	    "Log      - Default:          0, Info:                0\n"
	    "Activity - Create:           0, Transition:          0\n", "");
	expect("", "");
}

static void
compact_style(void **state)
{
	(void)state;
	expect(
	    "Timestamp               Ty Process[PID:TID]\n"
	    "2025-11-20 10:00:00.123 Df powerd[62:1f23] [com.apple.powerd:a b]"
	    " x\n"
	    "2025-11-20 10:00:00.124 I  My App [x][1:2] (Foo) text [3:4]\n"
	    "more\n"
	    "2025-11-20 10:00:00.125 Db a[1:2] \n"
	    "2025-11-20 10:00:00.126 E  a[1:2] <private>\n"
	    "2025-11-20 10:00:00.127 A  a[1:2] (b) act\n",
	    "2025-11-20 10:00:00.123000 default unified powerd[62:1f23] "
	    "[com.apple.powerd:a b] 'x'\n"
	    "2025-11-20 10:00:00.124000 info unified My App [x][1:2] (Foo) "
	    "'text [3:4]\n"
	    "more'\n"
	    "2025-11-20 10:00:00.125000 debug unified a[1:2] ''\n"
	    "2025-11-20 10:00:00.126000 error unified a[1:2] '<private>'\n"
	    "2025-11-20 10:00:00.127000 - unified a[1:2] (b) "
	    "activityCreateEvent 'act'\n");
}

static void
unified_syslog_style(void **state)
{
	(void)state;
	expect(
	    "Timestamp                       (process)[PID]    \n"
	    "2025-11-20 10:00:00.120387-0800  localhost mds[63]: (LaunchServ)"
	    " [com.apple.pm:front-3] text\n"
	    "of two\n"
	    "2025-11-20 10:00:01.120387-0800  localhost kernel[0]: t: u\n"
	    "2025-11-20 10:00:01.120387-0800  localhost a b[7] <Error>: bad\n"
	    "------------------------------------------------------------\n"
	    "Log      - Default:          1, Info:                1\n",
	    "2025-11-20 18:00:00.120387-480 - unified mds[63:0] (LaunchServ) "
	    "[com.apple.pm:front-3] 'text\n"
	    "of two'\n"
	    "2025-11-20 18:00:01.120387-480 - unified kernel[0:0] 't: u'\n"
	    "2025-11-20 18:00:01.120387-480 error unified a b[7:0] 'bad'\n");
}

static void
syslogs(void **state)
{
	(void)state;
	expect(
	    "Nov 22 10:39:02 dnsmasq-dhcp[3947]: DHCPACK(lan) 10.0.0.2\n"
	    "Dec 31 23:59:59 dnsmasq[3947]: last year's\n"
	    "Nov  2 00:00:00.25 host sshd[1]: a: b\n"
	    "<4>Nov 22 10:39:03 kernel: lan: port 1(tap0) entered x\n"
	    "2025-11-22T10:39:04.5+01:00 host NetworkManager[5]: <info> x\n"
	    "  with more\n"
	    "Nov 22 10:39:05 host last message repeated 2 times\n"
	    "Feb 30 10:39:05 host a[1]: no such day\n",
	    "2025-11-22 10:39:02.000000 - dnsmasq dnsmasq-dhcp[3947:0] "
	    "'DHCPACK(lan) 10.0.0.2'\n"
	    "2024-12-31 23:59:59.000000 - dnsmasq dnsmasq[3947:0] "
	    "'last year's'\n"
	    "2025-11-02 00:00:00.250000 - syslog sshd[1:0] 'a: b'\n"
	    "2025-11-22 10:39:03.000000 warning kernel kernel[0:0] "
	    "'lan: port 1(tap0) entered x'\n"
	    "2025-11-22 09:39:04.500000+60 - syslog NetworkManager[5:0] "
	    "'<info> x\n"
	    "  with more'\n"
	    "2025-11-22 10:39:05.000000 - syslog [0:0] "
	    "'host last message repeated 2 times\n"
	    "Feb 30 10:39:05 host a[1]: no such day'\n");
}

/* journalctl -o short-full, with what it says between boots. */
static void
journal_text(void **state)
{
	(void)state;
	expect(
	    "-- Journal begins at Sat 2025-11-22 10:00:00 UTC, ends. --\n"
	    "Sat 2025-11-22 10:39:02 UTC host dnsmasq-dhcp[7]: a\n"
	    "Sat 2025-11-22 10:39:03 UTC host systemd[1]: b\n"
	    "-- Boot 0123 --\n"
	    "Sat 2025-11-22 10:39:04 UTC host kernel: c\n",
	    "2025-11-22 10:39:02.000000 - dnsmasq dnsmasq-dhcp[7:0] 'a'\n"
	    "2025-11-22 10:39:03.000000 - syslog systemd[1:0] 'b'\n"
	    "2025-11-22 10:39:04.000000 - kernel kernel[0:0] 'c'\n");
}

static void
kernel_messages(void **state)
{
	(void)state;
	expect(
	    "6,1622,5180707,-;lan: port 2(tap0) entered forwarding state\n"
	    " SUBSYSTEM=net\n"
	    " DEVICE=n7\n"
	    "4,1623,5180708,c,caller=T1;a\\x0ab\\x5cx41\n"
	    "30,1624,5180709,-;systemd[1]: Started x.\n"
	    "not a record\n"
	    "3,18446744073709551616,1,-;too big\n",
	    "2025-11-23 11:00:05.180707 info kernel kernel[0:0] "
	    "'lan: port 2(tap0) entered forwarding state'\n"
	    "2025-11-23 11:00:05.180708 warning kernel kernel[0:0] "
	    "'a\nb\\x41'\n"
	    "2025-11-23 11:00:05.180709 info kernel systemd[1:0] "
	    "'Started x.'\n");
	expect(
	    "[    0.000000] Linux version 6\n"
	    "[    5.180707] tap0: left promiscuous mode\n",
	    "2025-11-23 11:00:00.000000 - kernel kernel[0:0] "
	    "'Linux version 6'\n"
	    "2025-11-23 11:00:05.180707 - kernel kernel[0:0] "
	    "'tap0: left promiscuous mode'\n");
	expect(
	    "<6>[    5.180707][   T12] a\n"
	    "kern  :warn  : [    6.000000] b\n"
	    "user  :info  : [    6.000000] systemd[1]: c\n"
	    "[Sun Nov 23 10:00:00 2025] d\n"
	    "2025-11-23T10:00:00,123456+00:00 e\n",
	    "2025-11-23 11:00:05.180707 info kernel kernel[0:c] 'a'\n"
	    "2025-11-23 11:00:06.000000 warning kernel kernel[0:0] 'b'\n"
	    "2025-11-23 11:00:06.000000 info kernel systemd[1:0] 'c'\n"
	    "2025-11-23 10:00:00.000000 - kernel kernel[0:0] 'd'\n"
	    "2025-11-23 10:00:00.123456+0 - kernel kernel[0:0] 'e'\n");
}

static void
json_lines(void **state)
{
	(void)state;
	expect(
	    "Filtering the log data using \"x\"\n"
	    "{\"traceID\":18446744073709551615,\"threadID\":"
	    "18446744073709551615,\"eventMessage\":\"a\\\"\\\\\\/\\b\\f\\n\\r"
	    "\\t\\u00e4\\ud83d\\ude00\\ud83dx\\u0041\",\"eventType\":"
	    "\"logEvent\",\"messageType\":\"Fault\",\"source\":null,"
	    "\"subsystem\":\"com.apple.NetworkSharing\",\"category\":\"\","
	    "\"processImagePath\":\"\\/usr\\/libexec\\/InternetSharing\","
	    "\"senderImagePath\":\"\\/a\\/Netrb\",\"processID\":7,"
	    "\"timestamp\":\"2025-11-20 10:00:00.000001+0930\","
	    "\"backtrace\":{\"frames\":[{\"a\":[1,{}]},-1.5e3,true]}}\n"
	    "\n"
	    "{\"eventType\":\"activityCreateEvent\",\"eventMessage\":\"x\"}\n"
	    "getpwuid_r did not find a match for uid 501\n"
	    "{\"count\":2,\"finished\":1}\n",
	    "2025-11-20 00:30:00.000001+570 fault unified InternetSharing"
	    "[7:ffffffffffffffff] (Netrb) [com.apple.NetworkSharing:] "
	    "'a\"\\/\b\f\n\r\t\xc3\xa4\xf0\x9f\x98\x80\xef\xbf\xbdxA'\n"
	    "- - unified [0:0] activityCreateEvent 'x'\n");
}

static void
json_array(void **state)
{
	(void)state;
	expect(
	    "[{\n"
	    "  \"source\" : { \"line\" : 3 },\n"
	    "  \"eventMessage\" : \"a } { ] \\\"\",\n"
	    "  \"timestamp\" : \"2025-11-20 10:00:00.000001+0000\"\n"
	    "},{\n"
	    "  \"eventMessage\" : \"b\"\n"
	    "}]\n",
	    "2025-11-20 10:00:00.000001+0 - unified [0:0] 'a } { ] \"'\n"
	    "- - unified [0:0] 'b'\n");
	/* journalctl -o json-seq, and an editor's byte order mark. */
	expect("\x1e{\"eventMessage\":\"a\"}\n"
	    "\x1e{\"eventMessage\":\"b\"}\n",
	    "- - unified [0:0] 'a'\n- - unified [0:0] 'b'\n");
	expect("\xef\xbb\xbf{\"eventMessage\":\"a\"}\n",
	    "- - unified [0:0] 'a'\n");
	expect("[]\n", "");
	expect("[\n]\n", "");
}

static void
json_malformed(void **state)
{
	static const char text[] =
	    "{\"eventMessage\":\"a\"}\n"
	    "{\"eventMessage\":\"cut o\n"
	    "{\"eventMessage\":\"b\"}\n"
	    "{\"eventMessage\":\"bad \\x\"}\n"
	    "{\"eventMessage\":\"c\",}\n"
	    "{\"eventMessage\":\"d\"}\n"
	    "{\"else\":[1]}\n"
	    "what?\n"
	    "{\"eventMessage\":\"e\"}\n"
	    "{\"eventMessage\":[1,2}]}\n"
	    "{\"eventMessage\":nul}\n"
	    "{\"eventMessage\":\"f\"";

	(void)state;
	expect(text,
	    "- - unified [0:0] 'a'\n"
	    "! line 2: malformed JSON: '{\"eventMessage\":\"cut o'\n"
	    "- - unified [0:0] 'b'\n"
	    "! line 4: malformed JSON: '{\"eventMessage\":\"bad \\x\"}'\n"
	    "! line 5: malformed JSON: '{\"eventMessage\":\"c\",}'\n"
	    "- - unified [0:0] 'd'\n"
	    "! line 7: not a log record: '{\"else\":[1]}'\n"
	    "! line 8: not JSON: 'what?'\n"
	    "- - unified [0:0] 'e'\n"
	    "! line 10: malformed JSON: '{\"eventMessage\":[1,2}]}'\n"
	    "! line 11: malformed JSON: '{\"eventMessage\":nul}'\n"
	    "! line 12: JSON cut off: '{\"eventMessage\":\"f\"'\n");
	/* Inside of brackets that nothing closes: the next ones are good. */
	expect(
	    "{\"eventMessage\":\"a\",\"b\":[\n"
	    "{\"eventMessage\":\"b\"}\n"
	    "{\"eventMessage\":\"c\"}\n"
	    "{\"b\":{\"c\":[1 2]},\"eventMessage\":\"d\"}\n"
	    "{\"b\":{\"c\",1},\"eventMessage\":\"d\"}\n"
	    "{\"b\":{1:1},\"eventMessage\":\"d\"}\n"
	    "{\"b\":[1,],\"eventMessage\":\"d\"}\n"
	    "{\"b\":[{},[],{\"c\":{}}],\"eventMessage\":\"e\"}\n",
	    "! line 1: malformed JSON: '{\"eventMessage\":\"a\",\"b\":['\n"
	    "- - unified [0:0] 'b'\n"
	    "- - unified [0:0] 'c'\n"
	    "! line 4: malformed JSON: '{\"b\":{\"c\":[1 2]},"
	    "\"eventMessage\":\"d\"}'\n"
	    "! line 5: malformed JSON: '{\"b\":{\"c\",1},"
	    "\"eventMessage\":\"d\"}'\n"
	    "! line 6: malformed JSON: '{\"b\":{1:1},\"eventMessage\":"
	    "\"d\"}'\n"
	    "! line 7: malformed JSON: '{\"b\":[1,],\"eventMessage\":"
	    "\"d\"}'\n"
	    "- - unified [0:0] 'e'\n");
	/* An escape that the line or string ends in: the next line is good. */
	expect(
	    "{\"b\":\"\\u0\n"
	    "{\"b\":\"\\u1\"}\n"
	    "{\"eventMessage\":\"c\"}\n"
	    "{\"eventMessage\":nul}\n",
	    "! line 1: malformed JSON: '{\"b\":\"\\u0'\n"
	    "! line 2: malformed JSON: '{\"b\":\"\\u1\"}'\n"
	    "- - unified [0:0] 'c'\n"
	    "! line 4: malformed JSON: '{\"eventMessage\":nul}'\n");
	/* An array of which the last one has no end. */
	expect(
	    "[{\n"
	    "  \"eventMessage\" : \"a\"\n"
	    "},{\n"
	    "  \"eventMessage\" : \"b\",\n"
	    "  \"b\" : [\n"
	    "    {\n",
	    "- - unified [0:0] 'a'\n"
	    "! line 3: JSON cut off: '{'\n");
}

static void
journal_json(void **state)
{
	(void)state;
	expect(
	    "{\"__REALTIME_TIMESTAMP\":\"1763899200000001\",\"MESSAGE\":"
	    "[27,91,50,74,32,195,164],\"PRIORITY\":\"3\",\"_PID\":\"12\","
	    "\"SYSLOG_IDENTIFIER\":[\"one\",\"two\"],\"_COMM\":\"c\","
	    "\"_SYSTEMD_UNIT\":\"n.service\",\"_TRANSPORT\":\"journal\"}\n"
	    "{\"__REALTIME_TIMESTAMP\":\"1763899200000002\",\"MESSAGE\":null,"
	    "\"_COMM\":\"c\"}\n",
	    "2025-11-23 12:00:00.000001 error journal one[12:0] "
	    "[n.service:journal] '\033[2J \xc3\xa4'\n"
	    "2025-11-23 12:00:00.000002 - journal c[0:0] ''\n");
}

static void
journal_export(void **state)
{
	static const char text[] =
	    "__CURSOR=s=1;i=2\n"
	    "__REALTIME_TIMESTAMP=1763899200000001\n"
	    "PRIORITY=6\n"
	    "SYSLOG_IDENTIFIER=dnsmasq-dhcp\n"
	    "MESSAGE\n"
	    "\x07\0\0\0\0\0\0\0" "a\n\nb=c\0" "\n"
	    "_SYSTEMD_UNIT=lab.service\n"
	    "_PID=9\n"
	    "\n"
	    "__REALTIME_TIMESTAMP=1763899200000002\n"
	    "MESSAGE=a=b\n"
	    "_COMM=x\n"
	    "\n"
	    "\n"
	    "not a field\n"
	    "__REALTIME_TIMESTAMP=1763899200000003\n"
	    "MESSAGE=end\n";
	static const char want[] =
	    "2025-11-23 12:00:00.000001 info journal dnsmasq-dhcp[9:0] "
	    "[lab.service:] 'a\n\nb=c";
	static const char rest[] = "'\n"
	    "2025-11-23 12:00:00.000002 - journal x[0:0] 'a=b'\n"
	    "! line 17: no field of a journal: 'not a field'\n"
	    "2025-11-23 12:00:00.000003 - journal [0:0] 'end'\n";

	(void)state;
	for (size_t piece = 1; piece < 300; piece += 13) {
		char *got = read_in_pieces(text, sizeof(text) - 1, piece);

		/* printf() stops at the message's NUL. */
		assert_memory_equal(got, want, sizeof(want) - 1);
		assert_string_equal(got + sizeof(want) - 1, rest);
		free(got);
	}
	expect_bytes(text, 60, "! line 3: journal entry cut off: 'PRIOR'\n");
}

static void
qlab_events(void **state)
{
	(void)state;
	expect(
	    "{\"time\":\"2025-11-23T13:00:00.000001+01:00\",\"event\":"
	    "\"vm-started\",\"lab\":\"l\",\"vm\":\"r\"}\n"
	    "{\"time\":\"2025-11-23T13:00:00.000002+01:00\",\"event\":"
	    "\"note\",\"lab\":\"l\",\"text\":\"no way out\"}\n",
	    "2025-11-23 12:00:00.000001+60 default qlab qlab[0:0] "
	    "'vm-started'\n"
	    "2025-11-23 12:00:00.000002+60 default qlab qlab[0:0] "
	    "'no way out'\n");
}

/* What qlab-logq -j printed is read again as what it was. */
static void
own_json(void **state)
{
	(void)state;
	expect(
	    "{\"time\":\"2025-11-23T13:00:00.000001+01:00\",\"source\":"
	    "\"unified\",\"level\":\"error\",\"process\":\"p\",\"pid\":3,"
	    "\"thread\":255,\"sender\":\"s\",\"subsystem\":\"a\","
	    "\"category\":\"b\",\"type\":\"logEvent\",\"message\":\"m\"}\n",
	    "2025-11-23 12:00:00.000001+60 error unified p[3:ff] (s) [a:b] "
	    "'m'\n");
}

static void
plain_text(void **state)
{
	(void)state;
	expect(
	    "# a remark\n"
	    "23:07:09.629 netrbRemoveInterface: from vms\n"
	    "\n"
	    "00:03:00 mis_network_stop: x\n"
	    "qemu-system-x86_64: -netdev vmnet-shared,id=n: cannot y\n"
	    "dnsmasq-dhcp[7]: DHCPACK(lan) x\n"
	    "some words: y\n",
	    "2025-11-22 23:07:09.629000 - text [0:0] "
	    "[com.apple.NetworkSharing:] 'netrbRemoveInterface: from vms'\n"
	    "2025-11-23 00:03:00.000000 - text [0:0] "
	    "[com.apple.NetworkSharing:] 'mis_network_stop: x'\n"
	    "- - text qemu-system-x86_64[0:0] "
	    "'-netdev vmnet-shared,id=n: cannot y'\n"
	    "- - text dnsmasq-dhcp[7:0] 'DHCPACK(lan) x'\n"
	    "- - text [0:0] 'some words: y'\n");
	expect_bytes("a\0b\n\0\n\0", 7, "! line 1: not text: 'a'\n");
}

/* One who follows a log wants the last line, too. */
static void
idle(void **state)
{
	struct logread_conf conf = { .ref_us = NOW };
	struct logread *l = logread_new(&conf);
	static const char text[] =
	    "2025-11-20 10:00:00.1+0000 0x1 Default 0x0 1 0 a: one\n";
	struct logrec r;
	struct qerr e;

	(void)state;
	logread_feed(l, text, sizeof(text) - 1);
	assert_int_equal(logread_next(l, &r, &e), 0);
	logread_idle(l);
	assert_int_equal(logread_next(l, &r, &e), 1);
	assert_true(slice_is(r.message, "one"));
	assert_int_equal(logread_next(l, &r, &e), 0);
	/* A line that comes too late is not lost. */
	logread_feed(l, "two\n", 4);
	assert_int_equal(logread_next(l, &r, &e), 1);
	assert_true(slice_is(r.message, "two"));
	assert_int_equal(logread_next(l, &r, &e), 0);
	logread_end(l);
	assert_int_equal(logread_next(l, &r, &e), 0);
	logread_free(l);
}

static size_t
pack(const char *text, unsigned char *out, size_t size)
{
	z_stream z = { .next_in = (unsigned char *)text,
		.avail_in = (unsigned int)strlen(text), .next_out = out,
		.avail_out = (unsigned int)size };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + 15, 8, 0), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return size - z.avail_out;
}

static void
gzip(void **state)
{
	static const char one[] = "{\"eventMessage\":\"one\"}\n",
	    two[] = "{\"eventMessage\":\"two\"}\n";
	static const char both[] = "- - unified [0:0] 'one'\n"
	    "- - unified [0:0] 'two'\n";
	unsigned char buf[256];
	size_t n = pack(one, buf, sizeof(buf)), m;

	(void)state;
	m = n + pack(two, buf + n, sizeof(buf) - n);
	expect_bytes(buf, m, both);
	memset(buf + m, 0, 16);
	expect_bytes(buf, m + 16, both);
	expect_bytes(buf, m - 4, "- - unified [0:0] 'one'\n"
	    "- - unified [0:0] 'two'\n! gzip data is cut off\n");
	buf[m - 8] ^= 1;
	expect_bytes(buf, m, "- - unified [0:0] 'one'\n- - unified [0:0] "
	    "'two'\n! broken gzip data: incorrect data check\n");
	expect_bytes("\x1f", 1, "! line 1: not text: '\\x1f'\n");
}

/* Megabytes in one line come through, small pieces or not. */
static void
long_lines(void **state)
{
	const size_t size = 12 << 20;
	char *text = xrealloc(NULL, size + 64), *p = text;
	struct logread_conf conf = { .ref_us = NOW };
	struct logread *l = logread_new(&conf);
	struct logrec r;
	struct qerr e;

	(void)state;
	p = stpcpy(p, "{\"x\":[{}],\"eventMessage\":\"");
	memset(p, 'x', size);
	p = stpcpy(p + size, "\"}\n");
	for (char *s = text; s < p; s += 65536) {
		assert_int_equal(logread_next(l, &r, &e), 0);
		logread_feed(l, s, p - s < 65536 ? (size_t)(p - s) : 65536);
	}
	assert_int_equal(logread_next(l, &r, &e), 1);
	assert_int_equal(r.message.len, size);
	assert_int_equal(logread_next(l, &r, &e), 0);
	logread_free(l);
	free(text);
}

/* In pieces: the first record's message, and how many come. */
static size_t
in_pieces(const char *text, size_t len, size_t *records)
{
	struct logread_conf conf = { .ref_us = NOW };
	struct logread *l = logread_new(&conf);
	size_t at = 0, n, message = 0;
	struct logrec r;
	struct qerr e;
	int ret;

	for (*records = 0; (ret = logread_next(l, &r, &e)) == 1 || at <= len;) {
		assert_int_not_equal(ret, -1);
		if (ret == 1) {
			if ((*records)++ == 0)
				message = r.message.len;
			continue;
		}
		n = len - at < 65536 ? len - at : 65536;
		logread_feed(l, text + at, n);
		at += n;
		if (at == len) {
			logread_end(l);
			at++;
		}
	}
	logread_free(l);
	return message;
}

/* Millions of lines that are one record: no minutes for that. */
static void
long_records(void **state)
{
	static const char text[] = "2025-11-20 10:00:00.123456+0000 0x1 "
	    "Default 0x0 1 0 p: x\n", entry[] = "__CURSOR=a\n"
	    "__REALTIME_TIMESTAMP=1\nMESSAGE=x\n";
	const size_t lines = 4 << 20;
	char *all = xrealloc(NULL, 8 * lines + 1024), *p;
	size_t n;

	(void)state;
	p = stpcpy(all, text);
	for (size_t i = 0; i < lines; i++)
		p = stpcpy(p, "more\n");
	p = stpcpy(p, text);
	assert_int_equal(in_pieces(all, (size_t)(p - all), &n), 5 * lines + 1);
	assert_int_equal(n, 2);
	p = stpcpy(all, entry);
	for (size_t i = 0; i < lines; i++)
		p = stpcpy(p, "_PID=1\n");
	p = stpcpy(p, "\n");
	p = stpcpy(p, entry);
	assert_int_equal(in_pieces(all, (size_t)(p - all), &n), 1);
	assert_int_equal(n, 2);
	free(all);
}

/* One without an end is given up, and its memory with it. */
static void
endless_line(void **state)
{
	static char piece[1 << 20];
	struct logread_conf conf = { .ref_us = NOW };
	struct logread *l = logread_new(&conf);
	struct logrec r;
	struct qerr e;
	int ret = 0;

	(void)state;
	memset(piece, 'x', sizeof(piece));
	logread_feed(l, "{\"eventMessage\":\"", 17);
	for (int i = 0; i < 70 && ret == 0; i++) {
		logread_feed(l, piece, sizeof(piece));
		ret = logread_next(l, &r, &e);
	}
	assert_int_equal(ret, -1);
	assert_string_equal(e.msg, "line 1: longer than 67108864 bytes");
	assert_int_equal(logread_next(l, &r, &e), 0);
	logread_feed(l, "\"}\n{\"eventMessage\":\"next\"}\n", 27);
	assert_int_equal(logread_next(l, &r, &e), 1);
	assert_true(slice_is(r.message, "next"));
	logread_free(l);
}

static void
formats(void **state)
{
	static const struct {
		const char *line;
		enum logread_format f;
	} rows[] = {
		{ "{\"a\":1}", LOGREAD_JSON },
		{ "[{", LOGREAD_JSON },
		{ "__CURSOR=s=1", LOGREAD_EXPORT },
		{ "6,1,2,-;x", LOGREAD_KMSG },
		{ "[    0.000000] x", LOGREAD_DMESG },
		{ "[Sat Nov 22 10:39:02 2025] x", LOGREAD_DMESG },
		{ "Nov 22 10:39:02 dnsmasq[1]: x", LOGREAD_SYSLOG },
		{ "2025-11-20 10:00:00.123 Df a[1:2] x", LOGREAD_COMPACT },
		{ "just words", LOGREAD_AUTO },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(logparse_sniff(slice_str(rows[i].line)),
		    rows[i].f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_style),
		cmocka_unit_test(pasted),
		cmocka_unit_test(dashes),
		cmocka_unit_test(compact_style),
		cmocka_unit_test(unified_syslog_style),
		cmocka_unit_test(syslogs),
		cmocka_unit_test(journal_text),
		cmocka_unit_test(kernel_messages),
		cmocka_unit_test(json_lines),
		cmocka_unit_test(json_array),
		cmocka_unit_test(json_malformed),
		cmocka_unit_test(journal_json),
		cmocka_unit_test(journal_export),
		cmocka_unit_test(qlab_events),
		cmocka_unit_test(own_json),
		cmocka_unit_test(plain_text),
		cmocka_unit_test(idle),
		cmocka_unit_test(gzip),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(long_records),
		cmocka_unit_test(endless_line),
		cmocka_unit_test(formats),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
