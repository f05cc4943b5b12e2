// SPDX-License-Identifier: GPL-2.0-only

//! Attributes with payloads of the types that the family uses.

use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use netlink_packet_core::parse_string;
use netlink_packet_core::parse_u16_be;
use netlink_packet_core::parse_u32;
use netlink_packet_core::parse_u64;
use netlink_packet_core::DecodeError;
use netlink_packet_core::Emitable;
use netlink_packet_core::Nla;
use netlink_packet_core::NlasIterator;

use smallvec::SmallVec;

/// Bytes that are kept in place: the longest payload but strings and nests, an IPv6 address.
const SHORT: usize = 16;

/// Attributes that a message seldom has more of.
const USUAL: usize = 16;

/// One attribute. Number and payload type are those of `include/uapi/linux/rvs.h`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    number: u16,
    nested: bool,
    // An allocation for each attribute would be what a list of millions of connections spends its time with.
    payload: SmallVec<[u8; SHORT]>,
}

impl Attribute {
    fn new(number: u16, payload: &[u8]) -> Self {
        Self {
            number,
            nested: false,
            payload: payload.into(),
        }
    }

    /// 32 bits in host byte order.
    pub fn u32(number: u16, value: u32) -> Self {
        Self::new(number, &value.to_ne_bytes())
    }

    /// A port, big-endian.
    pub fn port(number: u16, port: u16) -> Self {
        Self::new(number, &port.to_be_bytes())
    }

    /// An IPv4 address, big-endian.
    pub fn ipv4(number: u16, address: Ipv4Addr) -> Self {
        Self::new(number, &address.octets())
    }

    /// An IPv6 address, big-endian.
    pub fn ipv6(number: u16, address: Ipv6Addr) -> Self {
        Self::new(number, &address.octets())
    }

    /// A string, with the NUL that the kernel asks for.
    pub fn string(number: u16, text: &str) -> Self {
        let mut payload = text.as_bytes().to_vec();
        payload.push(0);
        Self::new(number, &payload)
    }

    /// Attributes within an attribute.
    pub fn nest(number: u16, attributes: &[Attribute]) -> Self {
        let mut payload = vec![0; attributes.buffer_len()];
        attributes.emit(&mut payload);
        Self {
            number,
            nested: true,
            payload: payload.as_slice().into(),
        }
    }

    /// The attributes in a message or nest.
    pub fn parse_all(bytes: &[u8]) -> Result<Vec<Self>, DecodeError> {
        let mut attributes = Vec::with_capacity(USUAL);
        for attribute in NlasIterator::new(bytes) {
            let attribute = attribute?;
            attributes.push(Self {
                number: attribute.kind(),
                nested: attribute.nested_flag(),
                payload: attribute.value().into(),
            });
        }
        Ok(attributes)
    }

    /// The number in its attribute set.
    pub fn number(&self) -> u16 {
        self.number
    }

    /// The payload as 32 bits in host byte order.
    pub fn to_u32(&self) -> Result<u32, DecodeError> {
        parse_u32(&self.payload)
    }

    /// The payload as a YNL `uint`: 32 or 64 bits in host byte order.
    pub fn to_uint(&self) -> Result<u64, DecodeError> {
        if self.payload.len() == size_of::<u32>() {
            return self.to_u32().map(u64::from);
        }
        parse_u64(&self.payload)
    }

    /// The payload as a port.
    pub fn to_port(&self) -> Result<u16, DecodeError> {
        parse_u16_be(&self.payload)
    }

    /// The payload as an IPv4 address.
    pub fn to_ipv4(&self) -> Result<Ipv4Addr, DecodeError> {
        match <[u8; 4]>::try_from(&*self.payload) {
            Ok(octets) => Ok(octets.into()),
            Err(_) => Err(DecodeError::invalid_ip_address(self.payload.len())),
        }
    }

    /// The payload as an IPv6 address.
    pub fn to_ipv6(&self) -> Result<Ipv6Addr, DecodeError> {
        match <[u8; 16]>::try_from(&*self.payload) {
            Ok(octets) => Ok(octets.into()),
            Err(_) => Err(DecodeError::invalid_ip_address(self.payload.len())),
        }
    }

    /// The payload as a string, without its NUL.
    pub fn to_text(&self) -> Result<String, DecodeError> {
        parse_string(&self.payload)
    }

    /// The payload as attributes.
    pub fn to_nest(&self) -> Result<Vec<Attribute>, DecodeError> {
        Self::parse_all(&self.payload)
    }
}

impl Nla for Attribute {
    fn value_len(&self) -> usize {
        self.payload.len()
    }

    fn kind(&self) -> u16 {
        self.number
    }

    fn emit_value(&self, buffer: &mut [u8]) {
        buffer.copy_from_slice(&self.payload);
    }

    fn is_nested(&self) -> bool {
        self.nested
    }
}
