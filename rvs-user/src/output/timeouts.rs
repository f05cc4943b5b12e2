// SPDX-License-Identifier: GPL-2.0-only

//! Timeouts, for humans and for programs.

use serde::Serialize;

use super::table::Columns;
use crate::model::Service;
use crate::model::Timeouts;

#[derive(Serialize)]
struct Document<'a> {
    timeouts: &'a Timeouts,
    services: Vec<Own<'a>>,
}

#[derive(Serialize)]
struct Own<'a> {
    service: String,
    timeouts: &'a Timeouts,
}

/// Those of a namespace, and of services that have their own, as one line of JSON;
/// `rvs-user/README.md` documents it.
pub fn timeouts_to_json(timeouts: &Timeouts, services: &[Service]) -> String {
    let services = with_own(services)
        .map(|service| Own {
            service: service.key.to_string(),
            timeouts: &service.timeouts,
        })
        .collect();
    let document = Document { timeouts, services };
    serde_json::to_string(&document).expect("strings and numbers always serialize") + "\n"
}

/// The same as tables.
pub fn timeouts_to_text(timeouts: &Timeouts, services: &[Service]) -> String {
    let mut rows = vec![["TIMEOUT", "SECONDS", "OF"].map(str::to_owned)];
    for (name, seconds, what) in [
        ("tcp", timeouts.tcp, "established TCP connections"),
        (
            "tcp-fin",
            timeouts.tcp_fin,
            "TCP connections that one end has finished",
        ),
        ("udp", timeouts.udp, "UDP"),
    ] {
        let seconds = seconds.map_or_else(|| "-".to_owned(), |seconds| seconds.to_string());
        rows.push([name.to_owned(), seconds, what.to_owned()]);
    }
    let mut text = table(&rows);
    let mut rows = vec![["SERVICE", "TIMEOUT"].map(str::to_owned)];
    for service in with_own(services) {
        rows.push([service.key.to_string(), service.timeouts.to_string()]);
    }
    if rows.len() > 1 {
        text.push('\n');
        text += &table(&rows);
    }
    text
}

fn with_own(services: &[Service]) -> impl Iterator<Item = &Service> {
    services
        .iter()
        .filter(|service| service.timeouts != Timeouts::default())
}

fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let mut columns = Columns::default();
    rows.iter().for_each(|row| columns.fit(row));
    rows.iter().map(|row| columns.line(row)).collect()
}
