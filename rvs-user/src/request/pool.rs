// SPDX-License-Identifier: GPL-2.0-only

//! Pools of local addresses as typed.

use rvs_logic::logic::pool::AddrRange;
use rvs_logic::logic::pool::Name;
use rvs_logic::logic::pool::NoRange;
use rvs_logic::logic::pool::Ports;

use super::number::decimal;
use super::Request;
use crate::cli::PoolCommand;
use crate::error::Error;

/// What stands for no pool.
const NONE: &str = "none";

/// Checks the words of a command about pools.
pub(super) fn convert(command: &PoolCommand) -> Result<Request, Error> {
    Ok(match command {
        PoolCommand::Add {
            name: typed,
            addresses,
            ports: typed_ports,
        } => {
            if typed == NONE {
                return Err(Error::usage("it stands for no pool")
                    .argument(NONE)
                    .hint("use another name"));
            }
            Request::PoolAdd(
                name(typed)?,
                typed_ports.as_deref().map(ports).transpose()?,
                ranges(addresses)?,
            )
        }
        PoolCommand::Set {
            name: typed,
            ports: typed_ports,
        } => {
            let name = name(typed)?;
            match typed_ports {
                Some(typed) => Request::PoolSet(name, ports(typed)?),
                None => {
                    return Err(Error::usage("nothing to change")
                        .argument(name)
                        .hint("give --ports FIRST-LAST"))
                }
            }
        }
        PoolCommand::Del { name: typed } => Request::PoolDel(name(typed)?),
        PoolCommand::AddAddress {
            name: typed,
            addresses,
        } => Request::PoolAddAddress(name(typed)?, ranges(addresses)?),
        PoolCommand::DelAddress {
            name: typed,
            addresses,
        } => Request::PoolDelAddress(name(typed)?, ranges(addresses)?),
        PoolCommand::Show { name: typed } => {
            Request::PoolShow(typed.as_deref().map(name).transpose()?)
        }
        PoolCommand::Watch => Request::PoolWatch,
    })
}

/// Checks the pool that a service is to have; empty for none.
pub(super) fn of_service(text: Option<&str>) -> Result<Option<String>, Error> {
    match text {
        None => Ok(None),
        Some(NONE) => Ok(Some(String::new())),
        Some(text) => check(text)
            .map(Some)
            .map_err(|error| error.argument(format!("--pool {text}"))),
    }
}

fn name(text: &str) -> Result<String, Error> {
    check(text).map_err(|error| error.argument(text))
}

fn check(text: &str) -> Result<String, Error> {
    match Name::new(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err(Error::usage("not a name of a pool").hint(format!(
            "write 1 to {} letters, digits, '.', '_' and '-', a letter or digit first",
            Name::MAX_LEN
        ))),
    }
}

fn ranges(texts: &[String]) -> Result<Vec<AddrRange>, Error> {
    texts.iter().map(|text| range(text)).collect()
}

fn range(text: &str) -> Result<AddrRange, Error> {
    text.parse().map_err(|why: NoRange| {
        let error = Error::usage(why.to_string()).argument(text);
        match why {
            NoRange::Text | NoRange::Prefix => {
                error.hint("write an address, or two as 192.0.2.1-192.0.2.20")
            }
            NoRange::Order => error.hint("write the lower address first"),
            _ => error,
        }
    })
}

fn ports(text: &str) -> Result<Ports, Error> {
    let typed = format!("--ports {text}");
    let port = |digits: &str| match decimal::<u16>(digits) {
        Some(port) if port != 0 => Ok(port),
        _ => Err(Error::usage(format!("not a port: {digits}"))
            .argument(&typed)
            .hint("write 1 to 65535")),
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Ports::new(port(first)?, port(last)?).ok_or_else(|| {
        Error::usage("not a range of ports")
            .argument(&typed)
            .hint("write the lower port first, such as 1024-65535")
    })
}
