// SPDX-License-Identifier: GPL-2.0-only

//! The stack of IPv6.
//!
//! C headers: [`include/net/ipv6.h`](srctree/include/net/ipv6.h),
//! [`include/net/ip6_route.h`](srctree/include/net/ip6_route.h)

use core::net::Ipv6Addr;

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

// What each of them requires of its caller is what the C side does.
impl Stack for V6 {
    const HOOKS: u32 = bindings::NFPROTO_IPV6;
    type Other = V4;

    #[inline(always)]
    fn of_cached(route: &CachedRoute) -> Option<&Route<Self>> {
        match route {
            CachedRoute::V6(route) => Some(route),
            CachedRoute::V4(_) => None,
        }
    }

    fn into_cached(route: Route<Self>) -> CachedRoute {
        CachedRoute::V6(route)
    }

    #[inline(always)]
    unsafe fn defragment(
        _net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        at: DefragmentAt,
    ) -> c_int {
        match at {
            // SAFETY: By the requirement.
            DefragmentAt::LocalIn | DefragmentAt::Forward => unsafe {
                bindings::helper_ip6_defrag(skb)
            },
            // The stack makes fragments after this hook only.
            DefragmentAt::LocalOut => 0,
        }
    }

    #[inline(always)]
    unsafe fn largest_fragment(skb: *mut bindings::sk_buff) -> u32 {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_skb_largest_fragment6(skb) }
    }

    #[inline(always)]
    unsafe fn leaves_whole(skb: *mut bindings::sk_buff) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_skb_leaves_whole6(skb) }
    }

    #[inline(always)]
    unsafe fn send_fragments(skb: *mut bindings::sk_buff) -> u32 {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_skb_send_fragments6(skb) }
    }

    #[inline(always)]
    unsafe fn is_of_nodefrag_socket(_skb: *mut bindings::sk_buff) -> bool {
        false
    }

    #[inline(always)]
    unsafe fn send_icmp(net: *mut bindings::net, skb: *mut bindings::sk_buff, message: Message) {
        let Message { number, code, rest } = message;
        // SAFETY: By the requirement.
        unsafe { bindings::helper_icmpv6_send(net, skb, number.into(), code.into(), rest) };
    }

    #[inline(always)]
    unsafe fn send_about(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        bytes: *const u8,
        len: u32,
    ) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_ip6_send_about(net, skb, bytes, len) };
    }

    #[inline(always)]
    unsafe fn keeps_route(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        dst: *mut bindings::dst_entry,
        destination: Self::Addr,
    ) -> bool {
        let octets = destination.octets();
        // SAFETY: By the requirement; there are 16 octets.
        unsafe { bindings::helper_skb_has_valid_route6(net, skb, dst, octets.as_ptr()) }
    }

    #[inline(always)]
    unsafe fn reroute(net: *mut bindings::net, skb: *mut bindings::sk_buff) -> c_int {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_ip6_route_me_harder(net, skb) }
    }

    #[inline(always)]
    unsafe fn is_let_in(skb: *mut bindings::sk_buff) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_skb_is_let_in6(skb) }
    }

    #[inline(always)]
    unsafe fn secure(skb: *mut bindings::sk_buff) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_skb_secure6(skb) }
    }

    #[inline(always)]
    unsafe fn is_of_vrf(skb: *mut bindings::sk_buff) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_skb_is_of_vrf6(skb) }
    }

    #[inline(always)]
    unsafe fn is_redirected(skb: *mut bindings::sk_buff) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_skb_is_redirected6(skb) }
    }

    #[inline(always)]
    unsafe fn prioritize(_net: *mut bindings::net, _skb: *mut bindings::sk_buff, _tos: u8) {
        // The stack does not either.
    }

    #[inline(always)]
    unsafe fn forget_inner(skb: *mut bindings::sk_buff, headers: u32, largest_fragment: u32) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_skb_forget_inner6(skb, headers, largest_fragment) };
    }

    #[inline(always)]
    unsafe fn send_as_own(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        dst: *mut bindings::dst_entry,
    ) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_ip6_local_out(net, skb, dst) };
    }

    #[inline(always)]
    unsafe fn send(net: *mut bindings::net, skb: *mut bindings::sk_buff) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_ip6_output(net, skb) };
    }

    #[inline(always)]
    unsafe fn pass_local_out(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        private: *const c_void,
    ) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_nf_pass_local_out6(net, skb, private) }
    }

    #[inline(always)]
    unsafe fn pass_followers(
        skb: *mut bindings::sk_buff,
        state: *const bindings::nf_hook_state,
        private: *const c_void,
    ) -> c_int {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_nf_pass_followers6(skb, state, private) }
    }

    #[inline(always)]
    unsafe fn pass_post_routing(net: *mut bindings::net, skb: *mut bindings::sk_buff) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_ip6_post_routing(net, skb) }
    }

    #[inline(always)]
    unsafe fn output_shown(net: *mut bindings::net, skb: *mut bindings::sk_buff) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_ip6_output_shown(net, skb) };
    }

    #[inline(always)]
    unsafe fn count_output(net: *mut bindings::net, skb: *mut bindings::sk_buff) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_ip6_count_output(net, skb) };
    }

    #[inline(always)]
    unsafe fn transmit(
        skb: *mut bindings::sk_buff,
        dst: *mut bindings::dst_entry,
        neighbour: *mut bindings::neighbour,
    ) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_neighbour_transmit(skb, dst, neighbour, true) };
    }

    #[inline(always)]
    unsafe fn is_forwarded_plainly(skb: *mut bindings::sk_buff) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_skb_is_forwarded_plainly6(skb) }
    }

    #[inline(always)]
    unsafe fn tunnel_begin_ipip(skb: *mut bindings::sk_buff, inner: u8) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_tunnel_begin_ipip6(skb, inner) };
    }

    #[inline(always)]
    unsafe fn tunnel_begin_gue(
        skb: *mut bindings::sk_buff,
        inner: u8,
        has_checksum: bool,
        remote: bool,
    ) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_tunnel_begin_gue6(skb, inner, has_checksum, remote) };
    }

    #[inline(always)]
    unsafe fn udp_checksum(skb: *mut bindings::sk_buff, ends: (Self::Addr, Self::Addr)) {
        let (source, destination) = (ends.0.octets(), ends.1.octets());
        // SAFETY: By the requirement; addresses have 16 octets.
        unsafe {
            bindings::helper_udp_checksum6(skb, source.as_ptr(), destination.as_ptr());
        }
    }

    #[inline(always)]
    unsafe fn tunnel_push_ip(
        _net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        _dst: *mut bindings::dst_entry,
        ends: (Self::Addr, Self::Addr),
        protocol: u8,
        ttl: u8,
        tos: u8,
        _dont_fragment: bool,
    ) {
        let (source, destination) = (ends.0.octets(), ends.1.octets());
        // SAFETY: By the requirement; addresses have 16 octets.
        unsafe {
            bindings::helper_tunnel_push_ip6(
                skb,
                source.as_ptr(),
                destination.as_ptr(),
                protocol,
                ttl,
                tos,
            );
        }
    }

    #[inline(always)]
    unsafe fn become_one_of(skb: *mut bindings::sk_buff, largest_fragment: u32) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_family_become6(skb, largest_fragment) };
    }

    #[inline(always)]
    unsafe fn make_udp_checksum(skb: *mut bindings::sk_buff) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_family_udp_checksum6(skb) };
    }

    // The stack gives fragments one where it makes them.
    #[inline(always)]
    unsafe fn identification(
        _net: *mut bindings::net,
        _skb: *mut bindings::sk_buff,
        _ends: (Self::Addr, Self::Addr),
        _protocol: u8,
    ) -> u16 {
        0
    }

    #[inline(always)]
    unsafe fn icmp_checksum_is_right(skb: *mut bindings::sk_buff, offset: u32) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_icmpv6_checksum_is_right(skb, offset) }
    }

    #[inline(always)]
    unsafe fn learn_path_mtu(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        offset: u32,
        mtu: u32,
    ) {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_learn_path_mtu6(net, skb, offset, mtu) };
    }

    #[inline(always)]
    unsafe fn unwrap_embedded(
        _net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        offset: u32,
        header_len: u32,
    ) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_unwrap_embedded6(skb, offset, header_len) }
    }

    #[inline(always)]
    unsafe fn route_output(
        net: *mut bindings::net,
        source: Self::Addr,
        destination: Self::Addr,
        known_next_hop: bool,
        vrf: u32,
    ) -> (*mut bindings::dst_entry, Self::Addr) {
        let mut source = source.octets();
        // SAFETY: By the requirement; both places have 16 bytes.
        let dst = unsafe {
            bindings::helper_route_output6(
                net,
                destination.octets().as_ptr(),
                known_next_hop,
                vrf,
                source.as_mut_ptr(),
            )
        };
        (dst, Ipv6Addr::from(source))
    }

    #[inline(always)]
    unsafe fn route_generation(net: *mut bindings::net) -> u32 {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_route_generation6(net) }
    }

    #[inline(always)]
    unsafe fn route_stamp(dst: *mut bindings::dst_entry, generation: u32) -> u64 {
        // SAFETY: By the requirement.
        let cookie = unsafe { bindings::helper_route_cookie6(dst) };
        u64::from(generation) << 32 | u64::from(cookie)
    }

    #[inline(always)]
    unsafe fn route_is_valid(
        net: *mut bindings::net,
        dst: *mut bindings::dst_entry,
        stamp: u64,
    ) -> bool {
        let (generation, cookie) = ((stamp >> 32) as u32, stamp as u32);
        // SAFETY: By the requirement.
        unsafe { bindings::helper_route_is_valid6(net, dst, generation, cookie) }
    }

    #[inline(always)]
    unsafe fn has_valid_route(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        dst: *mut bindings::dst_entry,
        destination: Ipv6Addr,
    ) -> bool {
        let octets = destination.octets();
        // SAFETY: By the requirement; there are 16 octets.
        unsafe { bindings::helper_skb_has_valid_route6(net, skb, dst, octets.as_ptr()) }
    }

    #[inline(always)]
    unsafe fn route_may_be_kept(net: *mut bindings::net, dst: *mut bindings::dst_entry) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_route_may_be_kept6(net, dst) }
    }

    #[inline(always)]
    unsafe fn route_is_plain(dst: *mut bindings::dst_entry) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_route_is_plain6(dst) }
    }

    #[inline(always)]
    unsafe fn route_is_local(dst: *mut bindings::dst_entry) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_route_is_local6(dst) }
    }

    #[inline(always)]
    unsafe fn route_mtu(dst: *mut bindings::dst_entry) -> u32 {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_route_mtu6(dst) }
    }

    #[inline(always)]
    unsafe fn route_forward_mtu(_net: *mut bindings::net, dst: *mut bindings::dst_entry) -> u32 {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_route_forward_mtu6(dst) }
    }

    #[inline(always)]
    unsafe fn neighbour(
        dst: *mut bindings::dst_entry,
        destination: Self::Addr,
    ) -> *mut bindings::neighbour {
        // SAFETY: By the requirement; an address has 16 octets.
        unsafe { bindings::helper_route_neighbour6(dst, destination.octets().as_ptr()) }
    }

    #[inline(always)]
    unsafe fn has_rules(net: *mut bindings::net) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_net_has_rules6(net) }
    }

    #[inline(always)]
    unsafe fn forwards(net: *mut bindings::net) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_net_forwards6(net) }
    }

    #[inline(always)]
    unsafe fn rules_tell_packets_apart(net: *mut bindings::net) -> bool {
        // SAFETY: By the requirement.
        unsafe { bindings::helper_net_rules_tell_packets_apart6(net) }
    }

    #[inline(always)]
    unsafe fn address_type(net: *mut bindings::net, address: Self::Addr) -> u32 {
        let octets = address.octets();
        // SAFETY: By the requirement; there are 16 octets.
        unsafe {
            if bindings::helper_net_is_local6(net, octets.as_ptr()) {
                bindings::RTN_LOCAL
            } else if bindings::helper_ipv6_is_unicast(octets.as_ptr()) {
                bindings::RTN_UNICAST
            } else {
                bindings::RTN_UNSPEC
            }
        }
    }

    #[inline(always)]
    unsafe fn tcp_is_connected(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        src: (Self::Addr, u16),
        dst: (Self::Addr, u16),
    ) -> bool {
        let (from, to) = (src.0.octets(), dst.0.octets());
        // SAFETY: By the requirement; addresses have 16 octets.
        unsafe {
            bindings::helper_tcp_is_connected6(net, skb, from.as_ptr(), src.1, to.as_ptr(), dst.1)
        }
    }

    #[inline(always)]
    unsafe fn udp_socket(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        src: (Self::Addr, u16),
        dst: (Self::Addr, u16),
    ) -> u32 {
        let (from, to) = (src.0.octets(), dst.0.octets());
        // SAFETY: By the requirement; addresses have 16 octets.
        unsafe { bindings::helper_udp_socket6(net, skb, from.as_ptr(), src.1, to.as_ptr(), dst.1) }
    }
}
