// SPDX-License-Identifier: GPL-2.0-only

//! Right packets in which some bytes have changed.

use crate::{
    site::{
        DIRECTOR_INSIDE,
        FORWARDING,
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
        checksum,
        icmp,
        set_header_checksum,
        Ip,
        ICMP,
        IPIP,
        TCP,
        UDP, //
    }, //
};

/// Packets of a flow, new or established.
pub(crate) fn packets(builder: &mut Builder) {
    let established = builder.random.one_in(2);
    for _ in 0..6 {
        let service = *builder.random.of(&FORWARDING);
        let protocol = *builder.random.of(&[TCP, UDP]);
        let age = if established { "established" } else { "first" };
        let label = format!("mutations/{age}/{}", service.name());
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
        let packet = Ip {
            id,
            ..flow.ip(direction)
        }
        .packet(&transport);
        let packet = mutated(builder, packet);
        let label = format!("{label}/{}", direction.name());
        builder.send(direction.side(), &label, packet, Some(&flow));
    }
}

/// ICMP errors about packets of a flow. "Fragmentation needed" would be remembered, and is left to the cases.
pub(crate) fn errors(builder: &mut Builder) {
    let service = *builder.random.of(&FORWARDING);
    let protocol = *builder.random.of(&[TCP, UDP]);
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

/// Who sends an error to whom about a packet of this direction, and what it quotes.
fn error(flow: &Flow, about: Direction) -> (Ip, Vec<u8>) {
    let quoted = flow.seen(about, &[9; 24]);
    match about {
        Reply => (Ip::new(flow.client, VIP, ICMP), quoted),
        Request if flow.service == TUN => {
            let outer = Ip::new(DIRECTOR_INSIDE, TUN.server, IPIP).packet(&quoted);
            (Ip::new(TUN.server, DIRECTOR_INSIDE, ICMP), outer)
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
