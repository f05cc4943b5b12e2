// SPDX-License-Identifier: GPL-2.0-only

//! What servers by full NAT and ENAT need of the pool of their service.

use crate::{
    logic::{
        addr::Endpoint,
        pool::Name, //
    },
    svc::{
        pool::Addresses,
        ConfigError,
        Forward,
        ServiceConfig,
        ServiceKey, //
    },
};

use super::Config;

impl Config {
    /// Checks whether a pool that is to have these addresses has those that the servers of its services need; tells the service
    /// that lacks one.
    pub(crate) fn check_addresses(
        &self,
        pool: &Name,
        addresses: &Addresses,
    ) -> Result<(), ServiceKey> {
        let mut services = self.services.values();
        let lacks = services.find(|service| {
            service.pool().as_ref() == Some(pool)
                && check_pool_of(service, Some(addresses)).is_err()
        });
        lacks.map_or(Ok(()), |service| Err(*service.key()))
    }
}

/// Checks whether all servers of a service have what they need of these addresses, which its pool is to have, or of none.
pub(super) fn check_pool_of(
    config: &ServiceConfig,
    addresses: Option<&Addresses>,
) -> Result<(), ConfigError> {
    config.dests().iter().try_for_each(|entry| {
        let dest = &entry.dest;
        let checked = check_pool(config.key(), dest.endpoint(), dest.forward(), addresses);
        checked.map_err(|error| match error {
            ConfigError::NoPool => ConfigError::PoolNeeded,
            ConfigError::NoLocalAddress(family) => ConfigError::DestsLackAddress(family),
            error => error,
        })
    })
}

/// Checks whether a server has what it needs of these addresses of its service's pool, or of none: ENAT takes ports of the virtual
/// address, full NAT for a server of another family ports of an address of that.
pub(super) fn check_pool(
    key: &ServiceKey,
    endpoint: Endpoint,
    forward: Forward,
    addresses: Option<&Addresses>,
) -> Result<(), ConfigError> {
    if !forward.needs_pool() {
        return Ok(());
    }
    let addresses = addresses.ok_or(ConfigError::NoPool)?;
    if forward == Forward::Enat {
        match *key {
            ServiceKey::Address { addr, .. } if addresses.has(addr) => {}
            _ => return Err(ConfigError::NotInPool),
        }
    }
    let family = endpoint.addr.family();
    if family == key.family() || addresses.has_any_of(family) {
        Ok(())
    } else {
        Err(ConfigError::NoLocalAddress(family))
    }
}
