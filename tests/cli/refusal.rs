// SPDX-License-Identifier: GPL-2.0-only

//! Refusals of the kernel, in the words of the command line.

mod kernel;
mod run;

use kernel::attribute;
use kernel::extack_message;
use kernel::extack_missing;
use kernel::extack_missing_nest;
use kernel::extack_offset;
use kernel::nest;
use kernel::number;
use kernel::string;
use kernel::Kernel;
use run::fails;
use run::run;
use run::succeeds;

const EPERM: i32 = 1;
const ENOENT: i32 = 2;
const ESRCH: i32 = 3;
const EEXIST: i32 = 17;
const EINVAL: i32 = 22;

const NLM_F_DUMP_INTR: u16 = 0x10;

/// A service-get reply for tcp/192.0.2.1:80 with this forward method.
fn service(forward: Option<u32>) -> Vec<netlink_packet_core::DefaultNla> {
    let counters: Vec<_> = (2..=6).map(|counter| number(counter, 0)).collect();
    let mut attributes = vec![
        number(1, 6),
        attribute(2, &[192, 0, 2, 1]),
        attribute(4, &80u16.to_be_bytes()),
        string(5, "wrr"),
        number(7, 0),
        nest(8, &counters),
        number(10, 1),
    ];
    attributes.extend(forward.map(|method| number(6, method)));
    attributes
}

#[test]
fn no_module() {
    fails(
        "rvsadm service add tcp/192.0.2.1:80 --nat",
        Kernel::without_module(),
        5,
        "rvsadm: service add: the rvs module is not loaded; run: modprobe rvs",
    );
    let outcome = run("rvsadm -j show", Kernel::without_module());
    assert_eq!(outcome.code, 5);
    assert_eq!(
        outcome.err,
        "{\"error\":{\"argument\":null,\"reason\":\"the rvs module is not loaded\",\
         \"hint\":\"run: modprobe rvs\",\"errno\":\"ENOENT\"}}\n"
    );
}

#[test]
fn examples_in_help_pass_all_checks() {
    let mut tried = 0;
    for command in [
        "",
        " service",
        " service add",
        " service set",
        " service del",
        " service list",
        " server",
        " server add",
        " server set",
        " server del",
        " connection",
        " connection list",
        " pool",
        " pool add",
        " pool set",
        " pool del",
        " pool add-address",
        " pool del-address",
        " pool show",
        " pool watch",
        " show",
        " stats",
        " flush",
    ] {
        let help = run(&format!("rvsadm{command} --help"), Kernel::default()).out;
        let lines = help.lines().map(str::trim_start);
        for example in lines.filter(|line| line.starts_with("rvsadm ")) {
            // What is left to be wrong is that there is no module.
            let outcome = run(example, Kernel::without_module());
            assert_eq!(outcome.code, 5, "{example}: {}", outcome.err);
            tried += 1;
        }
    }
    assert!(tried >= 12, "{tried}");
}

#[test]
fn no_rights() {
    fails(
        "rvsadm flush",
        Kernel::new().refuse(EPERM, &[]),
        2,
        "rvsadm: flush: needs root (CAP_NET_ADMIN)",
    );
    fails(
        "rvsadm connection list",
        Kernel::new().refuse(EPERM, &[]),
        2,
        "rvsadm: connection list: needs root (CAP_NET_ADMIN)",
    );
}

#[test]
fn the_attribute_at_fault_is_the_argument() {
    // Attributes begin at 20: protocol 20, addr4 28, port 36, scheduler 44, forward 52.
    let cases = [
        (28, "tcp/192.0.2.1:80"),
        (36, "tcp/192.0.2.1:80"),
        (44, "--scheduler wrr"),
        (52, "--nat"),
    ];
    for (offset, argument) in cases {
        let extack = [extack_message("not today"), extack_offset(offset)];
        fails(
            "rvsadm service add tcp/192.0.2.1:80 --scheduler wrr --nat",
            Kernel::new().refuse(EINVAL, &extack),
            2,
            &format!("rvsadm: service add: {argument}: not today"),
        );
    }
    let extack = [
        extack_message("only sh and mh have flags"),
        extack_offset(52),
    ];
    fails(
        "rvsadm service add tcp/192.0.2.1:80 --scheduler wrr --scheduler-flags port",
        Kernel::new().refuse(EINVAL, &extack),
        2,
        "rvsadm: service add: --scheduler-flags port: only sh and mh have flags",
    );
    // Service nest 20 with 28 bytes, addr4 48, port 56, threshold 64: the other one is the kernel's.
    let refused = "the lower threshold is higher than the upper one";
    for (option, other) in [("--lower-threshold", 7), ("--upper-threshold", 3)] {
        fails(
            &format!("rvsadm server set tcp/192.0.2.1:80 10.0.0.2 {option} {other}"),
            Kernel::new().refuse(EINVAL, &[extack_message(refused), extack_offset(64)]),
            2,
            &format!("rvsadm: server set: {option} {other}: {refused}"),
        );
    }
    // Service nest 20 with its port at 40, addr4 48, port 56, weight 64, forward 72.
    let cases = [
        (20, "tcp/192.0.2.1:80"),
        (40, "tcp/192.0.2.1:80"),
        (48, "10.0.0.2:8080"),
        (56, "10.0.0.2:8080"),
        (64, "--weight 5"),
        (72, "--nat"),
    ];
    for (offset, argument) in cases {
        let extack = [extack_message("not today"), extack_offset(offset)];
        fails(
            "rvsadm server set tcp/192.0.2.1:80 10.0.0.2:8080 --weight 5 --nat",
            Kernel::new().refuse(EINVAL, &extack),
            2,
            &format!("rvsadm: server set: {argument}: not today"),
        );
    }
}

#[test]
fn an_answer_with_the_whole_request_is_understood() {
    let extack = [extack_message("not today"), extack_offset(44)];
    fails(
        "rvsadm service set tcp/192.0.2.1:80 --scheduler rr",
        Kernel::new().refuse_uncapped(EINVAL, &extack),
        2,
        "rvsadm: service set: --scheduler rr: not today",
    );
}

#[test]
fn an_offset_outside_the_request_is_ignored() {
    for offset in [0, 16, 44, 4096, u32::MAX] {
        let extack = [extack_message("not today"), extack_offset(offset)];
        fails(
            "rvsadm service del tcp/192.0.2.1:80",
            Kernel::new().refuse(EINVAL, &extack),
            2,
            "rvsadm: service del: tcp/192.0.2.1:80: not today",
        );
    }
}

#[test]
fn a_missing_attribute_is_named_as_in_the_help() {
    let line = "rvsadm server add tcp/192.0.2.1:80 10.0.0.2 --nat";
    for (extack, argument) in [
        (vec![extack_missing(6)], "--nat|--dr|--tun"),
        (vec![extack_missing(4)], "ADDRESS[:PORT]"),
        (vec![extack_missing(4), extack_missing_nest(20)], "SERVICE"),
    ] {
        fails(
            line,
            Kernel::new().refuse(EINVAL, &extack),
            2,
            &format!("rvsadm: server add: {argument}: missing"),
        );
    }
}

#[test]
fn error_numbers_without_a_text_are_explained() {
    fails(
        "rvsadm service add tcp/192.0.2.1:80 --nat",
        Kernel::new().refuse(EEXIST, &[]),
        2,
        "rvsadm: service add: tcp/192.0.2.1:80: there is such a service already; \
         change it with: rvsadm service set",
    );
    fails(
        "rvsadm server add tcp/192.0.2.1:80 10.0.0.2 --nat",
        Kernel::new().refuse(EEXIST, &[]),
        2,
        "rvsadm: server add: 10.0.0.2:80: the service has this server already; \
         change it with: rvsadm server set",
    );
    fails(
        "rvsadm server del tcp/192.0.2.1:80 10.0.0.2",
        Kernel::new().refuse(ENOENT, &[]),
        2,
        "rvsadm: server del: 10.0.0.2:80: no such server in the service; \
         see the servers with: rvsadm show",
    );
    fails(
        "rvsadm server del tcp/192.0.2.1:80 10.0.0.2",
        Kernel::new().refuse(ESRCH, &[]),
        2,
        "rvsadm: server del: tcp/192.0.2.1:80: no such service; \
         see the services with: rvsadm service list",
    );
}

#[test]
fn json_has_the_error_number_by_name() {
    let extack = [extack_message("no such service")];
    let outcome = run(
        "rvsadm -j service del tcp/192.0.2.1:80",
        Kernel::new().refuse(ESRCH, &extack),
    );
    assert_eq!(outcome.code, 2);
    assert_eq!(outcome.out, "");
    assert_eq!(
        outcome.err,
        "{\"error\":{\"argument\":\"tcp/192.0.2.1:80\",\"reason\":\"no such service\",\
         \"hint\":\"see the services with: rvsadm service list\",\"errno\":\"ESRCH\"}}\n"
    );
}

#[test]
fn a_server_without_a_method_gets_that_of_the_service() {
    let kernel = Kernel::new().reply(5, service(Some(0))).accept();
    let sent = kernel.sent.clone();
    succeeds("rvsadm server add tcp/192.0.2.1:80 10.0.0.7:8080", kernel);
    // Headers 20, service nest 28, addr4 8, port 8: the method is the kernel's to fill in.
    assert_eq!(sent.borrow()[2].len(), 64);

    fails(
        "rvsadm server add tcp/192.0.2.1:80 10.0.0.7:8080",
        Kernel::new().reply(5, service(Some(1))),
        1,
        "rvsadm: server add: 10.0.0.7:8080: port mapping needs NAT \
         (the service forwards by DR); use port 80 or --nat",
    );
    // Which is DR: a port that packets keep may be any, by NAT it may not.
    let kernel = Kernel::new().reply(5, service(Some(1))).accept();
    let sent = kernel.sent.clone();
    succeeds(
        "rvsadm server add tcp/192.0.2.1:80 10.0.0.7:8080 --keep-port",
        kernel,
    );
    assert_eq!(sent.borrow()[2][64..], [8, 0, 18, 0, 1, 0, 0, 0]);
    fails(
        "rvsadm server add tcp/192.0.2.1:80 10.0.0.7:8080 --keep-port",
        Kernel::new().reply(5, service(Some(0))),
        1,
        "rvsadm: server add: --keep-port: packets get the server's port (the service forwards by NAT); \
         leave it out, or give --dr or --tun",
    );
    fails(
        "rvsadm server add tcp/192.0.2.1:80 10.0.0.7",
        Kernel::new().reply(5, service(None)),
        1,
        "rvsadm: server add: 10.0.0.7:80: no forward method; \
         give --nat, --dr, --tun or --fullnat, here or with: rvsadm service set",
    );
    fails(
        "rvsadm server add tcp/192.0.2.1:80 10.0.0.7",
        Kernel::new().refuse(ESRCH, &[]),
        2,
        "rvsadm: server add: tcp/192.0.2.1:80: no such service; \
         see the services with: rvsadm service list",
    );
}

#[test]
fn what_is_left_of_an_earlier_request_is_passed_over() {
    succeeds("rvsadm flush", Kernel::new().accept_after_leftover());
}

#[test]
fn an_interrupted_dump_is_repeated() {
    let kernel = Kernel::new()
        .dump(NLM_F_DUMP_INTR, 5, vec![service(Some(0)), service(Some(0))])
        .dump(0, 5, vec![service(Some(0))]);
    let outcome = run("rvsadm service list", kernel);
    assert_eq!(outcome.code, 0);
    assert_eq!(outcome.out.matches("tcp/192.0.2.1:80").count(), 1);
}

#[test]
fn a_dump_that_is_always_interrupted_is_an_error() {
    let mut kernel = Kernel::new();
    for _ in 0..5 {
        kernel = kernel.dump(NLM_F_DUMP_INTR, 5, vec![service(Some(0))]);
    }
    fails(
        "rvsadm service list",
        kernel,
        2,
        "rvsadm: service list: the configuration kept changing while it was read; try again",
    );
}

#[test]
fn a_dump_can_end_with_an_error() {
    let kernel = Kernel::new()
        .reply(5, service(Some(0)))
        .fail_dump(ESRCH, &[extack_message("service is gone")]);
    fails(
        "rvsadm show tcp/192.0.2.1:80",
        kernel,
        2,
        "rvsadm: show: tcp/192.0.2.1:80: service is gone; \
         see the services with: rvsadm service list",
    );
}

#[test]
fn an_answer_that_lies_is_an_error() {
    let hint = "rvsadm and the module may be of different versions";
    fails(
        "rvsadm service list",
        Kernel::new().dump(0, 5, vec![vec![number(1, 6)]]),
        2,
        &format!("rvsadm: service list: netlink: answer not understood: no address; {hint}"),
    );
    fails(
        "rvsadm service list",
        Kernel::new().dump(0, 5, vec![vec![number(1, 250)]]),
        2,
        &format!(
            "rvsadm: service list: netlink: answer not understood: \
             protocol 250 is unknown to this rvsadm; {hint}"
        ),
    );
    // Cut in the middle of a header, of an attribute, and not there at all.
    for length in [3, 17, 22] {
        let kernel = Kernel::new().then(move |seq, _| {
            let mut bytes = vec![24, 0, 0, 0, 0x2a, 0, 0, 0];
            bytes.extend(seq.to_ne_bytes());
            bytes.extend([0, 0, 0, 0, 5, 1, 0, 0, 8, 0, 1, 0]);
            bytes.truncate(length);
            bytes
        });
        let outcome = run("rvsadm service list", kernel);
        assert_eq!(outcome.code, 2, "{}", outcome.err);
        assert_eq!(outcome.err.matches('\n').count(), 1, "{}", outcome.err);
    }
}
