// SPDX-License-Identifier: GPL-2.0-only

//! Refusals of the kernel in the words of the command line.

use rustix::io::Errno;
use rvs_logic::logic::uapi::command;
use rvs_logic::logic::uapi::dest;
use rvs_logic::logic::uapi::pool;
use rvs_logic::logic::uapi::pool_address;
use rvs_logic::logic::uapi::service;

use super::Message;
use crate::errno;
use crate::error::Error;
use crate::netlink;
use crate::netlink::Missing;
use crate::netlink::Refusal;

/// Which attribute set a request is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Service,
    Server,
    Pool,
    PoolAddress,
}

/// Explains why `message` failed.
pub(super) fn explain(error: netlink::Error, message: &Message) -> Error {
    match error {
        netlink::Error::NoFamily => Error::no_module(),
        netlink::Error::Refused(refusal) => explain_refusal(&refusal, message),
        netlink::Error::Socket(error) => {
            let number = Errno::from_io_error(&error);
            let reason = Error::refused(format!("netlink: {error}"));
            number.map_or(reason.clone(), |number| reason.errno(number))
        }
        netlink::Error::Interrupted => Error::refused(error.to_string()).hint("try again"),
        netlink::Error::Answer(_) => Error::refused(error.to_string())
            .hint("rvsadm and the module may be of different versions"),
    }
}

fn explain_refusal(refusal: &Refusal, message: &Message) -> Error {
    let text = refusal
        .message
        .as_deref()
        .map(|text| text.trim_end_matches('.'));
    let reason = match text.filter(|text| !text.is_empty()) {
        Some(text) => text.to_owned(),
        None if refusal.missing.is_some() => "missing".to_owned(),
        None => words(refusal.errno, message),
    };
    let mut error = Error::refused(reason).errno(refusal.errno);
    // Rights have nothing to do with what was typed.
    if refusal.errno == Errno::PERM {
        return error;
    }
    if let Some(argument) = argument(refusal, message) {
        error = error.argument(argument);
    }
    match hint(refusal.errno, message) {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// The argument at fault: what the kernel points at, else what is missing, else
/// what the error number is about.
fn argument(refusal: &Refusal, message: &Message) -> Option<String> {
    if let Some(argument) = refusal.attribute.and_then(|index| message.argument(index)) {
        return Some(argument.to_owned());
    }
    if let Some(missing) = refusal.missing {
        return Some(missing_argument(missing, message));
    }
    if refusal.errno == Errno::SRCH && subject(message) == Subject::Server {
        return message.argument(0).map(str::to_owned);
    }
    Some(message.subject.clone()).filter(|subject| !subject.is_empty())
}

fn subject(message: &Message) -> Subject {
    match message.command {
        command::DEST_ADD | command::DEST_SET | command::DEST_DEL | command::DEST_GET => {
            Subject::Server
        }
        command::POOL_ADD | command::POOL_SET | command::POOL_DEL | command::POOL_GET => {
            Subject::Pool
        }
        command::POOL_ADDRESS_ADD | command::POOL_ADDRESS_DEL | command::POOL_ADDRESS_GET => {
            Subject::PoolAddress
        }
        _ => Subject::Service,
    }
}

/// The name, in the help of the command, of the argument that would have made
/// a missing attribute.
fn missing_argument(missing: Missing, message: &Message) -> String {
    let number = u16::try_from(missing.number).unwrap_or(0);
    let name = match (subject(message), number) {
        (Subject::Pool, pool::NAME) | (Subject::PoolAddress, pool_address::POOL) => "NAME",
        (Subject::Pool, pool::FIRST_PORT | pool::LAST_PORT) => "--ports",
        (Subject::PoolAddress, pool_address::ADDR4 | pool_address::ADDR6) => "ADDRESSES",
        (Subject::Pool | Subject::PoolAddress, _) => return format!("attribute {number}"),
        (Subject::Service | Subject::Server, _) => return missing_of_service(missing, message),
    };
    name.to_owned()
}

/// The same of requests about services and servers.
fn missing_of_service(missing: Missing, message: &Message) -> String {
    let in_service = match missing.nest.and_then(|index| message.number(index)) {
        Some(_) => true,
        None => subject(message) == Subject::Service,
    };
    let number = u16::try_from(missing.number).unwrap_or(0);
    let name = match (in_service, number) {
        (
            true,
            service::PROTOCOL | service::ADDR4 | service::ADDR6 | service::PORT | service::FAMILY,
        )
        | (false, dest::SERVICE) => "SERVICE",
        (true, service::SCHEDULER) => "--scheduler",
        (true, service::SCHEDULER_FLAGS) => "--scheduler-flags",
        (true, service::PERSISTENCE) => "--persistent",
        (true, service::FAST_PATH) => "--fast-path",
        (true, service::POOL) => "--pool",
        (true, service::TOA) => "--toa",
        (true, service::ONE_PACKET) => "--one-packet",
        (true, service::REMOVAL) => "--removal",
        (true, service::FORWARD) | (false, dest::FORWARD) => "--nat|--dr|--tun",
        (false, dest::ADDR4 | dest::ADDR6 | dest::PORT) => "ADDRESS[:PORT]",
        (false, dest::WEIGHT) => "--weight",
        (false, dest::UPPER_THRESHOLD) => "--upper-threshold",
        (false, dest::LOWER_THRESHOLD) => "--lower-threshold",
        (false, dest::KEEP_PORT) => "--keep-port",
        (false, dest::TUNNEL) => "--tun-type",
        (false, dest::TUNNEL_PORT) => "--tun-port",
        (false, dest::TUNNEL_CHECKSUM) => "--tun-checksum",
        _ => return format!("attribute {number}"),
    };
    name.to_owned()
}

/// What an error number without a text means for this request.
fn words(number: Errno, message: &Message) -> String {
    match (number, subject(message)) {
        (Errno::NOENT, Subject::Server) => "no such server in the service".to_owned(),
        (Errno::EXIST, Subject::Server) => "the service has this server already".to_owned(),
        (Errno::NOENT, Subject::Pool) => "no such pool".to_owned(),
        (Errno::EXIST, Subject::Pool) => "there is such a pool already".to_owned(),
        (Errno::NOENT, Subject::PoolAddress) => "the pool does not have all of them".to_owned(),
        (Errno::EXIST, Subject::PoolAddress) => "the pool has one of them already".to_owned(),
        (Errno::EXIST, Subject::Service) => "there is such a service already".to_owned(),
        _ => errno::words(number),
    }
}

fn hint(number: Errno, message: &Message) -> Option<&'static str> {
    match (number, message.command) {
        (Errno::EXIST, command::SERVICE_ADD) => Some("change it with: rvsadm service set"),
        (Errno::EXIST, command::DEST_ADD) => Some("change it with: rvsadm server set"),
        (Errno::EXIST, command::POOL_ADD) => Some("change it with: rvsadm pool set"),
        (Errno::BUSY, command::POOL_DEL) => {
            Some("take it away from services with: rvsadm service set SERVICE --pool none")
        }
        (Errno::BUSY, command::POOL_ADDRESS_DEL) => {
            Some("delete them, or give the service another pool with: rvsadm service set SERVICE --pool NAME")
        }
        (
            Errno::NOENT,
            command::POOL_SET
            | command::POOL_DEL
            | command::POOL_GET
            | command::POOL_ADDRESS_ADD
            | command::POOL_ADDRESS_DEL
            | command::POOL_ADDRESS_GET,
        ) => Some("see the pools with: rvsadm pool show"),
        (Errno::NOENT, command::DEST_SET | command::DEST_DEL) => {
            Some("see the servers with: rvsadm show")
        }
        (Errno::SRCH, _) => Some("see the services with: rvsadm service list"),
        _ => None,
    }
}
