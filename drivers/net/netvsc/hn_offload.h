/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Checksum, segmentation and coalescing offloads: what the connected host
 * offers, and what it was told to do for the port.
 *
 * Control operations only, but for reading what is enabled.
 */

#ifndef _HN_OFFLOAD_H_
#define _HN_OFFLOAD_H_

#include <stdint.h>

struct hn_nvs;
struct hn_rndis;

/** One thing that a host does or leaves. */
enum hn_offload_bit {
	HN_OFFLOAD_TX_IPV4 = 1 << 0,		/**< checksum of the IPv4 header */
	HN_OFFLOAD_TX_TCP_IPV4 = 1 << 1,
	HN_OFFLOAD_TX_UDP_IPV4 = 1 << 2,
	HN_OFFLOAD_TX_TCP_IPV6 = 1 << 3,
	HN_OFFLOAD_TX_UDP_IPV6 = 1 << 4,
	HN_OFFLOAD_LSO_IPV4 = 1 << 5,
	HN_OFFLOAD_LSO_IPV6 = 1 << 6,
	HN_OFFLOAD_RX_IPV4 = 1 << 7,
	HN_OFFLOAD_RX_TCP_IPV4 = 1 << 8,
	HN_OFFLOAD_RX_UDP_IPV4 = 1 << 9,
	HN_OFFLOAD_RX_TCP_IPV6 = 1 << 10,
	HN_OFFLOAD_RX_UDP_IPV6 = 1 << 11,
	HN_OFFLOAD_RSC_IPV4 = 1 << 12,
	HN_OFFLOAD_RSC_IPV6 = 1 << 13,
};

/** A port's offloads; the driver can build whatever is in there. */
struct hn_offload {
	uint32_t offered;		/**< enum hn_offload_bit */
	uint32_t enabled;		/**< of them, those the host was told to do */
	uint32_t lso_len_max;		/**< longest frame to be segmented */
	uint32_t lso_segments_min;	/**< fewest segments to make of one */
};

/**
 * Learn what the host offers. One that knows no offloads, or tells nonsense
 * about them, offers none; that is logged.
 *
 * @return 0, or negative errno if the host could not be asked.
 */
int hn_offload_query(struct hn_offload *offload, struct hn_rndis *rndis,
		     const struct hn_nvs *nvs);

/**
 * What the host offers, as ethdev's flags. Those do not tell IPv4 from IPv6, so
 * a flag is there only if the host does both.
 */
uint64_t hn_offload_rx_capa(const struct hn_offload *offload);
uint64_t hn_offload_tx_capa(const struct hn_offload *offload);

/**
 * Tell the host what to do, and to leave everything else, which a former user
 * of the card may have switched on.
 *
 * @param rx, tx
 *   The port's offloads, ethdev's flags; those that are not the host's matter
 *   are passed over.
 * @return
 *   0; -ENOTSUP if the host does not want to after all; or why it could not be
 *   told. Nothing is enabled then.
 */
int hn_offload_apply(struct hn_offload *offload, struct hn_rndis *rndis,
		     const struct hn_nvs *nvs, uint64_t rx, uint64_t tx);

#endif /* _HN_OFFLOAD_H_ */
