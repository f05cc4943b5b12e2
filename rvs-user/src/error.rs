// SPDX-License-Identifier: GPL-2.0-only

//! What a user sees when something is wrong.

use rustix::io::Errno;
use serde::Serialize;

use crate::errno;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Success,
    /// The command line, or what it names, is wrong; the kernel was not asked to change anything.
    Usage,
    /// The kernel refused.
    Refused,
    /// The module is not loaded.
    NoModule,
}

impl Status {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Status::Success => 0,
            Status::Usage => 1,
            Status::Refused => 2,
            Status::NoModule => 5,
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
    errno: Option<Errno>,
}

impl Error {
    /// An error of the command line.
    pub fn usage(reason: impl Into<String>) -> Self {
        Self {
            status: Status::Usage,
            argument: None,
            reason: reason.into(),
            hint: None,
            errno: None,
        }
    }

    /// A refusal by the kernel.
    pub fn refused(reason: impl Into<String>) -> Self {
        Self {
            status: Status::Refused,
            ..Self::usage(reason)
        }
    }

    /// The family is not registered.
    pub fn no_module() -> Self {
        Self {
            status: Status::NoModule,
            ..Self::usage("the rvs module is not loaded")
        }
        .hint("run: modprobe rvs")
        .errno(Errno::NOENT)
    }

    /// Names the argument at fault, as it was typed.
    pub fn argument(self, argument: impl Into<String>) -> Self {
        Self {
            argument: Some(argument.into()),
            ..self
        }
    }

    /// Names the line of a file at fault, and its command.
    pub fn at_line(self, number: usize, command: &str) -> Self {
        let mut words = vec![format!("line {number}")];
        words.extend((!command.is_empty()).then(|| command.to_owned()));
        words.extend(self.argument.clone());
        self.argument(words.join(": "))
    }

    /// Says what to do instead.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// Keeps the error number of the kernel.
    pub fn errno(self, errno: Errno) -> Self {
        Self {
            errno: Some(errno),
            ..self
        }
    }

    /// How the program ends with this error.
    pub fn status(&self) -> Status {
        self.status
    }

    /// One line for a human: `rvsadm: COMMAND: ARGUMENT: REASON; HINT`.
    pub fn to_line(&self, command: &str) -> String {
        let mut line = String::from("rvsadm: ");
        for part in [
            Some(command).filter(|c| !c.is_empty()),
            self.argument.as_deref(),
        ]
        .into_iter()
        .flatten()
        {
            line.push_str(&printable(part));
            line.push_str(": ");
        }
        line.push_str(&printable(&self.reason));
        if let Some(hint) = &self.hint {
            line.push_str("; ");
            line.push_str(&printable(hint));
        }
        line
    }

    /// One JSON object: `{"error":{"argument":…,"reason":…,"hint":…,"errno":…}}`.
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Body<'a> {
            argument: Option<&'a str>,
            reason: &'a str,
            hint: Option<&'a str>,
            errno: Option<String>,
        }
        #[derive(Serialize)]
        struct Document<'a> {
            error: Body<'a>,
        }
        let body = Body {
            argument: self.argument.as_deref(),
            reason: &self.reason,
            hint: self.hint.as_deref(),
            errno: self.errno.map(errno::name),
        };
        serde_json::to_string(&Document { error: body })
            .expect("strings and numbers always serialize")
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
