// SPDX-License-Identifier: GPL-2.0-only

#include <net/genetlink.h>
#include <net/netlink.h>

__rvs_helper struct net *rvs_helper_genl_info_net(const struct genl_info *info)
{
	return genl_info_net(info);
}

__rvs_helper const struct genl_info *rvs_helper_genl_info_dump(struct netlink_callback *cb)
{
	return genl_info_dump(cb);
}

__rvs_helper void *rvs_helper_netlink_callback_ctx(struct netlink_callback *cb)
{
	return cb->ctx;
}

__rvs_helper u32 rvs_helper_netlink_callback_portid(const struct netlink_callback *cb)
{
	return NETLINK_CB(cb->skb).portid;
}

/* The attributes of a request as they came, and how many bytes they are. */
__rvs_helper const void *
rvs_helper_netlink_callback_attributes(const struct netlink_callback *cb)
{
	return nlmsg_attrdata(cb->nlh, GENL_HDRLEN);
}

__rvs_helper int rvs_helper_netlink_callback_attributes_len(const struct netlink_callback *cb)
{
	return nlmsg_attrlen(cb->nlh, GENL_HDRLEN);
}

/* What nl_dump_check_consistent() compares between the parts of a dump. */
__rvs_helper void rvs_helper_netlink_callback_set_seq(struct netlink_callback *cb, u32 seq)
{
	cb->seq = seq;
}

__rvs_helper struct netlink_ext_ack *
rvs_helper_netlink_callback_extack(const struct netlink_callback *cb)
{
	return cb->extack;
}

__rvs_helper int rvs_helper_skb_len(const struct sk_buff *skb)
{
	return skb->len;
}

__rvs_helper struct sk_buff *rvs_helper_genlmsg_new(size_t payload)
{
	return genlmsg_new(payload, GFP_KERNEL);
}

__rvs_helper struct sk_buff *rvs_helper_genlmsg_new_nowait(size_t payload)
{
	return genlmsg_new(payload, GFP_NOWAIT);
}

__rvs_helper bool rvs_helper_genl_has_listeners(const struct genl_family *family, struct net *net,
						unsigned int group)
{
	return genl_has_listeners(family, net, group);
}

/* Takes the buffer. */
__rvs_helper int rvs_helper_genlmsg_multicast(const struct genl_family *family, struct net *net,
					      struct sk_buff *skb, unsigned int group)
{
	return genlmsg_multicast_netns(family, net, skb, 0, group, GFP_NOWAIT);
}

__rvs_helper void rvs_helper_genlmsg_end(struct sk_buff *skb, void *header)
{
	genlmsg_end(skb, header);
}

__rvs_helper void rvs_helper_genlmsg_cancel(struct sk_buff *skb, void *header)
{
	genlmsg_cancel(skb, header);
}

__rvs_helper int rvs_helper_genlmsg_reply(struct sk_buff *skb, struct genl_info *info)
{
	return genlmsg_reply(skb, info);
}

__rvs_helper void rvs_helper_nlmsg_free(struct sk_buff *skb)
{
	nlmsg_free(skb);
}

__rvs_helper void rvs_helper_genl_dump_check_consistent(struct netlink_callback *cb,
							 void *header)
{
	genl_dump_check_consistent(cb, header);
}

__rvs_helper struct nlattr *rvs_helper_nla_nest_start(struct sk_buff *skb, int type)
{
	return nla_nest_start_noflag(skb, type);
}

__rvs_helper void rvs_helper_nla_nest_end(struct sk_buff *skb, struct nlattr *start)
{
	nla_nest_end(skb, start);
}

__rvs_helper int rvs_helper_nla_put_uint(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_uint(skb, type, value);
}

__rvs_helper const void *rvs_helper_nla_data(const struct nlattr *attribute)
{
	return nla_data(attribute);
}

__rvs_helper int rvs_helper_nla_len(const struct nlattr *attribute)
{
	return nla_len(attribute);
}

/* The text is not copied before the answer is sent: it must be static. */
__rvs_helper void rvs_helper_extack_set(struct netlink_ext_ack *extack, const char *text,
					const struct nlattr *attribute)
{
	if (!extack)
		return;
	extack->_msg = text;
	extack->bad_attr = attribute;
}

/* A text that is copied, as far as there is room. */
__rvs_helper void rvs_helper_extack_set_copied(struct netlink_ext_ack *extack, const char *text,
					       const struct nlattr *attribute)
{
	if (!extack)
		return;
	strscpy(extack->_msg_buf, text, sizeof(extack->_msg_buf));
	extack->_msg = extack->_msg_buf;
	extack->bad_attr = attribute;
}

__rvs_helper void rvs_helper_extack_set_missing(struct netlink_ext_ack *extack, const char *text,
						const struct nlattr *nest, int type)
{
	if (!extack)
		return;
	extack->_msg = text;
	extack->miss_type = type;
	extack->miss_nest = nest;
}
