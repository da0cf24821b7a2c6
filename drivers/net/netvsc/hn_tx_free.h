/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * mbufs of one queue to be given back to their pools together.
 */

#ifndef _HN_TX_FREE_H_
#define _HN_TX_FREE_H_

#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>

/** mbufs freed at a time. */
#define HN_TX_FREE_BULK 32u

struct hn_tx_free {
	struct rte_mbuf *mbuf[HN_TX_FREE_BULK];
	uint32_t count;
	/**
	 * The application has promised that all are of one pool and nobody else
	 * holds them: they go back as they are.
	 */
	bool fast;
};

/** Free mbufs; with fast each is direct and in one piece. */
static inline void
hn_tx_free_bulk(struct rte_mbuf **pkts, uint32_t count, bool fast)
{
	if (count == 0)
		return;
	if (fast)
		rte_mempool_put_bulk(pkts[0]->pool, (void **)pkts, count);
	else
		rte_pktmbuf_free_bulk(pkts, count);
}

static inline void
hn_tx_free_flush(struct hn_tx_free *batch)
{
	hn_tx_free_bulk(batch->mbuf, batch->count, batch->fast);
	batch->count = 0;
}

static inline void
hn_tx_free_put(struct hn_tx_free *batch, struct rte_mbuf *m)
{
	if (batch->count == HN_TX_FREE_BULK)
		hn_tx_free_flush(batch);
	batch->mbuf[batch->count++] = m;
}

/** Segment by segment; one whose data are elsewhere has to be detached from them. */
static inline void
hn_tx_free_chain(struct hn_tx_free *batch, struct rte_mbuf *m)
{
	struct rte_mbuf *next;

	/* Forward along the chain, which ends. */
	for (; m != NULL; m = next) {
		next = m->next;
		if (unlikely(!RTE_MBUF_DIRECT(m))) {
			rte_pktmbuf_free_seg(m);
			continue;
		}
		m->next = NULL;
		m->nb_segs = 1;
		hn_tx_free_put(batch, m);
	}
}

static inline void
hn_tx_free_add(struct hn_tx_free *batch, struct rte_mbuf *m)
{
	if (batch->fast && unlikely(m->next != NULL || !RTE_MBUF_DIRECT(m)))
		hn_tx_free_chain(batch, m);
	else
		hn_tx_free_put(batch, m);
}

#endif /* _HN_TX_FREE_H_ */
