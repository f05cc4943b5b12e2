// SPDX-License-Identifier: GPL-2.0-only

//! Making room for the option, and putting it there.

use super::{
    options::{
        self,
        Entry,
        MAX_LEN, //
    },
    ClientOption, //
};
use crate::logic::{
    csum::{
        self,
        Delta, //
    },
    nat::Segment,
    packet::{
        chunk_at_mut,
        ip::{
            Fragment,
            Version, //
        },
        tcp,
        word_at,
        Malformed,
        ParseError, //
    },
};

/// Where data offset and control bits stand in the header.
const DATA_OFFSET_OFFSET: usize = 12;

/// Bytes of the longest packet that is to tell its length, in either version of IP.
const MAX_TOTAL_LEN: usize = u16::MAX as usize;

/// How long packets may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of the longest packet that leaves: of one that the device takes apart those of a segment with its headers, else
    /// those of the packet.
    pub longest: usize,
    /// Bytes that the way to the real server takes.
    pub mtu: usize,
    /// Whether the device takes the packet apart. What its own header tells of its length may be 0 then.
    pub is_taken_apart: bool,
}

/// Why a packet cannot carry the option.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoRoom {
    /// It has other options, all of the 40 bytes there are.
    Options,
    /// It would be longer than the way takes, or than a packet may be.
    Length,
    /// It is a fragment.
    Fragment,
}

/// The client's own options without what is none, for who needs the room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Packed {
    bytes: [u8; MAX_LEN],
    len: usize,
}

impl Packed {
    #[inline(never)]
    fn of(list: &[u8]) -> Self {
        let mut packed = Self {
            // What is left at the end is padding.
            bytes: [options::NOTHING; MAX_LEN],
            len: 0,
        };
        let mut at = 0;
        while let Some(entry) = options::entry(list, at) {
            if let Entry::Option(_, range) = &entry {
                let end = packed.len.saturating_add(range.len());
                if let (Some(from), Some(to)) = (
                    list.get(range.clone()),
                    packed.bytes.get_mut(packed.len..end),
                ) {
                    to.copy_from_slice(from);
                    packed.len = end;
                }
            }
            at = entry.end();
        }
        packed
    }
}

/// How a packet gets the option.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Insertion {
    option: ClientOption,
    packed: Option<Packed>,
    growth: usize,
}

impl Insertion {
    /// How a segment is to get the option, if it has room; changes nothing. Where its other options leave too little, and
    /// have padding, they are moved together.
    #[inline]
    pub fn plan<V: Version>(
        segment: &Segment<V>,
        packet: &[u8],
        option: ClientOption,
        limits: Limits,
    ) -> Result<Result<Self, NoRoom>, ParseError> {
        let list = options::of(segment, packet)?;
        if segment.header.fragment != Fragment::None {
            return Ok(Err(NoRoom::Fragment));
        }
        let insertion = if list.len().saturating_add(option.len()) <= MAX_LEN {
            Self {
                option,
                packed: None,
                growth: option.len(),
            }
        } else {
            match Self::packing(list, option) {
                Some(insertion) => insertion,
                None => return Ok(Err(NoRoom::Options)),
            }
        };
        let new_len = segment.header.total_len.saturating_add(insertion.growth);
        let tells_length = !limits.is_taken_apart || V::total_len(packet).is_ok();
        if limits.longest.saturating_add(insertion.growth) > limits.mtu
            || (tells_length && new_len > MAX_TOTAL_LEN)
        {
            return Ok(Err(NoRoom::Length));
        }
        Ok(Ok(insertion))
    }

    #[cold]
    fn packing(list: &[u8], option: ClientOption) -> Option<Self> {
        let packed = Packed::of(list);
        let others = packed.len.next_multiple_of(4);
        // It does not become shorter: what would be left is padding.
        let new_len = others.saturating_add(option.len()).max(list.len());
        (new_len <= MAX_LEN).then_some(Self {
            option,
            packed: Some(packed),
            growth: new_len.wrapping_sub(list.len()),
        })
    }

    /// By how many bytes the packet gets longer, in front of what it has now: 0, or a multiple of four.
    #[inline]
    pub const fn growth(&self) -> usize {
        self.growth
    }

    /// Puts the option into the packet that it was planned for. `bytes` begin with [`Insertion::growth`] bytes of no
    /// meaning, which become the first ones of the packet, and have its headers behind them. Returns the segment that it
    /// is then.
    ///
    /// All headers begin, and a checksum that is left to the device does, so many bytes earlier in the buffer; the payload
    /// stays where it is.
    #[inline]
    pub fn put<V: Version>(
        self,
        segment: &Segment<V>,
        bytes: &mut [u8],
    ) -> Result<Segment<V>, ParseError> {
        let malformed = ParseError::Malformed(Malformed::DataOffset);
        let old_options = options::range(segment)?;
        let end = old_options.end.saturating_add(self.growth);
        let bytes = bytes.get_mut(..end).ok_or(ParseError::Short(end))?;
        let new_header_len = segment.tcp.header_len.saturating_add(self.growth);
        let options_len = old_options.len().saturating_add(self.growth);
        let old_total_len = segment.header.total_len;
        let new_total_len = old_total_len.saturating_add(self.growth);
        let old_packet = bytes.get(self.growth..).ok_or(malformed)?;
        let old_sum = match &self.packed {
            Some(_) => csum::sum(options::of(segment, old_packet)?),
            // Those that are there already stay what they are, and move by an even number of bytes.
            None => 0,
        };
        // 0 where the packet is longer than its header can tell.
        let told = V::total_len(old_packet).ok();
        let data_offset = segment.header.header_len.saturating_add(DATA_OFFSET_OFFSET);
        let old_word = word_at(old_packet, data_offset)?;
        if usize::from(old_word >> 12).wrapping_mul(4) != segment.tcp.header_len
            || options_len > MAX_LEN
            || options_len < self.option.len()
            || told.is_some_and(|_| new_total_len > MAX_TOTAL_LEN)
            || segment.header.header_len < V::MIN_HEADER_LEN
        {
            return Err(malformed);
        }
        // From here on nothing fails.
        bytes.copy_within(
            self.growth..self.growth.saturating_add(old_options.start),
            0,
        );
        let (ip, tcp) = bytes
            .split_at_mut_checked(segment.header.header_len)
            .ok_or(malformed)?;
        let (_, list) = tcp
            .split_at_mut_checked(tcp::MIN_HEADER_LEN)
            .ok_or(malformed)?;
        let (front, others) = list
            .split_at_mut_checked(self.option.len())
            .ok_or(malformed)?;
        front.copy_from_slice(self.option.bytes());
        if let Some(packed) = &self.packed {
            let packed = packed.bytes.get(..others.len()).ok_or(malformed)?;
            others.copy_from_slice(packed);
        }
        let new_sum = csum::sum(match &self.packed {
            Some(_) => list,
            None => self.option.bytes(),
        });
        let new_word = (old_word & 0x0fff) | ((new_header_len / 4) as u16) << 12;
        let field: &mut [u8; 2] = chunk_at_mut(tcp, DATA_OFFSET_OFFSET)?;
        *field = new_word.to_be_bytes();
        let in_segment = Delta::new().word(old_word, new_word).word(old_sum, new_sum);
        let before_segment = segment.header.header_len;
        let in_pseudo_header = Delta::new().double_word(
            old_total_len.saturating_sub(before_segment) as u32,
            new_total_len.saturating_sub(before_segment) as u32,
        );
        segment.update(tcp, in_segment, in_pseudo_header)?;
        if told.is_some() {
            V::set_total_len(ip, new_total_len as u16)?;
        }
        let mut grown = *segment;
        grown.tcp.header_len = new_header_len;
        grown.header.total_len = new_total_len;
        Ok(grown)
    }
}
