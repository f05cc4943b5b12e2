// SPDX-License-Identifier: GPL-2.0-only

//! Operation `GET_INFO`.

use crate::{
    director::Director,
    kapi::genl::{
        Do,
        Permission,
        Refusal,
        Request, //
    },
    logic::{
        ipvs_abi::{
            command,
            info,
            policy,
            VERSION, //
        },
        uapi::Rule,
    },
};

/// Answers with the version of IPVS, and the size of the connection table: 0 before the first service.
pub(super) struct Get;

impl Do for Get {
    const COMMAND: u8 = command::GET_INFO;
    const REPLY: u8 = command::SET_INFO;
    const PERMISSION: Permission = Permission::InitialNetAdmin;
    const POLICY: &'static [Rule] = policy::MESSAGE;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let connections = &Director::of(request.net()).data().connections;
        let buckets = if connections.is_prepared() {
            u32::try_from(connections.buckets()).unwrap_or(u32::MAX)
        } else {
            0
        };
        request.reply(|message| {
            message.u32(info::VERSION, VERSION)?;
            message.u32(info::CONN_TAB_SIZE, buckets)
        })
    }
}
