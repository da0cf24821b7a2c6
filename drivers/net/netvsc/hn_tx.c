/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * A burst: free what has been completed, then each frame goes by copy or
 * directly, then one publish. And the question before it: may these be sent?
 */

#include <rte_errno.h>

#include "hn_ledger.h"
#include "hn_tx.h"
#include "hn_tx_free.h"
#include "hn_tx_send.h"

/* What room leaves for a frame. */
static uint32_t
ways_without(uint32_t room, size_t hdr_len)
{
	return room > hdr_len ? room - (uint32_t)hdr_len : 0;
}

void
hn_tx_set_ways(struct hn_txq *txq)
{
	struct hn_tx_ways *ways = &txq->ways;

	ways->section_end = RTE_MIN(txq->section_len, txq->max_transfer);
	ways->plain_end = RTE_ALIGN_FLOOR(ways->section_end, txq->align);
	ways->send_max = RTE_MIN(ways_without(txq->max_transfer, HN_PKT_HDR_MAX), HN_TX_FRAME_MAX);
	ways->fit_max = ways_without(ways->section_end, HN_PKT_HDR_MAX);
	ways->copy_max = RTE_MIN(ways->fit_max, txq->copy_max);
	/* An empty section has room for each of these. */
	ways->plain_max = RTE_MIN(ways_without(ways->plain_end, sizeof(struct rndis_packet)),
				  ways->copy_max);
}

/*
 * Which way a frame goes. Copying is cheaper for short ones; long ones are
 * copied when their pages are too many; any goes directly when sections are out.
 */
static int
tx_send(struct hn_txq *txq, struct hn_proc *proc, const struct hn_tx_frame *frame, bool *copied)
{
	struct hn_chan *chan = hn_tx_chan(txq, proc);
	int ret;

	if (unlikely(frame->pkt.data_len > txq->ways.send_max))
		return -EINVAL;
	*copied = frame->pkt.data_len <= txq->ways.copy_max;
	if (*copied) {
		ret = hn_tx_send_copy(txq, proc, frame);
		if (ret != -ENOSPC)
			return ret;
		*copied = false;
	}
	ret = hn_tx_send_direct(txq, chan, frame);
	if (likely(ret != -E2BIG))
		return ret;
	*copied = true;		/* the frame's own mbuf is not what the host gets */
	ret = -ENOSPC;
	if (frame->pkt.data_len <= txq->ways.fit_max)
		ret = hn_tx_send_copy(txq, proc, frame);
	return ret == -ENOSPC ? hn_tx_send_bounce(txq, chan, frame) : ret;
}

/* True if the frame is ours now: sent, or impossible and dropped. */
static bool
tx_one(struct hn_txq *txq, struct hn_proc *proc, struct rte_mbuf *m, struct hn_tx_free *batch)
{
	struct hn_tx_frame frame;
	bool copied = true;
	int ret;

	ret = hn_tx_frame_init(&frame, m, &txq->limits);
	if (likely(ret == 0))
		ret = tx_send(txq, proc, &frame, &copied);
	switch (ret) {
	case 0:
		txq->stats.packets++;
		txq->stats.bytes += m->pkt_len;
		txq->stats.segmented += frame.pkt.task == HN_PKT_LSO;
		if (copied)
			hn_tx_free_add(batch, m);
		return true;
	case -EINVAL:
	case -ENOTSUP:
		txq->stats.errors++;
		hn_tx_free_add(batch, m);
		return true;
	default:
		return false;
	}
}

/* What is not copied plain frames: as they come. Returns how many are ours now. */
static uint16_t
tx_mixed(struct hn_txq *txq, struct hn_proc *proc, struct rte_mbuf **pkts, uint16_t count,
	 struct hn_tx_free *batch)
{
	uint16_t sent = 0, taken, end;

	/* Each turn takes a frame. */
	while (sent < count) {
		taken = hn_tx_send_long(txq, hn_tx_chan(txq, proc), pkts + sent, count - sent);
		if (taken == 0)
			taken = tx_one(txq, proc, pkts[sent], batch);
		if (taken == 0)
			break;
		sent += taken;
		end = sent + hn_tx_send_plain(txq, proc, pkts + sent, count - sent);
		while (sent < end)
			hn_tx_free_add(batch, pkts[sent++]);
	}
	return sent;
}

/*
 * A host whose own ring is full reads no more of ours, whatever else is free: look
 * for completions before the next burst.
 */
static void
tx_note_stuck(struct hn_txq *txq, uint16_t sent, bool complete)
{
	if (likely(complete))
		txq->stuck = 0;
	else
		txq->stuck = sent != 0 ? 1 : txq->stuck + 1;
}

uint16_t
hn_tx_burst(void *queue, struct rte_mbuf **pkts, uint16_t count)
{
	struct hn_txq *txq = queue;
	uint16_t plain, mixed = 0;
	struct hn_tx_free batch;
	struct hn_proc *proc;
	struct hn_chan *chan;
	int ret;

	/* Stopped; or just being set up, under the polling of another process. */
	if (unlikely(txq == NULL || !txq->running))
		return 0;
	proc = hn_proc_get(txq->port_id);
	chan = hn_tx_chan(txq, proc);
	batch.count = 0;
	batch.fast = txq->fast_free;
	hn_tx_make_room(txq);
	hn_chan_tx_lock(chan);
	/* The send buffer may be gone with the channel; or the queue was stopped just now. */
	if (unlikely(hn_chan_has_failed(chan) || !txq->running)) {
		hn_chan_tx_unlock(chan);
		return 0;
	}
	plain = hn_tx_send_plain(txq, proc, pkts, count);
	if (unlikely(plain < count))
		mixed = tx_mixed(txq, proc, pkts + plain, count - plain, &batch);
	ret = hn_tx_send_section(txq, chan);
	hn_chan_tx_unlock(chan);
	tx_note_stuck(txq, plain + mixed, ret == 0 && plain + mixed == count);
	hn_tx_free_bulk(pkts, plain, txq->fast_free);
	hn_tx_free_flush(&batch);
	hn_ledger_end_tx_burst(txq);
	return plain + mixed;
}

static int
tx_try_section(void *arg)
{
	struct hn_txq *txq = arg;

	return hn_tx_send_section(txq, hn_tx_chan(txq, hn_proc_get(txq->port_id)));
}

int
hn_tx_flush(struct hn_txq *txq, uint32_t *timeout_ms)
{
	return hn_chan_retry(hn_tx_chan(txq, hn_proc_get(txq->port_id)), tx_try_section, txq,
			     timeout_ms);
}

/* What the burst would drop, and what a host may drop that has been told the MTU. */
static int
tx_check(const struct hn_txq *txq, struct rte_mbuf *m)
{
	struct hn_tx_frame frame;
	uint32_t len;
	int ret = hn_tx_frame_init(&frame, m, &txq->limits);

	if (ret < 0)
		return ret;
	len = frame.pkt.data_len;
	if (len > txq->ways.send_max)
		return -EINVAL;
	if (frame.pkt.task == HN_PKT_LSO)
		len = frame.head_len + m->tso_segsz;
	return len <= txq->limits.frame_len_max ? 0 : -EINVAL;
}

uint16_t
hn_tx_prepare(void *queue, struct rte_mbuf **pkts, uint16_t count)
{
	const struct hn_txq *txq = queue;
	uint16_t i;
	int ret;

	for (i = 0; i < count; i++) {
		ret = tx_check(txq, pkts[i]);
		if (ret < 0) {
			rte_errno = -ret;
			break;
		}
	}
	return i;
}
