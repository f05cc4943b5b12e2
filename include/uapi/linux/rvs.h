/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	docs/netlink/rvs.yaml */
/* YNL-GEN uapi header */
/* To regenerate run: docs/netlink/generate */

#ifndef _UAPI_LINUX_RVS_H
#define _UAPI_LINUX_RVS_H

#define RVS_FAMILY_NAME		"rvs"
#define RVS_FAMILY_VERSION	1

/**
 * enum rvs_forward - How a packet reaches the real server.
 * @RVS_FORWARD_NAT: Masquerading. Destination address and port are rewritten
 *   to those of the real server; replies pass the director and get the virtual
 *   address back.
 * @RVS_FORWARD_DR: Direct routing. The packet is sent unchanged to the link
 *   layer address of the real server.
 * @RVS_FORWARD_TUN: The packet is sent to the real server in an IP tunnel.
 */
enum rvs_forward {
	RVS_FORWARD_NAT,
	RVS_FORWARD_DR,
	RVS_FORWARD_TUN,
};

/**
 * enum rvs_scheduler_flag - How the schedulers "sh" and "mh", which hash the
 *   client, choose.
 * @RVS_SCHEDULER_FLAG_FALLBACK: The clients of a destination that takes no new
 *   connections go to other ones. Without it they get none.
 * @RVS_SCHEDULER_FLAG_PORT: The port of the client is hashed beside its
 *   address, so that the connections of one client spread.
 */
enum rvs_scheduler_flag {
	RVS_SCHEDULER_FLAG_FALLBACK = 1,
	RVS_SCHEDULER_FLAG_PORT = 2,
};

enum {
	RVS_A_STATS_PAD = 1,
	RVS_A_STATS_CONNS,
	RVS_A_STATS_IN_PACKETS,
	RVS_A_STATS_OUT_PACKETS,
	RVS_A_STATS_IN_BYTES,
	RVS_A_STATS_OUT_BYTES,

	__RVS_A_STATS_MAX,
	RVS_A_STATS_MAX = (__RVS_A_STATS_MAX - 1)
};

enum {
	RVS_A_SERVICE_PROTOCOL = 1,
	RVS_A_SERVICE_ADDR4,
	RVS_A_SERVICE_ADDR6,
	RVS_A_SERVICE_PORT,
	RVS_A_SERVICE_SCHEDULER,
	RVS_A_SERVICE_FORWARD,
	RVS_A_SERVICE_DESTS,
	RVS_A_SERVICE_STATS,
	RVS_A_SERVICE_SCHEDULER_FLAGS,
	RVS_A_SERVICE_FAST_PATH,

	__RVS_A_SERVICE_MAX,
	RVS_A_SERVICE_MAX = (__RVS_A_SERVICE_MAX - 1)
};

enum {
	RVS_A_DEST_SERVICE = 1,
	RVS_A_DEST_ADDR4,
	RVS_A_DEST_ADDR6,
	RVS_A_DEST_PORT,
	RVS_A_DEST_WEIGHT,
	RVS_A_DEST_FORWARD,
	RVS_A_DEST_ACTIVE,
	RVS_A_DEST_INACTIVE,
	RVS_A_DEST_STATS,
	RVS_A_DEST_UPPER_THRESHOLD,
	RVS_A_DEST_LOWER_THRESHOLD,
	RVS_A_DEST_OVERLOADED,

	__RVS_A_DEST_MAX,
	RVS_A_DEST_MAX = (__RVS_A_DEST_MAX - 1)
};

enum {
	RVS_A_INFO_VERSION = 1,
	RVS_A_INFO_SERVICES,
	RVS_A_INFO_CONNECTIONS,
	RVS_A_INFO_BUCKETS,

	__RVS_A_INFO_MAX,
	RVS_A_INFO_MAX = (__RVS_A_INFO_MAX - 1)
};

enum {
	RVS_A_PATHS_PAD = 1,
	RVS_A_PATHS_FAST,
	RVS_A_PATHS_SLOW,
	RVS_A_PATHS_SWITCHED_OFF,
	RVS_A_PATHS_HEADER,
	RVS_A_PATHS_BEGINS,
	RVS_A_PATHS_UNAVAILABLE,
	RVS_A_PATHS_ROUTE,
	RVS_A_PATHS_NEIGHBOUR,
	RVS_A_PATHS_TTL,
	RVS_A_PATHS_TOO_BIG,
	RVS_A_PATHS_POLICY,
	RVS_A_PATHS_MEMORY,
	RVS_A_PATHS_ENABLED,

	__RVS_A_PATHS_MAX,
	RVS_A_PATHS_MAX = (__RVS_A_PATHS_MAX - 1)
};

enum {
	RVS_CMD_INFO_GET = 1,
	RVS_CMD_SERVICE_ADD,
	RVS_CMD_SERVICE_SET,
	RVS_CMD_SERVICE_DEL,
	RVS_CMD_SERVICE_GET,
	RVS_CMD_DEST_ADD,
	RVS_CMD_DEST_SET,
	RVS_CMD_DEST_DEL,
	RVS_CMD_DEST_GET,
	RVS_CMD_FLUSH,
	RVS_CMD_STATS_GET,

	__RVS_CMD_MAX,
	RVS_CMD_MAX = (__RVS_CMD_MAX - 1)
};

#endif /* _UAPI_LINUX_RVS_H */
