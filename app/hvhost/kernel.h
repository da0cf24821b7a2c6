/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Generations of the guest's uio_hv_generic, as data: who sets the interrupt
 * mask of a receive ring, what writing to /dev/uioN does, and what it shows of
 * channels. The rules are in spec/vmbus-uio.md, 2.5 and 1.4.
 */

#ifndef HVHOST_KERNEL_H
#define HVHOST_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

/** What there is of a device's channels in /sys; each has what those before it have. */
enum kernel_channels {
	KERNEL_NO_CHANNELS,		/**< nothing */
	KERNEL_BARE_CHANNELS,		/**< a directory each: no ring, no index, no monitor id */
	KERNEL_PRIMARY_CHANNEL,		/**< all of the primary; nobody opens subchannels */
	KERNEL_ALL_CHANNELS,
};

struct kernel {
	const char *name;		/**< the release that has begun it */
	const char *what;		/**< for the help text */
	bool masks_at_open;		/**< a channel begins with its interrupts off */
	bool masks_on_event;		/**< an interrupt turns further ones off */
	bool writes_to_all;		/**< write() is for subchannels too */
	bool write_signals;		/**< write(1) signals channels without monitor */
	bool has_sub_events;		/**< interrupts of subchannels arrive */
	enum kernel_channels channels;
};

/** The generation of that name, NULL if there is none. */
const struct kernel *kernel_find(const char *name);

/** The one that is used when nothing is said. */
const struct kernel *kernel_default(void);

/** Generation number i, NULL after the last. */
const struct kernel *kernel_at(size_t i);

#endif /* HVHOST_KERNEL_H */
