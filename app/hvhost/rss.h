/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Receive side scaling: the Toeplitz hash of a frame's flow, as Microsoft
 * published it.
 */

#ifndef HVHOST_RSS_H
#define HVHOST_RSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect.h"

#define RSS_KEY_LEN 40u

/** Kinds of flows, as RSS parameters and hash infos name them. */
enum {
	RSS_TYPE_IPV4 = 0x100,
	RSS_TYPE_TCP_IPV4 = 0x200,
	RSS_TYPE_IPV6 = 0x400,
	RSS_TYPE_TCP_IPV6 = 0x1000,
	RSS_TYPE_UDP_IPV4 = 0x4000,
	RSS_TYPE_UDP_IPV6 = 0x8000,
};

/** The function's number, in the low byte beside the types. */
#define RSS_FUNCTION_TOEPLITZ 1u

/**
 * Hash a frame by the most telling of the wanted types that fits it: with
 * ports, else by addresses alone, as fragments always are.
 *
 * @param wanted
 *   A set of types.
 * @param hash
 *   Valid if a type is returned.
 * @return
 *   The type; 0 if none fits.
 */
uint32_t rss_hash(const uint8_t key[RSS_KEY_LEN], uint32_t wanted, const uint8_t *frame,
		  const struct layout *layout, uint32_t *hash);

/** Toeplitz's hash of up to 36 bytes. */
uint32_t rss_toeplitz(const uint8_t key[RSS_KEY_LEN], const uint8_t *bytes, size_t len);

#endif /* HVHOST_RSS_H */
