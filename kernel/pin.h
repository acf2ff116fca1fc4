/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pinning a range of the caller's memory for a mapping, and giving it back.
 */
#ifndef NYX_PIN_H
#define NYX_PIN_H

#include "nyx.h"

struct nyx_pin {
	u64 address;		/* in current->mm, multiple of 4 KiB */
	u64 length;		/* bytes, multiple of 4 KiB, not 0 */
	u32 prot;		/* what the device may do: NYX_PROT_* */
	bool persistent;	/* outlives its maker: only memory that does so too */
	const bool *stop;	/* give up with -ENOENT once this reads true */
};

/*
 * Pin pin's range into mapping->runs and charge it to the caller's user.
 *
 * 0, or with nothing pinned or charged: -EFAULT (a hole, or not readable or not
 * writable for the caller; why names the first bad address); -EOPNOTSUPP (a kind of
 * memory that is refused); -EDQUOT (RLIMIT_MEMLOCK); -ENOMEM; -EINTR (killed);
 * -ENOENT (*stop); -EHWPOISON and the like as the kernel's own pinning returns them.
 *
 * Process context, sleeps for as long as the caller's memory takes to come (a page
 * fault may wait for userspace), so no lock is held; takes mmap_lock for moments.
 */
int nyx_pin(struct nyx_mapping *mapping, const struct nyx_pin *pin, struct nyx_why *why);

/*
 * Give everything back: pages first, marked dirty where the device could write, then
 * the charge. No unit can reach them any more. Process context, may sleep. May be
 * called on a mapping with nothing pinned, and from any task.
 */
void nyx_unpin(struct nyx_mapping *mapping);

/*
 * A unit may still reach the pages and always will: keep them pinned and charged for
 * ever and forget where they are. Returns how many. Process context.
 */
u64 nyx_pin_leak(struct nyx_mapping *mapping);

#ifdef NYX_KUNIT
struct vm_area_struct;
int nyx_pin_judge(const struct vm_area_struct *vma, u64 address, const struct nyx_pin *pin,
		  unsigned int *gup_flags, struct nyx_why *why);
#endif

#endif
