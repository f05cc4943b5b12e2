// SPDX-License-Identifier: GPL-2.0-only

#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/netfilter_bridge.h>
#include <linux/sctp.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/gso.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/sock.h>

__rvs_helper u8 *rvs_helper_skb_network_header(const struct sk_buff *skb)
{
	return skb_network_header(skb);
}

/* Bytes from the network header to the end of the linear part. */
__rvs_helper u32 rvs_helper_skb_network_headlen(const struct sk_buff *skb)
{
	return skb_headlen(skb) - skb_network_offset(skb);
}

/* Bytes from the network header to the end of the packet. */
__rvs_helper u32 rvs_helper_skb_network_len(const struct sk_buff *skb)
{
	return skb->len - skb_network_offset(skb);
}

__rvs_helper bool rvs_helper_pskb_network_may_pull(struct sk_buff *skb, u32 len)
{
	return pskb_network_may_pull(skb, len);
}

__rvs_helper int rvs_helper_skb_ensure_network_writable(struct sk_buff *skb, u32 len)
{
	unsigned int end = skb_network_offset(skb) + len;

	/* Nearly always so; the rest is worth a call. */
	if (likely(end <= skb_headlen(skb) && !skb_cloned(skb)))
		return 0;
	return skb_ensure_writable(skb, end);
}

/* What else may leave the outer checksum of UDP to be completed: a burst of
 * tunnel packets, whose outer headers are made when it is taken apart. */
static noinline __cold bool rvs_csum_is_of_tunnel(const struct sk_buff *skb, u32 field)
{
	return field == offsetof(struct udphdr, check) && skb_is_gso(skb) &&
	       skb_shinfo(skb)->gso_type & SKB_GSO_UDP_TUNNEL_CSUM;
}

/* Whether the checksum at `field` of the header that begins `header` bytes
 * behind the network header is to be completed by the device. */
__rvs_helper bool rvs_helper_skb_csum_is_partial(const struct sk_buff *skb, u32 header,
						 u32 field)
{
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return false;
	/* Both count from the head of the buffer. */
	if (likely(skb->csum_start == skb->network_header + header && skb->csum_offset == field))
		return true;
	return rvs_csum_is_of_tunnel(skb, field);
}

static noinline __cold int rvs_complete_crc(struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NET_CRC32C)
	/* Those are taken apart before. */
	if (skb_is_gso(skb) ||
	    !pskb_may_pull(skb, skb_checksum_start_offset(skb) + sizeof(struct sctphdr)))
		return -EINVAL;
	return skb_crc32c_csum_help(skb);
#else
	return -EINVAL;
#endif
}

/* Makes the CRC32c of a packet that is left to the device, if it is. 0, or an error. */
__rvs_helper int rvs_helper_skb_complete_crc(struct sk_buff *skb)
{
	if (likely(skb->ip_summed != CHECKSUM_PARTIAL || !skb_csum_is_sctp(skb)))
		return 0;
	return rvs_complete_crc(skb);
}

/* Copies the first `len` bytes from the network header on, wherever they are. */
__rvs_helper bool rvs_helper_skb_network_copy(const struct sk_buff *skb, u8 *to, u32 len)
{
	return !skb_copy_bits(skb, skb_network_offset(skb), to, len);
}

/* After a rewrite a CHECKSUM_COMPLETE sum no longer matches the data. */
__rvs_helper void rvs_helper_skb_forward_csum(struct sk_buff *skb)
{
	skb_forward_csum(skb);
}

__rvs_helper bool rvs_helper_skb_is_to_this_host(const struct sk_buff *skb)
{
	return skb->pkt_type == PACKET_HOST;
}

/* Whether a bridge only shows the packet to the IPv4 hooks (br_netfilter): it
 * may be for another host then, whatever its type says. */
__rvs_helper bool rvs_helper_skb_is_bridged(const struct sk_buff *skb)
{
	return nf_bridge_info_exists(skb);
}

__rvs_helper bool rvs_helper_skb_is_gso(const struct sk_buff *skb)
{
	return skb_is_gso(skb);
}

__rvs_helper bool rvs_helper_skb_gso_fits(const struct sk_buff *skb, u32 mtu)
{
	return skb_gso_validate_network_len(skb, mtu);
}

/* The stack need not stick to the DF of a packet that came as fragments which had it
 * each: it does the same for those that it collects by itself on their way through.
 * The size of the largest one. */
__rvs_helper u32 rvs_helper_skb_send_fragments(struct sk_buff *skb)
{
	skb->ignore_df = 1;
	return IPCB(skb)->frag_max_size;
}

/* Leaves of a packet the first `len` bytes, which are one segment whose checksums are
 * complete, and nobody else's. */
__rvs_helper int rvs_helper_skb_cut(struct sk_buff *skb, u32 len)
{
	unsigned int end = skb_network_offset(skb) + len;
	int err = skb_unclone(skb, GFP_ATOMIC);

	if (!err)
		err = pskb_trim(skb, end);
	if (err)
		return err;
	if (!pskb_may_pull(skb, end))
		return -ENOMEM;
	skb_gso_reset(skb);
	skb->ip_summed = CHECKSUM_NONE;
	return 0;
}

/* Has a packet end `len` bytes behind its network header, be linear, nobody else's, and
 * one, if it stands for several. What it gets longer by is zero. */
__rvs_helper int rvs_helper_skb_resize(struct sk_buff *skb, u32 len)
{
	unsigned int end = skb_network_offset(skb) + len;
	unsigned int more = end > skb->len ? end - skb->len : 0;
	int err;

	err = skb_unclone(skb, GFP_ATOMIC);
	if (!err)
		err = skb_linearize(skb);
	if (!err && more > skb_tailroom(skb))
		err = pskb_expand_head(skb, 0, more - skb_tailroom(skb), GFP_ATOMIC);
	if (err)
		return err;
	skb_gso_reset(skb);
	if (!more)
		return pskb_trim(skb, end);
	skb_put_zero(skb, more);
	return 0;
}

/* Whether a packet stands for several that are a list, each with headers of its own. */
__rvs_helper bool rvs_helper_skb_is_list(const struct sk_buff *skb)
{
	return skb_is_gso(skb) && skb_shinfo(skb)->gso_type & SKB_GSO_FRAGLIST;
}

/* Bytes of payload in each of the packets that a GSO packet stands for, but the last. */
__rvs_helper u32 rvs_helper_skb_gso_size(const struct sk_buff *skb)
{
	return skb_shinfo(skb)->gso_size;
}

/* Has the first `len` bytes of a packet be linear and nobody else's, and `growth` bytes of room
 * before them. 0, or an error; the packet means the same as before in either case. */
__rvs_helper int rvs_helper_skb_make_front(struct sk_buff *skb, u32 growth, u32 len)
{
	int err;

	/* So it is in each hook of IP. */
	if (unlikely(skb_network_offset(skb)) || unlikely(skb->encapsulation) ||
	    unlikely(rvs_helper_skb_is_list(skb)))
		return -EINVAL;
	/* TCP itself keeps a clone of what it sends, which shares the payload alone. */
	err = skb_cow_head(skb, growth);
	if (err)
		return err;
	return rvs_helper_skb_ensure_network_writable(skb, len);
}

/* Has a packet for which rvs_helper_skb_make_front() was called begin `growth` bytes earlier: its
 * headers have been moved there, by their full length, and what has come between them and the
 * payload is theirs. What was in front of it is overwritten, so there is no header of the link any
 * more, and no metadata. The segments of a GSO packet keep their payload, and get as much longer. */
__rvs_helper void rvs_helper_skb_grow_front(struct sk_buff *skb, u32 growth)
{
	__skb_push(skb, growth);
	skb->network_header -= growth;
	if (skb_transport_header_was_set(skb))
		skb->transport_header -= growth;
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		skb->csum_start -= growth;
	/* Others may share it, of a packet of TCP, which has none. */
	if (unlikely(skb_metadata_len(skb)))
		skb_metadata_clear(skb);
	skb_unset_mac_header(skb);
	/* A sum that the device made does not cover it. */
	skb_forward_csum(skb);
}

__rvs_helper void rvs_helper_kfree_skb(struct sk_buff *skb)
{
	kfree_skb_reason(skb, SKB_DROP_REASON_NETFILTER_DROP);
}

/* Without it a packet that was sent to a real server would be balanced again and
 * again, on its way out. */
#if !IS_ENABLED(CONFIG_IP_VS)
#error "RVS needs a kernel with CONFIG_IP_VS (y or m): without it packets have no mark that tells those balanced already"
#endif

/* Whether the packet has passed IPVS or RVS already. */
__rvs_helper bool rvs_helper_skb_ipvs_property(const struct sk_buff *skb)
{
	return skb->ipvs_property;
}

__rvs_helper void rvs_helper_skb_set_ipvs_property(struct sk_buff *skb)
{
	skb->ipvs_property = 1;
}

__rvs_helper u32 rvs_helper_skb_mark(const struct sk_buff *skb)
{
	return skb->mark;
}

/* A received packet that leaves again must not keep the local socket that
 * early demux found, nor its receive timestamp. */
__rvs_helper void rvs_helper_skb_scrub_ingress(struct sk_buff *skb)
{
	if (skb->dev) {
		skb_orphan(skb);
		skb_clear_tstamp(skb);
	}
}

/* A raw socket that asked for its packets not to be touched (IP_NODEFRAG). */
__rvs_helper bool rvs_helper_skb_sock_is_nodefrag(const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	return sk && sk->sk_family == PF_INET && sk_fullsock(sk) &&
	       inet_test_bit(NODEFRAG, sk);
}
