// SPDX-License-Identifier: GPL-2.0-only
/*
 * C helpers of RVS: inline functions and macros of the kernel, made callable
 * from Rust. Where clang matches rustc's LLVM they are compiled to bitcode and
 * inlined into the Rust object (see ../Kbuild), else linked as a plain object.
 *
 * A helper wraps one thing and decides nothing; decisions are made in Rust.
 * Rust never reads a field of sk_buff, net_device, dst_entry or sock by
 * itself, so the C compiler keeps the layout right for every configuration.
 */

#include <linux/compiler_types.h>

#ifdef __BINDGEN__
/* bindgen ignores inline functions. */
#define __rvs_helper
#elif defined(RVS_PLAIN_HELPERS)
/* Called across objects: one out-of-line copy each. */
#define __rvs_helper
#else
/* Plain inlining is refused by LLVM because target features and builtins of
 * C and Rust objects differ in name only; see rust/helpers/helpers.c. */
#define __rvs_helper __always_inline
#endif

#include "conntrack.c"
#include "icmp.c"
#include "id.c"
#include "lock.c"
#include "module.c"
#include "neighbour.c"
#include "netfilter.c"
#include "netlink.c"
#include "netns.c"
#include "percpu.c"
#include "proc.c"
#include "rcu.c"
#include "route.c"
#include "skb.c"
#include "slab.c"
#include "socket.c"
#include "sysctl.c"
#include "time.c"
#include "tunnel.c"
#include "family.c"
#include "workqueue.c"
/* What IPv6 has of its own; it shares what is above. */
#include "ipv6.c"
