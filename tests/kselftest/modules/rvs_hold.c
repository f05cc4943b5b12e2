// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds one CPU up where it enters a function, until it is let go, so that what
 * others do meanwhile happens at that point and no other.
 *
 * The parameter `symbol` names the function. Writing to the parameter `hold`
 *
 *	MILLISECONDS	holds up the next call, for no longer than that
 *	0		lets it go; fails with ETIME when none is held up (any more)
 *
 * Reading the parameter `state` gives a word and a number:
 *
 *	idle|armed|held|released|late PASSED
 *
 * late: nobody has let it go in time. PASSED is how many other calls have passed
 * while it was held up.
 */

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/module.h>

/* So long neither RCU nor a watchdog complains. */
#define LONGEST 5000

enum state { IDLE, ARMED, HELD, RELEASED, LATE };

static const char *const names[] = { "idle", "armed", "held", "released",
				     "late" };

static atomic_t state = ATOMIC_INIT(IDLE);
static atomic_t passed;
static unsigned int milliseconds;

static char *symbol;
module_param(symbol, charp, 0444);
MODULE_PARM_DESC(symbol, "The function");

static int enters(struct kprobe *self, struct pt_regs *registers)
{
	if (atomic_cmpxchg(&state, ARMED, HELD) != ARMED) {
		if (atomic_read(&state) == HELD)
			atomic_inc(&passed);
		return 0;
	}
	/* Interrupts may be off: the clock is not to be relied on. */
	for (unsigned int i = 0; i < milliseconds * 20; i++) {
		if (atomic_read(&state) != HELD)
			return 0;
		udelay(50);
	}
	atomic_cmpxchg(&state, HELD, LATE);
	return 0;
}

static struct kprobe probe = { .pre_handler = enters };

static int hold_set(const char *text, const struct kernel_param *parameter)
{
	unsigned int number;

	if (kstrtouint(text, 10, &number) || number > LONGEST)
		return -EINVAL;
	if (!number)
		return atomic_cmpxchg(&state, HELD, RELEASED) == HELD ? 0 :
									-ETIME;
	if (atomic_read(&state) == HELD)
		return -EBUSY;
	milliseconds = number;
	atomic_set(&passed, 0);
	/* After what goes with it. */
	atomic_set_release(&state, ARMED);
	return 0;
}

static const struct kernel_param_ops hold_ops = { .set = hold_set };
module_param_cb(hold, &hold_ops, NULL, 0200);
MODULE_PARM_DESC(hold, "MILLISECONDS, or 0 to let go");

static int state_get(char *buffer, const struct kernel_param *parameter)
{
	return sysfs_emit(buffer, "%s %d\n", names[atomic_read(&state)],
			  atomic_read(&passed));
}

static const struct kernel_param_ops state_ops = { .get = state_get };
module_param_cb(state, &state_ops, NULL, 0444);
MODULE_PARM_DESC(state, "STATE PASSED");

static int __init hold_init(void)
{
	if (!symbol)
		return -EINVAL;
	probe.symbol_name = symbol;
	return register_kprobe(&probe);
}
module_init(hold_init);

static void __exit hold_exit(void)
{
	unregister_kprobe(&probe);
}
module_exit(hold_exit);

MODULE_DESCRIPTION("Holds a CPU up in a function, for the tests of RVS");
MODULE_AUTHOR("The RVS authors");
MODULE_LICENSE("GPL");
