/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <rte_common.h>
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
/* Trips between two looks at who had to leave its core: a look takes longer than a trip. */
#define ROW 64u

static struct trips_config config;
static struct trips {
	struct histogram all, undisturbed;
	uint64_t lost;
	int host;			/* /proc/PID/status of the host; -1: there is none */
} trips;

static uint64_t
cycles_of(uint64_t count, uint64_t per_second)
{
	return count * rte_get_tsc_hz() / per_second;
}

/* How often the host was made to leave its core, for others. */
static uint64_t
disturbances_of_host(void)
{
	static const char name[] = "nonvoluntary_ctxt_switches:";
	char status[4096];
	ssize_t len = trips.host < 0 ? 0 : pread(trips.host, status, sizeof(status) - 1, 0);
	const char *found;

	status[RTE_MAX(len, 0)] = '\0';
	found = strstr(status, name);
	return found == NULL ? 0 : strtoull(found + sizeof(name) - 1, NULL, 10);
}

/* That, and how often this thread was. */
static uint64_t
disturbances(void)
{
	struct rusage usage = { 0 };

	(void)getrusage(RUSAGE_THREAD, &usage);
	return (uint64_t)usage.ru_nivcsw + disturbances_of_host();
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

/* So many, in whose time nobody is looked at. */
static void
trips_row(uint32_t count)
{
	bool (*const go)(void) = config.spin_ns != 0 ? spin : trip;
	uint64_t before = disturbances(), took[ROW], start;
	uint32_t i, came = 0;

	for (i = 0; i < count; i++) {
		wait_until(rte_rdtsc() + cycles_of(config.gap_us, 1000000));
		start = rte_rdtsc_precise();
		if (go())
			took[came++] = rte_rdtsc_precise() - start;
		else
			trips.lost++;
	}
	for (i = 0; i < came; i++)
		histogram_add(&trips.all, took[i]);
	if (disturbances() != before)
		return;
	for (i = 0; i < came; i++)
		histogram_add(&trips.undisturbed, took[i]);
}

static void
trips_work(uint16_t queue)
{
	uint32_t left = queue == QUEUE ? config.count : 0, count;

	/* With gaps between them there is time for a look at each. */
	for (; left != 0; left -= count) {
		count = RTE_MIN(left, config.gap_us != 0 ? 1 : ROW);
		trips_row(count);
	}
}

bool
trips_run(const struct trips_config *wanted)
{
	uint32_t expected_ms = (wanted->gap_us + wanted->spin_ns / 1000 + 100) / 100 *
			       (wanted->count / 10 + 1);
	char path[64];
	bool done;

	config = *wanted;
	memset(&trips, 0, sizeof(trips));
	snprintf(path, sizeof(path), "/proc/%u/status", config.host);
	trips.host = config.host == 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	done = workers_do(trips_work, expected_ms + MARGIN_MS);
	if (trips.host >= 0)
		close(trips.host);
	return done;
}

void
trips_print(FILE *out)
{
	double ns = 1e9 / (double)rte_get_tsc_hz();

	fprintf(out, "\"lost\": %" PRIu64 ", \"all\": ", trips.lost);
	histogram_print(&trips.all, ns, out);
	fprintf(out, ", \"undisturbed\": ");
	histogram_print(&trips.undisturbed, ns, out);
}
