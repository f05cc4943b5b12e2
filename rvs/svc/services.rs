// SPDX-License-Identifier: GPL-2.0-only

//! What packets find services in.

use core::net::Ipv4Addr;

use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        rcu, //
    },
};

use crate::{
    kapi::{
        rcu_table::{
            Inserted,
            RcuTable,
            Side, //
        },
        sync::{
            RcuArc,
            RcuRef, //
        },
    },
    logic::{
        addr::{
            Addr,
            Endpoint,
            Family, //
        },
        packet::ip::{
            Version,
            V4,
            V6, //
        },
        protocol::Protocol,
        service_key::{
            may_be_ftp_data,
            Levels,
            Place,
            Ports,
            ServiceKey,
            FTP_PORT, //
        },
    },
};

use super::{
    service::PlaceHash,
    Service, //
};

/// The services of a namespace, and how many there are of each kind: what does not exist is not
/// looked for. Changes are made under the lock of the configuration.
pub(crate) struct Services {
    table: RcuTable<PlaceHash>,
    one_port: Atomic<u32>,
    // Those of them that are of FTP.
    ftp: Atomic<u32>,
    all_ports: Atomic<u32>,
    marks: Atomic<u32>,
    // Ranges on each level, and the levels that have some.
    ranges: [Atomic<u32>; Levels::COUNT],
    levels: Atomic<u32>,
}

impl Services {
    /// Knows of none.
    pub(crate) fn new() -> Self {
        Self {
            table: RcuTable::new(PlaceHash),
            one_port: Atomic::new(0),
            ftp: Atomic::new(0),
            all_ports: Atomic::new(0),
            marks: Atomic::new(0),
            ranges: [const { Atomic::new(0) }; Levels::COUNT],
            levels: Atomic::new(0),
        }
    }

    /// Returns the number of buckets of the table, 0 before there is one.
    pub(crate) fn buckets(&self) -> usize {
        if self.table.is_prepared() {
            self.table.buckets()
        } else {
            0
        }
    }

    /// Calls `tell` with the number of entries of each of them.
    pub(crate) fn tell_lengths(&self, tell: impl FnMut(usize)) {
        self.table.tell_lengths(tell);
    }

    /// Makes room for services, if nobody has yet. Callers take turns.
    pub(crate) fn prepare(&self) -> Result {
        self.table.prepare()
    }

    /// Puts a service in. False when memory is short.
    pub(super) fn insert(&self, service: RcuArc<Service>) -> bool {
        let key = *service.key();
        // Before packets may need it.
        self.change(&key, |count| count.wrapping_add(1));
        let guard = rcu::read_lock();
        let place = self.table.hashed(key.place());
        let inserted = self.table.insert(&guard, service, Side::Original, &place);
        if inserted != Inserted::New {
            self.change(&key, |count| count.wrapping_sub(1));
        }
        inserted == Inserted::New
    }

    /// Returns whether there are services of FTP.
    #[inline]
    pub(crate) fn has_ftp(&self) -> bool {
        self.ftp.load(Relaxed) != 0
    }

    /// Takes a service out.
    pub(super) fn remove(&self, service: RcuRef<'_, Service>) {
        let key = *service.key();
        if self.table.remove(service, Side::Original) {
            self.change(&key, |count| count.wrapping_sub(1));
        }
    }

    /// Gives the table the size that the number of services asks for. Nobody else has to wait meanwhile.
    pub(crate) fn resize(&self) {
        self.table.resize();
    }

    fn change(&self, key: &ServiceKey, change: impl Fn(u32) -> u32) {
        if key.is_ftp() {
            self.ftp.store(change(self.ftp.load(Relaxed)), Relaxed);
        }
        let count = match key {
            ServiceKey::Mark { .. } => &self.marks,
            ServiceKey::Address { ports, .. } => match ports {
                Ports::One(_) => &self.one_port,
                Ports::All => &self.all_ports,
                Ports::Range(range) => {
                    let place = range.level().saturating_sub(1);
                    if let Some(count) = self.ranges.get(place as usize) {
                        let now = change(count.load(Relaxed));
                        count.store(now, Relaxed);
                        let levels = self.levels.load(Relaxed) & !(1 << place);
                        self.levels
                            .store(levels | u32::from(now > 0) << place, Relaxed);
                    }
                    return;
                }
            },
        };
        count.store(change(count.load(Relaxed)), Relaxed);
    }

    /// Finds the service of a packet with this mark to this destination: as IPVS
    /// (`ip_vs_service_find()`) by its mark, then by its port, then that of FTP whose data connection it
    /// may begin, then among those for all ports; before these two the one in whose range the port is.
    #[inline(always)]
    pub(crate) fn find<'g>(
        &self,
        guard: &'g rcu::Guard,
        mark: u32,
        protocol: Protocol,
        destination: Endpoint,
    ) -> Option<RcuRef<'g, Service>> {
        let Endpoint { addr, port } = destination;
        if mark != 0 && self.marks.load(Relaxed) != 0 {
            if let found @ Some(_) = self.of_mark(guard, addr.family(), mark) {
                return found;
            }
        }
        if self.one_port.load(Relaxed) != 0 {
            let found = match addr {
                Addr::V4(addr) => self.of_port::<V4>(guard, protocol, addr, port),
                Addr::V6(addr) => self.of_port::<V6>(guard, protocol, addr, port),
            };
            if found.is_some() {
                return found;
            }
        }
        let levels = self.levels.load(Relaxed);
        if levels == 0 && self.all_ports.load(Relaxed) == 0 && self.ftp.load(Relaxed) == 0 {
            return None;
        }
        // In pieces: an address that is in no memory stays out of it for this.
        match addr {
            Addr::V4(addr) => self.among_many_ports_of_ipv4(guard, levels, protocol, addr, port),
            Addr::V6(_) => {
                self.among_many_ports(guard, Levels::from_bits(levels), protocol, destination)
            }
        }
    }

    /// As [`Services::find`], for who asks seldom.
    #[cold]
    #[inline(never)]
    pub(crate) fn find_seldom<'g>(
        &self,
        guard: &'g rcu::Guard,
        mark: u32,
        protocol: Protocol,
        destination: Endpoint,
    ) -> Option<RcuRef<'g, Service>> {
        self.find(guard, mark, protocol, destination)
    }

    /// Finds the service of one port of an address.
    // On its own it keeps what it needs in registers.
    #[inline(never)]
    fn of_port<'g, V: Version>(
        &self,
        guard: &'g rcu::Guard,
        protocol: Protocol,
        addr: V::Addr,
        port: u16,
    ) -> Option<RcuRef<'g, Service>> {
        let hash = Place::hash_of_port::<V>(protocol, addr, port);
        self.table.find_by_hash(guard, hash, |service| {
            service.key().is_of_port::<V>(protocol, addr, port)
        })
    }

    #[cold]
    #[inline(never)]
    fn of_mark<'g>(
        &self,
        guard: &'g rcu::Guard,
        family: Family,
        mark: u32,
    ) -> Option<RcuRef<'g, Service>> {
        self.at(guard, Place::Mark(family, mark))
    }

    #[cold]
    #[inline(never)]
    fn among_many_ports_of_ipv4<'g>(
        &self,
        guard: &'g rcu::Guard,
        levels: u32,
        protocol: Protocol,
        addr: Ipv4Addr,
        port: u16,
    ) -> Option<RcuRef<'g, Service>> {
        let destination = Endpoint::new(Addr::V4(addr), port);
        self.among_many_ports(guard, Levels::from_bits(levels), protocol, destination)
    }

    /// Finds the service of a range with this port, that of FTP, or that of all ports.
    #[cold]
    #[inline(never)]
    fn among_many_ports<'g>(
        &self,
        guard: &'g rcu::Guard,
        levels: Levels,
        protocol: Protocol,
        destination: Endpoint,
    ) -> Option<RcuRef<'g, Service>> {
        let Endpoint { addr, port } = destination;
        for place in levels.places(protocol, addr, port) {
            match self.at(guard, place) {
                Some(service) if !service.key().leaves_out(port) => return Some(service),
                _ => {}
            }
        }
        if self.ftp.load(Relaxed) != 0 && protocol == Protocol::Tcp && may_be_ftp_data(port) {
            match self.at(guard, Place::Port(protocol, addr, FTP_PORT)) {
                // Data are where the control connection is, which only a client knows who keeps its server.
                Some(service) if service.persistence().is_some() => return Some(service),
                _ => {}
            }
        }
        if self.all_ports.load(Relaxed) == 0 {
            return None;
        }
        self.at(guard, Place::Addr(protocol, addr))
    }

    #[inline(always)]
    fn at<'g>(&self, guard: &'g rcu::Guard, place: Place) -> Option<RcuRef<'g, Service>> {
        self.table
            .find(guard, place)
            .ok()
            .map(|(service, _)| service)
    }
}
