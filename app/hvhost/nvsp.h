/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * NVSP, the protocol between a synthetic NIC and its host, from the host's
 * side: which version is spoken, where the buffers are, which message is
 * allowed when. Facts: the public NVSP text and OpenVMM's behaviour.
 *
 * No I/O of its own: messages go in, what to do comes out.
 */

#ifndef HVHOST_NVSP_H
#define HVHOST_NVSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile.h"

struct rules;

#define NVSP_CONTROL_SECTIONS 16u	/**< receive sections kept for control messages */
#define NVSP_SEND_SECTION_LEN 6144u
#define NVSP_NO_SECTION 0xffffffffu
#define NVSP_HEADER_AREA 256u		/**< of a receive section, before the frame */
#define NVSP_SPARE_AREA 36u		/**< after the frame: a Windows guest overruns it */
#define NVSP_FRAME_MIN 1514u
#define NVSP_RANGES_MAX 375u		/**< of a transfer-pages packet */
#define NVSP_RANGES_MAX_RSC 562u	/**< where coalesced frames can come */
#define NVSP_MESSAGE_MAX 40u
#define NVSP_TABLE_ENTRIES 16u		/**< of the send indirection table */
#define NVSP_TABLE_MESSAGE_MAX (NVSP_MESSAGE_MAX + NVSP_TABLE_ENTRIES * 4)

enum {
	NVSP_STATUS_NONE = 0,
	NVSP_STATUS_SUCCESS = 1,
	NVSP_STATUS_FAIL = 2,
};

enum {
	NVSP_CHANNEL_DATA = 0,
	NVSP_CHANNEL_CONTROL = 1,
};

/** Capability bits of NDIS_CONFIG that matter to the host. */
enum {
	NVSP_CAP_SRIOV = 1 << 2,
	NVSP_CAP_TEAMING = 1 << 5,	/**< also: wants to hear of another link speed */
	NVSP_CAP_RSC = 1 << 7,
};

enum nvsp_state {
	NVSP_WAIT_INIT,
	NVSP_SETUP,			/**< configuration and buffers */
	NVSP_READY,
	NVSP_ENDED,			/**< a buffer was revoked */
};

/** A buffer that the guest has named. */
struct nvsp_buffer {
	uint8_t *bytes;			/**< NULL: not set up */
	size_t len;
	uint16_t id;
};

/** What NVSP needs from above. */
struct nvsp_ops {
	/** The memory of a GPADL; NULL if the device has none of that handle. */
	uint8_t *(*gpadl)(void *ctx, uint32_t handle, size_t *len);
	/** The guest asks for this many channels more; how many it gets, 0: refused. */
	uint32_t (*subchannels)(void *ctx, uint32_t count);
	void *ctx;
};

struct nvsp {
	const struct profile *profile;
	struct nvsp_ops ops;
	struct rules *rules;
	const char *who;		/**< for log lines: "nic 0" */

	uint32_t version_max;		/**< the profile's, or lower when pinned */
	uint32_t version_min;
	uint32_t frame_max;		/**< longest frame that NDIS_CONFIG can ask for */

	enum nvsp_state state;
	uint32_t version;
	bool has_config;
	bool has_ndis;
	uint32_t frame_len;		/**< longest frame, Ethernet header included */
	uint64_t capabilities;
	uint16_t ndis_major;
	uint16_t ndis_minor;
	struct nvsp_buffer recv;
	struct nvsp_buffer send;
	uint32_t recv_section_len;
	uint32_t recv_sections;
};

/** Bytes of an answer; len 0 is an empty completion. */
struct nvsp_answer {
	uint8_t bytes[NVSP_MESSAGE_MAX];
	size_t len;
};

/** What to do about a message. */
enum nvsp_verdict {
	NVSP_SILENT,			/**< nothing to say */
	NVSP_ANSWER,			/**< complete the packet with the answer */
	NVSP_RNDIS,			/**< it carries RNDIS messages */
	NVSP_REVOKED,			/**< the guest is done; serve the channel no more */
	NVSP_DEAD,			/**< a rule was broken that ends the channel */
};

/** The RNDIS part of a packet, when the verdict is NVSP_RNDIS. */
struct nvsp_rndis {
	uint32_t channel_type;
	uint32_t section;		/**< of the send buffer, or NVSP_NO_SECTION */
	uint32_t section_len;
};

/** Put everything but profile, ops, rules, who and the limits to its first state. */
void nvsp_reset(struct nvsp *nvsp);

/**
 * Take a message of the guest.
 *
 * @param channel
 *   Index of the channel it came on.
 * @param message, len
 *   The packet's payload.
 * @param wants_completion
 *   Whether the guest asked for one.
 */
enum nvsp_verdict nvsp_receive(struct nvsp *nvsp, uint16_t channel, const uint8_t *message,
			       size_t len, bool wants_completion, struct nvsp_answer *answer,
			       struct nvsp_rndis *rndis);

/** Bytes of every message that the host sends in the version in force: 28 or 40. */
size_t nvsp_message_len(const struct nvsp *nvsp);

/* Messages that the host begins or that complete a data packet; bytes holds 40. */
size_t nvsp_write_rndis(const struct nvsp *nvsp, uint8_t *bytes, uint32_t channel_type);
size_t nvsp_write_rndis_complete(const struct nvsp *nvsp, uint8_t *bytes, uint32_t status);

/**
 * The send indirection table: entry i names channel i % channels.
 *
 * @param bytes
 *   NVSP_TABLE_MESSAGE_MAX of them.
 */
size_t nvsp_write_table(const struct nvsp *nvsp, uint8_t *bytes, uint32_t channels);

/**
 * Judge a completion that the guest sends for a receive packet.
 *
 * @return
 *   true if it is an RNDIS packet completion.
 */
bool nvsp_is_rndis_complete(const uint8_t *message, size_t len);

#endif /* HVHOST_NVSP_H */
