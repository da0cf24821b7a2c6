/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Which packets of a channel mbufs lead into, and when the host gets its
 * completion for them: with the last of a packet's mbufs that is freed.
 *
 * The owner of the channel's receive end begins holds and ends them. mbufs are
 * freed by any thread, at any time, in any order, also after the port was
 * closed; what that releases goes through a stack that many push to and the
 * owner takes as a whole.
 */

#ifndef _HN_RXBUF_H_
#define _HN_RXBUF_H_

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "hn_compat.h"

struct hn_rxbuf;
struct hn_rxmem;

/** A packet that mbufs lead into. */
struct hn_rxhold {
	/*
	 * References: its mbufs', and until hn_rxbuf_settle() ours and those to be given.
	 * A line of its own: the next hold may be released by another core.
	 */
	alignas(RTE_CACHE_LINE_SIZE) struct rte_mbuf_ext_shared_info shinfo;
	struct hn_rxbuf *owner;
	struct hn_rxhold *next;		/**< among the free or the released ones */
	uint64_t xactid;
	uint32_t status;		/**< of the completion */
	uint32_t ranges;		/**< of the host's memory that it keeps */
	uint32_t to_give;		/**< references taken at once for mbufs that may come */
};

struct hn_rxbuf {
	RTE_ATOMIC(uint32_t) refs;	/**< the channel, and holds whose mbufs are not freed */
	RTE_ATOMIC(struct hn_rxhold *) released;
	struct hn_rxmem *mem;
	/* What follows is the owner's of the receive end; whoever frees writes what is above. */
	alignas(RTE_CACHE_LINE_SIZE) struct hn_rxhold *free;
	uint32_t ranges;		/**< kept now */
	uint32_t ranges_max;		/**< more would leave the host too little */
	uint32_t count;			/**< of hold */
	struct hn_rxhold hold[];
};

/**
 * @param mem
 *   Gets a part less when the last hold is over.
 * @param ranges_max
 *   What the application may keep of the channel's share, and the most holds.
 * @return NULL if there is no memory.
 */
struct hn_rxbuf *hn_rxbuf_create(struct hn_rxmem *mem, uint32_t ranges_max);

/** The channel closes: what is kept goes when it is freed, without a word to the host. */
void hn_rxbuf_end(struct hn_rxbuf *buf);

/**
 * Begin to let mbufs lead into a packet.
 *
 * @return NULL if too much is kept already: copy then.
 */
struct hn_rxhold *hn_rxbuf_hold(struct hn_rxbuf *buf, uint64_t xactid, uint32_t ranges);

/**
 * No more mbufs will lead into it.
 *
 * @return
 *   true if none does any more: the packet may be completed at once. Otherwise
 *   hn_rxbuf_collect() gives it later.
 */
bool hn_rxbuf_settle(struct hn_rxhold *hold, uint32_t status);

/**
 * What mbufs have released since the last time.
 *
 * @param done
 *   Called for each with the completion that is due, and the ranges that it kept.
 */
void hn_rxbuf_collect(struct hn_rxbuf *buf,
		      void (*done)(void *ctx, uint64_t xactid, uint32_t status, uint32_t ranges),
		      void *ctx);

/** Is there anything to collect? One load, for the hot path. */
static inline bool
hn_rxbuf_has_released(struct hn_rxbuf *buf)
{
	return rte_atomic_load_explicit(&buf->released, rte_memory_order_relaxed) != NULL;
}

/** How many packets mbufs lead into. Any thread, as long as the channel is open. */
static inline uint32_t
hn_rxbuf_kept(struct hn_rxbuf *buf)
{
	/* Acquire: whoever sees that none is left finds their releases on the stack. */
	return rte_atomic_load_explicit(&buf->refs, rte_memory_order_acquire) - 1;
}

/**
 * Let an mbuf lead to bytes of the packet; in a chain where they are not in a row.
 *
 * @param m
 *   Empty, of the queue's pool.
 * @param chains
 *   Whether a chain may be made.
 * @return
 *   0; -ENOTSUP if the bytes have to be copied instead; m is then as it was.
 */
int hn_rxbuf_attach(struct hn_rxhold *hold, struct rte_mbuf *m, const uint8_t *data,
		    uint32_t len, bool chains);

#endif /* _HN_RXBUF_H_ */
