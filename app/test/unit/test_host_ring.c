/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * hvhost's side of a ring, over a plain block of memory. The guest's side is
 * played here by hand, with the offsets of the wire format spelled out.
 */

#include <errno.h>
#include <stdlib.h>

#include "host_test.h"
#include "ring.h"

#define PAGE 4096u
/* A small ring, so that every position at which it wraps is tried. */
#define DATA 4096u

/* The header's words. */
#define WRITE_INDEX 0x00u
#define READ_INDEX 0x04u
#define MASK 0x08u
#define PENDING 0x0cu
#define FEATURES 0x40u

static _Alignas(8) uint8_t mem[64 * 1024 + DATA];
static uint8_t packet[DATA];
static struct ring ring;

static int
start(void **state)
{
	(void)state;
	memset(mem, 0xa5, sizeof(mem));
	ring_reset(&ring, mem, PAGE + DATA, PAGE);
	return 0;
}

static uint32_t
word(unsigned int at)
{
	return le32(mem + at);
}

static void
set_word(unsigned int at, uint32_t value)
{
	set_le32(mem + at, value);
}

static void
set_data(uint32_t at, uint8_t value)
{
	mem[PAGE + at % DATA] = value;
}

/* The guest writes a packet of len8 words at this position, each byte of its body its place. */
static uint32_t
guest_put(uint32_t at, uint16_t header8, uint16_t len8)
{
	const uint8_t descriptor[8] = {
		6, 0, (uint8_t)header8, (uint8_t)(header8 >> 8), (uint8_t)len8,
		(uint8_t)(len8 >> 8), 0, 0,
	};
	uint32_t i;

	for (i = 0; i < len8 * 8u; i++)
		set_data(at + i, i < 8 ? descriptor[i] : (uint8_t)(i * 7));
	for (i = 0; i < 8; i++)
		set_data(at + len8 * 8u + i, 0);
	return (at + len8 * 8u + 8) % DATA;
}

static void
guest_publish(uint32_t write_index)
{
	set_word(WRITE_INDEX, write_index);
}

static void
starts_empty_with_flow_control_and_interrupts(void **state)
{
	(void)state;
	assert_int_equal(word(WRITE_INDEX), 0);
	assert_int_equal(word(READ_INDEX), 0);
	assert_int_equal(word(MASK), 0);
	assert_int_equal(word(PENDING), 0);
	assert_int_equal(word(FEATURES), 1);
	assert_int_equal(ring_get(&ring, packet, sizeof(packet)), 0);
	assert_int_equal(ring_room(&ring), DATA - 8);
}

static void
data_begins_behind_the_guests_page(void **state)
{
	(void)state;
	ring_reset(&ring, mem, 64 * 1024 + DATA, 64 * 1024);
	assert_int_equal(ring.size, DATA);
	assert_ptr_equal(ring.data, mem + 64 * 1024);
	/* The host's header ends after 4 KiB; the gap is nobody's. */
	assert_int_equal(mem[4095], 0);
	assert_int_equal(mem[4096], 0xa5);
}

static void
a_packet_is_read_whole_wherever_it_wraps(void **state)
{
	uint32_t at, next;
	unsigned int i;

	(void)state;
	for (at = 0; at < DATA; at += 8) {
		start(NULL);
		ring.at = ring.shown = ring.seen = at;
		next = guest_put(at, 2, 6);
		guest_publish(next);
		assert_int_equal(ring_get(&ring, packet, sizeof(packet)), 48);
		for (i = 8; i < 48; i++)
			assert_int_equal(packet[i], (uint8_t)(i * 7));
		assert_int_equal(ring.at, next);
		assert_int_equal(ring_get(&ring, packet, sizeof(packet)), 0);
	}
}

static void
a_packet_is_written_whole_wherever_it_wraps(void **state)
{
	uint8_t body[48];
	uint32_t at;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(i + 1);
	for (at = 0; at < DATA; at += 8) {
		start(NULL);
		ring.at = ring.shown = ring.seen = at;
		ring_write(&ring, body, 16);
		ring_write(&ring, body + 16, 3);
		ring_write(&ring, body + 19, 29);
		assert_int_equal(ring.at, (at + 48) % DATA);
		for (i = 0; i < sizeof(body); i++)
			assert_int_equal(mem[PAGE + (at + i) % DATA], i + 1);
	}
}

static void
the_largest_packet_of_the_ring_passes(void **state)
{
	(void)state;
	guest_publish(guest_put(0, 2, (DATA - 16) / 8));
	assert_int_equal(ring_get(&ring, packet, sizeof(packet)), DATA - 16);
}

static void
a_bad_write_index_is_refused(void **state)
{
	static const uint32_t bad[] = { 4, DATA - 4, DATA, DATA + 8, 0x80000000, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		guest_publish(bad[i]);
		assert_int_equal(ring_get(&ring, packet, sizeof(packet)), -RING_FAULT_INDEX);
	}
}

static void
a_packet_that_is_not_whole_is_refused(void **state)
{
	static const struct { uint16_t header8, len8; uint32_t published; } bad[] = {
		{ 2, 6, 8 },		/* less than a descriptor */
		{ 2, 6, 16 },		/* no trailer */
		{ 2, 6, 48 },		/* its own trailer is missing */
		{ 2, 0, 64 },
		{ 2, 1, 64 },
		{ 0, 6, 64 },		/* shorter than the descriptor */
		{ 1, 6, 64 },
		{ 7, 6, 64 },		/* header longer than packet */
		{ 2, 0xffff, 64 },
		{ 0xffff, 0xffff, 64 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		start(NULL);
		guest_put(0, 2, 6);
		set_le32(mem + PAGE, 6 | (uint32_t)bad[i].header8 << 16);
		set_le32(mem + PAGE + 4, bad[i].len8);
		guest_publish(bad[i].published);
		assert_int_equal(ring_get(&ring, packet, sizeof(packet)), -RING_FAULT_PACKET);
	}
}

static void
a_packet_larger_than_the_buffer_is_refused(void **state)
{
	(void)state;
	guest_publish(guest_put(0, 2, 6));
	assert_int_equal(ring_get(&ring, packet, 40), -RING_FAULT_PACKET);
	assert_int_equal(ring_get(&ring, packet, 48), 48);
}

static void
the_guests_position_is_looked_at_when_all_that_was_seen_is_read(void **state)
{
	uint32_t second = guest_put(0, 2, 6), end = guest_put(second, 2, 6);

	(void)state;
	guest_publish(second);
	assert_int_equal(ring_get(&ring, packet, sizeof(packet)), 48);
	assert_int_equal(ring_get(&ring, packet, sizeof(packet)), 0);
	guest_publish(end);
	assert_int_equal(ring_get(&ring, packet, sizeof(packet)), 48);
	assert_int_equal(ring_get(&ring, packet, sizeof(packet)), 0);
}

static void
any_descriptor_is_answered_within_the_ring(void **state)
{
	uint8_t *small = malloc(64);

	(void)state;
	srand(1);
	/* Under a sanitizer the small heap block tells of every byte too many. */
	for (int i = 0; i < 200000; i++) {
		uint32_t at = (uint32_t)rand() % (DATA / 8) * 8;

		ring.at = ring.shown = ring.seen = at;
		set_le32(mem + PAGE + at, (uint32_t)rand());
		set_le32(mem + PAGE + at + 4, (uint32_t)rand() % 16);
		guest_publish((uint32_t)rand() % (DATA + 64));
		assert_true(ring_get(&ring, small, 64) <= 64);
		assert_true(ring.at < DATA);
	}
	free(small);
}

static void
the_guest_cannot_move_what_we_have_read(void **state)
{
	(void)state;
	guest_publish(guest_put(0, 2, 6));
	set_word(READ_INDEX, 0x12345678);
	assert_int_equal(ring_get(&ring, packet, sizeof(packet)), 48);
	ring_show_read(&ring);
	assert_int_equal(word(READ_INDEX), 56);
}

static void
reading_is_shown_once(void **state)
{
	(void)state;
	guest_publish(guest_put(0, 2, 6));
	ring_get(&ring, packet, sizeof(packet));
	assert_int_equal(word(READ_INDEX), 0);
	assert_false(ring_show_read(&ring));
	assert_int_equal(word(READ_INDEX), 56);
	set_word(READ_INDEX, 1);
	assert_false(ring_show_read(&ring));
	assert_int_equal(word(READ_INDEX), 1);
}

static void
a_ring_is_drained_only_when_all_is_read(void **state)
{
	(void)state;
	assert_true(ring_is_drained(&ring));
	guest_publish(guest_put(0, 2, 6));
	assert_false(ring_is_drained(&ring));
	ring_get(&ring, packet, sizeof(packet));
	assert_true(ring_is_drained(&ring));
}

/* The guest has filled the ring but for free bytes, and waits for wanted. What does reading say? */
static bool
wakes_guest(uint32_t free_before, uint32_t wanted, uint32_t read)
{
	start(NULL);
	set_word(WRITE_INDEX, DATA - free_before);
	set_word(PENDING, wanted);
	ring.at = read;
	return ring_show_read(&ring);
}

static void
a_blocked_guest_is_told_when_its_packet_fits(void **state)
{
	(void)state;
	/* Free must become more than wanted, and must not have been. */
	assert_true(wakes_guest(56, 64, 16));
	/* Once. */
	ring.at += 8;
	assert_false(ring_show_read(&ring));
	assert_false(wakes_guest(56, 64, 8));
	assert_false(wakes_guest(72, 64, 16));
	assert_true(wakes_guest(64, 64, 8));
	assert_false(wakes_guest(56, 0, 512));
	/* A wish that no ring can fulfil is nonsense. */
	assert_false(wakes_guest(56, DATA + 8, 4040));
	/* "When it is empty". */
	assert_true(wakes_guest(56, DATA - 1, DATA - 56));
}

static void
the_guests_bad_read_index_leaves_no_room(void **state)
{
	static const uint32_t bad[] = { 4, DATA, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		set_word(READ_INDEX, bad[i]);
		assert_int_equal(ring_room(&ring), -EPROTO);
	}
}

static void
room_that_was_seen_is_sure(void **state)
{
	(void)state;
	ring.at = DATA - 8;
	assert_int_equal(ring_room(&ring), 0);
	set_word(READ_INDEX, 64);
	assert_false(ring_surely_has_room(&ring, 8));
	assert_int_equal(ring_room(&ring), 64);
	assert_true(ring_surely_has_room(&ring, 64));
	assert_false(ring_surely_has_room(&ring, 72));
	ring_write(&ring, packet, 16);
	assert_false(ring_surely_has_room(&ring, 56));
	assert_true(ring_surely_has_room(&ring, 48));
}

static void
a_ring_is_never_filled_to_the_last_byte(void **state)
{
	(void)state;
	ring.at = DATA - 8;
	assert_int_equal(ring_room(&ring), 0);
	set_word(READ_INDEX, 8);
	assert_int_equal(ring_room(&ring), 8);
	ring.at = 8;
	assert_int_equal(ring_room(&ring), DATA - 8);
}

static void
the_guest_is_interrupted_when_its_ring_stops_being_empty(void **state)
{
	(void)state;
	ring_write(&ring, "12345678", 8);
	assert_int_equal(word(WRITE_INDEX), 0);
	assert_true(ring_show_written(&ring));
	assert_int_equal(word(WRITE_INDEX), 8);
	/* It has not read it yet. */
	ring_write(&ring, "12345678", 8);
	assert_false(ring_show_written(&ring));
	set_word(READ_INDEX, 16);
	ring_write(&ring, "12345678", 8);
	assert_true(ring_show_written(&ring));
	/* Nothing new. */
	set_word(READ_INDEX, 24);
	assert_false(ring_show_written(&ring));
}

static void
a_guest_that_polls_is_not_interrupted(void **state)
{
	(void)state;
	set_word(MASK, 1);
	ring_write(&ring, "12345678", 8);
	assert_false(ring_show_written(&ring));
	assert_int_equal(word(WRITE_INDEX), 8);
}

static void
wishes_and_masks_are_stored_where_the_guest_looks(void **state)
{
	(void)state;
	ring_want_room(&ring, 88);
	assert_int_equal(word(PENDING), 88);
	ring_want_room(&ring, 0);
	assert_int_equal(word(PENDING), 0);
	ring_set_mask(&ring, true);
	assert_int_equal(word(MASK), 1);
	ring_set_mask(&ring, false);
	assert_int_equal(word(MASK), 0);
}

#define RING_CASE(sentence, function) { sentence, function, start, NULL, NULL }

int
main(void)
{
	static const struct CMUnitTest cases[] = {
		RING_CASE("starts empty, with flow control and interrupts",
			  starts_empty_with_flow_control_and_interrupts),
		RING_CASE("data begins behind the guest's page",
			  data_begins_behind_the_guests_page),
		RING_CASE("a packet is read whole wherever it wraps",
			  a_packet_is_read_whole_wherever_it_wraps),
		RING_CASE("a packet is written whole wherever it wraps",
			  a_packet_is_written_whole_wherever_it_wraps),
		RING_CASE("the largest packet of the ring passes",
			  the_largest_packet_of_the_ring_passes),
		RING_CASE("a bad write index is refused", a_bad_write_index_is_refused),
		RING_CASE("a packet that is not whole is refused",
			  a_packet_that_is_not_whole_is_refused),
		RING_CASE("a packet larger than the buffer is refused",
			  a_packet_larger_than_the_buffer_is_refused),
		RING_CASE("the guest's position is looked at when all that was seen is read",
			  the_guests_position_is_looked_at_when_all_that_was_seen_is_read),
		RING_CASE("any descriptor is answered within the ring",
			  any_descriptor_is_answered_within_the_ring),
		RING_CASE("the guest cannot move what we have read",
			  the_guest_cannot_move_what_we_have_read),
		RING_CASE("reading is shown once", reading_is_shown_once),
		RING_CASE("a ring is drained only when all is read",
			  a_ring_is_drained_only_when_all_is_read),
		RING_CASE("a blocked guest is told when its packet fits",
			  a_blocked_guest_is_told_when_its_packet_fits),
		RING_CASE("the guest's bad read index leaves no room",
			  the_guests_bad_read_index_leaves_no_room),
		RING_CASE("room that was seen is sure", room_that_was_seen_is_sure),
		RING_CASE("a ring is never filled to the last byte",
			  a_ring_is_never_filled_to_the_last_byte),
		RING_CASE("the guest is interrupted when its ring stops being empty",
			  the_guest_is_interrupted_when_its_ring_stops_being_empty),
		RING_CASE("a guest that polls is not interrupted",
			  a_guest_that_polls_is_not_interrupted),
		RING_CASE("wishes and masks are stored where the guest looks",
			  wishes_and_masks_are_stored_where_the_guest_looks),
	};

	return cmocka_run_group_tests_name("host ring", cases, NULL, NULL);
}
