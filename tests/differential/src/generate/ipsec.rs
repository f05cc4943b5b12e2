// SPDX-License-Identifier: GPL-2.0-only

//! ESP and AH, which go where the exchange of their keys has gone, by UDP between ports 500.

use crate::{
    site::{
        Service,
        CLIENTS,
        CLIENTS6,
        ISAKMP,
        ISAKMP6, //
    },
    stream::{
        Builder,
        Direction::{
            Reply,
            Request, //
        },
        Flow, //
    },
    wire::{
        Extension,
        Ip,
        Ip6,
        AH,
        ESP,
        TCP,
        UDP, //
    }, //
};

// Errors about IPsec that others send would be of these connections: none from the usual client.

pub(crate) fn cases(builder: &mut Builder) {
    for client in &CLIENTS[1..] {
        of(builder, flow(ISAKMP, (*client).into()), "ipsec");
    }
}

pub(crate) fn cases6(builder: &mut Builder) {
    for client in &CLIENTS6[1..] {
        of(builder, flow(ISAKMP6, (*client).into()), "ipsec6");
    }
}

fn flow(service: Service, client: std::net::IpAddr) -> Flow {
    Flow {
        client,
        port: 500,
        protocol: UDP,
        service,
    }
}

fn of(builder: &mut Builder, flow: Flow, family: &str) {
    builder.group();
    builder.rename(&flow, &format!("{family}/keys"));
    packets(builder, &flow, family, "before");
    builder.open(&flow);
    packets(builder, &flow, family, "after");
}

fn packets(builder: &mut Builder, flow: &Flow, family: &str, when: &str) {
    // Parameters and numbers of ESP; AH has a header of 24 bytes before.
    let ah = [&[TCP, 4, 0, 0][..], &[1; 20], &[0x5a; 40]].concat();
    for (name, protocol, body) in [
        ("esp", ESP, &[0x5a; 60][..]),
        ("esp-short", ESP, &[0x5a; 3]),
        ("esp-long", ESP, &[0x5a; 1390]),
        ("ah", AH, &ah),
        ("ah-short", AH, &ah[..6]),
    ] {
        for direction in [Request, Reply] {
            let label = format!("{family}/{name}-{when}/nat/{}", direction.name());
            if flow.client.is_ipv6() {
                let ip = Ip6 {
                    protocol,
                    ..flow.ip6(direction)
                };
                builder.send_ip6(flow, direction, &label, &ip, body);
                let ip = Ip6 {
                    extensions: vec![Extension::options(crate::wire::DESTINATION, 8)],
                    ..ip
                };
                builder.send_ip6(flow, direction, &label, &ip, body);
                continue;
            }
            let ip = Ip {
                protocol,
                id: builder.id(),
                ..flow.ip(direction)
            };
            builder.send_ip(flow, direction, &label, &ip, body);
        }
    }
}
