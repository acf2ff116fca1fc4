// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What users type: numbers, sizes, devices, rights, abbreviations.
 */
#include <string.h>

#include <linux/nyx_iommu.h>

#include "parse.h"
#include "tap.h"

#define UNTOUCHED	0xdeadbeefcafef00dULL

static void size_is(const char *text, uint64_t expected)
{
	uint64_t got = UNTOUCHED;

	ok(parse_size(text, &got) && got == expected, "size %s is %llu", text,
	   (unsigned long long)expected);
}

static void size_refused(const char *text)
{
	uint64_t got = UNTOUCHED;

	ok(!parse_size(text, &got) && got == UNTOUCHED, "size \"%s\" is refused", text);
}

static void test_sizes(void)
{
	size_is("0", 0);
	size_is("4096", 4096);
	size_is("010", 10);	/* never octal */
	size_is("0x1000", 0x1000);
	size_is("0XfF", 255);
	size_is("4K", 4096);
	size_is("4k", 4096);
	size_is("4KiB", 4096);
	size_is("4kb", 4096);
	size_is("2M", 2 << 20);
	size_is("0x2M", 2 << 20);
	size_is("3G", 3ULL << 30);
	size_is("16T", 16ULL << 40);
	size_is("16777215T", 16777215ULL << 40);
	size_is("18446744073709551615", UINT64_MAX);
	size_is("0xffffffffffffffff", UINT64_MAX);
	size_refused("");
	size_refused(" 1");
	size_refused("1 ");
	size_refused("-1");
	size_refused("+1");
	size_refused("K");
	size_refused("4X");
	size_refused("4KK");
	size_refused("4Kx");
	size_refused("0x");
	size_refused("0xg");
	size_refused("16777216T");
	size_refused("18446744073709551616");
	size_refused("0x10000000000000000");
	size_refused("1.5G");
}

static void test_numbers(void)
{
	uint64_t got = UNTOUCHED;
	uint32_t small = 7;

	ok(parse_number("12", &got) && got == 12, "number 12");
	ok(parse_number("0x0c", &got) && got == 12, "number 0x0c");
	got = UNTOUCHED;
	ok(!parse_number("4K", &got) && got == UNTOUCHED, "number 4K is refused");
	ok(!parse_number("", &got), "the empty number is refused");
	ok(!parse_number("foo", &got), "number foo is refused");
	ok(!parse_u32("4294967296", &small) && small == 7, "2^32 is refused where 32 bits are all");
	ok(parse_u32("0xffffffff", &small) && small == UINT32_MAX, "2^32 - 1 is not");
}

static void device_is(const char *text, uint32_t expected)
{
	uint32_t got = 0xdeadbeef;

	ok(parse_device(text, &got) && got == expected, "device %s is %#x", text, expected);
}

static void device_refused(const char *text)
{
	uint32_t got = 0xdeadbeef;

	ok(!parse_device(text, &got) && got == 0xdeadbeef, "device \"%s\" is refused", text);
}

static void test_devices(void)
{
	static const uint32_t ids[] = { 0, 0x0300, 0xffff, 0x12345678, 0xffffffff };
	char name[DEVICE_NAME];
	uint32_t back;
	size_t i;

	device_is("0000:03:00.0", 0x0300);
	device_is("03:00.0", 0x0300);
	device_is("3:0.0", 0x0300);
	device_is("0x0300", 0x0300);
	device_is("0x8", 0x0008);
	device_is("0001:ff:1f.7", 0x1ffff);
	device_is("abcd:EF:1e.3", 0xabcdeff3);
	device_refused("");
	device_refused("3");
	device_refused("0300");
	device_refused("00:20.0");
	device_refused("00:00.8");
	device_refused("00:00");
	device_refused("00:00.");
	device_refused("00:00.0x");
	device_refused("000:00.0");
	device_refused(":00:00.0");
	device_refused("00000:00:00.0");
	device_refused("0:0:0:0.0");
	device_refused("0x100000000");
	device_refused("0x");
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		ok(parse_device(format_device(ids[i], name), &back) && back == ids[i],
		   "%s is read back", name);
}

static void test_format_size(void)
{
	char text[32];

	ok(!strcmp(format_size(0, text, sizeof(text)), "0"), "0 is shown as 0");
	ok(!strcmp(format_size(4096, text, sizeof(text)), "4K"), "4096 is shown as 4K");
	ok(!strcmp(format_size(1536, text, sizeof(text)), "1536"), "1536 is shown as 1536");
	ok(!strcmp(format_size(2 << 20, text, sizeof(text)), "2M"), "2 MiB is shown as 2M");
	ok(!strcmp(format_size(3ULL << 30, text, sizeof(text)), "3G"), "3 GiB is shown as 3G");
	ok(!strcmp(format_size(1ULL << 63, text, sizeof(text)), "8388608T"), "2^63 stops at T");
}

static void test_prot(void)
{
	uint32_t prot = 99;

	ok(parse_prot("r", &prot) && prot == NYX_IOMMU_PROT_READ, "r");
	ok(parse_prot("W", &prot) && prot == NYX_IOMMU_PROT_WRITE, "W");
	ok(parse_prot("rw", &prot) && prot == (NYX_IOMMU_PROT_READ | NYX_IOMMU_PROT_WRITE), "rw");
	prot = 99;
	ok(!parse_prot("", &prot) && !parse_prot("x", &prot) && !parse_prot("rwx", &prot) &&
	   prot == 99, "no rights, x and rwx are refused");
}

static void test_match(void)
{
	static const char *const words[] = { "device", "domain", "dom", "status", NULL };

	ok(match_word("status", words) == 3, "a whole word");
	ok(match_word("s", words) == 3, "its first letter");
	ok(match_word("de", words) == 0, "enough letters");
	ok(match_word("d", words) == MATCH_MANY, "too few letters are ambiguous");
	ok(match_word("dom", words) == 2, "a whole word wins over a longer one");
	ok(match_word("devices", words) == MATCH_NONE, "too many letters are unknown");
	ok(match_word("", words) == MATCH_NONE, "nothing is unknown");
}

/* The words of a line, each ended by a bar, or the refusal. */
static void words_are(const char *line, const char *expected)
{
	char copy[128], got[160] = "", *words[4];
	int i, nr;

	snprintf(copy, sizeof(copy), "%s", line);
	nr = split_words(copy, words, 4);
	for (i = 0; i < nr; i++) {
		strcat(got, words[i]);
		strcat(got, "|");
	}
	if (nr < 0)
		strcpy(got, nr == SPLIT_MANY ? "many" : nr == SPLIT_QUOTE ? "quote" : "?");
	ok(!strcmp(got, expected), "the words of <%.*s> are %s", (int)strcspn(line, "\n"), line,
	   expected);
}

static void test_split(void)
{
	words_are("", "");
	words_are(" \t\r\n", "");
	words_are("# a comment", "");
	words_are("  # a comment", "");
	words_are("domain add 9\n", "domain|add|9|");
	words_are("domain\tadd  9 \r\n", "domain|add|9|");
	words_are("domain add # 9", "domain|add|");
	words_are("file a#b", "file|a#b|");
	words_are("file \"a b\"", "file|a b|");
	words_are("file 'a b'", "file|a b|");
	words_are("file a\" b \"c", "file|a b c|");
	words_are("file \"it's\" 'a \"b\"'", "file|it's|a \"b\"|");
	words_are("file a\\ b", "file|a b|");
	words_are("file \"a\\\"b\"", "file|a\"b|");
	words_are("file 'a\\b'", "file|a\\b|");
	words_are("file \\# \\'", "file|#|'|");
	words_are("file \"\" x", "file||x|");
	words_are("file '# no comment'", "file|# no comment|");
	words_are("a b c d", "a|b|c|d|");
	words_are("a b c d # e", "a|b|c|d|");
	words_are("a b c d e", "many");
	words_are("file \"a", "quote");
	words_are("file 'a\"", "quote");
	words_are("file a\\", "file|a\\|");
}

int main(void)
{
	test_split();
	test_numbers();
	test_sizes();
	test_devices();
	test_format_size();
	test_prot();
	test_match();
	return done();
}
