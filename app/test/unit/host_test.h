/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What hvhost's unit tests share: cmocka, and little-endian words in a row.
 */

#ifndef HOST_TEST_H
#define HOST_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CASE(sentence, function) { sentence, function, NULL, NULL, NULL }
#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

static inline uint32_t
le32(const void *at)
{
	const uint8_t *byte = at;

	return (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 |
	       (uint32_t)byte[3] << 24;
}

static inline void
set_le32(void *at, uint32_t value)
{
	uint8_t *byte = at;

	for (unsigned int i = 0; i < 4; i++)
		byte[i] = (uint8_t)(value >> 8 * i);
}

#endif /* HOST_TEST_H */
