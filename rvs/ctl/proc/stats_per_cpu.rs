// SPDX-License-Identifier: GPL-2.0-only

//! `/proc/net/ip_vs_stats_percpu`: what each CPU has counted for the services of a namespace.

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
    logic::ipvs_text,
    svc::{
        Counts,
        ServiceKey, //
    },
};

use super::totals;

pub(super) struct StatsPerCpu;

impl File for StatsPerCpu {
    type Data = Director;
    type Place = ();

    const NAME: &'static CStr = c"ip_vs_stats_percpu";
    const READERS: Readers = Readers::Anyone;

    fn show(namespace: &Namespace<Director>, (): (), text: &mut Text<'_>) -> Result<Option<()>> {
        let director = namespace.data();
        let cpus = counted_by_cpu(director)?;

        text.put(format_args!("{}", ipvs_text::PER_CPU_HEADING));
        for (cpu, counts) in &cpus {
            let line = ipvs_text::OfCpu {
                cpu: *cpu,
                counts: totals::counts(|counter| counts.get(counter)),
            };
            text.put(format_args!("{line}"));
        }
        text.put(format_args!(
            "{}",
            ipvs_text::OfAllCpus(totals::of(director))
        ));
        Ok(None)
    }
}

/// Returns what each CPU has counted for the services, those that are gone included. One service after
/// the other, so that nobody waits for all: one that comes or goes meanwhile may be in it or not.
fn counted_by_cpu(director: &Director) -> Result<KVVec<(u32, Counts)>> {
    let mut cpus = KVVec::new();
    let config = director.config.lock();
    for counted in config.departed() {
        cpus.push(*counted, GFP_KERNEL)?;
    }
    drop(config);
    let mut last: Option<ServiceKey> = None;
    loop {
        let config = director.config.lock();
        let next = config.tell_service_after(last.as_ref(), |key, service| {
            service.add_counted_by_cpu(&mut cpus);
            *key
        });
        drop(config);
        match next {
            Some(key) => last = Some(key),
            None => return Ok(cpus),
        }
    }
}
