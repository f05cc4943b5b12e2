// SPDX-License-Identifier: GPL-2.0-only

//! Connections.

use std::net::SocketAddr;

use rvs_logic::logic::state::State;

use super::Forward;
use super::ServiceKey;

/// A connection in the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// What the client has connected to. The service itself may be gone.
    pub service: ServiceKey,
    /// Address and port of the client.
    pub client: SocketAddr,
    /// Address and port of the real server.
    pub server: SocketAddr,
    /// Forward method.
    pub forward: Forward,
    /// How far it has come.
    pub state: State,
    /// Seconds until it has been idle for too long.
    pub expires: u32,
}
