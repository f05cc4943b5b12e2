// SPDX-License-Identifier: GPL-2.0-only

//! What is remembered of a control connection of FTP, and of those for its data.

use kernel::sync::atomic::{
    Acquire,
    Atomic,
    Full,
    Relaxed,
    Release, //
};

use super::{
    entry::Extension,
    Conn, //
};

use crate::{
    kapi::sync::RcuArc,
    logic::sequence::Shift, //
};

/// How far the numbers of what the server says are moved. Nobody waits for anybody: who comes while it changes is told
/// that it does.
pub(crate) struct Control {
    /// Odd while the words change.
    version: Atomic<u32>,
    words: [Atomic<u32>; Shift::WORDS],
    /// Connections for data that there are.
    data: Atomic<u32>,
}

impl Control {
    /// Makes that of a new connection.
    pub(super) fn new() -> Self {
        Self {
            version: Atomic::new(0),
            words: Shift::new().to_words().map(Atomic::new),
            data: Atomic::new(0),
        }
    }

    /// Returns whether there are connections for its data: until they have ended it has not, however silent it is.
    pub(super) fn has_data(&self) -> bool {
        self.data.load(Relaxed) != 0
    }

    /// Returns the shift; none while another CPU changes it.
    pub(crate) fn shift(&self) -> Option<Shift> {
        let version = self.version.load(Acquire);
        if version & 1 != 0 {
            return None;
        }
        let shift = self.read();
        (self.version.load(Relaxed) == version).then_some(shift)
    }

    /// Puts another shift in the place of `old`. None, and nothing changed, when another CPU has changed it, or does.
    pub(crate) fn replace(&self, old: Shift, new: Shift) -> Option<()> {
        let version = self.version.load(Relaxed) & !1;
        let changing = version.wrapping_add(1);
        self.version.cmpxchg(version, changing, Full).ok()?;
        let is_old = self.read() == old;
        if is_old {
            for (place, word) in self.words.iter().zip(new.to_words()) {
                place.store(word, Relaxed);
            }
        }
        self.version.store(changing.wrapping_add(1), Release);
        is_old.then_some(())
    }

    fn read(&self) -> Shift {
        // Each before the next, so that the version is read last.
        Shift::from_words(self.words.each_ref().map(|word| word.load(Acquire)))
    }
}

/// That a connection is for the data of a control connection, which counts it from the beginning to the end.
pub(crate) struct DataLink {
    control: RcuArc<Conn>,
    has_ended: Atomic<bool>,
}

impl DataLink {
    /// Makes that of a new connection.
    pub(super) fn new(control: RcuArc<Conn>) -> Self {
        let link = Self {
            control,
            has_ended: Atomic::new(false),
        };
        if let Some(control) = link.control() {
            control.data.fetch_add(1u32, Relaxed);
        }
        link
    }

    /// Notes that the connection has ended. The later ones of several calls do nothing.
    pub(super) fn end(&self) {
        if self.has_ended.xchg(true, Relaxed) {
            return;
        }
        if let Some(control) = self.control() {
            control.data.fetch_sub(1u32, Relaxed);
        }
    }

    fn control(&self) -> Option<&Control> {
        let extension = self.control.as_rcu_ref().extension();
        extension.and_then(Extension::control)
    }
}

impl Drop for DataLink {
    fn drop(&mut self) {
        self.end();
    }
}
