/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * hvhost's end of a ring, with the test as the guest.
 */

#include <errno.h>

#include "host_test.h"
#include "ring.h"

#define HEADER 4096u
#define DATA 4096u

enum { WRITE_INDEX = 0, READ_INDEX = 4, MASK = 8, PENDING = 12, FEATURES = 0x40 };

static _Alignas(4096) uint8_t memory[HEADER + DATA];
static uint8_t *const data = memory + HEADER;
static struct ring ring;
static uint8_t packet[DATA];

static void
reset_at(uint32_t at)
{
	memset(memory, 0xee, sizeof(memory));
	ring_reset(&ring, memory, sizeof(memory), HEADER);
	ring.at = at;
	ring.shown = at;
	set_le32(memory + WRITE_INDEX, at);
	set_le32(memory + READ_INDEX, at);
}

/* A packet of the guest: lengths in units of 8. */
static void
guest_writes(uint32_t at, uint8_t header, uint8_t len)
{
	const uint8_t descriptor[16] = { 6, 0, header, 0, len, 0, 1, 0, 42 };

	for (uint32_t i = 0; i < len * 8u + 8; i++)
		data[(at + i) % DATA] = i < 16 ? descriptor[i] : (uint8_t)i;
	set_le32(memory + WRITE_INDEX, (at + len * 8u + 8) % DATA);
}

static void
reset_ring_is_empty_and_wants_interrupts(void **state)
{
	(void)state;
	reset_at(0);
	assert_int_equal(le32(memory + WRITE_INDEX), 0);
	assert_int_equal(le32(memory + READ_INDEX), 0);
	assert_int_equal(le32(memory + MASK), 0);
	assert_int_equal(le32(memory + PENDING), 0);
	assert_int_equal(le32(memory + FEATURES), 1);
	assert_int_equal(ring_get(&ring, packet, sizeof(packet)), 0);
}

static void
packet_is_read_whole_at_every_wrap_position(void **state)
{
	(void)state;
	for (uint32_t at = 0; at < DATA; at += 8) {
		reset_at(at);
		guest_writes(at, 2, 7);
		assert_int_equal(ring_get(&ring, packet, sizeof(packet)), 56);
		assert_int_equal(packet[8], 42);
		for (uint32_t i = 16; i < 56; i++)
			assert_int_equal(packet[i], i);
		assert_int_equal(ring_get(&ring, packet, sizeof(packet)), 0);
		assert_int_equal(le32(memory + READ_INDEX), at);
		ring_show_read(&ring);
		assert_int_equal(le32(memory + READ_INDEX), (at + 64) % DATA);
		assert_true(ring_is_drained(&ring));
	}
}

static void
guest_that_breaks_the_ring_is_told_from_an_empty_one(void **state)
{
	static const uint32_t indexes[] = { DATA, 4, 1, UINT32_MAX, 8, 16 };
	static const int faults[] = {
		-RING_FAULT_INDEX, -RING_FAULT_INDEX, -RING_FAULT_INDEX, -RING_FAULT_INDEX,
		-RING_FAULT_PACKET, -RING_FAULT_PACKET,
	};
	static const uint8_t lengths[][2] = { { 1, 7 }, { 0, 7 }, { 8, 7 }, { 2, 8 }, { 2, 1 },
					      { 2, 255 } };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_LEN(indexes); i++) {
		reset_at(0);
		set_le32(memory + WRITE_INDEX, indexes[i]);
		assert_int_equal(ring_get(&ring, packet, sizeof(packet)), faults[i]);
	}
	for (unsigned int i = 0; i < ARRAY_LEN(lengths); i++) {
		reset_at(0);
		guest_writes(0, 2, 7);
		data[2] = lengths[i][0];
		data[4] = lengths[i][1];
		assert_int_equal(ring_get(&ring, packet, sizeof(packet)), -RING_FAULT_PACKET);
	}
}

static void
what_we_write_is_shown_at_once_and_wakes_an_idle_guest(void **state)
{
	(void)state;
	reset_at(DATA - 8);
	assert_int_equal(ring_room(&ring), DATA - 8);
	ring_write(&ring, "0123456789abcdef", 16);
	assert_int_equal(le32(memory + WRITE_INDEX), DATA - 8);
	assert_true(ring_show_written(&ring));
	assert_int_equal(le32(memory + WRITE_INDEX), 8);
	assert_memory_equal(data + DATA - 8, "01234567", 8);
	assert_memory_equal(data, "89abcdef", 8);
	assert_int_equal(ring_room(&ring), DATA - 24);
	/* It has not read that yet, so it is awake. */
	ring_write(&ring, "01234567", 8);
	assert_false(ring_show_written(&ring));
	/* It has, but wants no interrupts. */
	set_le32(memory + READ_INDEX, 16);
	set_le32(memory + MASK, 1);
	ring_write(&ring, "01234567", 8);
	assert_false(ring_show_written(&ring));
}

static void
guests_read_index_outside_the_ring_is_noticed(void **state)
{
	(void)state;
	reset_at(0);
	set_le32(memory + READ_INDEX, DATA);
	assert_int_equal(ring_room(&ring), -EPROTO);
	set_le32(memory + READ_INDEX, 3);
	assert_int_equal(ring_room(&ring), -EPROTO);
}

static void
guest_that_waits_for_room_is_told_once(void **state)
{
	(void)state;
	reset_at(0);
	guest_writes(0, 2, 7);
	guest_writes(64, 2, 7);
	/* 3968 were free; it wants more than 4000. */
	set_le32(memory + PENDING, 4000);
	assert_int_equal(ring_get(&ring, packet, sizeof(packet)), 56);
	assert_true(ring_show_read(&ring));
	assert_int_equal(ring_get(&ring, packet, sizeof(packet)), 56);
	assert_false(ring_show_read(&ring));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("a reset ring is empty and wants interrupts",
		     reset_ring_is_empty_and_wants_interrupts),
		CASE("a packet is read whole at every wrap position",
		     packet_is_read_whole_at_every_wrap_position),
		CASE("a guest that breaks the ring is told from an empty one",
		     guest_that_breaks_the_ring_is_told_from_an_empty_one),
		CASE("what we write is shown at once, and wakes an idle guest",
		     what_we_write_is_shown_at_once_and_wakes_an_idle_guest),
		CASE("a guest's read index outside the ring is noticed",
		     guests_read_index_outside_the_ring_is_noticed),
		CASE("a guest that waits for room is told once",
		     guest_that_waits_for_room_is_told_once),
	};

	return cmocka_run_group_tests_name("host ring", tests, NULL, NULL);
}
