// SPDX-License-Identifier: GPL-2.0-only

//! What a user sees when something is wrong.

use std::io;

use serde_json::json;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Success,
    /// The command line is wrong; the kernel was not asked.
    Usage,
    /// The kernel refused, or what is to be there is not.
    Refused,
    /// The programs are not attached.
    NotAttached,
}

impl Status {
    /// The exit code. Those of `rvsadm` mean the same.
    pub fn code(self) -> u8 {
        match self {
            Status::Success => 0,
            Status::Usage => 1,
            Status::Refused => 2,
            Status::NotAttached => 5,
        }
    }
}

/// A reason not to do what was asked, in the words of the one who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    status: Status,
    argument: Option<String>,
    reason: String,
    hint: Option<String>,
}

impl Error {
    /// An error of the command line.
    pub fn usage(reason: impl Into<String>) -> Self {
        Self {
            status: Status::Usage,
            argument: None,
            reason: reason.into(),
            hint: None,
        }
    }

    /// A refusal.
    pub fn refused(reason: impl Into<String>) -> Self {
        Self {
            status: Status::Refused,
            ..Self::usage(reason)
        }
    }

    /// There are no programs.
    pub fn not_attached() -> Self {
        Self {
            status: Status::NotAttached,
            ..Self::usage("not attached")
        }
        .hint("run: rvs-toa attach")
    }

    /// What the kernel, or who asks it, said of something.
    pub fn of_kernel(what: &str, error: &(dyn std::error::Error + 'static)) -> Self {
        let (last, errno) = last(error);
        if matches!(errno, Some(io::ErrorKind::PermissionDenied)) {
            return Self::refused(format!("{what}: not permitted"))
                .hint("run it as root, with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON");
        }
        Self::refused(format!("{what}: {last}"))
    }

    /// What the file system said of a path.
    pub fn of_path(path: &std::path::Path, error: &io::Error) -> Self {
        Self::of_kernel("the file system", error).argument(path.display().to_string())
    }

    /// Names the argument at fault, as it was typed.
    pub fn argument(self, argument: impl Into<String>) -> Self {
        Self {
            argument: Some(argument.into()),
            ..self
        }
    }

    /// Says what to do instead.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// How the program ends with this error.
    pub fn status(&self) -> Status {
        self.status
    }

    /// One line for a human: `rvs-toa: ARGUMENT: REASON; HINT`.
    pub fn to_line(&self) -> String {
        let mut line = String::from("rvs-toa: ");
        if let Some(argument) = &self.argument {
            line.push_str(&printable(argument));
            line.push_str(": ");
        }
        line.push_str(&printable(&self.reason));
        if let Some(hint) = &self.hint {
            line.push_str("; ");
            line.push_str(&printable(hint));
        }
        line
    }

    /// One JSON object: `{"error":{"argument":…,"reason":…,"hint":…}}`.
    pub fn to_json(&self) -> String {
        json!({
            "error": {
                "argument": self.argument,
                "reason": self.reason,
                "hint": self.hint,
            }
        })
        .to_string()
    }
}

/// The last of a chain of causes in words, and what kind of error the system has told.
fn last(error: &(dyn std::error::Error + 'static)) -> (String, Option<io::ErrorKind>) {
    let mut cause = error;
    let mut kind = None;
    loop {
        if let Some(error) = cause.downcast_ref::<io::Error>() {
            kind = Some(error.kind());
        }
        match cause.source() {
            Some(next) => cause = next,
            None => return (cause.to_string(), kind),
        }
    }
}

/// Keeps the promise of one line, and the terminal safe from what was typed.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() {
                c.escape_default().to_string()
            } else {
                c.to_string()
            }
        })
        .collect()
}
