// SPDX-License-Identifier: GPL-2.0-only

//! What tests of pools share: memory that may be short, addresses, random numbers.

// Each test program uses its own part.
#![allow(dead_code)]

use std::{
    cell::Cell,
    net::Ipv4Addr,
    ops::{
        Deref,
        DerefMut, //
    },
};

use rvs_logic::logic::{
    addr::Addr,
    pool::{
        Ports,
        Storage, //
    },
};

thread_local! {
    /// Boxes that there are.
    pub(crate) static BOXES: Cell<usize> = const { Cell::new(0) };
    /// How many more allocations succeed.
    pub(crate) static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Memory that may be short, and is counted.
pub(crate) struct Counted;

pub(crate) struct CountedBox<T>(Box<T>);

#[derive(Debug, PartialEq)]
pub(crate) struct Short;

fn allocate() -> Result<(), Short> {
    let left = LEFT.get().checked_sub(1).ok_or(Short)?;
    LEFT.set(left);
    Ok(())
}

impl Storage for Counted {
    type Error = Short;
    type Kept<T> = CountedBox<T>;
    type List<T> = Vec<T>;

    fn keep<T>(value: T) -> Result<CountedBox<T>, Short> {
        allocate()?;
        BOXES.set(BOXES.get() + 1);
        Ok(CountedBox(Box::new(value)))
    }

    fn reserve<T>(list: &mut Vec<T>) -> Result<(), Short> {
        allocate()?;
        list.reserve(1);
        Ok(())
    }

    fn insert<T>(list: &mut Vec<T>, index: usize, value: T) {
        assert!(list.capacity() > list.len(), "no room was made");
        list.insert(index, value);
    }
}

impl<T> Deref for CountedBox<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for CountedBox<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> Drop for CountedBox<T> {
    fn drop(&mut self) {
        BOXES.set(BOXES.get() - 1);
    }
}

pub(crate) fn addr(number: u8) -> Addr {
    Addr::V4(Ipv4Addr::new(192, 0, 2, number))
}

pub(crate) fn ports(first: u16, last: u16) -> Ports {
    Ports::new(first, last).expect("ports")
}

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let first = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let second = (first ^ first >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        second ^ second >> 31
    }

    pub(crate) fn draw(&mut self) -> u32 {
        (self.next() >> u32::BITS) as u32
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}
