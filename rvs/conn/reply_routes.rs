// SPDX-License-Identifier: GPL-2.0-only

//! The routes that replies take, learned from those that the stack has forwarded.
//!
//! Most clients are behind a few next hops, so that many connections share one route. Each has a
//! number, and a connection keeps that instead of a reference: 4 bytes, and nothing to give back.

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        rcu, //
    },
};

use crate::kapi::{
    net::{
        CachedRoute,
        Net,
        Packet,
        Route,
        Stack, //
    },
    sync::{
        Plain,
        RcuArc,
        RcuCell, //
    },
};

/// The number of a route; 0 is none. A number is given again only after 2^24 other routes have
/// been in its place.
pub(crate) type RouteNumber = u32;

/// Places for routes, a power of two. A route that finds none is not learned.
const PLACES: u32 = 256;

/// How many places a route is tried in.
const TRIES: u32 = 4;

/// A route with its number, of which the lowest bits tell its place.
struct Learned {
    number: RouteNumber,
    route: CachedRoute,
}

/// The routes of a namespace.
pub(crate) struct ReplyRoutes {
    places: KVec<RcuCell<Learned>>,
    replacements: Atomic<u32>,
}

impl Plain for Learned {}

impl ReplyRoutes {
    /// Knows no route.
    pub(crate) fn new() -> Result<Self> {
        let mut places = KVec::with_capacity(PLACES as usize, GFP_KERNEL_ACCOUNT)?;
        for _ in 0..PLACES {
            places.push(RcuCell::new(None), GFP_KERNEL_ACCOUNT)?;
        }
        Ok(Self {
            places,
            replacements: Atomic::new(0),
        })
    }

    /// Returns the route of this number, unless any route of the namespace has changed since.
    #[inline]
    pub(crate) fn get<'g, V: Stack>(
        &self,
        guard: &'g rcu::Guard,
        net: &Net,
        number: RouteNumber,
    ) -> Option<&'g Route<V>> {
        let learned = self.at(guard, number)?;
        let route = V::of_cached(&learned.route)?;
        (learned.number == number && route.is_valid(net)).then_some(route)
    }

    /// Learns the route that a packet takes to its destination. Returns its number; none when there is no place, or it may not
    /// be kept ([`Route::may_be_kept_of`]).
    pub(crate) fn learn<V: Stack>(
        &self,
        guard: &rcu::Guard,
        net: &Net,
        packet: &Packet<'_, V>,
        destination: V::Addr,
    ) -> Option<RouteNumber> {
        if !Route::may_be_kept_of(packet, destination) {
            return None;
        }
        // Objects of one slab cache differ in the bits above the cache line.
        let first = (packet.route_number() >> 6) as u32;
        for place in (0..TRIES).map(|distance| first.wrapping_add(distance) % PLACES) {
            match self.at(guard, place) {
                Some(learned) if learned.route.is_valid(net) => {
                    if V::of_cached(&learned.route).is_some_and(|route| route.is_of(packet)) {
                        return Some(learned.number);
                    }
                }
                _ => return self.put(place, Route::of_packet(packet, destination)?.into_cached()),
            }
        }
        None
    }

    #[inline]
    fn at<'g>(&self, guard: &'g rcu::Guard, number: RouteNumber) -> Option<&'g Learned> {
        let place = self.places.get((number % PLACES) as usize)?;
        Some(place.read(guard)?.get())
    }

    fn put(&self, place: u32, route: CachedRoute) -> Option<RouteNumber> {
        let replacement = self.replacements.fetch_add(1u32, Relaxed).wrapping_add(1);
        let number = replacement.wrapping_mul(PLACES) | place;
        let learned = RcuArc::new(Learned { number, route }, GFP_ATOMIC).ok()?;
        drop(self.places.get(place as usize)?.replace(Some(learned)));
        Some(number)
    }
}
