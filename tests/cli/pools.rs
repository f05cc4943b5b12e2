// SPDX-License-Identifier: GPL-2.0-only

//! Pools of local addresses: what is sent, what is shown, what is told, and refusals.
//!
//! The bytes are written by hand from netlink(7) and `docs/netlink.md`.

#![cfg(target_endian = "little")]

mod kernel;
mod run;

use kernel::attribute;
use kernel::extack_message;
use kernel::extack_missing;
use kernel::extack_offset;
use kernel::nest;
use kernel::number;
use kernel::string;
use kernel::Kernel;
use kernel::GROUP;
use netlink_packet_core::DefaultNla;
use run::fails;
use run::run;
use run::succeeds;

const SERVICE_ADD: u8 = 2;
const SERVICE_SET: u8 = 3;
const POOL_ADD: u8 = 17;
const POOL_SET: u8 = 18;
const POOL_DEL: u8 = 19;
const POOL_GET: u8 = 20;
const POOL_ADDRESS_ADD: u8 = 21;
const POOL_ADDRESS_DEL: u8 = 22;
const POOL_ADDRESS_GET: u8 = 23;
const POOL_LEVEL: u8 = 24;

const ENOENT: i32 = 2;
const EBUSY: i32 = 16;
const EEXIST: i32 = 17;
const EINVAL: i32 = 22;
const EADDRINUSE: i32 = 98;

/// The name of a pool.
#[rustfmt::skip]
const WEB: &[u8] = &[8, 0, 1, 0, b'w', b'e', b'b', 0];
/// Ports 20000 to 59999.
#[rustfmt::skip]
const PORTS: &[u8] = &[6, 0, 2, 0, 0x4e, 0x20, 0, 0, 6, 0, 3, 0, 0xea, 0x5f, 0, 0];

/// The requests that `line` sends, by command and attributes, after the family is resolved.
#[track_caller]
fn sends(line: &str, kernel: Kernel, expected: &[(u8, &[&[u8]])]) {
    let sent = kernel.sent.clone();
    succeeds(line, kernel);
    compare(&sent.borrow()[1..], expected);
}

#[track_caller]
fn compare(sent: &[Vec<u8>], expected: &[(u8, &[&[u8]])]) {
    let sent: Vec<_> = sent
        .iter()
        .map(|message| (message[16], message[20..].to_vec()))
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(command, attributes)| (*command, attributes.concat()))
        .collect();
    assert_eq!(sent, expected);
}

#[test]
fn a_pool_is_added_with_its_addresses() {
    sends(
        "rvsadm pool add web",
        Kernel::new().accept(),
        &[(POOL_ADD, &[WEB])],
    );
    #[rustfmt::skip]
    sends(
        "rvsadm pool add web 192.0.2.10 192.0.2.12-192.0.2.20 2001:db8::1-2001:db8::2 --ports 20000-59999",
        Kernel::new().accept().accept().accept().accept(),
        &[
            (POOL_ADD, &[WEB, PORTS]),
            (POOL_ADDRESS_ADD, &[WEB, &[8, 0, 2, 0, 192, 0, 2, 10]]),
            (POOL_ADDRESS_ADD, &[WEB, &[8, 0, 2, 0, 192, 0, 2, 12, 8, 0, 4, 0, 192, 0, 2, 20]]),
            (POOL_ADDRESS_ADD, &[WEB, &[
                20, 0, 3, 0, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
                20, 0, 5, 0, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
            ]]),
        ],
    );
}

#[test]
fn a_pool_that_cannot_have_its_addresses_is_not_added() {
    let kernel = Kernel::new()
        .accept()
        .refuse(
            EADDRINUSE,
            &[
                extack_message("192.0.2.10 is in pool other"),
                extack_offset(28),
            ],
        )
        .accept();
    let sent = kernel.sent.clone();
    fails(
        "rvsadm pool add web 192.0.2.10",
        kernel,
        2,
        "rvsadm: pool add: 192.0.2.10: 192.0.2.10 is in pool other",
    );
    compare(
        &sent.borrow()[1..],
        &[
            (POOL_ADD, &[WEB]),
            (POOL_ADDRESS_ADD, &[WEB, &[8, 0, 2, 0, 192, 0, 2, 10]]),
            (POOL_DEL, &[WEB]),
        ],
    );
}

#[test]
fn a_pool_is_changed_and_deleted() {
    sends(
        "rvsadm pool set web --ports 20000-59999",
        Kernel::new().accept(),
        &[(POOL_SET, &[WEB, PORTS])],
    );
    sends(
        "rvsadm pool set web --ports 80",
        Kernel::new().accept(),
        &[(
            POOL_SET,
            &[WEB, &[6, 0, 2, 0, 0, 80, 0, 0, 6, 0, 3, 0, 0, 80, 0, 0]],
        )],
    );
    sends(
        "rvsadm pool del web",
        Kernel::new().accept(),
        &[(POOL_DEL, &[WEB])],
    );
    sends(
        "rvsadm pool add-address web 192.0.2.10",
        Kernel::new().accept(),
        &[(POOL_ADDRESS_ADD, &[WEB, &[8, 0, 2, 0, 192, 0, 2, 10]])],
    );
    sends(
        "rvsadm pool del-address web 192.0.2.10 192.0.2.11-192.0.2.11",
        Kernel::new().accept().accept(),
        &[
            (POOL_ADDRESS_DEL, &[WEB, &[8, 0, 2, 0, 192, 0, 2, 10]]),
            (POOL_ADDRESS_DEL, &[WEB, &[8, 0, 2, 0, 192, 0, 2, 11]]),
        ],
    );
}

#[test]
fn a_service_names_its_pool() {
    #[rustfmt::skip]
    const KEY: &[u8] = &[
        8, 0, 1, 0, 6, 0, 0, 0,
        8, 0, 2, 0, 192, 0, 2, 1,
        6, 0, 4, 0, 0, 80, 0, 0,
    ];
    sends(
        "rvsadm service add tcp/192.0.2.1:80 --pool web",
        Kernel::new().accept(),
        &[(SERVICE_ADD, &[KEY, &[8, 0, 19, 0, b'w', b'e', b'b', 0]])],
    );
    sends(
        "rvsadm service set tcp/192.0.2.1:80 --pool none",
        Kernel::new().accept(),
        &[(SERVICE_SET, &[KEY, &[5, 0, 19, 0, 0, 0, 0, 0]])],
    );
}

/// What is taken towards 10.0.0.2:80 by TCP.
fn busiest(number_of_set: u16, taken: u32, ports: u32) -> DefaultNla {
    nest(
        number_of_set,
        &[
            attribute(1, &[10, 0, 0, 2]),
            attribute(3, &80u16.to_be_bytes()),
            number(4, 6),
            number(5, taken),
            number(6, ports),
        ],
    )
}

fn pool(name: &str, addresses: u32, more: Vec<DefaultNla>) -> Vec<DefaultNla> {
    let mut attributes = vec![
        string(1, name),
        attribute(2, &1024u16.to_be_bytes()),
        attribute(3, &65535u16.to_be_bytes()),
        number(4, addresses),
        number(5, 1),
        number(6, 160_000),
        number(7, 12),
        attribute(8, &5_000_000_000u64.to_ne_bytes()),
        number(10, 30),
    ];
    attributes.extend(more);
    attributes
}

fn addresses() -> Vec<Vec<DefaultNla>> {
    let counters = |used, given: u64| {
        vec![
            number(6, used),
            number(7, 4),
            number(8, 64_512 - used),
            attribute(9, &given.to_ne_bytes()),
            number(10, 3),
        ]
    };
    let mut v4 = vec![string(1, "web"), attribute(2, &[192, 0, 2, 10])];
    v4.extend(counters(50_000, 6_000_000_000));
    let mut v6 = vec![
        string(1, "web"),
        attribute(3, &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
    ];
    v6.extend(counters(7, 7));
    vec![v4, v6]
}

fn two_pools() -> Kernel {
    Kernel::new()
        .dump(
            0,
            POOL_GET,
            vec![
                pool("web", 2, vec![busiest(9, 154_829, 193_536)]),
                pool("empty", 0, vec![]),
            ],
        )
        .dump(0, POOL_ADDRESS_GET, addresses())
}

#[track_caller]
fn prints(line: &str, kernel: Kernel, expected: &str) {
    let outcome = run(line, kernel);
    assert_eq!(outcome.err, "");
    assert_eq!(outcome.out, expected);
    assert_eq!(outcome.code, 0);
}

#[test]
fn pools_are_shown_by_name() {
    prints(
        "rvsadm pool show",
        two_pools(),
        "\
POOL           PORTS       SERVICES  USED    RESTING  REFUSED     EVICTED  BUSIEST SERVER   TAKEN          FULL
empty          1024-65535  1         160000  12       5000000000  30       -                -              -
web            1024-65535  1         160000  12       5000000000  30       tcp/10.0.0.2:80  154829/193536  80%
  ADDRESS      FREE   USED   RESTING  REFUSED  GIVEN
  192.0.2.10   14512  50000  4        3        6000000000
  2001:db8::1  64505  7      4        3        7
",
    );
    prints(
        "rvsadm pool show",
        Kernel::new().dump(0, POOL_GET, vec![]),
        "no pools\n",
    );
    let one = Kernel::new().reply(POOL_GET, pool("web", 2, vec![])).dump(
        0,
        POOL_ADDRESS_GET,
        addresses(),
    );
    let sent = one.sent.clone();
    run("rvsadm pool show web", one);
    compare(
        &sent.borrow()[1..],
        &[(POOL_GET, &[WEB]), (POOL_ADDRESS_GET, &[WEB])],
    );
}

#[test]
fn pools_in_json() {
    prints(
        "rvsadm -j pool show",
        two_pools(),
        concat!(
            r#"{"pools":[{"pool":"empty","first_port":1024,"last_port":65535,"services":1,"used":160000,"#,
            r#""resting":12,"refused":5000000000,"evicted":30,"busiest":null,"addresses":[]},"#,
            r#"{"pool":"web","first_port":1024,"last_port":65535,"services":1,"used":160000,"#,
            r#""resting":12,"refused":5000000000,"evicted":30,"busiest":{"protocol":"tcp","server_address":"10.0.0.2","#,
            r#""server_port":80,"taken":154829,"ports":193536},"addresses":["#,
            r#"{"address":"192.0.2.10","free":14512,"used":50000,"resting":4,"refused":3,"given":6000000000},"#,
            r#"{"address":"2001:db8::1","free":64505,"used":7,"resting":4,"refused":3,"given":7}]}]}"#,
            "\n",
        ),
    );
    prints(
        "rvsadm -j pool show",
        Kernel::new().dump(0, POOL_GET, vec![]),
        "{\"pools\":[]}\n",
    );
}

fn event(level: u32, taken: u32) -> Vec<DefaultNla> {
    vec![string(1, "web"), number(2, level), busiest(3, taken, 100)]
}

#[test]
fn events_are_told_as_they_come() {
    let kernel = || {
        Kernel::new()
            .tell(POOL_LEVEL, &event(1, 80))
            // Of a newer module.
            .tell(99, &[number(1, 1)])
            .tell(POOL_LEVEL, &event(2, 100))
            .tell(POOL_LEVEL, &event(0, 69))
    };
    let watched = kernel();
    let joined = watched.joined.clone();
    let outcome = run("rvsadm pool watch", watched);
    assert_eq!(
        outcome.out,
        "\
web scarce tcp/10.0.0.2:80 80/100
web dry tcp/10.0.0.2:80 100/100
web ample tcp/10.0.0.2:80 69/100
"
    );
    assert_eq!(*joined.borrow(), [GROUP]);
    assert_eq!(
        run("rvsadm -j pool watch", kernel()).out.lines().next(),
        Some(concat!(
            r#"{"pool":"web","level":"scarce","protocol":"tcp","server_address":"10.0.0.2","#,
            r#""server_port":80,"taken":80,"ports":100}"#,
        ))
    );
}

#[test]
fn wrong_words_are_named() {
    let refuses = |line: &str, message: &str| {
        let line = format!("rvsadm {line}");
        fails(
            &line,
            Kernel::without_module(),
            1,
            &format!("rvsadm: {message}"),
        );
    };
    let name = "not a name of a pool; write 1 to 31 letters, digits, '.', '_' and '-', a letter or digit first";
    refuses("pool add we/b", &format!("pool add: we/b: {name}"));
    refuses(
        "pool add none",
        "pool add: none: it stands for no pool; use another name",
    );
    refuses(
        "pool add web 192.0.2.0/24",
        "pool add: 192.0.2.0/24: a prefix may have addresses that are no host's: name the first and the \
         last one, with '-' in between; write an address, or two as 192.0.2.1-192.0.2.20",
    );
    refuses(
        "pool add web 192.0.2.1-20",
        "pool add: 192.0.2.1-20: it is neither an address nor two with '-' in between; write an address, \
         or two as 192.0.2.1-192.0.2.20",
    );
    refuses(
        "pool add-address web 192.0.2.2-192.0.2.1",
        "pool add-address: 192.0.2.2-192.0.2.1: the last address is below the first one; write the lower \
         address first",
    );
    refuses(
        "pool add-address web 127.0.0.1",
        "pool add-address: 127.0.0.1: 127.0.0.1 is a loopback address",
    );
    refuses(
        "pool add-address web",
        "pool add-address: ADDRESSES: missing; see rvsadm pool add-address --help",
    );
    refuses(
        "pool set web",
        "pool set: web: nothing to change; give --ports FIRST-LAST",
    );
    refuses(
        "pool set web --ports 0-5",
        "pool set: --ports 0-5: not a port: 0; write 1 to 65535",
    );
    refuses(
        "pool set web --ports 6-5",
        "pool set: --ports 6-5: not a range of ports; write the lower port first, such as 1024-65535",
    );
    refuses(
        "service add tcp/192.0.2.1:80 --pool a/b",
        &format!("service add: --pool a/b: {name}"),
    );
    refuses(
        "pool",
        "pool: command missing; use add, set, del, add-address, del-address, show or watch",
    );
}

#[test]
fn refusals_are_in_words_of_the_command_line() {
    fails(
        "rvsadm pool add web",
        Kernel::new().refuse(EEXIST, &[extack_message("there is a pool of this name already"), extack_offset(20)]),
        2,
        "rvsadm: pool add: web: there is a pool of this name already; change it with: rvsadm pool set",
    );
    fails(
        "rvsadm pool del web",
        Kernel::new().refuse(EBUSY, &[extack_message("the service tcp/192.0.2.1:80 uses it"), extack_offset(20)]),
        2,
        "rvsadm: pool del: web: the service tcp/192.0.2.1:80 uses it; take it away from services with: \
         rvsadm service set SERVICE --pool none",
    );
    fails(
        "rvsadm pool show web",
        Kernel::new().refuse(ENOENT, &[]),
        2,
        "rvsadm: pool show: web: no such pool; see the pools with: rvsadm pool show",
    );
    fails(
        "rvsadm pool del-address web 192.0.2.1-192.0.2.3",
        Kernel::new().refuse(ENOENT, &[extack_message("the pool does not have 192.0.2.3"), extack_offset(36)]),
        2,
        "rvsadm: pool del-address: 192.0.2.1-192.0.2.3: the pool does not have 192.0.2.3; see the pools \
         with: rvsadm pool show",
    );
    fails(
        "rvsadm pool del-address web 192.0.2.1",
        Kernel::new().refuse(EBUSY, &[extack_message("servers of the service tcp/192.0.2.1:80 need it"), extack_offset(28)]),
        2,
        "rvsadm: pool del-address: 192.0.2.1: servers of the service tcp/192.0.2.1:80 need it; delete them, or give \
         the service another pool with: rvsadm service set SERVICE --pool NAME",
    );
    // Attributes begin at 20: protocol 20, addr4 28, port 36, pool 44.
    for (pool, refused) in [
        ("none", "servers of the service are reached by fullnat or enat, which need a pool of local addresses"),
        ("other", "a server of the service has an IPv6 address, and the pool has none"),
    ] {
        fails(
            &format!("rvsadm service set tcp/192.0.2.1:80 --pool {pool}"),
            Kernel::new().refuse(EINVAL, &[extack_message(refused), extack_offset(44)]),
            2,
            &format!("rvsadm: service set: --pool {pool}: {refused}"),
        );
    }
    fails(
        "rvsadm pool set web --ports 1-2",
        Kernel::new().refuse(
            EADDRINUSE,
            &[
                extack_message("192.0.2.1 is in pool other"),
                extack_offset(28),
            ],
        ),
        2,
        "rvsadm: pool set: --ports 1-2: 192.0.2.1 is in pool other",
    );
    fails(
        "rvsadm pool add-address web 192.0.2.1",
        Kernel::new().refuse(EINVAL, &[extack_missing(2)]),
        2,
        "rvsadm: pool add-address: ADDRESSES: missing",
    );
    fails(
        "rvsadm service add tcp/192.0.2.1:80 --pool web",
        Kernel::new().refuse(
            ENOENT,
            &[extack_message("there is no such pool"), extack_offset(44)],
        ),
        2,
        "rvsadm: service add: --pool web: there is no such pool",
    );
}
