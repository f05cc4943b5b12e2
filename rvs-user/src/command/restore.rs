// SPDX-License-Identifier: GPL-2.0-only

//! What was saved is made again: all of it, or nothing.

use std::ffi::OsString;
use std::io;
use std::io::Read;
use std::path::Path;

use super::server;
use crate::cli;
use crate::cli::Stop;
use crate::client::Client;
use crate::error::Error;
use crate::model::Timeouts;
use crate::netlink::Transport;
use crate::request;
use crate::request::Request;

/// A line that says something.
struct Line {
    number: usize,
    command: String,
    request: Request,
}

/// Does what the lines of a file say, or those of standard input. All are read before anything is changed; where the kernel refuses
/// one, what those before have changed is taken back.
pub(super) fn restore<T: Transport>(
    client: &mut Client<T>,
    file: Option<&Path>,
) -> Result<(), Error> {
    let lines = parse(&text(file)?)?;
    let before = client.timeouts()?;
    for (done, line) in lines.iter().enumerate() {
        if let Err(error) = apply(client, &line.request) {
            let mut undone = lines.iter().take(done).rev();
            let error = error.at_line(line.number, &line.command);
            return Err(
                match undone.try_for_each(|line| take_back(client, &line.request, &before)) {
                    Ok(()) => error,
                    Err(_) => error.hint("some of what the lines before say is there yet"),
                },
            );
        }
    }
    Ok(())
}

fn text(file: Option<&Path>) -> Result<String, Error> {
    let mut text = String::new();
    let (name, read) = match file {
        Some(path) if path != Path::new("-") => {
            let opened = std::fs::File::open(path);
            let read = opened.and_then(|mut file| file.read_to_string(&mut text));
            (path.display().to_string(), read)
        }
        _ => (
            "standard input".to_owned(),
            io::stdin().read_to_string(&mut text),
        ),
    };
    match read {
        Ok(_) => Ok(text),
        Err(error) => Err(Error::usage(format!("cannot be read: {error}")).argument(name)),
    }
}

fn parse(text: &str) -> Result<Vec<Line>, Error> {
    let numbered = text.lines().zip(1..);
    let spoken = numbered.filter(|(line, _)| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#')
    });
    spoken
        .map(|(line, number)| parse_line(line, number))
        .collect()
}

fn parse_line(line: &str, number: usize) -> Result<Line, Error> {
    let wrong = |error: Error, command: &str| error.at_line(number, command);
    let words = ["rvsadm"].into_iter().chain(line.split_whitespace());
    let words: Vec<OsString> = words.map(OsString::from).collect();
    let arguments = cli::parse(&words).map_err(|stop| match stop {
        Stop::Wrong { command, error, .. } => wrong(error, &command),
        Stop::Text(_) => wrong(no_such_line(), line.trim()),
    })?;
    let Some(command) = &arguments.command else {
        return Err(wrong(no_such_line(), line.trim()));
    };
    let name = request::command_name(command);
    if arguments.json || arguments.netns.is_some() {
        let error = Error::usage("--json and --netns are for the whole of restore");
        return Err(wrong(error, name));
    }
    match request::convert(command).map_err(|error| wrong(error, name))? {
        Some(
            request @ (Request::PoolAdd(..)
            | Request::ServiceAdd(..)
            | Request::ServerAdd(..)
            | Request::TimeoutsSet(_)),
        ) => Ok(Line {
            number,
            command: name.to_owned(),
            request,
        }),
        _ => Err(wrong(no_such_line(), name)),
    }
}

fn no_such_line() -> Error {
    Error::usage("not a command that restore takes")
        .hint("it takes timeouts, pool add, service add and server add")
}

fn apply<T: Transport>(client: &mut Client<T>, request: &Request) -> Result<(), Error> {
    match request {
        Request::PoolAdd(name, ports, ranges) => client.add_pool(name, *ports, ranges),
        Request::ServiceAdd(key, settings) => client.add_service(key, settings),
        Request::ServerAdd(key, endpoint, settings) => server::add(client, key, endpoint, settings),
        Request::TimeoutsSet(change) => client.set_timeouts(change),
        _ => Ok(()),
    }
}

fn take_back<T: Transport>(
    client: &mut Client<T>,
    request: &Request,
    before: &Timeouts,
) -> Result<(), Error> {
    match request {
        Request::PoolAdd(name, ..) => client.delete_pool(name),
        Request::ServiceAdd(key, _) => client.delete_service(key),
        Request::ServerAdd(key, endpoint, _) => client.delete_server(key, endpoint),
        Request::TimeoutsSet(_) => client.set_timeouts(before),
        _ => Ok(()),
    }
}
