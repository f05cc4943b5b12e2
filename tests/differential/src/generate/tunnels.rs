// SPDX-License-Identifier: GPL-2.0-only

//! Tunnels of GRE and GUE: what `hop`, `sizes`, `offload` and `tunnel_errors` send to IP in IP, in short.

use super::offload;
use crate::{
    site::{
        Service,
        Side,
        DIRECTOR_INSIDE,
        GRE,
        GRE_SUM,
        GUE_PORT,
        TUNNELS, //
    },
    stream::{
        Builder,
        Direction::Request,
        Flow, //
    },
    wire::{
        self,
        icmp,
        Ip,
        Sum,
        Udp,
        DONT_FRAGMENT,
        ICMP,
        MORE_FRAGMENTS,
        TCP,
        UDP, //
    }, //
};

pub(crate) fn cases(builder: &mut Builder) {
    for service in TUNNELS {
        builder.group();
        for protocol in [TCP, UDP] {
            headers(builder, service, protocol);
            let label = format!("tunnels/established/{}", service.name());
            let flow = builder.flow(service, protocol, &label);
            builder.open(&flow);
            sizes(builder, &flow);
            for length in [0, 1, 100, 1300] {
                offload::checksum(builder, &flow, Request, length, 0);
            }
            for (length, size) in [(3000, 1000), (100, 200)] {
                offload::segments(builder, &flow, Request, length, size);
            }
            errors(builder, &flow);
        }
    }
}

/// Headers of first packets: time to live, type of service, options; and such as no connection begins with.
fn headers(builder: &mut Builder, service: Service, protocol: u8) {
    for (name, ttl, tos, fragment) in [
        ("plain", 64, 0, 0),
        ("tos", 64, 0x03, 0),
        ("tos", 64, 0xb9, 0),
        ("df", 64, 0, DONT_FRAGMENT),
        ("ttl-1", 1, 0, 0),
        ("ttl", 2, 0, 0),
    ] {
        let label = format!("tunnels/{name}/{}/first", service.name());
        let flow = builder.flow(service, protocol, &label);
        let ip = Ip {
            ttl,
            tos,
            fragment,
            id: builder.id(),
            ..flow.ip(Request)
        };
        builder.send_ip(&flow, Request, &label, &ip, &flow.first(b"data"));
    }
    let label = format!("tunnels/options/{}/first", service.name());
    let flow = builder.flow(service, protocol, &label);
    let ip = Ip {
        options: vec![1; 4],
        id: builder.id(),
        ..flow.ip(Request)
    };
    builder.send_ip(&flow, Request, &label, &ip, &flow.first(b"data"));
    let label = format!("tunnels/fragments/{}/first", service.name());
    let flow = builder.flow(service, protocol, &label);
    let (id, transport) = (builder.id(), flow.first(&[7; 60]));
    for (fragment, part) in [(MORE_FRAGMENTS, &transport[..40]), (5, &transport[40..])] {
        let ip = Ip {
            id,
            fragment,
            ..flow.ip(Request)
        };
        builder.send_ip(&flow, Request, &label, &ip, part);
    }
}

fn sizes(builder: &mut Builder, flow: &Flow) {
    let headers = if flow.protocol == TCP { 40 } else { 28 };
    for (name, fragment) in [("df", DONT_FRAGMENT), ("fragmentable", 0)] {
        for length in [100, 1350, 1360, 1368, 1372, 1376, 1377, 1380, 1400, 1500] {
            let ip = Ip {
                fragment,
                id: builder.id(),
                ..flow.ip(Request)
            };
            let transport = flow.data(Request, &vec![3; length - headers]);
            let label = format!("tunnels/size-{name}/{}/request", flow.service.name());
            builder.send_ip(flow, Request, &label, &ip, &transport);
        }
    }
}

/// The packet of the flow in its tunnel, as somebody on the way saw it, and where it begins there.
fn quoted(flow: &Flow) -> (Vec<u8>, usize) {
    let inner = Ip {
        id: 77,
        ttl: 63,
        ..flow.ip(Request)
    }
    .packet(&flow.data(Request, &[0x5a; 32]));
    let (service, server) = (flow.service, flow.service.server);
    let is_gre = [GRE, GRE_SUM].contains(&service);
    let payload = if service == GRE {
        wire::gre(&inner)
    } else if is_gre {
        [&[0x80, 0, 8, 0, 0, 0, 0, 0][..], &inner].concat()
    } else {
        let gue = [&[0, 4, 0, 0][..], &inner].concat();
        let udp = Udp {
            check: Sum::Is(0),
            ..Udp::new((50000, GUE_PORT))
        };
        udp.datagram(DIRECTOR_INSIDE, server, &gue)
    };
    let protocol = if is_gre { wire::GRE } else { UDP };
    let whole = Ip {
        id: 4711,
        ttl: 62,
        ..Ip::new(DIRECTOR_INSIDE, server, protocol)
    }
    .packet(&payload);
    let at = whole.len() - inner.len();
    (whole, at)
}

fn errors(builder: &mut Builder, flow: &Flow) {
    let (whole, inner_at) = quoted(flow);
    let mut send = |name: &str, message: &[u8]| {
        let header = Ip {
            id: builder.id(),
            ..Ip::new(flow.service.server, DIRECTOR_INSIDE, ICMP)
        };
        let label = format!("tunnels/error-{name}/{}", flow.service.name());
        builder.send(Side::Servers, &label, header.packet(message), Some(flow));
    };
    for (name, kind, code) in [
        ("unreachable", 3, 1),
        ("unreachable", 3, 13),
        ("time", 11, 0),
        ("parameter", 12, 0),
        ("echo", 8, 0),
    ] {
        send(name, &icmp(kind, code, 0, &whole));
    }
    for length in [19, 20, 24, 27, 28, 31, 32, 36, 40, 48, 52, 56, 60] {
        // Eight bytes behind the inner header (RFC 792).
        let name = if length < inner_at + 28 {
            "cut-before-ports"
        } else {
            "cut"
        };
        send(name, &icmp(3, 1, 0, &whole[..length]));
    }
    for (at, value) in [
        (20, 0xff),
        (21, 1),
        (22, 0x86),
        (24, 1),
        (28, 0x41),
        (29, 0x29),
    ] {
        let mut wrong = whole.clone();
        wrong[at] = value;
        send("damaged", &icmp(3, 1, 0, &wrong));
    }
}
