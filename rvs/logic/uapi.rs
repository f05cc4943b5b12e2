// SPDX-License-Identifier: GPL-2.0-only
// Made by docs/netlink/generate from docs/netlink/rvs.yaml. Do not edit.

//! Numbers and attribute policies of the generic netlink family `rvs`.
//!
//! The same numbers are in `include/uapi/linux/rvs.h`. The policies are data:
//! the module makes its `struct nla_policy` tables of them. An attribute that
//! a policy does not list is refused by the strict validation of the kernel.
//!
//! C header: `include/net/netlink.h` (`struct nla_policy`)

/// Name of the family, as `CTRL_CMD_GETFAMILY` resolves it.
pub const FAMILY_NAME: &str = "rvs";

/// Version of the family, in `struct genlmsghdr`.
pub const FAMILY_VERSION: u8 = 1;

/// What the payload of an attribute must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 8 bits.
    U8,
    /// 16 bits; a port is big-endian.
    U16,
    /// 32 bits in host byte order, except an IPv4 address, which is big-endian.
    U32,
    /// 32 bits in host byte order, at most this value.
    U32Max(u32),
    /// 32 bits in host byte order, none set but these.
    U32Mask(u32),
    /// 32 or 64 bits in host byte order.
    Uint,
    /// Exactly this many bytes.
    Exact(u16),
    /// At most this many bytes.
    AtMost(u16),
    /// At least this many bytes.
    AtLeast(u16),
    /// A string with its NUL, of at most this many bytes without it.
    Str(u16),
    /// Attributes by a policy of their own.
    Nested(&'static [Rule]),
    /// Attributes that the operation validates.
    Nest,
}

/// One attribute that a request may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Number of the attribute in its set.
    pub attribute: u16,
    /// What its payload must be.
    pub kind: Kind,
}

impl Rule {
    pub(super) const fn new(attribute: u16, kind: Kind) -> Self {
        Self { attribute, kind }
    }
}

/// Commands, in `struct genlmsghdr`.
pub mod command {
    /// Get version and sizes.
    pub const INFO_GET: u8 = 1;

    /// Add a service. EEXIST when there is one with this key, ENOENT when there
    /// is no such pool.
    pub const SERVICE_ADD: u8 = 2;

    /// Change a service; only the attributes given change. ESRCH when there
    /// is none with this key.
    pub const SERVICE_SET: u8 = 3;

    /// Delete a service with its destinations. Its connections end.
    pub const SERVICE_DEL: u8 = 4;

    /// Get one service, or dump all.
    pub const SERVICE_GET: u8 = 5;

    /// Add a destination to a service. EEXIST when the service has it, ESRCH
    /// when there is no such service.
    pub const DEST_ADD: u8 = 6;

    /// Change a destination; only the attributes given change. Connections
    /// that exist keep their forward method. ENOENT when the service has no
    /// such destination.
    pub const DEST_SET: u8 = 7;

    /// Remove a destination from its service. Packets of its connections are
    /// dropped from then on, as with IPVS.
    pub const DEST_DEL: u8 = 8;

    /// Get one destination, or dump those of all services, or, with a service
    /// in the request, those of that service.
    pub const DEST_GET: u8 = 9;

    /// Delete all services of the namespace.
    pub const FLUSH: u8 = 10;

    /// Get how many packets took which way through the director.
    pub const STATS_GET: u8 = 11;

    /// Dump all connections, or, with a service in the request, those of that
    /// service, whether it still exists or not. They come in no particular
    /// order. A connection that exists during the whole dump is reported
    /// exactly once, also while others come and go by the million; one that
    /// begins or ends meanwhile is reported once at most. They tell addresses
    /// of clients, hence the need for CAP_NET_ADMIN.
    pub const CONNECTION_GET: u8 = 12;

    /// Get how long connections may be idle whose service says nothing else.
    pub const TIMEOUTS_GET: u8 = 13;

    /// Change how long connections may be idle whose service says nothing else;
    /// only the attributes given change, and none may be 0.
    pub const TIMEOUTS_SET: u8 = 14;

    /// Have a service and its destinations count from 0 again, or, without a
    /// service, all of them and the totals of the namespace. Packets are counted
    /// on meanwhile.
    pub const ZERO: u8 = 15;

    /// Dump all templates of persistence, or, with a service in the request,
    /// those of that service, whether it still exists or not. What connection-get
    /// says of order and completeness holds here, too.
    pub const TEMPLATE_GET: u8 = 16;

    /// Add a pool without addresses. EEXIST when there is one of this name.
    pub const POOL_ADD: u8 = 17;

    /// Change which ports a pool gives. Connections keep theirs. ENOENT when there
    /// is no such pool, EADDRINUSE when another pool gives some of these ports of
    /// one of its addresses.
    pub const POOL_SET: u8 = 18;

    /// Delete a pool with its addresses. EBUSY when a service names it.
    /// Connections of services that did so before keep their ports.
    pub const POOL_DEL: u8 = 19;

    /// Get one pool, or dump all, by name.
    pub const POOL_GET: u8 = 20;

    /// Add an address, or a range, to a pool, which has at most 1024. EEXIST when
    /// it has one of them already, EADDRINUSE when another pool gives some of the
    /// same ports of one of them.
    pub const POOL_ADDRESS_ADD: u8 = 21;

    /// Remove an address, or a range, from a pool. Connections keep their ports.
    /// ENOENT when the pool does not have all of them, EBUSY when destinations
    /// of a service need one: by "enat" the virtual address, by "fullnat" any
    /// of their family, where that is not the service's.
    pub const POOL_ADDRESS_DEL: u8 = 22;

    /// Dump the addresses of a pool, those of IPv4 first.
    pub const POOL_ADDRESS_GET: u8 = 23;

    /// More or less is left of a pool towards a real server. A pool that was dry
    /// is told in any case, however short that was.
    pub const POOL_LEVEL: u8 = 24;
}

/// Multicast groups, by their order.
pub mod group {
    /// The group `pools`.
    pub const POOLS: usize = 0;

    /// Their names.
    pub const NAMES: &[&str] = &["pools"];
}

/// How a packet reaches the real server.
pub mod forward {
    /// Masquerading. Destination address and port are rewritten to those of
    /// the real server; replies pass the director and get the virtual
    /// address back.
    pub const NAT: u32 = 0;

    /// Direct routing. The packet is sent unchanged to the link layer
    /// address of the real server.
    pub const DR: u32 = 1;

    /// The packet is sent to the real server in a tunnel, of IP in IP where nothing else is said.
    pub const TUN: u32 = 2;

    /// Full NAT. The packet comes from a local address and port of the
    /// service's pool and goes to the real server, whose replies to there
    /// get the virtual address and the client's back. Services of TCP and
    /// UDP; servers may be of another address family, of which the pool
    /// has addresses then.
    pub const FULLNAT: u32 = 5;

    /// ENAT. The packet comes from the virtual address, with a port of the
    /// service's pool, which has to have that address, and goes to the real
    /// server with the client's address and port in an option of TCP. The
    /// real server answers the client itself. Services of TCP.
    pub const ENAT: u32 = 6;
}

/// What stands between the outer IP header of a tunnel and the packet in it.
pub mod tunnel {
    /// Nothing, IP in IP (RFC 2003).
    pub const IPIP: u32 = 0;

    /// Generic Routing Encapsulation (RFC 2784).
    pub const GRE: u32 = 1;

    /// UDP and Generic UDP Encapsulation, version 0.
    pub const GUE: u32 = 2;
}

/// What a tunnel does about checksums.
pub mod tunnel_checksum {
    /// It has none.
    pub const NONE: u32 = 0;

    /// Each packet of the tunnel has one, over all that is in it. Of "gre"
    /// and "gue".
    pub const FULL: u32 = 1;

    /// The end of the tunnel makes the checksum of the packet in it, where
    /// that is not made yet (remote checksum offload); the packet of the
    /// tunnel has one. Else, and where a packet stands for several (GSO),
    /// as "full". Of "gue".
    pub const REMOTE: u32 = 2;
}

/// What clients that keep a server have in common besides their address.
pub mod persistence_engine {
    /// Nothing.
    pub const NONE: u32 = 0;

    /// The call: the Call-ID of messages of SIP in datagrams of UDP. A
    /// datagram that begins a connection and has none is dropped.
    pub const SIP: u32 = 1;
}

/// How the schedulers "sh" and "mh", which hash the client, choose.
pub mod scheduler_flag {
    /// The clients of a destination that takes no new connections go to
    /// other ones. Without it they get none.
    pub const FALLBACK: u32 = 1;

    /// The port of the client is hashed beside its address, so that the
    /// connections of one client spread.
    pub const PORT: u32 = 2;
}

/// What becomes of connections whose destination is removed.
pub mod removal {
    /// What the sysctl net.ipv4.vs.expire_nodest_conn says: "keep" when it is
    /// 0, else "expire".
    pub const DEFAULT: u32 = 0;

    /// Packets are dropped, until the destination returns or the connection
    /// has been idle for too long.
    pub const KEEP: u32 = 1;

    /// They end. Datagrams, and a SYN that is sent again, go to another
    /// destination at once.
    pub const EXPIRE: u32 = 2;

    /// As expire, and both ends of a TCP connection get a RST when either
    /// sends something else.
    pub const RESET: u32 = 3;
}

/// Whose TCP connections tell the real server of their client by an option
/// (TOA).
pub mod toa {
    /// Those by "fullnat", whose packets come from a local address.
    pub const DEFAULT: u32 = 0;

    /// None.
    pub const OFF: u32 = 1;

    /// Those by "fullnat" and by "nat". Not those to port 21 by "nat", of
    /// FTP.
    pub const ON: u32 = 2;
}

/// How far a connection has come, as far as the director can tell. It decides
/// how long the connection may be idle. Numbers and names of TCP are those
/// of IPVS.
pub mod connection_state {
    /// No segment was seen.
    pub const NONE: u32 = 0;

    /// Both ends may send data.
    pub const ESTABLISHED: u32 = 1;

    /// The server opens the connection.
    pub const SYN_SENT: u32 = 2;

    /// The client opens the connection.
    pub const SYN_RECV: u32 = 3;

    /// One end has finished.
    pub const FIN_WAIT: u32 = 4;

    /// Both ends have finished.
    pub const TIME_WAIT: u32 = 5;

    /// The connection was reset.
    pub const CLOSE: u32 = 6;

    /// The client has finished and the server has not.
    pub const CLOSE_WAIT: u32 = 7;

    /// The last acknowledgment is awaited.
    pub const LAST_ACK: u32 = 8;

    /// The server waits for a connection.
    pub const LISTEN: u32 = 9;

    /// The server has answered, the client's answer to that is awaited.
    pub const SYNACK: u32 = 10;

    /// The one state of UDP.
    pub const UDP: u32 = 16;

    /// Of SCTP, as those that follow. No packet was seen.
    pub const SCTP_NONE: u32 = 17;

    /// The client has asked once to begin.
    pub const SCTP_INIT1: u32 = 18;

    /// The client has asked again.
    pub const SCTP_INIT: u32 = 19;

    /// The server has answered with its cookie.
    pub const SCTP_COOKIE_SENT: u32 = 20;

    /// The client has sent the cookie back.
    pub const SCTP_COOKIE_REPLIED: u32 = 21;

    /// The server has asked to begin.
    pub const SCTP_COOKIE_WAIT: u32 = 22;

    /// The client has answered with its cookie.
    pub const SCTP_COOKIE: u32 = 23;

    /// The server has sent the cookie back.
    pub const SCTP_COOKIE_ECHOED: u32 = 24;

    /// Both ends may send data.
    pub const SCTP_ESTABLISHED: u32 = 25;

    /// The server ends the association.
    pub const SCTP_SHUTDOWN_SENT: u32 = 26;

    /// The client ends the association.
    pub const SCTP_SHUTDOWN_RECEIVED: u32 = 27;

    /// The server agrees to the end.
    pub const SCTP_SHUTDOWN_ACK_SENT: u32 = 28;

    /// The other end does not want to begin.
    pub const SCTP_REJECTED: u32 = 29;

    /// The association is over.
    pub const SCTP_CLOSED: u32 = 30;
}

/// How many of the ports of a pool are left towards one real server.
pub mod pool_level {
    /// Enough.
    pub const AMPLE: u32 = 0;

    /// At least 80 % are taken, and since then at no time less than 70 %.
    pub const SCARCE: u32 = 1;

    /// A connection got none, and since then at no time less than 95 % were
    /// taken.
    pub const DRY: u32 = 2;
}

/// Traffic counters, since the destination, or the service, was added or
/// zeroed.
pub mod stats {
    /// Alignment of 64 bit values; never sent.
    pub const PAD: u16 = 1;

    /// Connections created.
    pub const CONNS: u16 = 2;

    /// Packets from clients.
    pub const IN_PACKETS: u16 = 3;

    /// Packets from real servers (seen with nat only).
    pub const OUT_PACKETS: u16 = 4;

    /// Bytes from clients, IP headers included.
    pub const IN_BYTES: u16 = 5;

    /// Bytes from real servers, IP headers included.
    pub const OUT_BYTES: u16 = 6;

    /// Connections created in a second. Rates are moving averages, of which a
    /// quarter is replaced every two seconds.
    pub const CONNS_PER_SECOND: u16 = 7;

    /// Packets from clients in a second.
    pub const IN_PACKETS_PER_SECOND: u16 = 8;

    /// Packets from real servers in a second (seen with nat only).
    pub const OUT_PACKETS_PER_SECOND: u16 = 9;

    /// Bytes from clients in a second, IP headers included.
    pub const IN_BYTES_PER_SECOND: u16 = 10;

    /// Bytes from real servers in a second, IP headers included.
    pub const OUT_BYTES_PER_SECOND: u16 = 11;

    /// The highest number of the set.
    pub const MAX: u16 = 11;
}

/// Segments of clients since the service was added or zeroed, of those of
/// its connections that tell the real server of their client by an option.
pub mod toa_stats {
    /// Alignment of 64 bit values; never sent.
    pub const PAD: u16 = 1;

    /// Got the option. A burst is one.
    pub const INSERTED: u16 = 2;

    /// Went without, as they had other options, or the path took none
    /// longer. The next segment gets it.
    pub const NO_ROOM: u16 = 3;

    /// Lost options that a client must not get through: such ones, in a SYN
    /// those of TCP Fast Open, and what stands behind the end of the
    /// options.
    pub const TAKEN_OUT: u16 = 4;

    /// The highest number of the set.
    pub const MAX: u16 = 4;
}

/// How many seconds a connection may be idle before it ends, at most 2^31 - 1
/// ticks of the kernel's clock. A change holds for connections that exist, from
/// the last packet of each on.
pub mod timeouts {
    /// Of an established TCP connection.
    pub const TCP: u16 = 1;

    /// Of a TCP connection that one end has finished (FIN_WAIT).
    pub const TCP_FIN: u16 = 2;

    /// Of UDP.
    pub const UDP: u16 = 3;

    /// The highest number of the set.
    pub const MAX: u16 = 3;
}

/// A virtual service. Its key is protocol, address and ports, or family and
/// mark. A packet is for the service of its mark, if there is one; else for
/// that of its address and port; else for that of the range of ports which
/// it is in; else for that of all ports of its address.
pub mod service {
    /// IP protocol number, IPPROTO_TCP (6), IPPROTO_UDP (17) or IPPROTO_SCTP (132).
    pub const PROTOCOL: u16 = 1;

    /// IPv4 virtual address. Exclusive with addr6.
    pub const ADDR4: u16 = 2;

    /// IPv6 virtual address. Exclusive with addr4.
    pub const ADDR6: u16 = 3;

    /// Virtual port, with last-port the lowest one.
    pub const PORT: u16 = 4;

    /// Name of the scheduler, "wrr" when not given: that of IPVS, which
    /// chooses alike. "rr", "wrr", "lc", "wlc", "sed", "nq", "sh", "mh",
    /// "dh", "lblc", "lblcr", "fo", "ovf", "twos", or "none", with which no destination gets
    /// connections.
    pub const SCHEDULER: u16 = 5;

    /// Forward method of the destinations that are added without one of
    /// their own. Without it each destination must name its method.
    pub const FORWARD: u16 = 6;

    /// Number of destinations (read only).
    pub const DESTS: u16 = 7;

    /// What its destinations have counted while they were part of it (read
    /// only). It does not go back when one leaves or returns.
    pub const STATS: u16 = 8;

    /// Flags of the scheduler, none set when not given. Only "sh" and "mh"
    /// have some. Another scheduler begins with none set.
    pub const SCHEDULER_FLAGS: u16 = 9;

    /// Whether later packets of its flows may skip the rule chains of the
    /// firewall, 1 when not given. Holds for connections that exist, too.
    /// Without effect while the sysctl net.rvs.fast_path is 0. Always 0 for
    /// the service of a mark: the firewall is asked for each packet.
    pub const FAST_PATH: u16 = 10;

    /// Timeouts of its own, of its protocol; those not given, or given as 0,
    /// are those of the namespace. Answers have those that are its own.
    pub const TIMEOUTS: u16 = 11;

    /// The highest port of a range, which begins with port. Ranges of one
    /// address and protocol do not overlap.
    pub const LAST_PORT: u16 = 12;

    /// 1 for all ports of the address, instead of port.
    pub const ALL_PORTS: u16 = 13;

    /// Address family of the packets with the mark, AF_INET (2). Only
    /// together with mark.
    pub const FAMILY: u16 = 14;

    /// Mark that the firewall gives to packets of the service, of whatever
    /// protocol, address and port; not 0. Instead of protocol, address and
    /// port. Connections stay with it whatever mark later packets have.
    pub const MARK: u16 = 15;

    /// Whether each datagram is scheduled by itself and makes no connection,
    /// 0 when not given. With nat its answers are not translated. Of UDP
    /// only.
    pub const ONE_PACKET: u16 = 16;

    /// How clients keep their server from one connection to the next. They
    /// do not where it is not given, nor in the answer.
    pub const PERSISTENCE: u16 = 17;

    /// What becomes of connections whose destination is removed, or of all
    /// when the service is deleted; default when not given.
    pub const REMOVAL: u16 = 18;

    /// Name of the pool that its connections by "fullnat" and "enat" have
    /// their local addresses and ports of; the empty name for none, as when
    /// not given. Connections that exist keep theirs. EINVAL where
    /// destinations of the service need a pool, or one with other addresses.
    pub const POOL: u16 = 19;

    /// Packets by "enat" that had no room for the client. A connection that
    /// begins with one is served as by "fullnat" (read only).
    pub const ENAT_NO_ROOM: u16 = 20;

    /// Whether connections that begin tell the real server of their client
    /// by an option of TCP, of the kind that the sysctl net.rvs.toa_kind
    /// says; default when not given. Of TCP, and of a mark.
    pub const TOA: u16 = 21;

    /// What was counted of that (read only).
    pub const TOA_STATS: u16 = 22;

    /// The highest number of the set.
    pub const MAX: u16 = 22;
}

/// How clients of a service keep their server. The first connection of a
/// client makes a template, by which later ones get the same server, whether
/// that has weight or is overloaded. The template ends when its time is over
/// and so are its connections, or when the server leaves the service; see
/// also the sysctl net.rvs.expire_quiescent_template.
pub mod persistence {
    /// Seconds for which a client keeps its server after the last connection
    /// that has reached it. At most 31 days; with 0 it does while it has
    /// connections. Without it clients do not keep a server: an empty nest
    /// ends persistence.
    pub const TIMEOUT: u16 = 1;

    /// Clients whose IPv4 addresses agree in these bits are one;
    /// 255.255.255.255 when not given.
    pub const MASK4: u16 = 2;

    /// Clients whose IPv6 addresses agree in as many leading bits are one;
    /// 128 when not given.
    pub const PREFIX6: u16 = 3;

    /// What they have in common besides; none when not given. Of services of
    /// UDP, or of a mark.
    pub const ENGINE: u16 = 4;

    /// The highest number of the set.
    pub const MAX: u16 = 4;
}

/// A client of a persistent service, or several that are one, with its server.
pub mod template {
    /// Key of the service, which may be gone.
    pub const SERVICE: u16 = 1;

    /// What clients of IPv4 have in common. Exclusive with client-addr6.
    pub const CLIENT_ADDR4: u16 = 2;

    /// What clients of IPv6 have in common. Exclusive with client-addr4.
    pub const CLIENT_ADDR6: u16 = 3;

    /// IPv4 address of the real server. Exclusive with dest-addr6.
    pub const DEST_ADDR4: u16 = 4;

    /// IPv6 address of the real server. Exclusive with dest-addr4.
    pub const DEST_ADDR6: u16 = 5;

    /// Port of the real server.
    pub const DEST_PORT: u16 = 6;

    /// Connections that came of it.
    pub const CONNECTIONS: u16 = 7;

    /// Whether one of them has reached the server, 0 or 1.
    pub const ASSURED: u16 = 8;

    /// Seconds until its time is over, if no connection comes. It ends up to
    /// two seconds later, or with its last connection.
    pub const EXPIRES: u16 = 9;

    /// The Call-ID of the call of SIP that it is of, where that matters.
    pub const CALL_ID: u16 = 10;

    /// The highest number of the set.
    pub const MAX: u16 = 10;
}

/// A destination (real server) of a service. Its key is address and port
/// within the service.
pub mod dest {
    /// Key of the service.
    pub const SERVICE: u16 = 1;

    /// IPv4 address of the real server. Exclusive with addr6.
    pub const ADDR4: u16 = 2;

    /// IPv6 address of the real server. Exclusive with addr4.
    pub const ADDR6: u16 = 3;

    /// Port of the real server. None, or 0, where the service has more than
    /// one: packets keep theirs. They do so whatever it is where
    /// clients of all ports or of a mark keep their server.
    pub const PORT: u16 = 4;

    /// Share of new connections, 1 when not given. 0 takes the destination
    /// out of scheduling; its connections continue.
    pub const WEIGHT: u16 = 5;

    /// Forward method, that of the service when not given.
    pub const FORWARD: u16 = 6;

    /// Active connections, TCP in or near ESTABLISHED (read only).
    pub const ACTIVE: u16 = 7;

    /// All other connections (read only).
    pub const INACTIVE: u16 = 8;

    /// Traffic counters (read only).
    pub const STATS: u16 = 9;

    /// With as many connections, active and inactive, the destination is
    /// overloaded and gets no new ones. 0, also when not given: no limit.
    pub const UPPER_THRESHOLD: u16 = 10;

    /// With fewer connections than this an overloaded destination gets new
    /// ones again. Not higher than upper-threshold; 0, also when not given,
    /// stands for three quarters of that.
    pub const LOWER_THRESHOLD: u16 = 11;

    /// Whether the destination is overloaded, 0 or 1 (read only).
    pub const OVERLOADED: u16 = 12;

    /// Clients of a persistent service that keep it (read only).
    pub const TEMPLATES: u16 = 13;

    /// The kind of tunnel, "ipip" when not given. It holds for connections
    /// that exist, too. Only where the forward method is "tun", as
    /// tunnel-port and tunnel-checksum.
    pub const TUNNEL: u16 = 14;

    /// UDP port at the real server, of "gue" alone, which needs one.
    pub const TUNNEL_PORT: u16 = 15;

    /// What the tunnel does about checksums, "none" when not given.
    pub const TUNNEL_CHECKSUM: u16 = 16;

    /// Connections by "enat" that were reset as the real server has answered
    /// the director: it lacks its half, or does not know of the service
    /// (read only).
    pub const ENAT_NO_HALF: u16 = 17;

    /// Whether packets keep the port they came for though the destination
    /// has another one, which is then a part of its name and nothing else,
    /// as with IPVS; 0 when not given. Of "dr" and "tun", which leave
    /// packets as they are: without it they take no other port than that of
    /// the service.
    pub const KEEP_PORT: u16 = 18;

    /// The highest number of the set.
    pub const MAX: u16 = 18;
}

/// State of RVS in the namespace of the caller.
pub mod info {
    /// Version of the module.
    pub const VERSION: u16 = 1;

    /// Number of services.
    pub const SERVICES: u16 = 2;

    /// Connections in the table.
    pub const CONNECTIONS: u16 = 3;

    /// Buckets of the connection table; it grows and shrinks by itself.
    pub const BUCKETS: u16 = 4;

    /// Most connections of the namespace for now: the sysctl
    /// net.rvs.max_connections, or less where that has its default and
    /// others have taken the memory.
    pub const MAX_CONNECTIONS: u16 = 5;

    /// Templates of persistence. They count for max-connections, too.
    pub const TEMPLATES: u16 = 6;

    /// The highest number of the set.
    pub const MAX: u16 = 6;
}

/// Packets of connections since the namespace was made, by the way they
/// took. Each sent by the director is counted as "fast" or as "slow". Other
/// numbers tell why packets that reached the fast path were left to the slow
/// one; what that sends it counts as "slow", too. Those that were refused
/// are counted by the reason.
pub mod paths {
    /// Alignment of 64 bit values; never sent.
    pub const PAD: u16 = 1;

    /// Sent by the fast path, which skips the rule chains of the firewall.
    pub const FAST: u16 = 2;

    /// Sent by the slow path, first packets of connections included.
    pub const SLOW: u16 = 3;

    /// Left: the service does not allow the fast path. With the sysctl
    /// net.rvs.fast_path at 0 no packet reaches it, and none is counted.
    pub const SWITCHED_OFF: u16 = 4;

    /// Left: the packet has IP options, or options of TCP that a client must
    /// not get through (TOA), is a fragment, or is a burst that is taken
    /// apart before it goes into a tunnel.
    pub const HEADER: u16 = 5;

    /// Left: the packet may begin a connection, as a SYN does.
    pub const BEGINS: u16 = 6;

    /// Left: the destination was removed from its service.
    pub const UNAVAILABLE: u16 = 7;

    /// Left: no packet of the flow has passed all hooks since the last
    /// change of routes, the packet stays on this host, or a redirect is
    /// due for it.
    pub const ROUTE: u16 = 8;

    /// Left: the link layer address of the next hop is not known.
    pub const NEIGHBOUR: u16 = 9;

    /// Left: the time to live of the packet ends here.
    pub const TTL: u16 = 10;

    /// Left: the packet does not fit the MTU of the route.
    pub const TOO_BIG: u16 = 11;

    /// Left: the route has an IPsec policy or a tunnel, or depends on policy
    /// routing.
    pub const POLICY: u16 = 12;

    /// Left: the packet could not be made writable, or memory was short
    /// otherwise.
    pub const MEMORY: u16 = 13;

    /// The sysctl net.rvs.fast_path of the namespace, 0 or 1.
    pub const ENABLED: u16 = 14;

    /// Connections, half open or without an answer, that were ended to make
    /// room for others, at the bound of the sysctl net.rvs.max_connections
    /// or because memory was short.
    pub const EVICTED: u16 = 15;

    /// Dropped: packets that would have begun a connection, for which there
    /// was no room.
    pub const REFUSED: u16 = 16;

    /// Refused: the first packet of a connection, as each server that takes
    /// new ones has a connection of the same client's address and port by
    /// way of another service. Counted in none of the other numbers.
    pub const PORT_TAKEN: u16 = 17;

    /// What the services have counted, those that are gone included, since the
    /// namespace was made or zeroed.
    pub const TOTALS: u16 = 18;

    /// Destinations of which rates are estimated every two seconds, as of the
    /// last time: those that have counted something, until their rates are 0.
    pub const ESTIMATED: u16 = 19;

    /// How often a destination was looked at to estimate its rates.
    pub const ESTIMATES: u16 = 20;

    /// Connections that the sysctl net.ipv4.vs.drop_entry has ended.
    pub const DROP_ENTRY: u16 = 21;

    /// Dropped: packets that would have begun a connection, by the sysctl
    /// net.ipv4.vs.drop_packet.
    pub const DROP_PACKET: u16 = 22;

    /// Templates of persistence without connections that were ended to make
    /// room for connections.
    pub const TEMPLATES_EVICTED: u16 = 23;

    /// Refused: the first packet of a connection by full NAT for which there
    /// was no local address and port: none left, none free of sockets of the
    /// director, no pool, a VRF, or a server of another address family.
    pub const NO_LOCAL: u16 = 24;

    /// The highest number of the set.
    pub const MAX: u16 = 24;
}

/// A connection from a client through a service to a destination.
pub mod connection {
    /// Key of the service. Connections outlive their service.
    pub const SERVICE: u16 = 1;

    /// IPv4 address of the client. Exclusive with client-addr6.
    pub const CLIENT_ADDR4: u16 = 2;

    /// IPv6 address of the client. Exclusive with client-addr4.
    pub const CLIENT_ADDR6: u16 = 3;

    /// Port of the client.
    pub const CLIENT_PORT: u16 = 4;

    /// IPv4 address of the real server. Exclusive with dest-addr6.
    pub const DEST_ADDR4: u16 = 5;

    /// IPv6 address of the real server. Exclusive with dest-addr4.
    pub const DEST_ADDR6: u16 = 6;

    /// Port of the real server.
    pub const DEST_PORT: u16 = 7;

    /// How its packets reach the real server.
    pub const FORWARD: u16 = 8;

    /// Its state.
    pub const STATE: u16 = 9;

    /// Seconds until it has been idle for too long, if no packet comes; it is
    /// removed up to two seconds later.
    pub const EXPIRES: u16 = 10;

    /// IP protocol number, IPPROTO_TCP (6), IPPROTO_UDP (17) or IPPROTO_SCTP (132).
    pub const PROTOCOL: u16 = 11;

    /// IPv4 address the client has sent to. Exclusive with virtual-addr6.
    pub const VIRTUAL_ADDR4: u16 = 12;

    /// IPv6 address the client has sent to. Exclusive with virtual-addr4.
    pub const VIRTUAL_ADDR6: u16 = 13;

    /// Port the client has sent to.
    pub const VIRTUAL_PORT: u16 = 14;

    /// IPv4 address that the real server knows instead of the client, by full
    /// NAT. Exclusive with local-addr6.
    pub const LOCAL_ADDR4: u16 = 15;

    /// IPv6 address that the real server knows instead of the client, by full
    /// NAT. Exclusive with local-addr4.
    pub const LOCAL_ADDR6: u16 = 16;

    /// Port that the real server knows instead of that of the client.
    pub const LOCAL_PORT: u16 = 17;

    /// The highest number of the set.
    pub const MAX: u16 = 17;
}

/// A pool of local addresses, and of each the same ports, from which the
/// director sends to real servers in its own name. Towards different real
/// servers, or by different protocols, one port serves several connections.
pub mod pool {
    /// Name: letters, digits, ".", "_" and "-", of which the first is a letter
    /// or a digit.
    pub const NAME: u16 = 1;

    /// The lowest port, 1024 when not given.
    pub const FIRST_PORT: u16 = 2;

    /// The highest port, 65535 when not given.
    pub const LAST_PORT: u16 = 3;

    /// Number of addresses (read only).
    pub const ADDRESSES: u16 = 4;

    /// Number of services that name it (read only).
    pub const SERVICES: u16 = 5;

    /// Connections that have a port of it, those of addresses that were
    /// removed included (read only).
    pub const USED: u16 = 6;

    /// Ports whose connection has ended, but that nobody gets yet, as the real
    /// server may be in TIME_WAIT: for 60 s at least (read only).
    pub const RESTING: u16 = 7;

    /// Connections of services that use it that were refused since it was added,
    /// as there was no port for them: none left towards their real server, or
    /// only such as sockets of the director have (read only).
    pub const REFUSED: u16 = 8;

    /// The real server towards which the greatest part is taken (read only).
    /// Absent when nothing is.
    pub const BUSIEST: u16 = 9;

    /// Connections, half open, without an answer or over, that were ended as
    /// none was left towards their real server and a new one needed their port
    /// (read only).
    pub const EVICTED: u16 = 10;

    /// The highest number of the set.
    pub const MAX: u16 = 10;
}

/// What of a pool is taken towards one real server, by one protocol.
pub mod pool_server {
    /// IPv4 address of the real server. Exclusive with addr6.
    pub const ADDR4: u16 = 1;

    /// IPv6 address of the real server. Exclusive with addr4.
    pub const ADDR6: u16 = 2;

    /// Port of the real server.
    pub const PORT: u16 = 3;

    /// IP protocol number, IPPROTO_TCP (6) or IPPROTO_UDP (17).
    pub const PROTOCOL: u16 = 4;

    /// Ports that connections use, or that rest, of all addresses of its family.
    pub const TAKEN: u16 = 5;

    /// Ports that these addresses have.
    pub const PORTS: u16 = 6;

    /// The highest number of the set.
    pub const MAX: u16 = 6;
}

/// What is told of a pool.
pub mod pool_event {
    /// Name of the pool.
    pub const POOL: u16 = 1;

    /// How many ports are left.
    pub const LEVEL: u16 = 2;

    /// Towards which real server.
    pub const SERVER: u16 = 3;

    /// The highest number of the set.
    pub const MAX: u16 = 3;
}

/// Addresses of a pool. In requests a range of them, of one family: each must be
/// one that a host may send from over routers.
pub mod pool_address {
    /// Name of the pool.
    pub const POOL: u16 = 1;

    /// IPv4 address, the lowest one of a range. Exclusive with addr6.
    pub const ADDR4: u16 = 2;

    /// IPv6 address, the lowest one of a range. Exclusive with addr4.
    pub const ADDR6: u16 = 3;

    /// The highest address of a range that begins with addr4.
    pub const LAST_ADDR4: u16 = 4;

    /// The highest address of a range that begins with addr6.
    pub const LAST_ADDR6: u16 = 5;

    /// Connections that have a port of the address, towards all real servers.
    pub const USED: u16 = 6;

    /// Ports of the address that rest, towards all real servers.
    pub const RESTING: u16 = 7;

    /// Ports of the address that are free, towards the real server with the fewest.
    pub const FREE: u16 = 8;

    /// Connections that got a port of the address, since it was added.
    pub const GIVEN: u16 = 9;

    /// Connections that were to get a port of the address when none was left
    /// towards their real server. They got one of another address, if there
    /// was any.
    pub const REFUSED: u16 = 10;

    /// The highest number of the set.
    pub const MAX: u16 = 10;
}

/// What each request may hold.
pub mod policy {
    use super::connection;
    use super::dest;
    use super::persistence;
    use super::pool;
    use super::pool_address;
    use super::service;
    use super::template;
    use super::timeouts;
    use super::Kind;
    use super::Rule;

    /// Timeouts of a service of its own.
    ///
    /// What a nest of `own-timeouts` may hold.
    pub const OWN_TIMEOUTS: &[Rule] = &[
        Rule::new(timeouts::TCP, Kind::U32),
        Rule::new(timeouts::TCP_FIN, Kind::U32),
        Rule::new(timeouts::UDP, Kind::U32),
    ];

    /// How clients of a service keep their server. The first connection of a
    /// client makes a template, by which later ones get the same server, whether
    /// that has weight or is overloaded. The template ends when its time is over
    /// and so are its connections, or when the server leaves the service; see
    /// also the sysctl net.rvs.expire_quiescent_template.
    ///
    /// What a nest of `persistence` may hold.
    pub const PERSISTENCE: &[Rule] = &[
        Rule::new(persistence::TIMEOUT, Kind::U32),
        Rule::new(persistence::MASK4, Kind::U32),
        Rule::new(persistence::PREFIX6, Kind::U32Max(128)),
        Rule::new(persistence::ENGINE, Kind::U32Max(1)),
    ];

    /// The attributes that name a service.
    ///
    /// What a nest of `service-key` may hold.
    pub const SERVICE_KEY: &[Rule] = &[
        Rule::new(service::PROTOCOL, Kind::U32),
        Rule::new(service::ADDR4, Kind::U32),
        Rule::new(service::ADDR6, Kind::Exact(16)),
        Rule::new(service::PORT, Kind::U16),
        Rule::new(service::LAST_PORT, Kind::U16),
        Rule::new(service::ALL_PORTS, Kind::U32Max(1)),
        Rule::new(service::FAMILY, Kind::U32),
        Rule::new(service::MARK, Kind::U32),
    ];

    /// Attributes that `info-get` may hold: none.
    pub const INFO_GET: &[Rule] = &[];

    /// Attributes that `service-add` may hold.
    pub const SERVICE_ADD: &[Rule] = &[
        Rule::new(service::PROTOCOL, Kind::U32),
        Rule::new(service::ADDR4, Kind::U32),
        Rule::new(service::ADDR6, Kind::Exact(16)),
        Rule::new(service::PORT, Kind::U16),
        Rule::new(service::SCHEDULER, Kind::Str(15)),
        Rule::new(service::FORWARD, Kind::U32Max(6)),
        Rule::new(service::SCHEDULER_FLAGS, Kind::U32Mask(3)),
        Rule::new(service::FAST_PATH, Kind::U32Max(1)),
        Rule::new(service::TIMEOUTS, Kind::Nested(OWN_TIMEOUTS)),
        Rule::new(service::LAST_PORT, Kind::U16),
        Rule::new(service::ALL_PORTS, Kind::U32Max(1)),
        Rule::new(service::FAMILY, Kind::U32),
        Rule::new(service::MARK, Kind::U32),
        Rule::new(service::ONE_PACKET, Kind::U32Max(1)),
        Rule::new(service::PERSISTENCE, Kind::Nested(PERSISTENCE)),
        Rule::new(service::REMOVAL, Kind::U32Max(3)),
        Rule::new(service::POOL, Kind::Str(31)),
        Rule::new(service::TOA, Kind::U32Max(2)),
    ];

    /// Attributes that `service-set` may hold.
    pub const SERVICE_SET: &[Rule] = &[
        Rule::new(service::PROTOCOL, Kind::U32),
        Rule::new(service::ADDR4, Kind::U32),
        Rule::new(service::ADDR6, Kind::Exact(16)),
        Rule::new(service::PORT, Kind::U16),
        Rule::new(service::SCHEDULER, Kind::Str(15)),
        Rule::new(service::FORWARD, Kind::U32Max(6)),
        Rule::new(service::SCHEDULER_FLAGS, Kind::U32Mask(3)),
        Rule::new(service::FAST_PATH, Kind::U32Max(1)),
        Rule::new(service::TIMEOUTS, Kind::Nested(OWN_TIMEOUTS)),
        Rule::new(service::LAST_PORT, Kind::U16),
        Rule::new(service::ALL_PORTS, Kind::U32Max(1)),
        Rule::new(service::FAMILY, Kind::U32),
        Rule::new(service::MARK, Kind::U32),
        Rule::new(service::ONE_PACKET, Kind::U32Max(1)),
        Rule::new(service::PERSISTENCE, Kind::Nested(PERSISTENCE)),
        Rule::new(service::REMOVAL, Kind::U32Max(3)),
        Rule::new(service::POOL, Kind::Str(31)),
        Rule::new(service::TOA, Kind::U32Max(2)),
    ];

    /// Attributes that `service-del` may hold.
    pub const SERVICE_DEL: &[Rule] = &[
        Rule::new(service::PROTOCOL, Kind::U32),
        Rule::new(service::ADDR4, Kind::U32),
        Rule::new(service::ADDR6, Kind::Exact(16)),
        Rule::new(service::PORT, Kind::U16),
        Rule::new(service::LAST_PORT, Kind::U16),
        Rule::new(service::ALL_PORTS, Kind::U32Max(1)),
        Rule::new(service::FAMILY, Kind::U32),
        Rule::new(service::MARK, Kind::U32),
    ];

    /// Attributes that a `service-get` do request may hold.
    pub const SERVICE_GET_DO: &[Rule] = &[
        Rule::new(service::PROTOCOL, Kind::U32),
        Rule::new(service::ADDR4, Kind::U32),
        Rule::new(service::ADDR6, Kind::Exact(16)),
        Rule::new(service::PORT, Kind::U16),
        Rule::new(service::LAST_PORT, Kind::U16),
        Rule::new(service::ALL_PORTS, Kind::U32Max(1)),
        Rule::new(service::FAMILY, Kind::U32),
        Rule::new(service::MARK, Kind::U32),
    ];

    /// Attributes that a `service-get` dump request may hold: none.
    pub const SERVICE_GET_DUMP: &[Rule] = &[];

    /// Attributes that `dest-add` may hold.
    pub const DEST_ADD: &[Rule] = &[
        Rule::new(dest::SERVICE, Kind::Nested(SERVICE_KEY)),
        Rule::new(dest::ADDR4, Kind::U32),
        Rule::new(dest::ADDR6, Kind::Exact(16)),
        Rule::new(dest::PORT, Kind::U16),
        Rule::new(dest::WEIGHT, Kind::U32Max(2147483647)),
        Rule::new(dest::FORWARD, Kind::U32Max(6)),
        Rule::new(dest::UPPER_THRESHOLD, Kind::U32Max(2147483647)),
        Rule::new(dest::LOWER_THRESHOLD, Kind::U32Max(2147483647)),
        Rule::new(dest::TUNNEL, Kind::U32Max(2)),
        Rule::new(dest::TUNNEL_PORT, Kind::U16),
        Rule::new(dest::TUNNEL_CHECKSUM, Kind::U32Max(2)),
        Rule::new(dest::KEEP_PORT, Kind::U32Max(1)),
    ];

    /// Attributes that `dest-set` may hold.
    pub const DEST_SET: &[Rule] = &[
        Rule::new(dest::SERVICE, Kind::Nested(SERVICE_KEY)),
        Rule::new(dest::ADDR4, Kind::U32),
        Rule::new(dest::ADDR6, Kind::Exact(16)),
        Rule::new(dest::PORT, Kind::U16),
        Rule::new(dest::WEIGHT, Kind::U32Max(2147483647)),
        Rule::new(dest::FORWARD, Kind::U32Max(6)),
        Rule::new(dest::UPPER_THRESHOLD, Kind::U32Max(2147483647)),
        Rule::new(dest::LOWER_THRESHOLD, Kind::U32Max(2147483647)),
        Rule::new(dest::TUNNEL, Kind::U32Max(2)),
        Rule::new(dest::TUNNEL_PORT, Kind::U16),
        Rule::new(dest::TUNNEL_CHECKSUM, Kind::U32Max(2)),
    ];

    /// Attributes that `dest-del` may hold.
    pub const DEST_DEL: &[Rule] = &[
        Rule::new(dest::SERVICE, Kind::Nested(SERVICE_KEY)),
        Rule::new(dest::ADDR4, Kind::U32),
        Rule::new(dest::ADDR6, Kind::Exact(16)),
        Rule::new(dest::PORT, Kind::U16),
    ];

    /// Attributes that a `dest-get` do request may hold.
    pub const DEST_GET_DO: &[Rule] = &[
        Rule::new(dest::SERVICE, Kind::Nested(SERVICE_KEY)),
        Rule::new(dest::ADDR4, Kind::U32),
        Rule::new(dest::ADDR6, Kind::Exact(16)),
        Rule::new(dest::PORT, Kind::U16),
    ];

    /// Attributes that a `dest-get` dump request may hold.
    pub const DEST_GET_DUMP: &[Rule] = &[Rule::new(dest::SERVICE, Kind::Nested(SERVICE_KEY))];

    /// Attributes that `flush` may hold: none.
    pub const FLUSH: &[Rule] = &[];

    /// Attributes that `stats-get` may hold: none.
    pub const STATS_GET: &[Rule] = &[];

    /// Attributes that `connection-get` may hold.
    pub const CONNECTION_GET: &[Rule] =
        &[Rule::new(connection::SERVICE, Kind::Nested(SERVICE_KEY))];

    /// Attributes that `timeouts-get` may hold: none.
    pub const TIMEOUTS_GET: &[Rule] = &[];

    /// Attributes that `timeouts-set` may hold.
    pub const TIMEOUTS_SET: &[Rule] = &[
        Rule::new(timeouts::TCP, Kind::U32),
        Rule::new(timeouts::TCP_FIN, Kind::U32),
        Rule::new(timeouts::UDP, Kind::U32),
    ];

    /// Attributes that `zero` may hold.
    pub const ZERO: &[Rule] = &[
        Rule::new(service::PROTOCOL, Kind::U32),
        Rule::new(service::ADDR4, Kind::U32),
        Rule::new(service::ADDR6, Kind::Exact(16)),
        Rule::new(service::PORT, Kind::U16),
        Rule::new(service::LAST_PORT, Kind::U16),
        Rule::new(service::ALL_PORTS, Kind::U32Max(1)),
        Rule::new(service::FAMILY, Kind::U32),
        Rule::new(service::MARK, Kind::U32),
    ];

    /// Attributes that `template-get` may hold.
    pub const TEMPLATE_GET: &[Rule] = &[Rule::new(template::SERVICE, Kind::Nested(SERVICE_KEY))];

    /// Attributes that `pool-add` may hold.
    pub const POOL_ADD: &[Rule] = &[
        Rule::new(pool::NAME, Kind::Str(31)),
        Rule::new(pool::FIRST_PORT, Kind::U16),
        Rule::new(pool::LAST_PORT, Kind::U16),
    ];

    /// Attributes that `pool-set` may hold.
    pub const POOL_SET: &[Rule] = &[
        Rule::new(pool::NAME, Kind::Str(31)),
        Rule::new(pool::FIRST_PORT, Kind::U16),
        Rule::new(pool::LAST_PORT, Kind::U16),
    ];

    /// Attributes that `pool-del` may hold.
    pub const POOL_DEL: &[Rule] = &[Rule::new(pool::NAME, Kind::Str(31))];

    /// Attributes that a `pool-get` do request may hold.
    pub const POOL_GET_DO: &[Rule] = &[Rule::new(pool::NAME, Kind::Str(31))];

    /// Attributes that a `pool-get` dump request may hold: none.
    pub const POOL_GET_DUMP: &[Rule] = &[];

    /// Attributes that `pool-address-add` may hold.
    pub const POOL_ADDRESS_ADD: &[Rule] = &[
        Rule::new(pool_address::POOL, Kind::Str(31)),
        Rule::new(pool_address::ADDR4, Kind::U32),
        Rule::new(pool_address::ADDR6, Kind::Exact(16)),
        Rule::new(pool_address::LAST_ADDR4, Kind::U32),
        Rule::new(pool_address::LAST_ADDR6, Kind::Exact(16)),
    ];

    /// Attributes that `pool-address-del` may hold.
    pub const POOL_ADDRESS_DEL: &[Rule] = &[
        Rule::new(pool_address::POOL, Kind::Str(31)),
        Rule::new(pool_address::ADDR4, Kind::U32),
        Rule::new(pool_address::ADDR6, Kind::Exact(16)),
        Rule::new(pool_address::LAST_ADDR4, Kind::U32),
        Rule::new(pool_address::LAST_ADDR6, Kind::Exact(16)),
    ];

    /// Attributes that `pool-address-get` may hold.
    pub const POOL_ADDRESS_GET: &[Rule] = &[Rule::new(pool_address::POOL, Kind::Str(31))];
}
