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
        addr::{
            Addr,
            Endpoint, //
        },
        protocol::Protocol,
        uapi::{
            connection,
            dest,
            service, //
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

/// Reads the key of a service.
pub(super) fn read_service(attributes: Attributes<'_>) -> Result<ServiceKey, Refusal> {
    let attribute = attributes.get(service::PROTOCOL);
    let number = attribute.and_then(Attribute::u32).ok_or_else(|| {
        Refusal::missing(attributes, service::PROTOCOL, c"the protocol is missing")
    })?;
    let protocol = u8::try_from(number)
        .ok()
        .and_then(Protocol::from_number)
        .ok_or_else(|| {
            Refusal::new(eprotonosupport(), c"the protocol is neither TCP nor UDP").at(attribute)
        })?;
    let (addr, _) = SERVICE_ADDRESS.read(attributes)?;
    let port = read_port(attributes, service::PORT)?;
    Ok(ServiceKey {
        protocol,
        addr,
        port,
    })
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

/// Reads address and port of a destination.
pub(super) fn read_dest(attributes: Attributes<'_>) -> Result<Endpoint, Refusal> {
    let (addr, _) = DEST_ADDRESS.read(attributes)?;
    Ok(Endpoint::new(addr, read_port(attributes, dest::PORT)?))
}

/// Checks that packets can be sent to a new destination, as IPVS does (`ip_vs_new_dest()`).
pub(super) fn check_reachable(
    net: &Net,
    attribute: Option<Attribute<'_>>,
    endpoint: Endpoint,
) -> Result<(), Refusal> {
    let known = match endpoint.addr {
        Addr::V4(addr) => net.address_type(addr) != AddressType::Other,
        Addr::V6(_) => true,
    };
    if known {
        Ok(())
    } else {
        Err(Refusal::new(
            EINVAL,
            c"the address is not that of a host, by the routes of this namespace",
        )
        .at(attribute))
    }
}
