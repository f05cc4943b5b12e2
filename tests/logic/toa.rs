// SPDX-License-Identifier: GPL-2.0-only

//! The TCP option with the client's address: packets that get it, or lose what a client has made up, are, byte for byte,
//! those that an independent implementation builds; and what a plain reader of options finds in them.

use std::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

use etherparse::{
    IpNumber,
    Ipv4Header,
    Ipv6Header,
    TcpHeader, //
};
use proptest::prelude::*;
use rvs_logic::logic::{
    addr::{
        Addr,
        Endpoint, //
    },
    nat::{
        ChecksumState,
        Segment, //
    },
    packet::{
        ip::{
            Version,
            V4,
            V6, //
        },
        tcp::TcpFlags,
        transport,
        TransportHeader, //
    },
    toa::{
        self,
        ClientOption,
        Insertion,
        Kind,
        Limits,
        NoRoom, //
    },
};

/// A segment to be built, with any bytes as options.
#[derive(Clone, Debug)]
struct Built {
    flags: [bool; 4],
    options: Vec<u8>,
    payload: Vec<u8>,
}

const SRC: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const DST: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);

/// What builds packets of a version of IP.
trait Oracle: Version {
    const HEADER_LEN: usize;

    /// The packet, with its checksum.
    fn build(segment: &Built) -> Vec<u8>;

    /// The sum of its pseudo header for a segment of so many bytes, each of the words added by itself.
    fn pseudo_header_sum(packet: &[u8], len: usize) -> u16;
}

fn tcp(segment: &Built) -> TcpHeader {
    let mut tcp = TcpHeader::new(1025, 80, 0x1234_5678, 512);
    [tcp.fin, tcp.syn, tcp.rst, tcp.ack] = segment.flags;
    tcp.set_options_raw(&segment.options).unwrap();
    tcp
}

fn sum(words: impl Iterator<Item = u16>) -> u16 {
    let mut sum: u64 = words.map(u64::from).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u16> + '_ {
    bytes
        .chunks(2)
        .map(|word| u16::from_be_bytes([word[0], *word.get(1).unwrap_or(&0)]))
}

impl Oracle for V4 {
    const HEADER_LEN: usize = 20;

    fn build(segment: &Built) -> Vec<u8> {
        let mut tcp = tcp(segment);
        let len = tcp.header_len() + segment.payload.len();
        // One that is longer than its header can tell says 0.
        let told = u16::try_from(len).unwrap_or(0);
        let (src, dst) = (SRC.octets(), DST.octets());
        let mut ip = Ipv4Header::new(told, 64, IpNumber::TCP, src, dst).unwrap();
        if told == 0 {
            ip.total_len = 0;
        }
        ip.header_checksum = ip.calc_header_checksum();
        // Of one that is too long for etherparse the test makes it.
        tcp.checksum = tcp.calc_checksum_ipv4(&ip, &segment.payload).unwrap_or(0);
        [&ip.to_bytes()[..], &tcp.to_bytes(), &segment.payload].concat()
    }

    fn pseudo_header_sum(packet: &[u8], len: usize) -> u16 {
        let len = [(len >> 16) as u16, len as u16];
        sum(words(&packet[12..20]).chain(len).chain([6]))
    }
}

impl Oracle for V6 {
    const HEADER_LEN: usize = 40;

    fn build(segment: &Built) -> Vec<u8> {
        let mut tcp = tcp(segment);
        let len = tcp.header_len() + segment.payload.len();
        let ip = Ipv6Header {
            payload_length: u16::try_from(len).unwrap_or(0),
            next_header: IpNumber::TCP,
            hop_limit: 64,
            source: SRC.to_ipv6_compatible().octets(),
            destination: DST.to_ipv6_compatible().octets(),
            ..Ipv6Header::default()
        };
        tcp.checksum = tcp.calc_checksum_ipv6(&ip, &segment.payload).unwrap_or(0);
        [&ip.to_bytes()[..], &tcp.to_bytes(), &segment.payload].concat()
    }

    fn pseudo_header_sum(packet: &[u8], len: usize) -> u16 {
        let len = [(len >> 16) as u16, len as u16];
        sum(words(&packet[8..40]).chain(len).chain([6]))
    }
}

/// Puts into a packet what is there while the device is to complete the checksum.
fn leave_checksum<V: Oracle>(packet: &mut [u8]) {
    let sum = V::pseudo_header_sum(packet, packet.len() - V::HEADER_LEN);
    packet[V::HEADER_LEN + 16..][..2].copy_from_slice(&sum.to_be_bytes());
}

/// Whether the checksum of the segment is right, added up anew.
fn is_right<V: Oracle>(packet: &[u8]) -> bool {
    let pseudo = V::pseudo_header_sum(packet, packet.len() - V::HEADER_LEN);
    sum(words(&packet[V::HEADER_LEN..]).chain([pseudo])) == 0xffff
}

fn segment<V: Version>(packet: &[u8], checksum: ChecksumState) -> Segment<V> {
    let header = V::parse(packet, packet.len()).unwrap();
    match transport(&header, packet).unwrap().header {
        TransportHeader::Tcp(tcp) => Segment {
            header,
            tcp,
            checksum,
        },
        other => panic!("{other:?}"),
    }
}

/// The options that a receiver reads, padding left out (RFC 9293 section 3.1).
fn read(options: &[u8]) -> Vec<Vec<u8>> {
    let mut read = Vec::new();
    let mut rest = options;
    while let [kind, behind @ ..] = rest {
        match (kind, behind.first()) {
            (0, _) => break,
            (1, _) => rest = behind,
            (_, Some(len)) if (2..=rest.len()).contains(&usize::from(*len)) => {
                let (option, behind) = rest.split_at(usize::from(*len));
                read.push(option.to_vec());
                rest = behind;
            }
            _ => break,
        }
    }
    read
}

fn options_of<V: Oracle>(packet: &[u8]) -> &[u8] {
    let tcp = &packet[V::HEADER_LEN..];
    &tcp[20..usize::from(tcp[12] >> 4) * 4]
}

/// Options as stacks send them, as nobody does, and any bytes.
fn options() -> impl Strategy<Value = Vec<u8>> {
    let filled = |kind: u8, len: u8| {
        prop::collection::vec(any::<u8>(), usize::from(len) - 2)
            .prop_map(move |body| [&[kind, len][..], &body].concat())
    };
    let entry = prop_oneof![
        3 => Just(vec![1]),
        2 => any::<[u8; 2]>().prop_map(|[high, low]| vec![2, 4, high, low]),
        1 => Just(vec![4, 2]),
        2 => filled(8, 10),
        1 => filled(5, 10),
        1 => filled(30, 12),
        1 => filled(34, 6),
        1 => Just(vec![254, 6, 0xf9, 0x89, 1, 2]),
        2 => filled(254, 8),
        1 => filled(254, 20),
        1 => (2..12u8).prop_flat_map(move |len| filled(254, len)),
        1 => (0..8u8).prop_flat_map(move |len| Just(vec![254, len])),
        1 => filled(253, 8),
        1 => Just(vec![0]),
    ];
    let list = prop::collection::vec(entry, 0..8).prop_map(|entries| {
        let mut list = entries.concat();
        list.truncate(40);
        while list.len() % 4 != 0 {
            list.push(if list.len() % 3 == 0 { 0 } else { 1 });
        }
        list
    });
    let any_bytes =
        (0..=10usize).prop_flat_map(|words| prop::collection::vec(any::<u8>(), words * 4));
    let timestamp = filled(8, 10).prop_map(|option| [&[1, 1][..], &option].concat());
    prop_oneof![8 => list, 1 => any_bytes, 1 => timestamp]
}

fn built() -> impl Strategy<Value = Built> {
    let payload = prop::collection::vec(any::<u8>(), 0..40);
    (any::<[bool; 4]>(), options(), payload).prop_map(|(flags, options, payload)| Built {
        flags,
        options,
        payload,
    })
}

fn client() -> impl Strategy<Value = Endpoint> {
    let addr = prop_oneof![
        any::<u32>().prop_map(|addr| Addr::V4(Ipv4Addr::from(addr))),
        any::<u128>().prop_map(|addr| Addr::V6(Ipv6Addr::from(addr))),
    ];
    (addr, any::<u16>()).prop_map(|(addr, port)| Endpoint::new(addr, port))
}

/// The option as it stands in the field.
fn option_bytes(kind: u8, client: Endpoint) -> Vec<u8> {
    let addr = match client.addr {
        Addr::V4(addr) => addr.octets().to_vec(),
        Addr::V6(addr) => addr.octets().to_vec(),
    };
    let len = 4 + addr.len() as u8;
    [&[kind, len][..], &client.port.to_be_bytes(), &addr].concat()
}

fn limits(packet: &[u8], mtu: usize) -> Limits {
    Limits {
        longest: packet.len(),
        mtu,
        is_taken_apart: false,
    }
}

/// The packet with the option, or why there is none.
fn insert<V: Oracle>(
    packet: &[u8],
    checksum: ChecksumState,
    option: ClientOption,
    limits: Limits,
) -> Result<(Vec<u8>, Segment<V>), NoRoom> {
    let segment = segment::<V>(packet, checksum);
    let plan = Insertion::plan(&segment, packet, option, limits).unwrap()?;
    let mut bytes = [&vec![0xee; plan.growth()][..], packet].concat();
    let grown = plan.put(&segment, &mut bytes).unwrap();
    Ok((bytes, grown))
}

fn inserts<V: Oracle>(built: &Built, client: Endpoint, partial: bool) -> Result<(), TestCaseError> {
    let state = if partial {
        ChecksumState::Partial
    } else {
        ChecksumState::Complete
    };
    let mut packet = V::build(built);
    let mut options = built.options.clone();
    let option = option_bytes(254, client);
    let needed: usize = read(&options).iter().map(Vec::len).sum();
    let fits = options.len() + option.len() <= 40;
    let fits_packed = needed.next_multiple_of(4) + option.len() <= 40;
    if partial {
        leave_checksum::<V>(&mut packet);
    }
    let client_option = ClientOption::new(Kind::DEFAULT, client);
    prop_assert_eq!(client_option.bytes(), &option[..]);
    prop_assert_eq!(client_option.len(), toa::len_of(client.addr));
    let result = insert::<V>(&packet, state, client_option, limits(&packet, 1500));
    let (bytes, grown) = match result {
        Ok(done) => done,
        Err(why) => {
            prop_assert_eq!(why, NoRoom::Options);
            prop_assert!(!fits && !fits_packed);
            return Ok(());
        }
    };
    prop_assert!(fits || fits_packed);
    if !fits {
        // Without their padding, then padding up to the length that they had, or to a multiple of four.
        let old_len = options.len();
        options = read(&options).concat();
        let len = old_len.max(needed.next_multiple_of(4) + option.len());
        options.resize(len - option.len(), 1);
    }
    let mut expected = V::build(&Built {
        options: [option, options].concat(),
        ..built.clone()
    });
    if partial {
        leave_checksum::<V>(&mut expected);
    }
    prop_assert_eq!(&bytes, &expected);
    let parsed = segment::<V>(&bytes, state);
    prop_assert_eq!(grown.header, parsed.header);
    prop_assert_eq!(grown.tcp, parsed.tcp);
    prop_assert_eq!(toa::find(&grown, &bytes, Kind::DEFAULT), Ok(Some(client)));
    Ok(())
}

fn takes_out<V: Oracle>(built: &Built, kind: u8, damage: u16) -> Result<(), TestCaseError> {
    let mut packet = V::build(built);
    let checksum = V::HEADER_LEN + 16;
    // A packet that comes damaged leaves damaged.
    let field = u16::from_be_bytes([packet[checksum], packet[checksum + 1]]) ^ damage;
    packet[checksum..][..2].copy_from_slice(&field.to_be_bytes());
    let was_right = is_right::<V>(&packet);
    let before = packet.clone();
    let state = ChecksumState::Complete;
    let segment = segment::<V>(&packet, state);
    let kind_checked = Kind::new(kind).unwrap();
    let clean = toa::is_clean(&segment, &packet, kind_checked).unwrap();
    prop_assert_eq!(
        toa::take_out(&segment, &mut packet, kind_checked),
        Ok(!clean)
    );
    prop_assert_eq!(
        clean,
        packet == before,
        "what is clean stays, and nothing else does"
    );
    prop_assert_eq!(is_right::<V>(&packet), was_right);
    prop_assert_eq!(toa::is_clean(&segment, &packet, kind_checked), Ok(true));

    let is_fast_open = |option: &[u8]| {
        built.flags[1]
            && (option[0] == 34 || (option[0] == 254 && option[2..].starts_with(&[0xf9, 0x89])))
    };
    let mut expected = read(&built.options);
    expected.retain(|option| option[0] != kind && !is_fast_open(option));
    prop_assert_eq!(read(options_of::<V>(&packet)), expected);
    // Nor does who reads on where none should find anything.
    let list = options_of::<V>(&packet);
    let readable: usize = {
        let mut at = 0;
        while at < list.len() && list[at] != 0 {
            at += if list[at] == 1 {
                1
            } else {
                usize::from(list[at + 1])
            };
        }
        at
    };
    prop_assert!(list[readable..].iter().all(|byte| *byte == 0));
    // And nothing else has changed.
    let options = V::HEADER_LEN + 20..V::HEADER_LEN + 20 + list.len();
    for (at, (old, new)) in before.iter().zip(&packet).enumerate() {
        prop_assert!(
            old == new || options.contains(&at) || (checksum..checksum + 2).contains(&at),
            "byte {}",
            at
        );
    }
    Ok(())
}

fn lowers<V: Oracle>(built: &Built, by: u16) -> Result<(), TestCaseError> {
    let packet = V::build(built);
    let mut changed = packet.clone();
    let segment = segment::<V>(&packet, ChecksumState::Complete);
    let lowers = toa::lowers_mss(&segment, &packet, by).unwrap();
    prop_assert_eq!(toa::lower_mss(&segment, &mut changed, by), Ok(()));
    prop_assert_eq!(lowers, changed != packet);
    prop_assert!(is_right::<V>(&changed));
    let expected: Vec<Vec<u8>> = read(&built.options)
        .into_iter()
        .map(|option| match option[..] {
            [2, 4, high, low] if built.flags[1] => {
                let told = u16::from_be_bytes([high, low]);
                let lower = i32::from(told) - i32::from(by);
                let new = lower.max(88).min(i32::from(told)) as u16;
                [&[2, 4][..], &new.to_be_bytes()].concat()
            }
            _ => option,
        })
        .collect();
    prop_assert_eq!(read(options_of::<V>(&changed)), expected);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_packet_with_the_option_is_the_one_built_with_it(
        built in built(),
        client in client(),
        partial: bool,
    ) {
        inserts::<V4>(&built, client, partial)?;
        inserts::<V6>(&built, client, partial)?;
    }

    #[test]
    fn what_a_client_has_made_up_is_gone_and_all_else_is_there(
        built in built(),
        kind in prop_oneof![3 => Just(254u8), 1 => Just(253), 1 => Just(200)],
        damage in prop_oneof![3 => Just(0u16), 1 => any::<u16>()],
    ) {
        takes_out::<V4>(&built, kind, damage)?;
        takes_out::<V6>(&built, kind, damage)?;
    }

    #[test]
    fn the_size_of_segments_is_lowered_in_syns(
        built in built(),
        by in prop_oneof![Just(8u16), Just(20), any::<u16>()],
    ) {
        lowers::<V4>(&built, by)?;
        lowers::<V6>(&built, by)?;
    }

    #[test]
    fn the_way_takes_it_or_it_is_not_inserted(built in built(), client in client(), spare in 0..32usize) {
        let built = Built { options: vec![], ..built };
        let packet = V4::build(&built);
        let option = ClientOption::new(Kind::DEFAULT, client);
        let limits = limits(&packet, packet.len() + spare);
        let result = insert::<V4>(&packet, ChecksumState::Complete, option, limits);
        prop_assert_eq!(result.err(), (spare < option.len()).then_some(NoRoom::Length));
    }

    #[test]
    fn where_bytes_are_missing_nothing_changes(built in built(), client in client(), missing in 1..24usize) {
        let packet = V4::build(&Built { payload: vec![], ..built });
        let segment = segment::<V4>(&packet, ChecksumState::Complete);
        let option = ClientOption::new(Kind::DEFAULT, client);
        let limits = limits(&packet, 1500);
        let short = &packet[..packet.len() - missing];
        prop_assert!(Insertion::plan(&segment, short, option, limits).is_err());
        prop_assert!(toa::is_clean(&segment, short, Kind::DEFAULT).is_err());
        let mut changed = short.to_vec();
        prop_assert!(toa::take_out(&segment, &mut changed, Kind::DEFAULT).is_err());
        prop_assert!(toa::lower_mss(&segment, &mut changed, 8).is_err());
        prop_assert_eq!(&changed[..], short);
        if let Ok(plan) = Insertion::plan(&segment, &packet, option, limits).unwrap() {
            let mut bytes = [&vec![0xee; plan.growth()][..], short].concat();
            let before = bytes.clone();
            prop_assert!(plan.put(&segment, &mut bytes).is_err());
            prop_assert_eq!(bytes, before);
        }
    }
}

const CLIENT: Endpoint = Endpoint::new(Addr::V4(Ipv4Addr::new(203, 0, 113, 9)), 40000);

/// A burst, of which the device makes segments, gets the option once, and each segment has it.
#[test]
fn a_burst_beyond_64_kilobytes_has_room() {
    fn check<V: Oracle>(payload: usize) {
        let built = |options: Vec<u8>| Built {
            flags: [false, false, false, true],
            options,
            payload: vec![7; payload],
        };
        let mut packet = V::build(&built(vec![]));
        leave_checksum::<V>(&mut packet);
        let state = ChecksumState::Partial;
        let limits = Limits {
            longest: 1440,
            mtu: 1500,
            is_taken_apart: true,
        };
        let option = ClientOption::new(Kind::DEFAULT, CLIENT);
        let (bytes, grown) = insert::<V>(&packet, state, option, limits).unwrap();
        let mut expected = V::build(&built(option_bytes(254, CLIENT)));
        leave_checksum::<V>(&mut expected);
        assert_eq!(bytes, expected);
        assert_eq!(grown.header.total_len, bytes.len());
        let longer = Limits {
            longest: 1493,
            ..limits
        };
        let result = insert::<V>(&packet, state, option, longer);
        assert_eq!(result.err(), Some(NoRoom::Length));
    }
    check::<V4>(20_000);
    check::<V4>(100_000);
    check::<V6>(20_000);
    check::<V6>(100_000);
}

#[test]
fn a_packet_as_long_as_can_be_told_has_no_room() {
    let built = |payload| Built {
        flags: [false, false, false, true],
        options: vec![],
        payload: vec![0; payload],
    };
    let option = ClientOption::new(Kind::DEFAULT, CLIENT);
    for (payload, expected) in [(65_487, None), (65_488, Some(NoRoom::Length))] {
        let packet = V4::build(&built(payload));
        let limits = limits(&packet, 1 << 20);
        let result = insert::<V4>(&packet, ChecksumState::Complete, option, limits);
        assert_eq!(result.err(), expected);
    }
}

#[test]
fn a_fragment_gets_none() {
    let mut packet = V4::build(&Built {
        flags: [false, false, false, true],
        options: vec![],
        payload: vec![0; 8],
    });
    packet[6] = 0x20;
    let option = ClientOption::new(Kind::DEFAULT, CLIENT);
    let result = insert::<V4>(
        &packet,
        ChecksumState::Complete,
        option,
        limits(&packet, 1500),
    );
    assert_eq!(result.err(), Some(NoRoom::Fragment));
}

#[test]
fn it_goes_with_what_may_end_the_handshake_until_data_are_acknowledged() {
    let flags = |text: &str| TcpFlags {
        syn: text.contains('S'),
        ack: text.contains('A'),
        fin: text.contains('F'),
        rst: text.contains('R'),
    };
    for (text, acknowledgment, expected) in [
        ("S", 0, false),
        ("SA", 1001, false),
        ("A", 1001, true),
        ("FA", 1001, true),
        ("RA", 1001, false),
        ("R", 1001, false),
        ("A", 1002, false),
        ("A", 1000, false),
    ] {
        let carries = toa::is_to_carry(flags(text), acknowledgment, 1001);
        assert_eq!(carries, expected, "{text} {acknowledgment}");
    }
}

#[test]
fn kinds_that_tcp_uses_are_none() {
    for kind in 0..=255 {
        let expected = (78..=254).contains(&kind).then_some(kind);
        assert_eq!(Kind::new(kind).map(Kind::number), expected);
    }
    assert_eq!(Kind::DEFAULT.number(), 254);
}
