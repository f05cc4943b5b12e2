// SPDX-License-Identifier: GPL-2.0-only

//! Services, destinations and connections in answers.

use crate::{
    conn::{
        Conn,
        Template, //
    },
    kapi::{
        genl::{
            Full,
            Message, //
        },
        sync::Object,
    },
    logic::{
        removal::Removal,
        service_key::Ports,
        state::Timeouts,
        uapi::{
            connection,
            dest,
            service,
            stats,
            template,
            toa_stats, //
        },
    },
    svc::{
        Counter,
        Entry,
        Figures,
        Forward,
        ServiceConfig,
        ServiceKey, //
    },
};

use super::{
    family,
    key::{
        CONNECTION_CLIENT_ADDRESS,
        CONNECTION_DEST_ADDRESS,
        CONNECTION_LOCAL_ADDRESS,
        CONNECTION_VIRTUAL_ADDRESS,
        DEST_ADDRESS,
        SERVICE_ADDRESS,
        TEMPLATE_CLIENT_ADDRESS,
        TEMPLATE_DEST_ADDRESS, //
    },
    persistence,
    timeouts,
    tunnel, //
};

/// Puts the key of a service.
fn service_key(message: &mut Message<'_>, key: &ServiceKey) -> Result<(), Full> {
    match *key {
        ServiceKey::Address {
            protocol,
            addr,
            ports,
        } => {
            message.u32(service::PROTOCOL, protocol.number().into())?;
            SERVICE_ADDRESS.fill(message, addr)?;
            service_ports(message, ports)
        }
        ServiceKey::Mark { family, mark } => {
            message.u32(service::FAMILY, family::number(family).into())?;
            message.u32(service::MARK, mark)
        }
    }
}

fn service_ports(message: &mut Message<'_>, ports: Ports) -> Result<(), Full> {
    match ports {
        Ports::One(port) => message.be16(service::PORT, port),
        Ports::Range(range) => {
            message.be16(service::PORT, range.first())?;
            message.be16(service::LAST_PORT, range.last())
        }
        Ports::All => message.u32(service::ALL_PORTS, 1),
    }
}

/// Puts a service.
pub(super) fn service(
    message: &mut Message<'_>,
    key: &ServiceKey,
    config: &ServiceConfig,
) -> Result<(), Full> {
    service_key(message, key)?;
    let scheduler = config.scheduler();
    message.str(service::SCHEDULER, scheduler.kind().name())?;
    if let Some(flags) = scheduler.flags() {
        message.u32(service::SCHEDULER_FLAGS, flags.bits())?;
    }
    if let Some(forward) = config.forward() {
        message.u32(service::FORWARD, forward.to_uapi())?;
    }
    message.u32(service::FAST_PATH, config.fast_path().into())?;
    message.u32(service::ONE_PACKET, config.schedules_each_datagram().into())?;
    message.u32(service::REMOVAL, Removal::to_uapi(config.own_removal()))?;
    let own_timeouts = config.own_timeouts();
    if own_timeouts != Timeouts::NONE {
        message.nest(service::TIMEOUTS, |nest| {
            timeouts::fill(nest, &own_timeouts)
        })?;
    }
    if let Some(persistence) = config.persistence() {
        message.nest(service::PERSISTENCE, |nest| {
            persistence::fill(nest, &persistence)
        })?;
    }
    if let Some(pool) = config.pool() {
        message.str(service::POOL, pool.as_str())?;
    }
    message.u32(service::TOA, config.toa().to_uapi())?;
    let dests = config.dests();
    message.uint(service::ENAT_NO_ROOM, config.without_room())?;
    message.u32(
        service::DESTS,
        u32::try_from(dests.len()).unwrap_or(u32::MAX),
    )?;
    let counted = config.figures();
    message.nest(service::STATS, |nest| figures(nest, &counted))?;
    message.nest(service::TOA_STATS, |nest| {
        let counters = config.toa_counters();
        nest.uint(toa_stats::INSERTED, counters.inserted.get())?;
        nest.uint(toa_stats::NO_ROOM, counters.no_room.get())?;
        nest.uint(toa_stats::TAKEN_OUT, counters.taken_out.get())
    })
}

/// Puts a destination.
pub(super) fn dest(message: &mut Message<'_>, key: &ServiceKey, entry: &Entry) -> Result<(), Full> {
    let dest = &entry.dest;
    message.nest(dest::SERVICE, |nest| service_key(nest, key))?;
    let endpoint = dest.endpoint();
    DEST_ADDRESS.fill(message, endpoint.addr)?;
    message.be16(dest::PORT, endpoint.port)?;
    message.u32(dest::WEIGHT, entry.weight())?;
    message.u32(dest::FORWARD, dest.forward().to_uapi())?;
    message.u32(dest::ACTIVE, dest.active())?;
    message.u32(dest::INACTIVE, dest.inactive())?;
    let thresholds = dest.thresholds();
    message.u32(dest::UPPER_THRESHOLD, thresholds.upper())?;
    message.u32(dest::LOWER_THRESHOLD, thresholds.lower())?;
    message.u32(dest::OVERLOADED, dest.is_overloaded().into())?;
    message.u32(dest::TEMPLATES, dest.templates())?;
    if dest.forward() == Forward::Tun {
        tunnel::fill(message, dest.tunnel())?;
    }
    if dest.forward() == Forward::Enat {
        message.uint(dest::ENAT_NO_HALF, dest.without_half())?;
    }
    message.nest(dest::STATS, |nest| figures(nest, &dest.figures()))
}

/// Puts a connection that will have been idle for too long in `seconds`.
pub(super) fn connection(
    message: &mut Message<'_>,
    conn: &Object<Conn>,
    seconds: u32,
) -> Result<(), Full> {
    let key = conn.dest().shared().key();
    message.nest(connection::SERVICE, |nest| service_key(nest, key))?;
    message.u32(connection::PROTOCOL, conn.protocol().number().into())?;
    let service = conn.service();
    CONNECTION_VIRTUAL_ADDRESS.fill(message, service.addr)?;
    message.be16(connection::VIRTUAL_PORT, service.port)?;
    let client = conn.client();
    CONNECTION_CLIENT_ADDRESS.fill(message, client.addr)?;
    message.be16(connection::CLIENT_PORT, client.port)?;
    let server = conn.real_server();
    CONNECTION_DEST_ADDRESS.fill(message, server.addr)?;
    message.be16(connection::DEST_PORT, server.port)?;
    if let Some(lease) = conn.lease() {
        let local = lease.local();
        CONNECTION_LOCAL_ADDRESS.fill(message, local.addr)?;
        message.be16(connection::LOCAL_PORT, local.port)?;
    }
    message.u32(connection::FORWARD, conn.forward().to_uapi())?;
    message.u32(connection::STATE, conn.state().to_uapi())?;
    message.u32(connection::EXPIRES, seconds)
}

/// Puts a template whose time is over in `seconds`.
pub(super) fn template(
    message: &mut Message<'_>,
    found: &Template,
    seconds: u32,
) -> Result<(), Full> {
    let key = found.key();
    message.nest(template::SERVICE, |nest| service_key(nest, &key.service))?;
    TEMPLATE_CLIENT_ADDRESS.fill(message, key.client)?;
    let server = found.dest().endpoint();
    TEMPLATE_DEST_ADDRESS.fill(message, server.addr)?;
    message.be16(template::DEST_PORT, server.port)?;
    message.u32(template::CONNECTIONS, found.connections())?;
    message.u32(template::ASSURED, found.is_assured().into())?;
    message.u32(template::EXPIRES, seconds)?;
    match found.call() {
        "" => Ok(()),
        call => message.str(template::CALL_ID, call),
    }
}

/// Puts the counters of a destination, a service or a namespace, and their rates.
pub(super) fn figures(message: &mut Message<'_>, figures: &Figures) -> Result<(), Full> {
    let counted = |counter| figures.counts.get(counter);
    message.uint(stats::CONNS, counted(Counter::Connections))?;
    message.uint(stats::IN_PACKETS, counted(Counter::InPackets))?;
    message.uint(stats::OUT_PACKETS, counted(Counter::OutPackets))?;
    message.uint(stats::IN_BYTES, counted(Counter::InBytes))?;
    message.uint(stats::OUT_BYTES, counted(Counter::OutBytes))?;
    let rate = |counter| figures.rates.get(counter);
    message.uint(stats::CONNS_PER_SECOND, rate(Counter::Connections))?;
    message.uint(stats::IN_PACKETS_PER_SECOND, rate(Counter::InPackets))?;
    message.uint(stats::OUT_PACKETS_PER_SECOND, rate(Counter::OutPackets))?;
    message.uint(stats::IN_BYTES_PER_SECOND, rate(Counter::InBytes))?;
    message.uint(stats::OUT_BYTES_PER_SECOND, rate(Counter::OutBytes))
}
