// SPDX-License-Identifier: GPL-2.0-only

//! Routes.
//!
//! C headers: [`include/net/route.h`](srctree/include/net/route.h),
//! [`include/net/ip6_route.h`](srctree/include/net/ip6_route.h),
//! [`include/net/dst.h`](srctree/include/net/dst.h)

use core::{
    ops::Deref,
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
    logic::{
        packet::ip::Version,
        tunnel::Tunnel, //
    },
};

use super::{
    stack::CachedRoute,
    Net,
    Packet,
    Stack, //
};

/// What the address of a lookup is to the packets that take the route.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// Their destination.
    Destination,
    /// The host that they are handed to, whatever their destination (`FLOWI_FLAG_KNOWN_NH`).
    NextHop,
    /// The end of this tunnel, into which they are put. What rules say of packets of one tunnel does not hold for
    /// those of another.
    EndOf(Tunnel),
}

impl Target {
    /// The target as a number: what many are compared with costs one look.
    #[inline(always)]
    const fn number(self) -> u64 {
        match self {
            Self::Destination => 0,
            Self::NextHop => 1,
            Self::EndOf(tunnel) => 2 | (tunnel.to_u32() as u64) << u32::BITS,
        }
    }
}

/// A route to a destination.
///
/// # Invariants
///
/// The pointer is to a `dst_entry` of a route of this version on which this object owns a reference, and the stamp is
/// that of the route.
pub(crate) struct Route<V: Version> {
    dst: NonNull<bindings::dst_entry>,
    stamp: u64,
    source: V::Addr,
    destination: V::Addr,
    /// [`Target::number`].
    target: u64,
    plain: bool,
    ruled: bool,
    vrf: u32,
    exit: u32,
    number: LookupNumber,
}

/// The number of a lookup of a [`RouteCache`], of 20 bits; 0 is none. A number is given again after 2^20 - 1 other
/// lookups of the same cache.
pub(crate) type LookupNumber = u32;

/// How many numbers there are, 0 included.
const LOOKUP_NUMBERS: LookupNumber = 1 << 20;

// SAFETY: A `dst_entry` is reference counted and made to be used from all CPUs.
unsafe impl<V: Version> Send for Route<V> {}
// SAFETY: As above.
unsafe impl<V: Version> Sync for Route<V> {}

impl<V: Stack> Route<V> {
    /// Looks up the route this host would take to `destination` (`ip_route_output_key()`, `ip6_route_output()`).
    /// ENETUNREACH and EHOSTUNREACH among others when there is none.
    ///
    /// As with IPVS the mark of the packet takes no part in it: marks are used to bring packets to
    /// the director, and would bring them back. The VRF does: it is looked up in the tables of that.
    pub(crate) fn output(
        net: &Net,
        destination: V::Addr,
        target: Target,
        vrf: u32,
        number: LookupNumber,
    ) -> Result<Self> {
        Self::output_from(net, V::UNSPECIFIED, destination, target, vrf, number)
    }

    /// As [`Route::output`], of packets from `source`, by which rules may choose. It need not be an address of this host.
    pub(crate) fn output_from(
        net: &Net,
        source: V::Addr,
        destination: V::Addr,
        target: Target,
        vrf: u32,
        number: LookupNumber,
    ) -> Result<Self> {
        let known_next_hop = matches!(target, Target::NextHop);
        let generation = Self::generation(net);
        // SAFETY: The namespace is valid by its borrow.
        let (dst, source) =
            unsafe { V::route_output(net.as_ptr(), source, destination, known_next_hop, vrf) };
        // The C side encodes errors in the pointer.
        let dst = kernel::error::from_err_ptr(dst)?;
        let dst = NonNull::new(dst).ok_or(ENOENT)?;
        let ends = (source, destination);
        let ruled = net.has_rules::<V>();
        // SAFETY: The lookup returned a reference, which is given away.
        let mut route = unsafe { Self::new(dst, generation, ends, target, number, ruled) };
        route.vrf = vrf;
        Ok(route)
    }

    fn generation(net: &Net) -> u32 {
        // SAFETY: The namespace is valid by its borrow.
        unsafe { V::route_generation(net.as_ptr()) }
    }

    /// Returns whether [`Route::of_packet`] would give the route of a packet to a destination: a plain one (see
    /// [`Route::is_plain`]) of a routing table of its namespace, that is still valid. What a bridge shows to
    /// the hooks has none, whatever it has got instead.
    pub(crate) fn may_be_kept_of(packet: &Packet<'_, V>, destination: V::Addr) -> bool {
        let (net, dst) = (packet.net().as_ptr(), packet.dst());
        if dst.is_null() || packet.is_bridged() {
            return false;
        }
        // SAFETY: By the type invariant of the packet, whose route is there, and which is under RCU in a
        // hook. The first question is whether it is a route of this version.
        unsafe {
            V::route_may_be_kept(net, dst)
                && V::route_is_plain(dst)
                && packet.has_valid_route(destination)
        }
    }

    /// Returns the route that the stack has chosen for a packet to a destination, if it may be kept.
    pub(crate) fn of_packet(packet: &Packet<'_, V>, destination: V::Addr) -> Option<Self> {
        let generation = Self::generation(packet.net());
        if !Self::may_be_kept_of(packet, destination) {
            return None;
        }
        let dst = NonNull::new(packet.dst())?;
        // SAFETY: By the type invariant of the packet.
        if unsafe { !bindings::helper_dst_hold(dst.as_ptr()) } {
            return None;
        }
        let ends = (V::UNSPECIFIED, V::UNSPECIFIED);
        // SAFETY: It is a route of this version, as just asked. The reference was just taken, and is given away.
        Some(unsafe { Self::new(dst, generation, ends, Target::Destination, 0, false) })
    }

    /// # Safety
    ///
    /// `dst` must be a route of this version, with a reference that is left to the new object. The generation was read
    /// before it was looked up, or found valid.
    unsafe fn new(
        dst: NonNull<bindings::dst_entry>,
        generation: u32,
        (source, destination): (V::Addr, V::Addr),
        target: Target,
        number: LookupNumber,
        ruled: bool,
    ) -> Self {
        // SAFETY: By the requirement.
        let (plain, exit, stamp) = unsafe {
            (
                V::route_is_plain(dst.as_ptr()),
                bindings::helper_dst_vrf(dst.as_ptr()),
                V::route_stamp(dst.as_ptr(), generation),
            )
        };
        // INVARIANT: By the requirement.
        Self {
            dst,
            stamp,
            source,
            destination,
            target: target.number(),
            plain,
            ruled,
            vrf: 0,
            exit,
            number,
        }
    }

    /// Returns the VRF of the device by which packets leave, 0 for none.
    pub(crate) fn exit_vrf(&self) -> u32 {
        self.exit
    }

    /// Returns whether the destination is this host.
    pub(crate) fn is_local(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { V::route_is_local(self.dst.as_ptr()) }
    }

    /// Returns the path MTU of packets that this host sends, in bytes from the IP header on.
    #[inline]
    pub(crate) fn mtu(&self) -> u32 {
        // SAFETY: By the type invariant.
        unsafe { V::route_mtu(self.dst.as_ptr()) }
    }

    /// Returns the MTU of packets that this host forwards (`ip_forward_use_pmtu` decides whether
    /// the path MTU counts), in bytes from the IP header on.
    #[inline]
    pub(crate) fn forward_mtu(&self, net: &Net) -> u32 {
        // SAFETY: By the type invariant, and the borrow of the namespace.
        unsafe { V::route_forward_mtu(net.as_ptr(), self.dst.as_ptr()) }
    }

    /// Returns the address that this host uses as source on the route, and the destination.
    pub(super) fn endpoints(&self) -> (V::Addr, V::Addr) {
        (self.source, self.destination)
    }

    /// Returns whether no route of the namespace has changed since the lookup (`dst_check()`).
    #[inline]
    pub(crate) fn is_valid(&self, net: &Net) -> bool {
        // SAFETY: By the type invariant, and the borrow of the namespace.
        unsafe { V::route_is_valid(net.as_ptr(), self.dst.as_ptr(), self.stamp) }
    }

    /// Returns whether it was looked up for this target, and is valid.
    #[inline(always)]
    pub(super) fn is_to(&self, net: &Net, target: Target) -> bool {
        self.target == target.number() && self.is_valid(net)
    }

    /// Returns whether this is the route that the stack has chosen for a packet.
    #[inline]
    pub(crate) fn is_of(&self, packet: &Packet<'_, V>) -> bool {
        packet.dst() == self.dst.as_ptr()
    }

    /// Returns a number that is the same for lookups with the same result.
    pub(crate) fn identity(&self) -> usize {
        self.dst.as_ptr().addr()
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

impl<V: Version> Drop for Route<V> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_dst_release(self.dst.as_ptr()) };
    }
}

impl<V: Stack> Route<V> {
    /// Gives the route away, to be used until the end of the critical section of `guard`. ENOMEM.
    pub(crate) fn under(self, guard: &rcu::Guard) -> Result<RouteRef<'_, V>> {
        let route = RcuArc::new(self.into_cached(), GFP_ATOMIC)?;
        RouteRef::of(route.under(guard)).ok_or(EINVAL)
    }

    /// The route in the form in which it is kept.
    pub(crate) fn into_cached(self) -> CachedRoute {
        V::into_cached(self)
    }
}

/// A route that lives, with its reference, until the end of a critical section of RCU at least.
///
/// # Invariants
///
/// The route is in an object that is freed a grace period after its last reference, and was there within the critical
/// section of `'g`.
pub(crate) struct RouteRef<'g, V: Stack>(&'g Route<V>);

impl<V: Stack> Clone for RouteRef<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V: Stack> Copy for RouteRef<'_, V> {}

impl<'g, V: Stack> RouteRef<'g, V> {
    /// The route that is kept, if it is of this version.
    #[inline(always)]
    fn of(kept: RcuRef<'g, CachedRoute>) -> Option<Self> {
        // INVARIANT: It is a part of the object that was found.
        V::of_cached(kept.get()).map(Self)
    }

    /// A route that is a part of an object which was found under RCU, if it is of this version. What tells the part knows
    /// nothing but the object.
    #[inline(always)]
    pub(crate) fn of_part<T>(
        object: RcuRef<'g, T>,
        part: for<'o> fn(&'o T) -> &'o CachedRoute,
    ) -> Option<Self> {
        // INVARIANT: It is a part of the object that was found.
        V::of_cached(part(object.get())).map(Self)
    }

    /// Borrows it for as long as it is known to live.
    #[inline(always)]
    pub(crate) fn get(self) -> &'g Route<V> {
        self.0
    }
}

impl<V: Stack> Deref for RouteRef<'_, V> {
    type Target = Route<V>;

    #[inline(always)]
    fn deref(&self) -> &Route<V> {
        self.0
    }
}

/// A place for the route to one destination, so that it is not looked up for every packet. The route is of the version
/// of the destination's address.
pub(crate) struct RouteCache {
    route: RcuCell<CachedRoute>,
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
    pub(crate) fn get<'g, V: Stack>(
        &self,
        guard: &'g rcu::Guard,
        net: &Net,
        destination: V::Addr,
        target: Target,
    ) -> Result<RouteRef<'g, V>> {
        match self.peek(guard, net, target) {
            Some(route) => Ok(route),
            None => self.look_up(guard, net, destination, target, 0),
        }
    }

    /// As [`RouteCache::get`], in a VRF, which need not be the same each time.
    #[cold]
    #[inline(never)]
    pub(crate) fn get_in_vrf<'g, V: Stack>(
        &self,
        guard: &'g rcu::Guard,
        net: &Net,
        destination: V::Addr,
        target: Target,
        vrf: u32,
    ) -> Result<RouteRef<'g, V>> {
        match self.peek(guard, net, target) {
            Some(route) if route.vrf == vrf => Ok(route),
            _ => self.look_up(guard, net, destination, target, vrf),
        }
    }

    /// Returns the VRF of the device by which packets of a VRF leave, if that is the one that has asked last.
    pub(crate) fn exit_of(&self, guard: &rcu::Guard, vrf: u32) -> Option<u32> {
        let (of, exit) = match self.route.read(guard)?.get() {
            CachedRoute::V4(route) => (route.vrf, route.exit),
            CachedRoute::V6(route) => (route.vrf, route.exit),
        };
        (of == vrf).then_some(exit)
    }

    /// Returns the route if it is there and valid.
    #[inline(always)]
    pub(crate) fn peek<'g, V: Stack>(
        &self,
        guard: &'g rcu::Guard,
        net: &Net,
        target: Target,
    ) -> Option<RouteRef<'g, V>> {
        let route: RouteRef<'g, V> = RouteRef::of(self.route.read(guard)?)?;
        route.is_to(net, target).then_some(route)
    }

    /// Returns whether the route is there and valid, and leads to this host, of whatever version it is.
    #[inline]
    pub(crate) fn is_local(&self, guard: &rcu::Guard, net: &Net, target: Target) -> bool {
        self.route
            .read(guard)
            .is_some_and(|route| match route.get() {
                CachedRoute::V4(route) => route.is_to(net, target) && route.is_local(),
                CachedRoute::V6(route) => route.is_to(net, target) && route.is_local(),
            })
    }

    #[cold]
    fn look_up<'g, V: Stack>(
        &self,
        guard: &'g rcu::Guard,
        net: &Net,
        destination: V::Addr,
        target: Target,
        vrf: u32,
    ) -> Result<RouteRef<'g, V>> {
        let lookup = self.lookups.fetch_add(1, Relaxed);
        let number = lookup % (LOOKUP_NUMBERS - 1) + 1;
        let route = Route::<V>::output(net, destination, target, vrf, number)?;
        let route = RcuArc::new(route.into_cached(), GFP_ATOMIC)?;
        let found = RouteRef::of(route.under(guard)).ok_or(EINVAL)?;
        drop(self.route.replace(Some(route)));
        Ok(found)
    }

    /// Forgets the route, so that nothing of it is held.
    pub(crate) fn clear(&self) {
        drop(self.route.replace(None));
    }
}
