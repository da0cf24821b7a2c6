/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See checksum.h.
 */

#include <endian.h>
#include <string.h>

#include "checksum.h"

enum {
	IP4_SUM = 10,
	IP4_ADDRESSES = 12,
	IP4_ADDRESSES_LEN = 8,
	IP6_ADDRESSES = 8,
	IP6_ADDRESSES_LEN = 32,
};

static uint32_t
sum_fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)sum;
}

/* The sum does not depend on the byte order: words are added as they lie, the result is turned. */
uint32_t
checksum_sum(const uint8_t *at, size_t len, uint32_t sum)
{
	uint64_t total = 0;
	uint32_t word;

	for (; len >= sizeof(word); at += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		total += word;
	}
	word = 0;
	memcpy(&word, at, len);
	total += word;
	return sum_fold((uint64_t)be16toh((uint16_t)sum_fold(total)) + sum);
}

uint32_t
checksum_pseudo(const uint8_t *ip, unsigned int ip_version, uint8_t protocol, uint32_t len)
{
	uint32_t sum = (len & 0xffff) + (len >> 16) + protocol;

	if (ip_version == 4)
		return checksum_sum(ip + IP4_ADDRESSES, IP4_ADDRESSES_LEN, sum);
	return checksum_sum(ip + IP6_ADDRESSES, IP6_ADDRESSES_LEN, sum);
}

void
checksum_fill_ip4(uint8_t *ip)
{
	size_t len = (size_t)(ip[0] & 0x0f) * 4;

	put_be16(ip + IP4_SUM, 0);
	put_be16(ip + IP4_SUM, ~checksum_sum(ip, len, 0));
}
