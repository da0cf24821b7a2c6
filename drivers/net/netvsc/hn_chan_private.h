/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * What the files of a channel (hn_chan*.c) share beyond hn_chan.h.
 */

#ifndef _HN_CHAN_PRIVATE_H_
#define _HN_CHAN_PRIVATE_H_

#include "hn_chan.h"

/** hn_chan_poll(); *stuck: nothing could be taken without a loss. */
int hn_chan_poll_stuck(struct hn_chan *chan, uint32_t budget, enum hn_chan_overflow overflow,
		       bool *stuck);

/**
 * Whoever finds a ring broken says so once; from then on both are left alone.
 *
 * @return ret.
 */
int hn_chan_fail(struct hn_chan *chan, int ret);

/*
 * As owner of the receive end: one more completion is owed, for so many
 * ranges; those owed are sent, as far as the send end is free and the ring has
 * room; an heir of an owner who died settles what he may have been paying. ctx is the channel.
 */
void hn_chan_owe(void *ctx, uint64_t xactid, uint32_t status, uint32_t ranges);
void hn_chan_pay_owed(struct hn_chan *chan);
void hn_chan_settle(struct hn_chan *chan);

/**
 * As owner of the receive end: take transmit completions, as long as there is
 * nothing else in the ring before them.
 *
 * @return How many, at most max.
 */
uint32_t hn_chan_take_comps(struct hn_chan *chan, uint32_t max);

/** As owner of both ends: the host may have a packet's memory back. As hn_chan_send(). */
int hn_chan_send_done(struct hn_chan *chan, const struct hn_owed *owed);

/** As hn_chan_send(), any message with VMBUS_CHANPKT_FLAG_NONE or VMBUS_CHANPKT_FLAG_RC. */
int hn_chan_send_inband(struct hn_chan *chan, const void *nvsp, uint32_t len, uint64_t xactid,
			uint32_t flags);

#endif /* _HN_CHAN_PRIVATE_H_ */
