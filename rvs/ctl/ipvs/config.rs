// SPDX-License-Identifier: GPL-2.0-only

//! Operations on timeouts.
//!
//! C: `ip_vs_set_timeout()`

use kernel::prelude::*;

use crate::{
    director::Director,
    kapi::{
        genl::{
            Attribute,
            Do,
            Permission,
            Refusal,
            Request, //
        },
        time, //
    },
    logic::{
        ipvs_abi::{
            attribute,
            command,
            policy, //
        },
        state::{
            self,
            TimeoutsChange, //
        },
        uapi::Rule,
    },
};

/// Changes timeouts; what is not given, or 0, stays.
pub(super) struct Set;

impl Do for Set {
    const COMMAND: u8 = command::SET_CONFIG;
    const PERMISSION: Permission = Permission::InitialNetAdmin;
    const POLICY: &'static [Rule] = policy::MESSAGE;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let change = TimeoutsChange {
            tcp_established: read(request, attribute::TIMEOUT_TCP)?,
            tcp_fin_wait: read(request, attribute::TIMEOUT_TCP_FIN)?,
            udp: read(request, attribute::TIMEOUT_UDP)?,
        };
        let director = Director::of(request.net()).data();
        let mut config = director.config.lock();
        config.set_timeouts(&change);
        director.timeouts_changed(&mut config);
        Ok(())
    }
}

/// Reads a timeout, if it is to change.
fn read(request: &Request<'_>, attribute_type: u16) -> Result<Option<u32>, Refusal> {
    let attribute = request.attributes().get(attribute_type);
    let Some(seconds) = attribute.and_then(Attribute::u32) else {
        return Ok(None);
    };
    if seconds > state::longest(time::hz()) {
        return Err(Refusal::new(EINVAL, c"the timeout is less than 0, or too long").at(attribute));
    }
    Ok(Some(seconds).filter(|seconds| *seconds != 0))
}

/// Answers with the timeouts.
pub(super) struct Get;

impl Do for Get {
    const COMMAND: u8 = command::GET_CONFIG;
    const REPLY: u8 = command::SET_CONFIG;
    const PERMISSION: Permission = Permission::InitialNetAdmin;
    const POLICY: &'static [Rule] = policy::MESSAGE;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let director = Director::of(request.net()).data();
        let now = director.config.lock().timeouts();
        request.reply(|message| {
            message.u32(attribute::TIMEOUT_TCP, now.tcp_established)?;
            message.u32(attribute::TIMEOUT_TCP_FIN, now.tcp_fin_wait)?;
            message.u32(attribute::TIMEOUT_UDP, now.udp)
        })
    }
}
