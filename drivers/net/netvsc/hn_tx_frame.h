/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * A frame on its way: what an mbuf asks for, checked, and the beginning of the
 * frame as the host wants it. Pure: an mbuf in, memory out.
 *
 * An mbuf is never written, it may be shared. Where the host's frame differs
 * from the mbuf's data (a tag taken out of it, headers made ready for a task)
 * it does so in its first bytes: the head, which is made in memory of ours.
 */

#ifndef _HN_TX_FRAME_H_
#define _HN_TX_FRAME_H_

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include "hn_pkt_tx.h"

/** Longest frame: one whose IP packet is as long as can be, in whole pages. */
#define HN_TX_FRAME_MAX (17u * 4096)
/** Longest head: Ethernet, IPv4 and TCP with all options, or IPv6 with extensions. */
#define HN_TX_HEAD_MAX 180u

/** What frames are checked against. */
struct hn_tx_limits {
	uint32_t tasks;			/**< enum hn_offload_bit: what the host does */
	uint32_t lso_len_max;		/**< frame to be segmented, bytes */
	uint32_t lso_segments_min;
	uint32_t frame_len_max;		/**< by the MTU, without a tag, bytes */
};

struct hn_tx_frame {
	struct rte_mbuf *mbuf;
	struct hn_pkt_tx pkt;
	uint32_t tasks;			/**< enum hn_offload_bit: what is asked for */
	uint16_t head_len;		/**< as the host gets it; 0 if it is the data's own */
	uint16_t skip;			/**< bytes of data that the head stands for */
	uint16_t l3;			/**< where the IP header begins in the head, */
	uint16_t l4;			/**< and what follows it */
};

/** The part of hn_tx_frame_init() that few frames need. */
int hn_tx_frame_init_tasks(struct hn_tx_frame *frame, const struct hn_tx_limits *limits);
int hn_tx_frame_init_tag(struct hn_tx_frame *frame);

/** What an mbuf asks for besides sending it. */
static inline bool
hn_tx_frame_wants(const struct hn_tx_frame *frame)
{
	return (frame->mbuf->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK) != 0;
}

/** Does its data begin with an Ethernet header that has no tag? */
static inline bool
hn_tx_frame_is_plain(const struct rte_mbuf *m)
{
	return m->data_len >= RTE_ETHER_HDR_LEN &&
	       rte_pktmbuf_mtod(m, const struct rte_ether_hdr *)->ether_type !=
	       RTE_BE16(RTE_ETHER_TYPE_VLAN);
}

/**
 * Hosts take a tag beside the frame only. It may be in the mbuf's field, or in
 * the data, where it is left out.
 *
 * @return
 *   0; -EINVAL: the frame cannot be sent; -ENOTSUP: the host was not told to
 *   do what it asks for.
 */
static inline int
hn_tx_frame_init(struct hn_tx_frame *frame, struct rte_mbuf *m, const struct hn_tx_limits *limits)
{
	int ret;

	frame->mbuf = m;
	frame->pkt.data_len = m->pkt_len;
	frame->pkt.has_vlan = false;
	frame->pkt.task = HN_PKT_NO_TASK;
	frame->tasks = 0;
	frame->head_len = 0;
	frame->skip = 0;
	if (unlikely(m->pkt_len < RTE_ETHER_HDR_LEN))
		return -EINVAL;
	if (likely(!hn_tx_frame_wants(frame) && hn_tx_frame_is_plain(m)))
		return 0;
	ret = hn_tx_frame_init_tag(frame);
	return ret == 0 ? hn_tx_frame_init_tasks(frame, limits) : ret;
}

/** Copy len bytes of the chain from an offset on; what a short chain lacks is zero. */
void hn_tx_frame_copy(uint8_t *to, const struct rte_mbuf *m, uint32_t offset, uint32_t len);

/** Make the head: frame->head_len bytes. */
void hn_tx_frame_write_head(const struct hn_tx_frame *frame, uint8_t *to);

#endif /* _HN_TX_FRAME_H_ */
