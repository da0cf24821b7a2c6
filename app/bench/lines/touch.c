/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_common.h>
#include <rte_lcore.h>

#include "touch.h"

/* Places of a thread: a power of two; three of four are used at most. */
#define PLACES (UINT64_C(1) << 19)
#define PLACES_USED (PLACES / 4 * 3)

struct thread {
	struct touched touched;
	struct touch *places;
};

static struct thread threads[TOUCH_THREADS];
static uint32_t threads_count;
static bool recording;
static __thread struct thread *self;

/* The table stays from one record to the next. */
static struct thread *
thread_begin(void)
{
	uint32_t number = __atomic_fetch_add(&threads_count, 1, __ATOMIC_RELAXED);
	struct thread *thread = &threads[number];

	if (number >= TOUCH_THREADS)
		abort();
	thread->places = mmap(NULL, PLACES * sizeof(struct touch), PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (thread->places == MAP_FAILED)
		abort();
	thread->touched.lcore = rte_lcore_id() == LCORE_ID_ANY ? -1 : (int)rte_lcore_id();
	return thread;
}

void
touch_clear(void)
{
	uint32_t i;

	for (i = 0; i < threads_count; i++) {
		madvise(threads[i].places, PLACES * sizeof(struct touch), MADV_DONTNEED);
		threads[i].touched.lines = 0;
		threads[i].touched.lost = 0;
	}
}

void
touch_start(void)
{
	__atomic_store_n(&recording, true, __ATOMIC_RELEASE);
}

void
touch_stop(void)
{
	__atomic_store_n(&recording, false, __ATOMIC_RELEASE);
}

/* The line's place, or the free one where it would be: one in four is free. */
static struct touch *
thread_place(const struct thread *thread, uintptr_t line)
{
	uint64_t i = (line / TOUCH_LINE * UINT64_C(0x9e3779b97f4a7c15)) >> 40;
	struct touch *place;

	do {
		place = &thread->places[i++ % PLACES];
	} while (place->line != line && place->line != 0);
	return place;
}

static void
touch_line(struct thread *thread, uintptr_t line, uint64_t bytes, bool writes, uintptr_t pc)
{
	struct touch *touch = thread_place(thread, line);

	if (touch->line == 0) {
		if (thread->touched.lines == PLACES_USED) {
			thread->touched.lost++;
			return;
		}
		thread->touched.lines++;
		touch->line = line;
	}
	if (writes) {
		touch->written |= bytes;
		touch->writer = touch->writer != 0 ? touch->writer : pc;
	} else {
		touch->read |= bytes;
		touch->reader = touch->reader != 0 ? touch->reader : pc;
	}
}

void
touch_note(uintptr_t address, size_t len, bool writes, uintptr_t pc)
{
	uintptr_t line, end = address + len;

	if (!__atomic_load_n(&recording, __ATOMIC_RELAXED))
		return;
	if (self == NULL)
		self = thread_begin();
	/* Each turn takes a line: from where we are to its end, or to the end of the access. */
	for (; address < end; address = line + TOUCH_LINE) {
		line = address & ~(uintptr_t)(TOUCH_LINE - 1);
		size_t n = RTE_MIN(end, line + TOUCH_LINE) - address;

		touch_line(self, line, (n == TOUCH_LINE ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1)
			   << (address - line), writes, pc);
	}
}

uint32_t
touch_threads(void)
{
	return __atomic_load_n(&threads_count, __ATOMIC_RELAXED);
}

const struct touched *
touch_thread(uint32_t thread)
{
	return &threads[thread].touched;
}

const struct touch *
touch_next(uint32_t thread, const struct touch *touch)
{
	const struct touch *places = threads[thread].places;

	for (touch = touch == NULL ? places : touch + 1; touch < places + PLACES; touch++)
		if (touch->line != 0)
			return touch;
	return NULL;
}

const struct touch *
touch_find(uint32_t thread, uintptr_t line)
{
	const struct touch *place = thread_place(&threads[thread], line);

	return place->line == line ? place : NULL;
}
