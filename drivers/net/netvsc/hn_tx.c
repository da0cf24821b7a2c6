/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * A burst: free what has been completed, then each frame goes by copy or
 * directly, then one publish. The parts stand in that order.
 */

#include <rte_branch_prediction.h>
#include <rte_ether.h>
#include <rte_memcpy.h>

#include "hn_pkt_tx.h"
#include "hn_proc.h"
#include "hn_tx.h"
#include "nvsp.h"

/* Ring packets taken when looking for completions. */
#define TX_POLL_BUDGET 64u
/* mbufs freed at a time. */
#define TX_FREE_BULK 32u
/* A directly sent packet: its header and the pages of its data. */
#define TX_GPA_MAX VMBUS_GPA_MAX
#define TX_MACS_LEN (2u * RTE_ETHER_ADDR_LEN)

static_assert(HN_PKT_HDR_MAX + TX_MACS_LEN <= HN_TX_SLOT_LEN, "a slot holds any header");
static_assert(VMBUS_PAGE_SIZE % HN_TX_SLOT_LEN == 0, "no slot crosses a page");

static struct hn_chan *
tx_chan(const struct hn_txq *txq, struct hn_proc *proc)
{
	return &proc->channels.chan[txq->chan_index];
}

/* mbufs to be given back to their pools together. */
struct tx_free {
	struct rte_mbuf *mbuf[TX_FREE_BULK];
	uint32_t count;
};

static void
free_flush(struct tx_free *batch)
{
	rte_pktmbuf_free_bulk(batch->mbuf, batch->count);
	batch->count = 0;
}

static void
free_add(struct tx_free *batch, struct rte_mbuf *m)
{
	if (batch->count == TX_FREE_BULK)
		free_flush(batch);
	batch->mbuf[batch->count++] = m;
}

/* Completions */

void
hn_tx_put_done(struct hn_txq *txq, uint32_t id, uint32_t status)
{
	struct hn_tx_done_ring *done = &txq->done;
	uint32_t head = rte_atomic_load_explicit(&done->head, rte_memory_order_relaxed);
	/* Acquire: the consumer is done with the places it gave free. */
	uint32_t tail = rte_atomic_load_explicit(&done->tail, rte_memory_order_acquire);
	struct hn_tx_done *entry = &done->entry[head & done->mask];

	/* There are as many places as descriptors: what is beyond them is no answer. */
	if (unlikely(head - tail > done->mask)) {
		done->lost++;
		return;
	}
	entry->id = id;
	entry->status = status;
	/* Release: the consumer, which acquires head, finds the entry. */
	rte_atomic_store_explicit(&done->head, head + 1, rte_memory_order_release);
}

static void
tx_complete(struct hn_txq *txq, const struct hn_tx_done *done, struct tx_free *batch)
{
	struct hn_txdesc *desc = hn_txbuf_find(&txq->buf, done->id);

	/* The section being filled is in use, but the host does not have it. */
	if (unlikely(desc == NULL || desc == txq->agg.desc)) {
		txq->stats.stray++;
		return;
	}
	if (unlikely(done->status != NVSP_STATUS_SUCCESS))
		txq->stats.errors += desc->packets;
	if (desc->mbuf != NULL)
		free_add(batch, desc->mbuf);
	hn_txbuf_put(&txq->buf, desc);
}

/* Take at most max completions. */
static void
tx_consume_done(struct hn_txq *txq, uint32_t max)
{
	struct hn_tx_done_ring *ring = &txq->done;
	uint32_t tail = rte_atomic_load_explicit(&ring->tail, rte_memory_order_relaxed);
	/* Acquire: pairs with the release in hn_tx_put_done(). */
	uint32_t head = rte_atomic_load_explicit(&ring->head, rte_memory_order_acquire);
	struct tx_free batch = { .count = 0 };

	if (tail == head)
		return;
	if (head - tail > max)
		head = tail + max;
	/* Forward to the head that was read once. */
	for (; tail != head; tail++)
		tx_complete(txq, &ring->entry[tail & ring->mask], &batch);
	/* Release: we are done with the places. */
	rte_atomic_store_explicit(&ring->tail, tail, rte_memory_order_release);
	free_flush(&batch);
}

/* Receive data is dropped only where nothing could be sent otherwise. */
uint16_t
hn_tx_reclaim(struct hn_txq *txq)
{
	enum hn_chan_overflow overflow = txq->buf.free_desc_count == 0 ? HN_CHAN_DROP :
									 HN_CHAN_LEAVE;

	(void)hn_chan_poll(hn_proc_chan(txq->port_id, txq->chan_index), TX_POLL_BUDGET, overflow);
	tx_consume_done(txq, UINT32_MAX);
	return txq->buf.desc_count - txq->buf.free_desc_count;
}

uint16_t
hn_tx_free_done(struct hn_txq *txq, uint32_t max)
{
	uint16_t before = txq->buf.free_desc_count;

	tx_consume_done(txq, max);
	if ((uint16_t)(txq->buf.free_desc_count - before) < max) {
		(void)hn_chan_poll(hn_proc_chan(txq->port_id, txq->chan_index), TX_POLL_BUDGET,
				   HN_CHAN_LEAVE);
		tx_consume_done(txq, max - (uint16_t)(txq->buf.free_desc_count - before));
	}
	return txq->buf.free_desc_count - before;
}

static bool
tx_is_short(const struct hn_txq *txq)
{
	uint32_t few_sections = RTE_MIN(txq->free_thresh, txq->buf.section_count / 2);

	return txq->buf.free_desc_count < txq->free_thresh ||
	       txq->buf.free_section_count < few_sections;
}

/*
 * Where the queue is received from as well, that has brought the completions
 * already. To poll the ring from here takes receive data off it, which has
 * little room to wait, so that comes last.
 */
static void
tx_make_room(struct hn_txq *txq)
{
	tx_consume_done(txq, UINT32_MAX);
	if (tx_is_short(txq))
		hn_tx_reclaim(txq);
}

/* A frame on its way */

struct tx_frame {
	struct rte_mbuf *mbuf;
	struct hn_pkt_tx pkt;
	bool inline_tag;	/* the tag is in the data and has to be left out */
};

/*
 * Hosts take the tag beside the frame only. It may be in the mbuf's field, or
 * in the data, where it is skipped: an mbuf is never rewritten, it may be shared.
 */
static int
frame_init(struct tx_frame *frame, struct rte_mbuf *m)
{
	struct {
		uint8_t macs[TX_MACS_LEN];
		rte_be16_t type;
		rte_be16_t tci;
	} start;
	const void *head;

	frame->mbuf = m;
	frame->pkt.data_len = m->pkt_len;
	frame->pkt.has_vlan = false;
	frame->inline_tag = false;
	if (unlikely(m->pkt_len < RTE_ETHER_HDR_LEN))
		return -EINVAL;
	if ((m->ol_flags & RTE_MBUF_F_TX_VLAN) != 0) {
		frame->pkt.has_vlan = true;
		frame->pkt.vlan_tci = m->vlan_tci;
		return 0;
	}
	if (m->pkt_len < sizeof(start) + sizeof(rte_be16_t))
		return 0;
	head = rte_pktmbuf_read(m, 0, sizeof(start), &start);
	if (unlikely(head == NULL))
		return -EINVAL;		/* the chain is shorter than it says */
	memcpy(&start, head, sizeof(start));
	if (likely(start.type != RTE_BE16(RTE_ETHER_TYPE_VLAN)))
		return 0;
	frame->pkt.has_vlan = true;
	frame->pkt.vlan_tci = rte_be_to_cpu_16(start.tci);
	frame->pkt.data_len -= RTE_VLAN_HLEN;
	frame->inline_tag = true;
	return 0;
}

/* By what the host knows the descriptor. */
static uint64_t
tx_xactid(const struct hn_txq *txq, const struct hn_txdesc *desc)
{
	return (uint64_t)txq->queue_id << HN_TX_XACT_QUEUE_SHIFT | hn_txbuf_id(&txq->buf, desc);
}

/* By copy: into the section being filled, or a new one. */

/* Copy len bytes of the chain from an offset on; what a short chain lacks is zero. */
static void
tx_copy(uint8_t *to, const struct rte_mbuf *m, uint32_t offset, uint32_t len)
{
	uint32_t part;

	/* Forward along the chain, which ends. */
	for (; m != NULL && len != 0; m = m->next) {
		if (offset >= m->data_len) {
			offset -= m->data_len;
			continue;
		}
		part = RTE_MIN(len, m->data_len - offset);
		rte_memcpy(to, rte_pktmbuf_mtod_offset(m, const void *, offset), part);
		to += part;
		len -= part;
		offset = 0;
	}
	memset(to, 0, len);
}

static void
tx_copy_frame(uint8_t *to, const struct tx_frame *frame)
{
	const struct rte_mbuf *m = frame->mbuf;
	uint8_t macs[TX_MACS_LEN];

	if (likely(!frame->inline_tag)) {
		tx_copy(to, m, 0, frame->pkt.data_len);
		return;
	}
	memcpy(to, rte_pktmbuf_read(m, 0, sizeof(macs), macs), sizeof(macs));
	tx_copy(to + TX_MACS_LEN, m, TX_MACS_LEN + RTE_VLAN_HLEN,
		frame->pkt.data_len - TX_MACS_LEN);
}

/* Hand the section being filled to the host; 0 also if there is none. */
static int
tx_flush(struct hn_txq *txq, struct hn_chan *chan)
{
	struct hn_tx_aggregate *agg = &txq->agg;
	struct nvsp_rndis_pkt pkt = {
		.type = NVSP_TYPE_RNDIS_PKT,
		.channel_type = NVSP_CHANNEL_DATA,
		.section_len = agg->used,
	};
	int ret;

	if (agg->desc == NULL)
		return 0;
	pkt.section_index = agg->desc->section;
	ret = hn_chan_send(chan, &pkt, sizeof(pkt), tx_xactid(txq, agg->desc));
	if (likely(ret == 0)) {
		agg->desc = NULL;
		return 0;
	}
	/* With a full ring it waits for the next burst; a broken one loses it. */
	if (ret != -EAGAIN) {
		txq->stats.errors += agg->desc->packets;
		hn_txbuf_put(&txq->buf, agg->desc);
		agg->desc = NULL;
	}
	return ret;
}

/* Where the next message would begin, or UINT32_MAX if it does not fit any more. */
static uint32_t
tx_aggregate_place(const struct hn_txq *txq, uint32_t len)
{
	const struct hn_tx_aggregate *agg = &txq->agg;
	uint32_t limit = RTE_MIN(txq->section_len, txq->max_transfer);
	uint32_t start = RTE_ALIGN_CEIL(agg->used, txq->align);

	if (agg->desc->packets >= txq->max_packets || start > limit || len > limit - start)
		return UINT32_MAX;
	return start;
}

/* The gap up to the next message is zeroed and belongs to the one before. */
static void
tx_aggregate_pad(struct hn_tx_aggregate *agg, uint32_t start)
{
	struct rndis_hdr *last = (struct rndis_hdr *)(agg->base + agg->last);
	uint32_t gap = start - agg->used;

	memset(agg->base + agg->used, 0, gap);
	last->len += gap;	/* ours: the host does not have the section yet */
}

static int
tx_aggregate_begin(struct hn_txq *txq, const struct hn_proc *proc)
{
	struct hn_tx_aggregate *agg = &txq->agg;
	struct hn_txdesc *desc = hn_txbuf_get_desc(&txq->buf);

	if (desc == NULL)
		return -EAGAIN;
	if (!hn_txbuf_get_section(&txq->buf, desc)) {
		hn_txbuf_put(&txq->buf, desc);
		return -ENOSPC;
	}
	agg->desc = desc;
	agg->base = proc->txbuf + (size_t)desc->section * txq->section_len;
	agg->used = 0;
	agg->last = 0;
	return 0;
}

/* 0; -EAGAIN: not now; -ENOSPC: no section is free. */
static int
tx_send_copy(struct hn_txq *txq, struct hn_proc *proc, const struct tx_frame *frame)
{
	struct hn_tx_aggregate *agg = &txq->agg;
	uint32_t hdr_len = hn_pkt_hdr_len(&frame->pkt);
	uint32_t len = hdr_len + frame->pkt.data_len;
	uint32_t start = UINT32_MAX;
	int ret;

	if (agg->desc != NULL) {
		start = tx_aggregate_place(txq, len);
		if (start != UINT32_MAX && start != 0)
			tx_aggregate_pad(agg, start);
	}
	if (start == UINT32_MAX) {
		ret = tx_flush(txq, tx_chan(txq, proc));
		if (ret == 0)
			ret = tx_aggregate_begin(txq, proc);
		if (ret < 0)
			return ret;
		start = 0;
	}
	hn_pkt_write(agg->base + start, &frame->pkt);
	tx_copy_frame(agg->base + start + hdr_len, frame);
	agg->last = start;
	agg->used = start + len;
	agg->desc->packets++;
	txq->stats.copied++;
	return 0;
}

/* Directly: the header in the descriptor's slot, then the pages of the data. */

struct tx_gpa_list {
	struct vmbus_gpa gpa[TX_GPA_MAX];
	uint32_t count;
};

/* One range for each page touched; false if they are too many. */
static bool
gpa_add(struct tx_gpa_list *list, uint64_t iova, uint32_t len)
{
	uint32_t part;

	/* Each turn takes at least one byte. */
	while (len != 0) {
		struct vmbus_gpa *gpa = &list->gpa[list->count];

		if (list->count == TX_GPA_MAX)
			return false;
		list->count++;
		gpa->page = iova / VMBUS_PAGE_SIZE;
		gpa->ofs = (uint32_t)(iova % VMBUS_PAGE_SIZE);
		part = RTE_MIN(len, VMBUS_PAGE_SIZE - gpa->ofs);
		gpa->len = part;
		iova += part;
		len -= part;
	}
	return true;
}

/* 0; -E2BIG: too many pages; -EINVAL: the chain is shorter than it says. */
static int
gpa_add_frame(struct tx_gpa_list *list, const struct rte_mbuf *m, uint32_t offset, uint32_t len)
{
	uint32_t part;

	/* Forward along the chain, which ends. */
	for (; m != NULL && len != 0; m = m->next) {
		if (offset >= m->data_len) {
			offset -= m->data_len;
			continue;
		}
		part = RTE_MIN(len, m->data_len - offset);
		if (!gpa_add(list, rte_pktmbuf_iova_offset(m, offset), part))
			return -E2BIG;
		len -= part;
		offset = 0;
	}
	return len == 0 ? 0 : -EINVAL;
}

/* Header, and the addresses of a frame whose tag is left out; returns its length. */
static uint32_t
tx_fill_slot(uint8_t *slot, const struct tx_frame *frame)
{
	uint32_t len = hn_pkt_write(slot, &frame->pkt);
	uint8_t macs[TX_MACS_LEN];

	if (!frame->inline_tag)
		return len;
	memcpy(slot + len, rte_pktmbuf_read(frame->mbuf, 0, sizeof(macs), macs), sizeof(macs));
	return len + sizeof(macs);
}

/* 0; -EAGAIN: not now; -E2BIG: too many pages; -EINVAL; or the channel's failure. */
static int
tx_send_direct(struct hn_txq *txq, struct hn_chan *chan, const struct tx_frame *frame)
{
	struct nvsp_rndis_pkt pkt = {
		.type = NVSP_TYPE_RNDIS_PKT,
		.channel_type = NVSP_CHANNEL_DATA,
		.section_index = NVSP_SECTION_NONE,
	};
	struct tx_gpa_list list = { .count = 0 };
	struct hn_txdesc *desc;
	uint32_t macs = frame->inline_tag ? TX_MACS_LEN : 0;
	uint32_t skip = frame->inline_tag ? TX_MACS_LEN + RTE_VLAN_HLEN : 0;
	uint32_t index;
	int ret;

	/* Frames leave in the order they came. */
	ret = tx_flush(txq, chan);
	if (ret < 0)
		return ret;
	desc = hn_txbuf_get_desc(&txq->buf);
	if (desc == NULL)
		return -EAGAIN;
	index = (uint32_t)(desc - txq->buf.desc);
	gpa_add(&list, txq->slot_iova[index],
		tx_fill_slot(txq->slots + index * HN_TX_SLOT_LEN, frame));
	ret = gpa_add_frame(&list, frame->mbuf, skip, frame->pkt.data_len - macs);
	if (ret < 0)
		goto put;
	ret = hn_chan_send_gpa(chan, list.gpa, list.count, &pkt, sizeof(pkt),
			       tx_xactid(txq, desc));
	if (ret < 0)
		goto put;
	desc->mbuf = frame->mbuf;
	desc->packets = 1;
	txq->stats.direct++;
	return 0;
put:
	hn_txbuf_put(&txq->buf, desc);
	return ret;
}

/*
 * In too many pieces for the host and too long for a section: send the same
 * bytes in fewer pieces. The pool of the first piece gives the room; one that
 * has no room for data (its mbufs only point elsewhere) cannot.
 */
static int
tx_send_gathered(struct hn_txq *txq, struct hn_chan *chan, const struct tx_frame *frame)
{
	struct tx_frame gathered = *frame;
	struct rte_mempool *pool = frame->mbuf->pool;
	int ret;

	if (rte_pktmbuf_data_room_size(pool) <= RTE_PKTMBUF_HEADROOM)
		return -E2BIG;
	gathered.mbuf = rte_pktmbuf_copy(frame->mbuf, pool, 0, UINT32_MAX);
	if (gathered.mbuf == NULL)
		return -E2BIG;
	ret = tx_send_direct(txq, chan, &gathered);
	if (ret < 0)
		rte_pktmbuf_free(gathered.mbuf);
	else
		txq->stats.gathered++;
	return ret;
}

/* The burst */

/*
 * Which way a frame goes. Copying is cheaper for short ones; long ones are
 * copied when their pages are too many; any goes directly when sections are out.
 */
static int
tx_send(struct hn_txq *txq, struct hn_proc *proc, const struct tx_frame *frame, bool *copied)
{
	uint32_t room = RTE_MIN(txq->section_len, txq->max_transfer);
	bool fits = frame->pkt.data_len <= room - HN_PKT_HDR_MAX;
	int ret;

	if (unlikely(frame->pkt.data_len > txq->max_transfer - HN_PKT_HDR_MAX))
		return -EINVAL;

	*copied = fits && frame->pkt.data_len <= txq->copy_max;
	if (*copied) {
		ret = tx_send_copy(txq, proc, frame);
		if (ret != -ENOSPC)
			return ret;
		*copied = false;
	}
	ret = tx_send_direct(txq, tx_chan(txq, proc), frame);
	if (likely(ret != -E2BIG))
		return ret;
	*copied = true;		/* the frame's own mbuf is not what the host gets */
	ret = fits ? tx_send_copy(txq, proc, frame) : -ENOSPC;
	return ret == -ENOSPC ? tx_send_gathered(txq, tx_chan(txq, proc), frame) : ret;
}

/* True if the frame is ours now: sent, or impossible and dropped. */
static bool
tx_one(struct hn_txq *txq, struct hn_proc *proc, struct rte_mbuf *m, struct tx_free *batch)
{
	struct tx_frame frame;
	bool copied = true;
	int ret;

	ret = frame_init(&frame, m);
	if (likely(ret == 0))
		ret = tx_send(txq, proc, &frame, &copied);
	switch (ret) {
	case 0:
		txq->stats.packets++;
		txq->stats.bytes += m->pkt_len;
		if (copied)
			free_add(batch, m);
		return true;
	case -EINVAL:
	case -E2BIG:
		txq->stats.errors++;
		free_add(batch, m);
		return true;
	default:
		return false;
	}
}

uint16_t
hn_tx_burst(void *queue, struct rte_mbuf **pkts, uint16_t count)
{
	struct hn_txq *txq = queue;
	struct hn_proc *proc = hn_proc_get(txq->port_id);
	struct hn_chan *chan = tx_chan(txq, proc);
	struct tx_free batch = { .count = 0 };
	uint16_t sent = 0;

	if (unlikely(!txq->running))
		return 0;
	tx_make_room(txq);
	hn_chan_tx_lock(chan);
	while (sent < count && tx_one(txq, proc, pkts[sent], &batch))
		sent++;
	(void)tx_flush(txq, chan);
	hn_chan_tx_unlock(chan);
	free_flush(&batch);
	return sent;
}

void
hn_tx_flush(struct hn_txq *txq)
{
	struct hn_chan *chan = tx_chan(txq, hn_proc_get(txq->port_id));

	hn_chan_tx_lock(chan);
	(void)tx_flush(txq, chan);
	hn_chan_tx_unlock(chan);
}

void
hn_tx_abandon(struct hn_txq *txq)
{
	struct hn_txdesc *desc;
	uint16_t index = 0;

	tx_consume_done(txq, UINT32_MAX);
	txq->agg.desc = NULL;
	while ((desc = hn_txbuf_next_used(&txq->buf, &index)) != NULL) {
		rte_pktmbuf_free(desc->mbuf);
		hn_txbuf_put(&txq->buf, desc);
	}
}
