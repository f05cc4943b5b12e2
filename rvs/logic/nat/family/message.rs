// SPDX-License-Identifier: GPL-2.0-only

//! What ICMP errors are called in the other version of IP.

use crate::logic::packet::{
    icmp::{
        self,
        Message,
        Type, //
    },
    ipv6::{
        self,
        ErrorType, //
    }, //
};

/// How much longer a header of IPv6 is than one of IPv4.
const DIFFERENCE: u32 = (ipv6::MIN_HEADER_LEN - 20) as u32;

/// The smallest MTU of a link of IPv6 (RFC 8200 section 5).
const MIN_MTU_OF_V6: u32 = 1280;

/// The smallest MTU of a link of IPv4 (RFC 791 section 3.2).
const MIN_MTU_OF_V4: u32 = 68;

/// MTUs of links that there are (RFC 1191 section 7.1).
const PLATEAUS: [u32; 10] = [32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68];

/// Numbers of ICMPv6 (RFC 4443).
mod v6 {
    pub(super) const NO_ROUTE: u8 = 0;
    pub(super) const PROHIBITED: u8 = 1;
    pub(super) const BEYOND_SCOPE: u8 = 2;
    pub(super) const ADDRESS_UNREACHABLE: u8 = 3;
    pub(super) const PORT_UNREACHABLE: u8 = 4;
    pub(super) const ERRONEOUS_FIELD: u8 = 0;
    pub(super) const UNRECOGNIZED_NEXT_HEADER: u8 = 1;
    /// Where the number of the next header stands.
    pub(super) const NEXT_HEADER: u32 = 6;
}

/// Number of "parameter problem" of IPv4 (RFC 792).
const PARAMETER_PROBLEM: u8 = 12;

/// Code of "destination unreachable" of IPv4: communication with the host is prohibited (RFC 1122 section 3.2.2.1).
const HOST_PROHIBITED: u8 = 10;

/// What an error of IPv4 about a packet of `total_len` bytes is in IPv6 (RFC 7915 section 4.2). None of what says nothing there.
pub fn of_v4(error_type: Type, code: u8, rest: u32, total_len: usize) -> Option<Message> {
    let unreachable = |code| Message::new(ErrorType::DESTINATION_UNREACHABLE.number(), code, 0);
    match (error_type, code) {
        (Type::DestinationUnreachable, icmp::PROTOCOL_UNREACHABLE) => Some(Message::new(
            ErrorType::PARAMETER_PROBLEM.number(),
            v6::UNRECOGNIZED_NEXT_HEADER,
            v6::NEXT_HEADER,
        )),
        (Type::DestinationUnreachable, icmp::PORT_UNREACHABLE) => {
            Some(unreachable(v6::PORT_UNREACHABLE))
        }
        (Type::DestinationUnreachable, icmp::FRAGMENTATION_NEEDED) => {
            let mtu = match rest & 0xffff {
                // Of a router that does not tell it (RFC 1191 section 5).
                0 => plateau_below(total_len),
                mtu => mtu,
            };
            let mtu = mtu.saturating_add(DIFFERENCE).max(MIN_MTU_OF_V6);
            Some(Message::new(ErrorType::PACKET_TOO_BIG.number(), 0, mtu))
        }
        (Type::DestinationUnreachable, 9 | HOST_PROHIBITED | icmp::PROHIBITED | 15) => {
            Some(unreachable(v6::PROHIBITED))
        }
        (Type::DestinationUnreachable, 0 | icmp::HOST_UNREACHABLE | 5..=8 | 11 | 12) => {
            Some(unreachable(v6::NO_ROUTE))
        }
        (Type::TimeExceeded, code) => {
            Some(Message::new(ErrorType::TIME_EXCEEDED.number(), code, 0))
        }
        (Type::DestinationUnreachable | Type::SourceQuench, _) => None,
    }
}

/// The greatest MTU there is that a packet of so many bytes does not fit.
fn plateau_below(total_len: usize) -> u32 {
    let fits_not = |mtu: &&u32| (**mtu as usize) < total_len;
    PLATEAUS
        .iter()
        .find(fits_not)
        .copied()
        .unwrap_or(MIN_MTU_OF_V4)
}

/// What an error of IPv6 is in IPv4 (RFC 7915 section 5.2). None of what says nothing there.
pub fn of_v6(error_type: ErrorType, code: u8, rest: u32) -> Option<Message> {
    let unreachable = |code, rest| Message::new(Type::DestinationUnreachable.number(), code, rest);
    match (error_type, code) {
        (
            ErrorType::DESTINATION_UNREACHABLE,
            v6::NO_ROUTE | v6::BEYOND_SCOPE | v6::ADDRESS_UNREACHABLE,
        ) => Some(unreachable(icmp::HOST_UNREACHABLE, 0)),
        (ErrorType::DESTINATION_UNREACHABLE, v6::PROHIBITED) => {
            Some(unreachable(HOST_PROHIBITED, 0))
        }
        (ErrorType::DESTINATION_UNREACHABLE, v6::PORT_UNREACHABLE) => {
            Some(unreachable(icmp::PORT_UNREACHABLE, 0))
        }
        (ErrorType::PACKET_TOO_BIG, _) => {
            let mtu = rest.saturating_sub(DIFFERENCE);
            let mtu = mtu.clamp(MIN_MTU_OF_V4, u16::MAX.into());
            Some(unreachable(icmp::FRAGMENTATION_NEEDED, mtu))
        }
        (ErrorType::TIME_EXCEEDED, code) => {
            Some(Message::new(Type::TimeExceeded.number(), code, 0))
        }
        (ErrorType::PARAMETER_PROBLEM, v6::ERRONEOUS_FIELD) => {
            let pointer = pointer_of_v6(rest)?;
            Some(Message::new(PARAMETER_PROBLEM, 0, pointer << 24))
        }
        (ErrorType::PARAMETER_PROBLEM, v6::UNRECOGNIZED_NEXT_HEADER) => {
            Some(unreachable(icmp::PROTOCOL_UNREACHABLE, 0))
        }
        _ => None,
    }
}

/// Where the field at this place of a header of IPv6 is in one of IPv4 (RFC 7915 figure 6).
const fn pointer_of_v6(pointer: u32) -> Option<u32> {
    match pointer {
        0 => Some(0),
        1 => Some(1),
        4 | 5 => Some(2),
        6 => Some(9),
        7 => Some(8),
        8..=23 => Some(12),
        24..=39 => Some(16),
        _ => None,
    }
}
