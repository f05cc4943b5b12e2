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

/// What a packet has around it on its way to a real server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tunnel {
    Ipip,
    Gre,
    /// With a checksum.
    GreSum,
    Gue,
    GueSum,
    /// With remote checksum offload.
    GueRemote,
}

/// A service of TCP, UDP and SCTP; how it is configured stands in `differential.sh`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Service {
    pub(crate) method: Method,
    pub(crate) port: u16,
    pub(crate) server: IpAddr,
    pub(crate) server_port: u16,
    /// By the method Tun.
    pub(crate) tunnel: Tunnel,
    /// Of which version of IP the service is; the real server behind a tunnel may be of the other.
    pub(crate) is_ipv6: bool,
    /// What it is called in labels.
    pub(crate) name: &'static str,
}

const fn tunnel(name: &'static str, tunnel: Tunnel, service: Service) -> Service {
    Service {
        name,
        tunnel,
        ..service
    }
}

const fn service(method: Method, port: u16, server: u8, server_port: u16) -> Service {
    Service {
        method,
        port,
        server: IpAddr::V4(Ipv4Addr::new(10, 0, 0, server)),
        server_port,
        tunnel: Tunnel::Ipip,
        is_ipv6: false,
        name: method.name(),
    }
}

const fn service6(method: Method, port: u16, server: u16, server_port: u16) -> Service {
    Service {
        method,
        port,
        server: IpAddr::V6(server6(server)),
        server_port,
        tunnel: Tunnel::Ipip,
        is_ipv6: true,
        name: method.name(),
    }
}

const fn in_ipv6(is_ipv6: bool, port: u16, server: u16) -> Service {
    Service {
        is_ipv6,
        ..service6(Method::Tun, port, server, port)
    }
}

const fn of_ipv6_in_ipv4(port: u16, server: u8) -> Service {
    Service {
        is_ipv6: true,
        ..service(Method::Tun, port, server, port)
    }
}

pub(crate) const NAT: Service = service(Method::Nat, 8000, 11, 80);
pub(crate) const DR: Service = service(Method::Dr, 8001, 12, 8001);
pub(crate) const TUN: Service = service(Method::Tun, 8002, 13, 8002);
pub(crate) const EMPTY: Service = service(Method::Empty, 8004, 0, 0);
/// Tunnels of other kinds, with and without checksums.
pub(crate) const TUNNELS: [Service; 5] = [
    tunnel("gre", Tunnel::Gre, service(Method::Tun, 8010, 14, 8010)),
    tunnel(
        "gre-sum",
        Tunnel::GreSum,
        service(Method::Tun, 8011, 15, 8011),
    ),
    tunnel("gue", Tunnel::Gue, service(Method::Tun, 8012, 16, 8012)),
    tunnel(
        "gue-sum",
        Tunnel::GueSum,
        service(Method::Tun, 8013, 17, 8013),
    ),
    tunnel(
        "gue-remote",
        Tunnel::GueRemote,
        service(Method::Tun, 8014, 18, 8014),
    ),
];
/// Tunnels that have to do with IPv6: of one version in the other, and of IPv6 in itself.
pub(crate) const TUNNELS_OF_4IN6: [Service; 6] = [
    tunnel("4in6-ipip", Tunnel::Ipip, in_ipv6(false, 8020, 0x20)),
    tunnel("4in6-gre", Tunnel::Gre, in_ipv6(false, 8021, 0x21)),
    tunnel("4in6-gre-sum", Tunnel::GreSum, in_ipv6(false, 8022, 0x22)),
    tunnel("4in6-gue", Tunnel::Gue, in_ipv6(false, 8023, 0x23)),
    tunnel("4in6-gue-sum", Tunnel::GueSum, in_ipv6(false, 8024, 0x24)),
    tunnel(
        "4in6-gue-remote",
        Tunnel::GueRemote,
        in_ipv6(false, 8025, 0x25),
    ),
];
pub(crate) const TUNNELS_OF_6IN6: [Service; 6] = [
    tunnel("6in6-ipip", Tunnel::Ipip, in_ipv6(true, 8030, 0x30)),
    tunnel("6in6-gre", Tunnel::Gre, in_ipv6(true, 8031, 0x31)),
    tunnel("6in6-gre-sum", Tunnel::GreSum, in_ipv6(true, 8032, 0x32)),
    tunnel("6in6-gue", Tunnel::Gue, in_ipv6(true, 8033, 0x33)),
    tunnel("6in6-gue-sum", Tunnel::GueSum, in_ipv6(true, 8034, 0x34)),
    tunnel(
        "6in6-gue-remote",
        Tunnel::GueRemote,
        in_ipv6(true, 8035, 0x35),
    ),
];
pub(crate) const TUNNELS_OF_6IN4: [Service; 6] = [
    tunnel("6in4-ipip", Tunnel::Ipip, of_ipv6_in_ipv4(8040, 40)),
    tunnel("6in4-gre", Tunnel::Gre, of_ipv6_in_ipv4(8041, 41)),
    tunnel("6in4-gre-sum", Tunnel::GreSum, of_ipv6_in_ipv4(8042, 42)),
    tunnel("6in4-gue", Tunnel::Gue, of_ipv6_in_ipv4(8043, 43)),
    tunnel("6in4-gue-sum", Tunnel::GueSum, of_ipv6_in_ipv4(8044, 44)),
    tunnel(
        "6in4-gue-remote",
        Tunnel::GueRemote,
        of_ipv6_in_ipv4(8045, 45),
    ),
];
/// The port of those of GUE.
pub(crate) const GUE_PORT: u16 = 5555;
/// A port that nothing listens at.
pub(crate) const NOTHING: Service = service(Method::Nothing, 8009, 0, 0);
/// What keys of IPsec are exchanged by.
pub(crate) const ISAKMP: Service = service(Method::Nat, 500, 11, 500);
pub(crate) const ISAKMP6: Service = service6(Method::Nat, 500, 0x11, 500);

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
        if self.is_ipv6 {
            IpAddr::V6(VIP6)
        } else {
            IpAddr::V4(VIP)
        }
    }

    /// Whether replies pass the director.
    pub(crate) fn has_replies(self) -> bool {
        self.method == Method::Nat
    }
}
