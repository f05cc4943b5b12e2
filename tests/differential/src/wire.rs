// SPDX-License-Identifier: GPL-2.0-only

//! Packets as bytes, right or deliberately wrong. Written after RFC 791, 768, 792, 9293, 9260, 2784, 8200 and 4443 and
//! nothing else, so that it can judge what a kernel makes: it shares no line with the parsers of RVS.

mod describe;
mod sctp;

use std::net::{
    IpAddr,
    Ipv4Addr,
    Ipv6Addr, //
};

pub(crate) use describe::{
    describe,
    flag_names, //
};
pub(crate) use sctp::*;

pub(crate) const ICMP: u8 = 1;
pub(crate) const IPIP: u8 = 4;
pub(crate) const TCP: u8 = 6;
pub(crate) const UDP: u8 = 17;
pub(crate) const IPV6: u8 = 41;
pub(crate) const GRE: u8 = 47;
pub(crate) const ESP: u8 = 50;
pub(crate) const AH: u8 = 51;
pub(crate) const SCTP: u8 = 132;
pub(crate) const ICMPV6: u8 = 58;

pub(crate) const FIN: u8 = 0x01;
pub(crate) const SYN: u8 = 0x02;
pub(crate) const RST: u8 = 0x04;
pub(crate) const PSH: u8 = 0x08;
pub(crate) const ACK: u8 = 0x10;

pub(crate) const DONT_FRAGMENT: u16 = 0x4000;
pub(crate) const MORE_FRAGMENTS: u16 = 0x2000;

/// The Internet checksum (RFC 1071): 0 of what contains its own, right one.
pub(crate) fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum = 0u64;
    for part in parts {
        for pair in part.chunks(2) {
            sum += u64::from(u16::from_be_bytes([pair[0], *pair.get(1).unwrap_or(&0)]));
        }
    }
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// What the checksum of a payload covers besides (RFC 8200 section 8.1; the sum is that of RFC 793 for IPv4).
fn pseudo_header(from: IpAddr, to: IpAddr, protocol: u8, length: usize) -> Vec<u8> {
    let mut bytes = [octets(from), octets(to)].concat();
    bytes.extend((length as u32).to_be_bytes());
    bytes.extend([0, 0, 0, protocol]);
    bytes
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// What a checksum field holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sum {
    Right,
    /// This, whatever it means.
    Is(u16),
    /// The sum of the pseudo header: the device is to add the rest.
    Partial,
}

/// An IPv4 header. What is none has the right value.
#[derive(Clone, Debug)]
pub(crate) struct Ip {
    pub(crate) from: Ipv4Addr,
    pub(crate) to: Ipv4Addr,
    pub(crate) protocol: u8,
    pub(crate) version: u8,
    pub(crate) words: Option<u8>,
    pub(crate) tos: u8,
    pub(crate) total_len: Option<u16>,
    pub(crate) id: u16,
    /// Flags, and the offset in units of 8 bytes.
    pub(crate) fragment: u16,
    pub(crate) ttl: u8,
    pub(crate) check: Option<u16>,
    /// Filled up to a multiple of 4 bytes by who makes them.
    pub(crate) options: Vec<u8>,
}

impl Ip {
    /// Both have to be addresses of IPv4.
    pub(crate) fn new(from: impl Into<IpAddr>, to: impl Into<IpAddr>, protocol: u8) -> Self {
        let [from, to] = [from.into(), to.into()].map(|address| match address {
            IpAddr::V4(address) => address,
            IpAddr::V6(address) => panic!("{address} is none of IPv4"),
        });
        Self {
            from,
            to,
            protocol,
            version: 4,
            words: None,
            tos: 0,
            total_len: None,
            id: 1,
            fragment: 0,
            ttl: 64,
            check: None,
            options: Vec::new(),
        }
    }

    pub(crate) fn packet(&self, payload: &[u8]) -> Vec<u8> {
        let header_len = 20 + self.options.len();
        let words = self.words.unwrap_or((header_len / 4) as u8);
        let total_len = self
            .total_len
            .unwrap_or((header_len + payload.len()) as u16);
        let mut bytes = vec![self.version << 4 | words & 0x0f, self.tos];
        bytes.extend(total_len.to_be_bytes());
        bytes.extend(self.id.to_be_bytes());
        bytes.extend(self.fragment.to_be_bytes());
        bytes.extend([self.ttl, self.protocol, 0, 0]);
        bytes.extend(self.from.octets());
        bytes.extend(self.to.octets());
        bytes.extend(&self.options);
        bytes.extend(payload);
        match self.check {
            Some(check) => bytes[10..12].copy_from_slice(&check.to_be_bytes()),
            None => set_header_checksum(&mut bytes),
        }
        bytes
    }
}

/// An extension header of IPv6.
#[derive(Clone, Debug)]
pub(crate) struct Extension {
    pub(crate) kind: u8,
    /// Its second byte. None: its length as it is.
    pub(crate) length: Option<u8>,
    /// What follows the second byte: 6 bytes, or multiples of 8 more.
    pub(crate) body: Vec<u8>,
}

pub(crate) const HOP_BY_HOP: u8 = 0;
pub(crate) const ROUTING: u8 = 43;
pub(crate) const FRAGMENT: u8 = 44;
pub(crate) const DESTINATION: u8 = 60;

impl Extension {
    /// Options that say nothing, in so many bytes.
    pub(crate) fn options(kind: u8, bytes: usize) -> Self {
        let mut body = vec![0; bytes - 2];
        // PadN, 255 bytes at most.
        let mut at = 0;
        while at < body.len() {
            let length = (body.len() - at - 2).min(255);
            body[at..at + 2].copy_from_slice(&[1, length as u8]);
            at += 2 + length;
            if body.len() - at == 1 {
                break;
            }
        }
        Self {
            kind,
            length: None,
            body,
        }
    }

    /// A part of a packet: the offset in bytes, a multiple of 8.
    pub(crate) fn fragment(offset: usize, more: bool, id: u32) -> Self {
        let word = offset as u16 & !7 | u16::from(more);
        let body = [&word.to_be_bytes()[..], &id.to_be_bytes()].concat();
        Self {
            kind: FRAGMENT,
            length: Some(0),
            body,
        }
    }

    /// Type 0 or another one, with so many segments left and one address.
    pub(crate) fn routing(kind: u8, left: u8, address: Ipv6Addr) -> Self {
        let body = [&[kind, left, 0, 0, 0, 0][..], &address.octets()].concat();
        Self {
            kind: ROUTING,
            length: None,
            body,
        }
    }
}

/// An IPv6 header. What is none has the right value.
#[derive(Clone, Debug)]
pub(crate) struct Ip6 {
    pub(crate) from: Ipv6Addr,
    pub(crate) to: Ipv6Addr,
    /// Of what is behind all headers.
    pub(crate) protocol: u8,
    pub(crate) version: u8,
    pub(crate) class: u8,
    pub(crate) label: u32,
    pub(crate) payload_len: Option<u16>,
    pub(crate) hop_limit: u8,
    pub(crate) extensions: Vec<Extension>,
}

impl Ip6 {
    /// Both have to be addresses of IPv6.
    pub(crate) fn new(from: impl Into<IpAddr>, to: impl Into<IpAddr>, protocol: u8) -> Self {
        let [from, to] = [from.into(), to.into()].map(|address| match address {
            IpAddr::V6(address) => address,
            IpAddr::V4(address) => panic!("{address} is none of IPv6"),
        });
        Self {
            from,
            to,
            protocol,
            version: 6,
            class: 0,
            label: 0,
            payload_len: None,
            hop_limit: 64,
            extensions: Vec::new(),
        }
    }

    pub(crate) fn packet(&self, payload: &[u8]) -> Vec<u8> {
        let kinds: Vec<u8> = self.extensions.iter().map(|header| header.kind).collect();
        let mut next = kinds.iter().copied().chain([self.protocol]);
        let first = next.next().unwrap_or(self.protocol);
        let mut rest = Vec::new();
        for (extension, next) in self.extensions.iter().zip(next) {
            let length = ((extension.body.len() + 2) / 8 - 1) as u8;
            rest.extend([next, extension.length.unwrap_or(length)]);
            rest.extend(&extension.body);
        }
        rest.extend(payload);
        let word = u32::from(self.version) << 28 | u32::from(self.class) << 20 | self.label;
        let length = self.payload_len.unwrap_or(rest.len() as u16);
        let mut bytes = word.to_be_bytes().to_vec();
        bytes.extend(length.to_be_bytes());
        bytes.extend([first, self.hop_limit]);
        bytes.extend(self.from.octets());
        bytes.extend(self.to.octets());
        bytes.extend(rest);
        bytes
    }
}

/// The headers of a packet of either version: where what they carry begins, and its protocol. None where it is a later
/// fragment, or where the packet ends before.
pub(crate) fn payload(packet: &[u8]) -> Option<(u8, usize)> {
    match packet.first()? >> 4 {
        6 => payload6(packet),
        _ => {
            let fragment = u16::from_be_bytes([*packet.get(6)?, *packet.get(7)?]) & 0x1fff;
            (fragment == 0).then_some(())?;
            Some((*packet.get(9)?, usize::from(packet[0] & 15) * 4))
        }
    }
}

fn payload6(packet: &[u8]) -> Option<(u8, usize)> {
    let (mut protocol, mut at) = (*packet.get(6)?, 40);
    loop {
        let header = packet.get(at..);
        at += match (protocol, header) {
            (HOP_BY_HOP | ROUTING | DESTINATION, Some([_, length, ..])) => {
                8 + usize::from(*length) * 8
            }
            (FRAGMENT, Some([_, _, high, low, ..])) => {
                if u16::from_be_bytes([*high, *low]) & !7 != 0 {
                    return None;
                }
                8
            }
            (HOP_BY_HOP | ROUTING | DESTINATION | FRAGMENT, _) => return None,
            _ => return Some((protocol, at)),
        };
        protocol = header?[0];
    }
}

/// The protocol of a packet, also of a later fragment.
pub(crate) fn protocol(packet: &[u8]) -> Option<u8> {
    match packet.first()? >> 4 {
        6 => payload6(packet)
            .map(|(protocol, _)| protocol)
            .or(Some(FRAGMENT)),
        _ => packet.get(9).copied(),
    }
}

/// Makes the header checksum right, as far as the packet has a header by its own word.
pub(crate) fn set_header_checksum(packet: &mut [u8]) {
    if packet.len() < 20 {
        return;
    }
    let length = (usize::from(packet[0] & 0x0f) * 4).clamp(20, packet.len());
    packet[10..12].fill(0);
    let check = checksum(&[&packet[..length]]);
    packet[10..12].copy_from_slice(&check.to_be_bytes());
}

/// A TCP header.
#[derive(Clone, Debug)]
pub(crate) struct Tcp {
    pub(crate) ports: (u16, u16),
    pub(crate) sequence: u32,
    pub(crate) acknowledgment: u32,
    pub(crate) flags: u8,
    pub(crate) window: u16,
    pub(crate) words: Option<u8>,
    pub(crate) check: Sum,
    pub(crate) options: Vec<u8>,
}

impl Tcp {
    pub(crate) fn new(ports: (u16, u16), flags: u8) -> Self {
        Self {
            ports,
            sequence: 1000,
            acknowledgment: if flags & ACK == 0 { 0 } else { 2000 },
            flags,
            window: 0xfaf0,
            words: None,
            check: Sum::Right,
            options: Vec::new(),
        }
    }

    pub(crate) fn segment(
        &self,
        from: impl Into<IpAddr>,
        to: impl Into<IpAddr>,
        payload: &[u8],
    ) -> Vec<u8> {
        let words = self.words.unwrap_or((5 + self.options.len() / 4) as u8);
        let mut bytes = Vec::new();
        bytes.extend(self.ports.0.to_be_bytes());
        bytes.extend(self.ports.1.to_be_bytes());
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend(self.acknowledgment.to_be_bytes());
        bytes.extend([words << 4, self.flags]);
        bytes.extend(self.window.to_be_bytes());
        bytes.extend([0; 4]);
        bytes.extend(&self.options);
        bytes.extend(payload);
        fill_in(&mut bytes, 16, self.check, (from.into(), to.into()), TCP);
        bytes
    }
}

/// A UDP header.
#[derive(Clone, Debug)]
pub(crate) struct Udp {
    pub(crate) ports: (u16, u16),
    pub(crate) length: Option<u16>,
    pub(crate) check: Sum,
}

impl Udp {
    pub(crate) fn new(ports: (u16, u16)) -> Self {
        Self {
            ports,
            length: None,
            check: Sum::Right,
        }
    }

    pub(crate) fn datagram(
        &self,
        from: impl Into<IpAddr>,
        to: impl Into<IpAddr>,
        payload: &[u8],
    ) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(self.ports.0.to_be_bytes());
        bytes.extend(self.ports.1.to_be_bytes());
        let length = self.length.unwrap_or((8 + payload.len()) as u16);
        bytes.extend(length.to_be_bytes());
        bytes.extend([0; 2]);
        bytes.extend(payload);
        fill_in(&mut bytes, 6, self.check, (from.into(), to.into()), UDP);
        bytes
    }
}

fn fill_in(segment: &mut [u8], at: usize, check: Sum, (from, to): (IpAddr, IpAddr), protocol: u8) {
    let pseudo = pseudo_header(from, to, protocol, segment.len());
    let check = match check {
        Sum::Is(check) => check,
        Sum::Partial => !checksum(&[&pseudo]),
        Sum::Right => match checksum(&[&pseudo, segment]) {
            // RFC 768: 0 says that there is none.
            0 if protocol == UDP => 0xffff,
            check => check,
        },
    };
    segment[at..at + 2].copy_from_slice(&check.to_be_bytes());
}

/// An ICMP message. `rest` is its second word, of an error "fragmentation needed" the MTU (RFC 1191).
pub(crate) fn icmp(kind: u8, code: u8, rest: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind, code, 0, 0];
    bytes.extend(rest.to_be_bytes());
    bytes.extend(body);
    let check = checksum(&[&bytes]);
    bytes[2..4].copy_from_slice(&check.to_be_bytes());
    bytes
}

/// An ICMPv6 message, whose checksum covers its addresses.
pub(crate) fn icmp6(
    (from, to): (impl Into<IpAddr>, impl Into<IpAddr>),
    kind: u8,
    code: u8,
    rest: u32,
    body: &[u8],
) -> Vec<u8> {
    let mut bytes = vec![kind, code, 0, 0];
    bytes.extend(rest.to_be_bytes());
    bytes.extend(body);
    let ends = (from.into(), to.into());
    fill_in(&mut bytes, 2, Sum::Right, ends, ICMPV6);
    bytes
}

/// A GRE header without options, about IP of the body's version.
pub(crate) fn gre(body: &[u8]) -> Vec<u8> {
    let kind = match body.first().map(|first| first >> 4) {
        Some(6) => [0x86, 0xdd],
        _ => [0x08, 0x00],
    };
    [&[0, 0][..], &kind, body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_rfc() {
        // RFC 1071 section 3.
        assert_eq!(
            !checksum(&[&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]]),
            0xddf2
        );
    }

    #[test]
    fn what_is_right_sums_up_to_nothing() {
        let (from, to) = (Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(198, 51, 100, 7));
        let segment = Tcp::new((1, 2), SYN).segment(from, to, b"odd");
        assert_eq!(
            checksum(&[
                &pseudo_header(from.into(), to.into(), TCP, segment.len()),
                &segment
            ]),
            0
        );
        let packet = Ip::new(from, to, TCP).packet(&segment);
        assert_eq!(checksum(&[&packet[..20]]), 0);
        assert_eq!(
            describe(&packet),
            "192.0.2.1 > 198.51.100.7 version 4 header 20 tos 0x0 length 43 of 43 id 1 ttl 64 TCP 1 > 2 S"
        );
    }
}
