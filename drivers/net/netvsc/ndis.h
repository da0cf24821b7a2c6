/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * NDIS objects that RNDIS queries and sets carry: OIDs, packet filter,
 * offload parameters. Formats only, in Microsoft's words.
 */

#ifndef _NDIS_H_
#define _NDIS_H_

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum ndis_oid {
	OID_GEN_MAXIMUM_FRAME_SIZE = 0x00010106,
	OID_GEN_LINK_SPEED = 0x00010107,
	OID_GEN_CURRENT_PACKET_FILTER = 0x0001010e,
	OID_GEN_MEDIA_CONNECT_STATUS = 0x00010114,
	OID_802_3_PERMANENT_ADDRESS = 0x01010101,
	OID_TCP_OFFLOAD_PARAMETERS = 0xfc01020c,
};

/** Bits of OID_GEN_CURRENT_PACKET_FILTER; 0 stops reception. */
enum ndis_packet_filter {
	NDIS_PACKET_TYPE_DIRECTED = 0x0001,
	NDIS_PACKET_TYPE_MULTICAST = 0x0002,
	NDIS_PACKET_TYPE_ALL_MULTICAST = 0x0004,
	NDIS_PACKET_TYPE_BROADCAST = 0x0008,
	NDIS_PACKET_TYPE_PROMISCUOUS = 0x0020,
};

/** Value of OID_GEN_MEDIA_CONNECT_STATUS. */
enum ndis_media_state {
	NDIS_MEDIA_CONNECTED = 0,
	NDIS_MEDIA_DISCONNECTED = 1,
};

/** OID_GEN_LINK_SPEED counts this many bits per second. */
#define NDIS_LINK_SPEED_UNIT 100u

/** Begins every object. */
struct ndis_object_hdr {
	uint8_t type;
	uint8_t revision;
	uint16_t size;
};
static_assert(sizeof(struct ndis_object_hdr) == 4, "wire size");

#define NDIS_OBJECT_TYPE_DEFAULT 0x80

/** Settings of the checksum fields: an enumeration, not bits. */
enum ndis_checksum_offload {
	NDIS_CHECKSUM_NO_CHANGE = 0,
	NDIS_CHECKSUM_OFF = 1,
	NDIS_CHECKSUM_TX = 2,
	NDIS_CHECKSUM_RX = 3,
	NDIS_CHECKSUM_TX_RX = 4,
};

/** Settings of LSO v2 and RSC. LSO v1 is never switched on. */
enum ndis_offload_switch {
	NDIS_OFFLOAD_NO_CHANGE = 0,
	NDIS_OFFLOAD_OFF = 1,
	NDIS_OFFLOAD_ON = 2,
};

/** guest: OID_TCP_OFFLOAD_PARAMETERS. How much of it is sent goes by revision. */
struct ndis_offload_params {
	struct ndis_object_hdr hdr;
	uint8_t ipv4_checksum;
	uint8_t tcp_ipv4_checksum;
	uint8_t udp_ipv4_checksum;
	uint8_t tcp_ipv6_checksum;
	uint8_t udp_ipv6_checksum;
	uint8_t lso_v1;
	uint8_t ipsec_v1;
	uint8_t lso_v2_ipv4;
	uint8_t lso_v2_ipv6;
	uint8_t tcp_connection_ipv4;
	uint8_t tcp_connection_ipv6;
	uint8_t pad1;
	uint32_t flags;
	uint8_t ipsec_v2;	/* revision 2 */
	uint8_t ipsec_v2_ipv4;
	uint8_t rsc_ipv4;	/* revision 3 */
	uint8_t rsc_ipv6;
	uint8_t encapsulated;
	uint8_t encapsulation_types;
	uint8_t pad2[2];
};
static_assert(sizeof(struct ndis_offload_params) == 28, "wire size");
static_assert(offsetof(struct ndis_offload_params, flags) == 16, "wire layout");

enum ndis_offload_params_size {
	NDIS_OFFLOAD_PARAMS_SIZE_1 = 20,
	NDIS_OFFLOAD_PARAMS_SIZE_2 = 22,
	NDIS_OFFLOAD_PARAMS_SIZE_3 = 28,
};

#endif /* _NDIS_H_ */
