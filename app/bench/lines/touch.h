/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * Which cache lines each thread reads and writes, and where in the program.
 *
 * Code that the compiler has instrumented (-fsanitize=thread) tells of each
 * access; calls.c stands in for the compiler's own library. What is recorded
 * here is not in what order threads come to a line but that they do.
 */

#ifndef LINES_TOUCH_H
#define LINES_TOUCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOUCH_LINE 64u
#define TOUCH_THREADS 64u

/** What one thread has done with a line. */
struct touch {
	uintptr_t line;			/**< its address; 0: this place is free */
	uint64_t read, written;		/**< a bit for each byte */
	uintptr_t reader, writer;	/**< where in the program that was first */
};

/** All that one thread has touched. */
struct touched {
	int lcore;			/**< -1: none */
	uint64_t lines;
	uint64_t lost;			/**< accesses that found no place */
};

/** Forget all; while nothing is recorded. */
void touch_clear(void);
void touch_start(void);
void touch_stop(void);

/** An access; pc: behind the instruction. */
void touch_note(uintptr_t address, size_t len, bool writes, uintptr_t pc);

/** The threads that have been seen: their number, and each. */
uint32_t touch_threads(void);
const struct touched *touch_thread(uint32_t thread);

/** A thread's touches, one after the other: NULL to begin with, NULL at the end. */
const struct touch *touch_next(uint32_t thread, const struct touch *touch);

/** What a thread has done with a line; NULL: nothing. */
const struct touch *touch_find(uint32_t thread, uintptr_t line);

#endif /* LINES_TOUCH_H */
