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

/** Fill in the checksum that work speaks of. */
void segment_finish(uint8_t *frame, size_t len, const struct frame_work *work);

/**
 * Write into the headers of a large send what a driver leaves out for NDIS and a
 * network stack wants there: lengths, also in the pseudo header's sum, and the
 * IPv4 checksum.
 */
void segment_complete_headers(uint8_t *frame, size_t len, const struct frame_work *work);

/**
 * Cut a large send, whose pseudo header's sum is without length.
 *
 * @param emit
 *   Gets each frame; its memory is reused afterwards.
 * @return
 *   Number of frames; 0 if the headers are not those of TCP.
 */
unsigned int segment_large_send(const uint8_t *frame, size_t len, const struct frame_work *work,
				void (*emit)(void *ctx, uint8_t *frame, size_t len), void *ctx);

#endif /* HVHOST_SEGMENT_H */
