/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "histogram.h"
#include "ports.h"
#include "trips.h"
#include "workers.h"

#define PORT 0
#define QUEUE 0
/* A frame that is not back after this is lost. */
#define LOST_MS 200u
#define MARGIN_MS 10000u

static struct trips_config config;
static struct trips {
	struct histogram all, undisturbed;
	uint64_t lost;
	uint64_t cycles;		/* of the whole run */
} trips;

static uint64_t
cycles_of(uint64_t count, uint64_t per_second)
{
	return count * rte_get_tsc_hz() / per_second;
}

/* How often this thread was made to leave its core. */
static uint64_t
disturbances(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) == 0 ? (uint64_t)usage.ru_nivcsw : 0;
}

/* Frames that come meanwhile are of a trip that was given up. */
static void
wait_until(uint64_t end)
{
	struct rte_mbuf *m;

	do {
		if (config.spin_ns == 0 && rte_eth_rx_burst(PORT, QUEUE, &m, 1) != 0)
			rte_pktmbuf_free(m);
	} while (rte_rdtsc() < end);
}

/* There and back; false if it does not come back. */
static bool
trip(void)
{
	uint64_t end = rte_rdtsc() + cycles_of(LOST_MS, 1000);
	struct rte_mbuf *m = rte_pktmbuf_alloc(ports_pools[QUEUE]);

	if (m == NULL)
		return false;
	m->data_len = (uint16_t)config.frame;
	m->pkt_len = config.frame;
	while (rte_eth_tx_burst(PORT, QUEUE, &m, 1) == 0) {
		if (rte_rdtsc() > end) {
			rte_pktmbuf_free(m);
			return false;
		}
	}
	while (rte_eth_rx_burst(PORT, QUEUE, &m, 1) == 0)
		if (rte_rdtsc() > end)
			return false;
	rte_pktmbuf_free(m);
	return true;
}

/* What such a trip would take if nothing but the machine could be late. */
static bool
spin(void)
{
	uint64_t end = rte_rdtsc() + cycles_of(config.spin_ns, 1000000000);

	while (rte_rdtsc() < end)
		;
	return true;
}

static void
trips_work(uint16_t queue)
{
	bool (*const go)(void) = config.spin_ns != 0 ? spin : trip;
	uint64_t begun = rte_rdtsc(), start, took, before;
	uint32_t i;

	for (i = 0; queue == QUEUE && i < config.count; i++) {
		wait_until(rte_rdtsc() + cycles_of(config.gap_us, 1000000));
		before = disturbances();
		start = rte_rdtsc_precise();
		if (!go()) {
			trips.lost++;
			continue;
		}
		took = rte_rdtsc_precise() - start;
		histogram_add(&trips.all, took);
		if (disturbances() == before)
			histogram_add(&trips.undisturbed, took);
	}
	if (queue == QUEUE)
		trips.cycles = rte_rdtsc() - begun;
}

bool
trips_run(const struct trips_config *wanted)
{
	uint32_t expected_ms = (wanted->gap_us + wanted->spin_ns / 1000 + 100) / 100 *
			       (wanted->count / 10 + 1);

	config = *wanted;
	memset(&trips, 0, sizeof(trips));
	return workers_do(trips_work, expected_ms + MARGIN_MS);
}

void
trips_print(FILE *out)
{
	double hz = (double)rte_get_tsc_hz(), ns = 1e9 / hz;

	fprintf(out, "\"count\": %" PRIu64 ", \"lost\": %" PRIu64 ", \"seconds\": %.6f, \"all\": ",
		trips.all.count, trips.lost, (double)trips.cycles / hz);
	histogram_print(&trips.all, ns, out);
	fprintf(out, ", \"undisturbed\": ");
	histogram_print(&trips.undisturbed, ns, out);
}
