/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * One channel, in the order in which things happen: open and close; a packet
 * is taken, checked and told apart; it is dispatched or kept for the Rx queue.
 * Sending is in hn_chan_send.c; who waits for something does so in hn_chan_wait.c.
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
#include "rndis.h"

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
	chan->rxbuf = rxbuf;
	chan->rxbuf_len = len;
	return 0;
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
 * As heir of the receive end: if its owner died as the owner of both ends it was
 * paying, and the first completion may have been sent. A host that gets one twice
 * may take it for an attack; one that lacks one has a little less memory until
 * the port connects anew.
 */
static void
chan_settle(struct hn_chan *chan)
{
	uint32_t turn = HN_LOCK_LOOK;

	if (!hn_lock_inherit(&chan->shared->tx_lock, &turn))
		return;
	if (chan->shared->owed_count != 0)
		chan_forget_owed(chan->shared, chan_owed_place(chan, 1));
	hn_chan_tx_unlock(chan);
}

void
hn_chan_rx_lock(struct hn_chan *chan)
{
	uint32_t turn = 0;

	/* Each turn asks the owner anew; its bursts end, or it has died. */
	while (!hn_lock_try(&chan->shared->rx_lock)) {
		if (hn_lock_inherit(&chan->shared->rx_lock, &turn)) {
			chan_settle(chan);
			break;
		}
		rte_atomic_store_explicit(&chan->shared->rx_wanted, 1, rte_memory_order_relaxed);
	}
	rte_atomic_store_explicit(&chan->shared->rx_wanted, 0, rte_memory_order_relaxed);
}

/* What does not fit the ring now is paid after a later burst. */
static void
chan_pay_owed(struct hn_chan *chan)
{
	if (chan->shared->owed_count == 0 || !hn_chan_tx_trylock(chan))
		return;
	/* Forward: each turn pays one. */
	while (chan->shared->owed_count != 0 &&
	       hn_chan_send_done(chan, &chan->shared->owed[chan->shared->owed_first]) == 0) {
		chan_forget_owed(chan->shared, chan_owed_place(chan, 1));
	}
	hn_chan_tx_unlock(chan);
}

static void chan_owe(void *ctx, uint64_t xactid, uint32_t status);

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
			hn_rxbuf_collect(chan->kept, chan_owe, chan);
		chan_pay_owed(chan);
	}
	chan->shared->unread = 0;
	hn_lock_release(&chan->shared->rx_lock);
}

void
hn_chan_recover(struct hn_chan *chan)
{
	uint32_t turn = HN_LOCK_LOOK;

	if (hn_lock_inherit(&chan->shared->rx_lock, &turn)) {
		chan_settle(chan);
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

/* Receiving: one packet is copied, checked, told apart. */

/* Least bytes of NVSP that make sense in each type of packet. */
static uint32_t
msg_min_nvsp(const struct hn_msg *msg)
{
	switch (msg->type) {
	case VMBUS_CHANPKT_TYPE_RXBUF:
		return sizeof(struct nvsp_rndis_pkt);
	case VMBUS_CHANPKT_TYPE_INBAND:
		return sizeof(struct nvsp_hdr);
	default:
		return 0;	/* completions may be empty */
	}
}

static int
msg_parse_ranges(struct hn_msg *msg, uint32_t hdr_len)
{
	const struct vmbus_chanpkt_rxbuf *rxbuf = (const void *)msg->raw;
	const struct nvsp_rndis_pkt *pkt = msg->nvsp;

	if (hdr_len < sizeof(*rxbuf) || rxbuf->rxbuf_id != NVSP_RECV_BUF_ID ||
	    pkt->type != NVSP_TYPE_RNDIS_PKT)
		return -EBADMSG;
	if (rxbuf->rxbuf_cnt == 0 || rxbuf->rxbuf_cnt > HN_RANGE_MAX ||
	    rxbuf->rxbuf_cnt > (hdr_len - sizeof(*rxbuf)) / sizeof(msg->range[0]))
		return -EBADMSG;
	msg->range = (const void *)(msg->raw + sizeof(*rxbuf));
	msg->range_count = rxbuf->rxbuf_cnt;
	return 0;
}

/* The bus has checked that 16 <= hlen * 8 <= tlen * 8 == raw_len. */
static int
msg_parse(struct hn_msg *msg)
{
	const struct vmbus_chanpkt_hdr *hdr = (const void *)msg->raw;
	uint32_t hdr_len = hdr->hlen * 8u;

	msg->type = hdr->type;
	msg->wants_completion = (hdr->flags & VMBUS_CHANPKT_FLAG_RC) != 0;
	msg->xactid = hdr->xactid;
	msg->nvsp_len = msg->raw_len - hdr_len;
	msg->nvsp = msg->nvsp_len != 0 ? msg->raw + hdr_len : NULL;
	msg->range = NULL;
	msg->range_count = 0;
	if (msg->nvsp_len < msg_min_nvsp(msg))
		return -EBADMSG;
	switch (msg->type) {
	case VMBUS_CHANPKT_TYPE_RXBUF:
		return msg_parse_ranges(msg, hdr_len);
	case VMBUS_CHANPKT_TYPE_INBAND:
	case VMBUS_CHANPKT_TYPE_COMP:
		return 0;
	default:
		return -EBADMSG;
	}
}

/*
 * Hosts mark control packets, but may send them with data marks too: what the
 * first range holds decides.
 */
static bool
chan_is_data(const struct hn_chan *chan, const struct hn_msg *msg)
{
	const struct nvsp_rndis_pkt *pkt = msg->nvsp;
	uint32_t type, offset = msg->range[0].ofs;

	if (pkt->channel_type == NVSP_CHANNEL_CONTROL)
		return false;
	if (offset > chan->rxbuf_len || chan->rxbuf_len - offset < sizeof(type))
		return true;	/* the Rx queue rejects it */
	memcpy(&type, chan->rxbuf + offset, sizeof(type));
	return type == RNDIS_PACKET;
}

/* Take one packet off the ring: 1, 0 if there is none, or the channel's failure. */
static int
chan_take(struct hn_chan *chan, struct hn_msg *msg)
{
	int ret;

	if (unlikely(hn_chan_has_failed(chan)))
		return -EPROTO;
	msg->raw_len = sizeof(msg->raw);
	ret = rte_vmbus_chan_recv_raw(chan->vmbus, msg->raw, &msg->raw_len);
	if (ret == -EAGAIN)
		return 0;
	/* Longer than any legal packet is as broken as the rest. */
	if (unlikely(ret < 0))
		return hn_chan_fail(chan, ret);
	chan->shared->unread += (uint32_t)ret;
	return 1;
}

static void
chan_owe(void *ctx, uint64_t xactid, uint32_t status)
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
	chan->shared->owed_count++;
}

void
hn_chan_rx_done(struct hn_chan *chan, const struct hn_msg *msg, uint32_t status)
{
	/* An answer to what was not asked for would be an error to the host. */
	if (likely(msg->wants_completion))
		chan_owe(chan, msg->xactid, status);
}

/* An answer belongs to the one request that waits, or came too late. */
static void
chan_answer(struct hn_chan *chan, const struct hn_msg *msg)
{
	struct hn_call *call = &chan->shared->call;
	uint32_t len;

	if (call->xactid != msg->xactid ||
	    rte_atomic_load_explicit(&call->done, rte_memory_order_relaxed)) {
		chan->shared->stats.stale_answers++;
		return;
	}
	len = RTE_MIN(msg->nvsp_len, call->answer_len);
	if (len != 0)
		memcpy(call->answer, msg->nvsp, len);
	call->answer_len = len;
	/* Release: the waiter, which acquires done, finds the answer. */
	rte_atomic_store_explicit(&call->done, 1, rte_memory_order_release);
}

static void
chan_completion(struct hn_chan *chan, const struct hn_msg *msg)
{
	const struct nvsp_rndis_pkt_complete *done = msg->nvsp;
	uint32_t status = NVSP_STATUS_NONE;

	if ((msg->xactid & HN_XACT_CALL) != 0) {
		chan_answer(chan, msg);
		return;
	}
	if (msg->nvsp_len >= sizeof(*done) && done->type == NVSP_TYPE_RNDIS_PKT_COMPLETE)
		status = done->status;
	chan->events->tx_done(chan->ctx, chan, msg->xactid, status);
}

/* Nonsense is skipped; if it holds receive memory, that goes back. */
static void
chan_reject(struct hn_chan *chan, const struct hn_msg *msg)
{
	chan->shared->stats.bad_packets++;
	if (msg->type != VMBUS_CHANPKT_TYPE_RXBUF || chan->shared->owed_max == 0)
		return;
	chan->shared->taken += msg->wants_completion;
	hn_chan_rx_done(chan, msg, NVSP_STATUS_FAIL);
}

/* Send up whatever is not receive data: true if it was receive data. */
static bool
chan_dispatch(struct hn_chan *chan, struct hn_msg *msg)
{
	if (unlikely(msg_parse(msg) < 0)) {
		chan_reject(chan, msg);
		return false;
	}
	switch (msg->type) {
	case VMBUS_CHANPKT_TYPE_COMP:
		chan_completion(chan, msg);
		return false;
	case VMBUS_CHANPKT_TYPE_INBAND:
		chan->events->notice(chan->ctx, chan, msg);
		return false;
	default:
		break;
	}
	if (unlikely(chan->shared->owed_max == 0)) {
		chan->shared->stats.bad_packets++;	/* before there is a receive buffer */
		return false;
	}
	if (likely(chan_is_data(chan, msg))) {
		chan->shared->taken += msg->wants_completion;
		return true;
	}
	/* Control is the primary's alone. */
	if (unlikely(chan->index != 0)) {
		chan_reject(chan, msg);
		return false;
	}
	chan->events->control(chan->ctx, chan, msg);
	chan->shared->taken += msg->wants_completion;
	hn_chan_rx_done(chan, msg, NVSP_STATUS_SUCCESS);
	return false;
}

/* Backlog: receive data met by others than the Rx queue. */

static void
backlog_drop(struct hn_chan *chan, const struct hn_msg *msg)
{
	chan->shared->stats.missed += msg->range_count;
	hn_chan_rx_done(chan, msg, NVSP_STATUS_SUCCESS);
}

static void
backlog_put(struct hn_chan *chan, const struct hn_msg *msg)
{
	struct hn_chan_shared *shared = chan->shared;

	if (!shared->has_reader || !hn_backlog_put(&shared->backlog, msg->raw, msg->raw_len))
		backlog_drop(chan, msg);
	else
		shared->waiting += msg->range_count;
}

static bool
backlog_get(struct hn_chan *chan, struct hn_msg *msg)
{
	if (likely(hn_backlog_is_empty(&chan->shared->backlog)))
		return false;
	msg->raw_len = hn_backlog_get(&chan->shared->backlog, msg->raw);
	(void)msg_parse(msg);	/* it passed before, and it is private */
	chan->shared->waiting -= msg->range_count;
	return true;
}

void
hn_chan_reader_start(struct hn_chan *chan)
{
	hn_chan_rx_lock(chan);
	chan->shared->has_reader = true;
	hn_chan_rx_unlock(chan);
}

void
hn_chan_reader_stop(struct hn_chan *chan)
{
	hn_chan_rx_lock(chan);
	chan->shared->has_reader = false;
	/* Each turn takes one out. */
	while (backlog_get(chan, chan->scratch))
		backlog_drop(chan, chan->scratch);
	hn_chan_rx_unlock(chan);
}

int
hn_chan_rx_next(struct hn_chan *chan, struct hn_msg *msg, uint32_t *budget)
{
	int ret;

	if (backlog_get(chan, msg))
		return 1;
	while (*budget != 0) {
		ret = chan_take(chan, msg);
		if (ret <= 0)
			return ret;
		(*budget)--;
		if (chan_dispatch(chan, msg))
			return 1;
	}
	return 0;
}

int
hn_chan_poll_stuck(struct hn_chan *chan, uint32_t budget, enum hn_chan_overflow overflow, bool *stuck)
{
	uint32_t taken = 0;
	int ret = 0;

	*stuck = false;
	if (hn_chan_has_failed(chan))
		return -EPROTO;
	if (!hn_chan_rx_trylock(chan))
		return 0;
	while (taken < budget) {
		if (overflow == HN_CHAN_LEAVE && chan->shared->has_reader &&
		    hn_backlog_is_full(&chan->shared->backlog)) {
			*stuck = taken == 0;
			break;
		}
		ret = chan_take(chan, chan->scratch);
		if (ret <= 0)
			break;
		taken++;
		if (chan_dispatch(chan, chan->scratch))
			backlog_put(chan, chan->scratch);
	}
	hn_chan_rx_unlock(chan);
	return ret < 0 ? ret : (int)taken;
}

int
hn_chan_poll(struct hn_chan *chan, uint32_t budget, enum hn_chan_overflow overflow)
{
	bool stuck;

	return hn_chan_poll_stuck(chan, budget, overflow, &stuck);
}

uint32_t
hn_chan_count(struct hn_chan *chan, uint32_t budget)
{
	(void)hn_chan_poll(chan, budget, HN_CHAN_LEAVE);
	return chan->shared->waiting;
}

bool
hn_chan_is_paid(struct hn_chan *chan)
{
	bool paid;

	hn_chan_rx_lock(chan);
	paid = hn_chan_has_failed(chan) || (chan->shared->owed_count == 0 && !chan_has_released(chan) &&
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
