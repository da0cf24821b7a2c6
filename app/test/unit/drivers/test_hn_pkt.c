/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * RNDIS data messages: golden bytes of what we write, and what a host may
 * write to us.
 */

#include "driver_test.h"
#include "hn_pkt_rx.h"
#include "hn_pkt_tx.h"

/* A frame of 60 bytes with VLAN 5, priority 3. */
static const uint8_t golden_tagged[60] = {
	1, 0, 0, 0,	120, 0, 0, 0,	52, 0, 0, 0,	60, 0, 0, 0,
	0, 0, 0, 0,	0, 0, 0, 0,	0, 0, 0, 0,	36, 0, 0, 0,
	16, 0, 0, 0,	0, 0, 0, 0,	0, 0, 0, 0,
	16, 0, 0, 0,	6, 0, 0, 0,	12, 0, 0, 0,	0x53, 0, 0, 0,
};

static const uint8_t golden_plain[44] = {
	1, 0, 0, 0,	104, 0, 0, 0,	36, 0, 0, 0,	60, 0, 0, 0,
	0, 0, 0, 0,	0, 0, 0, 0,	0, 0, 0, 0,	0, 0, 0, 0,
	0, 0, 0, 0,	0, 0, 0, 0,	0, 0, 0, 0,
};

/* A frame of 3014 bytes to be cut into segments of 1448, TCP at 34, VLAN 5, priority 3. */
static const uint8_t golden_lso[76] = {
	1, 0, 0, 0,	0x12, 0x0c, 0, 0,	68, 0, 0, 0,	0xc6, 0x0b, 0, 0,
	0, 0, 0, 0,	0, 0, 0, 0,	0, 0, 0, 0,	36, 0, 0, 0,
	32, 0, 0, 0,	0, 0, 0, 0,	0, 0, 0, 0,
	16, 0, 0, 0,	6, 0, 0, 0,	12, 0, 0, 0,	0x53, 0, 0, 0,
	16, 0, 0, 0,	2, 0, 0, 0,	12, 0, 0, 0,	0xa8, 0x05, 0x20, 0x42,
};

/* A frame of 60 bytes whose TCP checksum is wanted, TCP at 34. */
static const uint8_t golden_checksum[60] = {
	1, 0, 0, 0,	120, 0, 0, 0,	52, 0, 0, 0,	60, 0, 0, 0,
	0, 0, 0, 0,	0, 0, 0, 0,	0, 0, 0, 0,	36, 0, 0, 0,
	16, 0, 0, 0,	0, 0, 0, 0,	0, 0, 0, 0,
	16, 0, 0, 0,	0, 0, 0, 0,	12, 0, 0, 0,	5, 0, 0x22, 0,
};

static void
written_headers_are_the_golden_bytes(void **state)
{
	struct hn_pkt_tx tagged = { .data_len = 60, .has_vlan = true, .vlan_tci = 3 << 13 | 5 };
	struct hn_pkt_tx plain = { .data_len = 60 };
	struct hn_pkt_tx lso = {
		.data_len = 3014, .has_vlan = true, .vlan_tci = 3 << 13 | 5, .task = HN_PKT_LSO,
		.task_value = hn_pkt_lso_value(1448, 34, false),
	};
	struct hn_pkt_tx sum = { .data_len = 60, .task = HN_PKT_CHECKSUM, .task_value = 0x220005 };
	uint8_t bytes[HN_PKT_HDR_MAX];

	(void)state;
	assert_int_equal(hn_pkt_write(bytes, &tagged), sizeof(golden_tagged));
	assert_memory_equal(bytes, golden_tagged, sizeof(golden_tagged));
	assert_int_equal(hn_pkt_write(bytes, &plain), sizeof(golden_plain));
	assert_memory_equal(bytes, golden_plain, sizeof(golden_plain));
	assert_int_equal(hn_pkt_write(bytes, &lso), sizeof(golden_lso));
	assert_memory_equal(bytes, golden_lso, sizeof(golden_lso));
	assert_int_equal(hn_pkt_write(bytes, &sum), sizeof(golden_checksum));
	assert_memory_equal(bytes, golden_checksum, sizeof(golden_checksum));
}

static void
every_tag_survives_the_way_into_info_and_back(void **state)
{
	uint32_t tci;

	(void)state;
	for (tci = 0; tci <= UINT16_MAX; tci++)
		assert_int_equal(hn_pkt_vlan_from_ppi(hn_pkt_vlan_to_ppi((uint16_t)tci)), tci);
	assert_int_equal(hn_pkt_vlan_to_ppi(0x1000), RNDIS_VLAN_CFI);
}

/* A message with one VLAN info and a frame of 60 bytes at 60. */
static uint8_t message[120];

static void
host_sends_good(void)
{
	memset(message, 0xf0, sizeof(message));
	memcpy(message, golden_tagged, sizeof(golden_tagged));
}

static void
set32(unsigned int at, uint32_t value)
{
	memcpy(message + at, &value, sizeof(value));
}

static void
good_message_is_read(void **state)
{
	struct hn_pkt_rx rx;

	(void)state;
	host_sends_good();
	assert_int_equal(hn_pkt_read(message, sizeof(message), &rx), 0);
	assert_int_equal(rx.data_offset, 60);
	assert_int_equal(rx.data_len, 60);
	assert_int_equal(rx.seen, HN_PKT_RX_VLAN);
	assert_int_equal(hn_pkt_vlan_from_ppi(rx.vlan), 3 << 13 | 5);
}

/* Byte offsets of the fields of struct rndis_packet. */
enum { TYPE = 0, LEN = 4, DATA_OFFSET = 8, DATA_LEN = 12, PPI_OFFSET = 28, PPI_LEN = 32,
       PPI_SIZE = 44, PPI_VALUE_OFFSET = 52 };

/* One field changed; each of these has to be refused. */
static const struct {
	unsigned int at;
	uint32_t value;
} lies[] = {
	{ TYPE, 0 }, { TYPE, 2 }, { TYPE, UINT32_MAX },
	{ LEN, 0 }, { LEN, 43 }, { LEN, 119 }, { LEN, 121 }, { LEN, UINT32_MAX },
	{ DATA_OFFSET, 0 }, { DATA_OFFSET, 35 }, { DATA_OFFSET, 53 }, { DATA_OFFSET, 112 },
	{ DATA_OFFSET, 113 }, { DATA_OFFSET, UINT32_MAX }, { DATA_OFFSET, UINT32_MAX - 7 },
	{ DATA_LEN, 61 }, { DATA_LEN, UINT32_MAX }, { DATA_LEN, UINT32_MAX - 51 },
	{ PPI_OFFSET, 0 }, { PPI_OFFSET, 35 }, { PPI_OFFSET, 37 }, { PPI_OFFSET, 60 },
	{ PPI_OFFSET, UINT32_MAX }, { PPI_OFFSET, UINT32_MAX - 15 },
	{ PPI_LEN, 17 }, { PPI_LEN, 8 }, { PPI_LEN, 257 }, { PPI_LEN, UINT32_MAX },
	{ PPI_SIZE, 0 }, { PPI_SIZE, 4 }, { PPI_SIZE, 11 }, { PPI_SIZE, 12 }, { PPI_SIZE, 15 },
	{ PPI_SIZE, 20 }, { PPI_SIZE, UINT32_MAX },
	{ PPI_VALUE_OFFSET, 0 }, { PPI_VALUE_OFFSET, 11 }, { PPI_VALUE_OFFSET, 13 },
	{ PPI_VALUE_OFFSET, 16 }, { PPI_VALUE_OFFSET, UINT32_MAX },
};

static void
one_lie_in_a_message_and_it_is_refused(void **state)
{
	struct hn_pkt_rx rx;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		host_sends_good();
		set32(lies[i].at, lies[i].value);
		if (hn_pkt_read(message, sizeof(message), &rx) == 0)
			fail_msg("%u at byte %u was taken", lies[i].value, lies[i].at);
	}
}

static void
message_longer_than_its_range_is_refused(void **state)
{
	struct hn_pkt_rx rx;
	uint32_t room;

	(void)state;
	host_sends_good();
	for (room = 0; room < sizeof(message); room++)
		assert_true(hn_pkt_read(message, room, &rx) < 0);
}

static void
info_of_other_kinds_is_passed_over(void **state)
{
	struct hn_pkt_rx rx;

	(void)state;
	host_sends_good();
	set32(48, 1);			/* IPsec */
	assert_int_equal(hn_pkt_read(message, sizeof(message), &rx), 0);
	assert_int_equal(rx.seen, 0);
	/* The same number in the second space of types is another kind. */
	set32(48, RNDIS_PPI_INTERNAL | RNDIS_PPI_VLAN);
	assert_int_equal(hn_pkt_read(message, sizeof(message), &rx), 0);
	assert_int_equal(rx.seen, 0);
	set32(48, RNDIS_PPI_PACKET_ID);
	assert_int_equal(hn_pkt_read(message, sizeof(message), &rx), 0);
	assert_int_equal(rx.seen, 0);
}

/* A message with as many infos as there are kinds, and a frame behind them. */
static uint8_t many[44 + 7 * 16 + 60];

static void
add_info(unsigned int index, uint32_t type, uint32_t value)
{
	const uint32_t info[4] = { 16, type, 12, value };

	memcpy(many + 44 + index * 16, info, sizeof(info));
}

static void
all_kinds_are_read_and_the_first_of_each_counts(void **state)
{
	const uint32_t hdr[11] = {
		1, sizeof(many), 36 + 7 * 16, 60, 0, 0, 0, 36, 7 * 16, 0, 0,
	};
	struct hn_pkt_rx rx = { .seen = 0 };

	(void)state;
	memset(many, 0, sizeof(many));
	memcpy(many, hdr, sizeof(hdr));
	add_info(0, 0, 0x28);
	add_info(1, 6, 0x53);
	add_info(2, 8, 0x51ccc178);
	add_info(3, 9, 0x201);
	add_info(4, 0x80000001, 0x12340301);
	add_info(5, 0, 0x07);
	add_info(6, 8, 0);
	assert_int_equal(hn_pkt_read(many, sizeof(many), &rx), 0);
	assert_int_equal(rx.seen, HN_PKT_RX_CHECKSUM | HN_PKT_RX_VLAN | HN_PKT_RX_HASH |
			 HN_PKT_RX_HASH_INFO | HN_PKT_RX_PART);
	assert_int_equal(rx.checksum, 0x28);
	assert_int_equal(hn_pkt_vlan_from_ppi(rx.vlan), 3 << 13 | 5);
	assert_int_equal(rx.hash, 0x51ccc178);
	assert_true(hn_pkt_rx_has_hash(&rx));
	assert_true(hn_pkt_rx_is_part(&rx));
	assert_int_equal(rx.part.flags, 3);
	assert_int_equal(rx.part.id, 0x1234);
	/* An info of 0 says that there is no hash; without info there is one. */
	add_info(3, 9, 0);
	assert_int_equal(hn_pkt_read(many, sizeof(many), &rx), 0);
	assert_false(hn_pkt_rx_has_hash(&rx));
	add_info(3, 1, 0);
	assert_int_equal(hn_pkt_read(many, sizeof(many), &rx), 0);
	assert_true(hn_pkt_rx_has_hash(&rx));
	/* Without the flag it is a frame of its own. */
	add_info(4, 0x80000001, 0x12340001);
	assert_int_equal(hn_pkt_read(many, sizeof(many), &rx), 0);
	assert_false(hn_pkt_rx_is_part(&rx));
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void
random_messages_never_lead_outside(void **state)
{
	struct hn_pkt_rx rx;
	uint32_t seed = 7, i, j, next;

	(void)state;
	for (i = 0; i < 300000; i++) {
		host_sends_good();
		for (j = 0; j < 3; j++) {
			next = next_random(&seed);
			message[next % 60] = (uint8_t)(next >> 16);
		}
		if (hn_pkt_read(message, sizeof(message), &rx) == 0)
			assert_true(rx.data_offset <= sizeof(message) &&
				    rx.data_len <= sizeof(message) - rx.data_offset);
	}
}

/* 0 to 3 items, some of which nobody would send; the frame lies behind them. */
static void
host_sends_some_info(uint32_t *seed)
{
	static const uint32_t types[] = { 0, 8, 9, 0, 8, 9, 6, 1, 0x80000001 };
	const uint32_t items = next_random(seed) % 4;
	const uint32_t hdr[11] = {
		1, sizeof(many), 36 + items * 16, 14, 0, 0, 0, 36, items * 16, 0, 0,
	};
	uint32_t i;

	memset(many, 0, sizeof(many));
	memcpy(many, hdr, sizeof(hdr));
	for (i = 0; i < items; i++)
		add_info(i, types[next_random(seed) % RTE_DIM(types)], next_random(seed));
	if (next_random(seed) % 4 == 0)
		many[next_random(seed) % 60] = (uint8_t)next_random(seed);
}

/* Whatever the short way takes, the long way reads the same. */
static void
usual_info_is_read_as_any_other(void **state)
{
	uint32_t seed = 7, taken[2] = { 0, 0 }, alone = 0, checksum, i;
	struct hn_pkt_head head;

	(void)state;
	for (i = 0; i < 100000; i++) {
		struct hn_pkt_rx usual = { .seen = 0 }, any = { .seen = 0 };
		bool is_usual;

		host_sends_some_info(&seed);
		head = hn_pkt_read_head(many);
		if (!hn_pkt_is_valid(&head, sizeof(many)) || head.data_offset > 256)
			continue;
		is_usual = hn_pkt_read_usual_info(many, &head, &usual);
		taken[is_usual]++;
		if (hn_pkt_read_checksum(many, &head, &checksum)) {
			assert_true(is_usual);
			assert_int_equal(usual.seen, HN_PKT_RX_CHECKSUM);
			assert_int_equal(usual.checksum, checksum);
			alone++;
		}
		if (!is_usual)
			continue;
		assert_int_equal(hn_pkt_read(many, sizeof(many), &any), 0);
		assert_int_equal(usual.seen, any.seen);
		assert_int_equal(usual.checksum, any.checksum);
		assert_int_equal(usual.hash, any.hash);
		assert_int_equal(usual.hash_info, any.hash_info);
	}
	assert_true(taken[false] > 10000 && taken[true] > 10000 && alone > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("written headers are the golden bytes", written_headers_are_the_golden_bytes),
		CASE("every tag survives the way into info and back",
		     every_tag_survives_the_way_into_info_and_back),
		CASE("a good message is read", good_message_is_read),
		CASE("one lie in a message, and it is refused",
		     one_lie_in_a_message_and_it_is_refused),
		CASE("a message longer than its range is refused",
		     message_longer_than_its_range_is_refused),
		CASE("all kinds of info are read, and the first of each counts",
		     all_kinds_are_read_and_the_first_of_each_counts),
		CASE("info of other kinds is passed over", info_of_other_kinds_is_passed_over),
		CASE("the usual info is read as any other", usual_info_is_read_as_any_other),
		CASE("random messages never lead outside", random_messages_never_lead_outside),
	};

	return cmocka_run_group_tests_name("hn pkt", tests, NULL, NULL);
}
