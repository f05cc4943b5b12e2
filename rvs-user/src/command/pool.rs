// SPDX-License-Identifier: GPL-2.0-only

//! Pools of local addresses.

use std::io::Write;
use std::ops::ControlFlow;

use super::write;
use super::written;
use crate::client::Client;
use crate::error::Error;
use crate::model::Pool;
use crate::model::PoolAddress;
use crate::netlink::Transport;
use crate::output;

/// Writes one pool, or all, with their addresses.
pub(super) fn show<T: Transport>(
    client: &mut Client<T>,
    name: Option<&str>,
    json: bool,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let shown = match name {
        Some(name) => {
            let pool = client.pool(name)?;
            vec![with_addresses(client, pool)?]
        }
        None => all(client)?,
    };
    let text = if json {
        output::pools_to_json(&shown)
    } else {
        output::pools_to_text(&shown)
    };
    write(out, &text)
}

/// Reads all pools with their addresses, by name.
pub(super) fn all<T: Transport>(
    client: &mut Client<T>,
) -> Result<Vec<(Pool, Vec<PoolAddress>)>, Error> {
    let mut pools = Vec::new();
    for pool in client.pools()? {
        pools.push(with_addresses(client, pool)?);
    }
    pools.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
    Ok(pools)
}

fn with_addresses<T: Transport>(
    client: &mut Client<T>,
    pool: Pool,
) -> Result<(Pool, Vec<PoolAddress>), Error> {
    let addresses = match pool.addresses {
        0 => Vec::new(),
        _ => client.pool_addresses(&pool.name)?,
    };
    Ok((pool, addresses))
}

/// Writes what the kernel tells of pools, as it comes, until nobody reads it.
pub(super) fn watch<T: Transport>(
    client: &mut Client<T>,
    json: bool,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let mut result = Ok(());
    client.watch_pools(|event| {
        let line = if json {
            output::pool_event_to_json(event)
        } else {
            output::pool_event_to_text(event)
        };
        result = out.write_all(line.as_bytes()).and_then(|()| out.flush());
        match result {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    written(result)
}
