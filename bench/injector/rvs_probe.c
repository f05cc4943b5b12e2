// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of an established TCP connection at regular times, and how late they
 * were: whoever holds softirqs off holds the packets of a director up.
 *
 * Writing to the parameter `run`
 *
 *	DEVICE MAC SADDR DADDR SPORT DPORT MICROSECONDS
 *
 * (addresses in hexadecimal) has an ACK without data received on DEVICE of the
 * writer's network namespace each so many MICROSECONDS, in softirq context, as
 * a driver would have it; an empty line ends that. Reading it gives
 *
 *	packets=N failed=N overdue=N gap=NANOSECONDS during=TASK
 *
 * of the last run: the longest time between two softirqs in which packets were
 * received, which task they interrupted then, and how many such times were
 * over twice the interval.
 */

#include <linux/hex.h>
#include <linux/hrtimer.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <net/net_namespace.h>

#include "segment.h"

static struct {
	struct net_device *device;
	struct headers headers;
	ktime_t interval;
	ktime_t last;
	unsigned long packets;
	unsigned long failed;
	unsigned long overdue;
	s64 gap;
	char during[TASK_COMM_LEN];
} probe;

static struct hrtimer timer;
static DEFINE_MUTEX(lock);

static void receive(void)
{
	struct sk_buff *skb;

	skb = netdev_alloc_skb_ip_align(probe.device, sizeof(struct headers));
	if (!skb) {
		probe.failed++;
		return;
	}
	skb_put_data(skb, &probe.headers, sizeof(probe.headers));
	skb->protocol = eth_type_trans(skb, probe.device);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	probe.packets++;
	if (netif_receive_skb(skb) != NET_RX_SUCCESS)
		probe.failed++;
}

static enum hrtimer_restart fire(struct hrtimer *self)
{
	ktime_t now = ktime_get();
	s64 gap = ktime_to_ns(ktime_sub(now, probe.last));

	probe.last = now;
	if (gap > probe.gap) {
		probe.gap = gap;
		strscpy(probe.during, current->comm);
	}
	if (gap > 2 * ktime_to_ns(probe.interval))
		probe.overdue++;
	receive();
	hrtimer_forward_now(self, probe.interval);
	return HRTIMER_RESTART;
}

static void stop(void)
{
	hrtimer_cancel(&timer);
	if (probe.device)
		dev_put(probe.device);
	probe.device = NULL;
}

static int start(const char *text)
{
	char name[IFNAMSIZ], mac_text[18];
	unsigned int saddr, daddr, sport, dport, microseconds;
	u8 mac[ETH_ALEN];

	if (sscanf(text, "%15s %17s %x %x %u %u %u", name, mac_text, &saddr,
		   &daddr, &sport, &dport, &microseconds) != 7 ||
	    !mac_pton(mac_text, mac) || !microseconds)
		return -EINVAL;
	memset(&probe, 0, sizeof(probe));
	probe.device = dev_get_by_name(current->nsproxy->net_ns, name);
	if (!probe.device)
		return -ENODEV;
	make_headers(&probe.headers, mac, saddr, daddr, sport, dport,
		     TCPHDR_ACK, 0);
	probe.interval = us_to_ktime(microseconds);
	probe.last = ktime_get();
	hrtimer_start(&timer, probe.interval, HRTIMER_MODE_REL_SOFT);
	return 0;
}

static int run_set(const char *text, const struct kernel_param *parameter)
{
	int error = 0;

	mutex_lock(&lock);
	stop();
	if (*skip_spaces(text))
		error = start(text);
	mutex_unlock(&lock);
	return error;
}

static int run_get(char *buffer, const struct kernel_param *parameter)
{
	return sysfs_emit(buffer,
			  "packets=%lu failed=%lu overdue=%lu gap=%lld during=%s\n",
			  probe.packets, probe.failed, probe.overdue, probe.gap,
			  probe.during);
}

static const struct kernel_param_ops run_ops = {
	.set = run_set,
	.get = run_get,
};
module_param_cb(run, &run_ops, NULL, 0600);
MODULE_PARM_DESC(run, "DEVICE MAC SADDR DADDR SPORT DPORT MICROSECONDS");

static int __init probe_init(void)
{
	hrtimer_setup(&timer, fire, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
	return 0;
}
module_init(probe_init);

static void __exit probe_exit(void)
{
	stop();
}
module_exit(probe_exit);

MODULE_DESCRIPTION("Measures how long packets wait, for the bench of RVS");
MODULE_AUTHOR("The RVS authors");
MODULE_LICENSE("GPL");
