/* SPDX-License-Identifier: GPL-2.0-only */
/* What bindgen reads: the kernel's headers and our own helpers. */

#include "../helpers/helpers.c"

#include <linux/jiffies.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/sysctl.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>
#include <net/ip.h>
#include <net/net_namespace.h>
#include <net/netlink.h>
