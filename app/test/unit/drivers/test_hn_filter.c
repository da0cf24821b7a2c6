/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The packet filter: which bits each state of the port is, when they are told,
 * and what becomes of a multicast list that a host does not hold.
 */

#include <errno.h>

#include "hn_filter.h"
#include "hn_link.h"
#include "hn_test_host.h"

#define LIST_OID 0x01010103
#define LIST_SIZE_OID 0x01010104
#define NOTHING 0xffffffffu	/* not told */

static bool lost;
static struct rte_ether_addr list[HN_FILTER_LIST_MAX + 1];

bool
hn_link_is_lost(const struct rte_eth_dev *dev)
{
	(void)dev;
	return lost;
}

/* A port that runs, or does not; the host has been told nothing yet. */
static void
set_up(bool runs)
{
	unsigned int i;

	lost = false;
	test_data.dev_started = runs;
	host.filter = NOTHING;
	host.list_size = 32;
	for (i = 0; i < RTE_DIM(list); i++)
		list[i] = (struct rte_ether_addr){ { 0x33, 0x33, 0, 0, 0, (uint8_t)i } };
}

static void
each_state_is_its_bits(void **state)
{
	(void)state;
	set_up(true);
	assert_int_equal(hn_filter_open(test_dev), 0);
	assert_int_equal(host.filter, 0x9);
	assert_int_equal(hn_filter_enable_allmulticast(test_dev), 0);
	assert_int_equal(host.filter, 0xd);
	assert_int_equal(hn_filter_enable_promiscuous(test_dev), 0);
	assert_int_equal(host.filter, 0x20);
	assert_int_equal(hn_filter_disable_promiscuous(test_dev), 0);
	assert_int_equal(host.filter, 0xd);
	assert_int_equal(hn_filter_disable_allmulticast(test_dev), 0);
	assert_int_equal(host.filter, 0x9);
	assert_int_equal(hn_filter_close(test_dev), 0);
	assert_int_equal(host.filter, 0);
}

static void
stopped_port_keeps_its_state_for_the_start(void **state)
{
	(void)state;
	set_up(false);
	assert_int_equal(hn_filter_enable_allmulticast(test_dev), 0);
	assert_int_equal(hn_filter_set_list(test_dev, list, 2), 0);
	assert_int_equal(host.filter, NOTHING);
	assert_int_equal(host.sets, 0);
	assert_int_equal(hn_filter_disable_allmulticast(test_dev), 0);
	assert_int_equal(hn_filter_open(test_dev), 0);
	assert_int_equal(host.filter, 0xb);
	assert_int_equal(scripted_last_set(2)->oid, LIST_OID);
}

static void
list_is_told_whole_and_the_filter_takes_multicast(void **state)
{
	const struct scripted_set *set;

	(void)state;
	set_up(true);
	assert_int_equal(hn_filter_set_list(test_dev, list, 3), 0);
	set = scripted_last_set(2);
	assert_int_equal(set->oid, LIST_OID);
	assert_int_equal(set->len, 18);
	assert_memory_equal(set->bytes, list, 18);
	assert_int_equal(host.filter, 0xb);
	/* Another list takes its place. */
	assert_int_equal(hn_filter_set_list(test_dev, list + 4, 1), 0);
	assert_int_equal(scripted_last_set(2)->len, 6);
	assert_memory_equal(scripted_last_set(2)->bytes, list + 4, 6);
	/* None at all: the filter takes no multicast. */
	assert_int_equal(hn_filter_set_list(test_dev, NULL, 0), 0);
	assert_int_equal(host.filter, 0x9);
}

static const struct {
	uint32_t list_size;
	uint32_t refused_oid, status;
	uint32_t count;
} unable[] = {
	{ 0, 0, 0, 1 },					/* no list */
	{ 2, 0, 0, 3 },					/* a short one */
	{ 1000, 0, 0, HN_FILTER_LIST_MAX + 1 },		/* more than we keep */
	{ 32, LIST_SIZE_OID, 0xc00000bb, 1 },		/* does not know what that is */
	{ 32, LIST_OID, 0xc00000bb, 1 },		/* has one and refuses it */
	{ 32, LIST_OID, 0xc0010009, 1 },		/* "multicast full" */
	{ 32, LIST_OID, 0xc0010015, 1 },
};

static void
list_that_the_host_does_not_hold_is_all_multicast(void **state)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(unable); i++) {
		test_disconnect(state);
		test_connect(state);
		set_up(true);
		host.list_size = unable[i].list_size;
		host.refused_oid = unable[i].refused_oid;
		host.refused_status = unable[i].status;
		assert_int_equal(hn_filter_set_list(test_dev, list, unable[i].count), 0);
		assert_int_equal(host.filter, 0xd);
		/* Not for ever. */
		assert_int_equal(hn_filter_set_list(test_dev, NULL, 0), 0);
		assert_int_equal(host.filter, 0x9);
	}
}

static void
address_that_is_no_multicast_is_refused(void **state)
{
	(void)state;
	set_up(true);
	assert_int_equal(hn_filter_set_list(test_dev, list, 1), 0);
	list[2].addr_bytes[0] = 2;
	assert_int_equal(hn_filter_set_list(test_dev, list, 3), -EINVAL);
	assert_int_equal(test_port.filter.count, 1);
	assert_int_equal(scripted_last_set(2)->len, 6);
}

static void
what_the_host_does_not_take_is_not_kept(void **state)
{
	(void)state;
	set_up(true);
	host.refused_oid = 0x0001010e;
	host.refused_status = 0xc0010015;
	assert_true(hn_filter_enable_promiscuous(test_dev) < 0);
	assert_int_equal(test_data.promiscuous, 0);
	assert_true(hn_filter_enable_allmulticast(test_dev) < 0);
	assert_int_equal(test_data.all_multicast, 0);
	assert_true(hn_filter_set_list(test_dev, list, 1) < 0);
	assert_int_equal(test_port.filter.count, 0);
}

static void
silent_host_is_no_reason_for_all_multicast(void **state)
{
	(void)state;
	set_up(true);
	host.fault = FAULT_SILENT;
	host.fault_at = host.heard + 1;
	assert_int_equal(hn_filter_set_list(test_dev, list, 1), -ETIMEDOUT);
	assert_false(test_port.filter.all);
}

static void
lost_port_takes_no_changes(void **state)
{
	(void)state;
	set_up(true);
	lost = true;
	assert_int_equal(hn_filter_enable_promiscuous(test_dev), -ENODEV);
	assert_int_equal(hn_filter_set_list(test_dev, list, 1), -ENODEV);
	assert_int_equal(test_data.promiscuous, 0);
	assert_int_equal(test_port.filter.count, 0);
	assert_int_equal(host.sets, 0);
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		CASE("each state is its bits", each_state_is_its_bits),
		CASE("a stopped port keeps its state for the start",
		     stopped_port_keeps_its_state_for_the_start),
		CASE("a list is told whole, and the filter takes multicast",
		     list_is_told_whole_and_the_filter_takes_multicast),
		CASE("a list that the host does not hold is all multicast",
		     list_that_the_host_does_not_hold_is_all_multicast),
		CASE("an address that is no multicast is refused",
		     address_that_is_no_multicast_is_refused),
		CASE("what the host does not take is not kept",
		     what_the_host_does_not_take_is_not_kept),
		CASE("a silent host is no reason for all multicast",
		     silent_host_is_no_reason_for_all_multicast),
		CASE("a lost port takes no changes", lost_port_takes_no_changes),
	};

	(void)argc;
	return TEST_RUN("hn filter", argv, tests);
}
