/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * RSS against a scripted host: what it says that it can, what it is told, byte
 * by byte, and what becomes of settings when a step fails. Then its send table.
 */

#include <errno.h>

#include <rte_ethdev.h>

#include "hn_rss.h"
#include "hn_test_host.h"

#define PARAMS_OID 0x00010204
#define IPV4_AND_TCP (RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_TCP)
#define IPV6_AND_TCP (RTE_ETH_RSS_IPV6 | RTE_ETH_RSS_NONFRAG_IPV6_TCP)

static struct hn_rss rss;

/* A port with four queues and the host's default capabilities. */
static void
prepare(struct hn_rss *next)
{
	assert_int_equal(hn_rss_query(&rss.caps, &test_proc.rndis, &test_proc.nvs), 0);
	hn_rss_reset(&rss);
	*next = rss;
	next->types = IPV4_AND_TCP | IPV6_AND_TCP;
	hn_rss_spread(next, 4);
}

/* Capabilities */

static void
question_carries_an_object_that_tells_its_revision(void **state)
{
	static const uint8_t object[20] = { 0x88, 2, 18, 0 };
	const uint8_t *said;

	(void)state;
	assert_int_equal(hn_rss_query(&rss.caps, &test_proc.rndis, &test_proc.nvs), 0);
	said = host.said[host.heard];
	assert_int_equal(get32(said), 4);
	assert_int_equal(get32(said + 12), 0x00010203);
	assert_int_equal(get32(said + 16), sizeof(object));
	assert_memory_equal(said + 28, object, sizeof(object));
	assert_int_equal(rss.caps.queues, 8);
	assert_int_equal(rss.caps.table_size, 128);
	assert_int_equal(rss.caps.types, IPV4_AND_TCP | IPV6_AND_TCP);
}

static const struct {
	uint32_t flags;
	uint64_t types;
} kinds[] = {
	{ 0x0101, IPV4_AND_TCP },
	{ 0x0201, IPV6_AND_TCP },
	{ 0x0401, RTE_ETH_RSS_IPV6_EX | RTE_ETH_RSS_IPV6_TCP_EX },
	{ 0x0801, RTE_ETH_RSS_NONFRAG_IPV4_UDP },
	{ 0x1001, RTE_ETH_RSS_NONFRAG_IPV6_UDP },
	{ 0x2001, RTE_ETH_RSS_IPV6_UDP_EX },
	{ 0x0001, 0 },
	{ 0x0300, 0 },		/* without Toeplitz there is no function */
	{ 0x7f000001, 0 },
	{ 0, 0 },
};

static void
each_capability_brings_its_types_and_no_others(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(kinds); i++) {
		put32(host.rss_caps + 4, kinds[i].flags);
		assert_int_equal(hn_rss_query(&rss.caps, &test_proc.rndis, &test_proc.nvs), 0);
		assert_int_equal(rss.caps.types, kinds[i].types);
		assert_int_equal(rss.caps.table_size, kinds[i].types != 0 ? 128 : 0);
		assert_int_equal(rss.caps.queues, 8);
	}
}

static const struct {
	uint8_t revision;
	uint8_t size;
	uint16_t told;
	uint16_t taken;
} tables[] = {
	{ 2, 18, 128, 128 }, { 2, 20, 128, 128 }, { 3, 18, 64, 64 }, { 2, 18, 1, 1 },
	{ 2, 18, 16, 16 }, { 2, 18, 256, 256 },
	/* None told, or nonsense: what hosts have that tell none. */
	{ 1, 16, 64, 128 }, { 1, 18, 64, 128 }, { 2, 16, 64, 128 }, { 2, 18, 0, 128 },
	{ 2, 18, 257, 128 }, { 2, 18, 65535, 128 },
};

static void
table_size_is_the_hosts_from_1_to_256_and_else_128(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(tables); i++) {
		host.rss_caps[1] = tables[i].revision;
		host.rss_caps[2] = tables[i].size;
		host.rss_caps_len = RTE_MAX(tables[i].size, 16);
		host.rss_caps[16] = (uint8_t)tables[i].told;
		host.rss_caps[17] = (uint8_t)(tables[i].told >> 8);
		assert_int_equal(hn_rss_query(&rss.caps, &test_proc.rndis, &test_proc.nvs), 0);
		assert_int_equal(rss.caps.table_size, tables[i].taken);
	}
}

/* Type, revision, size, length and queues that no host means. */
static const struct {
	uint8_t type, revision, size;
	uint32_t len, queues;
} nonsense[] = {
	{ 0x89, 2, 18, 20, 8 }, { 0, 2, 18, 20, 8 }, { 0x88, 0, 18, 20, 8 },
	{ 0x88, 2, 15, 20, 8 }, { 0x88, 2, 0, 20, 8 }, { 0x88, 2, 21, 20, 8 },
	{ 0x88, 2, 18, 16, 8 }, { 0x88, 1, 16, 15, 8 }, { 0x88, 2, 18, 4, 8 },
	{ 0x88, 2, 18, 0, 8 }, { 0x88, 2, 18, 20, 0 },
};

static void
nonsense_about_capabilities_is_refused(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(nonsense); i++) {
		host.rss_caps[0] = nonsense[i].type;
		host.rss_caps[1] = nonsense[i].revision;
		host.rss_caps[2] = nonsense[i].size;
		host.rss_caps_len = nonsense[i].len;
		put32(host.rss_caps + 12, nonsense[i].queues);
		assert_int_equal(hn_rss_query(&rss.caps, &test_proc.rndis, &test_proc.nvs), -EBADMSG);
		assert_int_equal(rss.caps.queues, 1);
		assert_int_equal(rss.caps.types, 0);
	}
}

static void
any_number_of_queues_fits(void **state)
{
	(void)state;
	put32(host.rss_caps + 12, UINT32_MAX);
	assert_int_equal(hn_rss_query(&rss.caps, &test_proc.rndis, &test_proc.nvs), 0);
	assert_int_equal(rss.caps.queues, UINT16_MAX);
}

static void
host_that_does_not_know_rss_has_one_queue(void **state)
{
	(void)state;
	host.oid_status = 0xc00000bb;
	assert_int_equal(hn_rss_query(&rss.caps, &test_proc.rndis, &test_proc.nvs), 0);
	assert_int_equal(rss.caps.queues, 1);
	assert_int_equal(rss.caps.types, 0);
}

static void
host_before_version_5_is_not_asked_or_told(void **state)
{
	struct hn_rss next;
	uint32_t heard;

	test_disconnect(state);
	assert_int_equal(test_connect_to(0x00040000), 0);
	heard = host.heard;
	prepare(&next);
	assert_int_equal(rss.caps.queues, 1);
	assert_int_equal(rss.caps.types, 0);
	next.types = 0;
	assert_int_equal(hn_rss_set(&rss, &next, &test_proc.rndis), 0);
	assert_int_equal(host.heard, heard);
}

/* Settings */

/* The object for four queues, as the documents lay it out. */
static void
assert_object(const struct scripted_set *set, uint16_t flags, uint32_t hash, uint32_t entries)
{
	static const uint8_t microsoft[] = {
		0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
		0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
		0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
	};
	uint8_t object[40] = { 0x89, 2, 40, 0 };
	uint32_t i;

	object[4] = (uint8_t)flags;
	put32(object + 8, hash);
	put32(object + 12, 4 * entries);
	put32(object + 16, 40);
	put32(object + 20, 40);
	put32(object + 24, 40 + 4 * entries);
	assert_int_equal(set->oid, PARAMS_OID);
	assert_int_equal(set->len, 80 + 4 * entries);
	assert_memory_equal(set->bytes, object, sizeof(object));
	for (i = 0; i < entries; i++)
		assert_int_equal(get32(set->bytes + 40 + 4 * i), i % 4);
	assert_memory_equal(set->bytes + 40 + 4 * entries, microsoft, sizeof(microsoft));
}

static void
change_switches_off_and_sets_everything(void **state)
{
	struct hn_rss next;

	(void)state;
	prepare(&next);
	assert_int_equal(hn_rss_set(&rss, &next, &test_proc.rndis), 0);
	assert_int_equal(host.sets, 2);
	assert_object(scripted_last_set(2), 0x10, 0x1701, 128);
	assert_object(scripted_last_set(1), 0, 0x1701, 128);
	assert_true(rss.applied);
	assert_int_equal(rss.types, next.types);
}

static void
table_has_the_hosts_size_in_the_object(void **state)
{
	static const uint16_t sizes[] = { 1, 3, 16, 64, 100, 256 };
	struct hn_rss next;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(sizes); i++) {
		host.rss_caps[16] = (uint8_t)sizes[i];
		host.rss_caps[17] = (uint8_t)(sizes[i] >> 8);
		prepare(&next);
		assert_int_equal(hn_rss_set(&rss, &next, &test_proc.rndis), 0);
		assert_object(scripted_last_set(1), 0, 0x1701, sizes[i]);
	}
}

static const struct {
	uint64_t type;
	uint32_t hash;
} words[] = {
	{ RTE_ETH_RSS_IPV4, 0x101 }, { RTE_ETH_RSS_NONFRAG_IPV4_TCP, 0x201 },
	{ RTE_ETH_RSS_IPV6, 0x401 }, { RTE_ETH_RSS_IPV6_EX, 0x801 },
	{ RTE_ETH_RSS_NONFRAG_IPV6_TCP, 0x1001 }, { RTE_ETH_RSS_IPV6_TCP_EX, 0x2001 },
	{ RTE_ETH_RSS_NONFRAG_IPV4_UDP, 0x4001 }, { RTE_ETH_RSS_NONFRAG_IPV6_UDP, 0x8001 },
	{ RTE_ETH_RSS_IPV6_UDP_EX, 0x10001 },
};

static void
each_type_is_one_bit_of_the_hosts(void **state)
{
	struct hn_rss next;
	unsigned int i;

	(void)state;
	prepare(&next);
	for (i = 0; i < RTE_DIM(words); i++) {
		next.types = words[i].type;
		assert_int_equal(hn_rss_set(&rss, &next, &test_proc.rndis), 0);
		assert_object(scripted_last_set(1), 0, words[i].hash, 128);
	}
}

static void
no_types_is_off(void **state)
{
	struct hn_rss next;

	(void)state;
	prepare(&next);
	next.types = 0;
	assert_int_equal(hn_rss_set(&rss, &next, &test_proc.rndis), 0);
	assert_int_equal(host.sets, 1);
	assert_int_equal(scripted_last_set(1)->bytes[4], 0x10);
	assert_false(rss.applied);
}

static void
key_and_table_of_the_user_go_to_the_host(void **state)
{
	struct hn_rss next;
	const struct scripted_set *set;
	unsigned int i;

	(void)state;
	prepare(&next);
	for (i = 0; i < sizeof(next.key); i++)
		next.key[i] = (uint8_t)(i * 3);
	for (i = 0; i < 128; i++)
		next.table[i] = (uint16_t)(7 - i % 8);
	assert_int_equal(hn_rss_set(&rss, &next, &test_proc.rndis), 0);
	set = scripted_last_set(1);
	for (i = 0; i < 128; i++)
		assert_int_equal(get32(set->bytes + 40 + 4 * i), 7 - i % 8);
	assert_memory_equal(set->bytes + 40 + 512, next.key, sizeof(next.key));
	assert_int_equal(hn_rss_reach(&rss), 8);
}

/*
 * Settings are in force; a change of them fails at its first or second step, in
 * every way in which the host still answers afterwards.
 */
static void
failure_of_each_step_leaves_what_was(void **state)
{
	static const enum scripted_fault faults[] = {
		FAULT_SEND_FAILS, FAULT_SILENT, FAULT_STATUS, FAULT_SHORT, FAULT_TYPE,
	};
	struct hn_rss former, next;
	unsigned int i, step;

	(void)state;
	prepare(&next);
	assert_int_equal(hn_rss_set(&rss, &next, &test_proc.rndis), 0);
	former = rss;
	next.types = RTE_ETH_RSS_IPV4;
	next.key[0] ^= 1;
	hn_rss_spread(&next, 2);
	/* A silent host keeps a request's page, of which there are few: fewer rounds. */
	for (i = 0; i < RTE_DIM(faults); i++) {
		for (step = 1; step <= 2; step++) {
			if (faults[i] == FAULT_SEND_FAILS && step == 2)
				continue;	/* the channel has failed with the first */
			test_disconnect(state);
			assert_int_equal(test_connect_to(0x00060001), 0);
			rss = former;
			host.fault = faults[i];
			host.fault_at = host.heard + step;
			assert_true(hn_rss_set(&rss, &next, &test_proc.rndis) < 0);
			assert_memory_equal(&rss, &former, sizeof(rss));
			if (faults[i] == FAULT_SEND_FAILS)
				continue;
			/* The host has been told what was. */
			assert_object(scripted_last_set(1), 0, 0x1701, 128);
		}
	}
}

/* The send table */

#define TABLE_CHANNELS 8

/* A message of len bytes whose table, at offset, leads to 7, 6, ... 0, 7, ... */
static void
send_table(uint8_t *msg, uint32_t len, uint32_t told, uint32_t offset)
{
	uint32_t i;

	memset(msg, 0xee, len);
	put32(msg, 134);
	put32(msg + 4, 16);
	put32(msg + 8, told);
	for (i = 0; i < 16; i++)
		put32(msg + offset + 4 * i, 7 - i % 8);
}

static const struct {
	uint32_t version;
	uint32_t len, told, offset;
} layouts[] = {
	{ 0x00060001, 80, 12, 12 },	/* right behind the fields */
	{ 0x00050000, 80, 12, 12 },
	{ 0x00050000, 96, 28, 28 },	/* behind a message of the shorter length */
	{ 0x00060001, 104, 40, 40 },	/* of the longer */
	{ 0x00060000, 104, 28, 40 },	/* and with the offset wrong */
	{ 0x00050000, 104, 12, 40 },
	{ 0x00050000, 104, UINT32_MAX, 40 },
	{ 0x00060001, 112, 48, 48 },
};

static void
send_table_is_found_where_each_host_puts_it(void **state)
{
	struct hn_send_table table;
	uint8_t msg[128];
	unsigned int i, k;

	(void)state;
	for (i = 0; i < RTE_DIM(layouts); i++) {
		memset(&table, 0, sizeof(table));
		send_table(msg, layouts[i].len, layouts[i].told, layouts[i].offset);
		assert_int_equal(hn_rss_take_send_table(&table, msg, layouts[i].len,
							layouts[i].version, TABLE_CHANNELS), 0);
		assert_int_equal(table.count, 16);
		for (k = 0; k < 16; k++)
			assert_int_equal(table.entry[k], 7 - k % 8);
	}
}

static void
send_table_that_leads_outside_is_refused(void **state)
{
	static const struct {
		uint32_t len, count, offset;
	} bad[] = {
		{ 80, 15, 12 }, { 80, 17, 12 }, { 80, 0, 12 }, { 80, UINT32_MAX, 12 },
		{ 80, 16, 17 }, { 80, 16, 20 }, { 80, 16, UINT32_MAX }, { 80, 16, 80 },
		{ 80, 16, UINT32_MAX - 63 }, { 80, 16, 0 }, { 80, 16, 11 }, { 72, 16, 12 },
		{ 64, 16, 12 }, { 12, 16, 12 }, { 4, 16, 12 }, { 0, 16, 12 },
	};
	struct hn_send_table table, former = { .count = 16, .entry = { 1, 2, 3 } };
	uint8_t msg[128];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad); i++) {
		table = former;
		send_table(msg, 80, bad[i].offset, 12);
		put32(msg + 4, bad[i].count);
		assert_int_equal(hn_rss_take_send_table(&table, msg, bad[i].len, 0x00060001,
							TABLE_CHANNELS), -EBADMSG);
		assert_memory_equal(&table, &former, sizeof(table));
	}
}

static void
entries_to_channels_that_are_not_open_are_made_0(void **state)
{
	struct hn_send_table table;
	uint8_t msg[80];

	(void)state;
	send_table(msg, sizeof(msg), 12, 12);
	put32(msg + 12, 3);
	put32(msg + 16, 4);
	put32(msg + 20, UINT32_MAX);
	put32(msg + 24, 0x10000);
	assert_int_equal(hn_rss_take_send_table(&table, msg, sizeof(msg), 0x00060001, 4), 0);
	assert_int_equal(table.entry[0], 3);
	assert_int_equal(table.entry[1], 0);
	assert_int_equal(table.entry[2], 0);
	assert_int_equal(table.entry[3], 0);
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		CASE("the question carries an object that tells its revision",
		     question_carries_an_object_that_tells_its_revision),
		CASE("each capability brings its types and no others",
		     each_capability_brings_its_types_and_no_others),
		CASE("the table's size is the host's from 1 to 256, and else 128",
		     table_size_is_the_hosts_from_1_to_256_and_else_128),
		CASE("nonsense about capabilities is refused",
		     nonsense_about_capabilities_is_refused),
		CASE("any number of queues fits", any_number_of_queues_fits),
		CASE("a host that does not know RSS has one queue",
		     host_that_does_not_know_rss_has_one_queue),
		CASE("a host before version 5 is not asked or told",
		     host_before_version_5_is_not_asked_or_told),
		CASE("a change switches off and sets everything",
		     change_switches_off_and_sets_everything),
		CASE("the table has the host's size in the object",
		     table_has_the_hosts_size_in_the_object),
		CASE("each type is one bit of the host's", each_type_is_one_bit_of_the_hosts),
		CASE("no types is off", no_types_is_off),
		CASE("key and table of the user go to the host",
		     key_and_table_of_the_user_go_to_the_host),
		CASE("failure of each step leaves what was", failure_of_each_step_leaves_what_was),
		CASE("the send table is found where each host puts it",
		     send_table_is_found_where_each_host_puts_it),
		CASE("a send table that leads outside is refused",
		     send_table_that_leads_outside_is_refused),
		CASE("entries to channels that are not open are made 0",
		     entries_to_channels_that_are_not_open_are_made_0),
	};

	(void)argc;
	return TEST_RUN("hn RSS", argv, tests);
}
