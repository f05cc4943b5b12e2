// SPDX-License-Identifier: GPL-2.0-only

//! Packets whose headers get longer.
//!
//! The headers move to the front, as they are shorter than what is behind them may be; the payload stays where it is.

use core::slice;

use crate::bindings;

use super::{
    Packet,
    Stack, //
};

impl<V: Stack> Packet<'_, V> {
    /// Returns whether the packet stands for several that GRO has put in a list, each with headers of its own
    /// (`SKB_GSO_FRAGLIST`).
    #[inline(always)]
    pub(crate) fn is_list(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_skb_is_list(self.skb) }
    }

    /// Returns how many bytes of payload each of the packets has that this one stands for, but the last; none where it stands
    /// for itself.
    pub(crate) fn gso_size(&self) -> Option<usize> {
        if !self.is_gso() {
            return None;
        }
        // SAFETY: By the type invariant.
        Some(unsafe { bindings::helper_skb_gso_size(self.skb) } as usize)
    }

    /// Makes the headers, the first `headers` bytes of the packet, `growth` bytes longer. `fill` gets `growth` bytes of no
    /// meaning with the headers behind them, and makes of it the headers that are to be; on failure it leaves the headers as
    /// they are. It sees to what they tell of lengths, and to their checksums: where one is left to the device, that begins
    /// `growth` bytes earlier, as all headers do. Packets that a GSO packet stands for keep their payload, and get as much
    /// longer each.
    ///
    /// None, and the packet means the same as before, when `fill` fails, when memory is short or the packet shorter, when it is
    /// a list ([`Packet::is_list`]) or is, or was, the packet of a tunnel.
    ///
    /// The header of the link in front of it is gone then, as with a packet of this host.
    #[inline(never)]
    pub(crate) fn grow<T, E>(
        &mut self,
        growth: usize,
        headers: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<T, E>,
    ) -> Option<T> {
        let len = growth.checked_add(headers)?;
        let (front, behind) = (u32::try_from(growth).ok()?, u32::try_from(headers).ok()?);
        // SAFETY: By the type invariant; `&mut self` keeps borrows of its bytes away.
        if unsafe { bindings::helper_skb_make_front(self.skb, front, behind) } != 0 {
            return None;
        }
        // SAFETY: The C side has just seen to it that so many bytes from the network header on are linear and not shared with a
        // clone, and that there is as much room before them, in the headroom: bytes of the buffer which were written before, or
        // hold what the allocator left. They are of no other part of the packet. `&mut self` keeps other borrows away.
        let bytes = unsafe {
            let begin = bindings::helper_skb_network_header(self.skb).sub(growth);
            slice::from_raw_parts_mut(begin, len)
        };
        let filled = fill(bytes).ok()?;
        // SAFETY: As above. The network header, of the version it was, begins `growth` bytes earlier, where `fill` has put it.
        unsafe { bindings::helper_skb_grow_front(self.skb, front) };
        Some(filled)
    }
}
