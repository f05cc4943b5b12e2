// SPDX-License-Identifier: GPL-2.0-only

//! Error numbers in words.

use rustix::io::Errno;

/// Those a netlink request can meet; the number decides, so any architecture is right.
const KNOWN: &[(Errno, &str, &str)] = &[
    (Errno::PERM, "EPERM", "needs root (CAP_NET_ADMIN)"),
    (Errno::NOENT, "ENOENT", "not found"),
    (Errno::SRCH, "ESRCH", "no such service"),
    (Errno::INTR, "EINTR", "interrupted"),
    (Errno::IO, "EIO", "input or output error"),
    (Errno::BADF, "EBADF", "bad file descriptor"),
    (Errno::AGAIN, "EAGAIN", "temporarily not possible"),
    (Errno::NOMEM, "ENOMEM", "the kernel is out of memory"),
    (Errno::ACCESS, "EACCES", "access denied"),
    (Errno::BUSY, "EBUSY", "in use"),
    (Errno::EXIST, "EEXIST", "exists already"),
    (Errno::INVAL, "EINVAL", "not valid"),
    (Errno::NFILE, "ENFILE", "too many open files in the system"),
    (Errno::MFILE, "EMFILE", "too many open files"),
    (Errno::NOSPC, "ENOSPC", "no space left"),
    (Errno::PIPE, "EPIPE", "nobody reads"),
    (Errno::RANGE, "ERANGE", "out of range"),
    (Errno::NODEV, "ENODEV", "no such device"),
    (Errno::MSGSIZE, "EMSGSIZE", "message too long"),
    (
        Errno::PROTONOSUPPORT,
        "EPROTONOSUPPORT",
        "the kernel lacks generic netlink",
    ),
    (
        Errno::OPNOTSUPP,
        "EOPNOTSUPP",
        "not supported by the loaded module",
    ),
    (
        Errno::AFNOSUPPORT,
        "EAFNOSUPPORT",
        "address family not supported",
    ),
    (
        Errno::ADDRNOTAVAIL,
        "EADDRNOTAVAIL",
        "address not available",
    ),
    (Errno::NETDOWN, "ENETDOWN", "network is down"),
    (Errno::NOBUFS, "ENOBUFS", "no buffer space left"),
];

/// The symbolic name, such as `ESRCH`; the number where there is none here.
pub fn name(errno: Errno) -> String {
    match KNOWN.iter().find(|(known, ..)| *known == errno) {
        Some((_, name, _)) => (*name).to_owned(),
        None => errno.raw_os_error().to_string(),
    }
}

/// What it means here, for refusals without a text of the kernel.
pub fn words(errno: Errno) -> String {
    match KNOWN.iter().find(|(known, ..)| *known == errno) {
        Some((.., words)) => (*words).to_owned(),
        None => format!("error {}", errno.raw_os_error()),
    }
}
