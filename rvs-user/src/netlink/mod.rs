// SPDX-License-Identifier: GPL-2.0-only

//! Generic netlink: messages, the reasons of refusals, and the socket.

mod attribute;
mod connection;
mod error;
mod extack;
pub mod namespace;
mod payload;
mod socket;
mod transport;

pub use attribute::Attribute;
pub use connection::{Connection, Event};
pub use error::{Error, Missing, Refusal};
pub use payload::Payload;
pub use socket::KernelSocket;
pub use transport::Transport;
