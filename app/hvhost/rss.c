/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See rss.h.
 */

#include <string.h>

#include "rss.h"

#define PORTS_LEN 4u
#define ADDRESSES4_LEN 8u
#define ADDRESSES6_LEN 32u
#define IP6_ADDRESSES_AT 8u

/* Each bit of the input adds the 32 bits of the key that begin at its place. */
uint32_t
rss_toeplitz(const uint8_t key[RSS_KEY_LEN], const uint8_t *bytes, size_t len)
{
	uint32_t window = (uint32_t)key[0] << 24 | (uint32_t)key[1] << 16 |
			  (uint32_t)key[2] << 8 | key[3];
	uint32_t hash = 0;

	for (size_t i = 0; i < len && i + 4 < RSS_KEY_LEN; i++) {
		for (unsigned int bit = 0; bit < 8; bit++) {
			if (bytes[i] >> (7 - bit) & 1)
				hash ^= window;
			window = window << 1 | (key[i + 4] >> (7 - bit) & 1);
		}
	}
	return hash;
}

/* The type that hashes this frame's ports; 0 if it has none or they do not count. */
static uint32_t
rss_type_with_ports(const struct layout *layout)
{
	if (layout->is_fragment || layout->transport == 0)
		return 0;
	if (layout->protocol == PROTOCOL_TCP)
		return layout->ip_version == 4 ? RSS_TYPE_TCP_IPV4 : RSS_TYPE_TCP_IPV6;
	if (layout->protocol == PROTOCOL_UDP)
		return layout->ip_version == 4 ? RSS_TYPE_UDP_IPV4 : RSS_TYPE_UDP_IPV6;
	return 0;
}

uint32_t
rss_hash(const uint8_t key[RSS_KEY_LEN], uint32_t wanted, const uint8_t *frame,
	 const struct layout *layout, uint32_t *hash)
{
	bool is_v4 = layout->ip_version == 4;
	uint32_t type = rss_type_with_ports(layout) & wanted;
	uint8_t input[ADDRESSES6_LEN + PORTS_LEN];
	size_t len = is_v4 ? ADDRESSES4_LEN : ADDRESSES6_LEN;

	if (layout->ip_version == 0)
		return 0;
	memcpy(input, frame + layout->ip + (is_v4 ? (unsigned int)IP4_ADDRESSES_AT :
						    IP6_ADDRESSES_AT), len);
	if (type != 0) {
		memcpy(input + len, frame + layout->transport, PORTS_LEN);
		len += PORTS_LEN;
	} else {
		type = (is_v4 ? RSS_TYPE_IPV4 : RSS_TYPE_IPV6) & wanted;
	}
	*hash = rss_toeplitz(key, input, len);
	return type;
}
