/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The Internet checksum, and numbers in network byte order.
 *
 * Sums are those of RFC 1071: ones' complement, of 16-bit words. Whoever adds up
 * a packet with its checksum in place gets CHECKSUM_GOOD.
 */

#ifndef HVHOST_CHECKSUM_H
#define HVHOST_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#define CHECKSUM_GOOD 0xffffu

static inline uint32_t
get_be16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static inline uint32_t
get_be32(const uint8_t *at)
{
	return get_be16(at) << 16 | get_be16(at + 2);
}

static inline void
put_be16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void
put_be32(uint8_t *at, uint32_t value)
{
	put_be16(at, value >> 16);
	put_be16(at + 2, value);
}

/** Add len bytes to a sum that is below 2^32; the result is below 2^16. */
uint32_t checksum_sum(const uint8_t *at, size_t len, uint32_t sum);

/**
 * The sum over the pseudo header of TCP or UDP.
 *
 * @param ip
 *   The IPv4 or IPv6 header.
 * @param len
 *   Of TCP or UDP header and payload.
 */
uint32_t checksum_pseudo(const uint8_t *ip, unsigned int ip_version, uint8_t protocol,
			 uint32_t len);

/** Fill in the header checksum of IPv4. */
void checksum_fill_ip4(uint8_t *ip);

#endif /* HVHOST_CHECKSUM_H */
