/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See loop.h.
 */

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "loop.h"
#include "pace.h"

#define LOOP_EVENTS 16
#define LOOP_LOOK_TURNS 4u		/* turns with work between two looks */
#define LOOP_CLOCK_TURNS 64u		/* of a busy host between two looks, */
#define LOOP_LOOK_NS 10000000u		/* and the time between them */
#define LOOP_QUIET_TURNS 16384u		/* unless there was no work for so many turns */
#define LOOP_SPIN_TURNS 128u		/* turns without work before the first sleep */
#define LOOP_SLEEP_MIN_NS 20000u
#define LOOP_SLEEP_STEP_NS 500u		/* longer by this each time */
#define LOOP_SLEEP_MAX_NS 300000u
#define LOOP_SLEEP_LONG_NS 100000000u
#define LOOP_TIMER_SLACK_NS 1000u

int
loop_init(struct loop *loop, bool busy)
{
	*loop = (struct loop){ .busy = busy };
	/* Without this the kernel adds 50 us to each sleep. */
	prctl(PR_SET_TIMERSLACK, LOOP_TIMER_SLACK_NS);
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	return loop->epoll < 0 ? -errno : 0;
}

void
loop_fini(struct loop *loop)
{
	close(loop->epoll);
}

int
loop_watch(struct loop *loop, int fd, uint32_t tag, bool edge)
{
	struct epoll_event event = { .events = EPOLLIN | (edge ? EPOLLET : 0), .data.u32 = tag };

	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

/* Kernels before 5.11 have no epoll_pwait2(): ppoll() can wait as exactly, for the epoll itself. */
static int
loop_wait_events(const struct loop *loop, struct epoll_event *events,
		 const struct timespec *timeout)
{
	struct pollfd pollfd = { .fd = loop->epoll, .events = POLLIN };
	static bool is_old_kernel;
	int n;

	if (!is_old_kernel) {
		n = epoll_pwait2(loop->epoll, events, LOOP_EVENTS, timeout, NULL);
		if (n >= 0 || errno != ENOSYS)
			return n;
		is_old_kernel = true;
	}
	ppoll(&pollfd, 1, timeout, NULL);
	return epoll_wait(loop->epoll, events, LOOP_EVENTS, 0);
}

static uint32_t
loop_look(struct loop *loop, uint64_t timeout_ns)
{
	struct timespec timeout = { .tv_nsec = (long)timeout_ns };
	struct epoll_event events[LOOP_EVENTS];
	uint32_t tags = 0;
	int n;

	loop->turns = 0;
	n = loop_wait_events(loop, events, &timeout);
	for (int i = 0; i < n; i++)
		tags |= events[i].data.u32;
	return tags;
}

static uint64_t
loop_sleep_ns(const struct loop *loop)
{
	uint64_t ns = LOOP_SLEEP_MIN_NS +
		      (uint64_t)(loop->idle - LOOP_SPIN_TURNS) * LOOP_SLEEP_STEP_NS;

	return ns < LOOP_SLEEP_MAX_NS ? ns : LOOP_SLEEP_MAX_NS;
}

/* A look is a system call, for which a frame would wait; so it comes seldom while there are any. */
static bool
loop_busy_looks(struct loop *loop)
{
	uint64_t now;

	if (++loop->turns < LOOP_CLOCK_TURNS)
		return false;
	loop->turns = 0;
	now = pace_now_ns();
	if (loop->idle < LOOP_QUIET_TURNS && now - loop->looked_ns < LOOP_LOOK_NS)
		return false;
	loop->looked_ns = now;
	return true;
}

uint32_t
loop_wait(struct loop *loop, bool worked, bool asleep)
{
	loop->idle = worked ? 0 : loop->idle + (loop->idle < UINT32_MAX);
	if (!worked && asleep)
		return loop_look(loop, LOOP_SLEEP_LONG_NS);
	if (!loop->busy && loop->idle > LOOP_SPIN_TURNS)
		return loop_look(loop, loop_sleep_ns(loop));
	if (loop->busy ? loop_busy_looks(loop) : ++loop->turns >= LOOP_LOOK_TURNS)
		return loop_look(loop, 0);
	return 0;
}
