// SPDX-License-Identifier: GPL-2.0-only

//! What each command sends, to the byte.
//!
//! The expected bytes are written by hand from netlink(7), `docs/netlink.md`
//! and, for the layout of attributes, `include/uapi/linux/netlink.h`.

#![cfg(target_endian = "little")]

mod kernel;
mod run;

use kernel::Kernel;
use run::run;
use run::succeeds;

/// `nlmsghdr` and `genlmsghdr` of the nth request on a connection.
fn headers(length: u8, flags: u16, seq: u8, command: u8) -> Vec<u8> {
    let [low, high] = flags.to_le_bytes();
    #[rustfmt::skip]
    let bytes = vec![
        length, 0, 0, 0, 0x2a, 0, low, high, seq, 0, 0, 0, 0, 0, 0, 0,
        command, 1, 0, 0,
    ];
    bytes
}

const REQUEST_ACK: u16 = 0x05;
const REQUEST_DUMP: u16 = 0x301;

/// tcp/192.0.2.1:80
#[rustfmt::skip]
const KEY4: &[u8] = &[
    8, 0, 1, 0, 6, 0, 0, 0,
    8, 0, 2, 0, 192, 0, 2, 1,
    6, 0, 4, 0, 0, 80, 0, 0,
];

/// udp/[2001:db8::1]:53
#[rustfmt::skip]
const KEY6: &[u8] = &[
    8, 0, 1, 0, 17, 0, 0, 0,
    20, 0, 3, 0, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    6, 0, 4, 0, 0, 53, 0, 0,
];

/// The requests that `line` sends after the family is resolved.
#[track_caller]
fn sends(line: &str, kernel: Kernel, expected: &[Vec<u8>]) {
    let sent = kernel.sent.clone();
    succeeds(line, kernel);
    assert_eq!(sent.borrow()[1..], *expected);
}

#[track_caller]
fn sends_one(line: &str, command: u8, attributes: &[&[u8]]) {
    let attributes = attributes.concat();
    let length = u8::try_from(20 + attributes.len()).expect("short");
    let message = [headers(length, REQUEST_ACK, 2, command), attributes].concat();
    sends(line, Kernel::new().accept(), &[message]);
}

#[test]
fn the_family_is_resolved_by_name() {
    let kernel = Kernel::new().accept();
    let sent = kernel.sent.clone();
    succeeds("rvsadm flush", kernel);
    #[rustfmt::skip]
    let expected = [
        28, 0, 0, 0, 0x10, 0, 0x05, 0, 1, 0, 0, 0, 0, 0, 0, 0,
        3, 2, 0, 0,
        8, 0, 2, 0, b'r', b'v', b's', 0,
    ];
    assert_eq!(sent.borrow()[0], expected);
}

#[test]
fn service_add() {
    sends_one("rvsadm service add tcp/192.0.2.1:80", 2, &[KEY4]);
    sends_one(
        "rvsadm service add tcp/192.0.2.1:80 --nat --scheduler wrr",
        2,
        &[
            KEY4,
            &[8, 0, 5, 0, b'w', b'r', b'r', 0, 8, 0, 6, 0, 0, 0, 0, 0],
        ],
    );
    sends_one(
        "rvsadm service add udp/[2001:db8::1]:53 --tun --scheduler rr",
        2,
        &[
            KEY6,
            &[7, 0, 5, 0, b'r', b'r', 0, 0, 8, 0, 6, 0, 2, 0, 0, 0],
        ],
    );
}

#[test]
fn timeouts_of_a_service_are_a_nest() {
    sends_one(
        "rvsadm service add tcp/192.0.2.1:80 --timeout established=900,fin=default",
        2,
        &[
            KEY4,
            &[
                20, 0, 11, 0x80, 8, 0, 1, 0, 0x84, 3, 0, 0, 8, 0, 2, 0, 0, 0, 0, 0,
            ],
        ],
    );
    sends_one(
        "rvsadm service set udp/[2001:db8::1]:53 --timeout 30",
        3,
        &[KEY6, &[12, 0, 11, 0x80, 8, 0, 3, 0, 30, 0, 0, 0]],
    );
}

#[test]
fn zero() {
    sends_one("rvsadm zero", 15, &[]);
    sends_one("rvsadm zero tcp/192.0.2.1:80", 15, &[KEY4]);
}

#[test]
fn persistence_is_a_nest() {
    sends_one(
        "rvsadm service add tcp/192.0.2.1:80 --persistent 300/24",
        2,
        &[
            KEY4,
            &[
                20, 0, 17, 0x80, 8, 0, 1, 0, 0x2c, 1, 0, 0, 8, 0, 2, 0, 255, 255, 255, 0,
            ],
        ],
    );
    sends_one(
        "rvsadm service set udp/[2001:db8::1]:53 --persistent 60",
        3,
        &[
            KEY6,
            &[
                20, 0, 17, 0x80, 8, 0, 1, 0, 60, 0, 0, 0, 8, 0, 3, 0, 128, 0, 0, 0,
            ],
        ],
    );
    // What clients have in common besides.
    sends_one(
        "rvsadm service add tcp/192.0.2.1:80 --persistent 300/24,sip",
        2,
        &[
            KEY4,
            &[
                28, 0, 17, 0x80, 8, 0, 1, 0, 0x2c, 1, 0, 0, 8, 0, 2, 0, 255, 255, 255, 0, 8, 0, 4,
                0, 1, 0, 0, 0,
            ],
        ],
    );
    sends_one(
        "rvsadm service set tcp/192.0.2.1:80 --persistent off",
        3,
        &[KEY4, &[4, 0, 17, 0x80]],
    );
}

#[test]
fn timeouts_of_the_namespace() {
    sends_one(
        "rvsadm timeouts --tcp 900 --udp 30",
        14,
        &[&[8, 0, 1, 0, 0x84, 3, 0, 0, 8, 0, 3, 0, 30, 0, 0, 0]],
    );
    sends_one(
        "rvsadm timeouts --tcp-fin 1",
        14,
        &[&[8, 0, 2, 0, 1, 0, 0, 0]],
    );
}

#[test]
fn datagrams_one_by_one() {
    for (word, number) in [("on", 1), ("off", 0)] {
        sends_one(
            &format!("rvsadm service set udp/[2001:db8::1]:53 --one-packet {word}"),
            3,
            &[KEY6, &[8, 0, 16, 0, number, 0, 0, 0]],
        );
    }
}

#[test]
fn what_becomes_of_connections_of_removed_servers() {
    for (word, number) in [("default", 0), ("keep", 1), ("expire", 2), ("reset", 3)] {
        sends_one(
            &format!("rvsadm service set udp/[2001:db8::1]:53 --removal {word}"),
            3,
            &[KEY6, &[8, 0, 18, 0, number, 0, 0, 0]],
        );
    }
}

#[test]
fn whether_servers_are_told_of_clients() {
    for (word, number) in [("default", 0), ("off", 1), ("on", 2)] {
        sends_one(
            &format!("rvsadm service set mark/7 --toa {word}"),
            3,
            &[
                &[8, 0, 14, 0, 2, 0, 0, 0, 8, 0, 15, 0, 7, 0, 0, 0],
                &[8, 0, 21, 0, number, 0, 0, 0],
            ],
        );
    }
}

#[test]
fn services_of_many_ports_and_of_marks() {
    #[rustfmt::skip]
    const ADDRESS: &[u8] = &[
        8, 0, 1, 0, 6, 0, 0, 0,
        8, 0, 2, 0, 192, 0, 2, 1,
    ];
    for (service, key) in [
        (
            "tcp/192.0.2.1:*",
            [ADDRESS, &[8, 0, 13, 0, 1, 0, 0, 0]].concat(),
        ),
        (
            "tcp/192.0.2.1:8000-8999",
            [
                ADDRESS,
                &[6, 0, 4, 0, 0x1f, 0x40, 0, 0],
                &[6, 0, 12, 0, 0x23, 0x27, 0, 0],
            ]
            .concat(),
        ),
        (
            "mark/7",
            vec![8, 0, 14, 0, 2, 0, 0, 0, 8, 0, 15, 0, 7, 0, 0, 0],
        ),
        (
            "mark/7/ipv4",
            vec![8, 0, 14, 0, 2, 0, 0, 0, 8, 0, 15, 0, 7, 0, 0, 0],
        ),
        (
            "mark/4294967295/ipv6",
            vec![8, 0, 14, 0, 10, 0, 0, 0, 8, 0, 15, 0, 255, 255, 255, 255],
        ),
    ] {
        sends_one(&format!("rvsadm service add {service}"), 2, &[&key]);
        // Servers without a port of their own have that of the packets.
        if service.ends_with("ipv6") {
            continue;
        }
        let length = u8::try_from(4 + key.len()).expect("short");
        let nest = [&[length, 0, 1, 0x80], &key[..]].concat();
        for server in ["10.0.0.2", "10.0.0.2:*"] {
            sends_one(
                &format!("rvsadm server add {service} {server} --nat"),
                6,
                &[&nest, &[8, 0, 2, 0, 10, 0, 0, 2], &[8, 0, 6, 0, 0, 0, 0, 0]],
            );
        }
    }
}

#[test]
fn scheduler_flags_are_bits() {
    sends_one(
        "rvsadm service add tcp/192.0.2.1:80 --scheduler mh --scheduler-flags port,fallback",
        2,
        &[
            KEY4,
            &[7, 0, 5, 0, b'm', b'h', 0, 0, 8, 0, 9, 0, 3, 0, 0, 0],
        ],
    );
    for (names, bits) in [("fallback", 1), ("port", 2), ("none", 0), ("port,port", 2)] {
        sends_one(
            &format!("rvsadm service set tcp/192.0.2.1:80 --scheduler-flags {names}"),
            3,
            &[KEY4, &[8, 0, 9, 0, bits, 0, 0, 0]],
        );
    }
}

#[test]
fn fast_path_is_a_number() {
    sends_one(
        "rvsadm service add tcp/192.0.2.1:80 --fast-path off",
        2,
        &[KEY4, &[8, 0, 10, 0, 0, 0, 0, 0]],
    );
    sends_one(
        "rvsadm service set tcp/192.0.2.1:80 --fast-path on",
        3,
        &[KEY4, &[8, 0, 10, 0, 1, 0, 0, 0]],
    );
}

#[test]
fn service_set_names_only_what_changes() {
    sends_one(
        "rvsadm service set tcp/192.0.2.1:80 --scheduler rr",
        3,
        &[KEY4, &[7, 0, 5, 0, b'r', b'r', 0, 0]],
    );
    sends_one(
        "rvsadm service set tcp/192.0.2.1:80 --dr",
        3,
        &[KEY4, &[8, 0, 6, 0, 1, 0, 0, 0]],
    );
}

#[test]
fn service_del_and_flush() {
    sends_one("rvsadm service del udp/[2001:db8::1]:53", 4, &[KEY6]);
    sends_one("rvsadm flush", 10, &[]);
}

/// The service nest (28 or 40 bytes, flag "nested") of a destination.
fn nested(key: &[u8]) -> Vec<u8> {
    let length = u8::try_from(4 + key.len()).expect("short");
    [&[length, 0, 1, 0x80], key].concat()
}

#[test]
fn server_add_with_a_method_of_its_own() {
    sends_one(
        "rvsadm server add tcp/192.0.2.1:80 10.0.0.2:8080 --weight 300 --nat",
        6,
        &[
            &nested(KEY4),
            &[8, 0, 2, 0, 10, 0, 0, 2, 6, 0, 4, 0, 0x1f, 0x90, 0, 0],
            &[8, 0, 5, 0, 0x2c, 1, 0, 0, 8, 0, 6, 0, 0, 0, 0, 0],
        ],
    );
    sends_one(
        "rvsadm server add udp/[2001:db8::1]:53 2001:db8::2 --dr",
        6,
        &[
            &nested(KEY6),
            &[
                20, 0, 3, 0, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
            ],
            &[6, 0, 4, 0, 0, 53, 0, 0, 8, 0, 6, 0, 1, 0, 0, 0],
        ],
    );
}

#[test]
fn a_port_that_packets_keep_is_a_number() {
    for (method, number) in [("--dr", 1), ("--tun", 2)] {
        sends_one(
            &format!("rvsadm server add tcp/192.0.2.1:80 10.0.0.2:8080 {method} --keep-port"),
            6,
            &[
                &nested(KEY4),
                &[8, 0, 2, 0, 10, 0, 0, 2, 6, 0, 4, 0, 0x1f, 0x90, 0, 0],
                &[8, 0, 6, 0, number, 0, 0, 0, 8, 0, 18, 0, 1, 0, 0, 0],
            ],
        );
    }
}

#[test]
fn server_set_names_only_what_changes() {
    let server = [8, 0, 2, 0, 10, 0, 0, 2, 6, 0, 4, 0, 0, 80, 0, 0];
    sends_one(
        "rvsadm server set tcp/192.0.2.1:80 10.0.0.2 --weight 0",
        7,
        &[&nested(KEY4), &server, &[8, 0, 5, 0, 0, 0, 0, 0]],
    );
    sends_one(
        "rvsadm server set tcp/192.0.2.1:80 10.0.0.2:80 --tun",
        7,
        &[&nested(KEY4), &server, &[8, 0, 6, 0, 2, 0, 0, 0]],
    );
}

#[test]
fn tunnels_are_numbers() {
    let server = [8, 0, 2, 0, 10, 0, 0, 2, 6, 0, 4, 0, 0, 80, 0, 0];
    sends_one(
        "rvsadm server add tcp/192.0.2.1:80 10.0.0.2 --tun --tun-type gue --tun-port 6080 --tun-checksum remote",
        6,
        &[
            &nested(KEY4),
            &server,
            &[8, 0, 6, 0, 2, 0, 0, 0],
            &[8, 0, 14, 0, 2, 0, 0, 0, 6, 0, 15, 0, 0x17, 0xc0, 0, 0],
            &[8, 0, 16, 0, 2, 0, 0, 0],
        ],
    );
    for (options, attributes) in [
        ("--tun-type ipip", [8, 0, 14, 0, 0, 0, 0, 0]),
        ("--tun-type gre", [8, 0, 14, 0, 1, 0, 0, 0]),
        ("--tun-port 1", [6, 0, 15, 0, 0, 1, 0, 0]),
        ("--tun-checksum none", [8, 0, 16, 0, 0, 0, 0, 0]),
        ("--tun-checksum full", [8, 0, 16, 0, 1, 0, 0, 0]),
    ] {
        sends_one(
            &format!("rvsadm server set tcp/192.0.2.1:80 10.0.0.2 {options}"),
            7,
            &[&nested(KEY4), &server, &attributes],
        );
    }
}

#[test]
fn thresholds_are_numbers() {
    let server = [8, 0, 2, 0, 10, 0, 0, 2, 6, 0, 4, 0, 0, 80, 0, 0];
    sends_one(
        "rvsadm server add tcp/192.0.2.1:80 10.0.0.2 --nat --upper-threshold 5 --lower-threshold 5",
        6,
        &[
            &nested(KEY4),
            &server,
            &[8, 0, 6, 0, 0, 0, 0, 0],
            &[8, 0, 10, 0, 5, 0, 0, 0, 8, 0, 11, 0, 5, 0, 0, 0],
        ],
    );
    for (option, number) in [("--upper-threshold", 10), ("--lower-threshold", 11)] {
        sends_one(
            &format!("rvsadm server set tcp/192.0.2.1:80 10.0.0.2 {option} 2147483647"),
            7,
            &[
                &nested(KEY4),
                &server,
                &[8, 0, number, 0, 0xff, 0xff, 0xff, 0x7f],
            ],
        );
    }
}

#[test]
fn server_del() {
    sends_one(
        "rvsadm server del tcp/192.0.2.1:80 10.0.0.2:8080",
        8,
        &[
            &nested(KEY4),
            &[8, 0, 2, 0, 10, 0, 0, 2, 6, 0, 4, 0, 0x1f, 0x90, 0, 0],
        ],
    );
}

#[test]
fn connections_of_a_service_are_a_dump_with_its_key() {
    for (line, attributes) in [
        ("rvsadm connection list", vec![]),
        ("rvsadm connection list tcp/192.0.2.1:80", nested(KEY4)),
        ("rvsadm connection list udp/[2001:db8::1]:53", nested(KEY6)),
    ] {
        let kernel = Kernel::new().dump(0, 12, vec![]);
        let sent = kernel.sent.clone();
        assert_eq!(run(line, kernel).code, 0);
        let length = u8::try_from(20 + attributes.len()).expect("short");
        let message = [headers(length, REQUEST_DUMP, 2, 12), attributes].concat();
        assert_eq!(sent.borrow()[1..], [message]);
    }
}

#[test]
fn lists_are_dumps() {
    let kernel = Kernel::new().dump(0, 5, vec![]);
    let sent = kernel.sent.clone();
    assert_eq!(run("rvsadm service list", kernel).code, 0);
    assert_eq!(sent.borrow()[1..], [headers(20, REQUEST_DUMP, 2, 5)]);

    let kernel = Kernel::new().dump(0, 5, vec![]).dump(0, 9, vec![]);
    let sent = kernel.sent.clone();
    assert_eq!(run("rvsadm show", kernel).code, 0);
    assert_eq!(
        sent.borrow()[1..],
        [
            headers(20, REQUEST_DUMP, 2, 5),
            headers(20, REQUEST_DUMP, 3, 9)
        ]
    );
}
