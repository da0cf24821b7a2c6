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
	OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES = 0xfc01020d,
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
#define NDIS_OBJECT_TYPE_OFFLOAD 0xa7

/** Bits of the checksum words of ndis_offload; IPv6 has no header checksum. */
enum ndis_checksum_cap {
	NDIS_CHECKSUM_CAP_TCP = 0x010,
	NDIS_CHECKSUM_CAP_UDP = 0x040,
	NDIS_CHECKSUM_CAP_IP = 0x100,
};

/** Bit of the encapsulation words: frames as Ethernet has them. */
#define NDIS_ENCAPSULATION_IEEE_802_3 0x2u

/** Bits of ndis_offload.rsc: the word's first two bytes. */
enum ndis_rsc_cap {
	NDIS_RSC_CAP_IPV4 = 0x0001,
	NDIS_RSC_CAP_IPV6 = 0x0100,
};

/** host: OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES. How much of it comes goes by revision. */
struct ndis_offload {
	struct ndis_object_hdr hdr;
	uint32_t ipv4_tx_encapsulation;
	uint32_t ipv4_tx_checksum;	/* enum ndis_checksum_cap, and the three below */
	uint32_t ipv4_rx_encapsulation;
	uint32_t ipv4_rx_checksum;
	uint32_t ipv6_tx_encapsulation;
	uint32_t ipv6_tx_checksum;
	uint32_t ipv6_rx_encapsulation;
	uint32_t ipv6_rx_checksum;
	uint8_t lso_v1[16];
	uint8_t ipsec_v1[28];
	uint32_t lso_v2_ipv4_encapsulation;
	uint32_t lso_v2_ipv4_max_size;
	uint32_t lso_v2_ipv4_min_segments;
	uint32_t lso_v2_ipv6_encapsulation;
	uint32_t lso_v2_ipv6_max_size;
	uint32_t lso_v2_ipv6_min_segments;
	uint32_t lso_v2_ipv6_flags;
	uint32_t flags;
	uint8_t ipsec_v2[32];	/* revision 2 */
	uint32_t rsc;		/* revision 3; enum ndis_rsc_cap */
	uint8_t nvgre[8];
};
static_assert(sizeof(struct ndis_offload) == 156, "wire size");
static_assert(offsetof(struct ndis_offload, lso_v2_ipv4_encapsulation) == 80, "wire layout");
static_assert(offsetof(struct ndis_offload, rsc) == 144, "wire layout");

enum ndis_offload_size {
	NDIS_OFFLOAD_SIZE_1 = 112,
	NDIS_OFFLOAD_SIZE_2 = 144,
	NDIS_OFFLOAD_SIZE_3 = 156,
};

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
