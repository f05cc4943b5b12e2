// SPDX-License-Identifier: GPL-2.0-only

#include <linux/module.h>
#include <linux/notifier.h>

/* Whether an event is that the module of this name comes. */
__rvs_helper bool rvs_helper_module_comes(unsigned long event, const void *module, const char *name)
{
	return event == MODULE_STATE_COMING && !strcmp(((const struct module *)module)->name, name);
}

__rvs_helper int rvs_helper_notifier_from_errno(int error)
{
	return notifier_from_errno(error);
}
