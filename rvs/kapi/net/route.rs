// SPDX-License-Identifier: GPL-2.0-only

//! Routes.
//!
//! C headers: [`include/net/route.h`](srctree/include/net/route.h),
//! [`include/net/dst.h`](srctree/include/net/dst.h)

use core::{
    net::Ipv4Addr,
    ptr::NonNull, //
};

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        rcu, //
    }, //
};

use crate::{
    bindings,
    kapi::sync::{
        RcuArc,
        RcuCell,
        RcuRef, //
    },
};

use super::{
    Net,
    Packet, //
};

/// What the address of a lookup is to the packets that take the route.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// Their destination.
    Destination,
    /// The host that they are handed to, whatever their destination (`FLOWI_FLAG_KNOWN_NH`).
    NextHop,
}

/// A route to a destination.
///
/// # Invariants
///
/// The pointer is to a `dst_entry` of an IPv4 route on which this object owns a reference.
pub(crate) struct Route {
    dst: NonNull<bindings::dst_entry>,
    source: u32,
    destination: u32,
    target: Target,
    plain: bool,
    ruled: bool,
    number: LookupNumber,
}

/// The number of a lookup of a [`RouteCache`], of 20 bits; 0 is none. A number is given again after 2^20 - 1 other
/// lookups of the same cache.
pub(crate) type LookupNumber = u32;

/// How many numbers there are, 0 included.
const LOOKUP_NUMBERS: LookupNumber = 1 << 20;

// SAFETY: A `dst_entry` is reference counted and made to be used from all CPUs.
unsafe impl Send for Route {}
// SAFETY: As above.
unsafe impl Sync for Route {}

impl Route {
    /// Looks up the route this host would take to `destination` (`ip_route_output_key()`).
    /// ENETUNREACH and EHOSTUNREACH among others when there is none.
    ///
    /// As with IPVS the mark of the packet takes no part in it: marks are used to bring packets to
    /// the director, and would bring them back.
    pub(crate) fn output(
        net: &Net,
        destination: Ipv4Addr,
        target: Target,
        number: LookupNumber,
    ) -> Result<Self> {
        let destination = u32::from_ne_bytes(destination.octets());
        let mut source = 0;
        // SAFETY: The namespace is valid by its borrow.
        let dst = unsafe {
            bindings::helper_route_output4(
                net.as_ptr(),
                destination,
                matches!(target, Target::NextHop),
                &mut source,
            )
        };
        // The C side encodes errors in the pointer.
        let dst = kernel::error::from_err_ptr(dst)?;
        let dst = NonNull::new(dst).ok_or(ENOENT)?;
        // SAFETY: The lookup returned a reference, which is given away.
        Ok(unsafe { Self::new(dst, source, destination, target, number, net.has_rules()) })
    }

    /// Returns whether [`Route::of_packet`] would give the route of a packet: a plain one (see
    /// [`Route::is_plain`]) of a routing table of its namespace, that is still valid. What a bridge shows to
    /// the hooks has none, whatever it has got instead.
    pub(crate) fn may_be_kept_of(packet: &Packet<'_>) -> bool {
        let (net, dst) = (packet.net().as_ptr(), packet.dst());
        if dst.is_null() || packet.is_bridged() {
            return false;
        }
        // SAFETY: By the type invariant of the packet, whose route is there, and which is under RCU in a
        // hook. The first question is whether it is a route of IPv4.
        unsafe {
            bindings::helper_route_may_be_kept(net, dst)
                && bindings::helper_route_is_plain(dst)
                && bindings::helper_route_is_valid(net, dst)
        }
    }

    /// Returns the route that the stack has chosen for a packet, if it may be kept.
    pub(crate) fn of_packet(packet: &Packet<'_>) -> Option<Self> {
        if !Self::may_be_kept_of(packet) {
            return None;
        }
        let dst = NonNull::new(packet.dst())?;
        // SAFETY: By the type invariant of the packet.
        if unsafe { !bindings::helper_dst_hold(dst.as_ptr()) } {
            return None;
        }
        // SAFETY: It is a route of IPv4, as just asked. The reference was just taken, and is given away.
        Some(unsafe { Self::new(dst, 0, 0, Target::Destination, 0, false) })
    }

    /// # Safety
    ///
    /// `dst` must be an IPv4 route, with a reference that is left to the new object.
    unsafe fn new(
        dst: NonNull<bindings::dst_entry>,
        source: u32,
        destination: u32,
        target: Target,
        number: LookupNumber,
        ruled: bool,
    ) -> Self {
        // SAFETY: By the requirement.
        let plain = unsafe { bindings::helper_route_is_plain(dst.as_ptr()) };
        // INVARIANT: By the requirement.
        Self {
            dst,
            source,
            destination,
            target,
            plain,
            ruled,
            number,
        }
    }

    /// Returns whether the destination is this host.
    pub(crate) fn is_local(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_route_is_local(self.dst.as_ptr()) }
    }

    /// Returns the path MTU of packets that this host sends, in bytes from the IP header on.
    #[inline]
    pub(crate) fn mtu(&self) -> u32 {
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_route_mtu(self.dst.as_ptr()) }
    }

    /// Returns the MTU of packets that this host forwards (`ip_forward_use_pmtu` decides whether
    /// the path MTU counts), in bytes from the IP header on.
    #[inline]
    pub(crate) fn forward_mtu(&self, net: &Net) -> u32 {
        // SAFETY: By the type invariant, and the borrow of the namespace.
        unsafe { bindings::helper_route_forward_mtu(net.as_ptr(), self.dst.as_ptr()) }
    }

    /// Returns the address that this host uses as source on the route, and the destination, both
    /// in network order.
    pub(super) fn endpoints(&self) -> (u32, u32) {
        (self.source, self.destination)
    }

    /// Returns whether no route of the namespace has changed since the lookup (`dst_check()`).
    #[inline]
    pub(crate) fn is_valid(&self, net: &Net) -> bool {
        // SAFETY: By the type invariant, and the borrow of the namespace.
        unsafe { bindings::helper_route_is_valid(net.as_ptr(), self.dst.as_ptr()) }
    }

    /// Returns whether this is the route that the stack has chosen for a packet.
    #[inline]
    pub(crate) fn is_of(&self, packet: &Packet<'_>) -> bool {
        packet.dst() == self.dst.as_ptr()
    }

    /// Returns whether packets go from the route straight to a neighbour: nothing is encrypted or
    /// encapsulated on the way.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.plain
    }

    /// Returns whether there were rules of policy routing at the lookup. One that is added ends the route.
    #[inline]
    pub(crate) fn is_ruled(&self) -> bool {
        self.ruled
    }

    /// Returns the number of the lookup, by which one remembers this route without a reference.
    #[inline]
    pub(crate) fn number(&self) -> LookupNumber {
        self.number
    }

    pub(super) fn as_ptr(&self) -> *mut bindings::dst_entry {
        self.dst.as_ptr()
    }
}

impl Drop for Route {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_dst_release(self.dst.as_ptr()) };
    }
}

/// A place for the route to one destination, so that it is not looked up for every packet.
pub(crate) struct RouteCache {
    route: RcuCell<Route>,
    lookups: Atomic<u32>,
}

impl RouteCache {
    /// Makes an empty place.
    pub(crate) fn new() -> Self {
        Self {
            route: RcuCell::new(None),
            lookups: Atomic::new(0),
        }
    }

    /// Returns the route to `destination`, which must be the same each time. It is looked up anew
    /// when any route of the namespace has changed since. Errors as [`Route::output`], and ENOMEM.
    #[inline]
    pub(crate) fn get<'g>(
        &self,
        guard: &'g rcu::Guard,
        net: &Net,
        destination: Ipv4Addr,
        target: Target,
    ) -> Result<RcuRef<'g, Route>> {
        match self.route.read(guard) {
            Some(route) if route.target == target && route.is_valid(net) => Ok(route),
            _ => self.look_up(guard, net, destination, target),
        }
    }

    /// Returns the route if it is there and valid.
    #[inline]
    pub(crate) fn peek<'g>(
        &self,
        guard: &'g rcu::Guard,
        net: &Net,
        target: Target,
    ) -> Option<RcuRef<'g, Route>> {
        let route = self.route.read(guard)?;
        (route.target == target && route.is_valid(net)).then_some(route)
    }

    #[cold]
    fn look_up<'g>(
        &self,
        guard: &'g rcu::Guard,
        net: &Net,
        destination: Ipv4Addr,
        target: Target,
    ) -> Result<RcuRef<'g, Route>> {
        let lookup = self.lookups.fetch_add(1, Relaxed);
        let number = lookup % (LOOKUP_NUMBERS - 1) + 1;
        let route = RcuArc::new(Route::output(net, destination, target, number)?, GFP_ATOMIC)?;
        let found = route.under(guard);
        drop(self.route.replace(Some(route)));
        Ok(found)
    }

    /// Forgets the route, so that nothing of it is held.
    pub(crate) fn clear(&self) {
        drop(self.route.replace(None));
    }
}
