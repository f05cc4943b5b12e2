// SPDX-License-Identifier: GPL-2.0-only

//! Which way packets took, for humans and for programs.

use super::table::Columns;
use crate::model::Left;
use crate::model::Paths;
use crate::model::Stats;

/// The counters as one line of JSON; `rvs-user/README.md` documents it.
pub fn stats_to_json(paths: &Paths) -> String {
    serde_json::to_string(paths).expect("numbers always serialize") + "\n"
}

/// Whether the fast path is open, and the counters as tables: the ways, why the slow one was taken,
/// and what was refused.
pub fn stats_to_text(paths: &Paths) -> String {
    let mut ways = vec![["PATH", "PACKETS"].map(str::to_owned)];
    for (name, packets) in [("fast", paths.fast), ("slow", paths.slow)] {
        ways.push([name.to_owned(), packets.to_string()]);
    }
    let mut reasons = vec![["LEFT TO SLOW", "PACKETS", "REASON"].map(str::to_owned)];
    for (name, packets, reason) in left(&paths.left) {
        reasons.push([name.to_owned(), packets.to_string(), reason.to_owned()]);
    }

    let mut room = vec![["NO ROOM", "TIMES", "WHAT"].map(str::to_owned)];
    for (name, times, what) in no_room(paths) {
        room.push([name.to_owned(), times.to_string(), what.to_owned()]);
    }

    let mut way_columns = Columns::default();
    let mut reason_columns = Columns::default();
    let mut room_columns = Columns::default();
    ways.iter().for_each(|row| way_columns.fit(row));
    reasons.iter().for_each(|row| reason_columns.fit(row));
    room.iter().for_each(|row| room_columns.fit(row));
    reason_columns.align_first(&mut room_columns);
    way_columns.align_first(&mut reason_columns);
    let mut text = if paths.enabled {
        "fast path: on\n\n".to_owned()
    } else {
        "fast path: off, by the sysctl net.rvs.fast_path\n\n".to_owned()
    };
    for row in &ways {
        text += &way_columns.line(row);
    }
    text.push('\n');
    for row in &reasons {
        text += &reason_columns.line(row);
    }
    text.push('\n');
    for row in &room {
        text += &room_columns.line(row);
    }
    if let Some(totals) = &paths.totals {
        text.push('\n');
        text += &totals_to_text(totals);
    }
    if let (Some(estimated), Some(estimates)) = (paths.estimated, paths.estimates) {
        text += &format!(
            "\nrates: of {estimated} servers estimated every two seconds; {estimates} times of one since the beginning\n"
        );
    }
    text
}

/// What the services have counted, and how much there is of it in a second.
fn totals_to_text(totals: &Stats) -> String {
    let mut rows = vec![
        ["TOTAL", "CONNECTIONS", "PACKETS IN/OUT", "BYTES IN/OUT"].map(str::to_owned),
        [
            "services".to_owned(),
            totals.connections.to_string(),
            format!("{}/{}", totals.in_packets, totals.out_packets),
            format!("{}/{}", totals.in_bytes, totals.out_bytes),
        ],
    ];
    if let Some(rates) = &totals.rates {
        rows.push([
            "in a second".to_owned(),
            rates.connections.to_string(),
            format!("{}/{}", rates.in_packets, rates.out_packets),
            format!("{}/{}", rates.in_bytes, rates.out_bytes),
        ]);
    }
    let mut columns = Columns::default();
    rows.iter().for_each(|row| columns.fit(row));
    rows.iter().map(|row| columns.line(row)).collect()
}

/// What is done where there is no room for another connection, or against a flood.
fn no_room(paths: &Paths) -> [(&'static str, u64, &'static str); 7] {
    [
        (
            "evicted",
            paths.evicted,
            "a connection half open or without an answer made room for another one",
        ),
        (
            "refused",
            paths.refused,
            "a packet was dropped that would have begun a connection",
        ),
        (
            "port-taken",
            paths.port_taken,
            "a packet was refused, as each server has a connection of the client's port",
        ),
        (
            "no-local",
            paths.no_local,
            "a packet was refused, as full NAT had no local port for its connection: see rvsadm pool show",
        ),
        (
            "drop-entry",
            paths.drop_entry,
            "a connection was ended by the sysctl drop_entry",
        ),
        (
            "drop-packet",
            paths.drop_packet,
            "a packet was dropped by the sysctl drop_packet",
        ),
        (
            "templates-evicted",
            paths.templates_evicted,
            "a client without connections that keeps its server made room for a connection",
        ),
    ]
}

/// The reasons, in the order in which the fast path looks for them.
fn left(left: &Left) -> [(&'static str, u64, &'static str); 10] {
    [
        (
            "switched-off",
            left.switched_off,
            "the service has --fast-path off",
        ),
        (
            "header",
            left.header,
            "IP options, a fragment, or a burst for a tunnel",
        ),
        ("begins", left.begins, "may begin a connection"),
        (
            "unavailable",
            left.unavailable,
            "the server was removed from its service",
        ),
        (
            "route",
            left.route,
            "the flow has passed no hooks yet by the routes of now, or stays here",
        ),
        (
            "neighbour",
            left.neighbour,
            "the link layer address of the next hop is not known",
        ),
        ("ttl", left.ttl, "the time to live ends"),
        ("too-big", left.too_big, "larger than the MTU of the route"),
        (
            "policy",
            left.policy,
            "IPsec, a tunnel or policy routing on the route",
        ),
        ("memory", left.memory, "memory was short"),
    ]
}
