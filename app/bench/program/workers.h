/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * The lcores that poll: one for each queue number, which it serves on all
 * ports. They count, and they rest when asked to, for what must not be done
 * while somebody polls.
 */

#ifndef BENCH_WORKERS_H
#define BENCH_WORKERS_H

#include <stdbool.h>
#include <stdint.h>

/** What a worker does all day. */
enum workers_mode {
	WORKERS_RXONLY,			/**< receives and frees */
	WORKERS_TXONLY,			/**< sends the same frame */
	WORKERS_IO,			/**< sends to the port's neighbour what it receives */
	WORKERS_DONE,			/**< asks what it has sent to be freed */
	WORKERS_MODES
};

extern const char *const workers_mode_names[WORKERS_MODES];

struct workers_config {
	enum workers_mode mode;
	uint32_t count;			/**< as many as there are queues */
	uint32_t burst;
	uint32_t frame;			/**< bytes of a frame to send */
	uint32_t work;			/**< TSC cycles that a frame costs the program */
	bool verify;			/**< frames are numbered: each that is received is looked at */
	uint32_t clock;			/**< 1: tell what the drivers take, for a little of it */
};

struct workers_counts {
	uint64_t received;
	uint64_t sent;
	uint64_t unsent;		/**< the transmit queue had no place: freed */
	uint64_t polls;			/**< bursts asked for */
	uint64_t empty;			/**< of them: nothing came, or nothing went */
	uint64_t good;			/**< received, and as they should be */
	uint64_t bad;			/**< received otherwise: damaged, late or twice */
	/*
	 * With a clock: the bursts that did all they should, and the TSC cycles in the
	 * drivers meanwhile. Those that found nothing, or no place, waited for another.
	 */
	uint64_t busy;
	uint64_t busy_frames;
	uint64_t busy_cycles;
};

#define WORKERS_BURST_MAX 512

/** The mode of a name; WORKERS_MODES if there is none. */
enum workers_mode workers_mode_of(const char *name);

/**
 * From now on another mode and burst size; they rest meanwhile.
 *
 * @return
 *   false if one has not come out of its burst for timeout_ms.
 */
bool workers_change(enum workers_mode mode, uint32_t burst, uint32_t timeout_ms);

/** Start them on the worker lcores, of which there have to be enough. */
void workers_start(const struct workers_config *config);

/**
 * While they rest: so many bursts on the first port and queue in the calling
 * thread, one every period. A profiler looks at workers_burst() alone. With
 * WORKERS_DONE it does not see that a burst is sent before each.
 *
 * @return what these have counted.
 */
struct workers_counts workers_count(uint32_t bursts, uint32_t period_us);

/** How many there are, and bytes of the frames that they send. */
uint32_t workers_number(void);
uint32_t workers_frame(void);

/** One burst of queue 0. */
void workers_burst(void);

/**
 * While they rest: let each do something with its queue, all from the same moment.
 *
 * @param act
 *   Ends by itself.
 * @return
 *   false if one has not begun or come to the end for timeout_ms.
 */
bool workers_do(void (*act)(uint16_t queue), uint32_t timeout_ms);

/** What all have counted since the start. */
struct workers_counts workers_read(void);

/**
 * Let all of them rest, and wait for it.
 *
 * @return
 *   false if one has not come out of its burst for timeout_ms.
 */
bool workers_rest(uint32_t timeout_ms);
void workers_resume(void);

/** End them. The same return as workers_rest(). */
bool workers_stop(uint32_t timeout_ms);

#endif /* BENCH_WORKERS_H */
