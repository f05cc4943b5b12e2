// SPDX-License-Identifier: GPL-2.0-only

//! Connections.

use std::net::SocketAddr;

use rvs_logic::logic::state::State;

use super::Forward;
use super::Protocol;
use super::ServiceKey;

/// A connection in the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its service, which may be gone.
    pub service: ServiceKey,
    /// Transport protocol.
    pub protocol: Protocol,
    /// Address and port that the client has sent to.
    pub destination: SocketAddr,
    /// Address and port of the client.
    pub client: SocketAddr,
    /// Address and port of the real server.
    pub server: SocketAddr,
    /// Address and port that the real server knows instead of those of the client, by full NAT.
    pub local: Option<SocketAddr>,
    /// Forward method.
    pub forward: Forward,
    /// How far it has come.
    pub state: State,
    /// Seconds until it has been idle for too long.
    pub expires: u32,
}
