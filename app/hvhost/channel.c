/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * A channel's packets, received and sent, and the signals that go with them.
 */

#include <errno.h>
#include <string.h>

#include "device.h"
#include "kernel.h"
#include "log.h"
#include "rules.h"
#include "wire.h"

/*
 * More signals than this cannot be on their way at once: so many threads of a
 * guest have published a packet and not yet signalled.
 */
#define SIGNALS_DUE_MAX 16u

/* Payloads up to this go into the ring in one piece. */
#define SHORT_LEN 40u

/* Open and close */

void
channel_open(struct vmbus_channel *ch)
{
	const struct vmbus_device *dev = ch->dev;
	uint8_t *rings = ch->rings.addr;

	ring_reset(&ch->from_guest, rings, dev->ring_bytes, dev->bus->page);
	ring_reset(&ch->to_guest, rings + dev->ring_bytes, dev->ring_bytes, dev->bus->page);
	ring_set_mask(&ch->to_guest, dev->bus->config.kernel->masks_at_open);
	/* A guest does not signal a host that reads anyway. */
	ring_set_mask(&ch->from_guest, dev->bus->config.awake);
	bus_clear_doorbell(dev->bus, ch);
	ch->is_open = true;
	ch->was_open = true;
	ch->dead = false;
	ch->signalled = false;
	ch->wants_room = false;
	ch->owes_interrupt = false;
	ch->signals_due = 0;
	dev->ops->opened(dev->ctx, ch);
}

void
channel_close(struct vmbus_channel *ch)
{
	ch->is_open = false;
	ch->dev->ops->closed(ch->dev->ctx, ch);
}

uint16_t
vmbus_channel_index(const struct vmbus_channel *ch)
{
	return ch->index;
}

void
vmbus_channel_kill(struct vmbus_channel *ch)
{
	ch->dead = true;
}

bool
vmbus_channel_is_dead(const struct vmbus_channel *ch)
{
	return ch->dead;
}

/* Signals of the guest */

/* The guest has, or will have, a reason to signal once. */
static void
channel_expect_signal(struct vmbus_channel *ch)
{
	if (ch->signals_due < SIGNALS_DUE_MAX)
		ch->signals_due++;
}

/*
 * A signal is due when the ring stops being empty, and when the guest made
 * room that we asked for. We cannot know which of its packets met an empty
 * ring, only that there are no more such than packets: a signal too many shows
 * at a drained ring when no packet is left to account for it. write() signals
 * a channel without monitor whatever the guest means by it.
 */
void
channel_signal(struct vmbus_channel *ch)
{
	bool expected = ch->signals_due > 0 || ch->monitor_id == MONITOR_NONE || ch->dead;

	if (ch->signals_due > 0)
		ch->signals_due--;
	if (!expected && ring_is_drained(&ch->from_guest))
		rules_break(ch->dev->bus->config.rules, RULE_RING_SIGNAL, ch->dev->name,
			    "a signal without a packet on channel %u", ch->index);
	ch->signalled = true;
}

/* Receive */

static void
packet_parse(struct vmbus_packet *packet, size_t len)
{
	struct wire in = wire_over(packet->bytes, RING_DESCRIPTOR_LEN);
	size_t header_len;

	packet->type = get16(&in);
	header_len = get16(&in) * 8u;	/* ring_get() has checked it against len */
	get16(&in);
	packet->wants_completion = (get16(&in) & PACKET_WANTS_COMPLETION) != 0;
	packet->id = get64(&in);
	packet->header = packet->bytes + RING_DESCRIPTOR_LEN;
	packet->header_len = header_len - RING_DESCRIPTOR_LEN;
	packet->payload = packet->bytes + header_len;
	packet->payload_len = len - header_len;
}

static void
channel_break_index(struct vmbus_channel *ch, const char *which)
{
	rules_break(ch->dev->bus->config.rules, RULE_RING_INDEX, ch->dev->name,
		    "the %s index of channel %u is outside the ring or no multiple of 8", which,
		    ch->index);
	vmbus_channel_kill(ch);
}

static void
channel_break_packet(struct vmbus_channel *ch)
{
	rules_break(ch->dev->bus->config.rules, RULE_RING_PACKET, ch->dev->name,
		    "a packet on channel %u is longer than what was published, "
		    "shorter than its header, or above %u bytes", ch->index, VMBUS_PACKET_MAX);
	vmbus_channel_kill(ch);
}

/* Wait for the next signal, but only once the guest can see that we have read all. */
static void
channel_sleep(struct vmbus_channel *ch)
{
	ch->owes_interrupt |= ring_show_read(&ch->from_guest);
	if (ring_is_drained(&ch->from_guest))
		ch->signalled = false;
}

int
vmbus_channel_recv(struct vmbus_channel *ch, struct vmbus_packet *packet)
{
	bool doorbell_only = ch->dev->bus->config.doorbell_only;
	int len;

	if (ch->dead)
		return -EPROTO;
	if (doorbell_only && !ch->signalled)
		return 0;
	len = ring_get(&ch->from_guest, packet->bytes, sizeof(packet->bytes));
	if (len < 0) {
		if (len == -RING_FAULT_INDEX)
			channel_break_index(ch, "write");
		else
			channel_break_packet(ch);
		return -EPROTO;
	}
	if (len == 0) {
		if (doorbell_only)
			channel_sleep(ch);
		return 0;
	}
	channel_expect_signal(ch);
	packet_parse(packet, (size_t)len);
	return 1;
}

/* Send */

size_t
vmbus_channel_room(struct vmbus_channel *ch)
{
	int64_t room = ring_room(&ch->to_guest);

	if (room < 0 && !ch->dead)
		channel_break_index(ch, "read");
	return room > RING_TRAILER_LEN ? (size_t)room - RING_TRAILER_LEN : 0;
}

/* Is there room for len bytes? If not, the guest is asked to tell when there is. */
static bool
channel_has_room(struct vmbus_channel *ch, size_t len)
{
	bool has_room;

	if (!ch->wants_room && ring_surely_has_room(&ch->to_guest, len + RING_TRAILER_LEN))
		return true;
	has_room = vmbus_channel_room(ch) >= len;
	if (!has_room && !ch->wants_room) {
		ring_want_room(&ch->to_guest, (uint32_t)(len + RING_TRAILER_LEN));
		ch->wants_room = true;
		channel_expect_signal(ch);
		/* The guest may have read in between, and not seen the wish. */
		has_room = vmbus_channel_room(ch) >= len;
	}
	if (has_room && ch->wants_room) {
		ring_want_room(&ch->to_guest, 0);
		ch->wants_room = false;
	}
	return has_room;
}

static size_t
pad8(size_t len)
{
	return (len + 7) & ~(size_t)7;
}

/* A packet's descriptor; len is that of the packet. */
static void
channel_put_descriptor(struct wire *out, const struct vmbus_send *send, size_t len)
{
	put16(out, send->type);
	put16(out, (uint16_t)((RING_DESCRIPTOR_LEN + send->header_len) / 8));
	put16(out, (uint16_t)(len / 8));
	put16(out, send->wants_completion ? PACKET_WANTS_COMPLETION : 0);
	put64(out, send->id);
}

/* The trailer says where the packet began. */
static void
channel_put_trailer(struct wire *out, uint32_t at)
{
	put32(out, 0);
	put32(out, at);
}

/* Completions are many, and small: one piece. */
static void
channel_write_short(struct vmbus_channel *ch, const struct vmbus_send *send, size_t len)
{
	uint8_t packet[RING_DESCRIPTOR_LEN + SHORT_LEN + RING_TRAILER_LEN] = { 0 };
	struct wire out = wire_over(packet, RING_DESCRIPTOR_LEN);
	struct wire trailer = wire_over(packet + len, RING_TRAILER_LEN);

	channel_put_descriptor(&out, send, len);
	if (send->payload_len != 0)
		memcpy(packet + RING_DESCRIPTOR_LEN, send->payload, send->payload_len);
	channel_put_trailer(&trailer, ch->to_guest.at);
	ring_write(&ch->to_guest, packet, len + RING_TRAILER_LEN);
}

static void
channel_write(struct vmbus_channel *ch, const struct vmbus_send *send, size_t len)
{
	size_t pad = pad8(send->payload_len) - send->payload_len;
	uint8_t descriptor[RING_DESCRIPTOR_LEN], end[8 + RING_TRAILER_LEN] = { 0 };
	struct wire out = wire_over(descriptor, sizeof(descriptor));
	struct wire trailer = wire_over(end + pad, RING_TRAILER_LEN);

	channel_put_descriptor(&out, send, len);
	channel_put_trailer(&trailer, ch->to_guest.at);
	ring_write(&ch->to_guest, descriptor, sizeof(descriptor));
	if (send->header_len != 0)
		ring_write(&ch->to_guest, send->header, send->header_len);
	if (send->payload_len != 0)
		ring_write(&ch->to_guest, send->payload, send->payload_len);
	ring_write(&ch->to_guest, end, pad + RING_TRAILER_LEN);
}

int
vmbus_channel_send(struct vmbus_channel *ch, const struct vmbus_send *send)
{
	size_t len = RING_DESCRIPTOR_LEN + send->header_len + pad8(send->payload_len);

	if (ch->dead)
		return -EPROTO;
	if (!channel_has_room(ch, len))
		return -EAGAIN;
	if (send->header_len == 0 && send->payload_len <= SHORT_LEN)
		channel_write_short(ch, send, len);
	else
		channel_write(ch, send, len);
	return 0;
}

/* What the guest's kernel makes of an interrupt of the host. */
static void
channel_interrupt(struct vmbus_channel *ch)
{
	const struct kernel *kernel = ch->dev->bus->config.kernel;
	static bool complained;

	if (ch->index != 0 && !kernel->has_sub_events) {
		if (!complained)
			log_info("%s: Linux %s dies of an interrupt of a subchannel, or does not "
				 "see it; further ones are not told", ch->dev->name, kernel->name);
		complained = true;
		return;
	}
	if (kernel->masks_on_event)
		ring_set_mask(&ch->to_guest, true);
	ch->dev->events++;
	session_interrupt(ch->dev);
}

void
vmbus_channel_flush(struct vmbus_channel *ch)
{
	bool wake = ch->owes_interrupt;

	if (!ch->is_open)
		return;
	ch->owes_interrupt = false;
	wake |= ring_show_read(&ch->from_guest);
	wake |= ring_show_written(&ch->to_guest);
	if (wake)
		channel_interrupt(ch);
}
