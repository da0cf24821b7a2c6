/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * hvhost's coalescing of receive segments: which continue a frame, which do not.
 */

#include "checksum.h"
#include "host_frames.h"
#include "host_test.h"
#include "rsc.h"

#define IP6_TCP 54u
#define PAYLOAD 5u

static struct rsc rsc;
static uint8_t frame[8][sizeof(good_tcp6)];
static unsigned int frames;

/* A frame like the good one whose data begin so many bytes later. */
static uint8_t *
segment(const uint8_t *good, size_t len, size_t tcp, uint32_t offset)
{
	uint8_t *bytes = frame[frames++ % ARRAY_LEN(frame)];

	memcpy(bytes, good, len);
	put_be32(bytes + tcp + TCP_SEQ_AT, 100 + offset);
	bytes[tcp + TCP_FLAGS_AT] = 0x10;
	return bytes;
}

#define SEGMENT4(offset) segment(good_tcp4, sizeof(good_tcp4), 34, offset)
#define SEGMENT6(offset) segment(good_tcp6, sizeof(good_tcp6), IP6_TCP, offset)

static bool
add(uint8_t *bytes)
{
	struct layout layout = inspect(bytes, bytes[12] == 8 ? sizeof(good_tcp4) :
				       sizeof(good_tcp6));

	return rsc_add(&rsc, bytes, &layout, 0);
}

static void
segments_in_order_become_one_frame(void **state)
{
	uint8_t *first = SEGMENT4(0);

	(void)state;
	rsc_close(&rsc);
	assert_false(add(first));
	for (uint32_t i = 1; i < 5; i++) {
		assert_true(add(SEGMENT4(i * PAYLOAD)));
		assert_int_equal(rsc.segments, i + 1);
		assert_int_equal(get_be16(first + 16), 40 + (i + 1) * PAYLOAD);
	}
	assert_int_equal(rsc.header_len, 54);
	assert_int_equal(get_be32(first + 34 + TCP_SEQ_AT), 100);
}

static void
ipv6_segments_become_one_frame(void **state)
{
	uint8_t *first = SEGMENT6(0);

	(void)state;
	rsc_close(&rsc);
	assert_false(add(first));
	assert_true(add(SEGMENT6(PAYLOAD)));
	assert_int_equal(get_be16(first + 18), 20 + 2 * PAYLOAD);
	assert_int_equal(rsc.header_len, 74);
	/* The other family begins anew, and so does the first after it. */
	assert_false(add(SEGMENT4(2 * PAYLOAD)));
	assert_false(add(SEGMENT6(2 * PAYLOAD)));
}

static void
push_ends_a_frame(void **state)
{
	uint8_t *first = SEGMENT4(0), *last = SEGMENT4(PAYLOAD);

	(void)state;
	rsc_close(&rsc);
	last[34 + TCP_FLAGS_AT] = 0x18;
	assert_false(add(first));
	assert_true(add(last));
	assert_int_equal(first[34 + TCP_FLAGS_AT], 0x18);
	assert_false(add(SEGMENT4(2 * PAYLOAD)));
}

/* A byte of the second segment that makes a difference. */
static void
segments_that_differ_begin_anew(void **state)
{
	static const struct {
		const char *what;
		unsigned int at;
		uint8_t change;
		bool joins;
	} cases[] = {
		{ "nothing", 0, 0, true },
		{ "destination address", 5, 1, false },
		{ "source address", 11, 1, false },
		{ "type of service", 15, 4, false },
		{ "identification", 19, 1, true },
		{ "don't fragment", 20, 0x40, false },
		{ "time to live", 22, 1, false },
		{ "IP checksum", 24, 1, true },
		{ "source", 29, 1, false },
		{ "destination", 33, 1, false },
		{ "source port", 35, 1, false },
		{ "destination port", 37, 1, false },
		{ "number", 41, 1, false },
		{ "acknowledgement", 45, 1, false },
		{ "FIN", 47, 0x01, false },
		{ "SYN", 47, 0x02, false },
		{ "RST", 47, 0x04, false },
		{ "PSH", 47, 0x08, true },
		{ "no ACK", 47, 0x10, false },
		{ "URG", 47, 0x20, false },
		{ "ECE", 47, 0x40, false },
		{ "CWR", 47, 0x80, false },
		{ "window", 48, 1, false },
		{ "TCP checksum", 50, 1, true },
		{ "header of 24 bytes", 46, 0x30, false },
		{ "header of 16 bytes", 46, 0x10, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t *second = SEGMENT4(PAYLOAD);

		print_message("# %s\n", cases[i].what);
		rsc_close(&rsc);
		assert_false(add(SEGMENT4(0)));
		second[cases[i].at] ^= cases[i].change;
		assert_int_equal(add(second), cases[i].joins);
	}
}

static void
another_tag_begins_anew(void **state)
{
	uint8_t *second = SEGMENT4(PAYLOAD);
	struct layout layout = inspect(second, sizeof(good_tcp4));

	(void)state;
	rsc_close(&rsc);
	assert_false(add(SEGMENT4(0)));
	assert_false(rsc_add(&rsc, second, &layout, 1));
}

static void
closed_frame_is_not_continued(void **state)
{
	(void)state;
	rsc_close(&rsc);
	assert_false(add(SEGMENT4(0)));
	rsc_close(&rsc);
	assert_false(add(SEGMENT4(PAYLOAD)));
}

static void
frame_ends_at_64_kib(void **state)
{
	static uint8_t bytes[65600];
	uint32_t payload = 40000 - 40;
	struct layout layout;

	(void)state;
	rsc_close(&rsc);
	memcpy(bytes, good_tcp4, 54);
	bytes[34 + TCP_FLAGS_AT] = 0x10;
	put_be16(bytes + 16, 40 + payload);
	layout = inspect(bytes, 54 + payload);
	assert_false(rsc_add(&rsc, bytes, &layout, 0));
	put_be32(bytes + 34 + TCP_SEQ_AT, 100 + payload);
	rsc.next_seq = 100 + payload;
	assert_false(rsc_add(&rsc, bytes, &layout, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("segments in order become one frame", segments_in_order_become_one_frame),
		CASE("IPv6 segments become one frame", ipv6_segments_become_one_frame),
		CASE("PSH ends a frame", push_ends_a_frame),
		CASE("segments that differ in more than number and sums begin anew",
		     segments_that_differ_begin_anew),
		CASE("another VLAN tag begins anew", another_tag_begins_anew),
		CASE("a closed frame is not continued", closed_frame_is_not_continued),
		CASE("a frame ends at 64 KiB", frame_ends_at_64_kib),
	};

	return cmocka_run_group_tests_name("host rsc", tests, NULL, NULL);
}
