/* SPDX-License-Identifier: ISC */
/* saved_test.c - facts out of pasted text of every kind, whole and damaged */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "facttext.h"
#include "saved.h"
#include "text.h"

/* Where the source stands, from where make runs the tests or next to it. */
#define DATA	"tests/data/ifmap/"

struct result {
	char *facts, *found, *asks;	/* a line each */
	int rc;
};

static struct result
read_text(const char *text, size_t len)
{
	struct findings found = { 0 };
	struct strv asks = { 0 }, lines = { 0 };
	struct facts f = { 0 };
	struct qerr e = { 0 };
	struct result r;

	r.rc = saved_read(&f, text, len, &found, &asks, &e);
	assert_int_equal(e.kind, r.rc == 0 ? QERR_NONE : QERR_INPUT);
	r.facts = fact_text(&f);
	r.asks = strv_join(&asks, "; ", 100);
	for (size_t i = 0; i < found.n; i++)
		strv_addf(&lines, "%d: %s\n", found.f[i].line, found.f[i].text);
	r.found = strv_join(&lines, "", 1000);
	strv_free(&lines);
	strv_free(&asks);
	findings_free(&found);
	facts_free(&f);
	return r;
}

static void
release(struct result *r)
{
	free(r->facts);
	free(r->found);
	free(r->asks);
}

static void
expect(const char *text, const char *facts, const char *found)
{
	struct result r = read_text(text, strlen(text));

	assert_string_equal(r.facts, facts);
	assert_string_equal(r.found, found);
	release(&r);
}

static char *
slurp(const char *dir, const char *name, size_t *len)
{
	char *path = xasprintf("%s/%s", dir, name), *buf = xcalloc(1, 1 << 20);
	FILE *f = fopen(path, "r");

	free(path);
	*len = 0;
	if (f == NULL) {
		free(buf);
		return NULL;
	}
	*len = fread(buf, 1, (1 << 20) - 1, f);
	fclose(f);
	return buf;
}

/* ---- whole texts ---- */

static const char mac_facts[] =
    "lo0\n"
    "en1 on bridge0\n"
    "bridge0\n"
    "en0\n"
    "vmenet0 on bridge100\n"
    "bridge100\n"
    "vmenet1 on bridge101\n"
    "bridge101\n"
    "vmenet2 on bridge101\n"
    "addr lo0 127.0.0.1/8\n"
    "addr en0 192.0.2.10/24\n"
    "addr bridge100 172.16.0.1/12\n"
    "fdb bridge101 52:54:00:aa:00:02 vmenet2\n"
    "fdb bridge101 52:54:00:bb:00:01 vmenet1\n"
    "neigh bridge100 52:54:00:aa:00:01 172.16.0.20\n"
    "neigh en0 02:00:5e:00:53:fe 192.0.2.1\n"
    "net bridge101 host address\n"
    "proc 502 -1 qemu-system-x86_64 -name router -m 2G "
    "-drive 'file=/Users/me/My VMs/chr.img,if=virtio' "
    "-netdev vmnet-shared,id=wan,start-address=172.16.0.1,"
    "end-address=172.31.255.254,subnet-mask=255.240.0.0 "
    "-device virtio-net-pci,netdev=wan,mac=52:54:00:aa:00:01 "
    "-netdev vmnet-host,id=lan,"
    "net-uuid=154780B0-F499-4968-9B20-E58C02FDF5FB "
    "-device virtio-net-pci,netdev=lan,mac=52:54:00:aa:00:02\n"
    "proc 510 -1 /opt/homebrew/bin/qemu-system-aarch64 -M virt -name alpine "
    "-netdev vmnet-host,id=n0,net-uuid=154780B0-F499-4968-9B20-E58C02FDF5FB "
    "-device virtio-net-pci,netdev=n0,mac=52:54:00:bb:00:01 -nographic\n";

static void
same_map(const char *text, size_t len)
{
	struct result r = read_text(text, len);

	assert_string_equal(r.facts, mac_facts);
	assert_string_equal(r.found, "");
	release(&r);
}

/* A text of a whole Mac, and what the way does to it, are the same. */
static void
way_does_not_matter(void **state)
{
	size_t len, n = 0, u = 2;
	char *text = slurp(DATA, "mac.txt", &len), *out, *utf16;
	static const struct {
		const char *before, *end;
	} ways[] = {
		{ "", "\n" }, { "", "\r\n" }, { "", "  \n" }, { "> ", "\n" },
		{ "> > ", "\r\n" }, { ">> ", "\n" }, { "    ", "\n" },
		{ "\t", "\n" }, { "\xc2\xa0", "\n" }, { "\033[0m", "\033[m\n" },
		{ "", "\n\n" },
	};

	(void)state;
	assert_non_null(text);
	for (size_t w = 0; w < sizeof(ways) / sizeof(ways[0]); w++) {
		struct result r;
		char *copy = xstrdup(text), *rest = copy, *line;
		FILE *f = open_memstream(&out, &n);

		while ((line = strsep(&rest, "\n")) != NULL && rest != NULL)
			fprintf(f, "%s%s%s", ways[w].before, line,
			    ways[w].end);
		fclose(f);
		r = read_text(out, n);
		assert_string_equal(r.facts, mac_facts);
		assert_string_equal(r.found, "");
		assert_string_equal(r.asks, "ifconfig bridge100");
		release(&r);
		free(copy);
		free(out);
	}
	utf16 = xcalloc(len + 1, 2);
	memcpy(utf16, "\xff\xfe", 2);
	for (size_t i = 0; i < len; i++, u += 2)
		utf16[u] = text[i];
	same_map(utf16, u);
	same_map(utf16 + 2, u - 2);
	free(utf16);
	/* Numbered, and with the line ends of Macs of old. */
	out = xcalloc(len, 10);
	n = (size_t)sprintf(out, "%6d\t", 1);
	for (size_t i = 0, line = 1; i < len; i++) {
		out[n++] = text[i];
		if (text[i] == '\n' && i + 1 < len)
			n += (size_t)sprintf(out + n, "%6zu\t", ++line);
	}
	same_map(out, n);
	free(out);
	for (size_t i = 0; i < len; i++)
		if (text[i] == '\n')
			text[i] = '\r';
	same_map(text, len);
	free(text);
}

/* The same where words alone are longer, or names of files have blanks. */
static void
broken_at_72(void **state)
{
	(void)state;
	expect("> bridge100:\n"
	    "> flags=8a63<UP,BROADCAST,SMART,RUNNING,ALLMULTI,SIMPLEX,MULTICAST>"
	    "\n> mtu 1500\n"
	    "> \tmember: vmenet0 flags=3<LEARNING,DISCOVER>\n"
	    "> ? (192.168.64.2) at 52:54:0:0:0:1 on bridge100 ifscope\n"
	    "> [bridge]\n"
	    "> ? (192.168.64.3) at 52:54:0:0:0:2 on bridge100\n"
	    "> ifscope permanent [bridge]\n"
	    "> USER  PID %CPU %MEM VSZ RSS TT STAT STARTED TIME COMMAND\n"
	    "> me    11 1.3 2.4 361 402 s003 R 10:15AM 3:21.55 sudo qemu-system\n"
	    "> -nographic\n"
	    "> me      4242 101.3  2.4 36159872 401232 s003  R+   10:15AM\n"
	    "> 3:21.55 qemu-system-aarch64 -hda /Users/me/Virtual Machines of "
	    "My\n> Own/a.img -display none -name alpine -serial mon:stdio -smp\n"
	    "> 2 -nic vmnet-shared\n"
	    "> me    11 1.3 2.4 361 402 s003 R 10:15AM 3:21.55 vi\n",
	    "bridge100\nvmenet0 on bridge100\n"
	    "neigh bridge100 52:54:00:00:00:01 192.168.64.2\n"
	    "neigh bridge100 52:54:00:00:00:02 192.168.64.3 permanent\n"
	    "proc 4242 -1 qemu-system-aarch64 -hda '/Users/me/Virtual Machines "
	    "of My Own/a.img' -display none -name alpine -serial mon:stdio "
	    "-smp 2 -nic vmnet-shared\n", "");
}

/* Broken at 72 columns by a mail program. */
static void
broken_lines(void **state)
{
	(void)state;
	expect("> bridge100: flags=8863<UP,BROADCAST,SMART,RUNNING> mtu\n"
	    "> 1500\n"
	    "> \tinet 192.168.64.1 netmask 0xffffff00 broadcast\n"
	    "> 192.168.64.255\n"
	    "> \tinet6 2001:db8::1 prefixlen 64 autoconf\n"
	    "> secured\n"
	    "> \tmember: vmenet0 flags=3&lt;LEARNING,DISCOVER&gt;\n"
	    ">   PID TTY           TIME CMD\n"
	    ">    12 ttys000    0:00.10 qemu-system-i386 -name a -m\n"
	    "> 1G -nic\n> user\n"
	    "> -S\n"
	    ">    13 ttys000    0:00.10 qemu-system-i386 -name b -m\n"
	    ">    14 ttys000    0:00.10 vi\n"
	    "> yours\n",
	    "bridge100 autoconf6\nvmenet0 on bridge100\n"
	    "addr bridge100 192.168.64.1/24\n"
	    "net bridge100 shared inet6\nnet bridge100 shared guess\n"
	    "proc 12 -1 qemu-system-i386 -name a -m 1G -nic user -S\n"
	    "proc 13 -1 qemu-system-i386 -name b\n",
	    "13: a command line that ps cut off at 53 columns: its end is "
	    "ignored\n15: not understood: 'yours'\n");
}

static void
bridge_alone(void **state)
{
	(void)state;
	expect("bridge100: flags=8a63<UP,BROADCAST> mtu 1500\n"
	    "\tether 5e:52:30:ab:cd:64 \n"
	    "\tinet 192.168.64.1 netmask 0xffffff00 broadcast 192.168.64.255\n"
	    "\tmember: vmenet0 flags=20003<LEARNING,DISCOVER,VIRTIO,NEW>\n"
	    "\t        ifmaxaddr 0 port 25 priority 0 path cost 0\n"
	    "\tAddress cache:\n"
	    "\t\t52:54:0:12:34:56 Vlan1 vmenet0 1196 flags=0<>\n"
	    "\t\t2:2e:d0:c:b0:88 Vlan1 vmenet4 0 flags=1<STATIC>\n"
	    "\tstatus: active\n",
	    "bridge100\nvmenet0 on bridge100\nvmenet4\n"
	    "addr bridge100 192.168.64.1/24\n"
	    "fdb bridge100 52:54:00:12:34:56 vmenet0\n"
	    "net bridge100 shared guess\n",
	    "8: 'vmenet4' is no member of 'bridge100': its address is "
	    "ignored\n");
	/* Out of the middle of it. */
	expect("bridge100: flags=8a63<UP,BROADCAST> mtu 1500\n"
	    "\tAddress cache:\n"
	    "\t\t2:2e:d0:c:b0:88 Vlan1 vmenet4 0 flags=1<STATIC>\n",
	    "bridge100\nvmenet4\nfdb bridge100 02:2e:d0:0c:b0:88 vmenet4\n",
	    "");
}

static void
bridged_mode(void **state)
{
	(void)state;
	expect("bridge101: flags=8863<UP> mtu 1500\n"
	    "\tmember: en0 flags=8003<LEARNING,DISCOVER,MACNAT>\n"
	    "\tmember: vmenet1 flags=10003\n"
	    "en0: flags=8863<UP> mtu 1500\n"
	    "\tinet 192.0.2.5 netmask 0xffffff00\n",
	    "bridge101\nen0 on bridge101 macnat\nvmenet1 on bridge101\n"
	    "addr en0 192.0.2.5/24\n"
	    "net bridge101 bridged member\n", "");
	/* macOS 10.15 and older: no vmenets, no flags; nobody can tell. */
	expect("bridge100: flags=8863<UP> mtu 1500\n"
	    "\tinet 192.168.2.1 netmask 0xffffff00\n"
	    "\tmember: en5 flags=3<LEARNING,DISCOVER>\n",
	    "bridge100\nen5 on bridge100\naddr bridge100 192.168.2.1/24\n", "");
	expect("bridge100: flags=8863<UP> mtu 1500\n"
	    "\tinet 192.168.128.1 netmask 0xffffff00\n"
	    "\tmember: vmenet0 flags=3<LEARNING,DISCOVER>\n",
	    "bridge100\nvmenet0 on bridge100\n"
	    "addr bridge100 192.168.128.1/24\nnet bridge100 host guess\n", "");
}

/* That a line is not there says nothing where the text is an excerpt. */
static void
excerpts(void **state)
{
	static const char whole[] = "bridge100: flags=8863<UP> mtu 1500\n"
	    "\tether 5e:52:30:ab:cd:64\n"
	    "\tmember: vmenet0 flags=3<LEARNING,DISCOVER>\n";
	static const char grepped[] = "bridge100: flags=8863<UP> mtu 1500\n"
	    "\tmember: vmenet0 flags=3<LEARNING,DISCOVER>\n";
	static const char six[] = "bridge100: flags=8863<UP> mtu 1500\n"
	    "\tether 5e:52:30:ab:cd:64\n"
	    "\tmember: vmenet0 flags=3<LEARNING,DISCOVER>\n"
	    "\tnd6 options=201<PERFORMNUD,DAD>\n";

	(void)state;
	expect(whole, "bridge100\nvmenet0 on bridge100\n"
	    "net bridge100 host address\n", "");
	expect(grepped, "bridge100\nvmenet0 on bridge100\n", "");
	expect(six, "bridge100\nvmenet0 on bridge100\n", "");
}

static void
verbose_lines(void **state)
{
	(void)state;
	expect("bridge100: flags=8863<UP> mtu 1500 index 24\n"
	    "\teflags=1000000<>\n"
	    "\tether 5e:52:30:ab:cd:64 \n"
	    "\tConfiguration:\n"
	    "\tmember: vmenet0 flags=3<LEARNING,DISCOVER>\n"
	    "\t        ifmaxaddr 0 port 25 priority 0 path cost 0\n"
	    "\t        hostfilter 0 hw: 0:0:0:0:0:0 ip: 0.0.0.0\n"
	    "\tMAC NAT list:\n"
	    "\t\tvmenet0 192.168.64.3 52:54:0:12:34:56 1200\n"
	    "\tgeneration id: 12\n"
	    "\tstate availability: 0 (true)\n"
	    "\tqosmarking enabled: yes mode: none\n",
	    "bridge100\nvmenet0 on bridge100\n"
	    "net bridge100 host address\n", "");
}

static void
net_tools(void **state)
{
	(void)state;
	expect("br0: flags=4163<UP,BROADCAST>  mtu 1500\n"
	    "        inet 10.0.0.1  netmask 255.255.255.0  "
	    "broadcast 10.0.0.255\n"
	    "        ether 52:54:00:00:00:01  txqueuelen 1000  (Ethernet)\n"
	    "        RX packets 12  bytes 3456 (3.4 KB)\n"
	    "        RX errors 0  dropped 0  overruns 0  frame 0\n"
	    "        TX packets 1  bytes 2 (2.0 B)\n"
	    "        TX errors 0  dropped 0 overruns 0  carrier 0\n",
	    "br0\naddr br0 10.0.0.1/24\n", "");
}

static void
linux_json(void **state)
{
	static const char links[] = "[{\"ifindex\":4,\"ifname\":\"br0\","
	    "\"flags\":[\"UP\"],\"linkinfo\":{\"info_kind\":\"bridge\"}},{},"
	    "{\"ifindex\":5,\"ifname\":\"tap0\",\"master\":\"br0\"}]";
	static const char rest[] = "[ {\"mac\":\"52:54:00:00:00:01\",\n"
	    "\"ifname\":\"tap0\",\"flags\":[],\"master\":\"br0\","
	    "\"state\":\"\"},\n"
	    "{\"mac\":\"fe:54:00:00:00:01\",\"ifname\":\"tap0\","
	    "\"master\":\"br0\",\"state\":\"permanent\"},"
	    "{\"mac\":\"33:33:00:00:00:01\",\"ifname\":\"tap0\","
	    "\"flags\":[\"self\"],\"state\":\"permanent\"}]";
	static const char neigh[] = "[{\"dst\":\"10.0.0.9\",\"dev\":\"br0\","
	    "\"lladdr\":\"52:54:00:00:00:01\",\"state\":[\"STALE\"]},"
	    "{\"dst\":\"10.0.0.8\",\"dev\":\"br0\",\"state\":[\"FAILED\"]},"
	    "{\"dst\":\"fe80::1\",\"dev\":\"br0\","
	    "\"lladdr\":\"52:54:00:00:00:02\",\"state\":[\"STALE\"]}]";
	static const char facts[] = "br0\ntap0 on br0\n"
	    "fdb br0 52:54:00:00:00:01 tap0\n"
	    "neigh br0 52:54:00:00:00:01 10.0.0.9\n";
	char *text = xasprintf("%s%s%s\n", links, rest, neigh);
	struct result r = read_text(text, strlen(text));

	(void)state;
	assert_string_equal(r.facts, facts);
	assert_string_equal(r.found, "");
	assert_string_equal(r.asks, "ps -axww; ip -j addr");
	release(&r);
	free(text);
	text = xasprintf("> %s\r\n> %s\r\nhi\r\n%s", links, links, neigh);
	expect(text, "br0\ntap0 on br0\n"
	    "neigh br0 52:54:00:00:00:01 10.0.0.9\n",
	    "3: not understood: 'hi'\n");
	free(text);
}

static void
arp_forms(void **state)
{
	(void)state;
	expect("? (10.0.0.1) at 2:0:0:0:0:1 on bridge100 ifscope [bridge]\n"
	    "? (10.0.0.2) at (incomplete) on bridge100 ifscope [bridge]\n"
	    "me.local (10.0.0.3) at 2:0:0:0:0:3 on bridge100 ifscope "
	    "permanent [bridge]\n"
	    "? (224.0.0.251) at 1:0:5e:0:0:fb on en0 ifscope permanent "
	    "[ethernet]\n"
	    "? (10.0.0.4) at 02:00:00:00:00:04 [ether] on br0\n"
	    "? (10.0.0.5) at <incomplete> on br0\n"
	    "? (10.0.0.6) at 02:00:00:00:00:06 [ether] PERM on br0\n"
	    "Address                  HWtype  HWaddress           Flags Mask"
	    "            Iface\n"
	    "10.0.0.7  ether   02:00:00:00:00:07   C    br0\n"
	    "10.0.0.8  (incomplete)    br0\n"
	    "10.0.0.9 dev br0 lladdr 02:00:00:00:00:09 REACHABLE\n"
	    "10.0.0.10 dev br0 FAILED\n"
	    "fe80::1 dev br0 lladdr 02:00:00:00:00:09 router STALE\n",
	    "bridge100\nbr0\n"
	    "neigh bridge100 02:00:00:00:00:01 10.0.0.1\n"
	    "neigh bridge100 02:00:00:00:00:03 10.0.0.3 permanent\n"
	    "neigh br0 02:00:00:00:00:04 10.0.0.4\n"
	    "neigh br0 02:00:00:00:00:06 10.0.0.6 permanent\n"
	    "neigh br0 02:00:00:00:00:07 10.0.0.7\n"
	    "neigh br0 02:00:00:00:00:09 10.0.0.9\n", "");
}

/* leases_find() takes the last one: that must be the newest. */
static void
lease_files(void **state)
{
	(void)state;
	expect("{\n\tname=new\n\tip_address=192.168.64.9\n"
	    "\thw_address=1,52:54:0:12:34:56\n"
	    "\tidentifier=1,52:54:0:12:34:56\n\tlease=0x6782bfd4\n}\n"
	    "{\n\tip_address=192.168.64.2\n"
	    "\thw_address=1,52:54:0:12:34:56\n\tlease=0x6782bfd3\n}\n"
	    "{\n\tip_address=192.168.64.3\n"
	    "\thw_address=ff,f1:f5:dd:7f:0:2:0:0:ab:11:bf\n"
	    "\tlease=0x6782bfd3\n}\n"
	    "1763830800 52:54:00:12:34:57 10.77.0.80 router *\n"
	    "duid 00:01\n",
	    "lease 52:54:00:12:34:56 192.168.64.2\n"
	    "lease 52:54:00:12:34:56 192.168.64.9\n"
	    "lease 52:54:00:12:34:57 10.77.0.80\n",
	    "13: the lease of 192.168.64.3 tells no MAC, the client has sent "
	    "another identifier\n"
	    "19: not understood: 'duid 00:01'\n");
}

/* With the newest one damaged, an older one's address is not the address. */
static void
damaged_leases(void **state)
{
	static const char *const news[] = {
		"\thw_address=1,52:54:0:0:0:1\n\tlease=0x6782bfd5\n}\n",
		"\tip_address=10.0.0.3\n\thw_address=1,52:54:0:0:0:1\n"
		"\tlease=0x6782\n}\n",
		"\tip_address=10.0.0.3\n\tip_address=10.0.0.4\n"
		"\thw_address=1,52:54:0:0:0:1\n\tlease=0x6782bfd5\n}\n",
		"\tip_address=10.0.0.3\n\thw_address=1,52:54:0:0:0:1\n"
		"\thw_address=1,52:54:0:0:0:2\n\tlease=0x6782bfd5\n}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(news) / sizeof(*news); i++) {
		char *text = xasprintf("{\n%s{\n\tip_address=10.0.0.2\n"
		    "\thw_address=1,52:54:0:0:0:1\n\tlease=0x6782bfd4\n}\n",
		    news[i]);

		expect(text, "", "1: a lease that cannot be read: ignored\n");
		free(text);
	}
}

/* The file as it was then, and as it was later. */
static void
lease_file_twice(void **state)
{
	(void)state;
	expect("{\n\tip_address=10.0.0.2\n\thw_address=1,52:54:0:0:0:1\n"
	    "\tlease=0x6782bfd4\n}\n"
	    "{\n\tip_address=10.0.0.3\n\thw_address=1,52:54:0:0:0:1\n"
	    "\tlease=0x6782bfd5\n}\n"
	    "{\n\tip_address=10.0.0.2\n\thw_address=1,52:54:0:0:0:1\n"
	    "\tlease=0x6782bfd4\n}\n",
	    "lease 52:54:00:00:00:01 10.0.0.2\n"
	    "lease 52:54:00:00:00:01 10.0.0.2\n"
	    "lease 52:54:00:00:00:01 10.0.0.3\n", "");
}

/* ---- damaged texts: no edge that nobody stated ---- */

static void
damaged_ifconfig(void **state)
{
	(void)state;
	/* Names that may have lost their end, and MACs that have. */
	expect("bridge100: flags=3<UP> mtu 1500\n\tmember: vmenet1",
	    "bridge100\n", "2: a member of 'bridge100' cannot be read: "
	    "ignored\n");
	expect("bridge100: flags=3<UP> mtu 1500\n\tmember: vm\xffnet1 "
	    "flags=3<>\n\tmember: vmenet2 flags=3<LEAR",
	    "bridge100\nvmenet2 on bridge100\n",
	    "2: a member of 'bridge100' cannot be read: ignored\n"
	    "3: the end of a member's line of 'bridge100' cannot be read: "
	    "ignored\n");
	expect("bridge100: flags=3<UP> mtu 1500\n\tinet 10.0.0.1 netmask 0xff\n"
	    "\tAddress cache:\n\t\t52:54:0:12:34:5",
	    "bridge100\n",
	    "2: the netmask of an address of 'bridge100' cannot be read: "
	    "ignored\n"
	    "4: a line of the address cache of 'bridge100' cannot be read: "
	    "ignored\n");
	expect("vmenet0: flags=3<UP> mtu 1500\n\tether 8a:1:2:3:4:5\n",
	    "vmenet0\n", "2: the hardware address of 'vmenet0' cannot be read: "
	    "ignored\n");
	/* The first line of the second block is lost: whose is the member? */
	expect("bridge100: flags=3<UP> mtu 1500\n"
	    "\tmember: vmenet0 flags=3<>\n"
	    "\tstatus: active\n"
	    "\tether 9e:01:02:03:04:65\n"
	    "\tmember: vmenet1 flags=3<>\n",
	    "bridge100\nvmenet0 on bridge100\n",
	    "4: not understood: 'ether 9e:01:02:03:04:65', and 1 more "
	    "line\n");
	expect("bridge100: flags=3<UP> mtu 1500\n"
	    "br\xc3\x28idge101: flags=3<UP> mtu 1500\n"
	    "\tmember: vmenet1 flags=3<>\n",
	    "bridge100\n", "2: not understood: 'br\\xc3(idge101: flags=3<UP> "
	    "mtu 1500', and 1 more line\n");
	/* Members are bridges' alone. */
	expect("vmenet0: flags=3<UP> mtu 1500\n\tmember: vmenet1 flags=3<>\n",
	    "vmenet0\n", "2: not understood: 'member: vmenet1 flags=3<>'\n");
}

static void
contradictions(void **state)
{
	(void)state;
	expect("bridge100: flags=3<UP> mtu 1500\n\tmember: vmenet0 flags=3<>\n"
	    "bridge101: flags=3<UP> mtu 1500\n\tmember: vmenet0 flags=3<>\n"
	    "bridge100: flags=3<UP> mtu 1500\n\tmember: vmenet0 flags=3<>\n",
	    "bridge100\nvmenet0\nbridge101\n",
	    "4: 'vmenet0' is on bridge 'bridge101' here and on another "
	    "elsewhere: taken for neither\n");
}

static void
damaged_others(void **state)
{
	(void)state;
	expect("? (10.0.0.1) at 2:0:0:0:0:1 on bridge10",
	    "", "1: a neighbour that cannot be read: ignored\n");
	expect("? (10.0.0.1) at 2:0:0:0:0:1 on bridge100 ifscope [bri",
	    "", "1: a neighbour that cannot be read: ignored\n");
	expect("? (10.0.0.1) at 2:0:0:0:0:1 on brid\n",
	    "", "1: a neighbour that cannot be read: ignored\n");
	expect("? (10.0.0.1) at 2:0:0:0:0:1 on bridge100 ifscope [bridge]"
	    "? (10.0.0.2) at 2:0:0:0:0:2 on en0 ifscope [ethernet]\n",
	    "", "1: a neighbour that cannot be read: ignored\n");
	expect("? (10.0.0.1) at 2:0:0:0:0 on bridge100 ifscope [bridge]\n",
	    "", "1: a neighbour that cannot be read: ignored\n");
	expect("{\n\tip_address=10.0.0.1\n\thw_address=1,2:0:0:0:0:1\n",
	    "", "1: a lease without its end: ignored\n");
	expect("{\n\tip_address=10.0.0.1\n\thw_address=1,2:0:0:0:0\n}\n",
	    "", "1: a lease that cannot be read: ignored\n");
	expect("[{\"ifindex\":1,\"ifname\":\"tap0\",\"mast\n"
	    "? (10.0.0.1) at 2:0:0:0:0:1 on bridge100 ifscope [bridge]\n",
	    "bridge100\nneigh bridge100 02:00:00:00:00:01 10.0.0.1\n",
	    "1: JSON that breaks off: ignored\n");
	expect("[{\"foo\":1}]\n? (10.0.0.1) at (incomplete) on en0 ifscope "
	    "[ethernet]\n", "", "1: JSON that is not what ip or bridge print: "
	    "1 of 1 objects ignored\n");
}

static void
nothing_of_use(void **state)
{
	static const char *const texts[] = { "", "\n", "hello\nworld\n", "[]",
		"# only a remark\n", "[1,2", "\xff\xfe", "\xfe\xff\x01" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct result r = read_text(texts[i], strlen(texts[i]));

		assert_int_equal(r.rc, -1);
		assert_string_equal(r.facts, "");
		release(&r);
	}
}

/*
 * Cut anywhere, at either end: every edge that is left is one of the whole
 * text's, for no line of it says another.  (What is left of a first line may
 * look like another interface's, which has an address, but no edge.)
 */
static void
check_cut(const char *text, size_t len, const char *whole)
{
	struct result r = read_text(text, len);
	char *rest = r.facts, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		const char *at = strstr(whole, line);

		if ((strstr(line, " on ") == NULL &&
		    strncmp(line, "fdb", 3) != 0 &&
		    strncmp(line, "neigh", 5) != 0) || at != NULL)
			continue;
		fail_msg("cut to %zu bytes: '%s'", len, line);
	}
	release(&r);
}

static void
cut_anywhere(void **state)
{
	size_t len;
	char *text = slurp(DATA, "mac.txt", &len);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < len; i += 3) {
		check_cut(text, i, mac_facts);
		check_cut(text + i, len - i, mac_facts);
	}
	free(text);
}

static void
what_is_missing(void **state)
{
	static const struct {
		const char *text, *asks;
	} cases[] = {
		{ "? (10.0.0.1) at (incomplete) on en0 ifscope [ethernet]\n",
		    "ps -axww; ifconfig" },
		{ "  PID TTY TIME CMD\n 1 ?? 0:01.00 /sbin/launchd\n",
		    "ifconfig; arp -an" },
		{ "1 qemu-system-x86_64 -nic tap,ifname=tap0\n",
		    "ip -j -d -s link; bridge -j fdb; ip -j addr; "
		    "ip -j neigh" },
		{ "1 qemu-system-x86_64 -nic vmnet-shared\n",
		    "ifconfig; arp -an" },
		{ "vmenet0: flags=3<UP> mtu 1500\n",
		    "ps -axww; ifconfig; arp -an" },
		{ "bridge0: flags=3<UP> mtu 1500\n", "ps -axww; arp -an" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result r = read_text(cases[i].text,
		    strlen(cases[i].text));

		assert_string_equal(r.asks, cases[i].asks);
		release(&r);
	}
}

/* What is not read is known by its look, and what to take instead is said. */
static void
text_for_people(void **state)
{
	static const char linux_asks[] = "ip -j -d -s link; bridge -j fdb; "
	    "ip -j addr; ip -j neigh";
	static const char ps[] =
	    "    PID TTY      STAT   TIME COMMAND\n"
	    "     12 pts/0    Sl+    1:02 qemu-system-i386 -name a\n";
	static const char proc[] = "proc 12 -1 qemu-system-i386 -name a\n";
	static const struct {
		const char *text, *found, *asks;
	} cases[] = {
		{ "2: br0: <BROADCAST,UP> mtu 1500 qdisc noqueue state UP\n"
		    "    link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n"
		    "    inet 10.0.0.1/24 scope global br0\n"
		    "       valid_lft forever preferred_lft forever\n"
		    "    RX:  bytes packets errors dropped  missed   mcast\n"
		    "       1234567    1234      0       0       0       0\n"
		    "3: tap0@if2: <UP> mtu 1500 master br0 state forwarding\n",
		    "1: text of 'ip link or ip addr' is not read: take 'ip "
		    "-j'\n", linux_asks },
		{ "lo    UNKNOWN  127.0.0.1/8 ::1/128\n"
		    "br0   UP  52:54:00:00:00:01 <BROADCAST,UP>\n"
		    "tap0  DOWN\n",
		    "1: text of 'ip -br' is not read: take 'ip -j'\n",
		    linux_asks },
		{ "33:33:00:00:00:01 dev tap0 self permanent\n"
		    "52:54:00:00:00:01 dev tap0 master br0\n",
		    "1: text of 'bridge fdb' is not read: take 'bridge -j "
		    "fdb'\n", linux_asks },
		{ "bridge name\tbridge id\t\tSTP enabled\tinterfaces\n"
		    "br0\t\t8000.525400000001\tno\t\ttap0\n"
		    "\t\t\t\t\t\t\ttap1\n",
		    "1: text of 'brctl show' is not read: take 'ip -j -d -s "
		    "link'\n", linux_asks },
		{ "port no\tmac addr\t\tis local?\tageing timer\n"
		    "  1\t52:54:00:00:00:01\tno\t\t   1.23\n",
		    "1: text of 'brctl showmacs' is not read: take 'bridge -j "
		    "fdb'\n", linux_asks },
		{ "Neighbor                Linklayer Address Expire(O) "
		    "Expire(I)          Netif Refs Prbs\n"
		    "192.168.64.7            52:54:0:12:34:56  1m2s      1m2s"
		    "       bridge100    1\n"
		    "192.168.64.9            (incomplete)      1m2s      1m2s"
		    "       bridge100    1\n",
		    "1: text of 'arp -l' is not read: take 'arp -an'\n",
		    "ifconfig; arp -an" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = xasprintf("%s%s", cases[i].text, ps);
		struct result r = read_text(text, strlen(text));

		assert_int_equal(r.rc, 0);
		assert_string_equal(r.facts, proc);
		assert_string_equal(r.found, cases[i].found);
		assert_string_equal(r.asks, cases[i].asks);
		release(&r);
		free(text);
		/* With nothing else it is no map, but is told. */
		r = read_text(cases[i].text, strlen(cases[i].text));
		assert_int_equal(r.rc, -1);
		assert_string_equal(r.found, cases[i].found);
		text = xasprintf("ps -axww; %s", cases[i].asks);
		assert_string_equal(r.asks, text);
		release(&r);
		free(text);
	}
}

/* 5,000 bridges with a port each: nothing may be quadratic. */
static void
many_interfaces(void **state)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	struct findings found = { 0 };
	struct strv asks = { 0 };
	struct facts facts = { 0 };
	struct qerr e;

	(void)state;
	for (int i = 0; i < 5000; i++)
		fprintf(f, "bridge%d: flags=3<UP> mtu 1500\n"
		    "\tinet 10.%d.%d.1 netmask 0xffffff00\n"
		    "\tmember: vmenet%d flags=3<>\n"
		    "\tAddress cache:\n"
		    "\t\t52:54:0:1:%x:%x Vlan1 vmenet%d 1 flags=0<>\n"
		    "vmenet%d: flags=3<UP> mtu 1500\n", i + 100, i / 256,
		    i % 256, i, i / 256, i % 256, i, i);
	fclose(f);
	assert_int_equal(saved_read(&facts, text, len, &found, &asks, &e), 0);
	assert_int_equal(facts.spaces[0].ifs.nifs, 10000);
	assert_int_equal(facts.spaces[0].ifs.nfdb, 5000);
	assert_int_equal(found.n, 0);
	assert_string_equal(asks.v[0], "ps -axww");
	facts_free(&facts);
	strv_free(&asks);
	free(text);
}

static void
times(FILE *f, int n, const char *text)
{
	while (n-- > 0)
		fputs(text, f);
}

/*
 * JSON that never ends, begun again with each of 2,000 lines: each is tried but
 * once, and what is whole in it is read.
 */
static void
endless_json(void **state)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	struct findings found = { 0 };
	struct strv asks = { 0 };
	struct facts facts = { 0 };
	struct qerr e;

	(void)state;
	times(f, 1000, "[{\"[\\\"\": \"\\\\\"},\n");
	fputs("[{\"ifindex\": 1, \"ifname\": \"tap1\"}],\n", f);
	times(f, 1000, "[{},\n");
	fputs("[{\"ifindex\": 2, \"ifname\": \"tap2\"}],\n", f);
	times(f, 1000000, "{},\n");
	fputs("[{\"ifindex\": 3, \"ifname\": \"tap3\"}],\n]\n", f);
	fclose(f);
	assert_int_equal(saved_read(&facts, text, len, &found, &asks, &e), 0);
	assert_int_equal(facts.spaces[0].ifs.nifs, 3);
	/* 2,000 that break off, and what is between the three. */
	assert_int_equal(found.n, 2003);
	assert_int_equal(found.f[0].line, 1);
	assert_int_equal(found.f[2000].line, 2001);
	facts_free(&facts);
	findings_free(&found);
	strv_free(&asks);
	free(text);
}

/* What does not end within its size is one finding, and what follows is read. */
static void
large_json(void **state)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	struct findings found = { .max = 2 };
	struct strv asks = { 0 };
	struct facts facts = { 0 };
	struct qerr e;

	(void)state;
	times(f, 1, "[{\n\"a\": 1");
	times(f, 400000, ",\n\"a\": \"                    \"");
	times(f, 1, "}]\n[{\"ifindex\": 3, \"ifname\": \"tap3\"}]\n");
	times(f, 500000, "[] ");
	fclose(f);
	assert_int_equal(saved_read(&facts, text, len, &found, &asks, &e), 0);
	assert_string_equal(found.f[0].text, "JSON of more than 8 MiB: ignored");
	assert_int_equal(found.n + found.more, 2);
	assert_int_equal(facts.spaces[0].ifs.nifs, 1);
	facts_free(&facts);
	findings_free(&found);
	strv_free(&asks);
	free(text);
}

static void
more_than_a_machine(void **state)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	struct findings found = { 0 };
	struct strv asks = { 0 };
	struct facts facts = { 0 };
	struct qerr e;

	(void)state;
	for (int i = 0; i < 100000; i++)
		fprintf(f, "en%d: flags=3<UP> mtu 1500\n", i);
	fclose(f);
	assert_int_equal(saved_read(&facts, text, len, &found, &asks, &e), -1);
	assert_int_equal(e.kind, QERR_INPUT);
	assert_string_equal(e.msg, "more than 65536 interfaces or QEMUs: that "
	    "is no one machine");
	facts_free(&facts);
	findings_free(&found);
	strv_free(&asks);
	free(text);
}

/* ---- real texts ---- */

static void
corpus(void **state)
{
	static const struct {
		const char *file, *edges;
	} cases[] = {
		{ "ifconfig-01.txt", "en1 on bridge0\nen2 on bridge0\n"
		    "vmenet0 on bridge100\nvmenet1 on bridge101\n"
		    "vmenet2 on bridge101\nvmenet3 on bridge101\n" },
		{ "ifconfig-04.txt", "vmenet0 on bridge100\n"
		    "vmenet1 on bridge101\nen0 on bridge101 macnat\n"
		    "net bridge100 shared inet6\nnet bridge100 shared guess\n"
		    "net bridge101 bridged member\n" },
		{ "ifconfig-05.txt", "vmenet0 on bridge100\n"
		    "fdb bridge100 52:54:00:12:34:56 vmenet0\n"
		    "net bridge100 shared inet6\nnet bridge100 shared guess\n" },
		{ "ifconfig-07.txt", "vmenet0 on bridge100\n"
		    "net bridge100 shared inet6\nnet bridge100 shared guess\n" },
		{ "arp-01.txt", "neigh en0 84:cb:c5:71:52:84 192.168.1.1\n"
		    "neigh bridge100 82:85:b0:1e:36:b6 192.168.64.2\n"
		    "neigh bridge100 72:29:4d:39:b8:55 192.168.64.3\n"
		    "neigh en0 84:28:e2:c3:92:1c 192.168.2.1\n"
		    "neigh bridge100 ea:8f:f8:f2:5b:64 192.168.2.1 permanent\n"
		    "neigh bridge100 02:7a:ef:d0:0a:c8 192.168.2.2\n" },
		{ "leases-01.txt", "lease 19:76:d3:4b:72:f6 1.2.3.4\n"
		    "lease b2:3d:08:d9:4b:b1 192.168.105.2\n" },
	};
	const char *root = getenv("QLAB_CORPUS");
	char *dir;

	(void)state;
	if (root == NULL)
		skip();
	dir = xasprintf("%s/macos", root);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *all = xstrdup(""), *rest, *line, *more, *text;
		struct result r;
		size_t len;

		text = slurp(dir, cases[i].file, &len);
		if (text == NULL)
			skip();
		r = read_text(text, len);
		rest = r.facts;
		while ((line = strsep(&rest, "\n")) != NULL)
			if (strstr(line, " on ") != NULL ||
			    strncmp(line, "net ", 4) == 0 ||
			    strncmp(line, "fdb ", 4) == 0 ||
			    strncmp(line, "neigh ", 6) == 0 ||
			    strncmp(line, "lease ", 6) == 0) {
				more = xasprintf("%s%s\n", all, line);
				free(all);
				all = more;
			}
		assert_string_equal(all, cases[i].edges);
		release(&r);
		free(all);
		free(text);
	}
	free(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(way_does_not_matter),
		cmocka_unit_test(broken_lines),
		cmocka_unit_test(broken_at_72),
		cmocka_unit_test(bridge_alone),
		cmocka_unit_test(bridged_mode),
		cmocka_unit_test(excerpts),
		cmocka_unit_test(verbose_lines),
		cmocka_unit_test(net_tools),
		cmocka_unit_test(linux_json),
		cmocka_unit_test(arp_forms),
		cmocka_unit_test(lease_files),
		cmocka_unit_test(damaged_leases),
		cmocka_unit_test(lease_file_twice),
		cmocka_unit_test(damaged_ifconfig),
		cmocka_unit_test(contradictions),
		cmocka_unit_test(damaged_others),
		cmocka_unit_test(nothing_of_use),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(what_is_missing),
		cmocka_unit_test(text_for_people),
		cmocka_unit_test(many_interfaces),
		cmocka_unit_test(endless_json),
		cmocka_unit_test(large_json),
		cmocka_unit_test(more_than_a_machine),
		cmocka_unit_test(corpus),
	};

	return cmocka_run_group_tests_name("saved", tests, NULL, NULL);
}
