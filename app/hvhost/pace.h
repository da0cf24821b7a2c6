/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * How many frames a source may send now to keep a rate.
 */

#ifndef HVHOST_PACE_H
#define HVHOST_PACE_H

#include <stdbool.h>
#include <stdint.h>

/** Frames per second that can be reckoned with. */
#define PACE_RATE_MAX 1000000000u
/** Frames that can come together. */
#define PACE_BULK_MAX 256u

struct pace {
	uint64_t rate;			/**< frames per second; 0: as many as fit */
	uint64_t bulk;			/**< a multiple of so many together, or none; 0 is as 1 */
	bool stopped;			/**< none at all */
	uint64_t start_ns;		/**< 0: not started */
	uint64_t given;
	uint64_t late;			/**< frames that nobody asked for while they were due */
};

/** Time between a guest that begins to listen and the first frame for it. */
struct pace_delay {
	uint64_t delay_ms;
	uint64_t listens_since_ns;	/**< 0: it does not */
};

/**
 * Whether the time is over. A program that opens several cards one after the
 * other does not look at the first while it opens the next: a delay lets it.
 */
bool pace_delay_is_over(struct pace_delay *delay, bool listens);

/** Frames allowed now, at most want. The first call starts the clock. */
unsigned int pace_allow(struct pace *pace, unsigned int want);

/** That many of the allowed were used. */
void pace_take(struct pace *pace, unsigned int frames);

/** From now on so many a second; 0: as many as fit. */
void pace_set_rate(struct pace *pace, uint64_t rate);

/** From now on none, until there is a rate. */
void pace_stop(struct pace *pace);

/** Nanoseconds of the clock that does not jump. */
uint64_t pace_now_ns(void);

#endif /* HVHOST_PACE_H */
