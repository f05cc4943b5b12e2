// SPDX-License-Identifier: GPL-2.0-only

//! Lines of FTP that say where data go, and the stream when they are replaced: replies as servers write them, and
//! whatever segments a stream is sent in, its receiver puts together what the sender has said, but for the text.

mod support;

use std::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

use etherparse::{
    Ipv4Header,
    TcpHeader, //
};
use proptest::prelude::*;
use rvs_logic::logic::{
    addr::{
        Addr,
        Endpoint, //
    },
    ftp::{
        find,
        Form,
        Place,
        Sender,
        Text, //
    },
    nat::{
        ChecksumState,
        Segment, //
    },
    packet::{
        ipv4,
        transport,
        TransportHeader, //
    },
    sequence::Shift,
};
use support::Packet;

const SERVER: Addr = Addr::V4(Ipv4Addr::new(10, 0, 0, 11));
const VIP: Addr = Addr::V4(Ipv4Addr::new(198, 51, 100, 101));
const CLIENT: Addr = Addr::V4(Ipv4Addr::new(192, 0, 2, 10));

fn text<'p>(payload: &'p [u8], place: &Place) -> &'p str {
    std::str::from_utf8(&payload[place.begin..place.end]).unwrap()
}

fn replaced(payload: &str, sender: Sender, to: Endpoint) -> String {
    let place = find(sender, payload.as_bytes()).unwrap_or_else(|| panic!("{payload}"));
    let text = Text::of(place.form, to).unwrap();
    let text = std::str::from_utf8(text.as_bytes()).unwrap();
    format!("{}{text}{}", &payload[..place.begin], &payload[place.end..])
}

#[test]
fn replies_as_servers_write_them() {
    // vsftpd, ProFTPD and Pure-FTPd, pyftpdlib, BusyBox, publicfile, one with a number of its own before.
    for reply in [
        "227 Entering Passive Mode (10,0,0,11,25,46).\r\n",
        "227 Entering Passive Mode (10,0,0,11,25,46)\r\n",
        "227 Entering passive mode (10,0,0,11,25,46).\r\n",
        "227 PASV ok (10,0,0,11,25,46)\r\n",
        "227 =10,0,0,11,25,46\r\n",
        "227 Passive mode 2: 10,0,0,11,25,46\n",
    ] {
        let place = find(Sender::Server, reply.as_bytes()).unwrap();
        assert_eq!(text(reply.as_bytes(), &place), "10,0,0,11,25,46");
        assert_eq!((place.addr, place.port), (Some(SERVER), 6446));
        assert_eq!(
            replaced(reply, Sender::Server, Endpoint::new(VIP, 6446)),
            reply.replace("10,0,0,11,", "198,51,100,101,")
        );
    }
    let extended = "229 Entering Extended Passive Mode (|||6446|)\r\n";
    let place = find(Sender::Server, extended.as_bytes()).unwrap();
    assert_eq!(text(extended.as_bytes(), &place), "|||6446|");
    assert_eq!((place.addr, place.port), (None, 6446));
    assert_eq!(
        replaced(extended, Sender::Server, Endpoint::new(VIP, 6446)),
        extended
    );
    assert_eq!(
        replaced(
            "229 ok (!!!6446!)\r\n",
            Sender::Server,
            Endpoint::new(VIP, 80)
        ),
        "229 ok (!!!80!)\r\n"
    );
    // With an address, which clients do not understand.
    let server = "fd00::11".parse::<Ipv6Addr>().unwrap();
    let spoken = "229 Entering Extended Passive Mode (|2|fd00::11|6446|)\r\n";
    let place = find(Sender::Server, spoken.as_bytes()).unwrap();
    assert_eq!((place.addr, place.port), (Some(Addr::V6(server)), 6446));
    let vip = Endpoint::new(Addr::V6("2001:db8:100::1".parse().unwrap()), 6446);
    assert_eq!(replaced(spoken, Sender::Server, vip), extended);
}

#[test]
fn a_firewall_hears_in_numbers_of_the_receiver() {
    let shift = Shift::new().replaced(100, 120, 3).replaced(500, 520, -5);
    let moved = shift.in_numbers_of_receiver();
    assert_eq!((moved.before, moved.after), (3, -2i32 as u32));
    // Behind the second text.
    assert_eq!(moved.from, 518);
    assert_eq!(shift.forth(520), moved.from);
}

#[test]
fn commands_of_clients() {
    let v6 = Addr::V6("2001:db8::10".parse::<Ipv6Addr>().unwrap());
    for (command, text_of_it, addr, form) in [
        (
            "PORT 192,0,2,10,25,46\r\n",
            "192,0,2,10,25,46",
            CLIENT,
            Form::Bytes,
        ),
        (
            "port 192,0,2,10,25,46\n",
            "192,0,2,10,25,46",
            CLIENT,
            Form::Bytes,
        ),
        (
            "EPRT |1|192.0.2.10|6446|\r\n",
            "|1|192.0.2.10|6446|",
            CLIENT,
            Form::Bars(b'|'),
        ),
        (
            "Eprt !1!192.0.2.10!6446!\r\n",
            "!1!192.0.2.10!6446!",
            CLIENT,
            Form::Bars(b'!'),
        ),
        (
            "EPRT |2|2001:db8::10|6446|\r\n",
            "|2|2001:db8::10|6446|",
            v6,
            Form::Bars(b'|'),
        ),
    ] {
        let place = find(Sender::Client, command.as_bytes()).unwrap();
        assert_eq!(text(command.as_bytes(), &place), text_of_it);
        assert_eq!(
            (place.addr, place.port, place.form),
            (Some(addr), 6446, form)
        );
        // The same place is written as it was.
        assert_eq!(
            replaced(command, Sender::Client, Endpoint::new(addr, 6446)),
            command
        );
    }
    let several = b"TYPE I\r\nPORT 192,0,2,10,4,1\r\nRETR a\r\n";
    let place = find(Sender::Client, several).unwrap();
    assert_eq!(text(several, &place), "192,0,2,10,4,1");
}

#[test]
fn what_is_none() {
    for line in [
        // Not whole, or of the other end.
        "227 Entering Passive Mode (10,0,0,11,25,46)",
        "PORT 192,0,2,10,25,46\r\n",
        "150 227 (10,0,0,11,25,46)\r\n",
        "2270 (10,0,0,11,25,46)\r\n",
        // Not six bytes.
        "227 (10,0,0,11,25)\r\n",
        "227 (10,0,0,11,25,46,1)\r\n",
        "227 (10,0,0,11,256,46)\r\n",
        "227 (1010,0,0,11,25,46)\r\n",
        "227 (10,0,0,11,25,4600)\r\n",
        "227 (10,0,0,11,0,0)\r\n",
        // In the middle of a reply of several lines may stand the name of a file.
        "213-Status\r\n227 Entering Passive Mode (10,0,0,13,0,25)\r\n213 End\r\n",
        "227-\r\n227 Entering Passive Mode (10,0,0,13,0,25)\r\n",
        "229 (|||0|)\r\n",
        "229 (|||65536|)\r\n",
        "229 |||6446|\r\n",
        "229 (||6446|)\r\n",
        "229 (|||6446)\r\n",
        "229 (6666446)\r\n",
    ] {
        assert_eq!(find(Sender::Server, line.as_bytes()), None, "{line}");
    }
    for line in [
        "227 Entering Passive Mode (10,0,0,11,25,46)\r\n",
        "PORT 192,0,2,10,25\r\n",
        "PORT 192,0,2,10,25,46,1\r\n",
        "PORT 192,0,2,10,25,46 \r\n",
        "PORT192,0,2,10,25,46\r\n",
        "STOR PORT 192,0,2,10,25,46\r\n",
        "EPRT |3|192.0.2.10|6446|\r\n",
        "EPRT |1|2001:db8::1|6446|\r\n",
        "EPRT |1|192.0.2.10|0|\r\n",
        "EPRT |1|192.0.2.10|6446\r\n",
        "EPRT 111192.0.2.1016446\r\n",
    ] {
        assert_eq!(find(Sender::Client, line.as_bytes()), None, "{line}");
    }
    let after = b"213-Status\r\n x\r\n213 End\r\n227 (10,0,0,11,25,46)\r\n";
    let place = find(Sender::Server, after).expect("that of several lines has ended");
    assert_eq!(text(after, &place), "10,0,0,11,25,46");
    assert!(Text::of(Form::Bytes, Endpoint::new(Addr::V6(Ipv6Addr::LOCALHOST), 1)).is_none());
    let longest = Ipv6Addr::from([0xfedc; 8]);
    let longest = Text::of(Form::Bars(b'|'), Endpoint::new(Addr::V6(longest), 65535)).unwrap();
    assert_eq!(longest.as_bytes().len(), 49);
}

/// Where a stream was replaced, and by how much it got longer: what a whole sender and receiver know.
struct Whole {
    // Begin, end, growth, in the order of the stream.
    edits: Vec<(u32, u32, i32)>,
}

impl Whole {
    fn forth(&self, sequence: u32, first: u32) -> u32 {
        let offset = sequence.wrapping_sub(first);
        let growth: i32 = (self.edits.iter())
            .filter(|edit| edit.1.wrapping_sub(first) <= offset)
            .map(|edit| edit.2)
            .sum();
        sequence.wrapping_add_signed(growth)
    }
}

proptest! {
    /// Numbers outside of texts, from the last but one on, go forth as they should, and come back as they were.
    #[test]
    fn numbers_go_forth_and_back(
        first: u32,
        gaps in prop::collection::vec((1..200u32, 11..24u32, -8..=8i32), 1..8),
        ahead in 0..10_000u32,
    ) {
        let mut shift = Shift::new();
        prop_assert!(shift.is_none());
        let mut whole = Whole { edits: Vec::new() };
        let mut at = first;
        let mut since;
        for (gap, len, growth) in gaps {
            let (begin, end) = (at.wrapping_add(gap), at.wrapping_add(gap + len));
            since = at;
            at = end;
            whole.edits.push((begin, end, growth));
            shift = shift.replaced(begin, end, growth);
            prop_assert_eq!(Shift::from_words(shift.to_words()), shift);
            // It comes again.
            prop_assert_eq!(shift, shift.replaced(begin, end, growth));
            let span = at.wrapping_sub(since) + ahead;
            for offset in 0..=span {
                let number = since.wrapping_add(offset);
                let is_within = number.wrapping_sub(begin.wrapping_add(1)) < len - 1;
                prop_assert_eq!(shift.is_cut_by(number, 1500), is_within);
                if !is_within {
                    let moved = whole.forth(number, first);
                    prop_assert_eq!(shift.forth(number), moved);
                    prop_assert_eq!(shift.back(moved), number);
                }
                if offset > len + gap + 4 && offset + 4 < span {
                    // The rest says nothing new.
                    break;
                }
            }
            for part in 1..len {
                prop_assert!(shift.is_cut_by(begin, part));
                prop_assert!(shift.is_cut_by(since, gap + part));
            }
            prop_assert!(!shift.is_cut_by(begin, len));
            prop_assert!(!shift.is_cut_by(since, gap));
            prop_assert!(!shift.is_cut_by(since, gap + len + 100));
        }
        // Nothing is moved where all that was added is as much as was taken, before the last text and behind it.
        let growths: Vec<i32> = whole.edits.iter().map(|edit| edit.2).collect();
        let is_none = growths.iter().sum::<i32>() == 0 && growths.last() == Some(&0);
        prop_assert_eq!(shift.is_none(), is_none);
    }

    /// The packet is, byte by byte, the one with the other text that an independent implementation builds.
    #[test]
    fn the_packet_is_as_if_sent_with_the_other_text(
        before in prop::collection::vec(any::<u8>(), 0..40),
        old in prop::collection::vec(any::<u8>(), 0..30),
        new in prop::collection::vec(any::<u8>(), 0..30),
        after in prop::collection::vec(any::<u8>(), 0..40),
        ip_options in 0..=10usize,
        options in 0..=10usize,
    ) {
        let packet = |text: &[u8]| Packet {
            src: (Ipv4Addr::new(10, 0, 0, 11), 21),
            dst: (Ipv4Addr::new(192, 0, 2, 10), 40000),
            ttl: 64,
            tos: 0,
            ip_options: ip_options * 4,
            segment: support::Segment::Tcp {
                flags: [false, false, false, true],
                options: options * 4,
            },
            payload: [&before, text, &after].concat(),
        };
        let (mut bytes, expected) = (packet(&old).build(), packet(&new).build());
        let segment = segment_of(&bytes);
        let whole = bytes.len();
        bytes.resize(whole.max(expected.len()), 0xaa);
        let place = before.len()..before.len() + old.len();
        let len = segment.replace_text(&mut bytes, place, &new).unwrap();
        prop_assert_eq!(&bytes[..len], &expected[..]);
    }

    /// Numbers, acknowledged ones and blocks of them are moved, and the checksum is right, wherever options stand.
    #[test]
    fn the_packet_is_as_if_sent_with_other_numbers(
        sequence: u32,
        acknowledgment: u32,
        ack: bool,
        nothings in 0..4usize,
        blocks in prop::collection::vec((any::<u32>(), any::<u32>()), 0..4),
        forth in (any::<u32>(), -8..=8i32),
        back in (any::<u32>(), -8..=8i32),
        payload in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let shift = |(begin, growth): (u32, i32)| {
            Shift::new().replaced(begin, begin.wrapping_add(20), growth)
        };
        let (forth, back) = (shift(forth), shift(back));
        let build = |move_one: &dyn Fn(u32) -> u32, move_other: &dyn Fn(u32) -> u32| {
            let mut ip = Ipv4Header::new(0, 64, etherparse::IpNumber::TCP, [10, 0, 0, 11], [192, 0, 2, 10]).unwrap();
            let mut tcp = TcpHeader::new(21, 40000, move_one(sequence), 512);
            (tcp.ack, tcp.acknowledgment_number) = (ack, acknowledgment);
            let moved = |number| if ack { move_other(number) } else { number };
            tcp.acknowledgment_number = moved(acknowledgment);
            let mut options = vec![1; nothings];
            if !blocks.is_empty() {
                options.extend([5, 2 + 8 * blocks.len() as u8]);
                for (left, right) in &blocks {
                    options.extend(moved(*left).to_be_bytes());
                    options.extend(moved(*right).to_be_bytes());
                }
            }
            tcp.set_options_raw(&options).unwrap();
            ip.set_payload_len(tcp.header_len() + payload.len()).unwrap();
            ip.header_checksum = ip.calc_header_checksum();
            tcp.checksum = tcp.calc_checksum_ipv4(&ip, &payload).unwrap();
            [&ip.to_bytes()[..], &tcp.to_bytes(), &payload].concat()
        };
        let mut bytes = build(&|number| number, &|number| number);
        let expected = build(&|number| forth.forth(number), &|number| back.back(number));
        segment_of(&bytes).renumber(&mut bytes, &forth, &back).unwrap();
        // Of zero there are two checksums.
        let at = 20 + 16;
        let sums = (u16::from_be_bytes([bytes[at], bytes[at + 1]]), u16::from_be_bytes([expected[at], expected[at + 1]]));
        prop_assert!(sums.0 == sums.1 || sums.0 as u32 + sums.1 as u32 == 0xffff && sums.0 % 0xffff == 0);
        bytes[at..at + 2].copy_from_slice(&expected[at..at + 2]);
        prop_assert_eq!(bytes, expected);
    }

    /// However often and in whatever whole lines a server's stream is sent, the client puts it together.
    #[test]
    fn a_stream_survives_whatever_comes_again(
        first: u32,
        ports in prop::collection::vec(1024..=65535u16, 1..5),
        again in prop::collection::vec((any::<prop::sample::Index>(), 1..3usize), 0..20),
    ) {
        let line = |addr: &str, port: u16| format!("227 Entering Passive Mode ({addr},{},{}).\r\n", port >> 8, port & 255);
        // A server waits for the next command before it says the next, so that only the last two can come again.
        let mut lines: Vec<String> = Vec::new();
        let mut received: Vec<Option<u8>> = Vec::new();
        let mut shift = Shift::new();
        let mut send = |lines: &[String], begin: usize, count: usize, shift: &mut Shift| {
            let offset: usize = lines[..begin].iter().map(String::len).sum();
            let payload = lines[begin..(begin + count).min(lines.len())].concat();
            let sequence = first.wrapping_add(offset as u32);
            let Some(place) = find(Sender::Server, payload.as_bytes()) else {
                put(&mut received, shift.forth(sequence).wrapping_sub(first), payload.as_bytes());
                return;
            };
            let text = Text::of(place.form, Endpoint::new(VIP, place.port)).unwrap();
            let begin = sequence.wrapping_add(place.begin as u32);
            let end = sequence.wrapping_add(place.end as u32);
            let growth = text.as_bytes().len() as i32 - (place.end - place.begin) as i32;
            *shift = shift.replaced(begin, end, growth);
            let changed = [&payload.as_bytes()[..place.begin], text.as_bytes(), &payload.as_bytes()[place.end..]].concat();
            put(&mut received, shift.forth(sequence).wrapping_sub(first), &changed);
        };
        let mut expected = String::new();
        let mut again = again.into_iter();
        for port in ports {
            for (addr, others, said) in [("10,0,0,11", "198,51,100,101", true), ("", "", false)] {
                if said {
                    lines.push(line(addr, port));
                    expected += &line(others, port);
                } else {
                    lines.push("226 Transfer complete.\r\n".into());
                    expected += "226 Transfer complete.\r\n";
                }
                send(&lines, lines.len() - 1, 1, &mut shift);
                for (which, count) in again.by_ref().take(3) {
                    // From the last place on, or what was said right before it.
                    let since = lines.len().saturating_sub(2);
                    let begin = since + which.index(lines.len() - since);
                    send(&lines, begin, count, &mut shift);
                }
            }
        }
        let received: Option<Vec<u8>> = received.into_iter().collect();
        prop_assert_eq!(String::from_utf8(received.expect("all of it")).unwrap(), expected);
    }
}

/// What the receiver does: each byte has its place, and comes again as it was.
fn put(received: &mut Vec<Option<u8>>, at: u32, bytes: &[u8]) {
    let at = at as usize;
    assert!(at < 100_000, "far from what was sent");
    if received.len() < at + bytes.len() {
        received.resize(at + bytes.len(), None);
    }
    for (place, byte) in received[at..].iter_mut().zip(bytes) {
        assert!(place.is_none_or(|before| before == *byte), "another byte");
        *place = Some(*byte);
    }
}

fn segment_of(bytes: &[u8]) -> Segment<rvs_logic::logic::packet::ip::V4> {
    let header = ipv4::parse(bytes).unwrap();
    let TransportHeader::Tcp(tcp) = transport(&header, bytes).unwrap().header else {
        panic!("it is of TCP");
    };
    Segment {
        header,
        tcp,
        checksum: ChecksumState::Complete,
    }
}
