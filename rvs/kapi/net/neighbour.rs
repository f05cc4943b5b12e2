// SPDX-License-Identifier: GPL-2.0-only

//! Next hops: neighbours on a link, to which a packet can be sent without asking anybody.
//!
//! C headers: [`include/net/neighbour.h`](srctree/include/net/neighbour.h),
//! [`include/net/arp.h`](srctree/include/net/arp.h)

use core::{
    marker::PhantomData,
    net::Ipv4Addr,
    ptr::{
        self,
        NonNull, //
    }, //
};

use kernel::sync::rcu;

use crate::bindings;

use super::{
    Packet,
    Route,
    Verdict, //
};

/// The next hop of a route.
///
/// It is looked up for each packet and never kept: who keeps a neighbour keeps its device, and one
/// that is removed would wait for that.
///
/// # Invariants
///
/// The pointer is to a neighbour, and it and the route were found within the critical section of
/// `'g`.
#[derive(Clone, Copy)]
pub(crate) struct NextHop<'g> {
    // None: the one that the packet has.
    route: Option<&'g Route>,
    neighbour: NonNull<bindings::neighbour>,
    _section: PhantomData<&'g rcu::Guard>,
}

impl<'g> NextHop<'g> {
    /// Finds the next hop of packets to `destination` along `route`. None when its link layer
    /// address is not known for sure (`NUD_CONNECTED`), or its link has no header to be kept: the
    /// stack then knows what to do.
    #[inline(always)]
    pub(crate) fn find(
        _guard: &'g rcu::Guard,
        route: &'g Route,
        destination: Ipv4Addr,
    ) -> Option<Self> {
        // SAFETY: The route has its reference; the section of the guard keeps the neighbour.
        let neighbour = unsafe { ready_neighbour(route.as_ptr(), destination) }?;
        // INVARIANT: Just found, in the section of the guard.
        Some(Self {
            route: Some(route),
            neighbour,
            _section: PhantomData,
        })
    }

    /// Finds the next hop of a packet to `destination` that the stack forwards along the route it
    /// has chosen, if it would do no more with it than to show it to the hooks of POST_ROUTING and bring
    /// it there: nobody else has a hook before, and it is neither to be fragmented nor to get IP
    /// options. None also as for [`NextHop::find`].
    #[inline(always)]
    pub(crate) fn of_forwarded(
        _guard: &'g rcu::Guard,
        packet: &Packet<'_>,
        destination: Ipv4Addr,
    ) -> Option<Self> {
        let (net, skb, dst) = (packet.net.as_ptr(), packet.as_ptr(), packet.dst());
        // A bridge shows what it forwards at this hook, too: that goes to another port, and may have
        // no route.
        if dst.is_null() || packet.is_bridged() {
            return None;
        }
        // SAFETY: By the type invariant of the packet and the borrow of its namespace; the packet
        // has a route, just checked. The section of the guard keeps hooks and neighbour.
        let neighbour = unsafe {
            if bindings::helper_net_filters_forwarded(net)
                || !bindings::helper_skb_is_forwarded_plainly(skb)
                || !bindings::helper_route_is_plain(dst)
                || !packet.fits(bindings::helper_route_forward_mtu(net, dst))
            {
                return None;
            }
            ready_neighbour(dst, destination)
        }?;
        // INVARIANT: Just found, in the section of the guard.
        Some(Self {
            route: None,
            neighbour,
            _section: PhantomData,
        })
    }

    /// The route to be sent along, or null for the one that the packet has.
    #[inline(always)]
    fn route(&self) -> *mut bindings::dst_entry {
        self.route.map_or(ptr::null_mut(), Route::as_ptr)
    }

    /// Returns whether a received packet came from the link that this next hop is on.
    #[inline(always)]
    pub(crate) fn is_where_it_came_from(&self, packet: &Packet<'_>) -> bool {
        // SAFETY: By the type invariants of both.
        unsafe { bindings::helper_neighbour_is_behind(self.neighbour.as_ptr(), packet.as_ptr()) }
    }
}

/// Returns the neighbour that packets to `destination` go to along a route, if it can be sent to.
///
/// # Safety
///
/// `dst` must be an IPv4 route that is valid in a critical section of RCU, which the caller is in.
#[inline(always)]
unsafe fn ready_neighbour(
    dst: *mut bindings::dst_entry,
    destination: Ipv4Addr,
) -> Option<NonNull<bindings::neighbour>> {
    let destination = u32::from_ne_bytes(destination.octets());
    // SAFETY: By the requirement.
    let neighbour = NonNull::new(unsafe { bindings::helper_route_neighbour(dst, destination) })?;
    // SAFETY: As above.
    unsafe { bindings::helper_neighbour_is_ready(neighbour.as_ptr()) }.then_some(neighbour)
}

impl Packet<'_> {
    /// Sends the packet to the next hop as the stack would: it is shown to the hooks of POST_ROUTING
    /// and counted (`IPSTATS_MIB_OUT`). Should they have made another one of it, the stack goes on.
    #[inline(always)]
    pub(crate) fn output(self, next_hop: NextHop<'_>) -> Verdict {
        let (net, skb) = (self.net.as_ptr(), self.as_ptr());
        // SAFETY: By the type invariants and the borrow of the namespace; the section of the next hop
        // keeps the hooks, and the route as in `transmit`.
        unsafe {
            if !bindings::helper_ip_post_routing(net, skb, next_hop.route()) {
                return Verdict::stolen();
            }
            bindings::helper_ip_count_output(net, skb);
        }
        self.transmit(next_hop)
    }

    /// Hands the packet to the device of the next hop, past the hooks of the stack.
    #[inline(always)]
    pub(crate) fn transmit(self, next_hop: NextHop<'_>) -> Verdict {
        // SAFETY: By the type invariants; the device takes the packet. The route lives until the
        // end of the critical section; a queue that keeps the packet for longer takes a reference
        // (`skb_dst_force()`).
        unsafe {
            bindings::helper_neighbour_transmit(
                self.as_ptr(),
                next_hop.route(),
                next_hop.neighbour.as_ptr(),
            );
        }
        Verdict::stolen()
    }
}
