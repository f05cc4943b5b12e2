// SPDX-License-Identifier: GPL-2.0-only

//! Addresses and ports that are nobody's, or somebody else's: what is forwarded past services, comes from where it
//! cannot come from, or is not for the director at all.

use std::net::Ipv4Addr;

use crate::{
    site::{
        Side,
        CLIENTS,
        DIRECTOR,
        DIRECTOR_INSIDE,
        DIRECTOR_MAC,
        EMPTY,
        FORWARDING,
        NAT,
        NEIGHBOUR_MAC,
        NOTHING,
        ROUTER_INSIDE,
        VIP, //
    },
    stream::{
        Builder,
        Direction::{
            Reply,
            Request, //
        },
        Flow,
        Offload,
        Step, //
    },
    wire::{
        Ip,
        Sum,
        Tcp,
        Udp,
        ACK,
        RST,
        SYN,
        TCP,
        UDP, //
    }, //
};

pub(crate) fn cases(builder: &mut Builder) {
    builder.group();
    sources(builder);
    builder.group();
    destinations(builder);
    builder.group();
    ports(builder);
    builder.group();
    without_connection(builder);
    builder.group();
    link_layer(builder);
    builder.group();
    between_services(builder);
}

/// Client addresses that no client has.
fn sources(builder: &mut Builder) {
    for (name, from) in [
        ("vip", VIP),
        ("director", DIRECTOR),
        ("inside", DIRECTOR_INSIDE),
        ("server", NAT.server4()),
        ("router-inside", ROUTER_INSIDE),
        ("loopback", Ipv4Addr::LOCALHOST),
        ("zero", Ipv4Addr::UNSPECIFIED),
        ("broadcast", Ipv4Addr::BROADCAST),
        ("link-broadcast", Ipv4Addr::new(192, 0, 2, 255)),
        ("multicast", Ipv4Addr::new(224, 0, 0, 5)),
        ("reserved", Ipv4Addr::new(240, 0, 0, 1)),
        ("far", Ipv4Addr::new(203, 0, 113, 200)),
    ] {
        for service in FORWARDING.into_iter().chain([EMPTY, NOTHING]) {
            for protocol in [TCP, UDP] {
                let label = format!("strangers/from-{name}/{}", service.name());
                let flow = builder.flow_from(from, service, protocol, &label);
                builder.send_of(&flow, Request, &label, &flow.first(b""));
            }
        }
    }
}

/// To where there is no service.
fn destinations(builder: &mut Builder) {
    for (name, to, side) in [
        ("director", DIRECTOR, Side::Client),
        ("inside", DIRECTOR_INSIDE, Side::Client),
        ("inside", DIRECTOR_INSIDE, Side::Servers),
        ("vip", VIP, Side::Servers),
        ("server", NAT.server4(), Side::Client),
        ("client", CLIENTS[3], Side::Client),
        ("nowhere", Ipv4Addr::new(198, 18, 0, 1), Side::Client),
        ("loopback", Ipv4Addr::LOCALHOST, Side::Client),
        ("broadcast", Ipv4Addr::BROADCAST, Side::Client),
        (
            "link-broadcast",
            Ipv4Addr::new(192, 0, 2, 255),
            Side::Client,
        ),
        ("multicast", Ipv4Addr::new(224, 0, 0, 5), Side::Client),
    ] {
        for port in [NAT.port, NAT.server_port] {
            for protocol in [TCP, UDP] {
                let label = format!("strangers/to-{name}");
                let from = match side {
                    Side::Servers => NAT.server4(),
                    _ => CLIENTS[0],
                };
                let flow = builder.flow_from(from, NAT, protocol, &label);
                let ports = (flow.port, port);
                let transport = transport(protocol, ports, (from, to), SYN);
                let header = Ip {
                    id: builder.id(),
                    ..Ip::new(from, to, protocol)
                };
                builder.send(side, &label, header.packet(&transport), Some(&flow));
            }
        }
    }
}

fn transport(
    protocol: u8,
    ports: (u16, u16),
    (from, to): (Ipv4Addr, Ipv4Addr),
    flags: u8,
) -> Vec<u8> {
    if protocol == TCP {
        Tcp::new(ports, flags).segment(from, to, b"")
    } else {
        Udp::new(ports).datagram(from, to, b"stranger")
    }
}

/// Ports at the edges, and those that mean something to IPVS.
fn ports(builder: &mut Builder) {
    for from in [0, 1, 20, 21, 80, 500, 1024, 8000, 65535] {
        for protocol in [TCP, UDP] {
            for service in FORWARDING {
                // The port is not its own, so that its connection is nobody's; the label tells what is sent.
                let label = format!("strangers/port-{from}/{}", service.name());
                let flow = Flow {
                    port: from,
                    client: CLIENTS[2].into(),
                    protocol,
                    service,
                };
                builder.rename(&flow, &label);
                builder.send_of(&flow, Request, &label, &flow.first(b""));
            }
        }
    }
}

/// What real servers and clients send to each other without a connection.
fn without_connection(builder: &mut Builder) {
    for protocol in [TCP, UDP] {
        for flags in [SYN, SYN | ACK, ACK, RST] {
            for service in FORWARDING {
                let label = format!("strangers/reply-without/{}", service.name());
                let flow = builder.flow(service, protocol, &label);
                let transport = if protocol == TCP {
                    flow.tcp(Reply, flags, b"")
                } else {
                    flow.udp(Reply, Sum::Right, b"")
                };
                builder.send_of(&flow, Reply, &label, &transport);
            }
        }
    }
    // A reply from another port, or of another real server, than the connection has.
    let flow = builder.flow(NAT, UDP, "strangers/wrong-reply");
    builder.open(&flow);
    for (from, ports) in [
        (NAT.server4(), (NAT.server_port + 1, flow.port)),
        (ROUTER_INSIDE, (NAT.server_port, flow.port)),
        (NAT.server4(), (NAT.server_port, flow.port + 5000)),
    ] {
        let header = Ip {
            id: builder.id(),
            ..Ip::new(from, flow.client, UDP)
        };
        let datagram = Udp::new(ports).datagram(from, flow.client, b"stranger");
        let packet = header.packet(&datagram);
        builder.send(Side::Servers, "strangers/wrong-reply", packet, Some(&flow));
    }
}

/// Frames that are not for the director, though their packets are.
fn link_layer(builder: &mut Builder) {
    for (name, mac) in [
        ("other", NEIGHBOUR_MAC),
        ("broadcast", [0xff; 6]),
        ("multicast", [1, 0, 0x5e, 0, 0, 1]),
    ] {
        for service in FORWARDING {
            for protocol in [TCP, UDP] {
                let label = format!("strangers/frame-{name}/{}/first", service.name());
                let flow = builder.flow(service, protocol, &label);
                frame(builder, mac, &label, &flow, &flow.first(b""));
                let label = format!("strangers/frame-{name}/{}/established", service.name());
                let flow = builder.flow(service, protocol, &label);
                builder.open(&flow);
                frame(builder, mac, &label, &flow, &flow.data(Request, b"data"));
                // As it was.
                frame(
                    builder,
                    DIRECTOR_MAC,
                    &label,
                    &flow,
                    &flow.data(Request, b"data"),
                );
            }
        }
    }
}

fn frame(builder: &mut Builder, mac: [u8; 6], label: &str, flow: &Flow, transport: &[u8]) {
    let ip = Ip {
        id: builder.id(),
        ..flow.ip(Request)
    };
    builder.step(Step {
        label: label.to_owned(),
        side: Side::Client,
        mac,
        packet: ip.packet(transport),
        is_ipv6: false,
        offload: Offload::None,
        flow: Some(flow.key()),
    });
}

/// One port of a client for several services, and for both protocols.
fn between_services(builder: &mut Builder) {
    let flow = builder.flow(NAT, TCP, "strangers/same-port");
    for protocol in [TCP, UDP] {
        for service in FORWARDING {
            let same = Flow {
                protocol,
                service,
                ..flow
            };
            builder.rename(&same, "strangers/same-port");
            builder.open(&same);
        }
    }
}
