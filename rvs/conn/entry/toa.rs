// SPDX-License-Identifier: GPL-2.0-only

//! What a connection remembers of telling the real server of its client by an option of TCP.

use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

use crate::{
    kapi::sync::Object,
    logic::{
        packet::tcp::TcpFlags,
        toa::Stage, //
    },
};

use super::Conn;

/// How far it is with that. Either side's packets may change it on any CPU: what they say follows from what the other side
/// has said before, and the wire is between the two.
pub(crate) struct Toa {
    stage: Atomic<i8>,
    // The sequence number of the first byte that the server sends, once that is known.
    first_data: Atomic<u32>,
}

impl Toa {
    /// That of a connection that has nothing to do with it.
    #[inline(always)]
    pub(super) const fn never() -> Self {
        Self::at(Stage::Never)
    }

    /// That of one that has, and begins.
    #[inline(always)]
    pub(super) const fn begun() -> Self {
        Self::at(Stage::Begun)
    }

    #[inline(always)]
    const fn at(stage: Stage) -> Self {
        Self {
            stage: Atomic::new(stage.number()),
            first_data: Atomic::new(0),
        }
    }

    /// Returns how far it is.
    #[inline(always)]
    pub(crate) fn stage(&self) -> Stage {
        Stage::from_number(self.stage.load(Relaxed))
    }

    fn enter(&self, stage: Stage) {
        if self.stage() != stage {
            self.stage.store(stage.number(), Relaxed);
        }
    }

    /// Takes note of a segment of the client. Returns whether it is to carry the option.
    pub(crate) fn note_client(&self, flags: TcpFlags, acknowledgment: u32) -> bool {
        let first_data = self.first_data.load(Relaxed);
        let next = self.stage().after_client(flags, acknowledgment, first_data);
        self.enter(next);
        next.carries(flags, acknowledgment, first_data)
    }

    /// Takes note of a segment of the server, that begins with this number and has data or not.
    pub(crate) fn note_server(&self, flags: TcpFlags, sequence: u32, has_data: bool) {
        let stage = self.stage();
        if let Some(first_data) = stage.first_data(flags, sequence, has_data) {
            self.first_data.store(first_data, Relaxed);
        }
        self.enter(stage.after_server(flags, has_data));
    }

    /// No later segment carries the option, until the client begins anew.
    pub(crate) fn stop(&self) {
        self.enter(Stage::Done);
    }
}

impl Object<Conn> {
    /// Returns how far the connection is with telling its real server of its client; none if it does not.
    #[inline(always)]
    pub(crate) fn toa(&self) -> Option<&Toa> {
        let toa = &self.tail()?.toa;
        (toa.stage() != Stage::Never).then_some(toa)
    }
}
