/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * A port runs: start and stop of all of it and of single queues. The dev_ops
 * of that; in control operations only.
 */

#ifndef _HN_RUN_H_
#define _HN_RUN_H_

#include <ethdev_driver.h>

int hn_run_start(struct rte_eth_dev *dev);
int hn_run_stop(struct rte_eth_dev *dev);

/** What came while the queue was stopped is not delivered. */
int hn_run_start_rxq(struct rte_eth_dev *dev, uint16_t index);
int hn_run_stop_rxq(struct rte_eth_dev *dev, uint16_t index);
int hn_run_start_txq(struct rte_eth_dev *dev, uint16_t index);
/** @return 0, or -ETIMEDOUT if the host keeps what was sent; the queue is stopped then, too. */
int hn_run_stop_txq(struct rte_eth_dev *dev, uint16_t index);

#endif /* _HN_RUN_H_ */
