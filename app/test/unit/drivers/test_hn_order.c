/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The whole driver through ethdev, with a program and a host that do whatever
 * comes to their minds, in any order: set up, start, stop, send, receive, keep,
 * free, change, reset; complete, complete again, invent, send nonsense, break the
 * ring. After every step the ledger adds up, and in the end all is back. The
 * same steps each time.
 */

#include <bus_vmbus_driver.h>
#include <rte_devargs.h>

#include "hn_ledger.h"
#include "hn_test_eal.h"
#include "scripted_host.h"

#define STEPS 6000u
#define BURST 8
#define KEPT_MAX 100
#define SUCCESS 1u
#define RANGES_MAX 12u
#define PLACES 256u		/* in the receive buffer */

static uint16_t port_id, tx_queues;
static bool running;
static struct rte_mbuf *kept[KEPT_MAX];
static unsigned int kept_count;
static uint32_t completed;		/* of host.sent_count */
static uint32_t seed, place;

/* The same on every machine. */
static uint32_t
chance(uint32_t below)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 8) % below;
}

static struct rte_eth_dev *
dev(void)
{
	return &rte_eth_devices[port_id];
}

/* The host */

static void
host_completes(void)
{
	assert_true(host.sent_count - completed <= SCRIPTED_SENT_MAX);
	while (completed != host.sent_count)
		scripted_complete(host.sent[completed++ % SCRIPTED_SENT_MAX],
				  chance(10) != 0 ? SUCCESS : 2);
}

static void
host_invents(void)
{
	uint64_t id = chance(2) != 0 ? host.sent[chance(SCRIPTED_SENT_MAX)] :
		      (uint64_t)chance(4) << 32 | chance(3) << 16 | chance(70);

	scripted_complete(id, SUCCESS);
}

/* A message of len bytes with a frame, or a part of one, and now and then a lie. */
static void
put_message(uint8_t *message, uint32_t len)
{
	const uint32_t parts[] = { 0, 0, 0, 0x01, 0x03, 0x05, 0x07 };
	uint32_t part = parts[chance(RTE_DIM(parts))];

	memset(message, 0, len);
	put32(message, 1);
	put32(message + 4, len);
	put32(message + 8, 52);
	put32(message + 12, len - 60);
	put32(message + 28, 36);
	put32(message + 32, 16);
	put32(message + 44, 16);
	put32(message + 48, 0x80000001);	/* of a frame that the host has joined */
	put32(message + 52, 12);
	put32(message + 56, 1 | part << 8);
	if (chance(20) == 0)
		message[chance(60)] ^= (uint8_t)(1 + chance(255));
}

/* A packet of some ranges. */
static void
host_sends(void)
{
	struct {
		struct vmbus_chanpkt_rxbuf hdr;
		uint32_t ranges_and_nvsp[RANGES_MAX * 2 + 4];
	} packet = { .hdr.rxbuf_id = 0xcafe };
	uint32_t i, len, count = 1 + chance(RANGES_MAX);
	uint32_t *nvsp = packet.ranges_and_nvsp + 2 * count;

	for (i = 0; i < count; i++) {
		len = 60 + 14 + chance(1440);
		put_message(scripted_rxbuf() + place % PLACES * 2048, len);
		packet.ranges_and_nvsp[2 * i] = len;
		packet.ranges_and_nvsp[2 * i + 1] = place++ % PLACES * 2048;
	}
	if (chance(30) == 0)
		packet.ranges_and_nvsp[chance(2 * count)] ^= 1u << chance(32);
	nvsp[0] = 107;
	packet.hdr.rxbuf_cnt = count;
	packet.hdr.hdr = (struct vmbus_chanpkt_hdr){
		.type = VMBUS_CHANPKT_TYPE_RXBUF,
		.hlen = (uint16_t)(sizeof(packet.hdr) / 8 + count),
		.tlen = (uint16_t)(sizeof(packet.hdr) / 8 + count + 2),
		.flags = chance(10) != 0 ? VMBUS_CHANPKT_FLAG_RC : VMBUS_CHANPKT_FLAG_NONE,
		.xactid = place,
	};
	scripted_push(&packet, packet.hdr.hdr.tlen * 8u);
}

/* The program */

static void
free_kept(unsigned int count)
{
	unsigned int i;

	for (; count != 0 && kept_count != 0; count--) {
		i = chance(kept_count);
		rte_pktmbuf_free(kept[i]);
		kept[i] = kept[--kept_count];
	}
}

static void
receive(void)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t i, got;

	if (!running)
		return;
	got = rte_eth_rx_burst(port_id, 0, pkts, (uint16_t)(1 + chance(BURST)));
	for (i = 0; i < got; i++) {
		rte_mbuf_sanity_check(pkts[i], 1);
		if (kept_count < KEPT_MAX && chance(2) != 0)
			kept[kept_count++] = pkts[i];
		else
			rte_pktmbuf_free(pkts[i]);
	}
}

/* One frame of one to three pieces, or what it keeps of the host's. */
static struct rte_mbuf *
frame_to_send(void)
{
	uint16_t pieces[4] = { 0 };
	uint32_t i;

	if (kept_count != 0 && chance(3) == 0)
		return kept[--kept_count];
	for (i = 0; i <= chance(3); i++)
		pieces[i] = (uint16_t)(20 + chance(700));
	return test_frame(0, pieces);
}

static void
send_some(void)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t i, count, sent;

	if (rte_mempool_avail_count(test_pool) < 100)
		return;
	count = (uint16_t)chance(BURST + 1);
	for (i = 0; i < count; i++)
		pkts[i] = frame_to_send();
	sent = rte_eth_tx_burst(port_id, (uint16_t)chance(tx_queues), pkts, count);
	assert_true(sent <= count);
	rte_pktmbuf_free_bulk(pkts + sent, count - sent);
}

static void
stop(void)
{
	host_completes();
	assert_int_equal(rte_eth_dev_stop(port_id), 0);
	running = false;
}

static void
set_up(void)
{
	const struct rte_eth_conf conf = {
		.rxmode.mtu = chance(2) != 0 ? 1500 : 1400,
		.rxmode.offloads = chance(3) != 0 ? RTE_ETH_RX_OFFLOAD_SCATTER : 0,
	};
	uint16_t i;

	free_kept(KEPT_MAX);
	tx_queues = (uint16_t)(1 + chance(3));
	assert_int_equal(rte_eth_dev_configure(port_id, 1, tx_queues, &conf), 0);
	assert_int_equal(rte_eth_rx_queue_setup(port_id, 0, 64, 0, NULL, test_pool), 0);
	for (i = 0; i < tx_queues; i++)
		assert_int_equal(rte_eth_tx_queue_setup(port_id, i, 64, 0, NULL), 0);
}

static void
start_or_stop(void)
{
	int ret;

	if (running) {
		stop();
		return;
	}
	if (chance(2) != 0)
		set_up();
	ret = rte_eth_dev_start(port_id);
	/* It connects anew where the host did not complete everything before. */
	if (ret == -EBUSY && kept_count != 0) {
		free_kept(KEPT_MAX);
		ret = rte_eth_dev_start(port_id);
	}
	assert_int_equal(ret, 0);
	running = true;
}

static void
stop_and_start_queues(void)
{
	uint16_t queue = (uint16_t)chance(tx_queues);
	int ret;

	host_completes();
	assert_int_equal(rte_eth_dev_rx_queue_stop(port_id, 0), 0);
	ret = rte_eth_dev_tx_queue_stop(port_id, queue);
	/* Completions that it invents may have taken the places of true ones. */
	assert_true(ret == 0 || ret == -ETIMEDOUT);
	receive();
	assert_int_equal(rte_eth_dev_rx_queue_start(port_id, 0), 0);
	assert_int_equal(rte_eth_dev_tx_queue_start(port_id, queue), 0);
}

/* The ring breaks under the program's hands; it resets the port. */
static void
lose_and_reset(void)
{
	static const uint8_t much[8000];
	struct rte_eth_link link;

	scripted_push(much, sizeof(much));
	assert_int_equal(rte_eth_link_get_nowait(port_id, &link), 0);
	receive();
	if (running)
		send_some();
	free_kept(KEPT_MAX);
	assert_int_equal(rte_eth_dev_reset(port_id), 0);
	running = false;
	completed = host.sent_count;
	set_up();
}

static void
ask(void)
{
	struct rte_eth_stats stats;
	struct rte_eth_link link;

	assert_int_equal(rte_eth_link_get_nowait(port_id, &link), 0);
	assert_int_equal(rte_eth_stats_get(port_id, &stats), 0);
	if (running) {
		assert_true(rte_eth_rx_queue_count(port_id, 0) >= 0);
		assert_true(rte_eth_tx_done_cleanup(port_id, 0, chance(4)) >= 0);
	}
	assert_int_equal(rte_eth_promiscuous_enable(port_id), 0);
}

static void
step(void)
{
	if (!running && chance(8) == 0)
		start_or_stop();
	/* What is done rarely comes last. */
	switch (chance(200)) {
	case 0 ... 59:
		host_sends();
		break;
	case 60 ... 109:
		receive();
		break;
	case 110 ... 149:
		if (running)
			send_some();
		break;
	case 150 ... 164:
		host_completes();
		break;
	case 165 ... 171:
		host_invents();
		break;
	case 172 ... 183:
		free_kept(chance(KEPT_MAX));
		break;
	case 184 ... 190:
		ask();
		break;
	case 191 ... 196:
		start_or_stop();
		break;
	case 197 ... 198:
		if (running)
			stop_and_start_queues();
		break;
	default:
		lose_and_reset();
		break;
	}
}

static void
run(const char *args, uint32_t from)
{
	struct rte_vmbus_device *vmbus = scripted_device();
	struct rte_devargs devargs = { .args = (char *)(uintptr_t)args };
	uint32_t i;

	seed = from;
	completed = 0;
	scripted_reset();
	vmbus->device.name = "scripted";
	vmbus->device.driver = &scripted_driver->driver;
	vmbus->device.devargs = &devargs;
	assert_int_equal(scripted_driver->probe(scripted_driver, vmbus), 0);
	assert_int_equal(rte_eth_dev_get_port_by_name("scripted", &port_id), 0);
	set_up();
	for (i = 0; i < STEPS; i++) {
		/* Its ring is short, too. */
		if (i % 16 == 0)
			receive();
		step();
		if (hn_ledger_check(dev(), "a step") != 0)
			fail_msg("the ledger does not add up after step %u from %u", i, from);
	}
	if (running)
		stop();
	free_kept(KEPT_MAX);
	assert_int_equal(rte_eth_dev_close(port_id), 0);
	vmbus->device.devargs = NULL;
	test_assert_pool_full();
}

static void
test_copied(void **state)
{
	(void)state;
	run("tx_copybreak=500", 1);
	run("tx_copybreak=0", 2);
}

static void
test_uncopied(void **state)
{
	(void)state;
	run("rx_extmbuf_enable=1,rx_copybreak=0,tx_copybreak=100", 3);
	run("rx_extmbuf_enable=1,rx_copybreak=500", 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "whatever is done in whatever order loses nothing", test_copied, NULL, NULL,
		  NULL },
		{ "nor where frames are not copied", test_uncopied, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests_name("hn_order", tests, test_start_eal, test_stop_eal);
}
