// SPDX-License-Identifier: GPL-2.0-only

//! The generators: a file for each family of packets. Another protocol or family of addresses is another file here.

mod encapsulated;
mod fragments;
mod fragments6;
mod hop;
mod icmp;
mod icmp6;
mod ipsec;
mod ipv6;
mod lengths;
mod mutations;
mod offload;
mod options;
mod sctp;
mod sizes;
mod strangers;
mod tcp;
mod tunnel_errors;
mod tunnels;
mod udp;
mod walks;

use crate::stream::Builder;

/// Makes packets of a family.
type Generator = fn(&mut Builder);

/// Cases that are the same for each seed, by their family.
pub(crate) const CASES: &[(&str, Generator)] = &[
    ("tcp", tcp::first),
    ("tcp", tcp::in_each_state),
    ("udp", udp::cases),
    ("lengths", lengths::cases),
    ("options", options::cases),
    ("fragments", fragments::cases),
    ("icmp", icmp::cases),
    ("tunnel_errors", tunnel_errors::cases),
    ("tunnels", tunnels::cases),
    ("encapsulated", encapsulated::cases),
    ("hop", hop::cases),
    ("sizes", sizes::cases),
    ("offload", offload::cases),
    ("strangers", strangers::cases),
    ("sctp", sctp::cases),
    ("ipsec", ipsec::cases),
    ("tunnels6", tunnels::cases6),
    ("tcp6", tcp::first6),
    ("tcp6", tcp::in_each_state6),
    ("udp6", udp::cases6),
    ("extensions6", ipv6::extensions),
    ("headers6", ipv6::headers),
    ("sizes6", ipv6::sizes),
    ("strangers6", ipv6::strangers),
    ("fragments6", fragments6::cases),
    ("sctp6", sctp::cases6),
    ("ipsec6", ipsec::cases6),
    ("offload6", offload::cases6),
    // Last, as path MTUs are remembered.
    ("icmp6", icmp6::cases),
];

/// Groups that are other ones for each seed.
pub(crate) const RANDOM: &[(&str, Generator)] = &[
    ("walks", walks::tcp),
    ("walks", walks::tcp),
    ("walks", walks::udp),
    ("walks", sctp::walk4),
    ("mutations", mutations::packets),
    ("mutations", mutations::packets),
    ("mutations", mutations::errors),
    ("fragments", fragments::random),
    ("walks6", walks::tcp6),
    ("walks6", walks::udp6),
    ("walks6", sctp::walk6),
    ("mutations6", mutations::packets6),
    ("mutations6", mutations::errors6),
    ("fragments6", fragments6::random),
];
