/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See switch.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keyvals.h"
#include "log.h"
#include "port.h"
#include "switch.h"

#define SWITCH_NAME_MAX 32
#define SWITCH_STATIONS 4096u		/* power of two */
#define SWITCH_UPLINKS 16u

struct switch_member {
	struct network_switch *sw;	/* NULL: this place is free */
	bool (*out)(void *ctx, const struct frame *frame);
	void *ctx;
};

/* Where an address was last seen. A new one takes the place of an old one with the same hash. */
struct station {
	uint8_t mac[ETHER_ADDR_LEN];
	struct switch_member *member;
};

struct network_switch {
	struct network_switch *next;
	char name[SWITCH_NAME_MAX];
	struct switch_member member[SWITCH_MEMBERS];
	struct station station[SWITCH_STATIONS];
};

struct uplink {
	struct port *port;
	struct switch_member *member;
	uint8_t frame[FRAME_MAX];
};

struct switches {
	struct network_switch *first;
	struct uplink uplink[SWITCH_UPLINKS];
	unsigned int n_uplinks;
};

struct switches *
switches_create(void)
{
	struct switches *switches = calloc(1, sizeof(*switches));

	if (switches == NULL)
		log_usage("no memory for switches");
	return switches;
}

void
switches_destroy(struct switches *switches)
{
	struct network_switch *sw;

	if (switches == NULL)
		return;
	for (unsigned int i = 0; i < switches->n_uplinks; i++)
		port_close(switches->uplink[i].port);
	while ((sw = switches->first) != NULL) {
		switches->first = sw->next;
		free(sw);
	}
	free(switches);
}

static struct network_switch *
switch_get(struct switches *switches, const char *name)
{
	struct network_switch *sw;

	for (sw = switches->first; sw != NULL; sw = sw->next)
		if (strcmp(sw->name, name) == 0)
			return sw;
	if (name[0] == '\0' || strlen(name) >= SWITCH_NAME_MAX) {
		log_usage("'%s' is no name for a switch", name);
		return NULL;
	}
	sw = calloc(1, sizeof(*sw));
	if (sw == NULL) {
		log_usage("no memory for switch %s", name);
		return NULL;
	}
	snprintf(sw->name, sizeof(sw->name), "%s", name);
	sw->next = switches->first;
	switches->first = sw;
	return sw;
}

struct switch_member *
switch_join(struct switches *switches, const char *name,
	    bool (*out)(void *ctx, const struct frame *frame), void *ctx)
{
	struct network_switch *sw = switch_get(switches, name);

	if (sw == NULL)
		return NULL;
	for (unsigned int i = 0; i < SWITCH_MEMBERS; i++) {
		struct switch_member *member = &sw->member[i];

		if (member->sw == NULL) {
			*member = (struct switch_member){ .sw = sw, .out = out, .ctx = ctx };
			return member;
		}
	}
	log_usage("switch %s has no place left", name);
	return NULL;
}

void
switch_leave(struct switch_member *member)
{
	for (unsigned int i = 0; i < SWITCH_STATIONS; i++)
		if (member->sw->station[i].member == member)
			member->sw->station[i].member = NULL;
	member->sw = NULL;
}

static struct station *
switch_station(struct network_switch *sw, const uint8_t mac[ETHER_ADDR_LEN])
{
	uint32_t hash = 0;

	for (unsigned int i = 0; i < ETHER_ADDR_LEN; i++)
		hash = hash * 31 + mac[i];
	return &sw->station[hash % SWITCH_STATIONS];
}

static void
switch_learn(struct switch_member *from, const uint8_t mac[ETHER_ADDR_LEN])
{
	struct station *station = switch_station(from->sw, mac);

	if (mac[0] & 1)
		return;
	memcpy(station->mac, mac, ETHER_ADDR_LEN);
	station->member = from;
}

static bool
switch_flood(struct switch_member *from, const struct frame *frame)
{
	bool taken = false;

	for (unsigned int i = 0; i < SWITCH_MEMBERS; i++) {
		struct switch_member *to = &from->sw->member[i];

		if (to->sw != NULL && to != from)
			taken |= to->out(to->ctx, frame);
	}
	return taken;
}

bool
switch_forward(struct switch_member *from, const struct frame *frame)
{
	uint8_t addresses[2 * ETHER_ADDR_LEN];
	const struct station *to;

	if (frame_copy(frame, 0, addresses, sizeof(addresses)) < sizeof(addresses))
		return false;
	switch_learn(from, addresses + ETHER_ADDR_LEN);
	to = switch_station(from->sw, addresses);
	if (to->member == NULL || memcmp(to->mac, addresses, ETHER_ADDR_LEN) != 0)
		return switch_flood(from, frame);
	/* The addressee is where the frame came from: it has it already. */
	return to->member != from && to->member->out(to->member->ctx, frame);
}

/* What an uplink's port needs above it. */

static bool
uplink_listens(void *ctx)
{
	(void)ctx;
	return true;
}

static uint8_t *
uplink_begin(void *ctx, size_t *room)
{
	struct uplink *uplink = ctx;

	*room = sizeof(uplink->frame);
	return uplink->frame;
}

static void
uplink_commit(void *ctx, size_t len)
{
	struct uplink *uplink = ctx;
	struct iovec seg = { uplink->frame, len };

	if (len > 0)
		switch_forward(uplink->member, &(struct frame){ &seg, 1, len });
}

static void
uplink_dropped(void *ctx, unsigned int frames)
{
	(void)ctx;
	(void)frames;
}

static bool
uplink_out(void *ctx, const struct frame *frame)
{
	struct uplink *uplink = ctx;

	return uplink->port->ops->send(uplink->port, frame);
}

int
switch_add_uplink(struct switches *switches, const char *name, const char *what,
		  struct keyvals *kv, const struct port_env *env)
{
	struct uplink *uplink;

	if (switches->n_uplinks == SWITCH_UPLINKS) {
		log_usage("there can be %u uplinks", SWITCH_UPLINKS);
		return -1;
	}
	uplink = &switches->uplink[switches->n_uplinks];
	uplink->member = switch_join(switches, name, uplink_out, uplink);
	if (uplink->member == NULL)
		return -1;
	uplink->port = port_open(what, kv, env);
	if (uplink->port == NULL) {
		switch_leave(uplink->member);
		return -1;
	}
	uplink->port->user = (struct port_user){
		.listens = uplink_listens,
		.begin = uplink_begin,
		.commit = uplink_commit,
		.dropped = uplink_dropped,
		.ctx = uplink,
	};
	switches->n_uplinks++;
	return 0;
}

unsigned int
switches_poll(struct switches *switches, unsigned int budget)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < switches->n_uplinks; i++) {
		struct port *port = switches->uplink[i].port;

		if (port->ops->poll != NULL)
			n += port->ops->poll(port, budget);
	}
	return n;
}

struct port *
switches_uplink(struct switches *switches, unsigned int i)
{
	return i < switches->n_uplinks ? switches->uplink[i].port : NULL;
}
