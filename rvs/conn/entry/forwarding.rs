// SPDX-License-Identifier: GPL-2.0-only

//! How packets of a connection reach their real server.

use crate::svc::Forward;

/// The forward method that the destination had when the connection began, with what is done besides.
// In this order one comparison tells who is by NAT of one end alone, and nothing else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forwarding {
    /// As [`Forward::Nat`].
    Nat,
    /// As [`Forward::Dr`].
    Dr,
    /// As [`Forward::Tun`].
    Tun,
    /// As [`Forward::Fullnat`]. Whether the real server is told of the client is known where the local endpoint is.
    Fullnat,
    /// As [`Forward::Enat`].
    Enat,
    /// As [`Forward::Nat`], and the real server is told of the client by an option of TCP.
    NatToa,
}

impl From<Forward> for Forwarding {
    #[inline(always)]
    fn from(forward: Forward) -> Self {
        match forward {
            Forward::Nat => Self::Nat,
            Forward::Dr => Self::Dr,
            Forward::Tun => Self::Tun,
            Forward::Fullnat => Self::Fullnat,
            Forward::Enat => Self::Enat,
        }
    }
}

impl From<Forwarding> for Forward {
    #[inline(always)]
    fn from(forwarding: Forwarding) -> Self {
        match forwarding {
            Forwarding::Nat | Forwarding::NatToa => Self::Nat,
            Forwarding::Dr => Self::Dr,
            Forwarding::Tun => Self::Tun,
            Forwarding::Fullnat => Self::Fullnat,
            Forwarding::Enat => Self::Enat,
        }
    }
}
