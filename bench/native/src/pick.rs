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
    let picks = cases.map(|(kind, servers)| pick(kind, servers));
    let connections = [Kind::Lc, Kind::Wlc]
        .into_iter()
        .flat_map(|kind| sizes.map(|servers| connection(kind, servers)));
    picks.chain(connections).collect()
}

fn service(kind: Kind, servers: u32) -> Service {
    // Weights as a cluster of several generations of machines has them.
    let weights: Vec<_> = (0..servers).map(|server| 1 + server % 5).collect();
    let mut service = Service::new(kind, &weights);
    for (load, server) in (0..).zip(&mut service.servers) {
        server.active = load * 7 % 100;
        server.inactive = load * 11 % 100;
    }
    service
}

/// The choice alone.
fn pick(kind: Kind, servers: u32) -> Operation {
    let mut service = service(kind, servers);
    let mut client = 0;
    Operation::new(format!("{} of {servers}", kind.name()), move || {
        client += 1;
        service.pick_for(endpoint(Ipv4Addr::from(0x0a40_0001 + client), 40_000))
    })
}

/// The choice, and the connection that begins with it.
fn connection(kind: Kind, servers: u32) -> Operation {
    let mut service = service(kind, servers);
    Operation::new(
        format!("{} of {servers}, and a connection", kind.name()),
        move || {
            let chosen = service.pick().expect("one can be chosen");
            service.change_load(chosen, |server| server.inactive += 1);
            chosen
        },
    )
}
