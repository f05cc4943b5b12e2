// SPDX-License-Identifier: GPL-2.0-only

//! What `rvsadm stats` prints, to the byte.

mod kernel;
mod objects;
mod run;

use kernel::number;
use kernel::Kernel;
use netlink_packet_core::DefaultNla;
use objects::prints;
use objects::stats;
use objects::uint;
use objects::STATS_GET;
use run::run;

/// The attributes of `stats-get`, of which the counters are numbered 2 and so on.
fn paths(counters: [u64; 12], enabled: u32) -> Vec<DefaultNla> {
    let counters = (2..).zip(counters).map(|(kind, value)| uint(kind, value));
    let others = [
        number(14, enabled),
        uint(15, 11),
        uint(16, 9_000_000_000),
        uint(17, 13),
        uint(21, 14),
        uint(22, 15),
        uint(23, 16),
        uint(24, 17),
    ];
    counters.chain(others).collect()
}

#[test]
fn ways_of_packets() {
    let counters = [5_000_000_000, 12, 3, 1, 4, 2, 5, 6, 7, 8, 9, 10];
    prints(
        "rvsadm stats",
        Kernel::new().reply(STATS_GET, paths(counters, 1)),
        "\
fast path: on

PATH               PACKETS
fast               5000000000
slow               12

LEFT TO SLOW       PACKETS  REASON
switched-off       3        the service has --fast-path off
header             1        IP options, a fragment, or a burst for a tunnel
begins             4        may begin a connection
unavailable        2        the server was removed from its service
route              5        the flow has passed no hooks yet by the routes of now, or stays here
neighbour          6        the link layer address of the next hop is not known
ttl                7        the time to live ends
too-big            8        larger than the MTU of the route
policy             9        IPsec, a tunnel or policy routing on the route
memory             10       memory was short

NO ROOM            TIMES       WHAT
evicted            11          a connection half open or without an answer made room for another one
refused            9000000000  a packet was dropped that would have begun a connection
port-taken         13          a packet was refused, as each server has a connection of the client's port
no-local           17          a packet was refused, as full NAT had no local port for its connection: see rvsadm pool show
drop-entry         14          a connection was ended by the sysctl drop_entry
drop-packet        15          a packet was dropped by the sysctl drop_packet
templates-evicted  16          a client without connections that keeps its server made room for a connection
",
    );
    prints(
        "rvsadm -j stats",
        Kernel::new().reply(STATS_GET, paths(counters, 1)),
        concat!(
            r#"{"enabled":true,"fast":5000000000,"slow":12,"left":{"switched_off":3,"header":1,"begins":4,"#,
            r#""unavailable":2,"route":5,"neighbour":6,"ttl":7,"too_big":8,"policy":9,"#,
            r#""memory":10},"evicted":11,"refused":9000000000,"port_taken":13,"no_local":17,"drop_entry":14,"drop_packet":15,"templates_evicted":16}"#,
            "\n",
        ),
    );
}

#[test]
fn rates_of_a_namespace() {
    let attributes = || {
        let mut attributes = paths([0; 12], 1);
        attributes.extend([
            stats(18, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
            number(19, 2),
            uint(20, 9),
        ]);
        Kernel::new().reply(STATS_GET, attributes)
    };
    let text = run("rvsadm stats", attributes()).out;
    let end = "
TOTAL        CONNECTIONS  PACKETS IN/OUT  BYTES IN/OUT
services     1            2/3             4/5
in a second  6            7/8             9/10

rates: of 2 servers estimated every two seconds; 9 times of one since the beginning
";
    assert!(text.ends_with(end), "{text}");
    let json = run("rvsadm -j stats", attributes()).out;
    let end = concat!(
        r#""totals":{"connections":1,"in_packets":2,"out_packets":3,"in_bytes":4,"out_bytes":5,"rates":"#,
        r#"{"connections":6,"in_packets":7,"out_packets":8,"in_bytes":9,"out_bytes":10}},"#,
        r#""estimated":2,"estimates":9}"#,
        "\n",
    );
    assert!(json.ends_with(end), "{json}");
}

#[test]
fn the_fast_path_may_be_closed() {
    let closed = || Kernel::new().reply(STATS_GET, paths([0; 12], 0));
    let text = run("rvsadm stats", closed()).out;
    let first = "fast path: off, by the sysctl net.rvs.fast_path\n\nPATH  ";
    assert!(text.starts_with(first), "{text}");
    let json = run("rvsadm -j stats", closed()).out;
    assert!(json.starts_with(r#"{"enabled":false,"fast":0,"#), "{json}");
}

#[test]
fn an_older_module_counts_no_ways() {
    let outcome = run("rvsadm stats", Kernel::new().refuse(95, &[]));
    assert_eq!(outcome.code, 2);
    assert_eq!(outcome.out, "");
    assert_eq!(
        outcome.err,
        "rvsadm: stats: not supported by the loaded module\n"
    );
}
