/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The part of /sys that guests find: one directory for each device, as Linux
 * shows a device bound to uio_hv_generic. Formats as the kernel's, and links
 * where the kernel has links. Each part can be shown and hidden by itself, in
 * the kernel's order; none is ever seen half.
 */

#ifndef HVHOST_SYSFS_H
#define HVHOST_SYSFS_H

#include <stdbool.h>
#include <stdint.h>

/** The driver that all devices are bound to, and what the kernel loads one by. */
#define SYSFS_DRIVER "uio_hv_generic"
#define SYSFS_MODALIAS "vmbus:635161f83edfc546913ff2d2f965ed0e"

/** One UIO region, as its files tell. */
struct sysfs_map {
	const char *name;
	uint64_t addr;
	uint64_t len;
};

#define SYSFS_MAPS 5

/** What a device's directory tells. */
struct sysfs_device {
	const char *instance;		/**< GUID without braces */
	uint32_t relid;			/**< of the primary channel */
	bool monitored;
	uint32_t monitor_id;
	unsigned int minor;		/**< N of uioN */
	struct sysfs_map map[SYSFS_MAPS];
};

/** A channel's directory. */
struct sysfs_channel {
	const char *instance;		/**< of its device */
	uint32_t relid;
	uint16_t index;
	bool monitored;
	uint32_t monitor_id;
	uint64_t ring_len;		/**< size of the ring file; 0: there is none */
	bool is_bare;			/**< without ring and what tells channels apart */
};

/** Make an empty tree; one that was left there is removed. 0 or negative errno. */
int sysfs_create(const char *tree);

/** Remove the tree. */
void sysfs_destroy(const char *tree);

/** The device's own directory: no driver, no channels. */
int sysfs_add_device(const char *tree, const struct sysfs_device *dev);

/** It leaves the bus's list first, and its directory goes last, with all that is left in it. */
void sysfs_unlist_device(const char *tree, const struct sysfs_device *dev);
void sysfs_remove_device(const char *tree, const struct sysfs_device *dev);

/** The driver has the device: the link to it, and uio/uioN. */
int sysfs_bind_device(const char *tree, const struct sysfs_device *dev);
void sysfs_unbind_device(const char *tree, const struct sysfs_device *dev);

/** What stands for /dev/uioN. */
int sysfs_add_node(const char *tree, const struct sysfs_device *dev);
void sysfs_remove_node(const char *tree, const struct sysfs_device *dev);

/** Without its ring, which follows. */
int sysfs_add_channel(const char *tree, const struct sysfs_channel *channel);
int sysfs_add_ring(const char *tree, const struct sysfs_channel *channel);
void sysfs_remove_channel(const char *tree, const char *instance, uint32_t relid);

#endif /* HVHOST_SYSFS_H */
