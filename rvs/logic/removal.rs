// SPDX-License-Identifier: GPL-2.0-only

//! What becomes of the connections of a real server that was removed from its service.

use super::{
    protocol::Protocol,
    state::State, //
    uapi::removal as uapi,
};

/// What becomes of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Removal {
    /// Their packets are dropped until the server returns or they expire.
    Keep,
    /// They end, as with `expire_nodest_conn` of IPVS.
    Expire,
    /// As [`Removal::Expire`], and both ends of a TCP connection are told by a RST as soon as
    /// either sends something.
    Reset,
}

/// What is to be done with a packet of such a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// To drop it.
    Drop,
    /// To end the connection, and to take the packet as one of none.
    Expire,
    /// To tell both ends that it is over.
    Reset,
    /// To let it pass: it tells the other end itself.
    Pass,
}

impl Removal {
    /// What this number of the netlink family says of a service; none for what its namespace says, and
    /// for a number without a meaning.
    #[inline]
    pub const fn from_uapi(number: u32) -> Option<Self> {
        match number {
            uapi::KEEP => Some(Self::Keep),
            uapi::EXPIRE => Some(Self::Expire),
            uapi::RESET => Some(Self::Reset),
            _ => None,
        }
    }

    /// The number of what a service says.
    pub const fn to_uapi(own: Option<Self>) -> u32 {
        match own {
            None => uapi::DEFAULT,
            Some(Self::Keep) => uapi::KEEP,
            Some(Self::Expire) => uapi::EXPIRE,
            Some(Self::Reset) => uapi::RESET,
        }
    }

    /// What happens to a packet of this protocol. One of TCP may begin a connection, and may be a RST.
    pub const fn answer(self, protocol: Protocol, begins: bool, is_reset: bool) -> Answer {
        match (self, protocol) {
            (Self::Keep, _) => Answer::Drop,
            (Self::Expire, _) | (Self::Reset, Protocol::Udp | Protocol::Sctp) => Answer::Expire,
            (Self::Reset, Protocol::Tcp) if is_reset => Answer::Pass,
            (Self::Reset, Protocol::Tcp) if begins => Answer::Expire,
            (Self::Reset, Protocol::Tcp) => Answer::Reset,
        }
    }

    /// Whether a connection in this state ends when the server is removed, whether or not a packet comes.
    /// One whose ends are to be told stays until there is a packet that knows its sequence numbers.
    pub const fn ends_at_once(self, state: State) -> bool {
        match (self, state) {
            (Self::Keep, _) => false,
            (Self::Expire, _) => true,
            (Self::Reset, State::Tcp(_)) => false,
            (Self::Reset, State::Udp | State::Sctp(_)) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logic::state::tcp;

    #[test]
    fn only_a_tcp_segment_in_the_middle_is_answered_by_a_reset() {
        use Answer::{Drop, Expire, Pass, Reset};
        // Datagram, SCTP, SYN, segment, RST.
        let packets = [
            (Protocol::Udp, true, false),
            (Protocol::Sctp, false, false),
            (Protocol::Tcp, true, false),
            (Protocol::Tcp, false, false),
            (Protocol::Tcp, false, true),
        ];
        let expected = [
            (Removal::Keep, [Drop, Drop, Drop, Drop, Drop]),
            (Removal::Expire, [Expire, Expire, Expire, Expire, Expire]),
            (Removal::Reset, [Expire, Expire, Expire, Reset, Pass]),
        ];
        for (removal, answers) in expected {
            for ((protocol, begins, is_reset), answer) in packets.into_iter().zip(answers) {
                assert_eq!(removal.answer(protocol, begins, is_reset), answer);
            }
        }
    }

    #[test]
    fn what_is_to_be_reset_stays_until_it_can_be() {
        for state in tcp::State::ALL {
            assert!(!Removal::Keep.ends_at_once(State::Tcp(state)));
            assert!(Removal::Expire.ends_at_once(State::Tcp(state)));
            assert!(!Removal::Reset.ends_at_once(State::Tcp(state)));
        }
        assert!(!Removal::Keep.ends_at_once(State::Udp));
        assert!(Removal::Expire.ends_at_once(State::Udp));
        assert!(Removal::Reset.ends_at_once(State::Udp));
    }
}
