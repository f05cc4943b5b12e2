// SPDX-License-Identifier: GPL-2.0-only

//! A packet of one version of IP becomes one of the other, with other ends (RFC 7915).

use crate::{
    kapi::net::{
        Exchange,
        Packet,
        Route,
        Stack,
        Tracking,
        Verdict, //
    },
    logic::{
        nat::{
            family::{
                Checksum,
                ErrorTranslation,
                Translation, //
            },
            Rewrite, //
        },
        packet::{
            ip::Header,
            ParseError, //
        },
    },
};

use super::super::parse::{
    Flow,
    IcmpError, //
};

/// What a packet becomes, but for its ends.
#[derive(Clone, Copy)]
pub(super) struct Form {
    /// Whether it loses one of its time to live.
    pub(super) is_forwarded: bool,
    /// Whether routers must not fragment it, where they do otherwise.
    pub(super) dont_fragment: bool,
    /// The size of the largest fragment that it leaves in, 0 when it leaves whole.
    pub(super) largest_fragment: u32,
}

/// Why a packet has not become another one.
pub(super) enum Failure<'a, V: Stack> {
    /// Memory is short, and it is as good as before.
    Memory(Packet<'a, V>),
    /// It cannot be one, and has ended.
    Ended(Verdict),
}

impl<V: Stack> Failure<'_, V> {
    pub(super) fn verdict(self) -> Verdict {
        match self {
            Self::Memory(packet) => packet.discard(),
            Self::Ended(verdict) => verdict,
        }
    }
}

/// Makes a packet of a flow, which leaves along `route`, one of the other version with other ends.
#[inline(always)]
pub(super) fn translate<'a, V: Stack, O: Stack>(
    packet: Packet<'a, V>,
    flow: &Flow<V>,
    route: &Route<O>,
    form: Form,
    rewrite: Rewrite,
) -> Result<Packet<'a, O>, Failure<'a, V>> {
    let protocol = flow.transport.protocol();
    let exchange = Exchange {
        old: flow.header.header_len,
        new: O::MIN_HEADER_LEN,
        kept: protocol.header_len(),
    };
    let checksum = flow.checksum_state(&packet);
    let how = how::<V, O>(&packet, form, rewrite, protocol.number());
    // It may be one of those that the packet of the flow stood for.
    let header = Header {
        total_len: packet.len(),
        ..flow.header
    };
    exchanged(packet, route, form, exchange, |bytes| {
        how.apply::<V, O>(bytes, &header, protocol, checksum)
    })
}

/// Reads what an error becomes in the other version, and leaves no more of it than becomes a part of that. The verdict is that of
/// one that says nothing there, or is damaged.
pub(super) fn of_error<'a, V: Stack, O: Stack>(
    mut packet: Packet<'a, V>,
    error: &IcmpError<V>,
) -> Result<(Packet<'a, V>, ErrorTranslation<V>), Verdict> {
    // Its checksum is made anew.
    if !packet.icmp_checksum_is_right(error.icmp.icmp_offset) {
        return Err(packet.discard());
    }
    let read = ErrorTranslation::of::<O>(packet.bytes(), &error.header, &error.icmp);
    match read {
        Some(translation) if packet.cut(translation.old_len()).is_some() => {
            Ok((packet, translation))
        }
        _ => Err(packet.discard()),
    }
}

/// Makes an error one of the other version with other ends, as [`translate`].
pub(super) fn translate_error<'a, V: Stack, O: Stack>(
    packet: Packet<'a, V>,
    error: &IcmpError<V>,
    translation: &ErrorTranslation<V>,
    route: &Route<O>,
    form: Form,
    rewrite: Rewrite,
) -> Result<Packet<'a, O>, Failure<'a, V>> {
    let exchange = Exchange {
        old: translation.replaced_len(),
        new: translation.replacement_len::<O>(),
        kept: translation.kept_len(),
    };
    let how = how::<V, O>(&packet, form, rewrite, O::ICMP);
    exchanged(packet, route, form, exchange, |bytes| {
        translation.apply::<O>(bytes, &error.header, &how)?;
        Ok(Checksum::Updated)
    })
}

/// What a packet of `protocol` gets.
#[inline(always)]
fn how<V: Stack, O: Stack>(
    packet: &Packet<'_, V>,
    form: Form,
    rewrite: Rewrite,
    protocol: u8,
) -> Translation {
    let (source, destination) = (rewrite.source.addr, rewrite.destination.addr);
    let identification = match (O::addr(source), O::addr(destination)) {
        (Some(source), Some(destination)) if !form.dont_fragment => {
            packet.identification::<O>((source, destination), protocol)
        }
        _ => 0,
    };
    Translation {
        rewrite,
        hops: form.is_forwarded.into(),
        dont_fragment: form.dont_fragment,
        identification,
    }
}

/// Has `write` exchange the headers of a packet. It is balanced then, and of no connection that is tracked: that would be one of the
/// version before.
#[inline(always)]
fn exchanged<'a, V: Stack, O: Stack>(
    mut packet: Packet<'a, V>,
    route: &Route<O>,
    form: Form,
    exchange: Exchange,
    write: impl FnOnce(&mut [u8]) -> Result<Checksum, ParseError>,
) -> Result<Packet<'a, O>, Failure<'a, V>> {
    packet.forget_device_checksum();
    let exchangeable = packet
        .make_exchangeable(route, exchange)
        .map_err(Failure::Memory)?;
    let mut packet = exchangeable
        .exchange::<O, _>(form.largest_fragment, write)
        .map_err(Failure::Ended)?;
    packet.set_balanced(Tracking::Ends);
    Ok(packet)
}
