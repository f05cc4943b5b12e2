// SPDX-License-Identifier: GPL-2.0-only

//! Packets of IPsec, which have no ports: those between two addresses go where their key exchange has gone, by
//! ISAKMP (RFC 2408 section 2.5.1).

use super::{
    udp,
    Transport,
    TransportHeader, //
};
use crate::logic::{
    protocol::Protocol,
    tuple::{
        AddrPair,
        Tuple, //
    },
};

/// The UDP port of ISAKMP at both ends.
pub const PORT: u16 = 500;

/// Whether packets with this number in the IP header follow ISAKMP: those of ESP (50) and AH (51).
#[inline]
pub const fn is_followed_by(protocol: u8) -> bool {
    matches!(protocol, 50 | 51)
}

/// The tuple of the key exchange between two addresses.
#[inline]
pub const fn tuple(addrs: AddrPair) -> Tuple {
    Tuple {
        addrs,
        src_port: PORT,
        dst_port: PORT,
        protocol: Protocol::Udp,
        vrf: 0,
    }
}

/// What its packets have behind the IP header, as far as a connection is concerned.
pub const fn transport() -> Transport {
    Transport {
        src_port: PORT,
        dst_port: PORT,
        header: TransportHeader::Udp(udp::Header {
            len: udp::HEADER_LEN as u16,
        }),
    }
}
