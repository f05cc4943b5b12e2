// SPDX-License-Identifier: GPL-2.0-only

//! Lists of connections, to the byte.

mod kernel;
mod run;

use std::ffi::OsString;
use std::io;
use std::io::Write;

use kernel::attribute;
use kernel::extack_message;
use kernel::nest;
use kernel::number;
use kernel::Kernel;
use netlink_packet_core::DefaultNla;
use run::fails;
use run::run;

const CONNECTION_GET: u8 = 12;
const EINVAL: i32 = 22;
const NLM_F_DUMP_INTR: u16 = 0x10;

fn port(number: u16, port: u16) -> DefaultNla {
    attribute(number, &port.to_be_bytes())
}

/// Of a client of tcp/192.0.2.1:80.
fn web(client: [u8; 4], client_port: u16, state: u32, expires: u32) -> Vec<DefaultNla> {
    let service = [number(1, 6), attribute(2, &[192, 0, 2, 1]), port(4, 80)];
    vec![
        nest(1, &service),
        attribute(2, &client),
        port(4, client_port),
        attribute(5, &[10, 0, 0, 2]),
        port(7, 8080),
        number(8, 0),
        number(9, state),
        number(10, expires),
        number(11, 6),
        attribute(12, &[192, 0, 2, 1]),
        port(14, 80),
    ]
}

fn ip6(last: u8) -> [u8; 16] {
    [
        0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last,
    ]
}

fn dns() -> Vec<DefaultNla> {
    let service = [number(1, 17), attribute(3, &ip6(1)), port(4, 53)];
    vec![
        nest(1, &service),
        attribute(3, &ip6(9)),
        port(4, 4000),
        attribute(6, &ip6(2)),
        port(7, 53),
        number(8, 1),
        number(9, 16),
        number(10, 0),
        number(11, 17),
        attribute(13, &ip6(1)),
        port(14, 53),
        // An attribute of a newer module is passed over.
        number(99, 1),
    ]
}

fn kernel(entries: Vec<Vec<DefaultNla>>) -> Kernel {
    Kernel::new().dump(0, CONNECTION_GET, entries)
}

#[track_caller]
fn prints(line: &str, kernel: Kernel, expected: &str) {
    let outcome = run(line, kernel);
    assert_eq!(outcome.err, "");
    assert_eq!(outcome.out, expected);
    assert_eq!(outcome.code, 0);
}

#[test]
fn a_table_for_humans() {
    prints(
        "rvsadm connection list",
        kernel(vec![
            web([203, 0, 113, 10], 40000, 1, 899),
            web([203, 0, 113, 9], 1, 5, 7),
            dns(),
        ]),
        "\
SERVICE               CLIENT              SERVER            FORWARD  STATE        EXPIRES
tcp/192.0.2.1:80      203.0.113.10:40000  10.0.0.2:8080     nat      ESTABLISHED  899s
tcp/192.0.2.1:80      203.0.113.9:1       10.0.0.2:8080     nat      TIME_WAIT    7s
udp/[2001:db8::1]:53  [2001:db8::9]:4000  [2001:db8::2]:53  dr       UDP          0s
",
    );
    prints("rvsadm connection list", kernel(vec![]), "no connections\n");
}

/// The first connection, by way of another service.
fn by_way_of(service: &[DefaultNla]) -> Vec<DefaultNla> {
    let mut connection = web([203, 0, 113, 10], 40000, 1, 899);
    connection[0] = nest(1, service);
    connection
}

#[test]
fn of_a_service_of_many_ports_it_is_told_which_one() {
    let connections = || {
        vec![
            by_way_of(&[number(14, 2), number(15, 7)]),
            by_way_of(&[number(1, 6), attribute(2, &[192, 0, 2, 1]), number(13, 1)]),
            by_way_of(&[
                number(1, 6),
                attribute(2, &[192, 0, 2, 1]),
                port(4, 1),
                port(12, 1023),
            ]),
        ]
    };
    prints(
        "rvsadm connection list",
        kernel(connections()),
        "\
SERVICE                                CLIENT              SERVER         FORWARD  STATE        EXPIRES
mark/7,tcp/192.0.2.1:80                203.0.113.10:40000  10.0.0.2:8080  nat      ESTABLISHED  899s
tcp/192.0.2.1:*,tcp/192.0.2.1:80       203.0.113.10:40000  10.0.0.2:8080  nat      ESTABLISHED  899s
tcp/192.0.2.1:1-1023,tcp/192.0.2.1:80  203.0.113.10:40000  10.0.0.2:8080  nat      ESTABLISHED  899s
",
    );
    let outcome = run("rvsadm -j connection list", kernel(connections()));
    for service in ["mark/7", "tcp/192.0.2.1:*", "tcp/192.0.2.1:1-1023"] {
        let object =
            format!(r#"{{"service":"{service}","protocol":"tcp","address":"192.0.2.1","port":80,"#);
        assert!(outcome.out.contains(&object), "{}", outcome.out);
    }
}

/// The first connection, by full NAT.
fn by_full_nat(local: &[DefaultNla]) -> Vec<DefaultNla> {
    let mut connection = web([203, 0, 113, 10], 40000, 1, 899);
    connection[5] = number(8, 5);
    connection.extend_from_slice(local);
    connection
}

#[test]
fn by_full_nat_the_local_endpoint_is_told() {
    let connections = || {
        vec![
            by_full_nat(&[attribute(15, &[192, 0, 2, 10]), port(17, 20000)]),
            by_full_nat(&[attribute(16, &ip6(7)), port(17, 20000)]),
        ]
    };
    prints(
        "rvsadm connection list",
        kernel(connections()),
        "\
SERVICE           CLIENT              SERVER         FORWARD                      STATE        EXPIRES
tcp/192.0.2.1:80  203.0.113.10:40000  10.0.0.2:8080  fullnat,192.0.2.10:20000     ESTABLISHED  899s
tcp/192.0.2.1:80  203.0.113.10:40000  10.0.0.2:8080  fullnat,[2001:db8::7]:20000  ESTABLISHED  899s
",
    );
    let outcome = run("rvsadm -j connection list", kernel(connections()));
    for local in [
        r#""server_port":8080,"local_address":"192.0.2.10","local_port":20000,"forward":"fullnat","#,
        r#""server_port":8080,"local_address":"2001:db8::7","local_port":20000,"forward":"fullnat","#,
    ] {
        assert!(outcome.out.contains(local), "{}", outcome.out);
    }
}

#[test]
fn json_for_programs() {
    prints(
        "rvsadm connection list --json",
        kernel(vec![web([203, 0, 113, 10], 40000, 3, 60), dns()]),
        r#"{"connections":[
{"service":"tcp/192.0.2.1:80","protocol":"tcp","address":"192.0.2.1","port":80,"client_address":"203.0.113.10","client_port":40000,"server_address":"10.0.0.2","server_port":8080,"forward":"nat","state":"SYN_RECV","expires":60},
{"service":"udp/[2001:db8::1]:53","protocol":"udp","address":"2001:db8::1","port":53,"client_address":"2001:db8::9","client_port":4000,"server_address":"2001:db8::2","server_port":53,"forward":"dr","state":"UDP","expires":0}
]}
"#,
    );
    prints(
        "rvsadm -j connection list",
        kernel(vec![]),
        "{\"connections\":[]}\n",
    );
}

#[test]
fn states_have_the_names_of_ipvs() {
    const NAMES: [&str; 11] = [
        "NONE",
        "ESTABLISHED",
        "SYN_SENT",
        "SYN_RECV",
        "FIN_WAIT",
        "TIME_WAIT",
        "CLOSE",
        "CLOSE_WAIT",
        "LAST_ACK",
        "LISTEN",
        "SYNACK",
    ];
    let numbers = 0..NAMES.len() as u32;
    let entries = numbers.map(|state| web([203, 0, 113, 1], 1, state, 1));
    let outcome = run("rvsadm connection list", kernel(entries.collect()));
    let states = outcome.out.lines().skip(1);
    let states: Vec<_> = states.map(|line| line.split_whitespace().nth(4)).collect();
    assert_eq!(states, NAMES.map(Some));
}

/// Nobody may hold as many as there can be; so long lists have columns for the usual address.
#[test]
fn a_long_list_is_aligned() {
    let clients = 1..=3000u16;
    let entries = clients.map(|client| {
        let [high, low] = client.to_be_bytes();
        web([203, 0, high, low], client, 1, client.into())
    });
    let outcome = run("rvsadm connection list", kernel(entries.collect()));
    let lines: Vec<_> = outcome.out.lines().collect();
    assert_eq!(lines.len(), 3001);
    let column = lines[0].find("EXPIRES").expect("heading");
    for (line, client) in lines[1..].iter().zip(1..) {
        assert_eq!(line[column..], format!("{client}s"), "{line}");
        assert!(line.contains(&format!(":{client} ")), "{line}");
    }
}

#[test]
fn refusals_are_explained() {
    fails(
        "rvsadm connection list tcp/192.0.2.1:80",
        Kernel::new().fail_dump(EINVAL, &[extack_message("the port is 0")]),
        2,
        "rvsadm: connection list: tcp/192.0.2.1:80: the port is 0",
    );
    let outcome = run(
        "rvsadm connection list",
        kernel(vec![web([203, 0, 113, 1], 1, 42, 1)]),
    );
    assert_eq!(outcome.code, 2);
    assert_eq!(
        outcome.err,
        "rvsadm: connection list: netlink: answer not understood: connection state 42 is unknown \
         to this rvsadm; rvsadm and the module may be of different versions\n"
    );
    let outcome = run(
        "rvsadm connection list",
        Kernel::new().dump(NLM_F_DUMP_INTR, CONNECTION_GET, vec![dns()]),
    );
    assert_eq!(outcome.code, 2);
}

/// A reader that takes some bytes and leaves.
struct Leaving {
    left: usize,
}

impl Write for Leaving {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let taken = bytes.len().min(self.left);
        self.left -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_left_ends_the_list() {
    let many = vec![web([203, 0, 113, 1], 1, 1, 1); 5000];
    let words = ["rvsadm", "connection", "list"].map(OsString::from);
    let mut err = Vec::new();
    let mut out = Leaving { left: 100_000 };
    let status =
        rvsadm::command::main_with(&words, &mut out, &mut err, |_| Ok(kernel(many.clone())));
    assert_eq!((status.code(), err), (0, vec![]));
    assert_eq!(out.left, 0);
}

#[test]
fn states_of_sctp_are_those_of_ipvs() {
    let names = [
        "NONE",
        "INIT1",
        "INIT",
        "C-SENT",
        "C-REPLIED",
        "C-WAIT",
        "COOKIE",
        "C-ECHOED",
        "ESTABLISHED",
        "S-SENT",
        "S-RECEIVED",
        "S-ACK-SENT",
        "REJECTED",
        "CLOSED",
    ];
    for (state, name) in (17..).zip(names) {
        let mut entry = web([192, 0, 2, 9], 4000, state, 61);
        let service = [number(1, 132), attribute(2, &[192, 0, 2, 1]), port(4, 80)];
        entry[0] = nest(1, &service);
        entry[8] = number(11, 132);
        let outcome = run("rvsadm --json connection list", kernel(vec![entry]));
        assert_eq!(outcome.err, "");
        let expected = format!(r#""forward":"nat","state":"{name}","expires":61"#);
        assert!(outcome.out.contains(&expected), "{}", outcome.out);
        assert!(outcome
            .out
            .contains(r#""service":"sctp/192.0.2.1:80","protocol":"sctp""#));
    }
}
