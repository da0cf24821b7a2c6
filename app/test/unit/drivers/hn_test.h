/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What the unit tests of net/netvsc share. Messages are laid out and read here
 * by the offsets of the protocol's documents, not by the driver's structs: a
 * wrong struct must not agree with itself.
 */

#ifndef HN_TEST_H
#define HN_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CASE(sentence, function) { sentence, function, NULL, NULL, NULL }

static inline uint32_t
get32(const void *at)
{
	const uint8_t *byte = at;

	return (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 |
	       (uint32_t)byte[3] << 24;
}

static inline void
put32(void *at, uint32_t value)
{
	uint8_t *byte = at;
	unsigned int i;

	for (i = 0; i < 4; i++)
		byte[i] = (uint8_t)(value >> 8 * i);
}

/* A byte that tells frame and place. */
static inline uint8_t
pattern(uint32_t frame, uint32_t at)
{
	return (uint8_t)(frame * 131 + at * 7 + (at >> 8) + 1);
}

#endif /* HN_TEST_H */
