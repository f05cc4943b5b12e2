// SPDX-License-Identifier: GPL-2.0-only

//! What became of a packet, in a word, and in bytes that can be compared.

use std::net::Ipv4Addr;

use crate::{
    site::{
        Side,
        OWN, //
    },
    stream::Step,
    trace::Output,
    wire::{
        checksum,
        describe,
        set_header_checksum,
        ICMP,
        IPIP,
        RST,
        TCP,
        UDP, //
    }, //
};

/// Addresses and type of Ethernet.
const ETHERNET_LEN: usize = 14;
/// The ICMP type.
const TIMESTAMP_REPLY: u8 = 14;

/// The packet of an output, below its Ethernet header if it has one.
fn packet(output: &Output) -> Option<&[u8]> {
    let packet = match output.side {
        Side::Local => &output.bytes[..],
        Side::Client | Side::Servers => {
            let (ethernet, packet) = output.bytes.split_at_checked(ETHERNET_LEN)?;
            (ethernet[12..] == [0x08, 0x00]).then_some(packet)?
        }
    };
    (packet.len() >= 20).then_some(packet)
}

fn source(packet: &[u8]) -> Ipv4Addr {
    Ipv4Addr::new(packet[12], packet[13], packet[14], packet[15])
}

/// What follows the IP header of a packet that is no later fragment.
fn transport(packet: &[u8]) -> &[u8] {
    let is_later = u16::from_be_bytes([packet[6], packet[7]]) & 0x1fff != 0;
    let header_len = if is_later {
        packet.len()
    } else {
        usize::from(packet[0] & 15) * 4
    };
    packet.get(header_len..).unwrap_or(&[])
}

fn is_reset(packet: &[u8]) -> bool {
    transport(packet)
        .get(13)
        .is_some_and(|flags| flags & RST != 0)
}

/// Of an output: where it is, and what it is; `client:icmp-3/4`.
fn word(output: &Output) -> String {
    let side = output.side.name();
    if output.side == Side::Local {
        return side.to_owned();
    }
    let Some(packet) = packet(output) else {
        return format!("{side}:other");
    };
    match (packet[9], transport(packet)) {
        (ICMP, [kind, code, ..]) => format!("{side}:icmp-{kind}/{code}"),
        (ICMP, _) => format!("{side}:icmp"),
        (TCP, _) if is_reset(packet) => format!("{side}:reset"),
        (TCP, _) => format!("{side}:tcp"),
        (UDP, _) => format!("{side}:udp"),
        (IPIP, _) => format!("{side}:ipip"),
        (other, _) => format!("{side}:protocol-{other}"),
    }
}

/// All that came of a packet: `nothing`, or words with how often each is there, such as `servers:udp*2`.
pub(crate) fn of(outputs: &[Output]) -> String {
    let mut words: Vec<(String, usize)> = Vec::new();
    for output in outputs {
        let word = word(output);
        match words.last_mut() {
            Some((last, count)) if *last == word => *count += 1,
            _ => words.push((word, 1)),
        }
    }
    if words.is_empty() {
        return "nothing".to_owned();
    }
    let words: Vec<String> = words
        .into_iter()
        .map(|(word, count)| {
            if count == 1 {
                word
            } else {
                format!("{word}*{count}")
            }
        })
        .collect();
    words.join("+")
}

/// The bytes that have to be the same: all, but what the kernel chooses for a packet that the director itself makes, another
/// each time, which is no matter of the load balancer: the identification, and the time of a timestamp reply. Packets of a
/// client or a real server, and ICMP errors of theirs that are translated, keep the identification that they came with.
fn comparable(step: &Step, output: &Output) -> Vec<u8> {
    let mut bytes = output.bytes.clone();
    if output.side == Side::Local {
        return bytes;
    }
    let is_chosen = packet(output).is_some_and(|packet| is_the_directors(step, packet));
    if is_chosen {
        let packet = &mut bytes[ETHERNET_LEN..];
        packet[4..6].fill(0);
        set_header_checksum(packet);
        if packet[9] == ICMP && packet.get(20) == Some(&TIMESTAMP_REPLY) {
            // The times, and the checksum that goes with them.
            packet[22..24].fill(0);
            packet[28..].fill(0);
        }
    }
    bytes
}

/// The names of the fields in which two outputs differ, those of what is in a tunnel or in an ICMP error behind a dot.
pub(crate) fn fields(step: &Step, ip_vs: &Output, rvs: &Output) -> Vec<String> {
    let ethernet_len = if ip_vs.side == Side::Local {
        0
    } else {
        ETHERNET_LEN
    };
    let (ip_vs, rvs) = (comparable(step, ip_vs), comparable(step, rvs));
    let mut names = Vec::new();
    if ip_vs == rvs {
        return names;
    }
    if ip_vs.len() != rvs.len() {
        names.push("size".to_owned());
    }
    if ip_vs.get(..ethernet_len) != rvs.get(..ethernet_len) {
        names.push("frame".to_owned());
    }
    if let (Some(ip_vs), Some(rvs)) = (ip_vs.get(ethernet_len..), rvs.get(ethernet_len..)) {
        fields_of_packet("", ip_vs, rvs, &mut names);
    }
    if tells_time(&step.packet) && names.iter().any(|name| name.ends_with("options")) {
        names.retain(|name| !["options", "checksum"].contains(&name.trim_start_matches("inner.")));
    }
    names
}

/// Whether the IP options of a packet may ask for the time, which is another one each time.
fn tells_time(packet: &[u8]) -> bool {
    const TIMESTAMP: u8 = 68;
    let header_len = packet
        .first()
        .map_or(0, |first| usize::from(first & 15) * 4);
    packet
        .get(20..header_len)
        .is_some_and(|options| options.contains(&TIMESTAMP))
}

/// Parts of an IPv4 header.
const HEADER: [(&str, std::ops::Range<usize>); 9] = [
    ("version", 0..1),
    ("tos", 1..2),
    ("length", 2..4),
    ("id", 4..6),
    ("fragment", 6..8),
    ("ttl", 8..9),
    ("protocol", 9..10),
    ("checksum", 10..12),
    ("addresses", 12..20),
];

fn fields_of_packet(of: &str, ip_vs: &[u8], rvs: &[u8], names: &mut Vec<String>) {
    let differ = |range: std::ops::Range<usize>| ip_vs.get(range.clone()) != rvs.get(range);
    for (name, range) in HEADER {
        if differ(range) {
            names.push(format!("{of}{name}"));
        }
    }
    let Some(first) = ip_vs.first().filter(|first| **first >> 4 == 4) else {
        return;
    };
    let header_len = usize::from(first & 15) * 4;
    if differ(20..header_len.max(20)) {
        names.push(format!("{of}options"));
    }
    // Where it is sent a wrong one is worth a name of its own.
    if of.is_empty()
        && rvs
            .get(..header_len)
            .is_some_and(|header| checksum(&[header]) != 0)
    {
        names.push("wrong-checksum".to_owned());
    }
    let (Some(ip_vs_rest), Some(rvs_rest)) = (ip_vs.get(header_len..), rvs.get(header_len..))
    else {
        return;
    };
    let differ =
        |range: std::ops::Range<usize>| ip_vs_rest.get(range.clone()) != rvs_rest.get(range);
    match ip_vs.get(9) {
        Some(&IPIP) => {
            return fields_of_packet(&format!("{of}inner."), ip_vs_rest, rvs_rest, names)
        }
        Some(&ICMP) if ip_vs_rest.len() > 8 && rvs_rest.len() > 8 => {
            if differ(2..4) {
                names.push(format!("{of}icmp-checksum"));
            }
            if differ(0..2) || differ(4..8) {
                names.push(format!("{of}icmp"));
            }
            return fields_of_packet(
                &format!("{of}about."),
                &ip_vs_rest[8..],
                &rvs_rest[8..],
                names,
            );
        }
        Some(&UDP) if differ(6..8) => names.push(match rvs_rest.get(6..8) {
            Some([0, 0]) => format!("{of}udp-checksum-absent"),
            _ => format!("{of}udp-checksum"),
        }),
        Some(&TCP) if differ(16..18) => names.push(format!("{of}tcp-checksum")),
        _ => {}
    }
    let (check, end) = match ip_vs.get(9) {
        Some(&UDP) => (6..8, 8),
        Some(&TCP) => (16..18, 20),
        _ => (0..0, 0),
    };
    if differ(0..check.start) || differ(check.end..end) {
        names.push(format!("{of}transport"));
    }
    if ip_vs_rest.get(end..) != rvs_rest.get(end..) {
        names.push(format!("{of}data"));
    }
}

fn is_the_directors(step: &Step, packet: &[u8]) -> bool {
    OWN.contains(&source(packet))
        && match packet[9] {
            IPIP => true,
            TCP => is_reset(packet) && step.side == Side::Client,
            ICMP => !is_translated(step, packet),
            _ => false,
        }
}

/// Whether the packet sent is an ICMP error about TCP or UDP, and this one is what a translation makes of it.
fn is_translated(step: &Step, packet: &[u8]) -> bool {
    let is_icmp = step.packet.len() >= 20 && step.packet[9] == ICMP;
    let sent = if is_icmp {
        transport(&step.packet)
    } else {
        &[]
    };
    is_icmp
        && matches!(sent.get(17), Some(&(TCP | UDP)))
        && transport(packet).get(..2) == sent.get(..2)
        && step.packet.len() == packet.len()
}

/// What the outputs are, a line each.
pub(crate) fn lines(outputs: &[Output]) -> Vec<String> {
    outputs
        .iter()
        .map(|output| {
            let side = output.side.name();
            match packet(output) {
                Some(packet) => format!("{side}: {}", describe(packet)),
                None => format!(
                    "{side}: {} bytes that are no packet of IPv4",
                    output.bytes.len()
                ),
            }
        })
        .collect()
}
