// SPDX-License-Identifier: GPL-2.0-only

//! `/proc/net/ip_vs_status`: how large tables are and how full.

use kernel::prelude::*;

use crate::{
    director::Director,
    kapi::net::{
        pernet::Namespace,
        proc::{
            File,
            Readers,
            Text, //
        },
    },
    logic::ipvs_text::{
        Chains,
        Table, //
    },
};

pub(super) struct Status;

impl File for Status {
    type Data = Director;
    type Place = ();

    const NAME: &'static CStr = c"ip_vs_status";
    const READERS: Readers = Readers::Root;

    fn show(namespace: &Namespace<Director>, (): (), text: &mut Text<'_>) -> Result<Option<()>> {
        let director = namespace.data();
        let services = director.config.lock().count();
        // Templates are connections to IPVS.
        let connections = director.connections.objects();
        text.put(format_args!("Conns:\t{connections}\n"));
        text.put(format_args!(
            "{}",
            table_of_connections(director, connections)
        ));
        text.put(format_args!("Services:\t{services}\n"));
        text.put(format_args!("{}", table_of_services(director, services)));
        // Nothing is estimated by threads.
        text.put(format_args!(
            "Stats thread slots:\t0 (max 0)\nStats chain max len:\t0\nStats thread ests:\t0\n"
        ));
        Ok(None)
    }
}

fn table_of_connections(director: &Director, count: usize) -> Table {
    let connections = &director.connections;
    let is_there = connections.is_prepared();
    Table {
        name: "Conn",
        buckets: if is_there { connections.buckets() } else { 0 },
        load_factor: director.settings.conn_lfactor.get(),
        chains: (count > 0).then(|| chains(|tell| connections.tell_lengths(tell))),
    }
}

fn table_of_services(director: &Director, count: u32) -> Table {
    let services = &director.services;
    Table {
        name: "Service",
        buckets: services.buckets(),
        load_factor: director.settings.svc_lfactor.get(),
        chains: (count > 0).then(|| chains(|tell| services.tell_lengths(tell))),
    }
}

fn chains(tell_lengths: impl FnOnce(&mut dyn FnMut(usize))) -> Chains {
    let mut chains = Chains::default();
    tell_lengths(&mut |length| chains.count(length));
    chains
}
