/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Learning switches, by name: NICs plug into them with port=switch:NAME, other
 * ports with --uplink NAME=PORT. A frame to a known address leaves through the
 * port where that address was last seen, any other through all but its own.
 */

#ifndef HVHOST_SWITCH_H
#define HVHOST_SWITCH_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"

#define SWITCH_MEMBERS 64u

struct keyvals;
struct port;
struct port_env;
struct switches;
struct switch_member;

struct switches *switches_create(void);

/** Forget all switches and close their uplinks; the NICs' ports must be closed already. */
void switches_destroy(struct switches *switches);

/**
 * Plug something into the switch of that name, which is made if it is new.
 *
 * @param out
 *   Sends a frame out of this member; its memory may not be kept.
 * @return
 *   NULL with a sentence on stderr.
 */
struct switch_member *switch_join(struct switches *switches, const char *name,
				  bool (*out)(void *ctx, const struct frame *frame), void *ctx);
void switch_leave(struct switch_member *member);

/** A frame came in at this member; false if nobody took it. */
bool switch_forward(struct switch_member *from, const struct frame *frame);

/** Open a port ("tap:hv0") and plug it into a switch. 0, or -1 after a sentence. */
int switch_add_uplink(struct switches *switches, const char *name, const char *what,
		      struct keyvals *kv, const struct port_env *env);

/** Receive from the uplinks; how many frames. */
unsigned int switches_poll(struct switches *switches, unsigned int budget);

/** Uplink number i for who wants to wait for its descriptor; NULL after the last. */
struct port *switches_uplink(struct switches *switches, unsigned int i);

#endif /* HVHOST_SWITCH_H */
