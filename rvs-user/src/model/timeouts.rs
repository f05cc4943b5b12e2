// SPDX-License-Identifier: GPL-2.0-only

//! How long connections may be idle.

use std::fmt;

use serde::Serialize;

/// Timeouts in seconds. In what is to be set, `None` stays as it is, and 0 stands, for a service,
/// for that of its namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Timeouts {
    /// Of an established TCP connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp: Option<u32>,
    /// Of a TCP connection that one end has finished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_fin: Option<u32>,
    /// Of UDP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub udp: Option<u32>,
}

/// As `--timeout` takes them, or `-` when there is none.
impl fmt::Display for Timeouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = [
            ("established=", self.tcp),
            ("fin=", self.tcp_fin),
            ("", self.udp),
        ]
        .into_iter()
        .filter_map(|(name, seconds)| match seconds? {
            0 => Some(format!("{name}default")),
            seconds => Some(format!("{name}{seconds}")),
        })
        .collect();
        match words.as_slice() {
            [] => f.write_str("-"),
            words => f.write_str(&words.join(",")),
        }
    }
}
