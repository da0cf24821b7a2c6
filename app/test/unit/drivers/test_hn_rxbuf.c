/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Packets that mbufs lead into: when their memory goes back, whoever frees
 * what, when and in which order.
 */

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#include <bus_vmbus_driver.h>

#include "hn_rxbuf.h"
#include "hn_rxmem.h"
#include "hn_test_eal.h"

#define PAGES 16u
#define RANGES_MAX 8u
#define THREADS 4
#define ROUNDS 300

static struct rte_vmbus_device device;
static struct hn_rxmem *mem;
static struct hn_rxbuf *buf;
static unsigned int taken;	/* regions that the driver has taken over */

static struct {
	uint64_t xactid[64];
	uint32_t status[64];
	uint32_t ranges;
	unsigned int count;
} done;

void *
rte_vmbus_take_region(struct rte_vmbus_device *dev, enum vmbus_map which, uint64_t *len)
{
	void *map = dev->region[which].map;

	*len = dev->region[which].map_len;
	memset(&dev->region[which], 0, sizeof(dev->region[which]));
	taken++;
	return map;
}

static void
note_done(void *ctx, uint64_t xactid, uint32_t status, uint32_t ranges)
{
	assert_ptr_equal(ctx, &done);
	done.xactid[done.count % 64] = xactid;
	done.ranges += ranges;
	done.status[done.count++ % 64] = status;
}

static unsigned int
collect(void)
{
	unsigned int before = done.count;

	hn_rxbuf_collect(buf, note_done, &done);
	return done.count - before;
}

static int
start(void **state)
{
	struct vmbus_region *region = &device.region[VMBUS_MAP_RECV_BUF];

	(void)state;
	memset(&done, 0, sizeof(done));
	memset(&device, 0, sizeof(device));
	taken = 0;
	device.device_id[0] = 1;
	region->map_len = PAGES * 4096;
	region->map = mmap(NULL, region->map_len, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	region->addr = region->map;
	region->len = region->map_len;
	mem = hn_rxmem_create(&device);
	buf = mem != NULL ? hn_rxbuf_create(mem, RANGES_MAX) : NULL;
	return buf != NULL ? 0 : -1;
}

/* The connection ends. */
static void
end(void)
{
	hn_rxbuf_end(buf);
	hn_rxmem_end(mem, &device);
}

static int
stop(void **state)
{
	(void)state;
	end();
	assert_false(hn_rxmem_is_held(device.device_id));
	test_assert_pool_full();
	munmap(device.region[VMBUS_MAP_RECV_BUF].map, device.region[VMBUS_MAP_RECV_BUF].map_len);
	return 0;
}

/* An mbuf that leads to len bytes at an offset. */
static struct rte_mbuf *
lead(struct hn_rxhold *hold, uint32_t offset, uint32_t len, bool chains)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(test_pool);

	assert_non_null(m);
	if (hn_rxbuf_attach(hold, m, mem->base + offset, len, chains) < 0) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	rte_mbuf_sanity_check(m, 1);
	return m;
}

static void
completed_with_the_last_mbuf(void **state)
{
	struct hn_rxhold *hold = hn_rxbuf_hold(buf, 42, 3);
	struct rte_mbuf *m[3];

	(void)state;
	m[0] = lead(hold, 0, 100, false);
	m[1] = lead(hold, 2000, 100, false);
	m[2] = lead(hold, 8000, 100, false);
	assert_ptr_equal(rte_pktmbuf_mtod(m[1], uint8_t *), mem->base + 2000);
	assert_int_equal(rte_mbuf_data_iova(m[1]), rte_mem_virt2iova(mem->base) + 2000);
	rte_pktmbuf_free(m[1]);
	assert_false(hn_rxbuf_settle(hold, 1));
	rte_pktmbuf_free(m[2]);
	assert_int_equal(collect(), 0);
	rte_pktmbuf_free(m[0]);
	assert_true(hn_rxbuf_has_released(buf));
	assert_int_equal(collect(), 1);
	assert_int_equal(done.xactid[0], 42);
	assert_int_equal(done.status[0], 1);
	assert_false(hn_rxbuf_has_released(buf));
	assert_int_equal(collect(), 0);
}

static void
freed_before_it_is_settled(void **state)
{
	struct hn_rxhold *hold = hn_rxbuf_hold(buf, 1, 1);

	(void)state;
	rte_pktmbuf_free(lead(hold, 0, 100, false));
	assert_int_equal(collect(), 0);
	/* Then the caller completes it. */
	assert_true(hn_rxbuf_settle(hold, 1));
	assert_int_equal(collect(), 0);
	assert_int_equal(buf->ranges, 0);
}

static void
any_order(void **state)
{
	struct hn_rxhold *hold[4];
	struct rte_mbuf *m[4];
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		hold[i] = hn_rxbuf_hold(buf, i, 1);
		m[i] = lead(hold[i], i * 64, 64, false);
		assert_false(hn_rxbuf_settle(hold[i], i));
	}
	rte_pktmbuf_free(m[2]);
	rte_pktmbuf_free(m[0]);
	rte_pktmbuf_free(m[3]);
	assert_int_equal(collect(), 3);
	for (i = 0; i < 3; i++)
		assert_int_equal(done.xactid[i], done.status[i]);
	assert_int_equal(done.ranges, 3);
	assert_int_equal(buf->ranges, 1);
	rte_pktmbuf_free(m[1]);
	assert_int_equal(collect(), 1);
	assert_int_equal(buf->ranges, 0);
}

static void
no_more_than_its_share(void **state)
{
	struct hn_rxhold *hold = hn_rxbuf_hold(buf, 1, RANGES_MAX - 1), *more;

	(void)state;
	assert_null(hn_rxbuf_hold(buf, 2, 2));
	more = hn_rxbuf_hold(buf, 2, 1);
	assert_non_null(more);
	assert_null(hn_rxbuf_hold(buf, 3, 1));
	assert_true(hn_rxbuf_settle(hold, 1));
	assert_true(hn_rxbuf_settle(more, 1));
	hold = hn_rxbuf_hold(buf, 4, RANGES_MAX);
	assert_non_null(hold);
	assert_true(hn_rxbuf_settle(hold, 1));
	/* A share that has become smaller meanwhile. */
	buf->ranges = 5;
	buf->ranges_max = 2;
	assert_null(hn_rxbuf_hold(buf, 5, 1));
	buf->ranges = 0;
}

/* Pages that are not in a row: pretend that one lies elsewhere. */
static void
a_step_aside_makes_a_chain_or_a_copy(void **state)
{
	struct hn_rxhold *hold = hn_rxbuf_hold(buf, 1, 1);
	struct rte_mbuf *m;

	(void)state;
	mem->page[0].row_end = 4096;
	mem->page[1].iova = mem->page[0].iova + 8 * 4096;
	mem->page[1].row_end = 2 * 4096;
	m = lead(hold, 4000, 500, true);
	assert_non_null(m);
	assert_int_equal(m->nb_segs, 2);
	assert_int_equal(m->pkt_len, 500);
	assert_int_equal(m->data_len, 96);
	assert_int_equal(rte_mbuf_data_iova(m), mem->page[0].iova + 4000);
	assert_int_equal(m->next->data_len, 404);
	assert_int_equal(rte_mbuf_data_iova(m->next), mem->page[1].iova);
	rte_pktmbuf_free(m);
	assert_null(lead(hold, 4000, 500, false));
	/* In a row again from page 2 on. */
	m = lead(hold, 2 * 4096, 3 * 4096, false);
	assert_non_null(m);
	assert_int_equal(m->nb_segs, 1);
	rte_pktmbuf_free(m);
	assert_true(hn_rxbuf_settle(hold, 1));
}

static void
what_is_kept_needs_no_owner(void **state)
{
	struct hn_rxhold *hold[2] = { hn_rxbuf_hold(buf, 1, 1), hn_rxbuf_hold(buf, 2, 1) };
	struct rte_mbuf *m[2];
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		m[i] = lead(hold[i], 0, 100, false);
		assert_false(hn_rxbuf_settle(hold[i], 1));
	}
	assert_int_equal(hn_rxbuf_kept(buf), 2);
	rte_pktmbuf_free(m[0]);
	assert_int_equal(hn_rxbuf_kept(buf), 1);
	rte_pktmbuf_free(m[1]);
	/* Nobody has collected anything. */
	assert_int_equal(hn_rxbuf_kept(buf), 0);
	assert_int_equal(collect(), 2);
	assert_int_equal(hn_rxbuf_kept(buf), 0);
}

static void
late_after_close(void **state)
{
	struct hn_rxhold *hold = hn_rxbuf_hold(buf, 1, 1);
	struct rte_mbuf *m = lead(hold, 100, 200, false);
	uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);

	memset(data, 0x5a, 200);
	assert_false(hn_rxbuf_settle(hold, 1));
	end();
	assert_int_equal(taken, 1);
	assert_true(hn_rxmem_is_held(device.device_id));
	/* The bus has nothing of it to unmap; it is still there. */
	assert_null(device.region[VMBUS_MAP_RECV_BUF].map);
	assert_int_equal(data[199], 0x5a);
	rte_pktmbuf_free(m);
	assert_false(hn_rxmem_is_held(device.device_id));
	/* For stop(). */
	start(state);
}

static void
closed_without_mbufs_is_the_bus_s(void **state)
{
	end();
	assert_int_equal(taken, 0);
	assert_non_null(device.region[VMBUS_MAP_RECV_BUF].map);
	munmap(device.region[VMBUS_MAP_RECV_BUF].map, PAGES * 4096);
	start(state);
}

/* Threads that free what the owner hands out. */
static struct rte_mbuf *handed[THREADS];
static int ended;

static void *
free_what_comes(void *arg)
{
	struct rte_mbuf **slot = arg, *m;

	while (!__atomic_load_n(&ended, __ATOMIC_ACQUIRE) ||
	       __atomic_load_n(slot, __ATOMIC_ACQUIRE) != NULL) {
		m = __atomic_exchange_n(slot, NULL, __ATOMIC_ACQ_REL);
		/* Not into the pool, which is no thread's but ours: only let go of the memory. */
		if (m != NULL)
			rte_pktmbuf_detach(m);
		else
			sched_yield();
	}
	return NULL;
}

static void
threads_free_at_the_same_time(void **state)
{
	struct rte_mbuf *own[THREADS];
	pthread_t thread[THREADS];
	struct hn_rxhold *hold;
	unsigned int i, round, direct = 0;

	(void)state;
	ended = 0;
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, free_what_comes, &handed[i]), 0);
	for (round = 0; round < ROUNDS; round++) {
		do {
			collect();
			hold = hn_rxbuf_hold(buf, round, 1);
		} while (hold == NULL);
		for (i = 0; i < THREADS; i++) {
			while (__atomic_load_n(&handed[i], __ATOMIC_ACQUIRE) != NULL)
				sched_yield();
			own[i] = rte_pktmbuf_alloc(test_pool);
			assert_int_equal(hn_rxbuf_attach(hold, own[i], mem->base, 100, false), 0);
			__atomic_store_n(&handed[i], own[i], __ATOMIC_RELEASE);
		}
		direct += hn_rxbuf_settle(hold, 1);
		/* Empty again, they go back from here. */
		for (i = 0; i < THREADS; i++) {
			while (__atomic_load_n(&handed[i], __ATOMIC_ACQUIRE) != NULL)
				sched_yield();
			while (RTE_MBUF_HAS_EXTBUF((volatile struct rte_mbuf *)own[i]))
				sched_yield();
			rte_pktmbuf_free(own[i]);
		}
	}
	__atomic_store_n(&ended, 1, __ATOMIC_RELEASE);
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	collect();
	assert_int_equal(done.count + direct, ROUNDS);
	assert_int_equal(buf->ranges, 0);
}

#define RXBUF_CASE(sentence, function) { sentence, function, start, stop, NULL }

int
main(void)
{
	const struct CMUnitTest cases[] = {
		RXBUF_CASE("a packet is completed with the last mbuf that led into it",
			   completed_with_the_last_mbuf),
		RXBUF_CASE("mbufs that are freed at once leave the completion to the caller",
			   freed_before_it_is_settled),
		RXBUF_CASE("packets are completed in any order", any_order),
		RXBUF_CASE("no more is kept than the channel's share", no_more_than_its_share),
		RXBUF_CASE("pages that are not in a row make a chain, or a copy",
			   a_step_aside_makes_a_chain_or_a_copy),
		RXBUF_CASE("whether packets are kept shows without a look at what was released",
			   what_is_kept_needs_no_owner),
		RXBUF_CASE("an mbuf freed after close finds its memory, and takes it along",
			   late_after_close),
		RXBUF_CASE("without mbufs the memory stays the bus's",
			   closed_without_mbufs_is_the_bus_s),
		RXBUF_CASE("threads free at the same time and nothing is lost",
			   threads_free_at_the_same_time),
	};

	return cmocka_run_group_tests_name("hn_rxbuf", cases, test_start_eal, test_stop_eal);
}
