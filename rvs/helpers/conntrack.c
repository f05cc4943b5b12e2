// SPDX-License-Identifier: GPL-2.0-only

#include <linux/module.h>
#include <linux/netfilter.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_extend.h>
#include <net/netfilter/nf_conntrack_seqadj.h>
#include <net/netfilter/nf_conntrack_zones.h>

/* Connection tracking shall neither see nor translate what RVS translates. */
__rvs_helper void rvs_helper_skb_untrack(struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	if (ct || ctinfo != IP_CT_UNTRACKED) {
		nf_reset_ct(skb);
		nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	}
#endif
}

/* Has the entry of a packet, which is new, expect replies from `source` instead
 * (`is_source`), or to it. `port_be` is in network order. False, and nothing changed,
 * when the entry is not new and expects others. Packets without an entry, and those
 * against the direction of theirs, are left alone. */
__rvs_helper bool rvs_helper_skb_ct_expect(struct sk_buff *skb, const u8 *address, u32 length,
					   u16 port_be, bool is_source)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);
	struct nf_conntrack_tuple reply;
	union nf_inet_addr wanted = {};

	if (!ct || nf_ct_is_template(ct) || CTINFO2DIR(ctinfo) != IP_CT_DIR_ORIGINAL)
		return true;
	memcpy(&wanted, address, min_t(u32, length, sizeof(wanted)));
	reply = ct->tuplehash[IP_CT_DIR_REPLY].tuple;
	if (nf_ct_is_confirmed(ct) || nf_ct_is_dying(ct))
		return !is_source || (nf_inet_addr_cmp(&reply.src.u3, &wanted) &&
				      reply.src.u.all == (__force __be16)port_be);
	if (is_source) {
		reply.src.u3 = wanted;
		reply.src.u.all = (__force __be16)port_be;
	} else {
		reply.dst.u3 = wanted;
		reply.dst.u.all = (__force __be16)port_be;
	}
	nf_conntrack_alter_reply(ct, &reply);
#endif
	return true;
}

/* Puts the entry of a packet into the table, before the packet is another one's
 * inside. False when the packet is to be dropped. */
__rvs_helper bool rvs_helper_skb_ct_confirm(struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	const struct nf_ct_hook *hook = rcu_dereference(nf_ct_hook);
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	if (hook && ct && !nf_ct_is_template(ct) && !nf_ct_is_confirmed(ct))
		return hook->confirm(skb) == NF_ACCEPT;
#endif
	return true;
}

/* Makes room in the entry of a packet, which is new, for moved sequence numbers: as
 * nfct_seqadj_ext_add(), which would depend on the module of connection tracking. */
__rvs_helper void rvs_helper_skb_ct_let_numbers_move(struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);
	struct nf_ct_ext *ext;
	size_t begin, end;

	/* An entry in the table is looked at by others, who do not expect another place. */
	if (!ct || nf_ct_is_template(ct) || nf_ct_is_confirmed(ct) || nfct_seqadj(ct))
		return;
	begin = ALIGN(ct->ext ? ct->ext->len : sizeof(*ext), __alignof__(*ext));
	end = begin + sizeof(struct nf_conn_seqadj);
	if (end > U8_MAX)
		return;
	/* Those of other kinds, if there are more to come, make room for themselves. */
	ext = krealloc(ct->ext, end, GFP_ATOMIC);
	if (!ext)
		return;
	if (!ct->ext)
		memset(ext, 0, sizeof(*ext));
	memset((u8 *)ext + begin, 0, end - begin);
	ext->offset[NF_CT_EXT_SEQADJ] = begin;
	ext->len = end;
	ct->ext = ext;
#endif
}

/* Tells the entry of a packet by how much the sequence numbers of its direction are
 * moved: `after` from number `from` of the receiver on, `before` up to there. Without
 * IPS_SEQ_ADJUST, by which connection tracking would move them once more. */
__rvs_helper void rvs_helper_skb_ct_numbers_move(struct sk_buff *skb, u32 from, u32 before,
						 u32 after)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);
	struct nf_conn_seqadj *numbers;
	struct nf_ct_seqadj *this_way;

	if (!ct || nf_ct_is_template(ct))
		return;
	numbers = nfct_seqadj(ct);
	if (!numbers)
		return;
	spin_lock_bh(&ct->lock);
	this_way = &numbers->seq[CTINFO2DIR(ctinfo)];
	/* The number before the one acknowledged is asked for, and has to be behind. */
	this_way->correction_pos = from - 2;
	this_way->offset_before = before;
	this_way->offset_after = after;
	spin_unlock_bh(&ct->lock);
#endif
}

/* Takes a reference on the module that tracks connections, if it is there, and returns
 * two functions of it: what finds an entry, and what deletes one. */
__rvs_helper bool rvs_helper_ct_module_get(unsigned long *find, unsigned long *delete)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	*find = (unsigned long)symbol_get(nf_conntrack_find_get);
	if (!*find)
		return false;
	*delete = (unsigned long)symbol_get(nf_ct_delete);
	if (*delete)
		return true;
	symbol_put(nf_conntrack_find_get);
#endif
	return false;
}

__rvs_helper void rvs_helper_ct_module_put(void)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	symbol_put(nf_ct_delete);
	symbol_put(nf_conntrack_find_get);
#endif
}

/* Deletes the entry that has begun with packets of this tuple, by the two functions of
 * rvs_helper_ct_module_get(). Not in a namespace that is going: connection tracking may
 * be gone there. Ports are in network order. */
__rvs_helper void rvs_helper_ct_end(struct net *net, unsigned long find, unsigned long delete,
				    u8 family, u8 protocol, const u8 *source, u16 source_port_be,
				    const u8 *destination, u16 destination_port_be, u32 length)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	typeof(&nf_conntrack_find_get) find_get = (void *)find;
	typeof(&nf_ct_delete) delete_entry = (void *)delete;
	struct nf_conntrack_tuple tuple = {
		.src = { .l3num = family, .u.all = (__force __be16)source_port_be },
		.dst = { .protonum = protocol, .u.all = (__force __be16)destination_port_be,
			 .dir = IP_CT_DIR_ORIGINAL },
	};
	struct nf_conntrack_tuple_hash *found;

	memcpy(&tuple.src.u3, source, min_t(u32, length, sizeof(tuple.src.u3)));
	memcpy(&tuple.dst.u3, destination, min_t(u32, length, sizeof(tuple.dst.u3)));
	if (!maybe_get_net(net))
		return;
	found = find_get(net, &nf_ct_zone_dflt, &tuple);
	if (found) {
		struct nf_conn *ct = nf_ct_tuplehash_to_ctrack(found);

		delete_entry(ct, 0, 0);
		/* As nf_ct_put(), without the dependency on the module. */
		nf_conntrack_put(&ct->ct_general);
	}
	put_net(net);
#endif
}
