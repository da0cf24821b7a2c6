/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The kinds of ports, and what they share.
 */

#include <stdio.h>
#include <string.h>

#include "keyvals.h"
#include "log.h"
#include "port.h"

static const struct port_kind {
	const char *name;
	port_open_fn *open;
	const char *usage;
	const char *help;
} port_kinds[] = {
	{ "tap", port_tap_open, "tap:NAME[@NETNS][,vnet=no][,partial-rx=yes][,partial-tx=yes]",
		"a TAP interface, made if it is not there, in the named network namespace;\n"
		"        partial-...: what either side leaves to its card is left to the other side" },
	{ "pcap", port_pcap_open, "pcap:[rx=FILE][,tx=FILE][,rate=PPS][,delay=MS]",
		"frames of FILE go to the guest; those of the guest are written to FILE" },
	{ "gen", port_generator_open, "gen:[count=N][,rate=PPS][,size=BYTES[-BYTES]][,bulk=N]"
		"[,window=N][,flows=N][,delay=MS][,headers-only=yes][,drop=yes][,apart=yes]"
		"[,frames=numbered|copied|kept]",
		"numbered frames to the guest, from delay after it listens, at most window of\n"
		"        them on their way to a sink, in N flows in turn; what comes back is checked\n"
		"        as a sink does; with drop=yes what finds no room is lost, as on a wire;\n"
		"        with apart=yes each bulk is a packet of its own;\n"
		"        frames: the same, copied, or kept where they are, cost less than numbered ones" },
	{ "sink", port_sink_open, "sink[:verify=no]",
		"swallows frames; checks numbered ones: lost, duplicated, reordered, corrupted" },
	{ "loopback", port_loopback_open, "loopback", "the guest receives what it sends" },
	{ "peer", port_peer_open, "peer:N", "the guest of NIC N receives what this one sends" },
	{ "switch", port_switch_open, "switch:NAME", "a learning switch; see --uplink" },
};

#define PORT_KINDS (sizeof(port_kinds) / sizeof(port_kinds[0]))

void
port_print_kinds(void)
{
	for (size_t i = 0; i < PORT_KINDS; i++)
		printf("  port=%s\n        %s\n", port_kinds[i].usage, port_kinds[i].help);
}

struct port *
port_open(const char *what, struct keyvals *kv, const struct port_env *env)
{
	size_t len = strcspn(what, ":");

	for (size_t i = 0; i < PORT_KINDS; i++) {
		const struct port_kind *kind = &port_kinds[i];

		const char *arg = what[len] == ':' ? what + len + 1 : "";

		if (strlen(kind->name) != len || strncmp(kind->name, what, len) != 0)
			continue;
		/* "gen:count=5,size=64" reads as well as "gen,count=5,size=64". */
		if (strchr(arg, '=') != NULL && keyvals_add(kv, arg) != 0)
			return NULL;
		return kind->open(arg, kv, env);
	}
	log_usage("%s: there is no port of kind '%.*s' (see hvhost --help)", kv->option,
		  (int)len, what);
	return NULL;
}

void
port_close(struct port *port)
{
	if (port != NULL)
		port->ops->close(port);
}

bool
port_user_deliver(const struct port_user *user, const struct frame *frame)
{
	uint8_t *to = NULL;
	size_t room = 0;

	if (user->listens(user->ctx))
		to = user->begin(user->ctx, &room);
	if (to != NULL && frame->len <= room) {
		user->commit(user->ctx, frame_copy(frame, 0, to, frame->len));
		return true;
	}
	if (to != NULL)
		user->commit(user->ctx, 0);
	user->dropped(user->ctx, 1);
	return false;
}
