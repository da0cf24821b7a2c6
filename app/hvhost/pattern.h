/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Numbered frames: a generator makes them, a sink recognises them wherever in
 * the host they come out and knows which were lost, doubled, late or damaged.
 *
 * A frame is Ethernet, IPv4 and UDP, so that programs that forward by address
 * carry it as well; only the UDP payload is checked. It starts with magic,
 * stream, number and a checksum over those and the length; the rest follows
 * from the number. Flows differ in the address and port that they come from.
 */

#ifndef HVHOST_PATTERN_H
#define HVHOST_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

/** Ethernet, IPv4, UDP and the 18 bytes of ours. */
#define PATTERN_FRAME_MIN 60u
#define PATTERN_STREAMS 256u
/** Flows of a stream at most. */
#define PATTERN_FLOWS_MAX 4096u
/** A frame later than this many others is taken for a duplicate. */
#define PATTERN_WINDOW 65536u

/** Books of one stream; the numbers start at 0, and go round the flows in turn. */
struct pattern_stream {
	uint64_t sent;			/**< kept by the generator */
	uint64_t next;			/**< one more than the highest number seen */
	uint64_t unique;
	uint64_t duplicated;
	uint64_t reordered;		/**< later than another frame of its flow */
	uint32_t flows;			/**< 0 is as 1 */
	uint64_t flow_next[PATTERN_FLOWS_MAX];	/**< as next, of each flow */
	uint64_t seen[PATTERN_WINDOW / 64];
};

/** What a sink makes of a frame. */
enum pattern_verdict {
	PATTERN_NEW,
	PATTERN_REORDERED,
	PATTERN_DUPLICATED,
	PATTERN_CORRUPTED,
	PATTERN_FOREIGN,		/**< not one of ours */
	PATTERN_VERDICTS
};

/** The books of stream number id, which is below PATTERN_STREAMS. */
struct pattern_stream *pattern_stream(unsigned int id);

/** What every frame of a stream has in common. */
struct pattern_writer {
	uint8_t header[42];
	uint8_t stream;
	uint32_t flows;			/**< that the frames are of */
	bool header_only;		/**< leave the bytes after the first 60 as they are */
	uint32_t ip_sum;
};

/** One flow. */
void pattern_writer_init(struct pattern_writer *writer, unsigned int stream,
			 const uint8_t to[ETHER_ADDR_LEN]);

/** Write frames of so many flows from now on, 1 to PATTERN_FLOWS_MAX. */
void pattern_set_flows(struct pattern_writer *writer, uint32_t flows);

/** Write frame number seq; len is PATTERN_FRAME_MIN to FRAME_MAX. */
void pattern_write(const struct pattern_writer *writer, uint8_t *frame, size_t len,
		   uint64_t seq);

/** Look at a frame and note it in the books of its stream. */
enum pattern_verdict pattern_check(const struct frame *frame);

/** Scatter a number over 32 bits, for sizes that look random and are not. */
uint32_t pattern_hash(uint64_t number);

#endif /* HVHOST_PATTERN_H */
