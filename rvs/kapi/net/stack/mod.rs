// SPDX-License-Identifier: GPL-2.0-only

//! What the kernel does with packets of either version of IP, by functions of its own for each.
//!
//! [`Packet`](super::Packet), [`Route`](super::Route) and what else is of a version call them; nobody outside of
//! `kapi` can.

use kernel::prelude::*;

use crate::{
    bindings,
    kapi::sync::Plain,
    logic::packet::{
        icmp::Message,
        ip::{
            Version,
            V4,
            V6, //
        },
    },
};

use super::{
    DefragmentAt,
    Net,
    Route, //
};

mod ipv4;
mod ipv6;

/// The kernel's stack of a version of IP.
///
/// # Requirements
///
/// Each of the functions has the same requirements for safety. What is passed must be valid: a packet (`skb`) of this version in a
/// hook, with its network header set, and left to the function where that takes it; the namespace (`net`) of that hook;
/// a route (`dst`) of this version, of which somebody owns a reference until the end of the read side critical section of
/// RCU that the caller is in. What else is required stands with a function.
// They stand above, once for all.
#[allow(clippy::missing_safety_doc, clippy::too_many_arguments)]
pub(crate) trait Stack: Version {
    /// The family of hooks, `NFPROTO_*`.
    const HOOKS: u32;

    /// The other version.
    type Other: Stack;

    /// Borrows the route of a cache, if it is of this version.
    fn of_cached(route: &CachedRoute) -> Option<&Route<Self>>;

    /// Keeps a route in a cache.
    fn into_cached(route: Route<Self>) -> CachedRoute;

    // Packets.

    /// Collects fragments; the packet is taken unless 0 is returned.
    unsafe fn defragment(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        at: DefragmentAt,
    ) -> c_int;

    /// The size of the largest fragment that the packet was made of, 0 when it was made of none.
    unsafe fn largest_fragment(skb: *mut bindings::sk_buff) -> u32;

    /// Returns whether a packet that was made of fragments leaves as one nevertheless, and sees to it.
    unsafe fn leaves_whole(skb: *mut bindings::sk_buff) -> bool;

    /// Has a packet leave as fragments, of which the size of the largest is returned.
    unsafe fn send_fragments(skb: *mut bindings::sk_buff) -> u32;

    /// Whether the packet is of a raw socket that wants it untouched.
    unsafe fn is_of_nodefrag_socket(skb: *mut bindings::sk_buff) -> bool;

    /// Sends an ICMP error about the packet.
    unsafe fn send_icmp(net: *mut bindings::net, skb: *mut bindings::sk_buff, message: Message);

    /// Sends `len` bytes from `bytes` on as a packet about this one.
    /// So many bytes can be read.
    unsafe fn send_about(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        bytes: *const u8,
        len: u32,
    );

    /// Whether the packet, which is forwarded along `dst` to `destination`, would be with its new source, too.
    unsafe fn keeps_route(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        dst: *mut bindings::dst_entry,
        destination: Self::Addr,
    ) -> bool;

    /// Routes the packet again by its addresses.
    unsafe fn reroute(net: *mut bindings::net, skb: *mut bindings::sk_buff) -> c_int;

    /// Whether IPsec policies let the packet in.
    unsafe fn is_let_in(skb: *mut bindings::sk_buff) -> bool;

    /// Gives the packet, which has a route, the one that IPsec policies ask for. False when it may not leave.
    unsafe fn secure(skb: *mut bindings::sk_buff) -> bool;

    /// Whether the packet, which was received, has come to the VRF that its device belongs to.
    unsafe fn is_of_vrf(skb: *mut bindings::sk_buff) -> bool;

    /// Whether the stack has told the sender of the packet of a shorter way.
    unsafe fn is_redirected(skb: *mut bindings::sk_buff) -> bool;

    /// Gives the packet the priority of forwarded ones.
    unsafe fn prioritize(net: *mut bindings::net, skb: *mut bindings::sk_buff, tos: u8);

    /// Forgets what is known of the packet inside of a tunnel, whose headers have so many bytes; that was made of fragments
    /// of this size at most, unless it is 0.
    unsafe fn forget_inner(skb: *mut bindings::sk_buff, headers: u32, largest_fragment: u32);

    /// Sends the packet, of this host, along a route, and takes both.
    /// `dst` comes with a reference.
    unsafe fn send_as_own(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        dst: *mut bindings::dst_entry,
    );

    /// Sends the packet along the route that it has, through LOCAL_OUT, and takes it.
    unsafe fn send(net: *mut bindings::net, skb: *mut bindings::sk_buff);

    /// Shows the packet to the hooks of LOCAL_OUT but that of `private`. False when it was taken.
    unsafe fn pass_local_out(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        private: *const c_void,
    ) -> bool;

    /// Shows the packet to the hooks behind that of `private`, at `state`. 1 when it goes on, 0 when it was taken,
    /// -1 when nothing was done.
    /// `state` is what the hook was called with.
    unsafe fn pass_followers(
        skb: *mut bindings::sk_buff,
        state: *const bindings::nf_hook_state,
        private: *const c_void,
    ) -> c_int;

    /// Shows the packet, which has its route, to the hooks of POST_ROUTING. False when it was taken.
    unsafe fn pass_post_routing(net: *mut bindings::net, skb: *mut bindings::sk_buff) -> bool;

    /// Sends the packet along the route that it has, after POST_ROUTING, and takes it.
    unsafe fn output_shown(net: *mut bindings::net, skb: *mut bindings::sk_buff);

    /// Counts the packet as one that leaves.
    unsafe fn count_output(net: *mut bindings::net, skb: *mut bindings::sk_buff);

    /// Hands the packet to the device of a neighbour, along a route unless that is null, and takes it.
    /// The neighbour was found in the same critical section.
    unsafe fn transmit(
        skb: *mut bindings::sk_buff,
        dst: *mut bindings::dst_entry,
        neighbour: *mut bindings::neighbour,
    );

    /// Whether the stack, which forwards the packet, need do no more than bring it to its next hop, as far as the
    /// packet tells.
    unsafe fn is_forwarded_plainly(skb: *mut bindings::sk_buff) -> bool;

    // Tunnels: what is around a packet of either version.

    /// Has a packet, for which room was made, be one within another of this version. It is of the version that has the
    /// number `inner` as payload.
    unsafe fn tunnel_begin_ipip(skb: *mut bindings::sk_buff, inner: u8);

    /// As [`Stack::tunnel_begin_ipip`], with headers of UDP and GUE between both: whether it has a checksum, and
    /// whether that within is left to the end of the tunnel.
    unsafe fn tunnel_begin_gue(
        skb: *mut bindings::sk_buff,
        inner: u8,
        has_checksum: bool,
        remote: bool,
    );

    /// Gives the header of UDP, which the packet begins with, its checksum in a packet from and to `ends`.
    unsafe fn udp_checksum(skb: *mut bindings::sk_buff, ends: (Self::Addr, Self::Addr));

    /// Puts the outer header before what is there, a payload of `protocol`. There is room.
    unsafe fn tunnel_push_ip(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        dst: *mut bindings::dst_entry,
        ends: (Self::Addr, Self::Addr),
        protocol: u8,
        ttl: u8,
        tos: u8,
        dont_fragment: bool,
    );

    // From one version to the other: the packet has just got a header of this version.

    /// Has the stack take the packet for one of this version, which leaves in fragments of so many bytes at most, unless
    /// that is 0.
    unsafe fn become_one_of(skb: *mut bindings::sk_buff, largest_fragment: u32);

    /// Gives a datagram the checksum that it has not, where one has to have it.
    unsafe fn make_udp_checksum(skb: *mut bindings::sk_buff);

    /// An identification for what becomes of the packet, which may be of the other version still: one between these ends.
    unsafe fn identification(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        ends: (Self::Addr, Self::Addr),
        protocol: u8,
    ) -> u16;

    // ICMP.

    /// Whether the checksum of the ICMP message at `offset` is right.
    unsafe fn icmp_checksum_is_right(skb: *mut bindings::sk_buff, offset: u32) -> bool;

    /// Has the kernel remember the path MTU to the destination of the packet at `offset`.
    unsafe fn learn_path_mtu(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        offset: u32,
        mtu: u32,
    );

    /// Makes the packet of this version at `offset`, with a header of `header_len` bytes, the packet, which may be one of
    /// the other version. False when it ends before, or memory is short.
    /// The packet has a route.
    unsafe fn unwrap_embedded(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        offset: u32,
        header_len: u32,
    ) -> bool;

    // Routes.

    /// Looks up a route as this host would take it from `source`, or, where that is [`Version::UNSPECIFIED`], with the source
    /// address that it would use. Returns that, too. The result has a reference, or is an error pointer.
    unsafe fn route_output(
        net: *mut bindings::net,
        source: Self::Addr,
        destination: Self::Addr,
        known_next_hop: bool,
        vrf: u32,
    ) -> (*mut bindings::dst_entry, Self::Addr);

    /// A number that changes with the routes of a namespace, where routes do not keep it themselves; to be read before
    /// a lookup.
    unsafe fn route_generation(net: *mut bindings::net) -> u32;

    /// By what one tells whether a route of such a generation is valid, where routes do not tell by themselves.
    unsafe fn route_stamp(dst: *mut bindings::dst_entry, generation: u32) -> u64;

    /// Whether no route of the namespace has changed since the lookup.
    /// The stamp is that of the route.
    unsafe fn route_is_valid(
        net: *mut bindings::net,
        dst: *mut bindings::dst_entry,
        stamp: u64,
    ) -> bool;

    /// Whether the routes of now bring the packet, which was received and had this destination, to where its own does.
    /// `dst` is the route of the packet.
    unsafe fn has_valid_route(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        dst: *mut bindings::dst_entry,
        destination: Self::Addr,
    ) -> bool;

    /// Whether a route, which may be of any kind, is one of this version of a routing table of this namespace.
    /// But for the kind of the route.
    unsafe fn route_may_be_kept(net: *mut bindings::net, dst: *mut bindings::dst_entry) -> bool;

    /// Whether packets go from the route straight to a neighbour.
    unsafe fn route_is_plain(dst: *mut bindings::dst_entry) -> bool;

    /// Whether the route leads to this host.
    unsafe fn route_is_local(dst: *mut bindings::dst_entry) -> bool;

    /// The path MTU.
    unsafe fn route_mtu(dst: *mut bindings::dst_entry) -> u32;

    /// The MTU of packets that are forwarded.
    unsafe fn route_forward_mtu(net: *mut bindings::net, dst: *mut bindings::dst_entry) -> u32;

    /// The neighbour that packets to `destination` go to along a route, or null.
    unsafe fn neighbour(
        dst: *mut bindings::dst_entry,
        destination: Self::Addr,
    ) -> *mut bindings::neighbour;

    // Namespaces.

    /// Whether there are rules of policy routing, or were.
    unsafe fn has_rules(net: *mut bindings::net) -> bool;

    /// Whether packets are forwarded, as far as that is not told by routes.
    unsafe fn forwards(net: *mut bindings::net) -> bool;

    /// Whether rules look at more than the flow and DSCP.
    unsafe fn rules_tell_packets_apart(net: *mut bindings::net) -> bool;

    /// What an address is to a namespace, `RTN_*`.
    unsafe fn address_type(net: *mut bindings::net, address: Self::Addr) -> u32;

    // Sockets.

    /// Whether a TCP connection of this host takes the packet. Ports are in network order.
    unsafe fn tcp_is_connected(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        src: (Self::Addr, u16),
        dst: (Self::Addr, u16),
    ) -> bool;

    /// Which UDP socket of this host takes the packet: 0 for none, 1 for one that takes packets of anybody, 2 for one
    /// that is connected to the sender.
    unsafe fn udp_socket(
        net: *mut bindings::net,
        skb: *mut bindings::sk_buff,
        src: (Self::Addr, u16),
        dst: (Self::Addr, u16),
    ) -> u32;
}

/// A route of either version, as a destination or a connection may have it.
pub(crate) enum CachedRoute {
    /// Of IPv4.
    V4(Route<V4>),
    /// Of IPv6.
    V6(Route<V6>),
}

impl Plain for CachedRoute {}

impl CachedRoute {
    /// Returns whether no route of the namespace has changed since the lookup.
    pub(crate) fn is_valid(&self, net: &Net) -> bool {
        match self {
            Self::V4(route) => route.is_valid(net),
            Self::V6(route) => route.is_valid(net),
        }
    }
}
