// SPDX-License-Identifier: GPL-2.0-only

//! Templates of persistence.

use std::net::IpAddr;
use std::net::SocketAddr;

use super::ServiceKey;

/// A client, or several that are one, with the server that it keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The service, which may be gone.
    pub service: ServiceKey,
    /// What the addresses of the clients have in common.
    pub client: IpAddr,
    /// Address and port of the real server.
    pub server: SocketAddr,
    /// Its connections.
    pub connections: u32,
    /// Whether one of them has reached the server.
    pub assured: bool,
    /// Seconds until its time is over.
    pub expires: u32,
    /// The Call-ID of its call of SIP, where that matters.
    pub call_id: Option<String>,
}
