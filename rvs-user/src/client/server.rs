// SPDX-License-Identifier: GPL-2.0-only

//! Operations on real servers.

use std::net::SocketAddr;

use rvs_logic::logic::uapi::command;
use rvs_logic::logic::uapi::dest;

use super::decode;
use super::Client;
use super::Message;
use crate::error::Error;
use crate::model::server_name;
use crate::model::Server;
use crate::model::ServerSettings;
use crate::model::ServiceKey;
use crate::netlink::Transport;

impl<T: Transport> Client<T> {
    /// Adds a server; the kernel chooses what `settings` leaves open.
    pub fn add_server(
        &mut self,
        service: &ServiceKey,
        server: &SocketAddr,
        settings: &ServerSettings,
    ) -> Result<(), Error> {
        self.change(with_settings(command::DEST_ADD, service, server, settings))
    }

    /// Changes what `settings` names, and nothing else.
    pub fn set_server(
        &mut self,
        service: &ServiceKey,
        server: &SocketAddr,
        settings: &ServerSettings,
    ) -> Result<(), Error> {
        self.change(with_settings(command::DEST_SET, service, server, settings))
    }

    /// Removes a server from its service.
    pub fn delete_server(
        &mut self,
        service: &ServiceKey,
        server: &SocketAddr,
    ) -> Result<(), Error> {
        self.change(of_server(command::DEST_DEL, service, server))
    }

    /// Reads the servers of one service, or of all, each with its service.
    pub fn servers(
        &mut self,
        service: Option<&ServiceKey>,
    ) -> Result<Vec<(ServiceKey, Server)>, Error> {
        let message = match service {
            Some(key) => Message::new(command::DEST_GET, key).service_of_server(key),
            None => Message::new(command::DEST_GET, ""),
        };
        self.dump(message, decode::server)
    }
}

fn of_server(command: u8, service: &ServiceKey, server: &SocketAddr) -> Message {
    Message::new(command, server_name(server))
        .service_of_server(service)
        .server(server)
}

fn with_settings(
    command: u8,
    service: &ServiceKey,
    server: &SocketAddr,
    settings: &ServerSettings,
) -> Message {
    of_server(command, service, server)
        .u32(dest::WEIGHT, "--weight", settings.weight)
        .forward(dest::FORWARD, settings.forward)
        .tunnel(settings.tunnel)
        .u32(
            dest::UPPER_THRESHOLD,
            "--upper-threshold",
            settings.upper_threshold,
        )
        .u32(
            dest::LOWER_THRESHOLD,
            "--lower-threshold",
            settings.lower_threshold,
        )
        .keep_port(settings.keep_port)
}
