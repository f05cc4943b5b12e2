// SPDX-License-Identifier: GPL-2.0-only

//! Destinations of a service: they come, change and go.

use core::ops::Deref;

use kernel::{
    prelude::*,
    sync::{
        rcu,
        Arc, //
    },
};

use crate::{
    kapi::sync::PerCpuPool,
    logic::{
        addr::Endpoint,
        protocol::Protocol,
        scheduler::emptiest,
        service_rank::Rank,
        tunnel::Tunnel, //
    },
    svc::{
        change::tunnel_after,
        dest::Counter,
        dest_set::Plan,
        service_config::copy,
        totals::Departed,
        ConfigError,
        Dest,
        DestChange,
        Entry,
        Forward,
        NewDest,
        Noted,
        PortCheck,
        ServiceConfig,
        ServiceKey, //
    },
};

use super::{
    pool_check::check_pool,
    Config, //
};

impl Config {
    /// Returns the forward method that a new destination gets, if it or the service names one.
    pub(crate) fn forward_of_new(
        &self,
        key: &ServiceKey,
        forward: Option<Forward>,
    ) -> Option<Forward> {
        forward.or_else(|| self.services.get(&Rank::of(key))?.forward)
    }

    /// Adds a destination to a service, or brings a removed one back. The filter of packets knows
    /// both.
    pub(crate) fn add_dest(
        &mut self,
        key: &ServiceKey,
        new: NewDest,
        noted: [Noted; 2],
    ) -> Result<(), ConfigError> {
        let endpoint = new.endpoint;
        let config = self
            .services
            .get_mut(&Rank::of(key))
            .ok_or(ConfigError::NoService)?;
        if config.position(endpoint).is_some() {
            return Err(ConfigError::DestExists);
        }
        let forward = new
            .forward
            .or(config.forward)
            .ok_or(ConfigError::NoForward)?;
        check_method(config, endpoint, forward, new.ports)?;
        let tunnel = tunnel_after(&new.tunnel, None, forward)?;
        self.trash.reserve()?;
        let removed = self.trash.find(key, endpoint);
        self.added = self.added.wrapping_add(1);
        let (departed, counters) = (&mut self.departed, &mut self.counters);
        let method = (forward, tunnel);
        let added = Self::insert_dest(config, departed, counters, removed, &new, method, noted);
        match added {
            Ok(dest) => {
                dest.set_number(self.added);
                let _ledger = self.common.ledger();
                self.trash.give_back(key, config.incarnation, &dest);
            }
            Err(error) => {
                self.trash.forget();
                return Err(error);
            }
        }
        self.changed();
        Ok(())
    }

    /// Makes a destination part of a service: `removed`, or a new one.
    fn insert_dest(
        config: &mut ServiceConfig,
        departed: &mut Departed,
        counters: &mut PerCpuPool<{ Counter::COUNT }>,
        removed: Option<Arc<Dest>>,
        new: &NewDest,
        (forward, tunnel): (Forward, Option<Tunnel>),
        noted: [Noted; 2],
    ) -> Result<Arc<Dest>, ConfigError> {
        let dest = match removed {
            Some(dest) => dest,
            None => {
                let group = emptiest(config.dests().iter().map(|entry| entry.dest.group()));
                let shared = config.shared.clone();
                Dest::new(
                    new.endpoint,
                    forward,
                    shared,
                    group,
                    counters.take()?,
                    noted,
                )?
            }
        };
        let mut dests = KVVec::with_capacity(config.dests().len() + 1, GFP_KERNEL)?;
        // Before packets can meet it; of one that was removed they are dropped until the end.
        dest.set_thresholds(new.thresholds);
        dest.set_quiescent(new.weight == 0);
        if let Some(tunnel) = tunnel {
            dest.set_tunnel(tunnel);
        }
        dests.push(Entry::new(dest.clone(), new.weight), GFP_KERNEL)?;
        for entry in config.dests() {
            dests.push(entry.clone(), GFP_KERNEL)?;
        }
        config.replace_dests(dests, Plan::after_insert)?;
        dest.set_forward(forward);
        if !dest.is_available() {
            departed.comes(&dest);
            config.shared.common().ledger().comes(&dest);
            // Its rates go on.
            Dest::become_active(&dest);
        }
        Ok(dest)
    }

    /// Changes a destination. Packets see no change where there is none.
    pub(crate) fn set_dest(
        &mut self,
        key: &ServiceKey,
        endpoint: Endpoint,
        change: DestChange,
    ) -> Result<(), ConfigError> {
        let config = self
            .services
            .get_mut(&Rank::of(key))
            .ok_or(ConfigError::NoService)?;
        let position = config.position(endpoint).ok_or(ConfigError::NoDest)?;
        let entry = config.dests().get(position).ok_or(ConfigError::NoDest)?;
        let before = entry.dest.forward();
        let asked = change.forward.filter(|forward| {
            // The family `IPVS` tells these as masquerading, and has to name a method.
            let is_told = change.ports == PortCheck::Ignore
                && *forward == Forward::Nat
                && before.needs_pool();
            !is_told
        });
        if let Some(forward) = asked {
            check_method(config, endpoint, forward, change.ports)?;
        }
        let dest = entry.dest.clone();
        let thresholds = dest
            .thresholds()
            .changed(change.upper_threshold, change.lower_threshold)
            .ok_or(ConfigError::Thresholds)?;
        // The scheduler goes on as it was unless it is told something new: health checkers set the
        // same weight again and again.
        let weight = change.weight.filter(|weight| *weight != entry.weight());
        let tunnel_before = (before == Forward::Tun).then(|| dest.tunnel());
        let tunnel = tunnel_after(&change.tunnel, tunnel_before, asked.unwrap_or(before))?
            .filter(|tunnel| *tunnel != dest.tunnel());
        let forward = asked.filter(|forward| *forward != before);
        if weight.is_none()
            && forward.is_none()
            && tunnel.is_none()
            && thresholds == dest.thresholds()
        {
            return Ok(());
        }
        if let Some(weight) = weight {
            config.set_weight(position, weight)?;
            dest.set_quiescent(weight == 0);
        }
        if thresholds != dest.thresholds() {
            dest.set_thresholds(thresholds);
        }
        if let Some(tunnel) = tunnel {
            dest.set_tunnel(tunnel);
        }
        if let Some(forward) = forward {
            dest.set_forward(forward);
        }
        self.changed();
        Ok(())
    }

    /// Removes a destination. Packets of its connections are dropped from now on.
    pub(crate) fn del_dest(
        &mut self,
        key: &ServiceKey,
        endpoint: Endpoint,
    ) -> Result<(), ConfigError> {
        let config = self
            .services
            .get_mut(&Rank::of(key))
            .ok_or(ConfigError::NoService)?;
        let position = config.position(endpoint).ok_or(ConfigError::NoDest)?;
        let mut dests = copy(config.dests())?;
        let removed = dests.remove(position).map_err(|_| ConfigError::NoDest)?;
        config.replace_dests(dests, |plan, state| plan.after_remove(state, position))?;
        let incarnation = config.incarnation;
        self.common.ledger().leaves(&removed.dest);
        self.departed.leaves(&removed.dest);
        self.trash.put(key, incarnation, &removed.dest);
        self.changed();
        Ok(())
    }
}

/// Only in a tunnel, or by full NAT, do packets go to a server of another address family.
fn check_families(
    key: &ServiceKey,
    endpoint: Endpoint,
    forward: Forward,
) -> Result<(), ConfigError> {
    let may_be_another = matches!(forward, Forward::Tun | Forward::Fullnat);
    if key.family() == endpoint.addr.family() || may_be_another {
        Ok(())
    } else {
        Err(ConfigError::MixedFamilies)
    }
}

/// Full NAT is of TCP and UDP, ENAT of TCP.
fn check_protocol(key: &ServiceKey, forward: Forward) -> Result<(), ConfigError> {
    match (forward, key.protocol()) {
        (Forward::Fullnat, Some(Protocol::Sctp)) => Err(ConfigError::NoFullNat),
        // Of a mark are packets of whatever protocol and address.
        (Forward::Enat, protocol) if protocol != Some(Protocol::Tcp) => Err(ConfigError::NoEnat),
        _ => Ok(()),
    }
}

/// Checks what a forward method asks of the service.
fn check_method(
    config: &ServiceConfig,
    endpoint: Endpoint,
    forward: Forward,
    ports: PortCheck,
) -> Result<(), ConfigError> {
    let key = config.key();
    check_families(key, endpoint, forward)?;
    check_protocol(key, forward)?;
    let addresses = {
        let guard = rcu::read_lock();
        let pool = config.shared.pool(&guard);
        pool.and_then(|pool| pool.addresses())
    };
    check_pool(
        key,
        endpoint,
        forward,
        addresses.as_deref().map(Deref::deref),
    )?;
    ports.check(key, endpoint, forward)
}
