/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Peer port: a cable to another NIC of the same host.
 */

#include <stdlib.h>

#include "keyvals.h"
#include "log.h"
#include "port.h"

struct peer {
	struct port port;
	struct port *const *other;	/**< filled when that NIC has been set up */
};

static bool
peer_send(struct port *port, const struct frame *frame)
{
	const struct peer *peer = (const struct peer *)port;

	return *peer->other != NULL && port_user_deliver(&(*peer->other)->user, frame);
}

static void
peer_close(struct port *port)
{
	free(port);
}

static const struct port_ops peer_ops = {
	.send = peer_send,
	.close = peer_close,
};

struct port *
port_peer_open(const char *arg, struct keyvals *kv, const struct port_env *env)
{
	struct peer *peer;
	uint64_t number;

	if (parse_number(arg, &number) != 0 || number >= env->n_nics || number == env->nic) {
		log_usage("%s: port=peer:%s names no other NIC of this host", kv->option, arg);
		return NULL;
	}
	peer = calloc(1, sizeof(*peer));
	if (peer == NULL) {
		log_usage("no memory for a peer port");
		return NULL;
	}
	peer->port.ops = &peer_ops;
	peer->port.fd = -1;
	peer->other = &env->nic_ports[number];
	return &peer->port;
}
