/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * For unit tests that handle mbufs: EAL without hugepages and devices, a pool,
 * and port 0 with a channel that belongs to the test.
 */

#ifndef HN_TEST_EAL_H
#define HN_TEST_EAL_H

#include <errno.h>
#include <stdlib.h>

#include <ethdev_driver.h>
#include <rte_eal.h>
#include <rte_mbuf.h>

#include "hn_proc.h"
#include "hn_test.h"

#define TEST_POOL_COUNT 511u
#define TEST_ROOM 2048u		/* bytes of data in an mbuf */

static struct hn_proc test_proc;
static struct rte_mempool *test_pool;

/*
 * What is free is a stack, here in the test: no plugin has to be found, and what
 * is freed twice is seen at once.
 */
static void *test_free_objs[TEST_POOL_COUNT];
static unsigned int test_free_count;

static int
test_pool_alloc(struct rte_mempool *pool)
{
	(void)pool;
	test_free_count = 0;
	return 0;
}

static void
test_pool_free(struct rte_mempool *pool)
{
	(void)pool;
}

static int
test_pool_enqueue(struct rte_mempool *pool, void *const *objs, unsigned int count)
{
	unsigned int i, k;

	(void)pool;
	for (i = 0; i < count; i++) {
		for (k = 0; k < test_free_count; k++)
			if (test_free_objs[k] == objs[i])
				fail_msg("an mbuf was freed twice");
		assert_true(test_free_count < TEST_POOL_COUNT);
		test_free_objs[test_free_count++] = objs[i];
	}
	return 0;
}

static int
test_pool_dequeue(struct rte_mempool *pool, void **objs, unsigned int count)
{
	unsigned int i;

	(void)pool;
	if (count > test_free_count)
		return -ENOBUFS;
	for (i = 0; i < count; i++)
		objs[i] = test_free_objs[--test_free_count];
	return 0;
}

static unsigned int
test_pool_count(const struct rte_mempool *pool)
{
	(void)pool;
	return test_free_count;
}

static const struct rte_mempool_ops test_pool_ops = {
	.name = "ring_mp_mc",	/* mempools insist on one of this name */
	.alloc = test_pool_alloc,
	.free = test_pool_free,
	.enqueue = test_pool_enqueue,
	.dequeue = test_pool_dequeue,
	.get_count = test_pool_count,
};

RTE_MEMPOOL_REGISTER_OPS(test_pool_ops);

static inline int
test_start_eal(void **state)
{
	static char args[][24] = {
		"test", "--no-huge", "--no-pci", "--no-telemetry", "--no-shconf",
		"-m", "64", "-l", "0", "--log-level=error",
	};
	char *argv[sizeof(args) / sizeof(args[0])];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(args) / sizeof(args[0]); i++)
		argv[i] = args[i];
	if (rte_eal_init((int)i, argv) < 0)
		return -1;
	test_pool = rte_pktmbuf_pool_create_by_ops("test", TEST_POOL_COUNT, 0, 0,
						   RTE_PKTMBUF_HEADROOM + TEST_ROOM, 0,
						   test_pool_ops.name);
	rte_eth_devices[0].process_private = &test_proc;
	return test_pool != NULL ? 0 : -1;
}

static inline int
test_stop_eal(void **state)
{
	(void)state;
	rte_mempool_free(test_pool);
	return rte_eal_cleanup();
}

/* All mbufs are back: none lost, none freed twice. */
static inline void
test_assert_pool_full(void)
{
	assert_int_equal(rte_mempool_avail_count(test_pool), TEST_POOL_COUNT);
}

/* A chain of pieces of the given lengths, ended by 0, with the frame's pattern. */
static inline struct rte_mbuf *
test_frame(uint32_t frame, const uint16_t *pieces)
{
	struct rte_mbuf *head = NULL, *m;
	uint32_t at = 0;
	uint16_t i;

	for (; *pieces != 0; pieces++) {
		m = rte_pktmbuf_alloc(test_pool);
		assert_non_null(m);
		assert_non_null(rte_pktmbuf_append(m, *pieces));
		for (i = 0; i < *pieces; i++)
			rte_pktmbuf_mtod(m, uint8_t *)[i] = pattern(frame, at++);
		if (head == NULL)
			head = m;
		else
			assert_int_equal(rte_pktmbuf_chain(head, m), 0);
	}
	return head;
}

#endif /* HN_TEST_EAL_H */
