/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See arrival.h.
 */

#include <stdio.h>

#include "arrival.h"
#include "device.h"
#include "guestmem.h"
#include "kernel.h"

#define VARIABLES_MAX 128

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

/* The primary's rings are map 0 of /dev/uioN as well, so it works without the file. */
static bool
channel_has_ring_file(const struct vmbus_channel *ch)
{
	return ch->index == 0 ? !ch->dev->hides_ring : channel_is_for_guests(ch);
}

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

int
arrival_begin_channel(struct vmbus_channel *ch)
{
	const char *tree = ch->dev->bus->tree;
	struct sysfs_channel files = channel_files(ch);
	int ret;

	if (ch->dev->bus->config.kernel->channels == KERNEL_NO_CHANNELS)
		return 0;
	ret = sysfs_add_channel(tree, &files);
	if (ret < 0)
		return ret;
	ch->in_sight = true;
	tell_of_channel(ch, "add");
	return channel_has_ring_file(ch) && !files.is_bare ? sysfs_add_ring(tree, &files) : 0;
}

void
arrival_end_channel(struct vmbus_channel *ch)
{
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
	return arrival_begin_channel(&dev->primary);
}

static void
hide_channels(struct vmbus_device *dev)
{
	arrival_end_channel(&dev->primary);
}

/* In the order in which they come. */
enum {
	STEP_DIRECTORY,
	STEP_DRIVER,
	STEP_NODE,
	STEP_CHANNELS,
	STEPS
};

static const struct {
	int (*show)(struct vmbus_device *dev);
	void (*hide)(struct vmbus_device *dev);
} steps[STEPS] = {
	[STEP_DIRECTORY] = { show_directory, hide_directory },
	[STEP_DRIVER] = { show_driver, hide_driver },
	[STEP_NODE] = { show_node, hide_node },
	[STEP_CHANNELS] = { show_channels, hide_channels },
};

/* The driver goes before its device, and channels when nobody has the device any more. */
static const unsigned int leaving[STEPS] = {
	STEP_NODE, STEP_DRIVER, STEP_DIRECTORY, STEP_CHANNELS,
};

int
arrival_begin(struct vmbus_device *dev)
{
	int ret = 0;

	for (unsigned int i = 0; i < STEPS && ret == 0; i++) {
		ret = steps[i].show(dev);
		dev->steps |= 1u << i;
	}
	if (ret < 0)
		arrival_end(dev);
	return ret;
}

void
arrival_end(struct vmbus_device *dev)
{
	sysfs_unlist_device(dev->bus->tree, &dev->sysfs);
	for (unsigned int i = 0; i < STEPS; i++)
		if (dev->steps & 1u << leaving[i])
			steps[leaving[i]].hide(dev);
	dev->steps = 0;
}
