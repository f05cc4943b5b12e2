// SPDX-License-Identifier: GPL-2.0-only

//! Connection tracking (`nf_conntrack`): what it makes of balanced packets.
//!
//! This module works without that one, and does not depend on it: entries of packets are changed in
//! place, and the two functions that are needed for others are asked for when there is the first to end.
//!
//! C headers: [`include/net/netfilter/nf_conntrack.h`](srctree/include/net/netfilter/nf_conntrack.h),
//! [`include/net/netfilter/nf_conntrack_core.h`](srctree/include/net/netfilter/nf_conntrack_core.h)

use kernel::sync::atomic::{
    Acquire,
    Atomic,
    Full,
    Relaxed, //
};

use crate::{
    bindings,
    logic::{
        addr::{
            Addr,
            Endpoint,
            Family, //
        },
        sequence::Moved,
        tuple::Tuple, //
    },
};

use super::{
    Net,
    Packet,
    Stack, //
};

/// What becomes of the entry of a packet that is balanced.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tracking {
    /// It has none any more: connection tracking does not see the packet.
    Ends,
    /// The packet keeps it.
    GoesOn,
}

/// `nf_conntrack_find_get()` and `nf_ct_delete()`, as numbers; 0 as long as nobody holds their module.
struct Functions {
    find: Atomic<usize>,
    delete: Atomic<usize>,
}

static FUNCTIONS: Functions = Functions {
    find: Atomic::new(0),
    delete: Atomic::new(0),
};

/// Gives the module of connection tracking back, if it is held, when dropped: to be kept until nobody
/// ends entries any more.
pub(crate) struct ModuleGuard;

impl Drop for ModuleGuard {
    fn drop(&mut self) {
        if FUNCTIONS.find.xchg(0, Full) != 0 {
            // SAFETY: `functions` has taken the references, and nobody calls the functions any more.
            unsafe { bindings::helper_ct_module_put() };
        }
    }
}

/// Returns the two functions, and holds their module from the first time on that it is there.
fn functions() -> Option<(usize, usize)> {
    let known = FUNCTIONS.find.load(Acquire);
    if known != 0 {
        return Some((known, FUNCTIONS.delete.load(Relaxed)));
    }
    let (mut find, mut delete) = (0, 0);
    // SAFETY: The places are there; this may be called in any context (`__symbol_get()`).
    if !unsafe { bindings::helper_ct_module_get(&mut find, &mut delete) } {
        return None;
    }
    // All write the same, and before the other one is there to be read.
    FUNCTIONS.delete.store(delete, Relaxed);
    if FUNCTIONS.find.cmpxchg(0, find, Full).is_err() {
        // SAFETY: Another CPU has been faster, and holds it; these are the references of this one.
        unsafe { bindings::helper_ct_module_put() };
    }
    Some((find, delete))
}

/// Ends the entry that packets of this tuple have begun, if there is one.
#[cold]
#[inline(never)]
pub(crate) fn end(net: &Net, tuple: &Tuple) {
    let Some((find, delete)) = functions() else {
        return;
    };
    let (family, src, dst) = (
        tuple.family(),
        Bytes::of(tuple.src().addr),
        Bytes::of(tuple.dst().addr),
    );
    let family = match family {
        Family::V4 => bindings::NFPROTO_IPV4,
        Family::V6 => bindings::NFPROTO_IPV6,
    };
    // SAFETY: The namespace is valid by its borrow, and the functions are those that the C side has given,
    // whose module is held. The addresses are of that length.
    unsafe {
        bindings::helper_ct_end(
            net.as_ptr(),
            find,
            delete,
            family as u8,
            tuple.protocol.number(),
            src.bytes.as_ptr(),
            tuple.src_port.to_be(),
            dst.bytes.as_ptr(),
            tuple.dst_port.to_be(),
            src.len,
        );
    }
}

/// An address as it stands in a packet.
struct Bytes {
    bytes: [u8; 16],
    len: u32,
}

impl Bytes {
    fn of(addr: Addr) -> Self {
        let mut bytes = [0; 16];
        let len = match addr {
            Addr::V4(addr) => {
                let octets = addr.octets();
                if let Some(place) = bytes.first_chunk_mut() {
                    *place = octets;
                }
                octets.len()
            }
            Addr::V6(addr) => {
                bytes = addr.octets();
                bytes.len()
            }
        };
        Self {
            bytes,
            len: len as u32,
        }
    }
}

impl<V: Stack> Packet<'_, V> {
    /// Has the entry of a new flow know that replies come from `server`
    /// (`ip_vs_update_conntrack()`). False, and nothing changed, when the entry is an older one, with another server.
    #[cold]
    #[inline(never)]
    pub(crate) fn track_to(&mut self, server: Endpoint) -> bool {
        self.expect_replies(server, true)
    }

    /// The same of a flow that a real server begins as far as connection tracking knows: what answers it is sent to
    /// `service`.
    #[cold]
    #[inline(never)]
    pub(crate) fn track_from(&mut self, service: Endpoint) {
        self.expect_replies(service, false);
    }

    fn expect_replies(&mut self, end: Endpoint, is_source: bool) -> bool {
        let addr = Bytes::of(end.addr);
        // SAFETY: By the type invariant; an entry that is not in the table yet is the packet's own. The address
        // has that length.
        unsafe {
            bindings::helper_skb_ct_expect(
                self.skb,
                addr.bytes.as_ptr(),
                addr.len,
                end.port.to_be(),
                is_source,
            )
        }
    }

    /// Has the entry of a new flow have room for what [`Packet::tell_moved`] tells (`nfct_seqadj_ext_add()`).
    #[cold]
    #[inline(never)]
    pub(crate) fn let_numbers_move(&mut self) {
        // SAFETY: By the type invariant; an entry that is not in the table yet is the packet's own.
        unsafe { bindings::helper_skb_ct_let_numbers_move(self.skb) };
    }

    /// Tells the entry how the numbers of the packet's direction are moved (`nf_ct_seqadj_set()`, but nobody else is to move
    /// them). Nothing where [`Packet::let_numbers_move`] has made no room.
    #[cold]
    #[inline(never)]
    pub(crate) fn tell_moved(&mut self, moved: Moved) {
        let Moved {
            from,
            before,
            after,
        } = moved;
        // SAFETY: By the type invariant.
        unsafe { bindings::helper_skb_ct_numbers_move(self.skb, from, before, after) };
    }

    /// Puts the entry of a packet that is about to be one inside another into the table
    /// (`nf_conntrack_confirm()`). False when the packet is to be dropped.
    #[cold]
    #[inline(never)]
    pub(crate) fn confirm_tracked(&mut self) -> bool {
        // SAFETY: By the type invariant; a hook runs under RCU.
        unsafe { bindings::helper_skb_ct_confirm(self.skb) }
    }
}
