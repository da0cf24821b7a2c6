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

struct vmbus_channel;
struct vmbus_device;

/** Have the device appear: 0, or -errno with nothing of it left. */
int arrival_begin(struct vmbus_device *dev);

/** Take it out of sight again, as far as it is in it. */
void arrival_end(struct vmbus_device *dev);

/** The same for a channel of a device that is in sight. */
int arrival_begin_channel(struct vmbus_channel *ch);
void arrival_end_channel(struct vmbus_channel *ch);

#endif /* HVHOST_ARRIVAL_H */
