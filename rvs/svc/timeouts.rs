// SPDX-License-Identifier: GPL-2.0-only

//! Timeouts as packets and the expiry of connections read them, while they are changed.

use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

use crate::logic::state::{
    tcp,
    State,
    Timeouts, //
};

/// Each is read and written for itself: who reads while several change may see some of them.
pub(super) struct Settings {
    tcp_established: Atomic<u32>,
    tcp_fin_wait: Atomic<u32>,
    udp: Atomic<u32>,
}

impl Settings {
    /// Makes them with these values.
    pub(super) fn new(timeouts: Timeouts) -> Self {
        Self {
            tcp_established: Atomic::new(timeouts.tcp_established),
            tcp_fin_wait: Atomic::new(timeouts.tcp_fin_wait),
            udp: Atomic::new(timeouts.udp),
        }
    }

    /// Returns those of now.
    pub(super) fn get(&self) -> Timeouts {
        Timeouts {
            tcp_established: self.tcp_established.load(Relaxed),
            tcp_fin_wait: self.tcp_fin_wait.load(Relaxed),
            udp: self.udp.load(Relaxed),
        }
    }

    /// Returns that of a state, which is that in `namespace` where `self`, of a service, has 0: two
    /// loads at most.
    #[inline(always)]
    pub(super) fn of(&self, state: State, namespace: &Self) -> u32 {
        let (own, other) = match state {
            State::Tcp(tcp::State::Established) => {
                (&self.tcp_established, &namespace.tcp_established)
            }
            State::Tcp(tcp::State::FinWait) => (&self.tcp_fin_wait, &namespace.tcp_fin_wait),
            State::Tcp(state) => return state.timeout(),
            State::Udp => (&self.udp, &namespace.udp),
            State::Sctp(state) => return state.timeout(),
        };
        match own.load(Relaxed) {
            0 => other.load(Relaxed),
            own => own,
        }
    }

    /// Changes them.
    pub(super) fn set(&self, timeouts: Timeouts) {
        self.tcp_established
            .store(timeouts.tcp_established, Relaxed);
        self.tcp_fin_wait.store(timeouts.tcp_fin_wait, Relaxed);
        self.udp.store(timeouts.udp, Relaxed);
    }
}
