/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Switch port: a cable from a NIC to a switch of the host.
 */

#include <stdlib.h>

#include "log.h"
#include "port.h"
#include "switch.h"

struct switch_port {
	struct port port;
	struct switch_member *member;
};

static bool
switch_port_send(struct port *port, const struct frame *frame)
{
	return switch_forward(((struct switch_port *)port)->member, frame);
}

static bool
switch_port_out(void *ctx, const struct frame *frame)
{
	const struct switch_port *sp = ctx;

	return port_user_deliver(&sp->port.user, frame);
}

static void
switch_port_close(struct port *port)
{
	switch_leave(((struct switch_port *)port)->member);
	free(port);
}

static const struct port_ops switch_port_ops = {
	.send = switch_port_send,
	.close = switch_port_close,
};

struct port *
port_switch_open(const char *arg, struct keyvals *kv, const struct port_env *env)
{
	struct switch_port *sp;

	(void)kv;
	sp = calloc(1, sizeof(*sp));
	if (sp == NULL) {
		log_usage("no memory for a switch port");
		return NULL;
	}
	sp->port.ops = &switch_port_ops;
	sp->port.fd = -1;
	sp->member = switch_join(env->switches, arg, switch_port_out, sp);
	if (sp->member == NULL) {
		free(sp);
		return NULL;
	}
	return &sp->port;
}
