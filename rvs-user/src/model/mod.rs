// SPDX-License-Identifier: GPL-2.0-only

//! Services, servers and connections, as the family describes them.

mod connection;
mod forward;
mod paths;
mod persistence;
mod pool;
mod protocol;
mod removal;
mod scheduler_flags;
mod server;
mod service;
mod stats;
mod template;
mod timeouts;
mod toa;
mod tunnel;

pub use connection::Connection;
pub use forward::Forward;
pub use paths::{Left, Paths};
pub use persistence::Persistence;
pub use pool::{Pool, PoolAddress, PoolEvent, PoolLevel, PoolServer};
pub use protocol::Protocol;
pub use removal::Removal;
pub use scheduler_flags::SchedulerFlags;
pub use server::{Server, ServerSettings};
pub use service::{server_name, Info, Ports, Service, ServiceKey, ServiceSettings};
pub use stats::{Rates, Stats};
pub use template::Template;
pub use timeouts::Timeouts;
pub use toa::{Toa, ToaStats};
pub use tunnel::{
    checksum_from_name, checksum_from_number, checksum_name, checksum_number, kind_from_name,
    kind_from_number, kind_name, kind_number, Tunnel, TunnelSettings, TUNNEL_CHECKSUMS,
    TUNNEL_KINDS,
};
