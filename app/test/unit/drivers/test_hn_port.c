/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The whole driver, as an application has it: through ethdev, with the scripted
 * host behind the bus.
 */

#include <time.h>

#include "hn_test_eal.h"

#include <rte_devargs.h>

#include "hn_ledger.h"
#include "hn_port.h"
#include "scripted_host.h"

#define SUCCESS 1u

static const uint16_t short_frame[] = { 100, 0 };
static const uint16_t long_frame[] = { 2000, 0 };

static uint16_t port_id;

static int
probe(void **state)
{
	struct rte_vmbus_device *vmbus = scripted_device();

	(void)state;
	scripted_reset();
	vmbus->device.name = "scripted";
	vmbus->device.driver = &scripted_driver->driver;
	if (scripted_driver->probe(scripted_driver, vmbus) < 0)
		return -1;
	return rte_eth_dev_get_port_by_name("scripted", &port_id);
}

static int
probe_uncopied(void **state)
{
	static char args[] = "rx_extmbuf_enable=1,rx_copybreak=0,tx_copybreak=0";
	static struct rte_devargs devargs = { .args = args };

	scripted_device()->device.devargs = &devargs;
	return probe(state);
}

static int
take_away(void **state)
{
	(void)state;
	scripted_device()->device.devargs = NULL;
	scripted_reset();
	return scripted_driver->remove(scripted_device());
}

static int
configure(uint16_t queues)
{
	const struct rte_eth_conf conf = { .rxmode.mtu = 1500 };

	return rte_eth_dev_configure(port_id, queues, queues, &conf);
}

static void
set_up(uint16_t queues)
{
	uint16_t i;

	assert_int_equal(configure(queues), 0);
	for (i = 0; i < queues; i++) {
		assert_int_equal(rte_eth_rx_queue_setup(port_id, i, 64, 0, NULL, test_pool), 0);
		assert_int_equal(rte_eth_tx_queue_setup(port_id, i, 64, 0, NULL), 0);
	}
}

static void
start_port(uint16_t queues)
{
	set_up(queues);
	assert_int_equal(rte_eth_dev_start(port_id), 0);
}

static void
send_frame(const uint16_t *pieces)
{
	struct rte_mbuf *m = test_frame(0, pieces);

	assert_int_equal(rte_eth_tx_burst(port_id, 0, &m, 1), 1);
}

/* Whoever asks for the link takes what the host has said. */
static void
hear_host(void)
{
	struct rte_eth_link link;

	assert_int_equal(rte_eth_link_get_nowait(port_id, &link), 0);
}

/* The host breaks the ring. */
static void
lose_port(void)
{
	static const uint8_t much[8000];

	scripted_push(much, sizeof(much));
	hear_host();
	assert_int_equal(rte_eth_dev_is_removed(port_id), 1);
}

static uint64_t
xstat(const char *name)
{
	uint64_t value = 0, id;

	assert_int_equal(rte_eth_xstats_get_id_by_name(port_id, name, &id), 0);
	assert_int_equal(rte_eth_xstats_get_by_id(port_id, &id, &value, 1), 1);
	return value;
}

static void
test_port_sends_and_stops(void **state)
{
	(void)state;
	start_port(1);
	send_frame(short_frame);
	send_frame(long_frame);
	assert_int_equal(host.sent_count, 2);
	scripted_complete(host.sent[0], SUCCESS);
	scripted_complete(host.sent[1], SUCCESS);
	assert_int_equal(rte_eth_dev_stop(port_id), 0);
	test_assert_pool_full();
}

static void
test_port_knows_its_queues(void **state)
{
	(void)state;
	set_up(1);
	scripted_complete(0, SUCCESS);
	hear_host();
	assert_int_equal(xstat("channel0_bad_packets"), 1);
	assert_int_equal(rte_eth_dev_start(port_id), 0);
	send_frame(long_frame);
	scripted_complete(host.sent[0], SUCCESS);
	assert_int_equal(rte_eth_dev_stop(port_id), 0);
	assert_int_equal(xstat("channel0_bad_packets"), 1);
	test_assert_pool_full();
}

static void
test_lost_port_frees(void **state)
{
	(void)state;
	start_port(1);
	send_frame(long_frame);
	lose_port();
	assert_int_equal(rte_eth_dev_stop(port_id), 0);
	assert_true(configure(1) < 0);
	test_assert_pool_full();
}

static void
test_port_refuses_modes(void **state)
{
	static const struct rte_eth_conf confs[] = {
		{ .rxmode.mq_mode = RTE_ETH_MQ_RX_VMDQ_ONLY },
		{ .rxmode.mq_mode = RTE_ETH_MQ_RX_VMDQ_RSS },
		{ .rxmode.mq_mode = RTE_ETH_MQ_RX_DCB },
		{ .txmode.mq_mode = RTE_ETH_MQ_TX_DCB },
		{ .txmode.mq_mode = RTE_ETH_MQ_TX_VMDQ_ONLY },
		{ .lpbk_mode = 1 },
		{ .dcb_capability_en = RTE_ETH_DCB_PFC_SUPPORT },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(confs); i++)
		assert_true(rte_eth_dev_configure(port_id, 1, 1, &confs[i]) < 0);
	assert_int_equal(configure(1), 0);
}

static void
push_data(uint64_t id)
{
	static const uint32_t message[26] = { 1, sizeof(message), 36, 60 };

	scripted_push_rndis(0, message, sizeof(message), id);
}

static uint64_t
missed(void)
{
	struct rte_eth_stats stats;

	assert_int_equal(rte_eth_stats_get(port_id, &stats), 0);
	return stats.imissed;
}

static void
test_port_counts_on(void **state)
{
	(void)state;
	set_up(1);
	push_data(1);
	hear_host();
	assert_int_equal(missed(), 1);
	assert_int_equal(rte_eth_dev_set_mtu(port_id, 1400), 0);
	assert_int_equal(missed(), 1);
	assert_int_equal(rte_eth_stats_reset(port_id), 0);
	assert_int_equal(missed(), 0);
}

/* rte_eth_dev_priv_dump() in a string. */
static const char *
dump(void)
{
	static char text[8192];
	FILE *file = fmemopen(text, sizeof(text), "w");

	assert_non_null(file);
	assert_int_equal(rte_eth_dev_priv_dump(port_id, file), 0);
	fclose(file);
	return text;
}

/* The transmitting thread looks when all have been told, and the first run twice. */
static void
test_told_twice(void **state)
{
	unsigned int i;

	(void)state;
	start_port(1);
	for (i = 0; i < 64; i++)
		send_frame(long_frame);
	assert_int_equal(host.sent_count, 64);
	for (i = 0; i < HN_CHAN_COMPS_BULK; i++)
		scripted_complete(host.sent[i], SUCCESS);
	for (i = 0; i < 64; i++)
		scripted_complete(host.sent[i], SUCCESS);
	/* A few at a time. */
	for (i = 0; i < 64; i++)
		hear_host();
	assert_int_equal(xstat("tx_q0_stray_completions"), 0);
	assert_int_equal(xstat("tx_q0_surplus_completions"), 0);
	assert_int_equal(rte_eth_tx_done_cleanup(port_id, 0, 0), 64);
	assert_int_equal(xstat("tx_q0_stray_completions"), HN_CHAN_COMPS_BULK);
	assert_int_equal(rte_eth_dev_stop(port_id), 0);
	assert_int_equal(rte_eth_dev_is_removed(port_id), 0);
}

static void
test_dump_tells_the_ledger(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	start_port(1);
	send_frame(long_frame);
	send_frame(short_frame);
	push_data(1);
	push_data(2);
	hear_host();
	assert_non_null(strstr(dump(), "  MTU 1500, connected\n"));
	assert_non_null(strstr(dump(), "  received: 2 packets are not completed: 0 owed, "
			       "2 waiting, 0 begun, 0 kept, 0 released; they keep 2 ranges\n"));
	assert_non_null(strstr(dump(), "  sent: 2 descriptors are with the host, 0 being filled, "
			       "62 free; they keep 1 mbufs\n"));
	assert_non_null(strstr(dump(), "  send sections: 1 used, 41 free; bounce buffers: 0 used, "
			       "4 free\n"));
	assert_int_equal(rte_eth_rx_burst(port_id, 0, &m, 1), 1);
	rte_pktmbuf_free(m);
	assert_non_null(strstr(dump(), " 1 packets are not completed: 0 owed, 1 waiting"));
	scripted_complete(host.sent[0], SUCCESS);
	scripted_complete(host.sent[1], SUCCESS);
	assert_int_equal(rte_eth_dev_stop(port_id), 0);
	assert_non_null(strstr(dump(), " 0 packets are not completed"));
	assert_non_null(strstr(dump(), " 0 descriptors are with the host, 0 being filled, 64 "));
	assert_null(strstr(dump(), "ledger"));
}

static void
test_lost_section_is_found(void **state)
{
	struct rte_eth_dev *dev = &rte_eth_devices[port_id];
	struct hn_txq *txq;

	(void)state;
	start_port(1);
	txq = dev->data->tx_queues[0];
	assert_int_equal(hn_ledger_check(dev, "test"), 0);
	txq->buf.free_section_count--;
	assert_int_equal(hn_ledger_check(dev, "test"), 1);
	assert_non_null(strstr(dump(), "  ledger: Tx queue 0: send section 0 is lost\n"));
	txq->buf.free_section_count++;
	hn_proc_get(port_id)->channels.chan[0].shared->paid++;
	assert_int_equal(hn_ledger_check(dev, "test"), 1);
	assert_non_null(strstr(dump(), "  ledger: channel 0: -1 received packets are not "
			       "completed, 0 are found\n"));
	hn_proc_get(port_id)->channels.chan[0].shared->paid--;
	assert_int_equal(rte_eth_dev_stop(port_id), 0);
}

static void
test_lost_port_stays_lost(void **state)
{
	(void)state;
	set_up(1);
	lose_port();
	assert_int_equal(rte_eth_dev_set_mtu(port_id, 1400), -EIO);
	assert_true(rte_eth_dev_start(port_id) < 0);
	assert_int_equal(rte_eth_dev_is_removed(port_id), 1);
	/* Until it is asked for. */
	assert_int_equal(rte_eth_dev_reset(port_id), 0);
	assert_int_equal(rte_eth_dev_is_removed(port_id), 0);
	start_port(1);
	assert_int_equal(rte_eth_dev_stop(port_id), 0);
}

/* Its answers come when it goes on. */
static void
test_silent_start_leaves_the_filter_closed(void **state)
{
	(void)state;
	set_up(1);
	hn_proc_get(port_id)->rndis.timeout_ms = 50;
	host.fault = FAULT_LATE;
	host.fault_at = host.heard + 1;		/* no RSS: the filter */
	assert_int_equal(rte_eth_dev_start(port_id), -ETIMEDOUT);
	assert_int_equal(host.sets >= 2 && get32(scripted_last_set(2)->bytes) != 0, 1);
	assert_int_equal(host.filter, 0);
	assert_int_equal(rte_eth_dev_start(port_id), 0);
	assert_int_not_equal(host.filter, 0);
	assert_int_equal(rte_eth_dev_stop(port_id), 0);
}

static void
test_queue_that_cannot_stop_goes_on(void **state)
{
	(void)state;
	start_port(1);
	send_frame(short_frame);
	assert_int_equal(rte_eth_dev_tx_queue_stop(port_id, 0), -ETIMEDOUT);
	send_frame(short_frame);
	assert_int_equal(host.sent_count, 2);
	scripted_complete(host.sent[0], SUCCESS);
	scripted_complete(host.sent[1], SUCCESS);
	assert_int_equal(rte_eth_dev_tx_queue_stop(port_id, 0), 0);
	test_assert_pool_full();
	assert_int_equal(rte_eth_dev_stop(port_id), 0);
}

/* It reads nothing either. */
static void
test_talking_host_is_left(void **state)
{
	time_t begin;

	(void)state;
	start_port(1);
	host.chatter = true;
	host.tx_unread = UINT32_MAX;
	begin = time(NULL);
	assert_int_equal(rte_eth_dev_stop(port_id), 0);
	assert_true(time(NULL) - begin <= 3);
}

/* What it received is in its own transmit queue, and only the end of that frees it. */
static void
test_lost_with_its_own(void **state)
{
	struct rte_mbuf *m, *kept;

	(void)state;
	start_port(1);
	push_data(1);
	assert_int_equal(rte_eth_rx_burst(port_id, 0, &m, 1), 1);
	assert_true(RTE_MBUF_HAS_EXTBUF(m));
	assert_int_equal(rte_eth_tx_burst(port_id, 0, &m, 1), 1);
	push_data(2);
	assert_int_equal(rte_eth_rx_burst(port_id, 0, &kept, 1), 1);
	lose_port();
	/* But not while the program keeps one, too. */
	assert_true(rte_eth_dev_reset(port_id) < 0);
	rte_pktmbuf_free(kept);
	assert_int_equal(rte_eth_dev_reset(port_id), 0);
	test_assert_pool_full();
	start_port(1);
	assert_int_equal(rte_eth_dev_stop(port_id), 0);
}

static void
test_silent_while_frames_are_kept(void **state)
{
	struct rte_mbuf *kept;

	(void)state;
	start_port(1);
	push_data(1);
	assert_int_equal(rte_eth_rx_burst(port_id, 0, &kept, 1), 1);
	send_frame(long_frame);
	assert_int_equal(rte_eth_dev_stop(port_id), 0);
	assert_int_equal(rte_eth_dev_is_removed(port_id), 0);
	assert_int_equal(rte_eth_dev_start(port_id), -EBUSY);
	rte_pktmbuf_free(kept);
	test_assert_pool_full();
	assert_int_equal(rte_eth_dev_start(port_id), 0);
	assert_int_equal(rte_eth_dev_stop(port_id), 0);
}

#define PORT_CASE(sentence, function) { sentence, function, probe, take_away, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PORT_CASE("completions that are told twice push out none", test_told_twice),
		PORT_CASE("what is sent is freed when the port stops", test_port_sends_and_stops),
		PORT_CASE("a completion for a queue that has not started is nonsense",
			  test_port_knows_its_queues),
		PORT_CASE("frames that a lost host has not completed are freed with their queue",
			  test_lost_port_frees),
		PORT_CASE("modes of several queues that there are not, and loopback, are refused",
			  test_port_refuses_modes),
		PORT_CASE("what was counted as missed stays counted when the port connects anew",
			  test_port_counts_on),
		PORT_CASE("a dump tells who has what, and where it is lost",
			  test_dump_tells_the_ledger),
		PORT_CASE("a send section that is lost is found", test_lost_section_is_found),
		{ "a port whose host did not complete starts when what is kept is freed",
		  test_silent_while_frames_are_kept, probe_uncopied, take_away, NULL },
		{ "a port that was lost while it sent what it had received is reset",
		  test_lost_with_its_own, probe_uncopied, take_away, NULL },
		PORT_CASE("a lost port comes back by a reset, and by nothing else",
			  test_lost_port_stays_lost),
		PORT_CASE("a start that timed out leaves the filter closed",
			  test_silent_start_leaves_the_filter_closed),
		PORT_CASE("a queue that cannot stop goes on",
			  test_queue_that_cannot_stop_goes_on),
		PORT_CASE("a host that talks without end holds nobody up",
			  test_talking_host_is_left),
	};

	return cmocka_run_group_tests_name("hn_port", tests, test_start_eal, test_stop_eal);
}
