// SPDX-License-Identifier: GPL-2.0-only

//! Operation `stats-get`.

use crate::{
    datapath::Path,
    director::Director,
    kapi::genl::{
        Do,
        Permission,
        Refusal,
        Request, //
    },
    logic::uapi::{
        command,
        paths,
        policy,
        Rule, //
    },
};

use super::fill;

/// The attribute of each number.
const ATTRIBUTES: &[(u16, Path)] = &[
    (paths::FAST, Path::Fast),
    (paths::SLOW, Path::Slow),
    (paths::SWITCHED_OFF, Path::Off),
    (paths::HEADER, Path::Header),
    (paths::BEGINS, Path::Begins),
    (paths::UNAVAILABLE, Path::Unavailable),
    (paths::ROUTE, Path::Route),
    (paths::NEIGHBOUR, Path::Neighbour),
    (paths::TTL, Path::Ttl),
    (paths::TOO_BIG, Path::TooBig),
    (paths::POLICY, Path::Policy),
    (paths::MEMORY, Path::Memory),
    (paths::EVICTED, Path::Evicted),
    (paths::REFUSED, Path::Refused),
    (paths::PORT_TAKEN, Path::PortTaken),
    (paths::NO_LOCAL, Path::NoLocal),
    (paths::DROP_PACKET, Path::DropPacket),
    (paths::TEMPLATES_EVICTED, Path::TemplateEvicted),
];

/// Answers with the number of packets that took each way, and whether the fast one is open.
pub(super) struct Get;

impl Do for Get {
    const COMMAND: u8 = command::STATS_GET;
    const PERMISSION: Permission = Permission::Anyone;
    const POLICY: &'static [Rule] = policy::STATS_GET;

    fn run(request: &Request<'_>) -> Result<(), Refusal> {
        let director = Director::of(request.net()).data();
        let estimator = &director.estimator;
        let totals = estimator.totals();
        request.reply(|message| {
            for (attribute, path) in ATTRIBUTES {
                message.uint(*attribute, director.paths.counted(*path))?;
            }
            message.uint(paths::DROP_ENTRY, director.connections.defences.ended())?;
            message.u32(paths::ENABLED, director.fast_path.is_on().into())?;
            message.nest(paths::TOTALS, |nest| fill::figures(nest, &totals))?;
            message.u32(paths::ESTIMATED, estimator.active())?;
            message.uint(paths::ESTIMATES, estimator.looks())
        })
    }
}
