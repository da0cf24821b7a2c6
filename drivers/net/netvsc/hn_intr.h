/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Sleeping until something is received. The kernel has one event for the whole
 * device; ethdev wants one for each Rx queue. In between sits EAL's interrupt
 * thread: on each event it looks at every queue that sleeps and wakes those
 * whose channel has something.
 *
 * A queue is armed by rx_queue_intr_enable and fires once; what lies there
 * already when it is armed fires it at once. Kernels before 6.18 (and many of
 * their stable series) mask a channel on each interrupt, maybe just after it was
 * armed, but their event follows always, and on it armed queues are unmasked
 * anew: nothing is lost. Where a host or kernel loses an event after all, the
 * port's watch looks once a second.
 */

#ifndef _HN_INTR_H_
#define _HN_INTR_H_

#include <stdbool.h>
#include <stdint.h>

#include <ethdev_driver.h>
#include <rte_interrupts.h>
#include <rte_power_intrinsics.h>

#include "hn_channels.h"

/** What one process has of it. */
struct hn_intr {
	struct rte_intr_handle *queues;	/**< as ethdev knows it: an eventfd for each queue */
	struct rte_intr_handle *device;	/**< the kernel's event; NULL unless we listen */
	uint16_t count;			/**< of queues that can sleep */
	bool armed[HN_CHANNELS_MAX];	/**< owned with the channel's receive end */
};

/** What ethdev is given before any port is configured. @return 0 or -ENOMEM. */
int hn_intr_init(struct rte_eth_dev *dev);
void hn_intr_fini(struct rte_eth_dev *dev);

/**
 * Can what is configured be had? @return 0; -ENOTSUP, logged, if the kernel
 * interrupts for one queue only.
 */
int hn_intr_configure(const struct rte_eth_dev *dev);

/** If interrupts are configured: begin. @return 0 or negative errno, logged. */
int hn_intr_start(struct rte_eth_dev *dev);
/** Undo hn_intr_start(); works from any state. */
void hn_intr_stop(struct rte_eth_dev *dev);

/**
 * Listen to the kernel's event of a device that is open, whether queues can
 * sleep or not: it also tells at once that the device is gone, by an error.
 *
 * @return 0 or negative errno.
 */
int hn_intr_listen(struct rte_eth_dev *dev);
/** Before the device is closed; works from any state, not from the event itself. */
void hn_intr_unlisten(struct rte_eth_dev *dev);

/** Look after the queues that sleep; wake those that have something, or are lost. */
void hn_intr_check(struct rte_eth_dev *dev);

int hn_intr_enable(struct rte_eth_dev *dev, uint16_t index);
int hn_intr_disable(struct rte_eth_dev *dev, uint16_t index);

/**
 * Without interrupts: what an lcore may watch until there is something to
 * receive, for processors that can.
 *
 * @return 0; -EBUSY if there is something already.
 */
int hn_intr_watch(void *rxq, struct rte_power_monitor_cond *cond);

#endif /* _HN_INTR_H_ */
