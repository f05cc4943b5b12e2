// SPDX-License-Identifier: GPL-2.0-only

//! ICMP errors about packets of connections, from either side, whole, damaged and cut off; and other ICMP messages.

use crate::{
    site::{
        Service,
        Side,
        CLIENTS,
        DIRECTOR,
        DIRECTOR_INSIDE,
        DR,
        FORWARDING,
        NAT,
        ROUTER,
        ROUTER_INSIDE,
        TUN,
        VIP, //
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
        icmp,
        Ip,
        ICMP,
        MORE_FRAGMENTS,
        TCP,
        UDP, //
    }, //
};

/// Data of the packets that errors are about: some errors quote more than eight bytes of the transport part.
const PAYLOAD: &[u8] = &[0x5a; 40];

pub(crate) fn cases(builder: &mut Builder) {
    for service in FORWARDING {
        for protocol in [TCP, UDP] {
            builder.group();
            let label = format!("icmp/established/{}", service.name());
            let flow = builder.flow(service, protocol, &label);
            builder.open(&flow);
            for about in flow
                .directions()
                .iter()
                .map(|direction| opposite(*direction))
            {
                kinds(builder, &flow, about);
                cut(builder, &flow, about);
                damaged(builder, &flow, about);
                outside(builder, &flow, about);
            }
            if !service.has_replies() {
                // What a real server would hear of a request, had the director sent it by NAT.
                whole(builder, &flow, Request, "of-server", 3, 1, 0);
            }
        }
    }
    builder.group();
    unknown(builder);
    builder.group();
    other_messages(builder);
    builder.group();
    mtus(builder);
}

fn opposite(direction: Direction) -> Direction {
    match direction {
        Request => Reply,
        Reply => Request,
    }
}

/// Of the label: who the error comes from.
fn from_name(about: Direction) -> &'static str {
    match about {
        Request => "from-server",
        Reply => "from-client",
    }
}

fn label(flow: &Flow, about: Direction, name: &str) -> String {
    format!("icmp/{name}/{}/{}", flow.service.name(), from_name(about))
}

/// The header of an error about a packet of this direction, from the end that got it.
fn header(builder: &mut Builder, flow: &Flow, about: Direction) -> Ip {
    let (from, to) = match about {
        Request => (flow.service.server, flow.client),
        Reply => (flow.client, flow.service.vip()),
    };
    Ip {
        id: builder.id(),
        ..Ip::new(from, to, ICMP)
    }
}

fn side(about: Direction) -> Side {
    opposite(about).side()
}

fn send(builder: &mut Builder, flow: &Flow, about: Direction, name: &str, message: &[u8]) {
    let header = header(builder, flow, about);
    let label = label(flow, about, name);
    builder.send(side(about), &label, header.packet(message), Some(flow));
}

fn whole(
    builder: &mut Builder,
    flow: &Flow,
    about: Direction,
    name: &str,
    kind: u8,
    code: u8,
    rest: u32,
) {
    let message = icmp(kind, code, rest, &flow.seen(about, PAYLOAD));
    send(builder, flow, about, name, &message);
}

/// Each type, and the codes of those that are errors. "Fragmentation needed" is for `mtus`, as it is remembered.
fn kinds(builder: &mut Builder, flow: &Flow, about: Direction) {
    for kind in (0..44).chain([253, 254, 255]) {
        let name = match kind {
            3 | 4 | 11 => "error",
            5 => "redirect",
            12 => "parameter",
            _ => "no-error",
        };
        whole(builder, flow, about, name, kind, 0, 0);
    }
    for code in [1, 2, 3, 5, 9, 10, 13, 15, 16, 255] {
        whole(builder, flow, about, "error", 3, code, 0);
        whole(builder, flow, about, "error", 11, code, 0);
    }
    whole(builder, flow, about, "error", 11, 0, 0x1234_5678);
}

/// The quoted packet ends anywhere.
fn cut(builder: &mut Builder, flow: &Flow, about: Direction) {
    let packet = flow.seen(about, PAYLOAD);
    for length in (0..20).step_by(3).chain(18..50) {
        let name = match length {
            0..28 => "cut-before-ports",
            _ => "cut",
        };
        let quoted = &packet[..length.min(packet.len())];
        send(builder, flow, about, name, &icmp(3, 1, 0, quoted));
    }
    for length in 0..8 {
        let message = icmp(3, 1, 0, &packet);
        send(builder, flow, about, "cut-header", &message[..length]);
    }
}

/// The quoted packet lies: about itself, or is another one.
fn damaged(builder: &mut Builder, flow: &Flow, about: Direction) {
    let right = flow.seen(about, PAYLOAD);
    let byte = |at: usize, value: u8| {
        let mut wrong = right.clone();
        wrong[at] = value;
        wrong
    };
    for value in [0x00, 0x05, 0x35, 0x40, 0x44, 0x46, 0x4f, 0x55, 0x65, 0xff] {
        let name = if value >> 4 == 4 {
            "inside-header"
        } else {
            "inside-version"
        };
        send(builder, flow, about, name, &icmp(3, 1, 0, &byte(0, value)));
    }
    for (high, low) in [
        (0, 0),
        (0, 1),
        (0, 19),
        (0, 20),
        (0, 27),
        (0, 28),
        (5, 220),
        (255, 255),
    ] {
        let mut wrong = right.clone();
        wrong[2..4].copy_from_slice(&[high, low]);
        let name = if high == 0 && low < 28 {
            "inside-length-short"
        } else {
            "inside-length"
        };
        send(builder, flow, about, name, &icmp(3, 1, 0, &wrong));
    }
    for fragment in [0x2000u16, 0x2001, 0x0001, 0x1fff, 0x4000, 0x8000] {
        let mut wrong = right.clone();
        wrong[6..8].copy_from_slice(&fragment.to_be_bytes());
        let name = if fragment & 0x1fff == 0 {
            "inside-flags"
        } else {
            "inside-later-fragment"
        };
        send(builder, flow, about, name, &icmp(3, 1, 0, &wrong));
    }
    for ttl in [0, 1, 255] {
        send(
            builder,
            flow,
            about,
            "inside-ttl",
            &icmp(11, 0, 0, &byte(8, ttl)),
        );
    }
    for protocol in [0, 1, 4, 6, 17, 41, 47, 50, 51, 132, 255] {
        if protocol != flow.protocol {
            send(
                builder,
                flow,
                about,
                "inside-protocol",
                &icmp(3, 1, 0, &byte(9, protocol)),
            );
        }
    }
    for check in [0, 0x55, 0xff] {
        send(
            builder,
            flow,
            about,
            "inside-ip-checksum",
            &icmp(3, 1, 0, &byte(10, check)),
        );
    }
    let transport_check = if flow.protocol == TCP { 36 } else { 26 };
    for check in [0, 0x55, 0xff] {
        let wrong = byte(transport_check, check);
        send(
            builder,
            flow,
            about,
            "inside-checksum",
            &icmp(3, 1, 0, &wrong),
        );
    }
    if flow.protocol == UDP {
        let mut without = right.clone();
        without[26..28].fill(0);
        send(
            builder,
            flow,
            about,
            "inside-no-checksum",
            &icmp(3, 1, 0, &without),
        );
    }
    // With options, and an end in the middle of them.
    let with_options = Ip {
        options: vec![1; 12],
        ..flow.seen_ip(about)
    }
    .packet(&right[20..]);
    send(
        builder,
        flow,
        about,
        "inside-options",
        &icmp(3, 1, 0, &with_options),
    );
    for length in [20, 24, 32, 36, 39] {
        let quoted = &with_options[..length];
        send(
            builder,
            flow,
            about,
            "inside-options-cut",
            &icmp(3, 1, 0, quoted),
        );
    }
    // An error about an error.
    let error = Ip {
        protocol: ICMP,
        ..flow.seen_ip(about)
    }
    .packet(&icmp(3, 1, 0, &right));
    send(builder, flow, about, "about-error", &icmp(3, 1, 0, &error));
}

/// What is outside is wrong, or seldom.
fn outside(builder: &mut Builder, flow: &Flow, about: Direction) {
    let right = icmp(3, 1, 0, &flow.seen(about, PAYLOAD));
    for check in [[0, 0], [0x12, 0x34], [0xff, 0xff]] {
        let mut wrong = right.clone();
        wrong[2..4].copy_from_slice(&check);
        send(builder, flow, about, "checksum", &wrong);
    }
    for ttl in [0, 1, 2] {
        let header = Ip {
            ttl,
            ..header(builder, flow, about)
        };
        let label = label(flow, about, &format!("ttl-{ttl}"));
        builder.send(side(about), &label, header.packet(&right), Some(flow));
    }
    let header = Ip {
        options: vec![1; 8],
        ..header(builder, flow, about)
    };
    let packet = header.packet(&right);
    builder.send(
        side(about),
        &label(flow, about, "options"),
        packet,
        Some(flow),
    );
    from_routers(builder, flow, about, &right);
    fragmented(builder, flow, about, &right);
}

/// Routers send errors, too.
fn from_routers(builder: &mut Builder, flow: &Flow, about: Direction, message: &[u8]) {
    let routers = match about {
        Request => [ROUTER_INSIDE, DIRECTOR_INSIDE, ROUTER],
        Reply => [ROUTER, CLIENTS[3], ROUTER_INSIDE],
    };
    for from in routers {
        let header = Ip {
            from,
            ..header(builder, flow, about)
        };
        let label = label(flow, about, "from-router");
        builder.send(side(about), &label, header.packet(message), Some(flow));
    }
    // To the director itself rather than to whom the packet came from.
    for to in [DIRECTOR, DIRECTOR_INSIDE] {
        let header = Ip {
            to,
            ..header(builder, flow, about)
        };
        let label = label(flow, about, "to-director");
        builder.send(side(about), &label, header.packet(message), Some(flow));
    }
}

/// An error in two fragments.
fn fragmented(builder: &mut Builder, flow: &Flow, about: Direction, message: &[u8]) {
    let label = label(flow, about, "fragmented");
    let header = header(builder, flow, about);
    for (fragment, part) in [(MORE_FRAGMENTS, &message[..40]), (5, &message[40..])] {
        let header = Ip {
            fragment,
            ..header.clone()
        };
        builder.send(side(about), &label, header.packet(part), Some(flow));
    }
}

/// About connections that there are none of.
fn unknown(builder: &mut Builder) {
    for service in FORWARDING {
        for protocol in [TCP, UDP] {
            let flow = builder.flow(service, protocol, "icmp/unknown");
            for about in [Request, Reply] {
                for (kind, code, rest) in [(3, 1, 0), (3, 3, 0), (3, 4, 1300), (11, 0, 0)] {
                    whole(builder, &flow, about, "unknown", kind, code, rest);
                }
            }
        }
    }
}

/// ICMP that is no error.
fn other_messages(builder: &mut Builder) {
    for to in [VIP, DIRECTOR] {
        for kind in [0, 8, 9, 10, 13, 15, 17, 30, 37, 42] {
            let header = Ip {
                id: builder.id(),
                ..Ip::new(CLIENTS[0], to, ICMP)
            };
            let packet = header.packet(&icmp(kind, 0, 0x0001_0002, b"echo"));
            builder.send(Side::Client, "icmp/message/director", packet, None);
        }
    }
    for (from, to, side) in [
        (CLIENTS[0], NAT.server4(), Side::Client),
        (NAT.server4(), CLIENTS[0], Side::Servers),
        (DR.server4(), CLIENTS[1], Side::Servers),
        (TUN.server4(), DIRECTOR_INSIDE, Side::Servers),
    ] {
        for kind in [0, 8, 13] {
            let header = Ip {
                id: builder.id(),
                ..Ip::new(from, to, ICMP)
            };
            let packet = header.packet(&icmp(kind, 0, 0x0001_0002, b"echo"));
            builder.send(side, "icmp/message/forwarded", packet, None);
        }
    }
}

/// Path MTUs, sensible and not, and what they change for packets after them.
fn mtus(builder: &mut Builder) {
    for service in FORWARDING {
        for protocol in [TCP, UDP] {
            let label = format!("icmp/mtu/{}", service.name());
            let flow = builder.flow(service, protocol, &label);
            builder.open(&flow);
            for mtu in [
                0,
                1,
                67,
                68,
                575,
                576,
                1200,
                1399,
                1500,
                65535,
                0x10000,
                u32::MAX,
            ] {
                for about in flow
                    .directions()
                    .iter()
                    .map(|direction| opposite(*direction))
                {
                    whole(builder, &flow, about, "mtu", 3, 4, mtu);
                }
            }
            after_mtu(builder, &flow, service);
        }
    }
}

fn after_mtu(builder: &mut Builder, flow: &Flow, service: Service) {
    for direction in flow.directions() {
        let label = format!("icmp/after-mtu/{}/{}", service.name(), direction.name());
        for length in [100, 1300] {
            let transport = flow.data(*direction, &vec![0; length]);
            builder.send_of(flow, *direction, &label, &transport);
        }
    }
}
