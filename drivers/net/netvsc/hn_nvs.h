/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * NVSP bring-up and take-down: agree on a version, tell the host about this
 * guest, give it the receive and the send buffer, take them back.
 *
 * Runs on the primary channel, in control operations only.
 */

#ifndef _HN_NVS_H_
#define _HN_NVS_H_

#include <stdbool.h>
#include <stdint.h>

struct hn_chan;
struct rte_vmbus_device;

/** What host and guest agreed on. */
struct hn_nvs {
	uint32_t version;		/**< enum nvsp_version */
	uint16_t ndis_major;
	uint16_t ndis_minor;
	uint32_t rx_piece_len;		/**< the host divides the receive buffer so */
	uint32_t rx_piece_count;
	uint32_t tx_section_len;	/**< bytes; the send buffer's unit */
	uint32_t tx_section_count;
	bool rx_connected;		/**< the host has the receive buffer */
	bool tx_connected;
};

/**
 * Bring the channel up to where RNDIS begins.
 *
 * @param mtu
 *   Of IP packets, bytes; the host is told with the Ethernet header.
 * @param timeout_ms
 *   For each answer. Hosts under load have taken 15 seconds.
 * @return
 *   0 or negative errno, logged; nothing stays connected on failure.
 */
int hn_nvs_attach(struct hn_nvs *nvs, struct hn_chan *chan, const struct rte_vmbus_device *dev,
		  uint16_t mtu, uint32_t timeout_ms);

/**
 * Take back what was given; works from any state. To be called after RNDIS was
 * halted: a host stops listening at the first revoke.
 */
void hn_nvs_detach(struct hn_nvs *nvs, struct hn_chan *chan);

/**
 * Ask for channels besides the primary; version 5 and up, once after each attach.
 *
 * @param granted
 *   How many the host will offer, at most count; 0 if it refuses.
 * @return 0 or negative errno, logged.
 */
int hn_nvs_ask_subchannels(const struct hn_nvs *nvs, struct hn_chan *chan, uint32_t count,
			   uint32_t *granted, uint32_t timeout_ms);

/** Is the host told an MTU at all? */
bool hn_nvs_can_set_mtu(const struct hn_nvs *nvs);

/** "6.1" for NVSP_VERSION_61 and so on. */
const char *hn_nvs_version_name(uint32_t version);

#endif /* _HN_NVS_H_ */
