// SPDX-License-Identifier: GPL-2.0-only

#include <net/inet_hashtables.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/sock.h>
#include <net/tcp_states.h>
#include <net/udp.h>

/* Whether a TCP or UDP socket of the namespace may have this local port: false where the bucket
 * that tells which ports are taken is empty. All sockets with the port are there, connected or not
 * (inet_hash_connect(), __inet_inherit_port(), udp_lib_get_port()). */
__rvs_helper bool rvs_helper_tcp_port_may_be_taken(const struct net *net, u16 port)
{
	const struct inet_hashinfo *hashinfo = net->ipv4.tcp_death_row.hashinfo;
	u32 bucket = inet_bhashfn(net, port, hashinfo->bhash_size);

	return !hlist_empty(&hashinfo->bhash[bucket].chain);
}

__rvs_helper bool rvs_helper_udp_port_may_be_taken(const struct net *net, u16 port)
{
	return !hlist_empty(&udp_hashslot(net->ipv4.udp_table, net, port)->head);
}

/* Whether one has it. The tables are those of all namespaces, and other ports are in the same bucket.
 * Under RCU. */
__rvs_helper bool rvs_helper_tcp_port_is_taken(const struct net *net, u16 port)
{
	const struct inet_hashinfo *hashinfo = net->ipv4.tcp_death_row.hashinfo;
	const struct inet_bind_bucket *taken;
	u32 bucket = inet_bhashfn(net, port, hashinfo->bhash_size);

	hlist_for_each_entry_rcu(taken, &hashinfo->bhash[bucket].chain, node)
		if (taken->port == port && net_eq(ib_net(taken), net))
			return true;
	return false;
}

__rvs_helper bool rvs_helper_udp_port_is_taken(const struct net *net, u16 port)
{
	const struct udp_hslot *slot = udp_hashslot(net->ipv4.udp_table, net, port);
	const struct sock *sk;

	sk_for_each_rcu(sk, &slot->head)
		if (READ_ONCE(inet_sk(sk)->inet_num) == port && net_eq(sock_net(sk), net))
			return true;
	return false;
}

/* Whether a TCP connection of this host, open or about to be, takes the packet;
 * one that is over and only waits does not. Addresses and ports in network
 * order; the packet is at LOCAL_IN. */
__rvs_helper bool rvs_helper_tcp_is_connected(struct net *net, const struct sk_buff *skb,
					      u32 source_be, u16 source_port_be,
					      u32 destination_be, u16 destination_port_be)
{
	/* This takes a reference, of whatever kind of socket it is. */
	struct sock *sk = __inet_lookup_established(net, (__force __be32)source_be,
						    (__force __be16)source_port_be,
						    (__force __be32)destination_be,
						    ntohs((__force __be16)destination_port_be),
						    inet_iif(skb), inet_sdif(skb));
	bool connected;

	if (!sk)
		return false;
	connected = READ_ONCE(sk->sk_state) != TCP_TIME_WAIT;
	sock_gen_put(sk);
	return connected;
}

/* Which UDP socket of this host takes the packet: 0 for none, 1 for one that
 * takes packets of anybody, 2 for one that is connected to the sender. Under
 * RCU; no reference is taken. Otherwise as above. */
__rvs_helper u32 rvs_helper_udp_socket(struct net *net, const struct sk_buff *skb, u32 source_be,
				       u16 source_port_be, u32 destination_be,
				       u16 destination_port_be)
{
	const struct sock *sk = __udp4_lib_lookup(net, (__force __be32)source_be,
						  (__force __be16)source_port_be,
						  (__force __be32)destination_be,
						  (__force __be16)destination_port_be,
						  inet_iif(skb), inet_sdif(skb), NULL);

	if (!sk)
		return 0;
	return READ_ONCE(sk->sk_state) == TCP_ESTABLISHED ? 2 : 1;
}
