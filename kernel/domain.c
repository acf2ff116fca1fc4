// SPDX-License-Identifier: GPL-2.0
/*
 * Domains: ids and names, who owns them, which units they are live on, and the
 * undo of everything when they go.
 */
#include <linux/ctype.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "core.h"
#include "trail.h"

/* What stays for ever, of domains that are gone. */
static atomic_long_t leaked_pages, leaked_tables;

void nyx_domains_leaked(u64 *pages, u64 *tables)
{
	*pages = atomic_long_read(&leaked_pages);
	*tables = atomic_long_read(&leaked_tables);
}

bool nyx_domain_name_valid(const char *name)
{
	const char *c;

	for (c = name; *c; c++)
		/* The kernel's ctype knows Latin-1 letters; these would not be UTF-8. */
		if (!isascii(*c) || (!isalnum(*c) && !strchr("-_.:", *c)))
			return false;
	/* A name that reads as a number could not be told from an id. */
	return isalpha(name[0]);
}

static struct nyx_domain *find_name(const char *name)
{
	struct nyx_domain *domain;
	unsigned long id;

	lockdep_assert_held(&nyx_registry_lock);
	xa_for_each(&nyx_domains, id, domain)
		if (!strcmp(domain->name, name))
			return domain;
	return NULL;
}

int nyx_domain_check_name(const char *name, struct nyx_why *why)
{
	struct nyx_domain *other;

	if (!nyx_domain_name_valid(name))
		return nyx_refuse(why, -EINVAL, NYX_ARG_NAME,
				  "name '%s' must start with a letter and hold only letters, digits and - _ . :",
				  name);
	other = find_name(name);
	if (other)
		return nyx_refuse(why, -EEXIST, NYX_ARG_NAME, "domain %u has the name '%s' already",
				  other->id, name);
	return 0;
}

static void undo_work(struct work_struct *work);

void nyx_note_task(char *name)
{
	char comm[TASK_COMM_LEN], *c;

	get_task_comm(comm, current);
	for (c = comm; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	strscpy(name, comm, TASK_COMM_LEN);
}

static struct nyx_domain *alloc_domain(const struct nyx_domain_params *params,
				       const struct nyx_pt_config *config)
{
	struct nyx_domain *domain = kzalloc(sizeof(*domain), GFP_KERNEL_ACCOUNT);

	if (!domain)
		return NULL;
	kref_init(&domain->ref);
	domain->mode = params->mode;
	domain->external = params->external;
	domain->state = NYX_DOMAIN_ACTIVE;
	domain->owner_portid = params->owner_portid;
	domain->policy = (struct nyx_policy){ NYX_POLICY_THRESHOLD, NYX_POLICY_WINDOW };
	nyx_note_task(domain->owner_comm);
	INIT_LIST_HEAD(&domain->devices);
	INIT_LIST_HEAD(&domain->units);
	init_rwsem(&domain->units_lock);
	INIT_WORK(&domain->undo_work, undo_work);
	if (nyx_domain_init_memory(domain, config)) {
		kfree(domain);
		return NULL;
	}
	return domain;
}

static void release(struct kref *ref)
{
	struct nyx_domain *domain = container_of(ref, struct nyx_domain, ref);

	nyx_domain_free_units(domain);
	nyx_domain_fini_memory(domain);
	atomic_long_add(atomic_long_read(&domain->leaked_pages), &leaked_pages);
	atomic_long_add(atomic_long_read(&domain->leaked_tables), &leaked_tables);
	kfree_rcu(domain, rcu);
}

void nyx_domain_put(struct nyx_domain *domain)
{
	if (domain)
		kref_put(&domain->ref, release);
}

struct nyx_domain *nyx_domain_get(u32 id)
{
	struct nyx_domain *domain;

	if (!id)
		return NULL;
	rcu_read_lock();
	domain = xa_load(&nyx_domains, id);
	if (domain && !kref_get_unless_zero(&domain->ref))
		domain = NULL;
	rcu_read_unlock();
	return domain;
}

struct nyx_domain *nyx_domain_get_by_name(const char *name)
{
	struct nyx_domain *domain;

	mutex_lock(&nyx_registry_lock);
	domain = find_name(name);
	if (domain)
		kref_get(&domain->ref);
	mutex_unlock(&nyx_registry_lock);
	return domain;
}

void nyx_domain_announce(struct nyx_domain *domain, const char *cause)
{
	struct nyx_event event = {
		.kind = NYX_EVENT_DOMAIN_STATE,
		.domain = domain,
		.cause = cause,
	};

	nyx_netlink_event(&event);
}

/* "domain<id>", or what comes next where somebody has chosen that for another domain. */
static void default_name(struct nyx_domain *domain)
{
	char name[NYX_DOMAIN_NAME_MAX];
	u32 i;

	snprintf(name, sizeof(name), "domain%u", domain->id);
	for (i = 2; find_name(name); i++)
		snprintf(name, sizeof(name), "domain%u-%u", domain->id, i);
	strscpy(domain->name, name, sizeof(domain->name));
}

/* Publish under the wanted id, or the lowest free one. */
static int publish(struct nyx_domain *domain, u32 id, struct nyx_why *why)
{
	int err;

	if (id) {
		domain->id = id;
		err = xa_insert(&nyx_domains, id, domain, GFP_KERNEL);
	} else {
		/* Reserve, so that nobody finds it before it knows its id. */
		err = xa_alloc(&nyx_domains, &domain->id, NULL,
			       XA_LIMIT(1, NYX_DOMAIN_ID_MAX), GFP_KERNEL);
		if (!err)
			err = xa_err(xa_store(&nyx_domains, domain->id, domain, GFP_KERNEL));
	}
	if (err == -EBUSY && id)
		return nyx_refuse(why, -EEXIST, NYX_ARG_DOMAIN,
				  "domain %u exists already; leave the id out to get a free one",
				  id);
	if (err == -EBUSY)
		return nyx_refuse(why, -ENOSPC, NYX_ARG_DOMAIN, "all %u domain ids are taken",
				  NYX_DOMAIN_ID_MAX);
	return err;
}

static int make_domain(const struct nyx_domain_params *params, struct nyx_domain **out,
		       struct nyx_why *why)
{
	struct nyx_pt_config config = {};
	struct nyx_domain *domain;
	int err;

	if (params->mode < NYX_DOMAIN_STRICT || params->mode > NYX_DOMAIN_UNMANAGED)
		return nyx_refuse(why, -EINVAL, NYX_ARG_MODE,
				  "no domain mode %d: use strict, shared or unmanaged",
				  params->mode);
	if (params->mode == NYX_DOMAIN_UNMANAGED) {
		err = nyx_locked_down(NYX_ARG_MODE, "an unmanaged domain lets devices reach all memory",
				      why);
		if (err)
			return err;
	}
	if (params->id > NYX_DOMAIN_ID_MAX)
		return nyx_refuse(why, -EINVAL, NYX_ARG_DOMAIN, "domain ids go from 1 to %u",
				  NYX_DOMAIN_ID_MAX);

	mutex_lock(&nyx_registry_lock);
	err = params->name[0] ? nyx_domain_check_name(params->name, why) : 0;
	if (err)
		goto unlock;
	err = nyx_domain_common_config(&config);
	if (err) {
		nyx_refuse(why, err, NYX_ARG_NONE, "every unit stopped answering; reboot the machine");
		goto unlock;
	}
	/* Only users of the IOMMU API can ask for no-snoop transfers to be kept coherent. */
	config.force_snoop &= params->external;
	domain = alloc_domain(params, &config);
	if (!domain) {
		err = -ENOMEM;
		goto unlock;
	}
	nyx_domain_collect_holes(domain);
	strscpy(domain->name, params->name, sizeof(domain->name));
	err = publish(domain, params->id, why);
	if (err)
		goto put;
	if (!domain->name[0])
		default_name(domain);

	kref_get(&domain->ref);
	strscpy(domain->state_cause, domain->mode == NYX_DOMAIN_UNMANAGED ?
		"unmanaged: no translation, no protection, its devices reach all memory" :
		"as it was made", sizeof(domain->state_cause));
	if (domain->mode == NYX_DOMAIN_UNMANAGED)
		pr_warn(NYX_NAME ": unmanaged domain %u (%s) made by %s: its devices will reach all memory\n",
			domain->id, domain->name, domain->owner_comm);
	nyx_domain_announce(domain, "created");
	mutex_unlock(&nyx_registry_lock);
	*out = domain;
	return 0;

put:
	nyx_domain_put(domain);
unlock:
	mutex_unlock(&nyx_registry_lock);
	return err;
}

int nyx_domain_new(const struct nyx_domain_params *params, struct nyx_domain **out,
		   struct nyx_why *why)
{
	int err = make_domain(params, out, why);

	if (params->mode == NYX_DOMAIN_UNMANAGED)
		nyx_trail_unmanaged(err ? NULL : *out, err);
	return err;
}

/* Takes the registry's reference over: unmap, unpin, free the id, tell. */
static void undo_work(struct work_struct *work)
{
	struct nyx_domain *domain = container_of(work, struct nyx_domain, undo_work);

	nyx_domain_unmap_all(domain);
	mutex_lock(&nyx_registry_lock);
	xa_erase(&nyx_domains, domain->id);
	nyx_domain_announce(domain, "deleted");
	mutex_unlock(&nyx_registry_lock);
	nyx_domain_put(domain);
	/* Taken by start_undo(): the undo runs in this module. */
	module_put(THIS_MODULE);
}

static void start_undo(struct nyx_domain *domain, const char *cause)
{
	struct nyx_device *device, *next;

	lockdep_assert_held(&nyx_registry_lock);
	mutex_lock(&domain->lock);
	domain->dying = true;
	mutex_unlock(&domain->lock);
	domain->state = NYX_DOMAIN_DELETED;
	strscpy(domain->state_cause, cause, sizeof(domain->state_cause));
	list_for_each_entry_safe(device, next, &domain->devices, domain_node) {
		nyx_device_leave_domain(device, cause);
		nyx_reset_queue(device);
	}
	__module_get(THIS_MODULE);
	queue_work(nyx_wq, &domain->undo_work);
}

int nyx_domain_del(struct nyx_domain *domain, bool force, struct nyx_why *why)
{
	int err = 0;

	mutex_lock(&nyx_registry_lock);
	if (domain->dying)
		err = nyx_refuse(why, -ENOENT, NYX_ARG_DOMAIN, "domain %u is being deleted already",
				 domain->id);
	else if (domain->external)
		err = nyx_refuse(why, -EBUSY, NYX_ARG_DOMAIN,
				 "domain %u is in use by %s through the kernel's IOMMU API; it goes when that is stopped",
				 domain->id, domain->owner_comm);
	else if (domain->nr_devices && !force)
		err = nyx_refuse(why, -EBUSY, NYX_ARG_DOMAIN,
				 "domain %u holds %u device(s), first %s; remove them or use 'force'",
				 domain->id, domain->nr_devices,
				 nyx_device_name(list_first_entry(&domain->devices,
								  struct nyx_device,
								  domain_node)));
	else
		start_undo(domain, "its domain was deleted");
	mutex_unlock(&nyx_registry_lock);
	return err;
}

void nyx_domain_del_external(struct nyx_domain *domain)
{
	mutex_lock(&nyx_registry_lock);
	start_undo(domain, "no longer used");
	mutex_unlock(&nyx_registry_lock);
}

int nyx_domain_for_each(u32 first_id, int (*fn)(struct nyx_domain *domain, void *arg), void *arg)
{
	struct nyx_domain *domain;
	unsigned long id;
	int err = 0;

	mutex_lock(&nyx_registry_lock);
	xa_for_each_start(&nyx_domains, id, domain, first_id) {
		err = fn(domain, arg);
		if (err)
			break;
	}
	mutex_unlock(&nyx_registry_lock);
	return err;
}

static void orphans_work(struct work_struct *work)
{
	struct nyx_domain *domain;
	unsigned long id;

	mutex_lock(&nyx_registry_lock);
	xa_for_each(&nyx_domains, id, domain)
		if (READ_ONCE(domain->orphaned) && !domain->dying)
			start_undo(domain, "the owner of its domain is gone");
	mutex_unlock(&nyx_registry_lock);
}

static DECLARE_WORK(orphans, orphans_work);

/*
 * Marked now, not by the job: the port id is free again when this returns, and the next
 * socket that gets it keeps what it makes.
 */
void nyx_domain_owner_gone(u32 portid)
{
	struct nyx_domain *domain;
	unsigned long id;
	bool found = false;

	if (!portid)
		return;
	rcu_read_lock();
	xa_for_each(&nyx_domains, id, domain) {
		if (domain->owner_portid != portid)
			continue;
		WRITE_ONCE(domain->orphaned, true);
		found = true;
	}
	rcu_read_unlock();
	if (found)
		queue_work(nyx_wq, &orphans);
}

void nyx_domains_stop(void)
{
	struct nyx_domain *domain;
	unsigned long id;

	lockdep_assert_held(&nyx_registry_lock);
	/*
	 * Empty ones: a mapping or a device holds the module. Only a map that was under
	 * way when the unload began may have left something.
	 */
	xa_for_each(&nyx_domains, id, domain) {
		nyx_domain_unmap_all(domain);
		xa_erase(&nyx_domains, id);
		nyx_domain_put(domain);
	}
}
