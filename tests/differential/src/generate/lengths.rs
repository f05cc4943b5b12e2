// SPDX-License-Identifier: GPL-2.0-only

//! Lengths that lie, in each header, and frames that end too early.

use crate::{
    site::{
        Service,
        FORWARDING, //
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
        Sum,
        Tcp,
        Udp,
        ACK,
        PSH,
        SYN,
        TCP,
        UDP, //
    }, //
};

const PAYLOAD: &[u8] = b"sixteen bytes of";

pub(crate) fn cases(builder: &mut Builder) {
    for service in FORWARDING {
        for protocol in [TCP, UDP] {
            builder.group();
            first(builder, service, protocol);
            builder.group();
            established(builder, service, protocol);
        }
    }
}

/// Packets that would begin a flow.
fn first(builder: &mut Builder, service: Service, protocol: u8) {
    for (name, change) in ip_changes() {
        let label = format!("lengths/{name}/{}/first", service.name());
        let flow = builder.flow(service, protocol, &label);
        let transport = flow.first(PAYLOAD);
        send(builder, &flow, Request, &label, &change, &transport);
    }
    for (name, change) in transport_changes(protocol) {
        let label = format!("lengths/{name}/{}/first", service.name());
        let flow = builder.flow(service, protocol, &label);
        let transport = change.of(&flow, Request, true);
        builder.send_of(&flow, Request, &label, &transport);
    }
    for length in frame_ends(protocol) {
        let label = format!("lengths/cut/{}/first", service.name());
        let flow = builder.flow(service, protocol, &label);
        let packet = flow.ip(Request).packet(&flow.first(PAYLOAD));
        builder.send(
            Request.side(),
            &label,
            packet[..length].to_vec(),
            Some(&flow),
        );
        let label = format!("lengths/short/{}/first", service.name());
        let flow = builder.flow(service, protocol, &label);
        let short = &flow.first(PAYLOAD)[..length.saturating_sub(20)];
        builder.send_of(&flow, Request, &label, short);
    }
}

/// Packets in the middle of one, which the fast path is the first to see.
fn established(builder: &mut Builder, service: Service, protocol: u8) {
    let flow = builder.flow(
        service,
        protocol,
        &format!("lengths/established/{}", service.name()),
    );
    builder.open(&flow);
    for direction in flow.directions().iter().copied() {
        let label = |name: &str| format!("lengths/{name}/{}/{}", service.name(), direction.name());
        for (name, change) in ip_changes() {
            let transport = flow.data(direction, PAYLOAD);
            send(builder, &flow, direction, &label(name), &change, &transport);
        }
        for (name, change) in transport_changes(protocol) {
            let transport = change.of(&flow, direction, false);
            builder.send_of(&flow, direction, &label(name), &transport);
        }
        for length in frame_ends(protocol) {
            let packet = flow.ip(direction).packet(&flow.data(direction, PAYLOAD));
            let packet = packet[..length].to_vec();
            builder.send(direction.side(), &label("cut"), packet, Some(&flow));
            let short = &flow.data(direction, PAYLOAD)[..length.saturating_sub(20)];
            builder.send_of(&flow, direction, &label("short"), short);
        }
    }
}

/// Where frames end: all places in the IP header and in that of the protocol.
fn frame_ends(protocol: u8) -> impl Iterator<Item = usize> {
    let header = if protocol == TCP { 20 } else { 8 };
    (0..20).step_by(3).chain(19..20 + header)
}

type IpChange = Box<dyn Fn(&mut Ip)>;

fn send(
    builder: &mut Builder,
    flow: &Flow,
    direction: Direction,
    label: &str,
    change: &IpChange,
    transport: &[u8],
) {
    let mut ip = Ip {
        id: builder.id(),
        ..flow.ip(direction)
    };
    change(&mut ip);
    builder.send_ip(flow, direction, label, &ip, transport);
}

/// Lies of the IP header.
fn ip_changes() -> Vec<(&'static str, IpChange)> {
    let mut changes: Vec<(&'static str, IpChange)> = Vec::new();
    for words in (0..5).chain(6..16) {
        changes.push(("ip-header", Box::new(move |ip| ip.words = Some(words))));
    }
    for length in [0, 1, 19, 20, 21, 24, 27, 28, 32, 39, 40, 100, 1500, 65535] {
        changes.push(("ip-length", Box::new(move |ip| ip.total_len = Some(length))));
    }
    for version in [0, 3, 5, 6, 15] {
        changes.push(("ip-version", Box::new(move |ip| ip.version = version)));
    }
    for check in [0, 1, 0xffff] {
        changes.push(("ip-checksum", Box::new(move |ip| ip.check = Some(check))));
    }
    changes
}

/// A lie of the transport header.
enum Lie {
    TcpWords(u8),
    TcpWordsWithout(u8),
    UdpLength(u16),
    Checksum(u16),
}

impl Lie {
    fn of(&self, flow: &Flow, direction: Direction, first: bool) -> Vec<u8> {
        let (from, to) = flow.ends(direction);
        let ports = flow.ports(direction);
        let tcp = Tcp::new(ports, if first { SYN } else { PSH | ACK });
        match *self {
            Self::TcpWords(words) => Tcp {
                words: Some(words),
                ..tcp
            }
            .segment(from, to, PAYLOAD),
            Self::TcpWordsWithout(words) => Tcp {
                words: Some(words),
                ..tcp
            }
            .segment(from, to, b""),
            Self::UdpLength(length) => Udp {
                length: Some(length),
                ..Udp::new(ports)
            }
            .datagram(from, to, PAYLOAD),
            Self::Checksum(check) if flow.protocol == TCP => Tcp {
                check: Sum::Is(check),
                ..tcp
            }
            .segment(from, to, PAYLOAD),
            Self::Checksum(check) => Udp {
                check: Sum::Is(check),
                ..Udp::new(ports)
            }
            .datagram(from, to, PAYLOAD),
        }
    }
}

fn transport_changes(protocol: u8) -> Vec<(&'static str, Lie)> {
    let mut changes = Vec::new();
    if protocol == TCP {
        changes.extend((0..5).map(|words| ("tcp-header-short", Lie::TcpWords(words))));
        changes.extend((6..10).map(|words| ("tcp-header-within", Lie::TcpWords(words))));
        changes.extend((10..16).map(|words| ("tcp-header-beyond", Lie::TcpWords(words))));
        changes.extend((6..16).map(|words| ("tcp-header-beyond", Lie::TcpWordsWithout(words))));
    } else {
        changes.extend([0, 1, 7].map(|length| ("udp-length-short", Lie::UdpLength(length))));
        changes.extend([8, 9, 23].map(|length| ("udp-length-within", Lie::UdpLength(length))));
        changes.extend(
            [25, 100, 1500, 65535].map(|length| ("udp-length-beyond", Lie::UdpLength(length))),
        );
    }
    changes.extend([0, 1, 0x1234, 0xfffe, 0xffff].map(|check| ("checksum", Lie::Checksum(check))));
    changes
}
