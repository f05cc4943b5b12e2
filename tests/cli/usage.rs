// SPDX-License-Identifier: GPL-2.0-only

//! The program without root, module or kernel: help, version, wrong command lines.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

fn rvsadm() -> Command {
    Command::new(env!("CARGO_BIN_EXE_rvsadm"))
}

fn run(line: &str) -> Output {
    rvsadm()
        .args(line.split_whitespace())
        .output()
        .expect("rvsadm starts")
}

/// One line on standard error, nothing on standard output, exit code 1.
#[track_caller]
fn refuses(line: &str, message: &str) {
    let output = run(line);
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        format!("{message}\n")
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn version_is_that_of_the_package() {
    let output = run("--version");
    let expected = format!("rvsadm {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn every_command_has_help_with_examples() {
    for command in [
        "",
        "service",
        "service add",
        "service set",
        "service del",
        "service list",
        "server",
        "server add",
        "server set",
        "server del",
        "connection",
        "connection list",
        "template",
        "template list",
        "pool",
        "pool add",
        "pool set",
        "pool del",
        "pool add-address",
        "pool del-address",
        "pool show",
        "pool watch",
        "show",
        "stats",
        "zero",
        "timeouts",
        "flush",
        "save",
        "restore",
    ] {
        let output = run(&format!("{command} --help"));
        let text = String::from_utf8_lossy(&output.stdout);
        let usage = format!("Usage: {}", format!("rvsadm {command}").trim_end());
        assert!(text.contains(&usage), "{command}: {text}");
        assert!(text.contains("Examples:\n  rvsadm "), "{command}: {text}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert_eq!(output.status.code(), Some(0), "{command}");
    }
}

#[test]
fn help_lists_the_commands() {
    let output = run("--help");
    let text = String::from_utf8_lossy(&output.stdout);
    let commands = "\
Commands:
  service     Add, change, delete and list virtual services
  server      Add, change and remove the real servers of a service
  connection  List connections
  template    List which clients of persistent services keep which server
  pool        Add, change, delete and show pools of local addresses
  show        Show services with their servers and counters
  stats       Show which way packets took: the fast path, or why not
  zero        Have counters of a service and its servers, or all, begin at 0 again
  timeouts    Show or change how long connections may be idle
  flush       Delete all services
  save        Write the commands that make the configuration of now
  restore     Make a configuration that was saved, all of it or nothing

Options:
";
    assert!(text.contains(commands), "{text}");
}

#[test]
fn wrong_commands_are_named() {
    refuses(
        "frob",
        "rvsadm: frob: no such command; use service, server, connection, template, pool, show, stats, zero, timeouts, flush, save or restore",
    );
    refuses(
        "service",
        "rvsadm: service: command missing; use add, set, del or list",
    );
    refuses(
        "service frob",
        "rvsadm: service: frob: no such command; use add, set, del or list",
    );
    refuses(
        "connection",
        "rvsadm: connection: command missing; use list",
    );
    refuses(
        "-n x server frob",
        "rvsadm: server: frob: no such command; use add, set or del",
    );
    refuses(
        "flush all",
        "rvsadm: flush: all: unexpected argument; see rvsadm flush --help",
    );
}

#[test]
fn wrong_options_are_named() {
    refuses(
        "service add tcp/192.0.2.1:80 --frob",
        "rvsadm: service add: --frob: unknown option; see rvsadm service add --help",
    );
    refuses(
        "show --jsn",
        "rvsadm: show: --jsn: unknown option; did you mean --json?",
    );
    refuses(
        "service add tcp/192.0.2.1:80 --scheduler",
        "rvsadm: service add: --scheduler: needs a value; use rr, wrr, lc, wlc, sed, nq, sh, mh, \
         dh, lblc, lblcr, fo, ovf, twos or none",
    );
    refuses(
        "service add tcp/192.0.2.1:80 --scheduler lru",
        "rvsadm: service add: --scheduler lru: no such choice; use rr, wrr, lc, wlc, sed, nq, \
         sh, mh, dh, lblc, lblcr, fo, ovf, twos or none",
    );
    for flags in ["ports", "port,", "none,port", "PORT", "3"] {
        refuses(
            &format!("service add tcp/192.0.2.1:80 --scheduler-flags {flags}"),
            &format!(
                "rvsadm: service add: --scheduler-flags {flags}: not flags of a scheduler; \
                 write port, fallback, both with a comma, or none"
            ),
        );
    }
    refuses(
        "service add tcp/192.0.2.1:80 --fast-path",
        "rvsadm: service add: --fast-path: needs a value; use on or off",
    );
    refuses(
        "service set tcp/192.0.2.1:80 --fast-path yes",
        "rvsadm: service set: --fast-path yes: no such choice; use on or off",
    );
    refuses(
        "service add tcp/192.0.2.1:80 --nat --dr",
        "rvsadm: service add: --nat: cannot be combined with --dr; give one",
    );
    refuses(
        "server add tcp/192.0.2.1:80 10.0.0.2 --tun --tun",
        "rvsadm: server add: --tun: given twice; give one",
    );
    refuses("-n", "rvsadm: --netns: needs a value; see rvsadm --help");
}

#[test]
fn missing_arguments_are_named() {
    refuses(
        "service add --nat",
        "rvsadm: service add: SERVICE: missing; see rvsadm service add --help",
    );
    refuses(
        "server add",
        "rvsadm: server add: SERVICE: missing; see rvsadm server add --help",
    );
    refuses(
        "server del tcp/192.0.2.1:80",
        "rvsadm: server del: ADDRESS[:PORT]: missing; see rvsadm server del --help",
    );
}

#[test]
fn only_datagrams_are_scheduled_one_by_one() {
    for command in ["service add", "service set"] {
        refuses(
            &format!("{command} tcp/192.0.2.1:80 --one-packet on"),
            &format!(
                "rvsadm: {command}: --one-packet on: only datagrams are scheduled one by one; \
                 leave it out for TCP and SCTP"
            ),
        );
    }
}

#[test]
fn only_tcp_tells_servers_of_their_clients() {
    for command in ["service add", "service set"] {
        for service in ["udp/192.0.2.1:53", "sctp/192.0.2.1:3868"] {
            refuses(
                &format!("{command} {service} --toa on"),
                &format!(
                    "rvsadm: {command}: --toa on: only TCP has an option that tells servers of their clients; \
                     leave it out for UDP and SCTP"
                ),
            );
        }
        refuses(
            &format!("{command} tcp/192.0.2.1:80 --toa yes"),
            &format!("rvsadm: {command}: --toa yes: no such choice; use default, on or off"),
        );
    }
}

#[test]
fn servers_of_many_ports_have_none_of_their_own_without_nat() {
    for service in ["tcp/192.0.2.1:*", "tcp/192.0.2.1:1-1023", "mark/7"] {
        refuses(
            &format!("server add {service} 10.0.0.2:80 --dr"),
            "rvsadm: server add: 10.0.0.2:80: port mapping needs NAT (--dr); give no port, or --nat",
        );
    }
}

#[test]
fn a_change_of_nothing_is_refused() {
    refuses(
        "service set tcp/192.0.2.1:80",
        "rvsadm: service set: tcp/192.0.2.1:80: nothing to change; \
         give --scheduler rr|wrr|lc|wlc|sed|nq|sh|mh|dh|lblc|lblcr|fo|ovf|twos|none, --scheduler-flags FLAGS, --fast-path on|off, \
         --one-packet on|off, --removal default|keep|expire|reset, --timeout TIMEOUT, --persistent SECONDS[/MASK][,sip]|off, --pool NAME, --toa default|on|off, --nat, --dr, --tun or --fullnat",
    );
    refuses(
        "server set tcp/192.0.2.1:80 10.0.0.2",
        "rvsadm: server set: 10.0.0.2: nothing to change; give --weight N, --upper-threshold N, \
         --lower-threshold N, --nat, --dr, --tun, --fullnat, --tun-type TYPE, --tun-port PORT or --tun-checksum WHAT",
    );
}

#[test]
fn tunnels_are_checked() {
    for (options, complaint) in [
        ("--dr --tun-type gre", "--dr: only --tun has a tunnel"),
        ("--nat --tun-port 6080", "--nat: only --tun has a tunnel"),
        (
            "--tun --tun-type vxlan",
            "--tun-type vxlan: no such choice; use ipip, gre or gue",
        ),
        (
            "--tun --tun-type gre --tun-port 6080",
            "--tun-port 6080: gre has no port; only gue has one",
        ),
        (
            "--tun --tun-port 0",
            "--tun-port 0: not a port; write 1 to 65535",
        ),
        (
            "--tun --tun-port 65536",
            "--tun-port 65536: not a port; write 1 to 65535",
        ),
        (
            "--tun --tun-type gre --tun-checksum remote",
            "--tun-checksum remote: gre has no such checksum; \
             ipip has none, gre none or full, gue none, full or remote",
        ),
        (
            "--tun --tun-checksum some",
            "--tun-checksum some: no such choice; use none, full or remote",
        ),
    ] {
        for command in ["server add", "server set"] {
            refuses(
                &format!("{command} tcp/192.0.2.1:80 10.0.0.2 {options}"),
                &format!("rvsadm: {command}: {complaint}"),
            );
        }
    }
}

#[test]
fn addresses_are_checked_in_every_command() {
    for command in [
        "service add",
        "service set",
        "service del",
        "connection list",
        "show",
    ] {
        refuses(
            &format!("{command} tcp/10.1:80"),
            &format!(
                "rvsadm: {command}: tcp/10.1:80: not a numeric IPv4 address: 10.1; \
                 write four decimal numbers, such as 192.0.2.1"
            ),
        );
    }
    for command in ["server add", "server set", "server del"] {
        refuses(
            &format!("{command} udp/192.0.2.1:0 10.0.0.2"),
            &format!("rvsadm: {command}: udp/192.0.2.1:0: not a port: 0; write 1 to 65535"),
        );
        refuses(
            &format!("{command} udp/192.0.2.1:53 10.0.0.2:+53"),
            &format!("rvsadm: {command}: 10.0.0.2:+53: not a port: +53; write 1 to 65535"),
        );
    }
}

#[test]
fn weights_are_checked() {
    for weight in ["-1", "2147483648", "4294967297", "+1", "1.5", "0x10", "two"] {
        refuses(
            &format!("server add tcp/192.0.2.1:80 10.0.0.2 --weight {weight}"),
            &format!("rvsadm: server add: --weight {weight}: not a weight; write 0 to 2147483647"),
        );
    }
}

#[test]
fn thresholds_are_checked() {
    for option in ["--upper-threshold", "--lower-threshold"] {
        for number in ["-1", "2147483648", "1e3", "all"] {
            refuses(
                &format!("server add tcp/192.0.2.1:80 10.0.0.2 {option} {number}"),
                &format!(
                    "rvsadm: server add: {option} {number}: not a threshold; \
                     write 0 to 2147483647"
                ),
            );
        }
    }
    for upper in ["4", "0"] {
        refuses(
            &format!(
                "server set tcp/192.0.2.1:80 10.0.0.2 --upper-threshold {upper} \
                 --lower-threshold 5"
            ),
            &format!(
                "rvsadm: server set: --lower-threshold 5: the lower threshold is higher than the \
                 upper one; write 0 to {upper}"
            ),
        );
    }
}

#[test]
fn a_port_that_the_method_cannot_reach_is_refused() {
    refuses(
        "server add tcp/192.0.2.1:80 10.0.0.7:8080 --dr",
        "rvsadm: server add: 10.0.0.7:8080: port mapping needs NAT (--dr); use port 80 or --nat",
    );
    refuses(
        "server set tcp/[2001:db8::1]:80 [2001:db8::7]:8080 --tun",
        "rvsadm: server set: [2001:db8::7]:8080: port mapping needs NAT (--tun); \
         use port 80 or --nat",
    );
}

#[test]
fn only_a_method_that_maps_no_port_keeps_it() {
    for method in ["--nat", "--fullnat", "--enat"] {
        refuses(
            &format!("server add tcp/192.0.2.1:80 10.0.0.7:8080 {method} --keep-port"),
            &format!(
                "rvsadm: server add: --keep-port: packets get the server's port ({method}); \
                 leave it out, or give --dr or --tun"
            ),
        );
    }
}

#[test]
fn namespaces_are_checked() {
    refuses(
        "-n no-such-namespace show",
        "rvsadm: show: --netns no-such-namespace: no such network namespace; \
         see them with: ip netns list",
    );
    refuses(
        "--netns ../net flush",
        "rvsadm: flush: --netns ../net: not a name of a network namespace; \
         see them with: ip netns list",
    );
}

#[test]
fn json_errors_are_one_object() {
    refuses(
        "-j service add tcp/192.0.2.1 --nat",
        r#"{"error":{"argument":"tcp/192.0.2.1","reason":"no port","hint":"write PROTOCOL/ADDRESS:PORT, such as tcp/192.0.2.1:80","errno":null}}"#,
    );
    refuses(
        "flush --json all",
        r#"{"error":{"argument":"all","reason":"unexpected argument","hint":"see rvsadm flush --help","errno":null}}"#,
    );
    // The j is the name of a namespace, and what follows -- is no option.
    for line in ["-nj flush all", "flush all -- --json"] {
        let output = run(line);
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(err.starts_with("rvsadm: flush: all: "), "{line}: {err}");
    }
}

#[test]
fn what_is_typed_cannot_break_the_line() {
    let output = rvsadm()
        .args(["service", "del", "tcp/\n\u{1b}[31m"])
        .output();
    let err = String::from_utf8(output.expect("rvsadm starts").stderr).expect("UTF-8");
    assert_eq!(err.matches('\n').count(), 1, "{err:?}");
    assert!(!err.contains('\u{1b}'), "{err:?}");
}

#[test]
fn without_the_module_the_exit_code_is_5() {
    if Path::new("/sys/module/rvs").exists() {
        eprintln!("skipped: the module is loaded");
        return;
    }
    for line in ["", "show", "service list"] {
        let output = run(line);
        let command = if line.is_empty() { "show" } else { line };
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            format!("rvsadm: {command}: the rvs module is not loaded; run: modprobe rvs\n")
        );
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        assert_eq!(output.status.code(), Some(5));
    }
}

#[test]
fn a_reader_that_left_is_no_error() {
    let (ours, theirs) = UnixStream::pair().expect("socket pair");
    drop(ours);
    let output = rvsadm()
        .arg("--help")
        .stdout(Stdio::from(OwnedFd::from(theirs)))
        .output()
        .expect("rvsadm starts");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_full_disk_is_an_error() {
    let full = File::options()
        .write(true)
        .open("/dev/full")
        .expect("/dev/full");
    let output = rvsadm()
        .arg("--help")
        .stdout(full)
        .output()
        .expect("rvsadm starts");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "rvsadm: cannot write: No space left on device (os error 28)\n"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn man_pages_and_completions_are_generated() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("man");
    std::fs::create_dir_all(&directory).expect("directory");
    let output = rvsadm()
        .args(["generate", "man"])
        .arg(&directory)
        .output()
        .expect("rvsadm starts");
    assert_eq!(output.status.code(), Some(0));
    let page = std::fs::read_to_string(directory.join("rvsadm-server-add.8")).expect("page");
    assert!(page.contains(".TH rvsadm-server-add 8"), "{page}");
    assert!(page.contains("\\-\\-weight"), "{page}");

    let output = run("generate completions bash");
    let script = String::from_utf8_lossy(&output.stdout).into_owned();
    let check = Command::new("bash").args(["-n", "-c", &script]).output();
    assert!(check.expect("bash").status.success());
    assert!(script.contains("--scheduler"), "{script}");
}
