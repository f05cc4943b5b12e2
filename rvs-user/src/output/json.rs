// SPDX-License-Identifier: GPL-2.0-only

//! Listings for programs.
//!
//! The schema is stable: members are added, never renamed or removed, and
//! numbers are numbers. `rvs-user/README.md` documents it.

use rvs_logic::logic::addr::Family;
use serde::Serialize;

use super::Listing;
use crate::model::Info;
use crate::model::Persistence;
use crate::model::Ports;
use crate::model::Server;
use crate::model::Service;
use crate::model::ServiceKey;
use crate::model::Stats;
use crate::model::Timeouts;
use crate::model::ToaStats;
use crate::model::Tunnel;

#[derive(Serialize)]
struct DocumentJson {
    services: Vec<ServiceJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    info: Option<InfoJson>,
}

#[derive(Serialize)]
struct ServiceJson {
    service: String,
    protocol: Option<String>,
    address: Option<String>,
    port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mark: Option<u32>,
    scheduler: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduler_flags: Option<Vec<&'static str>>,
    forward: Option<String>,
    fast_path: bool,
    one_packet: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    removal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeouts: Option<Timeouts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    persistence: Option<Persistence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pool: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enat_no_room: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    toa: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    toa_stats: Option<ToaStats>,
    stats: Stats,
    #[serde(skip_serializing_if = "Option::is_none")]
    servers: Option<Vec<ServerJson>>,
}

#[derive(Serialize)]
struct ServerJson {
    address: String,
    port: u16,
    weight: u32,
    forward: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tunnel: Option<Tunnel>,
    upper_threshold: u32,
    lower_threshold: u32,
    overloaded: bool,
    active: u32,
    inactive: u32,
    templates: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    enat_no_half: Option<u64>,
    stats: Stats,
}

#[derive(Serialize)]
struct InfoJson {
    version: String,
    services: u32,
    connections: u32,
    buckets: u32,
    max_connections: u32,
    templates: u32,
}

/// The listing as one line of JSON.
pub fn to_json(listing: &Listing) -> String {
    let document = DocumentJson {
        services: listing
            .services
            .iter()
            .map(|(service, servers)| service_json(service, servers.as_deref()))
            .collect(),
        info: listing.info.as_ref().map(info_json),
    };
    serde_json::to_string(&document).expect("strings and numbers always serialize") + "\n"
}

fn service_json(service: &Service, servers: Option<&[Server]>) -> ServiceJson {
    let (mut protocol, mut address, mut port, mut last_port) = (None, None, None, None);
    let (mut family, mut mark) = (None, None);
    match service.key {
        ServiceKey::Address {
            protocol: of,
            address: at,
            ports,
        } => {
            protocol = Some(of.to_string());
            address = Some(at.to_string());
            (port, last_port) = match ports {
                Ports::One(port) => (Some(port), None),
                Ports::Range(range) => (Some(range.first()), Some(range.last())),
                Ports::All => (None, None),
            };
        }
        ServiceKey::Mark {
            family: of,
            mark: number,
        } => {
            family = Some(match of {
                Family::V4 => "ipv4",
                Family::V6 => "ipv6",
            });
            mark = Some(number);
        }
    }
    ServiceJson {
        service: service.key.to_string(),
        protocol,
        address,
        port,
        last_port,
        family,
        mark,
        scheduler: service.scheduler.clone(),
        scheduler_flags: service.scheduler_flags.map(|flags| flags.names().collect()),
        forward: service.forward.map(|method| method.to_string()),
        fast_path: service.fast_path,
        one_packet: service.one_packet,
        persistence: service.persistence,
        pool: service.pool.clone(),
        enat_no_room: Some(service.without_room).filter(|packets| *packets > 0),
        toa: Some(service.toa)
            .filter(|toa| !toa.is_default())
            .map(|toa| toa.to_string()),
        toa_stats: service.toa_stats,
        removal: Some(service.removal)
            .filter(|removal| !removal.is_default())
            .map(|removal| removal.to_string()),
        timeouts: Some(service.timeouts).filter(|own| *own != Timeouts::default()),
        stats: service.stats,
        servers: servers.map(|servers| servers.iter().map(server_json).collect()),
    }
}

fn server_json(server: &Server) -> ServerJson {
    ServerJson {
        address: server.endpoint.ip().to_string(),
        port: server.endpoint.port(),
        weight: server.weight,
        forward: server.forward.to_string(),
        tunnel: server.tunnel,
        upper_threshold: server.upper_threshold,
        lower_threshold: server.lower_threshold,
        overloaded: server.overloaded,
        active: server.active,
        inactive: server.inactive,
        templates: server.templates,
        enat_no_half: server.without_half,
        stats: server.stats,
    }
}

fn info_json(info: &Info) -> InfoJson {
    InfoJson {
        version: info.version.clone(),
        services: info.services,
        connections: info.connections,
        buckets: info.buckets,
        max_connections: info.max_connections,
        templates: info.templates,
    }
}
