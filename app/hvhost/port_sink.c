/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Sink port: swallows what the guest sends and checks the numbered frames
 * among it.
 */

#include <stdlib.h>

#include "keyvals.h"
#include "log.h"
#include "port.h"
#include "port_sink.h"

struct sink {
	struct port port;
	struct port_sink_books books;
};

static bool
sink_send(struct port *port, const struct frame *frame)
{
	port_sink_note(&((struct sink *)port)->books, frame);
	return true;
}

static void
sink_close(struct port *port)
{
	free(port);
}

static uint64_t
sink_verdict(const struct port *port, enum pattern_verdict verdict)
{
	return ((const struct sink *)port)->books.verdict[verdict];
}

static uint64_t
sink_intact(const struct port *port)
{
	return sink_verdict(port, PATTERN_NEW) + sink_verdict(port, PATTERN_REORDERED);
}

static uint64_t
sink_duplicated(const struct port *port)
{
	return sink_verdict(port, PATTERN_DUPLICATED);
}

static uint64_t
sink_reordered(const struct port *port)
{
	return sink_verdict(port, PATTERN_REORDERED);
}

static uint64_t
sink_corrupted(const struct port *port)
{
	return sink_verdict(port, PATTERN_CORRUPTED);
}

static uint64_t
sink_foreign(const struct port *port)
{
	return sink_verdict(port, PATTERN_FOREIGN);
}

static const struct port_counter sink_counters[] = {
	{ "sink_intact", sink_intact },
	{ "sink_duplicated", sink_duplicated },
	{ "sink_reordered", sink_reordered },
	{ "sink_corrupted", sink_corrupted },
	{ "sink_foreign", sink_foreign },
	{ NULL, NULL },
};

static const struct port_ops sink_ops = {
	.send = sink_send,
	.close = sink_close,
	.counters = sink_counters,
};

struct port *
port_sink_open(const char *arg, struct keyvals *kv, const struct port_env *env)
{
	struct sink *sink;
	bool verify = true;

	(void)arg;
	(void)env;
	if (keyvals_switch(kv, "verify", &verify) != 0)
		return NULL;
	sink = calloc(1, sizeof(*sink));
	if (sink == NULL) {
		log_usage("no memory for a sink port");
		return NULL;
	}
	sink->port.ops = &sink_ops;
	sink->port.fd = -1;
	sink->books.verify = verify;
	return &sink->port;
}
