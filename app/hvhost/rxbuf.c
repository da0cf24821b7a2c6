/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See rxbuf.h.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rxbuf.h"

enum {
	SECTION_FREE,
	SECTION_TAKEN,			/* being filled */
	SECTION_FIRST,			/* with the guest, first of its packet */
	SECTION_FOLLOWS,		/* with the guest, in the packet of another */
	SECTION_LOST,			/* the guest has it for good */
};

/* Marks the owner of control sections. */
#define OWNER_CONTROL 0xffffu

static struct rxbuf_list *
rxbuf_list_of(struct rxbuf *rx, uint32_t id)
{
	uint16_t owner = rx->section[id].owner;

	return owner == OWNER_CONTROL ? &rx->control : &rx->free[owner];
}

static void
rxbuf_push_head(struct rxbuf *rx, struct rxbuf_list *list, uint32_t id)
{
	rx->section[id].next = list->head;
	if (list->head == RXBUF_NONE)
		list->tail = id;
	list->head = id;
	list->count++;
}

static void
rxbuf_push_tail(struct rxbuf *rx, struct rxbuf_list *list, uint32_t id)
{
	rx->section[id].next = RXBUF_NONE;
	if (list->head == RXBUF_NONE)
		list->head = id;
	else
		rx->section[list->tail].next = id;
	list->tail = id;
	list->count++;
}

static void
rxbuf_put(struct rxbuf *rx, uint32_t id)
{
	rx->section[id].state = SECTION_FREE;
	if (rx->oldest_first)
		rxbuf_push_tail(rx, rxbuf_list_of(rx, id), id);
	else
		rxbuf_push_head(rx, rxbuf_list_of(rx, id), id);
}

static uint32_t
rxbuf_pop(struct rxbuf *rx, struct rxbuf_list *list)
{
	uint32_t id = list->head;

	if (id == RXBUF_NONE)
		return RXBUF_NONE;
	list->head = rx->section[id].next;
	list->count--;
	rx->section[id].state = SECTION_TAKEN;
	return id;
}

/* The queues get equal shares, the last one also the rest. */
static uint16_t
rxbuf_owner(const struct rxbuf *rx, uint32_t id)
{
	uint32_t share, queue;

	if (id < rx->control_sections)
		return OWNER_CONTROL;
	share = (rx->sections - rx->control_sections) / rx->queues;
	queue = share == 0 ? 0 : (id - rx->control_sections) / share;
	return (uint16_t)(queue < rx->queues ? queue : rx->queues - 1);
}

int
rxbuf_init(struct rxbuf *rx, uint32_t sections, uint32_t control_sections, unsigned int queues)
{
	const struct rxbuf_list empty = { RXBUF_NONE, RXBUF_NONE, 0 };
	bool oldest_first = rx->oldest_first;

	memset(rx, 0, sizeof(*rx));
	rx->oldest_first = oldest_first;
	rx->section = calloc(sections, sizeof(rx->section[0]));
	rx->free = calloc(queues, sizeof(rx->free[0]));
	if (rx->section == NULL || rx->free == NULL) {
		rxbuf_free(rx);
		return -ENOMEM;
	}
	rx->sections = sections;
	rx->control_sections = control_sections < sections ? control_sections : sections;
	rx->queues = queues;
	rx->control = empty;
	for (unsigned int i = 0; i < queues; i++)
		rx->free[i] = empty;
	for (uint32_t id = 0; id < sections; id++) {
		rx->section[id].owner = rxbuf_owner(rx, id);
		if (id < rx->control_sections)
			rxbuf_push_head(rx, &rx->control, id);
		else
			rxbuf_push_tail(rx, rxbuf_list_of(rx, id), id);
	}
	return 0;
}

/* Sections that are taken or with the guest come back to their new owners. */
bool
rxbuf_split(struct rxbuf *rx, unsigned int queues)
{
	struct rxbuf_list *lists = calloc(queues, sizeof(lists[0]));

	if (lists == NULL)
		return false;
	for (unsigned int i = 0; i < queues; i++)
		lists[i] = (struct rxbuf_list){ RXBUF_NONE, RXBUF_NONE, 0 };
	free(rx->free);
	rx->free = lists;
	rx->queues = queues;
	for (uint32_t id = rx->control_sections; id < rx->sections; id++) {
		rx->section[id].owner = rxbuf_owner(rx, id);
		if (rx->section[id].state == SECTION_FREE)
			rxbuf_push_tail(rx, rxbuf_list_of(rx, id), id);
	}
	return true;
}

void
rxbuf_free(struct rxbuf *rx)
{
	bool oldest_first = rx->oldest_first;

	free(rx->section);
	free(rx->free);
	memset(rx, 0, sizeof(*rx));
	rx->oldest_first = oldest_first;
}

uint32_t
rxbuf_take(struct rxbuf *rx, unsigned int queue)
{
	return rxbuf_pop(rx, &rx->free[queue]);
}

uint32_t
rxbuf_take_control(struct rxbuf *rx)
{
	return rxbuf_pop(rx, &rx->control);
}

void
rxbuf_untake(struct rxbuf *rx, uint32_t id)
{
	rx->section[id].state = SECTION_FREE;
	rxbuf_push_head(rx, rxbuf_list_of(rx, id), id);
}

void
rxbuf_chain_add(struct rxbuf *rx, struct rxbuf_chain *chain, uint32_t id)
{
	rx->section[id].next = RXBUF_NONE;
	if (chain->count == 0)
		chain->first = id;
	else
		rx->section[chain->last].next = id;
	chain->last = id;
	chain->count++;
}

static uint32_t *
rxbuf_held(struct rxbuf *rx, uint32_t id)
{
	return rx->section[id].owner == OWNER_CONTROL ? &rx->control_held : &rx->held;
}

void
rxbuf_chain_sent(struct rxbuf *rx, const struct rxbuf_chain *chain, uint16_t channel)
{
	uint8_t state = SECTION_FIRST;

	for (uint32_t id = chain->first; id != RXBUF_NONE; id = rx->section[id].next) {
		rx->section[id].state = state;
		rx->section[id].channel = channel;
		state = SECTION_FOLLOWS;
	}
	*rxbuf_held(rx, chain->first) += chain->count;
}

/* Free a chain; how many it had. */
static uint32_t
rxbuf_put_chain(struct rxbuf *rx, uint32_t id)
{
	uint32_t next, n = 0;

	for (; id != RXBUF_NONE; id = next, n++) {
		next = rx->section[id].next;
		rxbuf_put(rx, id);
	}
	return n;
}

void
rxbuf_chain_drop(struct rxbuf *rx, const struct rxbuf_chain *chain)
{
	if (chain->count > 0)
		rxbuf_put_chain(rx, chain->first);
}

int
rxbuf_complete(struct rxbuf *rx, uint64_t id, uint16_t channel)
{
	const struct rxbuf_section *section;
	uint32_t n;

	if (id >= rx->sections)
		return -ENOENT;
	section = &rx->section[id];
	if (section->state == SECTION_FREE)
		return -EALREADY;
	if (section->state != SECTION_FIRST)
		return -ENOENT;
	if (section->channel != channel)
		return -EXDEV;
	n = rxbuf_put_chain(rx, (uint32_t)id);
	*rxbuf_held(rx, (uint32_t)id) -= n;
	return (int)n;
}

/* The guest may still look at them, so nobody else gets them. */
void
rxbuf_lose(struct rxbuf *rx, uint16_t channel)
{
	for (uint32_t id = rx->control_sections; id < rx->sections; id++) {
		struct rxbuf_section *section = &rx->section[id];

		if (section->channel != channel || (section->state != SECTION_FIRST &&
						    section->state != SECTION_FOLLOWS))
			continue;
		section->state = SECTION_LOST;
		rx->held--;
	}
}
