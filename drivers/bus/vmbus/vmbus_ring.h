/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * One ring over a plain block of memory, seen from the guest. Knows no device
 * and no EAL.
 *
 * The other side of the memory is the host, which can write any byte at any
 * time. So the positions that belong to us live in private variables and are
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

/** Ends every packet in the ring; the reader skips it unread. */
#define VMBUS_RING_TRAILER_LEN 8u

/** The ring that we write and the host reads. */
struct vmbus_txring {
	struct vmbus_bufring *ctl;	/**< shared control page */
	uint8_t *data;			/**< shared data area */
	uint32_t size;			/**< of the data area, bytes */
	uint32_t windex;		/**< ours: where the next packet goes */
	uint32_t published;		/**< ours: last windex the host was shown */
	uint32_t room;			/**< free bytes by our last look at the host's rindex */
	bool broken;
};

/** The ring that the host writes and we read. */
struct vmbus_rxring {
	struct vmbus_bufring *ctl;
	const uint8_t *data;
	uint32_t size;
	uint32_t rindex;		/**< ours: where the next packet is */
	uint32_t ready;			/**< unread bytes by our last look at the host's windex */
	bool broken;
};

/** A piece of a packet to be written. */
struct vmbus_piece {
	const void *data;
	uint32_t len;
};

/**
 * Take over a ring as the kernel or an earlier user left it.
 *
 * @param mem
 *   The ring's half of the mapping: control page, then data.
 * @param len
 *   Bytes of that half.
 * @param page_len
 *   The guest's page size: the length of the control page.
 * @return
 *   0; -EINVAL if the sizes make no ring; -EPROTO if the position in the
 *   control page lies outside the ring.
 */
int vmbus_txring_attach(struct vmbus_txring *ring, void *mem, uint64_t len, uint32_t page_len);
int vmbus_rxring_attach(struct vmbus_rxring *ring, void *mem, uint64_t len, uint32_t page_len);

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

/**
 * Show the host everything written so far.
 *
 * @return
 *   true if the host has to be signalled: it wants to be, and had read
 *   everything published before.
 */
bool vmbus_txring_publish(struct vmbus_txring *ring);

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

/** Is there nothing to get? Also true for a broken ring. */
bool vmbus_rxring_is_empty(const struct vmbus_rxring *ring);

/**
 * Give what was got back to the host.
 *
 * @param bytes
 *   Ring bytes taken since the last call.
 * @return
 *   true if the host waits for this much room and has to be signalled.
 */
bool vmbus_rxring_commit(struct vmbus_rxring *ring, uint32_t bytes);

/** Tell the host whether to interrupt when the ring stops being empty. */
void vmbus_rxring_set_mask(struct vmbus_rxring *ring, bool masked);

#endif /* _VMBUS_RING_H_ */
