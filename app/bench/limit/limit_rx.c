/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <stddef.h>
#include <string.h>

#include <rte_atomic.h>
#include <rte_branch_prediction.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "limit.h"

void
limit_rx_init(struct limit_rxq *rxq, const struct limit_memory *memory, uint32_t ranges,
	      struct rte_mempool *pool, uint16_t port)
{
	struct rte_mbuf m = { .data_off = RTE_PKTMBUF_HEADROOM, .nb_segs = 1, .port = port };

	memset(rxq, 0, sizeof(*rxq));
	limit_end_init(&rxq->in, memory->in, limit_xfer_len(ranges));
	limit_end_init(&rxq->out, memory->out, sizeof(struct limit_done));
	rxq->rxbuf = memory->rxbuf;
	rxq->pool = pool;
	rte_mbuf_refcnt_set(&m, 1);
	memcpy(&rxq->rearm, &m.data_off, sizeof(rxq->rearm));
}

static inline bool
rx_next(struct limit_rxq *rxq)
{
	const struct limit_xfer *xfer = limit_end_at(&rxq->in);

	if (!limit_end_has_packet(&rxq->in))
		return false;
	rxq->xactid = xfer->desc.xactid;
	rxq->range = xfer->range;
	rxq->range_end = xfer->range + xfer->ranges;
	rte_prefetch0(rxq->rxbuf + xfer->range[0].offset);
	return true;
}

/* All that a program is promised of a received frame in one piece. */
static inline void
rx_frame(const struct limit_rxq *rxq, const struct limit_range *range, struct rte_mbuf *m)
{
	const uint8_t *at = rxq->rxbuf + range->offset;
	const struct limit_message *msg = (const void *)at;
	uint32_t len = msg->data_len;
	uint8_t *to = (uint8_t *)m->buf_addr + RTE_PKTMBUF_HEADROOM;

	at += offsetof(struct limit_message, data_offset) + msg->data_offset;
	memcpy(&m->data_off, &rxq->rearm, sizeof(rxq->rearm));
	m->ol_flags = 0;
	m->packet_type = 0;
	m->pkt_len = len;
	m->data_len = (uint16_t)len;
	if (len <= LIMIT_STEP)
		memcpy(to, at, LIMIT_STEP);
	else
		memcpy(to, at, len);
}

static inline void
rx_frames(const struct limit_rxq *rxq, const struct limit_range *range,
	  const struct limit_range *end, struct rte_mbuf **pkts)
{
	for (; range != end; range++) {
		if (range + 1 < rxq->range_end)
			rte_prefetch0(rxq->rxbuf + range[1].offset);
		rx_frame(rxq, range, *pkts++);
	}
}

/*
 * The packet's memory goes back to the host, with the next publish. The ring has
 * room for more completions than the receive buffer has sections.
 */
static inline void
rx_complete(struct limit_rxq *rxq)
{
	struct limit_done *done = limit_end_at(&rxq->out);

	done->desc = (struct limit_desc){ .type = 11, .head8 = 2, .len8 = 3,
					  .xactid = rxq->xactid };
	done->type = 108;
	done->status = 1;
	done->trailer = (uint64_t)rxq->out.index << 32;
	limit_end_step(&rxq->out);
	limit_end_step(&rxq->in);
	rxq->range = NULL;
	rxq->range_end = NULL;
}

static inline void
rx_publish(struct limit_rxq *rxq)
{
	struct limit_ring *out = rxq->out.ring;

	/* Release: we have read before the host writes there, written before it reads. */
	__atomic_store_n(&rxq->in.ring->read_index, rxq->in.index, __ATOMIC_RELEASE);
	__atomic_store_n(&out->write_index, rxq->out.index, __ATOMIC_RELEASE);
	/* The host sees the index, or we see that it does not look at it any more. */
	rte_smp_mb();
	if (unlikely(__atomic_load_n(&out->mask, __ATOMIC_RELAXED) == 0))
		rxq->doorbells++;
}

uint16_t
limit_rx_burst(void *queue, struct rte_mbuf **pkts, uint16_t count)
{
	struct limit_rxq *rxq = queue;
	bool completed = false;
	uint16_t got = 0, n;

	/* Forward: each turn takes a range at least. */
	while (got < count && (rxq->range != rxq->range_end || rx_next(rxq))) {
		n = (uint16_t)RTE_MIN((long)count - got, rxq->range_end - rxq->range);
		if (unlikely(rte_mempool_get_bulk(rxq->pool, (void **)(pkts + got), n) != 0))
			break;
		rx_frames(rxq, rxq->range, rxq->range + n, pkts + got);
		rxq->range += n;
		got += n;
		if (rxq->range == rxq->range_end) {
			rx_complete(rxq);
			completed = true;
		}
	}
	if (completed)
		rx_publish(rxq);
	return got;
}
