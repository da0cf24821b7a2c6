/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * RNDIS control messages of a NIC: a request's packet is completed at once, the
 * request itself waits here for its turn, and its answer goes out in one of the
 * receive sections that are kept for control.
 */

#include <string.h>

#include "nic_private.h"
#include "rules.h"
#include "wire.h"

/* Room for a control message's packet and what may have to follow it. */
#define CONTROL_ROOM 144u

bool
nic_control_take(struct nic_channel *ch, const struct frame *bytes, uint32_t channel_type)
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

void
nic_control_send(struct nic_channel *ch, const uint8_t *bytes, size_t len)
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

void
nic_control_indicate(struct nic *nic, const uint8_t *bytes, size_t len)
{
	struct control_item *item = control_queue_add(&nic->control, len, true);

	if (item != NULL)
		memcpy(item->bytes, bytes, len);
}

/* Act on the first waiting message; false if it ends the channel. */
static bool
nic_control_serve(struct nic_channel *ch, const struct control_item *item)
{
	struct nic *nic = ch->nic;
	uint8_t reply[RNDIS_REPLY_MAX];
	int len;

	if (item->is_indication) {
		nic_control_send(ch, item->bytes, item->len);
		return true;
	}
	len = rndis_receive(&nic->rndis, item->bytes, item->len, reply);
	if (len < 0)
		return false;
	if (len > 0)
		nic_answer(ch, FAULT_RNDIS, 0, reply, (size_t)len);
	if (nic->rndis.offloads_changed) {
		nic->rndis.offloads_changed = false;
		nic_control_indicate(nic, reply,
				     rndis_write_offload_indication(&nic->rndis, reply));
	}
	return true;
}

unsigned int
nic_control_poll(struct nic *nic)
{
	struct nic_channel *ch = &nic->channel[0];
	unsigned int n = 0;

	/* Each turn takes one message off the queue, and only HALT needs no section. */
	while (nic->control.head != NULL && nic_channel_works(ch) && nic->has_rxbuf &&
	       nic->rxbuf.control.count > 0 && vmbus_channel_room(ch->vch) >= CONTROL_ROOM) {
		bool alive = nic_control_serve(ch, nic->control.head);

		control_queue_pop(&nic->control);
		if (!alive)
			nic_kill(ch, "a control message that ends it");
		n++;
	}
	return n;
}
