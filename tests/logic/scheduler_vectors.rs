// SPDX-License-Identifier: GPL-2.0-only

//! Every choice that C ip_vs was seen to make, made again. `vectors/record` tells how to record.

#[path = "support/service.rs"]
mod service;

use std::{
    collections::HashMap,
    net::{
        IpAddr,
        SocketAddr, //
    },
};

use rvs_logic::logic::{
    addr::{
        Addr,
        Endpoint, //
    },
    scheduler::{
        Flags,
        Kind, //
    },
};
use service::{
    Server,
    Service, //
};

/// A service and what the vectors call its servers.
struct Replay {
    service: Service,
    thresholds: HashMap<usize, u32>,
}

impl Replay {
    fn new(kind: Kind, flags: &str, idle: usize) -> Self {
        let has = |name| flags.split(',').any(|flag| flag == name);
        let flags = Flags {
            fallback: has("fallback"),
            port: has("port"),
        };
        let idle = (0..idle).map(|number| Server::new(IDLE + number, 0));
        Self {
            service: Service::with_flags(kind, flags, idle.collect()),
            thresholds: HashMap::new(),
        }
    }

    fn index(&self, id: usize) -> usize {
        let place = |server: &Server| server.id == id;
        self.service.servers.iter().position(place).expect(NO_NAME)
    }

    /// Takes a step; of a flow, returns who was and who is chosen.
    fn step(&mut self, words: &[&str]) -> Option<[Option<usize>; 2]> {
        match *words {
            ["add", name, endpoint, weight, ref threshold @ ..] => {
                let id = number(name).expect(NO_NAME);
                let mut server = Server::new(id, weight.parse().expect("a weight"));
                server.endpoint = parse_endpoint(endpoint);
                self.set_threshold(id, threshold);
                self.service.insert(server);
            }
            ["set", name, weight, ref threshold @ ..] => {
                let id = number(name).expect(NO_NAME);
                let index = self.index(id);
                let weight = weight.parse().expect("a weight");
                self.set_threshold(id, threshold);
                self.service.set_weight(index, weight);
            }
            ["del", name] => {
                let index = self.index(number(name).expect(NO_NAME));
                self.service.remove(index);
            }
            ["flow", client, name, ref loads @ ..] => {
                for load in loads {
                    self.set_load(load);
                }
                let chosen = self.service.pick_for(parse_endpoint(client));
                return Some([number(name), chosen]);
            }
            ["visit", client, addr, name, ref loads @ ..] => {
                for load in loads {
                    self.set_load(load);
                }
                let addr: IpAddr = addr.parse().expect("an address");
                let chosen = self.service.pick_to(parse_endpoint(client), addr_of(addr));
                self.service.surroundings.later.set(false);
                return Some([number(name), chosen]);
            }
            ["later"] => self.service.surroundings.later.set(true),
            _ => panic!("{words:?}"),
        }
        None
    }

    fn set_threshold(&mut self, id: usize, words: &[&str]) {
        let threshold = words.iter().find_map(|word| word.strip_prefix('x'));
        let threshold = threshold.map_or(0, |number| number.parse().expect("a threshold"));
        self.thresholds.insert(id, threshold);
    }

    /// Takes over `NAME=ACTIVE+INACTIVE`.
    fn set_load(&mut self, load: &str) {
        let (name, counts) = load.split_once('=').expect("NAME=");
        let (active, inactive) = counts.split_once('+').expect("ACTIVE+INACTIVE");
        let id = number(name).expect(NO_NAME);
        let index = self.index(id);
        let threshold = self.thresholds[&id];
        self.service.change_load(index, |server| {
            server.active = active.parse().expect("a count");
            server.inactive = inactive.parse().expect("a count");
            server.overloaded = threshold > 0 && server.active + server.inactive >= threshold;
        });
    }
}

const NO_NAME: &str = "the name of a server";

/// The number of the first server that has no name and no weight, behind those that have.
const IDLE: usize = 1000;

/// The number of the server called A and so on; none of "-".
fn number(name: &str) -> Option<usize> {
    match name.as_bytes() {
        [letter @ b'A'..=b'Z'] => Some(usize::from(letter - b'A')),
        b"-" => None,
        _ => panic!("{name}: not {NO_NAME}"),
    }
}

fn parse_endpoint(text: &str) -> Endpoint {
    let addr: SocketAddr = text.parse().expect("ADDRESS:PORT");
    Endpoint::new(addr_of(addr.ip()), addr.port())
}

fn addr_of(addr: IpAddr) -> Addr {
    match addr {
        IpAddr::V4(addr) => addr.into(),
        IpAddr::V6(addr) => addr.into(),
    }
}

/// Replays the recording of a scheduler; `flows` is how many it must at least hold.
fn replay(kind: Kind, recording: &str, flows: usize) {
    replay_among(0, kind, recording, flows);
}

/// Replays it with so many servers more that never get a connection.
fn replay_among(idle: usize, kind: Kind, recording: &str, flows: usize) {
    let mut replay = None;
    let mut title = "";
    let mut seen = 0;
    for (line, text) in recording.lines().enumerate() {
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if let Some(service) = text.strip_prefix("service ") {
            let flags;
            (title, flags) = service.split_once('|').expect("TITLE | FLAGS");
            replay = Some(Replay::new(kind, flags.trim(), idle));
            continue;
        }
        let words: Vec<_> = text.split(' ').collect();
        let replay: &mut Replay = replay.as_mut().expect("a service first");
        if let Some([recorded, chosen]) = replay.step(&words) {
            seen += 1;
            assert_eq!(chosen, recorded, "line {}, {title}: {text}", line + 1);
        }
    }
    assert!(seen >= flows, "only {seen} flows");
}

#[test]
fn rr() {
    replay(Kind::Rr, include_str!("vectors/rr.txt"), 1000);
}

#[test]
fn wrr() {
    replay(Kind::Wrr, include_str!("vectors/wrr.txt"), 1000);
}

#[test]
fn lc() {
    replay(Kind::Lc, include_str!("vectors/lc.txt"), 500);
}

#[test]
fn wlc() {
    replay(Kind::Wlc, include_str!("vectors/wlc.txt"), 500);
}

#[test]
fn lc_among_many() {
    replay_among(50, Kind::Lc, include_str!("vectors/lc.txt"), 500);
}

#[test]
fn wlc_among_many() {
    replay_among(50, Kind::Wlc, include_str!("vectors/wlc.txt"), 500);
}

#[test]
fn sh() {
    replay(Kind::Sh, include_str!("vectors/sh.txt"), 3000);
}

#[test]
fn mh() {
    replay(Kind::Mh, include_str!("vectors/mh.txt"), 3000);
}

#[test]
fn sed() {
    replay(Kind::Sed, include_str!("vectors/sed.txt"), 700);
}

#[test]
fn sed_among_many() {
    replay_among(50, Kind::Sed, include_str!("vectors/sed.txt"), 700);
}

#[test]
fn nq() {
    replay(Kind::Nq, include_str!("vectors/nq.txt"), 700);
}

#[test]
fn nq_among_many() {
    replay_among(50, Kind::Nq, include_str!("vectors/nq.txt"), 700);
}

#[test]
fn dh() {
    replay(Kind::Dh, include_str!("vectors/dh.txt"), 1000);
}

#[test]
fn fo() {
    replay(Kind::Fo, include_str!("vectors/fo.txt"), 300);
}

#[test]
fn ovf() {
    replay(Kind::Ovf, include_str!("vectors/ovf.txt"), 700);
}

#[test]
fn lblc() {
    replay(Kind::Lblc, include_str!("vectors/lblc.txt"), 1000);
}

#[test]
fn lblc_among_many() {
    replay_among(50, Kind::Lblc, include_str!("vectors/lblc.txt"), 1000);
}

#[test]
fn lblcr() {
    replay(Kind::Lblcr, include_str!("vectors/lblcr.txt"), 1200);
}

#[test]
fn lblcr_among_many() {
    replay_among(50, Kind::Lblcr, include_str!("vectors/lblcr.txt"), 1200);
}
