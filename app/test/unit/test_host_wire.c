/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * hvhost's cursor over little-endian bytes.
 */

#include "host_test.h"
#include "wire.h"

static void
words_are_read_low_byte_first(void **state)
{
	const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	struct wire in = wire_over(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(get8(&in), 0x01);
	assert_int_equal(get16(&in), 0x0302);
	assert_int_equal(get32(&in), 0x07060504);
	assert_int_equal(get64(&in), 0x0f0e0d0c0b0a0908);
	assert_int_equal(in.left, 0);
	assert_false(in.bad);
}

static void
words_are_written_low_byte_first(void **state)
{
	const uint8_t want[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	uint8_t bytes[sizeof(want)] = { 0 };
	struct wire out = wire_over(bytes, sizeof(bytes));

	(void)state;
	put8(&out, 0x01);
	put16(&out, 0x0302);
	put32(&out, 0x07060504);
	put64(&out, 0x0f0e0d0c0b0a0908);
	assert_memory_equal(bytes, want, sizeof(want));
	assert_false(out.bad);
}

static void
reading_past_the_end_yields_0_and_stays_bad(void **state)
{
	const uint8_t bytes[] = { 0xff, 0xff, 0xff, 0xff, 0xff };
	struct wire in = wire_over(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(get32(&in), UINT32_MAX);
	assert_int_equal(get16(&in), 0);
	assert_true(in.bad);
	/* Not even the byte that would have fitted. */
	assert_int_equal(get8(&in), 0);
	assert_true(in.bad);
}

static void
writing_past_the_end_changes_nothing(void **state)
{
	uint8_t bytes[] = { 1, 2, 3, 4 };
	struct wire out = wire_over(bytes, 3);

	(void)state;
	put32(&out, UINT32_MAX);
	assert_true(out.bad);
	put8(&out, UINT8_MAX);
	assert_memory_equal(bytes, "\x01\x02\x03\x04", 4);
}

int
main(void)
{
	static const struct CMUnitTest cases[] = {
		CASE("words are read low byte first", words_are_read_low_byte_first),
		CASE("words are written low byte first", words_are_written_low_byte_first),
		CASE("reading past the end yields 0 and stays bad",
		     reading_past_the_end_yields_0_and_stays_bad),
		CASE("writing past the end changes nothing", writing_past_the_end_changes_nothing),
	};

	return cmocka_run_group_tests_name("host wire", cases, NULL, NULL);
}
