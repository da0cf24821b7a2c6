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
	OID_GEN_RECEIVE_SCALE_CAPABILITIES = 0x00010203,
	OID_GEN_RECEIVE_SCALE_PARAMETERS = 0x00010204,
	OID_GEN_RNDIS_CONFIG_PARAMETER = 0x0001021b,
	OID_802_3_PERMANENT_ADDRESS = 0x01010101,
	OID_802_3_CURRENT_ADDRESS = 0x01010102,
	OID_802_3_MULTICAST_LIST = 0x01010103,
	OID_802_3_MAXIMUM_LIST_SIZE = 0x01010104,
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
#define NDIS_OBJECT_TYPE_RSS_CAPABILITIES 0x88
#define NDIS_OBJECT_TYPE_RSS_PARAMETERS 0x89
#define NDIS_OBJECT_TYPE_OFFLOAD 0xa7

/** Around what a card can do a task: bits. */
enum ndis_encapsulation {
	NDIS_ENCAPSULATION_NULL = 1 << 0,
	NDIS_ENCAPSULATION_802_3 = 1 << 1,
};

/** What a card can do with checksums: fields of two bits, of which 1 is yes. */
enum ndis_checksum_cap {
	NDIS_CHECKSUM_CAP_IP_OPTIONS = 0x001,	/* extension headers for IPv6 */
	NDIS_CHECKSUM_CAP_TCP_OPTIONS = 0x004,
	NDIS_CHECKSUM_CAP_TCP = 0x010,
	NDIS_CHECKSUM_CAP_UDP = 0x040,
	NDIS_CHECKSUM_CAP_IP = 0x100,		/* IPv4 only */
};

struct ndis_checksum_caps {
	uint32_t encapsulation;	/* enum ndis_encapsulation */
	uint32_t flags;		/* enum ndis_checksum_cap */
};

/** What a card can segment over IPv6: fields of two bits, as above. */
enum ndis_lso_ipv6_cap {
	NDIS_LSO_IPV6_CAP_EXTENSIONS = 0x1,
	NDIS_LSO_IPV6_CAP_TCP_OPTIONS = 0x4,
};

struct ndis_lso_caps {
	uint32_t encapsulation;	/* enum ndis_encapsulation */
	uint32_t len_max;	/* bytes of one send */
	uint32_t segments_min;
};

/**
 * host: OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES. The question carries one, too,
 * with nothing but its header; how much of it a host knows goes by revision.
 */
struct ndis_offload {
	struct ndis_object_hdr hdr;
	struct ndis_checksum_caps ipv4_tx;
	struct ndis_checksum_caps ipv4_rx;
	struct ndis_checksum_caps ipv6_tx;
	struct ndis_checksum_caps ipv6_rx;
	uint8_t lso_v1[16];
	uint8_t ipsec_v1[28];
	struct ndis_lso_caps lso_v2_ipv4;
	struct ndis_lso_caps lso_v2_ipv6;
	uint32_t lso_v2_ipv6_flags;	/* enum ndis_lso_ipv6_cap */
	uint32_t flags;
	uint8_t ipsec_v2[32];	/* revision 2 */
	uint8_t rsc_ipv4;	/* revision 3; 1 is yes */
	uint8_t rsc_ipv6;
	uint8_t pad[2];
	uint8_t encapsulated[8];
};
static_assert(sizeof(struct ndis_offload) == 156, "wire size");
static_assert(offsetof(struct ndis_offload, lso_v2_ipv4) == 80, "wire layout");
static_assert(offsetof(struct ndis_offload, rsc_ipv4) == 144, "wire layout");

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

/** Bits of ndis_rss_caps: what the host can hash. */
enum ndis_rss_cap {
	NDIS_RSS_CAP_TOEPLITZ = 0x00000001,
	NDIS_RSS_CAP_IPV4 = 0x00000100,		/* addresses, and ports of TCP */
	NDIS_RSS_CAP_IPV6 = 0x00000200,
	NDIS_RSS_CAP_IPV6_EX = 0x00000400,
	NDIS_RSS_CAP_UDP_IPV4 = 0x00000800,
	NDIS_RSS_CAP_UDP_IPV6 = 0x00001000,
	NDIS_RSS_CAP_UDP_IPV6_EX = 0x00002000,
};

/**
 * host: OID_GEN_RECEIVE_SCALE_CAPABILITIES. The question carries one, too, with
 * nothing but its header.
 */
struct ndis_rss_caps {
	struct ndis_object_hdr hdr;
	uint32_t flags;		/* enum ndis_rss_cap */
	uint32_t messages;	/* interrupts; of no meaning here */
	uint32_t queues;	/* channels, the primary included */
	uint16_t table_count;	/* revision 2: entries of the indirection table */
	uint16_t pad;
};
static_assert(sizeof(struct ndis_rss_caps) == 20, "wire size");
static_assert(offsetof(struct ndis_rss_caps, table_count) == 16, "wire layout");

enum ndis_rss_caps_size {
	NDIS_RSS_CAPS_SIZE_1 = 16,
	NDIS_RSS_CAPS_SIZE_2 = 18,
};

/** Bits of ndis_rss_params.hash: the low 8 bits are the function. */
enum ndis_hash {
	NDIS_HASH_FUNCTION_TOEPLITZ = 0x00000001,
	NDIS_HASH_IPV4 = 0x00000100,
	NDIS_HASH_TCP_IPV4 = 0x00000200,
	NDIS_HASH_IPV6 = 0x00000400,
	NDIS_HASH_IPV6_EX = 0x00000800,
	NDIS_HASH_TCP_IPV6 = 0x00001000,
	NDIS_HASH_TCP_IPV6_EX = 0x00002000,
	NDIS_HASH_UDP_IPV4 = 0x00004000,
	NDIS_HASH_UDP_IPV6 = 0x00008000,
	NDIS_HASH_UDP_IPV6_EX = 0x00010000,
};

/** Bits of ndis_rss_params.flags. Those that say "unchanged" do not work on Hyper-V. */
enum ndis_rss_flag {
	NDIS_RSS_FLAG_DISABLE = 0x0010,
};

#define NDIS_RSS_KEY_LEN 40u
/** No host has a larger table; the size to assume where it tells none. */
#define NDIS_RSS_TABLE_MAX 256u
#define NDIS_RSS_TABLE_DEFAULT 128u

/**
 * guest: OID_GEN_RECEIVE_SCALE_PARAMETERS, revision 2. The table, 32 bits for
 * each entry, and the key follow; offsets count from the beginning of this.
 */
struct ndis_rss_params {
	struct ndis_object_hdr hdr;
	uint16_t flags;		/* enum ndis_rss_flag */
	uint16_t base_cpu;
	uint32_t hash;		/* enum ndis_hash */
	uint16_t table_len;	/* bytes */
	uint16_t pad1;
	uint32_t table_offset;
	uint16_t key_len;
	uint16_t pad2;
	uint32_t key_offset;
	uint32_t masks_offset;	/* of processors; of no meaning here, as the next two */
	uint32_t masks_count;
	uint32_t mask_len;
};
static_assert(sizeof(struct ndis_rss_params) == 40, "wire size");
static_assert(offsetof(struct ndis_rss_params, key_offset) == 24, "wire layout");

#endif /* _NDIS_H_ */
