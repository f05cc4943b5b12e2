// SPDX-License-Identifier: GPL-2.0-only

//! What the destinations of a service have in common, those included that were removed from it and
//! may return.

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
            Relaxed, //
        },
        rcu,
        Arc, //
    },
};

use crate::{
    kapi::sync::{
        RcuArc,
        RcuCell,
        RcuRef, //
    },
    logic::{
        protocol::Protocol,
        removal::Removal,
        scheduler,
        service_key::ServiceKey,
        state::{
            State,
            Timeouts, //
        },
        toa::Scope, //
    },
};

use super::{
    pool::Pool,
    timeouts,
    toa::ToaCounters,
    totals::Totals,
    Common,
    Forward, //
};

/// What tells the scheduler of a service that loads of its destinations have changed.
pub(super) type LoadEvents = scheduler::LoadEvents<Atomic<u64>>;

/// Part of each destination of one service.
///
/// A service that is deleted and added again, while destinations of the former one still have
/// connections, has the same one.
#[pin_data]
pub(crate) struct Shared {
    key: ServiceKey,
    common: Arc<Common>,
    settings: Settings,
    // Where connections have local addresses of.
    pool: RcuCell<Pool>,
    // Packets by ENAT that had no room for the client.
    without_room: Atomic<u64>,
    totals: Totals,
    events: Events,
    toa: ToaCounters,
    // In the list of services with rates.
    #[pin]
    links: ListLinks,
    #[pin]
    listed: AtomicTracker,
}

impl_list_arc_safe! {
    impl ListArcSafe<0> for Shared {
        tracked_by listed: AtomicTracker;
    }
}

impl_list_item! {
    impl ListItem<0> for Shared { using ListLinks { self.links }; }
}

/// What packets of connections read; written when the administrator changes it.
struct Settings {
    fast_path: Atomic<bool>,
    one_packet: Atomic<bool>,
    // As the netlink family has it, as what follows.
    removal: Atomic<u32>,
    toa: Atomic<u32>,
    timeouts: timeouts::Settings,
}

/// On cache lines of their own, as connections that begin and end write there.
#[repr(align(64))]
struct Events(LoadEvents);

impl Shared {
    /// Makes what the destinations of a new service with this key will have in common.
    pub(super) fn new(key: ServiceKey, common: Arc<Common>) -> Result<Arc<Self>> {
        let settings = Settings {
            fast_path: Atomic::new(true),
            one_packet: Atomic::new(false),
            removal: Atomic::new(Removal::to_uapi(None)),
            toa: Atomic::new(Scope::default().to_uapi()),
            timeouts: timeouts::Settings::new(Timeouts::NONE),
        };
        Arc::pin_init(
            pin_init!(Self {
                key,
                common,
                settings,
                pool: RcuCell::new(None),
                without_room: Atomic::new(0),
                totals: Totals::new(),
                events: Events(LoadEvents::new()),
                toa: ToaCounters::new(),
                links <- ListLinks::new(),
                listed <- AtomicTracker::new(),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// Returns what names the service.
    pub(crate) fn key(&self) -> &ServiceKey {
        &self.key
    }

    /// Returns what it has in common with the other services of its namespace.
    pub(super) fn common(&self) -> &Arc<Common> {
        &self.common
    }

    /// Returns whether the service lets packets of established flows skip the rule chains; one
    /// load.
    #[inline(always)]
    pub(crate) fn allows_fast_path(&self) -> bool {
        self.settings.fast_path.load(Relaxed)
    }

    /// Tells whether it does, of connections that exist, too. The service of a mark never does: a flow
    /// keeps to it for as long as the firewall lets it.
    pub(super) fn set_fast_path(&self, allowed: bool) {
        let allowed = allowed && !matches!(self.key, ServiceKey::Mark { .. });
        self.settings.fast_path.store(allowed, Relaxed);
    }

    /// Returns whether connections of this protocol that begin, by this method, tell the real server of their client.
    #[inline(always)]
    pub(crate) fn tells(&self, forward: Forward, protocol: Protocol) -> bool {
        let scope = self.settings.toa.load(Relaxed);
        let tells = match forward {
            Forward::Nat => scope == Scope::Nat.to_uapi(),
            Forward::Fullnat => scope != Scope::Nobody.to_uapi(),
            Forward::Dr | Forward::Tun | Forward::Enat => false,
        };
        tells && protocol == Protocol::Tcp
    }

    /// Returns whose connections do.
    pub(super) fn toa(&self) -> Scope {
        Scope::from_uapi(self.settings.toa.load(Relaxed)).unwrap_or_default()
    }

    /// Changes whose do, of those that begin from now on.
    pub(super) fn set_toa(&self, scope: Scope) {
        self.settings.toa.store(scope.to_uapi(), Relaxed);
    }

    /// Returns what is counted of that.
    pub(crate) fn toa_counters(&self) -> &ToaCounters {
        &self.toa
    }

    /// Returns whether each datagram is scheduled by itself.
    pub(crate) fn schedules_each_datagram(&self) -> bool {
        self.settings.one_packet.load(Relaxed)
    }

    /// Tells whether it is, of those that are of no connection.
    pub(super) fn set_one_packet(&self, each: bool) {
        self.settings.one_packet.store(each, Relaxed);
    }

    /// Returns where its connections have local addresses of, if they have any.
    pub(crate) fn pool<'g>(&self, guard: &'g rcu::Guard) -> Option<RcuRef<'g, Pool>> {
        self.pool.read(guard)
    }

    /// Tells where those have them of that begin from now on. Callers hold the lock of the configuration.
    pub(super) fn set_pool(&self, pool: Option<RcuArc<Pool>>) {
        if let Some(pool) = &pool {
            pool.note_service();
        }
        if let Some(before) = self.pool.replace(pool) {
            before.forget_service();
        }
    }

    /// Counts a packet by ENAT that had no room for the client.
    #[cold]
    pub(crate) fn count_without_room(&self) {
        self.without_room.fetch_add(1u64, Relaxed);
    }

    /// Returns how many there were since counting began.
    pub(crate) fn without_room(&self) -> u64 {
        self.without_room.load(Relaxed)
    }

    /// Begins to count them anew.
    pub(super) fn forget_without_room(&self) {
        self.without_room.store(0, Relaxed);
    }

    /// Returns what becomes of connections whose server was removed from the service.
    pub(crate) fn removal(&self) -> Removal {
        self.own_removal().unwrap_or(self.common.removal())
    }

    /// Returns what the service says of that itself.
    pub(super) fn own_removal(&self) -> Option<Removal> {
        Removal::from_uapi(self.settings.removal.load(Relaxed))
    }

    /// Changes what the service says, of connections that exist, too.
    pub(super) fn set_own_removal(&self, own: Option<Removal>) {
        self.settings.removal.store(Removal::to_uapi(own), Relaxed);
        self.server_was_removed();
    }

    /// Has connections be looked at, if some end now that their server was removed.
    pub(super) fn server_was_removed(&self) {
        if self.removal() != Removal::Keep {
            self.common.note_ends();
        }
    }

    /// Returns how many seconds a connection of the service may be idle in `state`.
    #[inline]
    pub(crate) fn timeout(&self, state: State) -> u32 {
        let own = &self.settings.timeouts;
        own.of(state, self.common.timeout_settings())
    }

    /// Returns how long connections of the service may be idle.
    #[inline]
    pub(super) fn timeouts(&self) -> Timeouts {
        self.common.timeouts().with(&self.own_timeouts())
    }

    /// Returns what the service says of that itself.
    #[inline]
    pub(crate) fn own_timeouts(&self) -> Timeouts {
        self.settings.timeouts.get()
    }

    /// Changes what the service says.
    pub(super) fn set_own_timeouts(&self, own: Timeouts) {
        self.settings.timeouts.set(own);
    }

    /// Returns what the destinations of the service have counted.
    pub(super) fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Returns where the events of loads are counted.
    #[inline]
    pub(super) fn events(&self) -> &LoadEvents {
        &self.events.0
    }
}
