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
 * @RVS_FORWARD_TUN: The packet is sent to the real server in a tunnel, of IP
 *   in IP where nothing else is said.
 * @RVS_FORWARD_FULLNAT: Full NAT. The packet comes from a local address and
 *   port of the service's pool and goes to the real server, whose replies to
 *   there get the virtual address and the client's back. Services of TCP and
 *   UDP; servers may be of another address family, of which the pool has
 *   addresses then.
 * @RVS_FORWARD_ENAT: ENAT. The packet comes from the virtual address, with a
 *   port of the service's pool, which has to have that address, and goes to
 *   the real server with the client's address and port in an option of TCP.
 *   The real server answers the client itself. Services of TCP.
 */
enum rvs_forward {
	RVS_FORWARD_NAT,
	RVS_FORWARD_DR,
	RVS_FORWARD_TUN,
	RVS_FORWARD_FULLNAT = 5,
	RVS_FORWARD_ENAT,
};

/**
 * enum rvs_tunnel - What stands between the outer IP header of a tunnel and
 *   the packet in it.
 * @RVS_TUNNEL_IPIP: Nothing, IP in IP (RFC 2003).
 * @RVS_TUNNEL_GRE: Generic Routing Encapsulation (RFC 2784).
 * @RVS_TUNNEL_GUE: UDP and Generic UDP Encapsulation, version 0.
 */
enum rvs_tunnel {
	RVS_TUNNEL_IPIP,
	RVS_TUNNEL_GRE,
	RVS_TUNNEL_GUE,
};

/**
 * enum rvs_tunnel_checksum - What a tunnel does about checksums.
 * @RVS_TUNNEL_CHECKSUM_NONE: It has none.
 * @RVS_TUNNEL_CHECKSUM_FULL: Each packet of the tunnel has one, over all that
 *   is in it. Of "gre" and "gue".
 * @RVS_TUNNEL_CHECKSUM_REMOTE: The end of the tunnel makes the checksum of the
 *   packet in it, where that is not made yet (remote checksum offload); the
 *   packet of the tunnel has one. Else, and where a packet stands for several
 *   (GSO), as "full". Of "gue".
 */
enum rvs_tunnel_checksum {
	RVS_TUNNEL_CHECKSUM_NONE,
	RVS_TUNNEL_CHECKSUM_FULL,
	RVS_TUNNEL_CHECKSUM_REMOTE,
};

/**
 * enum rvs_persistence_engine - What clients that keep a server have in common
 *   besides their address.
 * @RVS_PERSISTENCE_ENGINE_NONE: Nothing.
 * @RVS_PERSISTENCE_ENGINE_SIP: The call: the Call-ID of messages of SIP in
 *   datagrams of UDP. A datagram that begins a connection and has none is
 *   dropped.
 */
enum rvs_persistence_engine {
	RVS_PERSISTENCE_ENGINE_NONE,
	RVS_PERSISTENCE_ENGINE_SIP,
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

/**
 * enum rvs_removal - What becomes of connections whose destination is removed.
 * @RVS_REMOVAL_DEFAULT: What the sysctl net.ipv4.vs.expire_nodest_conn says:
 *   "keep" when it is 0, else "expire".
 * @RVS_REMOVAL_KEEP: Packets are dropped, until the destination returns or the
 *   connection has been idle for too long.
 * @RVS_REMOVAL_EXPIRE: They end. Datagrams, and a SYN that is sent again, go
 *   to another destination at once.
 * @RVS_REMOVAL_RESET: As expire, and both ends of a TCP connection get a RST
 *   when either sends something else.
 */
enum rvs_removal {
	RVS_REMOVAL_DEFAULT,
	RVS_REMOVAL_KEEP,
	RVS_REMOVAL_EXPIRE,
	RVS_REMOVAL_RESET,
};

/**
 * enum rvs_toa - Whose TCP connections tell the real server of their client by
 *   an option (TOA).
 * @RVS_TOA_DEFAULT: Those by "fullnat", whose packets come from a local
 *   address.
 * @RVS_TOA_OFF: None.
 * @RVS_TOA_ON: Those by "fullnat" and by "nat". Not those to port 21 by "nat",
 *   of FTP.
 */
enum rvs_toa {
	RVS_TOA_DEFAULT,
	RVS_TOA_OFF,
	RVS_TOA_ON,
};

/**
 * enum rvs_connection_state - How far a connection has come, as far as the
 *   director can tell. It decides how long the connection may be idle. Numbers
 *   and names of TCP are those of IPVS.
 * @RVS_CONNECTION_STATE_NONE: No segment was seen.
 * @RVS_CONNECTION_STATE_ESTABLISHED: Both ends may send data.
 * @RVS_CONNECTION_STATE_SYN_SENT: The server opens the connection.
 * @RVS_CONNECTION_STATE_SYN_RECV: The client opens the connection.
 * @RVS_CONNECTION_STATE_FIN_WAIT: One end has finished.
 * @RVS_CONNECTION_STATE_TIME_WAIT: Both ends have finished.
 * @RVS_CONNECTION_STATE_CLOSE: The connection was reset.
 * @RVS_CONNECTION_STATE_CLOSE_WAIT: The client has finished and the server has
 *   not.
 * @RVS_CONNECTION_STATE_LAST_ACK: The last acknowledgment is awaited.
 * @RVS_CONNECTION_STATE_LISTEN: The server waits for a connection.
 * @RVS_CONNECTION_STATE_SYNACK: The server has answered, the client's answer
 *   to that is awaited.
 * @RVS_CONNECTION_STATE_UDP: The one state of UDP.
 * @RVS_CONNECTION_STATE_SCTP_NONE: Of SCTP, as those that follow. No packet
 *   was seen.
 * @RVS_CONNECTION_STATE_SCTP_INIT1: The client has asked once to begin.
 * @RVS_CONNECTION_STATE_SCTP_INIT: The client has asked again.
 * @RVS_CONNECTION_STATE_SCTP_COOKIE_SENT: The server has answered with its
 *   cookie.
 * @RVS_CONNECTION_STATE_SCTP_COOKIE_REPLIED: The client has sent the cookie
 *   back.
 * @RVS_CONNECTION_STATE_SCTP_COOKIE_WAIT: The server has asked to begin.
 * @RVS_CONNECTION_STATE_SCTP_COOKIE: The client has answered with its cookie.
 * @RVS_CONNECTION_STATE_SCTP_COOKIE_ECHOED: The server has sent the cookie
 *   back.
 * @RVS_CONNECTION_STATE_SCTP_ESTABLISHED: Both ends may send data.
 * @RVS_CONNECTION_STATE_SCTP_SHUTDOWN_SENT: The server ends the association.
 * @RVS_CONNECTION_STATE_SCTP_SHUTDOWN_RECEIVED: The client ends the
 *   association.
 * @RVS_CONNECTION_STATE_SCTP_SHUTDOWN_ACK_SENT: The server agrees to the end.
 * @RVS_CONNECTION_STATE_SCTP_REJECTED: The other end does not want to begin.
 * @RVS_CONNECTION_STATE_SCTP_CLOSED: The association is over.
 */
enum rvs_connection_state {
	RVS_CONNECTION_STATE_NONE,
	RVS_CONNECTION_STATE_ESTABLISHED,
	RVS_CONNECTION_STATE_SYN_SENT,
	RVS_CONNECTION_STATE_SYN_RECV,
	RVS_CONNECTION_STATE_FIN_WAIT,
	RVS_CONNECTION_STATE_TIME_WAIT,
	RVS_CONNECTION_STATE_CLOSE,
	RVS_CONNECTION_STATE_CLOSE_WAIT,
	RVS_CONNECTION_STATE_LAST_ACK,
	RVS_CONNECTION_STATE_LISTEN,
	RVS_CONNECTION_STATE_SYNACK,
	RVS_CONNECTION_STATE_UDP = 16,
	RVS_CONNECTION_STATE_SCTP_NONE,
	RVS_CONNECTION_STATE_SCTP_INIT1,
	RVS_CONNECTION_STATE_SCTP_INIT,
	RVS_CONNECTION_STATE_SCTP_COOKIE_SENT,
	RVS_CONNECTION_STATE_SCTP_COOKIE_REPLIED,
	RVS_CONNECTION_STATE_SCTP_COOKIE_WAIT,
	RVS_CONNECTION_STATE_SCTP_COOKIE,
	RVS_CONNECTION_STATE_SCTP_COOKIE_ECHOED,
	RVS_CONNECTION_STATE_SCTP_ESTABLISHED,
	RVS_CONNECTION_STATE_SCTP_SHUTDOWN_SENT,
	RVS_CONNECTION_STATE_SCTP_SHUTDOWN_RECEIVED,
	RVS_CONNECTION_STATE_SCTP_SHUTDOWN_ACK_SENT,
	RVS_CONNECTION_STATE_SCTP_REJECTED,
	RVS_CONNECTION_STATE_SCTP_CLOSED,
};

/**
 * enum rvs_pool_level - How many of the ports of a pool are left towards one
 *   real server.
 * @RVS_POOL_LEVEL_AMPLE: Enough.
 * @RVS_POOL_LEVEL_SCARCE: At least 80 % are taken, and since then at no time
 *   less than 70 %.
 * @RVS_POOL_LEVEL_DRY: A connection got none, and since then at no time less
 *   than 95 % were taken.
 */
enum rvs_pool_level {
	RVS_POOL_LEVEL_AMPLE,
	RVS_POOL_LEVEL_SCARCE,
	RVS_POOL_LEVEL_DRY,
};

enum {
	RVS_A_STATS_PAD = 1,
	RVS_A_STATS_CONNS,
	RVS_A_STATS_IN_PACKETS,
	RVS_A_STATS_OUT_PACKETS,
	RVS_A_STATS_IN_BYTES,
	RVS_A_STATS_OUT_BYTES,
	RVS_A_STATS_CONNS_PER_SECOND,
	RVS_A_STATS_IN_PACKETS_PER_SECOND,
	RVS_A_STATS_OUT_PACKETS_PER_SECOND,
	RVS_A_STATS_IN_BYTES_PER_SECOND,
	RVS_A_STATS_OUT_BYTES_PER_SECOND,

	__RVS_A_STATS_MAX,
	RVS_A_STATS_MAX = (__RVS_A_STATS_MAX - 1)
};

enum {
	RVS_A_TOA_STATS_PAD = 1,
	RVS_A_TOA_STATS_INSERTED,
	RVS_A_TOA_STATS_NO_ROOM,
	RVS_A_TOA_STATS_TAKEN_OUT,

	__RVS_A_TOA_STATS_MAX,
	RVS_A_TOA_STATS_MAX = (__RVS_A_TOA_STATS_MAX - 1)
};

enum {
	RVS_A_TIMEOUTS_TCP = 1,
	RVS_A_TIMEOUTS_TCP_FIN,
	RVS_A_TIMEOUTS_UDP,

	__RVS_A_TIMEOUTS_MAX,
	RVS_A_TIMEOUTS_MAX = (__RVS_A_TIMEOUTS_MAX - 1)
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
	RVS_A_SERVICE_TIMEOUTS,
	RVS_A_SERVICE_LAST_PORT,
	RVS_A_SERVICE_ALL_PORTS,
	RVS_A_SERVICE_FAMILY,
	RVS_A_SERVICE_MARK,
	RVS_A_SERVICE_ONE_PACKET,
	RVS_A_SERVICE_PERSISTENCE,
	RVS_A_SERVICE_REMOVAL,
	RVS_A_SERVICE_POOL,
	RVS_A_SERVICE_ENAT_NO_ROOM,
	RVS_A_SERVICE_TOA,
	RVS_A_SERVICE_TOA_STATS,

	__RVS_A_SERVICE_MAX,
	RVS_A_SERVICE_MAX = (__RVS_A_SERVICE_MAX - 1)
};

enum {
	RVS_A_PERSISTENCE_TIMEOUT = 1,
	RVS_A_PERSISTENCE_MASK4,
	RVS_A_PERSISTENCE_PREFIX6,
	RVS_A_PERSISTENCE_ENGINE,

	__RVS_A_PERSISTENCE_MAX,
	RVS_A_PERSISTENCE_MAX = (__RVS_A_PERSISTENCE_MAX - 1)
};

enum {
	RVS_A_TEMPLATE_SERVICE = 1,
	RVS_A_TEMPLATE_CLIENT_ADDR4,
	RVS_A_TEMPLATE_CLIENT_ADDR6,
	RVS_A_TEMPLATE_DEST_ADDR4,
	RVS_A_TEMPLATE_DEST_ADDR6,
	RVS_A_TEMPLATE_DEST_PORT,
	RVS_A_TEMPLATE_CONNECTIONS,
	RVS_A_TEMPLATE_ASSURED,
	RVS_A_TEMPLATE_EXPIRES,
	RVS_A_TEMPLATE_CALL_ID,

	__RVS_A_TEMPLATE_MAX,
	RVS_A_TEMPLATE_MAX = (__RVS_A_TEMPLATE_MAX - 1)
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
	RVS_A_DEST_TEMPLATES,
	RVS_A_DEST_TUNNEL,
	RVS_A_DEST_TUNNEL_PORT,
	RVS_A_DEST_TUNNEL_CHECKSUM,
	RVS_A_DEST_ENAT_NO_HALF,
	RVS_A_DEST_KEEP_PORT,

	__RVS_A_DEST_MAX,
	RVS_A_DEST_MAX = (__RVS_A_DEST_MAX - 1)
};

enum {
	RVS_A_INFO_VERSION = 1,
	RVS_A_INFO_SERVICES,
	RVS_A_INFO_CONNECTIONS,
	RVS_A_INFO_BUCKETS,
	RVS_A_INFO_MAX_CONNECTIONS,
	RVS_A_INFO_TEMPLATES,

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
	RVS_A_PATHS_EVICTED,
	RVS_A_PATHS_REFUSED,
	RVS_A_PATHS_PORT_TAKEN,
	RVS_A_PATHS_TOTALS,
	RVS_A_PATHS_ESTIMATED,
	RVS_A_PATHS_ESTIMATES,
	RVS_A_PATHS_DROP_ENTRY,
	RVS_A_PATHS_DROP_PACKET,
	RVS_A_PATHS_TEMPLATES_EVICTED,
	RVS_A_PATHS_NO_LOCAL,

	__RVS_A_PATHS_MAX,
	RVS_A_PATHS_MAX = (__RVS_A_PATHS_MAX - 1)
};

enum {
	RVS_A_CONNECTION_SERVICE = 1,
	RVS_A_CONNECTION_CLIENT_ADDR4,
	RVS_A_CONNECTION_CLIENT_ADDR6,
	RVS_A_CONNECTION_CLIENT_PORT,
	RVS_A_CONNECTION_DEST_ADDR4,
	RVS_A_CONNECTION_DEST_ADDR6,
	RVS_A_CONNECTION_DEST_PORT,
	RVS_A_CONNECTION_FORWARD,
	RVS_A_CONNECTION_STATE,
	RVS_A_CONNECTION_EXPIRES,
	RVS_A_CONNECTION_PROTOCOL,
	RVS_A_CONNECTION_VIRTUAL_ADDR4,
	RVS_A_CONNECTION_VIRTUAL_ADDR6,
	RVS_A_CONNECTION_VIRTUAL_PORT,
	RVS_A_CONNECTION_LOCAL_ADDR4,
	RVS_A_CONNECTION_LOCAL_ADDR6,
	RVS_A_CONNECTION_LOCAL_PORT,

	__RVS_A_CONNECTION_MAX,
	RVS_A_CONNECTION_MAX = (__RVS_A_CONNECTION_MAX - 1)
};

enum {
	RVS_A_POOL_NAME = 1,
	RVS_A_POOL_FIRST_PORT,
	RVS_A_POOL_LAST_PORT,
	RVS_A_POOL_ADDRESSES,
	RVS_A_POOL_SERVICES,
	RVS_A_POOL_USED,
	RVS_A_POOL_RESTING,
	RVS_A_POOL_REFUSED,
	RVS_A_POOL_BUSIEST,
	RVS_A_POOL_EVICTED,

	__RVS_A_POOL_MAX,
	RVS_A_POOL_MAX = (__RVS_A_POOL_MAX - 1)
};

enum {
	RVS_A_POOL_SERVER_ADDR4 = 1,
	RVS_A_POOL_SERVER_ADDR6,
	RVS_A_POOL_SERVER_PORT,
	RVS_A_POOL_SERVER_PROTOCOL,
	RVS_A_POOL_SERVER_TAKEN,
	RVS_A_POOL_SERVER_PORTS,

	__RVS_A_POOL_SERVER_MAX,
	RVS_A_POOL_SERVER_MAX = (__RVS_A_POOL_SERVER_MAX - 1)
};

enum {
	RVS_A_POOL_EVENT_POOL = 1,
	RVS_A_POOL_EVENT_LEVEL,
	RVS_A_POOL_EVENT_SERVER,

	__RVS_A_POOL_EVENT_MAX,
	RVS_A_POOL_EVENT_MAX = (__RVS_A_POOL_EVENT_MAX - 1)
};

enum {
	RVS_A_POOL_ADDRESS_POOL = 1,
	RVS_A_POOL_ADDRESS_ADDR4,
	RVS_A_POOL_ADDRESS_ADDR6,
	RVS_A_POOL_ADDRESS_LAST_ADDR4,
	RVS_A_POOL_ADDRESS_LAST_ADDR6,
	RVS_A_POOL_ADDRESS_USED,
	RVS_A_POOL_ADDRESS_RESTING,
	RVS_A_POOL_ADDRESS_FREE,
	RVS_A_POOL_ADDRESS_GIVEN,
	RVS_A_POOL_ADDRESS_REFUSED,

	__RVS_A_POOL_ADDRESS_MAX,
	RVS_A_POOL_ADDRESS_MAX = (__RVS_A_POOL_ADDRESS_MAX - 1)
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
	RVS_CMD_CONNECTION_GET,
	RVS_CMD_TIMEOUTS_GET,
	RVS_CMD_TIMEOUTS_SET,
	RVS_CMD_ZERO,
	RVS_CMD_TEMPLATE_GET,
	RVS_CMD_POOL_ADD,
	RVS_CMD_POOL_SET,
	RVS_CMD_POOL_DEL,
	RVS_CMD_POOL_GET,
	RVS_CMD_POOL_ADDRESS_ADD,
	RVS_CMD_POOL_ADDRESS_DEL,
	RVS_CMD_POOL_ADDRESS_GET,
	RVS_CMD_POOL_LEVEL,

	__RVS_CMD_MAX,
	RVS_CMD_MAX = (__RVS_CMD_MAX - 1)
};

#define RVS_MCGRP_POOLS	"pools"

#endif /* _UAPI_LINUX_RVS_H */
