// SPDX-License-Identifier: GPL-2.0-only

//! The state of a connection: how long it may be idle, and whether it counts as active.
//!
//! States, transitions, timeouts and printed names are those of IPVS, whose administrators know
//! them (`net/netfilter/ipvs/ip_vs_proto_tcp.c`, `ip_vs_proto_udp.c`, `ip_vs_proto_sctp.c`).

use super::{
    packet::{
        sctp::Event,
        tcp::TcpFlags, //
    },
    protocol::Protocol,
    uapi::connection_state as uapi, //
};

mod reuse;
pub mod sctp;
pub mod tcp;
mod timeouts;
pub mod udp;

pub use reuse::Reuse;
pub use timeouts::{
    longest,
    Timeouts,
    TimeoutsChange, //
};

/// From where a packet of a connection comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Direction {
    /// From the client.
    Original,
    /// From the real server.
    Reply,
    /// From the client of a connection whose replies do not pass the director, as with direct
    /// routing and tunnels, or have not been seen yet: the server's part has to be guessed.
    OriginalOnly,
}

/// The state of a connection of any protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum State {
    /// A TCP connection.
    Tcp(tcp::State),
    /// A UDP exchange, which has but one state.
    Udp,
    /// An SCTP association.
    Sctp(sctp::State),
}

/// The number of UDP; those below are of TCP.
const UDP_NUMBER: u8 = 16;
/// Where those of SCTP begin.
const SCTP_NUMBER: u8 = UDP_NUMBER + 1;

impl State {
    /// The state before the first packet of a connection.
    #[inline]
    pub const fn initial(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Tcp => Self::Tcp(tcp::State::None),
            Protocol::Udp => Self::Udp,
            Protocol::Sctp => Self::Sctp(sctp::State::None),
        }
    }

    /// The state that follows when a TCP segment with these flags is seen. It changes nothing for
    /// an exchange of another protocol.
    #[inline]
    #[must_use]
    pub fn next(self, direction: Direction, flags: TcpFlags) -> Self {
        match (self, tcp::Event::from_flags(flags)) {
            (Self::Tcp(state), Some(event)) => Self::Tcp(tcp::next(state, direction, event)),
            (Self::Tcp(_), None) | (Self::Udp | Self::Sctp(_), _) => self,
        }
    }

    /// Whether the connection counts as active; it counts as inactive otherwise.
    #[inline]
    pub const fn is_active(self) -> bool {
        match self {
            Self::Tcp(state) => state.is_active(),
            Self::Udp => false,
            Self::Sctp(state) => state.is_active(),
        }
    }

    /// Whether both ends have opened the connection, as far as the state can tell.
    #[inline]
    pub const fn is_open(self) -> bool {
        matches!(
            self,
            Self::Tcp(tcp::State::Established) | Self::Sctp(sctp::State::Established)
        )
    }

    /// The name that users see.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp(state) => state.name(),
            Self::Udp => udp::NAME,
            Self::Sctp(state) => state.name(),
        }
    }

    /// The number of the state, to be kept in an atomic variable. It is not part of any interface.
    #[inline]
    pub const fn to_u8(self) -> u8 {
        match self {
            Self::Tcp(state) => state as u8,
            Self::Udp => UDP_NUMBER,
            Self::Sctp(state) => SCTP_NUMBER.wrapping_add(state as u8),
        }
    }

    /// The number of the state in the netlink family.
    pub const fn to_uapi(self) -> u32 {
        match self {
            Self::Tcp(state) => match state {
                tcp::State::None => uapi::NONE,
                tcp::State::Established => uapi::ESTABLISHED,
                tcp::State::SynSent => uapi::SYN_SENT,
                tcp::State::SynRecv => uapi::SYN_RECV,
                tcp::State::FinWait => uapi::FIN_WAIT,
                tcp::State::TimeWait => uapi::TIME_WAIT,
                tcp::State::Close => uapi::CLOSE,
                tcp::State::CloseWait => uapi::CLOSE_WAIT,
                tcp::State::LastAck => uapi::LAST_ACK,
                tcp::State::Listen => uapi::LISTEN,
                tcp::State::SynAck => uapi::SYNACK,
            },
            Self::Udp => uapi::UDP,
            Self::Sctp(state) => match state {
                sctp::State::None => uapi::SCTP_NONE,
                sctp::State::Init1 => uapi::SCTP_INIT1,
                sctp::State::Init => uapi::SCTP_INIT,
                sctp::State::CookieSent => uapi::SCTP_COOKIE_SENT,
                sctp::State::CookieReplied => uapi::SCTP_COOKIE_REPLIED,
                sctp::State::CookieWait => uapi::SCTP_COOKIE_WAIT,
                sctp::State::Cookie => uapi::SCTP_COOKIE,
                sctp::State::CookieEchoed => uapi::SCTP_COOKIE_ECHOED,
                sctp::State::Established => uapi::SCTP_ESTABLISHED,
                sctp::State::ShutdownSent => uapi::SCTP_SHUTDOWN_SENT,
                sctp::State::ShutdownReceived => uapi::SCTP_SHUTDOWN_RECEIVED,
                sctp::State::ShutdownAckSent => uapi::SCTP_SHUTDOWN_ACK_SENT,
                sctp::State::Rejected => uapi::SCTP_REJECTED,
                sctp::State::Closed => uapi::SCTP_CLOSED,
            },
        }
    }

    /// The state that has this number in the netlink family; `None` for those of a newer module.
    pub fn from_uapi(number: u32) -> Option<Self> {
        let tcp = tcp::State::ALL.into_iter().map(Self::Tcp);
        let sctp = sctp::State::ALL.into_iter().map(Self::Sctp);
        tcp.chain([Self::Udp])
            .chain(sctp)
            .find(|state| state.to_uapi() == number)
    }

    /// The state that has `number`.
    #[inline]
    pub const fn from_u8(number: u8) -> Option<Self> {
        match tcp::State::from_u8(number) {
            Some(state) => Some(Self::Tcp(state)),
            None => Self::other_from_u8(number),
        }
    }

    /// As [`State::from_u8`], of a state that is not of TCP.
    const fn other_from_u8(number: u8) -> Option<Self> {
        match number.checked_sub(SCTP_NUMBER) {
            Some(number) => match sctp::State::from_u8(number) {
                Some(state) => Some(Self::Sctp(state)),
                None => None,
            },
            None if number == UDP_NUMBER => Some(Self::Udp),
            None => None,
        }
    }
}

/// The state of a connection, and what is remembered of the one before.
///
/// A RST ends a connection only where its receiver finds it in its window, which the director does
/// not know. So a connection that was open and is reset goes on when either end does: the segment
/// is taken as if there had been no reset. If the reset was true, the end that has sent it answers
/// such a segment by another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Tracked {
    state: State,
    before_reset: Open,
}

/// The states in which an end may go on sending after a reset that was none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
enum Open {
    /// None of them.
    No = 0,
    Established,
    FinWait,
    CloseWait,
}

impl Open {
    #[inline]
    const fn of(state: tcp::State) -> Self {
        match state {
            tcp::State::Established => Self::Established,
            tcp::State::FinWait => Self::FinWait,
            tcp::State::CloseWait => Self::CloseWait,
            _ => Self::No,
        }
    }

    const fn state(self) -> Option<tcp::State> {
        match self {
            Self::No => None,
            Self::Established => Some(tcp::State::Established),
            Self::FinWait => Some(tcp::State::FinWait),
            Self::CloseWait => Some(tcp::State::CloseWait),
        }
    }
}

impl Tracked {
    /// The bits that [`Tracked::to_u8`] uses.
    pub const MASK: u8 = 0x7f;

    const STATE: u8 = 0x1f;
    const BEFORE_RESET_SHIFT: u32 = 5;

    /// A state that no reset has led to.
    #[inline]
    pub const fn new(state: State) -> Self {
        Self {
            state,
            before_reset: Open::No,
        }
    }

    /// The state.
    #[inline]
    pub const fn state(self) -> State {
        self.state
    }

    /// What follows when a TCP segment with these flags is seen, as [`State::next`].
    #[inline(always)]
    #[must_use]
    pub fn next(self, direction: Direction, flags: TcpFlags) -> Self {
        let next = self.state.next(direction, flags);
        if flags.rst || self.before_reset as u8 != 0 {
            return self.next_of_reset(next, direction, flags);
        }
        Self::new(next)
    }

    /// As [`Tracked::next`], while the director defends itself ([`tcp::next_secure`]).
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn next_secure(self, direction: Direction, flags: TcpFlags) -> Self {
        let next = match (self.state, tcp::Event::from_flags(flags)) {
            (State::Tcp(state), Some(event)) => {
                State::Tcp(tcp::next_secure(state, direction, event))
            }
            (state, _) => state,
        };
        // What is remembered of before a reset is open, and goes on as ever.
        self.next_of_reset(next, direction, flags)
    }

    /// What follows a reset, or on one, where `next` is what the table says.
    #[cold]
    #[inline(never)]
    fn next_of_reset(self, next: State, direction: Direction, flags: TcpFlags) -> Self {
        match (self.state, next, tcp::Event::from_flags(flags)) {
            // Another reset, or nothing: it stays as it is.
            (State::Tcp(tcp::State::Close), _, Some(tcp::Event::Rst) | None) => self,
            (State::Tcp(state), State::Tcp(tcp::State::Close), Some(tcp::Event::Rst)) => Self {
                state: next,
                before_reset: Open::of(state),
            },
            (_, _, Some(event @ (tcp::Event::Ack | tcp::Event::Fin))) => {
                match self.before_reset.state() {
                    Some(before) => Self::new(State::Tcp(tcp::next(before, direction, event))),
                    None => Self::new(next),
                }
            }
            _ => Self::new(next),
        }
    }

    /// Whether a segment that has led from here to `next` prolongs the connection. One that leaves
    /// it closed does not, so that who goes on resetting it does not hold it.
    #[inline(always)]
    pub const fn is_prolonged(self, next: Self) -> bool {
        const CLOSE: u8 = State::Tcp(tcp::State::Close).to_u8();
        self.state.to_u8() != CLOSE || next.state.to_u8() != CLOSE
    }

    /// What follows a packet of an SCTP association that means this. Others are not changed by it.
    #[inline]
    #[must_use]
    pub const fn next_sctp(self, direction: Direction, event: Event) -> Self {
        match self.state {
            State::Sctp(state) => Self::new(State::Sctp(sctp::next(state, direction, event))),
            State::Tcp(_) | State::Udp => self,
        }
    }

    /// Both as a number, to be kept in an atomic variable. It is not part of any interface.
    #[inline]
    pub const fn to_u8(self) -> u8 {
        self.state.to_u8() | (self.before_reset as u8) << Self::BEFORE_RESET_SHIFT
    }

    /// Whether the state that has this number is one in which both ends are done.
    #[inline(always)]
    pub const fn is_over(number: u8) -> bool {
        const TIME_WAIT: u8 = State::Tcp(tcp::State::TimeWait).to_u8();
        const CLOSE: u8 = State::Tcp(tcp::State::Close).to_u8();
        const REJECTED: u8 = State::Sctp(sctp::State::Rejected).to_u8();
        const CLOSED: u8 = State::Sctp(sctp::State::Closed).to_u8();
        matches!(number & Self::STATE, TIME_WAIT | CLOSE | REJECTED | CLOSED)
    }

    /// What has this number.
    #[inline]
    pub const fn from_u8(number: u8) -> Option<Self> {
        match State::from_u8(number & Self::STATE) {
            Some(state) => Some(Self {
                state,
                before_reset: Self::before_reset(number),
            }),
            None => None,
        }
    }

    /// What has this number, of a connection of this protocol; where it is none of that protocol's, the state before
    /// the first packet.
    #[inline(always)]
    pub const fn of(protocol: Protocol, number: u8) -> Self {
        let state = number & Self::STATE;
        let state = match protocol {
            Protocol::Tcp => State::Tcp(match tcp::State::from_u8(state) {
                Some(state) => state,
                None => tcp::State::None,
            }),
            Protocol::Udp => State::Udp,
            Protocol::Sctp => State::Sctp(
                match sctp::State::from_u8(state.wrapping_sub(SCTP_NUMBER)) {
                    Some(state) => state,
                    None => sctp::State::None,
                },
            ),
        };
        Self {
            state,
            before_reset: Self::before_reset(number),
        }
    }

    #[inline(always)]
    const fn before_reset(number: u8) -> Open {
        match (number & Self::MASK) >> Self::BEFORE_RESET_SHIFT {
            0 => Open::No,
            1 => Open::Established,
            2 => Open::FinWait,
            _ => Open::CloseWait,
        }
    }
}
