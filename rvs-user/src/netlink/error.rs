// SPDX-License-Identifier: GPL-2.0-only

//! Why an exchange with the kernel failed.

use std::io;

use netlink_packet_core::DecodeError;
use rustix::io::Errno;

/// A failed exchange.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The socket failed.
    #[error("netlink: {0}")]
    Socket(#[from] io::Error),
    /// The answer is not what the protocol promises.
    #[error("netlink: answer not understood: {0}")]
    Answer(#[from] DecodeError),
    /// No family of this name: the module is not loaded.
    #[error("no family rvs")]
    NoFamily,
    /// The configuration changed during each attempt to read it.
    #[error("the configuration kept changing while it was read")]
    Interrupted,
    /// The kernel refused.
    #[error("refused")]
    Refused(Refusal),
}

/// A refusal with its extended acknowledgement.
///
/// C header: `include/uapi/linux/netlink.h` (`enum nlmsgerr_attrs`)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The error number.
    pub errno: Errno,
    /// The reason in words (`NLMSGERR_ATTR_MSG`).
    pub message: Option<String>,
    /// Which attribute of the request, counted from 0, holds what is at fault
    /// (`NLMSGERR_ATTR_OFFS`).
    pub attribute: Option<usize>,
    /// What the request lacks.
    pub missing: Option<Missing>,
}

/// An attribute that a request lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its number (`NLMSGERR_ATTR_MISS_TYPE`).
    pub number: u32,
    /// Which attribute of the request, counted from 0, should hold it
    /// (`NLMSGERR_ATTR_MISS_NEST`); `None` for the message itself.
    pub nest: Option<usize>,
}
