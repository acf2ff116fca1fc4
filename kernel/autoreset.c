// SPDX-License-Identifier: GPL-2.0
/*
 * Fenced devices that are reset by themselves, where that was asked for: up to so many times
 * an hour, each later than the one before, and then no more. When is policy.c's to say.
 */
#include <linux/ktime.h>

#include "core.h"

#define FENCED	"stays fenced: "

static bool stopped;	/* the module is on its way out: no timer may outlive its workqueue */

static void cancel(struct nyx_device *device)
{
	device->retry_over = false;
	/*
	 * One that runs already waits for the lock, and finds this. It may as well have done what
	 * a later one was planned for: that one's timer runs on, with no time noted here.
	 */
	device->retry_at_ns = 0;
	if (cancel_delayed_work(&device->retry_work))
		nyx_device_put(device);
}

static void plan(struct nyx_device *device)
{
	u32 nr = device->retry.per_hour;
	char cause[64];
	u64 delay_ns;

	if (!nyx_policy_retry_delay(&device->retry, nyx_fault_clock(), &delay_ns)) {
		device->retry_over = true;
		strscpy(cause, device->state_cause +
			(strstarts(device->state_cause, FENCED) ? strlen(FENCED) : 0), sizeof(cause));
		snprintf(device->state_cause, sizeof(device->state_cause),
			 FENCED "reset by itself %u time%s within an hour; %s",
			 nr, nr == 1 ? "" : "s", cause);
		pr_warn(NYX_NAME ": %s stays fenced: %u reset%s within an hour did not help; 'nyxctl device reset %s' tries again\n",
			nyx_device_name(device), nr, nr == 1 ? "" : "s", nyx_device_name(device));
		return;
	}
	device->retry_at_ns = ktime_get_real_ns() + delay_ns;
	kref_get(&device->ref);
	/* It may still be under way from before, cancelled too late: then it does this one's job. */
	if (!queue_delayed_work(nyx_wq, &device->retry_work, nsecs_to_jiffies(delay_ns) + 1))
		nyx_device_put(device);
}

void nyx_autoreset_follow(struct nyx_device *device)
{
	lockdep_assert_held(&nyx_registry_lock);
	if (device->state != NYX_DEVICE_QUARANTINED || device->resetting ||
	    !device->retry.per_hour || stopped)
		cancel(device);
	else if (!device->retry_at_ns && !device->retry_over)
		plan(device);
}

void nyx_autoreset_work(struct work_struct *work)
{
	struct nyx_device *device = container_of(to_delayed_work(work), struct nyx_device,
						 retry_work);

	mutex_lock(&nyx_registry_lock);
	if (device->retry_at_ns) {
		device->retry_at_ns = 0;
		nyx_policy_retry_note(&device->retry, nyx_fault_clock());
		/* What stands in the way may be gone by the next time. */
		if (nyx_reset_begin(device, NULL)) {
			nyx_autoreset_follow(device);
			nyx_device_announce(device);
		}
	}
	mutex_unlock(&nyx_registry_lock);
	nyx_device_put(device);
}

int nyx_autoreset_set(struct nyx_device *device, u32 per_hour, struct nyx_why *why)
{
	int err;

	lockdep_assert_held(&nyx_registry_lock);
	if (per_hour > NYX_POLICY_RETRIES_MAX)
		return nyx_refuse(why, -EINVAL, NYX_ARG_AUTO_RESET,
				  "%u resets an hour are out of range: give 1 to %u, or 0 for none",
				  per_hour, NYX_POLICY_RETRIES_MAX);
	if (per_hour) {
		err = nyx_reset_possible(device, why);
		if (err)
			return err;
	}
	cancel(device);
	device->retry.per_hour = per_hour;
	device->retry.nr = 0;
	nyx_autoreset_follow(device);
	return 0;
}

void nyx_autoreset_stop(void)
{
	struct nyx_device *device;

	mutex_lock(&nyx_registry_lock);
	stopped = true;
	list_for_each_entry(device, &nyx_devices, node)
		cancel(device);
	mutex_unlock(&nyx_registry_lock);
}
