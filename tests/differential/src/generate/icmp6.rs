// SPDX-License-Identifier: GPL-2.0-only

//! ICMPv6 errors about packets of connections, from either side, whole, damaged and cut off.

use crate::{
    site::{
        Side,
        CLIENTS6,
        DIRECTOR6,
        DIRECTOR_INSIDE6,
        FORWARDING6,
        ROUTER6,
        ROUTER_INSIDE6, //
    },
    stream::{
        Builder,
        Direction::{
            self,
            Reply,
            Request, //
        },
        Flow, //
    },
    wire::{
        icmp6,
        Extension,
        Ip6,
        DESTINATION,
        HOP_BY_HOP,
        ICMPV6,
        TCP,
        UDP, //
    }, //
};

/// Data of the packets that errors are about.
const PAYLOAD: &[u8] = &[0x5a; 40];

pub(crate) fn cases(builder: &mut Builder) {
    for service in FORWARDING6 {
        for protocol in [TCP, UDP] {
            builder.group();
            let label = format!("icmp6/established/{}", service.name());
            let flow = builder.flow(service, protocol, &label);
            builder.open(&flow);
            let abouts: &[Direction] = if service.has_replies() {
                &[Reply, Request]
            } else {
                &[Reply]
            };
            for about in abouts {
                let error = Error {
                    flow: &flow,
                    about: *about,
                };
                error.kinds(builder);
                error.cut(builder);
                error.damaged(builder);
                error.outside(builder);
            }
        }
    }
    builder.group();
    unknown(builder);
    builder.group();
    mtus(builder);
}

/// Who complains about a packet of a flow.
struct Error<'f> {
    flow: &'f Flow,
    about: Direction,
}

impl Error<'_> {
    fn ends(&self) -> (std::net::IpAddr, std::net::IpAddr) {
        let service = self.flow.service;
        match self.about {
            Request => (service.server, self.flow.client),
            Reply => (self.flow.client, service.vip()),
        }
    }

    fn side(&self) -> Side {
        match self.about {
            Request => Side::Servers,
            Reply => Side::Client,
        }
    }

    fn label(&self, name: &str) -> String {
        let from = match self.about {
            Request => "from-server",
            Reply => "from-client",
        };
        format!("icmp6/{name}/{}/{from}", self.flow.service.name())
    }

    fn message(&self, kind: u8, code: u8, rest: u32, quoted: &[u8]) -> Vec<u8> {
        icmp6(self.ends(), kind, code, rest, quoted)
    }

    fn header(&self) -> Ip6 {
        let (from, to) = self.ends();
        Ip6::new(from, to, ICMPV6)
    }

    fn send(&self, builder: &mut Builder, name: &str, header: &Ip6, message: &[u8]) {
        let packet = header.packet(message);
        builder.send(self.side(), &self.label(name), packet, Some(self.flow));
    }

    fn about(&self, builder: &mut Builder, name: &str, quoted: &[u8]) {
        let message = self.message(1, 4, 0, quoted);
        self.send(builder, name, &self.header(), &message);
    }

    fn seen(&self) -> Vec<u8> {
        self.flow.seen(self.about, PAYLOAD)
    }

    /// Each type that is an error, and some that are none. "Packet too big" is for `mtus`, as it is remembered.
    fn kinds(&self, builder: &mut Builder) {
        for (kind, codes) in [
            (0, 0..1),
            (1, 0..8),
            (3, 0..3),
            (4, 0..3),
            (5, 0..1),
            (100, 0..1),
            (127, 0..1),
            (128, 0..1),
            (129, 0..1),
            (138, 0..1),
            (255, 0..1),
        ] {
            let name = match kind {
                1 | 3 => "error",
                4 => "parameter",
                0 | 5..128 => "unknown-error",
                _ => "no-error",
            };
            for code in codes {
                let message = self.message(kind, code, 0, &self.seen());
                self.send(builder, name, &self.header(), &message);
            }
        }
    }

    /// The quoted packet ends anywhere.
    fn cut(&self, builder: &mut Builder) {
        let packet = self.seen();
        for length in (0..40).step_by(5).chain(38..70) {
            let name = match length {
                0..48 => "cut-before-ports",
                _ => "cut",
            };
            self.about(builder, name, &packet[..length]);
        }
        for length in [0, 1, 3, 4, 7] {
            let message = self.message(1, 4, 0, &packet);
            self.send(builder, "cut-header", &self.header(), &message[..length]);
        }
    }

    /// The quoted packet lies: about itself, or is another one.
    fn damaged(&self, builder: &mut Builder) {
        let right = self.seen();
        let byte = |at: usize, value: u8| {
            let mut wrong = right.clone();
            wrong[at] = value;
            wrong
        };
        for value in [0x00, 0x45, 0x50, 0x70, 0xf0] {
            self.about(builder, "inside-version", &byte(0, value));
        }
        for (high, low) in [
            (0, 0),
            (0, 1),
            (0, 7),
            (0, 8),
            (0, 20),
            (5, 220),
            (255, 255),
        ] {
            let mut wrong = right.clone();
            wrong[4..6].copy_from_slice(&[high, low]);
            let name = match (high, low) {
                (0, 0..8) => "inside-length-short",
                _ => "inside-length",
            };
            self.about(builder, name, &wrong);
        }
        for limit in [0, 1, 255] {
            self.about(builder, "inside-hop", &byte(7, limit));
        }
        for protocol in [0, 1, 4, 6, 17, 41, 43, 44, 47, 50, 51, 58, 59, 60, 132, 255] {
            if protocol != self.flow.protocol {
                self.about(builder, "inside-protocol", &byte(6, protocol));
            }
        }
        let check = if self.flow.protocol == TCP { 56 } else { 46 };
        for value in [0, 0x55] {
            self.about(builder, "inside-checksum", &byte(check, value));
        }
        let transport = right[40..].to_vec();
        let quoted = |extensions: Vec<Extension>| {
            Ip6 {
                extensions,
                ..self.flow.seen_ip6(self.about)
            }
            .packet(&transport)
        };
        let options = quoted(vec![Extension::options(HOP_BY_HOP, 8)]);
        self.about(builder, "inside-extension", &options);
        let both = vec![
            Extension::options(HOP_BY_HOP, 16),
            Extension::options(DESTINATION, 8),
        ];
        self.about(builder, "inside-extension", &quoted(both));
        for length in [41, 44, 47, 48, 50, 52] {
            self.about(builder, "inside-extension-cut", &options[..length]);
        }
        let first = quoted(vec![Extension::fragment(0, true, 9)]);
        self.about(builder, "inside-first-fragment", &first);
        let later = quoted(vec![Extension::fragment(64, true, 9)]);
        self.about(builder, "inside-later-fragment", &later);
        // An error about an error.
        let error = Ip6 {
            protocol: ICMPV6,
            ..self.flow.seen_ip6(self.about)
        };
        let error = error.packet(&self.message(1, 4, 0, &right));
        self.about(builder, "about-error", &error);
    }

    /// What is outside is wrong, or seldom.
    fn outside(&self, builder: &mut Builder) {
        let right = self.message(1, 4, 0, &self.seen());
        for check in [[0, 0], [0x12, 0x34], [0xff, 0xff]] {
            let mut wrong = right.clone();
            wrong[2..4].copy_from_slice(&check);
            self.send(builder, "checksum", &self.header(), &wrong);
        }
        for hop_limit in [0, 1, 2] {
            let header = Ip6 {
                hop_limit,
                ..self.header()
            };
            self.send(builder, &format!("hop-{hop_limit}"), &header, &right);
        }
        for (name, extension) in [
            ("options", Extension::options(HOP_BY_HOP, 8)),
            ("options", Extension::options(DESTINATION, 8)),
            ("atomic", Extension::fragment(0, false, 10)),
        ] {
            let header = Ip6 {
                extensions: vec![extension],
                ..self.header()
            };
            self.send(builder, name, &header, &right);
        }
        let id = builder.id().into();
        for (start, end) in [(0, 48), (48, right.len())] {
            let more = end < right.len();
            let header = Ip6 {
                extensions: vec![Extension::fragment(start, more, id)],
                ..self.header()
            };
            self.send(builder, "fragmented", &header, &right[start..end]);
        }
        self.of_routers(builder);
    }

    /// Routers send errors, too; and some are for the director itself.
    fn of_routers(&self, builder: &mut Builder) {
        let (_, to) = self.ends();
        let routers = match self.about {
            Request => [ROUTER_INSIDE6, DIRECTOR_INSIDE6, ROUTER6],
            Reply => [ROUTER6, CLIENTS6[3], ROUTER_INSIDE6],
        };
        for from in routers {
            let message = icmp6((from, to), 1, 3, 0, &self.seen());
            let header = Ip6::new(from, to, ICMPV6);
            self.send(builder, "from-router", &header, &message);
        }
        for to in [DIRECTOR6, DIRECTOR_INSIDE6] {
            let (from, _) = self.ends();
            let message = icmp6((from, to), 1, 3, 0, &self.seen());
            let header = Ip6::new(from, to, ICMPV6);
            self.send(builder, "to-director", &header, &message);
        }
    }
}

/// About connections that there are none of.
fn unknown(builder: &mut Builder) {
    for service in FORWARDING6 {
        for protocol in [TCP, UDP] {
            let flow = builder.flow(service, protocol, "icmp6/unknown");
            for about in [Request, Reply] {
                let error = Error { flow: &flow, about };
                for (kind, code, rest) in [(1, 3, 0), (1, 4, 0), (2, 0, 1300), (3, 0, 0)] {
                    let message = error.message(kind, code, rest, &error.seen());
                    error.send(builder, "unknown", &error.header(), &message);
                }
            }
        }
    }
}

/// Path MTUs, sensible and not, and what they change for packets after them.
fn mtus(builder: &mut Builder) {
    for service in FORWARDING6 {
        for protocol in [TCP, UDP] {
            let label = format!("icmp6/mtu/{}", service.name());
            let flow = builder.flow(service, protocol, &label);
            builder.open(&flow);
            for mtu in [0, 1, 1279, 1280, 1350, 1500, 65535, 0x10000, u32::MAX] {
                for about in flow.directions() {
                    let about = match about {
                        Request => Reply,
                        Reply => Request,
                    };
                    let error = Error { flow: &flow, about };
                    let message = error.message(2, 0, mtu, &error.seen());
                    error.send(builder, "mtu", &error.header(), &message);
                }
            }
            for direction in flow.directions() {
                let label = format!("icmp6/after-mtu/{}/{}", service.name(), direction.name());
                for length in [100, 1200, 1300] {
                    let transport = flow.data(*direction, &vec![0; length]);
                    builder.send_of(&flow, *direction, &label, &transport);
                }
            }
        }
    }
}
