// SPDX-License-Identifier: GPL-2.0-only

//! How clients of a service keep their server, in requests and answers.

use kernel::prelude::*;

use crate::{
    kapi::genl::{
        Attribute,
        Attributes,
        Full,
        Message,
        Refusal, //
    },
    logic::{
        addr::Family,
        persistence::{
            Engine,
            Mask,
            Persistence, //
        },
        protocol::Protocol,
        uapi::{
            persistence,
            persistence_engine,
            service, //
        },
    },
    svc::ServiceKey,
};

/// Reads what a request says of persistence, if it does; inside none when there is to be none.
pub(super) fn read(
    attributes: Attributes<'_>,
    key: &ServiceKey,
) -> Result<Option<Option<Persistence>>, Refusal> {
    let Some(nest) = attributes.get(service::PERSISTENCE) else {
        return Ok(None);
    };
    let attributes = nest.nested();
    let mask4 = attributes.get(persistence::MASK4);
    let prefix6 = attributes.get(persistence::PREFIX6);
    let attribute = attributes.get(persistence::TIMEOUT);
    let Some(timeout) = attribute.and_then(Attribute::u32) else {
        return match mask4.or(prefix6) {
            Some(_) => Err(Refusal::missing(
                attributes,
                persistence::TIMEOUT,
                c"the timeout of persistence is missing",
            )),
            None => Ok(Some(None)),
        };
    };
    if timeout > Persistence::MAX_TIMEOUT {
        return Err(Refusal::new(EINVAL, c"the timeout is longer than 31 days").at(attribute));
    }
    let mask = match key.family() {
        Family::V4 => {
            refuse(prefix6)?;
            // Shorter ones are refused by the policy.
            mask4.map_or(Mask::EACH_V4, |mask| Mask::V4(mask.padded().into()))
        }
        Family::V6 => {
            refuse(mask4)?;
            match prefix6.and_then(Attribute::u32) {
                None => Mask::EACH_V6,
                Some(bits) => Mask::of_prefix6(bits).ok_or_else(|| {
                    Refusal::new(EINVAL, c"the prefix is not one of 1 to 128 bits").at(prefix6)
                })?,
            }
        }
    };
    let engine = read_engine(attributes, key)?;
    Ok(Some(Some(Persistence {
        timeout,
        mask,
        engine,
    })))
}

/// The policy refuses what is not in the list.
fn read_engine(attributes: Attributes<'_>, key: &ServiceKey) -> Result<Option<Engine>, Refusal> {
    let attribute = attributes.get(persistence::ENGINE);
    match attribute.and_then(Attribute::u32) {
        Some(persistence_engine::SIP) => match check(Engine::Sip, key) {
            Ok(engine) => Ok(Some(engine)),
            Err(refusal) => Err(refusal.at(attribute)),
        },
        _ => Ok(None),
    }
}

/// Checks whether an engine is for packets of this service.
pub(super) fn check(engine: Engine, key: &ServiceKey) -> Result<Engine, Refusal> {
    match (engine, key.protocol()) {
        (Engine::Sip, Some(Protocol::Udp) | None) => Ok(engine),
        (Engine::Sip, Some(_)) => Err(Refusal::new(
            EINVAL,
            c"the engine sip reads datagrams of UDP only",
        )),
    }
}

/// Refuses the mask of the other address family.
fn refuse(mask: Option<Attribute<'_>>) -> Result<(), Refusal> {
    match mask {
        None => Ok(()),
        Some(_) => Err(Refusal::new(
            EINVAL,
            c"the mask is of another address family than the service",
        )
        .at(mask)),
    }
}

/// Puts how clients keep their server.
pub(super) fn fill(message: &mut Message<'_>, values: &Persistence) -> Result<(), Full> {
    message.u32(persistence::TIMEOUT, values.timeout)?;
    match values.mask {
        Mask::V4(mask) => message.bytes(persistence::MASK4, &mask.octets())?,
        Mask::V6(bits) => message.u32(persistence::PREFIX6, bits.into())?,
    }
    match values.engine {
        None => Ok(()),
        Some(Engine::Sip) => message.u32(persistence::ENGINE, persistence_engine::SIP),
    }
}
