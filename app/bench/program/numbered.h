/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Frames each of whose bytes follows from a number, as the host's generator
 * makes them and its sink knows them: what a driver does to one is seen. Another
 * reading than the host's of how they are made.
 *
 * Behind the 42 bytes of Ethernet, IPv4 and UDP a mark of 18 bytes says which
 * frame of which stream it is; all that follows is filled by the number.
 */

#ifndef BENCH_NUMBERED_H
#define BENCH_NUMBERED_H

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;

#define NUMBERED_LEN_MIN 60u

/** Call it before the others. */
void numbered_init(void);

/** Write all behind the headers of frame number seq of a stream; len: NUMBERED_LEN_MIN or more. */
void numbered_write(uint8_t *frame, uint32_t len, uint8_t stream, uint64_t seq);

/**
 * Look at each byte behind the headers.
 *
 * @param seq
 *   Gets the number.
 * @return
 *   false if the frame is not of that length, not one of these, or damaged.
 */
bool numbered_check(const struct rte_mbuf *m, uint32_t len, uint64_t *seq);

#endif /* BENCH_NUMBERED_H */
