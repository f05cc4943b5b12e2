// SPDX-License-Identifier: GPL-2.0-only

//! Which VRF a packet belongs to.

use crate::bindings;

use super::{
    Packet,
    Stack, //
};

impl<V: Stack> Packet<'_, V> {
    /// Returns whether the packet belongs to a VRF: it was received by a device of one and is where all packets of that come by,
    /// or it leaves (`is_output`) by one.
    #[inline(always)]
    pub(crate) fn is_of_vrf(&self, is_output: bool) -> bool {
        if is_output {
            // SAFETY: By the type invariant; a hook runs under RCU.
            unsafe { bindings::helper_skb_leaves_by_vrf(self.skb) }
        } else {
            // SAFETY: By the type invariant.
            unsafe { V::is_of_vrf(self.skb) }
        }
    }

    /// Returns the VRF that the packet belongs to, by the index of its device; 0 for none.
    #[cold]
    pub(crate) fn vrf(&self, is_output: bool) -> u32 {
        if !self.is_of_vrf(is_output) {
            return 0;
        }
        // SAFETY: As above.
        unsafe { bindings::helper_skb_vrf(self.skb, is_output) }
    }

    /// Returns whether the packet was received by a device of a VRF, or by that of the VRF itself. For who asks seldom: others pay
    /// nothing for it.
    #[inline(always)]
    pub(crate) fn came_by_vrf(&self) -> bool {
        // SAFETY: By the type invariant; a hook runs under RCU.
        unsafe { came_by_vrf(self.skb) }
    }
}

/// Whether a packet was received by a device of a VRF, out of line.
///
/// # Safety
///
/// `skb` must be valid, and the caller under RCU, as in a hook.
#[cold]
#[inline(never)]
unsafe fn came_by_vrf(skb: *mut bindings::sk_buff) -> bool {
    // SAFETY: By the requirement.
    unsafe { bindings::helper_skb_came_by_vrf(skb) }
}
