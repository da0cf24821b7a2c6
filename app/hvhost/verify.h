/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What a card says about the checksums of a frame that it has received.
 */

#ifndef HVHOST_VERIFY_H
#define HVHOST_VERIFY_H

#include "inspect.h"

/**
 * Add up what the guest wants to have looked at.
 *
 * @param offloads
 *   OFFLOAD_RX_... that are on.
 * @return
 *   RX_CHECKSUM_...: of each protocol good, failed, or nothing: it is off, is not
 *   in the frame, or cannot be told from this frame (a fragment, a UDP datagram
 *   of IPv4 without checksum, a routing header that has not been used up).
 */
uint32_t verify_checksums(const uint8_t *frame, const struct layout *layout,
			  uint32_t offloads);

/**
 * The same for a frame whose transport checksum its sender has left to the card:
 * it cannot have been damaged. The guest is told so, and that the field is stale,
 * for which there is no bit for UDP; nothing, if the guest does not listen to
 * that: then the sum has to be filled in.
 */
uint32_t verify_partial(const uint8_t *frame, const struct layout *layout, uint32_t offloads);

#endif /* HVHOST_VERIFY_H */
