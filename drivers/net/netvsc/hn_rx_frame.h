/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * A range of a packet becomes a frame, of whatever kind: copied or not, whole or
 * a part of one that the host has joined, with a tag or without. The usual kind
 * is hn_rx.c's own.
 */

#ifndef _HN_RX_FRAME_H_
#define _HN_RX_FRAME_H_

#include <rte_branch_prediction.h>
#include <rte_vmbus_reg.h>

#include "hn_chan.h"
#include "hn_rx.h"

/** Does it lie in the receive buffer? */
static inline bool
hn_rx_range_is_valid(const struct hn_chan *chan, const struct vmbus_rxbuf_range *range)
{
	return range->ofs <= chan->rxbuf_len && range->len <= chan->rxbuf_len - range->ofs;
}

/** The parts that have come of a frame whose end will not come. */
static inline void
hn_rx_drop_unfinished(struct hn_rxq *rxq)
{
	if (unlikely(rxq->rsc.head != NULL) && hn_rsc_drop(&rxq->rsc))
		rxq->stats.errors++;
}

/**
 * As owner of the channel's receive end: let the mbuf lead to bytes of the current
 * packet, in a chain where they are not in a row and the application takes chains.
 *
 * @return
 *   0; -ENOTSUP if they have to be copied; m is then as it was.
 */
int hn_rx_lead(struct hn_rxq *rxq, const struct hn_chan *chan, struct rte_mbuf *m,
	       const uint8_t *data, uint32_t len);

/**
 * As owner of the channel's receive end.
 *
 * @param range
 *   Private; what it leads to is the host's.
 * @param m
 *   From the pool.
 * @param done
 *   The frame; NULL if it was a part, and more have to come.
 * @return
 *   0; or negative errno: the range holds none, m is the caller's.
 */
int hn_rx_frame(struct hn_rxq *rxq, const struct hn_chan *chan,
		const struct vmbus_rxbuf_range *range, struct rte_mbuf *m,
		struct rte_mbuf **done);

#endif /* _HN_RX_FRAME_H_ */
