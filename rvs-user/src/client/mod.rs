// SPDX-License-Identifier: GPL-2.0-only

//! The operations of the family, with requests and answers as Rust types.

mod connection;
mod decode;
mod message;
mod pool;
mod refusal;
mod server;
mod service;
mod timeouts;

use rvs_logic::logic::uapi::command;

use crate::error::Error;
use crate::model::Info;
use crate::model::Paths;
use crate::model::ServiceKey;
use crate::model::Template;
use crate::netlink;
use crate::netlink::Connection;
use crate::netlink::Transport;
use message::Message;

/// A client of the family in one network namespace.
pub struct Client<T> {
    connection: Connection<T>,
}

impl<T: Transport> Client<T> {
    /// Resolves the family.
    pub fn new(transport: T) -> Result<Self, Error> {
        match Connection::new(transport) {
            Ok(connection) => Ok(Self { connection }),
            Err(error) => Err(refusal::explain(
                error,
                &Message::new(command::INFO_GET, ""),
            )),
        }
    }

    /// Deletes all services of the namespace.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.change(Message::new(command::FLUSH, ""))
    }

    /// Has the counters of a service and its servers, or all, begin at 0 again.
    pub fn zero(&mut self, service: Option<&ServiceKey>) -> Result<(), Error> {
        self.change(match service {
            Some(key) => Message::new(command::ZERO, key).service(key),
            None => Message::new(command::ZERO, ""),
        })
    }

    /// Version and sizes.
    pub fn info(&mut self) -> Result<Info, Error> {
        self.get(Message::new(command::INFO_GET, ""), decode::info)
    }

    /// Which way packets took.
    pub fn paths(&mut self) -> Result<Paths, Error> {
        self.get(Message::new(command::STATS_GET, ""), decode::paths)
    }

    /// The templates of one service, or all.
    pub fn templates(&mut self, service: Option<&ServiceKey>) -> Result<Vec<Template>, Error> {
        let message = match service {
            Some(key) => Message::new(command::TEMPLATE_GET, key).service_of_template(key),
            None => Message::new(command::TEMPLATE_GET, ""),
        };
        self.dump(message, decode::template)
    }

    fn change(&mut self, message: Message) -> Result<(), Error> {
        match self.connection.request(message.payload()) {
            Ok(_) => Ok(()),
            Err(error) => Err(refusal::explain(error, &message)),
        }
    }

    fn get<R>(&mut self, message: Message, decode: Decode<R>) -> Result<R, Error> {
        self.connection
            .request(message.payload())
            .and_then(|answers| match answers.first() {
                Some(answer) => Ok(decode(&answer.attributes)?),
                None => Err(netlink_packet_core::DecodeError::from("empty").into()),
            })
            .map_err(|error| refusal::explain(error, &message))
    }

    fn dump<R>(&mut self, message: Message, decode: Decode<R>) -> Result<Vec<R>, Error> {
        self.connection
            .dump(message.payload())
            .and_then(|answers| {
                answers
                    .iter()
                    .map(|answer| Ok(decode(&answer.attributes)?))
                    .collect()
            })
            .map_err(|error: netlink::Error| refusal::explain(error, &message))
    }
}

/// Reads one answer.
type Decode<R> = fn(&[netlink::Attribute]) -> Result<R, netlink_packet_core::DecodeError>;
