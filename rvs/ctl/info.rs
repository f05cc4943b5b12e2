// SPDX-License-Identifier: GPL-2.0-only

//! Operation `info-get`.

use crate::{
    director::Director,
    kapi::genl::{
        Do,
        Permission,
        Refusal,
        Request, //
    },
    logic::uapi::{
        command,
        info,
        policy,
        Rule, //
    },
};

/// Version of the module.
const VERSION: &str = "0.1.0";

/// Answers with version and sizes.
pub(super) struct Get;

impl Do for Get {
    const COMMAND: u8 = command::INFO_GET;
    const PERMISSION: Permission = Permission::Anyone;
    const POLICY: &'static [Rule] = policy::INFO_GET;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let director = Director::of(request.net()).data();
        let services = director.config.lock().count();
        request.reply(|message| {
            message.str(info::VERSION, VERSION)?;
            message.u32(info::SERVICES, services)?;
            message.u32(info::CONNECTIONS, saturate(director.connections.count()))?;
            message.u32(info::BUCKETS, saturate(director.connections.buckets()))?;
            message.u32(info::MAX_CONNECTIONS, director.connections.heed_bound())?;
            let templates = director.connections.templates.count();
            message.u32(info::TEMPLATES, saturate(templates))
        })
    }
}

fn saturate(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
