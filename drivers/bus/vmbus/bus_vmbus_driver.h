/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What a driver of a VMBus device needs from the bus: the device, the driver
 * object, its registration. Knows nothing of any device class.
 */

#ifndef _BUS_VMBUS_DRIVER_H_
#define _BUS_VMBUS_DRIVER_H_

#include <dev_driver.h>
#include <rte_compat.h>
#include <rte_uuid.h>
#include <rte_version.h>

#include <rte_bus_vmbus.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Regions of a device, in the order of the kernel's UIO maps. */
enum vmbus_map {
	VMBUS_MAP_RINGS,	/**< primary channel: send ring, receive ring */
	VMBUS_MAP_INT_PAGE,
	VMBUS_MAP_MON_PAGE,
	VMBUS_MAP_RECV_BUF,	/**< host writes, guest reads */
	VMBUS_MAP_SEND_BUF,	/**< guest writes, host reads */
	VMBUS_MAP_MAX,
};

/** One mapped region. */
struct vmbus_region {
	void *addr;		/**< in this process; NULL if absent */
	uint64_t len;		/**< bytes */
	uint32_t gpadl;		/**< handle by which the host knows it; buffers only */
	void *map;		/**< the mapping that addr lies in */
	uint64_t map_len;
};

/**
 * Which of the kernel's nodes a device has. One that was away and came back has
 * another, even if some of the numbers are the same.
 */
struct vmbus_node {
	uint64_t inode;			/**< of its directory in sysfs */
	uint32_t relid;			/**< of the primary channel */
	int uio_minor;			/**< N of /dev/uioN, -1 if not bound */
};

/** Longest name of a device directory in sysfs. */
#define VMBUS_NAME_MAX 64

/** A device found on the bus. */
struct rte_vmbus_device {
	struct rte_device device;	/**< name is the device id, lower case */
	char name[RTE_UUID_STRLEN];
	char sysfs_name[VMBUS_NAME_MAX];	/**< of its directory; old kernels differ */
	rte_uuid_t device_id;
	rte_uuid_t class_id;
	struct vmbus_node node;
	uint8_t monitor_id;		/**< of the primary; valid if has_monitor */
	bool has_monitor;
	bool is_released;		/**< rte_vmbus_dev_release() since the probe */
	bool is_leaving;		/**< being removed; the bus's own */
	int uio_fd;			/**< in this process; -1 if not mapped */
	struct vmbus_region region[VMBUS_MAP_MAX];
	struct vmbus_channel *channels;	/**< of this process, primary first; the bus's own */
	struct vmbus_shared *shared;	/**< what all processes know; the bus's own */
};

struct rte_vmbus_driver;

/** Take over a device: 0, or negative errno and nothing is kept. */
typedef int (vmbus_probe_t)(struct rte_vmbus_driver *drv, struct rte_vmbus_device *dev);

/** Let go of a device: 0, or negative errno and it stays in use. */
typedef int (vmbus_remove_t)(struct rte_vmbus_device *dev);

/** A driver of VMBus devices. */
struct rte_vmbus_driver {
	struct rte_driver driver;
	vmbus_probe_t *probe;
	vmbus_remove_t *remove;
	const rte_uuid_t *id_table;	/**< class ids, ended by the null uuid */
};

/** Add a driver; called before main(). */
__rte_internal
void rte_vmbus_register(struct rte_vmbus_driver *driver);

/** Take a driver away. */
__rte_internal
void rte_vmbus_unregister(struct rte_vmbus_driver *driver);

/**
 * Has the host or the kernel taken the device away? One system call; for slow
 * paths.
 */
__rte_internal
bool rte_vmbus_dev_is_gone(const struct rte_vmbus_device *dev);

/**
 * The driver has let go of the device although nobody has removed it: its port
 * was closed. It stays mapped until then, or until a device of the same name
 * comes back, which takes its place and is probed.
 */
__rte_internal
void rte_vmbus_dev_release(struct rte_vmbus_device *dev);

/**
 * Use a channel that the primary process has open. For secondary processes, on
 * a device that they have mapped: ring positions are common to all processes,
 * addresses are not. rte_vmbus_chan_close() lets go of it again.
 *
 * Sending and receiving have one user each at a time among all processes. One
 * that dies between two calls of this interface, or within one, leaves both
 * rings fit for the next.
 *
 * @param index
 *   The host's: 0 is the primary channel.
 * @return
 *   0; -ENOENT if the primary process has no such channel open; -EBUSY if this
 *   process uses it already; -ENODEV if the device is not mapped or its rings
 *   are gone; -EINVAL; -ENOMEM.
 */
__rte_internal
int rte_vmbus_chan_attach(struct rte_vmbus_device *dev, uint16_t index,
			  struct vmbus_channel **chan);

/**
 * Ask the host not to interrupt for this channel, or to interrupt when its ring
 * stops being empty: what lies in the ring already causes none, so look at it
 * after unmasking. As owner of the channel's receive end.
 */
__rte_internal
void rte_vmbus_chan_irq_mask(struct vmbus_channel *chan);
__rte_internal
void rte_vmbus_chan_irq_unmask(struct vmbus_channel *chan);

/**
 * Copy a packet, descriptor included, into the ring: the counterpart of
 * rte_vmbus_chan_recv_raw(). rte_vmbus_chan_signal_tx() is to follow, once per
 * batch; the host sees nothing before.
 *
 * @param packet
 *   In one piece, of tlen * 8 bytes; 8-byte aligned.
 * @return
 *   0, -EAGAIN if the ring has no room now, -EINVAL if it can never have,
 *   -EPROTO if the host corrupted the ring (the channel stays failed).
 */
__rte_internal
int rte_vmbus_chan_send_raw(struct vmbus_channel *chan, const struct vmbus_chanpkt_hdr *packet);

/**
 * A word of the packet that rte_vmbus_chan_recv_raw() would give next, as a hint
 * of what will be needed: unchecked, and without a look at what the host writes
 * meanwhile. As owner of the channel's receive end.
 *
 * @param offset
 *   From the packet's descriptor on; a multiple of 4, at most 64.
 * @return
 *   false if no packet is known to be there.
 */
__rte_internal
bool rte_vmbus_chan_recv_hint(const struct vmbus_channel *chan, uint32_t offset, uint32_t *word);

/**
 * Look at the next packets of the ring as long as they are completions, checked as
 * rte_vmbus_chan_recv_raw() does. They stay until rte_vmbus_chan_skip() takes the
 * first of them, whose ring_len are added up: who dies in between has not taken
 * any. As owner of the channel's receive end.
 *
 * @return
 *   How many, at most max. After 0 rte_vmbus_chan_recv_raw() tells what is next.
 */
__rte_internal
uint32_t rte_vmbus_chan_peek_comps(struct vmbus_channel *chan, struct vmbus_comp *comp,
				   uint32_t max);
__rte_internal
void rte_vmbus_chan_skip(struct vmbus_channel *chan, uint32_t bytes);

/** Has the host read everything that was sent? Also true for a failed channel. */
__rte_internal
bool rte_vmbus_chan_tx_empty(const struct vmbus_channel *chan);

/**
 * For processors that can wait for a change of memory: the word that the host
 * writes when it sends something.
 *
 * @param idle
 *   What stands there as long as there is nothing to receive.
 * @return
 *   NULL for a failed channel.
 */
__rte_internal
volatile void *rte_vmbus_chan_watch(struct vmbus_channel *chan, uint32_t *idle);

/**
 * Does this kernel pass interrupts of subchannels on? Those before 6.16 do not,
 * and some of them crash on one: a subchannel must stay masked there.
 */
__rte_internal
bool rte_vmbus_subchan_interrupts(void);

/**
 * Take a region out of the device: from now on its mapping is the caller's, who
 * unmaps it. For memory that is in use when the device is unmapped; buffers
 * only, whose pages the kernel keeps as long as they are mapped.
 *
 * @return The mapping and *len; NULL if it is not mapped.
 */
__rte_internal
void *rte_vmbus_take_region(struct rte_vmbus_device *dev, enum vmbus_map which, uint64_t *len);

/** Register a driver under its name. */
#define RTE_PMD_REGISTER_VMBUS(nm, vmbus_drv) \
RTE_INIT(vmbusinitfn_ ##nm) \
{ \
	(vmbus_drv).driver.name = RTE_STR(nm); \
	rte_vmbus_register(&(vmbus_drv)); \
} \
VMBUS_PMD_EXPORT_NAME(nm)

/* 25.07: one argument. */
#if RTE_VERSION >= RTE_VERSION_NUM(25, 7, 0, 0)
#define VMBUS_PMD_EXPORT_NAME(nm) RTE_PMD_EXPORT_NAME(nm)
#else
#define VMBUS_PMD_EXPORT_NAME(nm) RTE_PMD_EXPORT_NAME(nm, __COUNTER__)
#endif

#ifdef __cplusplus
}
#endif

#endif /* _BUS_VMBUS_DRIVER_H_ */
