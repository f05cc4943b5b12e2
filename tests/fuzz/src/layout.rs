// SPDX-License-Identifier: GPL-2.0-only

//! Where things stand in the headers of either version of IP, written down once more after RFC 791 and RFC 8200, so that a
//! target says once what holds of both.

use std::ops::Range;

use rvs_logic::logic::{
    packet::ip::{
        Header,
        Version,
        V4,
        V6, //
    },
    protocol::Protocol, //
};

use crate::input::{
    checksum,
    crc32c, //
};

/// The header of a version of IP.
pub(crate) trait Layout: Version {
    /// The checksum of the header, nothing where there is none.
    const CHECKSUM: Range<usize>;
    /// The address that it comes from.
    const SRC: Range<usize>;
    /// The address that it goes to.
    const DST: Range<usize>;
    /// The time to live.
    const TTL: usize;
    /// Where the payload may begin.
    const HEADER_LENS: (Range<usize>, usize);

    /// The bytes of a header without options.
    fn fixed(bytes: &[u8]) -> Option<&Self::Fixed>;
}

impl Layout for V4 {
    const CHECKSUM: Range<usize> = 10..12;
    const SRC: Range<usize> = 12..16;
    const DST: Range<usize> = 16..20;
    const TTL: usize = 8;
    const HEADER_LENS: (Range<usize>, usize) = (20..61, 4);

    fn fixed(bytes: &[u8]) -> Option<&[u8; 20]> {
        bytes.first_chunk()
    }
}

impl Layout for V6 {
    const CHECKSUM: Range<usize> = 0..0;
    const SRC: Range<usize> = 8..24;
    const DST: Range<usize> = 24..40;
    const TTL: usize = 7;
    // As many bytes as so many extension headers may have.
    const HEADER_LENS: (Range<usize>, usize) = (40..40 + 9 * 2048, 8);

    fn fixed(bytes: &[u8]) -> Option<&[u8; 40]> {
        bytes.first_chunk()
    }
}

/// Whether the checksum of a header is right, as that is which it has not.
pub(crate) fn header_is_right<V: Layout>(header: &[u8]) -> bool {
    V::CHECKSUM.is_empty() || checksum(header) == 0
}

/// What the checksum of a payload of so many bytes covers besides (RFC 793 section 3.1, RFC 8200 section 8.1).
pub(crate) fn pseudo_header<V: Layout>(packet: &[u8], protocol: u8, len: usize) -> Vec<u8> {
    let mut bytes = packet[V::SRC.start..V::DST.end].to_vec();
    bytes.extend((len as u32).to_be_bytes());
    bytes.extend([0, protocol]);
    bytes
}

/// Whether the checksum of the payload from `start` to `end` is right.
pub(crate) fn is_right<V: Layout>(packet: &[u8], payload: Range<usize>, protocol: u8) -> bool {
    if protocol == Protocol::Sctp.number() {
        let mut all = packet[payload].to_vec();
        let Some(field) = all.get_mut(8..12) else {
            return false;
        };
        let sent = field.to_vec();
        field.fill(0);
        return crc32c(&all) == *sent;
    }
    let mut all = pseudo_header::<V>(packet, protocol, payload.len());
    all.extend(&packet[payload]);
    checksum(&all) == 0
}

/// Where the packet ends that begins with `header`, if it is whole and all of it is there.
pub(crate) fn whole_end<V: Version>(header: &Header<V>, bytes: &[u8]) -> Option<usize> {
    use rvs_logic::logic::packet::ip::Fragment;
    let is_whole = header.fragment == Fragment::None && bytes.len() >= header.total_len;
    is_whole.then_some(header.total_len)
}

/// The same bytes, where both forms of zero (RFC 1624 section 3) are one in these checksums.
pub(crate) fn same_but_zeros(one: &[u8], other: &[u8], checksums: &[usize]) -> bool {
    let plain = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        for at in checksums {
            if bytes.get(*at..at + 2) == Some(&[0xff; 2]) {
                bytes[*at..at + 2].fill(0);
            }
        }
        bytes
    };
    plain(one) == plain(other)
}
