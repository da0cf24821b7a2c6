/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Devices and their channels: offered and taken away, opened and closed by
 * guests, packets received and sent.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "guestmem.h"
#include "rules.h"
#include "wire.h"

enum {
	DESCRIPTOR_LEN = 16,
	TRAILER_LEN = 8,
};

/* Offer and rescind */

static int
device_alloc(struct vmbus_device *dev, const struct vmbus_offer *offer)
{
	int ret;

	ret = shm_create(&dev->primary.rings, "txrx_rings", 2 * offer->ring_bytes);
	if (ret == 0)
		ret = shm_create(&dev->recv, "recv", offer->recv_bytes);
	if (ret == 0)
		ret = shm_create(&dev->send, "send", offer->send_bytes);
	return ret;
}

static void
device_free(struct vmbus_device *dev)
{
	shm_destroy(&dev->primary.rings);
	shm_destroy(&dev->recv);
	shm_destroy(&dev->send);
	free(dev);
}

/* Addresses of regions mean nothing to a guest; give ones that are page-aligned. */
static int
device_list(struct vmbus_device *dev)
{
	struct sysfs_device *sysfs = &dev->sysfs;
	struct sysfs_channel channel = {
		.relid = dev->primary.relid,
		.index = 0,
		.monitored = dev->primary.monitor_id != MONITOR_NONE,
		.monitor_id = dev->primary.monitor_id,
		.ring_fd = dev->primary.rings.fd,
	};
	int ret;

	snprintf(dev->recv_name, sizeof(dev->recv_name), "recv:%u", dev->recv_gpadl);
	snprintf(dev->send_name, sizeof(dev->send_name), "send:%u", dev->send_gpadl);
	*sysfs = (struct sysfs_device){
		.instance = dev->instance,
		.relid = dev->primary.relid,
		.monitored = channel.monitored,
		.monitor_id = dev->primary.monitor_id,
		.minor = dev->minor,
		.map = {
			{ "txrx_rings", 0x1f2400000, 2 * dev->ring_bytes },
			{ "int_page", 0xffff888100001000, GUEST_PAGE },
			{ "monitor_page", 0xffff888100003000, GUEST_PAGE },
			{ dev->recv_name, 0xffffc90000800000, dev->recv.len },
			{ dev->send_name, 0xffffc90002800000, dev->send.len },
		},
	};
	ret = sysfs_add_device(dev->bus->tree, sysfs);
	if (ret == 0)
		ret = sysfs_add_channel(dev->bus->tree, dev->instance, &channel);
	if (ret < 0)
		sysfs_remove_device(dev->bus->tree, sysfs);
	return ret;
}

struct vmbus_device *
vmbus_offer(struct vmbus *bus, const struct vmbus_offer *offer,
	    const struct vmbus_device_ops *ops, void *ctx)
{
	struct vmbus_device *dev = calloc(1, sizeof(*dev));
	int ret;

	if (dev == NULL)
		return NULL;
	dev->bus = bus;
	dev->ops = ops;
	dev->ctx = ctx;
	dev->ring_bytes = offer->ring_bytes;
	dev->minor = bus->next_minor++;
	dev->recv_gpadl = bus->next_gpadl++;
	dev->send_gpadl = bus->next_gpadl++;
	dev->primary.dev = dev;
	dev->primary.relid = bus->next_relid++;
	dev->primary.monitor_id = offer->monitored ? bus->next_monitor++ : MONITOR_NONE;
	snprintf(dev->instance, sizeof(dev->instance), "%s", offer->instance);
	snprintf(dev->name, sizeof(dev->name), "uio%u", dev->minor);
	ret = device_alloc(dev, offer);
	if (ret == 0)
		ret = device_list(dev);
	if (ret < 0) {
		device_free(dev);
		errno = -ret;
		return NULL;
	}
	dev->next = bus->devices;
	bus->devices = dev;
	return dev;
}

void
vmbus_rescind(struct vmbus_device *dev)
{
	struct vmbus_device **link = &dev->bus->devices;

	sysfs_remove_device(dev->bus->tree, &dev->sysfs);
	session_end_device(dev);
	/* Forward: the device is in its bus's list. */
	while (*link != dev)
		link = &(*link)->next;
	*link = dev->next;
	device_free(dev);
}

uint8_t *
vmbus_gpadl(struct vmbus_device *dev, uint32_t handle, size_t *len)
{
	const struct shm *shm;

	if (handle == dev->recv_gpadl)
		shm = &dev->recv;
	else if (handle == dev->send_gpadl)
		shm = &dev->send;
	else
		return NULL;
	*len = shm->len;
	return shm->addr;
}

void
device_regions(const struct vmbus_device *dev, int fd[TRANSPORT_REGIONS],
	       uint64_t len[TRANSPORT_REGIONS])
{
	const struct shm *regions[TRANSPORT_REGIONS] = {
		&dev->primary.rings, &dev->bus->int_page, &dev->bus->monitor_page,
		&dev->recv, &dev->send,
	};
	unsigned int i;

	for (i = 0; i < TRANSPORT_REGIONS; i++) {
		fd[i] = regions[i]->fd;
		len[i] = regions[i]->len;
	}
}

/* Open and close */

void
device_open(struct vmbus_device *dev)
{
	struct vmbus_channel *ch = &dev->primary;
	uint8_t *rings = ch->rings.addr;

	if (dev->opens++ > 0)
		return;
	ring_reset(&ch->from_guest, rings, dev->ring_bytes);
	ring_reset(&ch->to_guest, rings + dev->ring_bytes, dev->ring_bytes);
	ch->is_open = true;
	ch->dead = false;
	ch->signalled = false;
	ch->wanted_room = false;
	ch->signals_due = 0;
	dev->ops->opened(dev->ctx, ch);
}

void
device_close(struct vmbus_device *dev)
{
	if (dev->opens == 0 || --dev->opens > 0)
		return;
	dev->primary.is_open = false;
	dev->ops->closed(dev->ctx, &dev->primary);
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

/* Receive */

static void
packet_parse(struct vmbus_packet *packet, size_t len)
{
	struct wire in = wire_over(packet->bytes, DESCRIPTOR_LEN);
	size_t header_len;

	packet->type = get16(&in);
	header_len = get16(&in) * 8u;	/* ring_get() has checked it against len */
	get16(&in);
	packet->wants_completion = (get16(&in) & PACKET_WANTS_COMPLETION) != 0;
	packet->id = get64(&in);
	packet->header = packet->bytes + DESCRIPTOR_LEN;
	packet->header_len = header_len - DESCRIPTOR_LEN;
	packet->payload = packet->bytes + header_len;
	packet->payload_len = len - header_len;
}

int
vmbus_channel_recv(struct vmbus_channel *ch, struct vmbus_packet *packet)
{
	bool asleep = ch->dev->bus->config.doorbell_only && !ch->signalled;
	const char *why;
	int len;

	if (ch->dead)
		return -EPROTO;
	if (asleep)
		return 0;
	len = ring_get(&ch->from_guest, packet->bytes, sizeof(packet->bytes), &why);
	if (len < 0) {
		rules_break(ch->dev->bus->config.rules, strstr(why, "index") != NULL ?
			    RULE_RING_INDEX : RULE_RING_PACKET, ch->dev->name, "%s", why);
		vmbus_channel_kill(ch);
		return len;
	}
	if (len == 0) {
		/* Sleep only when the guest can see that we have read all. */
		if (ch->dev->bus->config.doorbell_only && ring_is_drained(&ch->from_guest))
			ch->signalled = false;
		return 0;
	}
	ch->signals_due++;
	packet_parse(packet, (size_t)len);
	return 1;
}

/* Send */

size_t
vmbus_channel_room(const struct vmbus_channel *ch)
{
	int64_t room = ring_room(&ch->to_guest);

	return room > TRAILER_LEN ? (size_t)room - TRAILER_LEN : 0;
}

static size_t
pad8(size_t len)
{
	return (len + 7) & ~(size_t)7;
}

int
vmbus_channel_send(struct vmbus_channel *ch, const struct vmbus_send *send)
{
	size_t header_len = DESCRIPTOR_LEN + send->header_len;
	size_t len = header_len + pad8(send->payload_len);
	uint8_t descriptor[DESCRIPTOR_LEN], end[8 + TRAILER_LEN] = { 0 };
	struct wire out = wire_over(descriptor, sizeof(descriptor));
	struct wire trailer;
	size_t pad = pad8(send->payload_len) - send->payload_len;

	if (ch->dead)
		return -EPROTO;
	if (vmbus_channel_room(ch) < len) {
		ring_want_room(&ch->to_guest, (uint32_t)(len + TRAILER_LEN));
		ch->signals_due++;
		ch->wanted_room = true;
		if (vmbus_channel_room(ch) < len)
			return -EAGAIN;
	}
	if (ch->wanted_room)
		ring_want_room(&ch->to_guest, 0);
	ch->wanted_room = false;
	put16(&out, send->type);
	put16(&out, (uint16_t)(header_len / 8));
	put16(&out, (uint16_t)(len / 8));
	put16(&out, send->wants_completion ? PACKET_WANTS_COMPLETION : 0);
	put64(&out, send->id);
	/* The trailer says where the packet began. */
	trailer = wire_over(end + pad, TRAILER_LEN);
	put32(&trailer, 0);
	put32(&trailer, ch->to_guest.at);
	ring_write(&ch->to_guest, descriptor, sizeof(descriptor));
	if (send->header_len != 0)
		ring_write(&ch->to_guest, send->header, send->header_len);
	if (send->payload_len != 0)
		ring_write(&ch->to_guest, send->payload, send->payload_len);
	ring_write(&ch->to_guest, end, pad + TRAILER_LEN);
	return 0;
}

void
vmbus_channel_flush(struct vmbus_channel *ch)
{
	bool wake;

	if (!ch->is_open)
		return;
	wake = ring_show_read(&ch->from_guest);
	wake |= ring_show_written(&ch->to_guest);
	if (!wake)
		return;
	ch->dev->events++;
	session_interrupt(ch->dev);
}
