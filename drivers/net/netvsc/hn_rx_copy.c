/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <errno.h>

#include <rte_ether.h>

#include "hn_rx_copy.h"

/* Append len bytes to the mbuf chain; -ENOBUFS if the pool or the rules end it. */
static int
copy_append(const struct hn_rxq *rxq, struct rte_mbuf *head, const uint8_t *data, uint32_t len)
{
	struct rte_mbuf *last = rte_pktmbuf_lastseg(head);
	uint32_t part;

	/* Each turn copies at least one byte, or ends. */
	while (len != 0) {
		part = RTE_MIN(len, (uint32_t)rte_pktmbuf_tailroom(last));
		if (part == 0) {
			if (!rxq->chains || head->nb_segs == RTE_MBUF_MAX_NB_SEGS)
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
copy_tagged(const struct hn_rxq *rxq, struct rte_mbuf *m, const uint8_t *frame,
	    const struct hn_pkt_rx *rx)
{
	uint8_t start[2 * RTE_ETHER_ADDR_LEN + RTE_VLAN_HLEN];
	const uint32_t macs = 2 * RTE_ETHER_ADDR_LEN;
	rte_be16_t tpid = RTE_BE16(RTE_ETHER_TYPE_VLAN);
	rte_be16_t tci = rte_cpu_to_be_16(hn_pkt_vlan_from_ppi(rx->vlan));
	int ret;

	memcpy(start, frame, macs);
	memcpy(start + macs, &tpid, sizeof(tpid));
	memcpy(start + macs + sizeof(tpid), &tci, sizeof(tci));
	ret = copy_append(rxq, m, start, sizeof(start));
	return ret < 0 ? ret : copy_append(rxq, m, frame + macs, rx->data_len - macs);
}

int
hn_rx_copy_slow(const struct hn_rxq *rxq, struct rte_mbuf *m, const uint8_t *frame,
		const struct hn_pkt_rx *rx)
{
	if ((rx->seen & HN_PKT_RX_VLAN) != 0 && !rxq->strip_vlan)
		return copy_tagged(rxq, m, frame, rx);
	return copy_append(rxq, m, frame, rx->data_len);
}
