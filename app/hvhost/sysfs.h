/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The part of /sys that guests find: one directory for each device, as Linux
 * shows a device bound to uio_hv_generic. Formats as the kernel's, and links
 * where the kernel has links.
 */

#ifndef HVHOST_SYSFS_H
#define HVHOST_SYSFS_H

#include <stdbool.h>
#include <stdint.h>

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
	bool has_channels;		/**< there is a place for channels */
	struct sysfs_map map[SYSFS_MAPS];
};

/** A channel's directory; it appears at once, whole, but for ring, which follows. */
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

int sysfs_add_device(const char *tree, const struct sysfs_device *dev);

/** With all its channels. */
void sysfs_remove_device(const char *tree, const struct sysfs_device *dev);

int sysfs_add_channel(const char *tree, const struct sysfs_channel *channel);
void sysfs_remove_channel(const char *tree, const char *instance, uint32_t relid);

#endif /* HVHOST_SYSFS_H */
