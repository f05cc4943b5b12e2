// SPDX-License-Identifier: GPL-2.0-only

//! IP options (RFC 791): harmless ones, nonsense, and those by which a sender chooses the way.

use crate::{
    site::{
        DIRECTOR,
        FORWARDING,
        ROUTER_INSIDE, //
    },
    stream::{
        Builder,
        Direction, //
    },
    wire::{
        Ip,
        TCP,
        UDP, //
    }, //
};

/// Names of groups of options, and the options.
fn options() -> Vec<(&'static str, Vec<u8>)> {
    let address = |first: [u8; 3], address: std::net::Ipv4Addr| {
        [&first[..], &address.octets(), &[0]].concat()
    };
    vec![
        ("no-operation", vec![1; 4]),
        ("no-operation", vec![1; 40]),
        ("end", vec![0; 4]),
        ("end", [&[1, 0][..], &[7; 10]].concat()),
        ("record-route", [&[7, 7, 4][..], &[0; 5]].concat()),
        ("record-route", [&[7, 39, 4][..], &[0; 37]].concat()),
        ("record-route", [&[7, 7, 8][..], &[0; 5]].concat()),
        ("timestamp", [&[68, 12, 5, 0][..], &[0; 8]].concat()),
        ("timestamp", [&[68, 12, 5, 1][..], &[0; 8]].concat()),
        ("timestamp", [&[68, 8, 9, 0xf0][..], &[0; 4]].concat()),
        ("router-alert", vec![148, 4, 0, 0]),
        ("security", [&[130, 11][..], &[0; 10]].concat()),
        ("unknown", [&[99, 4][..], &[0; 2]].concat()),
        ("broken", vec![7, 0, 0, 0]),
        ("broken", vec![7, 1, 4, 0]),
        ("broken", vec![7, 255, 4, 0]),
        ("broken", vec![7, 3, 3, 0]),
        ("broken", vec![68, 3, 5, 0]),
        ("broken", vec![131, 3, 4, 0]),
        ("broken", vec![148, 3, 0, 0]),
        ("broken", vec![1, 1, 1, 7]),
        ("broken", vec![255; 40]),
        ("loose-route", address([131, 7, 4], DIRECTOR)),
        ("loose-route", address([131, 7, 8], DIRECTOR)),
        ("strict-route", address([137, 7, 4], ROUTER_INSIDE)),
        ("strict-route", address([137, 7, 8], DIRECTOR)),
    ]
}

pub(crate) fn cases(builder: &mut Builder) {
    for service in FORWARDING {
        for protocol in [TCP, UDP] {
            builder.group();
            for (name, options) in options() {
                let label = format!("options/{name}/{}/first", service.name());
                let flow = builder.flow(service, protocol, &label);
                let ip = Ip {
                    options,
                    id: builder.id(),
                    ..flow.ip(Direction::Request)
                };
                builder.send_ip(&flow, Direction::Request, &label, &ip, &flow.first(b""));
            }
            let label = format!("options/established/{}", service.name());
            let flow = builder.flow(service, protocol, &label);
            builder.open(&flow);
            for direction in flow.directions().iter().copied() {
                for (name, options) in options() {
                    let label = format!("options/{name}/{}/{}", service.name(), direction.name());
                    let ip = Ip {
                        options,
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
    }
}
