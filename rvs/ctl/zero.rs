// SPDX-License-Identifier: GPL-2.0-only

//! Operation `zero`.

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
        policy,
        service,
        Rule, //
    },
};

use super::key::read_service;

/// What names a service; with any of it there is to be one.
const KEY: [u16; 8] = [
    service::PROTOCOL,
    service::ADDR4,
    service::ADDR6,
    service::PORT,
    service::LAST_PORT,
    service::ALL_PORTS,
    service::FAMILY,
    service::MARK,
];

/// Has a service, or all, count from 0 again.
pub(super) struct Zero;

impl Do for Zero {
    const COMMAND: u8 = command::ZERO;
    const PERMISSION: Permission = Permission::NetAdmin;
    const POLICY: &'static [Rule] = policy::ZERO;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let attributes = request.attributes();
        let key = if KEY.iter().any(|number| attributes.get(*number).is_some()) {
            Some(read_service(attributes)?)
        } else {
            None
        };
        let director = Director::of(request.net()).data();
        match key {
            Some(key) => director.config.lock().zero_service(&key)?,
            None => director.zero_all(),
        }
        Ok(())
    }
}
