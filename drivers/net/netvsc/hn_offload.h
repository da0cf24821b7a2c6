/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Checksum, segmentation and coalescing offloads of the host's card, in ethdev's
 * words. Control operations only.
 */

#ifndef _HN_OFFLOAD_H_
#define _HN_OFFLOAD_H_

#include <stdint.h>

struct hn_nvs;
struct hn_rndis;

/** What the card can do: RTE_ETH_RX_OFFLOAD_*, RTE_ETH_TX_OFFLOAD_*. */
struct hn_offload_caps {
	uint64_t rx;
	uint64_t tx;
	uint32_t tso_max_size;		/**< bytes; 0 without RTE_ETH_TX_OFFLOAD_TCP_TSO */
	uint32_t tso_min_segments;
};

/**
 * Learn what the card can do. A flag is set only where the host offers all of it:
 * an ethdev flag stands for IPv4 and IPv6 alike.
 *
 * @return 0, with no flags if the host knows no offloads; otherwise negative errno.
 */
int hn_offload_query(struct hn_rndis *rndis, const struct hn_nvs *nvs,
		     struct hn_offload_caps *caps);

/**
 * Switch on what these flags stand for, and everything else off.
 *
 * @param rx, tx
 *   As hn_offload_query() gives them; the caller asks for no others.
 * @return 0; -ENOTSUP if the host knows no offloads; otherwise negative errno.
 */
int hn_offload_set(struct hn_rndis *rndis, const struct hn_nvs *nvs, uint64_t rx, uint64_t tx);

/**
 * Switch everything off that a former user of the card may have switched on.
 *
 * @return 0, also if the host knows no offloads; otherwise negative errno.
 */
int hn_offload_reset(struct hn_rndis *rndis, const struct hn_nvs *nvs);

#endif /* _HN_OFFLOAD_H_ */
