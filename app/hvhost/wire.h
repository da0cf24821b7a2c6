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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* The next n bytes, or NULL. */
static inline uint8_t *
wire_take(struct wire *wire, size_t n)
{
	uint8_t *at = wire->at;

	if (n > wire->left) {
		wire->bad = true;
		wire->left = 0;
		return NULL;
	}
	wire->at += n;
	wire->left -= n;
	return at;
}

static inline uint64_t
wire_get(struct wire *wire, size_t n)
{
	const uint8_t *at = wire_take(wire, n);
	uint64_t value = 0;

	for (; at != NULL && n > 0; n--)
		value = value << 8 | at[n - 1];
	return value;
}

static inline void
wire_put(struct wire *wire, size_t n, uint64_t value)
{
	uint8_t *at = wire_take(wire, n);
	size_t i;

	for (i = 0; at != NULL && i < n; i++, value >>= 8)
		at[i] = (uint8_t)value;
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
