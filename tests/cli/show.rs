// SPDX-License-Identifier: GPL-2.0-only

//! Listings, to the byte.

mod kernel;
mod objects;
mod run;

use kernel::attribute;
use kernel::nest;
use kernel::number;
use kernel::string;
use kernel::Kernel;
use netlink_packet_core::DefaultNla;
use objects::dns;
use objects::dns_key;
use objects::info;
use objects::prints;
use objects::servers;
use objects::stats;
use objects::uint;
use objects::web;
use objects::web_by;
use objects::web_key;
use objects::DEST_GET;
use objects::INFO_GET;
use objects::SERVICE_GET;
use objects::TIMEOUTS_GET;
use run::run;

#[test]
fn services_of_many_ports_and_of_marks() {
    let port = |kind, port: u16| attribute(kind, &port.to_be_bytes());
    let address = || [number(1, 6), attribute(2, &[192, 0, 2, 1])].to_vec();
    let all = [address(), vec![number(13, 1)]].concat();
    let range = [address(), vec![port(4, 8000), port(12, 8999)]].concat();
    let mark = vec![number(14, 2), number(15, 7)];
    let of_mark = || {
        let mut server = servers().swap_remove(0);
        server[0] = nest(1, &mark);
        // Without a port of its own.
        server[2] = attribute(4, &[0, 0]);
        server
    };
    let services = || vec![web_by(&range), web_by(&all), web_by(&mark)];
    prints(
        "rvsadm show",
        Kernel::new()
            .dump(0, SERVICE_GET, services())
            .dump(0, DEST_GET, vec![of_mark()])
            .reply(INFO_GET, info()),
        "\
SERVICE                  SCHEDULER  FORWARD  FAST PATH  SERVERS  CONNECTIONS
tcp/192.0.2.1:8000-8999  wrr        nat      on         2        12
tcp/192.0.2.1:*          wrr        nat      on         2        12
mark/7                   wrr        nat      on         2        12
  SERVER                 FORWARD  WEIGHT  THRESHOLDS  ACTIVE  INACTIVE  CONNECTIONS  PACKETS IN/OUT  BYTES IN/OUT
  10.0.0.2:*             nat      2       6/0,full    1       5         6            10/9            5000000000/700

connections: 6 and 7 templates of at most 1000
",
    );
    let kernel = Kernel::new().dump(0, SERVICE_GET, services());
    let outcome = run("rvsadm -j service list", kernel);
    for members in [
        r#""service":"tcp/192.0.2.1:8000-8999","protocol":"tcp","address":"192.0.2.1","port":8000,"last_port":8999,"scheduler""#,
        r#""service":"tcp/192.0.2.1:*","protocol":"tcp","address":"192.0.2.1","port":null,"scheduler""#,
        r#""service":"mark/7","protocol":null,"address":null,"port":null,"family":"ipv4","mark":7,"scheduler""#,
    ] {
        assert!(outcome.out.contains(members), "{}", outcome.out);
    }
}

#[test]
fn a_table_for_humans() {
    let kernel = || {
        Kernel::new()
            .dump(0, SERVICE_GET, vec![web(), dns()])
            .dump(0, DEST_GET, servers())
            .reply(INFO_GET, info())
    };
    let expected = "\
SERVICE               SCHEDULER  FORWARD  FAST PATH  SERVERS  CONNECTIONS
tcp/192.0.2.1:80      wrr        nat      on         2        12
  SERVER              FORWARD  WEIGHT  THRESHOLDS  ACTIVE  INACTIVE  CONNECTIONS  PACKETS IN/OUT  BYTES IN/OUT
  10.0.0.2:8080       nat      2       6/0,full    1       5         6            10/9            5000000000/700
  10.0.0.113:80       dr       0       -           0       0         0            0/0             0/0
udp/[2001:db8::1]:53  rr         -        off        0        0

connections: 6 and 7 templates of at most 1000
";
    prints("rvsadm show", kernel(), expected);
    prints("rvsadm", kernel(), expected);
}

#[test]
fn one_service() {
    let kernel = Kernel::new()
        .reply(SERVICE_GET, web())
        .dump(0, DEST_GET, servers());
    prints(
        "rvsadm show tcp/192.0.2.1:80",
        kernel,
        "\
SERVICE           SCHEDULER  FORWARD  FAST PATH  SERVERS  CONNECTIONS
tcp/192.0.2.1:80  wrr        nat      on         2        12
  SERVER          FORWARD  WEIGHT  THRESHOLDS  ACTIVE  INACTIVE  CONNECTIONS  PACKETS IN/OUT  BYTES IN/OUT
  10.0.0.2:8080   nat      2       6/0,full    1       5         6            10/9            5000000000/700
  10.0.0.113:80   dr       0       -           0       0         0            0/0             0/0
",
    );
}

#[test]
fn services_alone() {
    prints(
        "rvsadm service list",
        Kernel::new().dump(0, SERVICE_GET, vec![web(), dns()]),
        "\
SERVICE               SCHEDULER  FORWARD  FAST PATH  SERVERS  CONNECTIONS
tcp/192.0.2.1:80      wrr        nat      on         2        12
udp/[2001:db8::1]:53  rr         -        off        0        0
",
    );
    prints(
        "rvsadm service list -j",
        Kernel::new().dump(0, SERVICE_GET, vec![dns()]),
        r#"{"services":[{"service":"udp/[2001:db8::1]:53","protocol":"udp","address":"2001:db8::1","port":53,"scheduler":"rr","forward":null,"fast_path":false,"one_packet":false,"stats":{"connections":0,"in_packets":0,"out_packets":0,"in_bytes":0,"out_bytes":0}}]}
"#,
    );
}

#[test]
fn scheduler_flags() {
    let hashing = |flags| {
        let mut attributes = dns_key();
        attributes.extend([
            string(5, "mh"),
            number(7, 0),
            stats(8, [0; 5]),
            number(9, flags),
            number(10, 1),
        ]);
        attributes
    };
    prints(
        "rvsadm service list",
        Kernel::new().dump(0, SERVICE_GET, vec![hashing(3), hashing(0)]),
        "\
SERVICE               SCHEDULER         FORWARD  FAST PATH  SERVERS  CONNECTIONS
udp/[2001:db8::1]:53  mh,fallback,port  -        on         0        0
udp/[2001:db8::1]:53  mh                -        on         0        0
",
    );
    for (flags, json) in [
        (3, r#""mh","scheduler_flags":["fallback","port"],"#),
        (2, r#""mh","scheduler_flags":["port"],"#),
        (0, r#""mh","scheduler_flags":[],"#),
    ] {
        let kernel = Kernel::new().dump(0, SERVICE_GET, vec![hashing(flags)]);
        let outcome = run("rvsadm -j service list", kernel);
        assert!(outcome.out.contains(json), "{}", outcome.out);
    }
    let kernel = Kernel::new().dump(0, SERVICE_GET, vec![hashing(4)]);
    let outcome = run("rvsadm service list", kernel);
    assert_eq!(outcome.code, 2);
    assert!(
        outcome.err.contains("scheduler flags 0x4 are unknown"),
        "{}",
        outcome.err
    );
}

#[test]
fn nothing() {
    let kernel = Kernel::new()
        .dump(0, SERVICE_GET, vec![])
        .dump(0, DEST_GET, vec![]);
    prints("rvsadm show", kernel, "no services\n");
}

#[test]
fn json_for_programs() {
    let kernel = Kernel::new()
        .dump(0, SERVICE_GET, vec![web()])
        .dump(0, DEST_GET, servers())
        .reply(INFO_GET, info());
    prints(
        "rvsadm --json show",
        kernel,
        concat!(
            r#"{"services":[{"service":"tcp/192.0.2.1:80","protocol":"tcp","#,
            r#""address":"192.0.2.1","port":80,"scheduler":"wrr","forward":"nat","fast_path":true,"one_packet":false,"#,
            r#""stats":{"connections":12,"in_packets":30,"out_packets":20,"#,
            r#""in_bytes":5000000000,"out_bytes":18446744073709551615},"#,
            r#""servers":[{"address":"10.0.0.2","port":8080,"weight":2,"forward":"nat","#,
            r#""upper_threshold":6,"lower_threshold":0,"overloaded":true,"#,
            r#""active":1,"inactive":5,"templates":4,"stats":{"connections":6,"in_packets":10,"#,
            r#""out_packets":9,"in_bytes":5000000000,"out_bytes":700}},"#,
            r#"{"address":"10.0.0.113","port":80,"weight":0,"forward":"dr","#,
            r#""upper_threshold":0,"lower_threshold":0,"overloaded":false,"#,
            r#""active":0,"inactive":0,"templates":0,"stats":{"connections":0,"in_packets":0,"#,
            r#""out_packets":0,"in_bytes":0,"out_bytes":0}}]}],"#,
            r#""info":{"version":"0.1.0","services":2,"connections":6,"buckets":64,"max_connections":1000,"templates":7}}"#,
            "\n",
        ),
    );
}

/// A listing of a module that tells rates, which come behind the counters.
fn with_rates() -> Kernel {
    let mut web = web();
    web[6] = stats(8, [12, 30, 20, 40, 50, 1, 6_000_000_000, 3, 4, 5]);
    let mut server = servers().swap_remove(0);
    server[7] = stats(9, [0, 0, 0, 0, 0, 0, 7, 0, 8, 0]);
    Kernel::new()
        .dump(0, SERVICE_GET, vec![web, dns()])
        .dump(0, DEST_GET, vec![server])
        .reply(INFO_GET, info())
}

#[test]
fn rates() {
    prints(
        "rvsadm show --rate",
        with_rates(),
        "\
SERVICE               CONNECTIONS/S  PACKETS/S IN/OUT  BYTES/S IN/OUT
tcp/192.0.2.1:80      1              6000000000/3      4/5
  10.0.0.2:8080       0              7/0               8/0
udp/[2001:db8::1]:53  -              -                 -
",
    );
    let json = run("rvsadm -j show --rate", with_rates()).out;
    for stats in [
        concat!(
            r#""stats":{"connections":12,"in_packets":30,"out_packets":20,"in_bytes":40,"out_bytes":50,"rates":"#,
            r#"{"connections":1,"in_packets":6000000000,"out_packets":3,"in_bytes":4,"out_bytes":5}}"#,
        ),
        r#""rates":{"connections":0,"in_packets":7,"out_packets":0,"in_bytes":8,"out_bytes":0}}"#,
    ] {
        assert!(json.contains(stats), "{json}");
    }
    assert_eq!(json, run("rvsadm -j show", with_rates()).out);
}

#[test]
fn timeouts() {
    let kernel = || {
        let mut database = web();
        database.push(nest(11, &[number(1, 3600), number(2, 30)]));
        let mut resolver = dns();
        resolver.push(nest(11, &[number(3, 5)]));
        Kernel::new()
            .reply(
                TIMEOUTS_GET,
                vec![number(1, 900), number(2, 120), number(3, 300)],
            )
            .dump(0, SERVICE_GET, vec![database, resolver, dns()])
    };
    prints(
        "rvsadm timeouts",
        kernel(),
        "\
TIMEOUT  SECONDS  OF
tcp      900      established TCP connections
tcp-fin  120      TCP connections that one end has finished
udp      300      UDP

SERVICE               TIMEOUT
tcp/192.0.2.1:80      established=3600,fin=30
udp/[2001:db8::1]:53  5
",
    );
    prints(
        "rvsadm -j timeouts",
        kernel(),
        concat!(
            r#"{"timeouts":{"tcp":900,"tcp_fin":120,"udp":300},"services":["#,
            r#"{"service":"tcp/192.0.2.1:80","timeouts":{"tcp":3600,"tcp_fin":30}},"#,
            r#"{"service":"udp/[2001:db8::1]:53","timeouts":{"udp":5}}]}"#,
            "\n",
        ),
    );
}

#[test]
fn what_becomes_of_connections_of_removed_servers_in_json() {
    let mut resolver = dns();
    resolver.push(number(18, 3));
    let outcome = run(
        "rvsadm service list -j",
        Kernel::new().dump(0, SERVICE_GET, vec![resolver, web()]),
    );
    assert_eq!(outcome.code, 0);
    assert_eq!(outcome.out.matches(r#""removal""#).count(), 1);
    assert!(outcome
        .out
        .contains(r#""one_packet":false,"removal":"reset","stats""#));
}

/// A web service that tells its servers of clients, by this number, and has counted that.
fn telling(scope: u32, counters: [u64; 3]) -> Vec<DefaultNla> {
    let mut service = web();
    service.extend([number(21, scope), stats(22, counters)]);
    service
}

#[test]
fn what_servers_are_told_of_clients() {
    prints(
        "rvsadm service list",
        Kernel::new().dump(
            0,
            SERVICE_GET,
            vec![
                telling(2, [7, 1, 0]),
                telling(1, [0; 3]),
                telling(0, [0, 0, 3]),
            ],
        ),
        "\
SERVICE           SCHEDULER    FORWARD  FAST PATH  SERVERS  CONNECTIONS
tcp/192.0.2.1:80  wrr,toa=on   nat      on         2        12
tcp/192.0.2.1:80  wrr,toa=off  nat      on         2        12
tcp/192.0.2.1:80  wrr          nat      on         2        12

CLIENTS TOLD      INSERTED  NO ROOM  TAKEN OUT
tcp/192.0.2.1:80  7         1        0
tcp/192.0.2.1:80  0         0        3
",
    );
}

#[test]
fn what_servers_are_told_of_clients_in_json() {
    let kernel = Kernel::new().dump(
        0,
        SERVICE_GET,
        vec![telling(2, [7, 1, 0]), telling(0, [0; 3]), web()],
    );
    let outcome = run("rvsadm -j service list", kernel);
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    for (members, times) in [
        (
            r#""toa":"on","toa_stats":{"inserted":7,"no_room":1,"taken_out":0},"stats""#,
            1,
        ),
        (
            r#""one_packet":false,"toa_stats":{"inserted":0,"no_room":0,"taken_out":0},"stats""#,
            1,
        ),
        (r#""toa"#, 3),
    ] {
        assert_eq!(
            outcome.out.matches(members).count(),
            times,
            "{}",
            outcome.out
        );
    }
}

#[test]
fn own_timeouts_in_json() {
    let mut resolver = dns();
    resolver.push(nest(11, &[number(3, 5)]));
    let outcome = run(
        "rvsadm service list -j",
        Kernel::new().dump(0, SERVICE_GET, vec![resolver, web()]),
    );
    assert_eq!(outcome.code, 0);
    assert_eq!(outcome.out.matches(r#""timeouts""#).count(), 1);
    assert!(outcome
        .out
        .contains(r#""fast_path":false,"one_packet":false,"timeouts":{"udp":5},"stats""#));
}

#[test]
fn persistence() {
    let persistent = |mask: [u8; 4]| {
        let mut attributes = web();
        attributes.push(nest(17, &[number(1, 300), attribute(2, &mask)]));
        attributes
    };
    for (mask, json) in [
        (
            [255, 255, 255, 0],
            r#""persistence":{"timeout":300,"mask":"24"},"#,
        ),
        ([255; 4], r#""persistence":{"timeout":300,"mask":"32"},"#),
        (
            [255, 0, 255, 0],
            r#""persistence":{"timeout":300,"mask":"255.0.255.0"},"#,
        ),
    ] {
        let kernel = Kernel::new().dump(0, SERVICE_GET, vec![persistent(mask), dns()]);
        let outcome = run("rvsadm -j service list", kernel);
        assert_eq!(outcome.code, 0, "{}", outcome.err);
        assert_eq!(outcome.out.matches("persistence").count(), 1);
        assert!(outcome.out.contains(json), "{}", outcome.out);
    }
}

#[test]
fn persistent_services_tell_their_templates() {
    let mut persistent = web();
    persistent.push(nest(
        17,
        &[number(1, 300), attribute(2, &[255, 255, 255, 0])],
    ));
    let kernel = Kernel::new()
        .reply(SERVICE_GET, persistent)
        .dump(0, DEST_GET, servers());
    prints(
        "rvsadm show tcp/192.0.2.1:80",
        kernel,
        "\
SERVICE           SCHEDULER              FORWARD  FAST PATH  SERVERS  CONNECTIONS
tcp/192.0.2.1:80  wrr,persistent=300/24  nat      on         2        12
  SERVER          FORWARD  WEIGHT  THRESHOLDS  ACTIVE  INACTIVE  TEMPLATES  CONNECTIONS  PACKETS IN/OUT  BYTES IN/OUT
  10.0.0.2:8080   nat      2       6/0,full    1       5         4          6            10/9            5000000000/700
  10.0.0.113:80   dr       0       -           0       0         0          0            0/0             0/0
",
    );
}

#[test]
fn templates() {
    const TEMPLATE_GET: u8 = 16;
    let template = || {
        vec![
            nest(1, &web_key()),
            attribute(2, &[203, 0, 113, 0]),
            attribute(4, &[10, 0, 0, 2]),
            attribute(6, &8080u16.to_be_bytes()),
            number(7, 3),
            number(8, 1),
            number(9, 299),
        ]
    };
    prints(
        "rvsadm template list",
        Kernel::new().dump(0, TEMPLATE_GET, vec![template()]),
        "\
SERVICE           CLIENT       SERVER         CONNECTIONS  STATE    EXPIRES
tcp/192.0.2.1:80  203.0.113.0  10.0.0.2:8080  3            ASSURED  299s
",
    );
    prints(
        "rvsadm template list",
        Kernel::new().dump(0, TEMPLATE_GET, vec![]),
        "no templates\n",
    );
    prints(
        "rvsadm -j template list tcp/192.0.2.1:80",
        Kernel::new().dump(0, TEMPLATE_GET, vec![template()]),
        concat!(
            r#"{"templates":[{"service":"tcp/192.0.2.1:80","client_address":"203.0.113.0","#,
            r#""server_address":"10.0.0.2","server_port":8080,"connections":3,"#,
            r#""assured":true,"expires":299}]}"#,
            "\n",
        ),
    );
    let call = || {
        let mut attributes = template();
        attributes.push(attribute(10, b"a84b4c76e66710@pc33\0"));
        attributes
    };
    prints(
        "rvsadm template list",
        Kernel::new().dump(0, TEMPLATE_GET, vec![template(), call()]),
        "\
SERVICE           CLIENT       SERVER         CONNECTIONS  STATE    EXPIRES  CALL-ID
tcp/192.0.2.1:80  203.0.113.0  10.0.0.2:8080  3            ASSURED  299s     -
tcp/192.0.2.1:80  203.0.113.0  10.0.0.2:8080  3            ASSURED  299s     a84b4c76e66710@pc33
",
    );
    let json = run(
        "rvsadm -j template list",
        Kernel::new().dump(0, TEMPLATE_GET, vec![call()]),
    );
    assert!(json
        .out
        .contains(r#""expires":299,"call_id":"a84b4c76e66710@pc33"}"#));
}

#[test]
fn servers_without_their_half_and_clients_without_room() {
    let server = |address: u8, without_half: u64| {
        let mut attributes = servers().remove(1);
        attributes[1] = attribute(2, &[10, 0, 0, address]);
        attributes[4] = number(6, 6);
        attributes.push(uint(17, without_half));
        attributes
    };
    let kernel = || {
        let mut web = web();
        web.push(uint(20, 5_000_000_000));
        Kernel::new()
            .dump(0, SERVICE_GET, vec![web])
            .dump(0, DEST_GET, vec![server(1, 0), server(2, 7)])
            .reply(INFO_GET, info())
    };
    let text = run("rvsadm show", kernel()).out;
    for row in [
        " nat,no-room=5000000000 ",
        "  10.0.0.1:80     enat ",
        "  10.0.0.2:80     enat,no-half=7 ",
    ] {
        assert!(text.contains(row), "{row:?} in {text}");
    }
    let json = run("rvsadm --json show", kernel()).out;
    for member in [
        r#""enat_no_room":5000000000,"stats""#,
        r#""templates":0,"enat_no_half":0,"stats""#,
        r#""templates":0,"enat_no_half":7,"stats""#,
    ] {
        assert!(json.contains(member), "{member} in {json}");
    }
}

#[test]
fn tunnels_of_servers() {
    let server = |address: u8, tunnel: Vec<DefaultNla>| {
        let mut attributes = servers().remove(1);
        attributes[1] = attribute(2, &[10, 0, 0, address]);
        attributes[4] = number(6, 2);
        attributes.extend(tunnel);
        attributes
    };
    let servers = vec![
        server(1, vec![number(14, 0), number(16, 0)]),
        server(2, vec![number(14, 1), number(16, 1)]),
        server(
            3,
            vec![
                number(14, 2),
                attribute(15, &6080u16.to_be_bytes()),
                number(16, 2),
            ],
        ),
    ];
    let kernel = || {
        Kernel::new()
            .dump(0, SERVICE_GET, vec![web()])
            .dump(0, DEST_GET, servers.clone())
            .reply(INFO_GET, info())
    };
    let text = run("rvsadm show", kernel()).out;
    for row in [
        "  10.0.0.1:80     tun ",
        "  10.0.0.2:80     tun,gre,full ",
        "  10.0.0.3:80     tun,gue:6080,remote ",
    ] {
        assert!(text.contains(row), "{row:?} in {text}");
    }
    let json = run("rvsadm --json show", kernel()).out;
    for member in [
        r#""forward":"tun","tunnel":{"type":"ipip","checksum":"none"},"#,
        r#""forward":"tun","tunnel":{"type":"gre","checksum":"full"},"#,
        r#""forward":"tun","tunnel":{"type":"gue","port":6080,"checksum":"remote"},"#,
    ] {
        assert!(json.contains(member), "{member} in {json}");
    }
}
