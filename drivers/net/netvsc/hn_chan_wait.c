/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Control operations on a channel: they wait, with a deadline, until the host
 * has room or has answered, and whoever polls the channel meanwhile brings it.
 */

#include <errno.h>
#include <string.h>

#include <bus_vmbus_driver.h>
#include <rte_branch_prediction.h>
#include <rte_cycles.h>
#include <rte_pause.h>

#include "hn_chan.h"
#include "hn_chan_private.h"
#include "hn_clock.h"

/* Ring packets that a waiting control operation takes at a time. */
#define CHAN_WAIT_BUDGET 64
/* So long an Rx queue may leave the backlog full before a waiting operation drops data. */
#define CHAN_READER_GRACE_MS 10
/*
 * One turn of a wait is not counted as longer than this: a guest that was itself
 * suspended finds its clock far ahead, and the host as it left it.
 */
#define CHAN_TURN_MAX_MS 100u

/*
 * Look often at first, for the host mostly answers at once, then rarely, so
 * that a waiting guest does not take the processor from its host.
 */
static void
chan_pause(uint32_t turn)
{
	if (turn < 100)
		rte_pause();
	else
		rte_delay_us_sleep(turn < 1000 ? 20 : 1000);
}

/* Where a waiting control operation stands. */
struct chan_waiting {
	uint32_t turn;
	uint32_t left;		/* ms to the deadline */
	uint32_t stuck;		/* ms for which no Rx queue has made room */
	uint64_t clock;		/* ms: when the last turn began */
};

static void
chan_wait_begin(struct chan_waiting *waiting, uint32_t timeout_ms)
{
	*waiting = (struct chan_waiting){ .left = timeout_ms, .clock = hn_clock_ms() };
}

/* How much of the time since the last turn counts; ms. */
static uint32_t
chan_wait_passed(struct chan_waiting *waiting)
{
	uint64_t now = hn_clock_ms();
	uint64_t passed = RTE_MIN(now - waiting->clock, CHAN_TURN_MAX_MS);

	waiting->clock = now;
	return (uint32_t)RTE_MIN(passed, waiting->left);
}

/*
 * One turn of a wait: poll, look at the clock, pause. Receive data is dropped
 * only when it blocks the ring and no Rx queue has made room for a while; but
 * from then on to the end, for a ring may hold more than there is time to wait
 * for each part of it.
 *
 * 0; -ETIMEDOUT; -ENODEV; or the channel's failure.
 */
static int
chan_wait_turn(struct hn_chan *chan, struct chan_waiting *waiting)
{
	bool stuck, drops = waiting->stuck > CHAN_READER_GRACE_MS;
	uint32_t passed = chan_wait_passed(waiting);
	int taken = hn_chan_poll_stuck(chan, CHAN_WAIT_BUDGET, drops ? HN_CHAN_DROP : HN_CHAN_LEAVE,
				       &stuck);

	if (taken < 0)
		return taken;
	if (waiting->turn++ % 128 == 127 && rte_vmbus_dev_is_gone(chan->dev))
		return -ENODEV;
	waiting->left -= passed;
	/* Also when the host keeps the ring full of other things. */
	if (waiting->left == 0)
		return -ETIMEDOUT;
	if (!drops)
		waiting->stuck = stuck ? waiting->stuck + passed : 0;
	if (taken == 0)
		chan_pause(waiting->turn);
	return 0;
}

int
hn_chan_wait(struct hn_chan *chan, bool (*done)(const void *arg), const void *arg,
	     uint32_t timeout_ms)
{
	struct chan_waiting waiting;
	int ret = 0;

	chan_wait_begin(&waiting, timeout_ms);
	/* Each turn comes closer to the deadline; what the last one brought counts. */
	for (;;) {
		if (done(arg))
			return 0;
		if (ret < 0)
			return ret;
		ret = chan_wait_turn(chan, &waiting);
	}
}

int
hn_chan_retry(struct hn_chan *chan, int (*attempt)(void *arg), void *arg, uint32_t *timeout_ms)
{
	struct chan_waiting waiting;
	int ret, sent;

	chan_wait_begin(&waiting, *timeout_ms);
	/* Each turn comes closer to the deadline. The host may wait for us to read. */
	do {
		hn_chan_tx_lock(chan);
		sent = attempt(arg);
		hn_chan_tx_unlock(chan);
		ret = sent == -EAGAIN ? chan_wait_turn(chan, &waiting) : 0;
	} while (sent == -EAGAIN && ret == 0);
	*timeout_ms = waiting.left;
	return ret < 0 ? ret : sent;
}

/* What chan_try_message() works with. */
struct chan_message {
	struct hn_chan *chan;
	const void *nvsp;
	uint32_t len;
	uint64_t xactid;
	uint32_t flags;
};

static int
chan_try_message(void *arg)
{
	const struct chan_message *message = arg;

	return hn_chan_send_inband(message->chan, message->nvsp, message->len, message->xactid,
				   message->flags);
}

static bool
call_is_done(const void *arg)
{
	const struct hn_call *call = arg;

	/* Acquire: pairs with the release in chan_answer(). */
	return rte_atomic_load_explicit(&call->done, rte_memory_order_acquire) != 0;
}

/* The receive end may be with another thread: let it know, and let it finish. */
static void
chan_set_call(struct hn_chan *chan, uint64_t xactid, uint32_t answer_len)
{
	struct hn_call *call = &chan->shared->call;

	hn_chan_rx_lock(chan);
	call->xactid = xactid;
	call->answer_len = answer_len;
	rte_atomic_store_explicit(&call->done, 0, rte_memory_order_relaxed);
	hn_chan_rx_unlock(chan);
}

int
hn_chan_call(struct hn_chan *chan, const void *req, uint32_t req_len,
	     void *answer, uint32_t answer_len, uint32_t timeout_ms)
{
	struct hn_call *call = &chan->shared->call;
	struct chan_message message = {
		.chan = chan,
		.nvsp = req,
		.len = req_len,
		.xactid = HN_XACT_CALL | chan->shared->next_call++,
		.flags = VMBUS_CHANPKT_FLAG_RC,
	};
	uint32_t len;
	int ret;

	memset(answer, 0, answer_len);
	if (answer_len > sizeof(call->answer))
		return -EINVAL;
	chan_set_call(chan, message.xactid, answer_len);
	ret = hn_chan_retry(chan, chan_try_message, &message, &timeout_ms);
	if (ret == 0)
		ret = hn_chan_wait(chan, call_is_done, call, timeout_ms);
	len = call->answer_len;
	if (ret == 0)
		memcpy(answer, call->answer, len);
	chan_set_call(chan, 0, 0);
	return ret == 0 && len < answer_len ? -EBADMSG : ret;
}

int
hn_chan_notify(struct hn_chan *chan, const void *req, uint32_t req_len, uint32_t timeout_ms)
{
	struct chan_message message = {
		.chan = chan,
		.nvsp = req,
		.len = req_len,
		.xactid = 0,
		.flags = VMBUS_CHANPKT_FLAG_NONE,
	};

	return hn_chan_retry(chan, chan_try_message, &message, &timeout_ms);
}
