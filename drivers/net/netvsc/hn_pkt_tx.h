/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The RNDIS message around a frame that is sent: written once, in place. Pure:
 * memory in, memory out.
 */

#ifndef _HN_PKT_TX_H_
#define _HN_PKT_TX_H_

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "rndis.h"

/** A PPI whose value is 32 bits, as all that are written. */
struct hn_ppi32 {
	struct rndis_ppi ppi;
	uint32_t value;
};
static_assert(sizeof(struct hn_ppi32) == 16, "wire size");

/** Longest header that hn_pkt_write() makes. */
#define HN_PKT_HDR_MAX (sizeof(struct rndis_packet) + sizeof(struct hn_ppi32))
/** What accompanies a frame on its way to the host. */
struct hn_pkt_tx {
	uint32_t data_len;		/**< of the frame as the host gets it */
	bool has_vlan;
	uint16_t vlan_tci;		/**< as in a tag: priority, CFI, id */
};

/** A tag's control information in the order of the VLAN PPI. */
static inline uint32_t
hn_pkt_vlan_to_ppi(uint16_t tci)
{
	return (uint32_t)(tci & 0xfff) << RNDIS_VLAN_ID_SHIFT | (tci >> 12 & 1) << 3 | tci >> 13;
}

/** Bytes of header that hn_pkt_write() will write. */
static inline uint32_t
hn_pkt_hdr_len(const struct hn_pkt_tx *tx)
{
	return sizeof(struct rndis_packet) + (tx->has_vlan ? sizeof(struct hn_ppi32) : 0);
}

/**
 * Write the header of a message whose frame follows it.
 *
 * @param to
 *   4-byte aligned, at least hn_pkt_hdr_len() bytes.
 * @return
 *   Bytes written.
 */
static inline uint32_t
hn_pkt_write(void *to, const struct hn_pkt_tx *tx)
{
	uint32_t hdr_len = hn_pkt_hdr_len(tx);
	uint32_t ppi_len = hdr_len - sizeof(struct rndis_packet);
	struct rndis_packet pkt = {
		.type = RNDIS_PACKET,
		.len = hdr_len + tx->data_len,
		.data_offset = hdr_len - RNDIS_OFFSET_BASE,
		.data_len = tx->data_len,
		.ppi_offset = ppi_len != 0 ? sizeof(pkt) - RNDIS_OFFSET_BASE : 0,
		.ppi_len = ppi_len,
	};
	struct hn_ppi32 vlan = {
		.ppi.size = sizeof(vlan),
		.ppi.type = RNDIS_PPI_VLAN,
		.ppi.offset = sizeof(vlan.ppi),
		.value = hn_pkt_vlan_to_ppi(tx->vlan_tci),
	};

	memcpy(to, &pkt, sizeof(pkt));
	if (tx->has_vlan)
		memcpy((uint8_t *)to + sizeof(pkt), &vlan, sizeof(vlan));
	return hdr_len;
}

#endif /* _HN_PKT_TX_H_ */
