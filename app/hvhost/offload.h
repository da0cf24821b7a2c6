/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Task offloads as NDIS describes them: what the host can do, what the guest
 * has switched on, and the two objects that carry this over RNDIS.
 */

#ifndef HVHOST_OFFLOAD_H
#define HVHOST_OFFLOAD_H

#include <stddef.h>
#include <stdint.h>

struct wire;

/** One bit for each thing that can be on or off. */
enum {
	OFFLOAD_TX_IP4 = 1 << 0,	/**< IPv4 header checksum */
	OFFLOAD_TX_TCP4 = 1 << 1,
	OFFLOAD_TX_UDP4 = 1 << 2,
	OFFLOAD_TX_TCP6 = 1 << 3,
	OFFLOAD_TX_UDP6 = 1 << 4,
	OFFLOAD_RX_IP4 = 1 << 5,
	OFFLOAD_RX_TCP4 = 1 << 6,
	OFFLOAD_RX_UDP4 = 1 << 7,
	OFFLOAD_RX_TCP6 = 1 << 8,
	OFFLOAD_RX_UDP6 = 1 << 9,
	OFFLOAD_LSO4 = 1 << 10,		/**< large send, version 2 */
	OFFLOAD_LSO6 = 1 << 11,
	OFFLOAD_RSC4 = 1 << 12,		/**< receive segments are coalesced */
	OFFLOAD_RSC6 = 1 << 13,

	OFFLOAD_CHECKSUMS = (1 << 10) - 1,
	OFFLOAD_UDP = OFFLOAD_TX_UDP4 | OFFLOAD_TX_UDP6 | OFFLOAD_RX_UDP4 | OFFLOAD_RX_UDP6,
	OFFLOAD_RX = OFFLOAD_RX_IP4 | OFFLOAD_RX_TCP4 | OFFLOAD_RX_UDP4 | OFFLOAD_RX_TCP6 |
		     OFFLOAD_RX_UDP6,
	OFFLOAD_LARGE_SENDS = OFFLOAD_LSO4 | OFFLOAD_LSO6,
	OFFLOAD_RSC = OFFLOAD_RSC4 | OFFLOAD_RSC6,
};

/** What a large send may be. */
struct offload_limits {
	uint32_t payload_max;
	uint32_t segments_min;
};

/** As vmswitch says. */
#define OFFLOAD_PAYLOAD_MAX 0xf53cu
#define OFFLOAD_SEGMENTS_MIN 2u

/** Write an NDIS_OFFLOAD of the given revision (1 to 3). */
void offload_write(struct wire *out, uint8_t revision, uint32_t offloads,
		   const struct offload_limits *limits);
#define OFFLOAD_OBJECT_MAX 156u

/**
 * Apply an NDIS_OFFLOAD_PARAMETERS to *offloads, within what is supported.
 *
 * @return
 *   An RNDIS status.
 */
uint32_t offload_set(const uint8_t *params, size_t len, uint32_t supported,
		     uint32_t *offloads);

/**
 * "none", or names with a plus between them: ip4, tcp4, udp4, tcp6, udp6 (both
 * ways), lso4, lso6, rsc. 0, or -1 if it is something else.
 */
int offload_parse(const char *text, uint32_t *offloads);

/** The same by name, as RNDIS configuration parameters do; unknown names are ignored. */
void offload_set_by_name(const char *name, uint32_t digit, uint32_t supported,
			 uint32_t *offloads);

#endif /* HVHOST_OFFLOAD_H */
