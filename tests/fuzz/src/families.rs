// SPDX-License-Identifier: GPL-2.0-only

//! Packets that become those of the other version of IP: right checksums stay right, nothing behind the ports and checksums changes,
//! the new header says what is there, and what is translated back has the segment that it had.

use std::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

use rvs_logic::logic::{
    addr::{
        Addr,
        Endpoint, //
    },
    nat::{
        family::{
            Checksum,
            ErrorTranslation,
            Translation, //
        },
        ChecksumState,
        Rewrite, //
    },
    packet::{
        icmp,
        ip::{
            Fragment,
            Header,
            Version,
            V4,
            V6, //
        },
        transport, //
    },
    protocol::Protocol, //
};

use crate::{
    input::{
        checksum,
        Input, //
    },
    layout::{
        header_is_right,
        is_right,
        same_but_zeros,
        whole_end,
        Layout, //
    }, //
};

const V4_END: Addr = Addr::V4(Ipv4Addr::new(10, 7, 0, 1));
const V6_END: Addr = Addr::V6(Ipv6Addr::new(0x2001, 0xdb8, 3, 0, 0, 0, 0, 0x10));

pub(crate) fn any_bytes(data: &[u8]) {
    let mut input = Input::new(data);
    let choice = input.byte();
    let state = if choice & 4 != 0 {
        ChecksumState::Partial
    } else {
        ChecksumState::Complete
    };
    let how = |addr, port: u16| Translation {
        rewrite: Rewrite {
            source: Endpoint::new(addr, port),
            destination: Endpoint::new(addr, port.rotate_left(8) ^ 0x1f90),
        },
        hops: choice & 1,
        dont_fragment: choice & 2 != 0,
        identification: port,
    };
    let bytes = input.rest();
    let port = u16::from(choice) << 8 | 1;
    of::<V4, V6>(bytes, &how(V6_END, port), state);
    of::<V6, V4>(bytes, &how(V4_END, port), state);
    error::<V4, V6>(bytes, &how(V6_END, port));
    error::<V6, V4>(bytes, &how(V4_END, port));
    // Ends of the version that it has.
    for_nothing::<V4, V6>(bytes, &how(V4_END, port), state);
    for_nothing::<V6, V4>(bytes, &how(V6_END, port), state);
}

/// Replaces the header. None where that is refused.
fn translated<V: Version, O: Version>(
    bytes: &[u8],
    header: &Header<V>,
    protocol: Protocol,
    how: &Translation,
    state: ChecksumState,
) -> Option<(Vec<u8>, Checksum)> {
    let mut new = vec![0x5a; O::MIN_HEADER_LEN];
    new.extend(bytes.get(header.header_len..)?);
    let before = new.clone();
    match how.apply::<V, O>(&mut new, header, protocol, state) {
        Ok(checksum) => Some((new, checksum)),
        Err(_) => {
            assert_eq!(new, before, "what fails changes nothing");
            None
        }
    }
}

fn for_nothing<V: Version, O: Version>(bytes: &[u8], how: &Translation, state: ChecksumState) {
    if let Ok(header) = V::parse(bytes, 0) {
        for protocol in Protocol::ALL {
            assert!(translated::<V, O>(bytes, &header, protocol, how, state).is_none());
        }
    }
}

fn of<V: Layout, O: Layout>(bytes: &[u8], how: &Translation, state: ChecksumState) {
    let Ok(header) = V::parse(bytes, bytes.len()) else {
        return;
    };
    // As it never is, with a protocol that nobody has read.
    for protocol in Protocol::ALL {
        let _ = translated::<V, O>(bytes, &header, protocol, how, state);
    }
    let Ok(before) = transport(&header, bytes) else {
        return;
    };
    let protocol = before.protocol();
    let Some((new, made)) = translated::<V, O>(bytes, &header, protocol, how, state) else {
        return;
    };
    assert!(header_is_right::<O>(&new[..O::MIN_HEADER_LEN]));
    let after = O::parse(&new, new.len()).expect("it is a packet");
    assert_eq!(after.header_len, O::MIN_HEADER_LEN);
    // One that says it is longer than the other version can tell, as a burst may be, does not tell.
    let longest = O::MAX_TOTAL_LEN as usize;
    if O::MIN_HEADER_LEN + header.payload_len() > longest {
        assert_eq!(after.total_len, new.len());
        return;
    }
    assert_eq!(after.payload_len(), header.payload_len());
    assert_eq!(after.ttl, header.ttl.saturating_sub(how.hops));
    assert_eq!((after.tos, after.protocol), (header.tos, header.protocol));
    assert_eq!(after.fragment, Fragment::None);
    let ends = [after.src.into(), after.dst.into()];
    assert_eq!(
        ends,
        [how.rewrite.source.addr, how.rewrite.destination.addr]
    );

    let (old_segment, segment) = (&bytes[header.header_len..], &new[O::MIN_HEADER_LEN..]);
    let fixed = protocol.header_len();
    assert_eq!(segment[fixed..], old_segment[fixed..]);
    let port = |at: usize| u16::from_be_bytes([segment[at], segment[at + 1]]);
    assert_eq!(port(0), how.rewrite.source.port);
    assert_eq!(port(2), how.rewrite.destination.port);

    let field = protocol.checksum_offset();
    let is_absent = protocol == Protocol::Udp && old_segment[field..field + 2] == [0, 0];
    let is_complete = state == ChecksumState::Complete;
    assert_eq!(
        made == Checksum::Missing,
        is_absent && is_complete && O::NUMBER == 6
    );
    if let (Some(end), true, false) = (whole_end(&header, bytes), is_complete, is_absent) {
        let was = is_right::<V>(bytes, header.header_len..end, header.protocol);
        let new_end = end - header.header_len + O::MIN_HEADER_LEN;
        let is = is_right::<O>(&new, O::MIN_HEADER_LEN..new_end, header.protocol);
        assert_eq!(was, is);
    }

    let back = Translation {
        rewrite: Rewrite {
            source: Endpoint::new(header.src.into(), before.src_port),
            destination: Endpoint::new(header.dst.into(), before.dst_port),
        },
        ..*how
    };
    // Of a datagram of IPv6 without a checksum that would have to be made, which asks for another length of some.
    if made == Checksum::Updated && !(is_absent && is_complete) {
        let (back, _) = translated::<O, V>(&new, &after, protocol, &back, state)
            .expect("what was there can be there again");
        let back = &back[V::MIN_HEADER_LEN..];
        assert!(same_but_zeros(back, old_segment, &[field]));
    }
}

fn error<V: Layout, O: Layout>(bytes: &[u8], how: &Translation) {
    let Ok(header) = V::parse(bytes, 0) else {
        return;
    };
    let Ok(before) = icmp::parse(&header, bytes) else {
        return;
    };
    let Some(end) = whole_end(&header, bytes) else {
        return;
    };
    let Some(translation) = ErrorTranslation::of::<O>(bytes, &header, &before) else {
        return;
    };
    assert!(translation.old_len() <= end, "beyond the end of the packet");
    assert_eq!(
        translation.old_len(),
        translation.replaced_len() + translation.kept_len()
    );
    let mut new = vec![0x5a; translation.replacement_len::<O>()];
    new.extend(&bytes[translation.replaced_len()..translation.old_len()]);
    assert!(new.len() <= O::MAX_ERROR_LEN);
    translation
        .apply::<O>(&mut new, &header, how)
        .expect("it has ends of that version");

    assert!(header_is_right::<O>(&new[..O::MIN_HEADER_LEN]));
    let after = O::parse(&new, 0).expect("it is a packet");
    assert_eq!(after.total_len, new.len());
    assert_eq!(after.ttl, header.ttl.saturating_sub(how.hops));
    let message = O::MIN_HEADER_LEN..new.len();
    let is_right = if O::ICMP_HAS_PSEUDO_HEADER {
        is_right::<O>(&new, message, O::ICMP)
    } else {
        checksum(&new[message]) == 0
    };
    assert!(is_right, "the checksum of the message");
    // What it reports may be nothing that is relayed.
    let quoted = &new[O::MIN_HEADER_LEN + 8..];
    assert!(header_is_right::<O>(&quoted[..O::MIN_HEADER_LEN]));
    let Ok(again) = icmp::parse(&after, &new) else {
        assert_eq!(new[O::MIN_HEADER_LEN], 12, "parameter problem of IPv4");
        return;
    };
    // It went the other way.
    assert_eq!(again.tuple.src(), how.rewrite.destination);
    assert_eq!(again.tuple.dst(), how.rewrite.source);
    assert_eq!(again.tuple.protocol, before.tuple.protocol);
    assert_eq!(again.embedded.payload_len(), before.embedded.payload_len());
}
