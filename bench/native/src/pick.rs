// SPDX-License-Identifier: GPL-2.0-only

//! Every scheduler's choice.

use std::net::Ipv4Addr;

use rvs_logic::logic::scheduler::Kind;

use crate::{
    service::{
        endpoint,
        Service, //
    },
    Operation, //
};

pub(crate) fn operations() -> Vec<Operation> {
    let sizes = [10, 250];
    let cases = sizes
        .into_iter()
        .flat_map(|servers| Kind::ALL.map(|kind| (kind, servers)));
    cases
        .map(|(kind, servers)| operation(kind, servers))
        .collect()
}

fn operation(kind: Kind, servers: u32) -> Operation {
    // Weights as a cluster of several generations of machines has them.
    let weights: Vec<_> = (0..servers).map(|server| 1 + server % 5).collect();
    let mut service = Service::new(kind, &weights);
    for (load, server) in (0..).zip(&mut service.servers) {
        server.active = load * 7 % 100;
        server.inactive = load * 11 % 100;
    }
    let mut client = 0;
    Operation::new(format!("{} of {servers}", kind.name()), move || {
        client += 1;
        service.pick_for(endpoint(Ipv4Addr::from(0x0a40_0001 + client), 40_000))
    })
}
