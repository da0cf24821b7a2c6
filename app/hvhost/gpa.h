/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The page ranges of a GPA-direct packet: from the guest's list to memory.
 */

#ifndef HVHOST_GPA_H
#define HVHOST_GPA_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "frame.h"

struct guestmem;
struct rules;

/** Pages that a guest may use for one packet without being frowned upon. */
#define GPA_PAGES_POLITE 32u
/** Pages that one packet may have at all. */
#define GPA_SEGMENTS_MAX 255u

/**
 * Add the memory of all ranges to bytes, one piece per page.
 *
 * @param header, len
 *   What follows the packet descriptor.
 * @param seg
 *   The pieces of bytes; room for GPA_SEGMENTS_MAX + 1.
 * @return
 *   0; -EPROTO for a list that is not whole, which ends the channel; -EFAULT
 *   if there is no such memory, which fails the packet.
 */
int gpa_gather(const struct guestmem *mem, const uint8_t *header, size_t len,
	       struct rules *rules, const char *who, struct iovec *seg, struct frame *bytes);

#endif /* HVHOST_GPA_H */
