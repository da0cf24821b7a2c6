/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Receive segment coalescing: which TCP segments that arrive one after the other
 * make one large frame, and what its headers are.
 *
 * At most one frame is being put together at a time. The payload is not moved:
 * the first segment gives headers and payload, those after it only payload.
 */

#ifndef HVHOST_RSC_H
#define HVHOST_RSC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect.h"

struct rsc {
	unsigned int segments;		/**< 0: none is being put together */
	uint8_t *first;			/**< the first segment, whose headers speak for all */
	size_t header_len;		/**< of Ethernet, IP and TCP; in all segments the same */
	size_t ip;			/**< where its header is */
	size_t tcp;
	size_t len;			/**< of the whole frame so far */
	uint32_t next_seq;
	uint32_t tag;
};

/**
 * Show the next segment, whose checksums are good.
 *
 * @param frame
 *   Stays where it is until rsc_close() when it is the first of a frame.
 * @param tag
 *   Anything else that all segments of a frame have in common.
 * @return
 *   true: it continues the frame, whose headers say so already; its own first
 *   header_len bytes are void. false: it stands alone, and may be continued.
 */
bool rsc_add(struct rsc *rsc, uint8_t *frame, const struct layout *layout, uint32_t tag);

/** What comes next begins anew. */
void rsc_close(struct rsc *rsc);

#endif /* HVHOST_RSC_H */
