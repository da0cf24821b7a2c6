/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Network Virtual Service Protocol: what the NIC and its host say to each
 * other in VMBus packets. Formats only, in Microsoft's words. "guest:" and
 * "host:" tell who sends; a request's answer comes in its completion.
 *
 * Messages are padded with zeros to 28 bytes (32 in the ring) before version
 * 6.1 and to 40 from it on; that is done in one place, when sending.
 */

#ifndef _NVSP_H_
#define _NVSP_H_

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/** Versions, oldest first; there is no 3. */
enum nvsp_version {
	NVSP_VERSION_1 = 0x00000002,
	NVSP_VERSION_2 = 0x00030002,
	NVSP_VERSION_4 = 0x00040000,
	NVSP_VERSION_5 = 0x00050000,
	NVSP_VERSION_6 = 0x00060000,
	NVSP_VERSION_61 = 0x00060001,
};

enum nvsp_type {
	NVSP_TYPE_INIT = 1,
	NVSP_TYPE_INIT_COMPLETE = 2,
	NVSP_TYPE_NDIS_VERSION = 100,
	NVSP_TYPE_RECV_BUF = 101,
	NVSP_TYPE_RECV_BUF_COMPLETE = 102,
	NVSP_TYPE_REVOKE_RECV_BUF = 103,
	NVSP_TYPE_SEND_BUF = 104,
	NVSP_TYPE_SEND_BUF_COMPLETE = 105,
	NVSP_TYPE_REVOKE_SEND_BUF = 106,
	NVSP_TYPE_RNDIS_PKT = 107,
	NVSP_TYPE_RNDIS_PKT_COMPLETE = 108,
	NVSP_TYPE_NDIS_CONFIG = 125,
	NVSP_TYPE_VF_ASSOCIATION = 128,
	NVSP_TYPE_SWITCH_DATA_PATH = 129,
	NVSP_TYPE_SUBCHANNEL = 133,
	NVSP_TYPE_INDIRECTION_TABLE = 134,
};

/** Anything but SUCCESS is a failure. */
enum nvsp_status {
	NVSP_STATUS_NONE = 0,
	NVSP_STATUS_SUCCESS = 1,
	NVSP_STATUS_FAIL = 2,
};

/** Length of a message on the wire, by version. */
enum nvsp_len {
	NVSP_LEN = 32,		/**< 28, as the ring pads it; shorter ones go unanswered */
	NVSP_LEN_61 = 40,
};

/** Begins every message. */
struct nvsp_hdr {
	uint32_t type;		/* enum nvsp_type */
};
static_assert(sizeof(struct nvsp_hdr) == 4, "wire size");

/** guest: propose one version. */
struct nvsp_init {
	uint32_t type;		/* NVSP_TYPE_INIT */
	uint32_t min_version;
	uint32_t max_version;
};
static_assert(sizeof(struct nvsp_init) == 12, "wire size");

/** host: the version field is historical, only status counts. */
struct nvsp_init_complete {
	uint32_t type;		/* NVSP_TYPE_INIT_COMPLETE */
	uint32_t version;
	uint32_t max_mdl_chain;
	uint32_t status;
};
static_assert(sizeof(struct nvsp_init_complete) == 16, "wire size");

/** guest: no answer. */
struct nvsp_ndis_version {
	uint32_t type;		/* NVSP_TYPE_NDIS_VERSION */
	uint32_t major;
	uint32_t minor;
};
static_assert(sizeof(struct nvsp_ndis_version) == 12, "wire size");

/** Capability bits of nvsp_ndis_config. */
enum nvsp_ndis_cap {
	NVSP_NDIS_CAP_SRIOV = 1 << 2,
	NVSP_NDIS_CAP_VLAN = 1 << 3,
	NVSP_NDIS_CAP_TEAMING = 1 << 5,
	NVSP_NDIS_CAP_RSC = 1 << 7,
};

/**
 * guest: no answer; version 2 and up, before the receive buffer. The
 * capabilities are one 64-bit word at an offset of 12, written as two halves.
 */
struct nvsp_ndis_config {
	uint32_t type;		/* NVSP_TYPE_NDIS_CONFIG */
	uint32_t mtu;		/* Ethernet header included */
	uint32_t reserved;
	uint32_t caps;		/* enum nvsp_ndis_cap */
	uint32_t caps_high;
};
static_assert(sizeof(struct nvsp_ndis_config) == 20, "wire size");

/** Ids by which the buffers are revoked and named in packets. */
enum nvsp_buf_id {
	NVSP_RECV_BUF_ID = 0xcafe,
	NVSP_SEND_BUF_ID = 0xface,
};

/** guest: offer the receive or the send buffer. */
struct nvsp_buf {
	uint32_t type;		/* NVSP_TYPE_RECV_BUF, NVSP_TYPE_SEND_BUF */
	uint32_t gpadl;
	uint16_t id;
	uint16_t reserved;
};
static_assert(sizeof(struct nvsp_buf) == 12, "wire size");

/** host: all known hosts say one section of equal pieces. */
struct nvsp_recv_buf_complete {
	uint32_t type;		/* NVSP_TYPE_RECV_BUF_COMPLETE */
	uint32_t status;
	uint32_t sections;
	uint32_t offset;
	uint32_t piece_len;	/* "sub-allocation size" */
	uint32_t piece_count;
	uint32_t end_offset;
};
static_assert(sizeof(struct nvsp_recv_buf_complete) == 28, "wire size");

/** host: the number of sections follows from the buffer's length. */
struct nvsp_send_buf_complete {
	uint32_t type;		/* NVSP_TYPE_SEND_BUF_COMPLETE */
	uint32_t status;
	uint32_t section_len;
};
static_assert(sizeof(struct nvsp_send_buf_complete) == 12, "wire size");

/** guest: no answer. After it the host must not touch the buffer. */
struct nvsp_revoke_buf {
	uint32_t type;		/* NVSP_TYPE_REVOKE_RECV_BUF, NVSP_TYPE_REVOKE_SEND_BUF */
	uint16_t id;
	uint16_t reserved;
};
static_assert(sizeof(struct nvsp_revoke_buf) == 8, "wire size");

/** Entries of the send table, and its bytes. */
#define NVSP_SEND_TABLE_COUNT 16u
#define NVSP_SEND_TABLE_LEN (NVSP_SEND_TABLE_COUNT * 4u)

/** host: which channel it would like the frames of a flow to be sent on. */
struct nvsp_send_table {
	uint32_t type;		/* NVSP_TYPE_INDIRECTION_TABLE */
	uint32_t count;
	uint32_t offset;	/* of the table, from the beginning of this */
};
static_assert(sizeof(struct nvsp_send_table) == 12, "wire size");

enum nvsp_channel_type {
	NVSP_CHANNEL_DATA = 0,
	NVSP_CHANNEL_CONTROL = 1,
};

/** Section index of a message that lies in no send-buffer section. */
#define NVSP_SECTION_NONE UINT32_MAX

/** guest, host: RNDIS messages, in a section, in guest pages or in the receive buffer. */
struct nvsp_rndis_pkt {
	uint32_t type;		/* NVSP_TYPE_RNDIS_PKT */
	uint32_t channel_type;	/* enum nvsp_channel_type */
	uint32_t section_index;
	uint32_t section_len;	/* bytes used of it */
};
static_assert(sizeof(struct nvsp_rndis_pkt) == 16, "wire size");

/** guest, host: the packet's memory is its owner's again. */
struct nvsp_rndis_pkt_complete {
	uint32_t type;		/* NVSP_TYPE_RNDIS_PKT_COMPLETE */
	uint32_t status;
};
static_assert(sizeof(struct nvsp_rndis_pkt_complete) == 8, "wire size");

enum nvsp_subchannel_op {
	NVSP_SUBCHANNEL_ALLOCATE = 1,
};

/** guest: ask for more channels; version 5 and up, once per connection. */
struct nvsp_subchannel {
	uint32_t type;		/* NVSP_TYPE_SUBCHANNEL */
	uint32_t op;		/* enum nvsp_subchannel_op */
	uint32_t count;		/* besides the primary */
};
static_assert(sizeof(struct nvsp_subchannel) == 12, "wire size");

/** host: the answer has the request's type; the offers come by another way. */
struct nvsp_subchannel_complete {
	uint32_t type;		/* NVSP_TYPE_SUBCHANNEL */
	uint32_t status;
	uint32_t count;		/* how many it will offer */
};
static_assert(sizeof(struct nvsp_subchannel_complete) == 12, "wire size");

#endif /* _NVSP_H_ */
