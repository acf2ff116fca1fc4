// SPDX-License-Identifier: GPL-2.0
/*
 * Mutation fuzzer of the ACPI parsers: tables of the unit tests' builder, changed at
 * random but reproducibly, their checksum made right so that the parsers look inside.
 *
 *   acpi-fuzz [--seed N] [--runs N] [--seconds N] [FILE...]
 *   acpi-fuzz --seeds DIR      write the builder's tables there, for libFuzzer to begin with
 *
 * With FILEs it runs those inputs only (a crash that was saved, say). On a crash the
 * input is written to ./acpi-fuzz.crash. LLVMFuzzerTestOneInput is the same target for
 * libFuzzer: build with -DNYX_LIBFUZZER and clang's -fsanitize=fuzzer.
 */
#include <kunit/test.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "../../kernel/tests/acpi_build.h"
#include "acpi_raw.h"

#define INPUT_MAX	8192

/* libFuzzer's own name and form. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* What must hold of every description that a parser gives out. */
static void check(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "acpi-fuzz: broken promise: %s\n", what);
		abort();
	}
}

static void check_slice(const struct nyx_acpi_desc *desc, const struct nyx_acpi_scopes *slice,
			u32 *next)
{
	/* Units are in the table's order, and regions are: so are their slices. */
	check(slice->first >= *next, "slices do not overlap");
	check(slice->first + slice->count <= desc->nr_scopes, "slice is within the scopes");
	*next = slice->first + slice->count;
}

static void check_desc(const struct nyx_acpi_desc *desc, u32 len)
{
	u32 i, units_next = 0, reserved_next = 0, lists_next = 0;

	check(desc->nr_units, "there is a unit");
	for (i = 0; i < desc->nr_units; i++) {
		const struct nyx_acpi_unit *unit = &desc->units[i];

		check(unit->offset >= 48 && unit->offset < len, "unit's offset is in the table");
		check(unit->reg_base && !(unit->reg_base & 0xfff) && !(unit->reg_base >> 52),
		      "registers are at a possible address");
		check_slice(desc, &unit->scopes, &units_next);
	}
	for (i = 0; i < desc->nr_reserved; i++) {
		const struct nyx_acpi_reserved *r = &desc->reserved[i];

		check(r->base < r->last, "region is not empty");
		check(!(r->base & 0xfff) && (r->last & 0xfff) == 0xfff, "region is whole pages");
		check_slice(desc, &r->scopes, &reserved_next);
	}
	for (i = 0; i < desc->nr_lists; i++) {
		check(desc->lists[i].offset >= 48 && desc->lists[i].offset < len,
		      "list's offset is in the table");
		check_slice(desc, &desc->lists[i].scopes, &lists_next);
	}
	for (i = 0; i < desc->nr_names; i++)
		check(desc->names[i].len && desc->names[i].offset + 8 + desc->names[i].len < len,
		      "name is in the table, and so is its NUL");
	for (i = 0; i < desc->nr_scopes; i++) {
		const struct nyx_acpi_scope *s = &desc->scopes[i];

		check(s->offset >= 48 && s->offset < len, "scope's offset is in the table");
		check(s->path_len <= NYX_ACPI_PATH_MAX, "path fits");
		check(s->rid_first <= s->rid_last, "requester ids are in order");
		check(memchr(s->hid, 0, sizeof(s->hid)) && memchr(s->cid, 0, sizeof(s->cid)),
		      "names are terminated");
		check(s->kind != NYX_SCOPE_ACPI_NAME || desc->table == NYX_ACPI_DMAR ||
		      s->offset + 22 + s->uid_len <= len, "UID is in the table");
		check(s->uid_form != NYX_UID_STRING || s->uid_len, "a UID of text is not empty");
	}
	for (i = 0; i < desc->nr_notes; i++)
		check(desc->notes[i].offset < len && desc->notes[i].text, "note is complete");
}

static bool run_parser(acpi_parse_fn parse, const u8 *data, size_t size)
{
	struct nyx_acpi_desc desc;
	struct nyx_acpi_error err;
	int ret = acpi_read(parse, data, size, &desc, &err);

	if (ret) {
		check(ret == -EINVAL, "a refusal is -EINVAL");
		check(err.text && err.text[0] && err.offset <= size,
		      "a refusal has place and text");
		return false;
	}
	check_desc(&desc, size);
	acpi_free(&desc);
	return true;
}

static void run_madt(const u8 *data, size_t size)
{
	struct nyx_acpi_ioapics ioapics;
	struct nyx_acpi_error err;
	u32 id, nr = 0;
	int ret = nyx_madt_parse(data, size, &ioapics, &err);

	check(!ret || ret == -EINVAL, "a refusal is -EINVAL");
	check(!ret || (err.text && err.text[0] && err.offset <= size),
	      "a refusal has place and text");
	for (id = 0; id < 256; id++)
		nr += ioapics.listed[id];
	check(nr == (ret ? 0 : ioapics.nr) && nr * 12 <= size, "IO-APICs are counted");
}

/* What nyxctl acpi shows of the same bytes: each item and field is in the table. */
static void run_raw(const u8 *data, size_t size)
{
	struct acpi_items items;
	char name[5];
	size_t i;
	u32 j;

	if (!acpi_signature(data, size, name))
		return;
	acpi_decode(data, size, &items);
	for (i = 0; i < items.nr; i++) {
		const struct acpi_item *item = &items.items[i];

		check(item->offset + (size_t)item->length <= size, "item is in the table");
		check(item->kind && item->kind[0], "item has a name");
		for (j = 0; j < item->nr_fields; j++) {
			const struct acpi_field *field = &item->fields[j];

			check(field->offset >= item->offset && field->length &&
			      field->offset + field->length <= item->offset + item->length,
			      "field is in its item");
			check(memchr(field->text, 0, sizeof(field->text)), "text is terminated");
		}
	}
	free(items.items);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static u8 fixed[INPUT_MAX];
	bool accepted;

	if (size > sizeof(fixed))
		return 0;
	run_raw(data, size);
	accepted = run_parser(nyx_dmar_parse, data, size);
	accepted |= run_parser(nyx_ivrs_parse, data, size);
	run_madt(data, size);

	/* The same bytes with a header that cannot be the reason to refuse them. */
	if (!accepted && size >= 48) {
		memcpy(fixed, data, size);
		fixed[4] = size;
		fixed[5] = size >> 8;
		fixed[6] = 0;
		fixed[7] = 0;
		memcpy(fixed, "DMAR", 4);
		acpi_checksum(fixed, size);
		run_parser(nyx_dmar_parse, fixed, size);
		memcpy(fixed, "IVRS", 4);
		acpi_checksum(fixed, size);
		run_parser(nyx_ivrs_parse, fixed, size);
		memcpy(fixed, "APIC", 4);
		acpi_checksum(fixed, size);
		run_madt(fixed, size);
	}
	return 0;
}

#ifndef NYX_LIBFUZZER

static u8 input[INPUT_MAX];
static size_t input_len;
static u64 state;

/* xorshift64*: the same sequence everywhere. */
static u32 any(u32 below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (u32)((state * 0x2545f4914f6cdd1dULL) >> 32) % below;
}

static void (*const seeds[])(struct acpi_build *b) = {
	dmar_qemu, dmar_server, ivrs_qemu, ivrs_server, madt_qemu, madt_server,
};

static int write_seeds(const char *dir)
{
	static struct acpi_build b;
	char path[512];
	size_t i;
	FILE *f;

	for (i = 0; i < ARRAY_SIZE(seeds); i++) {
		seeds[i](&b);
		snprintf(path, sizeof(path), "%s/table-%zu", dir, i);
		f = fopen(path, "wb");
		if (!f || fwrite(b.data, 1, b.len, f) != b.len || fclose(f)) {
			perror(path);
			return 1;
		}
	}
	return 0;
}

static void seed_input(void)
{
	static struct acpi_build b;

	seeds[any(ARRAY_SIZE(seeds))](&b);
	memcpy(input, b.data, b.len);
	input_len = b.len;
}

static void mutate(void)
{
	static const u8 telling[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 24, 32, 40, 0x10, 0x11,
				      0x20, 0x21, 0x22, 0x42, 0x43, 0x46, 0x47, 0x48, 0x7f, 0x80,
				      0xf0, 0xff };
	u32 at = any(input_len), n, to;

	switch (any(6)) {
	case 0:
		input[at] ^= 1 << any(8);
		break;
	case 1:
		input[at] = telling[any(ARRAY_SIZE(telling))];
		break;
	case 2:
		input[at] = any(256);
		break;
	case 3:		/* a piece once more, elsewhere */
		n = 1 + any(64);
		to = any(input_len);
		if (at + n <= input_len && to + n <= input_len)
			memmove(input + to, input + at, n);
		break;
	case 4:		/* a piece out */
		n = 1 + any(24);
		if (at + n < input_len && input_len - n >= 48) {
			memmove(input + at, input + at + n, input_len - at - n);
			input_len -= n;
		}
		break;
	default:	/* a piece doubled in place: more structures */
		n = 1 + any(256);
		if (at + n <= input_len && input_len + n <= sizeof(input)) {
			memmove(input + at + n, input + at, input_len - at);
			input_len += n;
		}
		break;
	}
}

/* The guilty input is still in place when a sanitizer or abort() ends the process. */
static void save_crash(void)
{
	int fd = open("acpi-fuzz.crash", O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, input, input_len) != (ssize_t)input_len)
		return;
	close(fd);
}

void __asan_on_error(void);
void __asan_on_error(void)
{
	save_crash();
}

static void on_abort(int number)
{
	save_crash();
	signal(number, SIG_DFL);
	raise(number);
}

static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");

	if (!f) {
		perror(path);
		return 1;
	}
	input_len = fread(input, 1, sizeof(input), f);
	fclose(f);
	LLVMFuzzerTestOneInput(input, input_len);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long seed = 1, runs = 0, seconds = 0, done = 0;
	time_t start = time(NULL);
	int i, failed = 0;

	if (argc == 3 && !strcmp(argv[1], "--seeds"))
		return write_seeds(argv[2]);
	signal(SIGABRT, on_abort);
	for (i = 1; i + 1 < argc && !strncmp(argv[i], "--", 2); i += 2) {
		unsigned long value = strtoul(argv[i + 1], NULL, 0);

		if (!strcmp(argv[i], "--seed"))
			seed = value;
		else if (!strcmp(argv[i], "--runs"))
			runs = value;
		else if (!strcmp(argv[i], "--seconds"))
			seconds = value;
		else
			break;
	}
	if (i < argc && argv[i][0] == '-') {
		fprintf(stderr, "usage: acpi-fuzz [--seed N] [--runs N] [--seconds N] [FILE...]\n");
		return 2;
	}
	for (; i < argc; i++) {
		failed |= run_file(argv[i]);
		done++;
		runs = done;
	}
	if (!runs && !seconds)
		runs = 100000;
	state = seed * 0x9e3779b97f4a7c15ULL + 1;
	while ((!runs || done < runs) && (!seconds || time(NULL) - start < (time_t)seconds)) {
		u32 changes = 1 + any(8);

		seed_input();
		while (changes--)
			mutate();
		LLVMFuzzerTestOneInput(input, input_len);
		done++;
	}
	printf("acpi-fuzz: %lu inputs, seed %lu, no crash\n", done, seed);
	return failed;
}

#endif
