/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Devices: offered and taken away, with their subchannels; opened and closed
 * by guests; what of them guests map.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "ghost.h"
#include "guestmem.h"
#include "kernel.h"

/* Channels */

bool
channel_is_for_guests(const struct vmbus_channel *ch)
{
	enum kernel_channels shown = ch->dev->bus->config.kernel->channels;

	return shown == KERNEL_ALL_CHANNELS || ch->index == 0;
}

static int
channel_create(struct vmbus_channel *ch, struct vmbus_device *dev, uint16_t index)
{
	int ret;

	ch->dev = dev;
	ch->index = index;
	ch->monitor_id = MONITOR_NONE;
	ret = shm_create(&ch->rings, "rings", 2 * dev->ring_bytes);
	if (ret == 0)
		bus_attach_channel(dev->bus, ch, dev->monitored &&
				   (index == 0 || !dev->subs_unmonitored));
	return ret;
}

static void
channel_destroy(struct vmbus_channel *ch)
{
	bus_detach_channel(ch->dev->bus, ch);
	shm_destroy(&ch->rings);
}

/* The host offers a subchannel; the guest's kernel shows it and opens it. */
int
vmbus_channel_offer_sub(struct vmbus_device *dev, uint16_t index)
{
	struct vmbus_channel *ch;
	int ret;

	for (ch = dev->subs; ch != NULL; ch = ch->next)
		if (ch->index == index)
			return -EEXIST;
	if (index == 0 || !dev->primary.is_open)
		return -EINVAL;
	ch = calloc(1, sizeof(*ch));
	if (ch == NULL)
		return -ENOMEM;
	ret = channel_create(ch, dev, index);
	if (ret < 0)
		goto free_channel;
	ch->next = dev->subs;
	dev->subs = ch;
	ret = arrival_begin_channel(ch);
	if (ret < 0)
		goto destroy_channel;
	if (channel_is_for_guests(ch))
		channel_open(ch);
	return 0;

destroy_channel:
	dev->subs = ch->next;
	channel_destroy(ch);
free_channel:
	free(ch);
	return ret;
}

void
vmbus_channel_rescind(struct vmbus_channel *ch)
{
	channel_close(ch);
	ch->rescinded = true;
}

/* With the primary they go; a guest has to ask for them again. */
static void
device_drop_subs(struct vmbus_device *dev)
{
	struct vmbus_channel *ch;

	while ((ch = dev->subs) != NULL) {
		dev->subs = ch->next;
		if (ch->is_open)
			channel_close(ch);
		arrival_end_channel(ch);
		ghost_add(ch, dev->gone ? dev->bus->config.grace_ms : 0);
		channel_destroy(ch);
		free(ch);
	}
}

/* Offer and rescind */

static int
device_alloc(struct vmbus_device *dev, const struct vmbus_offer *offer)
{
	size_t page = dev->bus->page;
	int ret;

	if (offer->ring_bytes % page != 0 || offer->ring_bytes / page < 2 ||
	    offer->ring_bytes > UINT32_MAX / 2)
		return -EINVAL;
	ret = channel_create(&dev->primary, dev, 0);
	if (ret == 0)
		ret = shm_create(&dev->recv, "recv", offer->recv_bytes);
	if (ret == 0)
		ret = shm_create(&dev->send, "send", offer->send_bytes);
	return ret;
}

static void
device_free(struct vmbus_device *dev)
{
	channel_destroy(&dev->primary);
	shm_destroy(&dev->recv);
	shm_destroy(&dev->send);
	free(dev);
}

/* Addresses of regions mean nothing to a guest; give ones that are page-aligned. */
static void
device_describe(struct vmbus_device *dev)
{
	snprintf(dev->recv_name, sizeof(dev->recv_name), "recv:%u", dev->recv_gpadl);
	snprintf(dev->send_name, sizeof(dev->send_name), "send:%u", dev->send_gpadl);
	dev->sysfs = (struct sysfs_device){
		.instance = dev->instance,
		.relid = dev->primary.relid,
		.monitored = dev->primary.monitor_id != MONITOR_NONE,
		.monitor_id = dev->primary.monitor_id,
		.minor = dev->minor,
		.map = {
			{ "txrx_rings", 0x1f2400000, dev->primary.rings.len },
			{ "int_page", 0xffff888100010000, GUEST_PAGE },
			{ "monitor_page", 0xffff888100030000, GUEST_PAGE },
			{ dev->recv_name, 0xffffc90000800000, dev->recv.len },
			{ dev->send_name, 0xffffc90002800000, dev->send.len },
		},
	};
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
	dev->monitored = offer->monitored;
	dev->subs_unmonitored = offer->subs_unmonitored;
	dev->hides_ring = offer->hides_ring;
	dev->delays = offer->delays;
	dev->primary.dev = dev;
	dev->primary.monitor_id = MONITOR_NONE;
	dev->minor = bus->next_minor++;
	dev->recv_gpadl = bus->next_gpadl++;
	dev->send_gpadl = bus->next_gpadl++;
	snprintf(dev->instance, sizeof(dev->instance), "%s", offer->instance);
	snprintf(dev->name, sizeof(dev->name), "uio%u", dev->minor);
	ret = device_alloc(dev, offer);
	device_describe(dev);
	if (ret == 0)
		ret = arrival_begin(dev);
	if (ret < 0) {
		device_free(dev);
		errno = -ret;
		return NULL;
	}
	dev->next = bus->devices;
	bus->devices = dev;
	bus_set_timer(bus);
	return dev;
}

void
vmbus_rescind(struct vmbus_device *dev)
{
	struct vmbus_device **link = &dev->bus->devices;

	/* Who reads is woken by the end of its session; only then the device goes. */
	dev->gone = true;
	session_end_device(dev);
	arrival_end(dev);
	ghost_add(&dev->primary, dev->bus->config.grace_ms);
	/* Forward: the device is in its bus's list. */
	while (*link != dev)
		link = &(*link)->next;
	*link = dev->next;
	device_free(dev);
}

/* Open and close */

void
device_open(struct vmbus_device *dev)
{
	if (dev->opens++ == 0)
		channel_open(&dev->primary);
}

void
device_close(struct vmbus_device *dev)
{
	if (dev->opens == 0 || --dev->opens > 0)
		return;
	device_drop_subs(dev);
	channel_close(&dev->primary);
}

static void
channel_irq_control(struct vmbus_channel *ch, bool on)
{
	const struct kernel *kernel = ch->dev->bus->config.kernel;

	ring_set_mask(&ch->to_guest, !on);
	if (on && kernel->write_signals && ch->monitor_id == MONITOR_NONE)
		channel_signal(ch);
}

void
device_irq_control(struct vmbus_device *dev, bool on)
{
	struct vmbus_channel *ch;

	if (!dev->primary.is_open)
		return;
	channel_irq_control(&dev->primary, on);
	if (!dev->bus->config.kernel->writes_to_all)
		return;
	for (ch = dev->subs; ch != NULL; ch = ch->next)
		if (ch->is_open)
			channel_irq_control(ch, on);
}

/* What guests map */

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

struct vmbus_device *
device_find(const struct vmbus *bus, uint32_t minor)
{
	struct vmbus_device *dev = bus->devices;

	while (dev != NULL && dev->minor != minor)
		dev = dev->next;
	return dev;
}

const struct shm *
device_region(const struct vmbus_device *dev, uint32_t index)
{
	const struct shm *const regions[TRANSPORT_REGIONS] = {
		&dev->primary.rings, &dev->bus->int_page, &dev->bus->monitor_page,
		&dev->recv, &dev->send,
	};

	return index < TRANSPORT_REGIONS ? regions[index] : NULL;
}

const struct shm *
device_ring(const struct vmbus *bus, uint32_t relid)
{
	const struct vmbus_device *dev;
	const struct vmbus_channel *ch;

	for (dev = bus->devices; dev != NULL; dev = dev->next) {
		if (dev->primary.relid == relid)
			return dev->primary.is_open ? &dev->primary.rings : NULL;
		for (ch = dev->subs; ch != NULL; ch = ch->next)
			if (ch->relid == relid)
				return ch->is_open || ch->rescinded ? &ch->rings : NULL;
	}
	return NULL;
}
