// SPDX-License-Identifier: GPL-2.0-only

//! Tunnels of GRE and GUE: what `hop`, `sizes`, `offload` and `tunnel_errors` send to IP in IP, in short.

use std::net::IpAddr;

use super::offload;
use crate::{
    site::{
        Service,
        Side,
        Tunnel,
        DIRECTOR_INSIDE,
        DIRECTOR_INSIDE6,
        GUE_PORT,
        TUNNELS,
        TUNNELS_OF_4IN6,
        TUNNELS_OF_6IN4,
        TUNNELS_OF_6IN6, //
    },
    stream::{
        Builder,
        Direction::Request,
        Flow, //
    },
    wire::{
        self,
        icmp,
        icmp6,
        Extension,
        Ip,
        Ip6,
        Sum,
        Udp,
        DONT_FRAGMENT,
        ICMP,
        ICMPV6,
        IPIP,
        IPV6,
        MORE_FRAGMENTS,
        SCTP,
        TCP,
        UDP, //
    }, //
};

pub(crate) fn cases(builder: &mut Builder) {
    for service in TUNNELS {
        builder.group();
        for protocol in [TCP, UDP] {
            of(builder, service, protocol);
        }
    }
}

/// Those that have to do with IPv6. The protocols take turns: they are the same to a tunnel, but for their checksum.
pub(crate) fn cases6(builder: &mut Builder) {
    for (turn, services) in [TUNNELS_OF_4IN6, TUNNELS_OF_6IN6, TUNNELS_OF_6IN4]
        .iter()
        .enumerate()
    {
        for (number, service) in services.iter().enumerate() {
            builder.group();
            of(builder, *service, [TCP, UDP][(turn + number) % 2]);
            let label = label(*service, "sctp", "established");
            let flow = builder.flow(*service, SCTP, &label);
            builder.open(&flow);
        }
    }
}

fn of(builder: &mut Builder, service: Service, protocol: u8) {
    headers(builder, service, protocol);
    let flow = builder.flow(
        service,
        protocol,
        &label(service, "established", "connection"),
    );
    builder.open(&flow);
    sizes(builder, &flow);
    for length in [0, 1, 100, 1300] {
        offload::checksum(builder, &flow, Request, length, 0);
    }
    for (length, size) in [(3000, 1000), (100, 200)] {
        offload::segments(builder, &flow, Request, length, size);
    }
    errors(builder, &flow);
}

/// Of a packet from a client.
fn label(service: Service, name: &str, what: &str) -> String {
    let suffix = if service.is_ipv6 { "6" } else { "" };
    format!("tunnels{suffix}/{name}/{}/{what}", service.name())
}

/// Headers of first packets: time to live, type of service, options; and such as no connection begins with.
fn headers(builder: &mut Builder, service: Service, protocol: u8) {
    if service.is_ipv6 {
        return headers6(builder, service, protocol);
    }
    for (name, ttl, tos, fragment) in [
        ("plain", 64, 0, 0),
        ("tos", 64, 0x03, 0),
        ("tos", 64, 0xb9, 0),
        ("df", 64, 0, DONT_FRAGMENT),
        ("ttl-1", 1, 0, 0),
        ("ttl", 2, 0, 0),
    ] {
        let label = label(service, name, "first");
        let flow = builder.flow(service, protocol, &label);
        let ip = Ip {
            ttl,
            tos,
            fragment,
            id: builder.id(),
            ..flow.ip(Request)
        };
        builder.send_ip(&flow, Request, &label, &ip, &flow.first(b"data"));
    }
    let text = label(service, "options", "first");
    let flow = builder.flow(service, protocol, &text);
    let ip = Ip {
        options: vec![1; 4],
        id: builder.id(),
        ..flow.ip(Request)
    };
    builder.send_ip(&flow, Request, &text, &ip, &flow.first(b"data"));
    let text = label(service, "fragments", "first");
    let flow = builder.flow(service, protocol, &text);
    let (id, transport) = (builder.id(), flow.first(&[7; 60]));
    for (fragment, part) in [(MORE_FRAGMENTS, &transport[..40]), (5, &transport[40..])] {
        let ip = Ip {
            id,
            fragment,
            ..flow.ip(Request)
        };
        builder.send_ip(&flow, Request, &text, &ip, part);
    }
}

/// The same of IPv6.
fn headers6(builder: &mut Builder, service: Service, protocol: u8) {
    let plain =
        |name, hop_limit, class, label, extensions| (name, hop_limit, class, label, extensions);
    for (name, hop_limit, class, flow_label, extensions) in [
        plain("plain", 64, 0, 0, vec![]),
        plain("class", 64, 0x03, 0, vec![]),
        plain("class", 64, 0xb9, 0, vec![]),
        plain("label", 64, 0, 0xabcde, vec![]),
        plain("hop-1", 1, 0, 0, vec![]),
        plain("hop", 2, 0, 0, vec![]),
        plain(
            "destination",
            64,
            0,
            0,
            vec![Extension::options(wire::DESTINATION, 8)],
        ),
        plain(
            "hop-by-hop",
            64,
            0,
            0,
            vec![Extension::options(wire::HOP_BY_HOP, 8)],
        ),
    ] {
        let text = label(service, name, "first");
        let flow = builder.flow(service, protocol, &text);
        let ip = Ip6 {
            hop_limit,
            class,
            label: flow_label,
            extensions,
            ..flow.ip6(Request)
        };
        builder.send_ip6(&flow, Request, &text, &ip, &flow.first(b"data"));
    }
    let text = label(service, "fragments", "first");
    let flow = builder.flow(service, protocol, &text);
    let transport = flow.first(&[7; 60]);
    for (offset, part) in [(0, &transport[..40]), (40, &transport[40..])] {
        let ip = Ip6 {
            extensions: vec![Extension::fragment(offset, offset == 0, 0x5aa5)],
            ..flow.ip6(Request)
        };
        builder.send_ip6(&flow, Request, &text, &ip, part);
    }
}

/// Around what the tunnel leaves of the MTU of 1400: between 1380 and 1332 bytes.
fn sizes(builder: &mut Builder, flow: &Flow) {
    let headers = match (flow.protocol, flow.client.is_ipv6()) {
        (TCP, false) => 40,
        (TCP, true) => 60,
        (_, false) => 28,
        (_, true) => 48,
    };
    for (name, fragment) in [("df", DONT_FRAGMENT), ("fragmentable", 0)] {
        for length in sizes_of(flow.service) {
            let transport = flow.data(Request, &vec![3; length - headers]);
            if flow.client.is_ipv6() {
                // Which has no such flag.
                if fragment == 0 {
                    let label = label(flow.service, "size", "request");
                    builder.send_of(flow, Request, &label, &transport);
                }
                continue;
            }
            let ip = Ip {
                fragment,
                id: builder.id(),
                ..flow.ip(Request)
            };
            let label = label(flow.service, &format!("size-{name}"), "request");
            builder.send_ip(flow, Request, &label, &ip, &transport);
        }
    }
}

fn sizes_of(service: Service) -> &'static [usize] {
    if service.server.is_ipv6() {
        &[
            100, 1328, 1332, 1340, 1344, 1348, 1352, 1356, 1360, 1361, 1400, 1500,
        ]
    } else {
        &[100, 1350, 1360, 1368, 1372, 1376, 1377, 1380, 1400, 1500]
    }
}

/// The packet of the flow in its tunnel, as somebody on the way saw it, and where it begins there.
fn quoted(flow: &Flow) -> (Vec<u8>, usize) {
    let transport = flow.data(Request, &[0x5a; 32]);
    let inner = if flow.client.is_ipv6() {
        Ip6 {
            hop_limit: 63,
            ..flow.ip6(Request)
        }
        .packet(&transport)
    } else {
        Ip {
            id: 77,
            ttl: 63,
            ..flow.ip(Request)
        }
        .packet(&transport)
    };
    let (protocol, payload) = in_tunnel(flow.service, &inner);
    let whole = match flow.service.server {
        IpAddr::V4(server) => Ip {
            id: 4711,
            ttl: 62,
            ..Ip::new(DIRECTOR_INSIDE, server, protocol)
        }
        .packet(&payload),
        IpAddr::V6(server) => Ip6 {
            hop_limit: 62,
            ..Ip6::new(DIRECTOR_INSIDE6, server, protocol)
        }
        .packet(&payload),
    };
    let at = whole.len() - inner.len();
    (whole, at)
}

/// The protocol of the outer header, and what is behind it.
fn in_tunnel(service: Service, inner: &[u8]) -> (u8, Vec<u8>) {
    let as_payload = if service.is_ipv6 { IPV6 } else { IPIP };
    match service.tunnel {
        Tunnel::Ipip => (as_payload, inner.to_vec()),
        Tunnel::Gre => (wire::GRE, wire::gre(inner)),
        Tunnel::GreSum => {
            let plain = wire::gre(inner);
            let whole = [&[0x80, 0][..], &plain[2..4], &[0; 4], inner].concat();
            (wire::GRE, whole)
        }
        Tunnel::Gue | Tunnel::GueSum | Tunnel::GueRemote => {
            let gue = [&[0, as_payload, 0, 0][..], inner].concat();
            let udp = Udp {
                check: Sum::Is(0),
                ..Udp::new((50000, GUE_PORT))
            };
            (UDP, udp.datagram(DIRECTOR_INSIDE, service.server, &gue))
        }
    }
}

fn errors(builder: &mut Builder, flow: &Flow) {
    if flow.service.server.is_ipv6() {
        return errors6(builder, flow);
    }
    let (whole, inner_at) = quoted(flow);
    let mut send = |name: &str, message: &[u8]| {
        let header = Ip {
            id: builder.id(),
            ..Ip::new(flow.service.server, DIRECTOR_INSIDE, ICMP)
        };
        let label = format!("tunnels/error-{name}/{}", flow.service.name());
        builder.send(Side::Servers, &label, header.packet(message), Some(flow));
    };
    for (name, kind, code) in [
        ("unreachable", 3, 1),
        ("unreachable", 3, 13),
        ("time", 11, 0),
        ("parameter", 12, 0),
        ("echo", 8, 0),
    ] {
        send(name, &icmp(kind, code, 0, &whole));
    }
    for (name, length) in cuts(flow, &whole, inner_at) {
        send(name, &icmp(3, 1, 0, &whole[..length]));
    }
    for wrong in damaged(&whole, 20) {
        send("damaged", &icmp(3, 1, 0, &wrong));
    }
}

/// The same by ICMPv6.
fn errors6(builder: &mut Builder, flow: &Flow) {
    let (whole, inner_at) = quoted(flow);
    let ends = (flow.service.server, DIRECTOR_INSIDE6);
    let mut send = |name: &str, kind: u8, code: u8, quoted: &[u8]| {
        let message = icmp6(ends, kind, code, 0, quoted);
        let packet = Ip6::new(ends.0, ends.1, ICMPV6).packet(&message);
        let label = format!("tunnels6/error-{name}/{}", flow.service.name());
        builder.send(Side::Servers, &label, packet, Some(flow));
    };
    for (name, kind, code) in [
        ("unreachable", 1, 0),
        ("unreachable", 1, 3),
        ("unreachable", 1, 1),
        ("time", 3, 0),
        ("parameter", 4, 1),
        ("echo", 128, 0),
    ] {
        send(name, kind, code, &whole);
    }
    for (name, length) in cuts(flow, &whole, inner_at) {
        send(name, 1, 3, &whole[..length]);
    }
    for wrong in damaged(&whole, 40) {
        send("damaged", 1, 3, &wrong);
    }
}

/// How much of the packet is quoted.
fn cuts(flow: &Flow, whole: &[u8], inner_at: usize) -> Vec<(&'static str, usize)> {
    // Eight bytes behind the inner header (RFC 792).
    let enough = inner_at + 8 + if flow.client.is_ipv6() { 40 } else { 20 };
    let outer = if flow.service.server.is_ipv6() {
        40
    } else {
        20
    };
    let fixed = [
        outer - 1,
        outer,
        outer + 4,
        outer + 8,
        inner_at,
        inner_at + 16,
    ];
    fixed
        .into_iter()
        .chain([
            enough - 8,
            enough - 5,
            enough - 4,
            enough - 1,
            enough,
            enough + 12,
        ])
        .map(|length| {
            let name = if length < enough {
                "cut-before-ports"
            } else {
                "cut"
            };
            (name, length.min(whole.len()))
        })
        .collect()
}

/// The packet with a byte behind the outer header, which has so many bytes, that is another one.
fn damaged(whole: &[u8], outer: usize) -> Vec<Vec<u8>> {
    [(0, 0xff), (1, 1), (2, 0x87), (4, 1), (8, 0x41), (9, 0x2a)]
        .iter()
        .map(|(at, value)| {
            let mut wrong = whole.to_vec();
            wrong[outer + at] = *value;
            wrong
        })
        .collect()
}
