/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The bench program's numbered frames and the host's are the same, and what
 * befalls one is seen.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <rte_mbuf.h>

#include "numbered.h"
#include "pattern.h"

#define HEADERS 42u
#define STREAM 64u

static const uint32_t lens[] = { NUMBERED_LEN_MIN, 64, 257, 1514, 9014 };
static uint8_t bytes[9014];

static int
start(void **state)
{
	(void)state;
	numbered_init();
	return 0;
}

/* Whether the program knows what stands in bytes as number seq. */
static bool
is_known(uint32_t len, uint64_t seq)
{
	struct rte_mbuf m = {
		.buf_addr = bytes, .data_len = (uint16_t)len, .pkt_len = len, .nb_segs = 1,
	};
	uint64_t found = 0;

	return numbered_check(&m, len, &found) && found == seq;
}

static void
what_the_host_makes_is_known(void **state)
{
	static const uint8_t to[ETHER_ADDR_LEN] = { 2 };
	struct pattern_writer writer;
	uint64_t seq;

	(void)state;
	pattern_writer_init(&writer, 0, to);
	for (size_t i = 0; i < RTE_DIM(lens); i++) {
		for (seq = 0; seq < 2000; seq++) {
			pattern_write(&writer, bytes, lens[i], seq);
			assert_true(is_known(lens[i], seq));
			assert_false(is_known(lens[i], seq + 1));
		}
	}
}

static void
what_the_program_makes_is_known_to_the_host(void **state)
{
	struct iovec seg = { .iov_base = bytes };
	struct frame frame = { .seg = &seg, .n = 1 };
	uint64_t seq = 0;

	(void)state;
	for (size_t i = 0; i < RTE_DIM(lens); i++) {
		frame.len = seg.iov_len = lens[i];
		for (unsigned int n = 0; n < 2000; n++, seq++) {
			numbered_write(bytes, lens[i], STREAM, seq);
			assert_int_equal(pattern_check(&frame), PATTERN_NEW);
		}
	}
}

static void
any_byte_that_is_another_is_seen(void **state)
{
	(void)state;
	for (size_t i = 0; i < RTE_DIM(lens); i++) {
		numbered_write(bytes, lens[i], STREAM, 7);
		for (uint32_t at = HEADERS; at < lens[i]; at++) {
			bytes[at] ^= 1;
			assert_false(is_known(lens[i], 7));
			bytes[at] ^= 1;
		}
		assert_true(is_known(lens[i], 7));
	}
}

static void
another_length_is_seen(void **state)
{
	(void)state;
	numbered_write(bytes, 300, STREAM, 7);
	assert_true(is_known(300, 7));
	assert_false(is_known(299, 7));
	assert_false(is_known(301, 7));
}

int
main(void)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test_setup(what_the_host_makes_is_known, start),
		cmocka_unit_test_setup(what_the_program_makes_is_known_to_the_host, start),
		cmocka_unit_test_setup(any_byte_that_is_another_is_seen, start),
		cmocka_unit_test_setup(another_length_is_seen, start),
	};

	return cmocka_run_group_tests_name("bench numbered", cases, NULL, NULL);
}
