/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Packets kept in the order in which they came, in a block of memory: one
 * after the other, each whole. Pure; one thread at a time. Either end is one word,
 * written last: who dies within has done all or nothing.
 */

#ifndef _HN_BACKLOG_H_
#define _HN_BACKLOG_H_

#include <stdbool.h>
#include <stdint.h>

struct hn_backlog {
	uint8_t *mem;
	uint32_t size;
	uint64_t head;		/**< bytes ever taken out, gaps included: the oldest is here */
	uint64_t tail;		/**< bytes ever put, likewise: the next one goes here */
	uint32_t longest;	/**< packet that is ever put */
};

/**
 * @param mem, size
 *   8-byte aligned; the caller frees it.
 * @param longest
 *   Bytes of the longest packet.
 */
void hn_backlog_init(struct hn_backlog *backlog, void *mem, uint32_t size, uint32_t longest);

/** Is there nothing in it? */
static inline bool
hn_backlog_is_empty(const struct hn_backlog *backlog)
{
	return backlog->head == backlog->tail;
}

/** May the longest packet not fit? */
bool hn_backlog_is_full(const struct hn_backlog *backlog);

/** Keep a copy. @return false if there is no room. */
bool hn_backlog_put(struct hn_backlog *backlog, const void *packet, uint32_t len);

/** Take the oldest out. @return its length; 0 if there is none. */
uint32_t hn_backlog_get(struct hn_backlog *backlog, void *packet);

/** Show each, the oldest first; nothing is taken out. */
void hn_backlog_walk(const struct hn_backlog *backlog,
		     void (*show)(void *ctx, const void *packet), void *ctx);

#endif /* _HN_BACKLOG_H_ */
