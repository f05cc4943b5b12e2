// SPDX-License-Identifier: GPL-2.0-only

//! The ports of one address, towards one server.

use core::array;

use crate::logic::addr::Addr;

use super::{
    page::{
        self,
        split, //
    },
    Page,
    PageSet,
    Ports,
    Storage, //
};

/// Pages whose numbers agree in their upper 4 bits.
struct Sheaf<S: Storage>([Option<S::Kept<Page>>; 16]);

/// The ports of an address. It takes memory for those pages of 256 of which a port is not free.
pub struct Row<S: Storage> {
    addr: Addr,
    taken: u32,
    resting: u32,
    full: PageSet,
    sheaves: [Option<S::Kept<Sheaf<S>>>; 16],
}

/// Where a page is: in which sheaf, and where there.
#[inline]
const fn place(page: u8) -> (usize, usize) {
    (page as usize / 16, page as usize % 16)
}

impl<S: Storage> Row<S> {
    /// That of an address of which all ports are free.
    pub fn new(addr: Addr) -> Self {
        Self {
            addr,
            taken: 0,
            resting: 0,
            full: PageSet::EMPTY,
            sheaves: array::from_fn(|_| None),
        }
    }

    /// The address.
    #[inline]
    pub const fn addr(&self) -> Addr {
        self.addr
    }

    /// How many ports are not free.
    #[inline]
    pub const fn taken(&self) -> u32 {
        self.taken
    }

    /// How many of these rest.
    #[inline]
    pub const fn resting(&self) -> u32 {
        self.resting
    }

    fn page(&self, number: u8) -> Option<&Page> {
        let (sheaf, place) = place(number);
        self.sheaves[sheaf].as_deref()?.0[place].as_deref()
    }

    /// The first free port from `from` on, which is one of `ports`, and from the lowest of these on behind the
    /// highest.
    #[inline]
    pub fn next_free(&self, ports: Ports, from: u16) -> Option<u16> {
        let find = |ports| page::next_free(ports, &self.full, |number| self.page(number));
        Ports::new(from, ports.last()).and_then(find).or_else(|| {
            let before = Ports::new(ports.first(), from.checked_sub(1)?)?;
            find(before)
        })
    }

    /// Takes the first free port from `from` on, as [`Row::next_free`] finds it; none when none is.
    #[inline]
    pub fn take_next(&mut self, ports: Ports, from: u16) -> Result<Option<u16>, S::Error> {
        let (number, port) = split(from);
        let (sheaf, place) = place(number);
        let page = self.sheaves[sheaf]
            .as_deref_mut()
            .and_then(|sheaf| sheaf.0[place].as_deref_mut());
        // As long as most are free it is that one, most often.
        let Some(has_left) = page.and_then(|page| page.take_if_free(port)) else {
            return self.search(ports, from);
        };
        if !has_left {
            self.full.set(number, true);
        }
        self.taken = self.taken.saturating_add(1);
        Ok(Some(from))
    }

    #[inline(never)]
    fn search(&mut self, ports: Ports, from: u16) -> Result<Option<u16>, S::Error> {
        let Some(port) = self.next_free(ports, from) else {
            return Ok(None);
        };
        self.take(port)?;
        Ok(Some(port))
    }

    /// Takes a free port.
    pub fn take(&mut self, port: u16) -> Result<(), S::Error> {
        let (number, port) = split(port);
        let (sheaf, place) = place(number);
        let sheaf = &mut self.sheaves[sheaf];
        let page = match sheaf {
            Some(sheaf) => match &mut sheaf.0[place] {
                Some(page) => page,
                none => none.insert(S::keep(Page::FREE)?),
            },
            none => {
                let page = S::keep(Page::FREE)?;
                let sheaf = none.insert(S::keep(Sheaf(array::from_fn(|_| None)))?);
                sheaf.0[place].insert(page)
            }
        };
        page.take(port);
        if page.is_full() {
            self.full.set(number, true);
        }
        self.taken = self.taken.saturating_add(1);
        Ok(())
    }

    /// Gives a port back, to be free or to rest; false when it is not used.
    pub fn give_back(&mut self, port: u16, rests: bool) -> bool {
        let (number, port) = split(port);
        let (sheaf, place) = place(number);
        let page = self.sheaves[sheaf]
            .as_deref_mut()
            .and_then(|sheaf| sheaf.0[place].as_deref_mut());
        let Some(page) = page else { return false };
        if !page.give_back(port, rests) {
            return false;
        }
        if rests {
            self.resting = self.resting.saturating_add(1);
        } else {
            let is_free = page.is_free();
            self.freed(number, 1, is_free);
        }
        true
    }

    /// Has those get older that rest; they become free the second time. Tells whether any has.
    pub fn age(&mut self) -> bool {
        if self.resting == 0 {
            return false;
        }
        let before = self.taken;
        for number in 0..=u8::MAX {
            let (sheaf, place) = place(number);
            let page = self.sheaves[sheaf]
                .as_deref_mut()
                .and_then(|sheaf| sheaf.0[place].as_deref_mut());
            let Some(page) = page else { continue };
            let count = page.age();
            if count > 0 {
                let is_free = page.is_free();
                self.resting = self.resting.saturating_sub(count);
                self.freed(number, count, is_free);
            }
        }
        self.taken != before
    }

    /// Notes that so many ports of a page have become free, and gives its memory back when all are.
    fn freed(&mut self, number: u8, count: u32, is_free: bool) {
        self.taken = self.taken.saturating_sub(count);
        self.full.set(number, false);
        if !is_free {
            return;
        }
        let (sheaf, place) = place(number);
        let sheaf = &mut self.sheaves[sheaf];
        if let Some(pages) = sheaf {
            pages.0[place] = None;
            if pages.0.iter().all(Option::is_none) {
                *sheaf = None;
            }
        }
    }

    /// How many of `ports` are not free.
    pub fn count(&self, ports: Ports) -> u32 {
        let (first, first_port) = split(ports.first());
        let (last, last_port) = split(ports.last());
        (first..=last)
            .filter_map(|number| {
                let from = if number == first { first_port } else { 0 };
                let to = if number == last { last_port } else { u8::MAX };
                Some(self.page(number)?.count(from, to))
            })
            .sum()
    }
}
