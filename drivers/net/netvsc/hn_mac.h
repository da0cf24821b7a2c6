/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The card's address: learned from the host, and changed where the host allows.
 */

#ifndef _HN_MAC_H_
#define _HN_MAC_H_

#include <ethdev_driver.h>

/**
 * After each connect: learn the address; later on, see that the card is the same
 * and give it the address that the application wants.
 *
 * @return
 *   0; -EADDRNOTAVAIL if it is another card, or has an impossible address; or
 *   negative errno.
 */
int hn_mac_learn(struct rte_eth_dev *dev);

/**
 * Let the host use another address. While it takes it, a running port receives
 * nothing.
 *
 * @return
 *   0; -EPERM if the host keeps its own, logged; or negative errno.
 */
int hn_mac_set(struct rte_eth_dev *dev, struct rte_ether_addr *mac);

#endif /* _HN_MAC_H_ */
