/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_debug.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "numbered.h"
#include "ports.h"
#include "workers.h"

const char *const workers_mode_names[WORKERS_MODES] = {
	[WORKERS_RXONLY] = "rxonly",
	[WORKERS_TXONLY] = "txonly",
	[WORKERS_IO] = "io",
	[WORKERS_DONE] = "done",
};

/* How long a worker that rests sleeps before it looks for another order. */
#define REST_US 50

/* Of several queues the host's generator goes round so many flows. */
#define FLOWS 64u
/* Streams of numbered frames from here on are ours: one of each queue. */
#define STREAM_FIRST 64u

/* What the main thread wants. */
enum order {
	ORDER_WORK,
	ORDER_REST,
	ORDER_DO,
	ORDER_END,
};

struct worker {
	uint16_t queue;
	uint32_t order;			/* enum order, that it obeys */
	struct workers_counts counts;
	uint64_t next_seq;		/* of the numbered frame that it sends next */
	uint64_t expected[FLOWS];	/* by flow: no lower number comes any more */
} __rte_cache_aligned;

static struct workers_config config;
static struct worker workers[BENCH_QUEUES_MAX];
static uint32_t order __rte_cache_aligned;

/* What it takes to look at the clock, in TSC cycles. */
static uint64_t clock_cost;
/* A burst that takes longer was interrupted, by whatever else the machine does. */
#define CLOCK_LONGEST_US 100u
static uint64_t clock_longest;

/* Of ORDER_DO: what is done, and how many are there to begin. */
static void (*task)(uint16_t queue);
static uint32_t task_ready __rte_cache_aligned;

/* The work. */

/* What a program does with a frame: it takes its time, which does not depend on the driver. */
static void
work_on(uint16_t frames)
{
	uint64_t end = rte_rdtsc() + (uint64_t)frames * config.work;

	while (config.work != 0 && rte_rdtsc() < end)
		;
}

/* Each is whole, and of its flow behind those that have come. */
static void
work_verify(struct worker *worker, struct rte_mbuf **pkts, uint16_t count)
{
	uint64_t *expected, seq;
	uint16_t i;

	for (i = 0; i < count; i++) {
		if (!numbered_check(pkts[i], config.frame, &seq)) {
			worker->counts.bad++;
			continue;
		}
		expected = &worker->expected[config.count > 1 ? seq % FLOWS : 0];
		worker->counts.bad += seq < *expected;
		worker->counts.good += seq >= *expected;
		*expected = seq + 1;
	}
}

/* What drivers take. */

static inline uint64_t
clock_begin(void)
{
	return config.clock != 0 ? rte_rdtsc() : 0;
}

/* frames: that a whole burst moved since then; 0 if it was none. */
static inline void
clock_end(struct worker *worker, uint64_t begin, uint16_t frames)
{
	uint64_t cycles = rte_rdtsc() - begin - clock_cost;

	if (config.clock == 0 || frames == 0 || cycles + clock_cost > clock_longest)
		return;
	worker->counts.busy_cycles += cycles;
	worker->counts.busy_frames += frames;
	worker->counts.busy++;
}

/* The least that is between two looks at it: often enough to meet no interruption. */
static uint64_t
clock_measure(void)
{
	uint64_t least = UINT64_MAX, begin;
	uint32_t i;

	for (i = 0; i < 1000; i++) {
		begin = rte_rdtsc();
		least = RTE_MIN(least, rte_rdtsc() - begin);
	}
	return least;
}

static void
work_rxonly(struct worker *worker, uint16_t port)
{
	struct rte_mbuf *pkts[WORKERS_BURST_MAX];
	uint64_t begin = clock_begin();
	uint16_t got = rte_eth_rx_burst(port, worker->queue, pkts, (uint16_t)config.burst);

	clock_end(worker, begin, got);
	worker->counts.polls++;
	worker->counts.empty += got == 0;
	worker->counts.received += got;
	if (config.verify)
		work_verify(worker, pkts, got);
	work_on(got);
	rte_pktmbuf_free_bulk(pkts, got);
}

/* begin: of the clock. */
static uint16_t
work_send(struct worker *worker, uint16_t port, struct rte_mbuf **pkts, uint16_t count,
	  uint64_t begin)
{
	uint16_t sent = rte_eth_tx_burst(port, worker->queue, pkts, count);

	clock_end(worker, begin, sent == count ? sent : 0);
	worker->counts.sent += sent;
	worker->counts.unsent += count - sent;
	if (sent < count)
		rte_pktmbuf_free_bulk(pkts + sent, count - sent);
	return sent;
}

static void
work_io(struct worker *worker, uint16_t port)
{
	struct rte_mbuf *pkts[WORKERS_BURST_MAX];
	uint64_t begin = clock_begin();
	uint16_t got = rte_eth_rx_burst(port, worker->queue, pkts, (uint16_t)config.burst);
	uint64_t spent = clock_begin() - begin;

	worker->counts.polls++;
	worker->counts.empty += got == 0;
	worker->counts.received += got;
	work_on(got);
	if (got != 0)
		work_send(worker, port ^ 1, pkts, got, clock_begin() - spent);
}

static void
work_number(const struct worker *worker, struct rte_mbuf **pkts)
{
	uint32_t i;

	for (i = 0; i < config.burst; i++)
		numbered_write(rte_pktmbuf_mtod(pkts[i], uint8_t *), config.frame,
			       (uint8_t)(STREAM_FIRST + worker->queue), worker->next_seq + i);
}

static void
work_txonly(struct worker *worker, uint16_t port)
{
	struct rte_mbuf *pkts[WORKERS_BURST_MAX];
	uint16_t sent;
	uint32_t i;

	worker->counts.polls++;
	if (rte_pktmbuf_alloc_bulk(ports_pools[worker->queue], pkts, config.burst) != 0) {
		/* All are with the driver: ask it for some. */
		worker->counts.empty++;
		(void)rte_eth_tx_burst(port, worker->queue, pkts, 0);
		return;
	}
	work_on((uint16_t)config.burst);
	for (i = 0; i < config.burst; i++) {
		pkts[i]->data_len = (uint16_t)config.frame;
		pkts[i]->pkt_len = config.frame;
	}
	if (config.verify)
		work_number(worker, pkts);
	sent = work_send(worker, port, pkts, (uint16_t)config.burst, clock_begin());
	worker->counts.empty += sent == 0;
	worker->next_seq += sent;
}

static void
work_done(struct worker *worker, uint16_t port)
{
	worker->counts.polls++;
	worker->counts.empty += rte_eth_tx_done_cleanup(port, worker->queue, 0) < 0;
}

static void (*const work[WORKERS_MODES])(struct worker *worker, uint16_t port) = {
	[WORKERS_RXONLY] = work_rxonly,
	[WORKERS_TXONLY] = work_txonly,
	[WORKERS_IO] = work_io,
	[WORKERS_DONE] = work_done,
};

/* To receive or send is measured on the first port alone. */
static uint16_t
ports_used(void)
{
	return config.mode == WORKERS_IO ? ports_count & ~1u : 1;
}

/* They begin when all are there, or never if one is not. */
static void
worker_do(struct worker *worker)
{
	__atomic_fetch_add(&task_ready, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&task_ready, __ATOMIC_RELAXED) < config.count)
		if (__atomic_load_n(&order, __ATOMIC_RELAXED) != ORDER_DO)
			return;
	task(worker->queue);
}

static int
worker_main(void *arg)
{
	struct worker *worker = arg;
	uint32_t now = ORDER_WORK;
	uint16_t port;

	while (now != ORDER_END) {
		for (port = 0; now == ORDER_WORK && port < ports_used(); port++)
			work[config.mode](worker, port);
		now = __atomic_load_n(&order, __ATOMIC_ACQUIRE);
		if (now == ORDER_DO && worker->order != ORDER_DO)
			worker_do(worker);
		/* Others may want this core meanwhile, such as the host that fills the rings. */
		if (now == worker->order && now != ORDER_WORK)
			rte_delay_us_sleep(REST_US);
		/* Release: what was done before is done for whoever sees that we rest. */
		if (now != worker->order)
			__atomic_store_n(&worker->order, now, __ATOMIC_RELEASE);
	}
	return 0;
}

/* The main thread's side. */

enum workers_mode
workers_mode_of(const char *name)
{
	int mode = 0;

	while (mode < WORKERS_MODES && strcmp(workers_mode_names[mode], name) != 0)
		mode++;
	return mode;
}

/* pause_us: to sleep between two looks, or 0. */
static bool
workers_obey(uint32_t wanted, uint32_t timeout_ms, uint32_t pause_us)
{
	uint64_t end = rte_get_timer_cycles() + timeout_ms * rte_get_timer_hz() / 1000;
	uint32_t i;

	__atomic_store_n(&order, wanted, __ATOMIC_RELEASE);
	for (i = 0; i < config.count; i++) {
		while (__atomic_load_n(&workers[i].order, __ATOMIC_ACQUIRE) != wanted) {
			if (rte_get_timer_cycles() > end)
				return false;
			if (pause_us != 0)
				rte_delay_us_sleep(pause_us);
		}
	}
	return true;
}

uint32_t
workers_number(void)
{
	return config.count;
}

uint32_t
workers_frame(void)
{
	return config.frame;
}

bool
workers_rest(uint32_t timeout_ms)
{
	return workers_obey(ORDER_REST, timeout_ms, 0);
}

bool
workers_do(void (*act)(uint16_t queue), uint32_t timeout_ms)
{
	bool done;

	task = act;
	__atomic_store_n(&task_ready, 0, __ATOMIC_RELAXED);
	/* This thread may share its core with one of them. */
	done = workers_obey(ORDER_DO, timeout_ms, REST_US);
	return workers_obey(ORDER_REST, timeout_ms, 0) && done;
}

void
workers_resume(void)
{
	__atomic_store_n(&order, ORDER_WORK, __ATOMIC_RELEASE);
}

bool
workers_change(enum workers_mode mode, uint32_t burst, uint32_t timeout_ms)
{
	if (!workers_rest(timeout_ms))
		return false;
	config.mode = mode;
	config.burst = burst;
	workers_resume();
	return true;
}

/* Its own function, for a profiler to find. */
__rte_noinline void
workers_burst(void)
{
	work[config.mode](&workers[0], 0);
}

static struct workers_counts
counts_since(const struct workers_counts *before, const struct workers_counts *now)
{
	return (struct workers_counts){
		.received = now->received - before->received,
		.sent = now->sent - before->sent,
		.unsent = now->unsent - before->unsent,
		.polls = now->polls - before->polls,
		.empty = now->empty - before->empty,
	};
}

static void
wait_until(uint64_t cycles)
{
	uint64_t now = rte_get_timer_cycles();

	if (now < cycles)
		rte_delay_us_sleep((unsigned int)((cycles - now) * 1000000 / rte_get_timer_hz()));
}

/* Not inlined, for a profiler to begin and to end with it. */
__rte_noinline struct workers_counts
workers_count(uint32_t bursts, uint32_t period_us)
{
	struct workers_counts before = workers[0].counts;
	uint64_t period = period_us * rte_get_timer_hz() / 1000000;
	uint64_t next = rte_get_timer_cycles();

	for (; bursts != 0; bursts--) {
		if (config.mode == WORKERS_DONE)
			work_txonly(&workers[0], 0);
		/* By the clock: as many as come, however long a burst takes. */
		next += period;
		wait_until(next);
		workers_burst();
	}
	return counts_since(&before, &workers[0].counts);
}

bool
workers_stop(uint32_t timeout_ms)
{
	bool obeyed = workers_obey(ORDER_END, timeout_ms, 0);

	if (obeyed)
		rte_eal_mp_wait_lcore();
	return obeyed;
}

struct workers_counts
workers_read(void)
{
	struct workers_counts sum = { 0 };
	uint32_t i;

	/* Each is one aligned word with one writer: at worst a little old. */
	for (i = 0; i < config.count; i++) {
		const volatile struct workers_counts *counts = &workers[i].counts;

		sum.received += counts->received;
		sum.sent += counts->sent;
		sum.unsent += counts->unsent;
		sum.polls += counts->polls;
		sum.empty += counts->empty;
		sum.busy += counts->busy;
		sum.busy_frames += counts->busy_frames;
		sum.busy_cycles += counts->busy_cycles;
		sum.good += counts->good;
		sum.bad += counts->bad;
	}
	return sum;
}

/* To nobody, from nobody, of an experimental type; stays in the mbuf from use to use. */
static void
write_frame(struct rte_mempool *pool, void *arg, void *obj, unsigned int number)
{
	static const uint8_t header[] = {
		0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, 0x88, 0xb5,
	};
	struct rte_mbuf *m = obj;
	uint8_t *frame = (uint8_t *)m->buf_addr + RTE_PKTMBUF_HEADROOM;

	(void)pool;
	(void)arg;
	memset(frame, (int)number, config.frame);
	memcpy(frame, header, sizeof(header));
}

void
workers_start(const struct workers_config *wanted)
{
	unsigned int lcore;
	uint16_t queue = 0;

	config = *wanted;
	clock_cost = clock_measure();
	clock_longest = CLOCK_LONGEST_US * rte_get_tsc_hz() / US_PER_S;
	numbered_init();
	if (rte_lcore_count() - 1 < config.count)
		rte_exit(EXIT_FAILURE, "%u queues want as many lcores besides the main one\n",
			 config.count);
	RTE_LCORE_FOREACH_WORKER(lcore) {
		if (queue == config.count)
			break;
		rte_mempool_obj_iter(ports_pools[queue], write_frame, NULL);
		workers[queue].queue = queue;
		rte_eal_remote_launch(worker_main, &workers[queue], lcore);
		queue++;
	}
}
