/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The dev_ops that concern RSS. A change goes to the host at once while the
 * port runs, and with the next start otherwise; it is kept over a reconnect.
 */

#ifndef _HN_RSS_OPS_H_
#define _HN_RSS_OPS_H_

#include <ethdev_driver.h>

/**
 * Take what the application has configured; the port is stopped. The table is
 * the user's as long as the number of queues stays.
 *
 * @return 0 or -EINVAL, logged.
 */
int hn_rss_ops_configure(struct rte_eth_dev *dev);

/** Tell the host, before it is let send. @return 0 or negative errno, logged. */
int hn_rss_ops_start(struct rte_eth_dev *dev);

void hn_rss_ops_info(const struct rte_eth_dev *dev, struct rte_eth_dev_info *info);

int hn_rss_ops_update_table(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf,
			    uint16_t size);
int hn_rss_ops_query_table(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf,
			   uint16_t size);
int hn_rss_ops_update_hash(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf);
int hn_rss_ops_query_hash(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf);

#endif /* _HN_RSS_OPS_H_ */
