// SPDX-License-Identifier: GPL-2.0-only

//! Right packets in which some bytes have changed.

use crate::{
    site::{
        Site,
        DIRECTOR_INSIDE,
        FORWARDING,
        FORWARDING6,
        TUN,
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
        checksum,
        icmp,
        icmp6,
        set_header_checksum,
        Ip,
        Ip6,
        ICMP,
        ICMPV6,
        IPIP,
        SCTP,
        TCP,
        UDP, //
    }, //
};

pub(crate) fn packets(builder: &mut Builder) {
    packets_of(builder, &V4);
}

pub(crate) fn packets6(builder: &mut Builder) {
    packets_of(builder, &V6);
}

/// Packets of a flow, new or established.
fn packets_of(builder: &mut Builder, site: &Site) {
    let established = builder.random.one_in(2);
    for _ in 0..6 {
        let service = *builder.random.of(site.forwarding);
        let protocol = *builder.random.of(&[TCP, UDP, SCTP]);
        let age = if established { "established" } else { "first" };
        let label = format!("mutations{}/{age}/{}", site.suffix, service.name());
        let flow = builder.flow(service, protocol, &label);
        if established {
            builder.open(&flow);
        }
        let direction = if established {
            *builder.random.of(flow.directions())
        } else {
            Request
        };
        let transport = if established {
            flow.data(direction, &[7; 30])
        } else {
            flow.first(&[7; 30])
        };
        let id = builder.id();
        let packet = if flow.client.is_ipv6() {
            mutated6(builder, flow.ip6(direction).packet(&transport))
        } else {
            let ip = Ip {
                id,
                ..flow.ip(direction)
            };
            mutated(builder, ip.packet(&transport))
        };
        let label = format!("{label}/{}", direction.name());
        builder.send(direction.side(), &label, packet, Some(&flow));
    }
}

/// ICMP errors about packets of a flow. "Fragmentation needed" would be remembered, and is left to the cases.
pub(crate) fn errors(builder: &mut Builder) {
    let service = *builder.random.of(&FORWARDING);
    let protocol = *builder.random.of(&[TCP, UDP, SCTP]);
    let flow = builder.flow(
        service,
        protocol,
        &format!("mutations/error/{}", service.name()),
    );
    builder.open(&flow);
    for _ in 0..8 {
        let about = *builder.random.of(&[Request, Reply]);
        let (header, quoted) = error(&flow, about);
        let (kind, code) =
            *builder
                .random
                .of(&[(3, 0), (3, 1), (3, 3), (3, 13), (11, 0), (11, 1), (4, 0)]);
        let id = builder.id();
        let packet = Ip { id, ..header }.packet(&icmp(kind, code, 0, &quoted));
        let packet = mutated(builder, packet);
        if packet.get(20..22) == Some(&[3, 4]) {
            continue;
        }
        let from = match about {
            Request => "from-server",
            Reply => "from-client",
        };
        let side = match about {
            Request => Direction::Reply.side(),
            Reply => Direction::Request.side(),
        };
        let label = format!("mutations/error/{}/{from}", service.name());
        builder.send(side, &label, packet, Some(&flow));
    }
}

/// The same of IPv6. "Packet too big" would be remembered.
pub(crate) fn errors6(builder: &mut Builder) {
    let service = *builder.random.of(&FORWARDING6);
    let protocol = *builder.random.of(&[TCP, UDP, SCTP]);
    let name = service.name();
    let flow = builder.flow(service, protocol, &format!("mutations6/error/{name}"));
    builder.open(&flow);
    for _ in 0..8 {
        let about = if service.has_replies() {
            *builder.random.of(&[Request, Reply])
        } else {
            Reply
        };
        let (from, to, side, who) = match about {
            Request => (service.server, flow.client, Reply.side(), "from-server"),
            Reply => (flow.client, service.vip(), Request.side(), "from-client"),
        };
        let (kind, code) = *builder
            .random
            .of(&[(1, 0), (1, 1), (1, 3), (1, 4), (3, 0), (3, 1)]);
        let message = icmp6((from, to), kind, code, 0, &flow.seen(about, &[9; 24]));
        let packet = Ip6::new(from, to, ICMPV6).packet(&message);
        let packet = mutated6(builder, packet);
        if packet.get(40) == Some(&2) {
            continue;
        }
        let label = format!("mutations6/error/{name}/{who}");
        builder.send(side, &label, packet, Some(&flow));
    }
}

/// Changes up to four bytes behind the addresses and ports, or the length, and cuts the end off sometimes.
fn mutated6(builder: &mut Builder, mut packet: Vec<u8>) -> Vec<u8> {
    let is_error = packet[6] == ICMPV6;
    for _ in 0..1 + builder.random.below(4) {
        let at = builder.random.below(packet.len());
        let stays = at < 8 || (8..40).contains(&at) || !is_error && (40..44).contains(&at);
        if !stays {
            packet[at] = if builder.random.one_in(4) {
                *builder.random.of(&[0, 1, 0x7f, 0x80, 0xff])
            } else {
                builder.random.byte()
            };
        }
    }
    if builder.random.one_in(6) {
        let length = 40 + builder.random.below(packet.len() - 40);
        packet.truncate(length);
        if builder.random.one_in(2) {
            packet[4..6].copy_from_slice(&((length - 40) as u16).to_be_bytes());
        }
    }
    if is_error && packet.len() >= 48 && !builder.random.one_in(4) {
        let ends: [[u8; 16]; 2] =
            [8, 24].map(|at| packet[at..at + 16].try_into().expect("there are addresses"));
        let [from, to] = ends;
        let rest = u32::from_be_bytes([packet[44], packet[45], packet[46], packet[47]]);
        let message = icmp6((from, to), packet[40], packet[41], rest, &packet[48..]);
        packet[40..].copy_from_slice(&message);
    }
    packet
}

/// Who sends an error to whom about a packet of this direction, and what it quotes.
fn error(flow: &Flow, about: Direction) -> (Ip, Vec<u8>) {
    let quoted = flow.seen(about, &[9; 24]);
    match about {
        Reply => (Ip::new(flow.client, flow.service.vip(), ICMP), quoted),
        Request if flow.service == TUN => {
            let outer = Ip::new(DIRECTOR_INSIDE, TUN.server4(), IPIP).packet(&quoted);
            (Ip::new(TUN.server4(), DIRECTOR_INSIDE, ICMP), outer)
        }
        Request => (Ip::new(flow.service.server, flow.client, ICMP), quoted),
    }
}

/// Changes up to four bytes, and cuts the end off sometimes. Addresses, protocol and ports of the outermost headers stay,
/// so that the packet gets where it is to be looked at, and its connection is the flow's; a fragment would wait for the rest.
fn mutated(builder: &mut Builder, mut packet: Vec<u8>) -> Vec<u8> {
    let stays = |at: usize| matches!(at, 0 | 4..=9 | 10..=23);
    for _ in 0..1 + builder.random.below(4) {
        let at = builder.random.below(packet.len());
        if !stays(at) {
            packet[at] = if builder.random.one_in(4) {
                *builder.random.of(&[0, 1, 0x7f, 0x80, 0xff])
            } else {
                builder.random.byte()
            };
        }
    }
    if builder.random.one_in(6) {
        packet[0] = 0x40 | builder.random.byte() & 0x0f;
    }
    if builder.random.one_in(6) {
        let length = 20 + builder.random.below(packet.len() - 20);
        packet.truncate(length);
        if builder.random.one_in(2) {
            packet[2..4].copy_from_slice(&(length as u16).to_be_bytes());
        }
    }
    set_header_checksum(&mut packet);
    if packet[9] == ICMP && !builder.random.one_in(4) {
        set_icmp_checksum(&mut packet);
    }
    packet
}

/// Few errors with a wrong checksum are worth more than that.
fn set_icmp_checksum(packet: &mut [u8]) {
    let start = usize::from(packet[0] & 0x0f) * 4;
    let Some(message) = packet.get_mut(start..).filter(|message| message.len() >= 8) else {
        return;
    };
    message[2..4].fill(0);
    let check = checksum(&[message]);
    message[2..4].copy_from_slice(&check.to_be_bytes());
}
