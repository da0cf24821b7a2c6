/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * When to spin and when to sleep: a host that always polls starves a guest
 * that polls as well on a machine with few cores; one that always sleeps adds
 * its latency to each packet.
 */

#ifndef HVHOST_LOOP_H
#define HVHOST_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop {
	int epoll;
	bool busy;			/**< never sleep */
	unsigned int turns;		/**< since the descriptors or the clock were looked at */
	uint64_t looked_ns;		/**< when the descriptors were, by a busy host */
	unsigned int idle;		/**< turns without work */
};

/** 0 or -errno. */
int loop_init(struct loop *loop, bool busy);
void loop_fini(struct loop *loop);

/**
 * Wake up when fd becomes readable. tag is what loop_wait() returns bits of.
 * With edge, only when more arrives: for descriptors that are polled anyway.
 */
int loop_watch(struct loop *loop, int fd, uint32_t tag, bool edge);

/**
 * The end of a turn: look at the descriptors now and then while there is work,
 * sleep a little and then a little more while there is none.
 *
 * @param worked
 *   Whether this turn did something.
 * @param asleep
 *   Nothing can happen but through a descriptor: sleep long.
 * @return
 *   The tags of readable descriptors, or-ed.
 */
uint32_t loop_wait(struct loop *loop, bool worked, bool asleep);

#endif /* HVHOST_LOOP_H */
