/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * mbufs for the usual frame: taken from the pool as they lie there, and filled
 * with what a received frame in one segment has, by few stores.
 */

#ifndef _HN_RX_MBUF_H_
#define _HN_RX_MBUF_H_

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>

/** Where data_off, refcnt, nb_segs, port and ol_flags are, which one store fills. */
#define HN_RX_MBUF_REARM offsetof(struct rte_mbuf, data_off)
static_assert(offsetof(struct rte_mbuf, refcnt) == HN_RX_MBUF_REARM + 2 &&
	      offsetof(struct rte_mbuf, nb_segs) == HN_RX_MBUF_REARM + 4 &&
	      offsetof(struct rte_mbuf, port) == HN_RX_MBUF_REARM + 6 &&
	      offsetof(struct rte_mbuf, ol_flags) == HN_RX_MBUF_REARM + 8, "two words in a row");

/** Bytes that are copied at once. */
#define HN_RX_MBUF_STEP 64u

/** What all frames of a queue have in common. */
struct hn_rx_mbuf {
	uint64_t rearm[2];		/**< for HN_RX_MBUF_REARM */
	uint32_t room;			/**< bytes that any of them takes; 0: too few to count */
};

/** Of the pool of a queue. */
static inline void
hn_rx_mbuf_init(struct hn_rx_mbuf *start, struct rte_mempool *pool, uint16_t port_id)
{
	struct rte_mbuf m = {
		.data_off = RTE_PKTMBUF_HEADROOM,
		.nb_segs = 1,
		.port = port_id,
		.ol_flags = (rte_pktmbuf_priv_flags(pool) &
			     RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF) != 0 ? RTE_MBUF_F_EXTERNAL : 0,
	};
	uint16_t room = rte_pktmbuf_data_room_size(pool);

	rte_mbuf_refcnt_set(&m, 1);
	memcpy(start->rearm, (const uint8_t *)&m + HN_RX_MBUF_REARM, sizeof(start->rearm));
	/* Of too small ones none is plain: hn_rx_mbuf_fill_step() wants room for it. */
	start->room = room >= RTE_PKTMBUF_HEADROOM + HN_RX_MBUF_STEP ?
		      room - RTE_PKTMBUF_HEADROOM : 0;
}

/**
 * So many mbufs, or one if the pool is low, or none; returns how many.
 * Those in a pool have one segment, no next one and one reference; the rest has
 * to be set, by hn_rx_mbuf_start() or rte_pktmbuf_reset().
 */
static inline uint32_t
hn_rx_mbuf_alloc(struct rte_mempool *pool, struct rte_mbuf **mbufs, uint32_t count)
{
	if (likely(rte_mempool_get_bulk(pool, (void **)mbufs, count) == 0))
		return count;
	return rte_mempool_get(pool, (void **)mbufs) == 0;
}

/** An empty frame of room for start->room bytes. */
static __rte_always_inline void
hn_rx_mbuf_start(const struct hn_rx_mbuf *start, struct rte_mbuf *m)
{
	memcpy((uint8_t *)m + HN_RX_MBUF_REARM, start->rearm, sizeof(start->rearm));
	m->packet_type = 0;
}

static __rte_always_inline uint8_t *
hn_rx_mbuf_set_len(struct rte_mbuf *m, uint32_t len)
{
	m->pkt_len = len;
	m->data_len = (uint16_t)len;
	return (uint8_t *)m->buf_addr + RTE_PKTMBUF_HEADROOM;
}

/**
 * The bytes of a short frame: copied with what follows it, for a whole step takes no
 * decisions.
 *
 * @param data
 *   HN_RX_MBUF_STEP bytes from here on can be read.
 * @param len
 *   At most that, and at most start->room.
 */
static __rte_always_inline void
hn_rx_mbuf_fill_step(struct rte_mbuf *m, const uint8_t *data, uint32_t len)
{
	memcpy(hn_rx_mbuf_set_len(m, len), data, HN_RX_MBUF_STEP);
}

/**
 * Those of a longer one, of at most start->room: copied by the C library, which
 * knows the processor that it runs on; rte_memcpy() knows what it was built for.
 */
static __rte_always_inline void
hn_rx_mbuf_fill(struct rte_mbuf *m, const uint8_t *data, uint32_t len)
{
	memcpy(hn_rx_mbuf_set_len(m, len), data, len);
}

#endif /* _HN_RX_MBUF_H_ */
