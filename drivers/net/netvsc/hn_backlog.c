/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Before each packet stands its length. A packet does not wrap: what is too
 * short for it at the end is left as a gap, marked by a length of 0 where there
 * is room for the mark.
 */

#include <string.h>

#include "hn_backlog.h"

#define BACKLOG_MARK_LEN 8u

static uint32_t
backlog_record_len(uint32_t len)
{
	return BACKLOG_MARK_LEN + (len + 7) / 8 * 8;
}

void
hn_backlog_init(struct hn_backlog *backlog, void *mem, uint32_t size, uint32_t longest)
{
	memset(backlog, 0, sizeof(*backlog));
	backlog->mem = mem;
	backlog->size = size / 8 * 8;
	backlog->longest = longest;
}

bool
hn_backlog_is_full(const struct hn_backlog *backlog)
{
	/* With a gap before it, it takes its length less than twice. */
	return backlog->size - backlog->used < 2 * backlog_record_len(backlog->longest);
}

/* All sizes are multiples of 8, so a gap has room for the mark. */
static void
backlog_leave_gap(struct hn_backlog *backlog)
{
	memset(backlog->mem + backlog->tail, 0, BACKLOG_MARK_LEN);
	backlog->used += backlog->size - backlog->tail;
	backlog->tail = 0;
}

bool
hn_backlog_put(struct hn_backlog *backlog, const void *packet, uint32_t len)
{
	uint32_t need = backlog_record_len(len);
	uint32_t to_end = backlog->size - backlog->tail;
	uint32_t gap = to_end < need ? to_end : 0;

	if (need + gap > backlog->size - backlog->used)
		return false;
	if (gap != 0)
		backlog_leave_gap(backlog);
	memcpy(backlog->mem + backlog->tail, &len, sizeof(len));
	memcpy(backlog->mem + backlog->tail + BACKLOG_MARK_LEN, packet, len);
	backlog->tail = (backlog->tail + need) % backlog->size;
	backlog->used += need;
	return true;
}

uint32_t
hn_backlog_get(struct hn_backlog *backlog, void *packet)
{
	uint32_t len;

	if (backlog->used == 0)
		return 0;
	memcpy(&len, backlog->mem + backlog->head, sizeof(len));
	if (len == 0) {
		backlog->used -= backlog->size - backlog->head;
		backlog->head = 0;
		memcpy(&len, backlog->mem, sizeof(len));
	}
	memcpy(packet, backlog->mem + backlog->head + BACKLOG_MARK_LEN, len);
	backlog->head = (backlog->head + backlog_record_len(len)) % backlog->size;
	backlog->used -= backlog_record_len(len);
	return len;
}

void
hn_backlog_walk(const struct hn_backlog *backlog, void (*show)(void *ctx, const void *packet),
		void *ctx)
{
	uint32_t len, at = backlog->head, left = backlog->used;

	/* Forward: each turn leaves a packet or a gap behind. */
	while (left != 0) {
		memcpy(&len, backlog->mem + at, sizeof(len));
		if (len == 0) {
			left -= backlog->size - at;
			at = 0;
			continue;
		}
		show(ctx, backlog->mem + at + BACKLOG_MARK_LEN);
		left -= backlog_record_len(len);
		at = (at + backlog_record_len(len)) % backlog->size;
	}
}
