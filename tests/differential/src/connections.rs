// SPDX-License-Identifier: GPL-2.0-only

//! The connections that a director has.

use std::{
    fmt,
    fs,
    io,
    net::{
        IpAddr,
        Ipv6Addr,
        SocketAddr, //
    },
    process::Command,
    str::FromStr,
    thread,
    time::Duration, //
};

use serde::Deserialize;

use crate::wire::{
    SCTP,
    TCP,
    UDP, //
};

/// See `of_proc_settled()`.
const SETTLED: Duration = Duration::from_millis(20);
const ATTEMPTS: usize = 50;

/// What both load balancers tell of a connection. Its time is left out: it depends on when the list was made.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Connection {
    pub(crate) protocol: u8,
    pub(crate) client: SocketAddr,
    pub(crate) service: SocketAddr,
    pub(crate) server: SocketAddr,
    pub(crate) state: String,
}

impl Connection {
    /// By what the flow of a group is known.
    pub(crate) fn key(&self) -> (u8, u16) {
        (self.protocol, self.client.port())
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            protocol,
            client,
            service,
            server,
            state,
        } = self;
        write!(f, "{protocol} {client} {service} {server} {state}")
    }
}

impl FromStr for Connection {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let words: Vec<&str> = line.split(' ').collect();
        let [protocol, client, service, server, state] = words[..] else {
            return Err(format!("no connection: {line}"));
        };
        let end = |text: &str| {
            text.parse()
                .map_err(|_| format!("no address and port: {text}"))
        };
        Ok(Self {
            protocol: protocol
                .parse()
                .map_err(|_| format!("no protocol: {protocol}"))?,
            client: end(client)?,
            service: end(service)?,
            server: end(server)?,
            state: state.to_owned(),
        })
    }
}

/// A load balancer, by the way it tells of its connections.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Balancer {
    /// The kernel's IPVS, by `/proc/net/ip_vs_conn`.
    IpVs,
    /// RVS, by `rvsadm --json connection list`.
    Rvs,
}

impl Balancer {
    /// The connections in the namespace that this program is in.
    pub(crate) fn connections(self) -> io::Result<Vec<Connection>> {
        match self {
            Self::IpVs => of_proc_settled(),
            Self::Rvs => {
                let list = Command::new("rvsadm")
                    .args(["--json", "connection", "list"])
                    .output()?;
                if !list.status.success() {
                    let error = String::from_utf8_lossy(&list.stderr).into_owned();
                    return Err(io::Error::other(error));
                }
                of_json(&list.stdout)
            }
        }
    }
}

/// IPVS misses some while its table is replaced, and tells of some that a timer is about to end. A list that is the same
/// twice, some while apart, is right.
fn of_proc_settled() -> io::Result<Vec<Connection>> {
    let read = || -> io::Result<Vec<Connection>> {
        let mut connections = of_proc(&fs::read_to_string("/proc/net/ip_vs_conn")?)?;
        connections.sort();
        Ok(connections)
    };
    let mut before = read()?;
    for _ in 0..ATTEMPTS {
        thread::sleep(SETTLED);
        let now = read()?;
        if now == before {
            break;
        }
        before = now;
    }
    Ok(before)
}

/// Reads the file of IPVS: numbers are hexadecimal. The first line is the heading.
fn of_proc(text: &str) -> io::Result<Vec<Connection>> {
    let line = |line: &str| -> Option<Connection> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let end = |at: usize| -> Option<SocketAddr> {
            let address: IpAddr = match words.get(at)? {
                address if address.contains(':') => address.parse::<Ipv6Addr>().ok()?.into(),
                address => u32::from_str_radix(address, 16).ok()?.to_be_bytes().into(),
            };
            let port = u16::from_str_radix(words.get(at + 1)?, 16).ok()?;
            Some(SocketAddr::new(address, port))
        };
        Some(Connection {
            protocol: protocol(words.first()?)?,
            client: end(1)?,
            service: end(3)?,
            server: end(5)?,
            state: (*words.get(7)?).to_owned(),
        })
    };
    text.lines()
        .skip(1)
        .map(|text| {
            line(text).ok_or_else(|| io::Error::other(format!("/proc/net/ip_vs_conn: {text}")))
        })
        .collect()
}

#[derive(Deserialize)]
struct List {
    connections: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    protocol: String,
    address: IpAddr,
    port: u16,
    client_address: IpAddr,
    client_port: u16,
    server_address: IpAddr,
    server_port: u16,
    state: String,
}

fn of_json(text: &[u8]) -> io::Result<Vec<Connection>> {
    let list: List = serde_json::from_slice(text)?;
    list.connections
        .into_iter()
        .map(|listed| {
            Some(Connection {
                protocol: protocol(&listed.protocol)?,
                client: SocketAddr::new(listed.client_address, listed.client_port),
                service: SocketAddr::new(listed.address, listed.port),
                server: SocketAddr::new(listed.server_address, listed.server_port),
                state: listed.state,
            })
        })
        .collect::<Option<_>>()
        .ok_or_else(|| io::Error::other("rvsadm tells of an unknown protocol"))
}

fn protocol(name: &str) -> Option<u8> {
    match name {
        "TCP" | "tcp" => Some(TCP),
        "UDP" | "udp" => Some(UDP),
        "SCTP" | "sctp" => Some(SCTP),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tell_the_same() {
        let proc =
            "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n\
            TCP C000020A 2710 C6336401 1F40 0A00000B 0050 ESTABLISHED     899\n";
        let json = br#"{"connections":[
            {"service":"tcp/198.51.100.1:8000","protocol":"tcp","address":"198.51.100.1","port":8000,
            "client_address":"192.0.2.10","client_port":10000,"server_address":"10.0.0.11","server_port":80,
            "forward":"nat","state":"ESTABLISHED","expires":899}]}"#;
        let of_proc6 = of_proc(
            "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n\
            UDP 2001:0db8:0001:0000:0000:0000:0000:0010 2710 2001:0db8:0006:0000:0000:0000:0000:0001 1F40 \
            fd00:0000:0000:0000:0000:0000:0000:0011 0050 UDP             299\n",
        );
        assert_eq!(
            of_proc6.unwrap()[0].to_string(),
            "17 [2001:db8:1::10]:10000 [2001:db8:6::1]:8000 [fd00::11]:80 UDP"
        );
        let of_proc = of_proc(proc).unwrap();
        assert_eq!(of_proc, of_json(json).unwrap());
        let line = "6 192.0.2.10:10000 198.51.100.1:8000 10.0.0.11:80 ESTABLISHED";
        assert_eq!(of_proc[0].to_string(), line);
        assert_eq!(of_proc[0], line.parse().unwrap());
    }
}
