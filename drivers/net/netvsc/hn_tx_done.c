/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Completions: from whichever thread polls the channel, through a ring, to the
 * transmitting thread, which frees what they release.
 */

#include "hn_tx_free.h"
#include "hn_tx_send.h"
#include "nvsp.h"

/* Ring packets taken when looking for completions. */
#define DONE_POLL_BUDGET 64u
/* Bursts in a row that get nothing sent: completions may lie behind receive data. */
#define DONE_STUCK_MAX 64u

void
hn_tx_put_done(struct hn_txq *txq, uint32_t id, uint32_t status)
{
	struct hn_tx_done_ring *done = &txq->done;
	uint32_t head = rte_atomic_load_explicit(&done->head, rte_memory_order_relaxed);
	/* Acquire: the consumer is done with the places it gave free. */
	uint32_t tail = rte_atomic_load_explicit(&done->tail, rte_memory_order_acquire);
	struct hn_tx_done *entry = &done->entry[head & done->mask];

	/*
	 * There is a place for each descriptor, and for each completion that is told
	 * twice because somebody died: what is beyond them is no answer.
	 */
	if (unlikely(head - tail > done->mask)) {
		done->lost++;
		return;
	}
	entry->id = id;
	entry->status = status;
	/* Release: the consumer, which acquires head, finds the entry. */
	rte_atomic_store_explicit(&done->head, head + 1, rte_memory_order_release);
}

static void
done_take(struct hn_txq *txq, const struct hn_tx_done *done, struct hn_tx_free *batch)
{
	struct hn_txdesc *desc = hn_txbuf_find(&txq->buf, done->id);

	/* The section being filled is in use, but the host does not have it. */
	if (unlikely(desc == NULL || desc == txq->agg.desc)) {
		txq->stats.stray++;
		return;
	}
	if (unlikely(done->status != NVSP_STATUS_SUCCESS))
		txq->stats.errors += desc->packets;
	if (desc->mbuf != NULL)
		hn_tx_free_add(batch, desc->mbuf);
	hn_txbuf_put(&txq->buf, desc);
}

/* Take at most max completions. */
static void
done_consume(struct hn_txq *txq, uint32_t max)
{
	struct hn_tx_done_ring *ring = &txq->done;
	uint32_t tail = rte_atomic_load_explicit(&ring->tail, rte_memory_order_relaxed);
	/* Acquire: pairs with the release in hn_tx_put_done(). */
	uint32_t head = rte_atomic_load_explicit(&ring->head, rte_memory_order_acquire);
	struct hn_tx_free batch;

	if (tail == head)
		return;
	if (head - tail > max)
		head = tail + max;
	batch.count = 0;
	batch.fast = txq->fast_free;
	/* Forward to the head that was read once. */
	for (; tail != head; tail++)
		done_take(txq, &ring->entry[tail & ring->mask], &batch);
	/* Release: we are done with the places. */
	rte_atomic_store_explicit(&ring->tail, tail, rte_memory_order_release);
	hn_tx_free_flush(&batch);
}

/* Receive data is dropped only where nothing could be sent otherwise. */
uint16_t
hn_tx_reclaim(struct hn_txq *txq)
{
	bool stands = txq->buf.free_desc_count == 0 || txq->stuck > DONE_STUCK_MAX;

	(void)hn_chan_poll(hn_proc_chan(txq->port_id, txq->chan_index), DONE_POLL_BUDGET,
			   stands ? HN_CHAN_DROP : HN_CHAN_LEAVE);
	done_consume(txq, UINT32_MAX);
	return txq->buf.desc_count - txq->buf.free_desc_count;
}

uint16_t
hn_tx_free_done(struct hn_txq *txq, uint32_t max)
{
	uint16_t before = txq->buf.free_desc_count;
	uint32_t budget = RTE_MIN(max, txq->buf.desc_count);

	/* A ring packet completes one descriptor. */
	budget = RTE_MAX(budget, DONE_POLL_BUDGET);
	done_consume(txq, max);
	if ((uint16_t)(txq->buf.free_desc_count - before) < max) {
		(void)hn_chan_poll(hn_proc_chan(txq->port_id, txq->chan_index), budget,
				   HN_CHAN_LEAVE);
		done_consume(txq, max - (uint16_t)(txq->buf.free_desc_count - before));
	}
	return txq->buf.free_desc_count - before;
}

static bool
done_is_short(const struct hn_txq *txq)
{
	uint32_t few_sections = RTE_MIN(txq->free_thresh, txq->buf.section_count / 2);

	return txq->buf.free_desc_count < txq->free_thresh ||
	       txq->buf.free_section_count < few_sections || txq->buf.free_bounce_count == 0;
}

/*
 * Where the queue is received from as well, that has brought the completions
 * already. To poll the ring from here takes receive data off it, which has
 * little room to wait, so that comes last.
 */
void
hn_tx_make_room(struct hn_txq *txq)
{
	done_consume(txq, UINT32_MAX);
	if (done_is_short(txq) || unlikely(txq->stuck != 0))
		hn_tx_reclaim(txq);
}

void
hn_tx_abandon(struct hn_txq *txq)
{
	struct hn_txdesc *desc;
	uint16_t index = 0;

	done_consume(txq, UINT32_MAX);
	txq->agg.desc = NULL;
	while ((desc = hn_txbuf_next_used(&txq->buf, &index)) != NULL) {
		rte_pktmbuf_free(desc->mbuf);
		hn_txbuf_put(&txq->buf, desc);
	}
}
