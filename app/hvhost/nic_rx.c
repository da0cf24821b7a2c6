/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Frames to the guest: the port writes each into a free receive section, where
 * its RNDIS message is written around it; a batch of them goes out as one packet,
 * and one completion of the guest gives all their sections back.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "capture.h"
#include "nic_private.h"
#include "inspect.h"
#include "offload.h"
#include "port.h"
#include "rndis_packet.h"
#include "rules.h"
#include "wire.h"

/* A host counts its ring as full when less than this is left. */
#define RING_RESERVE 2048u

static bool
nic_rx_listens(void *ctx)
{
	const struct nic *nic = ctx;

	return nic->has_rxbuf && nic_channel_works(&nic->channel[0]) && nic->rndis.link_up &&
	       nic->rndis.filter != 0;
}

void
nic_rx_flush(struct nic_channel *ch)
{
	struct nic *nic = ch->nic;
	struct nic_batch *batch = &ch->batch;
	struct wire header = wire_over(batch->header, XFER_HEADER_LEN);
	uint8_t message[NVSP_MESSAGE_MAX];
	size_t len;

	if (batch->chain.count == 0)
		return;
	put16(&header, nic->nvsp.recv.id);
	put16(&header, 0);
	put32(&header, batch->chain.count);
	len = nvsp_write_rndis(&nic->nvsp, message, NVSP_CHANNEL_DATA);
	if (vmbus_channel_send(ch->vch, &(struct vmbus_send){
			.type = PACKET_XFER_PAGES,
			.wants_completion = true,
			.id = batch->chain.first,
			.header = batch->header,
			.header_len = XFER_HEADER_LEN + batch->chain.count * RANGE_LEN,
			.payload = message,
			.payload_len = len,
		}) == 0) {
		rxbuf_chain_sent(&nic->rxbuf, &batch->chain, ch->index);
		nic->counters.rx_packets++;
	} else {
		rxbuf_chain_drop(&nic->rxbuf, &batch->chain);
		nic->counters.rx_lost_ring_full += batch->chain.count;
		ch->counters.rx_lost += batch->chain.count;
	}
	memset(&batch->chain, 0, sizeof(batch->chain));
	rsc_close(&batch->rsc);
}

/* How many ranges a packet may have now; 0: the ring is full. */
static unsigned int
rx_batch_limit(const struct nic_channel *ch)
{
	unsigned int most = ch->nic->rndis.offloads & OFFLOAD_RSC ? NVSP_RANGES_MAX_RSC :
			    NVSP_RANGES_MAX;
	size_t room = vmbus_channel_room(ch->vch);
	size_t ranges;

	if (room < RING_RESERVE)
		return 0;
	/* Half of the reserve is left to completions. */
	ranges = (room - RING_RESERVE / 2) / RANGE_LEN;
	return ranges < most ? (unsigned int)ranges : most;
}

/* Whether one more frame fits the batch; full batches are sent. */
static bool
rx_batch_has_room(struct nic_channel *ch)
{
	struct nic_batch *batch = &ch->batch;

	if (batch->chain.count == batch->limit)
		nic_rx_flush(ch);
	if (batch->chain.count == 0)
		batch->limit = rx_batch_limit(ch);
	return batch->limit > 0;
}

bool
nic_rx_prepare(struct nic_channel *ch)
{
	struct nic_batch *batch = &ch->batch;
	struct nic *nic = ch->nic;

	if (!rx_batch_has_room(ch)) {
		nic->counters.rx_ring_full++;
		return false;
	}
	if (batch->spare == RXBUF_NONE)
		batch->spare = rxbuf_take(&nic->rxbuf, ch->index);
	if (batch->spare == RXBUF_NONE)
		nic->counters.rx_no_section++;
	return batch->spare != RXBUF_NONE;
}

/*
 * With one channel a frame lands where it stays. With several its channel is
 * known only once it has been looked at.
 */
uint8_t *
nic_rx_begin(void *ctx, size_t *room)
{
	struct nic *nic = ctx;
	struct nic_channel *ch = &nic->channel[0];

	*room = nic->nvsp.frame_len + ETHER_TAG_LEN;
	if (nic->subs.offered > 0)
		return nic->landing;
	return nic_rx_prepare(ch) ? nic_section(nic, ch->batch.spare) + NVSP_HEADER_AREA : NULL;
}

/* Move a frame from where it landed into a section of its channel; NULL: it is lost. */
static uint8_t *
nic_rx_settle(struct nic_channel *ch, const uint8_t *frame, size_t len)
{
	uint8_t *place;

	if (!nic_rx_prepare(ch)) {
		ch->nic->counters.rx_lost_queue++;
		ch->counters.rx_lost++;
		return NULL;
	}
	place = nic_section(ch->nic, ch->batch.spare) + NVSP_HEADER_AREA;
	memcpy(place, frame, len);
	return place;
}

/* Take a tag out of the frame: the guest gets it beside the frame. */
static void
nic_rx_untag(uint8_t *frame, struct rndis_rx_info *info)
{
	if (info->frame_len < ETHER_HDR_LEN + ETHER_TAG_LEN || frame[12] != 0x81 ||
	    frame[13] != 0x00)
		return;
	info->is_tagged = true;
	info->tci = (uint16_t)(frame[14] << 8 | frame[15]);
	info->frame_len -= ETHER_TAG_LEN;
	memmove(frame + 2 * ETHER_ADDR_LEN, frame + 2 * ETHER_ADDR_LEN + ETHER_TAG_LEN,
		info->frame_len - 2 * ETHER_ADDR_LEN);
}

void
nic_rx_add(struct nic_channel *ch, uint32_t id)
{
	struct nic *nic = ch->nic;
	struct nic_batch *batch = &ch->batch;
	uint32_t len = nic->nvsp.recv_section_len;
	struct wire range = wire_over(batch->header + XFER_HEADER_LEN +
				      batch->chain.count * RANGE_LEN, RANGE_LEN);

	put32(&range, len);
	put32(&range, id * len);
	rxbuf_chain_add(&nic->rxbuf, &batch->chain, id);
}

static void
nic_rx_capture(const struct nic_channel *ch, uint8_t *frame, size_t len,
	       const struct rndis_rx_info *info)
{
	struct iovec seg = { frame, len };

	capture_received(ch->nic->capture, ch->index, &(struct frame){ &seg, 1, len }, info);
}

/* The section stays where it is, for the next frame, when this one is not for the guest. */
struct nic_channel *
nic_rx_take(struct nic *nic, size_t len, const struct frame_work *work)
{
	struct nic_channel *ch = &nic->channel[0];
	bool landed = nic->subs.offered > 0;
	uint8_t *frame = landed ? nic->landing :
			 nic_section(nic, ch->batch.spare) + NVSP_HEADER_AREA;
	struct layout layout = { 0 };
	struct rndis_rx_info info = {
		.frame_offset = NVSP_HEADER_AREA,
		.frame_len = (uint32_t)len,
	};

	if (len < ETHER_HDR_LEN)
		return NULL;
	if (!rndis_accepts(&nic->rndis, frame)) {
		nic->counters.rx_filtered++;
		return NULL;
	}
	nic_rx_untag(frame, &info);
	if (info.frame_len > nic->nvsp.frame_len) {
		nic->counters.rx_oversize++;
		return NULL;
	}
	if (nic->rndis.rss.enabled || nic->rndis.offloads & (OFFLOAD_RX | OFFLOAD_RSC))
		layout = inspect(frame, info.frame_len);
	ch = nic_steer(nic, frame, &layout, &info);
	if (landed)
		frame = nic_rx_settle(ch, frame, info.frame_len);
	if (frame == NULL)
		return NULL;
	len = info.frame_len;
	nic->counters.rx_frames++;
	ch->counters.rx_frames++;
	nic->counters.rx_bytes += len;
	nic_rx_offload(ch, frame, &layout, &info, work);
	if (nic->capture != NULL)
		nic_rx_capture(ch, frame, len, &info);
	rndis_packet_write(frame - NVSP_HEADER_AREA, nic->nvsp.recv_section_len, &info);
	nic_rx_add(ch, ch->batch.spare);
	ch->batch.last = info;
	ch->batch.spare = RXBUF_NONE;
	return ch;
}

static void
nic_rx_commit(void *ctx, size_t len)
{
	nic_rx_take(ctx, len, NULL);
}

static void
nic_rx_commit_partial(void *ctx, size_t len, const struct frame_work *work)
{
	nic_rx_take(ctx, len, work);
}

/* Each channel's batch is sent as it is. */
static void
nic_rx_flush_all(void *ctx)
{
	struct nic *nic = ctx;

	for (unsigned int i = 0; i <= nic->subs.offered; i++)
		if (nic_channel_works(&nic->channel[i]))
			nic_rx_flush(&nic->channel[i]);
}

static void
nic_rx_dropped(void *ctx, unsigned int frames)
{
	struct nic *nic = ctx;

	if (nic_rx_listens(nic))
		nic->counters.rx_lost_port += frames;
	else
		nic->counters.rx_not_listening += frames;
}

void
nic_rx_plug(struct nic *nic, struct port *port)
{
	nic->port = port;
	port->user = (struct port_user){
		.listens = nic_rx_listens,
		.begin = nic_rx_begin,
		.commit = nic_rx_commit,
		.commit_partial = nic_rx_commit_partial,
		.repeat = nic_rx_repeat,
		.flush = nic_rx_flush_all,
		.dropped = nic_rx_dropped,
		.ctx = nic,
	};
}

void
nic_rx_reset(struct nic_channel *ch)
{
	memset(&ch->batch.chain, 0, sizeof(ch->batch.chain));
	rsc_close(&ch->batch.rsc);
	ch->batch.spare = RXBUF_NONE;
}

void
nic_rx_untake(struct nic_channel *ch)
{
	if (ch->batch.spare != RXBUF_NONE)
		rxbuf_untake(&ch->nic->rxbuf, ch->batch.spare);
	ch->batch.spare = RXBUF_NONE;
}

void
nic_rx_completed(struct nic_channel *ch, const struct vmbus_packet *packet)
{
	static const struct {
		int error;
		enum rule rule;
		const char *what;
	} faults[] = {
		{ -ENOENT, RULE_RX_UNKNOWN, "no packet of that id is with the guest" },
		{ -EALREADY, RULE_RX_DOUBLE, "the guest does not hold it any more" },
		{ -EXDEV, RULE_RX_CHANNEL, "another channel brought it" },
	};
	struct nic *nic = ch->nic;
	int ret = nic->has_rxbuf ? rxbuf_complete(&nic->rxbuf, packet->id, ch->index) : -ENOENT;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (ret == faults[i].error) {
			rules_break(nic->rules, faults[i].rule, nic->name,
				    "completion of 0x%" PRIx64 " on channel %u: %s", packet->id,
				    ch->index, faults[i].what);
			nic_kill(ch, "a wrong completion");
			return;
		}
	}
	if (!nvsp_is_rndis_complete(packet->payload, packet->payload_len)) {
		rules_break(nic->rules, RULE_RX_BODY, nic->name,
			    "completion of 0x%" PRIx64 " with %zu bytes of something else",
			    packet->id, packet->payload_len);
		nic_kill(ch, "a wrong completion");
	}
}
