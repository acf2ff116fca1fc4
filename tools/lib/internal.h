/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What libnyx's files share: one request and its answers.
 */
#ifndef LIBNYX_INTERNAL_H
#define LIBNYX_INTERNAL_H

#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "libnyx.h"
#include "libnyx_why.h"

#define EXPORT __attribute__((visibility("default")))

#define NYX_ERROR_MAX	512

struct nyx {
	struct nl_sock *socket;
	int family;
	bool interrupted;
	char error[NYX_ERROR_MAX];
};

/* Called for each answer, with its attributes. 0 or a negative errno. */
typedef int (*nyx_parse_fn)(struct nlattr **attrs, void *out);

/* ---- request.c ---- */

/* Note why, and return err. */
__attribute__((format(printf, 3, 4)))
int nyx_fail(struct nyx *nyx, int err, const char *format, ...);
/* Free msg, which may be NULL, note that there is no memory, and return -ENOMEM. */
int nyx_no_memory(struct nyx *nyx, struct nl_msg *msg);
int nyx_connect(struct nyx *nyx, struct nl_sock **socket);

/* A request to fill; NULL when out of memory. flags: NLM_F_DUMP or 0. */
struct nl_msg *nyx_request(struct nyx *nyx, int command, int flags);
/* Send it, free it, and give every answer to parse (which may be NULL). -ENOMEM: msg is NULL. */
int nyx_send(struct nyx *nyx, struct nl_msg *msg, nyx_parse_fn parse, void *out);
/*
 * Send a dump and parse each answer into an element of a new array. The
 * request is made by fill anew for each try. fill may be NULL.
 */
int nyx_dump(struct nyx *nyx, int command, int (*fill)(struct nl_msg *msg, const void *arg),
	     const void *arg, nyx_parse_fn parse, size_t size, void **list, size_t *nr);
/* A fill: arg is the id of the device that it is about; NULL: of all. */
int nyx_fill_device(struct nl_msg *msg, const void *arg);

/* ---- parse.c: attributes to structs; what is absent is 0 ---- */

int nyx_parse_status(struct nlattr **attrs, void *out);
int nyx_parse_holder(struct nlattr **attrs, void *out);
int nyx_parse_unit(struct nlattr **attrs, void *out);
int nyx_parse_device(struct nlattr **attrs, void *out);
int nyx_parse_domain(struct nlattr **attrs, void *out);
int nyx_parse_mapping(struct nlattr **attrs, void *out);
int nyx_parse_translation(struct nlattr **attrs, void *out);
int nyx_parse_walk(struct nlattr **attrs, void *out);
int nyx_parse_fault_counts(struct nlattr **attrs, void *out);
int nyx_parse_fault(struct nlattr **attrs, void *out);
int nyx_parse_why(struct nlattr **attrs, void *out);
int nyx_parse_irq_info(struct nlattr **attrs, void *out);
int nyx_parse_irq(struct nlattr **attrs, void *out);
int nyx_parse_arrival(struct nlattr **attrs, void *out);
/* Adds to what is there. */
int nyx_parse_audit(struct nlattr **attrs, void *out);
uint32_t nyx_attr_u32(const struct nlattr *attr);
uint64_t nyx_attr_u64(const struct nlattr *attr);
void nyx_attr_string(const struct nlattr *attr, char *out, size_t size);

/*
 * Sort an answer's attributes: attrs[type] is the first of that type, attrs[0]
 * the end of the message. False: too short to be one.
 */
bool nyx_split(const struct nlmsghdr *answer, struct nlattr *attrs[NYX_IOMMU_A_MAX + 1]);
/* The next attribute of the same type, or NULL; end is attrs[0]. */
struct nlattr *nyx_next(const struct nlattr *attr, const void *end);

#endif
