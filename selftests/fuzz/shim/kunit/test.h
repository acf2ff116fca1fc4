/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Enough of KUnit to run the ACPI suites in userspace, where ASan and UBSan watch them.
 * The authority is the run in the kernel; this one is fast and needs none.
 */
#ifndef NYX_FUZZ_SHIM_KUNIT_H
#define NYX_FUZZ_SHIM_KUNIT_H

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user_types.h"

#define GFP_KERNEL			0
#define ARRAY_SIZE(a)			(sizeof(a) / sizeof((a)[0]))

static inline void *kmalloc(size_t size, int gfp)
{
	(void)gfp;
	return malloc(size);
}

static inline void *kcalloc(size_t count, size_t size, int gfp)
{
	(void)gfp;
	return calloc(count, size);
}

static inline void kfree(void *p)
{
	free(p);
}

struct kunit {
	int failures;
	jmp_buf give_up;
	void *allocated[16];
	unsigned int nr_allocated;
};

struct kunit_case {
	void (*run)(struct kunit *test);
	const char *name;
};

struct kunit_suite {
	const char *name;
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(function)		{ .run = function, .name = #function }

/* One test program links several files with a suite each: they register themselves. */
void shim_add_suite(struct kunit_suite *suite);
#define kunit_test_suites(suite)					\
	static void __attribute__((constructor)) shim_register(void)	\
	{ shim_add_suite(suite); }

void *kunit_kzalloc(struct kunit *test, size_t size, int gfp);

void shim_failed(struct kunit *test, bool fatal, const char *file, int line, const char *what);

#define SHIM_CHECK(test, fatal, good, what, ...) do {			\
	if (!(good)) {							\
		shim_failed(test, fatal, __FILE__, __LINE__, what);	\
		__VA_ARGS__						\
	}								\
} while (0)

#define KUNIT_EXPECT_EQ(t, a, b)	SHIM_CHECK(t, false, (a) == (b), #a " == " #b)
#define KUNIT_EXPECT_LE(t, a, b)	SHIM_CHECK(t, false, (a) <= (b), #a " <= " #b)
#define KUNIT_EXPECT_NOT_NULL(t, p)	SHIM_CHECK(t, false, (p), #p)
#define KUNIT_EXPECT_STREQ(t, a, b)	SHIM_CHECK(t, false, !strcmp(a, b), #a " is " #b)
#define KUNIT_EXPECT_EQ_MSG(t, a, b, ...) \
	SHIM_CHECK(t, false, (a) == (b), #a " == " #b, printf("    # " __VA_ARGS__); puts("");)
#define KUNIT_EXPECT_LE_MSG(t, a, b, ...) \
	SHIM_CHECK(t, false, (a) <= (b), #a " <= " #b, printf("    # " __VA_ARGS__); puts("");)
#define KUNIT_EXPECT_STREQ_MSG(t, a, b, ...) \
	SHIM_CHECK(t, false, !strcmp(a, b), #a " is " #b, printf("    # " __VA_ARGS__); puts("");)
#define KUNIT_ASSERT_EQ(t, a, b)	SHIM_CHECK(t, true, (a) == (b), #a " == " #b)
#define KUNIT_ASSERT_NOT_NULL(t, p)	SHIM_CHECK(t, true, (p), #p)

#endif
