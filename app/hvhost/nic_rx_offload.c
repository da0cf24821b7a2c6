/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What a card does for the guest with a frame that it receives: look at its
 * checksums, and join it to the one before it.
 */

#include "inspect.h"
#include "nic_private.h"
#include "offload.h"
#include "segment.h"
#include "verify.h"

/* What the guest wants to know about a checksum that the sender has left to the card. */
static uint32_t
rx_offload_verify_partial(struct nic *nic, uint8_t *frame, const struct layout *layout,
			  const struct rndis_rx_info *info, struct frame_work work)
{
	uint32_t found = verify_partial(frame, layout, nic->rndis.offloads);

	if (found & (RX_CHECKSUM_TCP_GOOD | RX_CHECKSUM_UDP_GOOD)) {
		nic->counters.rx_checksum_stale++;
		return found;
	}
	if (info->is_tagged)
		work.sum_start -= ETHER_TAG_LEN;
	segment_finish(frame, info->frame_len, &work);
	return found;
}

/* What the guest wants to know about the frame's checksums. */
static void
rx_offload_verify(struct nic *nic, uint8_t *frame, const struct layout *layout,
		  struct rndis_rx_info *info, const struct frame_work *work)
{
	info->checksum = work != NULL ?
			 rx_offload_verify_partial(nic, frame, layout, info, *work) :
			 verify_checksums(frame, layout, nic->rndis.offloads);
	info->has_checksum = info->checksum != RX_CHECKSUM_UNKNOWN ||
			     nic->config.profile->checksum_always;
	if (info->checksum & RX_CHECKSUM_FAILED)
		nic->counters.rx_checksum_failed++;
	else if (info->checksum != RX_CHECKSUM_UNKNOWN)
		nic->counters.rx_checksum_good++;
}

/* Only segments are joined whose sums have all been found good. */
static bool
rx_offload_may_coalesce(const struct nic *nic, const struct layout *layout,
			const struct rndis_rx_info *info)
{
	uint32_t offloads = nic->rndis.offloads;

	/* Ethernet padding would end up in the middle. */
	if (layout->end != info->frame_len)
		return false;
	if (layout->ip_version == 4)
		return offloads & OFFLOAD_RSC4 &&
		       info->checksum == (RX_CHECKSUM_IP_GOOD | RX_CHECKSUM_TCP_GOOD);
	return offloads & OFFLOAD_RSC6 && info->checksum == RX_CHECKSUM_TCP_GOOD;
}

/* The message before this one turns out to be the first or a middle part of a frame. */
static void
rx_offload_continue(struct nic_channel *ch)
{
	struct nic_batch *batch = &ch->batch;
	struct rndis_rx_info *last = &batch->last;

	if (last->fragment == FRAGMENT_NONE) {
		last->fragment = FRAGMENT_FIRST;
		last->packet_id = ++batch->packet_id;
		/* The headers change, their sums do not. */
		last->checksum |= RX_CHECKSUM_TCP_STALE;
		if (last->checksum & RX_CHECKSUM_IP_GOOD)
			last->checksum |= RX_CHECKSUM_IP_STALE;
	} else {
		last->fragment = FRAGMENT_MIDDLE;
	}
	rndis_packet_write(nic_section(ch->nic, batch->chain.last),
			   ch->nic->nvsp.recv_section_len, last);
}

/* Let the segment be the last part of the frame before it, if it belongs to that. */
static void
rx_offload_coalesce(struct nic_channel *ch, uint8_t *frame, const struct layout *layout,
		    struct rndis_rx_info *info)
{
	uint32_t tag = info->is_tagged ? 1u << 16 | info->tci : 0;
	struct nic_batch *batch = &ch->batch;
	uint32_t header_len;

	if (!rx_offload_may_coalesce(ch->nic, layout, info)) {
		rsc_close(&batch->rsc);
		return;
	}
	if (!rsc_add(&batch->rsc, frame, layout, tag))
		return;
	rx_offload_continue(ch);
	header_len = (uint32_t)batch->rsc.header_len;
	*info = (struct rndis_rx_info){
		.frame_offset = info->frame_offset + header_len,
		.frame_len = (uint32_t)layout->end - header_len,
		.fragment = FRAGMENT_LAST,
		.packet_id = batch->packet_id,
	};
	ch->nic->counters.rx_coalesced++;
}

void
nic_rx_offload(struct nic_channel *ch, uint8_t *frame, const struct layout *layout,
	       struct rndis_rx_info *info, const struct frame_work *work)
{
	rx_offload_verify(ch->nic, frame, layout, info, work);
	rx_offload_coalesce(ch, frame, layout, info);
}
