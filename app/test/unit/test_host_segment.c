/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * hvhost's cutting of large sends, apart from any NIC: behind a VLAN tag, as Linux
 * sends them, and with numbers that a guest makes up.
 */

#include <stdlib.h>

#include "checksum.h"
#include "host_frames.h"
#include "host_test.h"
#include "inspect.h"
#include "offload.h"
#include "rndis_packet.h"
#include "segment.h"
#include "verify.h"

#define PAYLOAD 3000u

static uint8_t frame[FRAME_MAX];
static unsigned int emitted;
static size_t emitted_len;

static void
count(void *ctx, uint8_t *bytes, size_t len)
{
	(void)ctx;
	(void)bytes;
	emitted++;
	emitted_len += len;
}

/* Take the tag out; what is left has good sums. */
static void
check_behind_tag(void *ctx, uint8_t *bytes, size_t len)
{
	struct layout layout;

	assert_memory_equal(bytes + 12, "\x81\x00\x00\x05", 4);
	memmove(bytes + 12, bytes + 16, len - 16);
	layout = inspect(bytes, len - 4);
	assert_int_equal(verify_checksums(bytes, &layout, OFFLOAD_RX),
			 RX_CHECKSUM_IP_GOOD | RX_CHECKSUM_TCP_GOOD);
	count(ctx, bytes, len);
}

static void
large_send_behind_a_tag_is_cut(void **state)
{
	const struct frame_work work = {
		.ip = 18, .sum_start = 38, .sum_offset = TCP_SUM_AT, .mss = 1000,
	};

	(void)state;
	memcpy(frame, good_tcp4, 12);
	memcpy(frame + 12, "\x81\x00\x00\x05", 4);
	memcpy(frame + 16, good_tcp4 + 12, 42);
	put_be16(frame + 38 + TCP_SUM_AT, checksum_pseudo(frame + 18, 4, PROTOCOL_TCP, 0));
	emitted = 0;
	assert_int_equal(segment_large_send(frame, 58 + PAYLOAD, &work, check_behind_tag, NULL),
			 3);
	assert_int_equal(emitted, 3);
}

static void
what_is_no_tcp_header_is_not_cut(void **state)
{
	static const struct frame_work bad[] = {
		{ .ip = 14, .sum_start = 34, .mss = 0 },
		{ .ip = 14, .sum_start = 33, .mss = 1000 },
		{ .ip = 14, .sum_start = 53, .is_ip6 = true, .mss = 1000 },
		{ .ip = 14, .sum_start = 40, .mss = 1000 },
		{ .ip = 14, .sum_start = 60, .mss = 1000 },
		{ .ip = 14, .sum_start = 0, .mss = 1000 },
	};

	(void)state;
	memcpy(frame, good_tcp4, sizeof(good_tcp4));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(segment_large_send(frame, sizeof(good_tcp4), &bad[i], count,
						    NULL), 0);
	/* Headers and no payload. */
	assert_int_equal(segment_large_send(frame, 54, &(struct frame_work){
			.ip = 14, .sum_start = 34, .mss = 1000 }, count, NULL), 0);
}

static void
only_a_sum_of_udp_is_never_0(void **state)
{
	static const struct {
		uint16_t field;
		uint32_t sum;
	} cases[] = { { TCP_SUM_AT, 0 }, { UDP_SUM_AT, 0xffff } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		memset(frame, 0, 60);
		memset(frame + 36, 0xff, 2);
		segment_finish(frame, 60, &(struct frame_work){
			.ip = 14, .sum_start = 34, .sum_offset = cases[i].field });
		assert_int_equal(get_be16(frame + 34 + cases[i].field), cases[i].sum);
	}
}

static void
numbers_that_are_made_up_are_survived(void **state)
{
	uint32_t seed = 5;

	(void)state;
	for (unsigned int round = 0; round < 20000; round++) {
		size_t len = seed % 2000;
		uint8_t *exact = malloc(len);
		struct frame_work work;

		assert_non_null(exact);
		for (size_t i = 0; i < len; i++)
			exact[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
		seed = seed * 1664525 + 1013904223;
		work = (struct frame_work){
			.ip = 14, .is_ip6 = seed >> 31, .sum_start = seed >> 20 & 0x3ff,
			.sum_offset = seed >> 8 & 0x1f, .mss = (uint16_t)(seed >> 12 & 0xff),
		};
		if (len >= 14u + 60u)
			segment_complete_headers(exact, len, &work);
		segment_finish(exact, len, &work);
		emitted_len = 0;
		segment_large_send(exact, len, &work, count, NULL);
		free(exact);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("a large send behind a VLAN tag is cut", large_send_behind_a_tag_is_cut),
		CASE("what is no TCP header is not cut", what_is_no_tcp_header_is_not_cut),
		CASE("a sum of 0 is 0, but in UDP", only_a_sum_of_udp_is_never_0),
		CASE("numbers that are made up are survived",
		     numbers_that_are_made_up_are_survived),
	};

	return cmocka_run_group_tests_name("host segment", tests, NULL, NULL);
}
