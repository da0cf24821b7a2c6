/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * An Ethernet frame as a list of pieces in memory that belongs to somebody
 * else, without preamble and FCS.
 */

#ifndef HVHOST_FRAME_H
#define HVHOST_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define ETHER_HDR_LEN 14u
#define ETHER_ADDR_LEN 6u
#define ETHER_TAG_LEN 4u
#define ETHER_TYPE_VLAN 0x8100u

/** Largest frame anybody here handles: 64 KiB of payload for large sends. */
#define FRAME_MAX 65550u

struct frame {
	const struct iovec *seg;
	unsigned int n;
	size_t len;			/**< sum of the pieces */
};

/** What a frame's sender has left to a card. */
struct frame_work {
	uint16_t ip;			/**< where the IP header is */
	bool is_ip6;
	/**
	 * All from here to the end is to be added up; the sum goes to sum_offset
	 * behind it, where that of the pseudo header is already. 0: nothing is.
	 */
	uint16_t sum_start;
	uint16_t sum_offset;
	uint16_t mss;			/**< not 0: TCP at sum_start, to be cut into such segments */
};

/**
 * Copy a part of the frame out.
 *
 * @return
 *   Bytes copied: less than len where the frame ends.
 */
size_t frame_copy(const struct frame *frame, size_t offset, void *to, size_t len);

/**
 * The pieces that make up bytes [offset, offset + len) of a frame.
 *
 * @return
 *   Number of pieces written to seg; 0 when they do not fit in max or the
 *   frame is shorter.
 */
unsigned int frame_slice(const struct frame *frame, size_t offset, size_t len,
			 struct iovec *seg, unsigned int max);

#endif /* HVHOST_FRAME_H */
