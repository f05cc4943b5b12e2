// SPDX-License-Identifier: GPL-2.0-only

//! ICMP errors, and the packets inside of them.
//!
//! C headers: [`include/net/icmp.h`](srctree/include/net/icmp.h),
//! [`include/net/route.h`](srctree/include/net/route.h)

use super::{
    Packet,
    Stack,
    Verdict, //
};

impl<'a, V: Stack> Packet<'a, V> {
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

    /// Makes the embedded packet of the version `I` at `offset`, whose header has `header_len` bytes, the packet; it can be
    /// refused. The verdict is that of one that ends before, or for which memory is short.
    pub(crate) fn into_embedded<I: Stack>(
        self,
        offset: usize,
        header_len: usize,
    ) -> Result<Packet<'a, I>, Verdict> {
        let (Ok(offset), Ok(header_len)) = (u32::try_from(offset), u32::try_from(header_len))
        else {
            return Err(self.discard());
        };
        if !self.has_route() {
            return Err(self.discard());
        }
        let (skb, state) = (self.skb, self.state());
        // SAFETY: By the type invariant, and as just checked.
        if !unsafe { I::unwrap_embedded(self.net().as_ptr(), skb, offset, header_len) } {
            return Err(self.discard());
        }
        // SAFETY: The C side has seen to it that there are `header_len` linear bytes of a packet of this version. The
        // packet was this object's, which is given up.
        Ok(unsafe { Packet::from_raw(skb, state) })
    }
}
