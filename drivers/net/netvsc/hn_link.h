/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What happens to a port from outside: link changes that the host indicates,
 * and the loss of the device. News arrive in the data path, where nothing may
 * block, so they are noted there and told to the application from an alarm.
 */

#ifndef _HN_LINK_H_
#define _HN_LINK_H_

#include <stdbool.h>
#include <stdint.h>

#include <ethdev_driver.h>

/** Begin and end looking whether the device is still there. */
int hn_link_watch_start(struct rte_eth_dev *dev);
void hn_link_watch_stop(struct rte_eth_dev *dev);

/** The host indicates a status (enum rndis_status); any thread. */
void hn_link_indicate(struct rte_eth_dev *dev, uint32_t status, uint32_t value);

/** The port cannot be used any more; any thread, any number of times. */
void hn_link_lose(struct rte_eth_dev *dev, int err);
bool hn_link_is_lost(const struct rte_eth_dev *dev);

/** The link_update operation: hear what the host has said, then publish it. */
int hn_link_update(struct rte_eth_dev *dev, int wait);

/** ethdev's bit for the speed that the host tells; 0 if there is none. */
uint32_t hn_link_speed_capa(const struct rte_eth_dev *dev);

/** Copy the known state into the port's link; @return 0 if it changed, -1 if not. */
int hn_link_publish(struct rte_eth_dev *dev);

#endif /* _HN_LINK_H_ */
