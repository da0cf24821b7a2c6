/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The clock of everything that waits, in milliseconds.
 */

#ifndef _HN_CLOCK_H_
#define _HN_CLOCK_H_

#include <stdint.h>
#include <time.h>

/** Goes on steadily, from some moment in the past. */
static inline uint64_t
hn_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

#endif /* _HN_CLOCK_H_ */
