/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The books of hn_txbuf.h. Free things are kept on stacks: what was used last
 * is used next, while it is still in the cache.
 */

#include "hn_txbuf.h"

size_t
hn_txbuf_mem_len(uint16_t desc_count, uint32_t section_count)
{
	return desc_count * sizeof(struct hn_txdesc) + section_count * sizeof(uint32_t) +
	       desc_count * sizeof(uint16_t);
}

void
hn_txbuf_init(struct hn_txbuf *buf, void *mem, uint16_t desc_count,
	      uint32_t first_section, uint32_t section_count)
{
	uint32_t i;

	buf->desc = mem;
	buf->free_section = (uint32_t *)(buf->desc + desc_count);
	buf->free_desc = (uint16_t *)(buf->free_section + section_count);
	buf->desc_count = desc_count;
	buf->free_desc_count = desc_count;
	buf->section_count = section_count;
	buf->free_section_count = section_count;
	/* Filled backwards, so that the first is taken first. */
	for (i = 0; i < desc_count; i++) {
		buf->desc[i].id = i;
		buf->free_desc[i] = (uint16_t)(desc_count - 1 - i);
	}
	for (i = 0; i < section_count; i++)
		buf->free_section[i] = first_section + section_count - 1 - i;
	buf->free_bounce_count = HN_TXBUF_BOUNCES;
	for (i = 0; i < HN_TXBUF_BOUNCES; i++)
		buf->free_bounce[i] = (uint8_t)(HN_TXBUF_BOUNCES - 1 - i);
}

struct hn_txdesc *
hn_txbuf_next_used(struct hn_txbuf *buf, uint16_t *index)
{
	/* Forward: the index grows with each turn. */
	while (*index < buf->desc_count) {
		struct hn_txdesc *desc = &buf->desc[(*index)++];

		if (desc->in_use)
			return desc;
	}
	return NULL;
}
