// SPDX-License-Identifier: GPL-2.0-only

//! UDP: checksums that are right, absent, wrong or at the edges, and datagrams without data.

use crate::{
    site::{
        Service,
        Site,
        V4,
        V6, //
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
    of(builder, &V4);
}

pub(crate) fn cases6(builder: &mut Builder) {
    of(builder, &V6);
}

fn of(builder: &mut Builder, site: &Site) {
    builder.group();
    for service in site.forwarding.iter().copied().chain(site.others) {
        for (name, sum) in SUMS {
            for payload in [&b""[..], b"x", b"some data of even length"] {
                let label = format!("udp{}/{name}/{}/first", site.suffix, service.name());
                let flow = builder.flow(service, UDP, &label);
                builder.send_of(&flow, Request, &label, &flow.udp(Request, sum, payload));
                if service.has_replies() {
                    let label = format!("udp{}/{name}/nat/answer", site.suffix);
                    builder.send_of(&flow, Reply, &label, &flow.udp(Reply, sum, payload));
                }
            }
        }
    }
    established(builder, site);
    edges(builder, site);
    clients(builder, site);
}

/// The same in the middle of a flow.
fn established(builder: &mut Builder, site: &Site) {
    builder.group();
    for service in site.forwarding.iter().copied() {
        let label = format!("udp{}/established/{}", site.suffix, service.name());
        let flow = builder.flow(service, UDP, &label);
        builder.open(&flow);
        for (name, sum) in SUMS {
            for direction in flow.directions() {
                let label = format!(
                    "udp{}/{name}/{}/{}",
                    site.suffix,
                    service.name(),
                    direction.name()
                );
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
fn edges(builder: &mut Builder, site: &Site) {
    builder.group();
    let label = format!("udp{}/edges/nat", site.suffix);
    let flow = builder.flow(site.nat, UDP, &label);
    builder.open(&flow);
    for direction in [Request, Reply] {
        // The word that makes the checksum all ones before, or after it is translated.
        let zero = flow.udp(direction, Sum::Right, &[0, 0]);
        let sum = u16::from_be_bytes([zero[6], zero[7]]);
        for near in 0..6u16 {
            let word = sum.wrapping_add(near).wrapping_sub(3);
            let label = format!("udp{}/edge/nat/{}", site.suffix, direction.name());
            let datagram = flow.udp(direction, Sum::Right, &word.to_be_bytes());
            builder.send_of(&flow, direction, &label, &datagram);
        }
    }
}

/// Clients of all kinds, with and without a router between.
fn clients(builder: &mut Builder, site: &Site) {
    builder.group();
    for client in site.clients {
        for service in site.forwarding {
            let flow = from(builder, site, client, *service);
            builder.open(&flow);
        }
    }
}

fn from(builder: &mut Builder, site: &Site, client: std::net::IpAddr, service: Service) -> Flow {
    let label = format!("udp{}/clients/{}", site.suffix, service.name());
    builder.flow_from(client, service, UDP, &label)
}
