/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The hash of flows, by the vectors that Microsoft published for those who
 * verify an implementation of RSS.
 */

#include "host_test.h"
#include "inspect.h"
#include "rss.h"

static const uint8_t key[RSS_KEY_LEN] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
	0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
	0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
	0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static struct rss rss;

#define ALL (RSS_TYPE_IPV4 | RSS_TYPE_TCP_IPV4 | RSS_TYPE_UDP_IPV4 | \
	     RSS_TYPE_IPV6 | RSS_TYPE_TCP_IPV6 | RSS_TYPE_UDP_IPV6)

/* From 66.9.149.187:2794 to 161.142.100.80:1766. */
static const uint8_t tcp4[54] = {
	[12] = 0x08, 0x00,
	[14] = 0x45, [17] = 40, [23] = 6,
	[26] = 66, 9, 149, 187, 161, 142, 100, 80,
	[34] = 0x0a, 0xea, 0x06, 0xe6, [46] = 0x50,
};

/* From 3ffe:2501:200:1fff::7 port 2794 to 3ffe:2501:200:3::1 port 1766. */
static const uint8_t tcp6[74] = {
	[12] = 0x86, 0xdd,
	[14] = 0x60, [19] = 20, 6,
	[22] = 0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0x1f, 0xff, 0, 0, 0, 0, 0, 0, 0, 0x07,
	[38] = 0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0x00, 0x03, 0, 0, 0, 0, 0, 0, 0, 0x01,
	[54] = 0x0a, 0xea, 0x06, 0xe6, [66] = 0x50,
};

static void
assert_hash(const uint8_t *frame, size_t len, uint32_t wanted, uint32_t type, uint32_t expected)
{
	struct layout layout = inspect(frame, len);
	uint32_t hash = 0;

	rss.types = wanted;
	assert_int_equal(rss_hash(&rss, frame, &layout, &hash), type);
	if (type != 0)
		assert_int_equal(hash, expected);
}

static void
test_ipv4(void **state)
{
	static const uint8_t second[12] = {
		199, 92, 111, 2, 65, 69, 140, 83, 0x37, 0x96, 0x12, 0x83,
	};

	(void)state;
	assert_hash(tcp4, sizeof(tcp4), ALL, RSS_TYPE_TCP_IPV4, 0x51ccc178);
	assert_hash(tcp4, sizeof(tcp4), RSS_TYPE_IPV4, RSS_TYPE_IPV4, 0x323e8fc2);
	assert_int_equal(rss_toeplitz(&rss, second, 8), 0xd718262a);
	assert_int_equal(rss_toeplitz(&rss, second, 12), 0xc626b0ea);
}

static void
test_ipv6(void **state)
{
	(void)state;
	assert_hash(tcp6, sizeof(tcp6), ALL, RSS_TYPE_TCP_IPV6, 0x40207d3d);
	assert_hash(tcp6, sizeof(tcp6), RSS_TYPE_IPV6, RSS_TYPE_IPV6, 0x2cc18cd5);
}

static void
test_udp(void **state)
{
	uint8_t udp[sizeof(tcp4)];

	(void)state;
	memcpy(udp, tcp4, sizeof(udp));
	udp[23] = 17;
	udp[38] = 0;
	udp[39] = 20;
	assert_hash(udp, sizeof(udp), ALL, RSS_TYPE_UDP_IPV4, 0x51ccc178);
	/* Without its type the addresses alone count. */
	assert_hash(udp, sizeof(udp), ALL & ~RSS_TYPE_UDP_IPV4, RSS_TYPE_IPV4, 0x323e8fc2);
}

static void
test_fragments(void **state)
{
	uint8_t fragment[sizeof(tcp4)];

	(void)state;
	memcpy(fragment, tcp4, sizeof(fragment));
	fragment[20] = 0x20;		/* more follow */
	assert_hash(fragment, sizeof(fragment), ALL, RSS_TYPE_IPV4, 0x323e8fc2);
}

/* TCP behind the extension header that follows IPv6's own. */
static void
test_extensions(void **state)
{
	uint8_t extended[sizeof(tcp6) + 8];

	(void)state;
	memcpy(extended, tcp6, 54);
	memcpy(extended + 62, tcp6 + 54, 20);
	memset(extended + 54, 0, 8);
	extended[19] = 28;
	extended[20] = 60;		/* destination options */
	extended[54] = 6;
	assert_hash(extended, sizeof(extended), ALL, RSS_TYPE_TCP_IPV6, 0x40207d3d);
	extended[20] = 44;		/* a fragment */
	extended[57] = 1;
	assert_hash(extended, sizeof(extended), ALL, RSS_TYPE_IPV6, 0x2cc18cd5);
}

static void
test_others(void **state)
{
	uint8_t arp[60] = { [12] = 0x08, [13] = 0x06 };

	(void)state;
	assert_hash(arp, sizeof(arp), ALL, 0, 0);
	assert_hash(tcp4, sizeof(tcp4), RSS_TYPE_IPV6, 0, 0);
	assert_hash(tcp4, 20, ALL, 0, 0);
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		CASE("IPv4 hashes as published", test_ipv4),
		CASE("IPv6 hashes as published", test_ipv6),
		CASE("UDP hashes by its ports only if that is wanted", test_udp),
		CASE("fragments hash by their addresses", test_fragments),
		CASE("IPv6 hashes past its extension headers", test_extensions),
		CASE("what is no IP, or not wanted, does not hash", test_others),
	};

	rss_set_key(&rss, key);
	return cmocka_run_group_tests(cases, NULL, NULL);
}
