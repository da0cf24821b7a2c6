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

static struct {
	enum steps_way way;
	uint32_t frames, frame_len;
	uint16_t burst;
} config;

static struct step {
	uint64_t frames;
	uint64_t cycles;		/* to the end of the last burst that had some */
} __rte_cache_aligned steps[BENCH_QUEUES_MAX];

static uint32_t
step_receive(uint16_t queue)
{
	struct rte_mbuf *pkts[WORKERS_BURST_MAX];
	uint16_t got = rte_eth_rx_burst(PORT, queue, pkts, config.burst);

	rte_pktmbuf_free_bulk(pkts, got);
	return got;
}

static bool
step_get(uint16_t queue, struct rte_mbuf **pkts)
{
	uint16_t i;

	if (rte_pktmbuf_alloc_bulk(ports_pools[queue], pkts, config.burst) != 0)
		return false;
	for (i = 0; i < config.burst; i++) {
		pkts[i]->data_len = (uint16_t)config.frame_len;
		pkts[i]->pkt_len = config.frame_len;
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
	sent = rte_eth_tx_burst(PORT, queue, pkts, config.burst);
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
		memset(rte_pktmbuf_mtod(pkts[i], void *), i, config.frame_len);
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
step_work(uint16_t queue)
{
	struct step *step = &steps[queue];
	uint64_t start = rte_rdtsc_precise(), frames = 0, end = start;
	uint32_t done = 1;

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
steps_run(enum steps_way way, uint32_t frames, uint32_t burst, uint32_t frame_len)
{
	config.way = way;
	config.frames = frames;
	config.burst = (uint16_t)burst;
	config.frame_len = frame_len;
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
