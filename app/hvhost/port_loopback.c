/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Loopback port: the guest receives what it sends.
 */

#include <stdlib.h>

#include "log.h"
#include "port.h"

static bool
loopback_send(struct port *port, const struct frame *frame)
{
	return port_user_deliver(&port->user, frame);
}

static void
loopback_close(struct port *port)
{
	free(port);
}

static const struct port_ops loopback_ops = {
	.send = loopback_send,
	.close = loopback_close,
};

struct port *
port_loopback_open(const char *arg, struct keyvals *kv, const struct port_env *env)
{
	struct port *port;

	(void)arg;
	(void)kv;
	(void)env;
	port = calloc(1, sizeof(*port));
	if (port == NULL) {
		log_usage("no memory for a loopback port");
		return NULL;
	}
	port->ops = &loopback_ops;
	port->fd = -1;
	return port;
}
