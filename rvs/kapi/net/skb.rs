// SPDX-License-Identifier: GPL-2.0-only

//! A packet in a hook, from its network header on.
//!
//! C header: [`include/linux/skbuff.h`](srctree/include/linux/skbuff.h)

use core::{
    marker::PhantomData,
    slice, //
};

use kernel::{
    prelude::*,
    sync::rcu, //
};

use crate::{
    bindings,
    logic::packet::icmp::{
        Message,
        Report, //
    }, //
};

use super::{
    Net,
    Route,
    RouteRef,
    Stack,
    Tracking, //
};

mod checksum;
mod fragments;
mod growth;
mod vrf;

pub(crate) use fragments::DefragmentAt;

/// What becomes of a packet.
///
/// Verdicts are made only by consuming the packet, so a packet can be neither used after it was
/// sent nor forgotten.
#[must_use]
pub(crate) struct Verdict(c_uint);

impl Verdict {
    /// Returns whether the packet was taken by somebody else.
    pub(super) fn is_stolen(&self) -> bool {
        self.0 == bindings::NF_STOLEN
    }

    /// The packet was taken by somebody else (`NF_STOLEN`).
    #[inline]
    pub(super) fn stolen() -> Self {
        Self(bindings::NF_STOLEN)
    }

    pub(super) fn number(self) -> c_uint {
        self.0
    }
}

/// A packet that is only looked at, before a hook has it.
///
/// # Invariants
///
/// `skb` is valid, has the fixed part of a network header of the version `V` in its linear part, and nobody changes that
/// meanwhile.
pub(crate) struct Glance<'a, V: Stack> {
    skb: *mut bindings::sk_buff,
    _packet: PhantomData<(&'a bindings::sk_buff, V)>,
}

impl<V: Stack> Glance<'_, V> {
    /// # Safety
    ///
    /// `skb` must be valid, with its network header of this version set, and not change while this lives.
    pub(super) unsafe fn from_raw(skb: *mut bindings::sk_buff) -> Self {
        // INVARIANT: By the requirement.
        Self {
            skb,
            _packet: PhantomData,
        }
    }

    /// Returns the header without its options.
    #[inline(always)]
    pub(crate) fn header(&self) -> &V::Fixed {
        // SAFETY: By the type invariant; the type is that of the header's bytes.
        unsafe { &*bindings::helper_skb_network_header(self.skb).cast() }
    }

    /// As [`Packet::bytes`].
    #[inline(always)]
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: By the type invariant.
        unsafe { linear_part(self.skb) }
    }
}

/// The linear part of a packet from its network header on.
///
/// # Safety
///
/// `skb` must be valid, with its network header set, and these bytes must not change while they are
/// borrowed.
#[inline(always)]
unsafe fn linear_part<'a>(skb: *mut bindings::sk_buff) -> &'a [u8] {
    // SAFETY: The linear part is `headlen` bytes from the network header on; the rest is the
    // requirement.
    unsafe {
        slice::from_raw_parts(
            bindings::helper_skb_network_header(skb),
            bindings::helper_skb_network_headlen(skb) as usize,
        )
    }
}

/// The bytes of a packet from its network header on, out of line.
///
/// # Safety
///
/// `skb` must be valid, with its network header set.
#[cold]
#[inline(never)]
unsafe fn network_len(skb: *mut bindings::sk_buff) -> usize {
    // SAFETY: By the requirement.
    unsafe { bindings::helper_skb_network_len(skb) as usize }
}

/// A packet of a version of IP (`struct sk_buff`) that a hook has to decide on.
///
/// # Invariants
///
/// `skb` is valid, has a network header of the version `V` in its linear part, and belongs to this object. `state`
/// and the namespace in it are valid for `'a`.
// In this order the arguments of a hook stay in their registers.
#[repr(C)]
pub(crate) struct Packet<'a, V: Stack> {
    pub(super) skb: *mut bindings::sk_buff,
    state: *const bindings::nf_hook_state,
    _state: PhantomData<(&'a Net, V)>,
}

impl<'a, V: Stack> Packet<'a, V> {
    /// # Safety
    ///
    /// `skb` must be valid, with its network header of this version set, and left to the new object until a
    /// verdict is returned. `state` is what the hook was called with.
    pub(super) unsafe fn from_raw(
        skb: *mut bindings::sk_buff,
        state: *const bindings::nf_hook_state,
    ) -> Self {
        // INVARIANT: By the requirement; a hook's state and its namespace outlive the call.
        Self {
            skb,
            state,
            _state: PhantomData,
        }
    }

    /// The namespace of the hook.
    #[inline(always)]
    pub(super) fn net(&self) -> &'a Net {
        // SAFETY: By the type invariant.
        unsafe { Net::from_raw(bindings::helper_nf_hook_state_net(self.state)) }
    }

    /// What the hook was called with.
    pub(super) fn state(&self) -> *const bindings::nf_hook_state {
        self.state
    }

    pub(super) fn as_ptr(&self) -> *mut bindings::sk_buff {
        self.skb
    }

    /// The route of the packet, null without one.
    #[inline]
    pub(super) fn dst(&self) -> *mut bindings::dst_entry {
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_skb_dst(self.skb) }
    }

    /// Returns a number that is the same for packets that take the same route.
    pub(crate) fn route_number(&self) -> usize {
        self.dst().addr()
    }

    /// Gives the packet the priority of forwarded packets (`ip_forward_update_priority`).
    #[inline]
    pub(crate) fn prioritize(&mut self, tos: u8) {
        // SAFETY: By the type invariant, and the borrow of the namespace.
        unsafe { V::prioritize(self.net().as_ptr(), self.skb, tos) };
    }

    /// Returns the linear part from the network header on. It may be shorter than the packet;
    /// [`Packet::pull`] makes it longer.
    #[inline(always)]
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: By the type invariant; the bytes change only through `&mut self`.
        unsafe { linear_part(self.skb) }
    }

    /// Returns the length from the network header to the end of the packet. That of a GSO packet
    /// is the sum of what will be several packets.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_skb_network_len(self.skb) as usize }
    }

    /// As [`Packet::len`], for who asks seldom: others pay nothing for it.
    #[inline(always)]
    pub(crate) fn len_seldom(&self) -> usize {
        // SAFETY: By the type invariant.
        unsafe { network_len(self.skb) }
    }

    /// Makes the linear part at least `len` bytes long (`pskb_may_pull()`). False when the packet
    /// is shorter or memory is short.
    pub(crate) fn pull(&mut self, len: usize) -> bool {
        let Ok(len) = u32::try_from(len) else {
            return false;
        };
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_pskb_network_may_pull(self.skb, len) }
    }

    /// Returns the first `len` bytes for writing (`skb_ensure_writable()`). None when the packet
    /// is shorter or memory is short.
    #[inline(always)]
    pub(crate) fn writable(&mut self, len: usize) -> Option<&mut [u8]> {
        let length = u32::try_from(len).ok()?;
        // SAFETY: By the type invariant.
        let errno = unsafe { bindings::helper_skb_ensure_network_writable(self.skb, length) };
        if errno != 0 {
            return None;
        }
        // SAFETY: The first `len` bytes are linear and not shared with a clone now. `&mut self`
        // keeps other borrows away.
        Some(unsafe {
            slice::from_raw_parts_mut(bindings::helper_skb_network_header(self.skb), len)
        })
    }

    /// Copies the first bytes, wherever they are, as many as there are and as there is room for. Returns these.
    #[cold]
    pub(crate) fn copy<'b>(&self, room: &'b mut [u8]) -> Option<&'b [u8]> {
        let len = self.len().min(room.len());
        let room = room.get_mut(..len)?;
        // SAFETY: By the type invariant; there is as much room.
        let is_copied = unsafe {
            bindings::helper_skb_network_copy(self.skb, room.as_mut_ptr(), room.len() as u32)
        };
        is_copied.then_some(&*room)
    }

    /// Returns whether the packet, or each packet that a GSO packet stands for, fits into `mtu`.
    #[inline(always)]
    pub(crate) fn fits(&self, mtu: u32) -> bool {
        // SAFETY: By the type invariant.
        unsafe {
            if bindings::helper_skb_is_gso(self.skb) {
                bindings::helper_skb_gso_fits(self.skb, mtu)
            } else {
                bindings::helper_skb_network_len(self.skb) <= mtu
            }
        }
    }

    /// Returns whether the packet stands for several (GSO).
    pub(crate) fn is_gso(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_skb_is_gso(self.skb) }
    }

    /// Returns whether the link layer address was that of this host (`PACKET_HOST`).
    #[inline]
    pub(crate) fn is_to_this_host(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_skb_is_to_this_host(self.skb) }
    }

    /// Returns whether a bridge only shows the packet to the hooks of IP (`br_netfilter`). It may
    /// be for another host then, though [`Packet::is_to_this_host`] says it is not.
    #[inline]
    pub(crate) fn is_bridged(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_skb_is_bridged(self.skb) }
    }

    /// Returns whether the packet has a route.
    #[inline]
    pub(crate) fn has_route(&self) -> bool {
        !self.dst().is_null()
    }

    /// Returns the mark that the firewall, or who else, has given to the packet; 0 for none.
    #[inline]
    pub(crate) fn mark(&self) -> u32 {
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_skb_mark(self.skb) }
    }

    /// Returns whether the packet was balanced before, by RVS or IPVS.
    #[inline]
    pub(crate) fn is_balanced(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_skb_ipvs_property(self.skb) }
    }

    /// Marks the packet as balanced, and takes it out of connection tracking, unless that is to go on: it
    /// would not understand the two halves of a translated connection by itself. A socket that was found for the
    /// packet's old destination is forgotten.
    #[inline(always)]
    pub(crate) fn set_balanced(&mut self, tracking: Tracking) {
        // SAFETY: By the type invariant.
        unsafe {
            bindings::helper_skb_set_ipvs_property(self.skb);
            if tracking == Tracking::Ends {
                bindings::helper_skb_untrack(self.skb);
            }
            bindings::helper_skb_scrub_ingress(self.skb);
        }
    }

    /// Ends the packet and answers its sender with an ICMP error that reports this.
    ///
    /// See [`Packet::refuse_with`].
    pub(crate) fn refuse(self, report: Report) -> Verdict {
        self.refuse_with(V::message(report))
    }

    /// Ends the packet and answers its sender with an ICMP error (`icmp_send()`, `icmpv6_send()`), which the
    /// kernel limits in rate.
    ///
    /// A sender on this host learns of it from its socket. The verdict is not to drop: that would
    /// fail its system call with EPERM.
    pub(crate) fn refuse_with(self, message: Message) -> Verdict {
        // SAFETY: By the type invariant; the kernel itself leaves packets without route alone.
        // The packet is freed once, and not used again.
        unsafe {
            V::send_icmp(self.net().as_ptr(), self.skb, message);
            bindings::helper_kfree_skb(self.skb);
        }
        Verdict(bindings::NF_STOLEN)
    }

    /// Leaves of the packet the first `len` bytes, which are to become those of one segment whose
    /// checksums are complete. None when the packet is shorter or memory is short.
    #[cold]
    pub(crate) fn cut(&mut self, len: usize) -> Option<&mut [u8]> {
        let length = u32::try_from(len).ok()?;
        // SAFETY: By the type invariant.
        if unsafe { bindings::helper_skb_cut(self.skb, length) } != 0 {
            return None;
        }
        self.writable(len)
    }

    /// Has the packet end after `len` bytes, of which those that are new are zero. All are linear and may be changed. It
    /// stands for several packets no longer, so that it has to be short enough for one. None when memory is short.
    #[cold]
    pub(crate) fn resize(&mut self, len: usize) -> Option<&mut [u8]> {
        let length = u32::try_from(len).ok()?;
        // SAFETY: By the type invariant; `&mut self` keeps borrows of its bytes away.
        if unsafe { bindings::helper_skb_resize(self.skb, length) } != 0 {
            return None;
        }
        self.writable(len)
    }

    /// Sends another packet about this one, which has its route: a header without options, and
    /// what it has to say. It takes the route that its addresses ask for, and is balanced already.
    #[cold]
    pub(crate) fn send_about(&self, bytes: &[u8]) {
        let Ok(len) = u32::try_from(bytes.len()) else {
            return;
        };
        // SAFETY: By the type invariant; a hook runs under RCU. The bytes are copied.
        unsafe {
            V::send_about(self.net().as_ptr(), self.skb, bytes.as_ptr(), len);
        }
    }

    /// Routes a packet again after its source has changed (`ip_route_me_harder()`, `ip6_route_me_harder()`).
    pub(crate) fn reroute(&mut self) -> Result {
        // SAFETY: By the type invariant; the packet has a route.
        kernel::error::to_result(unsafe { V::reroute(self.net().as_ptr(), self.skb) })
    }

    /// Returns whether the route of the packet, which is forwarded to this destination, is the one that rules and tables
    /// choose, after its source has changed: as for a packet that came by its device, of which rules may know.
    #[cold]
    #[inline(never)]
    pub(crate) fn keeps_route(&self, destination: V::Addr) -> bool {
        let dst = self.dst();
        if dst.is_null() {
            return false;
        }
        // SAFETY: By the type invariant, and the borrow of the namespace; a hook runs under RCU.
        unsafe { V::keeps_route(self.net().as_ptr(), self.skb, dst, destination) }
    }

    /// Lets the packet go on its way.
    pub(crate) fn accept(self) -> Verdict {
        Verdict(bindings::NF_ACCEPT)
    }

    /// Drops the packet.
    pub(crate) fn discard(self) -> Verdict {
        Verdict(bindings::NF_DROP)
    }

    /// Sends the packet, which [`Packet::forget_inner`] made one of this host, along `route`
    /// (`ip_local_out()`, `ip6_local_out()`).
    pub(crate) fn send_as_own(self, route: &Route<V>) -> Verdict {
        // SAFETY: By the type invariants; the output takes the packet and the reference on the route
        // that is taken for it.
        unsafe {
            V::send_as_own(
                self.net().as_ptr(),
                self.skb,
                bindings::helper_dst_clone(route.as_ptr()),
            );
        }
        Verdict(bindings::NF_STOLEN)
    }

    /// Makes the packet, which came of [`Roomy::encapsulate`], one of this host: what is known of
    /// the one inside, before which there are `headers` bytes now, is not true of it. That had this
    /// [`Packet::largest_fragment`].
    pub(crate) fn forget_inner(&mut self, headers: u32, largest_fragment: u32) {
        // SAFETY: By the type invariant.
        unsafe { V::forget_inner(self.skb, headers, largest_fragment) };
    }

    /// Returns whether IPsec policies let in a packet that came for this host (`xfrm_policy_check()`), as
    /// they would to a socket without policies of its own.
    #[inline(always)]
    pub(crate) fn is_let_in(&mut self) -> bool {
        // SAFETY: By the type invariant.
        let is_restricted =
            unsafe { bindings::helper_net_restricts_input(self.net().as_ptr(), self.skb) };
        !is_restricted || self.is_let_in_by_policy()
    }

    #[cold]
    #[inline(never)]
    fn is_let_in_by_policy(&mut self) -> bool {
        // SAFETY: By the type invariant; a packet that was received has a device.
        unsafe { V::is_let_in(self.skb) }
    }

    /// Returns whether the stack has told the sender of a shorter way, or would, were it not for the
    /// limit of such messages.
    pub(crate) fn is_redirected(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { V::is_redirected(self.skb) }
    }

    /// Returns whether the routes of now would bring the packet, which had this destination, to where it is: none has
    /// changed since it got its own.
    pub(crate) fn has_valid_route(&self, destination: V::Addr) -> bool {
        let dst = self.dst();
        if dst.is_null() {
            return false;
        }
        // SAFETY: By the type invariant, and the borrow of the namespace.
        unsafe { V::has_valid_route(self.net().as_ptr(), self.skb, dst, destination) }
    }

    /// Sends the packet along `route`, or as IPsec policies ask for instead, through the hooks of
    /// LOCAL_OUT and POST_ROUTING (`xfrm_route_forward()`). One that may not leave is dropped.
    #[cold]
    #[inline(never)]
    pub(crate) fn send_by_policy(self, route: RouteRef<'_, V>, _guard: &rcu::Guard) -> Verdict {
        // SAFETY: As in `send`; the C side replaces the route by one with a reference, or by none.
        unsafe {
            bindings::helper_skb_dst_borrow(self.skb, route.as_ptr());
            if !V::secure(self.skb) {
                return self.discard();
            }
            V::send(self.net().as_ptr(), self.skb);
        }
        Verdict(bindings::NF_STOLEN)
    }

    /// Gives the packet a route, on which no reference is taken.
    #[inline(always)]
    pub(crate) fn borrow_route(&mut self, route: RouteRef<'_, V>, _guard: &rcu::Guard) {
        // SAFETY: By the type invariant. The route lives until the end of the critical section of the
        // guard, within which the packet is sent or taken; a queue that keeps it for longer takes a
        // reference (`skb_dst_force()`).
        unsafe { bindings::helper_skb_dst_borrow(self.skb, route.as_ptr()) };
    }

    /// Sends the packet along `route`, through the LOCAL_OUT and POST_ROUTING hooks.
    pub(crate) fn send(self, route: RouteRef<'_, V>, _guard: &rcu::Guard) -> Verdict {
        // SAFETY: By the type invariant; the output takes the packet. The route lives until the
        // end of the critical section of the guard; a queue that keeps the packet for longer takes
        // a reference (`skb_dst_force()`).
        unsafe {
            bindings::helper_skb_dst_borrow(self.skb, route.as_ptr());
            V::send(self.net().as_ptr(), self.skb);
        }
        Verdict(bindings::NF_STOLEN)
    }
}
