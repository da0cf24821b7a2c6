/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The channels of a port in one process: the primary, and the subchannels that
 * carry its other queues. Channel i is that of receive queue i.
 *
 * They come and go in control operations only.
 */

#ifndef _HN_CHANNELS_H_
#define _HN_CHANNELS_H_

#include <stdint.h>

#include "hn_chan.h"

struct hn_nvs;
struct hn_rxmem;

/** No host gives a card more. */
#define HN_CHANNELS_MAX 64

struct hn_channels {
	uint16_t count;			/**< open ones: 0 to count - 1 */
	uint16_t granted;		/**< besides the primary; they may come late */
	struct hn_chan chan[HN_CHANNELS_MAX];
};

/**
 * All are closed, and safe to be polled.
 *
 * @param shared
 *   HN_CHANNELS_MAX records, zeroed before any process has used them.
 */
void hn_channels_init(struct hn_channels *channels, struct hn_chan_shared *shared);

/** Open the primary; as hn_chan_open(). */
int hn_channels_open(struct hn_channels *channels, struct rte_vmbus_device *dev,
		     uint16_t port_id, const struct hn_chan_events *events, void *ctx);

/**
 * Ask the host for subchannels and open those that it offers in time. To be
 * called once after NVSP and RNDIS are up.
 *
 * @param want
 *   Channels, the primary included, 2 to HN_CHANNELS_MAX.
 * @param timeout_ms
 *   For the host's answer, and for its offers, which have 20 seconds at most.
 * @return
 *   0, also when there are fewer in the end, which is logged; otherwise why the
 *   device cannot be used any more.
 */
int hn_channels_add(struct hn_channels *channels, const struct hn_nvs *nvs, uint16_t want,
		    uint32_t timeout_ms);

/**
 * Open subchannels that the host has offered since hn_channels_add() gave up
 * waiting for them.
 *
 * @return 0 or negative errno.
 */
int hn_channels_add_late(struct hn_channels *channels);

/**
 * In another process, on a mapped device: use the channels that the primary
 * process has open; again, if there are more than before.
 *
 * @return 0; -ENOENT if it has none; or negative errno.
 */
int hn_channels_attach(struct hn_channels *channels, struct rte_vmbus_device *dev,
		       uint16_t port_id, const struct hn_chan_events *events, void *ctx);

/** Undo hn_channels_attach(): waits for who polls them in this process. */
void hn_channels_detach(struct hn_channels *channels);

/** Close all, the primary last; works from any state. */
void hn_channels_close(struct hn_channels *channels);

/** The device is gone: as hn_chan_abandon() for all; any thread. */
void hn_channels_abandon(struct hn_channels *channels);

/** hn_chan_recover() and hn_chan_tend() for each. */
void hn_channels_tend(struct hn_channels *channels);

/**
 * Give back what lies in the rings of channels that nobody reads, and wait until
 * the host has read that: it reads the channels in any order, and what it is
 * told on one next must not come before. The filter is off: no more will come.
 */
void hn_channels_flush(struct hn_channels *channels);

/** As many as are open share the receive buffer: hn_chan_set_share() for each. */
void hn_channels_share(struct hn_channels *channels);

/**
 * Let mbufs lead into the receive buffer: each channel gets its share of what
 * the application may keep, which is half of the memory.
 *
 * @param pieces
 *   That the host divides the buffer into.
 * @return 0 or -ENOMEM.
 */
int hn_channels_keep(struct hn_channels *channels, struct hn_rxmem *mem, uint32_t pieces);

/**
 * How many packets mbufs lead into. True also of channels that have failed,
 * whose owners do not look any more.
 */
uint32_t hn_channels_kept(const struct hn_channels *channels);

#endif /* _HN_CHANNELS_H_ */
