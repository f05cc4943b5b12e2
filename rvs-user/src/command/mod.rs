// SPDX-License-Identifier: GPL-2.0-only

//! From the command line to the exit code.

mod connection;
mod pool;
mod restore;
mod run;
mod save;
mod server;

use std::ffi::OsString;
use std::io;
use std::io::Write;

use rustix::io::Errno;

use crate::cli;
use crate::cli::Command;
use crate::cli::Stop;
use crate::error::Error;
use crate::error::Status;
use crate::netlink::namespace;
use crate::netlink::KernelSocket;
use crate::netlink::Transport;
use crate::request;

/// Runs the program against the kernel.
pub fn main(words: &[OsString], out: &mut dyn Write, err: &mut dyn Write) -> Status {
    main_with(words, out, err, open)
}

/// Runs the program against what `open` gives for the name of a network
/// namespace.
pub fn main_with<T: Transport>(
    words: &[OsString],
    out: &mut dyn Write,
    err: &mut dyn Write,
    open: impl FnOnce(Option<&str>) -> Result<T, Error>,
) -> Status {
    let (command, error, json) = match cli::parse(words) {
        Ok(arguments) => {
            let json = arguments.json;
            let command = arguments.command.unwrap_or(Command::Show {
                service: None,
                rate: false,
            });
            let name = request::command_name(&command);
            let result = execute(&command, json, out, || open(arguments.netns.as_deref()));
            match result {
                Ok(()) => return Status::Success,
                Err(error) => (name.to_owned(), error, json),
            }
        }
        Err(Stop::Text(text)) => match write(out, &text) {
            Ok(()) => return Status::Success,
            Err(error) => (String::new(), error, false),
        },
        Err(Stop::Wrong {
            command,
            error,
            json,
        }) => (command, error, json),
    };
    let line = if json {
        error.to_json()
    } else {
        error.to_line(&command)
    };
    // When standard error is gone too, the exit code has to say it.
    let _ = writeln!(err, "{line}");
    error.status()
}

fn execute<T: Transport>(
    command: &Command,
    json: bool,
    out: &mut dyn Write,
    open: impl FnOnce() -> Result<T, Error>,
) -> Result<(), Error> {
    if let Command::Generate(what) = command {
        return written(cli::generate(what, out));
    }
    match request::convert(command)? {
        Some(request) => run::run(&request, json, open()?, out),
        None => Ok(()),
    }
}

/// Opens a socket in the named network namespace.
fn open(netns: Option<&str>) -> Result<KernelSocket, Error> {
    if let Some(name) = netns {
        enter(name).map_err(|error| error.argument(format!("--netns {name}")))?;
    }
    KernelSocket::open().map_err(|error| {
        let refused = Error::refused(format!("netlink: {error}"));
        Errno::from_io_error(&error).map_or(refused.clone(), |errno| refused.errno(errno))
    })
}

fn enter(name: &str) -> Result<(), Error> {
    if name.is_empty() || name.contains('/') || name == "." || name == ".." {
        return Err(
            Error::usage("not a name of a network namespace").hint("see them with: ip netns list")
        );
    }
    namespace::enter(name).map_err(|error| match Errno::from_io_error(&error) {
        Some(Errno::NOENT) => Error::usage("no such network namespace")
            .hint("see them with: ip netns list")
            .errno(Errno::NOENT),
        Some(errno @ (Errno::PERM | Errno::ACCESS)) => {
            Error::refused("needs root (CAP_SYS_ADMIN)").errno(errno)
        }
        Some(errno) => Error::refused(error.to_string()).errno(errno),
        None => Error::refused(error.to_string()),
    })
}

fn write(out: &mut dyn Write, text: &str) -> Result<(), Error> {
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// A reader that has seen enough, such as head(1), is no error.
fn written(result: io::Result<()>) -> Result<(), Error> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::usage(format!("cannot write: {error}")))
        }
        _ => Ok(()),
    }
}
