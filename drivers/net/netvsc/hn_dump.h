/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What a person may want to know of a port and its host that no other
 * operation tells.
 */

#ifndef _HN_DUMP_H_
#define _HN_DUMP_H_

#include <stdio.h>

#include <ethdev_driver.h>

/** The protocols agreed on, as "NVSP 6.1 NDIS 6.30"; @return as fw_version_get. */
int hn_dump_version(struct rte_eth_dev *dev, char *text, size_t len);

/** For rte_eth_dev_priv_dump(); any process. */
int hn_dump_port(struct rte_eth_dev *dev, FILE *file);

#endif /* _HN_DUMP_H_ */
