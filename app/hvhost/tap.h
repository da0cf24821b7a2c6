/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * TAP interfaces of Linux: finding or making one, in a network namespace if need
 * be.
 */

#ifndef HVHOST_TAP_H
#define HVHOST_TAP_H

#include <stdbool.h>
#include <stdint.h>

/** What to open. */
struct tap_spec {
	char name[16];
	const char *netns;		/**< as `ip netns` knows it; NULL: the current one */
	uint32_t mtu;			/**< of an interface that has to be made */
	/**
	 * Frames are to come and go behind a struct virtio_net_hdr, so that Linux may
	 * leave checksums and segmentation to the reader. false on return: the kernel
	 * does not do that.
	 */
	bool vnet;
};

/** A descriptor that does not block, or -errno. */
int tap_open(struct tap_spec *spec);

/** What the negative value of tap_open() says. */
const char *tap_reason(int error);

#endif /* HVHOST_TAP_H */
