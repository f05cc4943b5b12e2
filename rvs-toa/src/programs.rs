// SPDX-License-Identifier: GPL-2.0-only

//! Loading the programs, attaching them, and taking them away.

use std::{
    fs::File,
    path::Path, //
};

use aya::{
    programs::{
        links::{
            FdLink,
            LinkError, //
        },
        CgroupAttachMode,
        CgroupSockAddr,
        Program,
        ProgramError,
        SockOps, //
    },
    Ebpf,
    EbpfLoader, //
};

use crate::{
    error::Error,
    pins::{
        Pins,
        Setting,
        MAPS,
        PROGRAMS, //
    },
    prefix::Prefix,
};

/// What the kernel runs. `make rvs-toa` compiles it.
static OBJECT: &[u8] =
    aya::include_bytes_aligned!(concat!(env!("CARGO_MANIFEST_DIR"), "/../build/bpf/toa.o"));

/// What is asked for when they are attached.
pub struct Wanted<'a> {
    /// Where they are pinned.
    pub directory: &'a Path,
    /// Whose sockets they are for.
    pub cgroup: &'a Path,
    /// The kind of the option.
    pub kind: u8,
    /// Whether everybody is believed.
    pub any_director: bool,
    /// Who is.
    pub directors: &'a [Prefix],
}

/// Attaches the programs. What was begun is taken back when it fails.
pub fn attach(wanted: &Wanted<'_>) -> Result<(), Error> {
    let pins = Pins::create(wanted.directory)?;
    let done = attach_to(&pins, wanted);
    if done.is_err() {
        // What it fails by is the same again.
        let _ = pins.remove(&MAPS);
    }
    done
}

fn attach_to(pins: &Pins, wanted: &Wanted<'_>) -> Result<(), Error> {
    let cgroup =
        File::open(wanted.cgroup).map_err(|error| Error::of_path(wanted.cgroup, &error))?;
    let mut programs = EbpfLoader::new()
        .load(OBJECT)
        .map_err(|error| Error::of_kernel("loading the maps", &error))?;
    for name in MAPS {
        let map = programs.map(name).ok_or_else(|| missing(name))?;
        map.pin(pins.map(name))
            .map_err(|error| Error::of_kernel("pinning a map", &error))?;
    }
    pins.set(Setting::Kind as u32, wanted.kind.into())?;
    pins.set(Setting::AnyDirector as u32, wanted.any_director.into())?;
    for director in wanted.directors {
        pins.add_director(*director)?;
    }
    // Before they run, so that none is seen without the others.
    pins.set(Setting::Active as u32, 0)?;
    for name in PROGRAMS {
        let link = attach_one(&mut programs, name, &cgroup)?;
        link.pin(pins.link(name))
            .map_err(|error| Error::of_kernel("pinning a link", &error))?;
    }
    pins.set(Setting::Active as u32, 1)
}

fn attach_one(programs: &mut Ebpf, name: &str, cgroup: &File) -> Result<FdLink, Error> {
    let program = programs.program_mut(name).ok_or_else(|| missing(name))?;
    match program {
        Program::SockOps(program) => sock_ops(program, cgroup),
        Program::CgroupSockAddr(program) => sock_addr(program, cgroup),
        _ => Err(missing(name)),
    }
    .map_err(|error| error.argument(name))
}

fn sock_ops(program: &mut SockOps, cgroup: &File) -> Result<FdLink, Error> {
    let attached = program
        .load()
        .and_then(|()| program.attach(cgroup, CgroupAttachMode::Single))
        .and_then(|link| program.take_link(link));
    let link = attached.map_err(|error| of_program(&error))?;
    link.try_into()
        .map_err(|error: LinkError| Error::of_kernel("a link", &error))
}

fn sock_addr(program: &mut CgroupSockAddr, cgroup: &File) -> Result<FdLink, Error> {
    let attached = program
        .load()
        .and_then(|()| program.attach(cgroup, CgroupAttachMode::Single))
        .and_then(|link| program.take_link(link));
    let link = attached.map_err(|error| of_program(&error))?;
    link.try_into()
        .map_err(|error: LinkError| Error::of_kernel("a link", &error))
}

/// Takes the programs away. They do nothing any more from the first step on; the kernel removes them after it.
pub fn detach(directory: &Path) -> Result<(), Error> {
    let pins = Pins::open(directory)?;
    match pins.set(Setting::Active as u32, 0) {
        // An attachment that was cut off is to be removed, too.
        Err(error) if error.status() != crate::Status::NotAttached => return Err(error),
        _ => {}
    }
    pins.remove(&MAPS)
}

pub(crate) fn missing(name: &str) -> Error {
    Error::refused(format!("this rvs-toa was built without {name}"))
}

pub(crate) fn of_program(error: &ProgramError) -> Error {
    let refused = Error::of_kernel("the program", error);
    match error {
        ProgramError::LoadError { verifier_log, .. } => {
            let log = verifier_log.to_string();
            // The last line is a sum, the one before says what is wrong.
            match log
                .lines()
                .rev()
                .find(|line| !line.starts_with("processed "))
            {
                Some(line) if !line.is_empty() => {
                    refused.hint(format!("the verifier says: {line}"))
                }
                _ => refused,
            }
        }
        _ => refused,
    }
}
