// SPDX-License-Identifier: GPL-2.0-only

//! Network namespaces by the names that `ip netns` gives them.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::thread::move_into_link_name_space;
use rustix::thread::LinkNameSpaceType;

/// Where ip-netns(8) binds named namespaces.
const DIRECTORY: &str = "/run/netns";

/// Moves this thread into the namespace; sockets opened afterwards belong to it.
pub fn enter(name: &str) -> io::Result<()> {
    let file = File::open(Path::new(DIRECTORY).join(name))?;
    move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))?;
    Ok(())
}
