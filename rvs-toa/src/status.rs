// SPDX-License-Identifier: GPL-2.0-only

//! What is attached, and what it has seen.

use std::fmt;

use serde::Serialize;

use crate::{
    error::Error,
    pins::{
        Counter,
        Pins,
        Setting, //
    }, //
};

/// Connections since the programs were attached.
#[derive(Debug, Serialize)]
pub struct Connections {
    /// Of directors, with the option.
    with_option: u64,
    /// Of those, the ones that had it in a later packet than the one that ends the handshake.
    with_option_late: u64,
    /// Of directors, without.
    without_option: u64,
    /// Of others, with the option.
    refused: u64,
    /// Of others, without.
    direct: u64,
}

/// What is attached, and what it has seen.
#[derive(Debug, Serialize)]
pub struct Report {
    kind: u32,
    any_director: bool,
    directors: Vec<String>,
    connections: Connections,
    not_shown: u64,
}

impl Report {
    /// Asks the kernel.
    pub fn read(pins: &Pins) -> Result<Self, Error> {
        let late = pins.counter(Counter::WithOptionLate as u32)?;
        let directors = pins.directors()?;
        Ok(Self {
            kind: pins.setting(Setting::Kind as u32)?,
            any_director: pins.setting(Setting::AnyDirector as u32)? != 0,
            directors: directors.iter().map(ToString::to_string).collect(),
            connections: Connections {
                with_option: pins
                    .counter(Counter::WithOption as u32)?
                    .saturating_add(late),
                with_option_late: late,
                // They are counted before it comes.
                without_option: pins
                    .counter(Counter::WithoutOption as u32)?
                    .saturating_sub(late),
                refused: pins.counter(Counter::Refused as u32)?,
                direct: pins.counter(Counter::Direct as u32)?,
            },
            not_shown: pins.counter(Counter::NotShown as u32)?,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let directors = if self.any_director {
            "any".to_owned()
        } else if self.directors.is_empty() {
            "none, nobody is believed".to_owned()
        } else {
            self.directors.join(", ")
        };
        writeln!(f, "attached, option of kind {}", self.kind)?;
        writeln!(f, "directors: {directors}")?;
        let connections = &self.connections;
        for (what, number) in [
            (
                "connections of directors, with the option",
                connections.with_option,
            ),
            (
                "  of which it came after the handshake",
                connections.with_option_late,
            ),
            (
                "connections of directors, without",
                connections.without_option,
            ),
            (
                "connections of others, with the option: refused",
                connections.refused,
            ),
            ("connections of others, without", connections.direct),
            (
                "IPv6 clients that an IPv4 socket was not told of",
                self.not_shown,
            ),
        ] {
            writeln!(f, "{what:<50} {number:>12}")?;
        }
        Ok(())
    }
}
