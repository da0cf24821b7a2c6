/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <inttypes.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "ports.h"
#include "steps.h"
#include "workers.h"

#define PORT 0
#define TIMEOUT_MS 5000u
/* For so long a worker that has slept moves frames of its own before a step, until its core runs at
 * full speed again and has them in its caches.
 */
#define WARM_UP_US 300u

static struct steps_config config;

static struct step {
	uint64_t frames;
	uint64_t cycles;		/* to the end of the last burst that had some */
} __rte_cache_aligned steps[BENCH_QUEUES_MAX];

static uint32_t
step_receive(uint16_t queue)
{
	struct rte_mbuf *pkts[WORKERS_BURST_MAX];
	uint16_t got = rte_eth_rx_burst(PORT, queue, pkts, (uint16_t)config.burst);

	rte_pktmbuf_free_bulk(pkts, got);
	return got;
}

static bool
step_get(uint16_t queue, struct rte_mbuf **pkts)
{
	uint16_t count = (uint16_t)config.burst, i;

	if (rte_pktmbuf_alloc_bulk(ports_pools[queue], pkts, count) != 0)
		return false;
	for (i = 0; i < count; i++) {
		pkts[i]->data_len = (uint16_t)config.frame;
		pkts[i]->pkt_len = config.frame;
	}
	return true;
}

static uint32_t
step_send(uint16_t queue)
{
	struct rte_mbuf *pkts[WORKERS_BURST_MAX];
	uint16_t sent;

	if (!step_get(queue, pkts))
		return 0;
	sent = rte_eth_tx_burst(PORT, queue, pkts, (uint16_t)config.burst);
	rte_pktmbuf_free_bulk(pkts + sent, config.burst - sent);
	return sent;
}

static uint32_t
step_none(uint16_t queue)
{
	struct rte_mbuf *pkts[WORKERS_BURST_MAX];
	uint16_t i;

	if (!step_get(queue, pkts))
		return 0;
	for (i = 0; i < config.burst; i++)
		memset(rte_pktmbuf_mtod(pkts[i], void *), i, config.frame);
	rte_pktmbuf_free_bulk(pkts, config.burst);
	return config.burst;
}

const char *const steps_way_names[STEPS_WAYS] = {
	[STEPS_RX] = "rx",
	[STEPS_TX] = "tx",
	[STEPS_NONE] = "none",
};

static uint32_t (*const step_burst[STEPS_WAYS])(uint16_t queue) = {
	[STEPS_RX] = step_receive,
	[STEPS_TX] = step_send,
	[STEPS_NONE] = step_none,
};

static void
step_warm_up(uint16_t queue)
{
	uint64_t end = rte_rdtsc() + WARM_UP_US * rte_get_tsc_hz() / US_PER_S;

	while (rte_rdtsc() < end)
		(void)step_none(queue);
}

static bool
step_is_for(uint16_t queue)
{
	uint32_t behind = (queue + workers_number() - config.first) % workers_number();

	return behind < config.count;
}

static void
step_work(uint16_t queue)
{
	struct step *step = &steps[queue];
	uint64_t start, frames = 0, end;
	uint32_t done = 1;

	if (!step_is_for(queue))
		return;
	/* What the driver has of earlier steps comes back, so that there are mbufs. */
	if (config.way == STEPS_TX)
		(void)rte_eth_tx_burst(PORT, queue, NULL, 0);
	step_warm_up(queue);
	start = end = rte_rdtsc_precise();
	/* Each turn but the last moves a frame. */
	while (done != 0 && frames < config.frames) {
		done = step_burst[config.way](queue);
		frames += done;
		if (done != 0)
			end = rte_rdtsc_precise();
	}
	step->frames = frames;
	step->cycles = end - start;
}

bool
steps_run(const struct steps_config *wanted)
{
	config = *wanted;
	memset(steps, 0, sizeof(steps));
	return workers_do(step_work, TIMEOUT_MS);
}

void
steps_print(FILE *out)
{
	double ns = 1e9 / (double)rte_get_tsc_hz();
	uint32_t i;

	fprintf(out, "[");
	for (i = 0; i < workers_number(); i++)
		fprintf(out, "%s[%" PRIu64 ", %.0f]", i == 0 ? "" : ", ", steps[i].frames,
			(double)steps[i].cycles * ns);
	fprintf(out, "]");
}
