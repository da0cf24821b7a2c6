/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Statistics of a port: the basic ones and the extended ones, from one table.
 * Counters are written by the data path without locks; a reader may be a few
 * packets behind.
 */

#ifndef _HN_STATS_H_
#define _HN_STATS_H_

#include <ethdev_driver.h>

#include "hn_compat.h"

int hn_stats_get(struct rte_eth_dev *dev, HN_STATS_ARGS);
int hn_stats_reset(struct rte_eth_dev *dev);
int hn_stats_get_xnames(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names,
			unsigned int count);
int hn_stats_get_x(struct rte_eth_dev *dev, struct rte_eth_xstat *values, unsigned int count);

#endif /* _HN_STATS_H_ */
