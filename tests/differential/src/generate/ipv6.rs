// SPDX-License-Identifier: GPL-2.0-only

//! What IPv6 has another form for: extension headers, lengths that lie, hop limits, sizes, strangers.

use std::net::Ipv6Addr;

use crate::{
    site::{
        Service,
        Side,
        CLIENTS6,
        DIRECTOR6,
        DIRECTOR_INSIDE6,
        EMPTY6,
        FORWARDING6,
        NAT6,
        NOTHING6,
        ROUTER_INSIDE6,
        VIP6, //
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
        icmp6,
        Extension,
        Ip6,
        Sum,
        Tcp,
        Udp,
        ACK,
        DESTINATION,
        HOP_BY_HOP,
        ICMPV6,
        PSH,
        ROUTING,
        SYN,
        TCP,
        UDP, //
    }, //
};

const PAYLOAD: &[u8] = b"sixteen bytes of";

type Change = Box<dyn Fn(&mut Ip6)>;

/// Has each change be one of a first packet, and then of packets of a connection, in each direction.
fn each(builder: &mut Builder, family: &str, changes: &[(&str, Change)]) {
    for service in FORWARDING6 {
        for protocol in [TCP, UDP] {
            builder.group();
            for (name, change) in changes {
                let label = format!("{family}/{name}/{}/first", service.name());
                let flow = builder.flow(service, protocol, &label);
                let mut ip = flow.ip6(Request);
                change(&mut ip);
                builder.send_ip6(&flow, Request, &label, &ip, &flow.first(PAYLOAD));
            }
            let label = format!("{family}/established/{}", service.name());
            let flow = builder.flow(service, protocol, &label);
            builder.open(&flow);
            for direction in flow.directions().iter().copied() {
                for (name, change) in changes {
                    let label = format!("{family}/{name}/{}/{}", service.name(), direction.name());
                    let mut ip = flow.ip6(direction);
                    change(&mut ip);
                    let transport = flow.data(direction, PAYLOAD);
                    builder.send_ip6(&flow, direction, &label, &ip, &transport);
                }
            }
        }
    }
}

fn with(extensions: Vec<Extension>) -> Change {
    Box::new(move |ip| ip.extensions.clone_from(&extensions))
}

/// Extension headers as they are to be, in other orders, too many of them, and such as lie about their length.
pub(crate) fn extensions(builder: &mut Builder) {
    let options = Extension::options;
    let raw = |kind: u8, length: Option<u8>, body: &[u8]| Extension {
        kind,
        length,
        body: body.to_vec(),
    };
    let alert = [5, 2, 0, 0, 1, 0];
    let changes: Vec<(&str, Change)> = vec![
        ("hop-by-hop", with(vec![options(HOP_BY_HOP, 8)])),
        ("hop-by-hop", with(vec![options(HOP_BY_HOP, 40)])),
        ("destination", with(vec![options(DESTINATION, 8)])),
        ("destination", with(vec![options(DESTINATION, 264)])),
        (
            "both",
            with(vec![options(HOP_BY_HOP, 8), options(DESTINATION, 16)]),
        ),
        (
            "misplaced",
            with(vec![options(DESTINATION, 8), options(HOP_BY_HOP, 8)]),
        ),
        (
            "twice",
            with(vec![options(DESTINATION, 8), options(DESTINATION, 8)]),
        ),
        (
            "seven",
            with((0..7).map(|_| options(DESTINATION, 8)).collect()),
        ),
        (
            "many",
            with((0..12).map(|_| options(DESTINATION, 8)).collect()),
        ),
        ("routed", with(vec![Extension::routing(2, 0, CLIENTS6[1])])),
        ("routed", with(vec![Extension::routing(0, 0, CLIENTS6[1])])),
        (
            "route-goes-on",
            with(vec![Extension::routing(2, 1, CLIENTS6[1])]),
        ),
        (
            "route-goes-on",
            with(vec![Extension::routing(0, 1, CLIENTS6[1])]),
        ),
        ("atomic", with(vec![Extension::fragment(0, false, 77)])),
        ("alert", with(vec![raw(HOP_BY_HOP, None, &alert)])),
        // Options to skip, to drop, and to complain about.
        (
            "unknown",
            with(vec![raw(DESTINATION, None, &[0x1e, 4, 0, 0, 0, 0])]),
        ),
        (
            "unknown",
            with(vec![raw(DESTINATION, None, &[0x5e, 4, 0, 0, 0, 0])]),
        ),
        (
            "unknown",
            with(vec![raw(DESTINATION, None, &[0x9e, 4, 0, 0, 0, 0])]),
        ),
        (
            "unknown-hop",
            with(vec![raw(HOP_BY_HOP, None, &[0x1e, 4, 0, 0, 0, 0])]),
        ),
        (
            "unknown-hop",
            with(vec![raw(HOP_BY_HOP, None, &[0x5e, 4, 0, 0, 0, 0])]),
        ),
        (
            "unknown-hop",
            with(vec![raw(HOP_BY_HOP, None, &[0x9e, 4, 0, 0, 0, 0])]),
        ),
        (
            "beyond",
            with(vec![raw(DESTINATION, Some(200), &[1, 4, 0, 0, 0, 0])]),
        ),
        (
            "beyond",
            with(vec![raw(ROUTING, Some(255), &[2, 0, 0, 0, 0, 0])]),
        ),
        (
            "beyond-hop",
            with(vec![raw(HOP_BY_HOP, Some(200), &[1, 4, 0, 0, 0, 0])]),
        ),
        (
            "option-beyond",
            with(vec![raw(DESTINATION, None, &[1, 44, 0, 0, 0, 0])]),
        ),
        ("nothing", Box::new(|ip| ip.protocol = 59)),
    ];
    each(builder, "extensions6", &changes);
    builder.group();
    unknown_protocols(builder);
}

/// Each protocol that the kernel may have a rule for, with ports of a service and of a connection at its beginning.
fn unknown_protocols(builder: &mut Builder) {
    let flow = builder.flow(NAT6, UDP, "extensions6/protocols");
    builder.open(&flow);
    for direction in [Request, Reply] {
        for protocol in [
            1, 2, 4, 41, 47, 50, 51, 59, 89, 103, 132, 135, 136, 139, 253, 255,
        ] {
            let ip = Ip6 {
                protocol,
                ..flow.ip6(direction)
            };
            let transport = flow.udp(direction, Sum::Right, b"other");
            let label = format!("extensions6/protocol/{}", direction.name());
            builder.send_ip6(&flow, direction, &label, &ip, &transport);
        }
    }
}

/// Lengths, versions, hop limits and classes of the IPv6 header.
pub(crate) fn headers(builder: &mut Builder) {
    let mut changes: Vec<(&str, Change)> = Vec::new();
    for length in [0, 1, 7, 8, 12, 19, 20, 23, 25, 36, 100, 1500, 65535] {
        changes.push(("length", Box::new(move |ip| ip.payload_len = Some(length))));
    }
    for version in [0, 4, 5, 7] {
        changes.push(("version", Box::new(move |ip| ip.version = version)));
    }
    for (name, hop_limit) in [("hop-0", 0), ("hop-1", 1), ("hop", 2), ("hop", 255)] {
        changes.push((name, Box::new(move |ip| ip.hop_limit = hop_limit)));
    }
    for class in [0x01, 0x02, 0x03, 0xb8, 0xff] {
        changes.push(("class", Box::new(move |ip| ip.class = class)));
    }
    for label in [1, 0xfffff] {
        changes.push(("label", Box::new(move |ip| ip.label = label)));
    }
    each(builder, "headers6", &changes);
    for service in FORWARDING6 {
        builder.group();
        for protocol in [TCP, UDP] {
            transport_lies(builder, service, protocol);
        }
    }
}

/// Lies of the transport header, and packets that end too early.
fn transport_lies(builder: &mut Builder, service: Service, protocol: u8) {
    let label = |name: &str, what: &str| format!("headers6/{name}/{}/{what}", service.name());
    let first = lies(protocol, SYN);
    for (name, lie) in &first {
        let label = label(name, "first");
        let flow = builder.flow(service, protocol, &label);
        builder.send_of(&flow, Request, &label, &lie(&flow, Request));
    }
    let cuts = [0, 8, 24, 39, 40, 41, 43, 44, 47, 48, 52, 59];
    for length in cuts {
        let label = label("cut", "first");
        let flow = builder.flow(service, protocol, &label);
        let packet = flow.ip6(Request).packet(&flow.first(PAYLOAD));
        builder.send(Side::Client, &label, packet[..length].to_vec(), Some(&flow));
    }
    let flow = builder.flow(service, protocol, &label("lies", "established"));
    builder.open(&flow);
    for direction in flow.directions().iter().copied() {
        for (name, lie) in lies(protocol, PSH | ACK) {
            let label = label(name, direction.name());
            builder.send_of(&flow, direction, &label, &lie(&flow, direction));
        }
        for length in cuts {
            let packet = flow.ip6(direction).packet(&flow.data(direction, PAYLOAD));
            let packet = packet[..length].to_vec();
            builder.send(
                direction.side(),
                &label("cut", direction.name()),
                packet,
                Some(&flow),
            );
            let short = &flow.data(direction, PAYLOAD)[..length.saturating_sub(40)];
            builder.send_of(&flow, direction, &label("short", direction.name()), short);
        }
    }
}

type Lie = Box<dyn Fn(&Flow, Direction) -> Vec<u8>>;

fn lies(protocol: u8, flags: u8) -> Vec<(&'static str, Lie)> {
    let mut lies: Vec<(&'static str, Lie)> = Vec::new();
    if protocol == TCP {
        for (name, words) in [
            ("tcp-header-short", 0),
            ("tcp-header-short", 4),
            ("tcp-header-within", 6),
            ("tcp-header-within", 9),
            ("tcp-header-beyond", 10),
            ("tcp-header-beyond", 15),
        ] {
            lies.push((
                name,
                Box::new(move |flow, direction| {
                    let (from, to) = flow.ends(direction);
                    let tcp = Tcp {
                        words: Some(words),
                        ..Tcp::new(flow.ports(direction), flags)
                    };
                    tcp.segment(from, to, PAYLOAD)
                }),
            ));
        }
    } else {
        for (name, length) in [
            ("udp-length-short", 1),
            ("udp-length-short", 7),
            ("udp-length-none", 0),
            ("udp-length-within", 8),
            ("udp-length-within", 23),
            ("udp-length-beyond", 25),
            ("udp-length-beyond", 65535),
        ] {
            lies.push((
                name,
                Box::new(move |flow, direction| {
                    let (from, to) = flow.ends(direction);
                    let udp = Udp {
                        length: Some(length),
                        ..Udp::new(flow.ports(direction))
                    };
                    udp.datagram(from, to, PAYLOAD)
                }),
            ));
        }
    }
    for check in [1, 0x1234, 0xfffe] {
        lies.push((
            "checksum",
            Box::new(move |flow, direction| {
                let mut transport = flow.data(direction, PAYLOAD);
                if flags == SYN {
                    transport = flow.first(PAYLOAD);
                }
                let at = if flow.protocol == TCP { 16 } else { 6 };
                transport[at..at + 2].copy_from_slice(&u16::to_be_bytes(check));
                transport
            }),
        ));
    }
    lies
}

/// Packets around the MTU of each link.
pub(crate) fn sizes(builder: &mut Builder) {
    for service in FORWARDING6 {
        for protocol in [TCP, UDP] {
            builder.group();
            for length in [1400, 1401, 1500] {
                let label = size_label(length, service, "first");
                let flow = builder.flow(service, protocol, &label);
                let transport = flow.first(&payload(protocol, length));
                builder.send_of(&flow, Request, &label, &transport);
            }
            let label = format!("sizes6/established/{}", service.name());
            let flow = builder.flow(service, protocol, &label);
            builder.open(&flow);
            for direction in flow.directions().iter().copied() {
                for length in [48, 1280, 1399, 1400, 1401, 1480, 1500, 1501, 4000] {
                    let label = size_label(length, service, direction.name());
                    let transport = flow.data(direction, &payload(protocol, length));
                    builder.send_of(&flow, direction, &label, &transport);
                }
            }
        }
    }
}

fn size_label(length: usize, service: Service, what: &str) -> String {
    let size = match length {
        0..=1400 => "small",
        1401..=1500 => "inside",
        _ => "huge",
    };
    format!("sizes6/{size}/{}/{what}", service.name())
}

/// Data of a packet of this length.
fn payload(protocol: u8, length: usize) -> Vec<u8> {
    let headers = if protocol == TCP { 60 } else { 48 };
    (0..length.saturating_sub(headers))
        .map(|at| at as u8)
        .collect()
}

/// Addresses and ports that are nobody's, or somebody else's.
pub(crate) fn strangers(builder: &mut Builder) {
    builder.group();
    sources(builder);
    builder.group();
    destinations(builder);
    builder.group();
    without_connection(builder);
    builder.group();
    messages(builder);
}

const MAPPED: Ipv6Addr = Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0xc000, 0x020a);

fn sources(builder: &mut Builder) {
    for (name, from) in [
        ("vip", VIP6),
        ("director", DIRECTOR6),
        ("inside", DIRECTOR_INSIDE6),
        ("router-inside", ROUTER_INSIDE6),
        ("loopback", Ipv6Addr::LOCALHOST),
        ("zero", Ipv6Addr::UNSPECIFIED),
        ("multicast", Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1)),
        ("mapped", MAPPED),
        ("far", CLIENTS6[3]),
    ] {
        for service in FORWARDING6.into_iter().chain([EMPTY6, NOTHING6]) {
            for protocol in [TCP, UDP] {
                let label = format!("strangers6/from-{name}/{}", service.name());
                let flow = builder.flow_from(from, service, protocol, &label);
                builder.send_of(&flow, Request, &label, &flow.first(b""));
            }
        }
    }
    // Ports that mean something to IPVS.
    for port in [0, 20, 80, 65535] {
        for protocol in [TCP, UDP] {
            let label = format!("strangers6/port-{port}/nat");
            let flow = Flow {
                port,
                client: CLIENTS6[2].into(),
                protocol,
                service: NAT6,
            };
            builder.rename(&flow, &label);
            builder.send_of(&flow, Request, &label, &flow.first(b""));
        }
    }
}

fn destinations(builder: &mut Builder) {
    for (name, to, side) in [
        ("director", DIRECTOR6, Side::Client),
        ("inside", DIRECTOR_INSIDE6, Side::Servers),
        ("vip", VIP6, Side::Servers),
        (
            "server",
            Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0x11),
            Side::Client,
        ),
        (
            "nowhere",
            Ipv6Addr::new(0xfd99, 0, 0, 0, 0, 0, 0, 1),
            Side::Client,
        ),
        ("loopback", Ipv6Addr::LOCALHOST, Side::Client),
        ("mapped", MAPPED, Side::Client),
        (
            "multicast",
            Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1),
            Side::Client,
        ),
    ] {
        for port in [NAT6.port, NAT6.server_port] {
            for protocol in [TCP, UDP] {
                let from = match side {
                    Side::Servers => Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0x11),
                    _ => CLIENTS6[0],
                };
                let label = format!("strangers6/to-{name}");
                let flow = builder.flow_from(from, NAT6, protocol, &label);
                let ports = (flow.port, port);
                let transport = if protocol == TCP {
                    Tcp::new(ports, SYN).segment(from, to, b"")
                } else {
                    Udp::new(ports).datagram(from, to, b"stranger")
                };
                let packet = Ip6::new(from, to, protocol).packet(&transport);
                builder.send(side, &label, packet, Some(&flow));
            }
        }
    }
}

/// What real servers send without a connection.
fn without_connection(builder: &mut Builder) {
    for service in FORWARDING6 {
        for flags in [SYN, SYN | ACK, ACK] {
            let label = format!("strangers6/reply-without/{}", service.name());
            let flow = builder.flow(service, TCP, &label);
            builder.send_of(&flow, Reply, &label, &flow.tcp(Reply, flags, b""));
        }
        let label = format!("strangers6/reply-without/{}", service.name());
        let flow = builder.flow(service, UDP, &label);
        builder.send_of(&flow, Reply, &label, &flow.udp(Reply, Sum::Right, b""));
    }
}

/// ICMPv6 that is no error. Of those that make neighbours known none.
fn messages(builder: &mut Builder) {
    for (from, to, side) in [
        (CLIENTS6[0], VIP6, Side::Client),
        (CLIENTS6[0], DIRECTOR6, Side::Client),
        (CLIENTS6[0], ROUTER_INSIDE6, Side::Client),
        (ROUTER_INSIDE6, CLIENTS6[0], Side::Servers),
    ] {
        for kind in [100, 127, 128, 129, 138, 200, 255] {
            let message = icmp6((from, to), kind, 0, 0x0001_0002, b"echo");
            let packet = Ip6::new(from, to, ICMPV6).packet(&message);
            builder.send(side, "strangers6/message", packet, None);
        }
    }
}
