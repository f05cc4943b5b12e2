// SPDX-License-Identifier: GPL-2.0-only

//! TCP: each combination of flags as the first segment, and in each state of a connection.

use crate::{
    site::{
        Service,
        Site,
        DR,
        DR6,
        TUN,
        V4,
        V6, //
    },
    stream::{
        Builder,
        Direction::{
            self,
            Reply,
            Request, //
        },
        Flow, //
    },
    wire::{
        flag_names,
        ACK,
        FIN,
        RST,
        SYN,
        TCP, //
    }, //
};

/// The flags by which states change.
fn combinations() -> impl Iterator<Item = u8> {
    (0..16u8).map(|bits| bits & 7 | (bits & 8) << 1)
}

/// Any flags as the first segment of a client.
pub(crate) fn first(builder: &mut Builder) {
    for service in V4.forwarding {
        builder.group();
        for flags in 0..=255u8 {
            // Some of those that have to do with congestion.
            if flags < 64 || flags & 0x3f == SYN || flags & 0x2d == 0 {
                send_first(builder, &V4, *service, flags);
            }
        }
    }
    builder.group();
    first_nowhere(builder, &V4);
}

/// The same of IPv6, without those for congestion.
pub(crate) fn first6(builder: &mut Builder) {
    builder.group();
    for service in V6.forwarding {
        for flags in combinations() {
            send_first(builder, &V6, *service, flags);
        }
    }
    first_nowhere(builder, &V6);
}

fn first_nowhere(builder: &mut Builder, site: &Site) {
    for service in site.others {
        for flags in combinations() {
            send_first(builder, site, service, flags);
        }
    }
}

fn send_first(builder: &mut Builder, site: &Site, service: Service, flags: u8) {
    let label = format!(
        "tcp{}/first/{}/{}",
        site.suffix,
        service.name(),
        flag_names(flags)
    );
    let flow = builder.flow(service, TCP, &label);
    builder.send_of(&flow, Request, &label, &flow.tcp(Request, flags, b""));
}

/// Segments that lead to a state.
type Way = &'static [(Direction, u8)];

const WAYS_BOTH: &[(&str, Way)] = &[
    ("syn", &[(Request, SYN)]),
    ("syn-ack", &[(Request, SYN), (Reply, SYN | ACK)]),
    ("open", OPEN),
    (
        "client-fin",
        &[
            (Request, SYN),
            (Reply, SYN | ACK),
            (Request, ACK),
            (Request, FIN | ACK),
        ],
    ),
    (
        "server-fin",
        &[
            (Request, SYN),
            (Reply, SYN | ACK),
            (Request, ACK),
            (Reply, FIN | ACK),
        ],
    ),
    (
        "both-fins",
        &[
            (Request, SYN),
            (Reply, SYN | ACK),
            (Request, ACK),
            (Request, FIN | ACK),
            (Reply, FIN | ACK),
        ],
    ),
    (
        "client-reset",
        &[
            (Request, SYN),
            (Reply, SYN | ACK),
            (Request, ACK),
            (Request, RST),
        ],
    ),
    (
        "server-reset",
        &[
            (Request, SYN),
            (Reply, SYN | ACK),
            (Request, ACK),
            (Reply, RST),
        ],
    ),
    ("refused", &[(Request, SYN), (Reply, RST | ACK)]),
];

const OPEN: Way = &[(Request, SYN), (Reply, SYN | ACK), (Request, ACK)];

/// Where the director sees the client only.
const WAYS_ONE: &[(&str, Way)] = &[
    ("syn", &[(Request, SYN)]),
    ("open", &[(Request, SYN), (Request, ACK)]),
    (
        "client-fin",
        &[(Request, SYN), (Request, ACK), (Request, FIN | ACK)],
    ),
    (
        "client-reset",
        &[(Request, SYN), (Request, ACK), (Request, RST)],
    ),
];

/// Any flags that matter from either end, in each state that a connection comes to.
pub(crate) fn in_each_state(builder: &mut Builder) {
    for (name, way) in WAYS_BOTH {
        builder.group();
        in_state(builder, &V4, V4.nat, name, way);
    }
    for service in [DR, TUN] {
        builder.group();
        for (name, way) in WAYS_ONE {
            in_state(builder, &V4, service, name, way);
        }
    }
}

/// States are the same for both versions: some of them.
pub(crate) fn in_each_state6(builder: &mut Builder) {
    builder.group();
    for (name, way) in WAYS_BOTH {
        if ["syn", "open"].contains(name) {
            in_state(builder, &V6, V6.nat, name, way);
        }
    }
    for (name, way) in WAYS_ONE {
        if ["open"].contains(name) {
            in_state(builder, &V6, DR6, name, way);
        }
    }
}

fn in_state(builder: &mut Builder, site: &Site, service: Service, name: &str, way: Way) {
    for flags in combinations() {
        for direction in [Request, Reply] {
            if direction == Reply && !service.has_replies() {
                continue;
            }
            let label = format!(
                "tcp{}/{name}/{}/{}/{}",
                site.suffix,
                service.name(),
                direction.name(),
                flag_names(flags)
            );
            let flow = builder.flow(service, TCP, &label);
            let before = format!("tcp{}/way/{}", site.suffix, service.name());
            go(builder, &flow, way, &before);
            builder.send_of(&flow, direction, &label, &flow.tcp(direction, flags, b""));
        }
    }
}

fn go(builder: &mut Builder, flow: &Flow, way: Way, label: &str) {
    for (direction, flags) in way {
        builder.send_of(flow, *direction, label, &flow.tcp(*direction, *flags, b""));
    }
}
