// SPDX-License-Identifier: GPL-2.0-only

//! Estimating rates, of those only that count something.
//!
//! A destination that begins to count something puts itself into a list, from where it is taken when its
//! rates have gone down to 0; until it counts again nobody looks at it. Packets pay for it once a tick of
//! the clock and connection, where they write when the connection was seen: they look whether the
//! destination is in the list.
//!
//! C estimates all every two seconds (`ip_vs_estimation_kthread()`); what counts nothing has a rate of 0
//! there, too.

use core::mem;

use kernel::{
    list::{
        List,
        ListArc, //
    },
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        new_mutex,
        Arc,
        Mutex, //
    },
};

use crate::{
    kapi::{
        sync::{
            spinlock::Class,
            Guarded, //
        },
        time,
        workqueue::{
            Work,
            Worker, //
        },
    },
    logic::estimate::INTERVAL,
};

use super::{
    ledger::Ledger,
    Common,
    Dest,
    Figures,
    Shared, //
};

/// How many are looked at before others may have the lock, or the CPU.
const BATCH: usize = 64;

/// Those that count something.
#[pin_data]
pub(super) struct Active {
    // Since the worker has looked.
    joined: Guarded<List<Dest>>,
    // Whether there may be some that the worker has not seen.
    has_joined: Atomic<bool>,
    #[pin]
    known: Mutex<Known>,
}

/// Those that the worker knows of.
struct Known {
    dests: List<Dest>,
    // Of those destinations, and those that had some until a moment ago.
    services: List<Shared>,
}

impl Active {
    /// Makes empty lists.
    pub(super) fn new() -> Result<impl PinInit<Self>> {
        let joined = Guarded::new(1, 1, Class::Active, List::new)?;
        Ok(pin_init!(Self {
            joined,
            has_joined: Atomic::new(false),
            known <- new_mutex!(
                Known {
                    dests: List::new(),
                    services: List::new(),
                },
                "rvs_active"
            ),
        }))
    }

    /// Puts a destination into the list, unless it is there.
    pub(super) fn join(&self, dest: &Arc<Dest>) {
        if let Ok(item) = ListArc::try_from_arc(dest.clone()) {
            self.joined.with(0, |list| list.push_back(item));
            // Full ordering, here and where the worker goes to sleep: either it sees this, or who looks
            // after it sees it asleep.
            self.has_joined.xchg(true, Full);
        }
    }

    /// Takes those that have joined since this was done last. Whether some have stays as it is: it is for
    /// the worker alone, who may be asleep, to know them all.
    fn take_joined(&self) -> List<Dest> {
        self.joined.with(0, mem::take).unwrap_or_default()
    }
}

impl Known {
    fn is_empty(&self) -> bool {
        self.dests.is_empty() && self.services.is_empty()
    }

    /// Has `look` look at each destination, and say whether it stays. Others may have the ledger in
    /// between. Returns how many stay.
    fn retain_dests(
        &mut self,
        common: &Common,
        mut look: impl FnMut(&Ledger<'_>, &Arc<Dest>) -> bool,
    ) -> u32 {
        let mut dests = mem::take(&mut self.dests);
        let mut count = 0u32;
        while !dests.is_empty() {
            let ledger = common.ledger();
            for _ in 0..BATCH {
                let Some(dest) = dests.pop_front() else { break };
                let stays = if look(&ledger, dest.as_arc()) {
                    Some(dest)
                } else {
                    let_go(dest)
                };
                if let Some(dest) = stays {
                    self.dests.push_back(dest);
                    count = count.saturating_add(1);
                }
            }
            drop(ledger);
            time::cond_resched();
        }
        count
    }
}

/// Lets a destination go that need not be looked at any more, unless it has just counted something.
fn let_go(dest: ListArc<Dest>) -> Option<ListArc<Dest>> {
    let dest = dest.into_arc();
    // Who counted something has either seen that it is in the list no more, or is seen here.
    if dest.is_noted() {
        ListArc::try_from_arc(dest).ok()
    } else {
        None
    }
}

/// What estimates the rates of a namespace.
pub(crate) struct Estimator {
    common: Arc<Common>,
    asleep: Atomic<bool>,
    // The jiffy of the next estimate.
    due: Atomic<u32>,
    // How often it has looked at a destination.
    looks: Atomic<u64>,
    // How many it is to look at again.
    active: Atomic<u32>,
    suspended: Atomic<bool>,
}

impl Estimator {
    /// Makes one that sleeps until something is counted.
    pub(crate) fn new(common: Arc<Common>) -> Self {
        Self {
            common,
            asleep: Atomic::new(true),
            due: Atomic::new(0),
            looks: Atomic::new(0),
            active: Atomic::new(0),
            suspended: Atomic::new(false),
        }
    }

    /// Has rates stay as they are, or be estimated again: the first time of all that was counted
    /// meanwhile, as with IPVS.
    pub(crate) fn suspend(&self, suspended: bool) {
        self.suspended.store(suspended, Relaxed);
    }

    /// Returns what all services have counted, those that are gone included, and the rates of it.
    pub(crate) fn totals(&self) -> Figures {
        let mut known = self.common.active().known.lock();
        known
            .dests
            .push_all_back(&mut self.common.active().take_joined());
        known.retain_dests(&self.common, |ledger, dest| {
            ledger.settle(dest);
            true
        });
        let _ledger = self.common.ledger();
        self.common.totals().figures()
    }

    /// Has the totals of the namespace begin at 0, when all destinations that are part of a service do.
    pub(crate) fn zero_totals(&self) {
        let _ledger = self.common.ledger();
        self.common.totals().begin();
    }

    /// Returns how many destinations it looks at, as of the last time.
    pub(crate) fn active(&self) -> u32 {
        self.active.load(Relaxed)
    }

    /// Returns how often it has looked at a destination.
    pub(crate) fn looks(&self) -> u64 {
        self.looks.load(Relaxed)
    }

    /// Looks at a destination, and tells whether to look again.
    fn look(&self, ledger: &Ledger<'_>, services: &mut List<Shared>, dest: &Arc<Dest>) -> bool {
        if !dest.is_available() {
            dest.forget_note();
            return false;
        }
        if self.suspended.load(Relaxed) {
            return true;
        }
        if let Ok(service) = ListArc::try_from_arc(dest.shared().clone()) {
            services.push_back(service);
        }
        ledger.settle(dest);
        if !dest.estimate() {
            return true;
        }
        // By the next time packets have been counted that saw the note before it was forgotten.
        let was_noted = dest.is_noted();
        dest.forget_note();
        was_noted
    }

    /// Estimates the rates of services.
    fn look_at_services(&self, known: &mut Known) {
        let mut services = mem::take(&mut known.services);
        while !services.is_empty() {
            let ledger = self.common.ledger();
            for _ in 0..BATCH {
                let Some(service) = services.pop_front() else {
                    break;
                };
                if !service.totals().go_on() {
                    known.services.push_back(service);
                }
            }
            drop(ledger);
            time::cond_resched();
        }
    }

    /// Returns the jiffies until the next estimate: every two seconds, however late this one was.
    fn until_next(&self) -> u32 {
        let interval = interval();
        let now = time::jiffies32();
        let due = self.due.load(Relaxed).wrapping_add(interval);
        let left = due.wrapping_sub(now);
        if (1..=interval).contains(&left) {
            self.due.store(due, Relaxed);
            left
        } else {
            self.due.store(now.wrapping_add(interval), Relaxed);
            interval
        }
    }
}

fn interval() -> u32 {
    time::hz().saturating_mul(INTERVAL)
}

impl Work for Estimator {
    /// Runs every two seconds while something is counted, or has been.
    fn run(&self) -> Option<u32> {
        let active = self.common.active();
        let mut known = active.known.lock();
        active.has_joined.store(false, Relaxed);
        known.dests.push_all_back(&mut active.take_joined());
        let mut services = mem::take(&mut known.services);
        let mut looks = 0u64;
        let count = known.retain_dests(&self.common, |ledger, dest| {
            looks = looks.wrapping_add(1);
            self.look(ledger, &mut services, dest)
        });
        known.services = services;
        self.active.store(count, Relaxed);
        self.looks.store(self.looks().wrapping_add(looks), Relaxed);
        let mut is_over = true;
        if !self.suspended.load(Relaxed) {
            self.look_at_services(&mut known);
            let _ledger = self.common.ledger();
            is_over = self.common.totals().go_on();
        }
        if !known.is_empty() || !is_over {
            return Some(self.until_next());
        }
        self.asleep.xchg(true, Full);
        if active.has_joined.load(Relaxed) && self.asleep.xchg(false, Full) {
            return Some(self.until_next());
        }
        None
    }
}

impl Drop for Estimator {
    /// Those in the lists have what the lists are in.
    fn drop(&mut self) {
        let active = self.common.active();
        drop(active.take_joined());
        let known = mem::replace(
            &mut *active.known.lock(),
            Known {
                dests: List::new(),
                services: List::new(),
            },
        );
        drop(known);
    }
}

impl Worker<Estimator> {
    /// Wakes the worker where something has been counted while it slept. Whoever looks after connections
    /// does that from time to time.
    pub(crate) fn rouse(&self) {
        if self.asleep.load(Relaxed)
            && self.common.active().has_joined.load(Relaxed)
            && self.asleep.xchg(false, Full)
        {
            let hz = time::hz();
            self.due.store(time::jiffies32().wrapping_add(hz), Relaxed);
            self.wake_in(hz);
        }
    }
}
