// SPDX-License-Identifier: GPL-2.0-only

//! The site that packets are made for: `differential.sh` builds a director of it for each load balancer.
//!
//! ```text
//! clients, routers          director            real servers
//! 192.0.2.0/24 ────── client   servers ────── 10.0.0.0/24, MTU 1400
//!           192.0.2.1              10.0.0.1
//! ```

use std::net::{
    IpAddr,
    Ipv4Addr,
    Ipv6Addr, //
};

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

/// The same of IPv6: the virtual address, the director's on either link, clients, routers.
pub(crate) const VIP6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 6, 0, 0, 0, 0, 1);
pub(crate) const DIRECTOR6: Ipv6Addr = client6(1);
pub(crate) const DIRECTOR_INSIDE6: Ipv6Addr = server6(1);
pub(crate) const OWN6: [Ipv6Addr; 3] = [VIP6, DIRECTOR6, DIRECTOR_INSIDE6];
pub(crate) const CLIENTS6: [Ipv6Addr; 4] = [
    client6(0x10),
    client6(0x11),
    client6(0x12),
    Ipv6Addr::new(0x2001, 0xdb8, 0x77, 0, 0, 0, 0, 0x77),
];
pub(crate) const ROUTER6: Ipv6Addr = client6(0xfe);
pub(crate) const ROUTER_INSIDE6: Ipv6Addr = server6(0x99);

const fn client6(host: u16) -> Ipv6Addr {
    Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, host)
}

const fn server6(host: u16) -> Ipv6Addr {
    Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, host)
}

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

impl Method {
    const fn name(self) -> &'static str {
        match self {
            Self::Nat => "nat",
            Self::Dr => "dr",
            Self::Tun => "tun",
            Self::Empty => "empty",
            Self::Nothing => "nothing",
        }
    }
}

/// A service of TCP and UDP; how it is configured stands in `differential.sh`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Service {
    pub(crate) method: Method,
    pub(crate) port: u16,
    pub(crate) server: IpAddr,
    pub(crate) server_port: u16,
    /// What it is called in labels.
    pub(crate) name: &'static str,
}

const fn named(name: &'static str, service: Service) -> Service {
    Service { name, ..service }
}

const fn service(method: Method, port: u16, server: u8, server_port: u16) -> Service {
    Service {
        method,
        port,
        server: IpAddr::V4(Ipv4Addr::new(10, 0, 0, server)),
        server_port,
        name: method.name(),
    }
}

const fn service6(method: Method, port: u16, server: u16, server_port: u16) -> Service {
    Service {
        method,
        port,
        server: IpAddr::V6(server6(server)),
        server_port,
        name: method.name(),
    }
}

pub(crate) const NAT: Service = service(Method::Nat, 8000, 11, 80);
pub(crate) const DR: Service = service(Method::Dr, 8001, 12, 8001);
pub(crate) const TUN: Service = service(Method::Tun, 8002, 13, 8002);
pub(crate) const EMPTY: Service = service(Method::Empty, 8004, 0, 0);
/// Tunnels of other kinds, with and without checksums.
pub(crate) const GRE: Service = named("gre", service(Method::Tun, 8010, 14, 8010));
pub(crate) const GRE_SUM: Service = named("gre-sum", service(Method::Tun, 8011, 15, 8011));
pub(crate) const GUE: Service = named("gue", service(Method::Tun, 8012, 16, 8012));
pub(crate) const GUE_SUM: Service = named("gue-sum", service(Method::Tun, 8013, 17, 8013));
pub(crate) const GUE_REMOTE: Service = named("gue-remote", service(Method::Tun, 8014, 18, 8014));
pub(crate) const TUNNELS: [Service; 5] = [GRE, GRE_SUM, GUE, GUE_SUM, GUE_REMOTE];
/// The port of those of GUE.
pub(crate) const GUE_PORT: u16 = 5555;
/// A port that nothing listens at.
pub(crate) const NOTHING: Service = service(Method::Nothing, 8009, 0, 0);

/// Those that forward.
pub(crate) const FORWARDING: [Service; 3] = [NAT, DR, TUN];
pub(crate) const FORWARDING6: [Service; 2] = [NAT6, DR6];

pub(crate) const NAT6: Service = service6(Method::Nat, 8000, 0x11, 80);
pub(crate) const DR6: Service = service6(Method::Dr, 8001, 0x12, 8001);
pub(crate) const EMPTY6: Service = service6(Method::Empty, 8004, 0, 0);
pub(crate) const NOTHING6: Service = service6(Method::Nothing, 8009, 0, 0);

/// What there is of a version of IP.
pub(crate) struct Site {
    /// Services that forward.
    pub(crate) forwarding: &'static [Service],
    /// Those that do not: one without servers, and a port that nothing listens at.
    pub(crate) others: [Service; 2],
    pub(crate) nat: Service,
    pub(crate) clients: [IpAddr; 4],
    /// What the families are called, behind their name.
    pub(crate) suffix: &'static str,
}

pub(crate) const V4: Site = Site {
    forwarding: &FORWARDING,
    others: [EMPTY, NOTHING],
    nat: NAT,
    clients: [
        IpAddr::V4(CLIENTS[0]),
        IpAddr::V4(CLIENTS[1]),
        IpAddr::V4(CLIENTS[2]),
        IpAddr::V4(CLIENTS[3]),
    ],
    suffix: "",
};

pub(crate) const V6: Site = Site {
    forwarding: &FORWARDING6,
    others: [EMPTY6, NOTHING6],
    nat: NAT6,
    clients: [
        IpAddr::V6(CLIENTS6[0]),
        IpAddr::V6(CLIENTS6[1]),
        IpAddr::V6(CLIENTS6[2]),
        IpAddr::V6(CLIENTS6[3]),
    ],
    suffix: "6",
};

impl Service {
    pub(crate) const fn name(self) -> &'static str {
        self.name
    }

    /// The real server of a service of IPv4.
    pub(crate) fn server4(self) -> Ipv4Addr {
        match self.server {
            IpAddr::V4(server) => server,
            IpAddr::V6(server) => panic!("{server} is none of IPv4"),
        }
    }

    /// The address of the service.
    pub(crate) const fn vip(self) -> IpAddr {
        match self.server {
            IpAddr::V4(_) => IpAddr::V4(VIP),
            IpAddr::V6(_) => IpAddr::V6(VIP6),
        }
    }

    /// Whether replies pass the director.
    pub(crate) fn has_replies(self) -> bool {
        self.method == Method::Nat
    }
}
