/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Receiving: from the host's transfer-page packets straight into the caller's
 * mbufs. What a burst does not take stays in the host's ring.
 */

#ifndef _HN_RX_H_
#define _HN_RX_H_

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "hn_chan.h"
#include "hn_rsc.h"
#include "hn_rx_mbuf.h"

/** Longest frame: the largest IP packet with headers and room for a tag. */
#define HN_RX_FRAME_MAX (65536u + 32u)

struct hn_rxhold;

/** Counters of a queue, written by whoever polls it. */
struct hn_rx_stats {
	uint64_t packets;
	uint64_t bytes;
	uint64_t errors;		/**< frames dropped: malformed, or too long for the mbufs */
	uint64_t attached;		/**< frames, or parts of joined ones, not copied */
	uint64_t no_mbuf;		/**< bursts cut short for want of mbufs */
};

/** One receive queue, in memory that all processes share. */
struct hn_rxq {
	uint16_t port_id;
	uint16_t queue_id;
	uint16_t nb_desc;		/**< as asked for; the host's ring is what it is */
	bool chains;			/**< a frame may take several mbufs */
	bool strip_vlan;
	uint32_t wants;			/**< enum hn_pkt_rx_info: what the mbufs are to tell */
	bool deferred;			/**< not started with the port */
	bool running;			/**< written by control operations, stopped as owner */
	uint32_t ptype_layers;		/**< of packets to be told; 0: none */
	bool busy;			/**< msg holds ranges not yet received */
	uint32_t next_range;
	uint32_t bad_ranges;		/**< in msg */
	struct hn_rxhold *hold;		/**< of msg, if mbufs lead into it */
	bool no_hold;			/**< msg is copied: too much is kept already */
	uint32_t copybreak;		/**< longer frames are not copied, if possible */
	struct hn_rsc rsc;		/**< frame whose parts are still coming, in msg */
	struct rte_mempool *pool;
	struct hn_rx_mbuf start;	/**< of the pool */
	struct hn_rx_stats stats;
	struct hn_msg msg;		/**< the packet being received */
};

/**
 * The burst function. Takes at most a bounded number of ring packets, so that a
 * flood of completions cannot hold the caller either.
 */
uint16_t hn_rx_burst(void *rxq, struct rte_mbuf **pkts, uint16_t count);

/** The queue stops: what was begun goes back to the host. */
void hn_rx_stop(struct hn_rxq *rxq);

#endif /* _HN_RX_H_ */
