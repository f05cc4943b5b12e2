// SPDX-License-Identifier: GPL-2.0-only

//! `/proc/net/ip_vs_stats_percpu`: what each CPU has counted for the services of a namespace.

use kernel::prelude::*;

use crate::{
    director::Director,
    kapi::{
        net::{
            pernet::Namespace,
            proc::{
                File,
                Readers,
                Text, //
            },
        },
        sync::percpu::possible_cpu_numbers,
    },
    logic::ipvs_text,
    svc::{
        Counter,
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
        let mut cpus = KVVec::new();
        for cpu in possible_cpu_numbers() {
            cpus.push((cpu, [0u64; Counter::COUNT]), GFP_KERNEL)?;
        }
        add_all(director, &mut cpus);

        text.put(format_args!("{}", ipvs_text::PER_CPU_HEADING));
        for (cpu, sums) in &cpus {
            let line = ipvs_text::OfCpu {
                cpu: *cpu,
                counts: totals::counts(|counter| sums.get(counter as usize).copied().unwrap_or(0)),
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

/// Adds up what each CPU has counted for the destinations that there are, one service after the other.
fn add_all(director: &Director, cpus: &mut [(u32, [u64; Counter::COUNT])]) {
    let mut last: Option<ServiceKey> = None;
    loop {
        let config = director.config.lock();
        let next = config.tell_service_after(last.as_ref(), |key, service| {
            for entry in service.dests() {
                for (cpu, sums) in cpus.iter_mut() {
                    for (sum, counter) in sums.iter_mut().zip(Counter::ALL) {
                        *sum = sum.wrapping_add(entry.dest.counted_by(*cpu, counter));
                    }
                }
            }
            *key
        });
        drop(config);
        match next {
            Some(key) => last = Some(key),
            None => return,
        }
    }
}
