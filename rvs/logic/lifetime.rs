// SPDX-License-Identifier: GPL-2.0-only

//! How an object comes into a table under two keys, and goes, when both may happen at once.
//!
//! Others find an object as soon as it is under its first key, and may end it before it is under
//! the second one. So the end is noted before anything is taken out, whoever puts an object in
//! looks afterwards whether it has ended, and whoever takes out takes out all of it. What is not
//! there is taken out without effect.
//!
//! The order holds where the places of the table have locks: of an insertion and a removal under
//! one key the later sees what was written before the earlier. `tests/logic/lifetime.rs` goes
//! through all interleavings.

/// An object with the places it may be in. Each step is one for all others to see.
pub trait Object {
    /// Why it could not be put under a key.
    type Refused;

    /// Puts the object under its first key.
    fn insert_first(&mut self) -> Result<(), Self::Refused>;

    /// Puts the object under its second key, if it has one.
    fn insert_second(&mut self) -> Result<(), Self::Refused>;

    /// Takes the object out from under its first key, if it is there.
    fn remove_first(&mut self);

    /// Takes the object out from under its second key, if it is there.
    fn remove_second(&mut self);

    /// Has the object looked after until it ends.
    fn attend(&mut self);

    /// Has who looks after the object do it soon, if anybody does.
    fn hasten(&mut self);

    /// Notes that the object has ended; ordered before all steps that follow. True for the first.
    fn die(&mut self) -> bool;

    /// Notes that the object is in all its places; false, and nothing noted, when it has ended.
    fn settle(&mut self) -> bool;
}

/// Puts a new object into all its places. When one is refused it is in none.
#[inline(always)]
pub fn enter<O: Object>(object: &mut O) -> Result<(), O::Refused> {
    object.insert_first()?;
    if let Err(refused) = object.insert_second() {
        // Others may have found it.
        object.die();
        object.remove_first();
        return Err(refused);
    }
    object.attend();
    if !object.settle() {
        // Who has ended it may have looked for it where it was not yet.
        take_out(object);
    }
    Ok(())
}

/// Ends an object, and takes it out of all its places. False when somebody else has.
#[inline(always)]
pub fn leave<O: Object>(object: &mut O) -> bool {
    if !object.die() {
        return false;
    }
    take_out(object);
    true
}

/// Takes an object that has ended out of all its places, wherever it still is.
#[inline(always)]
pub fn take_out<O: Object>(object: &mut O) {
    object.remove_first();
    object.remove_second();
    object.hasten();
}
