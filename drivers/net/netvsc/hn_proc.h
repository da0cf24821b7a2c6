/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What one process has of a port: its channels, its mappings. Found through
 * the port number, so that the queues, which all processes share, hold no
 * address of one process.
 */

#ifndef _HN_PROC_H_
#define _HN_PROC_H_

#include <stdint.h>

#include <ethdev_driver.h>

#include "hn_channels.h"
#include "hn_compat.h"
#include "hn_intr.h"
#include "hn_nvs.h"
#include "hn_rndis.h"

struct hn_rxmem;

struct hn_proc {
	RTE_ATOMIC(uint32_t) loss_told;	/**< to this process's application */
	struct hn_channels channels;
	struct hn_nvs nvs;		/**< control: this process brought the port up */
	struct hn_rndis rndis;		/**< requests: likewise; all hear what the host says */
	struct hn_intr intr;
	uint8_t *txbuf;			/**< send buffer in this process */
	struct hn_rxmem *rxmem;		/**< NULL: mbufs do not lead into the receive buffer */
};

/** The calling process's part of a port. */
static inline struct hn_proc *
hn_proc_get(uint16_t port_id)
{
	return rte_eth_devices[port_id].process_private;
}

/** A channel of a port, in the calling process; closed ones may be polled, too. */
static inline struct hn_chan *
hn_proc_chan(uint16_t port_id, uint16_t index)
{
	return &hn_proc_get(port_id)->channels.chan[index];
}

#endif /* _HN_PROC_H_ */
