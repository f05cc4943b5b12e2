// SPDX-License-Identifier: GPL-2.0-only

//! Which ports rest when their connection has ended.

use crate::logic::state::{
    tcp,
    State, //
};

use super::REST_SECONDS;

/// Whether the port of a connection that ends in `state`, after no packet of it was seen for `idle` seconds, may be
/// in TIME_WAIT at the server, and so has to rest.
///
/// A server that has not seen the last acknowledgment of the client keeps no such state, nor one that was reset. After
/// TIME_WAIT of the connection itself, which lasts for longer, the server's is over.
pub const fn must_rest(state: State, idle: u32) -> bool {
    match state {
        State::Tcp(state) => match state {
            tcp::State::Established
            | tcp::State::FinWait
            | tcp::State::CloseWait
            | tcp::State::LastAck => true,
            tcp::State::TimeWait => idle < REST_SECONDS,
            tcp::State::None
            | tcp::State::SynSent
            | tcp::State::SynRecv
            | tcp::State::SynAck
            | tcp::State::Close
            | tcp::State::Listen => false,
        },
        State::Udp | State::Sctp(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_open_rests_unless_time_wait_is_over() {
        let open = [
            tcp::State::Established,
            tcp::State::FinWait,
            tcp::State::CloseWait,
            tcp::State::LastAck,
            tcp::State::TimeWait,
        ];
        for number in 0..=10 {
            let Some(state) = tcp::State::from_u8(number) else {
                panic!("no state {number}");
            };
            let rests = must_rest(State::Tcp(state), 59);
            assert_eq!(rests, open.contains(&state), "{state:?}");
        }
        assert!(!must_rest(State::Tcp(tcp::State::TimeWait), 60));
        assert!(must_rest(State::Tcp(tcp::State::FinWait), 60));
        assert!(!must_rest(State::Udp, 0));
    }
}
