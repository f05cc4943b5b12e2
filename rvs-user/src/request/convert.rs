// SPDX-License-Identifier: GPL-2.0-only

//! From words to requests.

use std::net::SocketAddr;

use super::address;
use super::check_port_mapping;
use super::number::decimal;
use super::persistence;
use super::pool;
use super::timeouts;
use super::tunnel;
use super::Request;
use super::SCHEDULERS;
use crate::cli::Command;
use crate::cli::ConnectionCommand;
use crate::cli::ForwardArguments;
use crate::cli::PoolCommand;
use crate::cli::ServerCommand;
use crate::cli::ServiceCommand;
use crate::cli::TemplateCommand;
use crate::cli::ThresholdArguments;
use crate::cli::TunnelArguments;
use crate::error::Error;
use crate::model::Protocol;
use crate::model::Removal;
use crate::model::SchedulerFlags;
use crate::model::ServerSettings;
use crate::model::ServiceKey;
use crate::model::ServiceSettings;
use crate::model::Timeouts;
use crate::model::Toa;

/// The highest weight and threshold; `docs/netlink.md`, attributes of `dest`.
const MAX_NUMBER: u32 = i32::MAX as u32;

/// The command as errors name it.
pub fn command_name(command: &Command) -> &'static str {
    match command {
        Command::Service(ServiceCommand::Add { .. }) => "service add",
        Command::Service(ServiceCommand::Set { .. }) => "service set",
        Command::Service(ServiceCommand::Del { .. }) => "service del",
        Command::Service(ServiceCommand::List) => "service list",
        Command::Server(ServerCommand::Add { .. }) => "server add",
        Command::Server(ServerCommand::Set { .. }) => "server set",
        Command::Server(ServerCommand::Del { .. }) => "server del",
        Command::Connection(ConnectionCommand::List { .. }) => "connection list",
        Command::Template(TemplateCommand::List { .. }) => "template list",
        Command::Pool(PoolCommand::Add { .. }) => "pool add",
        Command::Pool(PoolCommand::Set { .. }) => "pool set",
        Command::Pool(PoolCommand::Del { .. }) => "pool del",
        Command::Pool(PoolCommand::AddAddress { .. }) => "pool add-address",
        Command::Pool(PoolCommand::DelAddress { .. }) => "pool del-address",
        Command::Pool(PoolCommand::Show { .. }) => "pool show",
        Command::Pool(PoolCommand::Watch) => "pool watch",
        Command::Show { .. } => "show",
        Command::Stats => "stats",
        Command::Zero { .. } => "zero",
        Command::Timeouts { .. } => "timeouts",
        Command::Flush => "flush",
        Command::Save => "save",
        Command::Restore { .. } => "restore",
        Command::Generate(_) => "generate",
    }
}

/// Checks the words of a command. `None`: it is no request to the kernel.
pub fn convert(command: &Command) -> Result<Option<Request>, Error> {
    let request = match command {
        Command::Service(command) => service(command)?,
        Command::Server(command) => server(command)?,
        Command::Connection(ConnectionCommand::List { service }) => {
            Request::ConnectionList(service.as_deref().map(address::service).transpose()?)
        }
        Command::Template(TemplateCommand::List { service }) => {
            Request::TemplateList(service.as_deref().map(address::service).transpose()?)
        }
        Command::Pool(command) => pool::convert(command)?,
        Command::Show { service, rate } => {
            let key = service.as_deref().map(address::service).transpose()?;
            if *rate {
                Request::Rates(key)
            } else {
                Request::Show(key)
            }
        }
        Command::Stats => Request::Stats,
        Command::Zero { service } => {
            Request::Zero(service.as_deref().map(address::service).transpose()?)
        }
        Command::Timeouts { tcp, tcp_fin, udp } => {
            namespace_timeouts(tcp.as_deref(), tcp_fin.as_deref(), udp.as_deref())?
        }
        Command::Flush => Request::Flush,
        Command::Save => Request::Save,
        Command::Restore { file } => Request::Restore(file.clone()),
        Command::Generate(_) => return Ok(None),
    };
    Ok(Some(request))
}

fn service(command: &ServiceCommand) -> Result<Request, Error> {
    match command {
        ServiceCommand::Add {
            service,
            scheduler,
            scheduler_flags,
            fast_path,
            one_packet,
            removal,
            timeout,
            persistent,
            pool,
            toa,
            forward,
        } => {
            let key = address::service(service)?;
            let settings = ServiceSettings {
                scheduler: scheduler.clone(),
                scheduler_flags: parse_scheduler_flags(scheduler_flags.as_deref())?,
                forward: forward.method(),
                fast_path: fast_path.as_deref().map(is_on),
                one_packet: parse_one_packet(&key, one_packet.as_deref())?,
                removal: removal.as_deref().and_then(Removal::from_name),
                timeouts: timeouts::of_service(&key, timeout.as_deref())?,
                persistence: persistence::of_service(&key, persistent.as_deref())?,
                pool: pool::of_service(pool.as_deref())?,
                toa: parse_toa(&key, toa.as_deref())?,
            };
            Ok(Request::ServiceAdd(key, settings))
        }
        ServiceCommand::Set {
            service,
            scheduler,
            scheduler_flags,
            fast_path,
            one_packet,
            removal,
            timeout,
            persistent,
            pool,
            toa,
            forward,
        } => {
            let key = address::service(service)?;
            let settings = ServiceSettings {
                scheduler: scheduler.clone(),
                scheduler_flags: parse_scheduler_flags(scheduler_flags.as_deref())?,
                forward: forward.method(),
                fast_path: fast_path.as_deref().map(is_on),
                one_packet: parse_one_packet(&key, one_packet.as_deref())?,
                removal: removal.as_deref().and_then(Removal::from_name),
                timeouts: timeouts::of_service(&key, timeout.as_deref())?,
                persistence: persistence::of_service(&key, persistent.as_deref())?,
                pool: pool::of_service(pool.as_deref())?,
                toa: parse_toa(&key, toa.as_deref())?,
            };
            if settings == ServiceSettings::default() {
                return Err(nothing_to_change(
                    service,
                    &format!(
                        "--scheduler {}, --scheduler-flags FLAGS, --fast-path on|off, --one-packet on|off, \
                         --removal {}, --timeout TIMEOUT, --persistent SECONDS[/MASK][,sip]|off, --pool NAME, --toa {}, --nat, --dr, --tun or --fullnat",
                        SCHEDULERS.join("|"),
                        Removal::NAMES.join("|"),
                        Toa::NAMES.join("|")
                    ),
                ));
            }
            Ok(Request::ServiceSet(key, settings))
        }
        ServiceCommand::Del { service } => Ok(Request::ServiceDel(address::service(service)?)),
        ServiceCommand::List => Ok(Request::ServiceList),
    }
}

fn namespace_timeouts(
    tcp: Option<&str>,
    tcp_fin: Option<&str>,
    udp: Option<&str>,
) -> Result<Request, Error> {
    let change = Timeouts {
        tcp: timeouts::of_namespace("--tcp", tcp)?,
        tcp_fin: timeouts::of_namespace("--tcp-fin", tcp_fin)?,
        udp: timeouts::of_namespace("--udp", udp)?,
    };
    if change == Timeouts::default() {
        return Ok(Request::Timeouts);
    }
    Ok(Request::TimeoutsSet(change))
}

fn server(command: &ServerCommand) -> Result<Request, Error> {
    match command {
        ServerCommand::Add {
            service,
            address,
            weight,
            keep_port,
            thresholds,
            forward,
            tunnel,
        } => {
            let key = address::service(service)?;
            let endpoint = address::server(address, &key)?;
            let settings = ServerSettings {
                keep_port: *keep_port,
                ..server_settings(weight.as_deref(), thresholds, forward, tunnel)?
            };
            check_port(&key, &endpoint, &settings)?;
            Ok(Request::ServerAdd(key, endpoint, settings))
        }
        ServerCommand::Set {
            service,
            address,
            weight,
            thresholds,
            forward,
            tunnel,
        } => {
            let key = address::service(service)?;
            let endpoint = address::server(address, &key)?;
            let settings = server_settings(weight.as_deref(), thresholds, forward, tunnel)?;
            check_port(&key, &endpoint, &settings)?;
            if settings == ServerSettings::default() {
                return Err(nothing_to_change(
                    address,
                    "--weight N, --upper-threshold N, --lower-threshold N, --nat, --dr, --tun, --fullnat, \
                     --tun-type TYPE, --tun-port PORT or --tun-checksum WHAT",
                ));
            }
            Ok(Request::ServerSet(key, endpoint, settings))
        }
        ServerCommand::Del { service, address } => {
            let key = address::service(service)?;
            let endpoint = address::server(address, &key)?;
            Ok(Request::ServerDel(key, endpoint))
        }
    }
}

/// Checks a port against the forward method, where that is given.
fn check_port(
    service: &ServiceKey,
    server: &SocketAddr,
    settings: &ServerSettings,
) -> Result<(), Error> {
    match settings.forward {
        Some(method) => {
            let whose = method.option();
            check_port_mapping(service, server, method, whose, settings.keep_port)
        }
        None => Ok(()),
    }
}

fn server_settings(
    weight: Option<&str>,
    thresholds: &ThresholdArguments,
    forward: &ForwardArguments,
    tunnel: &TunnelArguments,
) -> Result<ServerSettings, Error> {
    let forward = forward.method();
    let (upper, lower) = parse_thresholds(thresholds)?;
    Ok(ServerSettings {
        weight: parse_number("a weight", "--weight", weight)?,
        forward,
        tunnel: tunnel::settings(tunnel, forward)?,
        upper_threshold: upper,
        lower_threshold: lower,
        keep_port: false,
    })
}

fn parse_scheduler_flags(text: Option<&str>) -> Result<Option<SchedulerFlags>, Error> {
    let Some(text) = text else { return Ok(None) };
    match SchedulerFlags::from_names(text) {
        Some(flags) => Ok(Some(flags)),
        None => Err(Error::usage("not flags of a scheduler")
            .argument(format!("--scheduler-flags {text}"))
            .hint("write port, fallback, both with a comma, or none")),
    }
}

/// Only datagrams are scheduled one by one.
fn parse_one_packet(key: &ServiceKey, text: Option<&str>) -> Result<Option<bool>, Error> {
    let each = text.map(is_on);
    let is_of_connections = matches!(key.protocol(), Some(Protocol::Tcp | Protocol::Sctp));
    if each == Some(true) && is_of_connections {
        return Err(Error::usage("only datagrams are scheduled one by one")
            .argument("--one-packet on")
            .hint("leave it out for TCP and SCTP"));
    }
    Ok(each)
}

/// Only TCP has the option.
fn parse_toa(key: &ServiceKey, text: Option<&str>) -> Result<Option<Toa>, Error> {
    let is_without = matches!(key.protocol(), Some(Protocol::Udp | Protocol::Sctp));
    if text == Some("on") && is_without {
        return Err(
            Error::usage("only TCP has an option that tells servers of their clients")
                .argument("--toa on")
                .hint("leave it out for UDP and SCTP"),
        );
    }
    Ok(text.and_then(Toa::from_name))
}

/// The grammar takes "on" and "off" only.
fn is_on(text: &str) -> bool {
    text == "on"
}

/// Reads upper and lower threshold; of two the lower one is not the higher one. Where only one is
/// given, the kernel knows the other.
fn parse_thresholds(arguments: &ThresholdArguments) -> Result<(Option<u32>, Option<u32>), Error> {
    const WHAT: &str = "a threshold";
    let upper = arguments.upper_threshold.as_deref();
    let lower = arguments.lower_threshold.as_deref();
    let upper = parse_number(WHAT, "--upper-threshold", upper)?;
    let lower = parse_number(WHAT, "--lower-threshold", lower)?;
    match (upper, lower) {
        (Some(upper), Some(lower)) if lower > upper => Err(Error::usage(
            "the lower threshold is higher than the upper one",
        )
        .argument(format!("--lower-threshold {lower}"))
        .hint(format!("write 0 to {upper}"))),
        both => Ok(both),
    }
}

fn parse_number(what: &str, option: &str, text: Option<&str>) -> Result<Option<u32>, Error> {
    let Some(text) = text else { return Ok(None) };
    match decimal(text) {
        Some(number) if number <= MAX_NUMBER => Ok(Some(number)),
        _ => Err(Error::usage(format!("not {what}"))
            .argument(format!("{option} {text}"))
            .hint(format!("write 0 to {MAX_NUMBER}"))),
    }
}

fn nothing_to_change(argument: &str, options: &str) -> Error {
    Error::usage("nothing to change")
        .argument(argument)
        .hint(format!("give {options}"))
}
