// SPDX-License-Identifier: GPL-2.0-only

//! The way of a packet: parse, look up, decide, rewrite, send.
//!
//! | step | file |
//! |---|---|
//! | the hooks and who takes which packets | `hooks` |
//! | established flows, past the stack | `fast` |
//! | from bytes to a flow or an ICMP error | `parse` |
//! | a client's packet, of a new flow or not | `request` |
//! | a SYN with the ports of a connection | `reuse` |
//! | packets of connections whose server was removed | `removed` |
//! | clients that go to a real server past its service | `claim` |
//! | packets for the director's own sockets | `own` |
//! | choosing a real server for a new flow | `schedule` |
//! | the server that a client keeps | `persistence` |
//! | calls of SIP | `sip` |
//! | route, time to live and MTU on the way out | `egress` |
//! | past a service that has no server | `beyond` |
//! | packets of a VRF | `vrf` |
//! | what connection tracking is to know | `track` |
//! | control and data connections of FTP | `ftp` |
//! | sending to the real server, by each method | `nat`, `direct`, `tunnel`, `fullnat`, `enat` |
//! | full NAT from one version of IP to the other | `families` |
//! | a real server's packet back to the client | `reply`; of full NAT `fullnat`, of ENAT `enat` |
//! | options of TCP that tell the real server of its client | `toa` |
//! | packets of IPsec, which follow their key exchange | `isakmp` |
//! | ICMP errors about either | `icmp` |
//! | ICMP errors about tunnels | `icmp_tunnel` |
//! | counting which way packets took | `paths` |
//!
//! The hooks sit where those of IPVS do (`ip_vs_ops4` in `net/netfilter/ipvs/ip_vs_core.c`).

mod beyond;
mod claim;
mod direct;
mod egress;
mod enat;
mod families;
mod fast;
mod ftp;
mod fullnat;
mod hooks;
mod icmp;
mod icmp_tunnel;
mod isakmp;
mod nat;
mod own;
mod parse;
mod paths;
mod persistence;
mod removed;
mod reply;
mod request;
mod reuse;
mod schedule;
mod sip;
mod toa;
mod track;
mod tunnel;
mod vrf;

use kernel::sync::rcu;

use crate::{
    director::Director,
    kapi::net::{
        HookPoint,
        Net, //
    },
};

pub(crate) use hooks::{
    HookGroup,
    HOOKS, //
};
pub(crate) use paths::{
    Path,
    Paths, //
};

/// What every step knows about where it runs.
#[derive(Clone, Copy)]
struct Context<'a> {
    director: &'a Director,
    net: &'a Net,
    guard: &'a rcu::Guard,
    point: HookPoint,
    /// The VRF that the packet belongs to, by the index of its device; 0 for none.
    vrf: u32,
    /// The packet, which begins a connection, has no room for an option that tells of its client.
    lacks_room: bool,
}

impl<'a> Context<'a> {
    #[inline(always)]
    fn new(director: &'a Director, net: &'a Net, guard: &'a rcu::Guard, point: HookPoint) -> Self {
        Self {
            director,
            net,
            guard,
            point,
            vrf: 0,
            lacks_room: false,
        }
    }
}
