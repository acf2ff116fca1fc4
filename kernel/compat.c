// SPDX-License-Identifier: GPL-2.0
/*
 * What older kernels need more than a macro for. See compat.h.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include "compat.h"

#ifdef NYX_LAST_DEVICE_SHUTDOWN

static void (*last_shutdown)(void);
static struct platform_device *last_device;

static void on_shutdown(struct platform_device *pdev)
{
	last_shutdown();
}

static struct platform_driver last_driver = {
	.driver.name = KBUILD_MODNAME "-shutdown",
	.shutdown = on_shutdown,
};

/*
 * device_shutdown() takes devices from the end of the list that holds them all;
 * the driver core itself moves entries in it to order shutdowns. At its front a
 * device comes last.
 */
static void shut_down_last(struct device *dev)
{
	struct kset *all = dev->kobj.kset;

	spin_lock(&all->list_lock);
	list_move(&dev->kobj.entry, &all->list);
	spin_unlock(&all->list_lock);
}

int nyx_last_shutdown_start(void (*fn)(void))
{
	int err;

	last_shutdown = fn;
	err = platform_driver_register(&last_driver);
	if (err)
		return err;
	last_device = platform_device_register_simple(last_driver.driver.name,
						      PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(last_device)) {
		platform_driver_unregister(&last_driver);
		return PTR_ERR(last_device);
	}
	shut_down_last(&last_device->dev);
	return 0;
}

void nyx_last_shutdown_stop(void)
{
	platform_device_unregister(last_device);
	platform_driver_unregister(&last_driver);
}

#endif
