/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * A burst, from the inside out: a frame becomes an mbuf, the ranges of a
 * packet become frames, the packets of the ring fill the burst.
 */

#include <rte_branch_prediction.h>
#include <rte_ether.h>
#include <rte_memcpy.h>
#include <rte_prefetch.h>

#include "hn_pkt_rx.h"
#include "hn_proc.h"
#include "hn_rx.h"
#include "nvsp.h"

/* Ring packets that a burst may take besides those that fill it. */
#define RX_BUDGET 64u
/* mbufs taken from the pool at a time. */
#define RX_ALLOC_MAX 32u
/* Longest frame: the largest IP packet with headers and room for a tag. */
#define RX_FRAME_MAX (65536u + 32u)

/* Append len bytes to the mbuf chain; -ENOBUFS if the pool or the rules end it. */
static int
rx_append(const struct hn_rxq *rxq, struct rte_mbuf *head, const uint8_t *data, uint32_t len)
{
	struct rte_mbuf *last = rte_pktmbuf_lastseg(head);
	uint32_t part;

	/* Each turn copies at least one byte, or ends. */
	while (len != 0) {
		part = RTE_MIN(len, (uint32_t)rte_pktmbuf_tailroom(last));
		if (part == 0) {
			if (!rxq->scatter || head->nb_segs == RTE_MBUF_MAX_NB_SEGS)
				return -ENOBUFS;
			last->next = rte_pktmbuf_alloc(rxq->pool);
			if (last->next == NULL)
				return -ENOBUFS;
			last = last->next;
			head->nb_segs++;
			part = RTE_MIN(len, (uint32_t)rte_pktmbuf_tailroom(last));
			if (part == 0)
				return -ENOBUFS;
		}
		rte_memcpy(rte_pktmbuf_mtod_offset(last, void *, last->data_len), data, part);
		last->data_len += (uint16_t)part;
		head->pkt_len += part;
		data += part;
		len -= part;
	}
	return 0;
}

/* Hosts always take the tag out of the frame: put it back for who wants it there. */
static int
rx_append_tagged(const struct hn_rxq *rxq, struct rte_mbuf *m, const uint8_t *frame,
		 const struct hn_pkt_rx *rx)
{
	uint8_t start[2 * RTE_ETHER_ADDR_LEN + RTE_VLAN_HLEN];
	const uint32_t macs = 2 * RTE_ETHER_ADDR_LEN;
	rte_be16_t tpid = RTE_BE16(RTE_ETHER_TYPE_VLAN);
	rte_be16_t tci = rte_cpu_to_be_16(rx->vlan_tci);
	int ret;

	memcpy(start, frame, macs);
	memcpy(start + macs, &tpid, sizeof(tpid));
	memcpy(start + macs + sizeof(tpid), &tci, sizeof(tci));
	ret = rx_append(rxq, m, start, sizeof(start));
	return ret < 0 ? ret : rx_append(rxq, m, frame + macs, rx->data_len - macs);
}

static int
rx_fill_mbuf(const struct hn_rxq *rxq, struct rte_mbuf *m, const uint8_t *frame,
	     const struct hn_pkt_rx *rx)
{
	m->port = rxq->port_id;
	if (rx->has_vlan) {
		m->vlan_tci = rx->vlan_tci;
		if (!rxq->strip_vlan)
			return rx_append_tagged(rxq, m, frame, rx);
		m->ol_flags = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	}
	if (likely(rx->data_len <= rte_pktmbuf_tailroom(m))) {
		rte_memcpy(rte_pktmbuf_mtod(m, void *), frame, rx->data_len);
		m->data_len = (uint16_t)rx->data_len;
		m->pkt_len = rx->data_len;
		return 0;
	}
	return rx_append(rxq, m, frame, rx->data_len);
}

/* One range is one message is one frame. */
static int
rx_range(const struct hn_rxq *rxq, const struct hn_chan *chan,
	 const struct vmbus_rxbuf_range *range, struct rte_mbuf *m)
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
	if (unlikely(rx.data_len < RTE_ETHER_HDR_LEN || rx.data_len > RX_FRAME_MAX))
		return -EBADMSG;
	return rx_fill_mbuf(rxq, m, msg + rx.data_offset, &rx);
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

/*
 * Receive ranges of the current packet; returns how many frames came out, and
 * counts down the ranges that the burst may still look at.
 */
static uint16_t
rx_ranges(struct hn_rxq *rxq, const struct hn_chan *chan, struct rte_mbuf **pkts, uint16_t *looks,
	  bool *starved)
{
	struct rte_mbuf *fresh[RX_ALLOC_MAX];
	uint32_t want = RTE_MIN(rxq->msg.range_count - rxq->next_range, RX_ALLOC_MAX);
	uint32_t have = rx_alloc(rxq, fresh, RTE_MIN(want, (uint32_t)*looks));
	uint16_t got = 0;
	uint32_t i;

	*starved = have == 0;
	*looks -= (uint16_t)have;
	for (i = 0; i < have; i++) {
		struct rte_mbuf *m = fresh[i];

		rx_prefetch(rxq, chan, rxq->next_range + 1);
		if (likely(rx_range(rxq, chan, &rxq->msg.range[rxq->next_range++], m) == 0)) {
			rxq->stats.bytes += m->pkt_len;
			pkts[got++] = m;
			continue;
		}
		/* A bad frame costs that frame; the half-filled chain goes too. */
		rxq->bad_ranges++;
		rxq->stats.errors++;
		rte_pktmbuf_free(m);
	}
	rxq->stats.packets += got;
	return got;
}

/* All ranges are used: the host may have their memory back. */
static void
rx_finish_packet(struct hn_rxq *rxq, struct hn_chan *chan)
{
	hn_chan_rx_done(chan, &rxq->msg, rxq->bad_ranges == 0 ?
			NVSP_STATUS_SUCCESS : NVSP_STATUS_FAIL);
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
	struct hn_chan *chan = hn_proc_chan(rxq->port_id, rxq->queue_id);
	uint32_t budget = RX_BUDGET + count;
	uint16_t looks = count;
	bool starved = false;
	uint16_t got = 0;

	if (unlikely(!rxq->running) || !hn_chan_rx_trylock(chan))
		return 0;
	/* Each turn uses up looks, budget or both; starved or without either it ends. */
	while (looks != 0 && !starved && rx_begin_packet(rxq, chan, &budget)) {
		got += rx_ranges(rxq, chan, pkts + got, &looks, &starved);
		if (rxq->next_range == rxq->msg.range_count)
			rx_finish_packet(rxq, chan);
	}
	hn_chan_rx_unlock(chan);
	/* Completions behind the packet that found no mbufs may free some. */
	if (unlikely(starved))
		(void)hn_chan_poll(chan, RX_BUDGET, HN_CHAN_LEAVE);
	return got;
}

void
hn_rx_stop(struct hn_rxq *rxq)
{
	struct hn_chan *chan = hn_proc_chan(rxq->port_id, rxq->queue_id);

	if (!rxq->busy)
		return;
	hn_chan_rx_lock(chan);
	chan->stats.missed += rxq->msg.range_count - rxq->next_range;
	rx_finish_packet(rxq, chan);
	hn_chan_rx_unlock(chan);
}
