// SPDX-License-Identifier: GPL-2.0-only

//! Values made of bytes.

use std::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

use rvs_logic::logic::{
    addr::{
        Addr,
        Endpoint,
        Family, //
    },
    nat::ChecksumState,
    packet::ParseError,
    protocol::Protocol,
    service_key::{
        PortRange,
        Ports,
        ServiceKey, //
    }, //
};

/// What is left of the bytes. Where there are none they are zeros.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    pub(crate) fn bytes<const SIZE: usize>(&mut self) -> [u8; SIZE] {
        let (taken, rest) = self.0.split_at(SIZE.min(self.0.len()));
        self.0 = rest;
        let mut bytes = [0; SIZE];
        bytes[..taken.len()].copy_from_slice(taken);
        bytes
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn byte(&mut self) -> u8 {
        u8::from_be_bytes(self.bytes())
    }

    pub(crate) fn word(&mut self) -> u16 {
        u16::from_be_bytes(self.bytes())
    }

    pub(crate) fn double_word(&mut self) -> u32 {
        u32::from_be_bytes(self.bytes())
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.byte() & 1 != 0
    }

    pub(crate) fn addr(&mut self) -> Addr {
        if self.flag() {
            Addr::V6(Ipv6Addr::from(self.bytes::<16>()))
        } else {
            Addr::V4(Ipv4Addr::from(self.bytes::<4>()))
        }
    }

    pub(crate) fn endpoint(&mut self) -> Endpoint {
        Endpoint::new(self.addr(), self.word())
    }

    /// Another endpoint, made of the last bytes, which stay; mostly of the same family.
    pub(crate) fn endpoint_beside(&self, other: Endpoint) -> Endpoint {
        let mut last = [0; 18];
        for (byte, found) in last.iter_mut().zip(self.0.iter().rev()) {
            *byte = *found;
        }
        let mut last = Input(&last);
        let port = last.word();
        let is_v4 = matches!(other.addr, Addr::V4(_)) != (port % 16 == 1);
        let addr = if is_v4 {
            Addr::V4(Ipv4Addr::from(last.bytes::<4>()))
        } else {
            Addr::V6(Ipv6Addr::from(last.bytes::<16>()))
        };
        Endpoint::new(addr, port)
    }

    pub(crate) fn checksum_state(&mut self) -> ChecksumState {
        if self.flag() {
            ChecksumState::Partial
        } else {
            ChecksumState::Complete
        }
    }

    pub(crate) fn service_key(&mut self) -> ServiceKey {
        let kind = self.byte();
        let family = if kind & 16 == 0 {
            Family::V4
        } else {
            Family::V6
        };
        let protocol = match kind & 0x28 {
            0 => Protocol::Tcp,
            8 => Protocol::Udp,
            _ => Protocol::Sctp,
        };
        let ports = match kind & 3 {
            0 => Ports::One(self.word()),
            1 => Ports::All,
            2 => match PortRange::new(self.word(), self.word()) {
                Some(range) => Ports::Range(range),
                None => Ports::All,
            },
            _ => {
                let mark = self.double_word().max(1);
                return ServiceKey::Mark { family, mark };
            }
        };
        ServiceKey::Address {
            protocol,
            addr: self.addr(),
            ports,
        }
    }
}

/// Reads as the module does, which has few of the bytes at first and gets those that it is asked for. The result has to be
/// the same as with all of them at once.
pub(crate) fn step_by_step<T: PartialEq + std::fmt::Debug>(
    bytes: &[u8],
    parse: impl Fn(&[u8]) -> Result<T, ParseError>,
) -> Result<T, ParseError> {
    let at_once = parse(bytes);
    let mut len = 0;
    loop {
        match parse(&bytes[..len]) {
            Err(ParseError::Short(needed)) => {
                assert!(needed > len, "asks for {needed} bytes of {len}");
                if needed > bytes.len() {
                    assert!(
                        matches!(at_once, Err(ParseError::Short(_))),
                        "{at_once:?} with all bytes"
                    );
                    return at_once;
                }
                len = needed;
            }
            result => {
                assert_eq!(result, at_once, "with {len} bytes, and with all");
                return at_once;
            }
        }
    }
}

/// The Internet checksum (RFC 1071), computed from nothing: 0 of what contains its own, right one.
pub(crate) fn checksum(bytes: &[u8]) -> u16 {
    let mut sum: u64 = 0;
    for pair in bytes.chunks(2) {
        sum += u64::from(u16::from_be_bytes([pair[0], *pair.get(1).unwrap_or(&0)]));
    }
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// CRC32c (RFC 3720 section 12.1), as it stands in a packet of SCTP whose own is 0.
pub(crate) fn crc32c(bytes: &[u8]) -> [u8; 4] {
    let mut register = u32::MAX;
    for byte in bytes {
        register ^= u32::from(*byte);
        for _ in 0..8 {
            let polynomial = if register & 1 == 1 { 0x82f6_3b78 } else { 0 };
            register = (register >> 1) ^ polynomial;
        }
    }
    (!register).to_le_bytes()
}
