// SPDX-License-Identifier: GPL-2.0-only

//! One request against the kernel.

use std::io::Write;

use super::connection;
use super::pool;
use super::restore;
use super::save;
use super::server;
use super::write;
use crate::client::Client;
use crate::error::Error;
use crate::model::Paths;
use crate::model::ServiceKey;
use crate::netlink::Transport;
use crate::output;
use crate::output::Listing;
use crate::request::Request;

/// Does what is asked. A change that succeeded says nothing; all else goes to `out`.
pub(super) fn run<T: Transport>(
    request: &Request,
    json: bool,
    transport: T,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let mut client = Client::new(transport)?;
    let listing = match request {
        Request::ServiceAdd(key, settings) => return client.add_service(key, settings),
        Request::ServiceSet(key, settings) => return client.set_service(key, settings),
        Request::ServiceDel(key) => return client.delete_service(key),
        Request::ServerAdd(key, endpoint, settings) => {
            return server::add(&mut client, key, endpoint, settings)
        }
        Request::ServerSet(key, endpoint, settings) => {
            return client.set_server(key, endpoint, settings)
        }
        Request::ServerDel(key, endpoint) => return client.delete_server(key, endpoint),
        Request::Flush => return client.flush(),
        Request::Stats => return write(out, &stats(&client.paths()?, json)),
        Request::Zero(key) => return client.zero(key.as_ref()),
        Request::TimeoutsSet(change) => return client.set_timeouts(change),
        Request::Timeouts => return write(out, &timeouts(&mut client, json)?),
        Request::ConnectionList(key) => {
            return connection::list(&mut client, key.as_ref(), json, out)
        }
        Request::TemplateList(key) => {
            let templates = client.templates(key.as_ref())?;
            let text = if json {
                output::templates_to_json(&templates)
            } else {
                output::templates_to_text(&templates)
            };
            return write(out, &text);
        }
        Request::PoolAdd(name, ports, ranges) => return client.add_pool(name, *ports, ranges),
        Request::PoolSet(name, ports) => return client.set_pool(name, *ports),
        Request::PoolDel(name) => return client.delete_pool(name),
        Request::PoolAddAddress(name, ranges) => {
            return client.add_pool_addresses(name, ranges);
        }
        Request::PoolDelAddress(name, ranges) => {
            return client.delete_pool_addresses(name, ranges);
        }
        Request::PoolShow(name) => return pool::show(&mut client, name.as_deref(), json, out),
        Request::PoolWatch => return pool::watch(&mut client, json, out),
        Request::Save => return save::save(&mut client, json, out),
        Request::Restore(file) => return restore::restore(&mut client, file.as_deref()),
        Request::ServiceList => list(&mut client)?,
        Request::Rates(key) if !json => {
            let listing = show(&mut client, key.as_ref(), false)?;
            return write(out, &output::rates_to_text(&listing));
        }
        // Programs are told both.
        Request::Show(key) | Request::Rates(key) => show(&mut client, key.as_ref(), json)?,
    };
    let text = if json {
        output::to_json(&listing)
    } else {
        output::to_text(&listing)
    };
    write(out, &text)
}

fn stats(paths: &Paths, json: bool) -> String {
    if json {
        output::stats_to_json(paths)
    } else {
        output::stats_to_text(paths)
    }
}

fn timeouts<T: Transport>(client: &mut Client<T>, json: bool) -> Result<String, Error> {
    let (timeouts, services) = (client.timeouts()?, client.services()?);
    Ok(if json {
        output::timeouts_to_json(&timeouts, &services)
    } else {
        output::timeouts_to_text(&timeouts, &services)
    })
}

fn list<T: Transport>(client: &mut Client<T>) -> Result<Listing, Error> {
    let services = client.services()?;
    Ok(Listing {
        services: services
            .into_iter()
            .map(|service| (service, None))
            .collect(),
        info: None,
    })
}

fn show<T: Transport>(
    client: &mut Client<T>,
    key: Option<&ServiceKey>,
    with_info: bool,
) -> Result<Listing, Error> {
    let services = match key {
        Some(key) => vec![client.service(key)?],
        None => client.services()?,
    };
    let servers = client.servers(key)?;
    let services: Vec<_> = services
        .into_iter()
        .map(|service| {
            let own = servers
                .iter()
                .filter(|(key, _)| *key == service.key)
                .map(|(_, server)| server.clone())
                .collect();
            (service, Some(own))
        })
        .collect();
    // Of one service, and where there is none, only programs are told.
    let info = if with_info || key.is_none() && !services.is_empty() {
        Some(client.info()?)
    } else {
        None
    };
    Ok(Listing { services, info })
}
