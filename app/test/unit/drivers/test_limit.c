/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The yardstick of the bench, without its thread: what it is said to move arrives,
 * in both directions, and everything goes back to whom it belongs.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <rte_mbuf.h>

#include "hn_test_eal.h"
#include "limit.h"

#define BURST 32u
#define ROUNDS 2000u		/* more than the rings and the receive buffer hold */

static struct limit_memory memory;
static struct limit_host host;

static int
setup(void **state)
{
	(void)state;
	return limit_memory_map(&memory);
}

static int
teardown(void **state)
{
	(void)state;
	limit_memory_unmap(&memory);
	return 0;
}

static void
check_received(const struct rte_mbuf *m, uint32_t section, uint32_t len)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t i;

	assert_int_equal(m->pkt_len, len);
	assert_int_equal(m->data_len, len);
	assert_int_equal(m->port, 7);
	assert_int_equal(m->nb_segs, 1);
	assert_null(m->next);
	for (i = 0; i < len; i++)
		assert_int_equal(frame[i], (section + i) % 251);
}

static void
check_receiving(uint32_t len)
{
	struct rte_mbuf *pkts[BURST];
	unsigned int before = rte_mempool_avail_count(test_pool);
	uint32_t round, i, seq = 0;
	struct limit_rxq rxq;

	limit_host_init(&host, &memory, true, BURST, len);
	limit_rx_init(&rxq, &memory, BURST, test_pool, 7);
	assert_int_equal(limit_rx_burst(&rxq, pkts, BURST), 0);
	for (round = 0; round < ROUNDS; round++) {
		limit_host_poll(&host);
		/* Not as packets begin. */
		for (i = 0; i < BURST; i += 8) {
			uint32_t k;

			assert_int_equal(limit_rx_burst(&rxq, pkts, 8), 8);
			for (k = 0; k < 8; k++)
				check_received(pkts[k], seq++ % host.sections, len);
			rte_pktmbuf_free_bulk(pkts, 8);
		}
	}
	assert_true(seq > host.sections);
	/* All that came was completed: the host has but what waits in the ring. */
	while (limit_rx_burst(&rxq, pkts, BURST) == BURST)
		rte_pktmbuf_free_bulk(pkts, BURST);
	(void)limit_host_poll(&host);
	assert_true(host.held <= 32 * BURST);
	assert_int_equal(rte_mempool_avail_count(test_pool), before);
	assert_int_equal(rxq.doorbells, 0);
}

static void
test_received_frames_are_the_hosts(void **state)
{
	(void)state;
	check_receiving(64);
	memset(memory.in, 0, LIMIT_PAGE);
	memset(memory.out, 0, LIMIT_PAGE);
	check_receiving(1514);
}

/* The messages of a section are the frames, in order; returns the next one. */
static uint8_t
check_section(const struct limit_send *send, uint32_t len, uint8_t next)
{
	const uint8_t *at = memory.txbuf + send->nvsp.section * LIMIT_SECTION_LEN;
	const uint8_t *end = at + send->nvsp.section_len;
	struct limit_message message;
	uint32_t i;

	while (at < end) {
		memcpy(&message, at, sizeof(message));
		assert_int_equal(message.type, 1);
		assert_int_equal(message.len % 8, 0);
		assert_int_equal(message.data_offset, 36);
		assert_int_equal(message.data_len, len);
		for (i = 0; i < len; i++)
			assert_int_equal(at[44 + i], next);
		for (; 44 + i < message.len; i++)
			assert_int_equal(at[44 + i], 0);
		next++;
		at += message.len;
	}
	assert_ptr_equal(at, end);
	return next;
}

static void
check_sending(uint32_t len)
{
	unsigned int before = rte_mempool_avail_count(test_pool);
	uint32_t round, i, read = 0;
	struct limit_txq txq;
	struct rte_mbuf *pkts[BURST];
	uint8_t number = 0, next = 0;

	limit_host_init(&host, &memory, false, BURST, len);
	limit_tx_init(&txq, &memory);
	for (round = 0; round < ROUNDS; round++) {
		assert_int_equal(rte_pktmbuf_alloc_bulk(test_pool, pkts, BURST), 0);
		for (i = 0; i < BURST; i++)
			memset(rte_pktmbuf_append(pkts[i], (uint16_t)len), number++, len);
		assert_int_equal(limit_tx_burst(&txq, pkts, BURST), BURST);
		while (read != memory.out->write_index) {
			const struct limit_send *packet =
				(const void *)(memory.out->data + read);

			next = check_section(packet, len, next);
			read += sizeof(*packet);
			read = read == host.out.size ? 0 : read;
		}
		assert_int_equal(next, number);
		while (limit_host_poll(&host) != 0)
			;
	}
	assert_int_equal(rte_mempool_avail_count(test_pool), before);
	assert_int_equal(limit_tx_burst(&txq, pkts, 0), 0);
	assert_int_equal(txq.doorbells, 0);
}

static void
test_sent_frames_are_in_the_sections(void **state)
{
	(void)state;
	memset(memory.in, 0, LIMIT_PAGE);
	memset(memory.out, 0, LIMIT_PAGE);
	check_sending(64);
	memset(memory.in, 0, LIMIT_PAGE);
	memset(memory.out, 0, LIMIT_PAGE);
	check_sending(1514);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "what the yardstick receives is what the host wrote, for ever",
		  test_received_frames_are_the_hosts, setup, teardown, NULL },
		{ "what the yardstick sends lies in its sections, frame after frame",
		  test_sent_frames_are_in_the_sections, setup, teardown, NULL },
	};

	return cmocka_run_group_tests_name("limit", tests, test_start_eal, test_stop_eal);
}
