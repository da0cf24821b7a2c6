/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Checksum and segmentation offloads of the host's card.
 */

#ifndef _HN_OFFLOAD_H_
#define _HN_OFFLOAD_H_

struct hn_nvs;
struct hn_rndis;

/**
 * Switch everything off that a former user of the card may have switched on.
 *
 * @return 0, also if the host knows no offloads; otherwise negative errno.
 */
int hn_offload_reset(struct hn_rndis *rndis, const struct hn_nvs *nvs);

#endif /* _HN_OFFLOAD_H_ */
