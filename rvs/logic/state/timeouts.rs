// SPDX-License-Identifier: GPL-2.0-only

//! How long a connection may be idle, as far as that can be set.

use super::{
    tcp,
    udp,
    State, //
};

/// Timeouts that can be set, in seconds of idleness.
///
/// Those of a namespace are all above 0. Of those of a service, 0 stands for that of its namespace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// Of an established TCP connection.
    pub tcp_established: u32,
    /// Of a TCP connection that one side has finished.
    pub tcp_fin_wait: u32,
    /// Of a UDP exchange.
    pub udp: u32,
}

/// What to change of timeouts; what is none stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TimeoutsChange {
    /// See [`Timeouts::tcp_established`].
    pub tcp_established: Option<u32>,
    /// See [`Timeouts::tcp_fin_wait`].
    pub tcp_fin_wait: Option<u32>,
    /// See [`Timeouts::udp`].
    pub udp: Option<u32>,
}

impl Timeouts {
    /// Those of a service that has none of its own.
    pub const NONE: Self = Self {
        tcp_established: 0,
        tcp_fin_wait: 0,
        udp: 0,
    };

    /// Those of a director that was not told others.
    #[inline]
    pub const fn new() -> Self {
        Self {
            tcp_established: tcp::State::Established.timeout(),
            tcp_fin_wait: tcp::State::FinWait.timeout(),
            udp: udp::TIMEOUT,
        }
    }

    /// How many seconds a connection in `state` may be idle before it is removed.
    #[inline]
    pub const fn of(&self, state: State) -> u32 {
        match state {
            State::Tcp(tcp::State::Established) => self.tcp_established,
            State::Tcp(tcp::State::FinWait) => self.tcp_fin_wait,
            State::Tcp(state) => state.timeout(),
            State::Udp => self.udp,
            State::Sctp(state) => state.timeout(),
        }
    }

    /// Those of a service that has these of its own, in a namespace that has `self`.
    #[inline]
    #[must_use]
    pub const fn with(&self, own: &Self) -> Self {
        const fn first_set(own: u32, other: u32) -> u32 {
            if own == 0 {
                other
            } else {
                own
            }
        }
        Self {
            tcp_established: first_set(own.tcp_established, self.tcp_established),
            tcp_fin_wait: first_set(own.tcp_fin_wait, self.tcp_fin_wait),
            udp: first_set(own.udp, self.udp),
        }
    }

    /// Those after a change.
    #[must_use]
    pub fn changed(&self, change: &TimeoutsChange) -> Self {
        Self {
            tcp_established: change.tcp_established.unwrap_or(self.tcp_established),
            tcp_fin_wait: change.tcp_fin_wait.unwrap_or(self.tcp_fin_wait),
            udp: change.udp.unwrap_or(self.udp),
        }
    }

    /// Whether connections may be due earlier than with `before`.
    pub const fn is_shorter_than(&self, before: &Self) -> bool {
        self.tcp_established < before.tcp_established
            || self.tcp_fin_wait < before.tcp_fin_wait
            || self.udp < before.udp
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self::new()
    }
}

/// The longest timeout, in seconds, where there are so many ticks in one: its ticks are to fit into
/// 31 bits (`ip_vs_set_timeout()` of `net/netfilter/ipvs/ip_vs_ctl.c`).
pub const fn longest(ticks_per_second: u32) -> u32 {
    match (i32::MAX as u32).checked_div(ticks_per_second) {
        Some(seconds) => seconds,
        None => 0,
    }
}
