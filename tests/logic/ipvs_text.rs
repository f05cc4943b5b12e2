// SPDX-License-Identifier: GPL-2.0-only

//! Lines of `/proc/net/ip_vs*`, by the formats of C `ip_vs` in Linux 7.3: also those that no director prints yet.

use std::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

use rvs_logic::logic::{
    addr::{
        Addr,
        Endpoint,
        Family, //
    },
    ipvs_text::*,
    protocol::Protocol,
    service_key::{
        Ports,
        ServiceKey, //
    },
};

fn v4(octets: [u8; 4], port: u16) -> Endpoint {
    Endpoint::new(Addr::V4(Ipv4Addr::from(octets)), port)
}

fn v6(text: &str, port: u16) -> Endpoint {
    Endpoint::new(Addr::V6(text.parse::<Ipv6Addr>().unwrap()), port)
}

fn service(key: ServiceKey, one_packet: bool, persistence: Option<Persistence>) -> String {
    let service = Service {
        key: &key,
        scheduler: "wlc",
        one_packet,
        persistence,
    };
    service.to_string()
}

// ip_vs_info_seq_show() of C: blanks at the ends of lines differ by kind.
#[test]
fn services() {
    let persistence = Some(Persistence {
        timeout: 90_000,
        netmask: [255, 255, 255, 0],
    });
    let tcp = ServiceKey::of(Protocol::Tcp, v4([192, 0, 2, 1], 80));
    assert_eq!(service(tcp, false, None), "TCP  C0000201:0050 wlc  \n");
    assert_eq!(
        service(tcp, false, persistence),
        "TCP  C0000201:0050 wlc  persistent 90000 FFFFFF00\n"
    );
    let udp = ServiceKey::of(Protocol::Udp, v4([192, 0, 2, 1], 53));
    assert_eq!(service(udp, true, None), "UDP  C0000201:0035 wlc ops  \n");
    let all = ServiceKey::Address {
        protocol: Protocol::Tcp,
        addr: Addr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        ports: Ports::All,
    };
    assert_eq!(
        service(all, false, persistence),
        "TCP  C0000201:0000 wlc  persistent 90000 FFFFFF00\n"
    );
    let mark = ServiceKey::Mark {
        family: Family::V4,
        mark: 7,
    };
    assert_eq!(service(mark, false, None), "FWM  00000007 wlc \n");
    assert_eq!(service(mark, true, None), "FWM  00000007 wlc ops \n");
    let tcp = ServiceKey::of(Protocol::Tcp, v6("2001:db8::1", 443));
    assert_eq!(
        service(tcp, false, None),
        "TCP  [2001:0db8:0000:0000:0000:0000:0000:0001]:01BB wlc \n"
    );
}

#[test]
fn destinations() {
    let destination = |endpoint| {
        let destination = Destination {
            endpoint,
            forward: "Tunnel",
            weight: 1,
            active: 2,
            inactive: 1_234_567_890,
        };
        destination.to_string()
    };
    assert_eq!(
        destination(v4([10, 0, 0, 11], 8080)),
        "  -> 0A00000B:1F90      Tunnel  1      2          1234567890\n"
    );
    assert_eq!(
        destination(v6("2001:db8::11", 80)),
        "  -> [2001:0db8:0000:0000:0000:0000:0000:0011]:0050      Tunnel  1      2          1234567890\n"
    );
}

#[test]
fn connections() {
    let connection = Connection {
        protocol: "TCP",
        client: v6("2001:db8::10", 40000),
        service: v6("2001:db8::1", 80),
        server: v4([10, 0, 0, 11], 8080),
        state: "NONE",
        origin: None,
        expires: 59,
        engine: None,
    };
    assert_eq!(
        connection.to_string(),
        "TCP 2001:0db8:0000:0000:0000:0000:0000:0010 9C40 2001:0db8:0000:0000:0000:0000:0000:0001 0050 \
         0A00000B 1F90 NONE             59\n"
    );
}

#[test]
fn lengths_above_six_are_one() {
    let mut chains = Chains::default();
    for length in [0, 0, 1, 6, 7, 100] {
        chains.count(length);
    }
    let table = Table {
        name: "Conn",
        buckets: 256,
        load_factor: -2,
        chains: Some(chains),
    };
    assert_eq!(
        table.to_string(),
        "Conn buckets:\t256 (8 bits, lfactor -2)\nConn buckets empty:\t2 (33%)\nConn buckets len-1:\t1 (25%)\n\
         Conn buckets len-6:\t1 (25%)\nConn buckets len-7:\t2 (50%)\n"
    );
}

// ip_vs_sched_persist() of C: the port of a service of one port, but for that of FTP, 21; IPPROTO_IP and the mark
// for an address of one of a mark.
#[test]
fn templates_tell_their_service() {
    let of_ports = |ports| ServiceKey::Address {
        protocol: Protocol::Udp,
        addr: Addr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        ports,
    };
    let ftp = ServiceKey::of(Protocol::Tcp, v4([192, 0, 2, 1], 21));
    let mark = ServiceKey::Mark {
        family: Family::V4,
        mark: 0x8000_0007,
    };
    let mark6 = ServiceKey::Mark {
        family: Family::V6,
        mark: 0x8000_0007,
    };
    for (service, protocol, endpoint) in [
        (of_ports(Ports::One(53)), "UDP", v4([192, 0, 2, 1], 53)),
        (of_ports(Ports::All), "UDP", v4([192, 0, 2, 1], 0)),
        (ftp, "TCP", v4([192, 0, 2, 1], 0)),
        (mark, "IP", v4([128, 0, 0, 7], 0)),
        (mark6, "IP", v6("8000:7::", 0)),
    ] {
        assert_eq!(template_of(&service), (protocol, endpoint), "{service:?}");
    }
}
