/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * hvhost's books over the receive buffer.
 */

#include <errno.h>

#include "host_test.h"
#include "rxbuf.h"

#define SECTIONS 40u
#define CONTROL 16u

static struct rxbuf rx;

static void
start(unsigned int queues)
{
	assert_int_equal(rxbuf_init(&rx, SECTIONS, CONTROL, queues), 0);
}

static int
stop(void **state)
{
	(void)state;
	rxbuf_free(&rx);
	rx.oldest_first = false;
	return 0;
}

/* Take n sections of a queue and send them in one packet; its id. */
static uint32_t
send_packet(unsigned int queue, unsigned int n, uint16_t channel)
{
	struct rxbuf_chain chain = { 0 };

	for (unsigned int i = 0; i < n; i++) {
		uint32_t id = rxbuf_take(&rx, queue);

		assert_int_not_equal(id, RXBUF_NONE);
		rxbuf_chain_add(&rx, &chain, id);
	}
	rxbuf_chain_sent(&rx, &chain, channel);
	return chain.first;
}

static void
control_sections_come_from_15_down(void **state)
{
	(void)state;
	start(1);
	for (uint32_t id = CONTROL; id-- > 0; )
		assert_int_equal(rxbuf_take_control(&rx), id);
	assert_int_equal(rxbuf_take_control(&rx), RXBUF_NONE);
}

static void
one_completion_returns_the_whole_chain(void **state)
{
	uint32_t id;

	(void)state;
	start(1);
	id = send_packet(0, SECTIONS - CONTROL, 0);
	assert_int_equal(rx.held, SECTIONS - CONTROL);
	assert_int_equal(rxbuf_take(&rx, 0), RXBUF_NONE);
	assert_int_equal(rxbuf_complete(&rx, id, 0), SECTIONS - CONTROL);
	assert_int_equal(rx.held, 0);
	assert_int_equal(rx.free[0].count, SECTIONS - CONTROL);
}

static void
wrong_completions_are_told_apart(void **state)
{
	uint32_t id;

	(void)state;
	start(1);
	id = send_packet(0, 3, 2);
	assert_int_equal(rxbuf_complete(&rx, id + 1, 2), -ENOENT);
	assert_int_equal(rxbuf_complete(&rx, SECTIONS, 2), -ENOENT);
	assert_int_equal(rxbuf_complete(&rx, UINT64_MAX, 2), -ENOENT);
	assert_int_equal(rxbuf_complete(&rx, id + 5, 2), -EALREADY);
	assert_int_equal(rxbuf_complete(&rx, id, 1), -EXDEV);
	assert_int_equal(rxbuf_complete(&rx, id, 2), 3);
	assert_int_equal(rxbuf_complete(&rx, id, 2), -EALREADY);
	/* Being filled is not with the guest. */
	assert_int_equal(rxbuf_complete(&rx, rxbuf_take(&rx, 0), 0), -ENOENT);
}

static void
queues_get_equal_shares_and_the_last_the_rest(void **state)
{
	(void)state;
	start(5);
	for (unsigned int queue = 0; queue < 4; queue++)
		assert_int_equal(rx.free[queue].count, 4);
	assert_int_equal(rx.free[4].count, 8);
	/* An empty queue does not take from another. */
	send_packet(1, 4, 1);
	assert_int_equal(rxbuf_take(&rx, 1), RXBUF_NONE);
	assert_int_equal(rx.free[0].count, 4);
}

static void
hot_reuses_the_last_and_cold_walks_through(void **state)
{
	(void)state;
	start(1);
	assert_int_equal(rxbuf_complete(&rx, send_packet(0, 1, 0), 0), 1);
	assert_int_equal(rxbuf_take(&rx, 0), CONTROL);
	rxbuf_free(&rx);

	rx.oldest_first = true;
	start(1);
	for (uint32_t i = 0; i < 3 * (SECTIONS - CONTROL); i++) {
		uint32_t id = send_packet(0, 1, 0);

		assert_int_equal(id, CONTROL + i % (SECTIONS - CONTROL));
		assert_int_equal(rxbuf_complete(&rx, id, 0), 1);
	}
}

static void
dropped_batch_is_free_again(void **state)
{
	struct rxbuf_chain chain = { 0 };

	(void)state;
	start(1);
	rxbuf_chain_drop(&rx, &chain);
	for (unsigned int i = 0; i < 5; i++)
		rxbuf_chain_add(&rx, &chain, rxbuf_take(&rx, 0));
	rxbuf_chain_drop(&rx, &chain);
	assert_int_equal(rx.free[0].count, SECTIONS - CONTROL);
	assert_int_equal(rx.held, 0);
}

static void
buffer_smaller_than_its_control_part_has_no_data(void **state)
{
	(void)state;
	assert_int_equal(rxbuf_init(&rx, 10, CONTROL, 1), 0);
	assert_int_equal(rx.control.count, 10);
	assert_int_equal(rxbuf_take(&rx, 0), RXBUF_NONE);
}

/* Random life: no section is lost or in two places. */
static void
no_section_is_ever_lost(void **state)
{
	uint32_t ids[SECTIONS], n = 0, seed = 7;

	(void)state;
	start(3);
	for (unsigned int i = 0; i < 20000; i++) {
		seed = seed * 1664525 + 1013904223;
		if (seed >> 31 && rx.free[seed % 3].count > 0) {
			uint32_t len = 1 + (seed >> 8) % rx.free[seed % 3].count;

			ids[n++] = send_packet(seed % 3, len, (uint16_t)(seed % 3));
		} else if (n > 0) {
			uint32_t pick = (seed >> 8) % n;
			uint16_t channel = rx.section[ids[pick]].channel;

			assert_true(rxbuf_complete(&rx, ids[pick], channel) > 0);
			ids[pick] = ids[--n];
		}
		assert_int_equal(rx.held + rx.free[0].count + rx.free[1].count +
				 rx.free[2].count, SECTIONS - CONTROL);
	}
}

#undef CASE
#define CASE(sentence, function) { sentence, function, NULL, stop, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("control sections are handed out from 15 down",
		     control_sections_come_from_15_down),
		CASE("one completion returns the whole chain",
		     one_completion_returns_the_whole_chain),
		CASE("wrong completions are told apart", wrong_completions_are_told_apart),
		CASE("queues get equal shares and the last one the rest",
		     queues_get_equal_shares_and_the_last_the_rest),
		CASE("hot reuses the last section, cold walks through all",
		     hot_reuses_the_last_and_cold_walks_through),
		CASE("a dropped batch is free again", dropped_batch_is_free_again),
		CASE("a buffer smaller than its control part has no data sections",
		     buffer_smaller_than_its_control_part_has_no_data),
		CASE("no section is ever lost", no_section_is_ever_lost),
	};

	return cmocka_run_group_tests_name("host rxbuf", tests, NULL, NULL);
}
