// SPDX-License-Identifier: GPL-2.0-only

//! Operations on pools of local addresses.

use std::ops::ControlFlow;

use rvs_logic::logic::pool::AddrRange;
use rvs_logic::logic::pool::Ports;
use rvs_logic::logic::uapi::command;
use rvs_logic::logic::uapi::group;
use rvs_logic::logic::uapi::pool;

use super::decode;
use super::refusal;
use super::Client;
use super::Message;
use crate::error::Error;
use crate::model::Pool;
use crate::model::PoolAddress;
use crate::model::PoolEvent;
use crate::netlink::Event;
use crate::netlink::Transport;

impl<T: Transport> Client<T> {
    /// Adds a pool with these addresses. When it cannot have one of them, there is none.
    pub fn add_pool(
        &mut self,
        name: &str,
        ports: Option<Ports>,
        ranges: &[AddrRange],
    ) -> Result<(), Error> {
        self.change(named(command::POOL_ADD, name).pool_ports(ports))?;
        self.add_pool_addresses(name, ranges).inspect_err(|_| {
            // The first error is the one to tell.
            let _ = self.delete_pool(name);
        })
    }

    /// Changes the ports of a pool.
    pub fn set_pool(&mut self, name: &str, ports: Ports) -> Result<(), Error> {
        self.change(named(command::POOL_SET, name).pool_ports(Some(ports)))
    }

    /// Deletes a pool.
    pub fn delete_pool(&mut self, name: &str) -> Result<(), Error> {
        self.change(named(command::POOL_DEL, name))
    }

    /// Adds addresses to a pool, up to the first that it cannot have.
    pub fn add_pool_addresses(&mut self, name: &str, ranges: &[AddrRange]) -> Result<(), Error> {
        self.change_addresses(command::POOL_ADDRESS_ADD, name, ranges)
    }

    /// Removes addresses from a pool, up to the first that it does not have.
    pub fn delete_pool_addresses(&mut self, name: &str, ranges: &[AddrRange]) -> Result<(), Error> {
        self.change_addresses(command::POOL_ADDRESS_DEL, name, ranges)
    }

    fn change_addresses(
        &mut self,
        command: u8,
        name: &str,
        ranges: &[AddrRange],
    ) -> Result<(), Error> {
        ranges.iter().try_for_each(|range| {
            self.change(
                Message::new(command, name)
                    .pool_of_address(name)
                    .pool_range(range),
            )
        })
    }

    /// Reads one pool.
    pub fn pool(&mut self, name: &str) -> Result<Pool, Error> {
        self.get(named(command::POOL_GET, name), decode::pool)
    }

    /// Reads all pools.
    pub fn pools(&mut self) -> Result<Vec<Pool>, Error> {
        self.dump(Message::new(command::POOL_GET, ""), decode::pool)
    }

    /// Reads the addresses of a pool.
    pub fn pool_addresses(&mut self, name: &str) -> Result<Vec<PoolAddress>, Error> {
        let message = Message::new(command::POOL_ADDRESS_GET, name).pool_of_address(name);
        self.dump(message, decode::pool_address)
    }

    /// Hands over what the kernel tells of pools, until `each` breaks; none where something may have been
    /// told that was lost.
    pub fn watch_pools(
        &mut self,
        mut each: impl FnMut(Option<&PoolEvent>) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let message = Message::new(command::POOL_LEVEL, "");
        let group = group::NAMES[group::POOLS];
        let mut wrong = None;
        self.connection
            .listen(group, |event| {
                let event = match event {
                    Event::Lost => return each(None),
                    Event::Told(payload) if payload.command == command::POOL_LEVEL => payload,
                    // Of a newer module.
                    Event::Told(_) => return ControlFlow::Continue(()),
                };
                match decode::pool_event(&event.attributes) {
                    Ok(event) => each(Some(&event)),
                    Err(error) => {
                        wrong = Some(error);
                        ControlFlow::Break(())
                    }
                }
            })
            .and_then(|()| wrong.map_or(Ok(()), |error| Err(error.into())))
            .map_err(|error| refusal::explain(error, &message))
    }
}

fn named(command: u8, name: &str) -> Message {
    Message::new(command, name).pool(pool::NAME, name, name)
}
