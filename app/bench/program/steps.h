/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Lock step: the host fills or empties the rings while the workers rest; then it
 * waits, and all workers do what there is to do from the same moment. So each
 * has a core of its own, and no more is measured than what the workers do.
 */

#ifndef BENCH_STEPS_H
#define BENCH_STEPS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum steps_way {
	STEPS_RX,			/**< receive and free, until nothing is left */
	STEPS_TX,			/**< send, until nothing is taken */
	STEPS_NONE,			/**< write frames and free them: what the machine can do */
	STEPS_WAYS
};

extern const char *const steps_way_names[STEPS_WAYS];

/** One step. */
struct steps_config {
	enum steps_way way;
	uint32_t frames;		/**< of each queue, at most */
	uint32_t frame;			/**< bytes of one that is sent */
	uint32_t burst;			/**< at most WORKERS_BURST_MAX */
	uint32_t first, count;		/**< of all queues so many from this one on, in a ring */
};

/**
 * One step on the first port. The workers rest before and afterwards.
 *
 * @return
 *   false if a worker does not come to the end.
 */
bool steps_run(const struct steps_config *wanted);

/** Print the frames of each queue and its time: [[frames, nanoseconds], ...]; 0, 0 of the others. */
void steps_print(FILE *out);

#endif /* BENCH_STEPS_H */
