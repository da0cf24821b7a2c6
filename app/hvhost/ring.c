/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See ring.h. The header's words, then reading the guest's ring, then writing
 * ours.
 */

#include <errno.h>
#include <string.h>

#include "ring.h"
#include "wire.h"

/* Offsets of the words in the header page (little-endian, aligned). */
enum {
	WORD_WRITE_INDEX = 0x00,
	WORD_READ_INDEX = 0x04,
	WORD_INTERRUPT_MASK = 0x08,
	WORD_PENDING_SEND_SIZE = 0x0c,
	WORD_FEATURES = 0x40,
};

/* What the host initialises: 64 KiB pages have a gap behind it. */
#define HEADER_LEN 4096u

static uint32_t
word_load(const struct ring *ring, unsigned int word)
{
	/* Acquire: what the guest wrote before it stored the word is there. */
	return __atomic_load_n((const uint32_t *)(const void *)(ring->header + word),
			       __ATOMIC_ACQUIRE);
}

static void
word_store(struct ring *ring, unsigned int word, uint32_t value)
{
	/* Release: what we did before is done when the guest sees the word. */
	__atomic_store_n((uint32_t *)(void *)(ring->header + word), value, __ATOMIC_RELEASE);
}

static uint32_t
ring_used(const struct ring *ring, uint32_t write, uint32_t read)
{
	return write >= read ? write - read : ring->size - read + write;
}

static uint32_t
ring_forward(const struct ring *ring, uint32_t at, uint32_t by)
{
	return by < ring->size - at ? at + by : by - (ring->size - at);
}

static bool
ring_index_is_good(const struct ring *ring, uint32_t index)
{
	return index < ring->size && index % 8 == 0;
}

void
ring_reset(struct ring *ring, void *mem, size_t len, size_t page)
{
	ring->header = mem;
	ring->data = ring->header + page;
	ring->size = (uint32_t)(len - page);
	ring->at = 0;
	ring->shown = 0;
	ring->seen = 0;
	memset(ring->header, 0, HEADER_LEN);
	word_store(ring, WORD_FEATURES, 1);
}

/* The guest's ring */

static void
ring_read(const struct ring *ring, uint32_t at, uint8_t *to, uint32_t len)
{
	uint32_t first = ring->size - at;

	if (len <= first) {
		memcpy(to, ring->data + at, len);
		return;
	}
	memcpy(to, ring->data + at, first);
	memcpy(to + first, ring->data, len - first);
}

/* The length of the packet whose descriptor was copied, or 0. */
static uint32_t
ring_packet_len(const uint8_t *descriptor, uint32_t used)
{
	struct wire in = wire_over(descriptor, RING_DESCRIPTOR_LEN);
	uint32_t header_len, len;

	get16(&in);
	header_len = get16(&in) * 8u;
	len = get16(&in) * 8u;
	if (header_len < RING_DESCRIPTOR_LEN || header_len > len || len > used - RING_TRAILER_LEN)
		return 0;
	return len;
}

/* The bytes that wait. The guest's position is looked at anew when what was seen is read. */
static int
ring_look(struct ring *ring, uint32_t *used)
{
	uint32_t write;

	if (ring->seen == ring->at) {
		write = word_load(ring, WORD_WRITE_INDEX);
		if (!ring_index_is_good(ring, write))
			return -RING_FAULT_INDEX;
		ring->seen = write;
	}
	*used = ring_used(ring, ring->seen, ring->at);
	return 0;
}

int
ring_get(struct ring *ring, uint8_t *packet, size_t capacity)
{
	uint32_t used, len;
	int ret = ring_look(ring, &used);

	if (ret < 0 || used == 0)
		return ret;
	if (used < RING_DESCRIPTOR_LEN + RING_TRAILER_LEN)
		return -RING_FAULT_PACKET;
	ring_read(ring, ring->at, packet, RING_DESCRIPTOR_LEN);
	len = ring_packet_len(packet, used);
	if (len == 0 || len > capacity)
		return -RING_FAULT_PACKET;
	/* The descriptor that was checked stays; the rest is copied behind it. */
	ring_read(ring, ring_forward(ring, ring->at, RING_DESCRIPTOR_LEN),
		  packet + RING_DESCRIPTOR_LEN, len - RING_DESCRIPTOR_LEN);
	ring->at = ring_forward(ring, ring->at, len + RING_TRAILER_LEN);
	return (int)len;
}

bool
ring_show_read(struct ring *ring)
{
	uint32_t before = ring->shown, wanted, write, room_before, room;

	if (ring->at == before)
		return false;
	word_store(ring, WORD_READ_INDEX, ring->at);
	ring->shown = ring->at;
	/* A blocked guest stores its wish, then looks at our index; we the other way round. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	wanted = word_load(ring, WORD_PENDING_SEND_SIZE);
	write = word_load(ring, WORD_WRITE_INDEX);
	if (wanted == 0 || wanted > ring->size || !ring_index_is_good(ring, write))
		return false;
	room_before = ring->size - ring_used(ring, write, before);
	room = ring->size - ring_used(ring, write, ring->at);
	return room_before <= wanted && room > wanted;
}

bool
ring_is_drained(const struct ring *ring)
{
	/* A guest publishes, then looks at what we have shown; we show, then look here. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return word_load(ring, WORD_WRITE_INDEX) == ring->at;
}

/* Our ring */

/* Never full: that would look like empty. */
static int64_t
ring_room_from(const struct ring *ring, uint32_t read)
{
	return (int64_t)ring->size - ring_used(ring, ring->at, read) - 8;
}

int64_t
ring_room(struct ring *ring)
{
	uint32_t read = word_load(ring, WORD_READ_INDEX);

	if (!ring_index_is_good(ring, read))
		return -EPROTO;
	ring->seen = read;
	return ring_room_from(ring, read);
}

bool
ring_surely_has_room(const struct ring *ring, size_t len)
{
	return ring_room_from(ring, ring->seen) >= (int64_t)len;
}

void
ring_write(struct ring *ring, const void *bytes, size_t len)
{
	uint32_t first = ring->size - ring->at;

	if (len < first) {
		memcpy(ring->data + ring->at, bytes, len);
		ring->at += (uint32_t)len;
		return;
	}
	memcpy(ring->data + ring->at, bytes, first);
	memcpy(ring->data, (const uint8_t *)bytes + first, len - first);
	ring->at = (uint32_t)(len - first);
}

void
ring_want_room(struct ring *ring, uint32_t bytes)
{
	word_store(ring, WORD_PENDING_SEND_SIZE, bytes);
	/* The guest commits, then looks for our wish; we wish, then look at its index. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

bool
ring_show_written(struct ring *ring)
{
	uint32_t before = ring->shown;

	if (ring->at == before)
		return false;
	word_store(ring, WORD_WRITE_INDEX, ring->at);
	ring->shown = ring->at;
	/* The guest unmasks, then looks at our index before it sleeps. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return word_load(ring, WORD_INTERRUPT_MASK) == 0 &&
	       word_load(ring, WORD_READ_INDEX) == before;
}

void
ring_set_mask(struct ring *ring, bool masked)
{
	word_store(ring, WORD_INTERRUPT_MASK, masked);
}
