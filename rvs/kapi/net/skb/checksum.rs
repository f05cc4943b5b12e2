// SPDX-License-Identifier: GPL-2.0-only

//! Checksums of a packet that are left to the device, and sums that the device has made.

use crate::bindings;

use super::{
    Packet,
    Stack, //
};

impl<V: Stack> Packet<'_, V> {
    /// Returns whether the checksum at `field` of the header at offset `header` is left to the
    /// device, and covers the pseudo header only (`CHECKSUM_PARTIAL`). That of a packet within this
    /// one may be left to it instead.
    #[inline(always)]
    pub(crate) fn checksum_is_partial(&self, header: usize, field: usize) -> bool {
        // Beyond the end of any packet there is no header.
        let header = u32::try_from(header).unwrap_or(u32::MAX);
        let field = u32::try_from(field).unwrap_or(u32::MAX);
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_skb_csum_is_partial(self.skb, header, field) }
    }

    /// Makes the CRC32c within the packet that is left to the device, if it is (`skb_crc32c_csum_help()`). None
    /// when memory is short, or the packet stands for several.
    #[inline]
    pub(crate) fn complete_crc(&mut self) -> Option<()> {
        // SAFETY: By the type invariant; `&mut self` keeps borrows of its bytes away.
        let errno = unsafe { bindings::helper_skb_complete_crc(self.skb) };
        (errno == 0).then_some(())
    }

    /// Forgets a sum that the device made over the packet (`skb_forward_csum()`); to be called
    /// after the packet was changed.
    #[inline]
    pub(crate) fn forget_device_checksum(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_skb_forward_csum(self.skb) };
    }
}
