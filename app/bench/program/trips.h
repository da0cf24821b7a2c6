/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Round trips: one frame at a time goes out by the first queue of the first
 * port, and is waited for there, since the host sends it back. Each is timed by
 * the thread that sends it.
 */

#ifndef BENCH_TRIPS_H
#define BENCH_TRIPS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct trips_config {
	uint32_t count;
	uint32_t gap_us;		/**< from the end of one to the beginning of the next */
	uint32_t frame;			/**< bytes */
	uint32_t host;			/**< process number of the host; 0: not to be looked at */
	uint32_t spin_ns;		/**< not 0: send nothing, come back after this time */
};

/**
 * Make them, in the worker of queue 0. With spin_ns no driver is called: what
 * these take beyond that time the machine has taken.
 *
 * @return
 *   false if the worker does not come back.
 */
bool trips_run(const struct trips_config *config);

/**
 * Print what the last run has found, as members of a JSON object: "lost" frames;
 * "all" and "undisturbed" have the percentiles of all that came back, and of
 * those meanwhile neither this thread nor the host was made to leave its core.
 */
void trips_print(FILE *out);

#endif /* BENCH_TRIPS_H */
