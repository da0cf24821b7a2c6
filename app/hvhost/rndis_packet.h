/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * RNDIS data messages: those of the guest are checked and taken apart, those
 * for the guest are written around a frame that is in its place already.
 */

#ifndef HVHOST_RNDIS_PACKET_H
#define HVHOST_RNDIS_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

struct rules;

/** Most messages in one packet of a guest that are looked at. */
#define RNDIS_PACKETS_MAX 144u

/** Bits of a checksum info from the guest. */
enum {
	TX_CHECKSUM_IPV4 = 1 << 0,
	TX_CHECKSUM_IPV6 = 1 << 1,
	TX_CHECKSUM_TCP = 1 << 2,
	TX_CHECKSUM_UDP = 1 << 3,
	TX_CHECKSUM_IP_HEADER = 1 << 4,
};

/** Bits of a checksum info to the guest; none set: nothing is known. */
enum {
	RX_CHECKSUM_UNKNOWN = 0,
	RX_CHECKSUM_TCP_FAILED = 1 << 0,
	RX_CHECKSUM_UDP_FAILED = 1 << 1,
	RX_CHECKSUM_IP_FAILED = 1 << 2,
	RX_CHECKSUM_FAILED = 7,		/**< any of them */
	RX_CHECKSUM_TCP_GOOD = 1 << 3,
	RX_CHECKSUM_UDP_GOOD = 1 << 4,
	RX_CHECKSUM_IP_GOOD = 1 << 5,
	/** With GOOD: it was verified, but what the frame has in the field is something else. */
	RX_CHECKSUM_TCP_STALE = 1 << 7,
	RX_CHECKSUM_IP_STALE = 1 << 8,
};

/** Flags of the packet-id info, which says which part of a coalesced frame a message is. */
enum {
	FRAGMENT_NONE = 0,		/**< the whole frame; there is no such info */
	FRAGMENT_MIDDLE = 1 << 0,
	FRAGMENT_FIRST = 1 << 0 | 1 << 1,
	FRAGMENT_LAST = 1 << 0 | 1 << 2,
};

/** One frame of the guest and what is to be done with it. */
struct rndis_packet {
	size_t offset;			/**< of the frame in all the bytes of the packet */
	size_t len;
	uint32_t checksum;		/**< TX_CHECKSUM_...; 0: nothing to compute */
	uint16_t transport_offset;	/**< of the TCP or UDP header in the frame; 0: not said */
	bool is_large_send;
	bool large_send_is_ipv6;
	bool large_send_is_v2;
	uint16_t mss;
	bool is_tagged;
	uint16_t tci;
};

/** What the messages of a packet are. */
enum rndis_kind {
	RNDIS_KIND_BAD,			/**< the packet is refused */
	RNDIS_KIND_DATA,
	RNDIS_KIND_CONTROL,
};

/**
 * Check all the messages of a packet. What is wrong is reported to the rules.
 *
 * @param bytes
 *   The packet: its first piece must hold all headers.
 * @param packets
 *   RNDIS_PACKETS_MAX of them.
 */
enum rndis_kind rndis_packets_parse(const struct frame *bytes, struct rules *rules,
				    const char *who, struct rndis_packet *packets,
				    unsigned int *n);

/** What is written around a frame for the guest. */
struct rndis_rx_info {
	uint32_t frame_offset;		/**< in the section */
	uint32_t frame_len;
	bool has_checksum;
	uint32_t checksum;		/**< RX_CHECKSUM_... */
	bool is_tagged;
	uint16_t tci;
	bool has_hash;
	uint32_t hash;
	uint32_t hash_info;		/**< function and type, as in the RSS parameters */
	uint8_t fragment;		/**< FRAGMENT_... */
	uint16_t packet_id;		/**< the same in all fragments of a frame */
};

/** Write the message that fills a whole receive section; at most 124 bytes are touched. */
void rndis_packet_write(uint8_t *section, uint32_t section_len,
			const struct rndis_rx_info *info);

#endif /* HVHOST_RNDIS_PACKET_H */
