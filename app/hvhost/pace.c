/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See pace.h.
 */

#include <time.h>

#include "pace.h"

/* What was not used for this long is not made up for: no bursts after a pause. */
#define PACE_MEMORY_NS 2000000u
#define NS_PER_S 1000000000u

uint64_t
pace_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static uint64_t
pace_due(const struct pace *pace, uint64_t elapsed_ns)
{
	return elapsed_ns / NS_PER_S * pace->rate + elapsed_ns % NS_PER_S * pace->rate / NS_PER_S;
}

unsigned int
pace_allow(struct pace *pace, unsigned int want)
{
	uint64_t now, due, memory;

	if (pace->stopped)
		return 0;
	if (pace->rate == 0)
		return want;
	now = pace_now_ns();
	if (pace->start_ns == 0)
		pace->start_ns = now;
	due = pace_due(pace, now - pace->start_ns);
	memory = pace_due(pace, PACE_MEMORY_NS) + 1 + pace->bulk;
	if (due - pace->given > memory) {
		pace->late += due - memory - pace->given;
		pace->given = due - memory;
	}
	due -= pace->given;
	if (pace->bulk > 1)
		due -= due % pace->bulk;
	return due < want ? (unsigned int)due : want;
}

void
pace_take(struct pace *pace, unsigned int frames)
{
	pace->given += frames;
}

void
pace_set_rate(struct pace *pace, uint64_t rate)
{
	pace->rate = rate;
	pace->stopped = false;
	pace->start_ns = 0;
	pace->given = 0;
}

void
pace_stop(struct pace *pace)
{
	pace->stopped = true;
}

bool
pace_delay_is_over(struct pace_delay *delay, bool listens)
{
	if (!listens) {
		delay->listens_since_ns = 0;
		return false;
	}
	if (delay->delay_ms == 0)
		return true;
	if (delay->listens_since_ns == 0)
		delay->listens_since_ns = pace_now_ns();
	return pace_now_ns() - delay->listens_since_ns >= delay->delay_ms * 1000000;
}
