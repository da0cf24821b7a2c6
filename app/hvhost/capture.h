/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * A pcapng file of what crosses a NIC, seen from the guest: what it sends is
 * outbound. What came beside a frame (queue, hash, checksums, large send,
 * coalescing) is told in the packet's comment; a VLAN tag is put back into the
 * frame.
 *
 * The file has two interfaces: on "nicN" are frames as they are on the cable,
 * on "nicN-guest" those that the guest left work on, before that was done.
 *
 * A file that cannot be written any more ends the capture, with one log line.
 */

#ifndef HVHOST_CAPTURE_H
#define HVHOST_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"
#include "rndis_packet.h"

struct capture;

/**
 * Begin a file.
 *
 * @param nic
 *   The NIC's number.
 * @param snap_len
 *   Bytes of each frame that are written; 0: all.
 * @return
 *   NULL after log_usage().
 */
struct capture *capture_open(const char *path, unsigned int nic, uint32_t snap_len);

/** Write what is still in memory, and end. */
void capture_close(struct capture *capture);

/** A frame on its way to the guest; its tag is in info alone. */
void capture_received(struct capture *capture, unsigned int queue, const struct frame *frame,
		      const struct rndis_rx_info *info);

/** A frame as the guest gave it, with work left on it; its tag is in packet alone. */
void capture_given(struct capture *capture, unsigned int queue, const struct frame *frame,
		   const struct rndis_packet *packet);

/**
 * A frame on its way out, its tag in place.
 *
 * @param is_finished
 *   Else the work on it is passed on to the port, which says that to whom it concerns.
 */
void capture_sent(struct capture *capture, unsigned int queue, const struct frame *frame,
		  const struct rndis_packet *packet, bool is_finished);

#endif /* HVHOST_CAPTURE_H */
