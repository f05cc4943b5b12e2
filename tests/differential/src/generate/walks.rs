// SPDX-License-Identifier: GPL-2.0-only

//! Connections as they come: segments of both ends in any order, of which most make sense.

use crate::{
    site::{
        Site,
        V4,
        V6, //
    },
    stream::{
        Builder,
        Direction::{
            Reply,
            Request, //
        }, //
    },
    wire::{
        flag_names,
        Sum,
        ACK,
        FIN,
        PSH,
        RST,
        SYN,
        TCP,
        UDP, //
    }, //
};

/// Flags, of which the usual ones are there more than once.
const FLAGS: [u8; 14] = [
    ACK,
    ACK,
    ACK,
    PSH | ACK,
    PSH | ACK,
    FIN | ACK,
    FIN | ACK,
    SYN,
    SYN | ACK,
    RST,
    RST | ACK,
    FIN,
    SYN | FIN,
    0,
];

pub(crate) fn tcp(builder: &mut Builder) {
    walk_tcp(builder, &V4);
}

pub(crate) fn tcp6(builder: &mut Builder) {
    walk_tcp(builder, &V6);
}

pub(crate) fn udp(builder: &mut Builder) {
    walk_udp(builder, &V4);
}

pub(crate) fn udp6(builder: &mut Builder) {
    walk_udp(builder, &V6);
}

/// Several connections of TCP at once.
fn walk_tcp(builder: &mut Builder, site: &Site) {
    let walk = format!("walk/tcp{}", site.suffix);
    let mut walks = Vec::new();
    for _ in 0..4 {
        let service = *builder.random.of(site.forwarding);
        let client = *builder.random.of(&site.clients);
        let flow = builder.flow_from(client, service, TCP, &format!("{walk}/{}", service.name()));
        walks.push((flow, false));
        let label = format!("{walk}/{}/request/S", service.name());
        builder.send_of(&flow, Request, &label, &flow.tcp(Request, SYN, b""));
    }
    for _ in 0..32 {
        let which = builder.random.below(walks.len());
        let (flow, was_reset) = walks[which];
        let direction = *builder.random.of(flow.directions());
        let flags = *builder.random.of(&FLAGS);
        let name = flow.service.name();
        // What follows a reset, or a segment without flags, is a matter of its own.
        let after = if was_reset { "after-reset/" } else { "" };
        let label = format!(
            "{walk}/{after}{name}/{}/{}",
            direction.name(),
            flag_names(flags)
        );
        if was_reset || flags & RST != 0 || flags == 0 {
            walks[which].1 = true;
            builder.rename(&flow, &format!("{walk}/after-reset/{name}"));
        }
        let data = if flags & PSH != 0 { &b"walk"[..] } else { b"" };
        builder.send_of(&flow, direction, &label, &flow.tcp(direction, flags, data));
    }
}

/// Several flows of UDP at once.
fn walk_udp(builder: &mut Builder, site: &Site) {
    let walk = format!("walk/udp{}", site.suffix);
    let mut flows = Vec::new();
    for _ in 0..4 {
        let service = *builder.random.of(site.forwarding);
        let client = *builder.random.of(&site.clients);
        let label = format!("{walk}/{}", service.name());
        flows.push(builder.flow_from(client, service, UDP, &label));
    }
    for _ in 0..32 {
        let flow = *builder.random.of(&flows);
        // Replies come before requests, too.
        let direction = *builder.random.of(&[Request, Request, Reply]);
        let length = builder.random.below(1300);
        let payload: Vec<u8> = (0..length).map(|_| builder.random.byte()).collect();
        let sum = if builder.random.one_in(5) {
            Sum::Is(0)
        } else {
            Sum::Right
        };
        let label = format!("{walk}/{}/{}", flow.service.name(), direction.name());
        builder.send_of(
            &flow,
            direction,
            &label,
            &flow.udp(direction, sum, &payload),
        );
    }
}
