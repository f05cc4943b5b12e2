// SPDX-License-Identifier: GPL-2.0-only

//! Listings for humans.

use rvs_logic::logic::tunnel::Kind;

use super::table::Columns;
use super::Listing;
use crate::model::server_name;
use crate::model::Info;
use crate::model::Server;
use crate::model::Service;
use crate::model::ToaStats;

const SERVICE: [&str; 6] = [
    "SERVICE",
    "SCHEDULER",
    "FORWARD",
    "FAST PATH",
    "SERVERS",
    "CONNECTIONS",
];
const SERVER: [&str; 10] = [
    "  SERVER",
    "FORWARD",
    "WEIGHT",
    "THRESHOLDS",
    "ACTIVE",
    "INACTIVE",
    "TEMPLATES",
    "CONNECTIONS",
    "PACKETS IN/OUT",
    "BYTES IN/OUT",
];
const TOA: [&str; 4] = ["CLIENTS TOLD", "INSERTED", "NO ROOM", "TAKEN OUT"];
/// The column that is left out where no service is persistent.
const TEMPLATES: usize = 6;

/// The listing as a table.
pub fn to_text(listing: &Listing) -> String {
    if listing.services.is_empty() {
        return "no services\n".to_owned();
    }
    let service_head = SERVICE.map(str::to_owned);
    let mut services = listing.services.iter();
    let is_persistent = services.any(|(service, _)| service.persistence.is_some());
    let of_server = |mut row: Vec<String>| {
        if !is_persistent {
            row.remove(TEMPLATES);
        }
        row
    };
    let server_head = of_server(SERVER.map(str::to_owned).to_vec());
    let mut service_columns = Columns::default();
    let mut server_columns = Columns::default();
    service_columns.fit(&service_head);
    for (service, servers) in &listing.services {
        service_columns.fit(&service_row(service));
        for server in servers.iter().flatten() {
            server_columns.fit(&server_head);
            server_columns.fit(&of_server(server_row(server)));
        }
    }
    service_columns.align_first(&mut server_columns);

    let mut text = service_columns.line(&service_head);
    for (service, servers) in &listing.services {
        text += &service_columns.line(&service_row(service));
        for (position, server) in servers.iter().flatten().enumerate() {
            if position == 0 {
                text += &server_columns.line(&server_head);
            }
            text += &server_columns.line(&of_server(server_row(server)));
        }
    }
    text += &toa(listing);
    if let Some(info) = &listing.info {
        let Info {
            connections,
            max_connections,
            ..
        } = info;
        let templates = match info.templates {
            0 => String::new(),
            count => format!(" and {count} templates"),
        };
        text += &format!("\nconnections: {connections}{templates} of at most {max_connections}\n");
    }
    text
}

/// What was counted of telling servers of their clients, of services that have counted anything.
fn toa(listing: &Listing) -> String {
    let counted = |service: &Service| service.toa_stats.filter(|it| *it != ToaStats::default());
    let mut rows = vec![TOA.map(str::to_owned)];
    for (service, _) in &listing.services {
        if let Some(stats) = counted(service) {
            rows.push([
                service.key.to_string(),
                stats.inserted.to_string(),
                stats.no_room.to_string(),
                stats.taken_out.to_string(),
            ]);
        }
    }
    if rows.len() == 1 {
        return String::new();
    }
    let mut columns = Columns::default();
    rows.iter().for_each(|row| columns.fit(row));
    let lines = rows.iter().map(|row| columns.line(row));
    format!("\n{}", lines.collect::<String>())
}

fn service_row(service: &Service) -> [String; 6] {
    [
        service.key.to_string(),
        scheduler(service),
        default_forward(service),
        if service.fast_path { "on" } else { "off" }.to_owned(),
        service.servers.to_string(),
        service.stats.connections.to_string(),
    ]
}

/// The scheduler, what is set of its flags, whether it chooses for each datagram, how clients keep
/// what it has chosen, where local addresses are of, and whether servers are told of clients, as one word: `sh,fallback`,
/// `rr,one-packet`, `wlc,persistent=300/24`, `wrr,pool=web,toa=off`.
fn scheduler(service: &Service) -> String {
    let mut word = service.scheduler.clone();
    for name in service.scheduler_flags.unwrap_or_default().names() {
        word.push(',');
        word.push_str(name);
    }
    if service.one_packet {
        word.push_str(",one-packet");
    }
    if let Some(persistence) = service.persistence {
        word += &format!(",persistent={persistence}");
    }
    if let Some(pool) = &service.pool {
        word += &format!(",pool={pool}");
    }
    if !service.toa.is_default() {
        word += &format!(",toa={}", service.toa);
    }
    word
}

/// Upper and lower threshold, and whether the upper one is reached.
fn thresholds(server: &Server) -> String {
    if server.upper_threshold == 0 {
        return "-".to_owned();
    }
    let full = if server.overloaded { ",full" } else { "" };
    format!(
        "{}/{}{full}",
        server.upper_threshold, server.lower_threshold
    )
}

/// The forward method of servers that are added without one, and whether packets by ENAT had no room for the client.
fn default_forward(service: &Service) -> String {
    let method = service
        .forward
        .map_or_else(|| "-".to_owned(), |method| method.to_string());
    match service.without_room {
        0 => method,
        packets => format!("{method},no-room={packets}"),
    }
}

/// The forward method; a tunnel with what it is, unless it is IP in IP. By ENAT, whether the server has shown that it lacks its half.
fn forward(server: &Server) -> String {
    match (server.tunnel, server.without_half) {
        (Some(tunnel), _) if tunnel.kind != Kind::Ipip => format!("{},{tunnel}", server.forward),
        (_, Some(count @ 1..)) => format!("{},no-half={count}", server.forward),
        _ => server.forward.to_string(),
    }
}

fn server_row(server: &Server) -> Vec<String> {
    let stats = &server.stats;
    vec![
        format!("  {}", server_name(&server.endpoint)),
        forward(server),
        server.weight.to_string(),
        thresholds(server),
        server.active.to_string(),
        server.inactive.to_string(),
        server.templates.to_string(),
        stats.connections.to_string(),
        format!("{}/{}", stats.in_packets, stats.out_packets),
        format!("{}/{}", stats.in_bytes, stats.out_bytes),
    ]
}
