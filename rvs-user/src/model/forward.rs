// SPDX-License-Identifier: GPL-2.0-only

//! Forward methods.

use std::fmt;

use rvs_logic::logic::uapi::forward;

/// How a packet reaches the real server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forward {
    /// Masquerading: addresses and ports are rewritten.
    Nat,
    /// Direct routing: only the link layer address changes.
    Dr,
    /// An IP tunnel.
    Tun,
    /// Full NAT: addresses and ports of both ends are rewritten.
    Fullnat,
    /// ENAT: as full NAT, with the client in an option of TCP; the real server answers the client itself.
    Enat,
}

impl Forward {
    /// The number in the family; C header `include/uapi/linux/rvs.h`, `enum rvs_forward`.
    pub fn number(self) -> u32 {
        match self {
            Forward::Nat => forward::NAT,
            Forward::Dr => forward::DR,
            Forward::Tun => forward::TUN,
            Forward::Fullnat => forward::FULLNAT,
            Forward::Enat => forward::ENAT,
        }
    }

    /// The method of a number, `None` for those of a newer module.
    pub fn from_number(number: u32) -> Option<Self> {
        [
            Forward::Nat,
            Forward::Dr,
            Forward::Tun,
            Forward::Fullnat,
            Forward::Enat,
        ]
        .into_iter()
        .find(|method| method.number() == number)
    }

    /// The option that names it on the command line.
    pub fn option(self) -> &'static str {
        match self {
            Forward::Nat => "--nat",
            Forward::Dr => "--dr",
            Forward::Tun => "--tun",
            Forward::Fullnat => "--fullnat",
            Forward::Enat => "--enat",
        }
    }

    /// The abbreviation in prose.
    pub fn title(self) -> &'static str {
        match self {
            Forward::Nat => "NAT",
            Forward::Dr => "DR",
            Forward::Tun => "TUN",
            Forward::Fullnat => "FULLNAT",
            Forward::Enat => "ENAT",
        }
    }

    /// Whether the port of the real server may differ from the virtual one.
    /// DR and TUN deliver the packet as the client sent it.
    pub fn maps_ports(self) -> bool {
        matches!(self, Forward::Nat | Forward::Fullnat | Forward::Enat)
    }
}

impl fmt::Display for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Forward::Nat => "nat",
            Forward::Dr => "dr",
            Forward::Tun => "tun",
            Forward::Fullnat => "fullnat",
            Forward::Enat => "enat",
        })
    }
}
