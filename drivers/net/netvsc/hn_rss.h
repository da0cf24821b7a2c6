/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * How the host spreads received frames over channels: what it can, what it is
 * told, and its own wish for the frames that it is sent.
 *
 * The host hashes with our key; the low bits of the hash choose an entry of the
 * table, and the entry is a channel's index. Hosts do not honour the flags that
 * would change one setting alone: each change switches RSS off and sets all of
 * it anew. All of it is kept here, holds no pointers, and is set in control
 * operations only; but the send table comes in the thread that polls the primary.
 */

#ifndef _HN_RSS_H_
#define _HN_RSS_H_

#include <stdbool.h>
#include <stdint.h>

#include "ndis.h"
#include "nvsp.h"

struct hn_nvs;
struct hn_rndis;

/** What the host can. */
struct hn_rss_caps {
	uint16_t queues;		/**< channels that it serves, at least 1 */
	uint16_t table_size;		/**< entries; 0 if it cannot hash */
	uint64_t types;			/**< RTE_ETH_RSS_* that it can hash */
};

/** What the host is told. */
struct hn_rss {
	struct hn_rss_caps caps;
	uint64_t types;			/**< RTE_ETH_RSS_*; 0 is off: all frames to channel 0 */
	uint8_t key[NDIS_RSS_KEY_LEN];
	uint16_t table[NDIS_RSS_TABLE_MAX];	/**< channel indexes; caps.table_size count */
	bool applied;			/**< the host has been told types other than 0 */
};

/**
 * Ask the host what it can.
 *
 * @return
 *   0, also for a host without RSS: one channel and no types; -EBADMSG if it
 *   tells nonsense; or another negative errno.
 */
int hn_rss_query(struct hn_rss_caps *caps, struct hn_rndis *rndis, const struct hn_nvs *nvs);

/** Off, Microsoft's key, the table as hn_rss_spread(1). The capabilities are kept. */
void hn_rss_reset(struct hn_rss *rss);

/** Let the table lead to channels 0 to count - 1 in turn. */
void hn_rss_spread(struct hn_rss *rss, uint16_t count);

/** One more than the largest channel index in the table. */
uint16_t hn_rss_reach(const struct hn_rss *rss);

/**
 * Tell the host all of it. If that fails, the host is told what it was told
 * before.
 *
 * @param rss
 *   In force; becomes *next on success and is left as it was on failure.
 * @return
 *   0; or negative errno. A host without RSS has nothing to be told.
 */
int hn_rss_set(struct hn_rss *rss, const struct hn_rss *next, struct hn_rndis *rndis);

/** The host's wish for frames that it is sent: of the flow's hash to a channel. */
struct hn_send_table {
	uint16_t count;			/**< entries; 0 until the host has sent one */
	uint16_t entry[NVSP_SEND_TABLE_COUNT];
};

/**
 * Take NVSP_TYPE_INDIRECTION_TABLE.
 *
 * @param msg, len
 *   The host's message, private, and its bytes.
 * @param version
 *   NVSP's: older hosts place the table elsewhere than they say.
 * @param channels
 *   Open ones; entries that lead to others are made 0.
 * @return 0 or -EBADMSG; *table is then left as it was.
 */
int hn_rss_take_send_table(struct hn_send_table *table, const void *msg, uint32_t len,
			   uint32_t version, uint16_t channels);

#endif /* _HN_RSS_H_ */
