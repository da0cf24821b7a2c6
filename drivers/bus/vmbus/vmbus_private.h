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
#include <sys/queue.h>

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

/** More channels of one device than any host gives. */
#define VMBUS_CHANNEL_MAX 128

/** A region of a device: how it is mapped, wherever it comes to lie. */
struct vmbus_map_plan {
	uint64_t map_len;
	uint64_t offset;	/**< of the region in its mapping */
	uint64_t len;
	uint32_t gpadl;
};

/**
 * What all processes know of a channel. One thread may send while another
 * receives, so what each writes has cache lines of its own; the first line is
 * only read.
 */
struct vmbus_shared_channel {
	uint64_t map_len;		/**< of both rings */
	uint32_t relid;
	uint8_t monitor_id;
	bool has_monitor;
	RTE_ATOMIC(bool) is_open;	/**< the primary process has it open */
	RTE_ATOMIC(bool) irq_wanted;	/**< the host may interrupt */
	alignas(RTE_CACHE_LINE_SIZE) struct vmbus_txring_state tx;
	alignas(RTE_CACHE_LINE_SIZE) struct vmbus_rxring_state rx;
};

/**
 * What all processes know of a device, in memory that they share: nothing in it
 * is an address of one of them, but for the list's links, which are EAL's.
 */
struct vmbus_shared {
	TAILQ_ENTRY(vmbus_shared) next;
	rte_uuid_t device_id;
	struct vmbus_node node;
	RTE_ATOMIC(bool) is_mapped;	/**< the primary process has it; all below is valid */
	struct vmbus_map_plan map[VMBUS_MAP_MAX];
	struct vmbus_shared_channel channel[VMBUS_CHANNEL_MAX];	/**< by the host's index */
};

/** A channel in one process. Only read while it is in use. */
struct vmbus_channel {
	alignas(RTE_CACHE_LINE_SIZE) struct vmbus_txring tx;
	struct vmbus_rxring rx;
	struct vmbus_shared_channel *shared;
	struct rte_vmbus_device *dev;
	struct vmbus_channel *next;	/**< those of the device, primary first */
	void *map;			/**< a subchannel's own mapping; NULL for the primary */
	uint16_t index;			/**< the host's; 0 is the primary */
};

/* vmbus_shared.c: the records of the devices that the primary process uses. */

/**
 * The device's record is made, or found if it has one: dev->shared. For the
 * primary process; valid until vmbus_shared_free().
 *
 * @return 0 or -ENOMEM.
 */
int vmbus_shared_alloc(struct rte_vmbus_device *dev);
void vmbus_shared_free(struct rte_vmbus_device *dev);

/**
 * For other processes: find what the primary process made.
 *
 * @return 0; -ENODEV if the primary process does not use the device.
 */
int vmbus_shared_find(struct rte_vmbus_device *dev);

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
 * node (-1 if the device is not bound to VMBUS_UIO_DRIVER).
 *
 * @param file
 *   On failure, the file that could not be read or made no sense. If it is not
 *   "class_id", dev->class_id is valid.
 * @return 0 or negative errno.
 */
int vmbus_sysfs_read_device(const char *dir, struct rte_vmbus_device *dev, const char **file);

bool vmbus_node_is_same(const struct vmbus_node *a, const struct vmbus_node *b);

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
 * Call found() for each device's directory.
 *
 * @param found
 *   Nonzero ends the walk and is returned.
 * @return 0, what found() returned, -ENOENT without VMBus, or negative errno.
 */
int vmbus_sysfs_walk_devices(int (*found)(const char *sysfs_name, void *ctx), void *ctx);

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

/** Is there a /dev/uioN? */
bool vmbus_uio_has_node(int minor);

/* linux/vmbus_uevent.c: that something happened to devices. */

/** @return a descriptor that becomes readable, or negative errno. */
int vmbus_uevent_open(void);
void vmbus_uevent_close(int fd);

/**
 * Read what waits, without waiting; after many there may be more.
 *
 * @return
 *   1 if devices of ours may have come or gone, else 0; negative errno if
 *   nothing will come any more.
 */
int vmbus_uevent_read(int fd);

/* vmbus_hotplug.c: devices that come while the program runs. */

/** This device is known, with its node of now: nothing comes. Any thread. */
void vmbus_hotplug_learn(const struct rte_vmbus_device *dev);

/** The application let go of a device: another may be waiting for that. Any thread. */
void vmbus_hotplug_kick(void);

/* vmbus_bus.c: what the bus knows of devices. Any thread. */

/**
 * Read every device that the kernel lists, also those not usable; the list of
 * the bus stays as it is.
 *
 * @param found
 *   Nonzero ends the walk and is returned.
 * @return 0, what found() returned, or negative errno.
 */
int vmbus_bus_walk(int (*found)(const struct rte_vmbus_device *dev, void *ctx), void *ctx);

/** Would a start of the program take this device: a driver of its kind, the user's lists? */
bool vmbus_bus_is_wanted(const struct rte_vmbus_device *dev);

/** Has the application a device of this name, present or gone, and its port not closed? */
bool vmbus_bus_is_held(const char *name);

/** Is the device of this name in use, with this node? */
bool vmbus_bus_is_used(const char *name, const struct vmbus_node *node);

/* vmbus_channel.c */

/** Close every open channel of the device. */
void vmbus_channel_close_all(struct rte_vmbus_device *dev);

#endif /* _VMBUS_PRIVATE_H_ */
