// SPDX-License-Identifier: GPL-2.0-only

//! The stack of IPv4.
//!
//! C headers: [`include/net/ip.h`](srctree/include/net/ip.h),
//! [`include/net/route.h`](srctree/include/net/route.h)

use core::net::Ipv4Addr;

use kernel::prelude::*;

use crate::{
    bindings,
    logic::packet::{
        icmp::Message,
        ip::{
            V4,
            V6, //
        }, //
    },
};

use super::{
    super::{
        DefragmentAt,
        Route, //
    },
    CachedRoute,
    Stack, //
};

/// An address in network order.
#[inline(always)]
fn be(addr: Ipv4Addr) -> u32 {
    u32::from_ne_bytes(addr.octets())
}

// What each of them requires of its caller is what the C side does.
impl Stack for V4 {
    const HOOKS: u32 = bindings::NFPROTO_IPV4;
    type Other = V6;

    #[inline(always)]
    fn of_cached(route: &CachedRoute) -> Option<&Route<Self>> {
        match route {
            CachedRoute::V4(route) => Some(route),
            CachedRoute::V6(_) => None,
        }
    }

    fn into_cached(route: Route<Self>) -> CachedRoute {
        CachedRoute::V4(route)
    }

    #[inline(always)]
    unsafe fn defragment(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        at: DefragmentAt,
    ) -> c_int {
        let user = match at {
            DefragmentAt::LocalIn => bindings::ip_defrag_users_IP_DEFRAG_VS_IN,
            DefragmentAt::Forward => bindings::ip_defrag_users_IP_DEFRAG_VS_FWD,
            DefragmentAt::LocalOut => bindings::ip_defrag_users_IP_DEFRAG_VS_OUT,
        };
        // SAFETY: By the requirement.
        unsafe { bindings::helper_ip_defrag(net, skb, user) }
    }

    #[inline(always)]
    unsafe fn largest_fragment(skb: *mut bindings::sk_buff) -> u32 {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_skb_largest_fragment(skb) }
    }

    // The stack sends no header of fragments where there are none.
    #[inline(always)]
    unsafe fn leaves_whole(_skb: *mut bindings::sk_buff) -> bool {
        false
    }

    #[inline(always)]
    unsafe fn send_fragments(skb: *mut bindings::sk_buff) -> u32 {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_skb_send_fragments(skb) }
    }

    #[inline(always)]
    unsafe fn is_of_nodefrag_socket(skb: *mut bindings::sk_buff) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_skb_sock_is_nodefrag(skb) }
    }

    #[inline(always)]
    unsafe fn send_icmp(_net: *mut bindings::net, skb: *mut bindings::sk_buff, message: Message) {
        let Message { number, code, rest } = message;
        // SAFETY: By the requirement.
        unsafe { bindings::helper_icmp_send(skb, number.into(), code.into(), rest.to_be()) };
    }

    #[inline(always)]
    unsafe fn send_about(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        bytes: *const u8,
        len: u32,
    ) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_ip_send_about(net, skb, bytes, len) };
    }

    #[inline(always)]
    unsafe fn keeps_route(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        _dst: *mut bindings::dst_entry,
        _destination: Self::Addr,
    ) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_skb_keeps_route(net, skb) }
    }

    #[inline(always)]
    unsafe fn reroute(net: *mut bindings::net, skb: *mut bindings::sk_buff) -> c_int {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_ip_route_me_harder(net, skb) }
    }

    #[inline(always)]
    unsafe fn is_let_in(skb: *mut bindings::sk_buff) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_skb_is_let_in(skb) }
    }

    #[inline(always)]
    unsafe fn secure(skb: *mut bindings::sk_buff) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_skb_secure(skb) }
    }

    #[inline(always)]
    unsafe fn is_of_vrf(skb: *mut bindings::sk_buff) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_skb_is_of_vrf(skb) }
    }

    #[inline(always)]
    unsafe fn is_redirected(skb: *mut bindings::sk_buff) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_skb_is_redirected(skb) }
    }

    #[inline(always)]
    unsafe fn prioritize(net: *mut bindings::net, skb: *mut bindings::sk_buff, tos: u8) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_skb_prioritize(net, skb, tos) };
    }

    #[inline(always)]
    unsafe fn forget_inner(skb: *mut bindings::sk_buff, headers: u32, largest_fragment: u32) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_skb_forget_inner4(skb, headers, largest_fragment) };
    }

    #[inline(always)]
    unsafe fn send_as_own(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        dst: *mut bindings::dst_entry,
    ) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_ip_local_out(net, skb, dst) };
    }

    #[inline(always)]
    unsafe fn send(net: *mut bindings::net, skb: *mut bindings::sk_buff) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_ip_output(net, skb) };
    }

    #[inline(always)]
    unsafe fn pass_local_out(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        private: *const c_void,
    ) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_nf_pass_local_out(net, skb, private) }
    }

    #[inline(always)]
    unsafe fn pass_followers(
        skb: *mut bindings::sk_buff,
        state: *const bindings::nf_hook_state,
        private: *const c_void,
    ) -> c_int {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_nf_pass_followers(skb, state, private) }
    }

    #[inline(always)]
    unsafe fn pass_post_routing(net: *mut bindings::net, skb: *mut bindings::sk_buff) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_ip_post_routing(net, skb) }
    }

    #[inline(always)]
    unsafe fn output_shown(net: *mut bindings::net, skb: *mut bindings::sk_buff) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_ip_output_shown(net, skb) };
    }

    #[inline(always)]
    unsafe fn count_output(net: *mut bindings::net, skb: *mut bindings::sk_buff) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_ip_count_output(net, skb) };
    }

    #[inline(always)]
    unsafe fn transmit(
        skb: *mut bindings::sk_buff,
        dst: *mut bindings::dst_entry,
        neighbour: *mut bindings::neighbour,
    ) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_neighbour_transmit(skb, dst, neighbour, false) };
    }

    #[inline(always)]
    unsafe fn is_forwarded_plainly(skb: *mut bindings::sk_buff) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_skb_is_forwarded_plainly(skb) }
    }

    #[inline(always)]
    unsafe fn tunnel_begin_ipip(skb: *mut bindings::sk_buff, inner: u8) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_tunnel_begin_ipip4(skb, inner) };
    }

    #[inline(always)]
    unsafe fn tunnel_begin_gue(
        skb: *mut bindings::sk_buff,
        inner: u8,
        has_checksum: bool,
        remote: bool,
    ) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_tunnel_begin_gue4(skb, inner, has_checksum, remote) };
    }

    #[inline(always)]
    unsafe fn udp_checksum(skb: *mut bindings::sk_buff, ends: (Self::Addr, Self::Addr)) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_udp_checksum4(skb, be(ends.0), be(ends.1)) };
    }

    #[inline(always)]
    unsafe fn tunnel_push_ip(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        dst: *mut bindings::dst_entry,
        ends: (Self::Addr, Self::Addr),
        protocol: u8,
        ttl: u8,
        tos: u8,
        dont_fragment: bool,
    ) {
        let (source, destination) = (be(ends.0), be(ends.1));
        // SAFETY: By the requirement.
        unsafe {
            bindings::helper_tunnel_push_ip4(
                net,
                skb,
                dst,
                source,
                destination,
                protocol,
                ttl,
                tos,
                dont_fragment,
            );
        }
    }

    #[inline(always)]
    unsafe fn become_one_of(skb: *mut bindings::sk_buff, largest_fragment: u32) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_family_become4(skb, largest_fragment) };
    }

    // It may do without.
    #[inline(always)]
    unsafe fn make_udp_checksum(_skb: *mut bindings::sk_buff) {}

    #[inline(always)]
    unsafe fn identification(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        ends: (Self::Addr, Self::Addr),
        protocol: u8,
    ) -> u16 {
        let (source, destination) = (be(ends.0), be(ends.1));
        // SAFETY: By the requirement.
        unsafe { bindings::helper_family_identification4(net, skb, source, destination, protocol) }
    }

    #[inline(always)]
    unsafe fn icmp_checksum_is_right(skb: *mut bindings::sk_buff, offset: u32) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_icmp_checksum_is_right(skb, offset) }
    }

    #[inline(always)]
    unsafe fn learn_path_mtu(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        offset: u32,
        mtu: u32,
    ) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_learn_path_mtu(net, skb, offset, mtu) };
    }

    #[inline(always)]
    unsafe fn unwrap_embedded(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        offset: u32,
        header_len: u32,
    ) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_unwrap_embedded(net, skb, offset, header_len) }
    }

    #[inline(always)]
    unsafe fn route_output(
        net: *mut bindings::net,
        source: Self::Addr,
        destination: Self::Addr,
        known_next_hop: bool,
        vrf: u32,
    ) -> (*mut bindings::dst_entry, Self::Addr) {
        let mut source = be(source);
        // SAFETY: By the requirement.
        let dst = unsafe {
            bindings::helper_route_output4(net, be(destination), known_next_hop, vrf, &mut source)
        };
        (dst, Ipv4Addr::from(source.to_ne_bytes()))
    }

    #[inline(always)]
    unsafe fn route_generation(_net: *mut bindings::net) -> u32 {
        // Each route has it.
        0
    }

    #[inline(always)]
    unsafe fn route_stamp(_dst: *mut bindings::dst_entry, _generation: u32) -> u64 {
        0
    }

    #[inline(always)]
    unsafe fn route_is_valid(
        net: *mut bindings::net,
        dst: *mut bindings::dst_entry,
        _stamp: u64,
    ) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_route_is_valid(net, dst) }
    }

    #[inline(always)]
    unsafe fn has_valid_route(
        net: *mut bindings::net,
        _skb: *mut bindings::sk_buff,
        dst: *mut bindings::dst_entry,
        _destination: Ipv4Addr,
    ) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_route_is_valid(net, dst) }
    }

    #[inline(always)]
    unsafe fn route_may_be_kept(net: *mut bindings::net, dst: *mut bindings::dst_entry) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_route_may_be_kept(net, dst) }
    }

    #[inline(always)]
    unsafe fn route_is_plain(dst: *mut bindings::dst_entry) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_route_is_plain(dst) }
    }

    #[inline(always)]
    unsafe fn route_is_local(dst: *mut bindings::dst_entry) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_route_is_local(dst) }
    }

    #[inline(always)]
    unsafe fn route_mtu(dst: *mut bindings::dst_entry) -> u32 {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_route_mtu(dst) }
    }

    #[inline(always)]
    unsafe fn route_forward_mtu(net: *mut bindings::net, dst: *mut bindings::dst_entry) -> u32 {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_route_forward_mtu(net, dst) }
    }

    #[inline(always)]
    unsafe fn neighbour(
        dst: *mut bindings::dst_entry,
        destination: Self::Addr,
    ) -> *mut bindings::neighbour {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_route_neighbour(dst, be(destination)) }
    }

    #[inline(always)]
    unsafe fn has_rules(net: *mut bindings::net) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_net_has_rules(net) }
    }

    #[inline(always)]
    unsafe fn forwards(_net: *mut bindings::net) -> bool {
        // A change ends all routes.
        true
    }

    #[inline(always)]
    unsafe fn rules_tell_packets_apart(net: *mut bindings::net) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_net_rules_tell_packets_apart(net) }
    }

    #[inline(always)]
    unsafe fn address_type(net: *mut bindings::net, address: Self::Addr) -> u32 {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_inet_addr_type(net, be(address)) }
    }

    #[inline(always)]
    unsafe fn tcp_is_connected(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        src: (Self::Addr, u16),
        dst: (Self::Addr, u16),
    ) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_tcp_is_connected(net, skb, be(src.0), src.1, be(dst.0), dst.1) }
    }

    #[inline(always)]
    unsafe fn udp_socket(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        src: (Self::Addr, u16),
        dst: (Self::Addr, u16),
    ) -> u32 {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_udp_socket(net, skb, be(src.0), src.1, be(dst.0), dst.1) }
    }
}
