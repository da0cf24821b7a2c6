/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <errno.h>

#include <rte_branch_prediction.h>
#include <rte_ether.h>

#include "hn_pkt_rx.h"
#include "hn_proc.h"
#include "hn_rx_copy.h"
#include "hn_rx_frame.h"
#include "hn_rx_info.h"
#include "hn_rxbuf.h"

/* The packet's hold, begun with its first mbuf; NULL: it is to be copied. */
static struct hn_rxhold *
rx_hold(struct hn_rxq *rxq, const struct hn_chan *chan)
{
	/* The host takes the memory of who does not answer as it likes. */
	if (rxq->hold == NULL && !rxq->no_hold && chan->kept != NULL && rxq->msg.wants_completion)
		rxq->hold = hn_rxbuf_hold(chan->kept, rxq->msg.xactid, rxq->msg.range_count);
	rxq->no_hold = rxq->hold == NULL;
	return rxq->hold;
}

int
hn_rx_lead(struct hn_rxq *rxq, const struct hn_chan *chan, struct rte_mbuf *m,
	   const uint8_t *data, uint32_t len)
{
	struct hn_rxhold *hold = rx_hold(rxq, chan);

	if (hold == NULL || hn_rxbuf_attach(hold, m, data, len, rxq->chains) < 0)
		return -ENOTSUP;
	rxq->stats.attached++;
	return 0;
}

static int
rx_fill(struct hn_rxq *rxq, struct rte_mbuf *m, const uint8_t *data, const struct hn_pkt_rx *rx)
{
	/* A tag that goes back into the frame has no room in the receive buffer. */
	const bool grows = (rx->seen & HN_PKT_RX_VLAN) != 0 && !rxq->strip_vlan;

	if (rx->data_len > rxq->copybreak && !grows &&
	    hn_rx_lead(rxq, hn_proc_chan(rxq->port_id, rxq->queue_id), m, data,
		       rx->data_len) == 0)
		return 0;
	return hn_rx_copy(rxq, m, data, rx);
}

/* A part of a frame that the host has joined; *done is the frame, once it is whole. */
static int
rx_part(struct hn_rxq *rxq, struct rte_mbuf *m, const uint8_t *data, struct hn_pkt_rx *rx,
	struct rte_mbuf **done)
{
	int ret;

	*done = NULL;
	/* A host may join without being asked: who takes no chains gets none. */
	if (!rxq->chains && !hn_rsc_is_only_part(&rx->part))
		return -EBADMSG;
	if ((rx->part.flags & RNDIS_PACKET_ID_FIRST) != 0) {
		hn_rx_drop_unfinished(rxq);
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

static int
rx_whole(struct hn_rxq *rxq, struct rte_mbuf *m, const uint8_t *data,
	 const struct hn_pkt_rx *rx, struct rte_mbuf **done)
{
	hn_rx_drop_unfinished(rxq);
	if (unlikely(rx->data_len < RTE_ETHER_HDR_LEN))
		return -EBADMSG;
	hn_rx_set_info(rxq, m, rx);
	*done = m;
	return rx_fill(rxq, m, data, rx);
}

int
hn_rx_frame(struct hn_rxq *rxq, const struct hn_chan *chan, const struct vmbus_rxbuf_range *range,
	    struct rte_mbuf *m, struct rte_mbuf **done)
{
	struct hn_pkt_rx rx;
	const uint8_t *msg;

	rte_pktmbuf_reset(m);
	if (!hn_rx_range_is_valid(chan, range))
		return -EBADMSG;
	msg = chan->rxbuf + range->ofs;
	if (hn_pkt_read(msg, range->len, &rx) < 0 || rx.data_len > HN_RX_FRAME_MAX)
		return -EBADMSG;
	if (hn_pkt_rx_is_part(&rx))
		return rx_part(rxq, m, msg + rx.data_offset, &rx, done);
	return rx_whole(rxq, m, msg + rx.data_offset, &rx, done);
}
