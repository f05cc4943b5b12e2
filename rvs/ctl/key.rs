// SPDX-License-Identifier: GPL-2.0-only

//! What names services and destinations in requests.

use kernel::prelude::*;

use crate::{
    kapi::{
        genl::{
            Attribute,
            Attributes,
            Refusal, //
        },
        net::{
            AddressType,
            Net, //
        },
    },
    logic::{
        addr::Endpoint,
        protocol::Protocol,
        service_key::{
            PortRange,
            Ports, //
        },
        uapi::{
            connection,
            dest,
            service,
            template, //
        },
    },
    svc::ServiceKey,
};

use super::{
    address::{
        read_port,
        AddressAttributes, //
    },
    errors::eprotonosupport,
    family,
};

/// Address attributes of the set `service`.
pub(super) const SERVICE_ADDRESS: AddressAttributes = AddressAttributes {
    addr4: service::ADDR4,
    addr6: service::ADDR6,
};

/// Address attributes of the set `dest`.
pub(super) const DEST_ADDRESS: AddressAttributes = AddressAttributes {
    addr4: dest::ADDR4,
    addr6: dest::ADDR6,
};

/// Address attributes of the client in the set `connection`.
pub(super) const CONNECTION_CLIENT_ADDRESS: AddressAttributes = AddressAttributes {
    addr4: connection::CLIENT_ADDR4,
    addr6: connection::CLIENT_ADDR6,
};

/// Address attributes of the real server in the set `connection`.
pub(super) const CONNECTION_DEST_ADDRESS: AddressAttributes = AddressAttributes {
    addr4: connection::DEST_ADDR4,
    addr6: connection::DEST_ADDR6,
};

/// Address attributes of what the client has sent to in the set `connection`.
pub(super) const CONNECTION_VIRTUAL_ADDRESS: AddressAttributes = AddressAttributes {
    addr4: connection::VIRTUAL_ADDR4,
    addr6: connection::VIRTUAL_ADDR6,
};

/// Address attributes of what the real server knows instead of the client in the set `connection`.
pub(super) const CONNECTION_LOCAL_ADDRESS: AddressAttributes = AddressAttributes {
    addr4: connection::LOCAL_ADDR4,
    addr6: connection::LOCAL_ADDR6,
};

/// Address attributes of the client in the set `template`.
pub(super) const TEMPLATE_CLIENT_ADDRESS: AddressAttributes = AddressAttributes {
    addr4: template::CLIENT_ADDR4,
    addr6: template::CLIENT_ADDR6,
};

/// Address attributes of the real server in the set `template`.
pub(super) const TEMPLATE_DEST_ADDRESS: AddressAttributes = AddressAttributes {
    addr4: template::DEST_ADDR4,
    addr6: template::DEST_ADDR6,
};

/// Reads the key of a service.
pub(super) fn read_service(attributes: Attributes<'_>) -> Result<ServiceKey, Refusal> {
    match attributes.get(service::MARK) {
        Some(mark) => read_mark(attributes, mark),
        None => read_address(attributes),
    }
}

/// Reads the key of the service of a mark.
fn read_mark(attributes: Attributes<'_>, attribute: Attribute<'_>) -> Result<ServiceKey, Refusal> {
    const OF_ADDRESSES: [u16; 6] = [
        service::PROTOCOL,
        service::ADDR4,
        service::ADDR6,
        service::PORT,
        service::LAST_PORT,
        service::ALL_PORTS,
    ];
    if let Some(other) = OF_ADDRESSES.iter().find_map(|of| attributes.get(*of)) {
        return Err(Refusal::new(
            EINVAL,
            c"the service of a mark has neither protocol, address nor port",
        )
        .at(Some(other)));
    }
    let mark = match attribute.u32() {
        Some(mark) if mark != 0 => mark,
        _ => return Err(Refusal::new(EINVAL, c"the mark is 0").at(Some(attribute))),
    };
    let attribute = attributes.get(service::FAMILY).ok_or_else(|| {
        Refusal::missing(
            attributes,
            service::FAMILY,
            c"the address family is missing",
        )
    })?;
    let family = family::read(attribute, attribute.u32())?;
    Ok(ServiceKey::Mark { family, mark })
}

/// Reads the key of the service of an address.
fn read_address(attributes: Attributes<'_>) -> Result<ServiceKey, Refusal> {
    if let family @ Some(_) = attributes.get(service::FAMILY) {
        return Err(Refusal::new(EINVAL, c"only the service of a mark has a family").at(family));
    }
    let attribute = attributes.get(service::PROTOCOL);
    let number = attribute.and_then(Attribute::u32).ok_or_else(|| {
        Refusal::missing(attributes, service::PROTOCOL, c"the protocol is missing")
    })?;
    let protocol = u8::try_from(number)
        .ok()
        .and_then(Protocol::from_number)
        .ok_or_else(|| {
            Refusal::new(
                eprotonosupport(),
                c"the protocol is none of TCP, UDP and SCTP",
            )
            .at(attribute)
        })?;
    let (addr, _) = SERVICE_ADDRESS.read(attributes)?;
    let ports = read_ports(attributes)?;
    Ok(ServiceKey::Address {
        protocol,
        addr,
        ports,
    })
}

/// Reads the ports of a service.
fn read_ports(attributes: Attributes<'_>) -> Result<Ports, Refusal> {
    let all = attributes.get(service::ALL_PORTS).and_then(Attribute::u32);
    let last = attributes.get(service::LAST_PORT);
    if all == Some(1) {
        return match attributes.get(service::PORT).or(last) {
            None => Ok(Ports::All),
            other => Err(Refusal::new(EINVAL, c"all ports are all that can be named").at(other)),
        };
    }
    let first = read_port(attributes, service::PORT)?;
    match last.and_then(Attribute::be16) {
        None => Ok(Ports::One(first)),
        Some(port) => match PortRange::new(first, port) {
            Some(range) => Ok(Ports::Range(range)),
            None => Err(Refusal::new(
                EINVAL,
                c"the last port of a range is not above the first one",
            )
            .at(last)),
        },
    }
}

/// Reads the key of the service that a destination belongs to.
pub(super) fn read_service_of_dest(attributes: Attributes<'_>) -> Result<ServiceKey, Refusal> {
    match attributes.get(dest::SERVICE) {
        Some(nest) => read_service(nest.nested()),
        None => Err(Refusal::missing(
            attributes,
            dest::SERVICE,
            c"the service is missing",
        )),
    }
}

/// Reads address and port of a destination of a service. Where that has more than one port, port 0 is
/// that of each packet.
pub(super) fn read_dest(
    attributes: Attributes<'_>,
    service: &ServiceKey,
) -> Result<Endpoint, Refusal> {
    let (addr, _) = DEST_ADDRESS.read(attributes)?;
    let port = match service.one_port() {
        Some(_) => read_port(attributes, dest::PORT)?,
        None => attributes
            .get(dest::PORT)
            .and_then(Attribute::be16)
            .unwrap_or(0),
    };
    Ok(Endpoint::new(addr, port))
}

/// Checks that packets can be sent to a new destination, as IPVS does (`ip_vs_new_dest()`).
pub(super) fn check_reachable(
    net: &Net,
    attribute: Option<Attribute<'_>>,
    endpoint: Endpoint,
) -> Result<(), Refusal> {
    let text = match net.server_type(endpoint.addr) {
        AddressType::Local | AddressType::Unicast => return Ok(()),
        AddressType::Other if endpoint.addr.is_link_local() => {
            c"of a link-local address nothing tells the link"
        }
        AddressType::Other => c"the address is not that of a host, by the routes of this namespace",
    };
    Err(Refusal::new(EINVAL, text).at(attribute))
}
