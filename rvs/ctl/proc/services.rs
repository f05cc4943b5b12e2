// SPDX-License-Identifier: GPL-2.0-only

//! `/proc/net/ip_vs`: services with their destinations.

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
        sync::RcuArc,
        time,
    },
    logic::{
        ipvs_text,
        persistence::Persistence, //
    },
    svc::{
        DestSet,
        Forward,
        ServiceConfig,
        ServiceKey, //
    },
};

/// Where a piece begins.
#[derive(Clone, Copy, Default)]
pub(super) enum Place {
    #[default]
    Heading,
    First,
    After(ServiceKey),
}

pub(super) struct Services;

impl File for Services {
    type Data = Director;
    type Place = Place;

    const NAME: &'static CStr = c"ip_vs";
    const READERS: Readers = Readers::Anyone;

    fn show(
        namespace: &Namespace<Director>,
        place: Place,
        text: &mut Text<'_>,
    ) -> Result<Option<Place>> {
        let director = namespace.data();
        let last = match &place {
            Place::Heading => {
                text.put(format_args!("{}", heading(director)));
                return Ok(Some(Place::First));
            }
            Place::First => None,
            Place::After(key) => Some(key),
        };
        let config = director.config.lock();
        let shown = config.tell_service_after(last, Shown::new);
        // Whatever the number of destinations, nobody waits for them to be printed.
        drop(config);
        Ok(shown.map(|shown| {
            shown.put(text);
            Place::After(shown.key)
        }))
    }
}

fn heading(director: &Director) -> ipvs_text::Heading {
    let connections = &director.connections;
    ipvs_text::Heading {
        buckets: if connections.is_prepared() {
            connections.buckets()
        } else {
            0
        },
    }
}

/// What is shown of a service.
struct Shown {
    key: ServiceKey,
    scheduler: &'static str,
    one_packet: bool,
    persistence: Option<ipvs_text::Persistence>,
    dests: RcuArc<DestSet>,
}

impl Shown {
    fn new(key: &ServiceKey, config: &ServiceConfig) -> Self {
        Self {
            key: *key,
            scheduler: config.scheduler().kind().name(),
            one_packet: config.schedules_each_datagram(),
            persistence: config.persistence().map(shown_persistence),
            dests: config.shown_dests(),
        }
    }

    fn put(&self, text: &mut Text<'_>) {
        let line = ipvs_text::Service {
            key: &self.key,
            scheduler: self.scheduler,
            one_packet: self.one_packet,
            persistence: self.persistence,
        };
        text.put(format_args!("{line}"));
        for entry in self.dests.entries() {
            let dest = &entry.dest;
            let line = ipvs_text::Destination {
                endpoint: dest.endpoint(),
                forward: match dest.forward() {
                    Forward::Nat => "Masq",
                    Forward::Dr => "Route",
                    Forward::Tun => "Tunnel",
                    Forward::Fullnat => "FullNat",
                    Forward::Enat => "Enat",
                },
                weight: entry.weight(),
                active: dest.active(),
                inactive: dest.inactive(),
            };
            text.put(format_args!("{line}"));
        }
    }
}

fn shown_persistence(persistence: Persistence) -> ipvs_text::Persistence {
    ipvs_text::Persistence {
        timeout: persistence.timeout.wrapping_mul(time::hz()),
        netmask: persistence.mask.to_bytes(),
    }
}
