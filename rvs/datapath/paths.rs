// SPDX-License-Identifier: GPL-2.0-only

//! Which way the packets of connections took through the director, and why it was not the fast
//! path.

use kernel::{
    alloc::AllocError,
    prelude::*, //
};

use crate::kapi::sync::PerCpuCounters;

/// What a packet of a connection is counted as. Each sent by the director is counted once as
/// [`Path::Fast`] or [`Path::Slow`]; those of an established flow that the fast path left to the
/// slow one are counted by the reason, too. What is refused is counted by the reason alone.
#[derive(Clone, Copy)]
pub(crate) enum Path {
    /// Sent by the fast path.
    Fast,
    /// Sent by the slow path, through the rule chains of the firewall.
    Slow,
    /// Left: the service does not allow it.
    Off,
    /// Left: a header with IP options, or with options of TCP that a client must not get through, or a fragment.
    Header,
    /// Left: it may begin a connection, as a SYN does.
    Begins,
    /// Left: the server was removed from its service; replies, too.
    Unavailable,
    /// Left: no packet of the flow has passed all hooks by the routes of now, or the route leads to this
    /// host.
    Route,
    /// Left: the link layer address of the next hop is not known.
    Neighbour,
    /// Left: its time to live ends here.
    Ttl,
    /// Left: it does not fit the MTU of the route.
    TooBig,
    /// Left: there are IPsec policies, the route has a tunnel, or rules of policy routing may tell packets
    /// of the flow apart.
    Policy,
    /// Left: it could not be made writable, or another thing failed for want of memory.
    Memory,
    /// A connection that a flood may have made was ended, to make room for another one.
    Evicted,
    /// Dropped: there was no room for its connection.
    Refused,
    /// Refused: it would begin a connection, but each server has one of the same client's port.
    PortTaken,
    /// Dropped by the sysctl `drop_packet`: it would begin a connection.
    DropPacket,
    /// A template of persistence without connections was ended, to make room for a connection.
    TemplateEvicted,
    /// Refused: it would begin a connection by full NAT, and there is no local endpoint for that.
    NoLocal,
}

impl Path {
    const COUNT: usize = Self::NoLocal as usize + 1;
}

/// Counters of a namespace, one for each [`Path`].
pub(crate) struct Paths(PerCpuCounters<{ Path::COUNT }>);

impl Paths {
    /// Makes counters that are 0.
    pub(crate) fn new() -> Result<Self, AllocError> {
        Ok(Self(PerCpuCounters::new()?))
    }

    /// Counts a packet.
    #[inline(always)]
    pub(crate) fn count(&self, path: Path) {
        self.0.add(path as usize, 1);
    }

    /// Returns the number of packets counted so far.
    pub(crate) fn counted(&self, path: Path) -> u64 {
        self.0.sum(path as usize)
    }
}
