// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long a module holds its mutexes.
 *
 * The parameters `from` and `to` tell where the code of the module is: mutexes are
 * its own that are taken and given back from there. Reading the parameter `longest`
 * gives
 *
 *	NANOSECONDS TIMES FUNCTION
 *
 * the longest time from where a task of the module's takes a mutex while it has
 * none, to where it has none any more, with the wait for it; how many such times
 * there were; and who took the mutex of the longest one. Writing to it begins
 * anew.
 *
 * Where the clock counts instructions and nobody else wants the mutex, the
 * nanoseconds are instructions. Those of the probes count, too: some hundreds for
 * each mutex that is taken meanwhile.
 */

#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

/* So many tasks may hold mutexes at once. */
#define HOLDERS 16

static struct {
	struct task_struct *task;
	unsigned int depth;
	ktime_t since;
	unsigned long by;
} holders[HOLDERS];

static DEFINE_RAW_SPINLOCK(lock);
static s64 longest;
static unsigned long longest_by;
static unsigned long times;

static unsigned long from, to;
module_param(from, ulong, 0444);
MODULE_PARM_DESC(from, "Where the code of the module begins");
module_param(to, ulong, 0444);
MODULE_PARM_DESC(to, "Where it ends");

/* Where a function returns to that was just entered; 0 when the module did not call it. */
static unsigned long caller(struct pt_regs *registers)
{
	unsigned long address = *(unsigned long *)kernel_stack_pointer(registers);

	return address >= from && address < to ? address : 0;
}

/* The place of a task, or a free one for NULL. */
static int place_of(const struct task_struct *task)
{
	for (int i = 0; i < HOLDERS; i++)
		if (holders[i].task == task)
			return i;
	return -1;
}

static int takes(struct kprobe *self, struct pt_regs *registers)
{
	unsigned long by = caller(registers);
	unsigned long flags;
	int place;

	if (!by)
		return 0;
	raw_spin_lock_irqsave(&lock, flags);
	place = place_of(current);
	if (place < 0)
		place = place_of(NULL);
	if (place >= 0 && !holders[place].depth++) {
		holders[place].task = current;
		holders[place].by = by;
		holders[place].since = ktime_get();
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	return 0;
}

static int gives(struct kprobe *self, struct pt_regs *registers)
{
	unsigned long flags;
	int place;
	s64 held;

	if (!caller(registers))
		return 0;
	raw_spin_lock_irqsave(&lock, flags);
	place = place_of(current);
	if (place >= 0 && !--holders[place].depth) {
		held = ktime_to_ns(ktime_sub(ktime_get(), holders[place].since));
		if (held > longest) {
			longest = held;
			longest_by = holders[place].by;
		}
		times++;
		holders[place].task = NULL;
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	return 0;
}

static struct kprobe probes[] = {
	{ .symbol_name = "mutex_lock", .pre_handler = takes },
	{ .symbol_name = "mutex_unlock", .pre_handler = gives },
};

static int longest_set(const char *text, const struct kernel_param *parameter)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	longest = 0;
	longest_by = 0;
	times = 0;
	raw_spin_unlock_irqrestore(&lock, flags);
	return 0;
}

static int longest_get(char *buffer, const struct kernel_param *parameter)
{
	return sysfs_emit(buffer, "%lld %lu %ps\n", longest, times,
			  (void *)longest_by);
}

static const struct kernel_param_ops longest_ops = {
	.set = longest_set,
	.get = longest_get,
};
module_param_cb(longest, &longest_ops, NULL, 0600);
MODULE_PARM_DESC(longest, "NANOSECONDS TIMES FUNCTION");

static int __init held_init(void)
{
	struct kprobe *each[] = { &probes[0], &probes[1] };

	if (from >= to)
		return -EINVAL;
	return register_kprobes(each, ARRAY_SIZE(each));
}
module_init(held_init);

static void __exit held_exit(void)
{
	struct kprobe *each[] = { &probes[0], &probes[1] };

	unregister_kprobes(each, ARRAY_SIZE(each));
}
module_exit(held_exit);

MODULE_DESCRIPTION("How long a module holds its mutexes, for the bench of RVS");
MODULE_AUTHOR("The RVS authors");
MODULE_LICENSE("GPL");
