// SPDX-License-Identifier: GPL-2.0-only

//! Packets of one version of IP become packets of the other, between ends that a connection tells (RFC 7915, but for its mapping of
//! addresses).
//!
//! The new header, which has no options, takes the place of the old one with all of its options: what follows stays where it is.
//! So the functions are given the bytes from where the new header is to begin, and the old one as it was read.

mod error;
mod message;

use super::{
    ChecksumState,
    Rewrite, //
};
use crate::logic::{
    addr::Addr,
    csum::Delta,
    packet::{
        chunk_at_mut,
        ip::{
            Header,
            Translated,
            Version, //
        },
        put_word_at,
        tcp,
        udp,
        word_at,
        Malformed,
        ParseError, //
    },
    protocol::Protocol, //
};

pub use self::{
    error::ErrorTranslation,
    message::{
        of_v4,
        of_v6, //
    }, //
};

/// What a packet gets that has been one of the other version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Translation {
    /// Its ends, of the new version.
    pub rewrite: Rewrite,
    /// How many routers it passes here, which its time to live tells.
    pub hops: u8,
    /// Whether routers must not fragment it, where they do otherwise.
    pub dont_fragment: bool,
    /// What tells its fragments from those of others, where routers make some.
    pub identification: u16,
}

/// What has become of the checksum of a translated packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Checksum {
    /// It is as right as it was, or as incomplete.
    Updated,
    /// The datagram has none, as IPv4 allows, and has to get one (RFC 7915 section 4.5).
    Missing,
}

impl Translation {
    /// Gives a packet, which had `header` and behind it one of `protocol`, a header of the version `O`, and updates the other
    /// one. `packet` begins with the room of the new header, in whatever state that is, and has the fixed part of the one of
    /// `protocol` behind it.
    ///
    /// [`ParseError::Unsupported`] when the ends are not of the new version, or the protocol is SCTP: nothing has changed then.
    #[inline(always)]
    pub fn apply<V: Version, O: Version>(
        &self,
        packet: &mut [u8],
        header: &Header<V>,
        protocol: Protocol,
        checksum: ChecksumState,
    ) -> Result<Checksum, ParseError> {
        let (src, dst) = self.addrs::<O>()?;
        let needed = O::MIN_HEADER_LEN.saturating_add(protocol.header_len());
        if packet.len() < needed {
            return Err(ParseError::Short(needed));
        }
        let (room, segment) = packet
            .split_at_mut_checked(O::MIN_HEADER_LEN)
            .ok_or(ParseError::Short(needed))?;
        let addresses = Delta::new()
            .addr(header.src.into(), src.into())
            .addr(header.dst.into(), dst.into());
        let checksum = match protocol {
            Protocol::Sctp => return Err(ParseError::Unsupported),
            Protocol::Tcp => {
                let segment: &mut [u8; tcp::MIN_HEADER_LEN] = chunk_at_mut(segment, 0)?;
                let ports = self.rewrite.replace_ports(segment)?;
                let old = word_at(segment, tcp::CHECKSUM_OFFSET)?;
                let new = match checksum {
                    ChecksumState::Complete => addresses.and(ports).apply(old),
                    ChecksumState::Partial => addresses.apply_partial(old),
                };
                put_word_at(segment, tcp::CHECKSUM_OFFSET, new)?;
                Checksum::Updated
            }
            Protocol::Udp => {
                let segment: &mut [u8; udp::HEADER_LEN] = chunk_at_mut(segment, 0)?;
                let old = word_at(segment, udp::CHECKSUM_OFFSET)?;
                let is_missing =
                    old == 0 && checksum == ChecksumState::Complete && !O::UDP_MAY_LACK_CHECKSUM;
                // The checksum covers what the header of UDP calls the datagram; the sum that is made covers all.
                if is_missing && usize::from(word_at(segment, 4)?) != header.payload_len() {
                    return Err(ParseError::Malformed(Malformed::UdpLength));
                }
                let ports = self.rewrite.replace_ports(segment)?;
                let new = match checksum {
                    ChecksumState::Complete => addresses.and(ports).apply_udp(old),
                    ChecksumState::Partial => addresses.apply_partial(old),
                };
                put_word_at(segment, udp::CHECKSUM_OFFSET, new)?;
                if is_missing {
                    Checksum::Missing
                } else {
                    Checksum::Updated
                }
            }
        };
        let new = self.header::<V, O>(header, (src, dst), header.protocol, header.payload_len());
        O::write_translated(room, &new)?;
        Ok(checksum)
    }

    /// What the new header says.
    #[inline(always)]
    fn header<V: Version, O: Version>(
        &self,
        header: &Header<V>,
        (src, dst): (O::Addr, O::Addr),
        protocol: u8,
        payload_len: usize,
    ) -> Translated<O> {
        Translated {
            src,
            dst,
            protocol,
            ttl: header.ttl.saturating_sub(self.hops),
            tos: header.tos,
            payload_len,
            dont_fragment: self.dont_fragment,
            identification: self.identification,
        }
    }

    /// The addresses of both ends, if they are of this version.
    #[inline(always)]
    fn addrs<O: Version>(&self) -> Result<(O::Addr, O::Addr), ParseError> {
        let of = |addr: Addr| O::addr(addr).ok_or(ParseError::Unsupported);
        Ok((
            of(self.rewrite.source.addr)?,
            of(self.rewrite.destination.addr)?,
        ))
    }
}
