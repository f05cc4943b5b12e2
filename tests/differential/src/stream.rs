// SPDX-License-Identifier: GPL-2.0-only

//! The packets of a seed, in groups. The connections of a group are its own, so that they can be looked at after it.

use std::{
    collections::{
        HashMap,
        HashSet, //
    },
    net::IpAddr, //
};

use crate::{
    generate,
    random::Random,
    site::{
        Service,
        Side,
        CLIENTS,
        CLIENTS6,
        DIRECTOR_MAC, //
    },
    wire::{
        self,
        chunk,
        sctp,
        Ip,
        Ip6,
        Sum,
        Tcp,
        Udp,
        ACK,
        COOKIE_ACK,
        COOKIE_ECHO,
        DATA,
        ICMP,
        ICMPV6,
        INIT,
        INIT_ACK,
        PSH,
        SCTP,
        SYN,
        TCP, //
    }, //
};

/// What a packet leaves to the device, as the header of a virtual network device tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Offload {
    None,
    /// The checksum of what begins at `start`, `at` bytes into it.
    Checksum {
        start: u16,
        at: u16,
    },
    /// The same, and to be taken apart into segments of `size` bytes.
    Segments {
        protocol: u8,
        size: u16,
        header_len: u16,
        start: u16,
        at: u16,
    },
}

/// A packet, and what it is.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Family, case, method, and what else tells it from others: `udp/no-checksum/nat/request`.
    pub(crate) label: String,
    pub(crate) side: Side,
    /// The link layer address it is sent to.
    pub(crate) mac: [u8; 6],
    pub(crate) packet: Vec<u8>,
    /// Whether the frame says so, whatever the packet does.
    pub(crate) is_ipv6: bool,
    pub(crate) offload: Offload,
    /// Of which flow of its group it is.
    pub(crate) flow: Option<(u8, u16)>,
}

/// Packets, and the connections that they may make.
#[derive(Debug)]
pub(crate) struct Group {
    /// The generator that made it.
    pub(crate) family: &'static str,
    pub(crate) steps: Vec<Step>,
    /// What each flow is, by protocol and client's port.
    pub(crate) flows: HashMap<(u8, u16), String>,
}

impl Group {
    /// Leaves out two thirds of the flows that are one case each.
    fn thin_flows(&mut self, random: &mut Random) {
        let mut keys: Vec<_> = self.flows.keys().copied().collect();
        keys.sort_unstable();
        keys.retain(|key| {
            let packets = self.steps.iter().filter(|step| step.flow == Some(*key));
            packets.count() < OF_ONE_CASE && !random.one_in(3)
        });
        self.flows.retain(|key, _| !keys.contains(key));
        self.steps
            .retain(|step| step.flow.is_none_or(|flow| !keys.contains(&flow)));
    }
}

/// More packets than this has a flow that has many cases.
const OF_ONE_CASE: usize = 12;

/// Of which side of a connection a packet is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    Request,
    Reply,
}

impl Direction {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Reply => "reply",
        }
    }

    pub(crate) const fn side(self) -> Side {
        match self {
            Self::Request => Side::Client,
            Self::Reply => Side::Servers,
        }
    }
}

/// A client's port and what it talks to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flow {
    pub(crate) client: IpAddr,
    pub(crate) port: u16,
    pub(crate) protocol: u8,
    pub(crate) service: Service,
}

impl Flow {
    pub(crate) const fn key(&self) -> (u8, u16) {
        (self.protocol, self.port)
    }

    /// Its directions that pass the director.
    pub(crate) fn directions(&self) -> &'static [Direction] {
        if self.service.has_replies() {
            &[Direction::Request, Direction::Reply]
        } else {
            &[Direction::Request]
        }
    }

    pub(crate) fn ends(&self, direction: Direction) -> (IpAddr, IpAddr) {
        match direction {
            Direction::Request => (self.client, self.service.vip()),
            Direction::Reply => (self.service.server, self.client),
        }
    }

    pub(crate) fn ports(&self, direction: Direction) -> (u16, u16) {
        match direction {
            Direction::Request => (self.port, self.service.port),
            Direction::Reply => (self.service.server_port, self.port),
        }
    }

    pub(crate) fn ip(&self, direction: Direction) -> Ip {
        let (from, to) = self.ends(direction);
        Ip::new(from, to, self.protocol)
    }

    /// The header of a flow of IPv6.
    pub(crate) fn ip6(&self, direction: Direction) -> Ip6 {
        let (from, to) = self.ends(direction);
        Ip6::new(from, to, self.protocol)
    }

    /// A segment with these flags, of TCP.
    pub(crate) fn tcp(&self, direction: Direction, flags: u8, payload: &[u8]) -> Vec<u8> {
        let (from, to) = self.ends(direction);
        Tcp::new(self.ports(direction), flags).segment(from, to, payload)
    }

    pub(crate) fn udp(&self, direction: Direction, check: Sum, payload: &[u8]) -> Vec<u8> {
        let (from, to) = self.ends(direction);
        Udp {
            check,
            ..Udp::new(self.ports(direction))
        }
        .datagram(from, to, payload)
    }

    /// A packet with a chunk of this kind, of SCTP.
    pub(crate) fn sctp(&self, direction: Direction, kind: u8, payload: &[u8]) -> Vec<u8> {
        sctp(self.ports(direction), &chunk(kind, payload))
    }

    /// What follows the IP header of a packet in the middle of the flow.
    pub(crate) fn data(&self, direction: Direction, payload: &[u8]) -> Vec<u8> {
        match self.protocol {
            TCP => self.tcp(direction, PSH | ACK, payload),
            SCTP => self.sctp(direction, DATA, payload),
            _ => self.udp(direction, Sum::Right, payload),
        }
    }

    /// The same of its first packet.
    pub(crate) fn first(&self, payload: &[u8]) -> Vec<u8> {
        match self.protocol {
            TCP => self.tcp(Direction::Request, SYN, payload),
            SCTP => self.sctp(Direction::Request, INIT, payload),
            _ => self.udp(Direction::Request, Sum::Right, payload),
        }
    }

    /// The same as the other end of the packet knows it, inside of an ICMP error: the client of what the service has
    /// sent, the real server of what it has got.
    pub(crate) fn seen(&self, direction: Direction, payload: &[u8]) -> Vec<u8> {
        let (ends, ports) = self.seen_ends(direction);
        let transport = match self.protocol {
            TCP => Tcp::new(ports, ACK).segment(ends.0, ends.1, payload),
            SCTP => sctp(ports, &chunk(DATA, payload)),
            _ => Udp::new(ports).datagram(ends.0, ends.1, payload),
        };
        if ends.0.is_ipv6() {
            return self.seen_ip6(direction).packet(&transport);
        }
        self.seen_ip(direction).packet(&transport)
    }

    pub(crate) fn seen_ip6(&self, direction: Direction) -> Ip6 {
        let (ends, _) = self.seen_ends(direction);
        Ip6 {
            hop_limit: 61,
            ..Ip6::new(ends.0, ends.1, self.protocol)
        }
    }

    pub(crate) fn seen_ip(&self, direction: Direction) -> Ip {
        let (ends, _) = self.seen_ends(direction);
        Ip {
            ttl: 61,
            ..Ip::new(ends.0, ends.1, self.protocol)
        }
    }

    fn seen_ends(&self, direction: Direction) -> ((IpAddr, IpAddr), (u16, u16)) {
        match direction {
            // With direct routing and tunnels the real server has the virtual address.
            Direction::Request if self.service.has_replies() => (
                (self.client, self.service.server),
                (self.port, self.service.server_port),
            ),
            Direction::Request => (
                (self.client, self.service.vip()),
                (self.port, self.service.port),
            ),
            Direction::Reply => (
                (self.service.vip(), self.client),
                (self.service.port, self.port),
            ),
        }
    }
}

/// Makes groups.
pub(crate) struct Builder {
    pub(crate) random: Random,
    groups: Vec<Group>,
    family: &'static str,
    next_port: u16,
    next_id: u16,
    packets: usize,
}

/// The first client's port. Below are those of services.
const FIRST_PORT: u16 = 10_000;

impl Builder {
    fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed, "packets"),
            groups: Vec::new(),
            family: "",
            next_port: FIRST_PORT,
            next_id: 0,
            packets: 0,
        }
    }

    /// What follows is a group of its own.
    pub(crate) fn group(&mut self) {
        if self
            .groups
            .last()
            .is_none_or(|group| !group.steps.is_empty())
        {
            self.groups.push(Group {
                family: self.family,
                steps: Vec::new(),
                flows: HashMap::new(),
            });
        }
    }

    /// A new flow of the group from the usual client.
    pub(crate) fn flow(&mut self, service: Service, protocol: u8, label: &str) -> Flow {
        let client = if service.vip().is_ipv6() {
            IpAddr::V6(CLIENTS6[0])
        } else {
            IpAddr::V4(CLIENTS[0])
        };
        self.flow_from(client, service, protocol, label)
    }

    pub(crate) fn flow_from(
        &mut self,
        client: impl Into<IpAddr>,
        service: Service,
        protocol: u8,
        label: &str,
    ) -> Flow {
        let flow = Flow {
            client: client.into(),
            port: self.next_port,
            protocol,
            service,
        };
        assert!(self.next_port < u16::MAX, "no more ports for clients");
        self.next_port += 1;
        self.rename(&flow, label);
        flow
    }

    /// Gives the flow another label.
    pub(crate) fn rename(&mut self, flow: &Flow, label: &str) {
        let group = self.groups.last_mut().expect("a group has begun");
        group.flows.insert(flow.key(), label.to_owned());
    }

    /// A number of its own for an IP header.
    pub(crate) fn id(&mut self) -> u16 {
        self.next_id = self.next_id.wrapping_add(1).max(1);
        self.next_id
    }

    pub(crate) fn step(&mut self, step: Step) {
        self.packets += 1;
        let group = self.groups.last_mut().expect("a group has begun");
        group.steps.push(step);
    }

    /// A packet to the director, as a host sends it.
    pub(crate) fn send(&mut self, side: Side, label: &str, packet: Vec<u8>, flow: Option<&Flow>) {
        self.step(Step {
            label: label.to_owned(),
            side,
            mac: DIRECTOR_MAC,
            packet,
            is_ipv6: label
                .split('/')
                .next()
                .is_some_and(|family| family.ends_with('6')),
            offload: Offload::None,
            flow: flow.map(Flow::key),
        });
    }

    /// A packet of the flow: `transport` below an IP header with an identification of its own.
    pub(crate) fn send_of(
        &mut self,
        flow: &Flow,
        direction: Direction,
        label: &str,
        transport: &[u8],
    ) {
        if flow.client.is_ipv6() {
            return self.send_ip6(flow, direction, label, &flow.ip6(direction), transport);
        }
        let ip = Ip {
            id: self.id(),
            ..flow.ip(direction)
        };
        self.send_ip(flow, direction, label, &ip, transport);
    }

    pub(crate) fn send_ip(
        &mut self,
        flow: &Flow,
        direction: Direction,
        label: &str,
        ip: &Ip,
        transport: &[u8],
    ) {
        self.send(direction.side(), label, ip.packet(transport), Some(flow));
    }

    pub(crate) fn send_ip6(
        &mut self,
        flow: &Flow,
        direction: Direction,
        label: &str,
        ip: &Ip6,
        transport: &[u8],
    ) {
        self.send(direction.side(), label, ip.packet(transport), Some(flow));
    }

    /// The packets after which the flow is an established one, on the fast path in each direction that there is.
    pub(crate) fn open(&mut self, flow: &Flow) {
        use Direction::{
            Reply,
            Request, //
        };
        let suffix = if flow.client.is_ipv6() { "6" } else { "" };
        let label = format!("open{suffix}/{}", flow.service.name());
        self.send_of(flow, Request, &label, &flow.first(b""));
        if flow.service.has_replies() {
            let answer = match flow.protocol {
                TCP => flow.tcp(Reply, SYN | ACK, b""),
                SCTP => flow.sctp(Reply, INIT_ACK, b""),
                _ => flow.udp(Reply, Sum::Right, b""),
            };
            self.send_of(flow, Reply, &label, &answer);
        }
        if flow.protocol == SCTP {
            self.send_of(flow, Request, &label, &flow.sctp(Request, COOKIE_ECHO, b""));
            if flow.service.has_replies() {
                self.send_of(flow, Reply, &label, &flow.sctp(Reply, COOKIE_ACK, b""));
            }
        }
        for _ in 0..2 {
            for direction in flow.directions() {
                self.send_of(flow, *direction, &label, &flow.data(*direction, b"open"));
            }
        }
    }

    pub(crate) const fn packets(&self) -> usize {
        self.packets
    }

    /// Leaves out, by chance, some of the packets that there are by now: two thirds of the flows of which the family has one
    /// for each of very many cases, and most of those packets that are a case once more.
    fn thin(&mut self, seed: u64) {
        let mut random = Random::new(seed, "thin");
        let mut seen = HashSet::new();
        for group in &mut self.groups {
            if MANY_FLOWS.contains(&group.family) {
                group.thin_flows(&mut random);
            }
            group.steps.retain(|step| {
                let protocol = step.flow.map(|flow| flow.0);
                let is_new = seen.insert((step.label.clone(), protocol));
                is_new || is_needed(step) || random.one_in(8)
            });
        }
        self.packets = self.groups.iter().map(|group| group.steps.len()).sum();
    }
}

/// Families in which each case is a flow.
const MANY_FLOWS: [&str; 4] = ["fragments", "sctp", "sctp6", "tcp"];

/// Whether others mean something else without it: packets that open a flow or lead it to a state, fragments, and path
/// MTUs.
fn is_needed(step: &Step) -> bool {
    let label = &step.label;
    let family = label.split('/').next().unwrap_or_default();
    family.starts_with("open")
        || family.starts_with("fragments")
        || label.contains("/way/")
        || label.contains("fragment")
        || label.contains("mtu")
        || tells_mtu(&step.packet)
}

/// Whether it is an ICMP error that may be about a path MTU, of which a director remembers those that are for itself.
fn tells_mtu(packet: &[u8]) -> bool {
    match (
        packet.first().map(|first| first >> 4),
        wire::payload(packet),
    ) {
        (Some(4), Some((ICMP, at))) => packet.get(at..at + 2) == Some(&[3, 4]),
        (Some(6), Some((ICMPV6, at))) => packet.get(at) == Some(&2),
        _ => false,
    }
}

/// The groups of a seed: all cases that are the same each time, or some of them if they are to be few, then random ones until
/// there are `packets`.
pub(crate) fn groups(seed: u64, packets: usize, few: bool) -> Vec<Group> {
    let mut builder = Builder::new(seed);
    for (family, cases) in generate::CASES {
        builder.family = family;
        cases(&mut builder);
    }
    if few {
        builder.thin(seed);
    }
    while builder.packets() < packets {
        let (family, random) = *builder.random.of(generate::RANDOM);
        builder.family = family;
        builder.group();
        random(&mut builder);
    }
    let mut groups = builder.groups;
    groups.retain(|group| !group.steps.is_empty());
    groups
}
