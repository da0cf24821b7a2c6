/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Which frames the host is to send: promiscuous, all multicast, a list of
 * multicast addresses. Kept in the port, told when it starts and at once while
 * it runs; a stopped port's filter is closed.
 */

#ifndef _HN_FILTER_H_
#define _HN_FILTER_H_

#include <stdbool.h>
#include <stdint.h>

#include <ethdev_driver.h>

/** Longer lists are made all multicast. */
#define HN_FILTER_LIST_MAX 64u

/** The multicast addresses wanted. */
struct hn_filter {
	uint32_t count;		/**< as asked for; more than fit are not kept */
	bool all;		/**< the host cannot hold them: all multicast instead */
	struct rte_ether_addr addr[HN_FILTER_LIST_MAX];
};

/** Tell the host what to send. @return 0 or negative errno. */
int hn_filter_open(struct rte_eth_dev *dev);
/** Tell the host to send nothing. @return 0 or negative errno. */
int hn_filter_close(struct rte_eth_dev *dev);

int hn_filter_enable_promiscuous(struct rte_eth_dev *dev);
int hn_filter_disable_promiscuous(struct rte_eth_dev *dev);
int hn_filter_enable_allmulticast(struct rte_eth_dev *dev);
int hn_filter_disable_allmulticast(struct rte_eth_dev *dev);

/**
 * A list that the host does not take is made all multicast.
 *
 * @return 0; -EINVAL if one is no multicast address; or negative errno.
 */
int hn_filter_set_list(struct rte_eth_dev *dev, struct rte_ether_addr *list, uint32_t count);

#endif /* _HN_FILTER_H_ */
