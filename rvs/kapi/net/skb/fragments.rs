// SPDX-License-Identifier: GPL-2.0-only

//! Fragments: what becomes one packet, and leaves as several again.

use crate::bindings;

use super::{
    Packet,
    Stack,
    Verdict, //
};

/// At which hook fragments are collected; each keeps its own queues (`enum ip_defrag_users`).
#[derive(Clone, Copy)]
pub(crate) enum DefragmentAt {
    /// Packets for this host.
    LocalIn,
    /// Replies that are forwarded.
    Forward,
    /// Packets of this host.
    LocalOut,
}

impl<V: Stack> Packet<'_, V> {
    /// Returns whether the packet was made of fragments, so that the stack would fragment it again.
    #[inline(always)]
    pub(crate) fn was_fragmented(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { V::largest_fragment(self.skb) != 0 }
    }

    /// Returns whether a packet that was made of fragments is so short that it leaves as one, and has the stack send it so: of
    /// IPv6 it would be a fragment that is the whole (RFC 8021).
    #[cold]
    #[inline(never)]
    pub(crate) fn leaves_whole(&mut self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { V::leaves_whole(self.skb) }
    }

    /// Has the stack send a packet that was made of fragments as such again, none larger than they
    /// came, whatever it is as a whole. Returns whether they fit into `mtu`, as `ip_forward()` asks
    /// for each.
    #[cold]
    pub(crate) fn fits_in_fragments(&mut self, mtu: u32) -> bool {
        // SAFETY: By the type invariant.
        unsafe { V::send_fragments(self.skb) <= mtu }
    }

    /// Returns the size of the largest fragment that the packet was made of, 0 when it was made of none.
    #[inline(always)]
    pub(crate) fn largest_fragment(&self) -> u32 {
        // SAFETY: By the type invariant.
        unsafe { V::largest_fragment(self.skb) }
    }

    /// Returns whether the packet is of a raw socket that wants it untouched (`IP_NODEFRAG`).
    pub(crate) fn is_of_nodefrag_socket(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { V::is_of_nodefrag_socket(self.skb) }
    }

    /// Collects fragments. Returns the whole packet when this was the last one
    /// missing, and a verdict when it has to wait.
    pub(crate) fn defragment(self, at: DefragmentAt) -> Result<Self, Verdict> {
        // SAFETY: By the type invariant; the packet is taken unless 0 is returned.
        let errno = unsafe { V::defragment(self.net().as_ptr(), self.skb, at) };
        if errno == 0 {
            Ok(self)
        } else {
            Err(Verdict(bindings::NF_STOLEN))
        }
    }
}
