// SPDX-License-Identifier: GPL-2.0-only

//! ICMP errors, and the packets inside of them.
//!
//! C headers: [`include/net/icmp.h`](srctree/include/net/icmp.h),
//! [`include/net/route.h`](srctree/include/net/route.h)

use super::{
    Packet,
    Stack, //
};

impl<V: Stack> Packet<'_, V> {
    /// Returns whether the checksum of an ICMP message that came in is right (`nf_ip_checksum()`).
    pub(crate) fn icmp_checksum_is_right(&mut self, icmp_offset: usize) -> bool {
        let Ok(offset) = u32::try_from(icmp_offset) else {
            return false;
        };
        // SAFETY: By the type invariant.
        unsafe { V::icmp_checksum_is_right(self.skb, offset) }
    }

    /// Has the kernel remember the path MTU to the destination of the embedded packet at `offset`
    /// (`ipv4_update_pmtu()`, `ip6_update_pmtu()`). Does nothing when the packet ends before.
    pub(crate) fn learn_path_mtu(&mut self, offset: usize, mtu: u32) {
        let Ok(offset) = u32::try_from(offset) else {
            return;
        };
        // SAFETY: By the type invariant; the C side checks that there is a header at the offset.
        unsafe { V::learn_path_mtu(self.net().as_ptr(), self.skb, offset, mtu) };
    }

    /// Makes the embedded packet at `offset`, whose header has `header_len` bytes, the packet. False when it ends
    /// before, or memory is short; the packet can only be discarded then.
    pub(crate) fn unwrap_embedded(&mut self, offset: usize, header_len: usize) -> bool {
        let (Ok(offset), Ok(header_len)) = (u32::try_from(offset), u32::try_from(header_len))
        else {
            return false;
        };
        // SAFETY: By the type invariant, which the C side keeps: there are `header_len` linear bytes from the new
        // network header on.
        unsafe { V::unwrap_embedded(self.skb, offset, header_len) }
    }
}
