// SPDX-License-Identifier: GPL-2.0-only

//! What `lblc` and `lblcr` remember of an address that packets are for: the destinations that they
//! went to.
//!
//! Destinations come and go, so they are remembered by name, with the place where they were. One
//! that returns to the service is the same as before.

use super::{
    super::{
        addr::{
            Addr,
            Endpoint, //
        },
        spread::spread, //
    },
    least::{
        Least,
        Measure, //
    },
    wlc::Quotient,
    Destination, //
};

/// As many destinations are remembered of one address. Where all of them are busy, the connections
/// that go elsewhere leave no trace.
pub const MOST: usize = 8;

/// A destination by name: of IPv4 address and port, of IPv6 a hash of 48 bits. The lower bits are
/// its place in the list, as far as known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Member(u64);

const PLACE_BITS: u32 = 16;

impl Member {
    fn new<D: Destination>(destinations: &[D], index: usize) -> Option<Self> {
        let destination = destinations.get(index)?;
        let place = u16::try_from(index).unwrap_or(u16::MAX);
        Some(Self(
            name_of(destination.endpoint()) << PLACE_BITS | u64::from(place),
        ))
    }

    const fn name(self) -> u64 {
        self.0 >> PLACE_BITS
    }

    /// Its index; none while it is not part of the service.
    fn index<D: Destination>(self, destinations: &[D]) -> Option<usize> {
        let place = usize::from(self.0 as u16);
        let is_it = |destination: &D| name_of(destination.endpoint()) == self.name();
        if destinations.get(place).is_some_and(is_it) {
            return Some(place);
        }
        destinations.iter().position(is_it)
    }
}

fn name_of(endpoint: Endpoint) -> u64 {
    let name = match endpoint.addr {
        Addr::V4(addr) => u64::from(addr.to_bits()) << u16::BITS | u64::from(endpoint.port),
        Addr::V6(addr) => {
            let bits = addr.to_bits();
            let upper = spread((bits >> u64::BITS) as u64);
            spread(spread(upper ^ bits as u64) ^ u64::from(endpoint.port))
        }
    };
    name & u64::MAX >> PLACE_BITS
}

/// The destinations of one address, the latest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Set {
    members: [Member; MOST],
    count: u8,
    changed: u32,
}

impl Set {
    /// That of one destination; `now` is in ticks, around the end of the numbers.
    pub(super) fn of<D: Destination>(destinations: &[D], index: usize, now: u32) -> Option<Self> {
        Some(Self {
            members: [Member::new(destinations, index)?; MOST],
            count: 1,
            changed: now,
        })
    }

    /// Notes where its destinations are in the list now.
    pub(super) fn locate<D: Destination>(&mut self, destinations: &[D]) {
        let count = self.count.into();
        for member in self.members.iter_mut().take(count) {
            let index = member.index(destinations);
            if let Some(now) = index.and_then(|index| Member::new(destinations, index)) {
                *member = now;
            }
        }
    }

    fn members(&self) -> &[Member] {
        self.members
            .get(..usize::from(self.count))
            .unwrap_or(&self.members)
    }

    /// The index of the latest, if it is part of the service.
    pub(super) fn latest<D: Destination>(&self, destinations: &[D]) -> Option<usize> {
        self.members().first()?.index(destinations)
    }

    /// Whether there are several.
    pub(super) const fn has_several(&self) -> bool {
        self.count > 1
    }

    /// When it was changed last.
    pub(super) const fn changed(&self) -> u32 {
        self.changed
    }

    /// The least loaded for its weight of those that may be chosen, and of equals the latest.
    pub(super) fn least<D: Destination>(&self, destinations: &[D]) -> Option<usize> {
        let mut least = Least::<Quotient>::of_none();
        let indices = self.members().iter();
        for index in indices.filter_map(|member| member.index(destinations)) {
            if let Some(destination) = destinations.get(index) {
                least.look(index, destination);
            }
        }
        (least.index() < destinations.len()).then_some(least.index())
    }

    /// Adds a destination that is not among them. Where there is no place for it, one that is not
    /// part of the service gives way, otherwise nothing is added.
    pub(super) fn add<D: Destination>(&mut self, destinations: &[D], index: usize, now: u32) {
        let Some(member) = Member::new(destinations, index) else {
            return;
        };
        let is_it = |other: &Member| other.name() == member.name();
        if self.members().iter().any(is_it) {
            return;
        }
        if self.members().len() == MOST && !self.remove_missing(destinations) {
            return;
        }
        let count = usize::from(self.count).wrapping_add(1);
        if let Some(places) = self.members.get_mut(..count) {
            places.rotate_right(1);
            if let Some(first) = places.first_mut() {
                *first = member;
            }
            self.count = count as u8;
            self.changed = now;
        }
    }

    /// Removes one: one that is not part of the service, otherwise the most loaded for its weight,
    /// and of equals the latest. One without a weight stays.
    pub(super) fn reduce<D: Destination>(&mut self, destinations: &[D], now: u32) {
        if self.remove_missing(destinations) || self.remove_most(destinations) {
            self.changed = now;
        }
    }

    fn remove_missing<D: Destination>(&mut self, destinations: &[D]) -> bool {
        let is_missing = |member: &Member| member.index(destinations).is_none();
        match self.members().iter().position(is_missing) {
            Some(place) => self.remove(place),
            None => false,
        }
    }

    fn remove_most<D: Destination>(&mut self, destinations: &[D]) -> bool {
        let mut most: Option<(usize, Quotient)> = None;
        for (place, member) in (0..MOST).zip(self.members()) {
            let index = member.index(destinations);
            let Some(destination) = index.and_then(|index| destinations.get(index)) else {
                continue;
            };
            let measure = Quotient::of(destination);
            let is_more = most.is_none_or(|(_, most)| {
                let (most, here) = most.against(measure);
                most < here
            });
            if destination.weight() > 0 && is_more {
                most = Some((place, measure));
            }
        }
        most.is_some_and(|(place, _)| self.remove(place))
    }

    fn remove(&mut self, place: usize) -> bool {
        let Some(behind) = self.members.get_mut(place..usize::from(self.count)) else {
            return false;
        };
        behind.rotate_left(1);
        self.count = self.count.saturating_sub(1);
        true
    }
}

/// Whether a destination has more active connections than weight, while another one has less than
/// half as many.
pub(super) fn is_busy<D: Destination>(destinations: &[D], index: usize) -> bool {
    let has_more = |destination: &D| destination.active() > destination.weight();
    let has_room = |destination: &D| {
        u64::wrapping_mul(destination.active().into(), 2) < u64::from(destination.weight())
    };
    destinations.get(index).is_some_and(has_more) && destinations.iter().any(has_room)
}
