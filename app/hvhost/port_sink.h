/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Counting and checking what arrives; shared by the sink and the generator.
 */

#ifndef HVHOST_PORT_SINK_H
#define HVHOST_PORT_SINK_H

#include "pattern.h"

struct port_sink_books {
	bool verify;
	uint64_t unverified;
	uint64_t verdict[PATTERN_VERDICTS];
};

static inline void
port_sink_note(struct port_sink_books *books, const struct frame *frame)
{
	if (books->verify)
		books->verdict[pattern_check(frame)]++;
	else
		books->unverified++;
}

#endif /* HVHOST_PORT_SINK_H */
