/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See host_fake.h.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guestmem.h"
#include "host_fake.h"

struct fake fake;

/* The bus, its device and its channel are names only. */
struct vmbus { int unused; };
struct vmbus_device { int unused; };
struct vmbus_channel { uint16_t index; };

static struct vmbus fake_bus;
static struct vmbus_device fake_device;
static struct vmbus_channel fake_channels[64];

void
fake_start(size_t recv_len, size_t send_len)
{
	memset(&fake, 0, sizeof(fake));
	fake.bus = &fake_bus;
	fake.ch = &fake_channels[0];
	fake.recv = calloc(1, recv_len);
	fake.send = calloc(1, send_len);
	fake.recv_len = recv_len;
	fake.send_len = send_len;
	fake.room = 1 << 20;
	fake.out = calloc(FAKE_PACKETS, sizeof(fake.out[0]));
	fake.in = calloc(FAKE_IN, sizeof(fake.in[0]));
	if (fake.recv == NULL || fake.send == NULL || fake.out == NULL || fake.in == NULL)
		abort();
}

void
fake_stop(void)
{
	free(fake.recv);
	free(fake.send);
	free(fake.out);
	free(fake.in);
}

void
fake_open(void)
{
	fake.killed = false;
	fake.in_taken = fake.in_count;
	fake.taken = fake.sent;
	fake.ops->opened(fake.ctx, fake.ch);
}

void
fake_close(void)
{
	while (fake.subs > 0)
		fake.ops->closed(fake.ctx, &fake_channels[fake.subs--]);
	fake.ops->closed(fake.ctx, fake.ch);
}

void
fake_guest_sends(uint16_t type, bool wants_completion, uint64_t id, const void *header,
		 size_t header_len, const void *payload, size_t payload_len)
{
	struct vmbus_packet *packet = &fake.in[fake.in_count % FAKE_IN];

	if (fake.in_count - fake.in_taken == FAKE_IN)
		abort();
	packet->type = type;
	packet->wants_completion = wants_completion;
	packet->id = id;
	packet->header = packet->bytes;
	packet->header_len = header_len;
	packet->payload = packet->bytes + header_len;
	packet->payload_len = payload_len;
	if (header_len > 0)
		memcpy(packet->bytes, header, header_len);
	memcpy(packet->bytes + header_len, payload, payload_len);
	fake.in_count++;
}

const struct fake_packet *
fake_next(void)
{
	return fake.taken < fake.sent ? &fake.out[fake.taken++] : NULL;
}

/* What nic.c calls. */

struct guestmem *
vmbus_guestmem(struct vmbus *bus)
{
	(void)bus;
	return NULL;
}

void *
guestmem_translate(const struct guestmem *mem, uint64_t gpa, size_t len)
{
	uint64_t at = gpa - FAKE_GPA_BASE;

	(void)mem;
	if (at >= sizeof(fake.memory) || len > 4096 - at % 4096)
		return NULL;
	return &fake.memory[at / 4096][at % 4096];
}

struct vmbus_device *
vmbus_offer(struct vmbus *bus, const struct vmbus_offer *offer,
	    const struct vmbus_device_ops *ops, void *ctx)
{
	(void)bus;
	(void)offer;
	fake.ops = ops;
	fake.ctx = ctx;
	return &fake_device;
}

void
vmbus_rescind(struct vmbus_device *dev)
{
	(void)dev;
}

void
vmbus_channel_rescind(struct vmbus_channel *ch)
{
	fake.ops->closed(fake.ctx, ch);
}

uint8_t *
vmbus_gpadl(struct vmbus_device *dev, uint32_t handle, size_t *len)
{
	(void)dev;
	*len = handle == FAKE_RECV_GPADL ? fake.recv_len : fake.send_len;
	return handle == FAKE_RECV_GPADL ? fake.recv :
	       handle == FAKE_SEND_GPADL ? fake.send : NULL;
}

uint16_t
vmbus_channel_index(const struct vmbus_channel *ch)
{
	return ch->index;
}

int
vmbus_channel_offer_sub(struct vmbus_device *dev, uint16_t index)
{
	(void)dev;
	if (index != fake.subs + 1)
		abort();
	fake.subs = index;
	fake_channels[index].index = index;
	fake.ops->opened(fake.ctx, &fake_channels[index]);
	return 0;
}

int
vmbus_channel_recv(struct vmbus_channel *ch, struct vmbus_packet *packet)
{
	if (fake.in_taken == fake.in_count || ch->index != fake.in_channel)
		return 0;
	*packet = fake.in[fake.in_taken++ % FAKE_IN];
	packet->header = packet->bytes;
	packet->payload = packet->bytes + packet->header_len;
	return 1;
}

size_t
vmbus_channel_room(struct vmbus_channel *ch)
{
	(void)ch;
	return fake.room;
}

int
vmbus_channel_send(struct vmbus_channel *ch, const struct vmbus_send *send)
{
	size_t len = 16 + send->header_len + send->payload_len;
	struct fake_packet *packet;

	if (fake.killed)
		return -EPROTO;
	if (fake.room < len || fake.sent == FAKE_PACKETS)
		return -EAGAIN;
	fake.room -= len;
	packet = &fake.out[fake.sent++];
	if (send->header_len > sizeof(packet->header) ||
	    send->payload_len > sizeof(packet->payload) || send->header_len % 8 != 0)
		abort();
	packet->type = send->type;
	packet->channel = ch->index;
	packet->wants_completion = send->wants_completion;
	packet->id = send->id;
	packet->header_len = send->header_len;
	packet->payload_len = send->payload_len;
	if (send->header_len > 0)
		memcpy(packet->header, send->header, send->header_len);
	if (send->payload_len > 0)
		memcpy(packet->payload, send->payload, send->payload_len);
	return 0;
}

void
vmbus_channel_flush(struct vmbus_channel *ch)
{
	(void)ch;
	fake.flushes++;
}

void
vmbus_channel_kill(struct vmbus_channel *ch)
{
	(void)ch;
	fake.killed = true;
}

bool
vmbus_channel_is_dead(const struct vmbus_channel *ch)
{
	(void)ch;
	return fake.killed;
}
