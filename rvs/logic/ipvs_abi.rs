// SPDX-License-Identifier: GPL-2.0-only

//! Numbers and policies of the generic netlink family `IPVS`, which `ipvsadm`, keepalived and many
//! others speak.
//!
//! C header: `include/uapi/linux/ip_vs.h`

use super::uapi::{
    Kind,
    Rule, //
};

/// Name of the family.
pub const FAMILY_NAME: &str = "IPVS";

/// Version of the family, in `struct genlmsghdr`.
pub const FAMILY_VERSION: u8 = 1;

/// The version of IPVS whose behaviour is that of today: 1.2.1, a byte each.
pub const VERSION: u32 = 0x01_02_01;

/// `AF_INET`.
pub const AF_INET: u16 = 2;

/// The most bytes that an address has.
pub const ADDRESS_LEN: usize = 16;

/// Commands.
pub mod command {
    /// Add a service.
    pub const NEW_SERVICE: u8 = 1;
    /// Change a service.
    pub const SET_SERVICE: u8 = 2;
    /// Delete a service.
    pub const DEL_SERVICE: u8 = 3;
    /// Get one service, or dump all.
    pub const GET_SERVICE: u8 = 4;
    /// Add a destination.
    pub const NEW_DEST: u8 = 5;
    /// Change a destination.
    pub const SET_DEST: u8 = 6;
    /// Delete a destination.
    pub const DEL_DEST: u8 = 7;
    /// Dump the destinations of a service.
    pub const GET_DEST: u8 = 8;
    /// Start a daemon that synchronises connections.
    pub const NEW_DAEMON: u8 = 9;
    /// Stop one.
    pub const DEL_DAEMON: u8 = 10;
    /// Dump those that run.
    pub const GET_DAEMON: u8 = 11;
    /// Change timeouts.
    pub const SET_CONFIG: u8 = 12;
    /// Get timeouts.
    pub const GET_CONFIG: u8 = 13;
    /// The answer to [`GET_INFO`].
    pub const SET_INFO: u8 = 14;
    /// Get version and table size.
    pub const GET_INFO: u8 = 15;
    /// Begin to count anew.
    pub const ZERO: u8 = 16;
    /// Delete all services.
    pub const FLUSH: u8 = 17;
}

/// Attributes of a message.
pub mod attribute {
    /// A service.
    pub const SERVICE: u16 = 1;
    /// A destination.
    pub const DEST: u16 = 2;
    /// A daemon.
    pub const DAEMON: u16 = 3;
    /// Timeout of established TCP connections in seconds.
    pub const TIMEOUT_TCP: u16 = 4;
    /// Timeout of TCP connections of which one side is closed.
    pub const TIMEOUT_TCP_FIN: u16 = 5;
    /// Timeout of UDP.
    pub const TIMEOUT_UDP: u16 = 6;
}

/// Attributes of a service.
pub mod service {
    /// Address family.
    pub const AF: u16 = 1;
    /// Transport protocol.
    pub const PROTOCOL: u16 = 2;
    /// Virtual address.
    pub const ADDR: u16 = 3;
    /// Virtual port, big-endian.
    pub const PORT: u16 = 4;
    /// Mark, in place of protocol, address and port.
    pub const FWMARK: u16 = 5;
    /// Scheduler.
    pub const SCHED_NAME: u16 = 6;
    /// Flags, and which of them are meant.
    pub const FLAGS: u16 = 7;
    /// Persistence timeout in seconds.
    pub const TIMEOUT: u16 = 8;
    /// Netmask of persistence, big-endian; of IPv6 the length of the prefix.
    pub const NETMASK: u16 = 9;
    /// Counters.
    pub const STATS: u16 = 10;
    /// Persistence engine.
    pub const PE_NAME: u16 = 11;
    /// Counters of 64 bits.
    pub const STATS64: u16 = 12;
}

/// Flags of a service.
pub mod service_flag {
    /// Connections of a client go to one destination.
    pub const PERSISTENT: u32 = 0x1;
    /// Told of every service.
    pub const HASHED: u32 = 0x2;
    /// Each datagram is scheduled.
    pub const ONE_PACKET: u32 = 0x4;
    /// Of `sh` and `mh`: other destinations in place of those that take no connections.
    pub const FALLBACK: u32 = 0x8;
    /// Of `sh` and `mh`: by the client's port, too.
    pub const PORT: u32 = 0x10;
}

/// Attributes of a destination.
pub mod dest {
    /// Address.
    pub const ADDR: u16 = 1;
    /// Port, big-endian.
    pub const PORT: u16 = 2;
    /// Forward method.
    pub const FWD_METHOD: u16 = 3;
    /// Weight.
    pub const WEIGHT: u16 = 4;
    /// Upper connection threshold.
    pub const U_THRESH: u16 = 5;
    /// Lower connection threshold.
    pub const L_THRESH: u16 = 6;
    /// Connections that are active.
    pub const ACTIVE_CONNS: u16 = 7;
    /// Connections that are not.
    pub const INACT_CONNS: u16 = 8;
    /// Persistence templates.
    pub const PERSIST_CONNS: u16 = 9;
    /// Counters.
    pub const STATS: u16 = 10;
    /// Address family, where it is not that of the service.
    pub const ADDR_FAMILY: u16 = 11;
    /// Counters of 64 bits.
    pub const STATS64: u16 = 12;
    /// Kind of tunnel.
    pub const TUN_TYPE: u16 = 13;
    /// UDP port of the tunnel, big-endian.
    pub const TUN_PORT: u16 = 14;
    /// Flags of the tunnel.
    pub const TUN_FLAGS: u16 = 15;
}

/// Forward methods.
pub mod forward {
    /// The bits that count.
    pub const MASK: u32 = 7;
    /// Masquerading, NAT.
    pub const MASQUERADE: u32 = 0;
    /// Tunnel.
    pub const TUNNEL: u32 = 2;
    /// Direct routing.
    pub const DIRECT: u32 = 3;
}

/// Kinds of tunnels.
pub mod tunnel {
    /// IP in IP.
    pub const IPIP: u8 = 0;
    /// IP in UDP.
    pub const GUE: u8 = 1;
    /// IP in GRE.
    pub const GRE: u8 = 2;
}

/// Flags of tunnels.
pub mod tunnel_flag {
    /// Packets of the tunnel have a checksum.
    pub const CHECKSUM: u16 = 1;
    /// The end of the tunnel makes that of the packet in it (GUE).
    pub const REMOTE_CHECKSUM: u16 = 2;
}

/// Attributes of a daemon.
pub mod daemon {
    /// Which one.
    pub const STATE: u16 = 1;
    /// Interface.
    pub const MCAST_IFN: u16 = 2;
    /// Number of the group of directors.
    pub const SYNC_ID: u16 = 3;
    /// Most bytes of a message.
    pub const SYNC_MAXLEN: u16 = 4;
    /// IPv4 group.
    pub const MCAST_GROUP: u16 = 5;
    /// IPv6 group.
    pub const MCAST_GROUP6: u16 = 6;
    /// UDP port.
    pub const MCAST_PORT: u16 = 7;
    /// Time to live.
    pub const MCAST_TTL: u16 = 8;
}

/// Daemons.
pub mod daemon_state {
    /// The one that sends.
    pub const MASTER: u32 = 1;
    /// The one that receives.
    pub const BACKUP: u32 = 2;
}

/// Attributes of counters, in both forms.
pub mod stats {
    /// Connections.
    pub const CONNS: u16 = 1;
    /// Packets of clients.
    pub const INPKTS: u16 = 2;
    /// Packets of real servers.
    pub const OUTPKTS: u16 = 3;
    /// Bytes of clients.
    pub const INBYTES: u16 = 4;
    /// Bytes of real servers.
    pub const OUTBYTES: u16 = 5;
    /// Connections a second.
    pub const CPS: u16 = 6;
    /// Packets of clients a second.
    pub const INPPS: u16 = 7;
    /// Packets of real servers a second.
    pub const OUTPPS: u16 = 8;
    /// Bytes of clients a second.
    pub const INBPS: u16 = 9;
    /// Bytes of real servers a second.
    pub const OUTBPS: u16 = 10;
    /// Aligns 64 bits.
    pub const PAD: u16 = 11;
}

/// Attributes of the answer to `GET_INFO`.
pub mod info {
    /// Version of IPVS.
    pub const VERSION: u16 = 1;
    /// Size of the connection table.
    pub const CONN_TAB_SIZE: u16 = 2;
}

/// What attributes must be.
pub mod policy {
    use super::{
        attribute,
        daemon,
        dest,
        service,
        Kind,
        Rule, //
    };

    /// Of messages.
    pub const MESSAGE: &[Rule] = &[
        Rule::new(attribute::SERVICE, Kind::Nest),
        Rule::new(attribute::DEST, Kind::Nest),
        Rule::new(attribute::DAEMON, Kind::Nest),
        Rule::new(attribute::TIMEOUT_TCP, Kind::U32),
        Rule::new(attribute::TIMEOUT_TCP_FIN, Kind::U32),
        Rule::new(attribute::TIMEOUT_UDP, Kind::U32),
    ];

    /// Of services. Names of persistence engines may be a byte longer than those of others.
    pub const SERVICE: &[Rule] = &[
        Rule::new(service::AF, Kind::U16),
        Rule::new(service::PROTOCOL, Kind::U16),
        Rule::new(service::ADDR, Kind::AtMost(16)),
        Rule::new(service::PORT, Kind::U16),
        Rule::new(service::FWMARK, Kind::U32),
        Rule::new(service::SCHED_NAME, Kind::Str(15)),
        Rule::new(service::FLAGS, Kind::AtMost(8)),
        Rule::new(service::TIMEOUT, Kind::U32),
        Rule::new(service::NETMASK, Kind::U32),
        Rule::new(service::STATS, Kind::Nest),
        Rule::new(service::PE_NAME, Kind::Str(16)),
    ];

    /// Of destinations.
    pub const DEST: &[Rule] = &[
        Rule::new(dest::ADDR, Kind::AtMost(16)),
        Rule::new(dest::PORT, Kind::U16),
        Rule::new(dest::FWD_METHOD, Kind::U32),
        Rule::new(dest::WEIGHT, Kind::U32),
        Rule::new(dest::U_THRESH, Kind::U32),
        Rule::new(dest::L_THRESH, Kind::U32),
        Rule::new(dest::ACTIVE_CONNS, Kind::U32),
        Rule::new(dest::INACT_CONNS, Kind::U32),
        Rule::new(dest::PERSIST_CONNS, Kind::U32),
        Rule::new(dest::STATS, Kind::Nest),
        Rule::new(dest::ADDR_FAMILY, Kind::U16),
        Rule::new(dest::TUN_TYPE, Kind::U8),
        Rule::new(dest::TUN_PORT, Kind::U16),
        Rule::new(dest::TUN_FLAGS, Kind::U16),
    ];

    /// Of daemons.
    pub const DAEMON: &[Rule] = &[
        Rule::new(daemon::STATE, Kind::U32),
        Rule::new(daemon::MCAST_IFN, Kind::Str(15)),
        Rule::new(daemon::SYNC_ID, Kind::U32),
        Rule::new(daemon::SYNC_MAXLEN, Kind::U16),
        Rule::new(daemon::MCAST_GROUP, Kind::U32),
        Rule::new(daemon::MCAST_GROUP6, Kind::AtLeast(16)),
        Rule::new(daemon::MCAST_PORT, Kind::U16),
        Rule::new(daemon::MCAST_TTL, Kind::U8),
    ];
}
