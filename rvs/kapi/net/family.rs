// SPDX-License-Identifier: GPL-2.0-only

//! Packets of one version of IP that become packets of the other: a header takes the place of another one.
//!
//! What the kernel does of it for programs of BPF is `bpf_skb_change_proto()` of `net/core/filter.c`.

use core::slice;

use crate::{
    bindings,
    logic::nat::family::Checksum, //
};

use super::{
    Packet,
    Route,
    Stack,
    Verdict, //
};

/// Which bytes at the beginning of a packet take the place of which.
#[derive(Clone, Copy)]
pub(crate) struct Exchange {
    /// How many are taken away.
    pub(crate) old: usize,
    /// How many are put there, which begin with the header of the other version.
    pub(crate) new: usize,
    /// How many behind them change.
    pub(crate) kept: usize,
}

/// A packet of the version `V` in which bytes can be exchanged, so that it becomes one of the version `O`: whatever may fail is
/// behind it, and nothing of it has changed.
///
/// # Invariants
///
/// The first `old + kept` bytes from the network header on are linear, and no clone shares them, nor, of a burst, what is known of
/// it; there is room for `new` bytes in the place of the first `old`, and for a link's header. `new` is `O::MIN_HEADER_LEN` at least.
pub(crate) struct Exchangeable<'a, V: Stack> {
    packet: Packet<'a, V>,
    old: u32,
    new: u32,
    /// `new + kept`.
    len: usize,
}

impl<'a, V: Stack> Packet<'a, V> {
    /// Makes room for an exchange, before the packet leaves along `route`. The packet, as good as before, when memory is short or
    /// the packet is shorter.
    #[inline(always)]
    pub(crate) fn make_exchangeable<O: Stack>(
        self,
        route: &Route<O>,
        exchange: Exchange,
    ) -> Result<Exchangeable<'a, V>, Self> {
        let Exchange { old, new, kept } = exchange;
        let (Ok(old), Ok(kept_len)) = (u32::try_from(old), u32::try_from(kept)) else {
            return Err(self);
        };
        let new_len = new.max(O::MIN_HEADER_LEN) as u32;
        // SAFETY: By the type invariant; the route has its reference, and a hook runs under RCU.
        let errno = unsafe {
            bindings::helper_family_make_room(self.as_ptr(), route.as_ptr(), old, new_len, kept_len)
        };
        if errno != 0 {
            return Err(self);
        }
        // INVARIANT: The C side has just seen to it.
        Ok(Exchangeable {
            packet: self,
            old,
            new: new_len,
            len: new_len as usize + kept,
        })
    }

    /// Returns an identification for what becomes of the packet, one of the version `O` between these addresses.
    #[inline]
    pub(crate) fn identification<O: Stack>(&self, ends: (O::Addr, O::Addr), protocol: u8) -> u16 {
        // SAFETY: By the type invariant, and the borrow of the namespace.
        unsafe { O::identification(self.net().as_ptr(), self.as_ptr(), ends, protocol) }
    }
}

impl<'a, V: Stack> Exchangeable<'a, V> {
    /// Has `write` put the new bytes in, which have been anything, and change those that are kept: it gets both. The packet leaves
    /// in fragments of `largest_fragment` bytes at most, unless that is 0. It has no route, but the one that it had. The
    /// verdict is that of one that `write` fails for.
    #[inline(always)]
    pub(crate) fn exchange<O: Stack, E>(
        self,
        largest_fragment: u32,
        write: impl FnOnce(&mut [u8]) -> Result<Checksum, E>,
    ) -> Result<Packet<'a, O>, Verdict> {
        let (skb, state) = (self.packet.as_ptr(), self.packet.state());
        // SAFETY: By the type invariants; the bytes are linear, and nobody else refers to them. They hold bytes of before, whatever
        // they are.
        let bytes = unsafe {
            let header_len = O::MIN_HEADER_LEN as u32;
            let first = bindings::helper_family_exchange(skb, self.old, self.new, header_len);
            slice::from_raw_parts_mut(first, self.len)
        };
        let Ok(checksum) = write(bytes) else {
            return Err(self.packet.discard());
        };
        // SAFETY: By the type invariants; it has a header of the version `O` now.
        unsafe {
            O::become_one_of(skb, largest_fragment);
            if checksum == Checksum::Missing {
                O::make_udp_checksum(skb);
            }
        }
        // SAFETY: It was the packet of this object, which is given up, and has a network header of the version `O` in its linear
        // part.
        Ok(unsafe { Packet::from_raw(skb, state) })
    }
}
