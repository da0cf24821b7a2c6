/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <errno.h>
#include <stdlib.h>

#include <rte_branch_prediction.h>

#include "hn_alloc.h"
#include "hn_rxbuf.h"
#include "hn_rxmem.h"

/* A frame in more pieces than this is copied. */
#define RXBUF_PIECES_MAX 20u
/* What an mbuf can lead to. */
#define RXBUF_PIECE_MAX 65535u

static void
rxbuf_put(struct hn_rxbuf *buf)
{
	struct hn_rxmem *mem = buf->mem;

	/* Acquire and release: whoever frees it sees that all others are done. */
	if (rte_atomic_fetch_sub_explicit(&buf->refs, 1, rte_memory_order_acq_rel) != 1)
		return;
	free(buf);
	hn_rxmem_put(mem);
}

/* The last mbuf that led into the packet is freed; in any thread. */
static void
rxbuf_release(void *addr __rte_unused, void *opaque)
{
	struct hn_rxhold *hold = opaque;
	struct hn_rxbuf *buf = hold->owner;

	hold->next = rte_atomic_load_explicit(&buf->released, rte_memory_order_relaxed);
	/*
	 * Release: the owner, which acquires the stack, sees the hold as we left it.
	 * Each turn some other thread has pushed: one of all gets on.
	 */
	while (!rte_atomic_compare_exchange_weak_explicit(&buf->released, &hold->next, hold,
							  rte_memory_order_release,
							  rte_memory_order_relaxed))
		;
	rxbuf_put(buf);
}

struct hn_rxbuf *
hn_rxbuf_create(struct hn_rxmem *mem, uint32_t ranges_max)
{
	struct hn_rxbuf *buf = hn_alloc_lines(sizeof(*buf) + ranges_max *
							 sizeof(buf->hold[0]));
	uint32_t i;

	if (buf == NULL)
		return NULL;
	hn_rxmem_get(mem);
	buf->mem = mem;
	buf->ranges_max = ranges_max;
	buf->count = ranges_max;
	rte_atomic_store_explicit(&buf->refs, 1, rte_memory_order_relaxed);
	for (i = 0; i < ranges_max; i++) {
		buf->hold[i].owner = buf;
		buf->hold[i].shinfo.free_cb = rxbuf_release;
		buf->hold[i].shinfo.fcb_opaque = &buf->hold[i];
		buf->hold[i].next = buf->free;
		buf->free = &buf->hold[i];
	}
	return buf;
}

void
hn_rxbuf_end(struct hn_rxbuf *buf)
{
	if (buf != NULL)
		rxbuf_put(buf);
}

struct hn_rxhold *
hn_rxbuf_hold(struct hn_rxbuf *buf, uint64_t xactid, uint32_t ranges)
{
	struct hn_rxhold *hold = buf->free;

	if (hold == NULL || buf->ranges + ranges > buf->ranges_max)
		return NULL;
	buf->free = hold->next;
	buf->ranges += ranges;
	hold->xactid = xactid;
	hold->ranges = ranges;
	/* One step for all of a packet's mbufs, and ours. */
	hold->to_give = ranges;
	rte_mbuf_ext_refcnt_set(&hold->shinfo, (uint16_t)(ranges + 1));
	(void)rte_atomic_fetch_add_explicit(&buf->refs, 1, rte_memory_order_relaxed);
	return hold;
}

static void
rxbuf_take_back(struct hn_rxbuf *buf, struct hn_rxhold *hold)
{
	buf->ranges -= hold->ranges;
	hold->next = buf->free;
	buf->free = hold;
}

bool
hn_rxbuf_settle(struct hn_rxhold *hold, uint32_t status)
{
	struct hn_rxbuf *buf = hold->owner;

	/* Before our reference goes: the hold is somebody else's from then on. */
	hold->status = status;
	if (rte_mbuf_ext_refcnt_update(&hold->shinfo, -(int16_t)(hold->to_give + 1)) != 0)
		return false;
	rxbuf_take_back(buf, hold);
	rxbuf_put(buf);
	return true;
}

void
hn_rxbuf_collect(struct hn_rxbuf *buf,
		 void (*done)(void *ctx, uint64_t xactid, uint32_t status, uint32_t ranges),
		 void *ctx)
{
	struct hn_rxhold *hold, *next;

	/* Acquire: pairs with the release in rxbuf_release(). */
	hold = rte_atomic_exchange_explicit(&buf->released, NULL, rte_memory_order_acquire);
	/* Forward along the list, which is ours alone now. */
	for (; hold != NULL; hold = next) {
		next = hold->next;
		done(ctx, hold->xactid, hold->status, hold->ranges);
		rxbuf_take_back(buf, hold);
	}
}

/* Pieces that are in a row each; 0 if they are too many. */
static uint32_t
rxbuf_cut(const struct hn_rxmem *mem, const uint8_t *data, uint32_t len,
	  uint32_t piece[RXBUF_PIECES_MAX], rte_iova_t iova[RXBUF_PIECES_MAX])
{
	uint32_t count = 0;

	/* Forward: each turn takes at least one byte. */
	while (len != 0) {
		if (count == RXBUF_PIECES_MAX)
			return 0;
		piece[count] = hn_rxmem_row(mem, data, &iova[count]);
		piece[count] = RTE_MIN(piece[count], len);
		piece[count] = RTE_MIN(piece[count], RXBUF_PIECE_MAX);
		data += piece[count];
		len -= piece[count];
		count++;
	}
	return count;
}

static inline void
rxbuf_lead(struct hn_rxhold *hold, struct rte_mbuf *m, const uint8_t *data, uint32_t len,
	   rte_iova_t iova)
{
	if (likely(hold->to_give != 0))
		hold->to_give--;
	else
		rte_mbuf_ext_refcnt_update(&hold->shinfo, 1);
	/* Whoever gets the frame may write to it, as to any; the host has given the memory away. */
	rte_pktmbuf_attach_extbuf(m, (void *)(uintptr_t)data, iova, (uint16_t)len,
				  &hold->shinfo);
	m->data_len = (uint16_t)len;
}

/* Over memory that is not in a row: a chain, if one may be made. */
static __rte_noinline int
rxbuf_attach_chain(struct hn_rxhold *hold, struct rte_mbuf *m, const uint8_t *data,
		   uint32_t len, bool chains)
{
	uint32_t i, count, piece[RXBUF_PIECES_MAX];
	rte_iova_t iova[RXBUF_PIECES_MAX];
	struct rte_mbuf *more[RXBUF_PIECES_MAX], *last = m;

	count = rxbuf_cut(hold->owner->mem, data, len, piece, iova);
	if (count == 0 || !chains || rte_pktmbuf_alloc_bulk(m->pool, more, count - 1) < 0)
		return -ENOTSUP;
	for (i = 0; i < count; i++) {
		if (i != 0) {
			last->next = more[i - 1];
			last = more[i - 1];
		}
		rxbuf_lead(hold, last, data, piece[i], iova[i]);
		data += piece[i];
	}
	m->nb_segs = (uint16_t)count;
	m->pkt_len = len;
	return 0;
}

int
hn_rxbuf_attach(struct hn_rxhold *hold, struct rte_mbuf *m, const uint8_t *data,
		uint32_t len, bool chains)
{
	rte_iova_t iova;

	if (unlikely(len > RXBUF_PIECE_MAX || hn_rxmem_row(hold->owner->mem, data, &iova) < len))
		return rxbuf_attach_chain(hold, m, data, len, chains);
	rxbuf_lead(hold, m, data, len, iova);
	m->pkt_len = len;
	return 0;
}
