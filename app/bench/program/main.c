/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * hv-bench: polls the ports with rte_eth_* alone, whatever their driver, and
 * does what its standard input says: see orders.h.
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_debug.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include "orders.h"
#include "ports.h"
#include "workers.h"

/* Time for the workers to come out of their last burst. */
#define END_MS 5000u

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
		rte_exit(EXIT_FAILURE, "--mode is rxonly, txonly, io or done, not %s\n", text);
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
		{ &workers.clock, 0, 1 },
		{ &ports.checksums, 0, 1 },
	};
	static const struct option options[] = {
		{ "queues", required_argument, NULL, 0 },
		{ "descriptors", required_argument, NULL, 1 },
		{ "frame", required_argument, NULL, 2 },
		{ "mbufs", required_argument, NULL, 3 },
		{ "burst", required_argument, NULL, 4 },
		{ "work", required_argument, NULL, 5 },
		{ "clock", required_argument, NULL, 6 },
		{ "checksums", required_argument, NULL, 7 },
		{ "mode", required_argument, NULL, 'm' },
		{ "verify", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int option, i = 0;

	while ((option = getopt_long(argc, argv, "", options, &i)) != -1) {
		if (option == 'm')
			workers.mode = mode_of(optarg);
		else if (option == 'v')
			workers.verify = true;
		else if (option < (int)RTE_DIM(numbers))
			*numbers[option].value = number(options[i].name, optarg,
							numbers[option].min, numbers[option].max);
		else
			rte_exit(EXIT_FAILURE, "options: --mode rxonly|txonly|io|done --queues N "
				 "--burst N --frame BYTES --descriptors N --mbufs N "
				 "--work CYCLES --clock 0|1 --checksums 0|1 --verify\n");
	}
	workers.count = ports.queues;
	workers.frame = ports.frame;
}

int
main(int argc, char **argv)
{
	char line[ORDERS_LINE_LEN];
	int ret = rte_eal_init(argc, argv);

	if (ret < 0)
		rte_exit(EXIT_FAILURE, "EAL: %s\n", rte_strerror(rte_errno));
	parse(argc - ret, argv + ret);
	ports_open(&ports);
	workers_start(&workers);
	printf("bench: ready\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL && orders_obey(line))
		;
	if (!workers_stop(END_MS)) {
		fprintf(stderr, "bench: a worker does not come out of its burst\n");
		_exit(EXIT_FAILURE);
	}
	ports_close();
	return rte_eal_cleanup() < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
