/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Set-up and release of queues, and what may be asked of them: the dev_ops
 * that concern one queue.
 */

#ifndef _HN_QUEUE_H_
#define _HN_QUEUE_H_

#include <ethdev_driver.h>

#include "hn_compat.h"

/** Descriptors of a transmit queue: what may be with the host at a time. */
#define HN_TX_DESC_MIN 64
#define HN_TX_DESC_MAX 4096
#define HN_TX_DESC_DEFAULT 1024

/** Receive descriptors have no meaning here; any number is taken. */
#define HN_RX_DESC_DEFAULT 512

int hn_queue_setup_rx(struct rte_eth_dev *dev, uint16_t index, uint16_t nb_desc,
		      unsigned int socket, const struct rte_eth_rxconf *conf,
		      struct rte_mempool *pool);
void hn_queue_release_rx(struct rte_eth_dev *dev, uint16_t index);
int hn_queue_setup_tx(struct rte_eth_dev *dev, uint16_t index, uint16_t nb_desc,
		      unsigned int socket, const struct rte_eth_txconf *conf);
void hn_queue_release_tx(struct rte_eth_dev *dev, uint16_t index);
/** Does every receive queue that is set up hold frames of this MTU? */
bool hn_queue_takes_mtu(const struct rte_eth_dev *dev, uint16_t mtu);
/**
 * Before the port starts: which channel each transmit queue sends on, and its
 * share of the send buffer if their number has changed.
 *
 * @return 0 or -ENOMEM.
 */
int hn_queue_bind_tx(struct rte_eth_dev *dev);
/**
 * The host is another one than before, or forgot: begin the books of all
 * transmit queues anew, with its limits. It must not have anything of ours.
 *
 * @return 0 or -ENOMEM.
 */
int hn_queue_renew_tx(struct rte_eth_dev *dev);
void hn_queue_info_rx(struct rte_eth_dev *dev, uint16_t index, struct rte_eth_rxq_info *info);
void hn_queue_info_tx(struct rte_eth_dev *dev, uint16_t index, struct rte_eth_txq_info *info);

/** How the burst functions work: not vectorised. */
int hn_queue_mode_rx(struct rte_eth_dev *dev, uint16_t index, struct rte_eth_burst_mode *mode);
int hn_queue_mode_tx(struct rte_eth_dev *dev, uint16_t index, struct rte_eth_burst_mode *mode);

/**
 * Frames that wait, as far as a look into the ring tells, at most as many as the
 * queue has descriptors.
 */
hn_queue_count_t hn_queue_count_rx(void *rxq);
int hn_queue_status_rx(void *rxq, uint16_t offset);
int hn_queue_status_tx(void *txq, uint16_t offset);
/** Descriptors with the host. */
int hn_queue_count_tx(void *txq);
/**
 * Frees what the host has completed, at most count descriptors, 0 for all.
 *
 * @return How many that were.
 */
int hn_queue_done_cleanup(void *txq, uint32_t count);

#endif /* _HN_QUEUE_H_ */
