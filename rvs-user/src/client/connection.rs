// SPDX-License-Identifier: GPL-2.0-only

//! Operations on connections.

use std::ops::ControlFlow;

use rvs_logic::logic::uapi::command;

use super::decode;
use super::refusal;
use super::Client;
use super::Message;
use crate::error::Error;
use crate::model::Connection;
use crate::model::ServiceKey;
use crate::netlink::Transport;

impl<T: Transport> Client<T> {
    /// Hands the connections of one service, or all, over as they come, until `each` breaks. There
    /// may be more than fit into memory. After a break the client is of no use.
    pub fn connections(
        &mut self,
        service: Option<&ServiceKey>,
        mut each: impl FnMut(&Connection) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let message = match service {
            Some(key) => Message::new(command::CONNECTION_GET, key).service_of_connection(key),
            None => Message::new(command::CONNECTION_GET, ""),
        };
        let mut wrong = None;
        self.connection
            .dump_each(message.payload(), |answer| {
                match decode::connection(&answer.attributes) {
                    Ok(connection) => each(&connection),
                    Err(error) => {
                        wrong = Some(error);
                        ControlFlow::Break(())
                    }
                }
            })
            .and_then(|()| match wrong {
                Some(error) => Err(error.into()),
                None => Ok(()),
            })
            .map_err(|error| refusal::explain(error, &message))
    }
}
