// SPDX-License-Identifier: GPL-2.0-only

//! Fragments: in and out of order, overlapping, tiny, twice, without an end, and such as must not be fragmented.

use std::ops::Range;

use crate::{
    site::{
        Service,
        FORWARDING,
        NAT, //
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
        Ip,
        DONT_FRAGMENT,
        MORE_FRAGMENTS,
        TCP,
        UDP, //
    }, //
};

/// What is cut from the transport part, in this order.
pub(super) type Cut = &'static [(usize, usize)];

pub(super) const LENGTH: usize = 200;

/// Where all of it is there. 0 is the beginning, `LENGTH` the end.
const WHOLE: &[(&str, Cut)] = &[
    ("two", &[(0, 104), (104, LENGTH)]),
    ("three", &[(0, 64), (64, 128), (128, LENGTH)]),
    ("reverse", &[(128, LENGTH), (64, 128), (0, 64)]),
    ("later-first", &[(64, 128), (0, 64), (128, LENGTH)]),
    ("tiny", &[(0, 8), (8, 16), (16, 24), (24, LENGTH)]),
    ("tiny-reverse", &[(24, LENGTH), (16, 24), (8, 16), (0, 8)]),
    ("twice", &[(0, 64), (0, 64), (64, LENGTH)]),
    ("empty-end", &[(0, 104), (104, LENGTH), (LENGTH, LENGTH)]),
];

/// Where it is not, or more than that.
const BROKEN: &[(&str, Cut)] = &[
    ("first-alone", &[(0, 64)]),
    ("tiny-alone", &[(0, 8)]),
    ("empty-alone", &[(0, 0)]),
    ("later-alone", &[(64, 128)]),
    ("last-alone", &[(64, LENGTH)]),
    ("hole", &[(0, 64), (128, LENGTH)]),
    ("overlap", &[(0, 64), (32, 96), (96, LENGTH)]),
    ("overlap-end", &[(0, 64), (64, LENGTH), (128, LENGTH)]),
    ("overlap-start", &[(64, LENGTH), (0, 96)]),
    (
        "two-ends",
        &[(0, 64), (160, LENGTH), (64, 160), (64, LENGTH)],
    ),
];

pub(crate) fn cases(builder: &mut Builder) {
    for service in FORWARDING {
        for protocol in [TCP, UDP] {
            builder.group();
            first(builder, service, protocol);
            builder.group();
            established(builder, service, protocol);
        }
    }
    builder.group();
    at_the_end_of_the_space(builder);
}

pub(super) fn all() -> impl Iterator<Item = &'static (&'static str, Cut)> {
    WHOLE.iter().chain(BROKEN)
}

fn first(builder: &mut Builder, service: Service, protocol: u8) {
    for (name, cut) in all() {
        for (flags_name, flags) in [("", 0), ("-df", DONT_FRAGMENT)] {
            let label = format!("fragments/{name}{flags_name}/{}/first", service.name());
            let flow = builder.flow(service, protocol, &label);
            let transport = flow.first(&payload(protocol, LENGTH));
            send(
                builder,
                &flow,
                Request,
                &label,
                &transport,
                &parts(cut),
                flags,
            );
        }
    }
}

fn established(builder: &mut Builder, service: Service, protocol: u8) {
    let flow = builder.flow(
        service,
        protocol,
        &format!("fragments/established/{}", service.name()),
    );
    builder.open(&flow);
    for direction in flow.directions().iter().copied() {
        for (name, cut) in all() {
            let label = format!("fragments/{name}/{}/{}", service.name(), direction.name());
            let transport = flow.data(direction, &payload(protocol, LENGTH));
            send(
                builder,
                &flow,
                direction,
                &label,
                &transport,
                &parts(cut),
                0,
            );
        }
        large(builder, &flow, direction);
    }
}

/// Datagrams that are larger than any link, with and without the wish not to be fragmented any more.
fn large(builder: &mut Builder, flow: &Flow, direction: Direction) {
    for (name, size) in [("large", 1200), ("larger-than-inside", 1480)] {
        for (flags_name, flags) in [("", 0), ("-df", DONT_FRAGMENT)] {
            let label = format!(
                "fragments/{name}{flags_name}/{}/{}",
                flow.service.name(),
                direction.name()
            );
            let transport = flow.data(direction, &payload(flow.protocol, 3000));
            let id = builder.id();
            for start in (0..transport.len()).step_by(size) {
                let part = start..(start + size).min(transport.len());
                let ip = fragment(flow, direction, id, &part, transport.len(), flags);
                builder.send_ip(flow, direction, &label, &ip, &transport[part]);
            }
        }
    }
}

pub(super) fn parts(cut: Cut) -> Vec<Range<usize>> {
    cut.iter().map(|(start, end)| *start..*end).collect()
}

/// Offsets at which a datagram would be longer than any may be.
fn at_the_end_of_the_space(builder: &mut Builder) {
    for protocol in [TCP, UDP] {
        for fragment in [
            0x1fff,
            0x1fff | MORE_FRAGMENTS,
            0x1ff0,
            0x1f00 | MORE_FRAGMENTS,
        ] {
            let label = "fragments/far/nat/first";
            let flow = builder.flow(NAT, protocol, label);
            let ip = Ip {
                id: builder.id(),
                fragment,
                ..flow.ip(Request)
            };
            builder.send_ip(&flow, Request, label, &ip, &[0; 304]);
        }
    }
}

/// Data with which the transport part has this length.
pub(super) fn payload(protocol: u8, length: usize) -> Vec<u8> {
    let header = if protocol == TCP { 20 } else { 8 };
    (0..length - header).map(|at| at as u8).collect()
}

fn fragment(
    flow: &Flow,
    direction: Direction,
    id: u16,
    part: &Range<usize>,
    length: usize,
    flags: u16,
) -> Ip {
    let more = if part.end < length { MORE_FRAGMENTS } else { 0 };
    Ip {
        id,
        fragment: (part.start / 8) as u16 | more | flags,
        ..flow.ip(direction)
    }
}

fn send(
    builder: &mut Builder,
    flow: &Flow,
    direction: Direction,
    label: &str,
    transport: &[u8],
    cut: &[Range<usize>],
    flags: u16,
) {
    let id = builder.id();
    for part in cut {
        let ip = fragment(flow, direction, id, part, transport.len(), flags);
        builder.send_ip(flow, direction, label, &ip, &transport[part.clone()]);
    }
}

/// One datagram, cut anywhere, in any order.
pub(crate) fn random(builder: &mut Builder) {
    for _ in 0..4 {
        let service = *builder.random.of(&FORWARDING);
        let protocol = *builder.random.of(&[TCP, UDP]);
        let label = format!("fragments/random/{}", service.name());
        let flow = builder.flow(service, protocol, &label);
        builder.open(&flow);
        for _ in 0..3 {
            let direction = *builder.random.of(flow.directions());
            let length = 32 + builder.random.below(3000);
            let transport = flow.data(direction, &payload(protocol, length));
            let parts = random_parts(builder, length);
            let label = format!("fragments/random/{}/{}", service.name(), direction.name());
            send(builder, &flow, direction, &label, &transport, &parts, 0);
        }
    }
}

/// Parts of so many bytes. Some come twice, and some out of order.
pub(super) fn random_parts(builder: &mut Builder, length: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    while start < length {
        let end = (start + 8 * (1 + builder.random.below(160))).min(length);
        parts.push(start..end);
        start = end;
    }
    if builder.random.one_in(3) {
        parts.push(parts[builder.random.below(parts.len())].clone());
    }
    for _ in 0..parts.len() / 2 {
        let (one, other) = (
            builder.random.below(parts.len()),
            builder.random.below(parts.len()),
        );
        parts.swap(one, other);
    }
    parts
}
