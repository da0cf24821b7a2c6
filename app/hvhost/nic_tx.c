/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Frames from the guest: the bytes of a packet are gathered from its send section
 * and its page ranges, all its RNDIS messages are checked, and only then the
 * frames leave through the port.
 */

#include <errno.h>

#include "capture.h"
#include "checksum.h"
#include "gpa.h"
#include "inspect.h"
#include "nic_private.h"
#include "port.h"
#include "rndis_packet.h"
#include "rules.h"
#include "segment.h"
#include "tx_check.h"

/* To the port, with the work that is left. */
static bool
nic_tx_send(struct nic *nic, const struct frame *frame, const struct frame_work *work)
{
	struct port *port = nic->port;

	return work != NULL ? port->ops->send_partial(port, frame, work) :
	       port->ops->send(port, frame);
}

/* Put the tag behind the addresses; seg has room for GPA_SEGMENTS_MAX + 3. */
static struct frame
nic_tx_tag(const struct frame *frame, uint8_t addresses[2 * ETHER_ADDR_LEN],
	   uint8_t tag[ETHER_TAG_LEN], struct iovec *seg)
{
	struct frame tagged = { .seg = seg, .len = frame->len + ETHER_TAG_LEN };

	frame_copy(frame, 0, addresses, 2 * ETHER_ADDR_LEN);
	seg[0] = (struct iovec){ addresses, 2 * ETHER_ADDR_LEN };
	seg[1] = (struct iovec){ tag, ETHER_TAG_LEN };
	tagged.n = 2 + frame_slice(frame, 2 * ETHER_ADDR_LEN, frame->len - 2 * ETHER_ADDR_LEN,
				   seg + 2, GPA_SEGMENTS_MAX + 1);
	return tagged;
}

/* Out of the port, with its tag. */
static void
nic_tx_emit(struct nic *nic, const struct frame *frame, const struct rndis_packet *packet,
	    const struct frame_work *work)
{
	struct iovec seg[GPA_SEGMENTS_MAX + 3];
	uint8_t addresses[2 * ETHER_ADDR_LEN];
	uint8_t tag[ETHER_TAG_LEN] = {
		0x81, 0x00, (uint8_t)(packet->tci >> 8), (uint8_t)packet->tci,
	};
	struct frame_work moved;
	struct frame tagged;

	if (packet->is_tagged) {
		tagged = nic_tx_tag(frame, addresses, tag, seg);
		frame = &tagged;
		nic->counters.tx_tags++;
	}
	if (packet->is_tagged && work != NULL) {
		moved = *work;
		moved.ip += ETHER_TAG_LEN;
		moved.sum_start += ETHER_TAG_LEN;
		work = &moved;
	}
	nic->counters.tx_frames++;
	nic->channel[nic->tx_queue].counters.tx_frames++;
	nic->counters.tx_bytes += frame->len;
	if (nic->capture != NULL)
		capture_sent(nic->capture, nic->tx_queue, frame, packet, work == NULL);
	if (!nic->rndis.link_up)
		nic->counters.tx_lost_link++;
	else if (!nic_tx_send(nic, frame, work))
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

	nic_tx_emit(part->nic, &(struct frame){ &seg, 1, len }, part->packet, NULL);
}

/* What the packet asks for, as far as another card could do it. */
static struct frame_work
nic_tx_work(const struct rndis_packet *packet, const struct layout *layout)
{
	bool tcp = packet->is_large_send || packet->checksum & TX_CHECKSUM_TCP;
	bool sums = packet->is_large_send ||
		    packet->checksum & (TX_CHECKSUM_TCP | TX_CHECKSUM_UDP);

	return (struct frame_work){
		.ip = ETHER_HDR_LEN,
		.is_ip6 = packet->is_large_send ? packet->large_send_is_ipv6 :
			  layout->ip_version == 6,
		.sum_start = !sums ? 0 : packet->transport_offset != 0 ?
			     packet->transport_offset : layout->transport,
		.sum_offset = tcp ? TCP_SUM_AT : UDP_SUM_AT,
		.mss = packet->mss,
	};
}

/* Into segments with good sums. */
static void
nic_tx_cut(struct nic *nic, const uint8_t *bytes, size_t len, const struct rndis_packet *packet,
	   const struct frame_work *work)
{
	struct nic_tx_part part = { nic, packet };
	unsigned int segments = segment_large_send(bytes, len, work, nic_tx_emit_part, &part);

	nic->counters.tx_segments += segments;
	if (segments == 0)
		nic->counters.tx_lost_size++;
}

/* The work goes on to who is behind the port. */
static void
nic_tx_pass_on(struct nic *nic, uint8_t *bytes, size_t len, const struct rndis_packet *packet,
	       const struct layout *layout, const struct frame_work *work)
{
	struct iovec seg = { bytes, len };

	if (packet->is_large_send)
		segment_complete_headers(bytes, len, work);
	else if (packet->checksum & TX_CHECKSUM_IP_HEADER && layout->ip_version == 4)
		checksum_fill_ip4(bytes + layout->ip);
	nic->counters.tx_passed_on++;
	nic_tx_emit(nic, &(struct frame){ &seg, 1, len }, packet, work);
}

/* Frames that need work are copied first: their memory is the guest's. */
static void
nic_tx_offload(struct nic *nic, const struct frame *frame, const struct rndis_packet *packet)
{
	static uint8_t bytes[FRAME_MAX];
	size_t len = frame_copy(frame, 0, bytes, sizeof(bytes));
	struct layout layout = inspect(bytes, len);
	struct frame_work work = nic_tx_work(packet, &layout);

	if (nic->capture != NULL)
		capture_given(nic->capture, nic->tx_queue, frame, packet);
	tx_check(&nic->rndis, packet, bytes, &layout);
	if (packet->is_large_send)
		nic->counters.tx_large_sends++;
	else
		nic->counters.tx_checksums++;
	if (nic->port->ops->send_partial != NULL && work.sum_start != 0) {
		nic_tx_pass_on(nic, bytes, len, packet, &layout, &work);
	} else if (packet->is_large_send) {
		nic_tx_cut(nic, bytes, len, packet, &work);
	} else {
		segment_checksum(bytes, &layout, packet);
		nic_tx_emit_part(&(struct nic_tx_part){ nic, packet }, bytes, len);
	}
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
		nic_tx_emit(nic, &frame, packet, NULL);
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
nic_tx_gather(struct nic_channel *ch, const struct vmbus_packet *packet,
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
nic_tx_note_section(struct nic *nic, uint32_t section)
{
	if (section >= nic->sections)
		return;
	if (nic->section_turn[section] == nic->turn)
		rules_break(nic->rules, RULE_SECTION_BUSY, nic->name,
			    "send section %u before the completion of its last use", section);
	nic->section_turn[section] = nic->turn;
}

static void
nic_tx_complete(struct nic_channel *ch, uint64_t id, enum fault_kind kind, uint32_t status)
{
	uint8_t message[NVSP_MESSAGE_MAX];
	size_t len = nvsp_write_rndis_complete(&ch->nic->nvsp, message, status);

	if (status != NVSP_STATUS_SUCCESS)
		ch->nic->counters.tx_refused++;
	nic_answer(ch, kind, id, message, len);
}

/* For measurements: what marks itself as data is neither read nor passed on. */
static bool
nic_tx_is_unseen(const struct nic *nic, const struct nvsp_rndis *rndis)
{
	return nic->config.unseen && nic->rndis.filter != 0 &&
	       rndis->channel_type == NVSP_CHANNEL_DATA;
}

void
nic_tx_rndis(struct nic_channel *ch, const struct vmbus_packet *packet,
	     const struct nvsp_rndis *rndis)
{
	static struct rndis_packet packets[RNDIS_PACKETS_MAX];
	struct nic *nic = ch->nic;
	struct iovec seg[GPA_SEGMENTS_MAX + 1];
	struct frame bytes;
	unsigned int n;
	bool good = false;
	int ret;

	nic->tx_queue = ch->index;
	if (!packet->wants_completion) {
		rules_break(nic->rules, RULE_NVSP_REPLY_WANTED, nic->name,
			    "an RNDIS packet does not ask for a completion");
		return;
	}
	if (nic_tx_is_unseen(nic, rndis)) {
		nic->counters.tx_packets++;
		nic_tx_complete(ch, packet->id, FAULT_SENT, NVSP_STATUS_SUCCESS);
		return;
	}
	ret = nic_tx_gather(ch, packet, rndis, &bytes, seg);
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
			good = nic_control_take(ch, &bytes, rndis->channel_type);
			break;
		case RNDIS_KIND_BAD:
			break;
		}
	}
	nic_tx_note_section(nic, rndis->section);
	nic_tx_complete(ch, packet->id,
			rndis->channel_type == NVSP_CHANNEL_CONTROL ? FAULT_DONE : FAULT_SENT,
			good ? NVSP_STATUS_SUCCESS : NVSP_STATUS_FAIL);
}
