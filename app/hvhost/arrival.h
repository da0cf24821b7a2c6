/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * How devices come into the guests' sight and leave it, step by step as under
 * the kernel, and the uevents of each step. Whoever hears of something finds it
 * there; who hears of its end does not.
 *
 *     add      its directory, the bus's link      add     SUBSYSTEM=vmbus
 *              the driver's link, uio/uioN        add     SUBSYSTEM=uio
 *                                                 bind    SUBSYSTEM=vmbus
 *              /dev/uioN
 *              channels/RELID                     add     SUBSYSTEM=channels
 *              channels/RELID/ring
 *     remove   the bus's link
 *              /dev/uioN, uio/uioN                remove  SUBSYSTEM=uio
 *              the driver's link                  unbind  SUBSYSTEM=vmbus
 *              its directory                      remove  SUBSYSTEM=vmbus
 *                                                 remove  SUBSYSTEM=channels
 */

#ifndef HVHOST_ARRIVAL_H
#define HVHOST_ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>

struct vmbus;
struct vmbus_channel;
struct vmbus_device;

/** The steps of a device in the order in which they come, and one of each channel. */
enum arrival_step {
	ARRIVAL_DEVICE,
	ARRIVAL_DRIVER,
	ARRIVAL_NODE,
	ARRIVAL_CHANNELS,
	ARRIVAL_RING,
	ARRIVAL_STEPS
};

/**
 * Steps that come late. The device waits for so long since there is a guest; 0: it
 * is there before any. The others wait since its directory is there, ring files
 * since that of their channel is.
 */
struct arrival_delays {
	uint32_t ms[ARRIVAL_STEPS];
};

/** Have the device appear: 0, or -errno with nothing of it left. */
int arrival_begin(struct vmbus_device *dev);

/** Take it out of sight again, as far as it is in it. */
void arrival_end(struct vmbus_device *dev);

/** The same for a subchannel of an open device. */
int arrival_begin_channel(struct vmbus_channel *ch);
void arrival_end_channel(struct vmbus_channel *ch);

/** Whether guests can open the device. */
bool arrival_has_node(const struct vmbus_device *dev);

/** Take the steps whose time has come; and when the next one's will, UINT64_MAX: never. */
void arrivals_go_on(struct vmbus *bus);
uint64_t arrivals_due_ns(const struct vmbus *bus);

/** A guest has come: devices may have waited for it. */
void arrivals_meet_guest(struct vmbus *bus);

#endif /* HVHOST_ARRIVAL_H */
