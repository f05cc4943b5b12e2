// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real servers behind a director see its clients.
 *
 * A director that gives packets an address of its own tells the client's in a TCP option (kind, length 8 or 20, port,
 * address). The first program reads it where a connection is complete, and keeps it with the socket; the others answer
 * accept() and getpeername() with it. Nothing else changes: the kernel itself goes on knowing the director's address.
 */
#include "bpf.h"

/* Where the options of a TCP header begin, and how long a header may be. */
#define OPTIONS 20
#define HEADER_MAX 60
#define LEN_V4 8
#define LEN_V6 20

/* The settings, as rvs-toa numbers them. */
enum setting {
	SETTING_ACTIVE, /* 0: answer as if there were no programs */
	SETTING_KIND, /* of the option */
	SETTING_ANY_DIRECTOR, /* 1: whoever sends the option is believed */
	SETTINGS,
};

/* The counters, as rvs-toa numbers them. */
enum counter {
	WITH_OPTION, /* connections of directors that had the option in the handshake */
	WITH_OPTION_LATE, /* that had it in a later packet only; they are among the next ones, too */
	WITHOUT_OPTION, /* that had it not in the handshake */
	REFUSED, /* connections of others that had the option */
	DIRECT, /* of others, without */
	NOT_SHOWN, /* answers to IPv4 sockets, which cannot be told of an IPv6 client */
	COUNTERS,
};

#include "settings.h"

/* A client, in network byte order. */
struct client {
	__u16 family;
	__be16 port;
	__be32 addr[4]; /* the first one of IPv4 */
};

/* An address or prefix: so many bits of family and address. */
struct prefix {
	__u32 bits;
	__u8 family; /* 4 or 6 */
	__u8 addr[16];
} __attribute__((packed));

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_LPM_TRIE);
	MAP_NUMBER(max_entries, 1024);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, struct prefix);
	MAP_TYPE(value, __u32);
} directors SECTION(".maps");

struct {
	MAP_NUMBER(type, BPF_MAP_TYPE_SK_STORAGE);
	MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
	MAP_TYPE(key, int);
	MAP_TYPE(value, struct client);
} clients SECTION(".maps");

/* The compiler must not merge a bound with another comparison, or the verifier does not see it. */
INLINE __u32 within_header(__u32 offset)
{
	asm volatile("%0 &= 63" : "+r"(offset));
	return offset;
}

#define FOUND 0x100

/*
 * Looks at the option at an offset of the header. Returns FOUND and the offset if it is one of this kind, else where the next
 * one is, 0 where there is none. A global function, so that the verifier looks at it once, not along each way to it.
 */
__attribute__((noinline)) int look_at(struct bpf_sock_ops *ops, __u32 offset, __u32 kind)
{
	__u8 *header = ops->skb_data, *end = ops->skb_data_end, *option;
	__u32 len;

	offset = within_header(offset);
	option = header + offset;
	/* What is to be found has more than one byte. */
	if (option + 2 > end)
		return 0;
	if (option[0] == 0)
		return 0;
	if (option[0] == 1)
		return offset + 1;
	len = option[1];
	if (len < 2)
		return 0;
	if (option[0] == kind && len == LEN_V4 && option + LEN_V4 <= end)
		return FOUND | offset;
	if (option[0] == kind && len == LEN_V6 && option + LEN_V6 <= end)
		return FOUND | offset;
	return offset + len < HEADER_MAX ? offset + len : 0;
}

/* Where in the header the option is, 0 where it is not. */
INLINE __u32 find(struct bpf_sock_ops *ops)
{
	__u32 kind = setting(SETTING_KIND), offset = OPTIONS;
	int found, i;

	for (i = 0; i < HEADER_MAX - OPTIONS; i++) {
		found = look_at(ops, offset, kind);
		if (found <= 0)
			return 0;
		if (found & FOUND)
			return found & ~FOUND;
		offset = found;
	}
	return 0;
}

/* Reads the option at an offset. */
INLINE int read(struct bpf_sock_ops *ops, __u32 offset, struct client *client)
{
	__u8 *header = ops->skb_data, *end = ops->skb_data_end, *option;

	option = header + within_header(offset);
	if (option + LEN_V4 > end)
		return 0;
	__builtin_memset(client, 0, sizeof(*client));
	__builtin_memcpy(&client->port, option + 2, 2);
	if (option[1] == LEN_V4) {
		client->family = AF_INET;
		__builtin_memcpy(client->addr, option + 4, 4);
		return 1;
	}
	if (option + LEN_V6 > end)
		return 0;
	client->family = AF_INET6;
	__builtin_memcpy(client->addr, option + 4, 16);
	return 1;
}

/* Whether the other end is a director. An IPv6 socket has the IPv4 ones mapped. */
INLINE int is_from_director(struct bpf_sock_ops *ops)
{
	struct prefix prefix;
	__u32 addr[4] = {};

	if (setting(SETTING_ANY_DIRECTOR))
		return 1;
	prefix.bits = 8 * (sizeof(prefix.family) + sizeof(prefix.addr));
	prefix.family = 6;
	if (ops->family == AF_INET) {
		prefix.family = 4;
		addr[0] = ops->remote_ip4;
	} else {
		addr[0] = ops->remote_ip6[0];
		addr[1] = ops->remote_ip6[1];
		addr[2] = ops->remote_ip6[2];
		addr[3] = ops->remote_ip6[3];
		if (!addr[0] && !addr[1] && addr[2] == NETWORK32(0xffff)) {
			prefix.family = 4;
			addr[0] = addr[3];
			addr[2] = 0;
			addr[3] = 0;
		}
	}
	__builtin_memcpy(prefix.addr, addr, sizeof(addr));
	return map_lookup(&directors, &prefix) != 0;
}

/* Keeps the client with the socket, and with the one that the application has where that is one of MPTCP: who is there first
 * stays, as the subflows of one connection may be of several addresses. */
INLINE void keep(struct bpf_sock_ops *ops, struct client *client)
{
	struct bpf_sock *sk = ops->sk;
	struct mptcp_sock *mptcp;

	if (!sk)
		return;
	storage_get(&clients, sk, client, BPF_SK_STORAGE_GET_F_CREATE);
	mptcp = mptcp_of(sk);
	if (mptcp)
		storage_get(&clients, mptcp, client, BPF_SK_STORAGE_GET_F_CREATE);
}

/* The packet that completes a connection is here. */
INLINE void established(struct bpf_sock_ops *ops)
{
	int is_believed = is_from_director(ops);
	struct client client;
	__u32 offset = find(ops);

	if (!offset || !read(ops, offset, &client)) {
		count(is_believed ? WITHOUT_OPTION : DIRECT);
		/* It may have been lost with the packet that had it: look at later ones. */
		if (is_believed)
			callbacks_set(ops, ops->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_PARSE_UNKNOWN_HDR_OPT_CB_FLAG);
		return;
	}
	if (!is_believed) {
		count(REFUSED);
		return;
	}
	count(WITH_OPTION);
	keep(ops, &client);
}

/* A later packet with an option that the kernel does not know. */
INLINE void later(struct bpf_sock_ops *ops)
{
	struct client client;
	__u32 offset = find(ops);

	if (!offset || !read(ops, offset, &client) || !is_from_director(ops))
		return;
	callbacks_set(ops, ops->bpf_sock_ops_cb_flags & ~BPF_SOCK_OPS_PARSE_UNKNOWN_HDR_OPT_CB_FLAG);
	count(WITH_OPTION_LATE);
	keep(ops, &client);
}

SECTION("sockops")
int read_option(struct bpf_sock_ops *ops)
{
	if (!setting(SETTING_ACTIVE))
		return 1;
	if (ops->op == BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB)
		established(ops);
	else if (ops->op == BPF_SOCK_OPS_PARSE_HDR_OPT_CB)
		later(ops);
	return 1;
}

/* The client of a socket, if one is known. */
INLINE struct client *client_of(struct bpf_sock_addr *answer)
{
	struct bpf_sock *sk = answer->sk;

	if (!sk || !setting(SETTING_ACTIVE))
		return 0;
	return storage_get(&clients, sk, 0, 0);
}

SECTION("cgroup/getpeername4")
int answer4(struct bpf_sock_addr *answer)
{
	struct client *client = client_of(answer);

	if (!client)
		return 1;
	if (client->family != AF_INET) {
		count(NOT_SHOWN);
		return 1;
	}
	answer->user_ip4 = client->addr[0];
	answer->user_port = client->port;
	return 1;
}

SECTION("cgroup/getpeername6")
int answer6(struct bpf_sock_addr *answer)
{
	struct client *client = client_of(answer);

	if (!client)
		return 1;
	if (client->family == AF_INET) {
		answer->user_ip6[0] = 0;
		answer->user_ip6[1] = 0;
		answer->user_ip6[2] = NETWORK32(0xffff);
		answer->user_ip6[3] = client->addr[0];
	} else {
		answer->user_ip6[0] = client->addr[0];
		answer->user_ip6[1] = client->addr[1];
		answer->user_ip6[2] = client->addr[2];
		answer->user_ip6[3] = client->addr[3];
	}
	answer->user_port = client->port;
	return 1;
}

/* The kernel's functions are for programs of its licence. */
char licence_of_programs[] SECTION("license") = "GPL v2";
