/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Received bytes into mbufs of the queue's pool, over as many as it takes.
 */

#ifndef _HN_RX_COPY_H_
#define _HN_RX_COPY_H_

#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>
#include <rte_memcpy.h>

#include "hn_pkt_rx.h"
#include "hn_rx.h"

/**
 * A frame that does not just fit the mbuf: into a chain, or with its tag put
 * back in.
 *
 * @param m
 *   Empty; keeps what was copied on failure.
 * @return
 *   0; -ENOBUFS if the pool is empty or the application does not take chains.
 */
int hn_rx_copy_slow(const struct hn_rxq *rxq, struct rte_mbuf *m, const uint8_t *frame,
		    const struct hn_pkt_rx *rx);

/** The same for any frame. */
static inline int
hn_rx_copy(const struct hn_rxq *rxq, struct rte_mbuf *m, const uint8_t *frame,
	   const struct hn_pkt_rx *rx)
{
	if (unlikely(rx->data_len > rte_pktmbuf_tailroom(m) ||
		     ((rx->seen & HN_PKT_RX_VLAN) != 0 && !rxq->strip_vlan)))
		return hn_rx_copy_slow(rxq, m, frame, rx);
	rte_memcpy(rte_pktmbuf_mtod(m, void *), frame, rx->data_len);
	m->data_len = (uint16_t)rx->data_len;
	m->pkt_len = rx->data_len;
	return 0;
}

#endif /* _HN_RX_COPY_H_ */
