// SPDX-License-Identifier: GPL-2.0-only

//! The numbers in Rust are those of the C header, which another generator makes.

use std::collections::HashMap;

use rvs_logic::logic::uapi;

/// Names and values of the C enums in the header.
fn header() -> HashMap<String, u32> {
    let text = include_str!("../../include/uapi/linux/rvs.h");
    let mut numbers = HashMap::new();
    let mut next = 0;
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("enum ") && line.ends_with('{') {
            inside = true;
            next = 0;
        } else if line.starts_with('}') {
            inside = false;
        } else if inside && line.ends_with(',') && !line.starts_with("__") {
            let line = line.trim_end_matches(',');
            let name = match line.split_once(" = ") {
                Some((name, value)) => {
                    next = value.parse().expect("a number");
                    name
                }
                None => line,
            };
            numbers.insert(name.to_owned(), next);
            next += 1;
        }
    }
    numbers
}

#[test]
fn numbers_are_those_of_the_header() {
    use uapi::{
        command, connection, connection_state, dest, forward, info, paths, persistence,
        persistence_engine, pool, pool_address, pool_event, pool_level, pool_server, removal,
        scheduler_flag, service, stats, template, timeouts, toa, toa_stats, tunnel,
        tunnel_checksum,
    };
    let rust = [
        ("RVS_FORWARD_NAT", forward::NAT),
        ("RVS_FORWARD_DR", forward::DR),
        ("RVS_FORWARD_TUN", forward::TUN),
        ("RVS_FORWARD_FULLNAT", forward::FULLNAT),
        ("RVS_FORWARD_ENAT", forward::ENAT),
        ("RVS_TUNNEL_IPIP", tunnel::IPIP),
        ("RVS_TUNNEL_GRE", tunnel::GRE),
        ("RVS_TUNNEL_GUE", tunnel::GUE),
        ("RVS_TUNNEL_CHECKSUM_NONE", tunnel_checksum::NONE),
        ("RVS_TUNNEL_CHECKSUM_FULL", tunnel_checksum::FULL),
        ("RVS_TUNNEL_CHECKSUM_REMOTE", tunnel_checksum::REMOTE),
        ("RVS_PERSISTENCE_ENGINE_NONE", persistence_engine::NONE),
        ("RVS_PERSISTENCE_ENGINE_SIP", persistence_engine::SIP),
        ("RVS_REMOVAL_DEFAULT", removal::DEFAULT),
        ("RVS_REMOVAL_KEEP", removal::KEEP),
        ("RVS_REMOVAL_EXPIRE", removal::EXPIRE),
        ("RVS_REMOVAL_RESET", removal::RESET),
        ("RVS_SCHEDULER_FLAG_FALLBACK", scheduler_flag::FALLBACK),
        ("RVS_SCHEDULER_FLAG_PORT", scheduler_flag::PORT),
        ("RVS_CONNECTION_STATE_NONE", connection_state::NONE),
        (
            "RVS_CONNECTION_STATE_ESTABLISHED",
            connection_state::ESTABLISHED,
        ),
        ("RVS_CONNECTION_STATE_SYN_SENT", connection_state::SYN_SENT),
        ("RVS_CONNECTION_STATE_SYN_RECV", connection_state::SYN_RECV),
        ("RVS_CONNECTION_STATE_FIN_WAIT", connection_state::FIN_WAIT),
        (
            "RVS_CONNECTION_STATE_TIME_WAIT",
            connection_state::TIME_WAIT,
        ),
        ("RVS_CONNECTION_STATE_CLOSE", connection_state::CLOSE),
        (
            "RVS_CONNECTION_STATE_CLOSE_WAIT",
            connection_state::CLOSE_WAIT,
        ),
        ("RVS_CONNECTION_STATE_LAST_ACK", connection_state::LAST_ACK),
        ("RVS_CONNECTION_STATE_LISTEN", connection_state::LISTEN),
        ("RVS_CONNECTION_STATE_SYNACK", connection_state::SYNACK),
        ("RVS_CONNECTION_STATE_UDP", connection_state::UDP),
        (
            "RVS_CONNECTION_STATE_SCTP_NONE",
            connection_state::SCTP_NONE,
        ),
        (
            "RVS_CONNECTION_STATE_SCTP_INIT1",
            connection_state::SCTP_INIT1,
        ),
        (
            "RVS_CONNECTION_STATE_SCTP_INIT",
            connection_state::SCTP_INIT,
        ),
        (
            "RVS_CONNECTION_STATE_SCTP_COOKIE_SENT",
            connection_state::SCTP_COOKIE_SENT,
        ),
        (
            "RVS_CONNECTION_STATE_SCTP_COOKIE_REPLIED",
            connection_state::SCTP_COOKIE_REPLIED,
        ),
        (
            "RVS_CONNECTION_STATE_SCTP_COOKIE_WAIT",
            connection_state::SCTP_COOKIE_WAIT,
        ),
        (
            "RVS_CONNECTION_STATE_SCTP_COOKIE",
            connection_state::SCTP_COOKIE,
        ),
        (
            "RVS_CONNECTION_STATE_SCTP_COOKIE_ECHOED",
            connection_state::SCTP_COOKIE_ECHOED,
        ),
        (
            "RVS_CONNECTION_STATE_SCTP_ESTABLISHED",
            connection_state::SCTP_ESTABLISHED,
        ),
        (
            "RVS_CONNECTION_STATE_SCTP_SHUTDOWN_SENT",
            connection_state::SCTP_SHUTDOWN_SENT,
        ),
        (
            "RVS_CONNECTION_STATE_SCTP_SHUTDOWN_RECEIVED",
            connection_state::SCTP_SHUTDOWN_RECEIVED,
        ),
        (
            "RVS_CONNECTION_STATE_SCTP_SHUTDOWN_ACK_SENT",
            connection_state::SCTP_SHUTDOWN_ACK_SENT,
        ),
        (
            "RVS_CONNECTION_STATE_SCTP_REJECTED",
            connection_state::SCTP_REJECTED,
        ),
        (
            "RVS_CONNECTION_STATE_SCTP_CLOSED",
            connection_state::SCTP_CLOSED,
        ),
        ("RVS_A_STATS_PAD", stats::PAD.into()),
        ("RVS_A_STATS_CONNS", stats::CONNS.into()),
        ("RVS_A_STATS_IN_PACKETS", stats::IN_PACKETS.into()),
        ("RVS_A_STATS_OUT_PACKETS", stats::OUT_PACKETS.into()),
        ("RVS_A_STATS_IN_BYTES", stats::IN_BYTES.into()),
        ("RVS_A_STATS_OUT_BYTES", stats::OUT_BYTES.into()),
        (
            "RVS_A_STATS_CONNS_PER_SECOND",
            stats::CONNS_PER_SECOND.into(),
        ),
        (
            "RVS_A_STATS_IN_PACKETS_PER_SECOND",
            stats::IN_PACKETS_PER_SECOND.into(),
        ),
        (
            "RVS_A_STATS_OUT_PACKETS_PER_SECOND",
            stats::OUT_PACKETS_PER_SECOND.into(),
        ),
        (
            "RVS_A_STATS_IN_BYTES_PER_SECOND",
            stats::IN_BYTES_PER_SECOND.into(),
        ),
        (
            "RVS_A_STATS_OUT_BYTES_PER_SECOND",
            stats::OUT_BYTES_PER_SECOND.into(),
        ),
        ("RVS_A_SERVICE_PROTOCOL", service::PROTOCOL.into()),
        ("RVS_A_SERVICE_ADDR4", service::ADDR4.into()),
        ("RVS_A_SERVICE_ADDR6", service::ADDR6.into()),
        ("RVS_A_SERVICE_PORT", service::PORT.into()),
        ("RVS_A_SERVICE_SCHEDULER", service::SCHEDULER.into()),
        ("RVS_A_SERVICE_FORWARD", service::FORWARD.into()),
        ("RVS_A_SERVICE_DESTS", service::DESTS.into()),
        ("RVS_A_SERVICE_STATS", service::STATS.into()),
        (
            "RVS_A_SERVICE_SCHEDULER_FLAGS",
            service::SCHEDULER_FLAGS.into(),
        ),
        ("RVS_A_SERVICE_FAST_PATH", service::FAST_PATH.into()),
        ("RVS_A_SERVICE_TIMEOUTS", service::TIMEOUTS.into()),
        ("RVS_A_SERVICE_PERSISTENCE", service::PERSISTENCE.into()),
        ("RVS_A_PERSISTENCE_TIMEOUT", persistence::TIMEOUT.into()),
        ("RVS_A_PERSISTENCE_MASK4", persistence::MASK4.into()),
        ("RVS_A_PERSISTENCE_PREFIX6", persistence::PREFIX6.into()),
        ("RVS_A_PERSISTENCE_ENGINE", persistence::ENGINE.into()),
        ("RVS_A_TEMPLATE_SERVICE", template::SERVICE.into()),
        ("RVS_A_TEMPLATE_CLIENT_ADDR4", template::CLIENT_ADDR4.into()),
        ("RVS_A_TEMPLATE_CLIENT_ADDR6", template::CLIENT_ADDR6.into()),
        ("RVS_A_TEMPLATE_DEST_ADDR4", template::DEST_ADDR4.into()),
        ("RVS_A_TEMPLATE_DEST_ADDR6", template::DEST_ADDR6.into()),
        ("RVS_A_TEMPLATE_DEST_PORT", template::DEST_PORT.into()),
        ("RVS_A_TEMPLATE_CONNECTIONS", template::CONNECTIONS.into()),
        ("RVS_A_TEMPLATE_ASSURED", template::ASSURED.into()),
        ("RVS_A_TEMPLATE_EXPIRES", template::EXPIRES.into()),
        ("RVS_A_TEMPLATE_CALL_ID", template::CALL_ID.into()),
        ("RVS_A_TIMEOUTS_TCP", timeouts::TCP.into()),
        ("RVS_A_TIMEOUTS_TCP_FIN", timeouts::TCP_FIN.into()),
        ("RVS_A_TIMEOUTS_UDP", timeouts::UDP.into()),
        ("RVS_A_SERVICE_LAST_PORT", service::LAST_PORT.into()),
        ("RVS_A_SERVICE_ALL_PORTS", service::ALL_PORTS.into()),
        ("RVS_A_SERVICE_FAMILY", service::FAMILY.into()),
        ("RVS_A_SERVICE_MARK", service::MARK.into()),
        ("RVS_A_SERVICE_ONE_PACKET", service::ONE_PACKET.into()),
        ("RVS_A_SERVICE_REMOVAL", service::REMOVAL.into()),
        ("RVS_A_DEST_SERVICE", dest::SERVICE.into()),
        ("RVS_A_DEST_ADDR4", dest::ADDR4.into()),
        ("RVS_A_DEST_ADDR6", dest::ADDR6.into()),
        ("RVS_A_DEST_PORT", dest::PORT.into()),
        ("RVS_A_DEST_WEIGHT", dest::WEIGHT.into()),
        ("RVS_A_DEST_FORWARD", dest::FORWARD.into()),
        ("RVS_A_DEST_ACTIVE", dest::ACTIVE.into()),
        ("RVS_A_DEST_INACTIVE", dest::INACTIVE.into()),
        ("RVS_A_DEST_STATS", dest::STATS.into()),
        ("RVS_A_DEST_UPPER_THRESHOLD", dest::UPPER_THRESHOLD.into()),
        ("RVS_A_DEST_LOWER_THRESHOLD", dest::LOWER_THRESHOLD.into()),
        ("RVS_A_DEST_OVERLOADED", dest::OVERLOADED.into()),
        ("RVS_A_DEST_TEMPLATES", dest::TEMPLATES.into()),
        ("RVS_A_DEST_TUNNEL", dest::TUNNEL.into()),
        ("RVS_A_DEST_TUNNEL_PORT", dest::TUNNEL_PORT.into()),
        ("RVS_A_DEST_TUNNEL_CHECKSUM", dest::TUNNEL_CHECKSUM.into()),
        ("RVS_A_DEST_ENAT_NO_HALF", dest::ENAT_NO_HALF.into()),
        ("RVS_A_DEST_KEEP_PORT", dest::KEEP_PORT.into()),
        ("RVS_A_INFO_VERSION", info::VERSION.into()),
        ("RVS_A_INFO_SERVICES", info::SERVICES.into()),
        ("RVS_A_INFO_CONNECTIONS", info::CONNECTIONS.into()),
        ("RVS_A_INFO_BUCKETS", info::BUCKETS.into()),
        ("RVS_A_INFO_MAX_CONNECTIONS", info::MAX_CONNECTIONS.into()),
        ("RVS_A_INFO_TEMPLATES", info::TEMPLATES.into()),
        ("RVS_A_PATHS_PAD", paths::PAD.into()),
        ("RVS_A_PATHS_FAST", paths::FAST.into()),
        ("RVS_A_PATHS_SLOW", paths::SLOW.into()),
        ("RVS_A_PATHS_SWITCHED_OFF", paths::SWITCHED_OFF.into()),
        ("RVS_A_PATHS_HEADER", paths::HEADER.into()),
        ("RVS_A_PATHS_BEGINS", paths::BEGINS.into()),
        ("RVS_A_PATHS_UNAVAILABLE", paths::UNAVAILABLE.into()),
        ("RVS_A_PATHS_ROUTE", paths::ROUTE.into()),
        ("RVS_A_PATHS_NEIGHBOUR", paths::NEIGHBOUR.into()),
        ("RVS_A_PATHS_TTL", paths::TTL.into()),
        ("RVS_A_PATHS_TOO_BIG", paths::TOO_BIG.into()),
        ("RVS_A_PATHS_POLICY", paths::POLICY.into()),
        ("RVS_A_PATHS_MEMORY", paths::MEMORY.into()),
        ("RVS_A_PATHS_ENABLED", paths::ENABLED.into()),
        ("RVS_A_PATHS_EVICTED", paths::EVICTED.into()),
        ("RVS_A_PATHS_REFUSED", paths::REFUSED.into()),
        ("RVS_A_PATHS_PORT_TAKEN", paths::PORT_TAKEN.into()),
        ("RVS_A_PATHS_NO_LOCAL", paths::NO_LOCAL.into()),
        ("RVS_A_PATHS_TOTALS", paths::TOTALS.into()),
        ("RVS_A_PATHS_ESTIMATED", paths::ESTIMATED.into()),
        ("RVS_A_PATHS_ESTIMATES", paths::ESTIMATES.into()),
        ("RVS_A_PATHS_DROP_ENTRY", paths::DROP_ENTRY.into()),
        ("RVS_A_PATHS_DROP_PACKET", paths::DROP_PACKET.into()),
        (
            "RVS_A_PATHS_TEMPLATES_EVICTED",
            paths::TEMPLATES_EVICTED.into(),
        ),
        ("RVS_A_CONNECTION_SERVICE", connection::SERVICE.into()),
        (
            "RVS_A_CONNECTION_CLIENT_ADDR4",
            connection::CLIENT_ADDR4.into(),
        ),
        (
            "RVS_A_CONNECTION_CLIENT_ADDR6",
            connection::CLIENT_ADDR6.into(),
        ),
        (
            "RVS_A_CONNECTION_CLIENT_PORT",
            connection::CLIENT_PORT.into(),
        ),
        ("RVS_A_CONNECTION_DEST_ADDR4", connection::DEST_ADDR4.into()),
        ("RVS_A_CONNECTION_DEST_ADDR6", connection::DEST_ADDR6.into()),
        ("RVS_A_CONNECTION_DEST_PORT", connection::DEST_PORT.into()),
        ("RVS_A_CONNECTION_FORWARD", connection::FORWARD.into()),
        ("RVS_A_CONNECTION_STATE", connection::STATE.into()),
        ("RVS_A_CONNECTION_EXPIRES", connection::EXPIRES.into()),
        ("RVS_A_CONNECTION_PROTOCOL", connection::PROTOCOL.into()),
        (
            "RVS_A_CONNECTION_VIRTUAL_ADDR4",
            connection::VIRTUAL_ADDR4.into(),
        ),
        (
            "RVS_A_CONNECTION_VIRTUAL_ADDR6",
            connection::VIRTUAL_ADDR6.into(),
        ),
        (
            "RVS_A_CONNECTION_VIRTUAL_PORT",
            connection::VIRTUAL_PORT.into(),
        ),
        (
            "RVS_A_CONNECTION_LOCAL_ADDR4",
            connection::LOCAL_ADDR4.into(),
        ),
        (
            "RVS_A_CONNECTION_LOCAL_ADDR6",
            connection::LOCAL_ADDR6.into(),
        ),
        ("RVS_A_CONNECTION_LOCAL_PORT", connection::LOCAL_PORT.into()),
        ("RVS_CMD_INFO_GET", command::INFO_GET.into()),
        ("RVS_CMD_SERVICE_ADD", command::SERVICE_ADD.into()),
        ("RVS_CMD_SERVICE_SET", command::SERVICE_SET.into()),
        ("RVS_CMD_SERVICE_DEL", command::SERVICE_DEL.into()),
        ("RVS_CMD_SERVICE_GET", command::SERVICE_GET.into()),
        ("RVS_CMD_DEST_ADD", command::DEST_ADD.into()),
        ("RVS_CMD_DEST_SET", command::DEST_SET.into()),
        ("RVS_CMD_DEST_DEL", command::DEST_DEL.into()),
        ("RVS_CMD_DEST_GET", command::DEST_GET.into()),
        ("RVS_CMD_FLUSH", command::FLUSH.into()),
        ("RVS_CMD_STATS_GET", command::STATS_GET.into()),
        ("RVS_CMD_CONNECTION_GET", command::CONNECTION_GET.into()),
        ("RVS_CMD_TIMEOUTS_GET", command::TIMEOUTS_GET.into()),
        ("RVS_CMD_TIMEOUTS_SET", command::TIMEOUTS_SET.into()),
        ("RVS_CMD_ZERO", command::ZERO.into()),
        ("RVS_CMD_TEMPLATE_GET", command::TEMPLATE_GET.into()),
        ("RVS_POOL_LEVEL_AMPLE", pool_level::AMPLE),
        ("RVS_POOL_LEVEL_SCARCE", pool_level::SCARCE),
        ("RVS_POOL_LEVEL_DRY", pool_level::DRY),
        ("RVS_A_SERVICE_POOL", service::POOL.into()),
        ("RVS_A_SERVICE_ENAT_NO_ROOM", service::ENAT_NO_ROOM.into()),
        ("RVS_TOA_DEFAULT", toa::DEFAULT),
        ("RVS_TOA_OFF", toa::OFF),
        ("RVS_TOA_ON", toa::ON),
        ("RVS_A_SERVICE_TOA", service::TOA.into()),
        ("RVS_A_SERVICE_TOA_STATS", service::TOA_STATS.into()),
        ("RVS_A_TOA_STATS_PAD", toa_stats::PAD.into()),
        ("RVS_A_TOA_STATS_INSERTED", toa_stats::INSERTED.into()),
        ("RVS_A_TOA_STATS_NO_ROOM", toa_stats::NO_ROOM.into()),
        ("RVS_A_TOA_STATS_TAKEN_OUT", toa_stats::TAKEN_OUT.into()),
        ("RVS_A_POOL_NAME", pool::NAME.into()),
        ("RVS_A_POOL_FIRST_PORT", pool::FIRST_PORT.into()),
        ("RVS_A_POOL_LAST_PORT", pool::LAST_PORT.into()),
        ("RVS_A_POOL_ADDRESSES", pool::ADDRESSES.into()),
        ("RVS_A_POOL_SERVICES", pool::SERVICES.into()),
        ("RVS_A_POOL_USED", pool::USED.into()),
        ("RVS_A_POOL_RESTING", pool::RESTING.into()),
        ("RVS_A_POOL_REFUSED", pool::REFUSED.into()),
        ("RVS_A_POOL_BUSIEST", pool::BUSIEST.into()),
        ("RVS_A_POOL_EVICTED", pool::EVICTED.into()),
        ("RVS_A_POOL_SERVER_ADDR4", pool_server::ADDR4.into()),
        ("RVS_A_POOL_SERVER_ADDR6", pool_server::ADDR6.into()),
        ("RVS_A_POOL_SERVER_PORT", pool_server::PORT.into()),
        ("RVS_A_POOL_SERVER_PROTOCOL", pool_server::PROTOCOL.into()),
        ("RVS_A_POOL_SERVER_TAKEN", pool_server::TAKEN.into()),
        ("RVS_A_POOL_SERVER_PORTS", pool_server::PORTS.into()),
        ("RVS_A_POOL_EVENT_POOL", pool_event::POOL.into()),
        ("RVS_A_POOL_EVENT_LEVEL", pool_event::LEVEL.into()),
        ("RVS_A_POOL_EVENT_SERVER", pool_event::SERVER.into()),
        ("RVS_A_POOL_ADDRESS_POOL", pool_address::POOL.into()),
        ("RVS_A_POOL_ADDRESS_ADDR4", pool_address::ADDR4.into()),
        ("RVS_A_POOL_ADDRESS_ADDR6", pool_address::ADDR6.into()),
        (
            "RVS_A_POOL_ADDRESS_LAST_ADDR4",
            pool_address::LAST_ADDR4.into(),
        ),
        (
            "RVS_A_POOL_ADDRESS_LAST_ADDR6",
            pool_address::LAST_ADDR6.into(),
        ),
        ("RVS_A_POOL_ADDRESS_USED", pool_address::USED.into()),
        ("RVS_A_POOL_ADDRESS_RESTING", pool_address::RESTING.into()),
        ("RVS_A_POOL_ADDRESS_FREE", pool_address::FREE.into()),
        ("RVS_A_POOL_ADDRESS_GIVEN", pool_address::GIVEN.into()),
        ("RVS_A_POOL_ADDRESS_REFUSED", pool_address::REFUSED.into()),
        ("RVS_CMD_POOL_ADD", command::POOL_ADD.into()),
        ("RVS_CMD_POOL_SET", command::POOL_SET.into()),
        ("RVS_CMD_POOL_DEL", command::POOL_DEL.into()),
        ("RVS_CMD_POOL_GET", command::POOL_GET.into()),
        ("RVS_CMD_POOL_ADDRESS_ADD", command::POOL_ADDRESS_ADD.into()),
        ("RVS_CMD_POOL_ADDRESS_DEL", command::POOL_ADDRESS_DEL.into()),
        ("RVS_CMD_POOL_ADDRESS_GET", command::POOL_ADDRESS_GET.into()),
        ("RVS_CMD_POOL_LEVEL", command::POOL_LEVEL.into()),
    ];
    let rust: HashMap<String, u32> = rust.map(|(name, value)| (name.to_owned(), value)).into();
    assert_eq!(rust, header());
}

#[test]
fn the_family_has_the_name_of_the_header() {
    let text = include_str!("../../include/uapi/linux/rvs.h");
    let name = format!("#define RVS_FAMILY_NAME\t\t\"{}\"\n", uapi::FAMILY_NAME);
    let version = format!("#define RVS_FAMILY_VERSION\t{}\n", uapi::FAMILY_VERSION);
    assert!(text.contains(&name));
    assert!(text.contains(&version));
}
