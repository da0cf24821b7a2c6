/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * One ring of a channel over a plain block of memory, seen from the host. Pure.
 *
 * The guest can write any byte of the memory: its positions are read once per
 * decision and checked; ours are private and only ever stored.
 */

#ifndef HVHOST_RING_H
#define HVHOST_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes of a packet's descriptor, and of what follows each packet in a ring. */
#define RING_DESCRIPTOR_LEN 16u
#define RING_TRAILER_LEN 8u

/** Either direction. */
struct ring {
	uint8_t *header;
	uint8_t *data;
	uint32_t size;		/**< of the data */
	uint32_t at;		/**< ours: where we read or write next */
	uint32_t shown;		/**< what of it the guest has been shown */
	uint32_t seen;		/**< the guest's position when it was last looked at; checked */
};

/** Why ring_get() has no packet. */
enum ring_fault {
	RING_FAULT_INDEX = 1,	/**< the guest's position is not one */
	RING_FAULT_PACKET,	/**< a packet is not whole, or longer than allowed */
};

/**
 * Take over len bytes (header page and data) and begin anew: empty, interrupts
 * wanted.
 *
 * @param page
 *   The guest's page size: what the header takes.
 */
void ring_reset(struct ring *ring, void *mem, size_t len, size_t page);

/**
 * The guest's ring: copy out the next packet.
 *
 * @param packet, capacity
 *   Gets the packet with its descriptor; capacity is at least a descriptor's.
 * @return
 *   Its length; 0 if there is none; minus an enum ring_fault if the guest
 *   broke the ring.
 */
int ring_get(struct ring *ring, uint8_t *packet, size_t capacity);

/** The guest's ring: show what we have read. @return true if the guest waits for the room. */
bool ring_show_read(struct ring *ring);

/** The guest's ring: is there nothing, as of now? The guest need not know yet. */
bool ring_is_drained(const struct ring *ring);

/** Our ring: free bytes for packets with their trailers; -EPROTO for a guest's bad position. */
int64_t ring_room(struct ring *ring);

/**
 * Our ring: is there room for so many bytes? As ring_room() says, but the guest's
 * position is not looked at while what was seen of it suffices: it is in a cache
 * line that the guest writes.
 */
bool ring_surely_has_room(const struct ring *ring, size_t len);

/** Our ring: write a piece behind the last. The caller has checked the room. */
void ring_write(struct ring *ring, const void *bytes, size_t len);

/** Our ring: ask the guest to signal when more than this many bytes are free; 0: no more. */
void ring_want_room(struct ring *ring, uint32_t bytes);

/** Our ring: show what we have written. @return true if the guest wants an interrupt. */
bool ring_show_written(struct ring *ring);

/** Who reads the ring wants (mask 0) or does not want interrupts or signals for it. */
void ring_set_mask(struct ring *ring, bool masked);

#endif /* HVHOST_RING_H */
