/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Which cache lines more than one thread touches. Only hv-bench-lines can tell,
 * which is built for that; see app/bench/lines.
 */

#ifndef BENCH_SHARED_H
#define BENCH_SHARED_H

#include <stdint.h>
#include <stdio.h>

/**
 * Record for a time, while the workers work, and let them rest then.
 *
 * @param path
 *   File for the lines that one thread writes and another reads or writes, each
 *   a line of JSON.
 * @param out
 *   The answer: how many lines each thread has touched.
 * @return
 *   0 or a negative errno.
 */
int shared_record(uint32_t duration_ms, const char *path, FILE *out) __attribute__((weak));

#endif /* BENCH_SHARED_H */
