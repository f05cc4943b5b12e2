// SPDX-License-Identifier: GPL-2.0-only

//! The settings of IPVS, in `net.ipv4.vs` of a namespace: `docs/sysctl.md` says what each means here.
//!
//! Names, types, bounds and defaults are those of `vs_vars` in `net/netfilter/ipvs/ip_vs_ctl.c`; most
//! that are switches to their users take any integer, of which only 0 is "off". They are there, with
//! their defaults, whether or not the names in `/proc/sys` belong to this module.

use crate::{
    director::Director,
    kapi::{
        memory,
        net::{
            sysctl::{
                CpuList,
                Integer,
                Long,
                Pair,
                Sysctl,
                Time, //
            },
            Net, //
        },
    },
    logic::defences,
};

/// Where they are below `/proc/sys`.
pub(crate) const PATH: &kernel::str::CStr = c"net/ipv4/vs";

/// Most connections that IPVS lets anybody ask for.
const MOST_CONNECTIONS: u32 = 1 << 30;

/// What each setting is; those that mean nothing here are only kept for who reads them again.
pub(crate) struct Settings {
    /// Whether translated replies are routed anew, as what the virtual address sends.
    pub(crate) snat_reroute: Integer,
    /// Whether a packet that no server takes goes to its destination past the service.
    pub(crate) cache_bypass: Integer,
    /// Whether any segment but a RST begins a TCP connection.
    pub(crate) sloppy_tcp: Integer,
    /// The same for SCTP.
    pub(crate) sloppy_sctp: Integer,
    /// Whether persistence ends with a server's weight of 0.
    pub(crate) expire_quiescent_template: Integer,
    /// Whether a real server hears "port unreachable" for replies of no connection.
    pub(crate) nat_icmp_send: Integer,
    /// Whether path MTU discovery works through tunnels and direct routing.
    pub(crate) pmtu_disc: Integer,
    /// What becomes of a connection that is over when its client uses the port again: bits.
    pub(crate) conn_reuse_mode: Integer,
    /// Whether ICMP errors may begin connections.
    pub(crate) schedule_icmp: Integer,
    ignore_tunneled: Integer,
    /// Whether rates are estimated.
    pub(crate) run_estimation: Integer,

    sync_version: Integer,
    sync_ports: Integer,
    sync_persist_mode: Integer,
    sync_qlen_max: Long,
    sync_sock_size: Integer,
    sync_threshold: Pair,
    sync_refresh_period: Time,
    sync_retries: Integer,
    backup_only: Integer,
    est_cpulist: CpuList,
    est_nice: Integer,
    /// How full a table of connections gets, as a shift; the one here decides by itself.
    pub(crate) conn_lfactor: Integer,
    /// The same of services.
    pub(crate) svc_lfactor: Integer,
}

impl Settings {
    /// Makes those of a new namespace.
    pub(crate) fn new(net: &Net) -> Self {
        let (conn_lfactor, svc_lfactor) = if net.is_first() { (-4, -3) } else { (-2, -2) };
        Self {
            snat_reroute: Integer::new(1),
            cache_bypass: Integer::new(0),
            sloppy_tcp: Integer::new(0),
            sloppy_sctp: Integer::new(0),
            expire_quiescent_template: Integer::new(0),
            nat_icmp_send: Integer::new(0),
            pmtu_disc: Integer::new(1),
            conn_reuse_mode: Integer::new(1),
            schedule_icmp: Integer::new(0),
            ignore_tunneled: Integer::new(0),
            run_estimation: Integer::new(1),
            sync_version: Integer::new(1),
            sync_ports: Integer::new(1),
            sync_persist_mode: Integer::new(0),
            sync_qlen_max: Long::new(memory::free_buffer_pages() / 32),
            sync_sock_size: Integer::new(0),
            sync_threshold: Pair::new(3, 50),
            sync_refresh_period: Time::new(0),
            sync_retries: Integer::new(0),
            backup_only: Integer::new(0),
            est_cpulist: CpuList::new(),
            est_nice: Integer::new(0),
            conn_lfactor: Integer::new(conn_lfactor),
            svc_lfactor: Integer::new(svc_lfactor),
        }
    }
}

type Setting = Sysctl<Director>;

/// All of them, as IPVS lists them.
pub(crate) const SYSCTLS: &[Setting] = &[
    Setting::integer(
        c"amemthresh",
        |director| &director.connections.defences.amemthresh,
        any,
    ),
    Setting::integer(
        c"am_droprate",
        |director| &director.connections.defences.am_droprate,
        any,
    ),
    // The bound of `net.rvs.max_connections` by another name.
    Setting::number(
        c"conn_max",
        |director| &director.connections.bound.setting,
        0,
        MOST_CONNECTIONS,
    ),
    Setting::integer(
        c"drop_entry",
        |director| &director.connections.defences.drop_entry,
        defences::is_mode,
    ),
    Setting::integer(
        c"drop_packet",
        |director| &director.connections.defences.drop_packet,
        defences::is_mode,
    ),
    Setting::integer(
        c"conntrack",
        |director| &director.connections.conntrack,
        any,
    ),
    Setting::integer(
        c"secure_tcp",
        |director| &director.connections.defences.secure_tcp,
        defences::is_mode,
    ),
    Setting::integer(
        c"snat_reroute",
        |director| &director.settings.snat_reroute,
        any,
    ),
    Setting::integer(
        c"sync_version",
        |director| &director.settings.sync_version,
        |value| matches!(value, 0..=1),
    ),
    Setting::integer(
        c"sync_ports",
        |director| &director.settings.sync_ports,
        |value| value > 0 && value.count_ones() == 1,
    ),
    Setting::integer(
        c"sync_persist_mode",
        |director| &director.settings.sync_persist_mode,
        any,
    ),
    Setting::long(c"sync_qlen_max", |director| {
        &director.settings.sync_qlen_max
    })
    .read_by_strangers(),
    Setting::integer(
        c"sync_sock_size",
        |director| &director.settings.sync_sock_size,
        any,
    )
    .read_by_strangers(),
    Setting::integer(
        c"cache_bypass",
        |director| &director.settings.cache_bypass,
        any,
    ),
    Setting::integer(
        c"expire_nodest_conn",
        |director| &director.common.expire_nodest_conn,
        any,
    ),
    Setting::integer(c"sloppy_tcp", |director| &director.settings.sloppy_tcp, any),
    Setting::integer(
        c"sloppy_sctp",
        |director| &director.settings.sloppy_sctp,
        any,
    ),
    Setting::integer(
        c"expire_quiescent_template",
        |director| &director.settings.expire_quiescent_template,
        any,
    ),
    Setting::pair(
        c"sync_threshold",
        |director| &director.settings.sync_threshold,
        |[threshold, period]| threshold >= 0 && period >= 0 && (threshold < period || period == 0),
    ),
    Setting::time(c"sync_refresh_period", |director| {
        &director.settings.sync_refresh_period
    }),
    Setting::integer(
        c"sync_retries",
        |director| &director.settings.sync_retries,
        |value| matches!(value, 0..=3),
    ),
    Setting::integer(
        c"nat_icmp_send",
        |director| &director.settings.nat_icmp_send,
        any,
    ),
    Setting::integer(c"pmtu_disc", |director| &director.settings.pmtu_disc, any),
    Setting::integer(
        c"backup_only",
        |director| &director.settings.backup_only,
        any,
    ),
    Setting::integer(
        c"conn_reuse_mode",
        |director| &director.settings.conn_reuse_mode,
        any,
    ),
    Setting::integer(
        c"schedule_icmp",
        |director| &director.settings.schedule_icmp,
        any,
    ),
    Setting::integer(
        c"ignore_tunneled",
        |director| &director.settings.ignore_tunneled,
        any,
    ),
    Setting::integer(
        c"run_estimation",
        |director| &director.settings.run_estimation,
        any,
    )
    .read_by_strangers(),
    Setting::cpus(c"est_cpulist", |director| &director.settings.est_cpulist).read_by_strangers(),
    Setting::integer(
        c"est_nice",
        |director| &director.settings.est_nice,
        |value| matches!(value, -20..=19),
    )
    .read_by_strangers(),
    Setting::integer(
        c"conn_lfactor",
        |director| &director.settings.conn_lfactor,
        is_factor,
    )
    .read_by_strangers(),
    Setting::integer(
        c"svc_lfactor",
        |director| &director.settings.svc_lfactor,
        is_factor,
    )
    .read_by_strangers(),
    Setting::time(c"lblc_expiration", |director| &director.lifetimes.lblc).hidden_from_strangers(),
    Setting::time(c"lblcr_expiration", |director| &director.lifetimes.lblcr)
        .hidden_from_strangers(),
];

fn any(_: i32) -> bool {
    true
}

fn is_factor(value: i32) -> bool {
    matches!(value, -8..=8)
}
