/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * hvhost's knowledge of headers and checksums: known answers, and what it says
 * about received frames.
 */

#include "checksum.h"
#include "host_frames.h"
#include "host_test.h"
#include "inspect.h"
#include "offload.h"
#include "rndis_packet.h"
#include "verify.h"

#define GOOD_TCP (RX_CHECKSUM_IP_GOOD | RX_CHECKSUM_TCP_GOOD)
#define GOOD_UDP (RX_CHECKSUM_IP_GOOD | RX_CHECKSUM_UDP_GOOD)

static uint8_t frame[256];

static uint32_t
verdict_of(size_t len, uint32_t offloads)
{
	struct layout layout = inspect(frame, len);

	return verify_checksums(frame, &layout, offloads);
}

#define TAKE(bytes) take(bytes, sizeof(bytes))

static size_t
take(const uint8_t *bytes, size_t len)
{
	memset(frame, 0xee, sizeof(frame));
	memcpy(frame, bytes, len);
	return len;
}

static void
sums_have_their_known_values(void **state)
{
	/* RFC 1071, section 3, and an odd byte more. */
	static const uint8_t rfc[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7, 0x12 };
	static const uint8_t header[] = {
		0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0xb8, 0x61,
		0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7,
	};
	uint8_t bytes[20];

	(void)state;
	assert_int_equal(checksum_sum(rfc, 8, 0), 0xddf2);
	assert_int_equal(checksum_sum(rfc, 2, 0), 0x0001);
	assert_int_equal(checksum_sum(rfc, 9, 0), 0xddf2 + 0x1200 - 0x0000);
	assert_int_equal(checksum_sum(rfc, 0, 0xffffffff), 0xffff);
	assert_int_equal(checksum_sum(header, 20, 0), CHECKSUM_GOOD);
	memcpy(bytes, header, 20);
	bytes[10] = bytes[11] = 0x55;
	checksum_fill_ip4(bytes);
	assert_memory_equal(bytes, header, 20);
}

static void
any_cut_of_bytes_adds_up_the_same(void **state)
{
	uint8_t bytes[65600];
	uint32_t slow = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)(i * i >> 3);
		slow += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
		slow = (slow & 0xffff) + (slow >> 16);
	}
	assert_int_equal(checksum_sum(bytes, sizeof(bytes), 0), slow);
	for (size_t cut = 0; cut < 40; cut += 2)
		assert_int_equal(checksum_sum(bytes + cut, sizeof(bytes) - cut,
					      checksum_sum(bytes, cut, 0)), slow);
}

static void
good_frames_are_found_good(void **state)
{
	(void)state;
	assert_int_equal(verdict_of(TAKE(good_tcp4), OFFLOAD_RX), GOOD_TCP);
	assert_int_equal(verdict_of(TAKE(good_udp4), OFFLOAD_RX), GOOD_UDP);
	assert_int_equal(verdict_of(TAKE(good_tcp6), OFFLOAD_RX), RX_CHECKSUM_TCP_GOOD);
	assert_int_equal(verdict_of(TAKE(good_tcp6_options), OFFLOAD_RX), RX_CHECKSUM_TCP_GOOD);
	assert_int_equal(verdict_of(TAKE(good_udp6), OFFLOAD_RX), RX_CHECKSUM_UDP_GOOD);
}

static void
each_protocol_is_looked_at_only_when_it_is_on(void **state)
{
	(void)state;
	assert_int_equal(verdict_of(TAKE(good_tcp4), 0), 0);
	assert_int_equal(verdict_of(TAKE(good_tcp4), OFFLOAD_RX_IP4), RX_CHECKSUM_IP_GOOD);
	assert_int_equal(verdict_of(TAKE(good_tcp4), OFFLOAD_RX_TCP4), RX_CHECKSUM_TCP_GOOD);
	assert_int_equal(verdict_of(TAKE(good_tcp4), OFFLOAD_RX_UDP4 | OFFLOAD_RX_TCP6), 0);
	assert_int_equal(verdict_of(TAKE(good_udp4), OFFLOAD_RX_UDP4), RX_CHECKSUM_UDP_GOOD);
	assert_int_equal(verdict_of(TAKE(good_udp6), OFFLOAD_RX_UDP4), 0);
	assert_int_equal(verdict_of(TAKE(good_tcp6), OFFLOAD_RX_TCP6), RX_CHECKSUM_TCP_GOOD);
	assert_int_equal(verdict_of(TAKE(good_udp6), OFFLOAD_RX_UDP6), RX_CHECKSUM_UDP_GOOD);
}

static void
every_wrong_byte_is_found(void **state)
{
	(void)state;
	for (size_t at = 34; at < sizeof(good_tcp4); at++) {
		if (at == 46)		/* moves the payload, which no sum cares about */
			continue;
		TAKE(good_tcp4);
		frame[at] ^= 0x11;
		assert_int_equal(verdict_of(sizeof(good_tcp4), OFFLOAD_RX),
				 RX_CHECKSUM_IP_GOOD | RX_CHECKSUM_TCP_FAILED);
	}
	TAKE(good_tcp4);
	frame[22]--;			/* the time to live is in one sum only */
	assert_int_equal(verdict_of(sizeof(good_tcp4), OFFLOAD_RX),
			 RX_CHECKSUM_IP_FAILED | RX_CHECKSUM_TCP_GOOD);
	frame[58] ^= 1;
	assert_int_equal(verdict_of(sizeof(good_tcp4), OFFLOAD_RX),
			 RX_CHECKSUM_IP_FAILED | RX_CHECKSUM_TCP_FAILED);
	TAKE(good_udp6);
	frame[65] ^= 1;
	assert_int_equal(verdict_of(sizeof(good_udp6), OFFLOAD_RX), RX_CHECKSUM_UDP_FAILED);
}

static void
datagram_without_checksum_is_unknown_in_ipv4_and_wrong_in_ipv6(void **state)
{
	(void)state;
	TAKE(good_udp4);
	frame[40] = frame[41] = 0;
	assert_int_equal(verdict_of(sizeof(good_udp4), OFFLOAD_RX), RX_CHECKSUM_IP_GOOD);
	TAKE(good_udp6);
	frame[60] = frame[61] = 0;
	assert_int_equal(verdict_of(sizeof(good_udp6), OFFLOAD_RX), RX_CHECKSUM_UDP_FAILED);
}

static void
datagram_longer_than_its_packet_is_wrong(void **state)
{
	(void)state;
	TAKE(good_udp4);
	frame[39]++;
	assert_int_equal(verdict_of(sizeof(good_udp4), OFFLOAD_RX),
			 RX_CHECKSUM_IP_GOOD | RX_CHECKSUM_UDP_FAILED);
}

static void
fragments_are_unknown_above_ip(void **state)
{
	/* More to come; an offset; neither, with the bit that forbids it. */
	static const uint8_t fields[][2] = { { 0x20, 0x00 }, { 0x00, 0x01 }, { 0x40, 0x00 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		TAKE(good_tcp4);
		memcpy(frame + 20, fields[i], 2);
		checksum_fill_ip4(frame + 14);
		assert_int_equal(verdict_of(sizeof(good_tcp4), OFFLOAD_RX),
				 i == 2 ? GOOD_TCP : RX_CHECKSUM_IP_GOOD);
	}
	TAKE(good_tcp6_options);
	frame[20] = 44;			/* the options become a fragment header */
	frame[56] = 0;
	frame[57] = 1;
	assert_int_equal(verdict_of(sizeof(good_tcp6_options), OFFLOAD_RX), 0);
	frame[57] = 0;			/* of a packet in one piece */
	assert_int_equal(verdict_of(sizeof(good_tcp6_options), OFFLOAD_RX),
			 RX_CHECKSUM_TCP_GOOD);
}

static void
routing_header_that_is_not_used_up_is_unknown(void **state)
{
	(void)state;
	TAKE(good_tcp6_options);
	frame[20] = 43;
	frame[57] = 1;
	assert_int_equal(verdict_of(sizeof(good_tcp6_options), OFFLOAD_RX), 0);
	frame[57] = 0;
	assert_int_equal(verdict_of(sizeof(good_tcp6_options), OFFLOAD_RX),
			 RX_CHECKSUM_TCP_GOOD);
}

static void
headers_are_where_they_are(void **state)
{
	struct layout l;

	(void)state;
	l = inspect(frame, TAKE(good_udp4));
	assert_int_equal(l.ip_version, 4);
	assert_int_equal(l.protocol, PROTOCOL_UDP);
	assert_int_equal(l.transport, 34);
	assert_int_equal(l.end, 45);
	l = inspect(frame, TAKE(good_tcp6_options));
	assert_int_equal(l.ip_version, 6);
	assert_int_equal(l.protocol, PROTOCOL_TCP);
	assert_int_equal(l.transport, 62);
	/* A large send does not say how long it is. */
	TAKE(good_tcp4);
	frame[16] = frame[17] = 0;
	l = inspect(frame, sizeof(good_tcp4));
	assert_false(l.has_len);
	assert_int_equal(l.transport, 34);
	assert_int_equal(l.end, sizeof(good_tcp4));
}

static void
cut_off_frames_are_never_judged_good(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(good_tcp4); len++) {
		TAKE(good_tcp4);
		assert_int_equal(verdict_of(len, OFFLOAD_RX_TCP4 | OFFLOAD_RX_UDP4), 0);
	}
	for (size_t len = 0; len < sizeof(good_tcp6_options); len++) {
		TAKE(good_tcp6_options);
		assert_int_equal(verdict_of(len, OFFLOAD_RX), 0);
	}
}

static void
random_headers_are_survived(void **state)
{
	static const uint8_t types[2][3] = { { 0x08, 0x00, 0x46 }, { 0x86, 0xdd, 0x60 } };
	static const uint8_t nexts[] = { 0, 43, 44, 60, 6, 17, 59 };
	uint32_t seed = 7;

	(void)state;
	for (unsigned int round = 0; round < 200000; round++) {
		size_t len = seed % sizeof(frame);
		struct layout l;

		for (size_t i = 0; i < sizeof(frame); i++)
			frame[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
		memcpy(frame + 12, types[round % 2], 3);
		frame[16] = 0;
		frame[18] = 0;
		for (size_t i = 20; i < 120; i += 8)
			frame[i] = nexts[frame[i] % ARRAY_LEN(nexts)];
		for (size_t i = 54; i < 120; i += 8)
			frame[i] = nexts[frame[i] % ARRAY_LEN(nexts)];
		l = inspect(frame, len);
		assert_true(l.end <= len);
		assert_true(l.transport <= l.end);
		verify_checksums(frame, &l, OFFLOAD_RX);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("sums have their known values", sums_have_their_known_values),
		CASE("any cut of bytes adds up the same", any_cut_of_bytes_adds_up_the_same),
		CASE("good frames are found good", good_frames_are_found_good),
		CASE("each protocol is looked at only when it is on",
		     each_protocol_is_looked_at_only_when_it_is_on),
		CASE("every wrong byte is found, in the sum that covers it",
		     every_wrong_byte_is_found),
		CASE("a datagram without checksum is unknown in IPv4 and wrong in IPv6",
		     datagram_without_checksum_is_unknown_in_ipv4_and_wrong_in_ipv6),
		CASE("a datagram longer than its packet is wrong",
		     datagram_longer_than_its_packet_is_wrong),
		CASE("fragments are unknown above IP", fragments_are_unknown_above_ip),
		CASE("a routing header that is not used up is unknown",
		     routing_header_that_is_not_used_up_is_unknown),
		CASE("headers are where they are", headers_are_where_they_are),
		CASE("cut off frames are never judged good", cut_off_frames_are_never_judged_good),
		CASE("random headers are survived", random_headers_are_survived),
	};

	return cmocka_run_group_tests_name("host checksum", tests, NULL, NULL);
}
