// SPDX-License-Identifier: GPL-2.0-only

//! The grammar.

use std::path::PathBuf;

use clap::{
    Parser,
    Subcommand, //
};

use crate::{
    help,
    place::DEFAULT_PINS, //
};

/// Show programs on a real server the clients of its directors
#[derive(Debug, Parser)]
#[command(
    name = "rvs-toa",
    version,
    after_help = help::ROOT,
    disable_help_subcommand = true,
    args_override_self = false
)]
pub struct Arguments {
    /// Write JSON, errors too
    #[arg(short, long, global = true, display_order = 900)]
    pub json: bool,

    /// The directory in a BPF file system that holds what is attached
    #[arg(long, global = true, value_name = "DIRECTORY", default_value = DEFAULT_PINS, display_order = 901)]
    pub pins: PathBuf,

    /// What to do; `status` when not given
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Have accept() and getpeername() answer with the client
    #[command(after_help = help::ATTACH)]
    Attach {
        /// Believe this address or prefix; may be given more than once
        #[arg(long = "director", value_name = "ADDRESS[/LENGTH]")]
        directors: Vec<String>,

        /// Believe everybody
        #[arg(long, conflicts_with = "directors")]
        any_director: bool,

        /// The kind of the TCP option
        #[arg(long, value_name = "NUMBER", default_value = "254")]
        kind: String,

        /// Only for the processes of this cgroup; else for all
        #[arg(long, value_name = "DIRECTORY")]
        cgroup: Option<PathBuf>,
    },

    /// Have them answer with the director again
    Detach,

    /// Show what is attached, and what it has seen
    #[command(after_help = help::STATUS)]
    Status,

    /// Add, remove and list the directors that are believed
    #[command(subcommand, after_help = help::DIRECTOR)]
    Director(DirectorCommand),
}

/// What to do about directors.
#[derive(Debug, Subcommand)]
pub enum DirectorCommand {
    /// Believe one more
    Add {
        /// Its address, or a prefix of addresses
        #[arg(value_name = "ADDRESS[/LENGTH]")]
        director: String,
    },

    /// Believe one no longer
    Remove {
        /// Its address, or the prefix, as it was added
        #[arg(value_name = "ADDRESS[/LENGTH]")]
        director: String,
    },

    /// List them
    List,
}
