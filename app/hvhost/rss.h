/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Receive side scaling: what the host tells a guest about it, the parameters
 * that the guest sets, and the Toeplitz hash of a frame's flow as Microsoft
 * published it.
 */

#ifndef HVHOST_RSS_H
#define HVHOST_RSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect.h"

struct wire;

#define RSS_KEY_LEN 40u
#define RSS_INPUT_MAX 36u		/**< bytes that are hashed: IPv6 addresses and ports */
#define RSS_ENTRIES 128u		/**< of the table, unless told otherwise */
#define RSS_ENTRIES_MAX 256u

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

/** What a host can do. */
struct rss_limits {
	uint8_t revision;		/**< of the capabilities: 1 or 2 */
	uint32_t hashes;		/**< RSS_HASH_... of profile.h */
	uint32_t queues;
	uint32_t entries;		/**< of the table, RSS_ENTRIES_MAX at most */
	uint64_t open;			/**< a bit for each channel that is open now */
};

/** What a guest has set. */
struct rss {
	bool enabled;
	uint32_t types;
	uint32_t entries;
	uint16_t table[RSS_ENTRIES_MAX];	/**< channel by hash */
	uint8_t key[RSS_KEY_LEN];
	/** What four bits of the input at each place add to the hash. */
	uint32_t share[2 * RSS_INPUT_MAX][16];
};

/** What is wrong with parameters. */
enum rss_fault {
	RSS_FAULT_NONE,
	RSS_FAULT_HEADER,		/**< type, revision or size */
	RSS_FAULT_LAYOUT,		/**< key or table are not in the message */
	RSS_FAULT_UNCHANGED,		/**< something is to stay as it was */
	RSS_FAULT_HASH,			/**< a function or type that was not offered */
	RSS_FAULT_ENTRY,		/**< an entry is no channel */
	RSS_FAULT_CLOSED,		/**< an entry is a channel that is not open */
	RSS_FAULT_ENABLED,		/**< RSS is on: it has to be disabled first */
};

/** Write NDIS_RECEIVE_SCALE_CAPABILITIES. */
void rss_write_capabilities(struct wire *out, const struct rss_limits *can);

/**
 * Look at NDIS_RECEIVE_SCALE_PARAMETERS; the first fault that is found.
 *
 * @param rss
 *   What is in force until then.
 */
enum rss_fault rss_check(const struct rss *rss, const struct rss_limits *can,
			 const uint8_t *value, size_t len);

/**
 * Act on parameters as far as it is possible: a longer table is cut, a shorter one
 * repeated.
 *
 * @return
 *   false, and nothing has changed, if key or table are missing or an entry is no
 *   channel.
 */
bool rss_set(struct rss *rss, const struct rss_limits *can, const uint8_t *value, size_t len);

/** Hash by this key. */
void rss_set_key(struct rss *rss, const uint8_t key[RSS_KEY_LEN]);

/**
 * Hash a frame by the most telling of the guest's types that fits it: with ports,
 * else by addresses alone, as fragments always are.
 *
 * @param hash
 *   Valid if a type is returned.
 * @return
 *   The type; 0 if none fits.
 */
uint32_t rss_hash(const struct rss *rss, const uint8_t *frame, const struct layout *layout,
		  uint32_t *hash);

/** Toeplitz's hash of up to RSS_INPUT_MAX bytes. */
uint32_t rss_toeplitz(const struct rss *rss, const uint8_t *bytes, size_t len);

#endif /* HVHOST_RSS_H */
