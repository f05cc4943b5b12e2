// SPDX-License-Identifier: GPL-2.0-only

//! The netlink socket.

use std::io;

use netlink_sys::protocols::NETLINK_GENERIC;
use netlink_sys::Socket;
use netlink_sys::SocketAddr;

use super::Transport;

/// Port of the kernel, netlink(7).
const KERNEL: u32 = 0;

/// A socket of the family `AF_NETLINK`, protocol `NETLINK_GENERIC`.
pub struct KernelSocket {
    socket: Socket,
}

impl KernelSocket {
    /// Opens a socket in the network namespace of this thread.
    pub fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_GENERIC)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(KERNEL, 0))?;
        // Reasons in refusals, without our request in each of them.
        socket.set_ext_ack(true)?;
        socket.set_cap_ack(true)?;
        Ok(Self { socket })
    }
}

impl Transport for KernelSocket {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let sent = self.socket.send(message, 0)?;
        if sent != message.len() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(())
    }

    fn join(&mut self, group: u32) -> io::Result<()> {
        self.socket.add_membership(group)
    }

    fn receive(&mut self) -> io::Result<Vec<u8>> {
        loop {
            let (datagram, from) = match self.socket.recv_from_full() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            // Any process may send to a netlink port; only the kernel is believed.
            if from.port_number() == KERNEL {
                return Ok(datagram);
            }
        }
    }
}
