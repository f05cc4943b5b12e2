// SPDX-License-Identifier: GPL-2.0-only

//! Where rows and pages are kept.

use core::ops::DerefMut;

/// Memory. What could not be had leaves everything as it was.
pub trait Storage {
    /// Why there is none.
    type Error;
    /// One value.
    type Kept<T>: DerefMut<Target = T>;
    /// Values in their order.
    type List<T>: DerefMut<Target = [T]> + Default;

    /// Keeps a value.
    fn keep<T>(value: T) -> Result<Self::Kept<T>, Self::Error>;

    /// Makes room for one more.
    fn reserve<T>(list: &mut Self::List<T>) -> Result<(), Self::Error>;

    /// Puts a value before the one at `index`, or behind all of them; room was made for it.
    fn insert<T>(list: &mut Self::List<T>, index: usize, value: T);
}
