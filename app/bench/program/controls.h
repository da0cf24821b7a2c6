/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Control operations, done while the workers poll or rest, and how long each
 * took.
 */

#ifndef BENCH_CONTROLS_H
#define BENCH_CONTROLS_H

#include <stdint.h>
#include <stdio.h>

/**
 * Do the named ones in turn on all ports, a pause between any two, for a time.
 *
 * @param names
 *   With commas between; NULL or "": all. Changed.
 * @param pause_ms
 *   Between two operations.
 * @return
 *   0, or -1 if there is none of a name.
 */
int controls_run(char *names, uint32_t duration_ms, uint32_t pause_ms);

/** Print what the last run has found: "name": {...}, ... */
void controls_print(FILE *out);

#endif /* BENCH_CONTROLS_H */
