// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines of a file of rules about functions that arrive.
 */
#include <string.h>

#include "arrival_file.h"
#include "tap.h"

static int parse(const char *text, struct nyx_arrival_rule *rule, char why[160])
{
	char line[256];

	snprintf(line, sizeof(line), "%s", text);
	why[0] = '\0';
	return parse_rule(line, rule, why, 160);
}

static void good(const char *text, const struct nyx_arrival_rule *want)
{
	struct nyx_arrival_rule got;
	char why[160];
	int err = parse(text, &got, why);

	ok(!err && got.has_device == want->has_device && got.device == want->device &&
	   got.has_pci_id == want->has_pci_id && got.vendor == want->vendor &&
	   got.product == want->product && got.has_below == want->has_below &&
	   got.below == want->below && got.action == want->action &&
	   !strcmp(got.domain, want->domain), "\"%s\" %s", text, why);
}

static void bad(const char *text, const char *what)
{
	struct nyx_arrival_rule got;
	char why[160];
	int err = parse(text, &got, why);

	ok(err == -1 && strstr(why, what), "\"%s\" is refused: %s", text, why);
}

static void empty(const char *text)
{
	struct nyx_arrival_rule got;
	char why[160];

	ok(parse(text, &got, why) == RULE_EMPTY, "\"%s\" is no rule", text);
}

int main(void)
{
	good("device 0000:03:00.0 domain guests\n", &(struct nyx_arrival_rule) {
		.has_device = true, .device = 0x300, .action = NYX_IOMMU_ARRIVAL_ACTION_DOMAIN,
		.domain = "guests" });
	good("id 8086:10D3 hold", &(struct nyx_arrival_rule) {
		.has_pci_id = true, .vendor = 0x8086, .product = 0x10d3,
		.action = NYX_IOMMU_ARRIVAL_ACTION_HOLD });
	good("\t below 0001:00:1c.0   id 1:2 host # the rest", &(struct nyx_arrival_rule) {
		.has_below = true, .below = 0x100e0, .has_pci_id = true, .vendor = 1, .product = 2,
		.action = NYX_IOMMU_ARRIVAL_ACTION_HOST });
	good("any domain 'a b'", &(struct nyx_arrival_rule) {
		.action = NYX_IOMMU_ARRIVAL_ACTION_DOMAIN, .domain = "a b" });
	good("any domain host", &(struct nyx_arrival_rule) {
		.action = NYX_IOMMU_ARRIVAL_ACTION_DOMAIN, .domain = "host" });
	good("any domain 1234567890123456789012345678901", &(struct nyx_arrival_rule) {
		.action = NYX_IOMMU_ARRIVAL_ACTION_DOMAIN,
		.domain = "1234567890123456789012345678901" });
	empty("");
	empty("\n");
	empty("  # device 0000:03:00.0 host");
	bad("host", "what it is for is missing");
	bad("any", "what it gets is missing");
	bad("device 0000:03:00.0", "what it gets is missing");
	bad("device", "nothing behind");
	bad("device 03 host", "no device");
	bad("device 03:00.0 device 03:00.1 host", "twice");
	bad("below 03:00.0 below 03:00.1 host", "twice");
	bad("id 1:2 id 1:3 host", "twice");
	bad("below x host", "no bridge");
	bad("id 8086 host", "no id");
	bad("id 8086: host", "no id");
	bad("id 80861:1 host", "no id");
	bad("id -1:1 host", "no id");
	bad("id 8086:10d3x host", "no id");
	bad("id 8086:10d3:1 host", "no id");
	bad("any id 1:2 host", "leave the rest out");
	bad("any domain", "name is missing");
	bad("any domain ''", "1 to 31");
	bad("any domain 12345678901234567890123456789012", "1 to 31");
	bad("any hold now", "too much: \"now\"");
	bad("any domain a b", "too much: \"b\"");
	bad("any drop", "\"drop\" is none of");
	bad("any domain 'a", "quote");
	bad("a b c d e f g h i j k l m n o p q", "more than 16");
	return done();
}
