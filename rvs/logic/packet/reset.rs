// SPDX-License-Identifier: GPL-2.0-only

//! Segments that reset a TCP connection, made of one of its segments, which knows the sequence
//! numbers (RFC 9293 section 3.10.7).

use super::{
    chunk_at,
    chunk_at_mut,
    ip::{
        Header,
        Version, //
    },
    ipv6,
    put_word_at,
    tcp,
    ParseError, //
};
use crate::logic::{
    csum,
    protocol::Protocol, //
};

/// Bytes of the longest packet that is nothing but a RST.
const MAX_LEN: usize = ipv6::MIN_HEADER_LEN + tcp::MIN_HEADER_LEN;

/// A packet that is nothing but a RST.
pub struct Rst {
    bytes: [u8; MAX_LEN],
    len: usize,
}

impl Rst {
    /// Its bytes, from the IP header on.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// What of a segment goes into a RST.
struct Segment {
    ports: [u8; 4],
    sequence: u32,
    acknowledgment: u32,
    flags: u8,
    /// How many sequence numbers it takes.
    len: u32,
}

impl Segment {
    /// Reads the segment behind an IP header.
    fn read<V: Version>(header: &Header<V>, bytes: &[u8]) -> Result<Self, ParseError> {
        let fixed: &[u8; tcp::MIN_HEADER_LEN] = chunk_at(bytes, header.header_len)?;
        let [_, _, _, _, _, _, _, _, _, _, _, _, data_offset, flags, ..] = *fixed;
        let headers = header
            .header_len
            .saturating_add(usize::from(data_offset >> 4) * 4);
        let payload = header.total_len.saturating_sub(headers);
        let flag = |flag| u32::from(flags & flag != 0);
        Ok(Self {
            ports: *chunk_at(fixed, 0)?,
            sequence: u32::from_be_bytes(*chunk_at(fixed, 4)?),
            acknowledgment: u32::from_be_bytes(*chunk_at(fixed, 8)?),
            flags,
            len: (payload as u32)
                .wrapping_add(flag(SYN))
                .wrapping_add(flag(FIN)),
        })
    }
}

/// The RST that the sender of the segment in `bytes`, which begin with `header`, gets from who it was
/// sent to: it has the sequence number that is expected next, or else acknowledges what was sent.
pub fn answer<V: Version>(header: &Header<V>, bytes: &[u8]) -> Result<Rst, ParseError> {
    let Segment {
        ports: [src0, src1, dst0, dst1],
        sequence,
        acknowledgment,
        flags,
        len,
    } = Segment::read(header, bytes)?;
    let (sequence, acknowledgment, flags) = if flags & ACK != 0 {
        (acknowledgment, 0, RST)
    } else {
        (0, sequence.wrapping_add(len), RST | ACK)
    };
    let mut rst = Rst {
        bytes: [0; MAX_LEN],
        len: V::MIN_HEADER_LEN.saturating_add(tcp::MIN_HEADER_LEN),
    };
    let (ip, tcp) = headers(&mut rst.bytes, V::MIN_HEADER_LEN)?;
    let (protocol, payload_len) = (Protocol::Tcp.number(), tcp::MIN_HEADER_LEN as u16);
    V::write(ip, header.dst, header.src, protocol, payload_len)?;
    *chunk_at_mut(tcp, 0)? = [dst0, dst1, src0, src1];
    finish::<V>(ip, tcp, sequence, acknowledgment, flags)?;
    Ok(rst)
}

/// The IP header of so many bytes, and the fixed TCP header behind it.
fn headers(packet: &mut [u8], header_len: usize) -> Result<(&mut [u8], &mut [u8]), ParseError> {
    let len = header_len.saturating_add(tcp::MIN_HEADER_LEN);
    packet
        .get_mut(..len)
        .and_then(|headers| headers.split_at_mut_checked(header_len))
        .ok_or(ParseError::Short(len))
}

/// Makes the segment in `packet`, which begins with `header` and ends with its fixed TCP header, a RST from
/// its sender to who it was sent to: at the sequence number that it had itself.
pub fn turn_into<V: Version>(header: &Header<V>, packet: &mut [u8]) -> Result<(), ParseError> {
    let Segment {
        sequence,
        acknowledgment,
        flags,
        ..
    } = Segment::read(header, packet)?;
    let (ip, tcp) = headers(packet, header.header_len)?;
    V::shorten(ip, header.header_len, tcp::MIN_HEADER_LEN as u16)?;
    finish::<V>(ip, tcp, sequence, acknowledgment, RST | (flags & ACK))
}

/// Puts in what is left of both headers, and their checksums.
fn finish<V: Version>(
    ip: &mut [u8],
    tcp: &mut [u8],
    sequence: u32,
    acknowledgment: u32,
    flags: u8,
) -> Result<(), ParseError> {
    let acknowledgment = if flags & ACK != 0 { acknowledgment } else { 0 };
    *chunk_at_mut(tcp, 4)? = sequence.to_be_bytes();
    *chunk_at_mut(tcp, 8)? = acknowledgment.to_be_bytes();
    // Five words, no window, nothing urgent.
    *chunk_at_mut(tcp, 12)? = [0x50, flags, 0, 0, 0, 0, 0, 0];
    put_word_at(tcp, tcp::CHECKSUM_OFFSET, 0)?;
    let pseudo_header = [0, Protocol::Tcp.number(), 0, tcp::MIN_HEADER_LEN as u8];
    let checksum = csum::of(&[V::addr_bytes(ip)?, &pseudo_header, tcp]);
    put_word_at(tcp, tcp::CHECKSUM_OFFSET, checksum)?;
    V::complete_checksum(ip, ip.len())
}
