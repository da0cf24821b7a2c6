/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The completions that the host is owed for what it has sent: they are kept in
 * the order in which they fell due, and sent when the send end is free.
 */

#include <errno.h>

#include <rte_atomic.h>
#include <rte_branch_prediction.h>

#include "hn_chan.h"
#include "hn_chan_private.h"

/* The places go round. */
static uint32_t
chan_owed_place(const struct hn_chan *chan, uint32_t behind)
{
	uint32_t to_end = chan->shared->owed_max - chan->shared->owed_first;

	return behind < to_end ? chan->shared->owed_first + behind : behind - to_end;
}

/* The oldest completion owed has been sent. */
static void
chan_forget_owed(struct hn_chan_shared *shared, uint32_t first)
{
	shared->owed_first = first;
	shared->owed_count--;
	shared->paid++;
}

/*
 * As heir of the receive end: if its owner died while it was paying, the first
 * completion may have been sent. A host that gets one twice may take it for an
 * attack; one that lacks one has a little less memory until the port connects
 * anew. Who owned both ends need not have been paying: another of its threads
 * may have been sending frames.
 */
void
hn_chan_settle(struct hn_chan *chan)
{
	uint32_t turn = HN_LOCK_LOOK;

	if (chan->shared->paying && chan->shared->owed_count != 0)
		chan_forget_owed(chan->shared, chan_owed_place(chan, 1));
	chan->shared->paying = false;
	if (hn_lock_inherit(&chan->shared->tx_lock, &turn))
		hn_chan_tx_unlock(chan);
}

void
hn_chan_owe(void *ctx, uint64_t xactid, uint32_t status, uint32_t ranges)
{
	struct hn_chan *chan = ctx;
	struct hn_owed *owed;

	/* The host cannot have more packets outstanding than the buffer has pieces. */
	if (unlikely(chan->shared->owed_count == chan->shared->owed_max)) {
		hn_chan_fail(chan, -EPROTO);
		chan->shared->paid++;	/* it never will be */
		return;
	}
	owed = &chan->shared->owed[chan_owed_place(chan, chan->shared->owed_count)];
	owed->xactid = xactid;
	owed->status = status;
	chan->shared->owed_ranges += ranges;
	chan->shared->owed_count++;
}

void
hn_chan_rx_done(struct hn_chan *chan, const struct hn_msg *msg, uint32_t status)
{
	/* An answer to what was not asked for would be an error to the host. */
	if (likely(msg->wants_completion))
		hn_chan_owe(chan, msg->xactid, status, msg->range_count);
}

/* What does not fit the ring now is paid after a later burst. */
void
hn_chan_pay_owed(struct hn_chan *chan)
{
	if (chan->shared->owed_count == 0 || !hn_chan_tx_trylock(chan))
		return;
	chan->shared->paying = true;
	/* Who dies from here on has said so. */
	rte_compiler_barrier();
	/* Forward: each turn pays one. */
	while (chan->shared->owed_count != 0 &&
	       hn_chan_send_done(chan, &chan->shared->owed[chan->shared->owed_first]) == 0) {
		chan_forget_owed(chan->shared, chan_owed_place(chan, 1));
	}
	if (chan->shared->owed_count == 0)
		chan->shared->owed_ranges = 0;
	/* And until here, when the books know what has been sent. */
	rte_compiler_barrier();
	chan->shared->paying = false;
	hn_chan_tx_unlock(chan);
}
