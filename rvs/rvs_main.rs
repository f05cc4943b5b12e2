// SPDX-License-Identifier: GPL-2.0-only

//! RVS, a layer 4 load balancer.
//!
//! See `docs/architecture.md`. `logic` decides and is pure, `kapi` wraps the kernel and is the only
//! place for unsafe code, everything else connects the two.

#![deny(unsafe_code)]

mod bindings;
mod conn;
mod ctl;
mod datapath;
mod director;
mod kapi;
#[allow(dead_code, unreachable_pub)]
mod logic;
mod names;
mod settings;
mod svc;

use kernel::prelude::*;

use crate::{
    director::Director,
    kapi::{
        genl::Family,
        module::Refused,
        net::{
            conntrack,
            pernet::Subsystem, //
        },
        sync::{
            rcu, //
            rcu_arc::cache::CacheGuard,
        },
    },
};

module! {
    type: Rvs,
    name: "rvs",
    authors: ["The RVS authors"],
    description: "Layer 4 load balancer",
    license: "GPL",
    alias: ["net-pf-16-proto-16-family-rvs"],
    params: {
        compat: bool {
            default: true,
            description: "whether to have the names of IPVS: family IPVS, /proc/net/ip_vs*, net.ipv4.vs",
        },
    },
}

/// What is registered with the kernel. Fields are dropped in this order at unload: first nobody
/// asks for changes any more, then the namespaces are cleared, then what they left is freed.
struct Rvs {
    _family: Family,
    _ipvs_family: Option<Family>,
    _subsystem: Subsystem<Director>,
    _conntrack: conntrack::ModuleGuard,
    _other_owner: Option<Refused>,
    _connections: CacheGuard,
    _tailed_connections: CacheGuard,
    _extended_connections: CacheGuard,
    _templates: CacheGuard,
    _callbacks: rcu::Barrier,
}

impl kernel::Module for Rvs {
    fn init(module: &'static ThisModule) -> Result<Self> {
        // Made in the opposite order: what fails undoes what was made before it.
        let callbacks = rcu::Barrier;
        let templates = conn::TEMPLATES.create(c"rvs_template")?;
        let extended_connections = conn::EXTENDED.create(c"rvs_conn_ext")?;
        let tailed_connections = conn::TAILED.create(c"rvs_conn_tail")?;
        let connections = conn::CACHE.create(c"rvs_conn")?;
        let wants_names = module_parameters::compat.value();
        let other_owner = wants_names.then(names::refuse_other_owner).transpose()?;
        let mut subsystem = Subsystem::register()?;
        let ipvs_family = if wants_names {
            names::take(module, &mut subsystem)?
        } else {
            None
        };
        let family = ctl::register(module)?;
        Ok(Self {
            _family: family,
            // Who has the names may come and go.
            _other_owner: other_owner.filter(|_| ipvs_family.is_some()),
            _ipvs_family: ipvs_family,
            _subsystem: subsystem,
            _conntrack: conntrack::ModuleGuard,
            _connections: connections,
            _tailed_connections: tailed_connections,
            _extended_connections: extended_connections,
            _templates: templates,
            _callbacks: callbacks,
        })
    }
}
