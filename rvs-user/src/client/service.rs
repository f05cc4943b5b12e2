// SPDX-License-Identifier: GPL-2.0-only

//! Operations on services.

use rvs_logic::logic::uapi::command;
use rvs_logic::logic::uapi::service;

use super::decode;
use super::Client;
use super::Message;
use crate::error::Error;
use crate::model::Service;
use crate::model::ServiceKey;
use crate::model::ServiceSettings;
use crate::netlink::Transport;

impl<T: Transport> Client<T> {
    /// Adds a service; the kernel chooses what `settings` leaves open.
    pub fn add_service(
        &mut self,
        key: &ServiceKey,
        settings: &ServiceSettings,
    ) -> Result<(), Error> {
        self.change(with_settings(command::SERVICE_ADD, key, settings))
    }

    /// Changes what `settings` names, and nothing else.
    pub fn set_service(
        &mut self,
        key: &ServiceKey,
        settings: &ServiceSettings,
    ) -> Result<(), Error> {
        self.change(with_settings(command::SERVICE_SET, key, settings))
    }

    /// Deletes a service with its servers.
    pub fn delete_service(&mut self, key: &ServiceKey) -> Result<(), Error> {
        self.change(Message::new(command::SERVICE_DEL, key).service(key))
    }

    /// Reads one service.
    pub fn service(&mut self, key: &ServiceKey) -> Result<Service, Error> {
        self.get(
            Message::new(command::SERVICE_GET, key).service(key),
            decode::service,
        )
    }

    /// Reads all services.
    pub fn services(&mut self) -> Result<Vec<Service>, Error> {
        self.dump(Message::new(command::SERVICE_GET, ""), decode::service)
    }
}

fn with_settings(command: u8, key: &ServiceKey, settings: &ServiceSettings) -> Message {
    let message = Message::new(command, key)
        .service(key)
        .scheduler(settings.scheduler.as_deref())
        .scheduler_flags(settings.scheduler_flags)
        .forward(service::FORWARD, settings.forward)
        .fast_path(settings.fast_path)
        .one_packet(settings.one_packet)
        .removal(settings.removal)
        .timeouts(settings.timeouts)
        .persistence(settings.persistence)
        .toa(settings.toa);
    let Some(pool) = &settings.pool else {
        return message;
    };
    let typed = if pool.is_empty() { "none" } else { pool };
    message.pool(service::POOL, pool, format!("--pool {typed}"))
}
