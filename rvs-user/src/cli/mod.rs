// SPDX-License-Identifier: GPL-2.0-only

//! The command line, as words. What they mean is checked by [`crate::request`].

mod arguments;
mod generate;
mod help;
mod parse_error;
mod scan;

use std::ffi::OsString;

use clap::CommandFactory;
use clap::Parser;

pub use arguments::{
    Arguments, Command, ConnectionCommand, ForwardArguments, GenerateCommand, PoolCommand,
    ServerCommand, ServiceCommand, TemplateCommand, ThresholdArguments, TunnelArguments,
};
pub use generate::generate;

use crate::error::Error;

/// Why there are no arguments to act on.
#[derive(Debug)]
pub enum Stop {
    /// Help or version, for standard output.
    Text(String),
    /// A wrong command line.
    Wrong {
        /// The command it was for, as far as it can be told.
        command: String,
        /// What is wrong.
        error: Error,
        /// Whether JSON was asked for.
        json: bool,
    },
}

/// Splits a command line; the first word is the name of the program.
pub fn parse(words: &[OsString]) -> Result<Arguments, Stop> {
    Arguments::try_parse_from(words).map_err(|error| {
        if !error.use_stderr() {
            return Stop::Text(error.render().to_string());
        }
        let root = Arguments::command();
        let path = scan::command_path(&root, words);
        Stop::Wrong {
            error: parse_error::explain(&error, &root, &path),
            command: path.join(" "),
            json: scan::wants_json(words),
        }
    })
}
