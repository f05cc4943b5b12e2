// SPDX-License-Identifier: GPL-2.0-only

//! Fragments of IPv6: as those of IPv4, cut in the same ways.

use std::ops::Range;

use super::fragments::{
    all,
    parts,
    payload,
    LENGTH, //
};
use crate::{
    site::{
        Service,
        FORWARDING6,
        NAT6, //
    },
    stream::{
        Builder,
        Direction::{
            self,
            Request, //
        },
        Flow, //
    },
    wire::{
        Extension,
        Ip6,
        DESTINATION,
        HOP_BY_HOP,
        TCP,
        UDP, //
    }, //
};

pub(crate) fn cases(builder: &mut Builder) {
    for service in FORWARDING6 {
        for protocol in [TCP, UDP] {
            builder.group();
            first(builder, service, protocol);
            established(builder, service, protocol);
        }
    }
    builder.group();
    odd(builder);
}

fn first(builder: &mut Builder, service: Service, protocol: u8) {
    for (name, cut) in all() {
        let label = format!("fragments6/{name}/{}/first", service.name());
        let flow = builder.flow(service, protocol, &label);
        let transport = flow.first(&payload(protocol, LENGTH));
        send(builder, &flow, Request, &label, &transport, &parts(cut));
    }
}

fn established(builder: &mut Builder, service: Service, protocol: u8) {
    let label = format!("fragments6/established/{}", service.name());
    let flow = builder.flow(service, protocol, &label);
    builder.open(&flow);
    for direction in flow.directions().iter().copied() {
        let label =
            |name: &str| format!("fragments6/{name}/{}/{}", service.name(), direction.name());
        for (name, cut) in all() {
            let transport = flow.data(direction, &payload(protocol, LENGTH));
            send(
                builder,
                &flow,
                direction,
                &label(name),
                &transport,
                &parts(cut),
            );
        }
        for (name, size) in [("large", 1200), ("larger-than-inside", 1440)] {
            let transport = flow.data(direction, &payload(protocol, 3000));
            let parts = pieces(transport.len(), size);
            send(builder, &flow, direction, &label(name), &transport, &parts);
        }
    }
}

fn pieces(length: usize, size: usize) -> Vec<Range<usize>> {
    (0..length)
        .step_by(size)
        .map(|start| start..(start + size).min(length))
        .collect()
}

/// Other headers before and behind that of the fragment, parts that are no multiple of eight, and too far ones.
fn odd(builder: &mut Builder) {
    let before = || Extension::options(HOP_BY_HOP, 8);
    let behind = || Extension::options(DESTINATION, 8);
    for protocol in [TCP, UDP] {
        for (name, extensions) in [
            ("before", vec![before()]),
            ("destination-before", vec![behind()]),
        ] {
            let label = format!("fragments6/{name}/nat/first");
            let flow = builder.flow(NAT6, protocol, &label);
            let transport = flow.first(&payload(protocol, LENGTH));
            let id = builder.id().into();
            for part in pieces(LENGTH, 104) {
                let mut ip = flow.ip6(Request);
                ip.extensions.clone_from(&extensions);
                ip.extensions
                    .push(Extension::fragment(part.start, part.end < LENGTH, id));
                builder.send_ip6(&flow, Request, &label, &ip, &transport[part]);
            }
        }
        // The first part ends in the middle of what comes behind the header of the fragment.
        let label = "fragments6/behind/nat/first";
        let flow = builder.flow(NAT6, protocol, label);
        let mut inside = vec![protocol, 0];
        inside.extend(behind().body);
        inside.extend(flow.first(&payload(protocol, LENGTH)));
        let id = builder.id().into();
        for part in [0..8, 8..104, 104..inside.len()] {
            let mut ip = flow.ip6(Request);
            ip.protocol = DESTINATION;
            let more = part.end < inside.len();
            ip.extensions = vec![Extension::fragment(part.start, more, id)];
            builder.send_ip6(&flow, Request, label, &ip, &inside[part]);
        }
        for (offset, more, length) in [
            (0, true, 100),
            (8, true, 9),
            (65528, false, 64),
            (65528, true, 8),
        ] {
            let label = "fragments6/impossible/nat/first";
            let flow = builder.flow(NAT6, protocol, label);
            let ip = Ip6 {
                extensions: vec![Extension::fragment(offset, more, builder.id().into())],
                ..flow.ip6(Request)
            };
            let transport = flow.first(&payload(protocol, LENGTH));
            builder.send_ip6(&flow, Request, label, &ip, &transport[..length]);
        }
    }
}

fn send(
    builder: &mut Builder,
    flow: &Flow,
    direction: Direction,
    label: &str,
    transport: &[u8],
    cut: &[Range<usize>],
) {
    let id = builder.id().into();
    for part in cut {
        let more = part.end < transport.len();
        let ip = Ip6 {
            extensions: vec![Extension::fragment(part.start, more, id)],
            ..flow.ip6(direction)
        };
        builder.send_ip6(flow, direction, label, &ip, &transport[part.clone()]);
    }
}

/// One datagram, cut anywhere, in any order.
pub(crate) fn random(builder: &mut Builder) {
    for _ in 0..4 {
        let service = *builder.random.of(&FORWARDING6);
        let protocol = *builder.random.of(&[TCP, UDP]);
        let flow = builder.flow(
            service,
            protocol,
            &format!("fragments6/random/{}", service.name()),
        );
        builder.open(&flow);
        for _ in 0..3 {
            let direction = *builder.random.of(flow.directions());
            let length = 32 + builder.random.below(3000);
            let transport = flow.data(direction, &payload(protocol, length));
            let parts = super::fragments::random_parts(builder, length);
            let label = format!("fragments6/random/{}/{}", service.name(), direction.name());
            send(builder, &flow, direction, &label, &transport, &parts);
        }
    }
}
