// SPDX-License-Identifier: GPL-2.0-only

//! Timeouts of a namespace and of services.

use kernel::prelude::*;

use crate::{
    director::Director,
    kapi::{
        genl::{
            Attribute,
            Attributes,
            Do,
            Full,
            Message,
            Permission,
            Refusal,
            Request, //
        },
        time, //
    },
    logic::{
        protocol::Protocol,
        service_key::ServiceKey,
        state::{
            self,
            Timeouts,
            TimeoutsChange, //
        },
        uapi::{
            command,
            policy,
            service,
            timeouts,
            Rule, //
        },
    },
};

/// Answers with those of the namespace.
pub(super) struct Get;

impl Do for Get {
    const COMMAND: u8 = command::TIMEOUTS_GET;
    const PERMISSION: Permission = Permission::Anyone;
    const POLICY: &'static [Rule] = policy::TIMEOUTS_GET;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let director = Director::of(request.net()).data();
        let timeouts = director.config.lock().timeouts();
        request.reply(|message| fill(message, &timeouts))
    }
}

/// Changes those of the namespace.
pub(super) struct Set;

impl Do for Set {
    const COMMAND: u8 = command::TIMEOUTS_SET;
    const PERMISSION: Permission = Permission::NetAdmin;
    const POLICY: &'static [Rule] = policy::TIMEOUTS_SET;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let attributes = request.attributes();
        for number in [timeouts::TCP, timeouts::TCP_FIN, timeouts::UDP] {
            let attribute = attributes.get(number);
            if attribute.and_then(Attribute::u32) == Some(0) {
                return Err(Refusal::new(EINVAL, c"the timeout is 0").at(attribute));
            }
        }
        let change = read(attributes)?;
        let director = Director::of(request.net()).data();
        let mut config = director.config.lock();
        config.set_timeouts(&change);
        director.timeouts_changed(&mut config);
        Ok(())
    }
}

/// Reads what to change of the own timeouts of a service.
pub(super) fn read_own(
    attributes: Attributes<'_>,
    key: &ServiceKey,
) -> Result<TimeoutsChange, Refusal> {
    let Some(nest) = attributes.get(service::TIMEOUTS) else {
        return Ok(TimeoutsChange::default());
    };
    let attributes = nest.nested();
    let others: &[u16] = match key.protocol() {
        // Of whatever protocol.
        None => &[],
        Some(Protocol::Tcp) => &[timeouts::UDP],
        Some(Protocol::Udp) => &[timeouts::TCP, timeouts::TCP_FIN],
        // Those of IPVS, which cannot be set there, either.
        Some(Protocol::Sctp) => &[timeouts::TCP, timeouts::TCP_FIN, timeouts::UDP],
    };
    if let Some(other) = others.iter().find_map(|number| attributes.get(*number)) {
        let reason = c"the service is of another protocol than the timeout";
        return Err(Refusal::new(EINVAL, reason).at(Some(other)));
    }
    read(attributes)
}

/// Puts timeouts; those that are 0 are not set.
pub(super) fn fill(message: &mut Message<'_>, values: &Timeouts) -> Result<(), Full> {
    for (number, seconds) in [
        (timeouts::TCP, values.tcp_established),
        (timeouts::TCP_FIN, values.tcp_fin_wait),
        (timeouts::UDP, values.udp),
    ] {
        if seconds != 0 {
            message.u32(number, seconds)?;
        }
    }
    Ok(())
}

fn read(attributes: Attributes<'_>) -> Result<TimeoutsChange, Refusal> {
    Ok(TimeoutsChange {
        tcp_established: read_seconds(attributes, timeouts::TCP)?,
        tcp_fin_wait: read_seconds(attributes, timeouts::TCP_FIN)?,
        udp: read_seconds(attributes, timeouts::UDP)?,
    })
}

fn read_seconds(attributes: Attributes<'_>, number: u16) -> Result<Option<u32>, Refusal> {
    let attribute = attributes.get(number);
    match attribute.and_then(Attribute::u32) {
        Some(seconds) if seconds > state::longest(time::hz()) => Err(Refusal::new(
            EINVAL,
            c"the timeout is longer than this kernel's clock can count",
        )
        .at(attribute)),
        seconds => Ok(seconds),
    }
}
