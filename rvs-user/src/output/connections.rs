// SPDX-License-Identifier: GPL-2.0-only

//! Connections, for humans and for programs, written as they come.

use std::fmt;
use std::fmt::Write as _;
use std::io;
use std::io::BufWriter;
use std::io::Write;

use serde::Serialize;

use super::table::Columns;
use crate::model::Connection;

type Row = [String; 6];

const HEAD: [&str; 6] = ["SERVICE", "CLIENT", "SERVER", "FORWARD", "STATE", "EXPIRES"];

/// What is assumed of the rows to come where there are many.
const USUAL: [&str; 6] = [
    "tcp/255.255.255.255:65535",
    "255.255.255.255:65535",
    "255.255.255.255:65535",
    "nat",
    "ESTABLISHED",
    "900s",
];

/// Rows that are held, so that columns are as wide as their widest cell where there are no more.
const HELD: usize = 1000;

/// Bytes written at once.
const BUFFER: usize = 1 << 16;

/// Takes connections one by one.
pub trait ConnectionWriter {
    /// Writes a connection.
    fn add(&mut self, connection: &Connection) -> io::Result<()>;

    /// Writes what comes after the last one.
    fn finish(&mut self) -> io::Result<()>;
}

/// A writer of this form.
pub fn connections<'a>(out: &'a mut dyn Write, json: bool) -> Box<dyn ConnectionWriter + 'a> {
    let out = BufWriter::with_capacity(BUFFER, out);
    if json {
        Box::new(Json {
            out,
            is_first: true,
        })
    } else {
        Box::new(Text {
            out,
            columns: Columns::default(),
            row: Row::default(),
            held: Some(Vec::new()),
        })
    }
}

/// A table.
struct Text<'a> {
    out: BufWriter<&'a mut dyn Write>,
    columns: Columns,
    /// The one at hand: its strings are used again and again.
    row: Row,
    /// `None` when they have become too many to be held.
    held: Option<Vec<Row>>,
}

impl ConnectionWriter for Text<'_> {
    fn add(&mut self, connection: &Connection) -> io::Result<()> {
        fill(&mut self.row, connection);
        self.columns.fit(&self.row);
        match &mut self.held {
            Some(held) if held.len() < HELD => {
                held.push(self.row.clone());
                return Ok(());
            }
            Some(_) => {
                self.columns.fit(&USUAL.map(str::to_owned));
                self.release()?;
            }
            None => {}
        }
        self.out.write_all(self.columns.line(&self.row).as_bytes())
    }

    fn finish(&mut self) -> io::Result<()> {
        if self.held.as_ref().is_some_and(Vec::is_empty) {
            self.out.write_all(b"no connections\n")?;
        } else {
            self.release()?;
        }
        self.out.flush()
    }
}

impl Text<'_> {
    fn release(&mut self) -> io::Result<()> {
        let Some(held) = self.held.take() else {
            return Ok(());
        };
        let head = HEAD.map(str::to_owned);
        self.columns.fit(&head);
        for row in [head].iter().chain(&held) {
            self.out.write_all(self.columns.line(row).as_bytes())?;
        }
        Ok(())
    }
}

/// Writes the cells of a connection in the place of those that are there.
fn fill(row: &mut Row, connection: &Connection) {
    let [service, client, server, forward, state, expires] = row;
    match connection.service.one_port() {
        Some(port) if port == connection.destination.port() => set(service, connection.service),
        // Of those of many, or of the data of FTP, it tells which one, too.
        _ => set(
            service,
            format_args!(
                "{},{}/{}",
                connection.service, connection.protocol, connection.destination
            ),
        ),
    }
    set(client, connection.client);
    set(server, connection.server);
    match connection.local {
        None => set(forward, connection.forward),
        // What the real server knows instead of the client.
        Some(local) => set(forward, format_args!("{},{local}", connection.forward)),
    }
    set(state, connection.state.name());
    set(expires, format_args!("{}s", connection.expires));
}

fn set(cell: &mut String, value: impl fmt::Display) {
    cell.clear();
    // A string takes everything.
    let _ = write!(cell, "{value}");
}

/// An object with one array, whose elements have a line each.
struct Json<'a> {
    out: BufWriter<&'a mut dyn Write>,
    is_first: bool,
}

/// The schema is stable, as that of the services; `rvs-user/README.md` documents it.
#[derive(Serialize)]
struct ConnectionJson {
    service: String,
    protocol: String,
    address: String,
    port: u16,
    client_address: String,
    client_port: u16,
    server_address: String,
    server_port: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    local_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    local_port: Option<u16>,
    forward: String,
    state: &'static str,
    expires: u32,
}

impl ConnectionWriter for Json<'_> {
    fn add(&mut self, connection: &Connection) -> io::Result<()> {
        let before: &[u8] = if self.is_first {
            b"{\"connections\":[\n"
        } else {
            b",\n"
        };
        self.is_first = false;
        self.out.write_all(before)?;
        serde_json::to_writer(&mut self.out, &json(connection))?;
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        let end: &[u8] = if self.is_first {
            b"{\"connections\":[]}\n"
        } else {
            b"\n]}\n"
        };
        self.out.write_all(end)?;
        self.out.flush()
    }
}

fn json(connection: &Connection) -> ConnectionJson {
    let Connection {
        service,
        protocol,
        destination,
        client,
        server,
        local,
        ..
    } = connection;
    ConnectionJson {
        service: service.to_string(),
        protocol: protocol.to_string(),
        address: destination.ip().to_string(),
        port: destination.port(),
        client_address: client.ip().to_string(),
        client_port: client.port(),
        server_address: server.ip().to_string(),
        server_port: server.port(),
        local_address: local.map(|local| local.ip().to_string()),
        local_port: local.map(|local| local.port()),
        forward: connection.forward.to_string(),
        state: connection.state.name(),
        expires: connection.expires,
    }
}
