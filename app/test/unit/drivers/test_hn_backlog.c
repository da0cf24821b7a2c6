/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Packets kept in the order they came.
 */

#include "driver_test.h"
#include "hn_backlog.h"

#define SIZE 1024u
#define LONGEST 200u

static struct hn_backlog backlog;
static _Alignas(8) uint8_t memory[SIZE];

static int
start(void **state)
{
	(void)state;
	memset(memory, 0xee, sizeof(memory));
	hn_backlog_init(&backlog, memory, SIZE, LONGEST);
	return 0;
}

/* The number and the length can be told from the bytes. */
static void
make(uint8_t packet[LONGEST], uint32_t number, uint32_t len)
{
	memset(packet, (int)(number & 0xff), LONGEST);
	memcpy(packet, &number, len < sizeof(number) ? len : sizeof(number));
}

static void
what_is_put_comes_out_in_order_at_every_length(void **state)
{
	uint8_t packet[LONGEST], expected[LONGEST];
	uint32_t put = 0, got = 0, len, round;

	(void)state;
	for (round = 0; round < 5000; round++) {
		/* Lengths from 16 on, in an order that meets every place of a wrap. */
		while (!hn_backlog_is_full(&backlog)) {
			len = 16 + put * 37 % (LONGEST - 15);
			make(packet, put, len);
			assert_true(hn_backlog_put(&backlog, packet, len));
			put++;
		}
		/* Take some, not always all. */
		for (len = 1 + round % 7; len != 0 && got < put; len--, got++) {
			uint32_t want = 16 + got * 37 % (LONGEST - 15);

			make(expected, got, want);
			assert_int_equal(hn_backlog_get(&backlog, packet), want);
			assert_memory_equal(packet, expected, want);
		}
	}
	for (; got < put; got++)
		assert_true(hn_backlog_get(&backlog, packet) != 0);
	assert_true(hn_backlog_is_empty(&backlog));
	assert_int_equal(hn_backlog_get(&backlog, packet), 0);
}

static void
not_full_means_that_the_longest_fits(void **state)
{
	uint8_t packet[LONGEST] = { 0 };
	uint32_t small, i;

	for (small = 16; small <= LONGEST; small++) {
		start(state);
		for (i = 0; i < 3; i++) {
			hn_backlog_put(&backlog, packet, small);
			hn_backlog_get(&backlog, packet);
		}
		while (!hn_backlog_is_full(&backlog))
			assert_true(hn_backlog_put(&backlog, packet, LONGEST));
	}
}

static void
no_room_leaves_it_as_it_was(void **state)
{
	uint8_t packet[LONGEST];
	uint32_t n = 0, number;

	(void)state;
	for (;; n++) {
		make(packet, n, LONGEST);
		if (!hn_backlog_put(&backlog, packet, LONGEST))
			break;
	}
	assert_int_equal(n, SIZE / 208);
	while (n-- > 0)
		assert_int_equal(hn_backlog_get(&backlog, packet), LONGEST);
	memcpy(&number, packet, sizeof(number));
	assert_int_equal(number, SIZE / 208 - 1);
	assert_true(hn_backlog_is_empty(&backlog));
}

#undef CASE
#define CASE(sentence, function) { sentence, function, start, NULL, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("what is put comes out in order, at every length",
		     what_is_put_comes_out_in_order_at_every_length),
		CASE("not full means that the longest fits", not_full_means_that_the_longest_fits),
		CASE("no room leaves it as it was", no_room_leaves_it_as_it_was),
	};

	return cmocka_run_group_tests_name("hn backlog", tests, NULL, NULL);
}
