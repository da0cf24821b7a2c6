/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * hv-bench: polls the ports with rte_eth_* alone, whatever their driver, and
 * does what its standard input says, a line each; the answer is one line of
 * JSON.
 *
 *   work MODE BURST              do that from now on, in bursts of so many
 *   measure MS                   frames in that time
 *   count BURSTS PAUSE_US        frames in so many bursts of this thread, for a profiler
 *   control MS PAUSE_MS [NAMES]  control operations meanwhile, and how long each took
 *   stats                        what the ports have counted
 *   quit
 */

#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_debug.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include "controls.h"
#include "ports.h"
#include "workers.h"

#define LINE_MAX_LEN 256
/* Time for the workers to come out of their last burst. */
#define END_MS 5000u
#define MEASURE_MAX_MS 3600000u

static struct ports_config ports = {
	.queues = 1, .descriptors = 512, .frame = 64, .mbufs = 16383,
};
static struct workers_config workers = { .mode = WORKERS_RXONLY, .burst = 32 };

/* Arguments. */

static uint32_t
number(const char *name, const char *text, uint32_t min, uint32_t max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end != '\0' || value < min || value > max)
		rte_exit(EXIT_FAILURE, "--%s is %u to %u, not %s\n", name, min, max, text);
	return (uint32_t)value;
}

static enum workers_mode
mode_of(const char *text)
{
	enum workers_mode mode = workers_mode_of(text);

	if (mode == WORKERS_MODES)
		rte_exit(EXIT_FAILURE, "--mode is rxonly, txonly or io, not %s\n", text);
	return mode;
}

static void
parse(int argc, char **argv)
{
	static const struct option_number {
		uint32_t *value;
		uint32_t min, max;
	} numbers[] = {
		{ &ports.queues, 1, BENCH_QUEUES_MAX },
		{ &ports.descriptors, 64, 32768 },
		{ &ports.frame, 60, 9014 },
		{ &ports.mbufs, 1023, 1u << 20 },
		{ &workers.burst, 1, WORKERS_BURST_MAX },
		{ &workers.work, 0, 1000000 },
	};
	static const struct option options[] = {
		{ "queues", required_argument, NULL, 0 },
		{ "descriptors", required_argument, NULL, 1 },
		{ "frame", required_argument, NULL, 2 },
		{ "mbufs", required_argument, NULL, 3 },
		{ "burst", required_argument, NULL, 4 },
		{ "work", required_argument, NULL, 5 },
		{ "mode", required_argument, NULL, 'm' },
		{ NULL, 0, NULL, 0 },
	};
	int option, i = 0;

	while ((option = getopt_long(argc, argv, "", options, &i)) != -1) {
		if (option == 'm')
			workers.mode = mode_of(optarg);
		else if (option < (int)RTE_DIM(numbers))
			*numbers[option].value = number(options[i].name, optarg,
							numbers[option].min, numbers[option].max);
		else
			rte_exit(EXIT_FAILURE, "options: --mode rxonly|txonly|io --queues N "
				 "--burst N --frame BYTES --descriptors N --mbufs N "
				 "--work CYCLES\n");
	}
	workers.count = ports.queues;
	workers.frame = ports.frame;
}

/* What a line asks for. */

static void
change(const char *name, uint32_t burst)
{
	enum workers_mode mode = workers_mode_of(name);

	if (mode == WORKERS_MODES || burst == 0 || burst > WORKERS_BURST_MAX)
		printf("{\"error\": \"a mode is rxonly, txonly or io, a burst 1 to %u\"}\n",
		       WORKERS_BURST_MAX);
	else if (!workers_change(mode, burst, END_MS))
		printf("{\"error\": \"a worker does not come out of its burst\"}\n");
	else
		printf("{}\n");
}

static void
measure(uint32_t duration_ms)
{
	struct workers_counts before, after;
	uint64_t start, cycles;

	before = workers_read();
	start = rte_get_timer_cycles();
	rte_delay_us_sleep(duration_ms * 1000);
	after = workers_read();
	cycles = rte_get_timer_cycles() - start;
	printf("{\"seconds\": %.6f, \"received\": %" PRIu64 ", \"sent\": %" PRIu64
	       ", \"unsent\": %" PRIu64 ", \"polls\": %" PRIu64 ", \"empty\": %" PRIu64 "}\n",
	       (double)cycles / (double)rte_get_timer_hz(), after.received - before.received,
	       after.sent - before.sent, after.unsent - before.unsent,
	       after.polls - before.polls, after.empty - before.empty);
}

static void
count(uint32_t bursts, uint32_t pause_us)
{
	struct workers_counts counts;

	if (!workers_rest(END_MS)) {
		printf("{\"error\": \"a worker does not come out of its burst\"}\n");
		return;
	}
	counts = workers_count(bursts, pause_us);
	workers_resume();
	printf("{\"received\": %" PRIu64 ", \"sent\": %" PRIu64 ", \"polls\": %" PRIu64
	       ", \"empty\": %" PRIu64 "}\n", counts.received, counts.sent, counts.polls,
	       counts.empty);
}

static void
control(uint32_t duration_ms, uint32_t pause_ms, char *names)
{
	if (controls_run(names, duration_ms, pause_ms) < 0) {
		printf("{\"error\": \"there is no such control operation\"}\n");
		return;
	}
	printf("{");
	controls_print(stdout);
	printf("}\n");
}

/* Sums of all ports, and what the workers have counted since the start. */
static void
show_stats(void)
{
	struct workers_counts counts = workers_read();
	struct rte_eth_stats sum = { 0 }, stats;
	uint16_t port;

	for (port = 0; port < ports_count; port++) {
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
	       "}\n", counts.received, counts.sent, counts.unsent, sum.ipackets, sum.imissed,
	       sum.ierrors, sum.rx_nombuf, sum.opackets, sum.oerrors);
}

/* false: it was told to end. */
static bool
obey(char *line)
{
	char names[LINE_MAX_LEN] = "";
	uint32_t duration_ms, pause_ms, burst;

	if (strcmp(line, "quit\n") == 0)
		return false;
	if (sscanf(line, "measure %" SCNu32, &duration_ms) == 1 && duration_ms <= MEASURE_MAX_MS)
		measure(duration_ms);
	else if (sscanf(line, "control %" SCNu32 " %" SCNu32 " %255s", &duration_ms, &pause_ms,
			names) >= 2 && duration_ms <= MEASURE_MAX_MS && pause_ms <= MEASURE_MAX_MS)
		control(duration_ms, pause_ms, names);
	else if (sscanf(line, "count %" SCNu32 " %" SCNu32, &duration_ms, &pause_ms) == 2 &&
		 duration_ms <= MEASURE_MAX_MS && pause_ms <= MEASURE_MAX_MS)
		count(duration_ms, pause_ms);
	else if (sscanf(line, "work %255s %" SCNu32, names, &burst) == 2)
		change(names, burst);
	else if (strcmp(line, "stats\n") == 0)
		show_stats();
	else
		printf("{\"error\": \"there is no such order, or it is another way\"}\n");
	fflush(stdout);
	return true;
}

int
main(int argc, char **argv)
{
	char line[LINE_MAX_LEN];
	int ret = rte_eal_init(argc, argv);

	if (ret < 0)
		rte_exit(EXIT_FAILURE, "EAL: %s\n", rte_strerror(rte_errno));
	parse(argc - ret, argv + ret);
	ports_open(&ports);
	workers_start(&workers);
	printf("bench: ready\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL && obey(line))
		;
	if (!workers_stop(END_MS)) {
		fprintf(stderr, "bench: a worker does not come out of its burst\n");
		_exit(EXIT_FAILURE);
	}
	ports_close();
	return rte_eal_cleanup() < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
