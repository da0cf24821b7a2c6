/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * What comes through a channel, in the order in which it happens: a packet is
 * taken, checked and told apart; it is dispatched, or kept for the Rx queue.
 */

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <bus_vmbus_driver.h>
#include <rte_branch_prediction.h>
#include <rte_prefetch.h>

#include "hn_chan.h"
#include "hn_chan_private.h"
#include "nvsp.h"
#include "rndis.h"

/* Of a transfer-page packet: where in the receive buffer its first range is. */
#define FIRST_RANGE_OFFSET \
	(sizeof(struct vmbus_chanpkt_rxbuf) + offsetof(struct vmbus_rxbuf_range, ofs))

/* Receiving: one packet is copied, checked, told apart. */

/* Least bytes of NVSP that make sense in each type of packet. */
static inline uint32_t
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

static inline int
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
static __rte_always_inline int
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
static inline bool
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
static __rte_always_inline int
chan_take(struct hn_chan *chan, struct hn_msg *msg)
{
	int ret;

	if (unlikely(hn_chan_has_failed(chan)))
		return -EPROTO;
	msg->raw_len = HN_MSG_LEN_MAX;
	ret = rte_vmbus_chan_recv_raw(chan->vmbus, msg->raw, &msg->raw_len);
	if (ret == -EAGAIN)
		return 0;
	/* Longer than any legal packet is as broken as the rest. */
	if (unlikely(ret < 0))
		return hn_chan_fail(chan, ret);
	chan->shared->unread += (uint32_t)ret;
	return 1;
}

/* An answer belongs to the one request that waits, or came too late. */
static __rte_noinline void
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

static inline void
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
static __rte_noinline void
chan_reject(struct hn_chan *chan, const struct hn_msg *msg)
{
	chan->shared->stats.bad_packets++;
	if (msg->type != VMBUS_CHANPKT_TYPE_RXBUF || chan->shared->owed_max == 0)
		return;
	chan->shared->taken += msg->wants_completion;
	hn_chan_rx_done(chan, msg, NVSP_STATUS_FAIL);
}

/* RNDIS control messages, in receive memory as data is: it is completed at once. */
static __rte_noinline void
chan_control(struct hn_chan *chan, const struct hn_msg *msg)
{
	/* Control is the primary's alone. */
	if (chan->index != 0) {
		chan_reject(chan, msg);
		return;
	}
	chan->events->control(chan->ctx, chan, msg);
	chan->shared->taken += msg->wants_completion;
	hn_chan_rx_done(chan, msg, NVSP_STATUS_SUCCESS);
}

/* Send up whatever is not receive data: true if it was receive data. */
static __rte_always_inline bool
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
	chan_control(chan, msg);
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

static inline bool
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

/*
 * The first message of the packet behind this one will be needed soon. What the
 * hint says is the host's word, but nothing is read where it leads: a prefetch
 * cannot fault. It also tells whether a packet is known to be there.
 */
static inline void
chan_look_ahead(struct hn_chan *chan)
{
	uint32_t offset;

	chan->shared->more = rte_vmbus_chan_recv_hint(chan->vmbus, FIRST_RANGE_OFFSET, &offset);
	if (chan->shared->more)
		rte_prefetch0(chan->rxbuf + offset);
}

/* A completion is mostly followed by others. */
static inline void
chan_take_run(struct hn_chan *chan, uint32_t *budget)
{
	uint32_t taken = hn_chan_take_comps(chan, *budget);

	*budget -= taken;
	if (taken != 0)
		chan_look_ahead(chan);
}

int
hn_chan_rx_next(struct hn_chan *chan, struct hn_msg *msg, uint32_t *budget)
{
	int ret;

	if (backlog_get(chan, msg))
		return 1;
	while (*budget != 0) {
		ret = chan_take(chan, msg);
		if (ret <= 0) {
			chan->shared->more = false;
			return ret;
		}
		(*budget)--;
		chan_look_ahead(chan);
		if (chan_dispatch(chan, msg))
			return 1;
		if (msg->type == VMBUS_CHANPKT_TYPE_COMP)
			chan_take_run(chan, budget);
	}
	return 0;
}

int
hn_chan_poll_stuck(struct hn_chan *chan, uint32_t budget, enum hn_chan_overflow overflow,
		   bool *stuck)
{
	uint32_t taken = 0, comps;
	int ret = 0;

	*stuck = false;
	if (hn_chan_has_failed(chan))
		return -EPROTO;
	if (!hn_chan_rx_trylock(chan))
		return 0;
	while (taken < budget) {
		/* They are what is mostly looked for, and whatever is full takes them. */
		comps = hn_chan_take_comps(chan, budget - taken);
		taken += comps;
		if (comps != 0)
			continue;
		if (unlikely(overflow == HN_CHAN_LEAVE && chan->shared->has_reader &&
			     !hn_backlog_is_empty(&chan->shared->backlog) &&
			     hn_backlog_is_full(&chan->shared->backlog))) {
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
	/* What the Rx queue knew of may be in the backlog now. */
	chan->shared->more = false;
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
