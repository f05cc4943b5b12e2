// SPDX-License-Identifier: GPL-2.0-only

//! Services and destinations in answers. The order of attributes is part of what clients know.
//!
//! C: `ip_vs_genl_fill_service()`, `ip_vs_genl_fill_dest()`

use crate::{
    ctl::family,
    kapi::genl::{
        Full,
        Message, //
    },
    logic::{
        addr::Addr,
        ipvs_abi::{
            attribute,
            dest,
            service,
            service_flag,
            stats,
            ADDRESS_LEN, //
        },
    },
    svc::{
        Counter,
        Entry,
        Figures,
        ServiceConfig,
        ServiceKey, //
    },
};

use super::{
    dest::{
        forward_number,
        tunnel_numbers, //
    },
    service::{
        flags_of,
        persistence_of, //
    },
};

/// Puts a service.
pub(super) fn service(
    message: &mut Message<'_>,
    key: &ServiceKey,
    config: &ServiceConfig,
) -> Result<(), Full> {
    message.plain_nest(attribute::SERVICE, |nest| {
        nest.u16(service::AF, family::number(key.family()))?;
        match *key {
            ServiceKey::Address { protocol, addr, .. } => {
                nest.u16(service::PROTOCOL, protocol.number().into())?;
                nest.bytes(service::ADDR, &address(addr))?;
                nest.be16(service::PORT, key.one_port().unwrap_or(0))?;
            }
            ServiceKey::Mark { mark, .. } => nest.u32(service::FWMARK, mark)?,
        }
        nest.str(service::SCHED_NAME, config.scheduler().kind().name())?;
        if let Some(engine) = config.persistence().and_then(|values| values.engine) {
            nest.str(service::PE_NAME, engine.name())?;
        }
        nest.bytes(
            service::FLAGS,
            &flags(flags_of(config) | service_flag::HASHED),
        )?;
        let (timeout, netmask) = persistence_of(config);
        nest.u32(service::TIMEOUT, timeout)?;
        nest.bytes(service::NETMASK, &netmask)?;
        let counted = Counted::of(&config.figures());
        counted.fill(nest, service::STATS, service::STATS64)
    })
}

/// Puts a destination.
pub(super) fn dest(message: &mut Message<'_>, entry: &Entry) -> Result<(), Full> {
    let dest = &entry.dest;
    message.plain_nest(attribute::DEST, |nest| {
        let endpoint = dest.endpoint();
        nest.bytes(dest::ADDR, &address(endpoint.addr))?;
        nest.be16(dest::PORT, endpoint.port)?;
        nest.u32(dest::FWD_METHOD, forward_number(dest.forward()))?;
        nest.u32(dest::WEIGHT, entry.weight())?;
        let (tunnel_type, tunnel_port, tunnel_flags) = tunnel_numbers(dest);
        nest.u8(dest::TUN_TYPE, tunnel_type)?;
        nest.be16(dest::TUN_PORT, tunnel_port)?;
        nest.u16(dest::TUN_FLAGS, tunnel_flags)?;
        let thresholds = dest.thresholds();
        nest.u32(dest::U_THRESH, thresholds.upper())?;
        nest.u32(dest::L_THRESH, thresholds.lower())?;
        nest.u32(dest::ACTIVE_CONNS, dest.active())?;
        nest.u32(dest::INACT_CONNS, dest.inactive())?;
        nest.u32(dest::PERSIST_CONNS, dest.templates())?;
        nest.u16(dest::ADDR_FAMILY, family::number(endpoint.addr.family()))?;
        Counted::of(&dest.figures()).fill(nest, dest::STATS, dest::STATS64)
    })
}

/// An address in as many bytes as any has: there are clients that read all of them.
fn address(addr: Addr) -> [u8; ADDRESS_LEN] {
    match addr {
        Addr::V4(addr) => {
            let mut bytes = [0; ADDRESS_LEN];
            bytes[..4].copy_from_slice(&addr.octets());
            bytes
        }
        Addr::V6(addr) => addr.octets(),
    }
}

/// Flags, and that all of them are meant.
fn flags(flags: u32) -> [u8; 8] {
    let mut bytes = [u8::MAX; 8];
    bytes[..4].copy_from_slice(&flags.to_ne_bytes());
    bytes
}

/// Counters and rates, of one moment.
struct Counted([u64; 10]);

impl Counted {
    fn of(figures: &Figures) -> Self {
        const ORDER: [Counter; 5] = [
            Counter::Connections,
            Counter::InPackets,
            Counter::OutPackets,
            Counter::InBytes,
            Counter::OutBytes,
        ];
        let mut numbers = [0; 10];
        let told = [&figures.counts, &figures.rates];
        let told = told
            .into_iter()
            .flat_map(|counts| ORDER.map(|counter| counts.get(counter)));
        for (number, told) in numbers.iter_mut().zip(told) {
            *number = told;
        }
        Self(numbers)
    }

    /// Puts them in both forms.
    fn fill(&self, message: &mut Message<'_>, narrow: u16, wide: u16) -> Result<(), Full> {
        message.plain_nest(narrow, |nest| {
            for (attribute, value) in self.attributes() {
                match attribute {
                    stats::INBYTES | stats::OUTBYTES => nest.u64(attribute, value, stats::PAD)?,
                    _ => nest.u32(attribute, value as u32)?,
                }
            }
            Ok(())
        })?;
        message.plain_nest(wide, |nest| {
            self.attributes()
                .try_for_each(|(attribute, value)| nest.u64(attribute, value, stats::PAD))
        })
    }

    fn attributes(&self) -> impl Iterator<Item = (u16, u64)> + '_ {
        const ORDER: [u16; 10] = [
            stats::CONNS,
            stats::INPKTS,
            stats::OUTPKTS,
            stats::INBYTES,
            stats::OUTBYTES,
            stats::CPS,
            stats::INPPS,
            stats::OUTPPS,
            stats::INBPS,
            stats::OUTBPS,
        ];
        ORDER.into_iter().zip(self.0)
    }
}
