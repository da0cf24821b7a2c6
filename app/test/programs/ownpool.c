/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * hv-ownpool: a secondary process that sends 4000 frames by queue 1 of port 0 from
 * a pool that it has made itself, most of it in memory that EAL has allocated for
 * it since the primary process began. Byte i of frame n is n + i, modulo 256. It
 * ends well when all mbufs are back.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define QUEUE 1
#define FRAMES 4000
#define FRAME_LEN 1400
#define MBUFS 16383
#define WAIT_SECONDS 10

static struct rte_mbuf *
make_frame(struct rte_mempool *pool, unsigned int number)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	unsigned int i;
	uint8_t *data;

	if (m == NULL)
		rte_exit(EXIT_FAILURE, "out of mbufs\n");
	data = (uint8_t *)rte_pktmbuf_append(m, FRAME_LEN);
	for (i = 0; i < FRAME_LEN; i++)
		data[i] = (uint8_t)(number + i);
	return m;
}

/* The queue takes it sooner or later, or the program ends. */
static void
send_frame(struct rte_mbuf *m)
{
	uint64_t end = rte_get_timer_cycles() + WAIT_SECONDS * rte_get_timer_hz();

	while (rte_eth_tx_burst(0, QUEUE, &m, 1) == 0)
		if (rte_get_timer_cycles() > end)
			rte_exit(EXIT_FAILURE, "the queue takes no frame\n");
}

/* Bursts take the completions, with or without a frame. */
static void
wait_all_back(const struct rte_mempool *pool)
{
	uint64_t end = rte_get_timer_cycles() + WAIT_SECONDS * rte_get_timer_hz();

	while (rte_mempool_in_use_count(pool) != 0) {
		rte_eth_tx_done_cleanup(0, QUEUE, 0);
		if (rte_get_timer_cycles() > end)
			rte_exit(EXIT_FAILURE, "%u mbufs are not back\n",
				 rte_mempool_in_use_count(pool));
	}
}

int
main(int argc, char **argv)
{
	struct rte_mempool *pool;
	unsigned int number;

	if (rte_eal_init(argc, argv) < 0)
		rte_exit(EXIT_FAILURE, "EAL: %s\n", rte_strerror(rte_errno));
	pool = rte_pktmbuf_pool_create("ownpool", MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	if (pool == NULL)
		rte_exit(EXIT_FAILURE, "a pool: %s\n", rte_strerror(rte_errno));
	for (number = 0; number < FRAMES; number++)
		send_frame(make_frame(pool, number));
	wait_all_back(pool);
	rte_mempool_free(pool);
	rte_eal_cleanup();
	return 0;
}
