// SPDX-License-Identifier: GPL-2.0-only

//! ICMP errors about packets that the director has sent in a tunnel, from the path to the real server.

use crate::{
    site::{
        Side,
        CLIENTS,
        DIRECTOR_INSIDE,
        ROUTER_INSIDE,
        TUN, //
    },
    stream::{
        Builder,
        Direction::Request,
        Flow, //
    },
    wire::{
        icmp,
        Ip,
        DONT_FRAGMENT,
        GRE,
        ICMP,
        IPIP,
        TCP,
        UDP, //
    }, //
};

pub(crate) fn cases(builder: &mut Builder) {
    for protocol in [TCP, UDP] {
        builder.group();
        let flow = builder.flow(TUN, protocol, "tunnel-errors/established");
        builder.open(&flow);
        kinds(builder, &flow);
        cut(builder, &flow);
        damaged(builder, &flow);
        outside(builder, &flow);
        builder.group();
        let flow = builder.flow(TUN, protocol, "tunnel-errors/mtu");
        builder.open(&flow);
        mtus(builder, &flow);
    }
    builder.group();
    unknown(builder);
}

/// The packet in the tunnel.
fn inner(flow: &Flow, fragment: u16) -> Vec<u8> {
    Ip {
        fragment,
        id: 77,
        ttl: 63,
        ..flow.ip(Request)
    }
    .packet(&flow.data(Request, &[0x5a; 32]))
}

fn outer_header(fragment: u16) -> Ip {
    Ip {
        fragment,
        id: 4711,
        ttl: 62,
        ..Ip::new(DIRECTOR_INSIDE, TUN.server4(), IPIP)
    }
}

/// The packet in the tunnel below its outer header.
fn quoted(flow: &Flow, fragment: u16) -> Vec<u8> {
    outer_header(fragment).packet(&inner(flow, fragment))
}

fn send(builder: &mut Builder, flow: &Flow, name: &str, message: &[u8]) {
    let header = Ip {
        id: builder.id(),
        ..Ip::new(TUN.server4(), DIRECTOR_INSIDE, ICMP)
    };
    let label = format!("tunnel-errors/{name}");
    builder.send(Side::Servers, &label, header.packet(message), Some(flow));
}

fn kinds(builder: &mut Builder, flow: &Flow) {
    for kind in (0..20).chain([255]) {
        let name = match kind {
            3 | 4 | 11 => "error",
            5 => "redirect",
            12 => "parameter",
            _ => "no-error",
        };
        send(builder, flow, name, &icmp(kind, 0, 0, &quoted(flow, 0)));
    }
    for code in [1, 2, 3, 5, 9, 10, 13, 16, 255] {
        send(builder, flow, "error", &icmp(3, code, 0, &quoted(flow, 0)));
    }
    send(
        builder,
        flow,
        "error",
        &icmp(11, 1, 0x1234_5678, &quoted(flow, 0)),
    );
}

fn cut(builder: &mut Builder, flow: &Flow) {
    let packet = quoted(flow, 0);
    for length in (0..40).step_by(4).chain(38..72) {
        let name = match length {
            0..48 => "cut-before-ports",
            _ => "cut",
        };
        let part = &packet[..length.min(packet.len())];
        send(builder, flow, name, &icmp(3, 1, 0, part));
    }
}

fn damaged(builder: &mut Builder, flow: &Flow) {
    let right = quoted(flow, 0);
    // In the outer header, then in the inner one.
    for (base, layer) in [(0, "outer"), (20, "inner")] {
        for (at, name, values) in [
            (0, "header", &[0x00, 0x35, 0x40, 0x44, 0x46, 0x4f, 0x65][..]),
            (2, "length", &[0x05, 0xff]),
            (3, "length", &[0x00, 0x13, 0x14, 0x1c]),
            (6, "flags", &[0x20, 0x40, 0x80]),
            (7, "offset", &[0x01, 0xff]),
            (9, "protocol", &[1, 4, 6, 17, 47, 50]),
            (10, "checksum", &[0x00, 0xff]),
        ] {
            for value in values {
                let mut wrong = right.clone();
                if wrong[base + at] == *value {
                    continue;
                }
                wrong[base + at] = *value;
                send(
                    builder,
                    flow,
                    &format!("{layer}-{name}"),
                    &icmp(3, 1, 0, &wrong),
                );
            }
        }
    }
    // Of another tunnel, or of the same tunnel from another address.
    for (from, to, name) in [
        (DIRECTOR_INSIDE, ROUTER_INSIDE, "other-exit"),
        (ROUTER_INSIDE, TUN.server4(), "other-entry"),
    ] {
        let other = Ip {
            from,
            to,
            ..outer_header(0)
        }
        .packet(&inner(flow, 0));
        send(builder, flow, name, &icmp(3, 1, 0, &other));
    }
    let gre = Ip {
        protocol: GRE,
        ..outer_header(0)
    }
    .packet(&crate::wire::gre(&inner(flow, 0)));
    send(builder, flow, "gre", &icmp(3, 1, 0, &gre));
    let options = Ip {
        options: vec![1; 8],
        ..outer_header(0)
    }
    .packet(&inner(flow, 0));
    send(builder, flow, "outer-options", &icmp(3, 1, 0, &options));
}

fn outside(builder: &mut Builder, flow: &Flow) {
    let right = icmp(3, 1, 0, &quoted(flow, 0));
    for check in [[0, 0], [0x12, 0x34]] {
        let mut wrong = right.clone();
        wrong[2..4].copy_from_slice(&check);
        send(builder, flow, "checksum", &wrong);
    }
    for from in [ROUTER_INSIDE, CLIENTS[0]] {
        let header = Ip {
            id: builder.id(),
            ..Ip::new(from, DIRECTOR_INSIDE, ICMP)
        };
        builder.send(
            Side::Servers,
            "tunnel-errors/from-router",
            header.packet(&right),
            Some(flow),
        );
    }
    let header = Ip {
        id: builder.id(),
        options: vec![1; 4],
        ..Ip::new(TUN.server4(), DIRECTOR_INSIDE, ICMP)
    };
    builder.send(
        Side::Servers,
        "tunnel-errors/options",
        header.packet(&right),
        Some(flow),
    );
}

/// Path MTUs of packets that may be fragmented and of such that may not, and what they change.
fn mtus(builder: &mut Builder, flow: &Flow) {
    for (fragment, name) in [(DONT_FRAGMENT, "mtu-df"), (0, "mtu")] {
        for mtu in [
            1350,
            1300,
            0,
            67,
            68,
            552,
            576,
            1200,
            1400,
            1500,
            65535,
            0x0001_0500,
        ] {
            send(
                builder,
                flow,
                name,
                &icmp(3, 4, mtu, &quoted(flow, fragment)),
            );
            for (flags, after) in [(DONT_FRAGMENT, "after-mtu-df"), (0, "after-mtu")] {
                let ip = Ip {
                    id: builder.id(),
                    fragment: flags,
                    ..flow.ip(Request)
                };
                let transport = flow.data(Request, &[0; 1250]);
                let label = format!("tunnel-errors/{after}");
                builder.send_ip(flow, Request, &label, &ip, &transport);
            }
        }
    }
}

/// About flows that there are none of.
fn unknown(builder: &mut Builder) {
    for protocol in [TCP, UDP] {
        let flow = builder.flow(TUN, protocol, "tunnel-errors/unknown");
        for (kind, code, rest) in [(3, 1, 0), (3, 4, 1200), (11, 0, 0)] {
            let message = icmp(kind, code, rest, &quoted(&flow, DONT_FRAGMENT));
            send(builder, &flow, "unknown", &message);
        }
    }
}
