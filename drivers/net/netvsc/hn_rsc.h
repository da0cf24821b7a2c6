/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Receive segment coalescing: the host sends a frame that it has made of TCP
 * segments as parts, one to a range of the same packet, in order. Here they
 * become one chain of mbufs again.
 */

#ifndef _HN_RSC_H_
#define _HN_RSC_H_

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "rndis.h"

/** The frame being collected; all zero when there is none. */
struct hn_rsc {
	struct rte_mbuf *head;
	struct rte_mbuf *tail;
	uint16_t segment_len;		/**< payload of the second part */
	uint16_t parts;
};

/** Is the part all of its frame? */
static inline bool
hn_rsc_is_only_part(const struct rndis_packet_id *part)
{
	const uint8_t ends = RNDIS_PACKET_ID_FIRST | RNDIS_PACKET_ID_LAST;

	return (part->flags & ends) == ends;
}

/**
 * Take a part.
 *
 * @param m
 *   Its bytes; the first part's mbuf also has the frame's flags. Ours on success.
 * @param done
 *   The frame, if this was its last part; otherwise NULL.
 * @return
 *   0; -EBADMSG if it continues nothing, or makes more than an IP packet.
 */
int hn_rsc_add(struct hn_rsc *rsc, struct rte_mbuf *m, const struct rndis_packet_id *part,
	       struct rte_mbuf **done);

/** Give up the frame being collected. @return whether there was one. */
bool hn_rsc_drop(struct hn_rsc *rsc);

#endif /* _HN_RSC_H_ */
