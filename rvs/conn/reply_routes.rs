// SPDX-License-Identifier: GPL-2.0-only

//! The routes that replies take, learned from those that the stack has forwarded, or looked up where replies come to this host.
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
        RouteRef,
        Stack,
        Target, //
    },
    sync::{
        Plain,
        RcuArc,
        RcuCell,
        RcuRef, //
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

/// What a search ends with.
enum Found<'g> {
    /// The route is there.
    Route(RcuRef<'g, Learned>),
    /// It may be put into this place.
    Place(u32),
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

    /// As [`ReplyRoutes::get`], so that it can be given to packets.
    #[inline]
    pub(crate) fn get_ref<'g, V: Stack>(
        &self,
        guard: &'g rcu::Guard,
        net: &Net,
        number: RouteNumber,
    ) -> Option<RouteRef<'g, V>> {
        let learned = self.found_at(guard, number)?;
        let route: RouteRef<'g, V> = RouteRef::of_part(learned, |learned| &learned.route)?;
        (learned.number == number && route.is_valid(net)).then_some(route)
    }

    /// Looks up the route of packets from `source` to `destination` that this host sends, and keeps it for all that share it. Its
    /// number is 0 where it is not kept: there is no place, or it leads to this host or into a tunnel. Errors as
    /// [`Route::output`], and ENOMEM.
    #[cold]
    #[inline(never)]
    pub(crate) fn look_up<'g, V: Stack>(
        &self,
        guard: &'g rcu::Guard,
        net: &Net,
        source: V::Addr,
        destination: V::Addr,
        vrf: u32,
    ) -> Result<(RouteNumber, RouteRef<'g, V>)> {
        let route = Route::<V>::output_from(net, source, destination, Target::Destination, vrf, 0)?;
        if vrf != 0 || !route.is_plain() || route.is_local() {
            return Ok((0, route.under(guard)?));
        }
        let is_same = |known: &CachedRoute| {
            V::of_cached(known).is_some_and(|known| known.identity() == route.identity())
        };
        match self.search(guard, net, route.identity(), is_same) {
            Some(Found::Route(learned)) => {
                let known = RouteRef::of_part(learned, |learned| &learned.route).ok_or(EINVAL)?;
                Ok((learned.number, known))
            }
            Some(Found::Place(place)) => self.keep(guard, place, route),
            None => Ok((0, route.under(guard)?)),
        }
    }

    /// Looks for the route that `is_wanted`, with this identity ([`Route::identity`]), or a place for it. None when there is none.
    fn search<'g>(
        &self,
        guard: &'g rcu::Guard,
        net: &Net,
        identity: usize,
        is_wanted: impl Fn(&CachedRoute) -> bool,
    ) -> Option<Found<'g>> {
        // Objects of one slab cache differ in the bits above the cache line.
        let first = (identity >> 6) as u32;
        let mut places = (0..TRIES).map(|distance| first.wrapping_add(distance) % PLACES);
        places.find_map(|place| match self.found_at(guard, place) {
            Some(learned) if learned.route.is_valid(net) => {
                is_wanted(&learned.route).then_some(Found::Route(learned))
            }
            _ => Some(Found::Place(place)),
        })
    }

    /// Puts a route into a place.
    fn keep<'g, V: Stack>(
        &self,
        guard: &'g rcu::Guard,
        place: u32,
        route: Route<V>,
    ) -> Result<(RouteNumber, RouteRef<'g, V>)> {
        let learned = self.put(place, route.into_cached()).ok_or(ENOMEM)?;
        let learned = learned.under(guard);
        let route = RouteRef::of_part(learned, |learned| &learned.route).ok_or(EINVAL)?;
        Ok((learned.number, route))
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
        let is_same =
            |known: &CachedRoute| V::of_cached(known).is_some_and(|known| known.is_of(packet));
        match self.search(guard, net, packet.route_number(), is_same)? {
            Found::Route(learned) => Some(learned.number),
            Found::Place(place) => {
                let route = Route::of_packet(packet, destination)?.into_cached();
                self.put(place, route).map(|learned| learned.number)
            }
        }
    }

    #[inline]
    fn at<'g>(&self, guard: &'g rcu::Guard, number: RouteNumber) -> Option<&'g Learned> {
        self.found_at(guard, number).map(RcuRef::get)
    }

    #[inline]
    fn found_at<'g>(
        &self,
        guard: &'g rcu::Guard,
        number: RouteNumber,
    ) -> Option<RcuRef<'g, Learned>> {
        let place = self.places.get((number % PLACES) as usize)?;
        place.read(guard)
    }

    fn put(&self, place: u32, route: CachedRoute) -> Option<RcuArc<Learned>> {
        let replacement = self.replacements.fetch_add(1u32, Relaxed).wrapping_add(1);
        let number = replacement.wrapping_mul(PLACES) | place;
        let learned = RcuArc::new(Learned { number, route }, GFP_ATOMIC).ok()?;
        drop(
            self.places
                .get(place as usize)?
                .replace(Some(learned.clone())),
        );
        Some(learned)
    }
}
