/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The card's address with hosts that give it another in one way or the other,
 * in both, in none, or that only say so.
 */

#include <errno.h>

#include "hn_link.h"
#include "hn_mac.h"
#include "hn_test_host.h"

#define PARAMETER_OID 0x0001021b
#define CURRENT_OID 0x01010102
#define FILTER_OID 0x0001010e

static struct rte_ether_addr other = { { 0x02, 0xab, 0xcd, 0xef, 0x09, 0x10 } };
static bool lost;

bool
hn_link_is_lost(const struct rte_eth_dev *dev)
{
	(void)dev;
	return lost;
}

static uint8_t
digit(const uint8_t *at)
{
	assert_int_equal(at[1], 0);
	return (uint8_t)(at[0] >= 'a' ? at[0] - 'a' + 10 : at[0] - '0');
}

/* A host that does what the parameter says. */
static void
take_parameter(const struct scripted_set *set)
{
	const uint8_t *value;
	unsigned int i;

	if (set->oid != PARAMETER_OID)
		return;
	value = set->bytes + get32(set->bytes + 12);
	assert_int_equal(get32(set->bytes + 16), 24);
	for (i = 0; i < 6; i++)
		host.current_mac[i] = (uint8_t)(digit(value + 4 * i) << 4 |
						digit(value + 4 * i + 2));
}

/* A host that sets the current address. */
static void
take_current(const struct scripted_set *set)
{
	if (set->oid == CURRENT_OID)
		memcpy(host.current_mac, set->bytes, sizeof(host.current_mac));
}

static void
set_up(void)
{
	lost = false;
	assert_int_equal(hn_mac_learn(test_dev), 0);
	assert_memory_equal(&test_port.mac, host.mac, 6);
	test_port.mtu = 1500;	/* it has been connected before */
}

static void
parameter_is_the_golden_bytes(void **state)
{
	static const uint8_t golden[72] = {
		20, 0, 0, 0, 28, 0, 0, 0, 2, 0, 0, 0, 48, 0, 0, 0, 24, 0, 0, 0,
		'N', 0, 'e', 0, 't', 0, 'w', 0, 'o', 0, 'r', 0, 'k', 0,
		'A', 0, 'd', 0, 'd', 0, 'r', 0, 'e', 0, 's', 0, 's', 0,
		'0', 0, '2', 0, 'a', 0, 'b', 0, 'c', 0, 'd', 0, 'e', 0, 'f', 0,
		'0', 0, '9', 0, '1', 0, '0', 0,
	};

	(void)state;
	set_up();
	host.take_set = take_parameter;
	assert_int_equal(hn_mac_set(test_dev, &other), 0);
	assert_int_equal(host.sets, 1);
	assert_int_equal(scripted_last_set(1)->oid, PARAMETER_OID);
	assert_int_equal(scripted_last_set(1)->len, sizeof(golden));
	assert_memory_equal(scripted_last_set(1)->bytes, golden, sizeof(golden));
}

static void
other_way_is_tried_where_the_first_does_nothing(void **state)
{
	(void)state;
	set_up();
	host.take_set = take_current;
	assert_int_equal(hn_mac_set(test_dev, &other), 0);
	assert_int_equal(host.sets, 2);
	assert_memory_equal(scripted_last_set(1)->bytes, &other, 6);
	/* The same where the first is refused. */
	memcpy(host.current_mac, host.mac, 6);
	host.refused_oid = PARAMETER_OID;
	host.refused_status = 0xc00000bb;
	assert_int_equal(hn_mac_set(test_dev, &other), 0);
}

static void
host_that_accepts_and_ignores_is_found_out(void **state)
{
	(void)state;
	set_up();
	assert_int_equal(hn_mac_set(test_dev, &other), -EPERM);
	assert_int_equal(host.sets, 2);
}

static void
silent_host_is_told_the_former_address_last(void **state)
{
	(void)state;
	set_up();
	scripted_pause(UINT32_MAX);
	assert_int_equal(hn_mac_set(test_dev, &other), -ETIMEDOUT);
	host.take_set = take_parameter;
	scripted_resume();
	assert_int_equal(host.sets, 2);
	assert_memory_not_equal(scripted_last_set(2)->bytes, scripted_last_set(1)->bytes, 72);
	assert_memory_equal(host.current_mac, host.mac, sizeof(host.mac));
}

static void
running_port_is_closed_meanwhile(void **state)
{
	(void)state;
	set_up();
	host.take_set = take_parameter;
	test_data.dev_started = 1;
	assert_int_equal(hn_mac_set(test_dev, &other), 0);
	assert_int_equal(host.sets, 3);
	assert_int_equal(scripted_last_set(3)->oid, FILTER_OID);
	assert_int_equal(get32(scripted_last_set(3)->bytes), 0);
	assert_int_equal(scripted_last_set(2)->oid, PARAMETER_OID);
	assert_int_equal(scripted_last_set(1)->oid, FILTER_OID);
	assert_int_equal(get32(scripted_last_set(1)->bytes), 9);
	/* And opened again where it is refused. */
	host.take_set = NULL;
	test_port.mac = other;
	assert_int_equal(hn_mac_set(test_dev, (struct rte_ether_addr *)host.mac), -EPERM);
	assert_int_equal(host.filter, 9);
}

static void
address_in_use_is_not_set_again(void **state)
{
	(void)state;
	set_up();
	assert_int_equal(hn_mac_set(test_dev, &test_port.mac), 0);
	assert_int_equal(host.sets, 0);
}

static void
address_outlives_a_reconnect(void **state)
{
	(void)state;
	set_up();
	host.take_set = take_parameter;
	assert_int_equal(hn_mac_set(test_dev, &other), 0);
	test_port.mac = other;
	/* The host has forgotten it. */
	memcpy(host.current_mac, host.mac, 6);
	assert_int_equal(hn_mac_learn(test_dev), 0);
	assert_memory_equal(host.current_mac, &other, 6);
	assert_memory_equal(&test_port.mac, &other, 6);
	/* And does not want it any more. */
	memcpy(host.current_mac, host.mac, 6);
	host.take_set = NULL;
	assert_int_equal(hn_mac_learn(test_dev), -EPERM);
}

static void
another_card_is_not_taken_for_this_one(void **state)
{
	(void)state;
	set_up();
	host.mac[5]++;
	assert_int_equal(hn_mac_learn(test_dev), -EADDRNOTAVAIL);
	assert_int_not_equal(test_port.mac.addr_bytes[5], host.mac[5]);
}

static void
lost_port_keeps_its_address(void **state)
{
	(void)state;
	set_up();
	lost = true;
	assert_int_equal(hn_mac_set(test_dev, &other), -ENODEV);
	assert_int_equal(host.sets, 0);
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		CASE("the parameter is the golden bytes", parameter_is_the_golden_bytes),
		CASE("the other way is tried where the first does nothing",
		     other_way_is_tried_where_the_first_does_nothing),
		CASE("a host that accepts and ignores is found out",
		     host_that_accepts_and_ignores_is_found_out),
		CASE("a silent host is told the former address last",
		     silent_host_is_told_the_former_address_last),
		CASE("a running port is closed meanwhile", running_port_is_closed_meanwhile),
		CASE("the address in use is not set again", address_in_use_is_not_set_again),
		CASE("an address outlives a reconnect", address_outlives_a_reconnect),
		CASE("another card is not taken for this one",
		     another_card_is_not_taken_for_this_one),
		CASE("a lost port keeps its address", lost_port_keeps_its_address),
	};

	(void)argc;
	return TEST_RUN("hn MAC", argv, tests);
}
