/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * One channel: it is opened and closed, its ends have owners, its Rx queue goes to
 * sleep. What comes through it is in hn_chan_recv.c, what is sent in hn_chan_send.c
 * and hn_chan_owed.c; who waits for something does so in hn_chan_wait.c.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bus_vmbus_driver.h>
#include <rte_branch_prediction.h>
#include <rte_malloc.h>

#include "hn_alloc.h"
#include "hn_chan.h"
#include "hn_chan_private.h"
#include "hn_log.h"
#include "hn_rxbuf.h"
#include "nvsp.h"

/* Completions that are sent together while more packets come, */
#define OWED_BATCH 16u
/* unless they keep this part of the host's memory for the channel, or more. */
#define OWED_PART 16u
/* Ring bytes that are given back together. */
#define UNREAD_BATCH 4096u

void
hn_chan_init(struct hn_chan *chan, struct hn_chan_shared *shared)
{
	memset(chan, 0, sizeof(*chan));
	chan->shared = shared;
	hn_chan_abandon(chan);
}

/* What a former life has left in the books; the locks may be somebody's just now. */
static void
chan_clear(struct hn_chan_shared *shared)
{
	shared->unread = 0;
	shared->more = false;
	shared->paying = false;
	shared->has_reader = false;
	shared->call.xactid = 0;
	shared->waiting = 0;
	shared->taken = 0;
	shared->paid = 0;
}

/* What both kinds of channels need besides the bus's channel. */
static int
chan_alloc(struct hn_chan *chan)
{
	chan_clear(chan->shared);
	chan->scratch = hn_alloc_lines(sizeof(*chan->scratch));
	hn_backlog_init(&chan->shared->backlog,
			rte_zmalloc("netvsc_backlog", HN_BACKLOG_LEN, RTE_CACHE_LINE_SIZE),
			HN_BACKLOG_LEN, HN_MSG_LEN_MAX);
	return chan->scratch != NULL && chan->shared->backlog.mem != NULL ? 0 : -ENOMEM;
}

/* Release: who sees that the channel has not failed finds it complete. */
static void
chan_revive(struct hn_chan *chan)
{
	rte_atomic_store_explicit(&chan->failed, 0, rte_memory_order_release);
}

int
hn_chan_open(struct hn_chan *chan, struct rte_vmbus_device *dev, uint16_t port_id,
	     const struct hn_chan_events *events, void *ctx)
{
	int ret;

	chan->index = 0;
	chan->dev = dev;
	chan->port_id = port_id;
	chan->events = events;
	chan->ctx = ctx;
	chan->rxbuf = NULL;
	chan->rxbuf_len = 0;
	chan->shared->nvsp_len = NVSP_LEN_61;
	ret = chan_alloc(chan);
	if (ret == 0)
		ret = rte_vmbus_chan_open(dev, &chan->vmbus);
	if (ret < 0) {
		chan->vmbus = NULL;
		hn_chan_close(chan);
		return ret;
	}
	chan_revive(chan);
	return 0;
}

int
hn_chan_open_sub(struct hn_chan *chan, const struct hn_chan *primary,
		 struct vmbus_channel *vmbus)
{
	int ret;

	chan->index = rte_vmbus_sub_channel_index(vmbus);
	chan->dev = primary->dev;
	chan->port_id = primary->port_id;
	chan->events = primary->events;
	chan->ctx = primary->ctx;
	chan->shared->nvsp_len = primary->shared->nvsp_len;
	ret = chan_alloc(chan);
	if (ret == 0)
		ret = hn_chan_set_rxbuf(chan, primary->rxbuf, primary->rxbuf_len,
					primary->shared->owed_max);
	if (ret < 0) {
		hn_chan_close(chan);
		return ret;
	}
	chan->vmbus = vmbus;
	chan_revive(chan);
	/* Lost in this moment: whoever has said so has said it too early for this one. */
	if (hn_chan_has_failed(primary))
		hn_chan_abandon(chan);
	return 0;
}

int
hn_chan_attach(struct hn_chan *chan, struct rte_vmbus_device *dev, uint16_t index,
	       const void *rxbuf, uint32_t rxbuf_len)
{
	int ret;

	chan->index = index;
	chan->dev = dev;
	chan->rxbuf = rxbuf;
	chan->rxbuf_len = rxbuf_len;
	chan->scratch = hn_alloc_lines(sizeof(*chan->scratch));
	if (chan->scratch == NULL)
		return -ENOMEM;
	ret = rte_vmbus_chan_attach(dev, index, &chan->vmbus);
	if (ret < 0) {
		chan->vmbus = NULL;
		free(chan->scratch);
		chan->scratch = NULL;
		return ret;
	}
	chan_revive(chan);
	return 0;
}

void
hn_chan_detach(struct hn_chan *chan)
{
	hn_chan_abandon(chan);
	/* Who is inside comes out again, and then sees it. */
	hn_lock_take(&chan->shared->rx_lock);
	hn_lock_release(&chan->shared->rx_lock);
	hn_lock_take(&chan->shared->tx_lock);
	hn_lock_release(&chan->shared->tx_lock);
	rte_vmbus_chan_close(chan->vmbus);
	free(chan->scratch);
	chan->vmbus = NULL;
	chan->scratch = NULL;
}

void
hn_chan_close(struct hn_chan *chan)
{
	struct hn_chan_shared *shared = chan->shared;

	hn_chan_abandon(chan);
	rte_vmbus_chan_close(chan->vmbus);
	hn_rxbuf_end(chan->kept);
	rte_free(shared->owed);
	rte_free(shared->backlog.mem);
	free(chan->scratch);
	chan->vmbus = NULL;
	chan->kept = NULL;
	chan->scratch = NULL;
	shared->owed = NULL;
	shared->owed_max = 0;
	shared->owed_count = 0;
	hn_backlog_init(&shared->backlog, NULL, 0, 0);
}

int
hn_chan_set_rxbuf(struct hn_chan *chan, const void *rxbuf, uint32_t len, uint32_t pieces)
{
	struct hn_chan_shared *shared = chan->shared;
	struct hn_owed *owed = rte_zmalloc("netvsc_owed", pieces * sizeof(*owed),
					   RTE_CACHE_LINE_SIZE);

	if (owed == NULL)
		return -ENOMEM;
	rte_free(shared->owed);
	shared->owed = owed;
	shared->owed_first = 0;
	shared->owed_count = 0;
	shared->owed_max = pieces;
	shared->owed_ranges = 0;
	shared->owed_share = pieces / OWED_PART;
	chan->rxbuf = rxbuf;
	chan->rxbuf_len = len;
	return 0;
}

void
hn_chan_set_share(struct hn_chan *chan, uint32_t channels)
{
	hn_chan_rx_lock(chan);
	chan->shared->owed_share = chan->shared->owed_max / channels / OWED_PART;
	hn_chan_rx_unlock(chan);
}

void
hn_chan_abandon(struct hn_chan *chan)
{
	rte_atomic_store_explicit(&chan->failed, 1, rte_memory_order_release);
}

int
hn_chan_fail(struct hn_chan *chan, int ret)
{
	if (rte_atomic_exchange_explicit(&chan->failed, 1, rte_memory_order_acq_rel) == 0)
		chan->events->failed(chan->ctx, chan, ret);
	return ret;
}

/* Ownership */

/*
 * Whoever only tries comes back soon, mostly at once: it makes way for whoever
 * waits, once for each time that it was asked to. A relaxed look is enough: what
 * is not seen now is seen at the next burst.
 */
bool
hn_chan_rx_trylock(struct hn_chan *chan)
{
	struct hn_chan_shared *shared = chan->shared;

	if (unlikely(rte_atomic_load_explicit(&shared->rx_wanted, rte_memory_order_relaxed) != 0)) {
		rte_atomic_store_explicit(&shared->rx_wanted, 0, rte_memory_order_relaxed);
		return false;
	}
	if (!hn_lock_try(&chan->shared->rx_lock))
		return false;
	/* What is left of a ring that has failed, or was closed, is in no use. */
	if (likely(!hn_chan_has_failed(chan)))
		return true;
	hn_lock_release(&chan->shared->rx_lock);
	return false;
}

void
hn_chan_rx_lock(struct hn_chan *chan)
{
	uint32_t turn = 0;

	/* Each turn asks the owner anew; its bursts end, or it has died. */
	while (!hn_lock_try(&chan->shared->rx_lock)) {
		if (hn_lock_inherit(&chan->shared->rx_lock, &turn)) {
			hn_chan_settle(chan);
			break;
		}
		rte_atomic_store_explicit(&chan->shared->rx_wanted, 1, rte_memory_order_relaxed);
	}
	rte_atomic_store_explicit(&chan->shared->rx_wanted, 0, rte_memory_order_relaxed);
}

/* Packets whose last mbuf was freed meanwhile. */
static bool
chan_has_released(const struct hn_chan *chan)
{
	return chan->kept != NULL && hn_rxbuf_has_released(chan->kept);
}

void
hn_chan_rx_unlock(struct hn_chan *chan)
{
	if (likely(!hn_chan_has_failed(chan))) {
		if (chan->shared->unread != 0)
			rte_vmbus_chan_signal_read(chan->vmbus, chan->shared->unread);
		if (unlikely(chan_has_released(chan)))
			hn_rxbuf_collect(chan->kept, hn_chan_owe, chan);
		hn_chan_pay_owed(chan);
	}
	chan->shared->unread = 0;
	hn_lock_release(&chan->shared->rx_lock);
}

void
hn_chan_rx_leave(struct hn_chan *chan)
{
	struct hn_chan_shared *shared = chan->shared;

	/* What is free again may be led into by the next frames, and is owed. */
	if (unlikely(chan_has_released(chan)))
		hn_rxbuf_collect(chan->kept, hn_chan_owe, chan);
	if (shared->more && shared->owed_count < OWED_BATCH &&
	    shared->owed_ranges < shared->owed_share && shared->unread < UNREAD_BATCH)
		hn_lock_release(&shared->rx_lock);
	else
		hn_chan_rx_unlock(chan);
}

void
hn_chan_recover(struct hn_chan *chan)
{
	uint32_t turn = HN_LOCK_LOOK;

	if (hn_lock_inherit(&chan->shared->rx_lock, &turn)) {
		hn_chan_settle(chan);
		hn_chan_rx_unlock(chan);
	}
	turn = HN_LOCK_LOOK;
	if (hn_lock_inherit(&chan->shared->tx_lock, &turn))
		hn_chan_tx_unlock(chan);
}

void
hn_chan_tend(struct hn_chan *chan)
{
	/* Stopping to be the owner pays. */
	if ((chan_has_released(chan) || chan->shared->owed_count != 0) && hn_chan_rx_trylock(chan))
		hn_chan_rx_unlock(chan);
}

bool
hn_chan_tx_trylock(struct hn_chan *chan)
{
	return hn_lock_try(&chan->shared->tx_lock);
}

void
hn_chan_tx_lock(struct hn_chan *chan)
{
	hn_lock_take(&chan->shared->tx_lock);
}

void
hn_chan_tx_unlock(struct hn_chan *chan)
{
	if (likely(!hn_chan_has_failed(chan)))
		rte_vmbus_chan_signal_tx(chan->vmbus);
	hn_lock_release(&chan->shared->tx_lock);
}

bool
hn_chan_is_paid(struct hn_chan *chan)
{
	bool paid;

	hn_chan_rx_lock(chan);
	paid = hn_chan_has_failed(chan) ||
	       (chan->shared->owed_count == 0 && !chan_has_released(chan) &&
		rte_vmbus_chan_tx_empty(chan->vmbus));
	hn_chan_rx_unlock(chan);
	return paid;
}

/* Sleeping */

/* A host that waits for its memory may have nothing left to send with. */
static bool
chan_is_idle(const struct hn_chan *chan)
{
	return hn_backlog_is_empty(&chan->shared->backlog) && chan->shared->owed_count == 0 &&
	       !chan_has_released(chan) &&
	       rte_vmbus_chan_rx_empty(chan->vmbus);
}

bool
hn_chan_arm(struct hn_chan *chan)
{
	if (hn_chan_has_failed(chan))
		return false;
	rte_vmbus_chan_irq_unmask(chan->vmbus);
	/* What came before that interrupts nobody. */
	if (chan_is_idle(chan))
		return true;
	hn_chan_disarm(chan);
	return false;
}

volatile void *
hn_chan_watch(struct hn_chan *chan, uint32_t *idle)
{
	if (hn_chan_has_failed(chan) || !chan_is_idle(chan))
		return NULL;
	return rte_vmbus_chan_watch(chan->vmbus, idle);
}

void
hn_chan_disarm(struct hn_chan *chan)
{
	if (!hn_chan_has_failed(chan))
		rte_vmbus_chan_irq_mask(chan->vmbus);
}
