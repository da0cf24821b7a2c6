/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <inttypes.h>

#include <rte_common.h>

#include "histogram.h"

/* Values below HISTOGRAM_STEPS have a bin each, then come those of each power of two. */
static uint32_t
histogram_bin(uint64_t value)
{
	uint32_t shift;

	if (value < HISTOGRAM_STEPS)
		return (uint32_t)value;
	shift = (uint32_t)(63 - __builtin_clzll(value)) - 6;
	return (shift + 1) * HISTOGRAM_STEPS + (uint32_t)(value >> shift) - HISTOGRAM_STEPS;
}

/* The largest value of a bin. */
static uint64_t
histogram_value(uint32_t bin)
{
	uint32_t shift = bin / HISTOGRAM_STEPS;

	if (shift == 0)
		return bin;
	shift--;
	return ((uint64_t)(bin % HISTOGRAM_STEPS + HISTOGRAM_STEPS + 1) << shift) - 1;
}

void
histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram->count++;
	histogram->sum += value;
	histogram->max = RTE_MAX(histogram->max, value);
	histogram->bins[histogram_bin(value)]++;
}

uint64_t
histogram_at(const struct histogram *histogram, uint32_t ppm)
{
	uint64_t seen = 0, wanted = (histogram->count * ppm + 999999) / 1000000;
	uint32_t bin;

	if (histogram->count == 0)
		return 0;
	for (bin = 0; bin < HISTOGRAM_BINS; bin++) {
		seen += histogram->bins[bin];
		if (seen != 0 && seen >= wanted)
			return RTE_MIN(histogram_value(bin), histogram->max);
	}
	return histogram->max;
}

void
histogram_print(const struct histogram *histogram, double scale, FILE *out)
{
	static const uint32_t points[] = {
		0, 10000, 100000, 250000, 500000, 750000, 900000, 950000, 990000, 995000, 999000,
		999500, 999900, 999990, 1000000,
	};
	uint32_t i;

	fprintf(out, "{\"count\": %" PRIu64 ", \"mean\": %.1f, \"p50\": %.0f, "
		"\"p99\": %.0f, \"p99.9\": %.0f, \"max\": %.0f, \"curve\": [",
		histogram->count,
		(double)histogram->sum * scale / (double)RTE_MAX(histogram->count, 1u),
		(double)histogram_at(histogram, 500000) * scale,
		(double)histogram_at(histogram, 990000) * scale,
		(double)histogram_at(histogram, 999000) * scale, (double)histogram->max * scale);
	for (i = 0; i < RTE_DIM(points); i++)
		fprintf(out, "%s[%u, %.0f]", i == 0 ? "" : ", ", points[i],
			(double)histogram_at(histogram, points[i]) * scale);
	fprintf(out, "]}");
}
