// SPDX-License-Identifier: GPL-2.0-only

//! Which segments of a connection carry the option.

use super::is_to_carry;
use crate::logic::packet::tcp::TcpFlags;

/// How far a connection has come, as far as the option is concerned.
///
/// The server has the connection by one of the client's segments before it sends anything in it. So all of them carry the
/// option until it has, and after that those that acknowledge nothing of it: they may have been sent, or lost, before. Which
/// number the server began with matters only then. One that makes it anew each time (SYN cookies) changes nothing, and a
/// client that acknowledges what was never sent does not get rid of the option.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Stage {
    /// It has nothing to do with it.
    Never,
    /// It began, nobody knows how yet.
    Begun,
    /// The client has sent a SYN.
    Opening,
    /// The server has answered, and so told the number of the first byte that it sends.
    Answered,
    /// The server has sent something, of which that is the first byte.
    Spoken,
    /// The client has acknowledged that; or the connection began elsewhere, and the server has it already.
    Done,
}

impl Stage {
    /// The one of this number.
    #[inline(always)]
    pub const fn from_number(number: i8) -> Self {
        match number {
            1 => Self::Begun,
            2 => Self::Opening,
            3 => Self::Answered,
            4 => Self::Spoken,
            5 => Self::Done,
            _ => Self::Never,
        }
    }

    /// Its number.
    #[inline(always)]
    pub const fn number(self) -> i8 {
        self as i8
    }

    /// The stage after a segment of the client with this `acknowledgment`. `first_data` is the sequence number of the first
    /// byte that the server sends, where that is known.
    #[inline]
    pub fn after_client(self, flags: TcpFlags, acknowledgment: u32, first_data: u32) -> Self {
        match self {
            Self::Never => self,
            // A new one with the same ports, or made up by somebody: the next data of the server tell.
            _ if flags.syn && !flags.ack => Self::Opening,
            Self::Begun => Self::Done,
            Self::Spoken if flags.ack && is_after(acknowledgment, first_data) => Self::Done,
            Self::Opening | Self::Answered | Self::Spoken | Self::Done => self,
        }
    }

    /// The stage after a segment of the server, which has data or not.
    #[inline]
    pub const fn after_server(self, flags: TcpFlags, has_data: bool) -> Self {
        match self {
            Self::Never => self,
            _ if flags.syn && flags.ack => Self::Answered,
            Self::Begun | Self::Opening | Self::Answered if has_data || flags.fin => Self::Spoken,
            Self::Begun | Self::Opening | Self::Answered | Self::Spoken | Self::Done => self,
        }
    }

    /// The number of the first byte that the server sends, where a segment of it tells that, which begins with this number
    /// and has data or not.
    #[inline]
    pub const fn first_data(self, flags: TcpFlags, sequence: u32, has_data: bool) -> Option<u32> {
        match (self, self.after_server(flags, has_data)) {
            (_, Self::Answered) if flags.syn => Some(sequence.wrapping_add(1)),
            (Self::Begun | Self::Opening, Self::Spoken) => Some(sequence),
            _ => None,
        }
    }

    /// Whether a segment of the client is to carry the option, after which this is the stage.
    #[inline]
    pub const fn carries(self, flags: TcpFlags, acknowledgment: u32, first_data: u32) -> bool {
        match self {
            Self::Opening | Self::Answered => flags.ack && !flags.syn && !flags.rst,
            Self::Spoken => is_to_carry(flags, acknowledgment, first_data),
            Self::Never | Self::Begun | Self::Done => false,
        }
    }

    /// Whether later segments of the client are looked at for no more than options of its own.
    #[inline(always)]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Never | Self::Done)
    }

    /// Whether later segments of the server tell nothing any more.
    #[inline(always)]
    pub const fn knows_server(self) -> bool {
        matches!(self, Self::Never | Self::Spoken | Self::Done)
    }
}

/// Whether a number is behind another one, less than half of all numbers away (RFC 9293 section 3.4).
fn is_after(number: u32, other: u32) -> bool {
    number.wrapping_sub(other) as i32 > 0
}
