// SPDX-License-Identifier: GPL-2.0-only

//! What `rvs-toa` says to command lines, without a kernel that it could ask.

use std::process::{
    Command,
    Output, //
};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rvs-toa"))
        .args(arguments)
        .output()
        .expect("it runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

fn expect_error(arguments: &[&str], code: i32, expected: &str) {
    let output = run(arguments);
    assert_eq!(text(&output.stderr), format!("{expected}\n"));
    assert_eq!(text(&output.stdout), "");
    assert_eq!(output.status.code(), Some(code), "{arguments:?}");
}

#[test]
fn errors_name_the_argument_and_the_reason() {
    let cases: &[(&[&str], &str)] = &[
        (
            &["atach"],
            "rvs-toa: atach: no such command; see: rvs-toa --help",
        ),
        (
            &["enat", "attach"],
            "rvs-toa: --device: missing",
        ),
        (
            &["enat", "attach", "--device", "eth0", "--flows", "0"],
            "rvs-toa: --flows: not a number from 1 to 16777216",
        ),
        (
            &["enat", "attach", "--device", "eth0", "--linger", "3601"],
            "rvs-toa: --linger: not a number from 1 to 3600",
        ),
        (
            &["enat", "add", "192.0.2.1", "80"],
            "rvs-toa: 192.0.2.1: not an address and port; such as 192.0.2.1:80 or [2001:db8::1]:80",
        ),
        (
            &["enat", "add", "192.0.2.1:80", "0"],
            "rvs-toa: 0: not a port, a number from 1 to 65535",
        ),
        (
            &["attach", "--knd", "254"],
            "rvs-toa: --knd: unknown argument; see: rvs-toa --help",
        ),
        (
            &["attach", "--kind"],
            "rvs-toa: --kind: needs a value; see: rvs-toa --help",
        ),
        (
            &["attach", "--kind", "30"],
            "rvs-toa: --kind 30: not a number from 78 to 254, which are the kinds that TCP has no other use for",
        ),
        (
            &["attach", "--kind", "toa"],
            "rvs-toa: --kind toa: not a number from 78 to 254, which are the kinds that TCP has no other use for",
        ),
        (
            &["attach", "--director", "10.0.0.1", "--any-director"],
            "rvs-toa: --director: cannot be combined with --any-director; see: rvs-toa --help",
        ),
        (
            &["attach", "--director", "10.0.0.1", "--director", "10.0.0.1/32"],
            "rvs-toa: --director 10.0.0.1: given twice",
        ),
        (
            &["attach", "--director", "director1"],
            "rvs-toa: director1: not an address; such as 192.0.2.1, 192.0.2.0/28 or 2001:db8::/64",
        ),
        (
            &["director", "add"],
            "rvs-toa: ADDRESS[/LENGTH]: missing; see: rvs-toa --help",
        ),
        (
            &["director"],
            "rvs-toa: command missing; see: rvs-toa --help",
        ),
        (
            &["--pins", "/sys/fs/bpf/rvs.toa", "attach"],
            "rvs-toa: /sys/fs/bpf/rvs.toa: a BPF file system takes no names with a dot",
        ),
    ];
    for (arguments, expected) in cases {
        expect_error(arguments, 1, expected);
    }
}

#[test]
fn what_is_not_attached_has_an_exit_code_of_its_own() {
    let pins = ["--pins", "/nowhere/rvs-toa"];
    for command in [
        &["status"][..],
        &["detach"],
        &[],
        &["director", "list"],
        &["enat", "status"],
        &["enat", "detach"],
        &["enat", "add", "192.0.2.1:80", "8080"],
        &["enat", "remove", "192.0.2.1:80"],
    ] {
        let arguments = [&pins[..], command].concat();
        expect_error(&arguments, 5, "rvs-toa: not attached; run: rvs-toa attach");
    }
}

#[test]
fn errors_are_json_where_that_is_asked_for() {
    expect_error(
        &["-j", "--pins", "/nowhere/rvs-toa"],
        5,
        r#"{"error":{"argument":null,"hint":"run: rvs-toa attach","reason":"not attached"}}"#,
    );
}

#[test]
fn help_says_what_it_cannot_do() {
    let output = run(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = text(&output.stdout);
    for part in [
        "What it cannot do",
        "TCP Fast",
        "before it was attached",
        "UDP",
    ] {
        assert!(help.contains(part), "{part}");
    }
    for command in [
        &["attach", "--help"][..],
        &["status", "--help"],
        &["director", "--help"],
    ] {
        assert_eq!(run(command).status.code(), Some(0));
    }
}
