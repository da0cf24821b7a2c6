/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * A bus without guests, for tests of hvhost's NIC: the test puts packets in,
 * and looks at what came out. Memory is an array; GPADLs are pieces of it.
 */

#ifndef HOST_FAKE_H
#define HOST_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmbus.h"

#define FAKE_PACKETS 4096u
#define FAKE_IN 4u			/* packets that can wait for the host */
#define FAKE_PAGES 64u
#define FAKE_GPA_BASE 0x7000000ull		/* where page 0 of the memory is for the guest */
#define FAKE_RECV_GPADL 0xe1e10u
#define FAKE_SEND_GPADL 0xe1e11u

/** A packet that the host sent. */
struct fake_packet {
	uint16_t type;
	bool wants_completion;
	uint16_t channel;
	uint64_t id;
	size_t header_len;
	size_t payload_len;
	uint8_t header[8 + 562 * 8];
	uint8_t payload[128];
};

struct fake {
	struct vmbus *bus;
	struct vmbus_channel *ch;
	const struct vmbus_device_ops *ops;
	void *ctx;
	uint8_t *recv;
	uint8_t *send;
	size_t recv_len;
	size_t send_len;
	uint8_t memory[FAKE_PAGES][4096];
	size_t room;			/**< of the ring to the guest */
	bool killed;
	unsigned int flushes;
	unsigned int sent;		/**< packets of the host that the test has not taken */
	unsigned int taken;
	struct fake_packet *out;
	struct vmbus_packet *in;	/**< FAKE_IN of them, to be received by the host */
	unsigned int in_count;
	unsigned int in_taken;
	uint16_t in_channel;		/**< on which the guest sends */
	unsigned int subs;		/**< subchannels that the host has offered */
};

extern struct fake fake;

/** Empty everything; buffers of the given sizes. */
void fake_start(size_t recv_len, size_t send_len);
void fake_stop(void);

/** The guest opens and closes the primary channel. */
void fake_open(void);
void fake_close(void);

/** The guest sends; the host sees it when it next looks. */
void fake_guest_sends(uint16_t type, bool wants_completion, uint64_t id, const void *header,
		      size_t header_len, const void *payload, size_t payload_len);

/** The next packet of the host; NULL if there is none. */
const struct fake_packet *fake_next(void);

#endif /* HOST_FAKE_H */
