// SPDX-License-Identifier: GPL-2.0-only

//! ICMP errors, with the packets that they are about, in the other version of IP (RFC 7915 sections 4.2, 4.3, 5.2 and 5.3).
//!
//! The message gets shorter or longer, so that its checksum is made anew. Extensions (RFC 4884) are left out.

use super::Translation;
use crate::logic::{
    addr::Endpoint,
    csum::{
        self,
        Delta, //
    },
    nat::{
        Rewrite, //
    },
    packet::{
        chunk_at,
        chunk_at_mut,
        icmp::{
            self,
            Message, //
        },
        ip::{
            Header,
            Translated,
            Version, //
        },
        put_word_at,
        word_at,
        ParseError, //
    },
    protocol::{
        ChecksumKind,
        Protocol, //
    }, //
};

/// What becomes of an ICMP error of the version `V`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ErrorTranslation<V: Version> {
    error: icmp::Error<V>,
    message: Message,
    /// Bytes of what it is about that go with it, from the transport header on.
    kept: usize,
}

impl<V: Version> ErrorTranslation<V> {
    /// Reads what `error`, which [`icmp::parse`] made of `packet` with this header, becomes in the version `O`. None of what
    /// says nothing there, or is about a packet that is neither of TCP nor of UDP, or longer than one of `O` can be, as none is that
    /// was one of `O` on the way there.
    pub fn of<O: Version>(
        packet: &[u8],
        header: &Header<V>,
        error: &icmp::Error<V>,
    ) -> Option<Self> {
        let is_sctp = error.tuple.protocol == Protocol::Sctp;
        if is_sctp || !error.has_ports {
            return None;
        }
        let rest = chunk_at(packet, error.icmp_offset.saturating_add(4)).ok()?;
        let rest = u32::from_be_bytes(*rest);
        let embedded = &error.embedded;
        if O::MIN_HEADER_LEN.saturating_add(embedded.payload_len()) > O::MAX_TOTAL_LEN as usize {
            return None;
        }
        let message = V::translate_error(error.error_type, error.code, rest, embedded.total_len)?;
        let all = header.total_len.saturating_sub(error.transport_offset);
        let room = O::MAX_ERROR_LEN.saturating_sub(Self::new_transport_offset::<O>());
        let without_extensions = match V::quoted_len(error.error_type, rest) {
            0 => all,
            len => len.saturating_sub(embedded.header_len),
        };
        Some(Self {
            error: *error,
            message,
            // A packet that is cut off before its ports is none that could be translated.
            kept: all.min(room).min(without_extensions.max(icmp::HEADER_LEN)),
        })
    }

    /// Returns how many bytes of the error are read, from its IP header on.
    pub fn old_len(&self) -> usize {
        self.error.transport_offset.saturating_add(self.kept)
    }

    /// Returns how many of those stay, at the end.
    pub fn kept_len(&self) -> usize {
        self.kept
    }

    /// Returns how many of them are replaced.
    pub fn replaced_len(&self) -> usize {
        self.error.transport_offset
    }

    /// Returns by how many bytes those are replaced.
    pub fn replacement_len<O: Version>(&self) -> usize {
        Self::new_transport_offset::<O>()
    }

    fn new_transport_offset<O: Version>() -> usize {
        O::MIN_HEADER_LEN
            .saturating_mul(2)
            .saturating_add(icmp::HEADER_LEN)
    }

    /// Makes the error, which had `header`, one of the version `O` with the ends of `how`; the packet embedded in it, which went
    /// the other way, gets the opposite ones. `packet` begins with the room of what is new, in whatever state that is, and ends
    /// with the error.
    pub fn apply<O: Version>(
        &self,
        packet: &mut [u8],
        header: &Header<V>,
        how: &Translation,
    ) -> Result<(), ParseError> {
        let (src, dst) = how.addrs::<O>()?;
        let offset = Self::new_transport_offset::<O>();
        self.translate_transport(packet, offset, how.rewrite)?;

        let embedded = &self.error.embedded;
        let quoted = Translated::<O> {
            src: dst,
            dst: src,
            protocol: embedded.protocol,
            ttl: embedded.ttl,
            tos: embedded.tos,
            payload_len: embedded.payload_len(),
            dont_fragment: embedded.dont_fragment,
            identification: 0,
        };
        let at = O::MIN_HEADER_LEN.saturating_add(icmp::HEADER_LEN);
        let place = packet.get_mut(at..).ok_or(ParseError::Short(offset))?;
        O::write_translated(place, &quoted)?;

        let Message { number, code, rest } = self.message;
        let payload_len = packet.len().saturating_sub(O::MIN_HEADER_LEN);
        let new = how.header::<V, O>(header, (src, dst), O::ICMP, payload_len);
        O::write_translated(packet, &new)?;
        *chunk_at_mut(packet, O::MIN_HEADER_LEN)? = [number, code, 0, 0];
        *chunk_at_mut(packet, O::MIN_HEADER_LEN.saturating_add(4))? = rest.to_be_bytes();

        let message = packet
            .get(O::MIN_HEADER_LEN..)
            .ok_or(ParseError::Short(offset))?;
        let pseudo_header = if O::ICMP_HAS_PSEUDO_HEADER {
            let addrs = csum::sum(O::addr_bytes(packet)?);
            [addrs, payload_len as u16, O::ICMP.into()]
        } else {
            [0; 3]
        };
        let [addrs, len, protocol] = pseudo_header;
        let checksum = csum::of_sums(&[addrs, len, protocol, csum::sum(message)]);
        let field = O::MIN_HEADER_LEN.saturating_add(icmp::CHECKSUM_OFFSET);
        put_word_at(packet, field, checksum)
    }

    /// Gives what there is of the embedded transport header, at `offset`, its ports and its checksum.
    fn translate_transport(
        &self,
        packet: &mut [u8],
        offset: usize,
        Rewrite {
            source,
            destination,
        }: Rewrite,
    ) -> Result<(), ParseError> {
        let embedded = &self.error.embedded;
        let addresses = Delta::new()
            .addr(embedded.src.into(), destination.addr)
            .addr(embedded.dst.into(), source.addr);
        let opposite = Rewrite {
            source: Endpoint::new(destination.addr, destination.port),
            destination: Endpoint::new(source.addr, source.port),
        };
        let transport = packet.get_mut(offset..).ok_or(ParseError::Short(offset))?;
        let ports = opposite.replace_ports(transport)?;
        let Some(field) = self.error.transport_checksum_offset else {
            return Ok(());
        };
        let field = field.saturating_sub(self.error.transport_offset);
        if transport.len() < field.saturating_add(2) {
            return Ok(());
        }
        let delta = addresses.and(ports);
        let old = word_at(transport, field)?;
        let new = match self.error.tuple.protocol.checksum_kind() {
            ChecksumKind::Internet => delta.apply(old),
            ChecksumKind::InternetOrNone => delta.apply_udp(old),
            ChecksumKind::Crc32c => return Err(ParseError::Unsupported),
        };
        put_word_at(transport, field, new)
    }
}
