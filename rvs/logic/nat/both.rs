// SPDX-License-Identifier: GPL-2.0-only

//! Both ends of a packet change at once, in one pass with one difference for each checksum.

use super::{
    rewrite_destination,
    rewrite_icmp_error,
    rewrite_source,
    target,
    ChecksumState,
    End, //
};
use crate::logic::{
    addr::Endpoint,
    csum::Delta,
    packet::{
        chunk_at_mut,
        icmp,
        ip::Version,
        put_word_at,
        tcp,
        udp,
        word_at,
        ParseError, //
    },
    protocol::Protocol, //
};

/// What a forward method makes of a packet that neither comes from where it came from nor goes to where it went to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rewrite {
    /// Where it comes from.
    pub source: Endpoint,
    /// Where it goes to.
    pub destination: Endpoint,
}

impl Rewrite {
    /// Gives both ends of a packet these addresses and ports; otherwise as [`rewrite_source`].
    #[inline(always)]
    pub fn apply<V: Version>(
        &self,
        packet: &mut [u8],
        header_len: usize,
        protocol: Protocol,
        checksum: ChecksumState,
    ) -> Result<(), ParseError> {
        let (src, dst) = self.addrs::<V>(packet)?;
        let needed = header_len.saturating_add(protocol.header_len());
        if packet.len() < needed {
            return Err(ParseError::Short(needed));
        }
        if let Protocol::Sctp = protocol {
            return self.apply_to_sctp::<V>(packet, header_len, checksum);
        }
        let (header, segment) = packet
            .split_at_mut_checked(header_len)
            .ok_or(ParseError::Short(needed))?;
        let addresses = V::replace_addrs(header, src, dst)?;
        match protocol {
            // As above.
            Protocol::Sctp => Err(ParseError::Unsupported),
            Protocol::Tcp => {
                let segment: &mut [u8; tcp::MIN_HEADER_LEN] = chunk_at_mut(segment, 0)?;
                let ports = self.replace_ports(segment)?;
                let old = word_at(segment, tcp::CHECKSUM_OFFSET)?;
                let new = match checksum {
                    ChecksumState::Complete => addresses.and(ports).apply(old),
                    ChecksumState::Partial => addresses.apply_partial(old),
                };
                put_word_at(segment, tcp::CHECKSUM_OFFSET, new)
            }
            Protocol::Udp => {
                let segment: &mut [u8; udp::HEADER_LEN] = chunk_at_mut(segment, 0)?;
                let ports = self.replace_ports(segment)?;
                let old = word_at(segment, udp::CHECKSUM_OFFSET)?;
                let new = match checksum {
                    ChecksumState::Complete => addresses.and(ports).apply_udp(old),
                    ChecksumState::Partial => addresses.apply_partial(old),
                };
                put_word_at(segment, udp::CHECKSUM_OFFSET, new)
            }
        }
    }

    /// As [`Rewrite::apply`], of SCTP: what one port makes of the CRC32c does not depend on the other one.
    #[inline(never)]
    fn apply_to_sctp<V: Version>(
        &self,
        packet: &mut [u8],
        header_len: usize,
        checksum: ChecksumState,
    ) -> Result<(), ParseError> {
        let protocol = Protocol::Sctp;
        // Of a packet that says it ends before the second port this fails, and leaves the first one alone.
        rewrite_destination::<V>(packet, header_len, protocol, self.destination, checksum)?;
        rewrite_source::<V>(packet, header_len, protocol, self.source, checksum)
    }

    /// Gives both ends of an ICMP error these addresses, and those of the packet embedded in it, which went the other way,
    /// the opposite ones with their ports; otherwise as [`rewrite_icmp_error`].
    pub fn apply_to_error<V: Version>(
        &self,
        packet: &mut [u8],
        error: &icmp::Error<V>,
        checksum: ChecksumState,
    ) -> Result<(), ParseError> {
        // Before anything is changed: the second step is to fail with the first one.
        self.addrs::<V>(packet)?;
        rewrite_icmp_error(packet, error, End::Source, self.source, checksum)?;
        rewrite_icmp_error(packet, error, End::Destination, self.destination, checksum)
    }

    /// The addresses of both ends, if `packet` is one that can carry them.
    #[inline(always)]
    fn addrs<V: Version>(&self, packet: &[u8]) -> Result<(V::Addr, V::Addr), ParseError> {
        let src = target::<V>(packet, self.source)?;
        let dst = target::<V>(packet, self.destination)?;
        Ok((src, dst))
    }

    /// Replaces both ports at the beginning of a transport header.
    #[inline(always)]
    pub(super) fn replace_ports(&self, segment: &mut [u8]) -> Result<Delta, ParseError> {
        let ports: &mut [u8; 4] = chunk_at_mut(segment, 0)?;
        let old = u32::from_be_bytes(*ports);
        let new = u32::from(self.source.port) << 16 | u32::from(self.destination.port);
        *ports = new.to_be_bytes();
        Ok(Delta::new().double_word(old, new))
    }
}
