/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "bringup.h"
#include "controls.h"
#include "orders.h"
#include "ports.h"
#include "shared.h"
#include "steps.h"
#include "trips.h"
#include "workers.h"

/* Time for the workers to come out of their last burst. */
#define REST_MS 5000u
#define NUMBER_MAX 4200000u	/* any process, or an hour in milliseconds */
#define WORDS_MAX 5u

static void
order_failed(const char *why)
{
	printf("{\"error\": \"%s\"}\n", why);
}

static bool
order_number(const char *word, uint32_t *value)
{
	char *end;
	unsigned long number = strtoul(word, &end, 10);

	*value = (uint32_t)number;
	return *end == '\0' && number <= NUMBER_MAX;
}

/* The numbers that an order begins with, as many as there are places. */
static bool
order_numbers(char **words, uint32_t **values, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (!order_number(words[i], values[i]))
			return false;
	return true;
}

static bool
order_work(char **words)
{
	enum workers_mode mode = workers_mode_of(words[0]);
	uint32_t burst;

	if (!order_number(words[1], &burst))
		return false;
	if (mode == WORKERS_MODES || burst == 0 || burst > WORKERS_BURST_MAX)
		order_failed("a mode is rxonly, txonly, io or done, a burst 1 to "
			     RTE_STR(WORKERS_BURST_MAX));
	else if (!workers_change(mode, burst, REST_MS))
		order_failed("a worker does not come out of its burst");
	else
		printf("{}\n");
	return true;
}

static bool
order_measure(char **words)
{
	struct workers_counts before, after;
	uint64_t start, cycles;
	uint32_t duration_ms;

	if (!order_number(words[0], &duration_ms))
		return false;
	before = workers_read();
	start = rte_get_timer_cycles();
	rte_delay_us_sleep(duration_ms * 1000);
	after = workers_read();
	cycles = rte_get_timer_cycles() - start;
	printf("{\"seconds\": %.6f, \"received\": %" PRIu64 ", \"sent\": %" PRIu64
	       ", \"unsent\": %" PRIu64 ", \"polls\": %" PRIu64 ", \"empty\": %" PRIu64
	       ", \"busy\": %" PRIu64 ", \"busy_frames\": %" PRIu64 ", \"busy_ns\": %.0f}\n",
	       (double)cycles / (double)rte_get_timer_hz(), after.received - before.received,
	       after.sent - before.sent, after.unsent - before.unsent,
	       after.polls - before.polls, after.empty - before.empty, after.busy - before.busy,
	       after.busy_frames - before.busy_frames,
	       (double)(after.busy_cycles - before.busy_cycles) * 1e9 / (double)rte_get_tsc_hz());
	return true;
}

static bool
order_count(char **words)
{
	struct workers_counts counts;
	uint32_t bursts, period_us;

	if (!order_numbers(words, (uint32_t *[]){ &bursts, &period_us }, 2))
		return false;
	if (!workers_rest(REST_MS)) {
		order_failed("a worker does not come out of its burst");
		return true;
	}
	counts = workers_count(bursts, period_us);
	workers_resume();
	printf("{\"received\": %" PRIu64 ", \"sent\": %" PRIu64 ", \"polls\": %" PRIu64
	       ", \"empty\": %" PRIu64 "}\n", counts.received, counts.sent, counts.polls,
	       counts.empty);
	return true;
}

static bool
order_control(char **words)
{
	uint32_t duration_ms, pause_ms;

	if (!order_numbers(words, (uint32_t *[]){ &duration_ms, &pause_ms }, 2))
		return false;
	if (controls_run(words[2], duration_ms, pause_ms) < 0) {
		order_failed("there is no such control operation");
		return true;
	}
	printf("{");
	controls_print(stdout);
	printf("}\n");
	return true;
}

/* Sums of all ports, and what the workers have counted since the start. */
static bool
order_stats(char **words)
{
	struct workers_counts counts = workers_read();
	struct rte_eth_stats sum = { 0 };
	uint16_t port;

	(void)words;
	for (port = 0; port < ports_count; port++) {
		struct rte_eth_stats stats = { 0 };

		/* A driver that has none counts nothing. */
		(void)rte_eth_stats_get(port, &stats);
		sum.ipackets += stats.ipackets;
		sum.imissed += stats.imissed;
		sum.ierrors += stats.ierrors;
		sum.rx_nombuf += stats.rx_nombuf;
		sum.opackets += stats.opackets;
		sum.oerrors += stats.oerrors;
	}
	printf("{\"received\": %" PRIu64 ", \"sent\": %" PRIu64 ", \"unsent\": %" PRIu64
	       ", \"ipackets\": %" PRIu64 ", \"imissed\": %" PRIu64 ", \"ierrors\": %" PRIu64
	       ", \"rx_nombuf\": %" PRIu64 ", \"opackets\": %" PRIu64 ", \"oerrors\": %" PRIu64
	       ", \"good\": %" PRIu64 ", \"bad\": %" PRIu64 "}\n", counts.received, counts.sent,
	       counts.unsent, sum.ipackets, sum.imissed, sum.ierrors, sum.rx_nombuf, sum.opackets,
	       sum.oerrors, counts.good, counts.bad);
	return true;
}

static bool
order_trips(char **words)
{
	struct trips_config config = { .frame = workers_frame() };

	if (!order_numbers(words, (uint32_t *[]){ &config.count, &config.gap_us, &config.host },
			   3) ||
	    (words[3] != NULL && !order_number(words[3], &config.spin_ns)))
		return false;
	if (!workers_rest(REST_MS) || !trips_run(&config)) {
		order_failed("a worker does not come back from its trips");
		return true;
	}
	workers_resume();
	printf("{");
	trips_print(stdout);
	printf("}\n");
	return true;
}

static bool
order_bringup(char **words)
{
	(void)words;
	if (!workers_rest(REST_MS)) {
		order_failed("a worker does not come out of its burst");
		return true;
	}
	printf("{");
	bringup_print(stdout);
	printf("}\n");
	workers_resume();
	return true;
}

static bool
order_step(char **words)
{
	struct steps_config step = { .way = STEPS_RX, .frame = workers_frame() };

	while (step.way < STEPS_WAYS && strcmp(words[0], steps_way_names[step.way]) != 0)
		step.way++;
	if (step.way == STEPS_WAYS ||
	    !order_numbers(words + 1, (uint32_t *[]){ &step.frames, &step.burst, &step.first,
						      &step.count }, 4) ||
	    step.burst == 0 || step.burst > WORKERS_BURST_MAX || step.first >= workers_number())
		return false;
	if (!workers_rest(REST_MS) || !steps_run(&step)) {
		order_failed("a worker does not come to the end of its step");
		return true;
	}
	printf("{\"queues\": ");
	steps_print(stdout);
	printf("}\n");
	return true;
}

static bool
order_shared(char **words)
{
	uint32_t duration_ms;

	if (!order_number(words[0], &duration_ms))
		return false;
	if (shared_record == NULL)
		order_failed("only hv-bench-lines can tell");
	else if (!workers_rest(REST_MS) || shared_record(duration_ms, words[1], stdout) < 0)
		order_failed("a worker does not come out of its burst, or the file is not to be "
			     "written");
	workers_resume();
	return true;
}

/* Words behind the order's own, how many at least and at most; those left out are NULL. */
static const struct order {
	const char *name;
	uint32_t min, max;
	bool (*act)(char **words);	/* false: a word that should be a number is none */
} orders[] = {
	{ "work", 2, 2, order_work },
	{ "measure", 1, 1, order_measure },
	{ "count", 2, 2, order_count },
	{ "control", 2, 3, order_control },
	{ "trips", 3, 4, order_trips },
	{ "bringup", 0, 0, order_bringup },
	{ "step", 5, 5, order_step },
	{ "shared", 2, 2, order_shared },
	{ "stats", 0, 0, order_stats },
};

static const struct order *
orders_find(const char *name, uint32_t words)
{
	uint32_t i;

	for (i = 0; i < RTE_DIM(orders); i++)
		if (strcmp(orders[i].name, name) == 0 && words >= orders[i].min &&
		    words <= orders[i].max)
			return &orders[i];
	return NULL;
}

bool
orders_obey(char *line)
{
	char *words[WORDS_MAX + 1] = { NULL }, *rest = NULL;
	const struct order *order;
	uint32_t count = 0;

	words[0] = strtok_r(line, " \n", &rest);
	if (words[0] == NULL || strcmp(words[0], "quit") == 0)
		return words[0] == NULL;
	while (count < WORDS_MAX && (words[count + 1] = strtok_r(NULL, " \n", &rest)) != NULL)
		count++;
	order = orders_find(words[0], count);
	if (order == NULL || !order->act(words + 1))
		order_failed("there is no such order, or it is another way");
	fflush(stdout);
	return true;
}
