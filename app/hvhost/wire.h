/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * A cursor over little-endian bytes that cannot leave them. Reading or writing
 * past the end does nothing, yields 0 and marks the cursor bad, so that a
 * message is read in one go and asked once whether it was whole.
 */

#ifndef HVHOST_WIRE_H
#define HVHOST_WIRE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wire {
	uint8_t *at;
	size_t left;
	bool bad;		/**< something did not fit */
};

/** A cursor over len bytes, which are written only if put..() is called. */
static inline struct wire
wire_over(const void *bytes, size_t len)
{
	return (struct wire){ .at = (uint8_t *)(uintptr_t)bytes, .left = len };
}

/* Whether there are n more bytes; there is none from the first that is missing. */
static inline bool
wire_has(struct wire *wire, size_t n)
{
	if (n <= wire->left)
		return true;
	wire->bad = true;
	wire->left = 0;
	return false;
}

static inline void
wire_skip(struct wire *wire, size_t n)
{
	wire->at += n;
	wire->left -= n;
}

/* n is a constant in all callers, 8 at most: one load. */
static inline uint64_t
wire_get(struct wire *wire, size_t n)
{
	uint64_t value = 0;

	if (!wire_has(wire, n))
		return 0;
	memcpy(&value, wire->at, n);
	wire_skip(wire, n);
	return le64toh(value);
}

static inline void
wire_put(struct wire *wire, size_t n, uint64_t value)
{
	value = htole64(value);
	if (!wire_has(wire, n))
		return;
	memcpy(wire->at, &value, n);
	wire_skip(wire, n);
}

static inline uint8_t
get8(struct wire *wire)
{
	return (uint8_t)wire_get(wire, 1);
}

static inline uint16_t
get16(struct wire *wire)
{
	return (uint16_t)wire_get(wire, 2);
}

static inline uint32_t
get32(struct wire *wire)
{
	return (uint32_t)wire_get(wire, 4);
}

static inline uint64_t
get64(struct wire *wire)
{
	return wire_get(wire, 8);
}

static inline void
put8(struct wire *wire, uint8_t value)
{
	wire_put(wire, 1, value);
}

static inline void
put16(struct wire *wire, uint16_t value)
{
	wire_put(wire, 2, value);
}

static inline void
put32(struct wire *wire, uint32_t value)
{
	wire_put(wire, 4, value);
}

static inline void
put64(struct wire *wire, uint64_t value)
{
	wire_put(wire, 8, value);
}

#endif /* HVHOST_WIRE_H */
