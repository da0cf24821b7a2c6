/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What it takes to bring the ports up, step by step: time, and memory of EAL's
 * heap. The main thread's alone.
 */

#ifndef BENCH_BRINGUP_H
#define BENCH_BRINGUP_H

#include <stdio.h>

enum bringup_step {
	BRINGUP_PROBE,			/**< EAL's buses find devices, drivers probe them */
	BRINGUP_CONFIGURE,
	BRINGUP_QUEUES,
	BRINGUP_START,
	BRINGUP_LINK,			/**< until the link is up */
	BRINGUP_STEPS
};

/** A step begins; it ends with bringup_end(). What it took is added to what it took before. */
void bringup_begin(void);
void bringup_end(enum bringup_step step);

/**
 * Print the steps, and how many mbufs the ports hold now: "steps": {name: {"us",
 * "bytes"}}, "mbufs": N.
 */
void bringup_print(FILE *out);

#endif /* BENCH_BRINGUP_H */
