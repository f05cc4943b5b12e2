// SPDX-License-Identifier: GPL-2.0-only

//! The real server's half of ENAT: programs that give the stack packets of directors as from the client, and have replies
//! come from the virtual address (`docs/enat.md`, `bpf/enat.c`).

use std::{
    fmt,
    net::{
        IpAddr,
        SocketAddr, //
    },
    path::Path,
};

use aya::{
    maps::{
        HashMap,
        Map,
        MapData, //
    },
    programs::{
        links::{
            FdLink,
            LinkError,
            LinkOrder, //
        },
        tc::{
            TcAttachOptions,
            TcAttachType, //
        },
        SchedClassifier, //
    },
    Ebpf,
    EbpfLoader, //
};
use serde::Serialize;

use crate::{
    error::Error,
    pins::{
        of_map,
        Pins, //
    },
    programs::{
        missing,
        of_program, //
    },
};

static OBJECT: &[u8] =
    aya::include_bytes_aligned!(concat!(env!("CARGO_MANIFEST_DIR"), "/../build/bpf/enat.o"));

/// Where it is pinned, when nothing else is said.
pub const DEFAULT_PINS: &str = "/sys/fs/bpf/rvs-enat";

// Of a map that nobody outside of the kernel has, timers do not run.
const MAPS: [&str; 5] = ["settings", "counters", "devices", "services", "flows"];

/// The settings and counters of `bpf/enat/state.h`.
const ACTIVE: u32 = 0;
const KIND: u32 = 1;
const LINGER: u32 = 2;
const COUNTERS: [&str; 8] = [
    "requests",
    "replies",
    "remembered",
    "without_option",
    "new_flows",
    "ended_flows",
    "errors",
    "failed",
];

/// Bytes before the IP header of packets of Ethernet.
const ETHERNET: u32 = 14;

/// Bytes of an address, a port and the version.
const KEY_LEN: usize = 20;

/// A virtual address and port, and the port here that directors send its packets to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Service {
    /// What clients know.
    pub service: SocketAddr,
    /// Where this host listens.
    pub port: u16,
}

impl Service {
    fn key(self) -> [u8; KEY_LEN] {
        let mut key = [0; KEY_LEN];
        let version: u16 = match self.service.ip() {
            IpAddr::V4(addr) => {
                key[..4].copy_from_slice(&addr.octets());
                4
            }
            IpAddr::V6(addr) => {
                key[..16].copy_from_slice(&addr.octets());
                6
            }
        };
        key[16..18].copy_from_slice(&self.port.to_be_bytes());
        key[18..].copy_from_slice(&version.to_ne_bytes());
        key
    }

    fn of_key(key: [u8; KEY_LEN], value: u32) -> Option<Self> {
        let version = u16::from_ne_bytes([key[18], key[19]]);
        let addr = match version {
            4 => IpAddr::from(<[u8; 4]>::try_from(&key[..4]).ok()?),
            6 => IpAddr::from(<[u8; 16]>::try_from(&key[..16]).ok()?),
            _ => return None,
        };
        Some(Self {
            service: SocketAddr::new(addr, of_value(value)),
            port: u16::from_be_bytes([key[16], key[17]]),
        })
    }

    /// As the program keeps it: in network byte order.
    fn value(self) -> u32 {
        u16::from_ne_bytes(self.service.port().to_be_bytes()).into()
    }
}

fn of_value(value: u32) -> u16 {
    u16::from_be_bytes((value as u16).to_ne_bytes())
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.service, self.port)
    }
}

type Services = HashMap<MapData, [u8; KEY_LEN], u32>;

fn services(pins: &Pins) -> Result<Services, Error> {
    HashMap::try_from(Map::HashMap(pins.opened("services")?)).map_err(of_map)
}

/// The services that there are, in their order.
pub fn list(pins: &Pins) -> Result<Vec<Service>, Error> {
    let mut found = Vec::new();
    for service in services(pins)?.iter() {
        let (key, value) = service.map_err(of_map)?;
        found.extend(Service::of_key(key, value));
    }
    found.sort();
    Ok(found)
}

/// Adds a service.
pub fn add(pins: &Pins, service: Service) -> Result<(), Error> {
    for other in list(pins)? {
        if other.key() == service.key() {
            return Err(Error::refused(format!(
                "packets of {} to that port are those of {} already",
                service.service.ip(),
                other.service
            ))
            .argument(service.port.to_string()));
        }
    }
    let added = services(pins)?.insert(service.key(), service.value(), 0);
    added.map_err(of_map)
}

/// Removes a service, with all its ports here.
pub fn remove(pins: &Pins, service: SocketAddr) -> Result<(), Error> {
    let mut services = services(pins)?;
    let mut was_there = false;
    for found in list(pins)?.iter().filter(|found| found.service == service) {
        services.remove(&found.key()).map_err(of_map)?;
        was_there = true;
    }
    if !was_there {
        return Err(Error::refused("no such service").argument(service.to_string()));
    }
    Ok(())
}

/// What is asked for.
pub struct Wanted<'a> {
    /// Where it is pinned.
    pub directory: &'a Path,
    /// Devices of Ethernet.
    pub devices: &'a [String],
    /// Devices whose packets begin with the IP header.
    pub raw_devices: &'a [String],
    /// The kind of the option.
    pub kind: u8,
    /// How many flows are remembered at most.
    pub flows: u32,
    /// For how many seconds one is behind its end.
    pub linger: u32,
}

/// Attaches the programs. What was begun is taken back when it fails.
pub fn attach(wanted: &Wanted<'_>) -> Result<(), Error> {
    let pins = Pins::create(wanted.directory)?;
    let done = attach_to(&pins, wanted);
    if done.is_err() {
        let _ = pins.remove(&MAPS);
    }
    done
}

fn attach_to(pins: &Pins, wanted: &Wanted<'_>) -> Result<(), Error> {
    let mut programs = EbpfLoader::new()
        .map_max_entries("flows", wanted.flows)
        .map_max_entries("clients", wanted.flows)
        .load(OBJECT)
        .map_err(|error| Error::of_kernel("loading the maps", &error))?;
    for name in MAPS {
        let map = programs.map(name).ok_or_else(|| missing(name))?;
        map.pin(pins.map(name))
            .map_err(|error| Error::of_kernel("pinning a map", &error))?;
    }
    pins.set(KIND, wanted.kind.into())?;
    pins.set(LINGER, wanted.linger)?;
    for name in ["to_server", "to_client"] {
        let program = classifier(&mut programs, name)?;
        program.load().map_err(|error| of_program(&error))?;
    }
    let ethernet = wanted.devices.iter().map(|device| (device, ETHERNET));
    let raw = wanted.raw_devices.iter().map(|device| (device, 0));
    let mut devices: HashMap<_, u32, u32> =
        HashMap::try_from(Map::HashMap(pins.opened("devices")?)).map_err(of_map)?;
    for (device, header) in ethernet.chain(raw) {
        let index = index_of(device)?;
        devices.insert(index, header, 0).map_err(of_map)?;
        for (name, direction) in [
            ("to_server", TcAttachType::Ingress),
            ("to_client", TcAttachType::Egress),
        ] {
            let link = attach_one(classifier(&mut programs, name)?, device, direction)
                .map_err(|error| error.argument(device))?;
            link.pin(pins.link(&format!("{name}_{index}")))
                .map_err(|error| Error::of_kernel("pinning a link", &error))?;
        }
    }
    pins.set(ACTIVE, 1)
}

fn index_of(device: &str) -> Result<u32, Error> {
    let socket = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::DGRAM,
        None,
    )
    .map_err(|errno| Error::of_kernel("a socket", &std::io::Error::from(errno)))?;
    rustix::net::netdevice::name_to_index(socket, device)
        .map_err(|_| Error::refused("no such device").argument(device))
}

fn classifier<'a>(programs: &'a mut Ebpf, name: &str) -> Result<&'a mut SchedClassifier, Error> {
    let program = programs.program_mut(name).ok_or_else(|| missing(name))?;
    program.try_into().map_err(|_| missing(name))
}

fn attach_one(
    program: &mut SchedClassifier,
    device: &str,
    direction: TcAttachType,
) -> Result<FdLink, Error> {
    let options = TcAttachOptions::TcxOrder(LinkOrder::default());
    let link = program
        .attach_with_options(device, direction, options)
        .and_then(|link| program.take_link(link))
        .map_err(|error| of_program(&error))?;
    link.try_into()
        .map_err(|error: LinkError| Error::of_kernel("a link", &error))
}

/// Takes the programs away.
pub fn detach(directory: &Path) -> Result<(), Error> {
    let pins = Pins::open(directory)?;
    match pins.set(ACTIVE, 0) {
        Err(error) if error.status() != crate::Status::NotAttached => return Err(error),
        _ => {}
    }
    pins.remove(&MAPS)
}

/// What is attached, and what it has seen.
#[derive(Serialize)]
pub struct Report {
    kind: u32,
    services: Vec<String>,
    counters: std::collections::BTreeMap<&'static str, u64>,
}

impl Report {
    /// Asks the kernel.
    pub fn read(pins: &Pins) -> Result<Self, Error> {
        let mut counters = std::collections::BTreeMap::new();
        for (number, name) in (0..).zip(COUNTERS) {
            counters.insert(name, pins.counter(number)?);
        }
        Ok(Self {
            kind: pins.setting(KIND)?,
            services: list(pins)?.iter().map(ToString::to_string).collect(),
            counters,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "attached, option of kind {}", self.kind)?;
        for service in &self.services {
            writeln!(f, "service {service}")?;
        }
        for (name, number) in &self.counters {
            writeln!(f, "{:<20} {number:>12}", name.replace('_', " "))?;
        }
        Ok(())
    }
}
