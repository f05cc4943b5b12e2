// SPDX-License-Identifier: GPL-2.0-only

//! The TCP option with the client's address: what a client has made up is gone, nothing but options and what follows from
//! them changes, right checksums stay right and wrong ones wrong, what may not be done changes nothing.

use rvs_logic::logic::{
    nat::{
        ChecksumState,
        Segment, //
    },
    packet::{
        ip::{
            V4,
            V6, //
        },
        transport,
        TransportHeader, //
    },
    toa::{
        find,
        is_clean,
        lower_mss,
        lowers_mss,
        take_out,
        ClientOption,
        Insertion,
        Kind,
        Limits, //
    },
};

use crate::{
    input::Input,
    layout::{
        header_is_right,
        is_right,
        whole_end,
        Layout, //
    }, //
};

/// What is asked of a packet.
struct Wish {
    kind: Kind,
    option: ClientOption,
    limits: Limits,
    by: u16,
    checksum: ChecksumState,
}

pub(crate) fn any_bytes(data: &[u8]) {
    let mut input = Input::new(data);
    let (client, checksum, flags) = (input.endpoint(), input.checksum_state(), input.byte());
    let kind = match flags & 3 {
        0 => Kind::new(input.byte()),
        1 => Kind::new(200),
        2 => Kind::new(253),
        _ => Some(Kind::DEFAULT),
    };
    let Some(kind) = kind else {
        return;
    };
    let wish = Wish {
        kind,
        option: ClientOption::new(kind, client),
        limits: Limits {
            longest: usize::from(input.word()),
            mtu: usize::from(input.word()),
            is_taken_apart: flags & 4 != 0,
        },
        by: input.word(),
        checksum,
    };
    let bytes = input.rest();
    of::<V4>(bytes, &wish);
    of::<V6>(bytes, &wish);
}

fn of<V: Layout>(bytes: &[u8], wish: &Wish) {
    let Ok(header) = V::parse(bytes, bytes.len()) else {
        return;
    };
    let Ok(parsed) = transport(&header, bytes) else {
        return;
    };
    let TransportHeader::Tcp(tcp) = parsed.header else {
        return;
    };
    let mut segment = Segment {
        header,
        tcp,
        checksum: wish.checksum,
    };
    // As it never is, with lengths that nobody has read from the packet.
    for header_len in [0, usize::from(wish.by), usize::MAX] {
        let mut odd = segment;
        odd.header.header_len = header_len;
        all(&odd, bytes, wish);
        odd = segment;
        odd.tcp.header_len = header_len;
        all(&odd, bytes, wish);
    }
    segment.checksum = wish.checksum;
    if let Some(clean) = all(&segment, bytes, wish) {
        // All of it once more, of what has come of it.
        all(&segment, &clean, wish);
    }
}

/// Returns the packet without what is taken out.
fn all<V: Layout>(segment: &Segment<V>, bytes: &[u8], wish: &Wish) -> Option<Vec<u8>> {
    let lowered = changed(segment, bytes, |packet| {
        lower_mss(segment, packet, wish.by).map(|()| true)
    });
    if let Some((lowered, _)) = &lowered {
        assert_eq!(
            lowers_mss(segment, bytes, wish.by),
            Ok(lowered != bytes),
            "it is known before"
        );
        assert_eq!(lowers_mss(segment, lowered, 0), Ok(false));
    }
    let clean = changed(segment, bytes, |packet| {
        take_out(segment, packet, wish.kind)
    });
    if let Some((clean, was_there)) = &clean {
        assert_eq!(is_clean(segment, bytes, wish.kind), Ok(!was_there));
        assert_eq!(*was_there, clean != bytes);
        assert_eq!(is_clean(segment, clean, wish.kind), Ok(true));
        assert_eq!(find(segment, clean, wish.kind), Ok(None));
    }
    insert(segment, bytes, wish);
    clean.map(|(clean, _)| clean)
}

/// Has the options be changed. What fails changes nothing.
fn changed<V: Layout, E>(
    segment: &Segment<V>,
    bytes: &[u8],
    change: impl FnOnce(&mut [u8]) -> Result<bool, E>,
) -> Option<(Vec<u8>, bool)> {
    let mut packet = bytes.to_vec();
    let Ok(was_there) = change(&mut packet) else {
        assert_eq!(packet, bytes);
        return None;
    };
    let start = segment.header.header_len;
    for (at, (old, new)) in bytes.iter().zip(&packet).enumerate() {
        let may_change = (start + 20..segment.headers_end()).contains(&at)
            || (start + 16..start + 18).contains(&at);
        assert!(old == new || may_change, "byte {at} is not part of it");
    }
    same_right(segment, bytes, &packet, bytes.len());
    Some((packet, was_there))
}

trait End {
    fn headers_end(&self) -> usize;
}

impl<V: Layout> End for Segment<V> {
    fn headers_end(&self) -> usize {
        self.header.header_len.saturating_add(self.tcp.header_len)
    }
}

/// Whether checksums are as right, or wrong, as they were. What is left to the device is the pseudo header's.
fn same_right<V: Layout>(segment: &Segment<V>, before: &[u8], after: &[u8], end: usize) {
    // Only of a segment that is the one of the packet.
    let (Ok(old), Ok(new)) = (
        V::parse(before, before.len()),
        V::parse(after, after.len()), //
    ) else {
        return;
    };
    if segment.header != old || segment.checksum == ChecksumState::Partial {
        return;
    }
    let (Some(old_end), Some(new_end)) = (whole_end(&old, before), whole_end(&new, after)) else {
        return;
    };
    if end < old_end || segment.headers_end() > old_end {
        return;
    }
    let protocol = old.protocol;
    assert_eq!(
        header_is_right::<V>(&before[..old.header_len]),
        header_is_right::<V>(&after[..new.header_len])
    );
    assert_eq!(
        is_right::<V>(before, old.header_len..old_end, protocol),
        is_right::<V>(after, new.header_len..new_end, protocol)
    );
}

fn insert<V: Layout>(segment: &Segment<V>, bytes: &[u8], wish: &Wish) {
    let Ok(Ok(plan)) = Insertion::plan(segment, bytes, wish.option, wish.limits) else {
        return;
    };
    let growth = plan.growth();
    assert!(wish.limits.longest + growth <= wish.limits.mtu);
    assert!(growth % 4 == 0 && growth <= wish.option.len());
    let mut packet = [&vec![0xee; growth][..], bytes].concat();
    let before = packet.clone();
    let Ok(grown) = plan.put(segment, &mut packet) else {
        assert_eq!(packet, before);
        return;
    };
    assert_eq!(find(&grown, &packet, wish.kind), find_first(wish));
    assert_eq!(grown.headers_end(), segment.headers_end() + growth);
    // What is in front of the options but for lengths, checksums and the data offset, and all that is behind them.
    let (old_end, new_end) = (segment.headers_end(), grown.headers_end());
    assert_eq!(packet[new_end..], bytes[old_end..]);
    let start = segment.header.header_len;
    let lengths = [
        2..6,
        V::CHECKSUM,
        start + 12..start + 13,
        start + 16..start + 18,
    ];
    for at in 0..start + 20 {
        let may_change = lengths.iter().any(|place| place.contains(&at));
        assert!(packet[at] == bytes[at] || may_change, "byte {at}");
    }
    let Ok(parsed) = V::parse(&packet, packet.len()) else {
        assert_ne!(V::parse(bytes, bytes.len()), Ok(segment.header));
        return;
    };
    if V::parse(bytes, bytes.len()) == Ok(segment.header) && V::total_len(bytes).is_ok() {
        assert_eq!(parsed, grown.header);
    }
    same_right(segment, bytes, &packet, bytes.len());
}

/// The client that the option to be inserted tells of.
fn find_first(
    wish: &Wish,
) -> Result<
    Option<rvs_logic::logic::addr::Endpoint>,
    rvs_logic::logic::packet::ParseError, //
> {
    let bytes = wish.option.bytes();
    let port = u16::from_be_bytes([bytes[2], bytes[3]]);
    let addr = match <[u8; 4]>::try_from(&bytes[4..]) {
        Ok(addr) => std::net::IpAddr::from(addr),
        Err(_) => <[u8; 16]>::try_from(&bytes[4..]).expect("either").into(),
    };
    let addr = match addr {
        std::net::IpAddr::V4(addr) => addr.into(),
        std::net::IpAddr::V6(addr) => addr.into(),
    };
    Ok(Some(rvs_logic::logic::addr::Endpoint::new(addr, port)))
}
