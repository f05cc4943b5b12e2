// SPDX-License-Identifier: GPL-2.0-only

//! Putting packets into others (RFC 2003), and taking apart those that stand for several before.
//!
//! C headers: [`include/net/ip_tunnels.h`](srctree/include/net/ip_tunnels.h),
//! [`include/net/gso.h`](srctree/include/net/gso.h)

use core::{
    marker::PhantomData,
    ptr,
    slice, //
};

use crate::bindings;

use super::{
    Net,
    Packet,
    Route,
    Stack,
    Verdict, //
};

/// What the outer header of a tunnel takes over from the inner one.
pub(crate) struct Outer {
    /// Time to live.
    pub(crate) ttl: u8,
    /// DSCP and ECN, which is encapsulated by RFC 6040.
    pub(crate) tos: u8,
    /// Whether routers on the way must not fragment.
    pub(crate) dont_fragment: bool,
}

/// A packet with room for the header of a tunnel: whatever may fail is behind it, nothing of it has
/// changed.
///
/// # Invariants
///
/// There are `V::MIN_HEADER_LEN` bytes before the network header, and so many linear bytes from it on that
/// no clone shares; the packet is in no tunnel, or is no GSO packet.
pub(crate) struct Roomy<'p, 'a, V: Stack> {
    packet: &'p mut Packet<'a, V>,
    route: &'p Route<V>,
}

impl<V: Stack> Roomy<'_, '_, V> {
    /// Returns the fixed part of the packet's header.
    #[inline(always)]
    pub(crate) fn header(&mut self) -> &mut [u8] {
        // SAFETY: By the type invariants; `&mut self` keeps other borrows away.
        unsafe {
            slice::from_raw_parts_mut(
                bindings::helper_skb_network_header(self.packet.skb),
                V::MIN_HEADER_LEN,
            )
        }
    }

    /// Puts the packet into another one of this version to the destination of the route.
    #[inline(always)]
    pub(crate) fn encapsulate(self, outer: Outer) {
        let (source, destination) = self.route.endpoints();
        // SAFETY: By the type invariants there is room; the packet is in a hook, which is under RCU.
        unsafe {
            V::encapsulate(
                self.packet.net().as_ptr(),
                self.packet.skb,
                self.route.as_ptr(),
                (source, destination),
                outer.ttl,
                outer.tos,
                outer.dont_fragment,
            );
        }
    }
}

impl<'a, V: Stack> Packet<'a, V> {
    /// Makes room for the header of a tunnel along `route`. None, and the packet as good as before,
    /// when memory is short, or the packet is one that [`Packet::segments`] is for.
    #[inline(always)]
    pub(crate) fn make_room<'p>(&'p mut self, route: &'p Route<V>) -> Option<Roomy<'p, 'a, V>> {
        // SAFETY: By the type invariants; the packet is in a hook, which is under RCU.
        let errno = unsafe { V::tunnel_make_room(self.skb, route.as_ptr()) };
        // INVARIANT: The C side has just seen to it.
        (errno == 0).then_some(Roomy {
            packet: self,
            route,
        })
    }

    /// Returns whether the packet stands for several that have to be taken apart before they go into
    /// a tunnel: those of another tunnel, and those that GRO has put in a list as they came.
    #[inline(always)]
    pub(crate) fn is_burst_of_tunnel(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_skb_is_burst_of_tunnel(self.skb) }
    }

    /// Takes a packet that stands for several apart (`skb_gso_segment()`), on its way along `route`.
    /// The verdict is that of one for which memory is short, or whose headers do not fit together.
    pub(crate) fn segments(self, route: &Route<V>) -> Result<Segments<'a, V>, Verdict> {
        // SAFETY: By the type invariants; the packet is in a hook, which is under RCU. It is left to
        // the C side unless that fails.
        let first = unsafe { bindings::helper_skb_segment(self.skb, route.as_ptr()) };
        match kernel::error::from_err_ptr(first) {
            // INVARIANT: Just made.
            Ok(first) if !first.is_null() => Ok(Segments {
                first,
                state: self.state(),
                _state: PhantomData,
            }),
            _ => Err(self.discard()),
        }
    }
}

/// The packets that another one stood for.
///
/// # Invariants
///
/// `first` is null or the first packet of a list that belongs to this object; each has a
/// network header of this version in its linear part. `state` is that of a hook which runs for `'a`.
pub(crate) struct Segments<'a, V: Stack> {
    first: *mut bindings::sk_buff,
    state: *const bindings::nf_hook_state,
    _state: PhantomData<(&'a Net, V)>,
}

impl<'a, V: Stack> Segments<'a, V> {
    /// Sends each by `send`; one that `send` does not have taken by anybody ends here.
    pub(crate) fn send_each(mut self, mut send: impl FnMut(Packet<'a, V>) -> Verdict) -> Verdict {
        while !self.first.is_null() {
            let skb = self.first;
            // SAFETY: By the type invariant. INVARIANT: What is behind it stays in the list.
            self.first = unsafe { bindings::helper_skb_list_next(skb) };
            // SAFETY: By the type invariant; it is not in the list any more.
            let packet = unsafe { Packet::from_raw(skb, self.state) };
            if !send(packet).is_stolen() {
                // SAFETY: The object that had the packet is gone without giving it away.
                unsafe { bindings::helper_kfree_skb(skb) };
            }
        }
        Verdict::stolen()
    }
}

impl<V: Stack> Drop for Segments<'_, V> {
    fn drop(&mut self) {
        let rest = core::mem::replace(&mut self.first, ptr::null_mut());
        // SAFETY: By the type invariant; NULL is an empty list.
        unsafe { bindings::helper_kfree_skb_list(rest) };
    }
}
