/* SPDX-License-Identifier: ISC */
/* masquerade.c - the demo guest's NAT: one nftables rule, without nft(8) */

#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* After libc's, which they make way for. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

/*
 * masquerade IFACE does what nft(8) does for
 *
 *	table ip nat {
 *		chain post {
 *			type nat hook postrouting priority srcnat
 *			oifname IFACE masquerade
 *		}
 *	}
 *
 * nft and its libraries are some 5 MB; the batch of messages below is what
 * they would send (linux/netfilter/nf_tables.h).
 */
#define PRIORITY_SRCNAT	100
#define NREQUESTS	3	/* table, chain, rule: each is answered */

static union {
	struct nlmsghdr align;
	char bytes[2048];
} batch;
static size_t used;

/* Room for n bytes, the next to be aligned as netlink wants it. */
static void *
put(size_t n)
{
	void *p = batch.bytes + used;

	if (n > sizeof(batch.bytes) - used) {
		fprintf(stderr, "masquerade: batch too long\n");
		exit(1);
	}
	used += NLMSG_ALIGN(n);
	return p;
}

static struct nlmsghdr *
message(uint16_t type, uint16_t flags, uint8_t family, uint16_t res_id)
{
	static uint32_t seq;
	struct nlmsghdr *h = put(sizeof(*h));
	struct nfgenmsg *g = put(sizeof(*g));

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = ++seq;
	g->nfgen_family = family;
	g->version = NFNETLINK_V0;
	g->res_id = htons(res_id);
	return h;
}

static void
message_end(struct nlmsghdr *h)
{
	h->nlmsg_len = (uint32_t)(batch.bytes + used - (char *)h);
}

static struct nlmsghdr *
nft_message(uint8_t type, uint16_t flags)
{
	return message((NFNL_SUBSYS_NFTABLES << 8) | type,
	    NLM_F_CREATE | NLM_F_ACK | flags, NFPROTO_IPV4, 0);
}

static void
attr(uint16_t type, const void *data, size_t len)
{
	struct nlattr *a = put(NLA_HDRLEN + len);

	a->nla_type = type;
	a->nla_len = (uint16_t)(NLA_HDRLEN + len);
	memcpy((char *)a + NLA_HDRLEN, data, len);
}

static void
attr_text(uint16_t type, const char *s)
{
	attr(type, s, strlen(s) + 1);
}

static void
attr_u32(uint16_t type, uint32_t v)
{
	v = htonl(v);
	attr(type, &v, sizeof(v));
}

static struct nlattr *
nest(uint16_t type)
{
	struct nlattr *a = put(NLA_HDRLEN);

	a->nla_type = NLA_F_NESTED | type;
	return a;
}

static void
nest_end(struct nlattr *a)
{
	a->nla_len = (uint16_t)(batch.bytes + used - (char *)a);
}

static void
add_table(void)
{
	struct nlmsghdr *h = nft_message(NFT_MSG_NEWTABLE, 0);

	attr_text(NFTA_TABLE_NAME, "nat");
	message_end(h);
}

static void
add_chain(void)
{
	struct nlmsghdr *h = nft_message(NFT_MSG_NEWCHAIN, 0);
	struct nlattr *hook;

	attr_text(NFTA_CHAIN_TABLE, "nat");
	attr_text(NFTA_CHAIN_NAME, "post");
	hook = nest(NFTA_CHAIN_HOOK);
	attr_u32(NFTA_HOOK_HOOKNUM, NF_INET_POST_ROUTING);
	attr_u32(NFTA_HOOK_PRIORITY, PRIORITY_SRCNAT);
	nest_end(hook);
	attr_text(NFTA_CHAIN_TYPE, "nat");
	message_end(h);
}

static void
add_rule(const char *ifname)
{
	struct nlmsghdr *h = nft_message(NFT_MSG_NEWRULE, NLM_F_APPEND);
	struct nlattr *exprs, *elem, *data, *value;
	char padded[IFNAMSIZ] = { 0 };

	/* The register holds the whole name, padded with NULs. */
	memcpy(padded, ifname, strlen(ifname));

	attr_text(NFTA_RULE_TABLE, "nat");
	attr_text(NFTA_RULE_CHAIN, "post");
	exprs = nest(NFTA_RULE_EXPRESSIONS);

	elem = nest(NFTA_LIST_ELEM);
	attr_text(NFTA_EXPR_NAME, "meta");
	data = nest(NFTA_EXPR_DATA);
	attr_u32(NFTA_META_KEY, NFT_META_OIFNAME);
	attr_u32(NFTA_META_DREG, NFT_REG_1);
	nest_end(data);
	nest_end(elem);

	elem = nest(NFTA_LIST_ELEM);
	attr_text(NFTA_EXPR_NAME, "cmp");
	data = nest(NFTA_EXPR_DATA);
	attr_u32(NFTA_CMP_SREG, NFT_REG_1);
	attr_u32(NFTA_CMP_OP, NFT_CMP_EQ);
	value = nest(NFTA_CMP_DATA);
	attr(NFTA_DATA_VALUE, padded, sizeof(padded));
	nest_end(value);
	nest_end(data);
	nest_end(elem);

	elem = nest(NFTA_LIST_ELEM);
	attr_text(NFTA_EXPR_NAME, "masq");
	data = nest(NFTA_EXPR_DATA);
	nest_end(data);
	nest_end(elem);

	nest_end(exprs);
	message_end(h);
}

/* Send the batch and read the kernel's answers: 0, or -1 with errno. */
static int
commit(int fd)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	union {
		struct nlmsghdr align;
		char bytes[8192];
	} in;
	struct nlmsghdr *h;
	ssize_t n;
	size_t left;
	int acks = 0, error;

	if (sendto(fd, batch.bytes, used, 0, (struct sockaddr *)&kernel,
	    sizeof(kernel)) == -1)
		return -1;
	while (acks < NREQUESTS) {
		if ((n = recv(fd, in.bytes, sizeof(in.bytes), 0)) == -1)
			return -1;
		left = (size_t)n;
		for (h = &in.align; NLMSG_OK(h, left);
		    h = NLMSG_NEXT(h, left)) {
			if (h->nlmsg_type != NLMSG_ERROR)
				continue;
			error = ((struct nlmsgerr *)NLMSG_DATA(h))->error;
			if (error != 0) {
				errno = -error;
				return -1;
			}
			acks++;
		}
	}
	return 0;
}

int
main(int argc, char *argv[])
{
	struct nlmsghdr *h;
	int fd;

	if (argc != 2 || strlen(argv[1]) >= IFNAMSIZ) {
		fprintf(stderr, "usage: masquerade IFACE\n");
		return 2;
	}
	h = message(NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	message_end(h);
	add_table();
	add_chain();
	add_rule(argv[1]);
	h = message(NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	message_end(h);

	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
	if (fd == -1 || commit(fd) == -1) {
		perror("masquerade");
		return 1;
	}
	close(fd);
	return 0;
}
