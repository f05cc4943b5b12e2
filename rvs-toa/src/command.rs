// SPDX-License-Identifier: GPL-2.0-only

//! From the command line to what is done.

use std::{
    ffi::OsString,
    io::Write,
    path::Path, //
};

use clap::{
    error::ErrorKind,
    Parser, //
};
use serde_json::json;

use crate::{
    arguments::{
        Arguments,
        Command,
        DirectorCommand,
        EnatCommand, //
    },
    enat::{
        self,
        Service, //
    },
    error::{
        Error,
        Status, //
    },
    parse_error,
    pins::Pins,
    place,
    prefix::Prefix,
    programs::{
        self,
        Wanted, //
    },
    status::Report,
};

/// The least kind of a TCP option that nobody else uses, and the greatest: what is below is assigned, or was, and 255 is
/// reserved.
const KINDS: std::ops::RangeInclusive<u8> = 78..=254;

/// Does what a command line says.
pub(crate) fn main(arguments: &[OsString], out: &mut dyn Write, err: &mut dyn Write) -> Status {
    let wants_json = arguments
        .iter()
        .any(|argument| argument == "--json" || argument == "-j");
    let done = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => run(&arguments),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(error.to_string()),
            _ => Err(parse_error::explain(&error)),
        },
    };
    match done {
        Ok(text) => match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => Status::Success,
            // Nobody reads it.
            Err(_) => Status::Refused,
        },
        Err(error) => {
            let line = if wants_json {
                error.to_json()
            } else {
                error.to_line()
            };
            // Nothing can be said where this cannot.
            let _ = writeln!(err, "{line}");
            error.status()
        }
    }
}

/// Returns what is to be written.
fn run(arguments: &Arguments) -> Result<String, Error> {
    let pins = pins(arguments, place::DEFAULT_PINS);
    match arguments.command.as_ref().unwrap_or(&Command::Status) {
        Command::Attach {
            directors,
            any_director,
            kind,
            cgroup,
        } => attach(arguments, directors, *any_director, kind, cgroup.as_deref()),
        Command::Detach => {
            programs::detach(pins)?;
            Ok(String::new())
        }
        Command::Status => {
            let report = Report::read(&Pins::open(pins)?)?;
            if arguments.json {
                let json = serde_json::to_string(&report);
                let json = json.map_err(|error| Error::refused(error.to_string()))?;
                return Ok(format!("{json}\n"));
            }
            Ok(report.to_string())
        }
        Command::Director(command) => director(arguments, command),
        Command::Enat(command) => enat(arguments, command),
    }
}

/// Where things are pinned.
fn pins<'a>(arguments: &'a Arguments, default: &'a str) -> &'a Path {
    arguments.pins.as_deref().unwrap_or(Path::new(default))
}

/// The kind of an option.
fn kind_of(kind: &str) -> Result<u8, Error> {
    kind.parse()
        .ok()
        .filter(|kind| KINDS.contains(kind))
        .ok_or_else(|| {
            Error::usage(format!(
                "not a number from {} to {}, which are the kinds that TCP has no other use for",
                KINDS.start(),
                KINDS.end()
            ))
            .argument(format!("--kind {kind}"))
        })
}

fn enat(arguments: &Arguments, command: &EnatCommand) -> Result<String, Error> {
    let pins = pins(arguments, enat::DEFAULT_PINS);
    match command {
        EnatCommand::Attach {
            devices,
            raw_devices,
            kind,
            flows,
            linger,
        } => {
            if devices.is_empty() && raw_devices.is_empty() {
                return Err(Error::usage("missing").argument("--device"));
            }
            let flows = flows
                .parse()
                .ok()
                .filter(|flows| (1..=1 << 24).contains(flows));
            let flows = flows.ok_or_else(|| {
                Error::usage("not a number from 1 to 16777216").argument("--flows")
            })?;
            let linger = linger
                .parse()
                .ok()
                .filter(|seconds| (1..=3600).contains(seconds));
            let linger = linger
                .ok_or_else(|| Error::usage("not a number from 1 to 3600").argument("--linger"))?;
            place::check_pins(pins)?;
            enat::attach(&enat::Wanted {
                directory: pins,
                devices,
                raw_devices,
                kind: kind_of(kind)?,
                flows,
                linger,
            })?;
        }
        EnatCommand::Detach => enat::detach(pins)?,
        EnatCommand::Add { service, port } => {
            let port = port.parse().ok().filter(|port| *port != 0).ok_or_else(|| {
                Error::usage("not a port, a number from 1 to 65535").argument(port)
            })?;
            let service = Service {
                service: service_of(service)?,
                port,
            };
            enat::add(&Pins::open(pins)?, service)?;
        }
        EnatCommand::Remove { service } => {
            enat::remove(&Pins::open(pins)?, service_of(service)?)?;
        }
        EnatCommand::Status => {
            let report = enat::Report::read(&Pins::open(pins)?)?;
            if arguments.json {
                let json = serde_json::to_string(&report);
                let json = json.map_err(|error| Error::refused(error.to_string()))?;
                return Ok(format!("{json}\n"));
            }
            return Ok(report.to_string());
        }
    }
    Ok(String::new())
}

fn service_of(text: &str) -> Result<std::net::SocketAddr, Error> {
    text.parse()
        .ok()
        .filter(|service: &std::net::SocketAddr| service.port() != 0)
        .ok_or_else(|| {
            Error::usage("not an address and port")
                .argument(text)
                .hint("such as 192.0.2.1:80 or [2001:db8::1]:80")
        })
}

fn attach(
    arguments: &Arguments,
    directors: &[String],
    any_director: bool,
    kind: &str,
    cgroup: Option<&Path>,
) -> Result<String, Error> {
    let kind = kind_of(kind)?;
    let directory = pins(arguments, place::DEFAULT_PINS);
    let mut believed = Vec::new();
    for director in directors {
        let director: Prefix = director.parse()?;
        if believed.contains(&director) {
            return Err(Error::usage("given twice").argument(format!("--director {director}")));
        }
        believed.push(director);
    }
    place::check_pins(directory)?;
    let cgroup = place::cgroup(cgroup)?;
    programs::attach(&Wanted {
        directory,
        cgroup: &cgroup,
        kind,
        any_director,
        directors: &believed,
    })?;
    if believed.is_empty() && !any_director && !arguments.json {
        return Ok(
            "no director is believed yet; add one: rvs-toa director add ADDRESS\n".to_owned(),
        );
    }
    Ok(String::new())
}

fn director(arguments: &Arguments, command: &DirectorCommand) -> Result<String, Error> {
    let directory = pins(arguments, place::DEFAULT_PINS);
    match command {
        DirectorCommand::Add { director } => {
            let director = director.parse()?;
            Pins::open(directory)?.add_director(director)?;
            Ok(String::new())
        }
        DirectorCommand::Remove { director } => {
            let director = director.parse()?;
            Pins::open(directory)?.remove_director(director)?;
            Ok(String::new())
        }
        DirectorCommand::List => {
            let directors = Pins::open(directory)?.directors()?;
            let directors: Vec<_> = directors.iter().map(ToString::to_string).collect();
            if arguments.json {
                return Ok(format!("{}\n", json!({ "directors": directors })));
            }
            Ok(directors.iter().map(|line| format!("{line}\n")).collect())
        }
    }
}
