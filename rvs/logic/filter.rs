// SPDX-License-Identifier: GPL-2.0-only

//! A filter of addresses and ports: most packets concern no service, and shall cost next to
//! nothing.
//!
//! It is a Bloom filter with one hash: what was noted is always found, what was not is found by
//! chance. Endpoints are noted twice, by address alone and with the port. The address alone is one
//! look for what strangers send to each other; the port tells a real server's replies from what it
//! asks of others itself. Where all ports matter the address tells that, too. Where any packet may,
//! as its mark is all that counts, every cell does: no other look is needed to know.

use super::{
    addr::{
        Addr,
        Endpoint, //
    },
    service_key::{
        Ports,
        ServiceKey,
        FTP_PORT, //
    },
};

/// Number of cells of a filter: so many that a thousand addresses let more than three of four
/// others pass. A cell holds the flags of what was noted there.
pub const CELLS: usize = 4096;

/// Number of different flags of addresses and endpoints.
pub const FLAGS: usize = 6;

/// The flag that all cells have while there are services of marks.
pub const MARKS: u8 = 1 << FLAGS;

/// What endpoints are noted as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Clients send to it.
    Service,
    /// Replies come from it.
    Server,
}

impl Role {
    /// The flag of an address, in the cell that [`of_addr`] tells.
    #[inline]
    pub const fn addr_flag(self) -> u8 {
        match self {
            Self::Service => 1,
            Self::Server => 2,
        }
    }

    /// The flag of an address with a port, in the cell that [`of_endpoint`] tells.
    #[inline]
    pub const fn endpoint_flag(self) -> u8 {
        match self {
            Self::Service => 4,
            Self::Server => 8,
        }
    }

    /// The flag of an address with all its ports, in the cell that [`of_addr`] tells.
    #[inline]
    pub const fn all_ports_flag(self) -> u8 {
        match self {
            Self::Service => 16,
            Self::Server => 32,
        }
    }
}

/// What is noted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// An address with one port.
    Endpoint(Role, Endpoint),
    /// An address with all its ports.
    Addr(Role, Addr),
    /// Whatever has a mark, or is of a connection that had.
    Marks,
}

impl Subject {
    /// What packets of a service go to. Ranges of ports are noted as all of them, as is the port of FTP for
    /// its data connections: they are seldom, and a packet that is let through in vain is only looked up
    /// in vain.
    pub const fn of_service(key: &ServiceKey) -> Self {
        match *key {
            ServiceKey::Address { addr, ports, .. } => match ports {
                Ports::One(FTP_PORT) => Self::Addr(Role::Service, addr),
                Ports::One(port) => Self::Endpoint(Role::Service, Endpoint::new(addr, port)),
                Ports::Range(_) | Ports::All => Self::Addr(Role::Service, addr),
            },
            ServiceKey::Mark { .. } => Self::Marks,
        }
    }

    /// What replies of a real server of a service come from, which has port 0 where it has the ports of the
    /// packets. Where clients keep their server it has these of whatever port it is, so that of services
    /// of many ports all are noted.
    pub fn of_server(service: &ServiceKey, endpoint: Endpoint) -> Self {
        if endpoint.port == 0 || service.has_many_ports() {
            Self::Addr(Role::Server, endpoint.addr)
        } else {
            Self::Endpoint(Role::Server, endpoint)
        }
    }

    /// Where it is noted: cells and the flag in each; none for every cell.
    pub const fn places(self) -> Option<[(usize, u8); 2]> {
        match self {
            Self::Endpoint(role, Endpoint { addr, port }) => Some([
                (of_addr(addr), role.addr_flag()),
                (of_endpoint(addr, port), role.endpoint_flag()),
            ]),
            Self::Addr(role, addr) => Some([
                (of_addr(addr), role.addr_flag()),
                (of_addr(addr), role.all_ports_flag()),
            ]),
            Self::Marks => None,
        }
    }
}

/// The odd number next to 2^32 divided by the golden ratio: multiples of it are spread evenly
/// (Fibonacci hashing), so that neighbours have different cells.
const GOLDEN: u32 = 0x9e37_79b9;
/// The same for ports: the odd number next to 2^32 times the square root of 2, less 1.
const OF_PORT: u32 = 0x6a09_e667;

/// The cell of an address: below [`CELLS`].
#[inline]
pub const fn of_addr(addr: Addr) -> usize {
    cell(folded(addr).wrapping_mul(GOLDEN))
}

/// The cell of an address with a port: below [`CELLS`].
#[inline]
pub const fn of_endpoint(addr: Addr, port: u16) -> usize {
    // As the port stands in a packet.
    let port = u16::from_ne_bytes(port.to_be_bytes()) as u32;
    cell(
        folded(addr)
            .wrapping_mul(GOLDEN)
            .wrapping_add(port.wrapping_mul(OF_PORT)),
    )
}

/// The cell that the upper bits of a hash tell.
#[inline]
const fn cell(hash: u32) -> usize {
    (hash >> (u32::BITS - CELLS.trailing_zeros())) as usize
}

/// An address as a number, whatever the byte order: one look at a packet less.
#[inline]
const fn folded(addr: Addr) -> u32 {
    match addr {
        Addr::V4(addr) => u32::from_ne_bytes(addr.octets()),
        Addr::V6(addr) => {
            let bits = addr.to_bits();
            (bits ^ (bits >> 32) ^ (bits >> 64) ^ (bits >> 96)) as u32
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logic::{
        addr::Family,
        protocol::Protocol,
        service_key::PortRange, //
    };
    use core::net::{
        Ipv4Addr,
        Ipv6Addr, //
    };

    fn addr(bits: u32) -> Addr {
        Addr::V4(Ipv4Addr::from_bits(bits))
    }

    /// Cells with the servers 10.0.0.0 and on noted in them, at this port.
    fn with_servers(count: u32, port: u16) -> [u8; CELLS] {
        let web = ServiceKey::of(Protocol::Tcp, Endpoint::new(addr(1), 80));
        let mut cells = [0; CELLS];
        for host in 0..count {
            let endpoint = Endpoint::new(addr(0x0a00_0000 + host), port);
            for (cell, flag) in Subject::of_server(&web, endpoint).places().unwrap() {
                cells[cell] |= flag;
            }
        }
        cells
    }

    #[test]
    fn a_thousand_servers_leave_three_of_four_strangers_out() {
        let cells = with_servers(1000, 80);
        let found = (0..10_000u32)
            .map(|host| of_addr(addr(0xc0a8_0000 + host * 7)))
            .filter(|cell| cells[*cell] & Role::Server.addr_flag() != 0)
            .count();
        assert!(found < 2_500, "{found} of 10000");
    }

    #[test]
    fn a_thousand_servers_leave_seven_of_ten_of_their_own_flows_out() {
        let cells = with_servers(1000, 80);
        let found = (0..1000u32)
            .flat_map(|host| (0..20).map(move |flow| (host, 32_768 + 1_409 * flow)))
            .map(|(host, port)| of_endpoint(addr(0x0a00_0000 + host), port))
            .filter(|cell| cells[*cell] & Role::Server.endpoint_flag() != 0)
            .count();
        assert!(found < 6_000, "{found} of 20000");
    }

    #[test]
    fn flags_are_different_bits() {
        let flags = [Role::Service, Role::Server]
            .map(|role| role.addr_flag() | role.endpoint_flag() | role.all_ports_flag());
        assert_eq!((flags[0] | flags[1]).count_ones() as usize, FLAGS);
        assert_eq!(flags[0] & flags[1], 0);
        assert_eq!(flags[0] | flags[1], (1 << FLAGS) - 1);
        assert_eq!((flags[0] | flags[1]) & MARKS, 0);
    }

    #[test]
    fn what_has_no_port_of_its_own_is_noted_with_all() {
        let all = |role: Role, addr| {
            let cell = of_addr(addr);
            Some([(cell, role.addr_flag()), (cell, role.all_ports_flag())])
        };
        let key = |ports| ServiceKey::Address {
            protocol: Protocol::Tcp,
            addr: addr(1),
            ports,
        };
        let range = PortRange::new(8000, 8999).unwrap();
        for ports in [Ports::All, Ports::Range(range), Ports::One(FTP_PORT)] {
            let places = Subject::of_service(&key(ports)).places();
            assert_eq!(places, all(Role::Service, addr(1)));
        }
        let web = key(Ports::One(80));
        let server = Endpoint::new(addr(2), 0);
        let places = Subject::of_server(&web, server).places();
        assert_eq!(places, all(Role::Server, addr(2)));
        let server = Endpoint::new(addr(2), 8080);
        for ports in [Ports::All, Ports::Range(range), Ports::One(FTP_PORT)] {
            let places = Subject::of_server(&key(ports), server).places();
            assert_eq!(places, all(Role::Server, addr(2)));
        }
        let places = Subject::of_server(&web, server).places();
        assert_ne!(places, all(Role::Server, addr(2)));
        let mark = ServiceKey::Mark {
            family: Family::V4,
            mark: 7,
        };
        assert_eq!(Subject::of_service(&mark).places(), None);
    }

    #[test]
    fn cells_of_any_address_are_in_range() {
        for bits in [0, 1, u32::MAX, 0x8000_0000] {
            let v6 = Addr::V6(Ipv6Addr::from_bits(u128::from(bits) << 96 | 1));
            for addr in [addr(bits), v6] {
                assert!(of_addr(addr) < CELLS);
                assert!(of_endpoint(addr, u16::MAX) < CELLS);
            }
        }
    }
}
