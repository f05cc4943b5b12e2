// SPDX-License-Identifier: GPL-2.0-only

//! The grammar.

use std::path::PathBuf;

use clap::{
    Parser,
    Subcommand, //
};

use crate::help;

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

    /// The directory in a BPF file system that holds what is attached; /sys/fs/bpf/rvs-toa, or rvs-enat, when not given
    #[arg(long, global = true, value_name = "DIRECTORY", display_order = 901)]
    pub pins: Option<PathBuf>,

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

    /// Be a real server of ENAT: get packets as from the client, and answer it straight
    #[command(subcommand, after_help = help::ENAT)]
    Enat(EnatCommand),
}

/// What to do about ENAT.
#[derive(Debug, Subcommand)]
pub enum EnatCommand {
    /// Have packets of these devices be seen as from the client, and replies come from the virtual address
    Attach {
        /// A device by which packets of directors come or replies leave; may be given more than once
        #[arg(long = "device", value_name = "NAME")]
        devices: Vec<String>,

        /// One without Ethernet, whose packets begin with the IP header
        #[arg(long = "raw-device", value_name = "NAME")]
        raw_devices: Vec<String>,

        /// The kind of the TCP option
        #[arg(long, value_name = "NUMBER", default_value = "254")]
        kind: String,

        /// How many flows are remembered at most
        #[arg(long, value_name = "NUMBER", default_value = "65536")]
        flows: String,

        /// For how many seconds a flow is remembered behind its end: as long as TIME_WAIT lasts here
        #[arg(long, value_name = "SECONDS", default_value = "60")]
        linger: String,
    },

    /// Have packets pass as they are
    Detach,

    /// Serve a virtual address and port
    Add {
        /// What clients know, such as 192.0.2.1:80
        #[arg(value_name = "SERVICE")]
        service: String,

        /// The port of this host to which directors send its packets
        #[arg(value_name = "PORT")]
        port: String,
    },

    /// Serve it no longer
    Remove {
        /// What clients know
        #[arg(value_name = "SERVICE")]
        service: String,
    },

    /// Show what is attached, and what it has seen
    Status,
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
