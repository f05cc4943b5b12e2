// SPDX-License-Identifier: GPL-2.0-only

//! The site that packets are made for: `differential.sh` builds a director of it for each load balancer.
//!
//! ```text
//! clients, routers          director            real servers
//! 192.0.2.0/24 ────── client   servers ────── 10.0.0.0/24, MTU 1400
//!           192.0.2.1              10.0.0.1
//! ```

use std::net::Ipv4Addr;

pub(crate) const VIP: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);
/// The director among clients.
pub(crate) const DIRECTOR: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
/// The director among real servers.
pub(crate) const DIRECTOR_INSIDE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
/// All the director's own.
pub(crate) const OWN: [Ipv4Addr; 3] = [VIP, DIRECTOR, DIRECTOR_INSIDE];
/// Those on the link, and one behind the router of the link.
pub(crate) const CLIENTS: [Ipv4Addr; 4] = [
    Ipv4Addr::new(192, 0, 2, 10),
    Ipv4Addr::new(192, 0, 2, 11),
    Ipv4Addr::new(192, 0, 2, 12),
    Ipv4Addr::new(203, 0, 113, 77),
];
/// A router somewhere among clients.
pub(crate) const ROUTER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 254);
/// A router somewhere among real servers.
pub(crate) const ROUTER_INSIDE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 99);

/// Of the link to real servers; that to clients has 1500.
pub(crate) const MTU_INSIDE: usize = 1400;

/// The link layer addresses, which `differential.sh` has given the director's devices and neighbours.
pub(crate) const DIRECTOR_MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
pub(crate) const NEIGHBOUR_MAC: [u8; 6] = [2, 0, 0, 0, 0, 2];

/// A side of the director.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Side {
    Client,
    Servers,
    /// What the director itself gets. Nothing can be sent there.
    Local,
}

impl Side {
    /// The director's device, and what the side is called.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Servers => "servers",
            Self::Local => "local",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Client, Self::Servers, Self::Local]
            .into_iter()
            .find(|side| side.name() == name)
    }
}

/// What takes a packet to a real server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Method {
    Nat,
    Dr,
    Tun,
    /// A service without servers.
    Empty,
    /// No service.
    Nothing,
}

/// A service of TCP and UDP; how it is configured stands in `differential.sh`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Service {
    pub(crate) method: Method,
    pub(crate) port: u16,
    pub(crate) server: Ipv4Addr,
    pub(crate) server_port: u16,
}

const fn service(method: Method, port: u16, server: u8, server_port: u16) -> Service {
    Service {
        method,
        port,
        server: Ipv4Addr::new(10, 0, 0, server),
        server_port,
    }
}

pub(crate) const NAT: Service = service(Method::Nat, 8000, 11, 80);
pub(crate) const DR: Service = service(Method::Dr, 8001, 12, 8001);
pub(crate) const TUN: Service = service(Method::Tun, 8002, 13, 8002);
pub(crate) const EMPTY: Service = service(Method::Empty, 8004, 0, 0);
/// A port that nothing listens at.
pub(crate) const NOTHING: Service = service(Method::Nothing, 8009, 0, 0);

/// Those that forward.
pub(crate) const FORWARDING: [Service; 3] = [NAT, DR, TUN];

impl Service {
    pub(crate) const fn name(self) -> &'static str {
        match self.method {
            Method::Nat => "nat",
            Method::Dr => "dr",
            Method::Tun => "tun",
            Method::Empty => "empty",
            Method::Nothing => "nothing",
        }
    }

    /// Whether replies pass the director.
    pub(crate) fn has_replies(self) -> bool {
        self.method == Method::Nat
    }
}
