// SPDX-License-Identifier: GPL-2.0-only

//! Tunnels to real servers.

use std::fmt;

use rvs_logic::logic::tunnel::Checksum;
use rvs_logic::logic::tunnel::Kind;
use rvs_logic::logic::uapi;
use serde::Serialize;

/// Kinds of tunnels, as they are named, with their numbers in the family.
const KINDS: [(Kind, &str, u32); 3] = [
    (Kind::Ipip, "ipip", uapi::tunnel::IPIP),
    (Kind::Gre, "gre", uapi::tunnel::GRE),
    (Kind::Gue, "gue", uapi::tunnel::GUE),
];

/// What tunnels do about checksums.
const CHECKSUMS: [(Checksum, &str, u32); 3] = [
    (Checksum::None, "none", uapi::tunnel_checksum::NONE),
    (Checksum::Full, "full", uapi::tunnel_checksum::FULL),
    (Checksum::Remote, "remote", uapi::tunnel_checksum::REMOTE),
];

/// The names of kinds of tunnels.
pub const TUNNEL_KINDS: [&str; 3] = [KINDS[0].1, KINDS[1].1, KINDS[2].1];

/// The names of what tunnels do about checksums.
pub const TUNNEL_CHECKSUMS: [&str; 3] = [CHECKSUMS[0].1, CHECKSUMS[1].1, CHECKSUMS[2].1];

/// What can be set on a tunnel; `None` leaves it as it is, or to the kernel's default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TunnelSettings {
    /// What stands between the outer header and the packet.
    pub kind: Option<Kind>,
    /// The UDP port at the server.
    pub port: Option<u16>,
    /// What it does about checksums.
    pub checksum: Option<Checksum>,
}

/// The tunnel to a real server in the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Tunnel {
    /// What stands between the outer header and the packet.
    #[serde(rename = "type", serialize_with = "kind_word")]
    pub kind: Kind,
    /// The UDP port at the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// What it does about checksums.
    #[serde(serialize_with = "checksum_word")]
    pub checksum: Checksum,
}

fn kind_word<S: serde::Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind_name(*kind))
}

fn checksum_word<S: serde::Serializer>(sum: &Checksum, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(checksum_name(*sum))
}

/// The kind of this name.
pub fn kind_from_name(name: &str) -> Option<Kind> {
    KINDS
        .iter()
        .find(|(_, own, _)| *own == name)
        .map(|row| row.0)
}

/// The kind of this number, `None` for those of a newer module.
pub fn kind_from_number(number: u32) -> Option<Kind> {
    KINDS.iter().find(|row| row.2 == number).map(|row| row.0)
}

/// The number of a kind; C header `include/uapi/linux/rvs.h`, `enum rvs_tunnel`.
pub fn kind_number(kind: Kind) -> u32 {
    KINDS
        .iter()
        .find(|row| row.0 == kind)
        .map_or(0, |row| row.2)
}

/// The name of a kind.
pub fn kind_name(kind: Kind) -> &'static str {
    KINDS
        .iter()
        .find(|row| row.0 == kind)
        .map_or("", |row| row.1)
}

/// What is done about checksums, of this name.
pub fn checksum_from_name(name: &str) -> Option<Checksum> {
    let mut rows = CHECKSUMS.iter();
    rows.find(|(_, own, _)| *own == name).map(|row| row.0)
}

/// What is done about checksums, of this number.
pub fn checksum_from_number(number: u32) -> Option<Checksum> {
    CHECKSUMS
        .iter()
        .find(|row| row.2 == number)
        .map(|row| row.0)
}

/// The number of what is done about checksums; `enum rvs_tunnel_checksum`.
pub fn checksum_number(checksum: Checksum) -> u32 {
    let mut rows = CHECKSUMS.iter();
    rows.find(|row| row.0 == checksum).map_or(0, |row| row.2)
}

/// The name of what is done about checksums.
pub fn checksum_name(checksum: Checksum) -> &'static str {
    let mut rows = CHECKSUMS.iter();
    rows.find(|row| row.0 == checksum).map_or("", |row| row.1)
}

impl fmt::Display for Tunnel {
    /// As one word: `ipip`, `gre`, `gre,full`, `gue:6080`, `gue:6080,remote`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(kind_name(self.kind))?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        if self.checksum != Checksum::None {
            write!(f, ",{}", checksum_name(self.checksum))?;
        }
        Ok(())
    }
}
