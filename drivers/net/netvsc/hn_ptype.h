/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Packet types. The host tells none, so they cost a look at each frame; that is
 * done only for applications that want them: those that have asked which there
 * are, unless they said that they want fewer.
 */

#ifndef _HN_PTYPE_H_
#define _HN_PTYPE_H_

#include <ethdev_driver.h>

#include "hn_compat.h"

const uint32_t *hn_ptype_get_supported(struct rte_eth_dev *dev HN_PTYPE_COUNT);
int hn_ptype_set(struct rte_eth_dev *dev, uint32_t mask);

#endif /* _HN_PTYPE_H_ */
