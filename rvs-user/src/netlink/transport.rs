// SPDX-License-Identifier: GPL-2.0-only

//! The way a message takes to the kernel and back.

use std::io;

/// A datagram channel to the kernel. Tests put a kernel of their own behind it.
pub trait Transport {
    /// Sends one message.
    fn send(&mut self, message: &[u8]) -> io::Result<()>;

    /// Has datagrams of a multicast group come, too.
    fn join(&mut self, group: u32) -> io::Result<()>;

    /// Waits for one datagram; it may hold several messages.
    fn receive(&mut self) -> io::Result<Vec<u8>>;
}
