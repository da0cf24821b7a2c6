/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * RNDIS control messages from the host's side: initialise, halt, query, set,
 * keepalive, indications. What the guest has set is kept here for the NIC.
 *
 * No I/O of its own: requests go in, replies come out.
 */

#ifndef HVHOST_RNDIS_H
#define HVHOST_RNDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "offload.h"
#include "profile.h"
#include "rss.h"

struct rules;

#define RNDIS_ALIGNMENT_LOG2 3u
#define RNDIS_MESSAGES_MAX 8u		/**< in one packet */
#define RNDIS_TRANSFER_MAX 0xefffffffu
#define RNDIS_REPLY_MAX 1024u
#define RNDIS_MULTICAST_MAX 32u

enum {
	RNDIS_MSG_PACKET = 1,
	RNDIS_MSG_INITIALIZE = 2,
	RNDIS_MSG_HALT = 3,
	RNDIS_MSG_QUERY = 4,
	RNDIS_MSG_SET = 5,
	RNDIS_MSG_RESET = 6,
	RNDIS_MSG_INDICATE = 7,
	RNDIS_MSG_KEEPALIVE = 8,
	RNDIS_MSG_SET_EX = 9,
};

enum {
	RNDIS_STATUS_SUCCESS = 0,
	RNDIS_STATUS_MEDIA_CONNECT = 0x4001000b,
	RNDIS_STATUS_MEDIA_DISCONNECT = 0x4001000c,
	RNDIS_STATUS_LINK_SPEED_CHANGE = 0x40010013,
	RNDIS_STATUS_NETWORK_CHANGE = 0x40010018,
	RNDIS_STATUS_OFFLOAD_CURRENT = 0x40020006,
	RNDIS_STATUS_FAILURE = 0xc0000001,
	RNDIS_STATUS_NOT_SUPPORTED = 0xc00000bb,
	RNDIS_STATUS_BAD_VERSION = 0xc0010004,
	RNDIS_STATUS_MULTICAST_FULL = 0xc0010009,
	RNDIS_STATUS_INVALID_DATA = 0xc0010015,
};

/** How sure a NETWORK_CHANGE is. */
enum {
	RNDIS_NETWORK_CHANGE_POSSIBLE = 1,
	RNDIS_NETWORK_CHANGE_DEFINITE = 2,
	RNDIS_NETWORK_CHANGE_CONNECT = 3,
};

/** Bits of the packet filter that matter here. */
enum {
	RNDIS_FILTER_DIRECTED = 0x01,
	RNDIS_FILTER_MULTICAST = 0x02,
	RNDIS_FILTER_ALL_MULTICAST = 0x04,
	RNDIS_FILTER_BROADCAST = 0x08,
	RNDIS_FILTER_PROMISCUOUS = 0x20,
};

struct rndis {
	const struct profile *profile;
	struct rules *rules;
	const char *who;		/**< for log lines: "nic 0" */

	/* What the NIC is; its owner writes these. */
	uint8_t mac[ETHER_ADDR_LEN];	/**< permanent address */
	bool mac_change;		/**< the guest may have another */
	uint32_t frame_len;		/**< longest, Ethernet header included */
	uint16_t ndis_major;
	uint16_t ndis_minor;
	uint32_t queues_max;
	uint32_t rss_entries;		/**< of the RSS table */
	uint64_t channels_open;		/**< a bit each */
	bool link_up;
	uint64_t link_bps;
	struct offload_limits large_send;
	uint32_t supported;		/**< OFFLOAD_... that the guest can have; see rndis_offer() */

	/* What the guest said. */
	bool initialized;
	bool halted;
	uint8_t current_mac[ETHER_ADDR_LEN];
	uint32_t filter;
	uint32_t offloads;		/**< OFFLOAD_... that are on */
	bool offloads_changed;		/**< an indication is due; its writer clears this */
	struct rss rss;
	unsigned int multicasts;
	uint8_t multicast[RNDIS_MULTICAST_MAX][ETHER_ADDR_LEN];
};

/** Forget what the guest said. */
void rndis_reset(struct rndis *rndis);

/** These offloads are there from now on. All are on but coalescing, until the guest says so. */
void rndis_offer(struct rndis *rndis, uint32_t offloads);

/**
 * Take a control message.
 *
 * @param message, len
 *   The message, len as it says itself.
 * @param reply
 *   RNDIS_REPLY_MAX bytes.
 * @return
 *   Bytes of the reply, 0 for none; -EPROTO if a rule was broken that ends
 *   the channel.
 */
int rndis_receive(struct rndis *rndis, const uint8_t *message, size_t len, uint8_t *reply);

/** Write an indication alone, with a value, or with the current offloads; its length. */
size_t rndis_write_indication(const struct rndis *rndis, uint32_t status, uint8_t *message);
size_t rndis_write_value_indication(uint32_t status, uint32_t value, uint8_t *message);
size_t rndis_write_offload_indication(const struct rndis *rndis, uint8_t *message);

/** Whether the packet filter lets a frame to this address through. */
bool rndis_accepts(const struct rndis *rndis, const uint8_t to[ETHER_ADDR_LEN]);

/** "INITIALIZE" */
const char *rndis_message_name(uint32_t type);

#endif /* HVHOST_RNDIS_H */
