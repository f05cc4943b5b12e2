// SPDX-License-Identifier: GPL-2.0-only

//! The director as a hop: times to live that end there or just behind, and each type of service.

use crate::{
    site::{
        Service,
        FORWARDING, //
    },
    stream::{
        Builder,
        Direction, //
    },
    wire::{
        Ip,
        DONT_FRAGMENT,
        TCP,
        UDP, //
    }, //
};

const TTLS: [u8; 6] = [0, 1, 2, 3, 128, 255];
const SERVICES: [u8; 7] = [0x01, 0x02, 0x03, 0x04, 0x10, 0xb8, 0xff];

pub(crate) fn cases(builder: &mut Builder) {
    for service in FORWARDING {
        builder.group();
        for protocol in [TCP, UDP] {
            first(builder, service, protocol);
            established(builder, service, protocol);
        }
    }
}

/// The fields of the IP header that change, with a name for it.
fn fields() -> impl Iterator<Item = (String, u8, u8, u16)> {
    let ttls = TTLS.map(|ttl| (format!("ttl-{ttl}"), ttl, 0, 0));
    let services = SERVICES.map(|tos| ("tos".to_owned(), 64, tos, 0));
    let flags = [DONT_FRAGMENT, 0x8000].map(|flags| ("flags".to_owned(), 64, 0, flags));
    ttls.into_iter().chain(services).chain(flags)
}

fn first(builder: &mut Builder, service: Service, protocol: u8) {
    for (name, ttl, tos, fragment) in fields() {
        let label = format!("hop/{name}/{}/first", service.name());
        let flow = builder.flow(service, protocol, &label);
        let ip = Ip {
            ttl,
            tos,
            fragment,
            id: builder.id(),
            ..flow.ip(Direction::Request)
        };
        builder.send_ip(&flow, Direction::Request, &label, &ip, &flow.first(b""));
    }
}

fn established(builder: &mut Builder, service: Service, protocol: u8) {
    let flow = builder.flow(
        service,
        protocol,
        &format!("hop/established/{}", service.name()),
    );
    builder.open(&flow);
    for (name, ttl, tos, fragment) in fields() {
        for direction in flow.directions().iter().copied() {
            let label = format!("hop/{name}/{}/{}", service.name(), direction.name());
            let ip = Ip {
                ttl,
                tos,
                fragment,
                id: builder.id(),
                ..flow.ip(direction)
            };
            builder.send_ip(
                &flow,
                direction,
                &label,
                &ip,
                &flow.data(direction, b"data"),
            );
        }
    }
}
