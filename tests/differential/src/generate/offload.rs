// SPDX-License-Identifier: GPL-2.0-only

//! What is left to the device: checksums, and bursts to be taken apart. Guests of a virtual machine send such packets.

use crate::{
    site::{
        Site,
        DIRECTOR_MAC,
        V4,
        V6, //
    },
    stream::{
        Builder,
        Direction,
        Flow,
        Offload,
        Step, //
    },
    wire::{
        Ip,
        Sum,
        Tcp,
        Udp,
        ACK,
        DONT_FRAGMENT,
        PSH,
        TCP,
        UDP, //
    }, //
};

pub(crate) fn cases(builder: &mut Builder) {
    of(builder, &V4);
}

pub(crate) fn cases6(builder: &mut Builder) {
    of(builder, &V6);
}

fn of(builder: &mut Builder, site: &Site) {
    for service in site.forwarding {
        for protocol in [TCP, UDP] {
            builder.group();
            let label = format!("offload{}/established/{}", site.suffix, service.name());
            let flow = builder.flow(*service, protocol, &label);
            builder.open(&flow);
            for direction in flow.directions().iter().copied() {
                for length in [0, 1, 100, 1341] {
                    checksum(builder, &flow, direction, length, 0);
                    if !flow.client.is_ipv6() {
                        checksum(builder, &flow, direction, length, DONT_FRAGMENT);
                    }
                }
                for (length, size) in [(3000, 1000), (4000, 1340), (1500, 1460), (100, 200)] {
                    segments(builder, &flow, direction, length, size);
                }
            }
        }
    }
}

fn transport(flow: &Flow, direction: Direction, length: usize) -> Vec<u8> {
    let payload: Vec<u8> = (0..length).map(|at| at as u8).collect();
    let (from, to) = flow.ends(direction);
    let ports = flow.ports(direction);
    if flow.protocol == TCP {
        Tcp {
            check: Sum::Partial,
            ..Tcp::new(ports, PSH | ACK)
        }
        .segment(from, to, &payload)
    } else {
        Udp {
            check: Sum::Partial,
            ..Udp::new(ports)
        }
        .datagram(from, to, &payload)
    }
}

/// Where the device finds what to sum up, and where the sum goes.
fn place(flow: &Flow) -> (u16, u16) {
    let start = if flow.client.is_ipv6() { 40 } else { 20 };
    (start, if flow.protocol == TCP { 16 } else { 6 })
}

fn send(
    builder: &mut Builder,
    flow: &Flow,
    direction: Direction,
    name: &str,
    fragment: u16,
    length: usize,
    offload: Offload,
) {
    let transport = transport(flow, direction, length);
    let is_ipv6 = flow.client.is_ipv6();
    let packet = if is_ipv6 {
        flow.ip6(direction).packet(&transport)
    } else {
        let ip = Ip {
            id: builder.id(),
            fragment,
            ..flow.ip(direction)
        };
        ip.packet(&transport)
    };
    builder.step(Step {
        label: format!(
            "offload{}/{name}/{}/{}",
            if is_ipv6 { "6" } else { "" },
            flow.service.name(),
            direction.name()
        ),
        side: direction.side(),
        mac: DIRECTOR_MAC,
        packet,
        is_ipv6,
        offload,
        flow: Some(flow.key()),
    });
}

pub(super) fn checksum(
    builder: &mut Builder,
    flow: &Flow,
    direction: Direction,
    length: usize,
    flags: u16,
) {
    let (start, at) = place(flow);
    let offload = Offload::Checksum { start, at };
    send(builder, flow, direction, "checksum", flags, length, offload);
}

pub(super) fn segments(
    builder: &mut Builder,
    flow: &Flow,
    direction: Direction,
    length: usize,
    size: u16,
) {
    let (start, at) = place(flow);
    let offload = Offload::Segments {
        protocol: flow.protocol,
        size,
        header_len: start + if flow.protocol == TCP { 20 } else { 8 },
        start,
        at,
    };
    let name = if flow.protocol == TCP {
        "segments-tcp"
    } else {
        "segments-udp"
    };
    send(
        builder,
        flow,
        direction,
        name,
        DONT_FRAGMENT,
        length,
        offload,
    );
}
