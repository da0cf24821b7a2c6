/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>

#include <rte_bus.h>
#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mempool.h>

#include "bringup.h"
#include "ports.h"

static const char *const step_names[BRINGUP_STEPS] = {
	[BRINGUP_PROBE] = "probe",
	[BRINGUP_CONFIGURE] = "configure",
	[BRINGUP_QUEUES] = "queues",
	[BRINGUP_START] = "start",
	[BRINGUP_LINK] = "link",
};

static struct {
	uint64_t cycles;
	int64_t bytes;
} steps[BRINGUP_STEPS], now;

static int64_t
heap_bytes(void)
{
	struct rte_malloc_socket_stats stats;
	int64_t bytes = 0;
	unsigned int i;

	for (i = 0; i < rte_socket_count(); i++)
		if (rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &stats) == 0)
			bytes += (int64_t)stats.heap_allocsz_bytes;
	return bytes;
}

void
bringup_begin(void)
{
	now.bytes = heap_bytes();
	now.cycles = rte_rdtsc_precise();
}

void
bringup_end(enum bringup_step step)
{
	steps[step].cycles += rte_rdtsc_precise() - now.cycles;
	steps[step].bytes += heap_bytes() - now.bytes;
}

/* EAL, a shared library, calls this one in place of its own: probing is a step of its beginning. */
int
rte_bus_probe(void)
{
	int (*probe)(void) = (int (*)(void))(uintptr_t)dlsym(RTLD_NEXT, "rte_bus_probe");
	int ret;

	if (probe == NULL)
		return -ENOTSUP;
	bringup_begin();
	ret = probe();
	bringup_end(BRINGUP_PROBE);
	return ret;
}

void
bringup_print(FILE *out)
{
	double us = 1e6 / (double)rte_get_tsc_hz();
	uint32_t i, mbufs = 0;

	for (i = 0; i < BENCH_QUEUES_MAX && ports_pools[i] != NULL; i++)
		mbufs += rte_mempool_in_use_count(ports_pools[i]);
	fprintf(out, "\"steps\": {");
	for (i = 0; i < BRINGUP_STEPS; i++)
		fprintf(out, "%s\"%s\": {\"us\": %.1f, \"bytes\": %" PRId64 "}", i == 0 ? "" : ", ",
			step_names[i], (double)steps[i].cycles * us, steps[i].bytes);
	fprintf(out, "}, \"mbufs\": %u", mbufs);
}
