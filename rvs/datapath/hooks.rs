// SPDX-License-Identifier: GPL-2.0-only

//! The hooks.

use core::marker::PhantomData;

use kernel::{
    prelude::*,
    sync::rcu, //
};

use crate::{
    conn::HashedTuple,
    director::Director,
    kapi::{
        net::{
            pernet::Namespace,
            Glance,
            Hook,
            HookPoint,
            HookSpec,
            Net,
            Packet,
            Stack,
            Verdict, //
        },
        rcu_table::Side,
    },
    logic::{
        addr::Family,
        packet::ip::{
            V4,
            V6, //
        },
    },
};

use super::{
    claim,
    egress,
    fast::PreRouting,
    icmp,
    icmp_tunnel,
    isakmp,
    own,
    parse::{
        self,
        Content,
        Flow, //
    },
    reply,
    request,
    sip,
    vrf,
    Context, //
};

/// The hooks, each group at its place: [`HookGroup::place`].
pub(crate) const HOOKS: &[&[HookSpec<Director>]] = &[
    services::<V4>(),
    replies::<V4>(),
    fast_path::<V4>(),
    services::<V6>(),
    replies::<V6>(),
    fast_path::<V6>(),
];

const fn services<V: Stack>() -> &'static [HookSpec<Director>] {
    const { &[HookSpec::of::<LocalIn<V>>(), HookSpec::of::<LocalOut<V>>()] }
}

const fn replies<V: Stack>() -> &'static [HookSpec<Director>] {
    const { &[HookSpec::of::<Forward<V>>()] }
}

const fn fast_path<V: Stack>() -> &'static [HookSpec<Director>] {
    const { &[HookSpec::of::<PreRouting<V>>()] }
}

/// What hooks are there for, of each family.
#[derive(Clone, Copy)]
pub(crate) enum HookGroup {
    /// Services, and local clients and servers of those.
    Services,
    /// Replies that pass the director: with NAT.
    Replies,
    /// The fast path.
    FastPath,
}

impl HookGroup {
    const COUNT: usize = Self::FastPath as usize + 1;

    /// Registers the hooks of the group in a namespace, if they are not.
    pub(crate) fn enable(self, namespace: &Namespace<Director>, family: Family) -> Result {
        namespace.enable_hooks(self.place(family))
    }

    /// Unregisters them, and waits until no packet is in one.
    pub(crate) fn disable(self, namespace: &Namespace<Director>, family: Family) {
        namespace.disable_hooks(self.place(family));
    }

    /// Returns whether they are registered.
    pub(crate) fn is_enabled(self, namespace: &Namespace<Director>, family: Family) -> bool {
        namespace.has_hooks(self.place(family))
    }

    fn place(self, family: Family) -> usize {
        match family {
            Family::V4 => self as usize,
            Family::V6 => Self::COUNT + self as usize,
        }
    }
}

/// After source address translation of the firewall, as IPVS.
const AFTER_NAT_SRC: i32 = 98;
/// After destination address translation of the firewall, as IPVS.
const AFTER_NAT_DST: i32 = -99;

/// Packets to this host: requests of clients, and replies of real servers to this host's own
/// requests.
struct LocalIn<V>(PhantomData<V>);

impl<V: Stack> Hook for LocalIn<V> {
    type Data = Director;
    type Version = V;
    const POINT: HookPoint = HookPoint::LocalIn;
    const PRIORITY: i32 = AFTER_NAT_SRC;

    #[inline(always)]
    fn concerns(director: &Director, packet: &Glance<'_, V>) -> bool {
        parse::may_concern_input(&director.filter, packet)
    }

    #[inline(never)]
    fn run(director: &Director, packet: Packet<'_, V>, net: &Net, guard: &rcu::Guard) -> Verdict {
        if packet.is_balanced() || !packet.is_to_this_host() {
            return packet.accept();
        }
        both_ways(Context::new(director, net, guard, Self::POINT), packet)
    }
}

/// Packets of this host: requests of its own clients, and replies of a real server on it.
struct LocalOut<V>(PhantomData<V>);

impl<V: Stack> Hook for LocalOut<V> {
    type Data = Director;
    type Version = V;
    const POINT: HookPoint = HookPoint::LocalOut;
    const PRIORITY: i32 = AFTER_NAT_DST;

    #[inline(always)]
    fn concerns(director: &Director, packet: &Glance<'_, V>) -> bool {
        parse::may_concern_output(&director.filter, packet)
            || claim::may_end_with(&director.filter, packet)
    }

    #[inline(never)]
    fn run(director: &Director, packet: Packet<'_, V>, net: &Net, guard: &rcu::Guard) -> Verdict {
        // Its own packets come by, on their way to the real servers.
        if packet.is_balanced() || packet.is_of_nodefrag_socket() {
            return packet.accept();
        }
        both_ways(Context::new(director, net, guard, Self::POINT), packet)
    }
}

/// Packets for other hosts: replies of real servers.
struct Forward<V>(PhantomData<V>);

impl<V: Stack> Hook for Forward<V> {
    type Data = Director;
    type Version = V;
    const POINT: HookPoint = HookPoint::Forward;
    const PRIORITY: i32 = 100;

    #[inline(always)]
    fn concerns(director: &Director, packet: &Glance<'_, V>) -> bool {
        parse::may_be_reply(&director.filter, packet)
            || claim::may_end_with(&director.filter, packet)
    }

    #[inline(never)]
    fn run(director: &Director, packet: Packet<'_, V>, net: &Net, guard: &rcu::Guard) -> Verdict {
        if packet.is_balanced() {
            return packet.accept();
        }
        replies_only(Context::new(director, net, guard, Self::POINT), packet)
    }
}

/// Takes a packet from the beginning, at the hook where it is, after it became another one.
#[cold]
pub(super) fn once_more<V: Stack>(context: Context<'_>, packet: Packet<'_, V>) -> Verdict {
    let Context {
        director,
        net,
        guard,
        point,
        ..
    } = context;
    match point {
        HookPoint::PreRouting => PreRouting::<V>::run(director, packet, net, guard),
        HookPoint::LocalIn => LocalIn::<V>::run(director, packet, net, guard),
        HookPoint::LocalOut => LocalOut::<V>::run(director, packet, net, guard),
        HookPoint::Forward => Forward::<V>::run(director, packet, net, guard),
    }
}

/// Takes packets of either side of a connection, and those that begin one.
#[inline(always)]
fn both_ways<V: Stack>(context: Context<'_>, packet: Packet<'_, V>) -> Verdict {
    if !packet.has_route() {
        return packet.accept();
    }
    match parse::usual(&packet) {
        Some(flow) if !vrf::has(context, &packet) => flow_both_ways(context, packet, flow),
        _ => unusual(context, packet, flow_both_ways),
    }
}

/// Takes packets of real servers only: what clients send to other hosts is none of ours.
#[inline(always)]
fn replies_only<V: Stack>(context: Context<'_>, packet: Packet<'_, V>) -> Verdict {
    match parse::usual(&packet) {
        Some(flow) if !vrf::has(context, &packet) => flow_replies_only(context, packet, flow),
        _ => unusual(context, packet, flow_replies_only),
    }
}

#[inline(always)]
fn flow_both_ways<V: Stack>(context: Context<'_>, packet: Packet<'_, V>, flow: Flow<V>) -> Verdict {
    match vrf::find(context, flow) {
        Ok((conn, Side::Original)) => request::of_connection(context, packet, &flow, conn),
        Ok((conn, Side::Reply)) => reply::translate(context, packet, &flow, conn),
        Err(tuple) => match context.point {
            HookPoint::LocalOut => of_this_host(context, packet, flow, tuple),
            _ => request::first(context, packet, flow, tuple),
        },
    }
}

/// Takes a packet of this host that has no tuple in the table: a reply of a real server on it that is
/// not translated, or a client's first one.
#[inline(never)]
fn of_this_host<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: Flow<V>,
    tuple: HashedTuple<'_>,
) -> Verdict {
    if parse::may_come_from_service(&context.director.filter, flow) {
        let connections = &context.director.connections;
        match connections.find(context.guard, flow.tuple().reversed()) {
            Ok((conn, Side::Original))
                if !conn.has_reply_tuple() && egress::is_local::<V>(context, &conn) =>
            {
                return reply::pass(context, packet, flow, conn);
            }
            Ok(_) => {}
            Err(answer) => own::note(context, flow, &answer),
        }
    }
    claim::end_with(context.director, context.guard, flow);
    request::first(context, packet, flow, tuple)
}

#[inline(always)]
fn flow_replies_only<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    flow: Flow<V>,
) -> Verdict {
    match vrf::find(context, flow) {
        Ok((conn, Side::Reply)) => reply::translate(context, packet, &flow, conn),
        _ => {
            claim::end_with(context.director, context.guard, flow);
            let packet = if context.director.common.has_engines() {
                match sip::of_server(context, packet, flow) {
                    Ok(verdict) => return verdict,
                    Err(packet) => packet,
                }
            } else {
                packet
            };
            if context.director.settings.nat_icmp_send.is_on() {
                return reply::of_nobody(context, packet, flow);
            }
            packet.accept()
        }
    }
}

/// Takes packets that need more than one look. Only who comes here is seldom: [`any`] is as good as it can be.
#[cold]
#[inline(never)]
fn unusual<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    of_flow: impl FnOnce(Context<'_>, Packet<'_, V>, Flow<V>) -> Verdict,
) -> Verdict {
    any(context, packet, of_flow)
}

/// Takes packets of protocols that are seldom, of a VRF, with options, fragments, ICMP errors, and those whose headers
/// are scattered.
#[inline(never)]
fn any<V: Stack>(
    context: Context<'_>,
    packet: Packet<'_, V>,
    of_flow: impl FnOnce(Context<'_>, Packet<'_, V>, Flow<V>) -> Verdict,
) -> Verdict {
    let context = if vrf::has(context, &packet) {
        vrf::context(context, &packet)
    } else {
        context
    };
    let parsed = match parse::usual_of_few(&packet, context.vrf) {
        Some(flow) => Ok((packet, Content::Flow(flow))),
        None => parse::unusual(packet, context.point, context.vrf),
    };
    match parsed {
        Ok((packet, Content::Flow(flow))) => of_flow(context, packet, flow),
        Ok((packet, Content::IcmpError(error))) if matches!(context.point, HookPoint::LocalIn) => {
            icmp_tunnel::take_udp(context, packet, &error)
        }
        Ok((packet, Content::IcmpError(error))) => icmp::translate(context, packet, &error),
        Ok((packet, Content::TunnelError(header, error))) => match context.point {
            // It goes to the host where the tunnel begins. One of this host to itself, as of a real
            // server that does not answer ARP, arrives once it has left: whoever sends it holds what
            // is needed to send another one.
            HookPoint::Forward | HookPoint::LocalOut => packet.accept(),
            _ => icmp_tunnel::take(context, packet, header, &error),
        },
        Ok((packet, Content::Ipsec(header))) => isakmp::take(context, packet, header),
        Ok((packet, Content::FragmentError(fragment))) => {
            icmp::about_fragment(context, packet, &fragment)
        }
        Err(verdict) => verdict,
    }
}
