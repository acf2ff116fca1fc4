// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the ACPI parsers' KUnit suites in userspace: TAP out, non-zero on failure.
 */
#include <kunit/test.h>

#define SUITES_MAX	8

static struct kunit_suite *suites[SUITES_MAX];
static unsigned int nr_suites;

void shim_add_suite(struct kunit_suite *suite)
{
	if (nr_suites == SUITES_MAX)
		abort();
	suites[nr_suites++] = suite;
}

void *kunit_kzalloc(struct kunit *test, size_t size, int gfp)
{
	void *p = calloc(1, size);

	(void)gfp;
	if (!p || test->nr_allocated == ARRAY_SIZE(test->allocated))
		abort();
	test->allocated[test->nr_allocated++] = p;
	return p;
}

void shim_failed(struct kunit *test, bool fatal, const char *file, int line, const char *what)
{
	test->failures++;
	printf("    # %s:%d: expected %s\n", file, line, what);
	if (fatal)
		longjmp(test->give_up, 1);
}

static bool run_case(const struct kunit_case *c)
{
	struct kunit test = { 0 };

	if (!setjmp(test.give_up))
		c->run(&test);
	while (test.nr_allocated)
		free(test.allocated[--test.nr_allocated]);
	return !test.failures;
}

int main(void)
{
	unsigned int i, number = 0, failed = 0;
	struct kunit_case *c;

	printf("TAP version 13\n");
	for (i = 0; i < nr_suites; i++) {
		for (c = suites[i]->test_cases; c->run; c++) {
			bool ok = run_case(c);

			failed += !ok;
			printf("%s %u - %s.%s\n", ok ? "ok" : "not ok", ++number,
			       suites[i]->name, c->name);
			fflush(stdout);
		}
	}
	printf("1..%u\n", number);
	return failed || !number;
}
