/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Which of a guest's channels a received frame belongs to.
 */

#include "inspect.h"
#include "nic_private.h"
#include "rss.h"

/* Open, and one of those that receive sections were given to. */
static bool
nic_steer_may_use(const struct nic_channel *ch)
{
	return nic_channel_works(ch) && ch->index < ch->nic->rxbuf.queues;
}

/*
 * The channel of a frame, by the table that the guest has set. An entry for a
 * channel that is not open, or not used any more, leads to the primary.
 */
struct nic_channel *
nic_steer(struct nic *nic, const uint8_t *frame, const struct layout *layout,
	  struct rndis_rx_info *info)
{
	const struct rss *rss = &nic->rndis.rss;
	struct nic_channel *ch = &nic->channel[0];
	uint32_t hash = 0, type;

	if (!rss->enabled)
		return ch;
	type = rss_hash(rss, frame, layout, &hash);
	if (type == 0)
		return ch;
	if (nic->config.profile->hash_infos) {
		info->has_hash = true;
		info->hash = hash;
		info->hash_info = type | RSS_FUNCTION_TOEPLITZ;
	}
	ch = &nic->channel[rss->table[hash % rss->entries] % NIC_QUEUES_MAX];
	return nic_steer_may_use(ch) ? ch : &nic->channel[0];
}
