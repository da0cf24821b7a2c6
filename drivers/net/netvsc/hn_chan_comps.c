/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Completions of what was sent come in runs. They are read where they lie and
 * told to the transmit queues; those of control requests, which carry answers,
 * go the way of all other packets.
 */

#include <bus_vmbus_driver.h>
#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "hn_chan_private.h"

static inline uint32_t
comp_status(const struct vmbus_comp *comp)
{
	const uint32_t *done = comp->payload;

	static_assert(sizeof(comp->payload) == sizeof(struct nvsp_rndis_pkt_complete),
		      "the payload is type and status");
	return comp->payload_len >= sizeof(struct nvsp_rndis_pkt_complete) &&
	       done[0] == NVSP_TYPE_RNDIS_PKT_COMPLETE ? done[1] : NVSP_STATUS_NONE;
}

uint32_t
hn_chan_take_comps(struct hn_chan *chan, uint32_t max)
{
	struct vmbus_comp comp[HN_CHAN_COMPS_BULK];
	uint32_t i, count, bytes = 0;

	if (unlikely(hn_chan_has_failed(chan)))
		return 0;
	count = rte_vmbus_chan_peek_comps(chan->vmbus, comp, RTE_MIN(max, HN_CHAN_COMPS_BULK));
	for (i = 0; i < count; i++) {
		if (unlikely((comp[i].xactid & (HN_XACT_CALL | HN_XACT_RNDIS)) != 0))
			break;
		chan->events->tx_done(chan->ctx, chan, comp[i].xactid, comp_status(&comp[i]));
		bytes += comp[i].ring_len;
	}
	if (i == 0)
		return 0;
	/*
	 * Who dies before that leaves them to be told once more: the queues know them then,
	 * and have room for them.
	 */
	rte_vmbus_chan_skip(chan->vmbus, bytes);
	chan->shared->unread += bytes;
	return i;
}
