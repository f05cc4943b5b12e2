// SPDX-License-Identifier: GPL-2.0-only

//! What became of the packets, as a file: lines that begin with the number of the group.
//!
//! ```text
//! GROUP packet STEP SIDE HEX           what left the director, or got to it, after this packet
//! GROUP connection PROTOCOL CLIENT SERVICE SERVER STATE
//! ```

use std::{
    collections::HashMap,
    fs::File,
    io::{
        self,
        BufRead,
        BufReader,
        Write, //
    },
    path::Path, //
};

use crate::{
    connections::Connection,
    site::Side, //
};

/// What came of a packet: a frame or, where it is local, a packet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Output {
    pub(crate) side: Side,
    pub(crate) bytes: Vec<u8>,
}

/// What became of the packets of a group.
#[derive(Default, Debug)]
pub(crate) struct Fate {
    pub(crate) outputs: HashMap<usize, Vec<Output>>,
    pub(crate) connections: Vec<Connection>,
}

pub(crate) fn write_output(
    to: &mut impl Write,
    group: usize,
    step: usize,
    output: &Output,
) -> io::Result<()> {
    writeln!(
        to,
        "{group} packet {step} {} {}",
        output.side.name(),
        hex(&output.bytes)
    )
}

pub(crate) fn write_connection(
    to: &mut impl Write,
    group: usize,
    connection: &Connection,
) -> io::Result<()> {
    writeln!(to, "{group} connection {connection}")
}

/// Reads a file that was written so.
pub(crate) fn read(path: &Path) -> io::Result<HashMap<usize, Fate>> {
    let mut fates: HashMap<usize, Fate> = HashMap::new();
    for line in BufReader::new(File::open(path)?).lines() {
        let line = line?;
        read_line(&mut fates, &line)
            .ok_or_else(|| io::Error::other(format!("no such line: {line}")))?;
    }
    Ok(fates)
}

fn read_line(fates: &mut HashMap<usize, Fate>, line: &str) -> Option<()> {
    let (group, line) = line.split_once(' ')?;
    let fate = fates.entry(group.parse().ok()?).or_default();
    let (kind, line) = line.split_once(' ')?;
    if kind == "connection" {
        fate.connections.push(line.parse().ok()?);
        return Some(());
    }
    let mut words = line.split(' ');
    let step = words.next()?.parse().ok()?;
    let side = Side::named(words.next()?)?;
    let bytes = from_hex(words.next()?)?;
    fate.outputs
        .entry(step)
        .or_default()
        .push(Output { side, bytes });
    Some(())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    Some(
        digits?
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | *digit as u8))
            .collect(),
    )
}
