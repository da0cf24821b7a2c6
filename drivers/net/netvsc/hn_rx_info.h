/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What the host tells beside a received frame, in the mbuf's words.
 */

#ifndef _HN_RX_INFO_H_
#define _HN_RX_INFO_H_

#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>

#include "hn_pkt_rx.h"
#include "hn_rx.h"

/**
 * The states of both checksums. Failed wins over succeeded; where neither is
 * told, the state is unknown. A host that has joined segments, or got the frame
 * from a stack that left the sum to the card, vouches for the data though the
 * field is wrong: that is ethdev's "none".
 */
static inline uint64_t
hn_rx_checksum_flags(uint32_t checksum)
{
	uint64_t flags = 0;

	if ((checksum & RNDIS_RX_CHECKSUM_IP_FAILED) != 0)
		flags = RTE_MBUF_F_RX_IP_CKSUM_BAD;
	else if ((checksum & RNDIS_RX_CHECKSUM_IP_SUCCEEDED) != 0)
		flags = (checksum & RNDIS_RX_CHECKSUM_IP_STALE) != 0 ?
			RTE_MBUF_F_RX_IP_CKSUM_NONE : RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	if ((checksum & (RNDIS_RX_CHECKSUM_TCP_FAILED | RNDIS_RX_CHECKSUM_UDP_FAILED)) != 0)
		flags |= RTE_MBUF_F_RX_L4_CKSUM_BAD;
	else if ((checksum & (RNDIS_RX_CHECKSUM_TCP_SUCCEEDED |
			      RNDIS_RX_CHECKSUM_UDP_SUCCEEDED)) != 0)
		flags |= (checksum & RNDIS_RX_CHECKSUM_TCP_STALE) != 0 ?
			 RTE_MBUF_F_RX_L4_CKSUM_NONE : RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	return flags;
}

/** The same for one who asked; most frames are found good, or were not looked at. */
static __rte_always_inline void
hn_rx_set_checksum(const struct hn_rxq *rxq, struct rte_mbuf *m, uint32_t checksum)
{
	const uint32_t good = RNDIS_RX_CHECKSUM_IP_SUCCEEDED | RNDIS_RX_CHECKSUM_TCP_SUCCEEDED |
			      RNDIS_RX_CHECKSUM_UDP_SUCCEEDED;

	if ((rxq->wants & HN_PKT_RX_CHECKSUM) == 0)
		return;
	if (unlikely((checksum & ~good) != 0)) {
		m->ol_flags |= hn_rx_checksum_flags(checksum);
		return;
	}
	if ((checksum & RNDIS_RX_CHECKSUM_IP_SUCCEEDED) != 0)
		m->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	if ((checksum & ~(uint32_t)RNDIS_RX_CHECKSUM_IP_SUCCEEDED) != 0)
		m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
}

/** Only what the application asked for. */
static inline void
hn_rx_set_info(const struct hn_rxq *rxq, struct rte_mbuf *m, const struct hn_pkt_rx *rx)
{
	const uint32_t wanted = rx->seen & rxq->wants;

	m->port = rxq->port_id;
	if (wanted == 0)
		return;
	if ((wanted & HN_PKT_RX_CHECKSUM) != 0)
		m->ol_flags |= hn_rx_checksum_flags(rx->checksum);
	if ((wanted & HN_PKT_RX_HASH) != 0 && hn_pkt_rx_has_hash(rx)) {
		m->hash.rss = rx->hash;
		m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
	}
	if ((wanted & HN_PKT_RX_VLAN) != 0) {
		m->vlan_tci = hn_pkt_vlan_from_ppi(rx->vlan);
		if (rxq->strip_vlan)
			m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	}
}

#endif /* _HN_RX_INFO_H_ */
