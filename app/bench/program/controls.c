/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "controls.h"
#include "ports.h"
#include "workers.h"

/* Samples kept of an operation. */
#define SAMPLES_MAX 4096u
/* A worker that is longer in a burst than this does not come back. */
#define REST_MS 5000u
#define MTU_STEP 16u

/* What an operation took. */
struct control_times {
	uint32_t count;			/* of them the first SAMPLES_MAX are kept */
	uint32_t failed;
	int error;			/* of the last that failed */
	double us[SAMPLES_MAX];
};

static int
control_promiscuous(uint16_t port)
{
	return rte_eth_promiscuous_get(port) == 1 ? rte_eth_promiscuous_disable(port) :
						    rte_eth_promiscuous_enable(port);
}

static int
control_link(uint16_t port)
{
	struct rte_eth_link link;
	int ret = rte_eth_link_get_nowait(port, &link);

	return ret < 0 ? ret : link.link_status == RTE_ETH_LINK_UP ? 0 : -ENOLINK;
}

static int
control_stats(uint16_t port)
{
	struct rte_eth_stats stats;

	return rte_eth_stats_get(port, &stats);
}

/* The worker comes out of its burst: how long may that take? */
static int
control_rest(uint16_t port)
{
	(void)port;
	return workers_rest(REST_MS) ? 0 : -ETIMEDOUT;
}

static int
control_restart(uint16_t port)
{
	int ret = rte_eth_dev_stop(port);

	return ret < 0 ? ret : rte_eth_dev_start(port);
}

static int
control_mtu(uint16_t port)
{
	uint16_t mtu;
	int ret = rte_eth_dev_get_mtu(port, &mtu);

	if (ret == 0)
		ret = rte_eth_dev_stop(port);
	if (ret == 0)
		ret = rte_eth_dev_set_mtu(port, mtu == ports_mtu() ? mtu - MTU_STEP : ports_mtu());
	if (ret == 0)
		ret = rte_eth_dev_start(port);
	return ret;
}

static struct control {
	const char *name;
	int (*act)(uint16_t port);
	bool alone;			/* nobody may poll meanwhile */
	bool wanted;
	struct control_times times;
} controls[] = {
	{ .name = "promiscuous", .act = control_promiscuous },
	{ .name = "link", .act = control_link },
	{ .name = "stats", .act = control_stats },
	{ .name = "rest", .act = control_rest },
	{ .name = "restart", .act = control_restart, .alone = true },
	{ .name = "mtu", .act = control_mtu, .alone = true },
};

static void
control_note(struct control_times *times, int ret, uint64_t cycles)
{
	if (times->count < SAMPLES_MAX)
		times->us[times->count] = (double)cycles * 1e6 / (double)rte_get_timer_hz();
	times->count++;
	if (ret < 0) {
		times->failed++;
		times->error = ret;
	}
}

static void
control_once(struct control *control, uint16_t port)
{
	uint64_t start;
	int ret = control->alone && !workers_rest(REST_MS) ? -ETIMEDOUT : 0;

	start = rte_get_timer_cycles();
	if (ret == 0)
		ret = control->act(port);
	control_note(&control->times, ret, rte_get_timer_cycles() - start);
	workers_resume();
}

static int
controls_want(char *names)
{
	bool all = names == NULL || names[0] == '\0';
	char *name;
	unsigned int i;

	for (i = 0; i < RTE_DIM(controls); i++) {
		controls[i].wanted = all;
		memset(&controls[i].times, 0, sizeof(controls[i].times));
	}
	while (!all && (name = strsep(&names, ",")) != NULL) {
		for (i = 0; i < RTE_DIM(controls) && strcmp(controls[i].name, name) != 0; i++)
			;
		if (i == RTE_DIM(controls))
			return -1;
		controls[i].wanted = true;
	}
	return 0;
}

int
controls_run(char *names, uint32_t duration_ms, uint32_t pause_ms)
{
	uint64_t end = rte_get_timer_cycles() + duration_ms * rte_get_timer_hz() / 1000;
	uint16_t port;
	unsigned int i;

	if (controls_want(names) < 0)
		return -1;
	/* Whatever the time, each of them once. */
	do {
		for (i = 0; i < RTE_DIM(controls); i++) {
			for (port = 0; controls[i].wanted && port < ports_count; port++) {
				control_once(&controls[i], port);
				rte_delay_us_sleep(pause_ms * 1000);
			}
		}
	} while (rte_get_timer_cycles() < end);
	return 0;
}

static int
compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static void
control_print(struct control *control, FILE *out)
{
	struct control_times *times = &control->times;
	uint32_t kept = RTE_MIN(times->count, SAMPLES_MAX);

	qsort(times->us, kept, sizeof(times->us[0]), compare);
	fprintf(out, "\"%s\": {\"count\": %u, \"failed\": %u, \"error\": \"%s\", "
		"\"median_us\": %.1f, \"max_us\": %.1f}", control->name, times->count,
		times->failed, times->failed != 0 ? strerror(-times->error) : "",
		times->us[kept / 2], times->us[kept - 1]);
}

void
controls_print(FILE *out)
{
	const char *comma = "";
	unsigned int i;

	for (i = 0; i < RTE_DIM(controls); i++) {
		if (controls[i].times.count == 0)
			continue;
		fputs(comma, out);
		control_print(&controls[i], out);
		comma = ", ";
	}
}
