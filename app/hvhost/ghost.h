/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Rings whose channel is gone. Linux has freed their memory, and a program that
 * still has them mapped and touches them reads and writes what is somebody
 * else's. Here the memory stays, empty, and is watched: a page that comes into
 * being was touched, be it only read.
 *
 * Who loses a device needs a moment to hear of it; who closes one has to let go
 * of its subchannels' rings before.
 */

#ifndef HVHOST_GHOST_H
#define HVHOST_GHOST_H

#include <stdint.h>

struct vmbus;
struct vmbus_channel;

/** For programs to hear that their device is gone, and to stop. */
#define GHOST_GRACE_MS 2000u

/**
 * The channel's rings, if any guest has them, are nobody's from so many milliseconds
 * on. Takes them out of the channel.
 */
void ghost_add(struct vmbus_channel *ch, uint32_t grace_ms);

/** Look at those that are due. */
void ghosts_go_on(struct vmbus *bus);

/** When that is next; UINT64_MAX: there are none. */
uint64_t ghosts_due_ns(const struct vmbus *bus);

/** Nobody is left to touch them. */
void ghosts_forget(struct vmbus *bus);

#endif /* HVHOST_GHOST_H */
