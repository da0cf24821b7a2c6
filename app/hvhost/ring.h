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

/** Bytes of the header page before the data. */
#define RING_HEADER_LEN 4096u

/** Either direction. */
struct ring {
	uint8_t *header;
	uint8_t *data;
	uint32_t size;		/**< of the data */
	uint32_t at;		/**< ours: where we read or write next */
	uint32_t shown;		/**< what of it the guest has been shown */
};

/** Take over len bytes (header and data) and begin anew: empty, interrupts wanted. */
void ring_reset(struct ring *ring, void *mem, size_t len);

/**
 * The guest's ring: copy the next packet.
 *
 * @param packet, capacity
 *   Gets the packet with its descriptor.
 * @return
 *   Its length; 0 if there is none; -EPROTO with *why if the guest broke the ring.
 */
int ring_get(struct ring *ring, uint8_t *packet, size_t capacity, const char **why);

/** The guest's ring: show what we have read. @return true if the guest waits for the room. */
bool ring_show_read(struct ring *ring);

/** The guest's ring: is there nothing? Looks again after showing what was read. */
bool ring_is_drained(struct ring *ring);

/** Our ring: free bytes for packets with their trailers, or -EPROTO. */
int64_t ring_room(const struct ring *ring);

/** Our ring: write a piece behind the last. The caller has checked the room. */
void ring_write(struct ring *ring, const void *bytes, size_t len);

/** Our ring: ask the guest to signal when more than this many bytes are free; 0: no more. */
void ring_want_room(struct ring *ring, uint32_t bytes);

/** Our ring: show what we have written. @return true if the guest wants an interrupt. */
bool ring_show_written(struct ring *ring);

/** The guest wants (mask 0) or does not want interrupts for our ring. */
void ring_set_mask(struct ring *ring, bool masked);

#endif /* HVHOST_RING_H */
