// SPDX-License-Identifier: GPL-2.0-only

//! A director: all that RVS keeps in one network namespace.

use kernel::{
    prelude::*,
    sync::{
        new_mutex,
        Arc,
        Mutex, //
    },
};

use crate::{
    conn::{
        Bound,
        Connections,
        OwnFlows, //
    },
    ctl,
    datapath::{
        HookGroup,
        Paths,
        HOOKS, //
    },
    kapi::{
        net::{
            pernet::{
                Files,
                Home,
                Namespace,
                PernetData,
                Storage, //
            },
            sysctl::{
                Number,
                Switch,
                Sysctl, //
            },
            HookSpec,
            Net, //
        },
        time,
        workqueue::Worker,
    },
    logic::{
        addr::Family,
        limits,
        toa, //
    },
    settings::{
        self,
        Settings, //
    },
    svc::{
        deleted,
        pool::Pools,
        AddressFilter,
        Common,
        Config,
        Deleted,
        Estimator,
        Forward,
        Lifetimes,
        Services, //
    },
};

/// Services and connections of a namespace.
#[pin_data]
pub(crate) struct Director {
    /// What packets find services in.
    pub(crate) services: Services,
    /// Whether packets of an address may be of any concern.
    pub(crate) filter: Arc<AddressFilter>,
    /// What the administrator asked for.
    #[pin]
    pub(crate) config: Mutex<Config>,
    /// Pools of local addresses.
    #[pin]
    pub(crate) pools: Worker<Pools>,
    /// What all services have in common.
    pub(crate) common: Arc<Common>,
    /// What was deleted and is to be freed.
    #[pin]
    pub(crate) deleted: Worker<Deleted>,
    /// The connections.
    #[pin]
    pub(crate) connections: Worker<Connections>,
    /// Where this host itself sends datagrams to, from services.
    pub(crate) own_flows: OwnFlows,
    /// For how long schedulers remember where packets for an address went.
    pub(crate) lifetimes: Lifetimes,
    /// Whether packets of established flows may skip the rule chains (`net.rvs.fast_path`).
    pub(crate) fast_path: Switch,
    /// What else the administrator may set (`net.ipv4.vs`).
    pub(crate) settings: Settings,
    /// The kind of the option that tells real servers of their clients (`net.rvs.toa_kind`).
    pub(crate) toa_kind: Number,
    /// Which ways packets of connections took.
    pub(crate) paths: Paths,
    /// How much is counted in a second.
    pub(crate) estimator: Arc<Worker<Estimator>>,
}

static STORAGE: Storage = Storage::new();

impl PernetData for Director {
    const HOOKS: &'static [&'static [HookSpec<Self>]] = HOOKS;
    const SYSCTL_PATH: &'static CStr = c"net/rvs";
    const SYSCTLS: &'static [Sysctl<Self>] = &[
        Sysctl::switch(c"fast_path", |director| &director.fast_path),
        // Here, too, as the other tree may be somebody else's.
        Sysctl::integer(
            c"expire_quiescent_template",
            |director| &director.settings.expire_quiescent_template,
            |_| true,
        ),
        Sysctl::number(
            c"udp_reuse_after",
            |director| &director.connections.udp_reuse_after,
            1,
            3600,
        ),
        Sysctl::number(
            c"max_connections",
            |director| &director.connections.bound.setting,
            1,
            limits::MOST_CONNECTIONS,
        ),
        Sysctl::number(
            c"toa_kind",
            |director| &director.toa_kind,
            toa::Kind::MIN as u32,
            toa::Kind::MAX as u32,
        ),
    ];

    const FILES: Files<Self> = Files {
        sysctl_path: settings::PATH,
        sysctls: settings::SYSCTLS,
        proc: ctl::proc::FILES,
    };

    fn storage() -> &'static Storage {
        &STORAGE
    }

    fn new(net: &Net, home: Home) -> Result<Arc<Self>> {
        let services = Services::new();
        let pools = Pools::new(home.again(), ctl::tell_of_pool)?;
        let common = Common::new()?;
        let estimator = Worker::new(Estimator::new(common.clone()));
        let estimator = Arc::pin_init(estimator, GFP_KERNEL_ACCOUNT)?;
        let connections =
            Connections::new(home, Bound::new(net), common.clone(), estimator.clone())?;
        let paths = Paths::new()?;
        let filter = AddressFilter::new()?;
        let config = Config::new(common.clone())?;
        let deleted = Deleted::new()?;
        Arc::pin_init(
            pin_init!(Self {
                services,
                filter,
                pools <- Worker::new(pools),
                common,
                config <- new_mutex!(config, "rvs_config"),
                deleted <- Worker::new(deleted),
                connections <- Worker::new(connections),
                own_flows: OwnFlows::new(),
                lifetimes: Lifetimes::new(),
                fast_path: Switch::new(true),
                settings: Settings::new(net),
                toa_kind: Number::new(toa::Kind::DEFAULT.number().into()),
                paths,
                estimator,
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    fn is_used(&self) -> bool {
        self.config.lock().has_changed()
    }

    fn settings_changed(namespace: &Namespace<Self>) -> Result {
        let director = namespace.data();
        let checked = director.connections.bound.check();
        director.connections.heed_bound();
        let estimates = director.settings.run_estimation.is_on();
        director.estimator.suspend(!estimates);
        if director.connections.defences.heed_memory() {
            director.connections.wake_in(time::hz());
        }
        checked?;
        // Services neither come nor go meanwhile.
        let config = director.config.lock();
        for family in Family::ALL {
            if !director.fast_path.is_on() {
                HookGroup::FastPath.disable(namespace, family);
            } else if HookGroup::Services.is_enabled(namespace, family) {
                HookGroup::FastPath
                    .enable(namespace, family)
                    .inspect_err(|_| director.fast_path.turn_off())?;
            }
        }
        drop(config);
        Ok(())
    }
}

impl Director {
    /// Makes a namespace ready for its first service: one that never has any pays for nothing.
    /// Callers hold the lock of the configuration.
    pub(crate) fn prepare(&self) -> Result {
        self.services.prepare()?;
        self.connections.prepare()
    }

    /// Makes a namespace ready for its first persistent service. Callers hold the lock of the
    /// configuration.
    pub(crate) fn prepare_persistence(&self) -> Result {
        self.connections.templates.prepare()
    }

    /// Registers the hooks that any service of a family needs, if they are not.
    pub(crate) fn enable_hooks(namespace: &Namespace<Self>, family: Family) -> Result {
        HookGroup::Services.enable(namespace, family)?;
        if namespace.data().fast_path.is_on() {
            HookGroup::FastPath.enable(namespace, family)?;
        }
        Ok(())
    }

    /// Registers the hooks that a destination of this family and forward method needs, if they are not.
    pub(crate) fn enable_hooks_for(
        namespace: &Namespace<Self>,
        family: Family,
        forward: Forward,
    ) -> Result {
        match forward {
            Forward::Nat => HookGroup::Replies.enable(namespace, family),
            // They come to this host, of whatever family the service is.
            Forward::Fullnat => {
                Self::enable_hooks(namespace, family)?;
                HookGroup::Replies.enable(namespace, family)
            }
            // What answers the director itself comes to the virtual address.
            Forward::Dr | Forward::Enat => Ok(()),
            // Errors about the tunnel come to this host, of whatever family what is in it is.
            Forward::Tun => HookGroup::Services.enable(namespace, family),
        }
    }

    /// Has connections that are due earlier than before be looked at, after a change of timeouts.
    pub(crate) fn timeouts_changed(&self, config: &mut Config) {
        if config.take_timeouts_got_shorter() {
            self.connections.timeouts_got_shorter();
            self.connections.wake();
        }
    }

    /// Has everything count from 0 again, one service after the other, so that nobody waits for all.
    pub(crate) fn zero_all(&self) {
        let mut last = None;
        loop {
            let config = self.config.lock();
            let next = config.tell_service_after(last.as_ref(), |key, service| {
                service.zero();
                *key
            });
            drop(config);
            match next {
                Some(key) => last = Some(key),
                None => break,
            }
        }
        self.estimator.zero_totals();
    }

    /// Deletes all services.
    pub(crate) fn flush(&self) {
        let mut flush = self.config.lock().begin_flush();
        // Others may come in between.
        while self
            .config
            .lock()
            .flush_some(&self.services, &mut flush, &self.deleted)
        {
            time::cond_resched();
        }
        self.services.resize();
        self.deleted.wake_in(time::hz() * deleted::SECONDS);
    }

    /// Returns the director of a namespace.
    pub(crate) fn of(net: &Net) -> &Namespace<Self> {
        Namespace::of(net)
    }
}
