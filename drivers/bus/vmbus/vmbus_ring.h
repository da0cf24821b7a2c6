/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * One ring over a plain block of memory, seen from the guest. Knows no device
 * and no EAL.
 *
 * The other side of the memory is the host, which can write any byte at any
 * time. So the positions that belong to us live in memory of our own and are
 * only ever stored to the ring; the host's positions are loaded once per
 * decision, checked and then used. What does not add up makes the ring
 * "broken" for good (-EPROTO): a broken ring is a matter for whoever owns the
 * device, never for this process.
 *
 * A packet is a descriptor, a payload padded to 8 bytes and a trailer of 8
 * bytes. Positions are byte offsets into the data area and multiples of 8, so
 * an 8-byte word never wraps, while anything longer can.
 */

#ifndef _VMBUS_RING_H_
#define _VMBUS_RING_H_

#include <stdbool.h>
#include <stdint.h>

#include "rte_vmbus_reg.h"
#include "vmbus_compat.h"

/** Ends every packet in the ring; the reader skips it unread. */
#define VMBUS_RING_TRAILER_LEN 8u

/*
 * What the users of a ring have in common, whichever process they live in: one
 * user at a time, another one later. Each word is true on its own and changes
 * by a single store. So whoever dies between two stores leaves a ring that the
 * next user can go on with; what was only half written is written again.
 */

/** Of the ring that we write. */
struct vmbus_txring_state {
	uint32_t windex;		/**< where the next packet goes */
	uint32_t published;		/**< last windex that the host was shown */
	uint32_t rindex_seen;		/**< the host's rindex by our last look */
	bool owes_signal;		/**< published, and not yet decided or signalled */
	RTE_ATOMIC(bool) broken;
};

/** Of the ring that we read. */
struct vmbus_rxring_state {
	uint32_t rindex;		/**< where the next packet is */
	uint32_t committed;		/**< last rindex that the host was shown */
	uint32_t windex_seen;		/**< the host's windex by our last look */
	bool owes_signal;		/**< committed, and not yet decided or signalled */
	RTE_ATOMIC(bool) broken;
};

/** The ring that we write and the host reads, as one process has it mapped. */
struct vmbus_txring {
	struct vmbus_bufring *ctl;	/**< shared control page */
	uint8_t *data;			/**< shared data area */
	struct vmbus_txring_state *state;
	uint32_t size;			/**< of the data area, bytes */
};

/** The ring that the host writes and we read, as one process has it mapped. */
struct vmbus_rxring {
	struct vmbus_bufring *ctl;
	const uint8_t *data;
	struct vmbus_rxring_state *state;
	uint32_t size;
};

/** A piece of a packet to be written. */
struct vmbus_piece {
	const void *data;
	uint32_t len;
};

/**
 * Find a ring in a mapping; its state stays as it is.
 *
 * @param state
 *   In memory of all users.
 * @param mem
 *   The ring's half of the mapping: control page, then data.
 * @param len
 *   Bytes of that half.
 * @param page_len
 *   The guest's page size: the length of the control page.
 * @return
 *   0; -EINVAL if the sizes make no ring.
 */
int vmbus_txring_attach(struct vmbus_txring *ring, struct vmbus_txring_state *state, void *mem,
			uint64_t len, uint32_t page_len);
int vmbus_rxring_attach(struct vmbus_rxring *ring, struct vmbus_rxring_state *state, void *mem,
			uint64_t len, uint32_t page_len);

/**
 * Begin the state of an attached ring where the kernel or an earlier user left
 * it. For the first of its users, once.
 *
 * @return
 *   0; -EPROTO if the position in the control page lies outside the ring.
 */
int vmbus_txring_begin(struct vmbus_txring *ring);
int vmbus_rxring_begin(struct vmbus_rxring *ring);

/** Stop using the ring for good: something about its host is wrong. Any thread. */
void vmbus_txring_break(struct vmbus_txring *ring);
void vmbus_rxring_break(struct vmbus_rxring *ring);
bool vmbus_txring_is_broken(const struct vmbus_txring *ring);
bool vmbus_rxring_is_broken(const struct vmbus_rxring *ring);

/**
 * Write one packet behind those not yet published. The host sees nothing yet.
 *
 * @param piece, count
 *   The packet's bytes in order, the descriptor first; together not longer
 *   than hdr->tlen * 8, the rest is zeroed.
 * @return
 *   0; -EAGAIN if there is no room now; -EINVAL if it can never fit; -EPROTO.
 */
int vmbus_txring_put(struct vmbus_txring *ring, const struct vmbus_piece *piece,
		     unsigned int count, uint32_t total);

/** The same for a packet in one piece, which its descriptor tells the length of. */
int vmbus_txring_put_packet(struct vmbus_txring *ring, const struct vmbus_chanpkt_hdr *packet);

/**
 * Show the host everything written so far.
 *
 * @return
 *   true if the host has to be signalled: it wants to be, and had read
 *   everything published before. Then vmbus_txring_signalled() ends it.
 */
bool vmbus_txring_publish(struct vmbus_txring *ring);
void vmbus_txring_signalled(struct vmbus_txring *ring);

/** Has the host read everything published? Also true for a broken ring. */
bool vmbus_txring_is_empty(const struct vmbus_txring *ring);

/**
 * Copy the next packet's checked descriptor; the packet stays.
 *
 * @return
 *   0; -EAGAIN if there is none; -EPROTO.
 */
int vmbus_rxring_peek(struct vmbus_rxring *ring, struct vmbus_chanpkt_hdr *hdr);

/**
 * Copy the next packet out of the ring, trailer excluded.
 *
 * @param len
 *   In: capacity; out: length of the packet, also with -ENOBUFS.
 * @return
 *   Ring bytes taken; -EAGAIN if there is none; -ENOBUFS if the packet is
 *   longer than *len (it stays); -EPROTO.
 */
int vmbus_rxring_get(struct vmbus_rxring *ring, void *packet, uint32_t *len);

/**
 * A word of the next packet, without a look at the host's position or a check: no
 * more than a hint of what will be needed.
 *
 * @param offset
 *   From the packet's start, a multiple of 4, at most 64. Behind the packet's end
 *   is whatever is there.
 * @return
 *   false if no packet is known to be there.
 */
bool vmbus_rxring_hint(const struct vmbus_rxring *ring, uint32_t offset, uint32_t *word);

/**
 * Copies of the next packets, as long as they are completions and none of them
 * wraps; they stay.
 *
 * @return
 *   How many. 0 says nothing of the ring: vmbus_rxring_get() does.
 */
uint32_t vmbus_rxring_peek_comps(struct vmbus_rxring *ring, struct vmbus_comp *comp,
				 uint32_t max);

/** Take what has been peeked at: the sum of ring_len of the first ones. */
void vmbus_rxring_skip(struct vmbus_rxring *ring, uint32_t bytes);

/** Is there nothing to get? Also true for a broken ring. */
bool vmbus_rxring_is_empty(const struct vmbus_rxring *ring);

/**
 * Give what was got since the last call back to the host.
 *
 * @return
 *   true if the host waits for this much room and has to be signalled. Then
 *   vmbus_rxring_signalled() ends it.
 */
bool vmbus_rxring_commit(struct vmbus_rxring *ring);
void vmbus_rxring_signalled(struct vmbus_rxring *ring);

/** Tell the host whether to interrupt when the ring stops being empty. */
void vmbus_rxring_set_mask(struct vmbus_rxring *ring, bool masked);

#endif /* _VMBUS_RING_H_ */
