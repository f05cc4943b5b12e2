// SPDX-License-Identifier: GPL-2.0-only

//! What names services and destinations in requests.
//!
//! C: `ip_vs_genl_parse_service()`, `ip_vs_genl_parse_dest()`

use core::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

use kernel::prelude::*;

use crate::{
    ctl::{
        errors::eprotonosupport,
        family, //
    },
    kapi::genl::{
        Attribute,
        Attributes,
        Refusal,
        Room, //
    },
    logic::{
        addr::{
            Addr,
            Endpoint,
            Family, //
        },
        ipvs_abi::{
            attribute,
            dest,
            policy,
            service,
            ADDRESS_LEN, //
        },
        protocol::Protocol,
        service_key::Ports,
    },
    svc::{
        ConfigError,
        ServiceKey, //
    },
};

/// What a request names.
pub(super) enum Named<K> {
    /// Something that may be there.
    Key(K),
    /// Something that cannot be there, and why.
    Never(Refusal),
}

impl<K> Named<K> {
    /// The key of what is to be added, if it can be.
    pub(super) fn possible(self) -> Result<K, Refusal> {
        match self {
            Self::Key(key) => Ok(key),
            Self::Never(refusal) => Err(refusal),
        }
    }

    /// The key of what must be there already; `absent` when it cannot be.
    pub(super) fn existing(self, absent: ConfigError) -> Result<K, Refusal> {
        match self {
            Self::Key(key) => Ok(key),
            Self::Never(_) => Err(absent.into()),
        }
    }
}

/// Reads which service a message is about; returns all that it says of the service, too.
pub(super) fn service<'a>(
    message: Attributes<'a>,
    room: &'a mut Room<'a>,
) -> Result<(Named<ServiceKey>, Attributes<'a>), Refusal> {
    let nest = nest(
        message,
        attribute::SERVICE,
        policy::SERVICE,
        c"the service is missing or malformed",
        room,
    )?;
    let af = nest
        .get(service::AF)
        .ok_or_else(|| Refusal::missing(nest, service::AF, c"the address family is missing"))?;
    let mark = nest.get(service::FWMARK);
    let parts = (
        nest.get(service::PROTOCOL),
        nest.get(service::ADDR),
        nest.get(service::PORT),
    );
    if mark.is_none() && !matches!(parts, (Some(_), Some(_), Some(_))) {
        return Err(Refusal::missing(
            nest,
            service::FWMARK,
            c"neither a mark nor protocol, address and port tell which service",
        ));
    }
    let family = read_family(af)?;
    let named = match (mark, parts) {
        (Some(mark), _) => marked(family, mark),
        (None, (Some(protocol), Some(addr), Some(port))) => {
            addressed(protocol, address(family, addr), addr, port)
        }
        (None, _) => Named::Never(ConfigError::NoService.into()),
    };
    Ok((named, nest))
}

/// The service of a mark. With mark 0 it would be that of no packet, and to IPVS it is one of an address.
fn marked(family: Family, mark: Attribute<'_>) -> Named<ServiceKey> {
    match mark.u32() {
        Some(number) if number != 0 => Named::Key(ServiceKey::Mark {
            family,
            mark: number,
        }),
        _ => Named::Never(Refusal::new(EINVAL, c"the mark is 0").at(Some(mark))),
    }
}

/// The service of protocol, address and port.
fn addressed(
    protocol: Attribute<'_>,
    virtual_addr: Addr,
    addr: Attribute<'_>,
    port: Attribute<'_>,
) -> Named<ServiceKey> {
    let number = protocol.u16().and_then(|number| u8::try_from(number).ok());
    let Some(known) = number.and_then(Protocol::from_number) else {
        return Named::Never(
            Refusal::new(
                eprotonosupport(),
                c"the protocol is none of TCP, UDP and SCTP",
            )
            .at(Some(protocol)),
        );
    };
    if !virtual_addr.is_unicast() {
        return Named::Never(
            Refusal::new(EINVAL, c"the address is not that of one host").at(Some(addr)),
        );
    }
    let ports = match port.be16() {
        None | Some(0) => Ports::All,
        Some(number) => Ports::One(number),
    };
    Named::Key(ServiceKey::Address {
        protocol: known,
        addr: virtual_addr,
        ports,
    })
}

/// Reads which destination of a service a message is about; returns all that it says of it, too.
pub(super) fn dest<'a>(
    message: Attributes<'a>,
    service: &ServiceKey,
    room: &'a mut Room<'a>,
) -> Result<(Named<Endpoint>, Attributes<'a>), Refusal> {
    let nest = nest(
        message,
        attribute::DEST,
        policy::DEST,
        c"the destination is missing or malformed",
        room,
    )?;
    let addr = nest
        .get(dest::ADDR)
        .ok_or_else(|| Refusal::missing(nest, dest::ADDR, c"the address is missing"))?;
    let port = nest
        .get(dest::PORT)
        .ok_or_else(|| Refusal::missing(nest, dest::PORT, c"the port is missing"))?;
    // One that is not known is told of later.
    let told = nest.get(dest::ADDR_FAMILY).and_then(Attribute::u16);
    let told = told.and_then(|number| family::of_number(number.into()));
    let family = told.unwrap_or(service.family());
    // With port 0 packets keep theirs.
    let named = Named::Key(Endpoint::new(
        address(family, addr),
        port.be16().unwrap_or(0),
    ));
    Ok((named, nest))
}

/// Reads the address family of a destination; none where it is told to be that of the service, as old
/// clients leave it.
pub(super) fn dest_family(attribute: Attribute<'_>) -> Result<Option<Family>, Refusal> {
    match attribute.u16() {
        Some(0) => Ok(None),
        _ => read_family(attribute).map(Some),
    }
}

fn read_family(attribute: Attribute<'_>) -> Result<Family, Refusal> {
    family::read(attribute, attribute.u16().map(u32::from))
}

/// What an address is by its family: of IPv4 the first bytes, whatever follows them.
fn address(family: Family, addr: Attribute<'_>) -> Addr {
    let bytes = addr.padded::<ADDRESS_LEN>();
    match family {
        Family::V4 => {
            let [first, second, third, fourth, ..] = bytes;
            Addr::V4(Ipv4Addr::new(first, second, third, fourth))
        }
        Family::V6 => Addr::V6(Ipv6Addr::from(bytes)),
    }
}

/// Reads a nest that must be there, and as its policy says.
pub(super) fn nest<'a>(
    message: Attributes<'a>,
    attribute_type: u16,
    rules: &[crate::logic::uapi::Rule],
    text: &'static CStr,
    room: &'a mut Room<'a>,
) -> Result<Attributes<'a>, Refusal> {
    let attribute = message
        .get(attribute_type)
        .ok_or_else(|| Refusal::missing(message, attribute_type, text))?;
    Attributes::parse(attribute, rules, room)
        .ok_or_else(|| Refusal::new(EINVAL, text).at(Some(attribute)))
}
