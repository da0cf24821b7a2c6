/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * hvhost's table of host generations, and the NDIS_OFFLOAD that a guest gets to
 * see of each.
 */

#include "host_test.h"
#include "offload.h"
#include "profile.h"
#include "wire.h"

#define RSC_AT 144u

static uint8_t object[OFFLOAD_OBJECT_MAX];

/* What a guest is told of these offloads; how long it is. */
static size_t
object_of(uint8_t revision, uint32_t offloads)
{
	const struct offload_limits limits = { 50000, 3 };
	struct wire out = wire_over(object, sizeof(object));

	memset(object, 0xee, sizeof(object));
	offload_write(&out, revision, offloads, &limits);
	assert_false(out.bad);
	return sizeof(object) - out.left;
}

static void
generations_are_known_by_name(void **state)
{
	static const struct {
		const char *name;
		uint32_t nvsp_max;
	} known[] = {
		{ "default", NVSP_VERSION_61 }, { "openvmm", NVSP_VERSION_61 },
		{ "azure", NVSP_VERSION_61 }, { "ws2025", NVSP_VERSION_61 },
		{ "ws2022", NVSP_VERSION_61 }, { "ws2019", NVSP_VERSION_61 },
		{ "ws2016", NVSP_VERSION_6 }, { "ws2012r2", NVSP_VERSION_5 },
		{ "ws2012", NVSP_VERSION_4 }, { "ws2008r2", NVSP_VERSION_2 },
		{ "ws2008", NVSP_VERSION_1 },
	};
	size_t n = 0;

	(void)state;
	while (profile_at(n) != NULL)
		n++;
	assert_int_equal(n, ARRAY_LEN(known));
	for (size_t i = 0; i < n; i++)
		assert_int_equal(profile_find(known[i].name)->nvsp_max, known[i].nvsp_max);
	assert_null(profile_find("ws2003"));
	assert_ptr_equal(profile_default(), profile_find("default"));
}

/* What the versions bring with them. */
static void
no_generation_offers_what_its_versions_lack(void **state)
{
	const struct profile *profile;

	(void)state;
	for (size_t i = 0; (profile = profile_at(i)) != NULL; i++) {
		print_message("# %s\n", profile->name);
		if (profile->nvsp_max < NVSP_VERSION_61 || profile->offload_revision < 3)
			assert_int_equal(profile->offloads & OFFLOAD_RSC, 0);
		if (profile->nvsp_max < NVSP_VERSION_5)
			assert_int_equal(profile->offloads & OFFLOAD_UDP, 0);
		if (profile->rss_revision == 0)
			assert_int_equal(profile->rss_hashes, 0);
		else
			assert_true(profile->rss_hashes & RSS_HASH_TOEPLITZ);
		if (profile->hash_infos)
			assert_int_not_equal(profile->rss_revision, 0);
		/* Large sends need the checksum of their segments. */
		if (profile->offloads & OFFLOAD_LSO4)
			assert_true(profile->offloads & OFFLOAD_TX_TCP4);
		if (profile->offloads & OFFLOAD_LSO6)
			assert_true(profile->offloads & OFFLOAD_TX_TCP6);
	}
}

static void
all_offloads_have_their_place_in_the_object(void **state)
{
	static const struct {
		unsigned int at;
		uint32_t value;
	} words[] = {
		{ 0, 156u << 16 | 3 << 8 | 0xa7 },
		{ 4, 2 }, { 8, 0x155 }, { 12, 2 }, { 16, 0x155 },	/* IPv4 */
		{ 20, 2 }, { 24, 0x054 }, { 28, 2 }, { 32, 0x054 },	/* IPv6 */
		{ 36, 0 }, { 48, 0 },					/* LSO version 1 */
		{ 80, 2 }, { 84, 50000 }, { 88, 3 },			/* LSO version 2 */
		{ 92, 2 }, { 96, 50000 }, { 100, 3 }, { 104, 5 },
		{ RSC_AT, 0x0101 }, { 148, 0 },
	};

	(void)state;
	assert_int_equal(object_of(3, OFFLOAD_CHECKSUMS | OFFLOAD_LARGE_SENDS | OFFLOAD_RSC), 156);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		assert_int_equal(le32(object + words[i].at), words[i].value);
}

static void
each_offload_changes_its_own_place_only(void **state)
{
	static const struct {
		uint32_t offload;
		unsigned int at;
		uint32_t value;
	} cases[] = {
		{ OFFLOAD_TX_IP4, 8, 0x101 }, { OFFLOAD_TX_TCP4, 8, 0x014 },
		{ OFFLOAD_TX_UDP4, 8, 0x040 }, { OFFLOAD_RX_IP4, 16, 0x101 },
		{ OFFLOAD_RX_TCP4, 16, 0x014 }, { OFFLOAD_RX_UDP4, 16, 0x040 },
		{ OFFLOAD_TX_TCP6, 24, 0x014 }, { OFFLOAD_TX_UDP6, 24, 0x040 },
		{ OFFLOAD_RX_TCP6, 32, 0x014 }, { OFFLOAD_RX_UDP6, 32, 0x040 },
		{ OFFLOAD_LSO4, 84, 50000 }, { OFFLOAD_LSO6, 96, 50000 },
		{ OFFLOAD_RSC4, RSC_AT, 0x0001 }, { OFFLOAD_RSC6, RSC_AT, 0x0100 },
	};
	static const unsigned int flags[] = { 8, 16, 24, 32, 84, 96, RSC_AT };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		object_of(3, cases[i].offload);
		for (size_t f = 0; f < ARRAY_LEN(flags); f++)
			assert_int_equal(le32(object + flags[f]),
					 flags[f] == cases[i].at ? cases[i].value : 0);
	}
}

static void
older_objects_are_shorter(void **state)
{
	(void)state;
	assert_int_equal(object_of(1, OFFLOAD_CHECKSUMS), 112);
	assert_int_equal(object_of(2, OFFLOAD_CHECKSUMS), 144);
}

static void
offloads_are_chosen_by_name(void **state)
{
	uint32_t offloads = 0;

	(void)state;
	assert_int_equal(offload_parse("none", &offloads), 0);
	assert_int_equal(offloads, 0);
	assert_int_equal(offload_parse("ip4+udp6+rsc", &offloads), 0);
	assert_int_equal(offloads, OFFLOAD_TX_IP4 | OFFLOAD_RX_IP4 | OFFLOAD_TX_UDP6 |
			 OFFLOAD_RX_UDP6 | OFFLOAD_RSC);
	assert_int_equal(offload_parse("", &offloads), -1);
	assert_int_equal(offload_parse("ip", &offloads), -1);
	assert_int_equal(offload_parse("ip4+", &offloads), -1);
	assert_int_equal(offload_parse("ip4,tcp4", &offloads), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("generations are known by name", generations_are_known_by_name),
		CASE("no generation offers what its versions lack",
		     no_generation_offers_what_its_versions_lack),
		CASE("all offloads have their place in the object",
		     all_offloads_have_their_place_in_the_object),
		CASE("each offload changes its own place only",
		     each_offload_changes_its_own_place_only),
		CASE("older objects are shorter", older_objects_are_shorter),
		CASE("offloads are chosen by name", offloads_are_chosen_by_name),
	};

	return cmocka_run_group_tests_name("host profile", tests, NULL, NULL);
}
