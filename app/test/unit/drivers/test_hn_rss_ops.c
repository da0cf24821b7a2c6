/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * RSS as an application meets it: when what it asks for reaches the host, and
 * what is refused before anything has changed.
 */

#include <errno.h>

#include "hn_link.h"
#include "hn_rss_ops.h"
#include "hn_test_host.h"

#define GROUPS (NDIS_RSS_TABLE_MAX / RTE_ETH_RETA_GROUP_SIZE)
#define TYPES (RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_TCP)

static bool lost;
static uint8_t user_key[40];

bool
hn_link_is_lost(const struct rte_eth_dev *dev)
{
	(void)dev;
	return lost;
}

/* A stopped port with so many queues, all served, and RSS of these types. */
static int
configure(uint16_t queues, uint64_t types)
{
	test_data.nb_rx_queues = queues;
	test_proc.channels.count = queues;
	test_data.dev_conf.rxmode.mq_mode = types != 0 ? RTE_ETH_MQ_RX_RSS : RTE_ETH_MQ_RX_NONE;
	test_data.dev_conf.rx_adv_conf.rss_conf.rss_hf = types;
	return hn_rss_ops_configure(test_dev);
}

static void
set_up(void)
{
	lost = false;
	memset(user_key, 0xa5, sizeof(user_key));
	assert_int_equal(hn_rss_query(&test_port.rss.caps, &test_proc.rndis, &test_proc.nvs), 0);
	hn_rss_reset(&test_port.rss);
	assert_int_equal(configure(4, TYPES), 0);
}

static void
started(void)
{
	assert_int_equal(hn_rss_ops_start(test_dev), 0);
	test_data.dev_started = 1;
}

/* Entry i of the table that the host was told last. */
static uint32_t
told(uint32_t i)
{
	return get32(scripted_last_set(1)->bytes + 40 + 4 * i);
}

static void
start_tells_the_host_what_was_configured(void **state)
{
	(void)state;
	set_up();
	assert_int_equal(host.sets, 0);
	started();
	assert_int_equal(host.sets, 2);
	assert_int_equal(get32(scripted_last_set(1)->bytes + 8), 0x301);
	assert_int_equal(told(0), 0);
	assert_int_equal(told(1), 1);
	assert_int_equal(told(127), 3);
}

static void
port_without_rss_switches_it_off_at_the_host(void **state)
{
	(void)state;
	set_up();
	assert_int_equal(configure(4, 0), 0);
	started();
	assert_int_equal(host.sets, 1);
	assert_int_equal(scripted_last_set(1)->bytes[4], 0x10);
}

static void
types_that_the_host_does_not_hash_are_refused(void **state)
{
	struct rte_eth_rss_conf conf = { .rss_hf = RTE_ETH_RSS_NONFRAG_IPV4_UDP };

	(void)state;
	set_up();
	assert_int_equal(configure(4, TYPES | RTE_ETH_RSS_NONFRAG_IPV4_UDP), -EINVAL);
	assert_int_equal(configure(4, RTE_ETH_RSS_L2_PAYLOAD), -EINVAL);
	assert_int_equal(hn_rss_ops_update_hash(test_dev, &conf), -EINVAL);
	assert_int_equal(test_port.rss.types, TYPES);
	assert_int_equal(host.sets, 0);
}

static void
key_of_another_length_is_refused(void **state)
{
	struct rte_eth_rss_conf conf = { .rss_hf = TYPES, .rss_key = user_key };
	static const uint8_t lengths[] = { 0, 1, 39, 41, 52, 255 };
	unsigned int i;

	(void)state;
	set_up();
	for (i = 0; i < sizeof(lengths); i++) {
		conf.rss_key_len = lengths[i];
		assert_int_equal(hn_rss_ops_update_hash(test_dev, &conf), -EINVAL);
	}
	assert_int_equal(test_port.rss.key[0], 0x6d);
}

static void
running_port_tells_a_new_key_at_once_and_keeps_it_without_one(void **state)
{
	struct rte_eth_rss_conf conf = {
		.rss_hf = TYPES, .rss_key = user_key, .rss_key_len = sizeof(user_key),
	};
	uint8_t key[40] = { 0 };

	(void)state;
	set_up();
	started();
	assert_int_equal(hn_rss_ops_update_hash(test_dev, &conf), 0);
	assert_int_equal(host.sets, 4);
	assert_memory_equal(scripted_last_set(1)->bytes + 40 + 512, user_key, sizeof(user_key));
	conf.rss_key = NULL;
	conf.rss_hf = RTE_ETH_RSS_IPV6;
	assert_int_equal(hn_rss_ops_update_hash(test_dev, &conf), 0);
	assert_memory_equal(scripted_last_set(1)->bytes + 40 + 512, user_key, sizeof(user_key));
	assert_int_equal(get32(scripted_last_set(1)->bytes + 8), 0x401);
	conf = (struct rte_eth_rss_conf){ .rss_key = key, .rss_key_len = sizeof(key) };
	assert_int_equal(hn_rss_ops_query_hash(test_dev, &conf), 0);
	assert_memory_equal(key, user_key, sizeof(key));
	assert_int_equal(conf.rss_hf, RTE_ETH_RSS_IPV6);
	/* Of a buffer that is too short nothing is written. */
	memset(key, 0, sizeof(key));
	conf.rss_key_len = sizeof(key) - 1;
	assert_int_equal(hn_rss_ops_query_hash(test_dev, &conf), 0);
	assert_int_equal(key[0], 0);
	assert_int_equal(conf.rss_key_len, 40);
}

static void
no_types_switch_a_running_port_off(void **state)
{
	struct rte_eth_rss_conf conf = { .rss_hf = 0 };

	(void)state;
	set_up();
	started();
	assert_int_equal(hn_rss_ops_update_hash(test_dev, &conf), 0);
	assert_int_equal(host.sets, 3);
	assert_int_equal(scripted_last_set(1)->bytes[4], 0x10);
}

/* Entries 1 and 70 to queue 3, all others as they are. */
static const struct rte_eth_rss_reta_entry64 two_entries[GROUPS] = {
	{ .mask = UINT64_C(1) << 1, .reta = { [1] = 3 } },
	{ .mask = UINT64_C(1) << 6, .reta = { [6] = 3 } },
};

static void
assert_two_entries_told(void)
{
	unsigned int i;

	for (i = 0; i < 128; i++)
		assert_int_equal(told(i), i == 1 || i == 70 ? 3 : i % 4);
}

static void
running_port_tells_the_entries_meant_at_once(void **state)
{
	struct rte_eth_rss_reta_entry64 conf[GROUPS];

	(void)state;
	set_up();
	started();
	memcpy(conf, two_entries, sizeof(conf));
	assert_int_equal(hn_rss_ops_update_table(test_dev, conf, 128), 0);
	assert_int_equal(host.sets, 4);
	assert_two_entries_told();
}

static void
stopped_port_keeps_the_entries_for_its_start(void **state)
{
	struct rte_eth_rss_reta_entry64 conf[GROUPS];

	(void)state;
	set_up();
	memcpy(conf, two_entries, sizeof(conf));
	assert_int_equal(hn_rss_ops_update_table(test_dev, conf, 128), 0);
	assert_int_equal(host.sets, 0);
	/* And over a configuration with as many queues. */
	assert_int_equal(configure(4, TYPES), 0);
	started();
	assert_two_entries_told();
}

static void
other_number_of_queues_makes_the_table_anew(void **state)
{
	struct rte_eth_rss_reta_entry64 conf[GROUPS];

	(void)state;
	set_up();
	memcpy(conf, two_entries, sizeof(conf));
	assert_int_equal(hn_rss_ops_update_table(test_dev, conf, 128), 0);
	assert_int_equal(configure(2, TYPES), 0);
	started();
	assert_int_equal(told(1), 1);
	assert_int_equal(told(70), 0);
	assert_int_equal(told(3), 1);
}

static void
query_gives_the_entries_asked_for_and_no_others(void **state)
{
	struct rte_eth_rss_reta_entry64 conf[GROUPS];

	(void)state;
	set_up();
	memset(conf, 0xff, sizeof(conf));
	conf[0].mask = UINT64_C(1) << 2 | UINT64_C(1) << 63;
	conf[1].mask = 0;
	assert_int_equal(hn_rss_ops_query_table(test_dev, conf, 128), 0);
	assert_int_equal(conf[0].reta[2], 2);
	assert_int_equal(conf[0].reta[63], 3);
	assert_int_equal(conf[0].reta[1], UINT16_MAX);
	assert_int_equal(conf[1].reta[0], UINT16_MAX);
}

static void
table_of_another_size_is_refused(void **state)
{
	static const uint16_t sizes[] = { 1, 64, 127, 129, 256, 512, UINT16_MAX };
	struct rte_eth_rss_reta_entry64 conf[GROUPS];
	unsigned int i;

	(void)state;
	set_up();
	memcpy(conf, two_entries, sizeof(conf));
	for (i = 0; i < RTE_DIM(sizes); i++) {
		assert_int_equal(hn_rss_ops_update_table(test_dev, conf, sizes[i]), -EINVAL);
		assert_int_equal(hn_rss_ops_query_table(test_dev, conf, sizes[i]), -EINVAL);
	}
}

static void
entry_to_no_queue_is_refused_before_any_is_changed(void **state)
{
	struct rte_eth_rss_reta_entry64 conf[GROUPS];
	struct hn_rss former;

	(void)state;
	set_up();
	started();
	memcpy(conf, two_entries, sizeof(conf));
	conf[1].reta[6] = 4;
	former = test_port.rss;
	assert_int_equal(hn_rss_ops_update_table(test_dev, conf, 128), -EINVAL);
	/* Nor to one that the host does not serve. */
	conf[1].reta[6] = 3;
	test_proc.channels.count = 3;
	assert_int_equal(hn_rss_ops_update_table(test_dev, conf, 128), -EINVAL);
	assert_memory_equal(&test_port.rss, &former, sizeof(former));
	assert_int_equal(host.sets, 2);
}

static void
host_that_serves_fewer_queues_gets_a_table_for_them(void **state)
{
	unsigned int i;

	(void)state;
	set_up();
	/* After a reconnect, say. */
	test_proc.channels.count = 2;
	started();
	for (i = 0; i < 128; i++)
		assert_int_equal(told(i), i % 2);
}

static void
refusal_of_the_host_leaves_what_was(void **state)
{
	struct rte_eth_rss_reta_entry64 conf[GROUPS];
	struct hn_rss former;

	(void)state;
	set_up();
	started();
	former = test_port.rss;
	memcpy(conf, two_entries, sizeof(conf));
	host.fault = FAULT_STATUS;
	host.fault_at = host.heard + 2;
	assert_int_equal(hn_rss_ops_update_table(test_dev, conf, 128), -EINVAL);
	assert_memory_equal(&test_port.rss, &former, sizeof(former));
	assert_int_equal(told(1), 1);
}

static void
lost_port_is_not_changed(void **state)
{
	struct rte_eth_rss_conf conf = { .rss_hf = RTE_ETH_RSS_IPV4 };

	(void)state;
	set_up();
	lost = true;
	assert_int_equal(hn_rss_ops_update_hash(test_dev, &conf), -ENODEV);
	assert_int_equal(test_port.rss.types, TYPES);
}

static void
port_of_a_host_without_rss_says_so(void **state)
{
	struct rte_eth_rss_reta_entry64 entries[GROUPS] = { { .mask = 1 } };
	struct rte_eth_rss_conf conf = { .rss_hf = 0 };
	struct rte_eth_dev_info info = { .reta_size = 1 };

	(void)state;
	host.oid_status = 0xc00000bb;
	memset(&test_port.rss, 0, sizeof(test_port.rss));
	assert_int_equal(hn_rss_query(&test_port.rss.caps, &test_proc.rndis, &test_proc.nvs), 0);
	hn_rss_reset(&test_port.rss);
	assert_int_equal(configure(1, 0), 0);
	hn_rss_ops_info(test_dev, &info);
	assert_int_equal(info.reta_size, 0);
	assert_int_equal(info.hash_key_size, 0);
	assert_int_equal(info.flow_type_rss_offloads, 0);
	assert_int_equal(hn_rss_ops_update_table(test_dev, entries, 128), -ENOTSUP);
	assert_int_equal(hn_rss_ops_query_table(test_dev, entries, 128), -ENOTSUP);
	assert_int_equal(hn_rss_ops_update_hash(test_dev, &conf), -ENOTSUP);
	assert_int_equal(hn_rss_ops_query_hash(test_dev, &conf), -ENOTSUP);
	started();
	assert_int_equal(host.sets, 0);
}

static void
device_info_tells_what_the_host_can(void **state)
{
	struct rte_eth_dev_info info = { 0 };

	(void)state;
	host.rss_caps[16] = 64;
	set_up();
	hn_rss_ops_info(test_dev, &info);
	assert_int_equal(info.reta_size, 64);
	assert_int_equal(info.hash_key_size, 40);
	assert_int_equal(info.flow_type_rss_offloads, TYPES | RTE_ETH_RSS_IPV6 |
						      RTE_ETH_RSS_NONFRAG_IPV6_TCP);
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		CASE("start tells the host what was configured",
		     start_tells_the_host_what_was_configured),
		CASE("a port without RSS switches it off at the host",
		     port_without_rss_switches_it_off_at_the_host),
		CASE("types that the host does not hash are refused",
		     types_that_the_host_does_not_hash_are_refused),
		CASE("a key of another length is refused", key_of_another_length_is_refused),
		CASE("a running port tells a new key at once, and keeps it without one",
		     running_port_tells_a_new_key_at_once_and_keeps_it_without_one),
		CASE("no types switch a running port off", no_types_switch_a_running_port_off),
		CASE("a running port tells the entries meant at once",
		     running_port_tells_the_entries_meant_at_once),
		CASE("a stopped port keeps the entries for its start",
		     stopped_port_keeps_the_entries_for_its_start),
		CASE("another number of queues makes the table anew",
		     other_number_of_queues_makes_the_table_anew),
		CASE("a query gives the entries asked for and no others",
		     query_gives_the_entries_asked_for_and_no_others),
		CASE("a table of another size is refused", table_of_another_size_is_refused),
		CASE("an entry to no queue is refused before any is changed",
		     entry_to_no_queue_is_refused_before_any_is_changed),
		CASE("a host that serves fewer queues gets a table for them",
		     host_that_serves_fewer_queues_gets_a_table_for_them),
		CASE("a refusal of the host leaves what was", refusal_of_the_host_leaves_what_was),
		CASE("a lost port is not changed", lost_port_is_not_changed),
		CASE("a port of a host without RSS says so", port_of_a_host_without_rss_says_so),
		CASE("device info tells what the host can", device_info_tells_what_the_host_can),
	};

	(void)argc;
	return TEST_RUN("hn RSS operations", argv, tests);
}
