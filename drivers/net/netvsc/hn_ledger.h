/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Conservation: what the host and the application lend us is at each moment in
 * one place, and the places add up. Counted on demand, from the books as they
 * are: the data path pays for two counters only.
 *
 * A packet that is received is the host's memory until it is completed: it waits
 * in the backlog, is begun, has mbufs that lead into it, or its completion is
 * owed. A transmit descriptor, a section of the send buffer and a bounce buffer
 * is free, or belongs to one descriptor in use; a descriptor in use is being
 * filled, or the host's until it completes it, with the mbuf that it keeps.
 */

#ifndef _HN_LEDGER_H_
#define _HN_LEDGER_H_

#include <stdbool.h>
#include <stdint.h>

#include <ethdev_driver.h>

#include "hn_chan.h"
#include "hn_rx.h"
#include "hn_tx.h"

/** Received packets of a channel that the host wants completed. */
struct hn_ledger_rx {
	uint32_t out;		/**< taken from the host, not given back */
	uint32_t owed;		/**< of them: to be given back as soon as the ring has room */
	uint32_t waiting;	/**< in the backlog */
	uint32_t begun;		/**< the Rx queue is in the middle of it; 0 or 1 */
	uint32_t kept;		/**< mbufs lead into it */
	uint32_t released;	/**< those mbufs are freed; not yet owed */
	uint32_t ranges;	/**< of the host's memory, in those that wait, are begun or kept */
};

/** What belongs to a transmit queue. */
struct hn_ledger_tx {
	uint32_t free;		/**< descriptors */
	uint32_t filling;	/**< 0 or 1 */
	uint32_t sent;		/**< not completed, or its completion has not been taken */
	uint32_t mbufs;		/**< kept by those */
	uint32_t sections_free;
	uint32_t sections_used;
	uint32_t bounces_free;
	uint32_t bounces_used;
};

/** Hears of each thing that is not where it should be, in a sentence. */
struct hn_ledger_fault {
	void (*tell)(void *ctx, const char *sentence);
	void *ctx;
};

/**
 * Count, and check that it adds up. As owner of the channel's receive end.
 *
 * @param rxq
 *   That takes the channel's data; NULL if there is none.
 * @return faults told.
 */
unsigned int hn_ledger_count_rx(struct hn_ledger_rx *ledger, struct hn_chan *chan,
				const struct hn_rxq *rxq, const struct hn_ledger_fault *fault);

/** The same for a transmit queue; exact only where nothing is being sent. */
unsigned int hn_ledger_count_tx(struct hn_ledger_tx *ledger, const struct hn_txq *txq,
				const struct hn_ledger_fault *fault);

/**
 * A quiet point of the whole port: nothing is being sent or received. Faults are
 * logged as errors.
 *
 * @param when
 *   For the log line: "stop", ...
 * @return faults found.
 */
unsigned int hn_ledger_check(struct rte_eth_dev *dev, const char *when);

/** The same for one queue, by whoever sends on it. */
unsigned int hn_ledger_check_tx(const struct hn_txq *txq, const char *when);
/** The same for one channel, as owner of its receive end. */
unsigned int hn_ledger_check_rx(struct hn_chan *chan, const struct hn_rxq *rxq, const char *when);

/* The end of a burst is a quiet point in debug builds only: ethdev's, of applications. */

static inline void
hn_ledger_end_tx_burst(const struct hn_txq *txq)
{
#ifdef RTE_ETHDEV_DEBUG_TX
	if (txq->buf.free_desc_count == txq->buf.desc_count)
		(void)hn_ledger_check_tx(txq, "the end of a burst");
#else
	RTE_SET_USED(txq);
#endif
}

static inline void
hn_ledger_end_rx_burst(struct hn_chan *chan, const struct hn_rxq *rxq)
{
#ifdef RTE_ETHDEV_DEBUG_RX
	(void)hn_ledger_check_rx(chan, rxq, "the end of a burst");
#else
	RTE_SET_USED(chan);
	RTE_SET_USED(rxq);
#endif
}

#endif /* _HN_LEDGER_H_ */
