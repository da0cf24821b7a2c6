/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See arrival.h.
 */

#include <stdio.h>
#include <string.h>

#include "arrival.h"
#include "device.h"
#include "kernel.h"
#include "log.h"
#include "pace.h"

#define VARIABLES_MAX 128
#define NS_PER_MS UINT64_C(1000000)
#define NEVER UINT64_MAX

static bool
step_is_done(const struct vmbus_device *dev, enum arrival_step step)
{
	return (dev->steps & 1u << step) != 0;
}

/* Uevents */

static void
tell_of_device(struct vmbus_device *dev, const char *action, const char *variables)
{
	char path[128];

	snprintf(path, sizeof(path), TRANSPORT_DEVICES "/%s", dev->instance);
	uevents_tell(&dev->bus->uevents, action, path, "vmbus", variables);
}

static void
tell_of_uio(struct vmbus_device *dev, const char *action)
{
	char path[160], variables[VARIABLES_MAX];

	snprintf(path, sizeof(path), TRANSPORT_DEVICES "/%s/uio/uio%u", dev->instance, dev->minor);
	snprintf(variables, sizeof(variables), "MAJOR=%u\nMINOR=%u\nDEVNAME=uio%u\n",
		 TRANSPORT_UIO_MAJOR, dev->minor, dev->minor);
	uevents_tell(&dev->bus->uevents, action, path, "uio", variables);
}

/* Channels are no devices: their subsystem is the directory that they are in. */
static void
tell_of_channel(const struct vmbus_channel *ch, const char *action)
{
	char path[160];

	snprintf(path, sizeof(path), TRANSPORT_DEVICES "/%s/channels/%u", ch->dev->instance,
		 ch->relid);
	uevents_tell(&ch->dev->bus->uevents, action, path, "channels", "");
}

/* Channels */

static struct sysfs_channel
channel_files(const struct vmbus_channel *ch)
{
	return (struct sysfs_channel){
		.instance = ch->dev->instance,
		.relid = ch->relid,
		.index = ch->index,
		.monitored = ch->monitor_id != MONITOR_NONE,
		.monitor_id = ch->monitor_id,
		.ring_len = ch->rings.len,
		.is_bare = ch->dev->bus->config.kernel->channels == KERNEL_BARE_CHANNELS,
	};
}

static bool
channel_wants_ring_file(const struct vmbus_channel *ch)
{
	enum kernel_channels kernel = ch->dev->bus->config.kernel->channels;

	/* The primary's rings are map 0 of /dev/uioN as well, so it works without the file. */
	if (kernel == KERNEL_BARE_CHANNELS || (ch->index == 0 && ch->dev->hides_ring))
		return false;
	return channel_is_for_guests(ch);
}

static int
channel_show(struct vmbus_channel *ch)
{
	const struct vmbus_device *dev = ch->dev;
	struct sysfs_channel files = channel_files(ch);
	int ret;

	if (dev->bus->config.kernel->channels == KERNEL_NO_CHANNELS)
		return 0;
	ret = sysfs_add_channel(dev->bus->tree, &files);
	if (ret < 0)
		return ret;
	ch->in_sight = true;
	tell_of_channel(ch, "add");
	if (channel_wants_ring_file(ch))
		ch->ring_due_ns = pace_now_ns() + dev->delays.ms[ARRIVAL_RING] * NS_PER_MS;
	return 0;
}

/* The driver makes it, so it waits for the driver, too. Nobody is told. */
static int
channel_show_ring(struct vmbus_channel *ch)
{
	struct sysfs_channel files = channel_files(ch);

	if (!step_is_done(ch->dev, ARRIVAL_DRIVER) || pace_now_ns() < ch->ring_due_ns)
		return 0;
	ch->ring_due_ns = NEVER;
	return sysfs_add_ring(ch->dev->bus->tree, &files);
}

void
arrival_end_channel(struct vmbus_channel *ch)
{
	ch->ring_due_ns = NEVER;
	if (!ch->in_sight)
		return;
	ch->in_sight = false;
	sysfs_remove_channel(ch->dev->bus->tree, ch->dev->instance, ch->relid);
	tell_of_channel(ch, "remove");
}

/* Devices */

static int
show_directory(struct vmbus_device *dev)
{
	int ret = sysfs_add_device(dev->bus->tree, &dev->sysfs);

	if (ret == 0)
		tell_of_device(dev, "add", "MODALIAS=" SYSFS_MODALIAS "\n");
	return ret;
}

static void
hide_directory(struct vmbus_device *dev)
{
	sysfs_remove_device(dev->bus->tree, &dev->sysfs);
	tell_of_device(dev, "remove", "MODALIAS=" SYSFS_MODALIAS "\n");
}

/* The driver registers its uio device while it is being bound. */
static int
show_driver(struct vmbus_device *dev)
{
	int ret = sysfs_bind_device(dev->bus->tree, &dev->sysfs);

	if (ret < 0)
		return ret;
	tell_of_uio(dev, "add");
	tell_of_device(dev, "bind", "DRIVER=" SYSFS_DRIVER "\nMODALIAS=" SYSFS_MODALIAS "\n");
	return 0;
}

static void
hide_driver(struct vmbus_device *dev)
{
	sysfs_unbind_device(dev->bus->tree, &dev->sysfs);
	tell_of_uio(dev, "remove");
	tell_of_device(dev, "unbind", "MODALIAS=" SYSFS_MODALIAS "\n");
}

static int
show_node(struct vmbus_device *dev)
{
	return sysfs_add_node(dev->bus->tree, &dev->sysfs);
}

static void
hide_node(struct vmbus_device *dev)
{
	sysfs_remove_node(dev->bus->tree, &dev->sysfs);
}

static int
show_channels(struct vmbus_device *dev)
{
	return channel_show(&dev->primary);
}

static void
hide_channels(struct vmbus_device *dev)
{
	arrival_end_channel(&dev->primary);
}

static const struct {
	int (*show)(struct vmbus_device *dev);
	void (*hide)(struct vmbus_device *dev);
	enum arrival_step after;	/* which other one; itself: none */
} steps[ARRIVAL_RING] = {
	[ARRIVAL_DEVICE] = { show_directory, hide_directory, ARRIVAL_DEVICE },
	[ARRIVAL_DRIVER] = { show_driver, hide_driver, ARRIVAL_DEVICE },
	[ARRIVAL_NODE] = { show_node, hide_node, ARRIVAL_DRIVER },
	[ARRIVAL_CHANNELS] = { show_channels, hide_channels, ARRIVAL_DEVICE },
};

/* The driver goes before its device, and channels when nobody has the device any more. */
static const enum arrival_step leaving[ARRIVAL_RING] = {
	ARRIVAL_NODE, ARRIVAL_DRIVER, ARRIVAL_DEVICE, ARRIVAL_CHANNELS,
};

/* When it may be taken: NEVER if it is done, or another one comes first. */
static uint64_t
step_due_ns(const struct vmbus_device *dev, enum arrival_step step)
{
	enum arrival_step after = steps[step].after;

	if (step_is_done(dev, step) || dev->since_ns == NEVER ||
	    (after != step && !step_is_done(dev, after)))
		return NEVER;
	return dev->since_ns + dev->delays.ms[step] * NS_PER_MS;
}

static int
step_take(struct vmbus_device *dev, enum arrival_step step)
{
	dev->steps |= 1u << step;
	if (step == ARRIVAL_DEVICE)
		dev->since_ns = pace_now_ns();
	return steps[step].show(dev);
}

static bool
step_is_due(const struct vmbus_device *dev, enum arrival_step step)
{
	uint64_t due_ns = step_due_ns(dev, step);

	return due_ns != NEVER && due_ns <= pace_now_ns();
}

static int
device_go_on(struct vmbus_device *dev)
{
	struct vmbus_channel *ch;
	int ret = 0;

	for (enum arrival_step step = 0; step < ARRIVAL_RING && ret == 0; step++)
		if (step_is_due(dev, step))
			ret = step_take(dev, step);
	if (ret == 0)
		ret = channel_show_ring(&dev->primary);
	for (ch = dev->subs; ch != NULL && ret == 0; ch = ch->next)
		ret = channel_show_ring(ch);
	return ret;
}

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The next time that there is something to do for the device. */
static uint64_t
device_due_ns(const struct vmbus_device *dev)
{
	const struct vmbus_channel *ch;
	uint64_t due_ns = NEVER;

	for (enum arrival_step step = 0; step < ARRIVAL_RING; step++)
		due_ns = earlier(due_ns, step_due_ns(dev, step));
	if (!step_is_done(dev, ARRIVAL_DRIVER))
		return due_ns;
	due_ns = earlier(due_ns, dev->primary.ring_due_ns);
	for (ch = dev->subs; ch != NULL; ch = ch->next)
		due_ns = earlier(due_ns, ch->ring_due_ns);
	return due_ns;
}

/* The bus */

uint64_t
arrivals_due_ns(const struct vmbus *bus)
{
	const struct vmbus_device *dev;
	uint64_t due_ns = NEVER;

	for (dev = bus->devices; dev != NULL; dev = dev->next)
		due_ns = earlier(due_ns, device_due_ns(dev));
	return due_ns;
}

void
arrivals_go_on(struct vmbus *bus)
{
	struct vmbus_device *dev;
	int ret;

	for (dev = bus->devices; dev != NULL; dev = dev->next) {
		ret = device_go_on(dev);
		if (ret < 0)
			log_info("%s does not appear whole: %s", dev->name, strerror(-ret));
	}
}

void
arrivals_meet_guest(struct vmbus *bus)
{
	struct vmbus_device *dev;

	for (dev = bus->devices; dev != NULL; dev = dev->next)
		if (dev->since_ns == NEVER)
			dev->since_ns = pace_now_ns();
	bus->had_guest = true;
	bus_set_timer(bus);
}

/* Begin and end */

int
arrival_begin(struct vmbus_device *dev)
{
	bool waits = dev->delays.ms[ARRIVAL_DEVICE] > 0 && !dev->bus->had_guest;
	int ret;

	dev->since_ns = waits ? NEVER : pace_now_ns();
	dev->primary.ring_due_ns = NEVER;
	ret = device_go_on(dev);
	if (ret < 0)
		arrival_end(dev);
	return ret;
}

void
arrival_end(struct vmbus_device *dev)
{
	dev->since_ns = NEVER;
	sysfs_unlist_device(dev->bus->tree, &dev->sysfs);
	for (unsigned int i = 0; i < ARRIVAL_RING; i++)
		if (step_is_done(dev, leaving[i]))
			steps[leaving[i]].hide(dev);
	dev->steps = 0;
}

/* Whoever opens a device so early that its channels are late has them all at once. */
int
arrival_begin_channel(struct vmbus_channel *ch)
{
	int ret = 0;

	ch->ring_due_ns = NEVER;
	if (!step_is_done(ch->dev, ARRIVAL_CHANNELS))
		ret = step_take(ch->dev, ARRIVAL_CHANNELS);
	if (ret == 0)
		ret = channel_show(ch);
	if (ret == 0)
		ret = channel_show_ring(ch);
	if (ret < 0)
		arrival_end_channel(ch);
	bus_set_timer(ch->dev->bus);
	return ret;
}

bool
arrival_has_node(const struct vmbus_device *dev)
{
	return step_is_done(dev, ARRIVAL_NODE);
}
