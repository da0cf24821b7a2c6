/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * RNDIS control messages that wait: requests of the guest for their turn,
 * indications for a free receive section.
 */

#ifndef HVHOST_CONTROL_QUEUE_H
#define HVHOST_CONTROL_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes of waiting requests above which the guest is refused more. */
#define CONTROL_QUEUE_BYTES_MAX (100u * 1024u)

struct control_item {
	struct control_item *next;
	bool is_indication;		/**< goes to the guest as it is */
	size_t len;
	uint8_t bytes[];
};

struct control_queue {
	struct control_item *head;
	struct control_item **tail;
	size_t bytes;
};

void control_queue_init(struct control_queue *queue);

/** A new item at the end, its bytes to be filled; NULL if it does not fit. */
struct control_item *control_queue_add(struct control_queue *queue, size_t len,
				       bool is_indication);

/** Forget the first item. */
void control_queue_pop(struct control_queue *queue);
void control_queue_clear(struct control_queue *queue);

#endif /* HVHOST_CONTROL_QUEUE_H */
