/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Exports in the core's tests, and the domains that the kernel's IOMMU API makes for them.
 */
#ifndef NYX_TEST_CORE_EXPORT_H
#define NYX_TEST_CORE_EXPORT_H

#include "core_fixture.h"

static inline void core_export(struct kunit *test, struct nyx_export *export,
			       struct nyx_device *device)
{
	struct nyx_why why = {};

	KUNIT_ASSERT_EQ_MSG(test, nyx_export_begin(export, device, &why), 0, "%s", why.text);
	nyx_export_unlock(export);
}

static inline void core_unexport(struct kunit *test, struct nyx_export *export,
				 struct nyx_device *device)
{
	struct nyx_export *closed = NULL;
	struct nyx_why why = {};

	KUNIT_ASSERT_EQ_MSG(test, nyx_export_close(device, &closed, &why), 0, "%s", why.text);
	KUNIT_EXPECT_PTR_EQ(test, closed, export);
	nyx_export_end(export);
}

/* A domain that VFIO would have made. */
static inline struct nyx_domain *core_external(struct kunit *test)
{
	const struct nyx_domain_params params = { .mode = NYX_DOMAIN_SHARED, .external = true };
	struct nyx_domain *domain = NULL;

	KUNIT_ASSERT_EQ(test, nyx_domain_new(&params, &domain, NULL), 0);
	core_clear_log();
	return domain;
}

static inline void core_external_gone(struct nyx_domain *domain)
{
	nyx_domain_del_external(domain);
	nyx_domain_put(domain);
	core_settle();
}

/* As many faults as the threshold has. */
static inline void core_fence(struct core_unit *unit, struct nyx_device *device)
{
	const struct nyx_fault_event event = { .rid = device->rid, .kind = NYX_FAULT_WRITE };
	int i;

	for (i = 0; i < NYX_POLICY_THRESHOLD; i++)
		nyx_fault_record(&unit->unit, &event);
	core_settle();
}

#endif
