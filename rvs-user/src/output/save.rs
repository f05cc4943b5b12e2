// SPDX-License-Identifier: GPL-2.0-only

//! The configuration, as the commands that make it.

use std::net::IpAddr;
use std::net::SocketAddr;

use serde::Serialize;

use crate::model::checksum_name;
use crate::model::kind_name;
use crate::model::server_name;
use crate::model::Pool;
use crate::model::PoolAddress;
use crate::model::Server;
use crate::model::Service;
use crate::model::ServiceKey;
use crate::model::Timeouts;
use crate::request::has_its_port;

/// All that is configured in a network namespace.
pub struct Configuration {
    /// How long connections may be idle.
    pub timeouts: Timeouts,
    /// The pools, with their addresses.
    pub pools: Vec<(Pool, Vec<PoolAddress>)>,
    /// The services, with their servers.
    pub services: Vec<(Service, Vec<Server>)>,
}

impl Configuration {
    /// The commands, without `rvsadm`, each after those that it needs.
    fn commands(&self) -> Vec<String> {
        let mut commands = vec![timeouts(&self.timeouts)];
        commands.extend(
            self.pools
                .iter()
                .map(|(own, addresses)| pool(own, addresses)),
        );
        for (own, servers) in &self.services {
            commands.push(service(own));
            // The kernel has the one first that was added last, and schedulers go by this order.
            commands.extend(servers.iter().rev().map(|one| server(&own.key, one)));
        }
        commands
    }
}

/// A command a line, for `rvsadm restore`.
pub fn configuration_to_text(configuration: &Configuration) -> String {
    configuration.commands().join("\n") + "\n"
}

/// The commands as one line of JSON; `rvs-user/README.md` documents it.
pub fn configuration_to_json(configuration: &Configuration) -> String {
    #[derive(Serialize)]
    struct Document {
        commands: Vec<String>,
    }
    let commands = configuration.commands();
    serde_json::to_string(&Document { commands }).expect("strings always serialize") + "\n"
}

/// Words of a command, some of which may be left out.
struct Words(String);

impl Words {
    fn option(mut self, name: &str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            self.0 += &format!(" {name} {}", value.to_string());
        }
        self
    }

    fn word(mut self, word: &str) -> Self {
        self.0 += &format!(" {word}");
        self
    }
}

fn timeouts(timeouts: &Timeouts) -> String {
    let Timeouts { tcp, tcp_fin, udp } = *timeouts;
    Words("timeouts".to_owned())
        .option("--tcp", tcp)
        .option("--tcp-fin", tcp_fin)
        .option("--udp", udp)
        .0
}

fn pool(pool: &Pool, addresses: &[PoolAddress]) -> String {
    let name = format!("pool add {}", pool.name);
    let words = ranges(addresses)
        .iter()
        .fold(Words(name), |words, range| words.word(range));
    words.option("--ports", Some(pool.ports)).0
}

/// The addresses, those in a row as a range.
fn ranges(addresses: &[PoolAddress]) -> Vec<String> {
    let mut ranges: Vec<(IpAddr, IpAddr)> = Vec::new();
    for PoolAddress { address, .. } in addresses {
        match ranges.last_mut() {
            Some((_, last)) if next(*last) == Some(*address) => *last = *address,
            _ => ranges.push((*address, *address)),
        }
    }
    ranges
        .iter()
        .map(|(first, last)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        })
        .collect()
}

fn next(address: IpAddr) -> Option<IpAddr> {
    Some(match address {
        IpAddr::V4(address) => IpAddr::V4(address.to_bits().checked_add(1)?.into()),
        IpAddr::V6(address) => IpAddr::V6(address.to_bits().checked_add(1)?.into()),
    })
}

// Each member is named, so that none is added and forgotten here.
fn service(service: &Service) -> String {
    let Service {
        key,
        scheduler,
        scheduler_flags,
        forward,
        fast_path,
        one_packet,
        removal,
        timeouts,
        persistence,
        pool,
        without_room: _,
        toa,
        toa_stats: _,
        servers: _,
        stats: _,
    } = service;
    let flags = scheduler_flags.filter(|flags| flags.number() != 0);
    let own_timeouts = (*timeouts != Timeouts::default()).then_some(timeouts);
    let words = Words(format!("service add {key}"))
        .option("--scheduler", Some(scheduler))
        .option("--scheduler-flags", flags)
        .option("--fast-path", (!fast_path).then_some("off"))
        .option("--one-packet", one_packet.then_some("on"))
        .option("--removal", (!removal.is_default()).then_some(removal))
        .option("--timeout", own_timeouts)
        .option("--persistent", *persistence)
        .option("--pool", pool.as_ref())
        .option("--toa", (!toa.is_default()).then_some(toa));
    match forward {
        Some(method) => words.word(method.option()).0,
        None => words.0,
    }
}

fn server(service: &ServiceKey, server: &Server) -> String {
    let Server {
        endpoint,
        weight,
        forward,
        tunnel,
        upper_threshold,
        lower_threshold,
        overloaded: _,
        active: _,
        inactive: _,
        templates: _,
        without_half: _,
        stats: _,
    } = server;
    let limit = |threshold: u32| (threshold != 0).then_some(threshold);
    let words = Words(format!("server add {service} {}", name(endpoint)))
        .option("--weight", Some(weight))
        .option("--upper-threshold", limit(*upper_threshold))
        .option("--lower-threshold", limit(*lower_threshold))
        .word(forward.option());
    // Other tools take any port with these. None is that of the service.
    let has_another = endpoint.port() != 0 && !has_its_port(service, endpoint);
    let words = match has_another && !forward.maps_ports() {
        true => words.word("--keep-port"),
        false => words,
    };
    let Some(tunnel) = tunnel else { return words.0 };
    words
        .option("--tun-type", Some(kind_name(tunnel.kind)))
        .option("--tun-port", tunnel.port)
        .option("--tun-checksum", Some(checksum_name(tunnel.checksum)))
        .0
}

/// A server as it is typed.
fn name(server: &SocketAddr) -> String {
    match server.port() {
        // Packets keep theirs.
        0 => server.ip().to_string(),
        _ => server_name(server),
    }
}
