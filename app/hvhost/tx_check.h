/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Whether a guest that leaves work to the card has prepared the frame for it, as
 * NDIS demands from the drivers above a card.
 */

#ifndef HVHOST_TX_CHECK_H
#define HVHOST_TX_CHECK_H

#include "inspect.h"
#include "rndis_packet.h"

struct rndis;

/**
 * Report to the rules what is wrong with a frame that asks for checksums, or is a
 * large send. The frame is sent all the same, as well as it can be.
 *
 * @param rndis
 *   What the guest has switched on, its longest frame, and the rules.
 * @param frame
 *   In one piece, without the tag that is beside it.
 */
void tx_check(const struct rndis *rndis, const struct rndis_packet *packet,
	      const uint8_t *frame, const struct layout *layout);

#endif /* HVHOST_TX_CHECK_H */
