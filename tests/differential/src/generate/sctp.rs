// SPDX-License-Identifier: GPL-2.0-only

//! SCTP: each chunk as the first one, and in each state of an association; several chunks in a packet, checksums, lengths,
//! fragments, sizes, and ICMP errors.

use crate::{
    site::{
        Service,
        Site,
        DR,
        DR6,
        TUN,
        TUNNELS,
        V4,
        V6, //
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
        chunk,
        icmp,
        icmp6,
        sctp,
        Extension,
        Ip,
        Ip6,
        ABORT,
        COOKIE_ACK,
        COOKIE_ECHO,
        DATA,
        DONT_FRAGMENT,
        ICMP,
        ICMPV6,
        INIT,
        INIT_ACK,
        MORE_FRAGMENTS,
        SCTP,
        SHUTDOWN,
        SHUTDOWN_ACK,
        SHUTDOWN_COMPLETE, //
    }, //
};

const SACK: u8 = 3;
const ERROR: u8 = 9;

/// The chunks by which states may change, and one that changes none.
const CHUNKS: [(&str, u8); 11] = [
    ("data", DATA),
    ("init", INIT),
    ("init-ack", INIT_ACK),
    ("abort", ABORT),
    ("shutdown", SHUTDOWN),
    ("shutdown-ack", SHUTDOWN_ACK),
    ("error", ERROR),
    ("cookie-echo", COOKIE_ECHO),
    ("cookie-ack", COOKIE_ACK),
    ("shutdown-complete", SHUTDOWN_COMPLETE),
    ("unknown", 63),
];

pub(crate) fn cases(builder: &mut Builder) {
    of(builder, &V4);
    builder.group();
    for service in TUNNELS {
        let label = format!("sctp/tunnels/{}", service.name());
        let flow = builder.flow(service, SCTP, &label);
        builder.open(&flow);
        sizes(builder, &flow, Request);
    }
}

pub(crate) fn cases6(builder: &mut Builder) {
    of(builder, &V6);
}

fn of(builder: &mut Builder, site: &Site) {
    builder.group();
    for service in site.forwarding.iter().copied().chain(site.others) {
        first(builder, site, service);
    }
    builder.group();
    for (name, way) in WAYS_BOTH {
        in_state(builder, site, site.nat, name, way);
    }
    let one_sided: &[Service] = if site.nat.is_ipv6 { &[DR6] } else { &[DR, TUN] };
    for (number, (name, way)) in WAYS_ONE.iter().enumerate() {
        in_state(
            builder,
            site,
            one_sided[number % one_sided.len()],
            name,
            way,
        );
    }
    builder.group();
    for service in site.forwarding {
        let label = format!("sctp{}/established/{}", site.suffix, service.name());
        let flow = builder.flow(*service, SCTP, &label);
        builder.open(&flow);
        for direction in flow.directions() {
            bundles(builder, site, &flow, *direction);
            checksums(builder, site, &flow, *direction);
            lengths(builder, site, &flow, *direction);
            sizes(builder, &flow, *direction);
            fragments(builder, &flow, *direction);
        }
        errors(builder, site, &flow);
    }
}

fn label(site: &Site, name: &str, flow: &Flow, direction: Direction) -> String {
    let service = flow.service.name();
    format!("sctp{}/{name}/{service}/{}", site.suffix, direction.name())
}

/// Each type of chunk begins.
fn first(builder: &mut Builder, site: &Site, service: Service) {
    for kind in (0..16).chain([63, 128, 192, 255]) {
        let name = CHUNKS.iter().find(|known| known.1 == kind);
        let name = name.map_or("other", |known| known.0);
        let label = format!("sctp{}/first/{}/{name}", site.suffix, service.name());
        let flow = builder.flow(service, SCTP, &label);
        builder.send_of(&flow, Request, &label, &flow.sctp(Request, kind, b"body"));
    }
}

/// Chunks that lead to a state.
type Way = &'static [(Direction, u8)];

const OPEN: Way = &[
    (Request, INIT),
    (Reply, INIT_ACK),
    (Request, COOKIE_ECHO),
    (Reply, COOKIE_ACK),
];

const WAYS_BOTH: &[(&str, Way)] = &[
    ("init", &[(Request, INIT)]),
    ("init-twice", &[(Request, INIT), (Request, INIT)]),
    ("init-ack", &[(Request, INIT), (Reply, INIT_ACK)]),
    (
        "cookie-echo",
        &[(Request, INIT), (Reply, INIT_ACK), (Request, COOKIE_ECHO)],
    ),
    ("open", OPEN),
    (
        "client-shutdown",
        &[
            (Request, INIT),
            (Reply, INIT_ACK),
            (Request, COOKIE_ECHO),
            (Reply, COOKIE_ACK),
            (Request, SHUTDOWN),
        ],
    ),
    (
        "client-shutdown-ack",
        &[
            (Request, INIT),
            (Reply, INIT_ACK),
            (Request, COOKIE_ECHO),
            (Reply, COOKIE_ACK),
            (Request, SHUTDOWN),
            (Reply, SHUTDOWN_ACK),
        ],
    ),
    (
        "server-shutdown",
        &[
            (Request, INIT),
            (Reply, INIT_ACK),
            (Request, COOKIE_ECHO),
            (Reply, COOKIE_ACK),
            (Reply, SHUTDOWN),
        ],
    ),
    ("server-init", &[(Request, INIT), (Reply, INIT)]),
    (
        "both-init",
        &[(Request, INIT), (Reply, INIT), (Request, INIT_ACK)],
    ),
    (
        "server-cookie",
        &[
            (Request, INIT),
            (Reply, INIT),
            (Request, INIT_ACK),
            (Reply, COOKIE_ECHO),
        ],
    ),
    ("error", &[(Request, INIT), (Reply, ERROR)]),
    ("abort", &[(Request, INIT), (Reply, ABORT)]),
];

const WAYS_ONE: &[(&str, Way)] = &[
    ("init", &[(Request, INIT)]),
    ("init-twice", &[(Request, INIT), (Request, INIT)]),
    ("open", &[(Request, INIT), (Request, COOKIE_ECHO)]),
    (
        "shutdown",
        &[(Request, INIT), (Request, COOKIE_ECHO), (Request, SHUTDOWN)],
    ),
    (
        "closed",
        &[
            (Request, INIT),
            (Request, COOKIE_ECHO),
            (Request, SHUTDOWN),
            (Request, SHUTDOWN_COMPLETE),
        ],
    ),
    ("abort", &[(Request, INIT), (Request, ABORT)]),
];

fn in_state(builder: &mut Builder, site: &Site, service: Service, name: &str, way: Way) {
    for (chunk_name, kind) in CHUNKS {
        for direction in [Request, Reply] {
            if direction == Reply && !service.has_replies() {
                continue;
            }
            let label = format!(
                "sctp{}/{name}/{}/{}/{chunk_name}",
                site.suffix,
                service.name(),
                direction.name()
            );
            let flow = builder.flow(service, SCTP, &label);
            let before = format!("sctp{}/way/{}", site.suffix, service.name());
            for (direction, kind) in way {
                let packet = flow.sctp(*direction, *kind, b"");
                builder.send_of(&flow, *direction, &before, &packet);
            }
            builder.send_of(&flow, direction, &label, &flow.sctp(direction, kind, b""));
        }
    }
}

/// Several chunks in a packet, and such as lie about how long they are.
fn bundles(builder: &mut Builder, site: &Site, flow: &Flow, direction: Direction) {
    let long = |kind: u8, length: u16| {
        let mut bytes = chunk(kind, b"four");
        bytes[2..4].copy_from_slice(&length.to_be_bytes());
        bytes
    };
    for (name, chunks) in [
        ("none", vec![]),
        ("two-data", vec![chunk(DATA, b"one"), chunk(DATA, b"more")]),
        ("sack-data", vec![chunk(SACK, &[0; 12]), chunk(DATA, b"d")]),
        (
            "cookie-data",
            vec![chunk(COOKIE_ECHO, b"odd"), chunk(DATA, b"d")],
        ),
        (
            "cookie-abort",
            vec![chunk(COOKIE_ACK, b"odd"), chunk(ABORT, b"")],
        ),
        ("length", vec![long(DATA, 0)]),
        ("length", vec![long(DATA, 3)]),
        ("length", vec![long(DATA, 0xffff)]),
        ("length", vec![long(COOKIE_ACK, 0), chunk(ABORT, b"")]),
        ("length", vec![long(COOKIE_ECHO, 0xffff), chunk(ABORT, b"")]),
        ("length-odd", vec![long(COOKIE_ECHO, 7), chunk(ABORT, b"")]),
        ("length-odd", vec![long(COOKIE_ECHO, 9), chunk(ABORT, b"")]),
    ] {
        // An ABORT would end it: each has a flow of its own.
        let name = format!("bundle-{name}");
        let label = label(site, &name, flow, direction);
        let flow = builder.flow(flow.service, SCTP, &label);
        builder.open(&flow);
        let packet = sctp(flow.ports(direction), &chunks.concat());
        builder.send_of(&flow, direction, &label, &packet);
    }
}

fn checksums(builder: &mut Builder, site: &Site, flow: &Flow, direction: Direction) {
    for payload in [&b""[..], b"x", b"of even length"] {
        for change in [[0xff; 4], [1, 0, 0, 0], [0, 0, 0, 0x80]] {
            let mut packet = flow.data(direction, payload);
            for (byte, change) in packet[8..12].iter_mut().zip(change) {
                *byte ^= change;
            }
            let label = label(site, "checksum", flow, direction);
            builder.send_of(flow, direction, &label, &packet);
        }
        for check in [[0; 4], [0xff; 4]] {
            let mut packet = flow.data(direction, payload);
            packet[8..12].copy_from_slice(&check);
            let label = label(site, "checksum", flow, direction);
            builder.send_of(flow, direction, &label, &packet);
        }
    }
}

/// Packets that end too early.
fn lengths(builder: &mut Builder, site: &Site, flow: &Flow, direction: Direction) {
    let packet = flow.data(direction, b"");
    for length in 0..packet.len() {
        let name = match length {
            0..12 => "short",
            _ => "chunk-short",
        };
        let label = label(site, name, flow, direction);
        builder.send_of(flow, direction, &label, &packet[..length]);
    }
}

/// Around the MTU of the link to real servers, and around what tunnels leave of it.
fn sizes(builder: &mut Builder, flow: &Flow, direction: Direction) {
    let headers = 16 + if flow.client.is_ipv6() { 40 } else { 20 };
    for fragment in [0, DONT_FRAGMENT] {
        for length in [1300, 1372, 1376, 1380, 1400, 1404, 1500] {
            let transport = flow.data(direction, &vec![7; length - headers]);
            let df = if fragment == 0 { "fragmentable" } else { "df" };
            let size = if length > 1400 { "large" } else { "small" };
            let name = format!("size-{size}-{df}");
            if flow.client.is_ipv6() {
                // Which has no such flag.
                if fragment == 0 {
                    let label = label(&V6, &name, flow, direction);
                    builder.send_of(flow, direction, &label, &transport);
                }
                continue;
            }
            let ip = Ip {
                id: builder.id(),
                fragment,
                ..flow.ip(direction)
            };
            let label = label(&V4, &name, flow, direction);
            builder.send_ip(flow, direction, &label, &ip, &transport);
        }
    }
}

/// One packet in two, in order and the other way round.
fn fragments(builder: &mut Builder, flow: &Flow, direction: Direction) {
    for (id, is_reversed) in [(71, false), (72, true)] {
        let transport = flow.data(direction, &[3; 100]);
        let mut parts = [(0, &transport[..64]), (64, &transport[64..])];
        if is_reversed {
            parts.reverse();
        }
        for (offset, part) in parts {
            let is_last = offset != 0;
            if flow.client.is_ipv6() {
                let ip = Ip6 {
                    extensions: vec![Extension::fragment(offset, !is_last, id)],
                    ..flow.ip6(direction)
                };
                let label = label(&V6, "fragments", flow, direction);
                builder.send_ip6(flow, direction, &label, &ip, part);
                continue;
            }
            let more = if is_last { 0 } else { MORE_FRAGMENTS };
            let ip = Ip {
                id: id as u16,
                fragment: more | (offset / 8) as u16,
                ..flow.ip(direction)
            };
            let label = label(&V4, "fragments", flow, direction);
            builder.send_ip(flow, direction, &label, &ip, part);
        }
    }
}

/// Errors about packets of either side, of which more or less is quoted.
fn errors(builder: &mut Builder, site: &Site, flow: &Flow) {
    for about in [Request, Reply] {
        // Real servers tell clients themselves of what has not come by NAT.
        if about == Request && !flow.service.has_replies() {
            continue;
        }
        let (from, to, direction) = match about {
            Request => (flow.service.server, flow.client, Reply),
            Reply => (flow.client, flow.service.vip(), Request),
        };
        let seen = flow.seen(about, &[9; 40]);
        let headers = if site.nat.is_ipv6 { 40 } else { 20 };
        for behind in [0, 4, 7, 8, 11, 12, 16, 30, seen.len() - headers] {
            let quoted = &seen[..headers + behind];
            let name = if behind < 8 { "error-cut" } else { "error" };
            let label = label(site, name, flow, direction);
            let packet = if site.nat.is_ipv6 {
                let message = icmp6((from, to), 1, 4, 0, quoted);
                Ip6::new(from, to, ICMPV6).packet(&message)
            } else {
                let ip = Ip {
                    id: builder.id(),
                    ..Ip::new(from, to, ICMP)
                };
                ip.packet(&icmp(3, 2, 0, quoted))
            };
            builder.send(direction.side(), &label, packet, Some(flow));
        }
    }
}

/// Several associations at once, of chunks in any order, of which most make sense.
fn walk(builder: &mut Builder, site: &Site) {
    const KINDS: [u8; 16] = [
        DATA,
        DATA,
        DATA,
        SACK,
        INIT,
        INIT_ACK,
        INIT_ACK,
        COOKIE_ECHO,
        COOKIE_ECHO,
        COOKIE_ACK,
        COOKIE_ACK,
        SHUTDOWN,
        SHUTDOWN_ACK,
        SHUTDOWN_COMPLETE,
        ERROR,
        ABORT,
    ];
    let walk = format!("walk/sctp{}", site.suffix);
    let mut flows = Vec::new();
    for _ in 0..4 {
        let service = *builder.random.of(site.forwarding);
        let client = *builder.random.of(&site.clients);
        let name = service.name();
        let flow = builder.flow_from(client, service, SCTP, &format!("{walk}/{name}"));
        flows.push(flow);
        let label = format!("{walk}/{name}/request");
        builder.send_of(&flow, Request, &label, &flow.first(b""));
    }
    for _ in 0..32 {
        let flow = *builder.random.of(&flows);
        let direction = *builder.random.of(flow.directions());
        let kind = *builder.random.of(&KINDS);
        let label = format!("{walk}/{}/{}", flow.service.name(), direction.name());
        builder.send_of(&flow, direction, &label, &flow.sctp(direction, kind, b""));
    }
}

pub(crate) fn walk4(builder: &mut Builder) {
    walk(builder, &V4);
}

pub(crate) fn walk6(builder: &mut Builder) {
    walk(builder, &V6);
}
