// SPDX-License-Identifier: GPL-2.0-only

//! Options of TCP that tell the real server of its client.

use crate::{
    kapi::net::{
        Packet,
        Stack, //
    },
    logic::{
        nat::Segment,
        packet::TransportHeader,
        toa::{
            ClientOption,
            Insertion,
            Limits,
            NoRoom, //
        },
    },
};

use super::parse::Flow;

/// Why a packet has not got an option.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum NotInserted {
    /// It has no room, and may go without.
    NoRoom(NoRoom),
    /// It stands for several with headers of their own ([`Packet::is_list`]), or, as one, for more than one packet may
    /// have with the option. What it stands for has room: [`Packet::segments`].
    IsBurst,
    /// Memory is short.
    Memory,
    /// It is none of TCP, or not what it was when it was parsed.
    NoSegment,
}

/// The segment of a packet, if it is one of TCP.
#[inline]
pub(super) fn segment_of<V: Stack>(packet: &Packet<'_, V>, flow: &Flow<V>) -> Option<Segment<V>> {
    match flow.transport.header {
        TransportHeader::Tcp(tcp) => Some(Segment {
            header: flow.header,
            tcp,
            checksum: flow.checksum_state(packet),
        }),
        TransportHeader::Udp(_) | TransportHeader::Sctp(_) => None,
    }
}

/// Puts an option into a packet in front of its other ones, whose way takes packets of `mtu` bytes: one by one those that a
/// GSO packet stands for. `flow` is that of the packet, then as before. A packet that does not get the option is as it came.
#[cold]
#[inline(never)]
pub(super) fn insert<V: Stack>(
    packet: &mut Packet<'_, V>,
    flow: &mut Flow<V>,
    option: ClientOption,
    mtu: u32,
) -> Result<(), NotInserted> {
    let segment = segment_of(packet, flow).ok_or(NotInserted::NoSegment)?;
    if packet.is_list() {
        return Err(NotInserted::IsBurst);
    }
    let headers = segment.headers_len();
    if packet.bytes().len() < headers && !packet.pull(headers) {
        return Err(NotInserted::Memory);
    }
    let gso_size = packet.gso_size();
    let limits = Limits {
        longest: match gso_size {
            Some(size) => headers.saturating_add(size),
            None => segment.header.total_len,
        },
        mtu: mtu as usize,
        is_taken_apart: gso_size.is_some(),
    };
    let insertion = match Insertion::plan(&segment, packet.bytes(), option, limits) {
        Ok(Ok(insertion)) => insertion,
        Ok(Err(NoRoom::Length)) if gso_size.is_some() && fits(limits, option) => {
            return Err(NotInserted::IsBurst);
        }
        Ok(Err(reason)) => return Err(NotInserted::NoRoom(reason)),
        Err(_) => return Err(NotInserted::NoSegment),
    };
    let grown = packet
        .grow(insertion.growth(), headers, |bytes| {
            insertion.put(&segment, bytes)
        })
        .ok_or(NotInserted::Memory)?;
    flow.header = grown.header;
    flow.transport.header = TransportHeader::Tcp(grown.tcp);
    Ok(())
}

/// Whether the longest of the packets that one stands for has room for the option.
fn fits(limits: Limits, option: ClientOption) -> bool {
    limits.longest.saturating_add(option.len()) <= limits.mtu
}
