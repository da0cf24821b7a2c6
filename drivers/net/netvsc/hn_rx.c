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
#include "hn_rx_frame.h"
#include "hn_rx_info.h"
#include "hn_rx_mbuf.h"
#include "hn_rxbuf.h"
#include "nvsp.h"

/* Ring packets, and ranges, that a burst may take besides those that fill it. */
#define RX_BUDGET 64u
/* Parts of a frame that a burst takes, on average. */
#define RX_PARTS 4u
/* mbufs taken from the pool at a time. */
#define RX_ALLOC_MAX 32u

/* What the host tells beside a usual frame, into its mbuf. false: it is not usual, or nonsense. */
static __rte_noinline bool
rx_tell(const struct hn_rxq *rxq, struct rte_mbuf *m, const uint8_t *msg,
	const struct hn_pkt_head *head)
{
	struct hn_pkt_rx rx = { .seen = 0 };

	if (!hn_pkt_read_usual_info(msg, head, &rx))
		return false;
	hn_rx_set_info(rxq, m, &rx);
	return true;
}

/*
 * The usual frame: whole, without a tag, one mbuf has room for it, its data begin
 * near its header. All else goes the long way, rx_other().
 */

/* Where the data of a usual frame begin at most. */
#define RX_OFFSET_MAX 256u
/* From the message's start on so much is read without a further look. */
#define RX_SPAN (RNDIS_OFFSET_BASE + RX_OFFSET_MAX + HN_RX_MBUF_STEP)

/* What the frames of a packet have in common. */
struct rx_usual {
	const uint8_t *rxbuf;
	uint32_t rxbuf_len;
	uint32_t places;		/* messages may begin below this: RX_SPAN bytes are there */
	uint32_t lengths;		/* so many of them from the shortest on */
	uint32_t step;			/* those up to this length are copied in a step */
};

/* Frames of how many lengths, from the shortest on, are usual now. */
static uint32_t
rx_usual_lengths(const struct hn_rxq *rxq)
{
	uint32_t longest = rxq->start.room;

	/* A frame whose parts are still coming ends with whatever comes next. */
	if (rxq->rsc.head != NULL || longest < RTE_ETHER_HDR_LEN)
		return 0;
	return longest - RTE_ETHER_HDR_LEN + 1;
}

static __rte_always_inline struct rx_usual
rx_usual_of(const struct hn_rxq *rxq, const struct hn_chan *chan)
{
	return (struct rx_usual){
		.rxbuf = chan->rxbuf,
		.rxbuf_len = chan->rxbuf_len,
		.places = chan->rxbuf_len < RX_SPAN ? 0 : chan->rxbuf_len - RX_SPAN + 1,
		.lengths = rx_usual_lengths(rxq),
		.step = RTE_MIN(rxq->copybreak, HN_RX_MBUF_STEP),
	};
}

/*
 * Does the message fit its range, the frame the message, and is it a usual one? The
 * range begins below usual->places. No sum wraps, no difference is used below 0.
 */
static __rte_always_inline bool
rx_head_is_usual(const struct rx_usual *usual, const struct vmbus_rxbuf_range *range,
		 const struct hn_pkt_head *head)
{
	return head->type == RNDIS_PACKET && head->len <= range->len &&
	       range->len <= usual->rxbuf_len - range->ofs &&
	       head->data_offset - HN_PKT_BODY_MIN <= RX_OFFSET_MAX - HN_PKT_BODY_MIN &&
	       (uint64_t)head->data_offset + head->data_len + RNDIS_OFFSET_BASE <= head->len &&
	       head->data_len - (uint32_t)RTE_ETHER_HDR_LEN < usual->lengths;
}

/* A usual frame into its mbuf; its length, or 0 if it is of another kind, or nonsense. */
static __rte_always_inline uint32_t
rx_take(struct hn_rxq *rxq, const struct hn_chan *chan, const struct rx_usual *usual,
	const struct vmbus_rxbuf_range *range, struct rte_mbuf *m)
{
	struct hn_pkt_head head;
	const uint8_t *msg;
	uint32_t checksum;

	if (unlikely(range->ofs >= usual->places))
		return 0;
	msg = usual->rxbuf + range->ofs;
	head = hn_pkt_read_head(msg);
	if (unlikely(!rx_head_is_usual(usual, range, &head)))
		return 0;
	hn_rx_mbuf_start(&rxq->start, m);
	if (hn_pkt_read_checksum(msg, &head, &checksum)) {
		hn_rx_set_checksum(rxq, m, checksum);
	} else if (head.ppi_len != 0) {
		/* What is told may be on the stack, the rest stays in registers. */
		const struct hn_pkt_head told = head;

		if (unlikely(!rx_tell(rxq, m, msg, &told)))
			return 0;
	}
	msg += RNDIS_OFFSET_BASE + head.data_offset;
	if (likely(head.data_len <= usual->step))
		hn_rx_mbuf_fill_step(m, msg, head.data_len);
	else if (likely(head.data_len <= rxq->copybreak) ||
		 hn_rx_lead(rxq, chan, m, msg, head.data_len) < 0)
		hn_rx_mbuf_fill(m, msg, head.data_len);
	return head.data_len;
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
static void
rx_drop(struct hn_rxq *rxq, struct rte_mbuf *m)
{
	hn_rx_drop_unfinished(rxq);
	rxq->bad_ranges++;
	rxq->stats.errors++;
	rte_pktmbuf_free(m);
}

/* Of any other kind; NULL if there is no frame, or not yet. */
static __rte_noinline struct rte_mbuf *
rx_other(struct hn_rxq *rxq, const struct hn_chan *chan, const struct vmbus_rxbuf_range *range,
	 struct rte_mbuf *m)
{
	struct rte_mbuf *done = NULL;

	if (hn_rx_frame(rxq, chan, range, m, &done) == 0)
		return done;
	rx_drop(rxq, m);
	return NULL;
}

/* A burst: what it may still do, and what came out of it. */
struct rx_burst {
	uint32_t packets;		/* of the ring, that may be taken */
	uint32_t ranges;		/* that may be taken */
	uint32_t places;		/* for frames */
	bool starved;			/* the pool is empty */
	uint64_t bytes;
};

/* A message is on its way while the one before it is read. */
static __rte_always_inline void
rx_prefetch(const struct rx_usual *usual, const struct vmbus_rxbuf_range *range)
{
	/* Wherever it leads: nothing is read there, so that it cannot fault. */
	rte_prefetch0(usual->rxbuf + range->ofs);
}

/*
 * A frame for each of these ranges, as far as they hold one; returns the end of
 * the frames. Their mbufs lie where the frames will be, and move up where one gave
 * none.
 */
static __rte_noinline struct rte_mbuf **
rx_ranges(struct hn_rxq *rxq, const struct hn_chan *chan, const struct vmbus_rxbuf_range *range,
	  const struct vmbus_rxbuf_range *end, struct rte_mbuf **pkts, uint64_t *bytes)
{
	struct rx_usual usual = rx_usual_of(rxq, chan);
	struct rte_mbuf **fresh = pkts, *m;
	uint64_t sum = 0;
	uint32_t len;

	/* Forward: each turn takes one range and one mbuf. */
	for (; range != end; range++) {
		/* There is one more at the end of all, which leads anywhere. */
		rx_prefetch(&usual, range + 1);
		m = *fresh++;
		len = rx_take(rxq, chan, &usual, range, m);
		if (unlikely(len == 0)) {
			m = rx_other(rxq, chan, range, m);
			usual.lengths = rx_usual_lengths(rxq);
			if (m == NULL)
				continue;
			len = m->pkt_len;
		}
		sum += len;
		*pkts++ = m;
	}
	*bytes += sum;
	return pkts;
}

/* Receive from the current packet as much as there are places and mbufs for. */
static struct rte_mbuf **
rx_packet(struct hn_rxq *rxq, const struct hn_chan *chan, struct rte_mbuf **pkts,
	  struct rx_burst *burst)
{
	const struct vmbus_rxbuf_range *range = &rxq->msg.range[rxq->next_range];
	uint32_t want = RTE_MIN(rxq->msg.range_count - rxq->next_range, burst->places);
	uint32_t have = hn_rx_mbuf_alloc(rxq->pool, pkts, RTE_MIN(want, RX_ALLOC_MAX));

	if (unlikely(have == 0)) {
		burst->starved = true;
		rxq->stats.no_mbuf++;
		/* It may be what keeps the mbufs that its own next parts wait for. */
		hn_rx_drop_unfinished(rxq);
	}
	burst->ranges -= RTE_MIN(have, burst->ranges);
	rxq->next_range += have;
	return rx_ranges(rxq, chan, range, range + have, pkts, &burst->bytes);
}

/* All ranges are used: the host may have their memory back. */
static void
rx_finish_packet(struct hn_rxq *rxq, struct hn_chan *chan)
{
	uint32_t status = rxq->bad_ranges == 0 ? NVSP_STATUS_SUCCESS : NVSP_STATUS_FAIL;

	/* No frame goes on in another packet. */
	hn_rx_drop_unfinished(rxq);
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
	/* Wherever it leads: nothing is read there, so that it cannot fault. */
	rte_prefetch0(chan->rxbuf + rxq->msg.range[0].ofs);
	return true;
}

/* Each turn uses up a limit, or several; starved or without one it ends. */
static struct rte_mbuf **
rx_packets(struct hn_rxq *rxq, struct hn_chan *chan, struct rte_mbuf **pkts,
	   struct rx_burst *burst)
{
	struct rte_mbuf **end = pkts;

	while (burst->places != 0 && burst->ranges != 0 && !burst->starved &&
	       rx_begin_packet(rxq, chan, &burst->packets)) {
		pkts = end;
		end = rx_packet(rxq, chan, pkts, burst);
		burst->places -= (uint32_t)(end - pkts);
		if (rxq->next_range == rxq->msg.range_count)
			rx_finish_packet(rxq, chan);
	}
	return end;
}

uint16_t
hn_rx_burst(void *queue, struct rte_mbuf **pkts, uint16_t count)
{
	struct hn_rxq *rxq = queue;
	struct rx_burst burst = {
		.packets = RX_BUDGET + count,
		.ranges = RX_BUDGET + RX_PARTS * count,
		.places = count,
	};
	struct hn_chan *chan;
	uint16_t got;

	/* The primary process is just setting it up, under the polling of another one. */
	if (unlikely(rxq == NULL))
		return 0;
	chan = hn_proc_chan(rxq->port_id, rxq->queue_id);
	if (!hn_chan_rx_trylock(chan))
		return 0;
	/* Only the owner knows: whoever stops the queue gives back what was begun. */
	if (unlikely(!rxq->running))
		burst.places = 0;
	got = (uint16_t)(rx_packets(rxq, chan, pkts, &burst) - pkts);
	rxq->stats.packets += got;
	rxq->stats.bytes += burst.bytes;
	if (unlikely(rxq->ptype_layers != 0))
		rx_set_ptypes(rxq, pkts, got);
	hn_ledger_end_rx_burst(chan, rxq);
	hn_chan_rx_leave(chan);
	/* Completions behind the packet that found no mbufs may free some. */
	if (unlikely(burst.starved))
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
