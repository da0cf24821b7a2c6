/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Blocks of a pcapng file (IETF draft-ietf-opsawg-pcapng), written one after
 * the other in this machine's byte order. Errors stay with the FILE: see
 * ferror().
 */

#ifndef HVHOST_PCAPNG_H
#define HVHOST_PCAPNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "frame.h"

/** The first block: a section, and who has written it. */
void pcapng_write_section(FILE *out, const char *program);

/** The next Ethernet interface, from 0 on; its times are nanoseconds. */
void pcapng_write_interface(FILE *out, const char *name, const char *description,
			    uint32_t snap_len);

struct pcapng_packet {
	uint32_t interface;
	uint64_t time_ns;		/**< since 1970 */
	bool is_outbound;		/**< else inbound */
	const struct frame *frame;
	uint32_t snap_len;		/**< more of the frame is not written */
	const char *comment;
};

void pcapng_write_packet(FILE *out, const struct pcapng_packet *packet);

#endif /* HVHOST_PCAPNG_H */
