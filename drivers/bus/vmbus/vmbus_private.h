/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What the files of this bus share among themselves.
 */

#ifndef _VMBUS_PRIVATE_H_
#define _VMBUS_PRIVATE_H_

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_log.h>

#include "bus_vmbus_driver.h"
#include "vmbus_compat.h"
#include "vmbus_ring.h"

extern int vmbus_logtype_bus;
#define RTE_LOGTYPE_VMBUS vmbus_logtype_bus
#define VMBUS_LOG(level, ...) VMBUS_LOG_LINE(level, __VA_ARGS__)

/** Where the kernel lists the devices. */
#define VMBUS_SYSFS_DEVICES "/sys/bus/vmbus/devices"
/** The only kernel driver that gives its devices to user space. */
#define VMBUS_UIO_DRIVER "uio_hv_generic"

/**
 * A channel: two rings and a way to signal the host. One thread may send while
 * another receives, so what each writes has cache lines of its own; the first
 * lines are only read.
 */
struct vmbus_channel {
	struct rte_vmbus_device *dev;
	struct vmbus_channel *next;	/**< open channels of the device, primary first */
	void *map;			/**< a subchannel's own mapping; NULL for the primary */
	uint64_t map_len;
	uint32_t relid;
	uint16_t index;			/**< the host's; 0 is the primary */
	uint8_t monitor_id;
	bool has_monitor;
	bool irq_wanted;		/**< the host may interrupt */
	RTE_ATOMIC(bool) failed;	/**< the host corrupted a ring: both directions stop */
	alignas(RTE_CACHE_LINE_SIZE) struct vmbus_txring tx;
	alignas(RTE_CACHE_LINE_SIZE) struct vmbus_rxring rx;
};

/* linux/vmbus_sysfs.c: what the kernel tells. All take the device's directory. */

/** What sysfs says of one UIO region. */
struct vmbus_sysfs_map {
	char name[64];
	uint64_t addr;
	uint64_t size;
};

/** What sysfs says of one channel. */
struct vmbus_sysfs_channel {
	uint32_t relid;
	uint16_t index;
	uint8_t monitor_id;
	bool has_monitor;
};

/**
 * Fill in what identifies the device: ids, relid, monitor, NUMA node, uio
 * minor (-1 if the device is not bound to VMBUS_UIO_DRIVER).
 *
 * @param file
 *   On failure, the file that could not be read or made no sense. If it is not
 *   "class_id", dev->class_id is valid.
 * @return 0 or negative errno.
 */
int vmbus_sysfs_read_device(const char *dir, struct rte_vmbus_device *dev, const char **file);

/** Name of the kernel driver the device is bound to; empty if none. */
void vmbus_sysfs_read_driver(const char *dir, char *name, size_t len);

/** @return 0; -ENOENT if the kernel has no such map; -EINVAL if it makes no sense. */
int vmbus_sysfs_read_map(const char *dir, int minor, unsigned int index,
			 struct vmbus_sysfs_map *map);

/**
 * Does the kernel tell what subchannels need (since 4.16)?
 *
 * @param relid
 *   Of the primary channel.
 */
bool vmbus_sysfs_has_subchannels(const char *dir, uint32_t relid);

/** @return 0; -EAGAIN if the channel has no rings (yet); -EINVAL. */
int vmbus_sysfs_read_channel(const char *dir, uint32_t relid, struct vmbus_sysfs_channel *channel);

/**
 * Call found() for each entry of channels/ whose name is a number.
 *
 * @param found
 *   Nonzero ends the walk and is returned.
 * @return 0, what found() returned, or -ENOENT if the kernel lists no channels.
 */
int vmbus_sysfs_walk_channels(const char *dir, int (*found)(uint32_t relid, void *ctx), void *ctx);

/** Directory of a device in sysfs. */
void vmbus_sysfs_device_dir(const struct rte_vmbus_device *dev, char *dir, size_t len);

/* linux/vmbus_uio.c: the only file that knows /dev/uioN. */

/** @return the descriptor or negative errno. */
int vmbus_uio_open(int minor);
void vmbus_uio_close(int fd);

/** Map region number index. @return its address or NULL with errno. */
void *vmbus_uio_map(int fd, unsigned int index, uint64_t len);
/** Map a subchannel's rings. @return address and *len, or NULL with errno. */
void *vmbus_uio_map_ring(const char *dir, uint32_t relid, uint64_t *len);
void vmbus_uio_unmap(void *addr, uint64_t len);

/** Signal every channel without monitor; also unmasks, so mask again. */
int vmbus_uio_signal(int fd);
/** Does that reach subchannels, too, on this kernel? */
bool vmbus_uio_signals_subchannels(void);
/** Blocks until the next event. @return the event count or negative errno. */
int vmbus_uio_read_event(int fd);
bool vmbus_uio_is_gone(int fd);

/* vmbus_channel.c */

/** Close every open channel of the device. */
void vmbus_channel_close_all(struct rte_vmbus_device *dev);

#endif /* _VMBUS_PRIVATE_H_ */
