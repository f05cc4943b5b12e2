// SPDX-License-Identifier: GPL-2.0-only

//! The state machine of SCTP associations (RFC 9260 section 4) of a director, which sees the packets but owns no
//! end: states, timeouts and names are those of IPVS (`net/netfilter/ipvs/ip_vs_proto_sctp.c`).

use super::Direction;
use crate::logic::packet::sctp::Event;

/// The state of an association, as far as the director can tell. The client or the server may begin it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
#[repr(u8)]
pub enum State {
    /// No packet seen yet.
    None = 0,
    /// The client has asked once to begin.
    Init1,
    /// It has asked again.
    Init,
    /// The server has answered with its cookie.
    CookieSent,
    /// The client has sent the cookie back.
    CookieReplied,
    /// The server has asked to begin.
    CookieWait,
    /// The client has answered with its cookie.
    Cookie,
    /// The server has sent the cookie back.
    CookieEchoed,
    /// Both ends may send data.
    Established,
    /// The server ends the association.
    ShutdownSent,
    /// The client ends it.
    ShutdownReceived,
    /// The server agrees to the end.
    ShutdownAckSent,
    /// The other end does not want to begin.
    Rejected,
    /// It is over.
    Closed,
}

/// Seconds after which who hears nothing sends again at the latest (RTO.Max of RFC 9260 section 16), and one more.
const LONGEST_WAIT: u32 = 61;

impl State {
    /// All states, in the order of their numbers.
    pub const ALL: [Self; 14] = [
        Self::None,
        Self::Init1,
        Self::Init,
        Self::CookieSent,
        Self::CookieReplied,
        Self::CookieWait,
        Self::Cookie,
        Self::CookieEchoed,
        Self::Established,
        Self::ShutdownSent,
        Self::ShutdownReceived,
        Self::ShutdownAckSent,
        Self::Rejected,
        Self::Closed,
    ];

    /// The state that has `number`.
    #[inline]
    pub const fn from_u8(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::None,
            1 => Self::Init1,
            2 => Self::Init,
            3 => Self::CookieSent,
            4 => Self::CookieReplied,
            5 => Self::CookieWait,
            6 => Self::Cookie,
            7 => Self::CookieEchoed,
            8 => Self::Established,
            9 => Self::ShutdownSent,
            10 => Self::ShutdownReceived,
            11 => Self::ShutdownAckSent,
            12 => Self::Rejected,
            13 => Self::Closed,
            _ => return None,
        })
    }

    /// The name that users see.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Init1 => "INIT1",
            Self::Init => "INIT",
            Self::CookieSent => "C-SENT",
            Self::CookieReplied => "C-REPLIED",
            Self::CookieWait => "C-WAIT",
            Self::Cookie => "COOKIE",
            Self::CookieEchoed => "C-ECHOED",
            Self::Established => "ESTABLISHED",
            Self::ShutdownSent => "S-SENT",
            Self::ShutdownReceived => "S-RECEIVED",
            Self::ShutdownAckSent => "S-ACK-SENT",
            Self::Rejected => "REJECTED",
            Self::Closed => "CLOSED",
        }
    }

    /// Seconds of idleness after which an association in this state is forgotten.
    pub const fn timeout(self) -> u32 {
        match self {
            Self::None => 2,
            Self::Init1 | Self::Rejected => 4,
            Self::Established => 15 * 60,
            _ => LONGEST_WAIT,
        }
    }

    /// Whether the association counts as active.
    #[inline]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Established)
    }

    /// Whether nobody has agreed to begin yet, or both ends have not.
    const fn is_before_established(self) -> bool {
        (self as u8) < Self::Established as u8
    }
}

/// The state that follows one when a packet with this event is seen.
#[must_use]
pub const fn next(state: State, direction: Direction, event: Event) -> State {
    match direction {
        Direction::Original => after_request(state, event),
        Direction::Reply => after_reply(state, event),
        Direction::OriginalOnly => after_request_alone(state, event),
    }
}

/// After a packet of the client, where those of the server are seen, too.
const fn after_request(state: State, event: Event) -> State {
    use State::{
        Closed,
        Cookie,
        CookieEchoed,
        CookieReplied,
        CookieSent,
        CookieWait,
        Established,
        Init,
        Init1,
        None,
        Rejected,
        ShutdownAckSent,
        ShutdownReceived,
        ShutdownSent, //
    };
    match (event, state) {
        (Event::Data | Event::CookieAck, None) => Established,
        (Event::CookieAck, CookieEchoed) => Established,
        (Event::Init, None) => Init1,
        (Event::Init, Init1 | Rejected | Closed) => Init,
        (Event::InitAck, None | Init1 | Init) => CookieWait,
        (Event::InitAck, CookieWait) => Cookie,
        (Event::CookieEcho, None | CookieSent) => CookieReplied,
        (Event::CookieEcho | Event::ShutdownAck, Init1) => Init,
        (Event::Shutdown, None | Established) => ShutdownReceived,
        (Event::ShutdownAck, None | ShutdownSent | ShutdownAckSent) => Closed,
        (Event::ShutdownComplete, None | Init1 | Init | ShutdownAckSent) => Closed,
        (Event::Error, None | CookieEchoed) => Closed,
        (Event::Abort, CookieWait) => Rejected,
        (Event::Abort, _) => Closed,
        _ => state,
    }
}

/// After a packet of the server.
const fn after_reply(state: State, event: Event) -> State {
    use State::{
        Closed,
        CookieEchoed,
        CookieReplied,
        CookieSent,
        CookieWait,
        Established,
        Init,
        Init1,
        None,
        Rejected,
        ShutdownAckSent,
        ShutdownReceived,
        ShutdownSent, //
    };
    match (event, state) {
        (Event::Data, None) => Established,
        (Event::Init, Established) => Established,
        (Event::Init, _) => CookieWait,
        (Event::InitAck, None | Init1 | Init) => CookieSent,
        (Event::CookieEcho, _) if state.is_before_established() => CookieEchoed,
        (Event::CookieAck, _) if state.is_before_established() => Established,
        (Event::Shutdown, Established) => ShutdownSent,
        (Event::Shutdown, _) if state.is_before_established() => ShutdownSent,
        (
            Event::ShutdownAck,
            None | Init1 | Init | CookieSent | CookieReplied | ShutdownSent | ShutdownReceived,
        ) => ShutdownAckSent,
        (Event::ShutdownComplete, None) => Closed,
        (Event::Error, None | Init1 | Init | CookieSent | CookieReplied) => Closed,
        (Event::Abort, Init1) => Rejected,
        (Event::Abort, _) => Closed,
        _ => state,
    }
}

/// After a packet of the client, where those of the server do not pass.
const fn after_request_alone(state: State, event: Event) -> State {
    use State::{
        Closed,
        Cookie,
        CookieEchoed,
        CookieReplied,
        CookieSent,
        CookieWait,
        Established,
        Init,
        Init1,
        None,
        Rejected,
        ShutdownAckSent,
        ShutdownReceived,
        ShutdownSent, //
    };
    match (event, state) {
        (Event::Data, None | CookieWait) => Established,
        (Event::Init, None) => Init1,
        (Event::Init, Init1 | CookieSent | CookieReplied | CookieWait | Rejected | Closed) => Init,
        (Event::InitAck, None | Init1 | Init | CookieSent | CookieReplied | CookieWait) => {
            CookieEchoed
        }
        (Event::CookieEcho, None | Init1 | Init | CookieSent | CookieReplied | CookieWait) => {
            Established
        }
        (Event::CookieAck, None | CookieSent | CookieReplied | Cookie | CookieEchoed) => {
            Established
        }
        (Event::Shutdown, None | Established) => ShutdownReceived,
        (Event::ShutdownAck, Init1) => Init,
        (Event::ShutdownAck, None | Established | ShutdownSent | ShutdownAckSent) => Closed,
        (
            Event::ShutdownComplete,
            None | Init1 | Init | CookieSent | CookieReplied | ShutdownReceived | ShutdownAckSent,
        ) => Closed,
        (Event::Error, None) => Closed,
        (Event::Abort, CookieWait) => Rejected,
        (Event::Abort, _) => Closed,
        _ => state,
    }
}
