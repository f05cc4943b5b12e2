// SPDX-License-Identifier: GPL-2.0-only

//! A destination (real server).

use core::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

use kernel::{
    list::{
        impl_list_arc_safe,
        impl_list_item,
        AtomicTracker,
        ListLinks,
        TryNewListArc, //
    },
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        rcu,
        Arc, //
    },
};

use crate::{
    kapi::{
        net::RouteCache,
        sync::PerCpuCounters, //
    },
    logic::{
        addr::{
            Addr,
            Endpoint,
            Family, //
        },
        thresholds::{
            Event,
            Load,
            Thresholds, //
        },
        tunnel::Tunnel,
        uapi::forward, //
    },
};

use super::{
    pool::KnownTarget,
    real_servers::Listed,
    totals::{
        Estimate,
        Place, //
    },
    Noted,
    Shared, //
};

mod counting;

pub(crate) use counting::Counter;

/// How packets reach a real server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forward {
    /// Masquerading: addresses and ports are rewritten, both ways.
    Nat,
    /// Direct routing: the packet goes to the link layer address of the real server.
    Dr,
    /// A tunnel to the real server, which is that of [`Dest::tunnel`].
    Tun,
    /// Both ends are rewritten: the real server knows a local endpoint of the director instead of the client.
    Fullnat,
    /// The packet comes from the virtual address, with a port of the pool, and tells of the client in an option of TCP. The real
    /// server answers the client itself.
    Enat,
}

impl Forward {
    /// The method of a netlink number; none for one this module does not know how to do.
    pub(crate) fn from_uapi(number: u32) -> Option<Self> {
        match number {
            forward::NAT => Some(Self::Nat),
            forward::DR => Some(Self::Dr),
            forward::TUN => Some(Self::Tun),
            forward::FULLNAT => Some(Self::Fullnat),
            forward::ENAT => Some(Self::Enat),
            _ => None,
        }
    }

    /// Whether its connections have local addresses and ports, which are of a pool of the service.
    pub(crate) fn needs_pool(self) -> bool {
        match self {
            Self::Nat | Self::Dr | Self::Tun => false,
            Self::Fullnat | Self::Enat => true,
        }
    }

    /// Returns whether a datagram may go to the real server without a connection, as its answer needs none to be told.
    pub(crate) fn forgets_datagrams(self) -> bool {
        !self.needs_pool()
    }

    /// Returns the netlink number.
    pub(crate) fn to_uapi(self) -> u32 {
        match self {
            Self::Nat => forward::NAT,
            Self::Dr => forward::DR,
            Self::Tun => forward::TUN,
            Self::Fullnat => forward::FULLNAT,
            Self::Enat => forward::ENAT,
        }
    }
}

/// What an active connection counts more than another one.
const OVERHEAD_OF_ACTIVE: u64 = 256;

/// A destination of one service.
///
/// Connections hold it beyond its removal from the service; it is then not available, and what
/// becomes of them [`Shared::removal`] tells.
#[pin_data]
pub(crate) struct Dest {
    endpoint: Endpoint,
    forward: Atomic<u32>,
    tunnel: Atomic<u32>,
    available: Atomic<bool>,
    route: RouteCache,
    // That of clients in the VRF that has asked last.
    vrf_route: RouteCache,
    active: Atomic<u32>,
    // All connections, and whether they are too many: see `Load`.
    load: Atomic<u32>,
    // Both as one number; see `Destination::overhead`.
    overhead: Atomic<u64>,
    thresholds: Atomic<u64>,
    templates: Atomic<u32>,
    // It has no weight.
    quiescent: Atomic<bool>,
    shared: Arc<Shared>,
    // In the events of the service; they are counted only when they are `watched`.
    group: usize,
    watched: Atomic<u32>,
    number: Atomic<u64>,
    counters: PerCpuCounters<{ Counter::COUNT }>,
    // Whether anything was ever counted. Most that an administrator looks at, or deletes, have counted
    // nothing, and there may be hundreds of CPUs to ask.
    has_counted: Atomic<bool>,
    // How often it has answered the director itself, though clients are to hear of it by its half of ENAT.
    without_half: Atomic<u64>,
    // Not 0 when the estimator knows, or is told, that something is counted.
    activity: Atomic<u32>,
    // What the counters were when counting began.
    counted_before: Place,
    // What they were when they were settled last.
    settled: Place,
    estimate: Estimate,
    #[pin]
    links: ListLinks,
    #[pin]
    listed: AtomicTracker,
    // Where its connections have found local endpoints.
    known_target: KnownTarget,
    // In the list of real servers; packets find it while it is available and their replies pass.
    in_list: Listed,
    // The real server and its service in the filter of packets, as long as there are connections.
    _noted: [Noted; 2],
}

impl_list_arc_safe! {
    impl ListArcSafe<0> for Dest {
        tracked_by listed: AtomicTracker;
    }
}

impl_list_item! {
    impl ListItem<0> for Dest { using ListLinks { self.links }; }
}

impl Dest {
    /// Makes a destination without connections, in this group of its service, of which it has what
    /// is `shared`, with counters of 0. The filter of packets knows both as `noted` lives.
    pub(super) fn new(
        endpoint: Endpoint,
        forward: Forward,
        shared: Arc<Shared>,
        group: usize,
        counters: PerCpuCounters<{ Counter::COUNT }>,
        noted: [Noted; 2],
    ) -> Result<Arc<Self>> {
        let in_list = Listed::new(
            shared.common().real_servers.clone(),
            endpoint,
            *shared.key(),
        )?;
        let dest = pin_init!(Self {
            endpoint,
            forward: Atomic::new(forward.to_uapi()),
            tunnel: Atomic::new(Tunnel::IPIP.to_u32()),
            available: Atomic::new(true),
            route: RouteCache::new(),
            vrf_route: RouteCache::new(),
            active: Atomic::new(0),
            load: Atomic::new(Load::default().to_u32()),
            overhead: Atomic::new(0),
            thresholds: Atomic::new(Thresholds::default().to_u64()),
            templates: Atomic::new(0),
            quiescent: Atomic::new(false),
            shared,
            group,
            watched: Atomic::new(0),
            number: Atomic::new(0),
            counters,
            has_counted: Atomic::new(false),
            without_half: Atomic::new(0),
            activity: Atomic::new(0),
            counted_before: Place::new(),
            settled: Place::new(),
            estimate: Estimate::new(),
            links <- ListLinks::new(),
            listed <- AtomicTracker::new(),
            known_target: KnownTarget::new(),
            in_list,
            _noted: noted,
        });
        let dest = Arc::pin_init(dest, GFP_KERNEL_ACCOUNT)?;
        dest.list();
        Ok(dest)
    }

    /// Makes what stands for all that is behind a service of a mark: packets go past it to where they are
    /// sent to (`cache_bypass`). The filter of packets knows the service as `noted` lives.
    pub(super) fn beyond(shared: Arc<Shared>, noted: [Noted; 2]) -> Result<Arc<Self>> {
        // No real server has it.
        let nowhere = match shared.key().family() {
            Family::V4 => Addr::V4(Ipv4Addr::UNSPECIFIED),
            Family::V6 => Addr::V6(Ipv6Addr::UNSPECIFIED),
        };
        Self::new(
            Endpoint::new(nowhere, 0),
            Forward::Dr,
            shared,
            0,
            PerCpuCounters::new()?,
            noted,
        )
    }

    /// Returns whether it is no real server, but stands for all addresses behind the service.
    #[inline(always)]
    pub(crate) fn is_beyond(&self) -> bool {
        self.endpoint.addr.is_unspecified()
    }

    /// Returns address and port of the real server.
    #[inline]
    pub(crate) fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// Returns the port that packets to a port of the service go to: that one, where it has none of its own.
    #[inline(always)]
    pub(crate) fn port_for(&self, service_port: u16) -> u16 {
        match self.endpoint.port {
            0 => service_port,
            port => port,
        }
    }

    /// Returns the forward method of new connections.
    #[inline]
    pub(crate) fn forward(&self) -> Forward {
        Forward::from_uapi(self.forward.load(Relaxed)).unwrap_or(Forward::Nat)
    }

    /// Changes the forward method of new connections.
    pub(crate) fn set_forward(&self, forward: Forward) {
        self.forward.store(forward.to_uapi(), Relaxed);
        self.list();
    }

    /// Returns the tunnel that packets go into where the forward method is one.
    #[inline(always)]
    pub(crate) fn tunnel(&self) -> Tunnel {
        Tunnel::from_u32(self.tunnel.load(Relaxed))
    }

    /// Changes the tunnel, of connections that there are, too.
    pub(crate) fn set_tunnel(&self, tunnel: Tunnel) {
        self.tunnel.store(tunnel.to_u32(), Relaxed);
    }

    /// Returns whether the destination is part of its service.
    #[inline]
    pub(crate) fn is_available(&self) -> bool {
        self.available.load(Relaxed)
    }

    /// Tells that the destination was taken out of its service, or put back.
    pub(crate) fn set_available(&self, available: bool) {
        self.available.store(available, Relaxed);
        self.list();
        if !available {
            self.route.clear();
            self.vrf_route.clear();
            self.shared.server_was_removed();
        }
    }

    /// Has packets find it in the list of real servers, if replies of it pass the director.
    fn list(&self) {
        self.in_list
            .show(self.is_available() && self.forward() == Forward::Nat);
    }

    /// Returns what it has in common with the other destinations of its service.
    #[inline(always)]
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Returns the place of the route to the real server.
    #[inline]
    pub(crate) fn route(&self) -> &RouteCache {
        &self.route
    }

    /// Returns the place of the route to the real server in a VRF. Several VRFs take turns.
    pub(crate) fn vrf_route(&self) -> &RouteCache {
        &self.vrf_route
    }

    /// Returns where it remembers the part of the pool that its connections have their local endpoints of.
    #[inline]
    pub(crate) fn known_target(&self) -> &KnownTarget {
        &self.known_target
    }

    /// Returns the VRF that packets of the real server belong to, where those to it belong to `vrf`: the same,
    /// unless the routes there lead out of it.
    #[cold]
    pub(crate) fn vrf_from(&self, vrf: u32) -> u32 {
        self.vrf_route
            .exit_of(&rcu::read_lock(), vrf)
            .unwrap_or(vrf)
    }

    /// Returns its number in the order in which destinations were added, from 1. One that returns is added
    /// again.
    pub(crate) fn number(&self) -> u64 {
        self.number.load(Relaxed)
    }

    /// Gives it a number, which is greater than those of others.
    pub(super) fn set_number(&self, number: u64) {
        self.number.store(number, Relaxed);
    }

    /// Returns its group in the events of its service.
    #[inline]
    pub(super) fn group(&self) -> usize {
        self.group
    }

    /// Has what happens to its load be counted, from now on for as long as it lives.
    ///
    /// Who looks at the load after this sees all that was not counted.
    pub(super) fn watch(&self) {
        // Full ordering, here and where the load changes: either that side sees this, or what comes
        // after this sees the changed load.
        if self.watched.load(Relaxed) == 0 {
            self.watched.xchg(1, Full);
        }
    }

    /// Counts an event that has changed the load, with full ordering.
    #[inline]
    fn load_changed(&self) {
        if self.watched.load(Relaxed) != 0 {
            self.note_event();
        }
    }

    /// Tells the scheduler that the weight has changed, as a load does.
    pub(super) fn weight_changed(&self) {
        // Full ordering: who sees the event sees the weight.
        self.load.fetch_add(0u32, Full);
        self.load_changed();
    }

    /// Apart, so that what few schedulers want costs the others nothing.
    #[inline(never)]
    fn note_event(&self) {
        self.shared.events().note(self.group);
    }

    /// Returns the number of active connections.
    pub(crate) fn active(&self) -> u32 {
        self.active.load(Relaxed)
    }

    /// Returns the number of connections that are not active.
    pub(crate) fn inactive(&self) -> u32 {
        self.total().saturating_sub(self.active())
    }

    /// Returns the number of all connections.
    #[inline]
    pub(crate) fn total(&self) -> u32 {
        self.load().connections
    }

    /// Returns whether its connections have reached the upper threshold, and not gone below the
    /// lower one since.
    #[inline]
    pub(crate) fn is_overloaded(&self) -> bool {
        self.load().overloaded
    }

    /// Returns the number of all connections and whether they are too many, at one moment.
    #[inline]
    pub(super) fn load(&self) -> Load {
        Load::from_u32(self.load.load(Relaxed))
    }

    /// Returns one for each connection, and 256 more for each active one.
    #[inline]
    pub(super) fn overhead(&self) -> u64 {
        self.overhead.load(Relaxed)
    }

    /// Returns the connection thresholds.
    pub(crate) fn thresholds(&self) -> Thresholds {
        Thresholds::from_u64(self.thresholds.load(Relaxed))
    }

    /// Changes the connection thresholds.
    pub(super) fn set_thresholds(&self, thresholds: Thresholds) {
        self.thresholds.store(thresholds.to_u64(), Relaxed);
        // Full ordering, here and below: of a connection that begins or ends meanwhile either that
        // side sees the new thresholds or this one the new count.
        self.weigh(Event::Set);
        self.load_changed();
    }

    /// Decides anew whether the destination is overloaded.
    #[cold]
    fn weigh(&self, event: Event) {
        let mut old = self.load.fetch_add(0, Full);
        loop {
            let new = Load::from_u32(old).after(event, self.thresholds()).to_u32();
            match self.load.cmpxchg(old, new, Full) {
                Ok(_) => return,
                Err(current) => old = current,
            }
        }
    }

    /// Notes that a connection begins.
    #[inline(always)]
    pub(crate) fn connection_begins(dest: &Arc<Self>) {
        dest.overhead.fetch_add(1, Relaxed);
        let before = Load::from_u32(dest.load.fetch_add(1, Full));
        if before.meets(Event::Begun, dest.thresholds()) {
            dest.weigh(Event::Begun);
        }
        dest.load_changed();
        dest.counters.add(Counter::Connections as usize, 1);
        Self::note_activity(dest);
    }

    /// Notes that a connection ends.
    pub(crate) fn connection_ends(&self) {
        self.overhead.fetch_sub(1, Relaxed);
        let before = Load::from_u32(self.load.fetch_sub(1, Full));
        if before.meets(Event::Ended, self.thresholds()) {
            self.weigh(Event::Ended);
        }
        self.load_changed();
    }

    /// Notes that a connection becomes active.
    pub(crate) fn connection_activates(&self) {
        self.active.fetch_add(1, Relaxed);
        self.overhead.fetch_add(OVERHEAD_OF_ACTIVE, Full);
        self.load_changed();
    }

    /// Notes that a connection is not active any more.
    pub(crate) fn connection_deactivates(&self) {
        self.active.fetch_sub(1, Relaxed);
        self.overhead.fetch_sub(OVERHEAD_OF_ACTIVE, Full);
        self.load_changed();
    }

    /// Returns the number of templates of persistence that lead to it.
    pub(crate) fn templates(&self) -> u32 {
        self.templates.load(Relaxed)
    }

    /// Notes that a template begins.
    pub(crate) fn template_begins(&self) {
        self.templates.fetch_add(1u32, Relaxed);
    }

    /// Notes that a template ends.
    pub(crate) fn template_ends(&self) {
        self.templates.fetch_sub(1u32, Relaxed);
    }

    /// Returns whether its weight is 0.
    pub(crate) fn is_quiescent(&self) -> bool {
        self.quiescent.load(Relaxed)
    }

    /// Tells whether its weight is 0.
    pub(super) fn set_quiescent(&self, quiescent: bool) {
        self.quiescent.store(quiescent, Relaxed);
    }
}
