/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Transmitting: small frames are copied into sections of the send buffer,
 * several to a section; others are left where they are and the host is given
 * their pages.
 *
 * Completions arrive in whichever thread polls the channel. It puts the id into
 * a ring of the queue, and the transmitting thread alone touches the books.
 */

#ifndef _HN_TX_H_
#define _HN_TX_H_

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_vmbus_reg.h>

#include "hn_compat.h"
#include "hn_tx_frame.h"
#include "hn_txbuf.h"

/** Room for a directly sent packet's header and the frame's head: none crosses a page. */
#define HN_TX_SLOT_LEN 256u
/** Pages of a bounce buffer: it holds any frame. */
#define HN_TX_BOUNCE_PAGES (HN_TX_FRAME_MAX / VMBUS_PAGE_SIZE)

/** Counters of a queue, written by the transmitting thread. */
struct hn_tx_stats {
	uint64_t packets;
	uint64_t bytes;
	uint64_t errors;		/**< frames that cannot be sent, or that the host refused */
	uint64_t copied;		/**< frames sent through the send buffer */
	uint64_t direct;		/**< frames sent by their pages */
	uint64_t gathered;		/**< of them, those copied first to be in fewer pieces */
	uint64_t segmented;		/**< frames that the host was told to cut */
	uint64_t stray;			/**< completions of nothing that we sent */
};

/** A completion on its way to the transmitting thread. */
struct hn_tx_done {
	uint32_t id;
	uint32_t status;
};

/**
 * One producer, the owner of the channel's receive end; one consumer. They may
 * be different lcores: what the one writes has a cache line of its own.
 */
struct hn_tx_done_ring {
	struct hn_tx_done *entry;
	uint32_t mask;
	alignas(RTE_CACHE_LINE_SIZE) RTE_ATOMIC(uint32_t) head;	/**< of the producer */
	uint64_t lost;			/**< ids that are too many to be true; likewise */
	alignas(RTE_CACHE_LINE_SIZE) RTE_ATOMIC(uint32_t) tail;	/**< of the consumer */
};

/** The section being filled with frames. */
struct hn_tx_aggregate {
	struct hn_txdesc *desc;		/**< NULL if there is none */
	uint32_t used;			/**< bytes, exact */
	uint32_t last;			/**< where the last message begins */
};

/** Which way a frame can go, by its length with nothing beside it or with all that can be. */
struct hn_tx_ways {
	uint32_t send_max;		/**< longest that can be sent at all */
	uint32_t fit_max;		/**< longest that a section has room for */
	uint32_t copy_max;		/**< longest that is copied where there is a choice */
	uint32_t plain_max;		/**< the same for one of which nothing is asked */
	uint32_t section_end;		/**< where messages in a section end at the latest */
	uint32_t plain_end;		/**< the same, and the next one could begin there */
};

/**
 * One transmit queue, in memory that all processes share: first what changes in
 * control operations only, then what the transmitting thread writes.
 */
struct hn_txq {
	uint16_t port_id;
	uint16_t queue_id;
	uint16_t nb_desc;
	uint16_t chan_index;		/**< of the channel it sends on */
	uint16_t share_of;		/**< queues among which the send buffer is divided */
	bool deferred;			/**< not started with the port */
	bool running;			/**< written by control operations */
	uint16_t free_thresh;		/**< with fewer descriptors free, look for completions */
	uint32_t section_len;
	uint32_t copy_max;		/**< longer frames are sent by their pages */
	uint32_t max_packets;		/**< host's limits for one section: messages, */
	uint32_t max_transfer;		/**< bytes, */
	uint32_t align;			/**< and where a message may begin; bytes */
	struct hn_tx_ways ways;		/**< follow from these: hn_tx_set_ways() */
	bool fast_free;			/**< all mbufs are of one pool and of one owner */
	struct hn_tx_limits limits;
	uint8_t *slots;			/**< HN_TX_SLOT_LEN for each descriptor */
	uint64_t *slot_iova;		/**< of each */
	uint8_t *bounce;		/**< HN_TX_BOUNCE_PAGES for each of HN_TXBUF_BOUNCES */
	uint64_t *bounce_iova;		/**< of each page */
	void *mem;			/**< what buf and done live in */
	struct hn_tx_done_ring done;
	alignas(RTE_CACHE_LINE_SIZE) struct hn_txbuf buf;
	struct hn_tx_aggregate agg;
	uint32_t stuck;			/**< bursts in a row that were cut short */
	struct hn_tx_stats stats;
};

/** To be called when what they follow from has changed. */
void hn_tx_set_ways(struct hn_txq *txq);

/**
 * The burst function. A packet of which it tells is ours, any other the
 * caller's. Frames that were copied when the ring was full leave with the next
 * burst, also an empty one.
 */
uint16_t hn_tx_burst(void *txq, struct rte_mbuf **pkts, uint16_t count);

/**
 * ethdev's tx_pkt_prepare: may these be sent as they are? Checked against the
 * limits of the host and of the port; nothing is written, hn_tx_burst() does
 * what is to be done to headers.
 *
 * @return
 *   How many may; the next may not, and rte_errno says why: EINVAL or ENOTSUP.
 */
uint16_t hn_tx_prepare(void *txq, struct rte_mbuf **pkts, uint16_t count);

/**
 * Where the queue's number stands in transaction ids: several queues may send
 * on one channel.
 */
#define HN_TX_XACT_QUEUE_SHIFT 32

/**
 * A completion has come; called by the owner of the channel's receive end.
 *
 * @param id
 *   The transaction id without the queue's number.
 */
void hn_tx_put_done(struct hn_txq *txq, uint32_t id, uint32_t status);

/**
 * Poll for completions and free what they release.
 *
 * @return Descriptors still with the host.
 */
uint16_t hn_tx_reclaim(struct hn_txq *txq);

/**
 * The same for at most max descriptors, as an application asks for it: receive
 * data is not dropped for that.
 *
 * @return How many have become free.
 */
uint16_t hn_tx_free_done(struct hn_txq *txq, uint32_t max);

/**
 * Send what a full ring has held back; for a queue that does not run.
 *
 * @param timeout_ms
 *   In: how long to wait for room; out: what is left of it.
 * @return 0; -ETIMEDOUT; or why nothing can be sent any more.
 */
int hn_tx_flush(struct hn_txq *txq, uint32_t *timeout_ms);

/** Free what the host never completed; only when it cannot touch it any more. */
void hn_tx_abandon(struct hn_txq *txq);

#endif /* _HN_TX_H_ */
