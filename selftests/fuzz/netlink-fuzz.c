// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target of the netlink front's reading of messages: any bytes as the attributes of
 * a request. The first byte of an input says whether it maps (or binds: bit 0), and whether it
 * is about vectors rather than ranges (bit 1).
 *
 * Built without NYX_LIBFUZZER it runs the FILEs it is given, or with --seeds DIR writes
 * messages to begin with.
 */
#include <stdarg.h>

#include "netlink_parse.h"

#define INPUT_MAX	8192
#define HEADERS		(NLMSG_HDRLEN + GENL_HDRLEN)
#define TOP_MAX		(ARRAY_SIZE(nyx_iommu_nl_policy) - 1)

/* libFuzzer's own name and form. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void check(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "netlink-fuzz: broken promise: %s\n", what);
		abort();
	}
}

int nyx_nl_refuse(struct netlink_ext_ack *extack, int err, const struct nlattr *attr,
		  const char *fmt, ...)
{
	static char text[240];
	va_list args;

	va_start(args, fmt);
	check(vsnprintf(text, sizeof(text), fmt, args) < (int)sizeof(text), "a refusal's text fits");
	va_end(args);
	extack->_msg = text;
	extack->bad_attr = attr;
	return err;
}

/* A refusal has a negative errno and a text, and points into the message or nowhere. */
static void check_refusal(const struct nlmsghdr *nlh, const struct netlink_ext_ack *extack, int err)
{
	const char *at = (const char *)extack->bad_attr;

	check(err < 0 && err > -4096, "a refusal is an errno");
	check(extack->_msg && extack->_msg[0], "a refusal has a text");
	check(!at || (at >= (const char *)nlh + HEADERS && at < (const char *)nlh + nlh->nlmsg_len),
	      "the attribute at fault is in the message");
}

static void check_range(const struct nlattr *nest, bool map, const struct nyx_nl_range *range)
{
	const struct nlattr *inner;
	int rem;

	/* Which of the types it takes is the core's to say: see kernel/ranges.c. */
	check(!(range->prot & ~3U) && range->type >= NYX_IOMMU_MAPPING_TYPE_USER &&
	      range->type <= NYX_IOMMU_MAPPING_TYPE_EXTERNAL, "prot and type are known");
	/* Of an attribute given twice the last one counts, as everywhere in netlink. */
	nla_for_each_nested(inner, nest, rem) {
		int left = rem;
		const struct nlattr *next = nla_next(inner, &left);
		bool last = true;

		for (; nla_ok(next, left); next = nla_next(next, &left))
			last &= nla_type(next) != nla_type(inner);
		if (!last)
			continue;
		switch (nla_type(inner)) {
		case NYX_IOMMU_A_RANGE_IOVA:
			check(range->iova == nla_get_u64(inner), "iova is the message's");
			break;
		case NYX_IOMMU_A_RANGE_LENGTH:
			check(range->length == nla_get_u64(inner), "length is the message's");
			break;
		case NYX_IOMMU_A_RANGE_ADDRESS:
			check(map && range->address == nla_get_u64(inner), "address is the message's");
			break;
		case NYX_IOMMU_A_RANGE_PROT:
			check(map && range->prot == nla_get_u32(inner), "prot is the message's");
			break;
		}
	}
}

static void run_vectors(struct genl_info *info, struct nlmsghdr *nlh, bool bind)
{
	u32 *indexes, *fds;
	int nr, err;

	nr = nyx_nl_count_vectors(info, bind);
	if (nr < 0) {
		check_refusal(nlh, info->extack, nr);
		return;
	}
	check(nr <= NYX_IOMMU_VECTORS_MAX && (nr || !bind), "as many vectors as may be");
	/* Of their own size, as above. */
	indexes = malloc(nr * sizeof(*indexes) + !nr);
	fds = malloc(nr * sizeof(*fds) + !nr);
	if (!indexes || !fds)
		abort();
	err = nyx_nl_parse_vectors(info, bind, indexes, fds);
	if (err)
		check_refusal(nlh, info->extack, err);
	free(indexes);
	free(fds);
}

static void run_message(struct nlmsghdr *nlh, bool map, bool vectors)
{
	struct nlattr *attrs[TOP_MAX + 1];
	struct netlink_ext_ack extack = { 0 };
	struct genl_info info = { .nlhdr = nlh, .attrs = attrs, .extack = &extack };
	u64 takes = vectors ? BIT_ULL(NYX_IOMMU_A_DEVICE) | BIT_ULL(NYX_IOMMU_A_VECTOR) |
			      BIT_ULL(NYX_IOMMU_A_OWNED) | BIT_ULL(NYX_IOMMU_A_CPUS) :
		    BIT_ULL(NYX_IOMMU_A_DOMAIN_ID) | BIT_ULL(NYX_IOMMU_A_DOMAIN_NAME) |
		    BIT_ULL(NYX_IOMMU_A_RANGE);
	struct nyx_nl_range range;
	int i, nr, type, err;

	err = shim_parse(attrs, TOP_MAX, (struct nlattr *)((char *)nlh + HEADERS),
			 nlh->nlmsg_len - HEADERS, nyx_iommu_nl_policy, &extack);
	if (!err)
		err = nyx_nl_only(attrs, &extack, takes);
	if (err) {
		check_refusal(nlh, &extack, err);
		return;
	}
	if (vectors) {
		run_vectors(&info, nlh, map);
		return;
	}
	nr = nyx_nl_count_ranges(&info);
	if (nr < 0) {
		check_refusal(nlh, &extack, nr);
		return;
	}
	check(nr >= 1 && nr <= NYX_IOMMU_RANGES_MAX, "1 to 64 ranges");
	check(!nyx_nl_range_nest(&info, nr), "there is no range after the last");
	for (i = 0; i < nr; i++) {
		const struct nlattr *nest = nyx_nl_range_nest(&info, i);

		check(nest, "each range that was counted is there");
		err = nyx_nl_parse_range(&info, nest, map, &range);
		if (err) {
			check_refusal(nlh, &extack, err);
			return;
		}
		check_range(nest, map, &range);
		for (type = 1; type <= NYX_IOMMU_A_RANGE_MAX; type++) {
			const struct nlattr *at = nyx_nl_range_attr(&info, i, type);

			check(at == nest || nla_type(at) == type, "an attribute is found, or its range");
		}
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct nlmsghdr *nlh;

	if (!size || size > INPUT_MAX)
		return 0;
	/* Of its own size, so that a byte too far is seen. */
	nlh = calloc(1, HEADERS + size - 1);
	if (!nlh)
		abort();
	nlh->nlmsg_len = HEADERS + size - 1;
	memcpy((char *)nlh + HEADERS, data + 1, size - 1);
	run_message(nlh, data[0] & 1, data[0] & 2);
	free(nlh);
	return 0;
}

#ifndef NYX_LIBFUZZER

static u8 input[INPUT_MAX];
static size_t input_len;

static struct nlattr *put(int type, const void *data, size_t len)
{
	struct nlattr *nla = (struct nlattr *)(input + input_len);

	nla->nla_type = type;
	nla->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy(nla_data(nla), data, len);
	input_len += NLA_ALIGN(nla->nla_len);
	return nla;
}

static void put_range(u64 iova, bool map)
{
	struct nlattr *nest = put(NYX_IOMMU_A_RANGE | NLA_F_NESTED, NULL, 0);
	u64 length = 4096;
	u32 prot = 3, type = 1;

	put(NYX_IOMMU_A_RANGE_IOVA, &iova, 8);
	put(NYX_IOMMU_A_RANGE_LENGTH, &length, 8);
	if (map) {
		put(NYX_IOMMU_A_RANGE_ADDRESS, &iova, 8);
		put(NYX_IOMMU_A_RANGE_PROT, &prot, 4);
		put(NYX_IOMMU_A_RANGE_TYPE, &type, 4);
		put(NYX_IOMMU_A_RANGE_TAG, &length, 8);
	}
	nest->nla_len = input + input_len - (u8 *)nest;
}

static void put_vector(u32 index, bool bind)
{
	struct nlattr *nest = put(NYX_IOMMU_A_VECTOR | NLA_F_NESTED, NULL, 0);

	put(NYX_IOMMU_A_VECTOR_INDEX, &index, 4);
	if (bind)
		put(NYX_IOMMU_A_VECTOR_FD, &index, 4);
	nest->nla_len = input + input_len - (u8 *)nest;
}

static int write_input(const char *dir, const char *name, int first)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (!f || fputc(first, f) == EOF || fwrite(input, 1, input_len, f) != input_len || fclose(f)) {
		perror(path);
		return 1;
	}
	return 0;
}

static int write_vectors(const char *dir, const char *name, int vectors, bool bind)
{
	u32 device = 0x20;
	int i;

	input_len = 0;
	put(NYX_IOMMU_A_DEVICE, &device, 4);
	for (i = 0; i < vectors; i++)
		put_vector(i, bind);
	return write_input(dir, name, 2 | bind);
}

static int write_seed(const char *dir, const char *name, int ranges, bool map, bool by_name)
{
	u32 id = 7;
	int i;

	/* The byte before the attributes would misalign them: it is written by itself. */
	input_len = 0;
	put(by_name ? NYX_IOMMU_A_DOMAIN_NAME : NYX_IOMMU_A_DOMAIN_ID,
	    by_name ? (const void *)"vm" : &id, by_name ? 3 : 4);
	for (i = 0; i < ranges; i++)
		put_range(0x100000 + i * 0x1000, map);
	return write_input(dir, name, map);
}

int main(int argc, char **argv)
{
	int i;

	if (argc == 3 && !strcmp(argv[1], "--seeds"))
		return write_seed(argv[2], "map", 1, true, false) |
		       write_seed(argv[2], "map-two", 2, true, true) |
		       write_seed(argv[2], "map-full", 64, true, false) |
		       write_seed(argv[2], "map-too-many", 65, true, false) |
		       write_seed(argv[2], "unmap", 1, false, false) |
		       write_seed(argv[2], "unmap-two", 2, false, true) |
		       write_vectors(argv[2], "bind", 1, true) |
		       write_vectors(argv[2], "bind-many", 200, true) |
		       write_vectors(argv[2], "unbind-all", 0, false) |
		       write_vectors(argv[2], "unbind-two", 2, false);
	for (i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");

		if (!f) {
			perror(argv[i]);
			return 1;
		}
		input_len = fread(input, 1, sizeof(input), f);
		fclose(f);
		LLVMFuzzerTestOneInput(input, input_len);
	}
	return 0;
}

#endif
