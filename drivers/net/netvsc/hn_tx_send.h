/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The ways a frame goes, for the burst, and what it does with completions. All
 * in the transmitting thread; the ways as owner of the channel's send end.
 *
 * The ways return 0; -EAGAIN: not now; or the channel's failure; and what else
 * is said.
 */

#ifndef _HN_TX_SEND_H_
#define _HN_TX_SEND_H_

#include <stdint.h>

#include "hn_proc.h"
#include "hn_tx.h"

/** The channel that the queue sends on. */
static inline struct hn_chan *
hn_tx_chan(const struct hn_txq *txq, struct hn_proc *proc)
{
	return &proc->channels.chan[txq->chan_index];
}

/** By what the host knows the descriptor. */
static inline uint64_t
hn_tx_xactid(const struct hn_txq *txq, const struct hn_txdesc *desc)
{
	return (uint64_t)txq->queue_id << HN_TX_XACT_QUEUE_SHIFT | desc->id;
}

/**
 * A frame in one piece, in its mbuf's own memory, without a tag, of which nothing
 * is asked. Looks at the first half of the mbuf and at the frame's header alone.
 */
static inline bool
hn_tx_is_plain(const struct rte_mbuf *m)
{
	const uint64_t other = RTE_MBUF_F_TX_OFFLOAD_MASK | RTE_MBUF_F_INDIRECT |
			       RTE_MBUF_F_EXTERNAL;

	return (m->ol_flags & other) == 0 && m->nb_segs == 1 && m->data_len == m->pkt_len &&
	       hn_tx_frame_is_plain(m);
}

/** By copy, into the section being filled or a new one. -ENOSPC: no section is free. */
int hn_tx_send_copy(struct hn_txq *txq, struct hn_proc *proc, const struct hn_tx_frame *frame);

/**
 * The same for frames in one piece of which nothing is asked, as most are: as
 * many as there are before another one, or before something is in the way.
 *
 * @return
 *   How many; they are counted, the mbufs are the caller's to free. The next
 *   one has to go the long way.
 */
uint16_t hn_tx_send_plain(struct hn_txq *txq, struct hn_proc *proc, struct rte_mbuf *const *pkts,
			  uint16_t count);

/**
 * The same for frames that are too long to be copied, by their pages: those are
 * the host's, the mbufs are ours until it completes them.
 */
uint16_t hn_tx_send_long(struct hn_txq *txq, struct hn_chan *chan, struct rte_mbuf *const *pkts,
			 uint16_t count);

/** Hand the section being filled to the host; 0 also if there is none. */
int hn_tx_send_section(struct hn_txq *txq, struct hn_chan *chan);

/**
 * By its pages, which stay the host's until it completes. -E2BIG: they are too
 * many; -EINVAL: the chain is shorter than it says.
 */
int hn_tx_send_direct(struct hn_txq *txq, struct hn_chan *chan, const struct hn_tx_frame *frame);

/** By the pages of a bounce buffer that it is copied into. */
int hn_tx_send_bounce(struct hn_txq *txq, struct hn_chan *chan, const struct hn_tx_frame *frame);

/** See to it that the next frames find room, as far as the host lets it. */
void hn_tx_make_room(struct hn_txq *txq);

#endif /* _HN_TX_SEND_H_ */
