// SPDX-License-Identifier: GPL-2.0-only

//! Fragments of IPv6 that left the director, as their receiver puts them together: those of one packet may be cut in
//! several ways and still be the same.

use crate::{
    site::Side,
    trace::Output,
    wire::{
        DESTINATION,
        FRAGMENT,
        HOP_BY_HOP,
        ROUTING, //
    }, //
};

/// Addresses and type of Ethernet.
const ETHERNET_LEN: usize = 14;
/// Of an IPv6 header, and of that of a fragment.
const HEADER_LEN: usize = 40;
const FRAGMENT_LEN: usize = 8;

/// One fragment of a frame.
struct Part<'a> {
    /// The frame up to the fragment header, which the byte at `named_at` announces.
    before: &'a [u8],
    named_at: usize,
    next: u8,
    offset: usize,
    is_last: bool,
    data: &'a [u8],
}

/// The packet that these frames are the fragments of, all of them, in order, without a fragment header. None if they are
/// anything else. A packet that has come as one need not have a fragment header.
pub(crate) fn whole(outputs: &[Output]) -> Option<Output> {
    let first = outputs.first()?;
    if first.side == Side::Local || outputs.iter().any(|output| output.side != first.side) {
        return None;
    }
    if outputs.len() == 1 && part(&first.bytes).is_none() {
        return Some(first.clone());
    }
    let parts: Vec<Part<'_>> = outputs
        .iter()
        .map(|output| part(&output.bytes))
        .collect::<Option<_>>()?;
    let [begin, ..] = &parts[..] else {
        return None;
    };
    let mut bytes = begin.before.to_vec();
    bytes[begin.named_at] = begin.next;
    let mut end = 0;
    for (at, part) in parts.iter().enumerate() {
        let is_next = part.offset == end && part.is_last == (at + 1 == parts.len());
        if !is_next || !same_but_length(part.before, begin.before) {
            return None;
        }
        end += part.data.len();
        bytes.extend_from_slice(part.data);
    }
    let payload_len = u16::try_from(bytes.len() - ETHERNET_LEN - HEADER_LEN).ok()?;
    bytes[ETHERNET_LEN + 4..ETHERNET_LEN + 6].copy_from_slice(&payload_len.to_be_bytes());
    Some(Output {
        side: first.side,
        bytes,
    })
}

fn same_but_length(one: &[u8], other: &[u8]) -> bool {
    let length = ETHERNET_LEN + 4..ETHERNET_LEN + 6;
    one.len() == other.len()
        && one[..length.start] == other[..length.start]
        && one[length.end..] == other[length.end..]
}

fn part(frame: &[u8]) -> Option<Part<'_>> {
    let packet = frame.get(ETHERNET_LEN..)?;
    let length = packet.get(4..6)?;
    let is_as_long =
        usize::from(u16::from_be_bytes([length[0], length[1]])) + HEADER_LEN == packet.len();
    if packet[0] >> 4 != 6 || !is_as_long {
        return None;
    }
    let (mut named_at, mut at) = (6, HEADER_LEN);
    loop {
        let header = packet.get(at..at + FRAGMENT_LEN)?;
        match packet[named_at] {
            FRAGMENT => {
                let word = u16::from_be_bytes([header[2], header[3]]);
                return Some(Part {
                    before: &frame[..ETHERNET_LEN + at],
                    named_at: ETHERNET_LEN + named_at,
                    next: header[0],
                    offset: usize::from(word & !7),
                    is_last: word & 1 == 0,
                    data: &packet[at + FRAGMENT_LEN..],
                });
            }
            HOP_BY_HOP | ROUTING | DESTINATION => {
                named_at = at;
                at += 8 + usize::from(header[1]) * 8;
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        site::{
            CLIENTS6,
            VIP6, //
        },
        wire::{
            Extension,
            Ip6,
            UDP, //
        },
    };

    fn frame(extensions: Vec<Extension>, data: &[u8]) -> Output {
        let ip = Ip6 {
            extensions,
            ..Ip6::new(CLIENTS6[0], VIP6, UDP)
        };
        let bytes = [&[0; ETHERNET_LEN][..], &ip.packet(data)].concat();
        Output {
            side: Side::Servers,
            bytes,
        }
    }

    #[test]
    fn fragments_are_the_packet_however_it_is_cut() {
        let data: Vec<u8> = (0..100).collect();
        let before = || Extension::options(DESTINATION, 16);
        let packet = frame(vec![before()], &data);
        for cuts in [&[0, 100][..], &[0, 8, 100], &[0, 48, 64, 100]] {
            let parts: Vec<Output> = cuts
                .windows(2)
                .map(|ends| {
                    let fragment = Extension::fragment(ends[0], ends[1] < 100, 5);
                    frame(vec![before(), fragment], &data[ends[0]..ends[1]])
                })
                .collect();
            assert_eq!(whole(&parts), Some(packet.clone()), "{cuts:?}");
        }
        assert_eq!(whole(std::slice::from_ref(&packet)), Some(packet.clone()));
    }

    #[test]
    fn what_is_incomplete_is_no_packet() {
        let data = [7; 100];
        let part = |start: usize, end: usize| {
            let fragment = Extension::fragment(start, end < 100, 5);
            frame(vec![fragment], &data[start..end])
        };
        assert_eq!(whole(&[]), None);
        assert_eq!(whole(&[part(0, 48)]), None);
        assert_eq!(whole(&[part(48, 100)]), None);
        assert_eq!(whole(&[part(0, 48), part(56, 100)]), None);
        assert_eq!(whole(&[part(48, 100), part(0, 48)]), None);
        assert_eq!(whole(&[part(0, 100), part(0, 100)]), None);
        let mut other = part(48, 100);
        other.bytes[ETHERNET_LEN + 7] = 1;
        assert_eq!(whole(&[part(0, 48), other]), None);
    }
}
