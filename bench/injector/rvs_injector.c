// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments of TCP connections, or packets of one SCTP association, received
 * on a device as a driver's NAPI poll would have it: pktgen has UDP only, and
 * nothing it makes passes GRO.
 *
 * Writing to the parameter `send`
 *
 *	DEVICE MAC SADDR DADDR SPORT DPORT FLAGS SEGMENTS GRO SADDRS DADDRS
 *
 * (addresses and FLAGS in hexadecimal) injects SEGMENTS segments into DEVICE of
 * the writer's network namespace, and returns when the stack is done with them.
 * Segments come from SADDRS addresses from SADDR on by turns, or go to DADDRS
 * from DADDR on: a connection each. One of both numbers is 1; of SCTP both are.
 * With GRO they go through napi_gro_receive(), which makes one packet of each
 * MERGED of a connection; without, through netif_receive_skb(). A segment with
 * FLAGS of ACK alone carries PAYLOAD bytes. FLAGS from 100 on are an SCTP packet
 * with a chunk of the type that is more than that, of which DATA (0) carries as
 * many. The parameter `nanoseconds` tells how long it took.
 *
 * The first sequence number of either end is 0. The same MERGED segments of a
 * connection come over and over: their receiver's window has room for more
 * (conntrack looks), and nobody says that they have arrived.
 *
 * Writing an address in hexadecimal to the parameter `apart` fails with EEXIST
 * when it shares a hash chain with one that the writer's network namespace has
 * itself: routing looks for the source of every packet there. Writing
 *
 *	DEVICE ADDRESS
 *
 * to the parameter `foremost` fails with EEXIST when the neighbour with this
 * address on DEVICE of that namespace is not the first of its hash chain, and
 * with ENODEV when there is no such device.
 */

#include <linux/hash.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/hex.h>
#include <net/arp.h>
#include <net/ip.h>
#include <net/neighbour.h>
#include <net/net_namespace.h>
#include <net/netns/hash.h>

#include "segment.h"

/* A packet of 1480 bytes, which fits into 1500 with the header of a tunnel. */
#define PAYLOAD 1440
/* What fits into the fragments of one skb. */
#define MERGED 16
/* FLAGS of SCTP. */
#define CHUNK 0x100
/* Less than a poll's budget of 64, so that each poll is complete. */
#define BATCH (3 * MERGED)

static struct {
	struct net_device *device;
	struct headers headers;
	struct sctp_headers sctp_headers;
	bool sctp;
	unsigned int saddrs;
	unsigned int daddrs;
	/* Whose turn it is, and how many each connection has had. */
	unsigned int connection;
	unsigned int turn;
	unsigned int payload;
	unsigned int left;
	bool gro;
} job;

/* NAPI needs a device; this one is known to nobody. */
static struct net_device *poller;
static struct napi_struct napi;
/* Contents of all segments: nobody reads them. */
static struct page *payload;
static DEFINE_MUTEX(lock);

static unsigned long nanoseconds;
module_param(nanoseconds, ulong, 0444);
MODULE_PARM_DESC(nanoseconds, "Time the last injection took");

static struct sk_buff *make_chunk(void)
{
	struct sk_buff *skb = napi_alloc_skb(&napi, sizeof(job.sctp_headers));

	if (skb)
		skb_put_data(skb, &job.sctp_headers, sizeof(job.sctp_headers));
	return skb;
}

/* Of the connection whose turn it is; the next one's is next. */
static void take_turn(struct headers *headers)
{
	unsigned int number = job.turn % MERGED;

	be32_add_cpu(&headers->ip.saddr, job.connection % job.saddrs);
	be32_add_cpu(&headers->ip.daddr, job.connection % job.daddrs);
	ip_send_check(&headers->ip);
	be32_add_cpu(&headers->tcp.seq, number * job.payload);
	/* GRO ends a packet at a segment with PSH. */
	headers->tcp.psh = number == MERGED - 1;
	if (++job.connection == max(job.saddrs, job.daddrs)) {
		job.connection = 0;
		job.turn++;
	}
}

static struct sk_buff *make_tcp(void)
{
	struct sk_buff *skb = napi_alloc_skb(&napi, sizeof(struct headers));

	if (skb)
		take_turn(skb_put_data(skb, &job.headers, sizeof(job.headers)));
	return skb;
}

static struct sk_buff *make_segment(void)
{
	struct sk_buff *skb = job.sctp ? make_chunk() : make_tcp();

	if (!skb)
		return NULL;
	if (job.payload) {
		get_page(payload);
		skb_add_rx_frag(skb, 0, payload, 0, job.payload, PAGE_SIZE);
	}
	skb->protocol = eth_type_trans(skb, job.device);
	/* As a device does that has verified the checksum. */
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	return skb;
}

static int poll(struct napi_struct *self, int budget)
{
	unsigned int segments = min(job.left, BATCH);

	for (unsigned int i = 0; i < segments; i++) {
		struct sk_buff *skb = make_segment();

		if (!skb)
			break;
		if (job.gro)
			napi_gro_receive(self, skb);
		else
			netif_receive_skb(skb);
		job.left--;
	}
	napi_complete_done(self, segments);
	return segments;
}

static int inject(void)
{
	u64 begin = ktime_get_ns();

	while (job.left) {
		unsigned int before = job.left;

		local_bh_disable();
		napi_schedule(&napi);
		/* Runs the poll. */
		local_bh_enable();
		/* It had no memory, or ksoftirqd has it, which is not counted. */
		if (job.left == before)
			return -EAGAIN;
		cond_resched();
	}
	nanoseconds = ktime_get_ns() - begin;
	return 0;
}

static int send_set(const char *text, const struct kernel_param *parameter)
{
	char name[IFNAMSIZ], mac_text[18];
	unsigned int saddr, daddr, sport, dport, flags, segments, gro;
	unsigned int saddrs, daddrs;
	u8 mac[ETH_ALEN];
	int error;

	if (sscanf(text, "%15s %17s %x %x %u %u %x %u %u %u %u", name, mac_text,
		   &saddr, &daddr, &sport, &dport, &flags, &segments, &gro,
		   &saddrs, &daddrs) != 11 ||
	    !mac_pton(mac_text, mac) || !saddrs || !daddrs ||
	    min(saddrs, daddrs) > 1)
		return -EINVAL;

	mutex_lock(&lock);
	job.device = dev_get_by_name(current->nsproxy->net_ns, name);
	error = -ENODEV;
	if (!job.device)
		goto unlock;
	job.payload = flags == TCPHDR_ACK || flags == CHUNK ? PAYLOAD : 0;
	job.sctp = flags >= CHUNK;
	job.saddrs = saddrs;
	job.daddrs = daddrs;
	job.connection = 0;
	job.turn = 0;
	job.left = segments;
	job.gro = gro;
	if (job.sctp)
		make_sctp_headers(&job.sctp_headers, mac, saddr, daddr, sport,
				  dport, flags - CHUNK, job.payload);
	else
		make_headers(&job.headers, mac, saddr, daddr, sport, dport,
			     flags, job.payload);
	error = inject();
	dev_put(job.device);
unlock:
	mutex_unlock(&lock);
	return error;
}

static const struct kernel_param_ops send_ops = { .set = send_set };
module_param_cb(send, &send_ops, NULL, 0200);
MODULE_PARM_DESC(send,
		 "DEVICE MAC SADDR DADDR SPORT DPORT FLAGS SEGMENTS GRO SADDRS DADDRS");

/* As in net/ipv4/devinet.c. */
#define ADDRESS_HASH_BITS 8

static int apart_set(const char *text, const struct kernel_param *parameter)
{
	const struct net *net = current->nsproxy->net_ns;
	unsigned int address;
	u32 hash;

	if (kstrtouint(text, 16, &address))
		return -EINVAL;
	hash = hash_32(__ipv4_addr_hash(htonl(address), net_hash_mix(net)),
		       ADDRESS_HASH_BITS);
	return hlist_empty(&net->ipv4.inet_addr_lst[hash]) ? 0 : -EEXIST;
}

static const struct kernel_param_ops apart_ops = { .set = apart_set };
module_param_cb(apart, &apart_ops, NULL, 0200);
MODULE_PARM_DESC(apart, "ADDRESS");

/* Under RCU. As ___neigh_lookup_noref() of include/net/neighbour.h begins. */
static const struct neighbour *first_of_chain(__be32 address,
					      const struct net_device *device)
{
	struct neigh_hash_table *table = rcu_dereference(arp_tbl.nht);
	u32 hash = arp_tbl.hash(&address, device, table->hash_rnd) >>
		   (32 - table->hash_shift);

	return hlist_entry_safe(
		rcu_dereference(hlist_first_rcu(&table->hash_heads[hash])),
		struct neighbour, hash);
}

static int foremost_set(const char *text, const struct kernel_param *parameter)
{
	const struct neighbour *first;
	const struct net_device *device;
	char name[IFNAMSIZ];
	unsigned int number;
	__be32 address;
	int error = -ENODEV;

	if (sscanf(text, "%15s %x", name, &number) != 2)
		return -EINVAL;
	address = htonl(number);

	rcu_read_lock();
	device = dev_get_by_name_rcu(current->nsproxy->net_ns, name);
	if (device) {
		first = first_of_chain(address, device);
		error = first && first->dev == device &&
			neigh_key_eq32(first, &address) ? 0 : -EEXIST;
	}
	rcu_read_unlock();
	return error;
}

static const struct kernel_param_ops foremost_ops = { .set = foremost_set };
module_param_cb(foremost, &foremost_ops, NULL, 0200);
MODULE_PARM_DESC(foremost, "DEVICE ADDRESS");

static int __init injector_init(void)
{
	payload = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!payload)
		return -ENOMEM;
	poller = alloc_netdev_dummy(0);
	if (!poller) {
		__free_page(payload);
		return -ENOMEM;
	}
	netif_napi_add(poller, &napi, poll);
	napi_enable(&napi);
	return 0;
}
module_init(injector_init);

static void __exit injector_exit(void)
{
	napi_disable(&napi);
	netif_napi_del(&napi);
	free_netdev(poller);
	__free_page(payload);
}
module_exit(injector_exit);

MODULE_DESCRIPTION("Injects segments of TCP and packets of SCTP for the bench of RVS");
MODULE_AUTHOR("The RVS authors");
MODULE_LICENSE("GPL");
