/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only file that knows how kernels differ. The rest is written to the newest
 * API; what an older kernel lacks is supplied here.
 *
 * NYX_HAS_* come from Kbuild, which looks into the headers: stable kernels take
 * new APIs over, so a version number does not tell which one a kernel has.
 */
#ifndef NYX_COMPAT_H
#define NYX_COMPAT_H

#include <linux/syscore_ops.h>
#include <linux/version.h>

/* Syscore callbacks got an argument, and the registration a new name. */
#ifndef NYX_HAS_REGISTER_SYSCORE_OPS
#define NYX_SYSCORE(name, suspend_fn, resume_fn, shutdown_fn)		\
	static int name##_suspend(void *data) { return suspend_fn(); }		\
	static void name##_resume(void *data) { resume_fn(); }			\
	static void name##_shutdown(void *data) { shutdown_fn(); }		\
	static const struct syscore_ops name##_ops = {				\
		.suspend = name##_suspend,					\
		.resume = name##_resume,					\
		.shutdown = name##_shutdown,					\
	};									\
	static struct syscore name = { .ops = &name##_ops }
#else
#define NYX_SYSCORE(name, suspend_fn, resume_fn, shutdown_fn)		\
	static struct syscore_ops name = {					\
		.suspend = suspend_fn,						\
		.resume = resume_fn,						\
		.shutdown = shutdown_fn,					\
	}
#define register_syscore	register_syscore_ops
#define unregister_syscore	unregister_syscore_ops
#endif

/* ---- processor ---- */

/* cpuid() has moved. */
#ifdef NYX_HAS_CPUID_API
#include <asm/cpuid/api.h>
#else
#include <asm/processor.h>
#endif

/* ---- generic netlink ---- */

#include <net/genetlink.h>

/* The parsed attributes of a dump request; 6.6 moved them into struct genl_info. */
static inline struct nlattr **nyx_genl_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

/*
 * Before 6.8 kexec goes from device_shutdown() to the next kernel without syscore
 * shutdown. There a device of ours that is shut down after all others does it:
 * compat.c. int nyx_last_shutdown_start(void (*fn)(void)) may sleep and returns 0 or an
 * errno; fn then runs in process context at the end of device_shutdown().
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define NYX_LAST_DEVICE_SHUTDOWN
int nyx_last_shutdown_start(void (*fn)(void));
void nyx_last_shutdown_stop(void);
#else
static inline int nyx_last_shutdown_start(void (*fn)(void)) { return 0; }
static inline void nyx_last_shutdown_stop(void) { }
#endif

#endif
