/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What a network card does for its driver on the way out: fill in checksums,
 * cut a large TCP frame into frames of one segment each.
 *
 * As hardware does, it adds up what is in the checksum field: the sum over
 * the pseudo header is the driver's part (without the length for large
 * sends), and a driver that leaves it out sends bad checksums.
 */

#ifndef HVHOST_SEGMENT_H
#define HVHOST_SEGMENT_H

#include "frame.h"
#include "rndis_packet.h"

struct layout;

/** Fill in the checksums that packet asks for; the frame is in one piece. */
void segment_checksum(uint8_t *frame, const struct layout *layout,
		      const struct rndis_packet *packet);

/**
 * Cut a large send.
 *
 * @param emit
 *   Gets each frame; its memory is reused afterwards.
 * @return
 *   Number of frames; 0 if the headers are not those of TCP.
 */
unsigned int segment_large_send(uint8_t *frame, size_t len, const struct rndis_packet *packet,
				void (*emit)(void *ctx, uint8_t *frame, size_t len), void *ctx);

#endif /* HVHOST_SEGMENT_H */
