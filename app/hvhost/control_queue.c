/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See control_queue.h.
 */

#include <stdlib.h>

#include "control_queue.h"

void
control_queue_init(struct control_queue *queue)
{
	queue->head = NULL;
	queue->tail = &queue->head;
	queue->bytes = 0;
}

struct control_item *
control_queue_add(struct control_queue *queue, size_t len, bool is_indication)
{
	struct control_item *item;

	if (!is_indication && len > CONTROL_QUEUE_BYTES_MAX - queue->bytes)
		return NULL;
	item = malloc(sizeof(*item) + len);
	if (item == NULL)
		return NULL;
	item->next = NULL;
	item->is_indication = is_indication;
	item->len = len;
	if (!is_indication)
		queue->bytes += len;
	*queue->tail = item;
	queue->tail = &item->next;
	return item;
}

void
control_queue_pop(struct control_queue *queue)
{
	struct control_item *item = queue->head;

	if (!item->is_indication)
		queue->bytes -= item->len;
	queue->head = item->next;
	if (queue->head == NULL)
		queue->tail = &queue->head;
	free(item);
}

void
control_queue_clear(struct control_queue *queue)
{
	while (queue->head != NULL)
		control_queue_pop(queue);
}
