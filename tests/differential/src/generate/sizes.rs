// SPDX-License-Identifier: GPL-2.0-only

//! Packets around the MTU of each link, and far beyond.

use crate::{
    site::{
        Service,
        FORWARDING,
        MTU_INSIDE, //
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

/// Total lengths. A tunnel takes 20 bytes.
const LENGTHS: [usize; 17] = [
    28,
    40,
    41,
    576,
    1000,
    1379,
    MTU_INSIDE - 20,
    1381,
    1388,
    1399,
    MTU_INSIDE,
    1401,
    1480,
    1500,
    1501,
    1520,
    4000,
];

pub(crate) fn cases(builder: &mut Builder) {
    for service in FORWARDING {
        for protocol in [TCP, UDP] {
            builder.group();
            first(builder, service, protocol);
            established(builder, service, protocol);
        }
    }
}

fn flag_cases() -> [(&'static str, u16); 2] {
    [("df", DONT_FRAGMENT), ("fragmentable", 0)]
}

/// Bytes of data of a packet of this length.
fn payload(length: usize, protocol: u8) -> Vec<u8> {
    let headers = if protocol == TCP { 40 } else { 28 };
    (0..length.saturating_sub(headers))
        .map(|at| at as u8)
        .collect()
}

fn size_name(length: usize) -> &'static str {
    match length {
        0..=1380 => "small",
        1381..=1400 => "tunnel",
        1401..=1500 => "inside",
        _ => "huge",
    }
}

fn first(builder: &mut Builder, service: Service, protocol: u8) {
    for (name, fragment) in flag_cases() {
        for length in [1380, 1381, 1400, 1401, 1500, 1501] {
            let label = format!(
                "sizes/{}/{name}/{}/first",
                size_name(length),
                service.name()
            );
            let flow = builder.flow(service, protocol, &label);
            let ip = Ip {
                fragment,
                id: builder.id(),
                ..flow.ip(Direction::Request)
            };
            let transport = flow.first(&payload(length, protocol));
            builder.send_ip(&flow, Direction::Request, &label, &ip, &transport);
        }
    }
}

fn established(builder: &mut Builder, service: Service, protocol: u8) {
    let flow = builder.flow(
        service,
        protocol,
        &format!("sizes/established/{}", service.name()),
    );
    builder.open(&flow);
    for direction in flow.directions().iter().copied() {
        for (name, fragment) in flag_cases() {
            for length in LENGTHS {
                let size = size_name(length);
                let label = format!(
                    "sizes/{size}/{name}/{}/{}",
                    service.name(),
                    direction.name()
                );
                let ip = Ip {
                    fragment,
                    id: builder.id(),
                    ..flow.ip(direction)
                };
                let transport = flow.data(direction, &payload(length, protocol));
                builder.send_ip(&flow, direction, &label, &ip, &transport);
            }
        }
    }
}
