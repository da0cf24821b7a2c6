/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Remote NDIS messages: control requests, indications, data packets. Formats
 * only, in Microsoft's words.
 */

#ifndef _RNDIS_H_
#define _RNDIS_H_

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum rndis_type {
	RNDIS_PACKET = 0x00000001,
	RNDIS_INITIALIZE = 0x00000002,
	RNDIS_HALT = 0x00000003,
	RNDIS_QUERY = 0x00000004,
	RNDIS_SET = 0x00000005,
	RNDIS_RESET = 0x00000006,
	RNDIS_INDICATE_STATUS = 0x00000007,
	RNDIS_KEEPALIVE = 0x00000008,
	RNDIS_INITIALIZE_CMPLT = 0x80000002u,
	RNDIS_QUERY_CMPLT = 0x80000004u,
	RNDIS_SET_CMPLT = 0x80000005u,
	RNDIS_RESET_CMPLT = 0x80000006u,
	RNDIS_KEEPALIVE_CMPLT = 0x80000008u,
};

/** A completion's type is its request's with this bit. */
#define RNDIS_CMPLT 0x80000000u

enum rndis_status {
	RNDIS_STATUS_SUCCESS = 0x00000000,
	RNDIS_STATUS_MEDIA_CONNECT = 0x4001000b,
	RNDIS_STATUS_MEDIA_DISCONNECT = 0x4001000c,
	RNDIS_STATUS_LINK_SPEED_CHANGE = 0x40010013,
	RNDIS_STATUS_NETWORK_CHANGE = 0x40010018,
	RNDIS_STATUS_OFFLOAD_CURRENT_CONFIG = 0x40020006,
	RNDIS_STATUS_NOT_SUPPORTED = 0xc00000bbu,
	RNDIS_STATUS_INVALID_DATA = 0xc0010015u,
	RNDIS_STATUS_INVALID_OID = 0xc0010017u,
};

/**
 * Offsets inside a message count from byte 8 of it: from the field behind type
 * and length.
 */
#define RNDIS_OFFSET_BASE 8u

/** Begins every message. */
struct rndis_hdr {
	uint32_t type;		/* enum rndis_type */
	uint32_t len;		/* of the whole message */
};
static_assert(sizeof(struct rndis_hdr) == 8, "wire size");

/** Begins every request and every completion but those of RESET. */
struct rndis_request {
	uint32_t type;
	uint32_t len;
	uint32_t request_id;
};
static_assert(sizeof(struct rndis_request) == 12, "wire size");

/** guest: 1.0, and the longest message it takes. */
struct rndis_initialize {
	uint32_t type;		/* RNDIS_INITIALIZE */
	uint32_t len;
	uint32_t request_id;
	uint32_t major;
	uint32_t minor;
	uint32_t max_transfer;
};
static_assert(sizeof(struct rndis_initialize) == 24, "wire size");

/** host: its limits for messages to it. */
struct rndis_initialize_cmplt {
	uint32_t type;		/* RNDIS_INITIALIZE_CMPLT */
	uint32_t len;
	uint32_t request_id;
	uint32_t status;
	uint32_t major;
	uint32_t minor;
	uint32_t device_flags;
	uint32_t medium;
	uint32_t max_packets;	/* in one NVSP packet */
	uint32_t max_transfer;	/* bytes in one NVSP packet */
	uint32_t alignment;	/* of packets in one NVSP packet, as a power of two */
};
static_assert(sizeof(struct rndis_initialize_cmplt) == 44, "wire size");

/** guest: the value of an OID; QUERY and SET. */
struct rndis_oid {
	uint32_t type;		/* RNDIS_QUERY, RNDIS_SET */
	uint32_t len;
	uint32_t request_id;
	uint32_t oid;
	uint32_t info_len;
	uint32_t info_offset;	/* 20 even without data: hosts refuse 0 */
	uint32_t vc;
};
static_assert(sizeof(struct rndis_oid) == 28, "wire size");

struct rndis_query_cmplt {
	uint32_t type;		/* RNDIS_QUERY_CMPLT */
	uint32_t len;
	uint32_t request_id;
	uint32_t status;
	uint32_t info_len;
	uint32_t info_offset;
};
static_assert(sizeof(struct rndis_query_cmplt) == 24, "wire size");

/** host: SET_CMPLT and KEEPALIVE_CMPLT. */
struct rndis_cmplt {
	uint32_t type;
	uint32_t len;
	uint32_t request_id;
	uint32_t status;
};
static_assert(sizeof(struct rndis_cmplt) == 16, "wire size");

/** host: something changed. */
struct rndis_indicate_status {
	uint32_t type;		/* RNDIS_INDICATE_STATUS */
	uint32_t len;
	uint32_t status;
	uint32_t info_len;
	uint32_t info_offset;
};
static_assert(sizeof(struct rndis_indicate_status) == 20, "wire size");

enum rndis_config_type {
	RNDIS_CONFIG_INTEGER = 0,
	RNDIS_CONFIG_STRING = 2,
};

/**
 * guest: OID_GEN_RNDIS_CONFIG_PARAMETER. Name and value follow, in 16-bit
 * characters without an end; offsets count from the beginning of this.
 */
struct rndis_config_param {
	uint32_t name_offset;
	uint32_t name_len;	/* bytes */
	uint32_t type;		/* enum rndis_config_type */
	uint32_t value_offset;
	uint32_t value_len;	/* bytes */
};
static_assert(sizeof(struct rndis_config_param) == 20, "wire size");

/** guest, host: one frame. Per-packet info and data follow. */
struct rndis_packet {
	uint32_t type;		/* RNDIS_PACKET */
	uint32_t len;
	uint32_t data_offset;
	uint32_t data_len;
	uint32_t oob_offset;	/* 0, and the two that follow */
	uint32_t oob_len;
	uint32_t oob_count;
	uint32_t ppi_offset;
	uint32_t ppi_len;
	uint32_t vc;
	uint32_t reserved;
};
static_assert(sizeof(struct rndis_packet) == 44, "wire size");

/** One item of per-packet info; its value follows at offset. */
struct rndis_ppi {
	uint32_t size;		/* this header and the value */
	uint32_t type;		/* enum rndis_ppi_type, maybe with RNDIS_PPI_INTERNAL */
	uint32_t offset;	/* of the value, from here */
};
static_assert(sizeof(struct rndis_ppi) == 12, "wire size");

enum rndis_ppi_type {
	RNDIS_PPI_CHECKSUM = 0,
	RNDIS_PPI_LSO = 2,
	RNDIS_PPI_VLAN = 6,
	RNDIS_PPI_HASH_VALUE = 8,
	RNDIS_PPI_HASH_INFO = 9,
};

/** A type with this bit is from a second space of types. */
#define RNDIS_PPI_INTERNAL 0x80000000u

/** The second space, written with the bit. */
enum rndis_ppi_internal {
	RNDIS_PPI_PACKET_ID = 1,
};

/** host: value of RNDIS_PPI_CHECKSUM, what it found; none of a protocol: nothing is known. */
enum rndis_rx_checksum {
	RNDIS_RX_CHECKSUM_TCP_FAILED = 1 << 0,
	RNDIS_RX_CHECKSUM_UDP_FAILED = 1 << 1,
	RNDIS_RX_CHECKSUM_IP_FAILED = 1 << 2,
	RNDIS_RX_CHECKSUM_TCP_SUCCEEDED = 1 << 3,
	RNDIS_RX_CHECKSUM_UDP_SUCCEEDED = 1 << 4,
	RNDIS_RX_CHECKSUM_IP_SUCCEEDED = 1 << 5,
	RNDIS_RX_CHECKSUM_LOOPBACK = 1 << 6,
	RNDIS_RX_CHECKSUM_TCP_STALE = 1 << 7,	/* validated; the field says otherwise */
	RNDIS_RX_CHECKSUM_IP_STALE = 1 << 8,
};

/** host: RNDIS_PPI_PACKET_ID, of a part of a coalesced frame. */
struct rndis_packet_id {
	uint8_t version;	/* 1 */
	uint8_t flags;		/* enum rndis_packet_id_flags */
	uint16_t id;		/* of the frame */
};
static_assert(sizeof(struct rndis_packet_id) == 4, "wire size");

enum rndis_packet_id_flags {
	RNDIS_PACKET_ID_PART = 1 << 0,	/* else it is a frame of its own */
	RNDIS_PACKET_ID_FIRST = 1 << 1,
	RNDIS_PACKET_ID_LAST = 1 << 2,
};

/** guest: value of RNDIS_PPI_CHECKSUM, what the host is to compute. */
enum rndis_tx_checksum {
	RNDIS_TX_CHECKSUM_IPV4 = 1 << 0,	/* it is IPv4 */
	RNDIS_TX_CHECKSUM_IPV6 = 1 << 1,
	RNDIS_TX_CHECKSUM_TCP = 1 << 2,
	RNDIS_TX_CHECKSUM_UDP = 1 << 3,
	RNDIS_TX_CHECKSUM_IP_HEADER = 1 << 4,
};
/** Where TCP or UDP begins, in 10 bits: bytes from the beginning of the frame. */
#define RNDIS_TX_CHECKSUM_L4_SHIFT 16

/** guest: value of RNDIS_PPI_LSO, version 2: payload of one segment, where TCP begins, this. */
#define RNDIS_LSO_TCP_SHIFT 20
#define RNDIS_LSO_V2 (1u << 30)
#define RNDIS_LSO_IPV6 (1u << 31)

/** Value of RNDIS_PPI_VLAN: priority, CFI, id in other places than in a tag. */
#define RNDIS_VLAN_PRIORITY_MASK 0x7u
#define RNDIS_VLAN_CFI 0x8u
#define RNDIS_VLAN_ID_SHIFT 4

#endif /* _RNDIS_H_ */
