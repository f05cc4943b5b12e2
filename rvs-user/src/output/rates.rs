// SPDX-License-Identifier: GPL-2.0-only

//! Rates for humans.

use super::table::Columns;
use super::Listing;
use crate::model::server_name;
use crate::model::Rates;
use crate::model::Stats;

const HEAD: [&str; 4] = [
    "SERVICE",
    "CONNECTIONS/S",
    "PACKETS/S IN/OUT",
    "BYTES/S IN/OUT",
];

/// How much there is in a second, of services and below each of its servers, as a table.
pub fn rates_to_text(listing: &Listing) -> String {
    if listing.services.is_empty() {
        return "no services\n".to_owned();
    }
    let mut rows = vec![HEAD.map(str::to_owned)];
    for (service, servers) in &listing.services {
        rows.push(row(service.key.to_string(), &service.stats));
        for server in servers.iter().flatten() {
            let name = format!("  {}", server_name(&server.endpoint));
            rows.push(row(name, &server.stats));
        }
    }
    let mut columns = Columns::default();
    rows.iter().for_each(|row| columns.fit(row));
    rows.iter().map(|row| columns.line(row)).collect()
}

/// A module that does not tell leaves dashes.
fn row(name: String, stats: &Stats) -> [String; 4] {
    let Some(rates) = stats.rates else {
        return [name, "-".to_owned(), "-".to_owned(), "-".to_owned()];
    };
    let Rates {
        connections,
        in_packets,
        out_packets,
        in_bytes,
        out_bytes,
    } = rates;
    [
        name,
        connections.to_string(),
        format!("{in_packets}/{out_packets}"),
        format!("{in_bytes}/{out_bytes}"),
    ]
}
