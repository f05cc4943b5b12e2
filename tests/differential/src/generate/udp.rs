// SPDX-License-Identifier: GPL-2.0-only

//! UDP: checksums that are right, absent, wrong or at the edges, and datagrams without data.

use crate::{
    site::{
        Service,
        CLIENTS,
        EMPTY,
        FORWARDING,
        NAT,
        NOTHING, //
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
        Sum,
        UDP, //
    }, //
};

const SUMS: [(&str, Sum); 6] = [
    ("right", Sum::Right),
    ("absent", Sum::Is(0)),
    ("one", Sum::Is(1)),
    ("almost", Sum::Is(0xfffe)),
    ("ones", Sum::Is(0xffff)),
    ("pseudo-header", Sum::Partial),
];

pub(crate) fn cases(builder: &mut Builder) {
    for service in FORWARDING.into_iter().chain([EMPTY, NOTHING]) {
        builder.group();
        for (name, sum) in SUMS {
            for payload in [&b""[..], b"x", b"some data of even length"] {
                let label = format!("udp/{name}/{}/first", service.name());
                let flow = builder.flow(service, UDP, &label);
                builder.send_of(&flow, Request, &label, &flow.udp(Request, sum, payload));
                if service.has_replies() {
                    let label = format!("udp/{name}/nat/answer");
                    builder.send_of(&flow, Reply, &label, &flow.udp(Reply, sum, payload));
                }
            }
        }
    }
    established(builder);
    edges(builder);
    clients(builder);
}

/// The same in the middle of a flow.
fn established(builder: &mut Builder) {
    builder.group();
    for service in FORWARDING {
        let flow = builder.flow(service, UDP, &format!("udp/established/{}", service.name()));
        builder.open(&flow);
        for (name, sum) in SUMS {
            for direction in flow.directions() {
                let label = format!("udp/{name}/{}/{}", service.name(), direction.name());
                for payload in [&b""[..], b"odd"] {
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

/// Each last word of the data, so that the checksum goes through values at which sums of one's complement are special.
fn edges(builder: &mut Builder) {
    builder.group();
    let flow = builder.flow(NAT, UDP, "udp/edges/nat");
    builder.open(&flow);
    for direction in [Request, Reply] {
        // The word that makes the checksum all ones before, or after it is translated.
        let zero = flow.udp(direction, Sum::Right, &[0, 0]);
        let sum = u16::from_be_bytes([zero[6], zero[7]]);
        for near in 0..6u16 {
            let word = sum.wrapping_add(near).wrapping_sub(3);
            let label = format!("udp/edge/nat/{}", direction.name());
            let datagram = flow.udp(direction, Sum::Right, &word.to_be_bytes());
            builder.send_of(&flow, direction, &label, &datagram);
        }
    }
}

/// Clients of all kinds, with and without a router between.
fn clients(builder: &mut Builder) {
    builder.group();
    for client in CLIENTS {
        for service in FORWARDING {
            let flow = from(builder, client, service);
            builder.open(&flow);
        }
    }
}

fn from(builder: &mut Builder, client: std::net::Ipv4Addr, service: Service) -> Flow {
    builder.flow_from(
        client,
        service,
        UDP,
        &format!("udp/clients/{}", service.name()),
    )
}
