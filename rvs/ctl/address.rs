// SPDX-License-Identifier: GPL-2.0-only

//! Addresses, ports and forward methods in attributes.

use core::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

use kernel::prelude::*;

use crate::{
    kapi::genl::{
        Attribute,
        Attributes,
        Full,
        Message,
        Refusal, //
    },
    logic::addr::{
        Addr,
        Family, //
    },
    svc::Forward,
};

use super::family;

/// The numbers of the attributes that hold an address in one attribute set.
#[derive(Clone, Copy)]
pub(super) struct AddressAttributes {
    /// IPv4 address.
    pub(super) addr4: u16,
    /// IPv6 address.
    pub(super) addr6: u16,
}

impl AddressAttributes {
    /// Reads the address, which must name one host.
    pub(super) fn read(self, attributes: Attributes<'_>) -> Result<(Addr, Attribute<'_>), Refusal> {
        let (addr, attribute) = match (attributes.get(self.addr4), attributes.get(self.addr6)) {
            (Some(_), second @ Some(_)) => {
                return Err(Refusal::new(EINVAL, c"addr4 and addr6 exclude each other").at(second))
            }
            (None, Some(attribute)) => {
                family::check(Family::V6, Some(attribute))?;
                let octets: [u8; 16] = attribute.bytes().try_into().map_err(|_| {
                    Refusal::new(EINVAL, c"an IPv6 address has 16 bytes").at(Some(attribute))
                })?;
                (Addr::V6(Ipv6Addr::from(octets)), attribute)
            }
            (Some(attribute), None) => {
                let octets: [u8; 4] = attribute.bytes().try_into().map_err(|_| {
                    Refusal::new(EINVAL, c"an IPv4 address has 4 bytes").at(Some(attribute))
                })?;
                (Addr::V4(Ipv4Addr::from(octets)), attribute)
            }
            (None, None) => {
                return Err(Refusal::missing(
                    attributes,
                    self.addr4,
                    c"an address is missing",
                ))
            }
        };
        if !addr.is_unicast() {
            return Err(
                Refusal::new(EINVAL, c"the address is not that of one host").at(Some(attribute))
            );
        }
        Ok((addr, attribute))
    }

    /// Puts an address into a message.
    pub(super) fn fill(self, message: &mut Message<'_>, addr: Addr) -> Result<(), Full> {
        match addr {
            Addr::V4(addr) => message.bytes(self.addr4, &addr.octets()),
            Addr::V6(addr) => message.bytes(self.addr6, &addr.octets()),
        }
    }
}

/// Reads a port, in host order, which must not be 0.
pub(super) fn read_port(attributes: Attributes<'_>, attribute_type: u16) -> Result<u16, Refusal> {
    let attribute = attributes.get(attribute_type);
    match attribute.and_then(Attribute::be16) {
        Some(0) => Err(Refusal::new(EINVAL, c"the port is 0").at(attribute)),
        Some(port) => Ok(port),
        None => Err(Refusal::missing(
            attributes,
            attribute_type,
            c"the port is missing",
        )),
    }
}

/// Reads a forward method, if there is one.
pub(super) fn read_forward(
    attributes: Attributes<'_>,
    attribute_type: u16,
) -> Result<Option<Forward>, Refusal> {
    let attribute = attributes.get(attribute_type);
    match attribute.and_then(Attribute::u32) {
        None => Ok(None),
        Some(number) => match Forward::from_uapi(number) {
            Some(forward) => Ok(Some(forward)),
            None => Err(Refusal::new(EINVAL, c"the forward method is unknown").at(attribute)),
        },
    }
}
