// SPDX-License-Identifier: GPL-2.0-only

//! Lines of the files by which IPVS tells of itself in `/proc/net`, to the byte as C prints them.
//!
//! C: `ip_vs_info_seq_show()`, `ip_vs_conn_seq_show()` and others below `net/netfilter/ipvs`

use core::{
    fmt::{
        self,
        Display,
        Formatter, //
    },
    net::{
        Ipv4Addr,
        Ipv6Addr, //
    }, //
};

use super::{
    addr::{
        Addr,
        Endpoint,
        Family, //
    },
    service_key::ServiceKey, //
};

/// The beginning of `/proc/net/ip_vs`. The version is that of the netlink family.
pub struct Heading {
    /// Number of buckets of the table of connections, 0 before there is one.
    pub buckets: usize,
}

impl Display for Heading {
    fn fmt(&self, text: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            text,
            "IP Virtual Server version 1.2.1 (size={})",
            self.buckets
        )?;
        text.write_str("Prot LocalAddress:Port Scheduler Flags\n")?;
        text.write_str("  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n")
    }
}

/// Persistence of a service.
#[derive(Clone, Copy)]
pub struct Persistence {
    /// Timeout in jiffies.
    pub timeout: u32,
    /// Netmask, its bytes as in an address.
    pub netmask: [u8; 4],
}

/// A service in `/proc/net/ip_vs`. One of a range of ports shows as one of all.
pub struct Service<'a> {
    /// What names it.
    pub key: &'a ServiceKey,
    /// Name of the scheduler.
    pub scheduler: &'a str,
    /// Whether each datagram is scheduled by itself.
    pub one_packet: bool,
    /// Its persistence, if it is persistent.
    pub persistence: Option<Persistence>,
}

impl Display for Service<'_> {
    fn fmt(&self, text: &mut Formatter<'_>) -> fmt::Result {
        let scheduler = self.scheduler;
        let one_packet = if self.one_packet { "ops " } else { "" };
        match self.key {
            ServiceKey::Address { protocol, addr, .. } => {
                let service = Bracketed(Endpoint::new(*addr, self.key.one_port().unwrap_or(0)));
                write!(text, "{}  {service} {scheduler} ", protocol.name())?;
                // Only those of IPv4 tell.
                if let Addr::V4(_) = addr {
                    write!(text, "{one_packet} ")?;
                }
            }
            ServiceKey::Mark { mark, .. } => {
                write!(text, "FWM  {mark:08X} {scheduler} {one_packet}")?;
            }
        }
        match self.persistence {
            Some(Persistence { timeout, netmask }) => {
                let netmask = u32::from_be_bytes(netmask);
                // C prints a signed number.
                writeln!(text, "persistent {} {netmask:08X}", timeout as i32)
            }
            None => text.write_str("\n"),
        }
    }
}

/// A destination in `/proc/net/ip_vs`.
pub struct Destination {
    /// Address and port.
    pub endpoint: Endpoint,
    /// Name of the forward method: `Masq`, `Route` or `Tunnel`.
    pub forward: &'static str,
    /// Weight.
    pub weight: u32,
    /// Active connections.
    pub active: u32,
    /// Those that are not.
    pub inactive: u32,
}

impl Display for Destination {
    fn fmt(&self, text: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            text,
            "  -> {}      {:<7} {:<6} {:<10} {:<10}",
            Bracketed(self.endpoint),
            self.forward,
            self.weight,
            self.active,
            self.inactive
        )
    }
}

/// The beginning of `/proc/net/ip_vs_conn`.
pub const CONNECTIONS_HEADING: &str =
    "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";

/// The beginning of `/proc/net/ip_vs_conn_sync`.
pub const SYNC_HEADING: &str =
    "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires\n";

/// A connection in `/proc/net/ip_vs_conn`, or of those that are or are not synchronised.
pub struct Connection<'a> {
    /// Name of the protocol.
    pub protocol: &'a str,
    /// The client.
    pub client: Endpoint,
    /// Virtual address and port.
    pub service: Endpoint,
    /// The real server.
    pub server: Endpoint,
    /// Name of the state.
    pub state: &'a str,
    /// Where it comes from, in the file that tells it.
    pub origin: Option<&'static str>,
    /// Seconds until it has been idle for too long.
    pub expires: u32,
    /// Of a template, what its persistence engine has found.
    pub engine: Option<(&'static str, &'a str)>,
}

impl Display for Connection<'_> {
    fn fmt(&self, text: &mut Formatter<'_>) -> fmt::Result {
        write!(
            text,
            "{:<3} {} {} {} {:<11} ",
            self.protocol,
            Apart(self.client),
            Apart(self.service),
            Apart(self.server),
            self.state
        )?;
        if let Some(origin) = self.origin {
            write!(text, "{origin:<6} ")?;
        }
        write!(text, "{:>7}", self.expires)?;
        if let Some((name, data)) = self.engine {
            write!(text, " {name} {data}")?;
        }
        text.write_str("\n")
    }
}

/// How a template of persistence shows among connections: the name of its protocol, and the service. Those
/// of many ports have port 0; that of a mark has the mark for an address.
pub fn template_of(service: &ServiceKey) -> (&'static str, Endpoint) {
    match service {
        ServiceKey::Address { protocol, addr, .. } => {
            let port = service.one_port().filter(|_| !service.has_many_ports());
            (protocol.name(), Endpoint::new(*addr, port.unwrap_or(0)))
        }
        ServiceKey::Mark { family, mark } => {
            let addr = match family {
                Family::V4 => Addr::V4(Ipv4Addr::from_bits(*mark)),
                // The first four bytes, as of IPv4.
                Family::V6 => Addr::V6(Ipv6Addr::from_bits(u128::from(*mark) << 96)),
            };
            ("IP", Endpoint::new(addr, 0))
        }
    }
}

/// Counters or rates, as `ip_vs_stats` and `ip_vs_stats_percpu` print them: connections, packets and
/// bytes from clients and from servers.
pub struct Counts {
    /// Connections.
    pub connections: u64,
    /// Packets from clients.
    pub in_packets: u64,
    /// Packets from servers.
    pub out_packets: u64,
    /// Bytes from clients.
    pub in_bytes: u64,
    /// Bytes from servers.
    pub out_bytes: u64,
}

impl Display for Counts {
    fn fmt(&self, text: &mut Formatter<'_>) -> fmt::Result {
        write!(
            text,
            "{:8X} {:8X} {:8X} {:16X} {:16X}",
            self.connections, self.in_packets, self.out_packets, self.in_bytes, self.out_bytes
        )
    }
}

/// `/proc/net/ip_vs_stats`: what was counted, and how much of it there is in a second.
pub struct Stats {
    /// Counters.
    pub counts: Counts,
    /// Rates.
    pub rates: Counts,
}

impl Display for Stats {
    fn fmt(&self, text: &mut Formatter<'_>) -> fmt::Result {
        text.write_str("   Total Incoming Outgoing         Incoming         Outgoing\n")?;
        text.write_str("   Conns  Packets  Packets            Bytes            Bytes\n")?;
        write!(text, "{}\n\n", self.counts)?;
        text.write_str(" Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n")?;
        writeln!(text, "{}", self.rates)
    }
}

/// The beginning of `/proc/net/ip_vs_stats_percpu`.
pub const PER_CPU_HEADING: &str = concat!(
    "       Total Incoming Outgoing         Incoming         Outgoing\n",
    "CPU    Conns  Packets  Packets            Bytes            Bytes\n",
);

/// What one CPU has counted.
pub struct OfCpu {
    /// Its number.
    pub cpu: u32,
    /// Counters.
    pub counts: Counts,
}

impl Display for OfCpu {
    fn fmt(&self, text: &mut Formatter<'_>) -> fmt::Result {
        writeln!(text, "{:3X} {}", self.cpu, self.counts)
    }
}

/// The end of `/proc/net/ip_vs_stats_percpu`: all CPUs together.
pub struct OfAllCpus(pub Stats);

impl Display for OfAllCpus {
    fn fmt(&self, text: &mut Formatter<'_>) -> fmt::Result {
        write!(text, "  ~ {}\n\n", self.0.counts)?;
        text.write_str("     Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n")?;
        writeln!(text, "    {}", self.0.rates)
    }
}

/// `/proc/net/ip_vs_app`, of a director without helpers for protocols.
pub const APPLICATIONS: &str = "prot port    usecnt name\n";

/// How many entries the buckets of a table have, in `/proc/net/ip_vs_status`.
#[derive(Clone, Copy, Default)]
pub struct Chains([u32; Self::LENGTHS]);

impl Chains {
    /// Lengths that are told apart: 0 to 6, and more.
    const LENGTHS: usize = 8;

    /// Counts a bucket with so many entries.
    pub fn count(&mut self, entries: usize) {
        let last = Self::LENGTHS - 1;
        if let Some(number) = self.0.get_mut(entries.min(last)) {
            *number = number.wrapping_add(1);
        }
    }
}

/// A table in `/proc/net/ip_vs_status`.
pub struct Table {
    /// What it is called.
    pub name: &'static str,
    /// The number of its buckets, 0 before there is one.
    pub buckets: usize,
    /// The setting that says how full it gets.
    pub load_factor: i32,
    /// Its buckets, unless it is empty.
    pub chains: Option<Chains>,
}

impl Display for Table {
    fn fmt(&self, text: &mut Formatter<'_>) -> fmt::Result {
        let Self { name, buckets, .. } = self;
        let (bits, load_factor) = match buckets.checked_ilog2() {
            Some(bits) => (bits, self.load_factor),
            None => (0, 0),
        };
        writeln!(
            text,
            "{name} buckets:\t{buckets} ({bits} bits, lfactor {load_factor})"
        )?;
        let Some(Chains(counts)) = self.chains else {
            return Ok(());
        };
        let percent = |part: u32, all: u64| {
            let all = if all == 0 { 1 } else { all };
            u64::from(part)
                .saturating_mul(100)
                .checked_div(all)
                .unwrap_or(0)
        };
        let all: u64 = counts.iter().copied().map(u64::from).sum();
        let [empty, ..] = counts;
        writeln!(
            text,
            "{name} buckets empty:\t{empty} ({}%)",
            percent(empty, all)
        )?;
        let used = all.saturating_sub(empty.into());
        for (length, count) in counts.into_iter().enumerate().skip(1) {
            if count > 0 {
                writeln!(
                    text,
                    "{name} buckets len-{length}:\t{count} ({}%)",
                    percent(count, used)
                )?;
            }
        }
        Ok(())
    }
}

/// An address, and behind it the port: with brackets where that is needed.
struct Bracketed(Endpoint);

impl Display for Bracketed {
    fn fmt(&self, text: &mut Formatter<'_>) -> fmt::Result {
        let Endpoint { addr, port } = self.0;
        match addr {
            Addr::V4(_) => write!(text, "{}:{port:04X}", Hex(addr)),
            Addr::V6(_) => write!(text, "[{}]:{port:04X}", Hex(addr)),
        }
    }
}

/// An address and a port, in columns.
struct Apart(Endpoint);

impl Display for Apart {
    fn fmt(&self, text: &mut Formatter<'_>) -> fmt::Result {
        write!(text, "{} {:04X}", Hex(self.0.addr), self.0.port)
    }
}

/// All digits of an address: of IPv4 as one number, of IPv6 as `%pI6` of the kernel prints them.
struct Hex(Addr);

impl Display for Hex {
    fn fmt(&self, text: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Addr::V4(addr) => write!(text, "{:08X}", addr.to_bits()),
            Addr::V6(addr) => {
                let [first, rest @ ..] = addr.segments();
                write!(text, "{first:04x}")?;
                rest.iter().try_for_each(|part| write!(text, ":{part:04x}"))
            }
        }
    }
}
