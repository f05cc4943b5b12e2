// SPDX-License-Identifier: GPL-2.0-only

//! Which segments of a connection carry the client's address, and what errors tell a client of the room it has to leave.

use std::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

use proptest::prelude::*;
use rvs_logic::logic::{
    csum,
    nat::{
        lower_mtu,
        ChecksumState,
        WithoutRoom, //
    },
    packet::{
        icmp,
        ip::{
            Version,
            V4,
            V6, //
        },
        tcp::{
            self,
            TcpFlags, //
        },
    },
    toa::{
        self,
        Scope,
        Stage, //
    },
    uapi,
};

/// The first byte of the server's data.
const FIRST: u32 = 1001;

fn flags(text: &str) -> TcpFlags {
    TcpFlags {
        syn: text.contains('S'),
        ack: text.contains('A'),
        fin: text.contains('F'),
        rst: text.contains('R'),
    }
}

/// A connection, as far as it is about the option.
struct Remembered {
    stage: Stage,
    first_data: u32,
}

impl Remembered {
    fn new() -> Self {
        Self {
            stage: Stage::Begun,
            first_data: 0,
        }
    }

    /// Whether the client's segment carries it.
    fn client(&mut self, text: &str, acknowledgment: u32) -> bool {
        let flags = flags(text);
        self.stage = self
            .stage
            .after_client(flags, acknowledgment, self.first_data);
        self.stage.carries(flags, acknowledgment, self.first_data)
    }

    fn server(&mut self, text: &str, sequence: u32, has_data: bool) {
        if let Some(first) = self.stage.first_data(flags(text), sequence, has_data) {
            self.first_data = first;
        }
        self.stage = self.stage.after_server(flags(text), has_data);
    }
}

#[test]
fn the_client_speaks_first() {
    let mut connection = Remembered::new();
    assert!(!connection.client("S", 0));
    connection.server("SA", FIRST - 1, false);
    assert!(connection.client("A", FIRST));
    assert!(connection.client("A", FIRST), "its question");
    connection.server("A", FIRST, false);
    assert!(connection.client("A", FIRST), "the rest of it");
    assert!(!connection.stage.knows_server());
    connection.server("A", FIRST, true);
    assert!(
        connection.client("A", FIRST),
        "sent again, as the acknowledgment was lost"
    );
    assert!(connection.stage.knows_server() && !connection.stage.is_over());
    assert!(!connection.client("A", FIRST + 100));
    assert!(connection.stage.is_over());
    assert!(!connection.client("FA", FIRST + 100));
}

#[test]
fn the_server_speaks_first_or_says_no_more_than_that_it_is_done() {
    for (text, has_data) in [("A", true), ("FA", false)] {
        let mut connection = Remembered::new();
        connection.client("S", 0);
        connection.server("SA", FIRST - 1, false);
        assert!(connection.client("A", FIRST));
        connection.server(text, FIRST, has_data);
        assert!(!connection.client("A", FIRST + 1));
        assert!(connection.stage.is_over());
    }
}

#[test]
fn numbers_may_wrap_around() {
    let mut connection = Remembered::new();
    connection.client("S", 0);
    connection.server("SA", u32::MAX, false);
    assert!(connection.client("A", 0));
    connection.server("A", 0, true);
    assert!(!connection.client("A", 5) && connection.stage.is_over());
    let mut connection = Remembered::new();
    connection.client("S", 0);
    connection.server("SA", u32::MAX - 3, false);
    connection.server("A", u32::MAX - 2, true);
    assert!(!connection.client("A", 10) && connection.stage.is_over());
}

#[test]
fn a_server_that_begins_with_another_number_each_time_is_told() {
    // SYN cookies: the client has the first answer, the second one comes later.
    let mut connection = Remembered::new();
    connection.client("S", 0);
    connection.server("SA", 5000, false);
    connection.client("S", 0);
    connection.server("SA", 7000, false);
    assert!(connection.client("A", 5001));
    assert!(connection.client("A", 5001));
}

#[test]
fn a_connection_that_began_elsewhere_carries_none() {
    for text in ["A", "FA", "RA", "SA"] {
        let mut connection = Remembered::new();
        assert!(!connection.client(text, 77));
        assert!(connection.stage.is_over());
        assert!(!connection.client("A", 77));
    }
}

#[test]
fn a_client_that_begins_anew_is_told_of_anew() {
    let mut connection = Remembered::new();
    connection.client("S", 0);
    connection.server("SA", FIRST - 1, false);
    connection.server("A", FIRST, true);
    connection.client("A", FIRST + 1);
    assert!(connection.stage.is_over());
    assert!(!connection.client("S", 0) && !connection.stage.is_over());
    connection.server("SA", 88, false);
    assert!(connection.client("A", 89));
    // Somebody has made the SYN up: the next data show it.
    connection.client("S", 0);
    connection.server("A", 500, true);
    assert!(!connection.client("A", 600) && connection.stage.is_over());
}

#[test]
fn what_has_nothing_to_do_with_it_never_has() {
    let mut connection = Remembered {
        stage: Stage::Never,
        first_data: 0,
    };
    assert!(!connection.client("S", 0));
    connection.server("SA", 5, false);
    assert!(!connection.client("A", 6));
    assert!(connection.stage.is_over() && connection.stage.knows_server());
}

#[test]
fn stages_are_known_by_their_numbers() {
    for stage in [
        Stage::Never,
        Stage::Begun,
        Stage::Opening,
        Stage::Answered,
        Stage::Spoken,
        Stage::Done,
    ] {
        assert_eq!(Stage::from_number(stage.number()), stage);
    }
    assert_eq!(Stage::from_number(-1), Stage::Never);
}

#[test]
fn scopes_are_those_of_the_family() {
    assert_eq!(Scope::default().to_uapi(), uapi::toa::DEFAULT);
    for number in [uapi::toa::DEFAULT, uapi::toa::OFF, uapi::toa::ON] {
        assert_eq!(Scope::from_uapi(number).map(Scope::to_uapi), Some(number));
    }
    assert_eq!(Scope::from_uapi(3), None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a client sends, the server has the connection by a segment that carries the option.
    #[test]
    fn no_client_gets_rid_of_it_before_the_server_speaks(
        segments in prop::collection::vec((any::<[bool; 4]>(), any::<u32>()), 0..12),
        answers in prop::collection::vec(any::<u32>(), 0..3),
    ) {
        let mut connection = Remembered::new();
        connection.client("S", 0);
        for sequence in answers {
            connection.server("SA", sequence, false);
        }
        for ([syn, ack, fin, rst], acknowledgment) in segments {
            let flags = TcpFlags { syn, ack, fin, rst };
            connection.stage = connection.stage.after_client(flags, acknowledgment, connection.first_data);
            let carries = connection.stage.carries(flags, acknowledgment, connection.first_data);
            prop_assert_eq!(carries, ack && !syn && !rst);
            prop_assert!(!connection.stage.is_over() && !connection.stage.knows_server());
        }
    }

    #[test]
    fn usual_options_are_clean_ones(len in 0..=10usize, bytes: [u8; 40], is_timestamp: bool) {
        let mut packet = [0; 80];
        packet[40..].copy_from_slice(&bytes);
        if is_timestamp {
            packet[40..44].copy_from_slice(&[1, 1, 8, 10]);
        }
        let header = tcp::Header { header_len: 20 + len * 4, flags: flags("A") };
        let expected = len == 0 || (len == 3 && packet[40..44] == [1, 1, 8, 10]);
        prop_assert_eq!(toa::is_usual(20, &header, &packet), expected);
        // What is not there is for who looks further.
        prop_assert_eq!(toa::is_usual(20, &header, &packet[..41]), len == 0);
    }
}

const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);

/// The Internet checksum of these, added up anew.
fn checksum(bytes: &[u8], pseudo_header: &[u8]) -> u16 {
    let all = [pseudo_header, bytes].concat();
    !csum::sum(&all)
}

/// An error of a router about a segment, with these type and code, which tells of this MTU.
fn error_v4(number: u8, code: u8, mtu: u32) -> Vec<u8> {
    let ip = |total: u16, protocol: u8, src: Ipv4Addr, dst: Ipv4Addr| {
        let mut header = vec![0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, protocol, 0, 0];
        header[2..4].copy_from_slice(&total.to_be_bytes());
        header.extend(src.octets());
        header.extend(dst.octets());
        let sum = checksum(&header, &[]);
        header[10..12].copy_from_slice(&sum.to_be_bytes());
        header
    };
    let mut message = vec![number, code, 0, 0];
    message.extend(mtu.to_be_bytes());
    message.extend(ip(1500, 6, CLIENT, SERVER));
    message.extend([0x04, 0x01, 0, 80, 0, 0, 0, 1]);
    let sum = checksum(&message, &[]);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    let total = 20 + message.len() as u16;
    [ip(total, 1, Ipv4Addr::new(10, 0, 0, 254), CLIENT), message].concat()
}

fn error_v6(number: u8, mtu: u32) -> Vec<u8> {
    let addr = |last: u16| Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, last).octets();
    let ip = |payload: u16, next: u8, src: [u8; 16], dst: [u8; 16]| {
        let mut header = vec![0x60, 0, 0, 0, 0, 0, next, 64];
        header[4..6].copy_from_slice(&payload.to_be_bytes());
        header.extend(src);
        header.extend(dst);
        header
    };
    let mut message = vec![number, 0, 0, 0];
    message.extend(mtu.to_be_bytes());
    message.extend(ip(1460, 6, addr(1), addr(2)));
    message.extend([0x04, 0x01, 0, 80, 0, 0, 0, 1]);
    let len = message.len() as u16;
    let pseudo = [
        &addr(9)[..],
        &addr(1),
        &u32::from(len).to_be_bytes(),
        &[0, 0, 0, 58],
    ]
    .concat();
    let sum = checksum(&message, &pseudo);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    [ip(len, 58, addr(9), addr(1)), message].concat()
}

fn lowered<V: Version>(packet: &[u8], by: u32, state: ChecksumState) -> (Vec<u8>, bool) {
    let header = V::parse(packet, packet.len()).unwrap();
    let error = icmp::parse::<V>(&header, packet).unwrap();
    let mut changed = packet.to_vec();
    let has_room = lower_mtu(&mut changed, &error, by, WithoutRoom::Keep, state).unwrap();
    (changed, !has_room)
}

#[test]
fn errors_tell_of_as_much_less_as_the_option_needs() {
    let complete = ChecksumState::Complete;
    for (mtu, by, told) in [(1400, 8, 1392), (76, 8, 68), (1400, 20, 1380)] {
        let (changed, is_over) = lowered::<V4>(&error_v4(3, 4, mtu), by, complete);
        assert_eq!((changed, is_over), (error_v4(3, 4, told), false));
    }
    for (mtu, by, told) in [(1400, 20, 1380), (1300, 20, 1280)] {
        let (changed, is_over) = lowered::<V6>(&error_v6(2, mtu), by, complete);
        assert_eq!((changed, is_over), (error_v6(2, told), false));
    }
}

#[test]
fn where_no_room_can_be_left_errors_stay_as_they_are() {
    let complete = ChecksumState::Complete;
    // A router that tells of none (RFC 1191 section 5), and ones that tell of the least there is.
    for mtu in [0, 68, 75] {
        let packet = error_v4(3, 4, mtu);
        assert_eq!(lowered::<V4>(&packet, 8, complete), (packet.clone(), true));
    }
    let packet = error_v6(2, 1299);
    assert_eq!(lowered::<V6>(&packet, 20, complete), (packet.clone(), true));
}

#[test]
fn other_errors_are_none_of_it() {
    let complete = ChecksumState::Complete;
    for packet in [error_v4(3, 1, 1400), error_v4(11, 0, 1400)] {
        assert_eq!(lowered::<V4>(&packet, 8, complete), (packet.clone(), false));
    }
    let packet = error_v6(3, 1400);
    assert_eq!(
        lowered::<V6>(&packet, 20, complete),
        (packet.clone(), false)
    );
}

#[test]
fn a_checksum_that_is_left_to_the_device_stays() {
    let (changed, _) = lowered::<V4>(&error_v4(3, 4, 1400), 8, ChecksumState::Partial);
    assert_eq!(changed[22..24], error_v4(3, 4, 1400)[22..24]);
    assert_eq!(changed[24..28], 1392u32.to_be_bytes());
}
