/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * How often a value came, in bins that are 1/64 of their value wide; the
 * largest is exact. One thread writes.
 */

#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>

#define HISTOGRAM_STEPS 64u		/* bins of each power of two */
#define HISTOGRAM_BINS ((64u - 5u) * HISTOGRAM_STEPS)

struct histogram {
	uint64_t count;
	uint64_t sum;
	uint64_t max;
	uint64_t bins[HISTOGRAM_BINS];
};

void histogram_add(struct histogram *histogram, uint64_t value);

/** The value below or at which so many of a million are; 0 if there is none. */
uint64_t histogram_at(const struct histogram *histogram, uint32_t ppm);

/**
 * Print the count, the mean, p50, p99, p99.9, the largest, and the curve: "curve": [[ppm,
 * value], ...].
 *
 * @param scale
 *   By which the values are multiplied.
 */
void histogram_print(const struct histogram *histogram, double scale, FILE *out);

#endif /* BENCH_HISTOGRAM_H */
