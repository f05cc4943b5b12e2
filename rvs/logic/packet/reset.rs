// SPDX-License-Identifier: GPL-2.0-only

//! Segments that reset a TCP connection, made of one of its segments, which knows the sequence
//! numbers (RFC 9293 section 3.10.7).

use super::{
    chunk_at,
    chunk_at_mut,
    ipv4,
    put_word_at,
    tcp,
    word_at,
    ParseError, //
};
use crate::logic::{
    csum,
    protocol::Protocol, //
};

/// Bytes of a packet that is nothing but a RST.
pub const LEN: usize = ipv4::MIN_HEADER_LEN + tcp::MIN_HEADER_LEN;

/// Time to live of what is sent in the name of an end.
const TTL: u8 = 64;

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
    fn read(header: &ipv4::Header, bytes: &[u8]) -> Result<Self, ParseError> {
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
pub fn answer(header: &ipv4::Header, bytes: &[u8]) -> Result<[u8; LEN], ParseError> {
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
    let mut packet = [0; LEN];
    let (ip, tcp) = packet
        .split_at_mut_checked(ipv4::MIN_HEADER_LEN)
        .ok_or(ParseError::Short(LEN))?;
    *chunk_at_mut(ip, 0)? = [0x45, 0, 0, LEN as u8];
    *chunk_at_mut(ip, 6)? = [0x40, 0, TTL, Protocol::Tcp.number()];
    *chunk_at_mut(ip, ipv4::SRC_OFFSET)? = header.dst.octets();
    *chunk_at_mut(ip, ipv4::DST_OFFSET)? = header.src.octets();
    *chunk_at_mut(tcp, 0)? = [dst0, dst1, src0, src1];
    finish(ip, tcp, sequence, acknowledgment, flags)?;
    Ok(packet)
}

/// Makes the segment in `packet`, which begins with `header` and ends with its fixed TCP header, a RST from
/// its sender to who it was sent to: at the sequence number that it had itself.
pub fn turn_into(header: &ipv4::Header, packet: &mut [u8]) -> Result<(), ParseError> {
    let Segment {
        sequence,
        acknowledgment,
        flags,
        ..
    } = Segment::read(header, packet)?;
    let len = header.header_len.saturating_add(tcp::MIN_HEADER_LEN);
    let (ip, tcp) = packet
        .get_mut(..len)
        .and_then(|headers| headers.split_at_mut_checked(header.header_len))
        .ok_or(ParseError::Short(len))?;
    put_word_at(ip, 2, len as u16)?;
    let fragment = word_at(ip, 6)?;
    // Whole, as it is now.
    put_word_at(ip, 6, fragment & 0x4000)?;
    let [_, protocol]: [u8; 2] = *chunk_at(ip, 8)?;
    *chunk_at_mut(ip, 8)? = [TTL, protocol];
    finish(ip, tcp, sequence, acknowledgment, RST | (flags & ACK))
}

/// Puts in what is left of both headers, and their checksums.
fn finish(
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
    let addrs: &[u8; 8] = chunk_at(ip, ipv4::SRC_OFFSET)?;
    let pseudo_header = [0, Protocol::Tcp.number(), 0, tcp::MIN_HEADER_LEN as u8];
    let checksum = csum::of(&[addrs, &pseudo_header, tcp]);
    put_word_at(tcp, tcp::CHECKSUM_OFFSET, checksum)?;
    put_word_at(ip, ipv4::CHECKSUM_OFFSET, 0)?;
    let checksum = csum::of(&[ip]);
    put_word_at(ip, ipv4::CHECKSUM_OFFSET, checksum)
}
