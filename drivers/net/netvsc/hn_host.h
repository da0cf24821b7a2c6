/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * A port's life with its host, as lists of steps: connect, what is asked of
 * the host then, and disconnect.
 */

#ifndef _HN_HOST_H_
#define _HN_HOST_H_

#include <stdbool.h>

#include <ethdev_driver.h>

struct rte_vmbus_device;

/**
 * Longest wait for one answer. Hosts under load have been seen to take 15
 * seconds, and one that is paused for a minute is to be survived; a host that is
 * gone is noticed within a second.
 */
#define HN_HOST_TIMEOUT_MS 90000

/** The largest that can be asked for: an IP packet, less what Linux keeps free, too. */
#define HN_HOST_MTU_MAX 65521
/** Most hosts take no larger one; they silently make it 1500. */
#define HN_HOST_MTU_USUAL 9202

/**
 * Open the channel, bring up NVSP and RNDIS, learn MAC and link.
 *
 * @param vmbus
 *   A mapped device.
 * @return 0 or negative errno, logged; nothing is kept on failure.
 */
int hn_host_connect(struct rte_eth_dev *dev, struct rte_vmbus_device *vmbus, uint16_t mtu);

/**
 * Halt, revoke, close, in this order; works from any state. The filter is off.
 * With a host that does not listen this takes as long as one answer may, and if
 * it has not answered before, some seconds.
 */
void hn_host_disconnect(struct rte_eth_dev *dev);

/**
 * In another process than the primary: use the port, if that has it connected; again, if
 * there are more channels. And the end of it: waits for who polls it here.
 *
 * @return 0, also while it is not connected; or negative errno, and it is not used.
 */
int hn_host_join(struct rte_eth_dev *dev);
void hn_host_leave(struct rte_eth_dev *dev);

/**
 * Disconnect for good. The device is closed if the host has not completed a request,
 * which it may read until then.
 */
void hn_host_end(struct rte_eth_dev *dev);

/**
 * Disconnect, close the device and map it again: the host cannot reach anything
 * any more that it had, and all of that is freed. The port is stopped; it
 * connects again when it has to (hn_host_require()).
 *
 * @return
 *   0, also if it could not be mapped yet because the application keeps mbufs that
 *   lead into the receive buffer; otherwise why not.
 */
int hn_host_drop(struct rte_eth_dev *dev);

/**
 * The port is going to talk to its host: connect it, if hn_host_drop() or a host
 * that did not answer has left it disconnected.
 *
 * @return 0; -ENODEV if the port is lost; or as hn_host_reconnect().
 */
int hn_host_require(struct rte_eth_dev *dev);

/**
 * Does the application keep mbufs that lead into the receive buffer? Then the
 * port cannot connect anew. It gets a moment to free them. A port that is lost has
 * nothing to keep up for that: it is asked again when it was closed.
 *
 * @return true after a sentence that says so.
 */
bool hn_host_is_kept(struct rte_eth_dev *dev);

/**
 * Connect anew; the port is stopped. The device is closed and mapped again, for
 * a host serves a channel that was revoked only after that.
 *
 * @return
 *   0; -EBUSY if hn_host_is_kept(), and nothing was done; -ENODEV if the device is
 *   gone: the port is lost; otherwise negative errno, and the port is disconnected
 *   until hn_host_require() tries again.
 */
int hn_host_reconnect(struct rte_eth_dev *dev, uint16_t mtu);

/**
 * Have another MTU, or more channels; the port is stopped. Connects anew where
 * the host can be told in no other way. Channels that are not needed any more
 * stay open and idle.
 *
 * @param channels
 *   How many the queues want; there may be fewer in the end.
 * @return
 *   0; negative errno and the former state if the host does not take it, at once or,
 *   if it does not answer now, when hn_host_require() tries again.
 */
int hn_host_change(struct rte_eth_dev *dev, uint16_t mtu, uint16_t channels);

/**
 * Tell the host which of its offloads the port's configuration asks for.
 *
 * @return 0 or negative errno, logged.
 */
int hn_host_apply_offloads(struct rte_eth_dev *dev);

#endif /* _HN_HOST_H_ */
