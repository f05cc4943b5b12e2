// SPDX-License-Identifier: GPL-2.0-only

//! Operations on the timeouts of a namespace.

use rvs_logic::logic::uapi::command;
use rvs_logic::logic::uapi::timeouts;

use super::decode;
use super::Client;
use super::Message;
use crate::error::Error;
use crate::model::Timeouts;
use crate::netlink::Transport;

impl<T: Transport> Client<T> {
    /// Reads how long connections may be idle.
    pub fn timeouts(&mut self) -> Result<Timeouts, Error> {
        self.get(Message::new(command::TIMEOUTS_GET, ""), decode::timeouts)
    }

    /// Changes the timeouts named.
    pub fn set_timeouts(&mut self, change: &Timeouts) -> Result<(), Error> {
        self.change(
            Message::new(command::TIMEOUTS_SET, "")
                .u32(timeouts::TCP, "--tcp", change.tcp)
                .u32(timeouts::TCP_FIN, "--tcp-fin", change.tcp_fin)
                .u32(timeouts::UDP, "--udp", change.udp),
        )
    }
}
