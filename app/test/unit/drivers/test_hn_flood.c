/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * A host that never stops sending: what it has to say otherwise lies behind
 * thousands of packets of data in the ring. Whatever an application does then
 * comes to its end, and every frame is counted once.
 */

#include <time.h>

#include "hn_test_eal.h"

#include "hn_port.h"
#include "scripted_host.h"

#define BURST 32
/* As many packets as a host has pieces of its largest buffer for; those here are smaller. */
#define FLOOD 15000
#define PIECE_LEN 68
/* Many times what it takes, and a fraction of the time that the host has for its answer. */
#define SOON_MS 1000
#define DESCRIPTORS 64

static const uint16_t short_frame[] = { 100, 0 };

static uint16_t port_id;
static uint64_t received;

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* A started port, and the flood begins. */
static int
flood(void **state)
{
	struct rte_vmbus_device *vmbus = scripted_device();
	const struct rte_eth_conf conf = { .rxmode.mtu = 1500 };
	int ret;

	(void)state;
	scripted_reset();
	host.piece_len = PIECE_LEN;
	host.piece_count = FLOOD;
	host.completes = true;
	received = 0;
	vmbus->device.name = "scripted";
	vmbus->device.driver = &scripted_driver->driver;
	if (scripted_driver->probe(scripted_driver, vmbus) < 0 ||
	    rte_eth_dev_get_port_by_name("scripted", &port_id) < 0)
		return -1;
	ret = rte_eth_dev_configure(port_id, 1, 1, &conf);
	if (ret == 0)
		ret = rte_eth_rx_queue_setup(port_id, 0, DESCRIPTORS, 0, NULL, test_pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(port_id, 0, DESCRIPTORS, 0, NULL);
	if (ret == 0)
		ret = rte_eth_dev_start(port_id);
	host.flood = FLOOD;
	return ret;
}

static int
dry_up(void **state)
{
	(void)state;
	scripted_reset();
	return scripted_driver->remove(scripted_device());
}

static uint16_t
receive(void)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t got = rte_eth_rx_burst(port_id, 0, pkts, BURST);

	rte_pktmbuf_free_bulk(pkts, got);
	received += got;
	return got;
}

/* The port stops; each frame of the flood was received or is counted as missed. */
static void
assert_counted_once(void)
{
	struct rte_eth_stats stats;

	assert_int_equal(rte_eth_dev_stop(port_id), 0);
	assert_int_equal(rte_eth_stats_get(port_id, &stats), 0);
	assert_int_equal(stats.ipackets, received);
	assert_int_equal(stats.ipackets + stats.imissed, host.flooded);
	assert_int_equal(stats.ierrors, 0);
	assert_int_equal(stats.rx_nombuf, 0);
	test_assert_pool_full();
}

static void
burst_takes_what_it_gives(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		assert_int_equal(receive(), BURST);
	assert_int_equal(host.flooded, received);
	assert_counted_once();
}

/* Nobody receives: the answer is reached all the same. */
static void
control_gets_through(void **state)
{
	struct rte_ether_addr lists[] = { { { 1, 0, 0x5e, 0, 0, 1 } } };
	uint64_t begin = now_ms();

	(void)state;
	assert_int_equal(rte_eth_promiscuous_enable(port_id), 0);
	assert_int_equal(rte_eth_promiscuous_disable(port_id), 0);
	assert_int_equal(rte_eth_dev_set_mc_addr_list(port_id, lists, 1), 0);
	assert_true(now_ms() - begin < SOON_MS);
	assert_true(host.flooded >= FLOOD);
	assert_counted_once();
}

static void
link_query_takes_little(void **state)
{
	struct rte_eth_link link;
	unsigned int i;

	(void)state;
	for (i = 0; i < 10; i++)
		assert_int_equal(rte_eth_link_get_nowait(port_id, &link), 0);
	assert_true(host.flooded < 1000);
	assert_counted_once();
}

/* Who only sends finds the completions behind the data. */
static void
completions_are_reached(void **state)
{
	unsigned int tries, sent = 0;
	struct rte_mbuf *m;

	(void)state;
	for (tries = 0; sent < 4 * DESCRIPTORS && tries < 100000; tries++) {
		m = test_frame(0, short_frame);
		if (rte_eth_tx_burst(port_id, 0, &m, 1) == 1)
			sent++;
		else
			rte_pktmbuf_free(m);
	}
	assert_int_equal(sent, 4 * DESCRIPTORS);
	assert_counted_once();
}

static void
port_stops_and_starts(void **state)
{
	uint64_t begin = now_ms();
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		receive();
		assert_int_equal(rte_eth_dev_stop(port_id), 0);
		assert_int_equal(rte_eth_dev_start(port_id), 0);
	}
	assert_true(now_ms() - begin < SOON_MS);
	assert_counted_once();
}

static void
port_takes_another_mtu(void **state)
{
	uint64_t begin = now_ms();

	(void)state;
	receive();
	assert_int_equal(rte_eth_dev_stop(port_id), 0);
	assert_int_equal(rte_eth_dev_set_mtu(port_id, 1400), 0);
	assert_int_equal(rte_eth_dev_start(port_id), 0);
	receive();
	assert_true(now_ms() - begin < SOON_MS);
	assert_counted_once();
}

#define FLOOD_CASE(sentence, function) { sentence, function, flood, dry_up, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FLOOD_CASE("a burst takes what it gives, and ends", burst_takes_what_it_gives),
		FLOOD_CASE("a control operation gets through data that nobody receives",
			   control_gets_through),
		FLOOD_CASE("a link query takes little", link_query_takes_little),
		FLOOD_CASE("completions behind data that nobody receives are reached",
			   completions_are_reached),
		FLOOD_CASE("a port stops and starts", port_stops_and_starts),
		FLOOD_CASE("a port takes another MTU", port_takes_another_mtu),
	};

	return cmocka_run_group_tests_name("hn_flood", tests, test_start_eal, test_stop_eal);
}
