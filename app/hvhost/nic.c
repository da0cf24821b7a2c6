/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See nic.h. A turn goes: frames of the port into free receive sections and off
 * to the guest in one packet; then the guest's packets, each answered by one
 * completion; then waiting control messages; then what was written is
 * published.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control_queue.h"
#include "gpa.h"
#include "log.h"
#include "nic.h"
#include "nvsp.h"
#include "port.h"
#include "rndis.h"
#include "rndis_packet.h"
#include "rules.h"
#include "rxbuf.h"
#include "segment.h"
#include "vmbus.h"
#include "wire.h"

#define NIC_RX_BUDGET 256u		/* frames of the port in a turn */
#define NIC_TX_BUDGET 256u		/* packets of a channel in a turn */
#define DESCRIPTOR_LEN 16u
#define XFER_HEADER_LEN 8u		/* behind the descriptor, before the ranges */
#define RANGE_LEN 8u
/* A host counts its ring as full when less than this is left. */
#define RING_RESERVE 2048u
/* Room for a control message's packet and what may have to follow it. */
#define CONTROL_ROOM 144u
#define RNDIS_HEADER_PEEK 8u

/* A batch of received frames on its way into one packet. */
struct nic_batch {
	struct rxbuf_chain chain;
	unsigned int limit;		/* ranges that fit the ring now */
	uint32_t spare;			/* section in the hands of the port, or RXBUF_NONE */
	uint8_t header[XFER_HEADER_LEN + NVSP_RANGES_MAX * RANGE_LEN];
};

/* A completion that found the ring full; nothing more is read until it is out. */
struct nic_stuck {
	bool waits;
	uint64_t id;
	size_t len;
	uint8_t bytes[NVSP_MESSAGE_MAX];
};

struct nic_channel {
	struct nic *nic;
	struct vmbus_channel *vch;	/* NULL: not open */
	uint16_t index;
	bool dead;
	struct nic_batch batch;
	struct nic_stuck stuck;
};

struct nic {
	struct nic_config config;
	char name[16];			/* "nic 0" */
	struct rules *rules;
	struct vmbus *bus;
	struct vmbus_device *dev;
	struct port *port;
	struct nvsp nvsp;
	struct rndis rndis;
	struct rxbuf rxbuf;
	bool has_rxbuf;
	struct control_queue control;
	uint32_t turn;			/* never 0 */
	uint32_t *section_turn;		/* by send section: when it was completed, not yet seen by the guest */
	size_t sections;
	struct nic_counters counters;
	struct nic_channel channel[NIC_QUEUES_MAX];
};

/* Where a packet is copied to; one at a time is looked at. */
static struct vmbus_packet nic_packet;

static void
nic_kill(struct nic_channel *ch, const char *why)
{
	if (ch->dead)
		return;
	ch->dead = true;
	vmbus_channel_kill(ch->vch);
	log_info("%s: channel %u is silent from now on: %s", ch->nic->name, ch->index, why);
}

static bool
nic_channel_works(const struct nic_channel *ch)
{
	return ch->vch != NULL && !ch->dead;
}

/* To the guest. */

static bool
nic_listens(void *ctx)
{
	const struct nic *nic = ctx;

	return nic->has_rxbuf && nic_channel_works(&nic->channel[0]) && nic->rndis.link_up &&
	       nic->rndis.filter != 0;
}

/* Send the batch; what does not fit the ring is lost. */
static void
nic_flush_batch(struct nic_channel *ch)
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
	}
	memset(&batch->chain, 0, sizeof(batch->chain));
}

/* How many ranges a packet may have now; 0: the ring is full. */
static unsigned int
nic_batch_limit(const struct nic_channel *ch)
{
	size_t room = vmbus_channel_room(ch->vch);
	size_t ranges;

	if (room < RING_RESERVE)
		return 0;
	/* Half of the reserve is left to completions. */
	ranges = (room - RING_RESERVE / 2) / RANGE_LEN;
	return ranges < NVSP_RANGES_MAX ? (unsigned int)ranges : NVSP_RANGES_MAX;
}

/* Whether one more frame fits the batch; full batches are sent. */
static bool
nic_batch_has_room(struct nic_channel *ch)
{
	struct nic_batch *batch = &ch->batch;

	if (batch->chain.count == batch->limit)
		nic_flush_batch(ch);
	if (batch->chain.count == 0)
		batch->limit = nic_batch_limit(ch);
	return batch->limit > 0;
}

static uint8_t *
nic_section(const struct nic *nic, uint32_t id)
{
	return nic->nvsp.recv.bytes + (size_t)id * nic->nvsp.recv_section_len;
}

static uint8_t *
nic_rx_begin(void *ctx, size_t *room)
{
	struct nic *nic = ctx;
	struct nic_channel *ch = &nic->channel[0];
	struct nic_batch *batch = &ch->batch;

	if (!nic_batch_has_room(ch)) {
		nic->counters.rx_ring_full++;
		return NULL;
	}
	if (batch->spare == RXBUF_NONE)
		batch->spare = rxbuf_take(&nic->rxbuf, 0);
	if (batch->spare == RXBUF_NONE) {
		nic->counters.rx_no_section++;
		return NULL;
	}
	*room = nic->nvsp.frame_len + ETHER_TAG_LEN;
	return nic_section(nic, batch->spare) + NVSP_HEADER_AREA;
}

/* Take a tag out of the frame: the guest gets it beside the frame. */
static void
nic_rx_untag(uint8_t *section, struct rndis_rx_info *info)
{
	uint8_t *frame = section + NVSP_HEADER_AREA;

	if (info->frame_len < ETHER_HDR_LEN + ETHER_TAG_LEN || frame[12] != 0x81 ||
	    frame[13] != 0x00)
		return;
	info->is_tagged = true;
	info->tci = (uint16_t)(frame[14] << 8 | frame[15]);
	memmove(frame + ETHER_TAG_LEN, frame, 2 * ETHER_ADDR_LEN);
	info->frame_offset += ETHER_TAG_LEN;
	info->frame_len -= ETHER_TAG_LEN;
}

static void
nic_batch_add(struct nic_channel *ch, uint32_t id)
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

/* The section stays where it is, for the next frame, when this one is not for the guest. */
static void
nic_rx_commit(void *ctx, size_t len)
{
	struct nic *nic = ctx;
	struct nic_channel *ch = &nic->channel[0];
	uint8_t *section = nic_section(nic, ch->batch.spare);
	struct rndis_rx_info info = {
		.frame_offset = NVSP_HEADER_AREA,
		.frame_len = (uint32_t)len,
		.checksum = RX_CHECKSUM_UNKNOWN,
	};

	if (len < ETHER_HDR_LEN)
		return;
	if (!rndis_accepts(&nic->rndis, section + NVSP_HEADER_AREA)) {
		nic->counters.rx_filtered++;
		return;
	}
	nic_rx_untag(section, &info);
	if (info.frame_len > nic->nvsp.frame_len) {
		nic->counters.rx_oversize++;
		return;
	}
	rndis_packet_write(section, nic->nvsp.recv_section_len, &info);
	nic_batch_add(ch, ch->batch.spare);
	ch->batch.spare = RXBUF_NONE;
	nic->counters.rx_frames++;
	nic->counters.rx_bytes += info.frame_len;
}

static void
nic_rx_dropped(void *ctx, unsigned int frames)
{
	struct nic *nic = ctx;

	if (nic_listens(nic))
		nic->counters.rx_lost_port += frames;
	else
		nic->counters.rx_not_listening += frames;
}

/* The guest gives receive sections back. */
static void
nic_rx_completed(struct nic_channel *ch, const struct vmbus_packet *packet)
{
	static const struct {
		int error;
		enum rule rule;
		const char *what;
	} faults[] = {
		{ -ENOENT, RULE_RX_UNKNOWN, "no packet of that id is with the guest" },
		{ -EALREADY, RULE_RX_DOUBLE, "it has been completed already" },
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

/* Completions. */

static bool
nic_send_completion(struct nic_channel *ch, uint64_t id, const uint8_t *bytes, size_t len)
{
	int ret = vmbus_channel_send(ch->vch, &(struct vmbus_send){
		.type = PACKET_COMPLETION,
		.id = id,
		.payload = bytes,
		.payload_len = len,
	});

	return ret != -EAGAIN;
}

static void
nic_complete(struct nic_channel *ch, uint64_t id, const uint8_t *bytes, size_t len)
{
	if (nic_send_completion(ch, id, bytes, len))
		return;
	ch->stuck.waits = true;
	ch->stuck.id = id;
	ch->stuck.len = len;
	memcpy(ch->stuck.bytes, bytes, len);
}

static void
nic_complete_rndis(struct nic_channel *ch, uint64_t id, uint32_t status)
{
	uint8_t message[NVSP_MESSAGE_MAX];
	size_t len = nvsp_write_rndis_complete(&ch->nic->nvsp, message, status);

	if (status != NVSP_STATUS_SUCCESS)
		ch->nic->counters.tx_refused++;
	nic_complete(ch, id, message, len);
}

/* Whether the way is free: a completion that waited is out, if there was one. */
static bool
nic_unstick(struct nic_channel *ch)
{
	if (ch->stuck.waits)
		ch->stuck.waits = !nic_send_completion(ch, ch->stuck.id, ch->stuck.bytes,
						       ch->stuck.len);
	return !ch->stuck.waits;
}

/* From the guest. */

/* Out of the port; the tag goes behind the addresses. */
static void
nic_tx_emit(struct nic *nic, const struct frame *frame, const struct rndis_packet *packet)
{
	struct iovec seg[GPA_SEGMENTS_MAX + 3];
	struct frame tagged = { .seg = seg, .len = frame->len + ETHER_TAG_LEN };
	uint8_t addresses[2 * ETHER_ADDR_LEN];
	uint8_t tag[ETHER_TAG_LEN] = {
		0x81, 0x00, (uint8_t)(packet->tci >> 8), (uint8_t)packet->tci,
	};

	if (packet->is_tagged) {
		frame_copy(frame, 0, addresses, sizeof(addresses));
		seg[0] = (struct iovec){ addresses, sizeof(addresses) };
		seg[1] = (struct iovec){ tag, sizeof(tag) };
		tagged.n = 2 + frame_slice(frame, sizeof(addresses),
					   frame->len - sizeof(addresses), seg + 2,
					   GPA_SEGMENTS_MAX + 1);
		frame = &tagged;
		nic->counters.tx_tags++;
	}
	nic->counters.tx_frames++;
	nic->counters.tx_bytes += frame->len;
	if (!nic->rndis.link_up)
		nic->counters.tx_lost_link++;
	else if (!nic->port->ops->send(nic->port, frame))
		nic->counters.tx_lost_port++;
}

struct nic_tx_part {
	struct nic *nic;
	const struct rndis_packet *packet;
};

static void
nic_tx_emit_part(void *ctx, uint8_t *bytes, size_t len)
{
	const struct nic_tx_part *part = ctx;
	struct iovec seg = { bytes, len };

	nic_tx_emit(part->nic, &(struct frame){ &seg, 1, len }, part->packet);
}

/* Frames that need work are copied first: their memory is the guest's. */
static void
nic_tx_offload(struct nic *nic, const struct frame *frame, const struct rndis_packet *packet)
{
	static uint8_t bytes[FRAME_MAX];
	struct nic_tx_part part = { nic, packet };
	size_t len = frame_copy(frame, 0, bytes, sizeof(bytes));

	if (packet->is_large_send) {
		nic->counters.tx_large_sends++;
		if (segment_large_send(bytes, len, packet, nic_tx_emit_part, &part) == 0)
			nic->counters.tx_lost_size++;
		return;
	}
	nic->counters.tx_checksums++;
	segment_checksum(bytes, len, packet);
	nic_tx_emit_part(&part, bytes, len);
}

static bool
nic_tx_check_frame(struct nic *nic, const struct frame *frame, const struct rndis_packet *packet)
{
	size_t limit = packet->is_large_send ? FRAME_MAX : nic->nvsp.frame_len;
	uint8_t type[2];

	if (frame->len < ETHER_HDR_LEN || frame->len > limit + ETHER_TAG_LEN) {
		rules_break(nic->rules, RULE_FRAME_SIZE, nic->name,
			    "a frame of %zu bytes; %zu is the longest", frame->len, limit);
		return false;
	}
	frame_copy(frame, 2 * ETHER_ADDR_LEN, type, sizeof(type));
	if (type[0] == ETHER_TYPE_VLAN >> 8 && type[1] == (ETHER_TYPE_VLAN & 0xff))
		rules_break(nic->rules, RULE_FRAME_VLAN, nic->name, "a frame of %zu bytes",
			    frame->len);
	else if (frame->len > limit) {
		rules_break(nic->rules, RULE_FRAME_SIZE, nic->name,
			    "a frame of %zu bytes; %zu is the longest", frame->len, limit);
		return false;
	}
	return true;
}

static void
nic_tx_frame(struct nic *nic, const struct frame *bytes, const struct rndis_packet *packet)
{
	struct iovec seg[GPA_SEGMENTS_MAX + 1];
	struct frame frame = { .seg = seg, .len = packet->len };

	frame.n = frame_slice(bytes, packet->offset, packet->len, seg, GPA_SEGMENTS_MAX + 1);
	if (frame.n == 0 || !nic_tx_check_frame(nic, &frame, packet)) {
		nic->counters.tx_lost_size++;
		return;
	}
	if (packet->is_large_send || packet->checksum != 0)
		nic_tx_offload(nic, &frame, packet);
	else
		nic_tx_emit(nic, &frame, packet);
}

static void
nic_tx_note_manners(struct nic *nic, uint32_t channel_type)
{
	if (channel_type != NVSP_CHANNEL_DATA)
		rules_break(nic->rules, RULE_NVSP_CHANNEL_TYPE, nic->name,
			    "channel type %u for data", channel_type);
	if (!nic->rndis.initialized)
		rules_break(nic->rules, RULE_RNDIS_INIT_FIRST, nic->name,
			    "data before INITIALIZE");
	else if (nic->rndis.filter == 0)
		rules_break(nic->rules, RULE_TX_BEFORE_FILTER, nic->name,
			    "data while the packet filter is 0");
}

/* A control message waits for its turn; its packet is completed at once. */
static bool
nic_queue_control(struct nic_channel *ch, const struct frame *bytes, uint32_t channel_type)
{
	struct nic *nic = ch->nic;
	struct control_item *item;

	if (ch->index != 0) {
		rules_break(nic->rules, RULE_NVSP_PRIMARY, nic->name,
			    "an RNDIS control message on channel %u", ch->index);
		return false;
	}
	if (channel_type != NVSP_CHANNEL_CONTROL)
		rules_break(nic->rules, RULE_NVSP_CHANNEL_TYPE, nic->name,
			    "channel type %u for a control message", channel_type);
	item = control_queue_add(&nic->control, bytes->len, false);
	if (item == NULL) {
		rules_break(nic->rules, RULE_RNDIS_QUEUE, nic->name,
			    "%zu bytes of control messages wait already", nic->control.bytes);
		return false;
	}
	frame_copy(bytes, 0, item->bytes, item->len);
	nic->counters.control_messages++;
	return true;
}

static void
nic_tx_data(struct nic *nic, const struct frame *bytes, const struct rndis_packet *packets,
	    unsigned int n, const struct nvsp_rndis *rndis)
{
	nic_tx_note_manners(nic, rndis->channel_type);
	nic->counters.tx_packets++;
	nic->counters.tx_sections += rndis->section != NVSP_NO_SECTION;
	for (unsigned int i = 0; i < n; i++)
		nic_tx_frame(nic, bytes, &packets[i]);
}

/* Both sources of a packet's bytes: first the send section, then the page ranges. */
static int
nic_gather(struct nic_channel *ch, const struct vmbus_packet *packet,
	   const struct nvsp_rndis *rndis, struct frame *bytes, struct iovec *seg)
{
	struct nic *nic = ch->nic;

	bytes->seg = seg;
	bytes->n = 0;
	bytes->len = 0;
	if (rndis->section != NVSP_NO_SECTION && rndis->section_len > 0) {
		seg[0].iov_base = nic->nvsp.send.bytes +
				  (size_t)rndis->section * NVSP_SEND_SECTION_LEN;
		seg[0].iov_len = rndis->section_len;
		bytes->n = 1;
		bytes->len = rndis->section_len;
	}
	if (packet->type != PACKET_GPA_DIRECT)
		return 0;
	return gpa_gather(vmbus_guestmem(nic->bus), packet->header, packet->header_len,
			  nic->rules, nic->name, seg, bytes);
}

/* What lies in send section number section may not be touched until the guest is told. */
static void
nic_note_section(struct nic *nic, uint32_t section)
{
	if (section >= nic->sections)
		return;
	if (nic->section_turn[section] == nic->turn)
		rules_break(nic->rules, RULE_SECTION_BUSY, nic->name,
			    "send section %u before the completion of its last use", section);
	nic->section_turn[section] = nic->turn;
}

static void
nic_rndis(struct nic_channel *ch, const struct vmbus_packet *packet,
	  const struct nvsp_rndis *rndis)
{
	static struct rndis_packet packets[RNDIS_PACKETS_MAX];
	struct nic *nic = ch->nic;
	struct iovec seg[GPA_SEGMENTS_MAX + 1];
	struct frame bytes;
	unsigned int n;
	bool good = false;
	int ret;

	if (!packet->wants_completion) {
		rules_break(nic->rules, RULE_NVSP_REPLY_WANTED, nic->name,
			    "an RNDIS packet does not ask for a completion");
		return;
	}
	ret = nic_gather(ch, packet, rndis, &bytes, seg);
	if (ret == -EPROTO) {
		nic_kill(ch, "a bad list of page ranges");
		return;
	}
	if (ret == 0) {
		switch (rndis_packets_parse(&bytes, nic->rules, nic->name, packets, &n)) {
		case RNDIS_KIND_DATA:
			nic_tx_data(nic, &bytes, packets, n, rndis);
			good = true;
			break;
		case RNDIS_KIND_CONTROL:
			good = nic_queue_control(ch, &bytes, rndis->channel_type);
			break;
		case RNDIS_KIND_BAD:
			break;
		}
	}
	nic_note_section(nic, rndis->section);
	nic_complete_rndis(ch, packet->id, good ? NVSP_STATUS_SUCCESS : NVSP_STATUS_FAIL);
}

/* The buffers are known: set up the books over them. false: no memory. */
static bool
nic_attach_buffers(struct nic *nic)
{
	if (nic->has_rxbuf)
		return true;
	nic->sections = nic->nvsp.send.len / NVSP_SEND_SECTION_LEN;
	nic->section_turn = calloc(nic->sections + 1, sizeof(nic->section_turn[0]));
	if (nic->section_turn == NULL ||
	    rxbuf_init(&nic->rxbuf, nic->nvsp.recv_sections, NVSP_CONTROL_SECTIONS, 1) != 0)
		return false;
	nic->has_rxbuf = true;
	nic->rndis.frame_len = nic->nvsp.frame_len;
	nic->rndis.ndis_major = nic->nvsp.ndis_major;
	nic->rndis.ndis_minor = nic->nvsp.ndis_minor;
	return true;
}

static void
nic_detach_buffers(struct nic *nic)
{
	rxbuf_free(&nic->rxbuf);
	nic->has_rxbuf = false;
	free(nic->section_turn);
	nic->section_turn = NULL;
	nic->sections = 0;
	for (unsigned int i = 0; i < NIC_QUEUES_MAX; i++) {
		memset(&nic->channel[i].batch.chain, 0, sizeof(struct rxbuf_chain));
		nic->channel[i].batch.spare = RXBUF_NONE;
	}
}

/* The guest takes a buffer back: from now on nothing of it is touched. */
static void
nic_revoked(struct nic_channel *ch)
{
	struct nic *nic = ch->nic;

	if (!nic->rndis.halted)
		rules_break(nic->rules, RULE_HALT_BEFORE_REVOKE, nic->name,
			    "a buffer is revoked before HALT");
	if (nic->rxbuf.held > 0)
		rules_break(nic->rules, RULE_RX_LEFTOVER, nic->name,
			    "%u receive sections have not come back", nic->rxbuf.held);
	nic_detach_buffers(nic);
	nic_kill(ch, "the guest has revoked a buffer");
}

static void
nic_message(struct nic_channel *ch, const struct vmbus_packet *packet)
{
	struct nvsp_answer answer;
	struct nvsp_rndis rndis;

	switch (nvsp_receive(&ch->nic->nvsp, ch->index, packet->payload, packet->payload_len,
			     packet->wants_completion, &answer, &rndis)) {
	case NVSP_SILENT:
		break;
	case NVSP_ANSWER:
		nic_complete(ch, packet->id, answer.bytes, answer.len);
		break;
	case NVSP_RNDIS:
		if (nic_attach_buffers(ch->nic))
			nic_rndis(ch, packet, &rndis);
		else
			nic_kill(ch, "the host has no memory for its books");
		break;
	case NVSP_REVOKED:
		nic_revoked(ch);
		break;
	case NVSP_DEAD:
		nic_kill(ch, "a rule was broken");
		break;
	}
}

static void
nic_take_packet(struct nic_channel *ch, const struct vmbus_packet *packet)
{
	switch (packet->type) {
	case PACKET_COMPLETION:
		nic_rx_completed(ch, packet);
		break;
	case PACKET_INBAND:
	case PACKET_GPA_DIRECT:
		nic_message(ch, packet);
		break;
	default:
		rules_break(ch->nic->rules, RULE_PACKET_TYPE, ch->nic->name,
			    "a packet of type %u", packet->type);
		nic_kill(ch, "a packet that guests do not send");
	}
}

static unsigned int
nic_drain(struct nic_channel *ch)
{
	unsigned int n = 0;

	while (n < NIC_TX_BUDGET && nic_channel_works(ch) && nic_unstick(ch)) {
		int ret = vmbus_channel_recv(ch->vch, &nic_packet);

		if (ret < 0)
			nic_kill(ch, "its ring is broken");
		if (ret <= 0)
			break;
		nic_take_packet(ch, &nic_packet);
		n++;
	}
	return n;
}

/* Control messages to the guest. */

/* Put a message into a control section and send it. The caller has seen that there is room. */
static void
nic_send_control(struct nic_channel *ch, const uint8_t *bytes, size_t len)
{
	struct nic *nic = ch->nic;
	struct rxbuf_chain chain = { 0 };
	uint8_t header[XFER_HEADER_LEN + RANGE_LEN] = { 0 }, message[NVSP_MESSAGE_MAX];
	struct wire out = wire_over(header, sizeof(header));
	uint32_t id = rxbuf_take_control(&nic->rxbuf);
	size_t message_len = nvsp_write_rndis(&nic->nvsp, message, NVSP_CHANNEL_CONTROL);

	memcpy(nic_section(nic, id), bytes, len);
	put16(&out, nic->nvsp.recv.id);
	put16(&out, 0);
	put32(&out, 1);
	put32(&out, (uint32_t)len);
	put32(&out, id * nic->nvsp.recv_section_len);
	rxbuf_chain_add(&nic->rxbuf, &chain, id);
	if (vmbus_channel_send(ch->vch, &(struct vmbus_send){
			.type = PACKET_XFER_PAGES,
			.wants_completion = true,
			.id = id,
			.header = header,
			.header_len = sizeof(header),
			.payload = message,
			.payload_len = message_len,
		}) == 0)
		rxbuf_chain_sent(&nic->rxbuf, &chain, ch->index);
	else
		rxbuf_chain_drop(&nic->rxbuf, &chain);
}

static void
nic_queue_indication(struct nic *nic, const uint8_t *bytes, size_t len)
{
	struct control_item *item = control_queue_add(&nic->control, len, true);

	if (item != NULL)
		memcpy(item->bytes, bytes, len);
}

/* Act on the first waiting message; false if it ends the channel. */
static bool
nic_serve_control(struct nic_channel *ch, const struct control_item *item)
{
	struct nic *nic = ch->nic;
	uint8_t reply[RNDIS_REPLY_MAX];
	int len;

	if (item->is_indication) {
		nic_send_control(ch, item->bytes, item->len);
		return true;
	}
	len = rndis_receive(&nic->rndis, item->bytes, item->len, reply);
	if (len < 0)
		return false;
	if (len > 0)
		nic_send_control(ch, reply, (size_t)len);
	if (nic->rndis.offloads_changed) {
		nic->rndis.offloads_changed = false;
		nic_queue_indication(nic, reply,
				     rndis_write_offload_indication(&nic->rndis, reply));
	}
	return true;
}

static unsigned int
nic_poll_control(struct nic *nic)
{
	struct nic_channel *ch = &nic->channel[0];
	unsigned int n = 0;

	/* Each turn takes one message off the queue, and only HALT needs no section. */
	while (nic->control.head != NULL && nic_channel_works(ch) && nic->has_rxbuf &&
	       nic->rxbuf.control.count > 0 && vmbus_channel_room(ch->vch) >= CONTROL_ROOM) {
		bool alive = nic_serve_control(ch, nic->control.head);

		control_queue_pop(&nic->control);
		if (!alive)
			nic_kill(ch, "a control message that ends it");
		n++;
	}
	return n;
}

/* The turn. */

static unsigned int
nic_poll_channel(struct nic_channel *ch)
{
	if (!nic_channel_works(ch))
		return 0;
	nic_flush_batch(ch);
	return nic_drain(ch);
}

unsigned int
nic_poll(struct nic *nic)
{
	unsigned int n = 0;

	if (nic->port->ops->poll != NULL)
		n += nic->port->ops->poll(nic->port, NIC_RX_BUDGET);
	for (unsigned int i = 0; i < nic->config.queues_max; i++)
		n += nic_poll_channel(&nic->channel[i]);
	n += nic_poll_control(nic);
	for (unsigned int i = 0; i < nic->config.queues_max; i++)
		if (nic_channel_works(&nic->channel[i]))
			vmbus_channel_flush(nic->channel[i].vch);
	if (++nic->turn == 0)
		nic->turn = 1;
	return n;
}

/* Events from below. */

static void
nic_channel_opened(void *ctx, struct vmbus_channel *vch)
{
	struct nic *nic = ctx;
	uint16_t index = vmbus_channel_index(vch);
	struct nic_channel *ch;

	if (index >= NIC_QUEUES_MAX)
		return;
	ch = &nic->channel[index];
	ch->vch = vch;
	ch->dead = false;
	ch->stuck.waits = false;
	memset(&ch->batch.chain, 0, sizeof(ch->batch.chain));
	ch->batch.spare = RXBUF_NONE;
	if (index == 0) {
		nic->counters.opens++;
		log_info("%s: opened by a guest", nic->name);
	}
}

static void
nic_forget_guest(struct nic *nic)
{
	nic_detach_buffers(nic);
	control_queue_clear(&nic->control);
	nvsp_reset(&nic->nvsp);
	rndis_reset(&nic->rndis);
}

static void
nic_channel_closed(void *ctx, struct vmbus_channel *vch)
{
	struct nic *nic = ctx;
	uint16_t index = vmbus_channel_index(vch);

	if (index >= NIC_QUEUES_MAX)
		return;
	nic->channel[index].vch = NULL;
	if (index != 0)
		return;
	log_info("%s: closed%s", nic->name,
		 nic->nvsp.state == NVSP_ENDED ? "" : " without taking its buffers back");
	nic_forget_guest(nic);
}

static const struct vmbus_device_ops nic_vmbus_ops = {
	.opened = nic_channel_opened,
	.closed = nic_channel_closed,
};

static uint8_t *
nic_gpadl(void *ctx, uint32_t handle, size_t *len)
{
	return vmbus_gpadl(((struct nic *)ctx)->dev, handle, len);
}

/* One queue for now. */
static bool
nic_subchannels(void *ctx, uint32_t count)
{
	(void)ctx;
	(void)count;
	return false;
}

/* Birth and death. */

static void
nic_init_protocols(struct nic *nic)
{
	const struct nic_config *config = &nic->config;

	nic->nvsp.profile = config->profile;
	nic->nvsp.ops = (struct nvsp_ops){ nic_gpadl, nic_subchannels, nic };
	nic->nvsp.rules = nic->rules;
	nic->nvsp.who = nic->name;
	nic->nvsp.version_min = config->nvsp_min;
	nic->nvsp.version_max = config->nvsp_max;
	nic->rndis.profile = config->profile;
	nic->rndis.rules = nic->rules;
	nic->rndis.who = nic->name;
	memcpy(nic->rndis.mac, config->mac, sizeof(nic->rndis.mac));
	nic->rndis.queues_max = config->queues_max;
	nic->rndis.link_up = true;
	nic->rndis.link_bps = config->link_bps;
	nic->rxbuf.oldest_first = config->oldest_first;
	control_queue_init(&nic->control);
	nic_forget_guest(nic);
}

static void
nic_plug(struct nic *nic, struct port *port)
{
	nic->port = port;
	port->user = (struct port_user){
		.listens = nic_listens,
		.begin = nic_rx_begin,
		.commit = nic_rx_commit,
		.dropped = nic_rx_dropped,
		.ctx = nic,
	};
}

struct nic *
nic_create(struct vmbus *bus, struct rules *rules, const struct nic_config *config,
	   struct port *port)
{
	struct nic *nic = calloc(1, sizeof(*nic));

	if (nic == NULL)
		return NULL;
	nic->config = *config;
	nic->bus = bus;
	nic->rules = rules;
	nic->turn = 1;
	snprintf(nic->name, sizeof(nic->name), "nic %u", config->number);
	for (unsigned int i = 0; i < NIC_QUEUES_MAX; i++) {
		nic->channel[i].nic = nic;
		nic->channel[i].index = (uint16_t)i;
	}
	nic_init_protocols(nic);
	nic_plug(nic, port);
	nic->dev = vmbus_offer(bus, &(struct vmbus_offer){
		.instance = config->instance,
		.monitored = config->monitored,
		.ring_bytes = config->ring_bytes,
		.recv_bytes = config->recv_bytes,
		.send_bytes = config->send_bytes,
	}, &nic_vmbus_ops, nic);
	if (nic->dev == NULL) {
		free(nic);
		return NULL;
	}
	return nic;
}

void
nic_destroy(struct nic *nic)
{
	if (nic == NULL)
		return;
	vmbus_rescind(nic->dev);
	port_close(nic->port);
	nic_forget_guest(nic);
	free(nic);
}

/* For the user. */

void
nic_set_link(struct nic *nic, bool up)
{
	uint32_t status = up ? RNDIS_STATUS_MEDIA_CONNECT : RNDIS_STATUS_MEDIA_DISCONNECT;
	uint8_t message[RNDIS_REPLY_MAX];

	if (nic->rndis.link_up == up)
		return;
	nic->rndis.link_up = up;
	log_info("%s: link is %s", nic->name, up ? "up" : "down");
	if (nic->rndis.initialized)
		nic_queue_indication(nic, message,
				     rndis_write_indication(&nic->rndis, status, message));
}

bool
nic_is_open(const struct nic *nic)
{
	return nic->channel[0].vch != NULL;
}

const struct nic_counters *
nic_counters(const struct nic *nic)
{
	return &nic->counters;
}

const struct nic_config *
nic_config(const struct nic *nic)
{
	return &nic->config;
}

struct port *
nic_port(const struct nic *nic)
{
	return nic->port;
}

const char *
nic_state(const struct nic *nic)
{
	static const char *const states[] = {
		[NVSP_WAIT_INIT] = "opened", [NVSP_SETUP] = "setting up", [NVSP_READY] = "ready",
		[NVSP_ENDED] = "halted",
	};
	static char text[128];

	if (!nic_is_open(nic))
		return "no guest";
	if (nic->nvsp.state != NVSP_READY)
		return nic->channel[0].dead ? "dead" : states[nic->nvsp.state];
	snprintf(text, sizeof(text), "%s, NVSP %s, mtu %u, filter 0x%02x, link %s",
		 nic->channel[0].dead ? "dead" : "ready", nvsp_version_name(nic->nvsp.version),
		 nic->nvsp.frame_len - ETHER_HDR_LEN, nic->rndis.filter,
		 nic->rndis.link_up ? "up" : "down");
	return text;
}
