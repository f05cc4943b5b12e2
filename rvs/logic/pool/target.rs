// SPDX-License-Identifier: GPL-2.0-only

//! What a pool has given towards one server.

use crate::logic::addr::{
    Addr,
    Endpoint, //
};

use super::{
    range::order,
    News,
    Ports,
    Row,
    Storage, //
};

/// What a pool has to give, of one address family.
#[derive(Clone, Copy)]
pub struct Offer<'a> {
    /// Its addresses, in their [`order`].
    pub addrs: &'a [Addr],
    /// The ports of each.
    pub ports: Ports,
    /// Another number after each change.
    pub generation: u32,
}

impl Offer<'_> {
    /// The place of one of its addresses, and one of the ports. Of all numbers as many stand for each pair, but for one or two:
    /// with the most addresses and all ports that is 64.
    #[inline]
    fn at(&self, random: u32) -> (usize, u16) {
        let scaled = u64::from(random) * self.addrs.len() as u64;
        // What is below the place tells where in its part of all numbers this one is, and so is as random.
        ((scaled >> u32::BITS) as usize, self.ports.at(scaled as u32))
    }

    /// One of the addresses with one of the ports, by a random number; none when there is no address.
    pub fn any(&self, random: u32) -> Option<Endpoint> {
        let (place, port) = self.at(random);
        Some(Endpoint::new(*self.addrs.get(place)?, port))
    }
}

/// A port that was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taken {
    /// By which the port is given back.
    pub row: u16,
    /// Place of the address in the offer.
    pub place: usize,
    /// The port.
    pub port: u16,
    /// How many addresses had none left, of which one was to be taken before.
    pub passed: usize,
}

/// Why no port was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal<E> {
    /// None is left; the address at this place was to be taken.
    Dry(Option<usize>),
    /// The target has ended: there may be another one.
    Ended,
    /// Memory is short.
    Room(E),
}

/// What of an address is taken towards the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    /// The address.
    pub addr: Addr,
    /// Ports that connections use.
    pub used: u32,
    /// Ports that rest.
    pub resting: u32,
    /// Ports of those on offer that are not free; none where the address is not on offer any more.
    pub counted: Option<u32>,
}

/// A row, and what of it counts for what is left.
struct Line<S: Storage> {
    row: Row<S>,
    is_on_offer: bool,
    // Of the ports on offer.
    counted: u32,
}

/// The local ports that are not free towards one server, by one protocol.
pub struct Target<S: Storage> {
    // A line stays in its place as long as a port is taken.
    lines: S::List<S::Kept<Line<S>>>,
    // The places of lines, in the order of their addresses.
    sorted: S::List<u16>,
    // The offer that was counted, with what it has.
    generation: Option<u32>,
    ports: Ports,
    offered: u32,
    counted: u32,
    news: News,
    // When ports that rest got older.
    aged: u32,
    has_ended: bool,
}

impl<S: Storage> Target<S> {
    /// Of which everything is free, at `now` in ticks.
    pub fn new(now: u32) -> Self {
        Self {
            lines: S::List::default(),
            sorted: S::List::default(),
            generation: None,
            ports: Ports::DEFAULT,
            offered: 0,
            counted: 0,
            news: News::default(),
            aged: now,
            has_ended: false,
        }
    }

    /// What has ended, and takes no memory.
    pub fn ended() -> Self {
        Self {
            has_ended: true,
            ..Self::new(0)
        }
    }

    /// Takes a port at random, of an address at random.
    pub fn take(&mut self, offer: &Offer<'_>, random: u32) -> Result<Taken, Refusal<S::Error>> {
        let count = offer.addrs.len();
        self.take_from(offer, offer.at(random), count)
    }

    /// Takes a port at random, of the address at `place` in the offer.
    pub fn take_at(
        &mut self,
        offer: &Offer<'_>,
        place: usize,
        random: u32,
    ) -> Result<Taken, Refusal<S::Error>> {
        self.take_from(offer, (place, offer.ports.at(random)), 1)
    }

    /// Takes a port of one of `tried` addresses, from that at `start` on, and of each the first one that is free from `from` on.
    #[inline]
    fn take_from(
        &mut self,
        offer: &Offer<'_>,
        (start, from): (usize, u16),
        tried: usize,
    ) -> Result<Taken, Refusal<S::Error>> {
        if self.has_ended {
            return Err(Refusal::Ended);
        }
        self.heed(offer);
        let count = offer.addrs.len();
        if self.counted < self.offered {
            let mut place = start;
            for passed in 0..tried {
                if place >= count {
                    place = place.saturating_sub(count);
                }
                if let Some((row, port)) = self.take_of(offer, place, from)? {
                    return Ok(Taken {
                        row,
                        place,
                        port,
                        passed,
                    });
                }
                place = place.saturating_add(1);
            }
        }
        self.news.note_dry();
        Err(Refusal::Dry((start < count).then_some(start)))
    }

    /// Takes a port of the address at `place`, the next one that is free; none when none is.
    fn take_of(
        &mut self,
        offer: &Offer<'_>,
        place: usize,
        from: u16,
    ) -> Result<Option<(u16, u16)>, Refusal<S::Error>> {
        let Some(addr) = offer.addrs.get(place) else {
            return Ok(None);
        };
        let (number, port) = match self.find(*addr, place) {
            Ok(number) => {
                let Some(line) = self.lines.get_mut(usize::from(number)) else {
                    return Ok(None);
                };
                if line.counted >= offer.ports.count() {
                    return Ok(None);
                }
                let taken = line.row.take_next(offer.ports, from);
                let Some(port) = taken.map_err(Refusal::Room)? else {
                    return Ok(None);
                };
                line.counted = line.counted.saturating_add(1);
                (number, port)
            }
            Err(position) => {
                let mut row = Row::new(*addr);
                row.take(from).map_err(Refusal::Room)?;
                let line = Line {
                    row,
                    is_on_offer: true,
                    counted: 1,
                };
                let added = self.add(offer.addrs.len(), position, line);
                let Some(number) = added.map_err(Refusal::Room)? else {
                    return Ok(None);
                };
                (number, from)
            }
        };
        self.counted = self.counted.saturating_add(1);
        self.news.note(self.counted, self.offered);
        Ok(Some((number, port)))
    }

    /// The number of the line of an address, or where it would be in the order. It is at `place` once there is a line for each address
    /// on offer, and no other one.
    #[inline]
    fn find(&self, addr: Addr, place: usize) -> Result<u16, usize> {
        if let Some(number) = self.sorted.get(place) {
            let line = self.lines.get(usize::from(*number));
            if line.is_some_and(|line| line.row.addr() == addr) {
                return Ok(*number);
            }
        }
        self.search(addr)
    }

    /// As [`Target::find`], of an address that is anywhere.
    #[inline(never)]
    fn search(&self, addr: Addr) -> Result<u16, usize> {
        let wanted = order(addr);
        let position = self.sorted.binary_search_by_key(&wanted, |number| {
            let line = self.lines.get(usize::from(*number));
            line.map_or(u128::MAX, |line| order(line.row.addr()))
        })?;
        self.sorted.get(position).copied().ok_or(position)
    }

    /// Puts a line at `position` of the order, in the place of one that nobody needs where there is one.
    fn add(
        &mut self,
        offered: usize,
        position: usize,
        line: Line<S>,
    ) -> Result<Option<u16>, S::Error> {
        // With fewer lines each may be of an address on offer.
        if self.lines.len() >= offered {
            if let Some(number) = self.move_idle(position) {
                if let Some(place) = self.lines.get_mut(usize::from(number)) {
                    **place = line;
                }
                return Ok(Some(number));
            }
        }
        let Ok(number) = u16::try_from(self.lines.len()) else {
            return Ok(None);
        };
        S::reserve(&mut self.lines)?;
        S::reserve(&mut self.sorted)?;
        S::insert(&mut self.lines, usize::from(number), S::keep(line)?);
        S::insert(&mut self.sorted, position, number);
        Ok(Some(number))
    }

    /// Finds a line that nobody needs, and moves it to where the new one belongs.
    fn move_idle(&mut self, position: usize) -> Option<u16> {
        let before = self.sorted.iter().position(|number| {
            let line = self.lines.get(usize::from(*number));
            line.is_some_and(|line| line.row.taken() == 0 && !line.is_on_offer)
        })?;
        let number = self.sorted.get(before).copied()?;
        if before < position {
            self.sorted.get_mut(before..position)?.rotate_left(1);
        } else {
            self.sorted.get_mut(position..=before)?.rotate_right(1);
        }
        Some(number)
    }

    /// Counts anew what is taken of what is on offer, if that has changed.
    fn heed(&mut self, offer: &Offer<'_>) {
        if self.generation == Some(offer.generation) {
            return;
        }
        self.generation = Some(offer.generation);
        let has_other_ports = self.ports != offer.ports;
        self.ports = offer.ports;
        self.offered = offer.ports.count().saturating_mul(offer.addrs.len() as u32);
        self.counted = 0;
        for line in self.lines.iter_mut() {
            if has_other_ports {
                line.counted = line.row.count(offer.ports);
            }
            let wanted = order(line.row.addr());
            let found = offer
                .addrs
                .binary_search_by_key(&wanted, |addr| order(*addr));
            line.is_on_offer = found.is_ok();
            if line.is_on_offer {
                self.counted = self.counted.saturating_add(line.counted);
            }
        }
        self.news.note(self.counted, self.offered);
    }

    /// Gives a port back that was taken, to be free or to rest.
    pub fn give_back(&mut self, row: u16, port: u16, rests: bool) {
        let Some(line) = self.lines.get_mut(usize::from(row)) else {
            return;
        };
        if !line.row.give_back(port, rests) || rests || !self.ports.contains(port) {
            return;
        }
        line.counted = line.counted.saturating_sub(1);
        if line.is_on_offer {
            self.counted = self.counted.saturating_sub(1);
            self.news.note(self.counted, self.offered);
        }
    }

    /// Whether those ports shall get older that rest, as so many ticks have passed since they did. Then
    /// [`Target::age`] has to be called for each row.
    pub fn begin_to_age(&mut self, now: u32, ticks: u32) -> bool {
        let is_due = now.wrapping_sub(self.aged) >= ticks;
        if is_due {
            self.aged = now;
        }
        is_due
    }

    /// Has those ports of a row get older that rest. False when there is no such row.
    pub fn age(&mut self, row: usize) -> bool {
        let Some(line) = self.lines.get_mut(row) else {
            return false;
        };
        if line.row.age() {
            let before = line.counted;
            line.counted = line.row.count(self.ports);
            if line.is_on_offer {
                let freed = before.saturating_sub(line.counted);
                self.counted = self.counted.saturating_sub(freed);
                self.news.note(self.counted, self.offered);
            }
        }
        true
    }

    /// Ends the target, if all of it is free: whoever has found it looks for another one.
    pub fn end_when_free(&mut self) -> bool {
        self.has_ended |= self.lines.iter().all(|line| line.row.taken() == 0);
        self.has_ended
    }

    /// What there is to be told.
    pub fn news(&mut self) -> &mut News {
        &mut self.news
    }

    /// How many ports of those on offer are not free, and how many are on offer.
    pub fn counted(&mut self, offer: &Offer<'_>) -> (u32, u32) {
        self.heed(offer);
        (self.counted, self.offered)
    }

    /// What is taken of each address, in no order.
    pub fn shares(&self) -> impl Iterator<Item = Share> + '_ {
        self.lines.iter().map(|line| Share {
            addr: line.row.addr(),
            used: line.row.taken().saturating_sub(line.row.resting()),
            resting: line.row.resting(),
            counted: line.is_on_offer.then_some(line.counted),
        })
    }
}
