// SPDX-License-Identifier: GPL-2.0-only

//! What a SYN, or an INIT, means that has the ports of a connection.

use super::{
    sctp,
    tcp,
    State, //
};

/// Which connections give way to a new one: `conn_reuse_mode` of IPVS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reuse(i32);

impl Reuse {
    /// The bit for those that the client has finished, where the director does not see the server's end.
    const FIN_WAIT: i32 = 2;

    /// What this value of the setting says.
    #[inline]
    pub const fn new(mode: i32) -> Self {
        Self(mode)
    }

    /// Whether a connection in this state gives way, of whose server the director may see the replies
    /// (`is_new_conn_expected()` in `net/netfilter/ipvs/ip_vs_core.c`). With any bit at all those give
    /// way that are over.
    pub const fn gives_way(self, state: State, sees_replies: bool) -> bool {
        match state {
            State::Tcp(tcp::State::TimeWait | tcp::State::Close) => self.0 != 0,
            State::Tcp(tcp::State::FinWait) => self.0 & Self::FIN_WAIT != 0 && !sees_replies,
            State::Sctp(sctp::State::Closed) => self.0 != 0,
            State::Tcp(_) | State::Udp | State::Sctp(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The states that give way, as `Documentation/networking/ipvs-sysctl.rst` has the modes.
    #[test]
    fn modes_are_those_of_the_documentation() {
        use tcp::State::{Close, FinWait, TimeWait};
        for (mode, sees_replies, expected) in [
            (0, false, &[][..]),
            (0, true, &[][..]),
            (1, false, &[TimeWait, Close][..]),
            (1, true, &[TimeWait, Close][..]),
            (2, false, &[TimeWait, Close, FinWait][..]),
            (2, true, &[TimeWait, Close][..]),
            (3, false, &[TimeWait, Close, FinWait][..]),
            (4, false, &[TimeWait, Close][..]),
            (-1, false, &[TimeWait, Close, FinWait][..]),
        ] {
            for state in tcp::State::ALL {
                let gives_way = Reuse::new(mode).gives_way(State::Tcp(state), sees_replies);
                assert_eq!(gives_way, expected.contains(&state), "{mode} {state:?}");
            }
            assert!(!Reuse::new(mode).gives_way(State::Udp, sees_replies));
            for state in sctp::State::ALL {
                let gives_way = Reuse::new(mode).gives_way(State::Sctp(state), sees_replies);
                let is_over = state == sctp::State::Closed;
                assert_eq!(gives_way, is_over && mode != 0, "{mode} {state:?}");
            }
        }
    }
}
