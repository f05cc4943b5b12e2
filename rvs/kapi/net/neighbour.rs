// SPDX-License-Identifier: GPL-2.0-only

//! Next hops: neighbours on a link, to which a packet can be sent without asking anybody.
//!
//! C headers: [`include/net/neighbour.h`](srctree/include/net/neighbour.h),
//! [`include/net/arp.h`](srctree/include/net/arp.h),
//! [`include/net/ndisc.h`](srctree/include/net/ndisc.h)

use core::{
    marker::PhantomData,
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
    Stack,
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
pub(crate) struct NextHop<'g, V: Stack> {
    // None: the one that the packet has.
    route: Option<&'g Route<V>>,
    neighbour: NonNull<bindings::neighbour>,
    _section: PhantomData<&'g rcu::Guard>,
}

impl<V: Stack> Clone for NextHop<'_, V> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<V: Stack> Copy for NextHop<'_, V> {}

impl<'g, V: Stack> NextHop<'g, V> {
    /// Finds the next hop of packets to `destination` along `route`. None when its link layer
    /// address is not known (`NUD_VALID`): the stack then asks for it.
    #[inline(always)]
    pub(crate) fn find(
        _guard: &'g rcu::Guard,
        route: &'g Route<V>,
        destination: V::Addr,
    ) -> Option<Self> {
        // SAFETY: The route has its reference; the section of the guard keeps the neighbour.
        let neighbour = unsafe { valid_neighbour::<V>(route.as_ptr(), destination) }?;
        // INVARIANT: Just found, in the section of the guard.
        Some(Self {
            route: Some(route),
            neighbour,
            _section: PhantomData,
        })
    }

    /// Finds the next hop of a packet to `destination` along the route it has. None as for [`NextHop::find`], and
    /// without a route.
    #[inline(always)]
    pub(crate) fn of_packet(
        _guard: &'g rcu::Guard,
        packet: &Packet<'_, V>,
        destination: V::Addr,
    ) -> Option<Self> {
        let dst = NonNull::new(packet.dst())?;
        // SAFETY: By the type invariant of the packet, which has a route, just checked; the section of the
        // guard keeps the neighbour.
        let neighbour = unsafe { valid_neighbour::<V>(dst.as_ptr(), destination) }?;
        // INVARIANT: Just found, in the section of the guard.
        Some(Self {
            route: None,
            neighbour,
            _section: PhantomData,
        })
    }

    /// The same, of a packet that has the route already.
    #[inline(always)]
    pub(crate) fn of_routed(self) -> Self {
        // INVARIANT: As before; which packets are sent to it is no part of it.
        Self {
            route: None,
            ..self
        }
    }

    /// The route to be sent along, or null for the one that the packet has.
    #[inline(always)]
    fn route(&self) -> *mut bindings::dst_entry {
        self.route.map_or(ptr::null_mut(), Route::<V>::as_ptr)
    }
}

/// Returns the neighbour that packets to `destination` go to along a route, if it can be sent to.
///
/// # Safety
///
/// `dst` must be a route of this version that is valid in a critical section of RCU, which the caller is in.
#[inline(always)]
unsafe fn valid_neighbour<V: Stack>(
    dst: *mut bindings::dst_entry,
    destination: V::Addr,
) -> Option<NonNull<bindings::neighbour>> {
    // SAFETY: By the requirement.
    let neighbour = NonNull::new(unsafe { V::neighbour(dst, destination) })?;
    // SAFETY: As above.
    unsafe { bindings::helper_neighbour_is_valid(neighbour.as_ptr()) }.then_some(neighbour)
}

impl<V: Stack> Packet<'_, V> {
    /// Returns whether the stack, which forwards the packet, would do no more with it than to show it to the
    /// hooks that are left and bring it to its next hop: it is neither to be fragmented nor to get IP options.
    #[inline(always)]
    pub(crate) fn is_forwarded_plainly(&self) -> bool {
        let (net, skb, dst) = (self.net().as_ptr(), self.as_ptr(), self.dst());
        // A bridge shows what it forwards at this hook, too: that goes to another port, and may have
        // no route.
        if dst.is_null() || self.is_bridged() {
            return false;
        }
        // SAFETY: By the type invariant and the borrow of the namespace; the packet has a route, just checked.
        unsafe {
            V::is_forwarded_plainly(skb)
                && V::route_is_plain(dst)
                && self.fits(V::route_forward_mtu(net, dst))
        }
    }

    /// Shows the packet, which has its route, to the hooks of POST_ROUTING as the stack would, and returns it when
    /// they let it go as it is. Should they have made another one of it, the stack goes on.
    #[inline(always)]
    pub(crate) fn pass_post_routing(self, _guard: &rcu::Guard) -> Result<Self, Verdict> {
        // SAFETY: By the type invariants and the borrow of the namespace; the guard keeps the hooks. The packet
        // is not used when it has been taken.
        if unsafe { V::pass_post_routing(self.net().as_ptr(), self.as_ptr()) } {
            Ok(self)
        } else {
            Err(Verdict::stolen())
        }
    }

    /// Has the stack send the packet along the route it has, when the hooks have seen it and it only lacks its
    /// next hop.
    #[cold]
    #[inline(never)]
    pub(crate) fn output_unresolved(self, _guard: &rcu::Guard) -> Verdict {
        // SAFETY: As in `pass_post_routing`; the output takes the packet.
        unsafe { V::output_shown(self.net().as_ptr(), self.as_ptr()) };
        Verdict::stolen()
    }

    /// Hands the packet to the device of the next hop, and counts it as the stack does
    /// (`IPSTATS_MIB_OUT`).
    #[inline(always)]
    pub(crate) fn output(self, next_hop: NextHop<'_, V>) -> Verdict {
        // SAFETY: By the type invariant and the borrow of the namespace.
        unsafe { V::count_output(self.net().as_ptr(), self.as_ptr()) };
        self.transmit(next_hop)
    }

    /// Hands the packet to the device of the next hop, past the hooks of the stack.
    #[inline(always)]
    pub(crate) fn transmit(self, next_hop: NextHop<'_, V>) -> Verdict {
        // SAFETY: By the type invariants; the device takes the packet. The route lives until the
        // end of the critical section; a queue that keeps the packet for longer takes a reference
        // (`skb_dst_force()`).
        unsafe {
            V::transmit(self.as_ptr(), next_hop.route(), next_hop.neighbour.as_ptr());
        }
        Verdict::stolen()
    }
}
