// SPDX-License-Identifier: GPL-2.0-only

//! What became of a packet, in a word, and in bytes that can be compared.

use std::net::IpAddr;

use crate::{
    site::{
        Side,
        DIRECTOR_INSIDE,
        DIRECTOR_INSIDE6,
        GUE_PORT,
        OWN,
        OWN6, //
    },
    stream::Step,
    trace::Output,
    wire::{
        checksum,
        describe,
        payload,
        protocol,
        set_header_checksum,
        FRAGMENT,
        GRE,
        ICMP,
        ICMPV6,
        IPIP,
        IPV6,
        RST,
        SCTP,
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
            [[0x08, 0x00], [0x86, 0xdd]]
                .iter()
                .any(|kind| ethernet[12..] == *kind)
                .then_some(packet)?
        }
    };
    let least = if is_v6(packet) { 40 } else { 20 };
    (packet.len() >= least).then_some(packet)
}

fn is_v6(packet: &[u8]) -> bool {
    packet.first().is_some_and(|first| first >> 4 == 6)
}

/// Whether the director is who a packet comes from.
fn is_own(packet: &[u8]) -> bool {
    let source: IpAddr = if is_v6(packet) {
        <[u8; 16]>::try_from(&packet[8..24])
            .unwrap_or_default()
            .into()
    } else {
        [packet[12], packet[13], packet[14], packet[15]].into()
    };
    OWN.iter().any(|own| source == *own) || OWN6.iter().any(|own| source == *own)
}

/// What follows the headers of a packet that is no later fragment.
fn transport(packet: &[u8]) -> &[u8] {
    payload(packet)
        .and_then(|(_, at)| packet.get(at..))
        .unwrap_or(&[])
}

fn is_reset(packet: &[u8]) -> bool {
    transport(packet)
        .get(13)
        .is_some_and(|flags| flags & RST != 0)
}

/// Whether it is a packet of the director's in GUE.
fn is_gue(packet: &[u8]) -> bool {
    let is_from_inside = if is_v6(packet) {
        packet[8..24] == DIRECTOR_INSIDE6.octets()
    } else {
        packet[12..16] == DIRECTOR_INSIDE.octets()
    };
    is_from_inside
        && payload(packet).is_some_and(|(protocol, _)| protocol == UDP)
        && transport(packet).get(2..4) == Some(&GUE_PORT.to_be_bytes())
}

/// Whether it may be a later fragment of such a one: the director's, and none of the packet sent.
fn is_gue_later(step: &Step, packet: &[u8]) -> bool {
    packet[12..16] == DIRECTOR_INSIDE.octets()
        && payload(packet).is_none()
        && step.packet.get(12..16) != Some(&packet[12..16])
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
    let protocol = protocol(packet).unwrap_or_default();
    match (protocol, transport(packet)) {
        (ICMP, [kind, code, ..]) => format!("{side}:icmp-{kind}/{code}"),
        (ICMP, _) => format!("{side}:icmp"),
        (ICMPV6, [kind, code, ..]) => format!("{side}:icmp6-{kind}/{code}"),
        (ICMPV6, _) => format!("{side}:icmp6"),
        (FRAGMENT, _) if is_v6(packet) => format!("{side}:fragment"),
        (TCP, _) if is_reset(packet) => format!("{side}:reset"),
        (TCP, _) => format!("{side}:tcp"),
        (UDP, _) if is_gue(packet) => format!("{side}:gue"),
        (UDP, _) => format!("{side}:udp"),
        (SCTP, _) => format!("{side}:sctp"),
        (GRE, _) => format!("{side}:gre"),
        (IPIP | IPV6, _) => format!("{side}:ipip"),
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
    if packet(output).is_some_and(is_v6) {
        // The identification of fragments.
        let packet = &mut bytes[ETHERNET_LEN..];
        if packet[6] == FRAGMENT && packet.len() >= 48 {
            packet[44..48].fill(0);
        }
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

/// Parts of an IPv6 header.
const HEADER6: [(&str, std::ops::Range<usize>); 6] = [
    ("version", 0..1),
    ("class-label", 1..4),
    ("length", 4..6),
    ("next", 6..7),
    ("ttl", 7..8),
    ("addresses", 8..40),
];

fn fields_of_packet(of: &str, ip_vs: &[u8], rvs: &[u8], names: &mut Vec<String>) {
    let differ = |range: std::ops::Range<usize>| ip_vs.get(range.clone()) != rvs.get(range);
    if is_v6(ip_vs) && is_v6(rvs) {
        for (name, range) in HEADER6 {
            if differ(range) {
                names.push(format!("{of}{name}"));
            }
        }
        let Some((protocol, at)) = payload(ip_vs) else {
            if differ(40..ip_vs.len().max(rvs.len())) {
                names.push(format!("{of}fragment"));
            }
            return;
        };
        if differ(40..at) {
            names.push(format!("{of}extensions"));
        }
        return fields_of_payload(of, protocol, ip_vs.get(at..), rvs.get(at..), names);
    }
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
    let Some(protocol) = ip_vs.get(9) else {
        return;
    };
    fields_of_payload(
        of,
        *protocol,
        ip_vs.get(header_len..),
        rvs.get(header_len..),
        names,
    );
}

fn fields_of_payload(
    of: &str,
    protocol: u8,
    ip_vs: Option<&[u8]>,
    rvs: Option<&[u8]>,
    names: &mut Vec<String>,
) {
    let (Some(ip_vs_rest), Some(rvs_rest)) = (ip_vs, rvs) else {
        return;
    };
    let differ =
        |range: std::ops::Range<usize>| ip_vs_rest.get(range.clone()) != rvs_rest.get(range);
    match protocol {
        IPIP | IPV6 => {
            return fields_of_packet(&format!("{of}inner."), ip_vs_rest, rvs_rest, names)
        }
        // The header, and the packet in it.
        GRE => {
            let has_checksum = ip_vs_rest.first().is_some_and(|flags| flags & 0x80 != 0);
            let len = if has_checksum { 8 } else { 4 };
            return fields_in_tunnel(of, "gre", len, (ip_vs_rest, rvs_rest), names);
        }
        UDP if ip_vs_rest.get(2..4) == Some(&GUE_PORT.to_be_bytes()) => {
            let words = ip_vs_rest.get(8).map_or(0, |first| first & 0x1f);
            let len = 12 + usize::from(words) * 4;
            return fields_in_tunnel(of, "gue", len, (ip_vs_rest, rvs_rest), names);
        }
        ICMP | ICMPV6 if ip_vs_rest.len() > 8 && rvs_rest.len() > 8 => {
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
        UDP if differ(6..8) => names.push(match rvs_rest.get(6..8) {
            Some([0, 0]) => format!("{of}udp-checksum-absent"),
            _ => format!("{of}udp-checksum"),
        }),
        TCP if differ(16..18) => names.push(format!("{of}tcp-checksum")),
        SCTP if differ(8..12) => names.push(format!("{of}sctp-checksum")),
        _ => {}
    }
    let (check, end) = match protocol {
        UDP => (6..8, 8),
        TCP => (16..18, 20),
        SCTP => (8..12, 12),
        _ => (0..0, 0),
    };
    if differ(0..check.start) || differ(check.end..end) {
        names.push(format!("{of}transport"));
    }
    if ip_vs_rest.get(end..) != rvs_rest.get(end..) {
        names.push(format!("{of}data"));
    }
}

fn fields_in_tunnel(
    of: &str,
    name: &str,
    len: usize,
    (ip_vs, rvs): (&[u8], &[u8]),
    names: &mut Vec<String>,
) {
    if ip_vs.get(..len) != rvs.get(..len) {
        names.push(format!("{of}{name}"));
    }
    if let (Some(ip_vs), Some(rvs)) = (ip_vs.get(len..), rvs.get(len..)) {
        fields_of_packet(&format!("{of}inner."), ip_vs, rvs, names);
    }
}

fn is_the_directors(step: &Step, packet: &[u8]) -> bool {
    is_own(packet)
        && match packet[9] {
            IPIP | IPV6 | GRE => true,
            UDP => is_gue(packet) || is_gue_later(step, packet),
            TCP => is_reset(packet) && step.side == Side::Client,
            ICMP => !is_translated(step, packet),
            _ => false,
        }
}

/// Whether the packet sent is an ICMP error about TCP, UDP or SCTP, and this one is what a translation makes of it.
fn is_translated(step: &Step, packet: &[u8]) -> bool {
    let is_icmp = step.packet.len() >= 20 && step.packet[9] == ICMP;
    let sent = if is_icmp {
        transport(&step.packet)
    } else {
        &[]
    };
    is_icmp
        && matches!(sent.get(17), Some(&(TCP | UDP | SCTP)))
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
                    "{side}: {} bytes that are no packet of IP",
                    output.bytes.len()
                ),
            }
        })
        .collect()
}
