// SPDX-License-Identifier: GPL-2.0-only

//! Packets that are in a tunnel already: IPIP, GRE, VXLAN and fou, and each other protocol.

use crate::{
    site::{
        Side,
        CLIENTS,
        DIRECTOR,
        FORWARDING,
        NAT,
        VIP, //
    },
    stream::{
        Builder,
        Direction::{
            self,
            Reply,
            Request, //
        }, //
    },
    wire::{
        gre,
        Ip,
        Sum,
        GRE,
        IPIP,
        TCP,
        UDP, //
    }, //
};

pub(crate) fn cases(builder: &mut Builder) {
    builder.group();
    inside_of_datagrams(builder);
    builder.group();
    to_the_director(builder);
    builder.group();
    protocols(builder);
}

/// What a tunnel over UDP carries, by each method: VXLAN's header and an Ethernet frame, or IP at once (fou).
fn inside_of_datagrams(builder: &mut Builder) {
    for service in FORWARDING {
        let inner = Ip::new(CLIENTS[1], CLIENTS[2], TCP).packet(&[0; 40]);
        let vxlan = [
            &[0x08, 0, 0, 0, 0, 0, 7, 0][..],
            &[2; 12],
            &[0x08, 0x00],
            &inner,
        ]
        .concat();
        for (name, payload) in [("vxlan", &vxlan), ("fou", &inner)] {
            let label = format!("encapsulated/{name}/{}", service.name());
            let flow = builder.flow(service, UDP, &label);
            builder.open(&flow);
            for direction in flow.directions() {
                for sum in [Sum::Right, Sum::Is(0)] {
                    builder.send_of(
                        &flow,
                        *direction,
                        &label,
                        &flow.udp(*direction, sum, payload),
                    );
                }
            }
        }
    }
}

/// Packets of a flow in a tunnel to the director, which has no such tunnel.
fn to_the_director(builder: &mut Builder) {
    for service in FORWARDING {
        for to in [VIP, DIRECTOR] {
            for protocol in [TCP, UDP] {
                let label = format!("encapsulated/ipip/{}", service.name());
                let flow = builder.flow(service, protocol, &label);
                let inner = flow.ip(Request).packet(&flow.first(b""));
                for (number, body) in [(IPIP, inner.clone()), (GRE, gre(&inner))] {
                    let outer = Ip {
                        id: builder.id(),
                        ..Ip::new(CLIENTS[0], to, number)
                    };
                    builder.send(Side::Client, &label, outer.packet(&body), Some(&flow));
                }
            }
        }
    }
}

/// Each protocol that there is, with ports of a service and of a connection at its beginning.
fn protocols(builder: &mut Builder) {
    let flow = builder.flow(NAT, UDP, "encapsulated/protocols");
    builder.open(&flow);
    for direction in [Request, Reply] {
        for protocol in (0..=255).filter(|number| ![1, TCP, UDP].contains(number)) {
            // The kernel has a rule for few of them only.
            if protocol > 60 && protocol % 16 != 4 && ![132, 136, 255].contains(&protocol) {
                continue;
            }
            let ip = Ip {
                id: builder.id(),
                protocol,
                ..flow.ip(direction)
            };
            let transport = flow.udp(direction, Sum::Right, b"other");
            let label = protocol_label(direction);
            builder.send(direction.side(), label, ip.packet(&transport), Some(&flow));
        }
    }
}

fn protocol_label(direction: Direction) -> &'static str {
    match direction {
        Request => "encapsulated/protocol/request",
        Reply => "encapsulated/protocol/reply",
    }
}
