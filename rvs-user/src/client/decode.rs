// SPDX-License-Identifier: GPL-2.0-only

//! Answers of the kernel.

use std::net::IpAddr;
use std::net::SocketAddr;

use netlink_packet_core::DecodeError;
use rvs_logic::logic::addr::Family;
use rvs_logic::logic::persistence::Engine;
use rvs_logic::logic::persistence::Mask;
use rvs_logic::logic::pool::Ports as LocalPorts;
use rvs_logic::logic::service_key::PortRange;
use rvs_logic::logic::state::State;
use rvs_logic::logic::uapi::connection;
use rvs_logic::logic::uapi::dest;
use rvs_logic::logic::uapi::info;
use rvs_logic::logic::uapi::paths;
use rvs_logic::logic::uapi::persistence;
use rvs_logic::logic::uapi::persistence_engine;
use rvs_logic::logic::uapi::pool;
use rvs_logic::logic::uapi::pool_address;
use rvs_logic::logic::uapi::pool_event;
use rvs_logic::logic::uapi::pool_server;
use rvs_logic::logic::uapi::service;
use rvs_logic::logic::uapi::stats;
use rvs_logic::logic::uapi::template;
use rvs_logic::logic::uapi::timeouts;
use rvs_logic::logic::uapi::toa_stats;

use super::message::from_address_family;
use crate::model::checksum_from_number;
use crate::model::kind_from_number;
use crate::model::Connection;
use crate::model::Forward;
use crate::model::Info;
use crate::model::Left;
use crate::model::Paths;
use crate::model::Persistence;
use crate::model::Pool;
use crate::model::PoolAddress;
use crate::model::PoolEvent;
use crate::model::PoolLevel;
use crate::model::PoolServer;
use crate::model::Ports;
use crate::model::Protocol;
use crate::model::Rates;
use crate::model::Removal;
use crate::model::SchedulerFlags;
use crate::model::Server;
use crate::model::Service;
use crate::model::ServiceKey;
use crate::model::Stats;
use crate::model::Template;
use crate::model::Timeouts;
use crate::model::Toa;
use crate::model::ToaStats;
use crate::model::Tunnel;
use crate::netlink::Attribute;

type Result<T> = std::result::Result<T, DecodeError>;

pub(super) fn service(attributes: &[Attribute]) -> Result<Service> {
    Ok(Service {
        key: service_key(attributes)?,
        scheduler: required(attributes, service::SCHEDULER, "scheduler")?.to_text()?,
        scheduler_flags: find(attributes, service::SCHEDULER_FLAGS)
            .map(scheduler_flags)
            .transpose()?,
        forward: find(attributes, service::FORWARD)
            .map(forward)
            .transpose()?,
        fast_path: required(attributes, service::FAST_PATH, "fast-path")?.to_u32()? != 0,
        persistence: find(attributes, service::PERSISTENCE)
            .map(|nest| self::persistence(&nest.to_nest()?))
            .transpose()?,
        timeouts: match find(attributes, service::TIMEOUTS) {
            Some(nest) => self::timeouts(&nest.to_nest()?)?,
            None => Timeouts::default(),
        },
        pool: find(attributes, service::POOL)
            .map(Attribute::to_text)
            .transpose()?,
        one_packet: find(attributes, service::ONE_PACKET)
            .map(Attribute::to_u32)
            .transpose()?
            .is_some_and(|number| number != 0),
        removal: find(attributes, service::REMOVAL)
            .map(removal)
            .transpose()?
            .unwrap_or_default(),
        without_room: find(attributes, service::ENAT_NO_ROOM)
            .map(Attribute::to_uint)
            .transpose()?
            .unwrap_or_default(),
        toa: find(attributes, service::TOA)
            .map(toa)
            .transpose()?
            .unwrap_or_default(),
        toa_stats: find(attributes, service::TOA_STATS)
            .map(|nest| self::toa_counters(&nest.to_nest()?))
            .transpose()?,
        servers: required(attributes, service::DESTS, "dests")?.to_u32()?,
        stats: counters(attributes, service::STATS)?,
    })
}

pub(super) fn timeouts(attributes: &[Attribute]) -> Result<Timeouts> {
    let seconds = |number| find(attributes, number).map(Attribute::to_u32).transpose();
    Ok(Timeouts {
        tcp: seconds(timeouts::TCP)?,
        tcp_fin: seconds(timeouts::TCP_FIN)?,
        udp: seconds(timeouts::UDP)?,
    })
}

pub(super) fn server(attributes: &[Attribute]) -> Result<(ServiceKey, Server)> {
    let key = required(attributes, dest::SERVICE, "service")?.to_nest()?;
    let number = |number, name| required(attributes, number, name)?.to_u32();
    let server = Server {
        endpoint: endpoint(attributes, dest::ADDR4, dest::ADDR6, dest::PORT)?,
        weight: number(dest::WEIGHT, "weight")?,
        forward: forward(required(attributes, dest::FORWARD, "forward")?)?,
        tunnel: tunnel(attributes)?,
        upper_threshold: number(dest::UPPER_THRESHOLD, "upper-threshold")?,
        lower_threshold: number(dest::LOWER_THRESHOLD, "lower-threshold")?,
        overloaded: number(dest::OVERLOADED, "overloaded")? != 0,
        active: number(dest::ACTIVE, "active")?,
        inactive: number(dest::INACTIVE, "inactive")?,
        templates: number(dest::TEMPLATES, "templates")?,
        without_half: find(attributes, dest::ENAT_NO_HALF)
            .map(Attribute::to_uint)
            .transpose()?,
        stats: counters(attributes, dest::STATS)?,
    };
    Ok((service_key(&key)?, server))
}

pub(super) fn connection(attributes: &[Attribute]) -> Result<Connection> {
    use connection::{
        CLIENT_ADDR4, CLIENT_ADDR6, CLIENT_PORT, DEST_ADDR4, DEST_ADDR6, DEST_PORT, EXPIRES,
        FORWARD, LOCAL_ADDR4, LOCAL_ADDR6, LOCAL_PORT, PROTOCOL, SERVICE, STATE, VIRTUAL_ADDR4,
        VIRTUAL_ADDR6, VIRTUAL_PORT,
    };
    let service = required(attributes, SERVICE, "service")?.to_nest()?;
    Ok(Connection {
        service: service_key(&service)?,
        protocol: protocol(required(attributes, PROTOCOL, "protocol")?)?,
        destination: endpoint(attributes, VIRTUAL_ADDR4, VIRTUAL_ADDR6, VIRTUAL_PORT)?,
        client: endpoint(attributes, CLIENT_ADDR4, CLIENT_ADDR6, CLIENT_PORT)?,
        server: endpoint(attributes, DEST_ADDR4, DEST_ADDR6, DEST_PORT)?,
        local: find(attributes, LOCAL_PORT)
            .map(|_| endpoint(attributes, LOCAL_ADDR4, LOCAL_ADDR6, LOCAL_PORT))
            .transpose()?,
        forward: forward(required(attributes, FORWARD, "forward")?)?,
        state: state(required(attributes, STATE, "state")?)?,
        expires: required(attributes, EXPIRES, "expires")?.to_u32()?,
    })
}

pub(super) fn info(attributes: &[Attribute]) -> Result<Info> {
    Ok(Info {
        version: required(attributes, info::VERSION, "version")?.to_text()?,
        services: required(attributes, info::SERVICES, "services")?.to_u32()?,
        connections: required(attributes, info::CONNECTIONS, "connections")?.to_u32()?,
        buckets: required(attributes, info::BUCKETS, "buckets")?.to_u32()?,
        max_connections: required(attributes, info::MAX_CONNECTIONS, "max-connections")?
            .to_u32()?,
        templates: required(attributes, info::TEMPLATES, "templates")?.to_u32()?,
    })
}

fn persistence(attributes: &[Attribute]) -> Result<Persistence> {
    let mask = match find(attributes, persistence::MASK4) {
        Some(mask) => Mask::V4(mask.to_ipv4()?),
        None => {
            let bits = required(attributes, persistence::PREFIX6, "mask")?.to_u32()?;
            Mask::of_prefix6(bits).ok_or("wrong prefix")?
        }
    };
    Ok(Persistence {
        timeout: required(attributes, persistence::TIMEOUT, "timeout")?.to_u32()?,
        mask,
        engine: find(attributes, persistence::ENGINE)
            .map(engine)
            .transpose()?
            .flatten(),
    })
}

fn engine(attribute: &Attribute) -> Result<Option<Engine>> {
    match attribute.to_u32()? {
        persistence_engine::NONE => Ok(None),
        persistence_engine::SIP => Ok(Some(Engine::Sip)),
        number => Err(format!("persistence engine {number} is unknown to this rvsadm").into()),
    }
}

pub(super) fn template(attributes: &[Attribute]) -> Result<Template> {
    use template::{
        ASSURED, CALL_ID, CLIENT_ADDR4, CLIENT_ADDR6, CONNECTIONS, DEST_ADDR4, DEST_ADDR6,
        DEST_PORT, EXPIRES, SERVICE,
    };
    let service = required(attributes, SERVICE, "service")?.to_nest()?;
    let number = |number, name| required(attributes, number, name)?.to_u32();
    Ok(Template {
        service: service_key(&service)?,
        client: address(attributes, CLIENT_ADDR4, CLIENT_ADDR6)?,
        server: endpoint(attributes, DEST_ADDR4, DEST_ADDR6, DEST_PORT)?,
        connections: number(CONNECTIONS, "connections")?,
        assured: number(ASSURED, "assured")? != 0,
        expires: number(EXPIRES, "expires")?,
        call_id: find(attributes, CALL_ID)
            .map(Attribute::to_text)
            .transpose()?,
    })
}

pub(super) fn pool(attributes: &[Attribute]) -> Result<Pool> {
    use pool::{
        ADDRESSES, BUSIEST, EVICTED, FIRST_PORT, LAST_PORT, NAME, REFUSED, RESTING, SERVICES, USED,
    };
    let counter = |number, name| required(attributes, number, name)?.to_uint();
    let first = required(attributes, FIRST_PORT, "first-port")?.to_port()?;
    let last = required(attributes, LAST_PORT, "last-port")?.to_port()?;
    Ok(Pool {
        name: required(attributes, NAME, "name")?.to_text()?,
        ports: LocalPorts::new(first, last)
            .ok_or_else(|| format!("no range of ports: {first} to {last}"))?,
        addresses: required(attributes, ADDRESSES, "addresses")?.to_u32()?,
        services: required(attributes, SERVICES, "services")?.to_u32()?,
        used: counter(USED, "used")?,
        resting: counter(RESTING, "resting")?,
        refused: counter(REFUSED, "refused")?,
        evicted: counter(EVICTED, "evicted")?,
        busiest: find(attributes, BUSIEST)
            .map(|nest| pool_server(&nest.to_nest()?))
            .transpose()?,
    })
}

fn pool_server(attributes: &[Attribute]) -> Result<PoolServer> {
    use pool_server::{ADDR4, ADDR6, PORT, PORTS, PROTOCOL, TAKEN};
    Ok(PoolServer {
        server: endpoint(attributes, ADDR4, ADDR6, PORT)?,
        protocol: protocol(required(attributes, PROTOCOL, "protocol")?)?,
        taken: required(attributes, TAKEN, "taken")?.to_u32()?,
        ports: required(attributes, PORTS, "ports")?.to_u32()?,
    })
}

pub(super) fn pool_address(attributes: &[Attribute]) -> Result<PoolAddress> {
    use pool_address::{ADDR4, ADDR6, FREE, GIVEN, REFUSED, RESTING, USED};
    let counter = |number, name| required(attributes, number, name)?.to_uint();
    Ok(PoolAddress {
        address: address(attributes, ADDR4, ADDR6)?,
        used: counter(USED, "used")?,
        resting: counter(RESTING, "resting")?,
        free: required(attributes, FREE, "free")?.to_u32()?,
        given: counter(GIVEN, "given")?,
        refused: counter(REFUSED, "refused")?,
    })
}

pub(super) fn pool_event(attributes: &[Attribute]) -> Result<PoolEvent> {
    use pool_event::{LEVEL, POOL, SERVER};
    let level = required(attributes, LEVEL, "level")?.to_u32()?;
    Ok(PoolEvent {
        pool: required(attributes, POOL, "pool")?.to_text()?,
        level: PoolLevel::from_number(level)
            .ok_or_else(|| format!("pool level {level} is unknown to this rvsadm"))?,
        server: pool_server(&required(attributes, SERVER, "server")?.to_nest()?)?,
    })
}

pub(super) fn paths(attributes: &[Attribute]) -> Result<Paths> {
    let counter = |number, name| required(attributes, number, name)?.to_uint();
    Ok(Paths {
        enabled: required(attributes, paths::ENABLED, "enabled")?.to_u32()? != 0,
        fast: counter(paths::FAST, "fast")?,
        slow: counter(paths::SLOW, "slow")?,
        left: Left {
            switched_off: counter(paths::SWITCHED_OFF, "switched-off")?,
            header: counter(paths::HEADER, "header")?,
            begins: counter(paths::BEGINS, "begins")?,
            unavailable: counter(paths::UNAVAILABLE, "unavailable")?,
            route: counter(paths::ROUTE, "route")?,
            neighbour: counter(paths::NEIGHBOUR, "neighbour")?,
            ttl: counter(paths::TTL, "ttl")?,
            too_big: counter(paths::TOO_BIG, "too-big")?,
            policy: counter(paths::POLICY, "policy")?,
            memory: counter(paths::MEMORY, "memory")?,
        },
        evicted: counter(paths::EVICTED, "evicted")?,
        refused: counter(paths::REFUSED, "refused")?,
        port_taken: counter(paths::PORT_TAKEN, "port-taken")?,
        no_local: counter(paths::NO_LOCAL, "no-local")?,
        drop_entry: counter(paths::DROP_ENTRY, "drop-entry")?,
        drop_packet: counter(paths::DROP_PACKET, "drop-packet")?,
        totals: match find(attributes, paths::TOTALS) {
            Some(_) => Some(counters(attributes, paths::TOTALS)?),
            None => None,
        },
        estimated: find(attributes, paths::ESTIMATED)
            .map(Attribute::to_u32)
            .transpose()?,
        estimates: find(attributes, paths::ESTIMATES)
            .map(Attribute::to_uint)
            .transpose()?,
        templates_evicted: counter(paths::TEMPLATES_EVICTED, "templates-evicted")?,
    })
}

fn service_key(attributes: &[Attribute]) -> Result<ServiceKey> {
    if let Some(mark) = find(attributes, service::MARK) {
        return Ok(ServiceKey::Mark {
            family: family(required(attributes, service::FAMILY, "family")?)?,
            mark: mark.to_u32()?,
        });
    }
    Ok(ServiceKey::Address {
        protocol: protocol(required(attributes, service::PROTOCOL, "protocol")?)?,
        address: address(attributes, service::ADDR4, service::ADDR6)?,
        ports: ports(attributes)?,
    })
}

fn ports(attributes: &[Attribute]) -> Result<Ports> {
    if let Some(all) = find(attributes, service::ALL_PORTS) {
        if all.to_u32()? != 0 {
            return Ok(Ports::All);
        }
    }
    let first = required(attributes, service::PORT, "port")?.to_port()?;
    let Some(last) = find(attributes, service::LAST_PORT) else {
        return Ok(Ports::One(first));
    };
    let last = last.to_port()?;
    let range = PortRange::new(first, last)
        .ok_or_else(|| format!("no range of ports: {first} to {last}"))?;
    Ok(Ports::Range(range))
}

fn protocol(attribute: &Attribute) -> Result<Protocol> {
    let number = attribute.to_u32()?;
    Protocol::from_number(number)
        .ok_or_else(|| format!("protocol {number} is unknown to this rvsadm").into())
}

fn family(attribute: &Attribute) -> Result<Family> {
    let number = attribute.to_u32()?;
    from_address_family(number)
        .ok_or_else(|| format!("address family {number} is unknown to this rvsadm").into())
}

fn endpoint(attributes: &[Attribute], addr4: u16, addr6: u16, port: u16) -> Result<SocketAddr> {
    let address = address(attributes, addr4, addr6)?;
    let port = required(attributes, port, "port")?.to_port()?;
    Ok(SocketAddr::new(address, port))
}

fn address(attributes: &[Attribute], addr4: u16, addr6: u16) -> Result<IpAddr> {
    match find(attributes, addr4) {
        Some(attribute) => Ok(IpAddr::V4(attribute.to_ipv4()?)),
        None => Ok(IpAddr::V6(
            required(attributes, addr6, "address")?.to_ipv6()?,
        )),
    }
}

fn scheduler_flags(attribute: &Attribute) -> Result<SchedulerFlags> {
    let number = attribute.to_u32()?;
    SchedulerFlags::from_number(number)
        .ok_or_else(|| format!("scheduler flags {number:#x} are unknown to this rvsadm").into())
}

fn removal(attribute: &Attribute) -> Result<Removal> {
    let number = attribute.to_u32()?;
    Removal::from_number(number)
        .ok_or_else(|| format!("removal {number} is unknown to this rvsadm").into())
}

fn toa(attribute: &Attribute) -> Result<Toa> {
    let number = attribute.to_u32()?;
    Toa::from_number(number).ok_or_else(|| format!("toa {number} is unknown to this rvsadm").into())
}

fn toa_counters(attributes: &[Attribute]) -> Result<ToaStats> {
    let counter = |number, name| required(attributes, number, name)?.to_uint();
    Ok(ToaStats {
        inserted: counter(toa_stats::INSERTED, "inserted")?,
        no_room: counter(toa_stats::NO_ROOM, "no-room")?,
        taken_out: counter(toa_stats::TAKEN_OUT, "taken-out")?,
    })
}

fn forward(attribute: &Attribute) -> Result<Forward> {
    let number = attribute.to_u32()?;
    Forward::from_number(number)
        .ok_or_else(|| format!("forward method {number} is unknown to this rvsadm").into())
}

fn tunnel(attributes: &[Attribute]) -> Result<Option<Tunnel>> {
    let Some(kind) = find(attributes, dest::TUNNEL) else {
        return Ok(None);
    };
    let kind = kind.to_u32()?;
    let checksum = required(attributes, dest::TUNNEL_CHECKSUM, "tunnel-checksum")?.to_u32()?;
    Ok(Some(Tunnel {
        kind: kind_from_number(kind)
            .ok_or_else(|| format!("tunnel {kind} is unknown to this rvsadm"))?,
        port: find(attributes, dest::TUNNEL_PORT)
            .map(Attribute::to_port)
            .transpose()?,
        checksum: checksum_from_number(checksum)
            .ok_or_else(|| format!("tunnel checksum {checksum} is unknown to this rvsadm"))?,
    }))
}

fn state(attribute: &Attribute) -> Result<State> {
    let number = attribute.to_u32()?;
    State::from_uapi(number)
        .ok_or_else(|| format!("connection state {number} is unknown to this rvsadm").into())
}

fn counters(attributes: &[Attribute], number: u16) -> Result<Stats> {
    let counters = required(attributes, number, "stats")?.to_nest()?;
    let counter = |number, name| required(&counters, number, name)?.to_uint();
    Ok(Stats {
        connections: counter(stats::CONNS, "conns")?,
        in_packets: counter(stats::IN_PACKETS, "in-packets")?,
        out_packets: counter(stats::OUT_PACKETS, "out-packets")?,
        in_bytes: counter(stats::IN_BYTES, "in-bytes")?,
        out_bytes: counter(stats::OUT_BYTES, "out-bytes")?,
        rates: match find(&counters, stats::CONNS_PER_SECOND) {
            Some(_) => Some(rates(&counters)?),
            None => None,
        },
    })
}

fn rates(attributes: &[Attribute]) -> Result<Rates> {
    use stats::{
        CONNS_PER_SECOND, IN_BYTES_PER_SECOND, IN_PACKETS_PER_SECOND, OUT_BYTES_PER_SECOND,
        OUT_PACKETS_PER_SECOND,
    };
    let rate = |number, name| required(attributes, number, name)?.to_uint();
    Ok(Rates {
        connections: rate(CONNS_PER_SECOND, "conns-per-second")?,
        in_packets: rate(IN_PACKETS_PER_SECOND, "in-packets-per-second")?,
        out_packets: rate(OUT_PACKETS_PER_SECOND, "out-packets-per-second")?,
        in_bytes: rate(IN_BYTES_PER_SECOND, "in-bytes-per-second")?,
        out_bytes: rate(OUT_BYTES_PER_SECOND, "out-bytes-per-second")?,
    })
}

fn find(attributes: &[Attribute], number: u16) -> Option<&Attribute> {
    attributes
        .iter()
        .find(|attribute| attribute.number() == number)
}

fn required<'a>(attributes: &'a [Attribute], number: u16, name: &str) -> Result<&'a Attribute> {
    find(attributes, number).ok_or_else(|| format!("no {name}").into())
}
