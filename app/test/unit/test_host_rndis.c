/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * hvhost's RNDIS control messages: queries and settings, as the guest's bytes
 * go in and the reply comes out.
 */

#include <errno.h>

#include "host_test.h"
#include "offload.h"
#include "rndis.h"
#include "rules.h"

static struct rules rules;
static struct rndis rndis;
static uint8_t reply[RNDIS_REPLY_MAX];

static void
start(const char *profile)
{
	static const uint8_t mac[6] = { 2, 0x15, 0x5d, 1, 2, 3 };

	memset(&rules, 0, sizeof(rules));
	memset(&rndis, 0, sizeof(rndis));
	rndis.profile = profile_find(profile);
	rndis.rules = &rules;
	rndis.who = "test";
	memcpy(rndis.mac, mac, sizeof(mac));
	rndis.frame_len = 1514;
	rndis.ndis_major = 6;
	rndis.ndis_minor = 30;
	rndis.queues_max = 4;
	rndis.rss_entries = 128;
	rndis.channels_open = 0xf;
	rndis.link_up = true;
	rndis.link_bps = 10000000000;
	rndis.supported = rndis.profile->offloads;
	rndis.large_send = (struct offload_limits){ OFFLOAD_PAYLOAD_MAX, OFFLOAD_SEGMENTS_MIN };
	rndis_reset(&rndis);
	rndis.initialized = true;
}

static int
tell(const uint32_t *words, size_t n)
{
	uint8_t message[1024] = { 0 };

	for (size_t i = 0; i < n; i++)
		set_le32(message + 4 * i, words[i]);
	memset(reply, 0xee, sizeof(reply));
	return rndis_receive(&rndis, message, 4 * n, reply);
}

#define TELL(...) \
	tell((const uint32_t[]){ __VA_ARGS__ }, sizeof((uint32_t[]){ __VA_ARGS__ }) / 4)

/* A query; its status. The value begins at reply + 24. */
static uint32_t
query(uint32_t oid)
{
	int len = TELL(4, 28, 77, oid, 0, 20, 0);

	assert_true(len >= 24);
	assert_int_equal(le32(reply), 0x80000004);
	assert_int_equal(le32(reply + 4), len);
	assert_int_equal(le32(reply + 8), 77);
	assert_int_equal(le32(reply + 20), 16);
	assert_int_equal(le32(reply + 16), len - 24);
	return le32(reply + 12);
}

static uint32_t
set(uint32_t oid, const void *value, uint32_t len)
{
	uint8_t message[1024] = { 5 };

	set_le32(message + 4, 28 + len);
	set_le32(message + 8, 78);
	set_le32(message + 12, oid);
	set_le32(message + 16, len);
	set_le32(message + 20, 20);
	memcpy(message + 28, value, len);
	assert_int_equal(rndis_receive(&rndis, message, 28 + len, reply), 16);
	assert_int_equal(le32(reply), 0x80000005);
	assert_int_equal(le32(reply + 8), 78);
	return le32(reply + 12);
}

static void
initialize_is_answered_as_hyperv_does(void **state)
{
	static const uint32_t expected[13] = {
		0x80000002, 52, 1, 0, 1, 0, 1, 0, 8, 0xefffffff, 3, 0, 0,
	};

	(void)state;
	start("default");
	rndis.initialized = false;
	assert_int_equal(TELL(2, 24, 1, 1, 0, 0x4000), 52);
	for (unsigned int i = 0; i < 13; i++)
		assert_int_equal(le32(reply + 4 * i), expected[i]);
	assert_true(rndis.initialized);
	assert_int_equal(TELL(2, 24, 2, 1, 0, 0x4000), -EPROTO);
	assert_int_equal(rules.broken[RULE_RNDIS_INIT_ONCE], 1);
}

static void
constant_objects_have_their_values(void **state)
{
	static const struct {
		uint32_t oid;
		uint32_t len;
		uint32_t value;
	} cases[] = {
		{ 0x10102, 4, 0 }, { 0x10103, 4, 0 }, { 0x10104, 4, 0 }, { 0x10105, 4, 1500 },
		{ 0x10106, 4, 1500 }, { 0x10107, 4, 100000000 }, { 0x10108, 4, 262144 },
		{ 0x10109, 4, 262144 }, { 0x1010a, 4, 1514 }, { 0x1010b, 4, 1514 },
		{ 0x1010c, 4, 0x155d }, { 0x1010f, 4, 1500 }, { 0x10111, 4, 1514 },
		{ 0x10113, 4, 0x24d }, { 0x10114, 4, 0 }, { 0x10115, 4, 0xffffffff },
	};

	(void)state;
	start("default");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(query(cases[i].oid), 0);
		assert_int_equal(le32(reply + 16), cases[i].len);
		assert_int_equal(le32(reply + 24), cases[i].value);
	}
	assert_int_equal(query(0x10110), 0);
	assert_int_equal(le32(reply + 16), 2);
	assert_int_equal(rules_broken(&rules), 0);
}

static void
mac_name_and_link_state_have_their_layout(void **state)
{
	(void)state;
	start("default");
	assert_int_equal(query(0x01010101), 0);
	assert_int_equal(le32(reply + 16), 6);
	assert_memory_equal(reply + 24, rndis.mac, 6);
	assert_int_equal(query(0x20216), 0);
	assert_int_equal(le32(reply + 16), 512);
	assert_memory_equal(reply + 24, "N\0e\0t\0", 6);
	assert_int_equal(query(0x10207), 0);
	assert_int_equal(le32(reply + 16), 40);
	assert_int_equal(le32(reply + 24), 40u << 16 | 1 << 8 | 0x80);
	assert_int_equal(le32(reply + 28), 1);
	assert_int_equal(le32(reply + 40), 10000000000 & 0xffffffff);
	assert_int_equal(le32(reply + 44), 10000000000 >> 32);
}

static void
unknown_objects_are_not_supported(void **state)
{
	(void)state;
	start("default");
	assert_int_equal(query(0x10999), 0xc00000bb);
	assert_int_equal(le32(reply + 16), 0);
	assert_int_equal(set(0x10999, "", 0), 0xc00000bb);
	/* only to be set, only to be queried */
	assert_int_equal(query(0x10204), 0xc00000bb);
	assert_int_equal(set(0x10106, "\1\2\3\4", 4), 0xc00000bb);
}

static void
supported_list_depends_on_ndis(void **state)
{
	uint32_t with_630;

	(void)state;
	start("default");
	assert_int_equal(query(0x10101), 0);
	with_630 = le32(reply + 16);
	rndis.ndis_minor = 1;
	assert_int_equal(query(0x10101), 0);
	assert_int_equal(with_630 - le32(reply + 16), 8);
	rndis.ndis_major = 7;
	assert_int_equal(query(0x10101), 0xc0010004);
}

static void
rss_capabilities_follow_the_profile(void **state)
{
	(void)state;
	start("default");
	assert_int_equal(query(0x10203), 0);
	assert_int_equal(le32(reply + 16), 18);
	assert_int_equal(le32(reply + 24), 18u << 16 | 2 << 8 | 0x88);
	assert_int_equal(le32(reply + 28), 0x1b01);
	assert_int_equal(le32(reply + 36), 4);
	assert_int_equal(le32(reply + 40) & 0xffff, 128);
	start("openvmm");
	assert_int_equal(query(0x10203), 0);
	assert_int_equal(le32(reply + 28), 0x301);
	start("ws2012");
	assert_int_equal(query(0x10203), 0);
	assert_int_equal(le32(reply + 16), 16);
	start("ws2008r2");
	assert_int_equal(query(0x10203), 0xc00000bb);
}

static void
offload_capabilities_have_the_size_of_their_revision(void **state)
{
	static const struct {
		const char *profile;
		uint32_t len;
		uint32_t revision;
		uint32_t ip4_tx;
		uint32_t lso_max;
	} cases[] = {
		{ "default", 156, 3, 0x155, 62780 }, { "ws2012", 144, 2, 0x115, 62780 },
		{ "ws2008r2", 112, 1, 0x115, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const uint8_t *value = reply + 24;

		start(cases[i].profile);
		assert_int_equal(query(0xfc01020d), 0);
		assert_int_equal(le32(reply + 16), cases[i].len);
		assert_int_equal(le32(value), cases[i].len << 16 | cases[i].revision << 8 | 0xa7);
		assert_int_equal(le32(value + 4), 2);
		assert_int_equal(le32(value + 8), cases[i].ip4_tx);
		assert_int_equal(le32(value + 84), cases[i].lso_max);
		assert_int_equal(le32(value + 96), cases[i].lso_max);
	}
}

static void
offload_parameters_are_enumerations(void **state)
{
	uint8_t params[28] = { 0x80, 3, 28, 0 };

	(void)state;
	start("default");
	params[4] = 1;		/* IP: off */
	params[5] = 2;		/* TCP/IPv4: TX */
	params[6] = 3;		/* UDP/IPv4: RX */
	params[7] = 4;		/* TCP/IPv6: both */
	params[8] = 0;		/* as it is: both */
	params[11] = 1;		/* LSO IPv4 off */
	params[12] = 2;
	assert_int_equal(set(0xfc01020c, params, 28), 0);
	assert_int_equal(rndis.offloads, OFFLOAD_TX_TCP4 | OFFLOAD_RX_UDP4 | OFFLOAD_TX_TCP6 |
			 OFFLOAD_RX_TCP6 | OFFLOAD_TX_UDP6 | OFFLOAD_RX_UDP6 | OFFLOAD_LSO6);
	assert_true(rndis.offloads_changed);
	params[4] = 9;		/* no value: ignored */
	assert_int_equal(set(0xfc01020c, params, 28), 0);
	assert_false(rndis.offloads & OFFLOAD_TX_IP4);
}

static void
coalescing_is_off_until_the_parameters_switch_it_on(void **state)
{
	uint8_t params[28] = { 0x80, 3, 28, 0, [22] = 2, [23] = 2 };

	(void)state;
	start("default");
	assert_int_equal(rndis.offloads & OFFLOAD_RSC, 0);
	/* Revision 2 ends before the fields. */
	params[1] = 2;
	params[2] = 22;
	assert_int_equal(set(0xfc01020c, params, 22), 0);
	assert_int_equal(rndis.offloads & OFFLOAD_RSC, 0);
	params[1] = 3;
	params[2] = 28;
	assert_int_equal(set(0xfc01020c, params, 28), 0);
	assert_int_equal(rndis.offloads & OFFLOAD_RSC, OFFLOAD_RSC);
	params[23] = 1;
	assert_int_equal(set(0xfc01020c, params, 28), 0);
	assert_int_equal(rndis.offloads & OFFLOAD_RSC, OFFLOAD_RSC4);
	start("ws2016");
	params[23] = 2;
	assert_int_equal(set(0xfc01020c, params, 28), 0);
	assert_int_equal(rndis.offloads & OFFLOAD_RSC, 0);
}

static void
offload_parameters_are_checked(void **state)
{
	uint8_t params[28] = { 0x80, 3, 28, 0 };

	(void)state;
	start("ws2012");
	params[6] = 4;		/* UDP is not there */
	assert_int_equal(set(0xfc01020c, params, 28), 0);
	assert_int_equal(rndis.offloads & OFFLOAD_UDP, 0);
	assert_int_equal(set(0xfc01020c, params, 27), 0xc0010015);
	params[9] = 2;		/* LSO version 1 */
	assert_int_equal(set(0xfc01020c, params, 28), 0xc00000bb);
	params[9] = 0;
	params[2] = 19;
	assert_int_equal(set(0xfc01020c, params, 28), 0xc0010015);
	params[2] = 20;
	assert_int_equal(set(0xfc01020c, params, 20), 0);
	params[0] = 0x81;
	assert_int_equal(set(0xfc01020c, params, 20), 0xc0010015);
}

/* RSS parameters with the key behind a table of n entries; for a test to spoil. */
static uint8_t rss_value[40 + 4 * 300 + 40];

static size_t
rss_parameters(uint16_t flags, uint32_t hash_info, uint32_t n, uint32_t last)
{
	memset(rss_value, 0, sizeof(rss_value));
	set_le32(rss_value, 40u << 16 | 2 << 8 | 0x89);
	set_le32(rss_value + 4, flags);
	set_le32(rss_value + 8, hash_info);
	set_le32(rss_value + 12, 4 * n);
	set_le32(rss_value + 16, 40);
	set_le32(rss_value + 20, 40);
	set_le32(rss_value + 24, 40 + 4 * n);
	for (uint32_t i = 0; i < n; i++)
		set_le32(rss_value + 40 + 4 * i, i == n - 1 ? last : i % 2);
	memset(rss_value + 40 + 4 * n, 0x6d, 40);
	return 80 + 4 * n;
}

static uint32_t
set_rss(uint16_t flags, uint32_t hash_info, uint32_t n, uint32_t last)
{
	size_t len = rss_parameters(flags, hash_info, n, last);

	return set(0x10204, rss_value, len);
}

/* With RSS disabled before, as it is to be. */
static uint32_t
set_rss_anew(uint32_t n, uint32_t last)
{
	assert_int_equal(set_rss(0x10, 0, 1, 0), 0);
	return set_rss(0, 0x1701, n, last);
}

static void
rss_parameters_are_set(void **state)
{
	(void)state;
	start("default");
	assert_int_equal(set_rss(0, 0x1701, 128, 3), 0);
	assert_true(rndis.rss.enabled);
	assert_int_equal(rndis.rss.types, 0x1700);
	assert_int_equal(rndis.rss.table[127], 3);
	assert_int_equal(rndis.rss.key[39], 0x6d);
	/* A short table is repeated, a long one cut. */
	assert_int_equal(set_rss_anew(2, 3), 0);
	assert_int_equal(rndis.rss.table[126], 0);
	assert_int_equal(rndis.rss.table[127], 3);
	assert_int_equal(set_rss_anew(200, 3), 0);
	assert_int_equal(rndis.rss.entries, 128);
	assert_int_equal(rndis.rss.table[127], 1);
	rndis.rss_entries = 256;
	assert_int_equal(set_rss_anew(200, 3), 0);
	assert_int_equal(rndis.rss.entries, 256);
	assert_int_equal(rndis.rss.table[199], 3);
	assert_int_equal(rndis.rss.table[201], 1);
	/* Off by flag and by function. */
	assert_int_equal(set_rss(0x10, 0x1701, 128, 0), 0);
	assert_false(rndis.rss.enabled);
	assert_int_equal(set_rss(0, 0x1701, 128, 0), 0);
	assert_int_equal(set_rss(0, 0x1700, 128, 0), 0);
	assert_false(rndis.rss.enabled);
	assert_int_equal(rules_broken(&rules), 0);
	start("ws2008r2");
	assert_int_equal(set_rss(0, 0x1701, 128, 0), 0xc00000bb);
}

static void
rss_parameters_that_are_wrong_are_named(void **state)
{
	static const struct {
		size_t at;			/* a byte, */
		uint8_t to;			/* what it is made, */
		enum rule rule;			/* what that breaks */
		bool openvmm_takes_it;
	} script[] = {
		{ 0, 0x88, RULE_RSS_HEADER, true },
		{ 1, 0, RULE_RSS_HEADER, true },
		{ 1, 3, RULE_RSS_HEADER, true },		/* has 44 bytes */
		{ 1, 4, RULE_RSS_HEADER, true },
		{ 2, 39, RULE_RSS_HEADER, true },
		{ 3, 3, RULE_RSS_HEADER, true },		/* more than there is */
		{ 4, 2, RULE_RSS_WHOLE, true },
		{ 4, 4, RULE_RSS_WHOLE, true },
		{ 4, 8, RULE_RSS_WHOLE, true },
		{ 8, 2, RULE_RSS_HASH, true },
		{ 9, 0x1f, RULE_RSS_HASH, true },		/* IPv6-ex */
		{ 9, 0x57, RULE_RSS_HASH, true },		/* UDP, by a host that cannot */
		{ 12, 2, RULE_RSS_LAYOUT, false },
		{ 13, 0, RULE_RSS_LAYOUT, false },
		{ 13, 3, RULE_RSS_LAYOUT, false },
		{ 16, 36, RULE_RSS_LAYOUT, true },		/* in the fields */
		{ 17, 2, RULE_RSS_LAYOUT, false },
		{ 18, 1, RULE_RSS_LAYOUT, false },
		{ 20, 39, RULE_RSS_LAYOUT, false },
		{ 21, 1, RULE_RSS_LAYOUT, false },
		{ 24, 41, RULE_RSS_LAYOUT, false },
		{ 27, 255, RULE_RSS_LAYOUT, false },
		{ 40, 4, RULE_RSS_ENTRY, false },
		{ 43, 1, RULE_RSS_ENTRY, false },
	};
	static const char *const profiles[] = { "ws2012r2", "openvmm" };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(script); i++) {
		uint32_t good = i % 2 == 1 && script[i / 2].openvmm_takes_it ? 0 : 0xc0010015;
		size_t len;

		start(profiles[i % 2]);
		len = rss_parameters(0, 0x1701, 64, 3);
		assert_int_equal(len, 0x150);
		rss_value[script[i / 2].at] = script[i / 2].to;
		assert_int_equal(set(0x10204, rss_value, len), good);
		assert_int_equal(rules.broken[script[i / 2].rule], 1);
		assert_int_equal(rules_broken(&rules), 1);
		assert_int_equal(rndis.rss.enabled, good == 0);
	}
	start("openvmm");
	assert_int_equal(set(0x10204, "\x89\2\50", 3), 0xc0010015);
	assert_int_equal(rules.broken[RULE_RSS_HEADER], 1);
}

static void
rss_parameters_that_may_come_to_nothing_are_named_and_set(void **state)
{
	(void)state;
	start("default");
	/* Channel 3 is not open yet. */
	rndis.channels_open = 0x7;
	assert_int_equal(set_rss(0, 0x1701, 128, 3), 0);
	assert_int_equal(rules.broken[RULE_RSS_CLOSED], 1);
	assert_int_equal(rndis.rss.table[127], 3);
	rndis.channels_open = 0xf;
	assert_int_equal(set_rss_anew(128, 3), 0);
	assert_int_equal(rules_broken(&rules), 1);
	/* RSS is on when another table comes. */
	assert_int_equal(set_rss(0, 0x1701, 128, 2), 0);
	assert_int_equal(rules.broken[RULE_RSS_DISABLE_FIRST], 1);
	assert_int_equal(rndis.rss.table[127], 2);
	assert_int_equal(rules_broken(&rules), 2);
}

/* A named setting: how long it is, in value. */
static uint32_t
put_setting(uint8_t value[256], const char *name, const char *text)
{
	uint32_t name_len = 2 * (uint32_t)strlen(name), text_len = 2 * (uint32_t)strlen(text);

	memset(value, 0, 256);
	set_le32(value, 20);
	set_le32(value + 4, name_len);
	set_le32(value + 8, 2);
	set_le32(value + 12, 20 + name_len);
	set_le32(value + 16, text_len);
	for (size_t i = 0; name[i] != '\0'; i++)
		value[20 + 2 * i] = (uint8_t)name[i];
	for (size_t i = 0; text[i] != '\0'; i++)
		value[20 + name_len + 2 * i] = (uint8_t)text[i];
	return 20 + name_len + text_len;
}

static uint32_t
set_by_name(const char *name, const char *text)
{
	uint8_t value[256];
	uint32_t len = put_setting(value, name, text);

	return set(0x1021b, value, len);
}

static void
assert_current_mac(const char mac[6])
{
	assert_int_equal(query(0x01010102), 0);
	assert_int_equal(le32(reply + 16), 6);
	assert_memory_equal(reply + 24, mac, 6);
	assert_int_equal(query(0x01010101), 0);
	assert_memory_equal(reply + 24, rndis.mac, 6);
}

static void
guest_has_another_address_where_it_may(void **state)
{
	static const uint8_t wanted[6] = { 2, 0xab, 0xcd, 0xef, 0, 0x12 };

	(void)state;
	start("default");
	rndis.mac_change = true;
	rndis.filter = RNDIS_FILTER_DIRECTED;
	assert_int_equal(set_by_name("NetworkAddress", "02aBcdEF0012"), 0);
	assert_current_mac((const char *)wanted);
	assert_true(rndis_accepts(&rndis, wanted));
	assert_false(rndis_accepts(&rndis, rndis.mac));
	assert_int_equal(set(0x01010102, rndis.mac, 6), 0);
	assert_current_mac((const char *)rndis.mac);
	assert_int_equal(set(0x01010102, wanted, 6), 0);
	rndis_reset(&rndis);
	rndis.initialized = true;
	assert_current_mac((const char *)rndis.mac);
	assert_int_equal(rules_broken(&rules), 0);
}

static void
other_addresses_are_refused_where_they_are_not_allowed(void **state)
{
	static const uint8_t wanted[6] = { 2, 0xab, 0xcd, 0xef, 0, 0x12 };

	(void)state;
	start("default");
	assert_int_equal(set_by_name("NetworkAddress", "02abcdef0012"), 0xc0000001);
	assert_int_equal(set(0x01010102, wanted, 6), 0xc0000001);
	assert_current_mac((const char *)rndis.mac);
	start("openvmm");
	rndis.mac_change = true;
	assert_int_equal(set_by_name("NetworkAddress", "02abcdef0012"), 0);
	assert_int_equal(set(0x01010102, wanted, 6), 0xc00000bb);
	assert_current_mac((const char *)rndis.mac);
}

static void
addresses_of_no_station_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "02abcdef001", "02abcdef00123", "02abcdef001g", "+2abcdef0012",
		"02-ab-cd-ef-00-12", "000000000000", "03abcdef0012", "ffffffffffff",
	};

	(void)state;
	start("default");
	rndis.mac_change = true;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(set_by_name("NetworkAddress", bad[i]), 0xc0010015);
	assert_int_equal(set(0x01010102, rndis.mac, 5), 0xc0010015);
	assert_current_mac((const char *)rndis.mac);
}

static void
multicast_list_is_told_as_it_was_set(void **state)
{
	static const uint8_t list[13] = { 1, 0, 0x5e, 0, 0, 1, 1, 0, 0x5e, 0, 0, 2 };
	static const uint8_t other[6] = { 1, 0, 0x5e, 0, 0, 3 };
	uint8_t many[33 * 6] = { 1 };

	(void)state;
	start("default");
	rndis.filter = RNDIS_FILTER_MULTICAST;
	assert_int_equal(set(0x01010103, list, 12), 0);
	assert_int_equal(query(0x01010103), 0);
	assert_int_equal(le32(reply + 16), 12);
	assert_memory_equal(reply + 24, list, 12);
	assert_true(rndis_accepts(&rndis, list + 6));
	assert_false(rndis_accepts(&rndis, other));
	rndis.filter |= RNDIS_FILTER_ALL_MULTICAST;
	assert_true(rndis_accepts(&rndis, other));
	assert_int_equal(query(0x01010104), 0);
	assert_int_equal(le32(reply + 24), 32);
	assert_int_equal(set(0x01010103, many, 33 * 6), 0xc0010009);
	assert_int_equal(set(0x01010103, list, 13), 0xc0010015);
	assert_int_equal(set(0x01010103, list, 0), 0);
	assert_int_equal(query(0x01010103), 0);
	assert_int_equal(le32(reply + 16), 0);
}

static void
named_settings_reach_the_offloads(void **state)
{
	static const char name[] = "*UDPChecksumOffloadIPv4";
	uint32_t len = 2 * (sizeof(name) - 1);
	uint8_t value[256];

	(void)state;
	start("default");
	put_setting(value, name, "1");
	assert_int_equal(set(0x1021b, value, 22 + len), 0);
	assert_int_equal(rndis.offloads & (OFFLOAD_TX_UDP4 | OFFLOAD_RX_UDP4), OFFLOAD_TX_UDP4);
	assert_false(rndis.offloads_changed);
	value[20] = '?';
	assert_int_equal(set(0x1021b, value, 22 + len), 0);
	set_le32(value + 4, 256);
	assert_int_equal(set(0x1021b, value, 22 + len), 0xc0010015);
	set_le32(value + 4, len);
	set_le32(value + 12, 0xfffffffe);
	assert_int_equal(set(0x1021b, value, 22 + len), 0xc0010015);
	assert_int_equal(set(0x1021b, value, 10), 0xc0010015);
}

static void
encapsulation_is_plain_ethernet(void **state)
{
	uint8_t value[28] = { 0xa8, 1, 28, 0, 1, 0, 0, 0, 2, 0, 0, 0, 14, 0, 0, 0, 2 };

	(void)state;
	start("default");
	assert_int_equal(set(0x0101010a, value, 28), 0);
	value[12] = 18;
	assert_int_equal(set(0x0101010a, value, 28), 0xc00000bb);
}

static void
offset_of_information_matters_to_hyperv(void **state)
{
	(void)state;
	start("default");
	assert_int_equal(TELL(4, 28, 1, 0x10106, 0, 0, 0), 24);
	assert_int_equal(le32(reply + 12), 0xc0010015);
	assert_int_equal(rules.broken[RULE_RNDIS_INFO], 1);
	start("openvmm");
	assert_int_equal(TELL(4, 28, 1, 0x10106, 0, 0, 0), 28);
	assert_int_equal(le32(reply + 12), 0);
	/* A SET may have its value elsewhere in the message. */
	start("default");
	assert_int_equal(TELL(5, 36, 1, 0x1010e, 4, 24, 0, 0, 0x0d), 16);
	assert_int_equal(rndis.filter, 0x0d);
	assert_int_equal(TELL(5, 36, 1, 0x1010e, 4, 28, 0, 0, 0x0d), 16);
	assert_int_equal(le32(reply + 12), 0xc0010015);
	assert_int_equal(TELL(5, 36, 1, 0x1010e, 4, 0xfffffffc, 0, 0, 0x0d), 16);
	assert_int_equal(le32(reply + 12), 0xc0010015);
}

static void
public_byte_examples_are_understood(void **state)
{
	static const uint8_t max_frame[28] = {
		4, 0, 0, 0, 0x1c, 0, 0, 0, 2, 0, 0, 0, 6, 1, 1, 0, 0, 0, 0, 0, 0x14, 0, 0, 0,
	};
	static const uint8_t filter[32] = {
		5, 0, 0, 0, 0x20, 0, 0, 0, 3, 0, 0, 0, 0x0e, 1, 1, 0, 4, 0, 0, 0, 0x14, 0, 0, 0,
		0, 0, 0, 0, 0x0d, 0, 0, 0,
	};

	(void)state;
	start("default");
	assert_int_equal(rndis_receive(&rndis, max_frame, sizeof(max_frame), reply), 28);
	assert_int_equal(le32(reply + 24), 1500);
	assert_int_equal(rndis_receive(&rndis, filter, sizeof(filter), reply), 16);
	assert_int_equal(rndis.filter, 0x0d);
	assert_int_equal(rules_broken(&rules), 0);
}

static void
manners_of_requests_are_named(void **state)
{
	(void)state;
	start("default");
	assert_int_equal(TELL(8, 12, 0), 16);
	assert_int_equal(rules.broken[RULE_RNDIS_REQUEST_ID], 1);
	rndis.initialized = false;
	assert_int_equal(TELL(4, 28, 1, 0x10106, 0, 20, 0), 28);
	assert_int_equal(rules.broken[RULE_RNDIS_INIT_FIRST], 1);
}

static void
halt_is_not_answered(void **state)
{
	(void)state;
	start("default");
	assert_int_equal(TELL(3, 12, 5), 0);
	assert_true(rndis.halted);
	assert_int_equal(query(0x10106), 0);
	assert_int_equal(TELL(2, 24, 2, 1, 0, 0x4000), -EPROTO);
}

static void
any_prefix_of_any_request_is_survived(void **state)
{
	uint32_t seed = 3;

	(void)state;
	for (unsigned int round = 0; round < 20000; round++) {
		uint8_t message[700];
		size_t len = 12 + seed % 600;

		for (size_t i = 0; i < sizeof(message); i++)
			message[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
		set_le32(message, 2 + round % 7);
		set_le32(message + 12, (const uint32_t[]){ 0x10204, 0xfc01020c, 0x1021b,
				0x0101010a, 0x01010103, 0x10203, 0x20216 }[round % 7]);
		if (round % 3 != 0) {
			set_le32(message + 16, message[16] * 2u);
			set_le32(message + 20, 20);
		}
		start("openvmm");
		rndis_receive(&rndis, message, len, reply);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("INITIALIZE is answered as Hyper-V does, once",
		     initialize_is_answered_as_hyperv_does),
		CASE("constant objects have their values", constant_objects_have_their_values),
		CASE("address, name and link state have their layout",
		     mac_name_and_link_state_have_their_layout),
		CASE("unknown objects are not supported", unknown_objects_are_not_supported),
		CASE("the supported list depends on the NDIS version",
		     supported_list_depends_on_ndis),
		CASE("RSS capabilities follow the profile", rss_capabilities_follow_the_profile),
		CASE("offload capabilities have the size of their revision",
		     offload_capabilities_have_the_size_of_their_revision),
		CASE("offload parameters are enumerations, not bits",
		     offload_parameters_are_enumerations),
		CASE("coalescing is off until the parameters switch it on",
		     coalescing_is_off_until_the_parameters_switch_it_on),
		CASE("offload parameters are checked", offload_parameters_are_checked),
		CASE("RSS parameters are set", rss_parameters_are_set),
		CASE("RSS parameters that may come to nothing are named and set",
		     rss_parameters_that_may_come_to_nothing_are_named_and_set),
		CASE("RSS parameters that are wrong are named",
		     rss_parameters_that_are_wrong_are_named),
		CASE("a guest has another address where it may",
		     guest_has_another_address_where_it_may),
		CASE("another address is refused where it is not allowed",
		     other_addresses_are_refused_where_they_are_not_allowed),
		CASE("an address of no station is refused", addresses_of_no_station_are_refused),
		CASE("the multicast list is told as it was set",
		     multicast_list_is_told_as_it_was_set),
		CASE("named settings reach the offloads", named_settings_reach_the_offloads),
		CASE("encapsulation is plain Ethernet or refused", encapsulation_is_plain_ethernet),
		CASE("the offset of the information buffer matters",
		     offset_of_information_matters_to_hyperv),
		CASE("the public byte examples are understood",
		     public_byte_examples_are_understood),
		CASE("bad manners of requests are named", manners_of_requests_are_named),
		CASE("HALT is not answered and changes nothing", halt_is_not_answered),
		CASE("random requests are survived", any_prefix_of_any_request_is_survived),
	};

	return cmocka_run_group_tests_name("host rndis", tests, NULL, NULL);
}
