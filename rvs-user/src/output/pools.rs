// SPDX-License-Identifier: GPL-2.0-only

//! Pools of local addresses, for humans and for programs.

use serde::Serialize;

use super::table::Columns;
use crate::model::Pool;
use crate::model::PoolAddress;
use crate::model::PoolEvent;
use crate::model::PoolServer;

const POOL: [&str; 10] = [
    "POOL",
    "PORTS",
    "SERVICES",
    "USED",
    "RESTING",
    "REFUSED",
    "EVICTED",
    "BUSIEST SERVER",
    "TAKEN",
    "FULL",
];
const ADDRESS: [&str; 6] = ["  ADDRESS", "FREE", "USED", "RESTING", "REFUSED", "GIVEN"];

#[derive(Serialize)]
struct DocumentJson<'a> {
    pools: Vec<PoolJson<'a>>,
}

#[derive(Serialize)]
struct PoolJson<'a> {
    pool: &'a str,
    first_port: u16,
    last_port: u16,
    services: u32,
    used: u64,
    resting: u64,
    refused: u64,
    evicted: u64,
    busiest: Option<ServerJson>,
    addresses: Vec<AddressJson>,
}

#[derive(Serialize)]
struct ServerJson {
    protocol: String,
    server_address: String,
    server_port: u16,
    taken: u32,
    ports: u32,
}

#[derive(Serialize)]
struct AddressJson {
    address: String,
    free: u32,
    used: u64,
    resting: u64,
    refused: u64,
    given: u64,
}

#[derive(Serialize)]
struct EventJson<'a> {
    pool: &'a str,
    level: String,
    #[serde(flatten)]
    server: ServerJson,
}

/// Pools with their addresses, as one line of JSON; `rvs-user/README.md` documents it.
pub fn pools_to_json(pools: &[(Pool, Vec<PoolAddress>)]) -> String {
    let document = DocumentJson {
        pools: pools
            .iter()
            .map(|(pool, addresses)| PoolJson {
                pool: &pool.name,
                first_port: pool.ports.first(),
                last_port: pool.ports.last(),
                services: pool.services,
                used: pool.used,
                resting: pool.resting,
                refused: pool.refused,
                evicted: pool.evicted,
                busiest: pool.busiest.as_ref().map(server_json),
                addresses: addresses.iter().map(address_json).collect(),
            })
            .collect(),
    };
    line(&document)
}

/// An event as one line of JSON, or that some were lost.
pub fn pool_event_to_json(event: Option<&PoolEvent>) -> String {
    match event {
        Some(event) => line(&EventJson {
            pool: &event.pool,
            level: event.level.to_string(),
            server: server_json(&event.server),
        }),
        None => "{\"lost\":true}\n".to_owned(),
    }
}

fn line(document: &impl Serialize) -> String {
    serde_json::to_string(document).expect("strings and numbers always serialize") + "\n"
}

fn server_json(server: &PoolServer) -> ServerJson {
    ServerJson {
        protocol: server.protocol.to_string(),
        server_address: server.server.ip().to_string(),
        server_port: server.server.port(),
        taken: server.taken,
        ports: server.ports,
    }
}

fn address_json(address: &PoolAddress) -> AddressJson {
    AddressJson {
        address: address.address.to_string(),
        free: address.free,
        used: address.used,
        resting: address.resting,
        refused: address.refused,
        given: address.given,
    }
}

/// Pools with their addresses as a table.
pub fn pools_to_text(pools: &[(Pool, Vec<PoolAddress>)]) -> String {
    if pools.is_empty() {
        return "no pools\n".to_owned();
    }
    let pool_head = POOL.map(str::to_owned);
    let address_head = ADDRESS.map(str::to_owned);
    let mut pool_columns = Columns::default();
    let mut address_columns = Columns::default();
    pool_columns.fit(&pool_head);
    for (pool, addresses) in pools {
        pool_columns.fit(&pool_row(pool));
        for address in addresses {
            address_columns.fit(&address_head);
            address_columns.fit(&address_row(address));
        }
    }
    pool_columns.align_first(&mut address_columns);

    let mut text = pool_columns.line(&pool_head);
    for (pool, addresses) in pools {
        text += &pool_columns.line(&pool_row(pool));
        if !addresses.is_empty() {
            text += &address_columns.line(&address_head);
        }
        for address in addresses {
            text += &address_columns.line(&address_row(address));
        }
    }
    text
}

/// An event as a line, or that some were lost.
pub fn pool_event_to_text(event: Option<&PoolEvent>) -> String {
    match event {
        Some(event) => format!(
            "{} {} {} {}\n",
            event.pool,
            event.level,
            server_name(&event.server),
            taken(&event.server)
        ),
        None => "lost: more was told than could be read\n".to_owned(),
    }
}

fn server_name(server: &PoolServer) -> String {
    format!("{}/{}", server.protocol, server.server)
}

fn taken(server: &PoolServer) -> String {
    format!("{}/{}", server.taken, server.ports)
}

fn pool_row(pool: &Pool) -> [String; 10] {
    let none = || "-".to_owned();
    let (busiest, taken, full) = match &pool.busiest {
        Some(server) => (server_name(server), taken(server), full(server)),
        None => (none(), none(), none()),
    };
    [
        pool.name.clone(),
        pool.ports.to_string(),
        pool.services.to_string(),
        pool.used.to_string(),
        pool.resting.to_string(),
        pool.refused.to_string(),
        pool.evicted.to_string(),
        busiest,
        taken,
        full,
    ]
}

/// How much of it is taken, in whole percent.
fn full(server: &PoolServer) -> String {
    let percent = (u64::from(server.taken) * 100).checked_div(server.ports.into());
    percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent}%"))
}

fn address_row(address: &PoolAddress) -> [String; 6] {
    [
        format!("  {}", address.address),
        address.free.to_string(),
        address.used.to_string(),
        address.resting.to_string(),
        address.refused.to_string(),
        address.given.to_string(),
    ]
}
