// SPDX-License-Identifier: GPL-2.0-only

//! The TCP state machine of a director, which sees every segment but owns no end.

use super::Direction;
use crate::logic::packet::tcp::TcpFlags;

/// The state of a TCP connection, as far as the director can tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum State {
    /// No segment seen yet.
    None = 0,
    /// Both ends may send data.
    Established,
    /// The server opens the connection.
    SynSent,
    /// The client opens the connection.
    SynRecv,
    /// One end has finished.
    FinWait,
    /// Both ends have finished.
    TimeWait,
    /// The connection was reset.
    Close,
    /// The client has finished and the server has not.
    CloseWait,
    /// The last acknowledgment is awaited.
    LastAck,
    /// The server waits for a connection.
    Listen,
    /// The server has answered, the client's answer to that is awaited (only entered while the
    /// director defends itself against floods).
    SynAck,
}

const STATES: usize = 11;

impl State {
    /// All states, in the order of their numbers.
    pub const ALL: [Self; STATES] = [
        Self::None,
        Self::Established,
        Self::SynSent,
        Self::SynRecv,
        Self::FinWait,
        Self::TimeWait,
        Self::Close,
        Self::CloseWait,
        Self::LastAck,
        Self::Listen,
        Self::SynAck,
    ];

    /// The state that has `number`.
    #[inline]
    pub const fn from_u8(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::None,
            1 => Self::Established,
            2 => Self::SynSent,
            3 => Self::SynRecv,
            4 => Self::FinWait,
            5 => Self::TimeWait,
            6 => Self::Close,
            7 => Self::CloseWait,
            8 => Self::LastAck,
            9 => Self::Listen,
            10 => Self::SynAck,
            _ => return None,
        })
    }

    /// The name that users see.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Established => "ESTABLISHED",
            Self::SynSent => "SYN_SENT",
            Self::SynRecv => "SYN_RECV",
            Self::FinWait => "FIN_WAIT",
            Self::TimeWait => "TIME_WAIT",
            Self::Close => "CLOSE",
            Self::CloseWait => "CLOSE_WAIT",
            Self::LastAck => "LAST_ACK",
            Self::Listen => "LISTEN",
            Self::SynAck => "SYNACK",
        }
    }

    /// Seconds of idleness after which a connection in this state is forgotten, unless set otherwise.
    #[inline]
    pub const fn timeout(self) -> u32 {
        match self {
            Self::None => 2,
            Self::Established => 900,
            Self::SynSent => 120,
            Self::SynRecv => 60,
            Self::FinWait => 120,
            Self::TimeWait => 120,
            Self::Close => 10,
            Self::CloseWait => 60,
            Self::LastAck => 30,
            Self::Listen => 120,
            Self::SynAck => 120,
        }
    }

    /// Whether the connection counts as active: it is open or about to be.
    #[inline]
    pub const fn is_active(self) -> bool {
        match self {
            Self::Established | Self::SynSent | Self::SynRecv | Self::SynAck => true,
            Self::None
            | Self::FinWait
            | Self::TimeWait
            | Self::Close
            | Self::CloseWait
            | Self::LastAck
            | Self::Listen => false,
        }
    }
}

/// What a segment means for the connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Event {
    /// It opens the connection.
    Syn,
    /// Its sender has finished.
    Fin,
    /// It only acknowledges.
    Ack,
    /// It resets the connection.
    Rst,
}

impl Event {
    /// The event of a segment with `flags`: of several the first of RST, SYN, FIN and ACK.
    ///
    /// A segment with none of them is no event, as no end of a connection accepts it (RFC 9293
    /// section 3.10.7). IPVS closes the connection instead, at the word of any stranger.
    #[inline]
    pub const fn from_flags(flags: TcpFlags) -> Option<Self> {
        if flags.rst {
            Some(Self::Rst)
        } else if flags.syn {
            Some(Self::Syn)
        } else if flags.fin {
            Some(Self::Fin)
        } else if flags.ack {
            Some(Self::Ack)
        } else {
            None
        }
    }
}

/// The state that follows `state` when a segment from `direction` means `event`.
#[inline]
#[must_use]
pub fn next(state: State, direction: Direction, event: Event) -> State {
    let [syn, fin, ack, rst] = match direction {
        Direction::Original => &table::ORIGINAL,
        Direction::Reply => &table::REPLY,
        Direction::OriginalOnly => &table::ORIGINAL_ONLY,
    };
    let row = match event {
        Event::Syn => syn,
        Event::Fin => fin,
        Event::Ack => ack,
        Event::Rst => rst,
    };
    // Every state has its column, so that there is always one to find.
    row.get(state as usize).copied().unwrap_or(state)
}

/// The state that follows while the director defends itself (`secure_tcp`): what the client says alone
/// does not make a connection established, but for one whose server is not heard. Other transitions
/// are those of [`next`] (`tcp_states_dos` of `net/netfilter/ipvs/ip_vs_proto_tcp.c`).
#[must_use]
pub fn next_secure(state: State, direction: Direction, event: Event) -> State {
    match (direction, event, state) {
        (Direction::Original, Event::Syn | Event::Fin | Event::Ack, State::SynAck) => State::SynAck,
        (Direction::Original, Event::Ack, State::SynRecv) => State::SynRecv,
        (Direction::Original, Event::Rst, State::SynAck) => State::Close,
        (Direction::Reply, Event::Syn, State::SynRecv | State::SynAck) => State::SynAck,
        (
            Direction::OriginalOnly,
            Event::Syn,
            State::None
            | State::FinWait
            | State::TimeWait
            | State::Close
            | State::CloseWait
            | State::LastAck
            | State::Listen
            | State::SynAck,
        ) => State::SynAck,
        _ => next(state, direction, event),
    }
}

/// The transitions: a row for each event, a column for each state that is left, in the order of
/// [`State::ALL`]. No transition enters `None`, and none here `SynAck`: see [`next_secure`].
mod table {
    use super::{
        State,
        STATES, //
    };

    const ES: State = State::Established;
    const SS: State = State::SynSent;
    const SR: State = State::SynRecv;
    const FW: State = State::FinWait;
    const TW: State = State::TimeWait;
    const CL: State = State::Close;
    const CW: State = State::CloseWait;
    const LA: State = State::LastAck;
    const LI: State = State::Listen;

    type Rows = [[State; STATES]; 4];

    pub(super) static ORIGINAL: Rows = [
        // NO, ES, SS, SR, FW, TW, CL, CW, LA, LI, SA
        [SR, ES, ES, SR, SR, SR, SR, SR, SR, SR, SR], // SYN
        [CL, CW, SS, TW, TW, TW, CL, CW, LA, LI, TW], // FIN
        [ES, ES, SS, ES, FW, TW, CL, CW, CL, LI, ES], // ACK
        [CL, CL, CL, SR, CL, CL, CL, CL, LA, LI, SR], // RST
    ];

    pub(super) static REPLY: Rows = [
        // NO, ES, SS, SR, FW, TW, CL, CW, LA, LI, SA
        [SS, ES, SS, SR, SS, SS, SS, SS, SS, LI, SR], // SYN
        [TW, FW, SS, TW, FW, TW, CL, TW, LA, LI, TW], // FIN
        [ES, ES, SS, ES, FW, TW, CL, CW, LA, ES, ES], // ACK
        [CL, CL, SS, CL, CL, TW, CL, CL, CL, CL, CL], // RST
    ];

    pub(super) static ORIGINAL_ONLY: Rows = [
        // NO, ES, SS, SR, FW, TW, CL, CW, LA, LI, SA
        [SR, ES, ES, SR, SR, SR, SR, SR, SR, SR, SR], // SYN
        [CL, FW, SS, TW, FW, TW, CL, CW, LA, LI, TW], // FIN
        [ES, ES, SS, ES, FW, TW, CL, CW, CL, LI, ES], // ACK
        [CL, CL, CL, SR, CL, CL, CL, CL, LA, LI, CL], // RST
    ];
}
