// SPDX-License-Identifier: GPL-2.0-only

//! Packets in words.

use std::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

use super::{
    payload6,
    DONT_FRAGMENT,
    ICMP,
    ICMPV6,
    IPIP,
    IPV6,
    MORE_FRAGMENTS,
    SCTP,
    TCP,
    UDP, //
};

/// What a packet is, in one line.
pub(crate) fn describe(packet: &[u8]) -> String {
    if packet.first().is_some_and(|first| first >> 4 == 6) && packet.len() >= 40 {
        return describe6(packet);
    }
    let Some(header) = packet.first_chunk::<20>() else {
        return format!("{} bytes, no IP header", packet.len());
    };
    let word = |at: usize| {
        packet
            .get(at..at + 2)
            .map(|word| u16::from_be_bytes([word[0], word[1]]))
    };
    let [from, to] = [12, 16]
        .map(|at| Ipv4Addr::new(header[at], header[at + 1], header[at + 2], header[at + 3]));
    let header_len = usize::from(header[0] & 0x0f) * 4;
    let fragment = word(6).unwrap_or(0);
    let mut text = format!(
        "{from} > {to} version {} header {header_len} tos {:#x} length {} of {} id {} ttl {}",
        header[0] >> 4,
        header[1],
        word(2).unwrap_or(0),
        packet.len(),
        word(4).unwrap_or(0),
        header[8],
    );
    if fragment & DONT_FRAGMENT != 0 {
        text += " DF";
    }
    if fragment & 0x3fff != 0 {
        let more = if fragment & MORE_FRAGMENTS != 0 {
            "+"
        } else {
            ""
        };
        text += &format!(" fragment {}{more}", (fragment & 0x1fff) * 8);
    }
    if fragment & 0x1fff != 0 {
        return text + &format!(" protocol {}", header[9]);
    }
    if header_len < 20 {
        return text + " with nothing behind it";
    }
    let ports = match (word(header_len), word(header_len + 2)) {
        (Some(from), Some(to)) => format!("{from} > {to}"),
        _ => "no ports".to_owned(),
    };
    match header[9] {
        TCP => {
            let flags = packet.get(header_len + 13).copied().unwrap_or(0);
            text + &format!(" TCP {ports} {}", flag_names(flags))
        }
        UDP => text + &format!(" UDP {ports} length {}", word(header_len + 4).unwrap_or(0)),
        SCTP => {
            let chunk = packet.get(header_len + 12).copied().unwrap_or(0);
            text + &format!(" SCTP {ports} chunk {chunk}")
        }
        ICMP => {
            let kind = packet.get(header_len).copied().unwrap_or(0);
            let code = packet.get(header_len + 1).copied().unwrap_or(0);
            let about = packet.get(header_len + 8..).unwrap_or(&[]);
            text + &format!(" ICMP {kind}/{code} about [{}]", describe(about))
        }
        IPIP | IPV6 => {
            text + &format!(
                " tunnel [{}]",
                describe(packet.get(header_len..).unwrap_or(&[]))
            )
        }
        other => text + &format!(" protocol {other}"),
    }
}

fn describe6(packet: &[u8]) -> String {
    let address = |at: usize| {
        let bytes: [u8; 16] = packet[at..at + 16].try_into().unwrap_or_default();
        Ipv6Addr::from(bytes)
    };
    let word = |at: usize| {
        packet
            .get(at..at + 2)
            .map_or(0, |word| u16::from_be_bytes([word[0], word[1]]))
    };
    let text = format!(
        "{} > {} length {} of {} hop limit {} next {}",
        address(8),
        address(24),
        word(4),
        packet.len() - 40,
        packet[7],
        packet[6],
    );
    let Some((protocol, at)) = payload6(packet) else {
        return text + " and no transport header";
    };
    let byte = |offset: usize| packet.get(at + offset).copied().unwrap_or(0);
    let rest = |offset: usize| describe(packet.get(at + offset..).unwrap_or(&[]));
    let ports = format!("at {at} {} > {}", word(at), word(at + 2));
    match protocol {
        TCP => text + &format!(" TCP {ports} {}", flag_names(byte(13))),
        UDP => text + &format!(" UDP {ports} length {}", word(at + 4)),
        SCTP => text + &format!(" SCTP {ports} chunk {}", byte(12)),
        ICMPV6 => text + &format!(" ICMPv6 {}/{} about [{}]", byte(0), byte(1), rest(8)),
        IPIP | IPV6 => text + &format!(" tunnel [{}]", rest(0)),
        other => text + &format!(" protocol {other} at {at}"),
    }
}

/// The letters that tcpdump has for them; `none` for none.
pub(crate) fn flag_names(flags: u8) -> String {
    let names: String = "FSRPAUEC"
        .chars()
        .enumerate()
        .filter(|(bit, _)| flags >> bit & 1 != 0)
        .map(|(_, name)| name)
        .collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names
    }
}
