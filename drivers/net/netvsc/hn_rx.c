/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * A burst, from the inside out: a frame becomes an mbuf, the ranges of a
 * packet become frames, the packets of the ring fill the burst.
 */

#include <errno.h>

#include <rte_branch_prediction.h>
#include <rte_ether.h>
#include <rte_net.h>
#include <rte_prefetch.h>

#include "hn_pkt_rx.h"
#include "hn_ledger.h"
#include "hn_proc.h"
#include "hn_rx.h"
#include "hn_rx_copy.h"
#include "hn_rx_info.h"
#include "hn_rxbuf.h"
#include "nvsp.h"

/* Ring packets, and ranges, that a burst may take besides those that fill it. */
#define RX_BUDGET 64u
/* Parts of a frame that a burst takes, on average. */
#define RX_PARTS 4u
/* mbufs taken from the pool at a time. */
#define RX_ALLOC_MAX 32u

/* Let the mbuf lead into the receive buffer; -ENOTSUP if that cannot be. */
static __rte_noinline int
rx_attach(struct hn_rxq *rxq, struct rte_mbuf *m, const uint8_t *data,
	  const struct hn_pkt_rx *rx)
{
	struct hn_rxbuf *kept = hn_proc_chan(rxq->port_id, rxq->queue_id)->kept;
	int ret;

	/* A tag that goes back into the frame has no room there. */
	if ((rx->seen & HN_PKT_RX_VLAN) != 0 && !rxq->strip_vlan)
		return -ENOTSUP;
	/* The host takes the memory of who does not answer as it likes. */
	if (rxq->hold == NULL && !rxq->no_hold && kept != NULL && rxq->msg.wants_completion)
		rxq->hold = hn_rxbuf_hold(kept, rxq->msg.xactid, rxq->msg.range_count);
	rxq->no_hold = rxq->hold == NULL;
	if (rxq->no_hold)
		return -ENOTSUP;
	ret = hn_rxbuf_attach(rxq->hold, m, data, rx->data_len, rxq->chains);
	rxq->stats.attached += ret == 0;
	return ret;
}

static __rte_always_inline int
rx_fill(struct hn_rxq *rxq, struct rte_mbuf *m, const uint8_t *data, const struct hn_pkt_rx *rx)
{
	if (unlikely(rx->data_len > rxq->copybreak) && rx_attach(rxq, m, data, rx) == 0)
		return 0;
	return hn_rx_copy(rxq, m, data, rx);
}

static void
rx_drop_unfinished(struct hn_rxq *rxq)
{
	if (unlikely(rxq->rsc.head != NULL) && hn_rsc_drop(&rxq->rsc))
		rxq->stats.errors++;
}

/* A part of a frame that the host has joined; *done is the frame, once it is whole. */
static __rte_noinline int
rx_part(struct hn_rxq *rxq, struct rte_mbuf *m, const uint8_t *data, struct hn_pkt_rx *rx,
	struct rte_mbuf **done)
{
	int ret;

	*done = NULL;
	/* A host may join without being asked: who takes no chains gets none. */
	if (!rxq->chains && !hn_rsc_is_only_part(&rx->part))
		return -EBADMSG;
	if ((rx->part.flags & RNDIS_PACKET_ID_FIRST) != 0) {
		rx_drop_unfinished(rxq);
		if (rx->data_len < RTE_ETHER_HDR_LEN)
			return -EBADMSG;
		hn_rx_set_info(rxq, m, rx);
	} else {
		/* The first part has spoken for the frame. */
		rx->seen &= ~(uint32_t)HN_PKT_RX_VLAN;
	}
	ret = rx->data_len != 0 ? rx_fill(rxq, m, data, rx) : -EBADMSG;
	return ret < 0 ? ret : hn_rsc_add(&rxq->rsc, m, &rx->part, done);
}

static __rte_always_inline int
rx_whole(struct hn_rxq *rxq, struct rte_mbuf *m, const uint8_t *data,
	 const struct hn_pkt_rx *rx, struct rte_mbuf **done)
{
	rx_drop_unfinished(rxq);
	if (unlikely(rx->data_len < RTE_ETHER_HDR_LEN))
		return -EBADMSG;
	hn_rx_set_info(rxq, m, rx);
	*done = m;
	return rx_fill(rxq, m, data, rx);
}

/* One range is one message is one frame, or a part of one. */
static int
rx_range(struct hn_rxq *rxq, const struct hn_chan *chan, const struct vmbus_rxbuf_range *range,
	 struct rte_mbuf *m, struct rte_mbuf **done)
{
	struct hn_pkt_rx rx;
	const uint8_t *msg;
	int ret;

	if (unlikely(range->ofs > chan->rxbuf_len || range->len > chan->rxbuf_len - range->ofs))
		return -EBADMSG;
	msg = chan->rxbuf + range->ofs;
	ret = hn_pkt_read(msg, range->len, &rx);
	if (unlikely(ret < 0))
		return ret;
	if (unlikely(rx.data_len > HN_RX_FRAME_MAX))
		return -EBADMSG;
	if (unlikely(hn_pkt_rx_is_part(&rx)))
		return rx_part(rxq, m, msg + rx.data_offset, &rx, done);
	return rx_whole(rxq, m, msg + rx.data_offset, &rx, done);
}

static void
rx_prefetch(const struct hn_rxq *rxq, const struct hn_chan *chan, uint32_t index)
{
	const struct vmbus_rxbuf_range *range = &rxq->msg.range[index];

	if (index < rxq->msg.range_count && range->ofs < chan->rxbuf_len)
		rte_prefetch0(chan->rxbuf + range->ofs);
}

/* As many mbufs as there are ranges and places, or fewer if the pool is low. */
static uint32_t
rx_alloc(struct hn_rxq *rxq, struct rte_mbuf **fresh, uint32_t want)
{
	if (likely(rte_pktmbuf_alloc_bulk(rxq->pool, fresh, want) == 0))
		return want;
	fresh[0] = rte_pktmbuf_alloc(rxq->pool);
	if (fresh[0] != NULL)
		return 1;
	rxq->stats.no_mbuf++;
	return 0;
}

/* For programs that want packet types only. */
static __rte_noinline void
rx_set_ptypes(const struct hn_rxq *rxq, struct rte_mbuf **pkts, uint16_t count)
{
	uint16_t i;

	for (i = 0; i < count; i++)
		pkts[i]->packet_type = rte_net_get_ptype(pkts[i], NULL, rxq->ptype_layers);
}

/*
 * A bad range costs its frame; the half-filled chain goes too. It may have been
 * a part: a joined frame that lacks one is none.
 */
static __rte_noinline void
rx_drop(struct hn_rxq *rxq, struct rte_mbuf *m)
{
	rx_drop_unfinished(rxq);
	rxq->bad_ranges++;
	rxq->stats.errors++;
	rte_pktmbuf_free(m);
}

/* What a burst may still do. */
struct rx_limits {
	uint32_t packets;		/* of the ring */
	uint32_t ranges;
	uint16_t frames;
	bool starved;			/* the pool is empty */
};

/* Receive ranges of the current packet; returns how many frames came out. */
static uint16_t
rx_ranges(struct hn_rxq *rxq, const struct hn_chan *chan, struct rte_mbuf **pkts,
	  struct rx_limits *limits)
{
	struct rte_mbuf *fresh[RX_ALLOC_MAX], *done;
	uint32_t want = RTE_MIN(rxq->msg.range_count - rxq->next_range, RX_ALLOC_MAX);
	uint32_t have = rx_alloc(rxq, fresh, RTE_MIN(want, (uint32_t)limits->frames));
	uint64_t bytes = 0;
	uint16_t got = 0;
	uint32_t i;

	limits->starved = have == 0;
	/* It may be what keeps the mbufs that its own next parts wait for. */
	if (unlikely(limits->starved))
		rx_drop_unfinished(rxq);
	limits->ranges -= RTE_MIN(have, limits->ranges);
	for (i = 0; i < have; i++) {
		rx_prefetch(rxq, chan, rxq->next_range + 1);
		if (unlikely(rx_range(rxq, chan, &rxq->msg.range[rxq->next_range++], fresh[i],
				      &done) < 0)) {
			rx_drop(rxq, fresh[i]);
			continue;
		}
		if (unlikely(done == NULL))
			continue;
		bytes += done->pkt_len;
		pkts[got++] = done;
	}
	rxq->stats.packets += got;
	rxq->stats.bytes += bytes;
	if (unlikely(rxq->ptype_layers != 0))
		rx_set_ptypes(rxq, pkts, got);
	limits->frames -= got;
	return got;
}

/* All ranges are used: the host may have their memory back. */
static void
rx_finish_packet(struct hn_rxq *rxq, struct hn_chan *chan)
{
	uint32_t status = rxq->bad_ranges == 0 ? NVSP_STATUS_SUCCESS : NVSP_STATUS_FAIL;

	/* No frame goes on in another packet. */
	rx_drop_unfinished(rxq);
	/* What mbufs lead into is completed when they are freed. */
	if (likely(rxq->hold == NULL) || hn_rxbuf_settle(rxq->hold, status))
		hn_chan_rx_done(chan, &rxq->msg, status);
	rxq->hold = NULL;
	rxq->no_hold = false;
	rxq->busy = false;
}

/* Is there a packet to receive from? */
static bool
rx_begin_packet(struct hn_rxq *rxq, struct hn_chan *chan, uint32_t *budget)
{
	if (rxq->busy)
		return true;
	if (hn_chan_rx_next(chan, &rxq->msg, budget) <= 0)
		return false;
	rxq->busy = true;
	rxq->next_range = 0;
	rxq->bad_ranges = 0;
	rx_prefetch(rxq, chan, 0);
	return true;
}

uint16_t
hn_rx_burst(void *queue, struct rte_mbuf **pkts, uint16_t count)
{
	struct hn_rxq *rxq = queue;
	struct rx_limits limits = {
		.packets = RX_BUDGET + count,
		.ranges = RX_BUDGET + RX_PARTS * count,
		.frames = count,
	};
	struct hn_chan *chan;
	uint16_t got = 0;

	/* The primary process is just setting it up, under the polling of another one. */
	if (unlikely(rxq == NULL))
		return 0;
	chan = hn_proc_chan(rxq->port_id, rxq->queue_id);
	if (!hn_chan_rx_trylock(chan))
		return 0;
	/* Only the owner knows: whoever stops the queue gives back what was begun. */
	if (unlikely(!rxq->running))
		limits.frames = 0;
	/* Each turn uses up a limit, or several; starved or without one it ends. */
	while (limits.frames != 0 && limits.ranges != 0 && !limits.starved &&
	       rx_begin_packet(rxq, chan, &limits.packets)) {
		got += rx_ranges(rxq, chan, pkts + got, &limits);
		if (rxq->next_range == rxq->msg.range_count)
			rx_finish_packet(rxq, chan);
	}
	hn_ledger_end_rx_burst(chan, rxq);
	hn_chan_rx_unlock(chan);
	/* Completions behind the packet that found no mbufs may free some. */
	if (unlikely(limits.starved))
		(void)hn_chan_poll(chan, RX_BUDGET, HN_CHAN_LEAVE);
	return got;
}

void
hn_rx_stop(struct hn_rxq *rxq)
{
	struct hn_chan *chan = hn_proc_chan(rxq->port_id, rxq->queue_id);

	hn_chan_rx_lock(chan);
	rxq->running = false;
	if (rxq->busy) {
		chan->shared->stats.missed += rxq->msg.range_count - rxq->next_range;
		rx_finish_packet(rxq, chan);
	}
	hn_chan_rx_unlock(chan);
}
