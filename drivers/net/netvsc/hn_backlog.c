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

static uint32_t
backlog_room(const struct hn_backlog *backlog)
{
	return backlog->size - (uint32_t)(backlog->tail - backlog->head);
}

bool
hn_backlog_is_full(const struct hn_backlog *backlog)
{
	/* With a gap before it, it takes its length less than twice. */
	return backlog_room(backlog) < 2 * backlog_record_len(backlog->longest);
}

bool
hn_backlog_put(struct hn_backlog *backlog, const void *packet, uint32_t len)
{
	uint32_t need = backlog_record_len(len);
	uint32_t at = (uint32_t)(backlog->tail % backlog->size), to_end = backlog->size - at;
	uint32_t gap = to_end < need ? to_end : 0;

	if (need + gap > backlog_room(backlog))
		return false;
	/* All sizes are multiples of 8, so a gap has room for the mark. */
	if (gap != 0) {
		memset(backlog->mem + at, 0, BACKLOG_MARK_LEN);
		at = 0;
	}
	memcpy(backlog->mem + at, &len, sizeof(len));
	memcpy(backlog->mem + at + BACKLOG_MARK_LEN, packet, len);
	backlog->tail += gap + need;
	return true;
}

/* The oldest at or behind a place: its length and, behind it, the next place. */
static const uint8_t *
backlog_look(const struct hn_backlog *backlog, uint64_t *place, uint32_t *len)
{
	uint32_t at = (uint32_t)(*place % backlog->size);

	memcpy(len, backlog->mem + at, sizeof(*len));
	if (*len == 0) {
		*place += backlog->size - at;
		at = 0;
		memcpy(len, backlog->mem, sizeof(*len));
	}
	*place += backlog_record_len(*len);
	return backlog->mem + at + BACKLOG_MARK_LEN;
}

uint32_t
hn_backlog_get(struct hn_backlog *backlog, void *packet)
{
	uint64_t next = backlog->head;
	const uint8_t *record;
	uint32_t len;

	if (hn_backlog_is_empty(backlog))
		return 0;
	record = backlog_look(backlog, &next, &len);
	memcpy(packet, record, len);
	backlog->head = next;
	return len;
}

void
hn_backlog_walk(const struct hn_backlog *backlog, void (*show)(void *ctx, const void *packet),
		void *ctx)
{
	uint64_t place = backlog->head;
	uint32_t len;

	/* Forward: each turn leaves a packet behind. */
	while (place != backlog->tail)
		show(ctx, backlog_look(backlog, &place, &len));
}
