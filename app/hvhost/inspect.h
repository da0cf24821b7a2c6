/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What headers a frame has, as far as a card needs to know that checks sums, cuts
 * large frames or puts segments together.
 */

#ifndef HVHOST_INSPECT_H
#define HVHOST_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

enum {
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
};

#define IP4_HEADER_LEN 20u
#define IP6_HEADER_LEN 40u
#define TCP_HEADER_LEN 20u
#define UDP_HEADER_LEN 8u

/** Offsets in the fixed headers. */
enum {
	IP4_LEN_AT = 2,
	IP4_ID_AT = 4,
	IP4_FRAGMENT_AT = 6,
	IP4_PROTOCOL_AT = 9,
	IP4_SUM_AT = 10,
	IP4_ADDRESSES_AT = 12,
	IP6_LEN_AT = 4,
	IP6_PROTOCOL_AT = 6,
	TCP_SEQ_AT = 4,
	TCP_ACK_AT = 8,
	TCP_DATA_OFFSET_AT = 12,
	TCP_FLAGS_AT = 13,
	TCP_WINDOW_AT = 14,
	TCP_SUM_AT = 16,
	UDP_LEN_AT = 4,
	UDP_SUM_AT = 6,
};

#define TCP_CWR 0x80u			/**< of the flags */

/** All offsets count from the start of the frame. */
struct layout {
	uint8_t ip_version;		/**< 4, 6; 0: no IP packet, or not all of its header */
	uint8_t protocol;		/**< of the transport header */
	/** Whether the IP packet says its length, and lies in the frame; a large send does not. */
	bool has_len;
	bool is_fragment;
	bool is_routed;			/**< a routing header changes the IPv6 destination */
	uint16_t ip;
	uint16_t ip_header_len;		/**< of IPv4 with options, of IPv6 without extensions */
	uint16_t transport;		/**< 0: there is none here, or no room for one */
	size_t end;			/**< of the packet; Ethernet padding is behind it */
};

/** Look at a frame without VLAN tag, of which len bytes lie in one piece. */
struct layout inspect(const uint8_t *frame, size_t len);

#endif /* HVHOST_INSPECT_H */
