// SPDX-License-Identifier: GPL-2.0
/*
 * Pinning a range of the caller's memory for a mapping, and giving it back.
 *
 * Order: look at the VMA (its rules decide before a page is touched), pin up to its
 * end in batches, go on with the next. The look drops mmap_lock before the pin, so a
 * process that remaps its memory meanwhile can get past the rules; they guard against
 * mistakes of a privileged caller, and what would be dangerous the kernel's own
 * pinning refuses again, page by page.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/slab.h>

#include "pin.h"

#define PIN_BATCH	512		/* pages a time: one page of pointers */
#define RUNS_FIRST	4u		/* room for runs at the start; doubled as needed */
#define UNPIN_BATCH	16384u		/* pages between two chances to reschedule */

/*
 * The charge goes to the user, not to the mm: a pin may outlive the process, and it is
 * given back by whoever comes last.
 */
static int charge(struct nyx_mapping *mapping, u64 pages, struct nyx_why *why)
{
	struct user_struct *user = current_user();
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	long used = atomic_long_read(&user->locked_vm);
	bool exempt = false;

	do {
		if (exempt || used + pages <= limit)
			continue;
		exempt = capable(CAP_IPC_LOCK);
		if (!exempt)
			return nyx_refuse(why, -EDQUOT, NYX_ARG_LENGTH,
					  "locking %llu KiB more: the limit is %lu KiB, the user has %ld KiB locked; raise it with 'ulimit -l %llu' or have CAP_IPC_LOCK",
					  pages << (PAGE_SHIFT - 10), limit << (PAGE_SHIFT - 10),
					  used << (PAGE_SHIFT - 10),
					  (used + pages) << (PAGE_SHIFT - 10));
	} while (!atomic_long_try_cmpxchg(&user->locked_vm, &used, used + pages));

	mapping->charged_to = get_uid(user);
	mapping->charged_pages = pages;
	return 0;
}

static void uncharge(struct nyx_mapping *mapping)
{
	if (!mapping->charged_to)
		return;
	atomic_long_sub(mapping->charged_pages, &mapping->charged_to->locked_vm);
	free_uid(mapping->charged_to);
	mapping->charged_to = NULL;
	mapping->charged_pages = 0;
}

/* Memory of a file that lives in memory only: shmem (tmpfs, memfd, SysV) or hugetlbfs. */
static bool in_memory_file(const struct vm_area_struct *vma)
{
	const struct inode *inode;

	if (!vma->vm_file)
		return false;
	inode = file_inode(vma->vm_file);
	/* devtmpfs has tmpfs' magic too, but what is mapped there is devices */
	if (!S_ISREG(inode->i_mode))
		return false;
	return inode->i_sb->s_magic == TMPFS_MAGIC || inode->i_sb->s_magic == HUGETLBFS_MAGIC;
}

static bool ordinary_file(const struct vm_area_struct *vma)
{
	umode_t mode;

	if (!vma->vm_file || in_memory_file(vma))
		return false;
	mode = file_inode(vma->vm_file)->i_mode;
	return S_ISREG(mode) || S_ISBLK(mode);
}

/*
 * May the page at address, which lies in vma, be pinned, and with which flags for
 * the kernel's pinning? -EFAULT, -EOPNOTSUPP. Holds mmap_lock; does not sleep.
 */
static int judge(const struct vm_area_struct *vma, u64 address, const struct nyx_pin *pin,
		 unsigned int *gup_flags, struct nyx_why *why)
{
	bool device_writes = pin->prot & NYX_PROT_WRITE;

	if (vma->vm_flags & (VM_IO | VM_PFNMAP))
		return nyx_refuse(why, -EOPNOTSUPP, NYX_ARG_ADDRESS,
				  "%#llx is device memory, which has no pages to pin; map ordinary memory",
				  address);
	if (pin->persistent && !((vma->vm_flags & VM_MAYSHARE) && in_memory_file(vma)))
		return nyx_refuse(why, -EOPNOTSUPP, NYX_ARG_ADDRESS,
				  "%#llx is not shared memfd, tmpfs or hugetlbfs memory, the only kinds for a persistent domain; use those, or a domain owned by its maker",
				  address);
	if (device_writes && (vma->vm_flags & VM_SHARED) && ordinary_file(vma))
		return nyx_refuse(why, -EOPNOTSUPP, NYX_ARG_ADDRESS,
				  "%#llx is an ordinary file's: a device would write behind its filesystem's back; use memfd, tmpfs or hugetlbfs memory, or map it read-only",
				  address);
	if (device_writes && !(vma->vm_flags & VM_WRITE))
		return nyx_refuse(why, -EFAULT, NYX_ARG_ADDRESS,
				  "%#llx is not writable for the caller; map it read-only or make it writable",
				  address);
	if ((pin->prot & NYX_PROT_READ) && !(vma->vm_flags & VM_READ))
		return nyx_refuse(why, -EFAULT, NYX_ARG_ADDRESS,
				  "%#llx is not readable for the caller; give it PROT_READ",
				  address);

	*gup_flags = FOLL_LONGTERM;
	/*
	 * In private memory that the caller can write, a page shared by copy-on-write
	 * (or the zero page) must be broken out now, also when the device only reads:
	 * else the caller's next write goes to a copy that the device never sees.
	 * Kernels before 6.2 do not do that by themselves. Private memory that is not
	 * writable stays as it is: there is no write that the device could miss.
	 */
	if (device_writes || (!(vma->vm_flags & VM_MAYSHARE) && (vma->vm_flags & VM_WRITE)))
		*gup_flags |= FOLL_WRITE;
	return 0;
}

#ifdef NYX_KUNIT
int nyx_pin_judge(const struct vm_area_struct *vma, u64 address, const struct nyx_pin *pin,
		  unsigned int *gup_flags, struct nyx_why *why)
{
	return judge(vma, address, pin, gup_flags, why);
}
#endif

/* How far the VMA at address reaches (*end, exclusive) and how to pin in it. */
static int look(u64 address, const struct nyx_pin *pin, u64 *end, unsigned int *gup_flags,
		struct nyx_why *why)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	int err;

	if (mmap_read_lock_killable(mm))
		return nyx_refuse(why, -EINTR, NYX_ARG_NONE, "killed while mapping");
	vma = find_vma(mm, address);
	if (vma && vma->vm_start <= address) {
		*end = vma->vm_end;
		err = judge(vma, address, pin, gup_flags, why);
	} else {
		err = nyx_refuse(why, -EFAULT, NYX_ARG_ADDRESS,
				 "nothing is mapped at %#llx in the caller; allocate it first",
				 address);
	}
	mmap_read_unlock(mm);
	return err;
}

static int grow_runs(struct nyx_mapping *mapping, u64 most)
{
	u32 max = min_t(u64, most, mapping->max_runs ? 2 * mapping->max_runs : RUNS_FIRST);
	struct nyx_pinned_run *runs = kvmalloc_array(max, sizeof(*runs), GFP_KERNEL_ACCOUNT);

	if (!runs)
		return -ENOMEM;
	if (mapping->nr_runs)
		memcpy(runs, mapping->runs, mapping->nr_runs * sizeof(*runs));
	kvfree(mapping->runs);
	mapping->runs = runs;
	mapping->max_runs = max;
	return 0;
}

/*
 * Append pages to the runs. Each page is compared, whatever folio it is from: a
 * process can lay the pages of one folio out in any order. What it could not
 * append is unpinned.
 */
static int append_pages(struct nyx_mapping *mapping, struct page **pages, u32 nr, u64 most)
{
	struct nyx_pinned_run *run = mapping->nr_runs ? &mapping->runs[mapping->nr_runs - 1] : NULL;
	unsigned long next_pfn = run ? page_to_pfn(run->first) + run->nr : 0;
	u32 i;

	for (i = 0; i < nr; i++, next_pfn++) {
		if (run && page_to_pfn(pages[i]) == next_pfn) {
			run->nr++;
			continue;
		}
		if (mapping->nr_runs == mapping->max_runs && grow_runs(mapping, most)) {
			unpin_user_pages(pages + i, nr - i);
			return -ENOMEM;
		}
		run = &mapping->runs[mapping->nr_runs++];
		run->first = pages[i];
		run->nr = 1;
		next_pfn = page_to_pfn(pages[i]);
	}
	return 0;
}

static int refuse_pin(int err, u64 address, struct nyx_why *why)
{
	if (fatal_signal_pending(current) || err == -EINTR)
		return nyx_refuse(why, -EINTR, NYX_ARG_NONE, "killed while mapping");
	if (err == -ENOMEM)
		return nyx_refuse(why, err, NYX_ARG_ADDRESS,
				  "no memory to pin %#llx; free some or map less", address);
	err = err ?: -EFAULT;
	return nyx_refuse(why, err, NYX_ARG_ADDRESS,
			  "the kernel cannot pin the page at %#llx for a device (error %d); use anonymous, memfd or hugetlbfs memory",
			  address, err);
}

/* Pin [from, end), which lies in one VMA or did a moment ago. */
static int pin_stretch(struct nyx_mapping *mapping, const struct nyx_pin *pin, u64 from, u64 end,
		       unsigned int gup_flags, struct page **pages, struct nyx_why *why)
{
	int nr, err;

	while (from < end) {
		if (READ_ONCE(*pin->stop))
			return nyx_refuse(why, -ENOENT, NYX_ARG_DOMAIN,
					  "the domain was deleted meanwhile; make a new one");
		if (fatal_signal_pending(current))
			return refuse_pin(-EINTR, from, why);
		nr = min_t(u64, (end - from) >> PAGE_SHIFT, PIN_BATCH);
		nr = pin_user_pages_fast(from, nr, gup_flags, pages);
		if (nr <= 0)
			return refuse_pin(nr, from, why);
		err = append_pages(mapping, pages, nr, pin->length >> PAGE_SHIFT);
		if (err)
			return refuse_pin(err, from, why);
		from += (u64)nr << PAGE_SHIFT;
		cond_resched();
	}
	return 0;
}

int nyx_pin(struct nyx_mapping *mapping, const struct nyx_pin *pin, struct nyx_why *why)
{
	u64 at = pin->address, end = pin->address + pin->length, stretch_end;
	unsigned int gup_flags;
	struct page **pages;
	int err;

	mapping->runs = NULL;
	mapping->nr_runs = 0;
	mapping->max_runs = 0;
	if (!current->mm)
		return nyx_refuse(why, -EFAULT, NYX_ARG_ADDRESS, "the caller has no memory to map");
	err = charge(mapping, pin->length >> PAGE_SHIFT, why);
	if (err)
		return err;
	pages = kmalloc_array(min_t(u64, pin->length >> PAGE_SHIFT, PIN_BATCH), sizeof(*pages),
			      GFP_KERNEL);
	if (!pages) {
		err = refuse_pin(-ENOMEM, at, why);
		goto unpin;
	}
	for (; at < end; at = stretch_end) {
		err = look(at, pin, &stretch_end, &gup_flags, why);
		if (err)
			goto free_pages;
		stretch_end = min(stretch_end, end);
		err = pin_stretch(mapping, pin, at, stretch_end, gup_flags, pages, why);
		if (err)
			goto free_pages;
	}
	kfree(pages);
	return 0;

free_pages:
	kfree(pages);
unpin:
	nyx_unpin(mapping);
	return err;
}

static void forget_runs(struct nyx_mapping *mapping)
{
	kvfree(mapping->runs);
	mapping->runs = NULL;
	mapping->nr_runs = 0;
	mapping->max_runs = 0;
}

void nyx_unpin(struct nyx_mapping *mapping)
{
	bool dirty = mapping->prot & NYX_PROT_WRITE;
	struct nyx_pinned_run *run;
	unsigned long pfn;
	u32 done, nr;

	for (run = mapping->runs; run < mapping->runs + mapping->nr_runs; run++) {
		pfn = page_to_pfn(run->first);
		for (done = 0; done < run->nr; done += nr) {
			nr = min(run->nr - done, UNPIN_BATCH);
			unpin_user_page_range_dirty_lock(pfn_to_page(pfn + done), nr, dirty);
			cond_resched();
		}
	}
	forget_runs(mapping);
	uncharge(mapping);
}

u64 nyx_pin_leak(struct nyx_mapping *mapping)
{
	u64 pages = 0;
	u32 i;

	for (i = 0; i < mapping->nr_runs; i++)
		pages += mapping->runs[i].nr;
	forget_runs(mapping);
	/* The reference on the user goes with the charge: both last as long as the pages. */
	mapping->charged_to = NULL;
	mapping->charged_pages = 0;
	return pages;
}
