// SPDX-License-Identifier: GPL-2.0-only

//! Where in the file systems of the kernel things are.

use std::{
    fs,
    path::{
        Path,
        PathBuf, //
    },
};

use rustix::fs::statfs;

use crate::error::Error;

/// What is not said otherwise.
pub const DEFAULT_PINS: &str = "/sys/fs/bpf/rvs-toa";

/// `BPF_FS_MAGIC` and `CGROUP2_SUPER_MAGIC` of `linux/magic.h`.
const BPF: u32 = 0xcafe_4a11;
const CGROUP2: u32 = 0x6367_7270;

fn is_of(path: &Path, magic: u32) -> Result<bool, Error> {
    let found = statfs(path).map_err(|errno| Error::of_path(path, &errno.into()))?;
    // The type is as wide as the architecture has it.
    Ok(found.f_type as u32 == magic)
}

/// Looks whether there can be pins in a directory that is to be made.
pub fn check_pins(directory: &Path) -> Result<(), Error> {
    let parent = directory.parent().unwrap_or(Path::new("/"));
    let name = directory.file_name().unwrap_or_default();
    if name.to_string_lossy().contains('.') {
        return Err(Error::usage("a BPF file system takes no names with a dot")
            .argument(directory.display().to_string()));
    }
    if is_of(parent, BPF)? {
        return Ok(());
    }
    let parent = parent.display();
    Err(Error::refused("is not in a BPF file system")
        .argument(directory.display().to_string())
        .hint(format!("run: mount -t bpf bpf {parent}")))
}

/// The cgroup that is asked for, or that of all processes.
pub fn cgroup(path: Option<&Path>) -> Result<PathBuf, Error> {
    match path {
        Some(path) if is_of(path, CGROUP2)? => Ok(path.to_owned()),
        Some(path) => {
            Err(Error::refused("is no cgroup of version 2").argument(path.display().to_string()))
        }
        None => {
            let mounts = fs::read_to_string("/proc/self/mountinfo")
                .map_err(|error| Error::of_path(Path::new("/proc/self/mountinfo"), &error))?;
            root_of(&mounts).ok_or_else(|| {
                Error::refused("there is no file system of cgroups of version 2")
                    .hint("run: mount -t cgroup2 cgroup2 /sys/fs/cgroup")
            })
        }
    }
}

/// Where in this list (`proc_pid_mountinfo(5)`) the whole of the cgroups is mounted.
fn root_of(mounts: &str) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        let mut fields = place.split(' ').skip(3);
        let (root, point) = (fields.next()?, fields.next()?);
        let is_root = kind.split(' ').next() == Some("cgroup2") && root == "/";
        is_root.then(|| PathBuf::from(point))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_root_of_the_cgroups() {
        let mounts = "\
22 1 0:21 / /sys rw,nosuid - sysfs sysfs rw
30 22 0:26 /unit /mnt rw shared:4 - cgroup2 cgroup2 rw
31 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate
";
        assert_eq!(root_of(mounts), Some(PathBuf::from("/sys/fs/cgroup")));
        assert_eq!(root_of("22 1 0:21 / /sys rw - sysfs sysfs rw\n"), None);
    }
}
