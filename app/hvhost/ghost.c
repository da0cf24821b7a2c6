/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See ghost.h.
 */

#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device.h"
#include "ghost.h"
#include "pace.h"
#include "rules.h"

#define NS_PER_MS UINT64_C(1000000)
#define LOOK_NS (200 * NS_PER_MS)
/* Whoever has left them alone for so long does not know of them any more. */
#define WATCH_NS (60000 * NS_PER_MS)

struct ghost {
	struct ghost *next;
	struct shm rings;		/* not mapped here */
	char name[24];			/* of the device */
	uint16_t index;
	uint64_t due_ns;
	uint64_t until_ns;
	bool watched;			/* it was empty when we last looked */
};

/* Give the pages back; whoever touches them from now on makes new ones. */
static bool
ghost_empty(const struct ghost *ghost)
{
	return fallocate(ghost->rings.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			 (off_t)ghost->rings.len) == 0;
}

static bool
ghost_is_empty(const struct ghost *ghost)
{
	struct stat st;

	return fstat(ghost->rings.fd, &st) < 0 || st.st_blocks == 0;
}

static void
ghost_free(struct ghost *ghost)
{
	close(ghost->rings.fd);
	free(ghost);
}

void
ghost_add(struct vmbus_channel *ch, uint32_t grace_ms)
{
	struct vmbus *bus = ch->dev->bus;
	uint64_t now = pace_now_ns();
	struct ghost *ghost;

	ghost = ch->was_open ? malloc(sizeof(*ghost)) : NULL;
	if (ghost == NULL)
		return;
	*ghost = (struct ghost){
		.next = bus->ghosts,
		.rings = ch->rings,
		.index = ch->index,
		.due_ns = now + grace_ms * NS_PER_MS,
		.until_ns = now + WATCH_NS,
	};
	snprintf(ghost->name, sizeof(ghost->name), "%s", ch->dev->name);
	munmap(ch->rings.addr, ch->rings.len);
	ch->rings = (struct shm){ 0 };
	bus->ghosts = ghost;
	if (grace_ms == 0)
		ghosts_go_on(bus);
	bus_set_timer(bus);
}

/* Whether to go on with it. */
static bool
ghost_look(struct ghost *ghost, struct rules *rules, uint64_t now)
{
	if (now < ghost->due_ns)
		return true;
	if (ghost->watched && !ghost_is_empty(ghost)) {
		rules_break(rules, RULE_RING_GONE, ghost->name,
			    "the rings of channel %u were touched", ghost->index);
		return false;
	}
	if (!ghost->watched && !ghost_empty(ghost))
		return false;
	ghost->watched = true;
	ghost->due_ns = now + LOOK_NS;
	return now < ghost->until_ns;
}

void
ghosts_go_on(struct vmbus *bus)
{
	struct ghost **link = &bus->ghosts, *ghost;
	uint64_t now = pace_now_ns();

	/* Each turn goes one further or takes one away. */
	while ((ghost = *link) != NULL) {
		if (ghost_look(ghost, bus->config.rules, now)) {
			link = &ghost->next;
			continue;
		}
		*link = ghost->next;
		ghost_free(ghost);
	}
}

uint64_t
ghosts_due_ns(const struct vmbus *bus)
{
	const struct ghost *ghost;
	uint64_t due_ns = UINT64_MAX;

	for (ghost = bus->ghosts; ghost != NULL; ghost = ghost->next)
		due_ns = ghost->due_ns < due_ns ? ghost->due_ns : due_ns;
	return due_ns;
}

void
ghosts_forget(struct vmbus *bus)
{
	struct ghost *ghost;

	/* Each turn takes one away. */
	while ((ghost = bus->ghosts) != NULL) {
		bus->ghosts = ghost->next;
		ghost_free(ghost);
	}
}
