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

/** Longest header that hn_pkt_write() makes: with a tag and a task. */
#define HN_PKT_HDR_MAX (sizeof(struct rndis_packet) + 2 * sizeof(struct hn_ppi32))

/** What the host is to do with a frame; hosts take one of these. */
enum hn_pkt_task {
	HN_PKT_NO_TASK,
	HN_PKT_CHECKSUM,
	HN_PKT_LSO,
};

/** What accompanies a frame on its way to the host. */
struct hn_pkt_tx {
	uint32_t data_len;		/**< of the frame as the host gets it */
	uint32_t task_value;		/**< of the task's PPI */
	uint16_t vlan_tci;		/**< as in a tag: priority, CFI, id */
	bool has_vlan;
	uint8_t task;			/**< enum hn_pkt_task */
};

/** A tag's control information in the order of the VLAN PPI. */
static inline uint32_t
hn_pkt_vlan_to_ppi(uint16_t tci)
{
	return (uint32_t)(tci & 0xfff) << RNDIS_VLAN_ID_SHIFT | (tci >> 12 & 1) << 3 | tci >> 13;
}

/** Value for HN_PKT_LSO. */
static inline uint32_t
hn_pkt_lso_value(uint16_t segment_len, uint32_t tcp_offset, bool ipv6)
{
	return segment_len | tcp_offset << RNDIS_LSO_TCP_SHIFT | RNDIS_LSO_V2 |
	       (ipv6 ? RNDIS_LSO_IPV6 : 0);
}

/** Bytes of header that hn_pkt_write() will write. */
static inline uint32_t
hn_pkt_hdr_len(const struct hn_pkt_tx *tx)
{
	return sizeof(struct rndis_packet) + (tx->has_vlan ? sizeof(struct hn_ppi32) : 0) +
	       (tx->task != HN_PKT_NO_TASK ? sizeof(struct hn_ppi32) : 0);
}

/** Returns where the next one goes. */
static inline uint8_t *
hn_pkt_write_ppi(uint8_t *to, uint32_t type, uint32_t value)
{
	const struct hn_ppi32 item = {
		.ppi.size = sizeof(item),
		.ppi.type = type,
		.ppi.offset = sizeof(item.ppi),
		.value = value,
	};

	memcpy(to, &item, sizeof(item));
	return to + sizeof(item);
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
	uint8_t *ppi = (uint8_t *)to + sizeof(pkt);

	memcpy(to, &pkt, sizeof(pkt));
	if (tx->has_vlan)
		ppi = hn_pkt_write_ppi(ppi, RNDIS_PPI_VLAN, hn_pkt_vlan_to_ppi(tx->vlan_tci));
	if (tx->task != HN_PKT_NO_TASK)
		hn_pkt_write_ppi(ppi, tx->task == HN_PKT_LSO ? RNDIS_PPI_LSO : RNDIS_PPI_CHECKSUM,
				 tx->task_value);
	return hdr_len;
}

/**
 * The same with nothing beside the frame, in stores that nobody waits for.
 *
 * @param len
 *   Of the message: header, frame, and padding.
 */
static inline void
hn_pkt_write_plain(void *to, uint32_t data_len, uint32_t len)
{
	*(struct rndis_packet *)to = (struct rndis_packet){
		.type = RNDIS_PACKET,
		.len = len,
		.data_offset = sizeof(struct rndis_packet) - RNDIS_OFFSET_BASE,
		.data_len = data_len,
	};
}

#endif /* _HN_PKT_TX_H_ */
