/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See gpa.h.
 */

#include <errno.h>
#include <inttypes.h>

#include "gpa.h"
#include "guestmem.h"
#include "rules.h"
#include "wire.h"

/* A list being followed. */
struct gpa_walk {
	const struct guestmem *mem;
	struct rules *rules;
	const char *who;
	struct wire in;
	struct iovec *seg;
	struct frame *bytes;
	int ret;			/* 0, or -EFAULT once a page was not there */
};

/* Programs' own addresses begin here or above on x86-64 and arm64, their heaps too. */
static const char *
gpa_suspicion(uint64_t gpa)
{
	return gpa >= 0x10000000000 ? " (it looks like a virtual address)" : "";
}

static void
gpa_add_page(struct gpa_walk *walk, uint64_t gpa, uint32_t len)
{
	void *at = guestmem_translate(walk->mem, gpa, len);

	if (at == NULL) {
		rules_break(walk->rules, RULE_GPA_MEMORY, walk->who,
			    "%u bytes at 0x%" PRIx64 "%s", len, gpa, gpa_suspicion(gpa));
		walk->ret = -EFAULT;
		return;
	}
	if (walk->bytes->n > GPA_SEGMENTS_MAX) {
		walk->ret = -EFAULT;
		return;
	}
	walk->seg[walk->bytes->n].iov_base = at;
	walk->seg[walk->bytes->n].iov_len = len;
	walk->bytes->n++;
	walk->bytes->len += len;
}

/* One range: length, offset in its first page, page numbers. false: it is not whole. */
static bool
gpa_walk_range(struct gpa_walk *walk)
{
	uint32_t left = get32(&walk->in);
	uint32_t offset = get32(&walk->in);

	if (walk->in.bad || offset >= GUEST_PAGE)
		return false;
	if (left == 0)
		rules_break(walk->rules, RULE_GPA_EMPTY, walk->who, "a range of 0 bytes");
	/* Each turn takes at least one byte off what is left. */
	while (left > 0) {
		uint64_t page = get64(&walk->in);
		uint32_t part = GUEST_PAGE - offset < left ? GUEST_PAGE - offset : left;

		if (walk->in.bad)
			return false;
		if (page > UINT64_MAX / GUEST_PAGE - 1)
			page = UINT64_MAX / GUEST_PAGE - 1;
		gpa_add_page(walk, page * GUEST_PAGE + offset, part);
		left -= part;
		offset = 0;
	}
	return true;
}

int
gpa_gather(const struct guestmem *mem, const uint8_t *header, size_t len,
	   struct rules *rules, const char *who, struct iovec *seg, struct frame *bytes)
{
	struct gpa_walk walk = {
		.mem = mem, .rules = rules, .who = who, .in = wire_over(header, len),
		.seg = seg, .bytes = bytes,
	};
	uint32_t count;

	get32(&walk.in);		/* reserved */
	count = get32(&walk.in);
	for (uint32_t i = 0; i < count; i++) {
		if (!gpa_walk_range(&walk)) {
			rules_break(rules, RULE_GPA_LIST, who,
				    "range %u of %u in a header of %zu bytes", i, count, len);
			return -EPROTO;
		}
	}
	if (walk.in.bad || count == 0) {
		rules_break(rules, RULE_GPA_LIST, who, "%u ranges in a header of %zu bytes", count,
			    len);
		return -EPROTO;
	}
	if (bytes->n > GPA_PAGES_POLITE)
		rules_break(rules, RULE_GPA_COUNT, who, "%u pages", bytes->n);
	return walk.ret;
}
