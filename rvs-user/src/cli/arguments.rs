// SPDX-License-Identifier: GPL-2.0-only

//! The grammar.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::Args;
use clap::Parser;
use clap::Subcommand;
use clap_complete::Shell;

use super::help;
use crate::model::Forward;
use crate::model::Removal;
use crate::model::Toa;
use crate::model::TUNNEL_CHECKSUMS;
use crate::model::TUNNEL_KINDS;
use crate::request::SCHEDULERS;

/// Values of what is a yes or no.
const ON_OFF: [&str; 2] = ["on", "off"];

/// Administer RVS, the layer 4 load balancer
#[derive(Debug, Parser)]
#[command(
    name = "rvsadm",
    version,
    after_help = help::ROOT,
    disable_help_subcommand = true,
    args_override_self = false
)]
pub struct Arguments {
    /// Write JSON, errors too
    #[arg(short, long, global = true, display_order = 900)]
    pub json: bool,

    /// Act on the network namespace NAME, as ip-netns(8) names it
    #[arg(short, long, global = true, value_name = "NAME", display_order = 901)]
    pub netns: Option<String>,

    /// What to do; `show` when not given
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add, change, delete and list virtual services
    #[command(subcommand, after_help = help::SERVICE)]
    Service(ServiceCommand),

    /// Add, change and remove the real servers of a service
    #[command(subcommand, after_help = help::SERVER)]
    Server(ServerCommand),

    /// List connections
    #[command(subcommand, after_help = help::CONNECTION)]
    Connection(ConnectionCommand),

    /// List which clients of persistent services keep which server
    #[command(subcommand, after_help = help::TEMPLATE)]
    Template(TemplateCommand),

    /// Add, change, delete and show pools of local addresses
    #[command(subcommand, after_help = help::POOL)]
    Pool(PoolCommand),

    /// Show services with their servers and counters
    #[command(after_help = help::SHOW)]
    Show {
        /// Only this service, such as tcp/192.0.2.1:80
        service: Option<String>,

        /// Instead of counters, how much there is in a second
        #[arg(long)]
        rate: bool,
    },

    /// Show which way packets took: the fast path, or why not
    #[command(after_help = help::STATS)]
    Stats,

    /// Have counters of a service and its servers, or all, begin at 0 again
    #[command(after_help = help::ZERO)]
    Zero {
        /// Only this service, such as tcp/192.0.2.1:80
        service: Option<String>,
    },

    /// Show or change how long connections may be idle
    #[command(after_help = help::TIMEOUTS)]
    Timeouts {
        /// Of established TCP connections, in seconds
        #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
        tcp: Option<String>,

        /// Of TCP connections that one end has finished, in seconds
        #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
        tcp_fin: Option<String>,

        /// Of UDP, in seconds
        #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
        udp: Option<String>,
    },

    /// Delete all services
    #[command(after_help = help::FLUSH)]
    Flush,

    /// Write the commands that make the configuration of now
    #[command(after_help = help::SAVE)]
    Save,

    /// Make a configuration that was saved, all of it or nothing
    #[command(after_help = help::RESTORE)]
    Restore {
        /// Where it is; standard input when not given
        file: Option<PathBuf>,
    },

    /// Write man pages or shell completions
    #[command(subcommand, hide = true)]
    Generate(GenerateCommand),
}

/// What to do with a service.
#[derive(Debug, Subcommand)]
pub enum ServiceCommand {
    /// Add a service
    #[command(after_help = help::SERVICE_ADD)]
    Add {
        /// PROTOCOL/ADDRESS:PORTS, such as tcp/192.0.2.1:80, or mark/NUMBER
        service: String,

        /// How servers are chosen; wrr when not given
        #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(SCHEDULERS))]
        scheduler: Option<String>,

        /// How sh and mh hash: port, fallback, both with a comma, or none
        #[arg(long, value_name = "FLAGS")]
        scheduler_flags: Option<String>,

        /// Whether later packets of a flow skip the firewall's rule chains; on when not given
        #[arg(long, value_name = "on|off", value_parser = PossibleValuesParser::new(ON_OFF))]
        fast_path: Option<String>,

        /// Whether each datagram of UDP is scheduled by itself; off when not given
        #[arg(long, value_name = "on|off", value_parser = PossibleValuesParser::new(ON_OFF))]
        one_packet: Option<String>,

        /// What becomes of connections whose server is removed; default when not given
        #[arg(long, value_name = "WHAT", value_parser = PossibleValuesParser::new(Removal::NAMES))]
        removal: Option<String>,

        /// How long its connections may be idle, in seconds; established=N,fin=N of TCP, N of UDP
        #[arg(long, value_name = "TIMEOUT", allow_hyphen_values = true)]
        timeout: Option<String>,

        /// Clients keep their server for so many seconds; with a mask those of a network are one
        #[arg(
            long,
            value_name = "SECONDS[/MASK][,sip]|off",
            allow_hyphen_values = true
        )]
        persistent: Option<String>,

        /// Where connections by --fullnat and --enat have their local addresses and ports of; none for none
        #[arg(long, value_name = "NAME")]
        pool: Option<String>,

        /// Whether the server is told of its client by an option of TCP; with --fullnat alone when not given
        #[arg(long, value_name = "WHETHER", value_parser = PossibleValuesParser::new(Toa::NAMES))]
        toa: Option<String>,

        #[command(flatten)]
        #[allow(missing_docs)]
        forward: ForwardArguments,
    },

    /// Change a service; what is not named stays as it is
    #[command(after_help = help::SERVICE_SET)]
    Set {
        /// PROTOCOL/ADDRESS:PORTS, such as tcp/192.0.2.1:80, or mark/NUMBER
        service: String,

        /// How servers are chosen
        #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(SCHEDULERS))]
        scheduler: Option<String>,

        /// How sh and mh hash: port, fallback, both with a comma, or none
        #[arg(long, value_name = "FLAGS")]
        scheduler_flags: Option<String>,

        /// Whether later packets of a flow skip the firewall's rule chains
        #[arg(long, value_name = "on|off", value_parser = PossibleValuesParser::new(ON_OFF))]
        fast_path: Option<String>,

        /// Whether each datagram of UDP is scheduled by itself
        #[arg(long, value_name = "on|off", value_parser = PossibleValuesParser::new(ON_OFF))]
        one_packet: Option<String>,

        /// What becomes of connections whose server is removed
        #[arg(long, value_name = "WHAT", value_parser = PossibleValuesParser::new(Removal::NAMES))]
        removal: Option<String>,

        /// How long its connections may be idle, in seconds; established=N,fin=N of TCP, N of UDP
        #[arg(long, value_name = "TIMEOUT", allow_hyphen_values = true)]
        timeout: Option<String>,

        /// Clients keep their server for so many seconds; with a mask those of a network are one
        #[arg(
            long,
            value_name = "SECONDS[/MASK][,sip]|off",
            allow_hyphen_values = true
        )]
        persistent: Option<String>,

        /// Where connections by --fullnat and --enat have their local addresses and ports of; none for none
        #[arg(long, value_name = "NAME")]
        pool: Option<String>,

        /// Whether the server is told of its client by an option of TCP; default: with --fullnat alone
        #[arg(long, value_name = "WHETHER", value_parser = PossibleValuesParser::new(Toa::NAMES))]
        toa: Option<String>,

        #[command(flatten)]
        #[allow(missing_docs)]
        forward: ForwardArguments,
    },

    /// Delete a service with its servers
    #[command(after_help = help::SERVICE_DEL)]
    Del {
        /// PROTOCOL/ADDRESS:PORTS, such as tcp/192.0.2.1:80, or mark/NUMBER
        service: String,
    },

    /// List services without their servers
    #[command(after_help = help::SERVICE_LIST)]
    List,
}

/// What to do with a server.
#[derive(Debug, Subcommand)]
pub enum ServerCommand {
    /// Add a server to a service
    #[command(after_help = help::SERVER_ADD)]
    Add {
        /// The service, such as tcp/192.0.2.1:80
        service: String,

        /// Address of the server; the port is the service's when not given
        #[arg(value_name = "ADDRESS[:PORT]")]
        address: String,

        /// Share of new connections, 0 to 2147483647; 1 when not given
        #[arg(long, value_name = "N", allow_hyphen_values = true)]
        weight: Option<String>,

        /// With --dr and --tun: the server's port may be any, and packets keep theirs
        #[arg(long)]
        keep_port: bool,

        #[command(flatten)]
        #[allow(missing_docs)]
        thresholds: ThresholdArguments,

        #[command(flatten)]
        #[allow(missing_docs)]
        forward: ForwardArguments,

        #[command(flatten)]
        #[allow(missing_docs)]
        tunnel: TunnelArguments,
    },

    /// Change a server; what is not named stays as it is
    #[command(after_help = help::SERVER_SET)]
    Set {
        /// The service, such as tcp/192.0.2.1:80
        service: String,

        /// Address of the server; the port is the service's when not given
        #[arg(value_name = "ADDRESS[:PORT]")]
        address: String,

        /// Share of new connections, 0 to 2147483647; 0 takes no new ones
        #[arg(long, value_name = "N", allow_hyphen_values = true)]
        weight: Option<String>,

        #[command(flatten)]
        #[allow(missing_docs)]
        thresholds: ThresholdArguments,

        #[command(flatten)]
        #[allow(missing_docs)]
        forward: ForwardArguments,

        #[command(flatten)]
        #[allow(missing_docs)]
        tunnel: TunnelArguments,
    },

    /// Remove a server from a service
    #[command(after_help = help::SERVER_DEL)]
    Del {
        /// The service, such as tcp/192.0.2.1:80
        service: String,

        /// Address of the server; the port is the service's when not given
        #[arg(value_name = "ADDRESS[:PORT]")]
        address: String,
    },
}

/// What to do with connections.
#[derive(Debug, Subcommand)]
pub enum ConnectionCommand {
    /// List the connections, of one service or of all
    #[command(after_help = help::CONNECTION_LIST)]
    List {
        /// Only those of this service, such as tcp/192.0.2.1:80
        service: Option<String>,
    },
}

/// What to do with templates of persistence.
#[derive(Debug, Subcommand)]
pub enum TemplateCommand {
    /// List the templates, of one service or of all
    #[command(after_help = help::TEMPLATE_LIST)]
    List {
        /// Only those of this service, such as tcp/192.0.2.1:80
        service: Option<String>,
    },
}

/// What to do with a pool of local addresses.
#[derive(Debug, Subcommand)]
pub enum PoolCommand {
    /// Add a pool
    #[command(after_help = help::POOL_ADD)]
    Add {
        /// Name of the pool: letters, digits, `.`, `_` and `-`, 31 at most
        name: String,

        /// Its addresses: 192.0.2.1, or 192.0.2.1-192.0.2.20
        #[arg(value_name = "ADDRESSES")]
        addresses: Vec<String>,

        /// The ports of each address; 1024-65535 when not given
        #[arg(long, value_name = "FIRST-LAST", allow_hyphen_values = true)]
        ports: Option<String>,
    },

    /// Change which ports a pool gives; connections keep theirs
    #[command(after_help = help::POOL_SET)]
    Set {
        /// Name of the pool
        name: String,

        /// The ports of each address
        #[arg(long, value_name = "FIRST-LAST", allow_hyphen_values = true)]
        ports: Option<String>,
    },

    /// Delete a pool that no service uses
    #[command(after_help = help::POOL_DEL)]
    Del {
        /// Name of the pool
        name: String,
    },

    /// Add addresses to a pool
    #[command(after_help = help::POOL_ADD_ADDRESS)]
    AddAddress {
        /// Name of the pool
        name: String,

        /// 192.0.2.1, or 192.0.2.1-192.0.2.20
        #[arg(value_name = "ADDRESSES", required = true)]
        addresses: Vec<String>,
    },

    /// Remove addresses from a pool; connections keep them
    #[command(after_help = help::POOL_DEL_ADDRESS)]
    DelAddress {
        /// Name of the pool
        name: String,

        /// 192.0.2.1, or 192.0.2.1-192.0.2.20
        #[arg(value_name = "ADDRESSES", required = true)]
        addresses: Vec<String>,
    },

    /// Show pools with their addresses and what of them is taken
    #[command(after_help = help::POOL_SHOW)]
    Show {
        /// Only this one
        name: Option<String>,
    },

    /// Tell of pools as they run dry and are filled again, until it is interrupted
    #[command(after_help = help::POOL_WATCH)]
    Watch,
}

/// What to write for packagers.
#[derive(Debug, Subcommand)]
pub enum GenerateCommand {
    /// Write man pages, one a command
    Man {
        /// Where to
        directory: PathBuf,
    },

    /// Write completions for a shell to standard output
    Completions {
        /// Which shell
        shell: Shell,
    },
}

/// The connection thresholds.
#[derive(Debug, Args)]
pub struct ThresholdArguments {
    /// With N connections the server gets no new ones; 0 is no limit
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub upper_threshold: Option<String>,

    /// With fewer than N it gets new ones again; 0 is three quarters of the upper threshold
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub lower_threshold: Option<String>,
}

/// The tunnel.
#[derive(Debug, Args)]
pub struct TunnelArguments {
    /// With --tun: what packets are put into; ipip when not given
    #[arg(long, value_name = "TYPE", value_parser = PossibleValuesParser::new(TUNNEL_KINDS))]
    pub tun_type: Option<String>,

    /// The UDP port of the server for gue
    #[arg(long, value_name = "PORT", allow_hyphen_values = true)]
    pub tun_port: Option<String>,

    /// What gre and gue do about checksums; none when not given
    #[arg(long, value_name = "WHAT", value_parser = PossibleValuesParser::new(TUNNEL_CHECKSUMS))]
    pub tun_checksum: Option<String>,
}

/// The forward method.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct ForwardArguments {
    /// Forward by NAT: addresses and ports are rewritten, replies come back through the director
    #[arg(long)]
    nat: bool,

    /// Forward by direct routing: servers hold the virtual address and reply to clients themselves
    #[arg(long)]
    dr: bool,

    /// Forward through an IP tunnel: as --dr, over any distance
    #[arg(long)]
    tun: bool,

    /// Forward by full NAT: servers know an address of the service's pool instead of the client, and may be anywhere, of
    /// either address family that the pool has addresses of
    #[arg(long)]
    fullnat: bool,

    /// Forward by ENAT: servers anywhere see clients and answer them straight; each runs rvs-toa enat
    #[arg(long)]
    enat: bool,
}

impl ForwardArguments {
    /// The method named, if any.
    pub fn method(&self) -> Option<Forward> {
        match self {
            Self { nat: true, .. } => Some(Forward::Nat),
            Self { dr: true, .. } => Some(Forward::Dr),
            Self { tun: true, .. } => Some(Forward::Tun),
            Self { fullnat: true, .. } => Some(Forward::Fullnat),
            Self { enat: true, .. } => Some(Forward::Enat),
            _ => None,
        }
    }
}
