// SPDX-License-Identifier: GPL-2.0-only

//! A configuration that is saved and restored: what is written, what is sent, and what is taken back.

#![cfg(target_endian = "little")]

mod kernel;
mod objects;
mod run;

use std::fs;
use std::path::PathBuf;

use kernel::attribute;
use kernel::extack_message;
use kernel::nest;
use kernel::number;
use kernel::string;
use kernel::Kernel;
use netlink_packet_core::DefaultNla;
use objects::prints;
use objects::stats;
use objects::web_key;
use objects::DEST_GET;
use objects::SERVICE_GET;
use objects::TIMEOUTS_GET;
use run::fails;
use run::run;
use run::succeeds;

const POOL_GET: u8 = 20;
const POOL_ADDRESS_GET: u8 = 23;
const EEXIST: i32 = 17;
const EBUSY: i32 = 16;

// Attributes of a service.
const MARK_FAMILY: u16 = 14;
const MARK: u16 = 15;
const PERSISTENCE: u16 = 17;
const POOL: u16 = 19;
const REMOVAL: u16 = 18;
const TOA: u16 = 21;

const SAVED: &str = "\
timeouts --tcp 900 --tcp-fin 120 --udp 300
pool add empty --ports 80-80
pool add web 192.0.2.10-192.0.2.11 192.0.2.13 2001:db8::1-2001:db8::2 --ports 20000-59999
service add tcp/192.0.2.1:80 --scheduler mh --scheduler-flags fallback,port --fast-path off --removal reset \
--timeout established=3600,fin=30 --pool web --toa off --fullnat
server add tcp/192.0.2.1:80 [2001:db8::9]:80 --weight 1 --upper-threshold 500 --lower-threshold 400 --tun --tun-type gue --tun-port 6080 --tun-checksum remote
server add tcp/192.0.2.1:80 10.0.0.3:8080 --weight 1 --dr --keep-port
server add tcp/192.0.2.1:80 10.0.0.2:8080 --weight 2 --fullnat
service add mark/7/ipv6 --scheduler wrr --fast-path off --persistent 300/64
server add mark/7/ipv6 [2001:db8::9]:80 --weight 0 --tun --keep-port --tun-type ipip --tun-checksum none
server add mark/7/ipv6 2001:db8::9 --weight 0 --dr
";

fn timeouts() -> Vec<DefaultNla> {
    vec![number(1, 900), number(2, 120), number(3, 300)]
}

fn pool(name: &str, first: u16, last: u16, addresses: u32) -> Vec<DefaultNla> {
    vec![
        string(1, name),
        attribute(2, &first.to_be_bytes()),
        attribute(3, &last.to_be_bytes()),
        number(4, addresses),
        number(5, 1),
        number(6, 0),
        number(7, 0),
        number(8, 0),
        number(10, 0),
    ]
}

fn address(kind: u16, address: &[u8]) -> Vec<DefaultNla> {
    let mut attributes = vec![string(1, "web"), attribute(kind, address)];
    attributes.extend((6..=10).map(|kind| number(kind, 0)));
    attributes
}

fn ip6(last: u8) -> [u8; 16] {
    [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]
}

/// By full NAT, with much that is not as usual.
fn web() -> Vec<DefaultNla> {
    let mut attributes = web_key();
    attributes.extend([
        string(5, "mh"),
        number(6, 5),
        number(7, 2),
        stats(8, [0; 5]),
        number(9, 3),
        number(10, 0),
        nest(11, &[number(1, 3600), number(2, 30)]),
        string(POOL, "web"),
        number(REMOVAL, 3),
        number(TOA, 1),
    ]);
    attributes
}

fn calls_key() -> Vec<DefaultNla> {
    vec![number(MARK_FAMILY, 10), number(MARK, 7)]
}

/// Of a mark, of IPv6, with clients that keep their server.
fn calls() -> Vec<DefaultNla> {
    let mut attributes = calls_key();
    attributes.extend([
        string(5, "wrr"),
        number(7, 1),
        stats(8, [0; 5]),
        number(10, 0),
        nest(PERSISTENCE, &[number(1, 300), number(3, 64)]),
    ]);
    attributes
}

fn server(key: &[DefaultNla], addr: DefaultNla, port: u16, more: &[DefaultNla]) -> Vec<DefaultNla> {
    let mut attributes = vec![
        nest(1, key),
        addr,
        attribute(4, &port.to_be_bytes()),
        number(7, 4),
        number(8, 5),
        stats(9, [0; 5]),
        number(13, 0),
    ];
    attributes.extend(more.iter().cloned());
    attributes
}

/// What is configured. The kernel tells of the server first that was added last.
fn configured() -> Kernel {
    let v4 = |last| address(2, &[192, 0, 2, last]);
    let limits = |upper, lower| [number(10, upper), number(11, lower), number(12, 0)];
    let by = |weight, method| vec![number(5, weight), number(6, method)];
    let plain = |weight, method| [by(weight, method), limits(0, 0).to_vec()].concat();
    let tunnel = [
        number(14, 2),
        attribute(15, &6080u16.to_be_bytes()),
        number(16, 2),
    ];
    let in_ip = [plain(0, 2), vec![number(14, 0), number(16, 0)]].concat();
    let tunnelled = [by(1, 2), limits(500, 400).to_vec(), tunnel.to_vec()].concat();
    Kernel::new()
        .reply(TIMEOUTS_GET, timeouts())
        .dump(
            0,
            POOL_GET,
            vec![pool("web", 20000, 59999, 5), pool("empty", 80, 80, 0)],
        )
        .dump(
            0,
            POOL_ADDRESS_GET,
            vec![
                v4(10),
                v4(11),
                v4(13),
                address(3, &ip6(1)),
                address(3, &ip6(2)),
            ],
        )
        .dump(0, SERVICE_GET, vec![web(), calls()])
        .dump(
            0,
            DEST_GET,
            vec![
                server(&web_key(), attribute(2, &[10, 0, 0, 2]), 8080, &plain(2, 5)),
                server(&web_key(), attribute(2, &[10, 0, 0, 3]), 8080, &plain(1, 1)),
                server(&calls_key(), attribute(3, &ip6(9)), 0, &plain(0, 1)),
                server(&calls_key(), attribute(3, &ip6(9)), 80, &in_ip),
                server(&web_key(), attribute(3, &ip6(9)), 80, &tunnelled),
            ],
        )
}

#[test]
fn all_is_saved_as_commands() {
    prints("rvsadm save", configured(), SAVED);
    let commands: Vec<_> = SAVED.lines().collect();
    let json = serde_json::json!({ "commands": commands }).to_string();
    prints("rvsadm --json save", configured(), &(json + "\n"));
    let nothing = Kernel::new()
        .reply(TIMEOUTS_GET, timeouts())
        .dump(0, POOL_GET, vec![])
        .dump(0, SERVICE_GET, vec![])
        .dump(0, DEST_GET, vec![]);
    prints(
        "rvsadm save",
        nothing,
        "timeouts --tcp 900 --tcp-fin 120 --udp 300\n",
    );
}

/// A file with this text.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rvsadm-{}-{name}", std::process::id()));
        fs::write(&path, text).expect("a file");
        Self(path)
    }

    fn restore(&self) -> String {
        format!("rvsadm restore {}", self.0.display())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// What was sent after the family was resolved: by command and attributes.
fn sent(kernel: &kernel::Sent) -> Vec<(u8, Vec<u8>)> {
    let sent = kernel.borrow();
    let sent = sent.iter().skip(1);
    sent.map(|message| (message[16], message[20..].to_vec()))
        .collect()
}

/// That answers so many changes.
fn accepting(kernel: Kernel, changes: usize) -> Kernel {
    (0..changes).fold(kernel, |kernel, _| kernel.accept())
}

fn restoring() -> Kernel {
    Kernel::new().reply(TIMEOUTS_GET, timeouts())
}

#[test]
fn what_is_saved_is_restored_as_if_it_were_typed() {
    let mut typed = Vec::new();
    for line in SAVED.lines() {
        let kernel = accepting(
            Kernel::new(),
            if line.contains("pool add web") { 4 } else { 1 },
        );
        let messages = kernel.sent.clone();
        succeeds(&format!("rvsadm {line}"), kernel);
        typed.extend(sent(&messages));
    }
    let text = format!("# saved yesterday\n\n  {}", SAVED.replace(" --", "\t --"));
    let file = File::new("whole", &text);
    let kernel = accepting(restoring(), typed.len());
    let messages = kernel.sent.clone();
    succeeds(&file.restore(), kernel);
    assert_eq!(sent(&messages)[0], (TIMEOUTS_GET, vec![]));
    assert_eq!(sent(&messages)[1..], typed);
}

#[test]
fn where_the_kernel_refuses_all_is_taken_back() {
    let file = File::new(
        "refused",
        "timeouts --tcp 60\n\npool add web\nservice add tcp/192.0.2.1:80 --fullnat --pool web\n\
         server add tcp/192.0.2.1:80 10.0.0.2\nserver add tcp/192.0.2.1:80 10.0.0.2\n",
    );
    // The service is read for its forward method.
    let service = || {
        let mut attributes = web_key();
        attributes.extend([
            string(5, "wrr"),
            number(6, 5),
            number(7, 0),
            stats(8, [0; 5]),
            number(10, 1),
        ]);
        attributes
    };
    let until_refusal = || {
        accepting(restoring(), 3)
            .reply(SERVICE_GET, service())
            .accept()
            .reply(SERVICE_GET, service())
            .refuse(
                EEXIST,
                &[extack_message("the service has this destination already")],
            )
    };
    let kernel = accepting(until_refusal(), 4);
    let messages = kernel.sent.clone();
    let reason = "rvsadm: restore: line 6: server add: 10.0.0.2:80: the service has this destination already";
    fails(
        &file.restore(),
        kernel,
        2,
        &format!("{reason}; change it with: rvsadm server set"),
    );
    let messages = sent(&messages);
    let commands: Vec<_> = messages.iter().map(|(command, _)| *command).collect();
    // timeouts-get, timeouts-set, pool-add, service-add, service-get, dest-add, and the last two again; then, backwards,
    // dest-del, service-del, pool-del, timeouts-set.
    assert_eq!(commands, [13, 14, 17, 2, 5, 6, 5, 6, 8, 4, 19, 14]);
    let seconds = |seconds: u32, kind: u16| {
        [&[8, 0], &kind.to_ne_bytes()[..], &seconds.to_ne_bytes()].concat()
    };
    assert_eq!(messages[1].1, seconds(60, 1));
    assert_eq!(
        messages[11].1,
        [seconds(900, 1), seconds(120, 2), seconds(300, 3)].concat()
    );
    // Where somebody else has been quicker.
    let kernel = until_refusal().refuse(EBUSY, &[]);
    fails(
        &file.restore(),
        kernel,
        2,
        &format!("{reason}; some of what the lines before say is there yet"),
    );
}

#[test]
fn a_wrong_line_is_named_before_anything_is_changed() {
    for (line, reason) in [
        ("frob", "frob: no such command; use "),
        ("service add", "service add: SERVICE: missing"),
        (
            "service add tcp/192.0.2.1",
            "service add: tcp/192.0.2.1: no port",
        ),
        (
            "server add tcp/192.0.2.1:80 10.0.0.2 --weight x",
            "server add: --weight x: not a weight",
        ),
        (
            "service list",
            "service list: not a command that restore takes; ",
        ),
        ("flush", "flush: not a command that restore takes; "),
        ("timeouts", "timeouts: not a command that restore takes; "),
        ("restore x", "restore: not a command that restore takes; "),
        ("--help", "--help: not a command that restore takes; "),
        (
            "pool add web --netns other",
            "pool add: --json and --netns are for the whole of restore",
        ),
    ] {
        let file = File::new("wrong", &format!("pool add web\n# as before\n{line}\n"));
        let outcome = run(&file.restore(), Kernel::new());
        let expected = format!("rvsadm: restore: line 3: {reason}");
        assert!(
            outcome.err.starts_with(&expected),
            "{line}: {}",
            outcome.err
        );
        assert_eq!((outcome.code, outcome.out.as_str()), (1, ""));
    }
    let outcome = run("rvsadm restore /nonexistent/file", Kernel::new());
    assert!(
        outcome
            .err
            .starts_with("rvsadm: restore: /nonexistent/file: cannot be read: "),
        "{}",
        outcome.err
    );
    assert_eq!(outcome.code, 1);
}
