/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Frames that are copied into sections of the send buffer, as many as the host
 * takes in one: a section is filled over a burst and handed over when it is
 * full, or when the burst ends.
 */

#include <string.h>

#include <rte_memcpy.h>

#include "hn_tx_send.h"
#include "nvsp.h"

int
hn_tx_send_section(struct hn_txq *txq, struct hn_chan *chan)
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
	ret = hn_chan_send(chan, &pkt, hn_tx_xactid(txq, agg->desc));
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
copy_place(const struct hn_txq *txq, uint32_t len)
{
	const struct hn_tx_aggregate *agg = &txq->agg;
	uint32_t limit = RTE_MIN(txq->section_len, txq->max_transfer);
	uint32_t start = RTE_ALIGN_CEIL(agg->used, txq->align);

	if (agg->desc->packets >= txq->max_packets || start > limit || len > limit - start)
		return UINT32_MAX;
	return start;
}

/* The gap up to the next message is zeroed and belongs to the one before. */
static inline void
copy_pad(const struct hn_tx_aggregate *agg, uint8_t *base, uint32_t start)
{
	struct rndis_hdr *last = (struct rndis_hdr *)(base + agg->last);
	uint32_t gap = start - agg->used;

	if (gap == 0)
		return;
	/* The header of the next message, which is longer, is written after that. */
	if (likely(gap <= sizeof(uint64_t)))
		memset(base + agg->used, 0, sizeof(uint64_t));
	else
		memset(base + agg->used, 0, gap);
	last->len += gap;	/* ours: the host does not have the section yet */
}

static int
copy_begin(struct hn_txq *txq)
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
	agg->used = 0;
	agg->last = 0;
	return 0;
}

/* Where the section being filled lies in this process. */
static inline uint8_t *
copy_base(const struct hn_txq *txq, const struct hn_proc *proc)
{
	return proc->txbuf + (size_t)txq->agg.desc->section * txq->section_len;
}

static void
copy_write(uint8_t *to, const struct hn_tx_frame *frame)
{
	to += hn_pkt_write(to, &frame->pkt);
	if (unlikely(frame->head_len != 0))
		hn_tx_frame_write_head(frame, to);
	hn_tx_frame_copy(to + frame->head_len, frame->mbuf, frame->skip,
			 frame->pkt.data_len - frame->head_len);
}

int
hn_tx_send_copy(struct hn_txq *txq, struct hn_proc *proc, const struct hn_tx_frame *frame)
{
	struct hn_tx_aggregate *agg = &txq->agg;
	uint32_t len = hn_pkt_hdr_len(&frame->pkt) + frame->pkt.data_len;
	uint32_t start = UINT32_MAX;
	int ret;

	if (agg->desc != NULL) {
		start = copy_place(txq, len);
		if (start != UINT32_MAX)
			copy_pad(agg, copy_base(txq, proc), start);
	}
	if (start == UINT32_MAX) {
		ret = hn_tx_send_section(txq, hn_tx_chan(txq, proc));
		if (ret == 0)
			ret = copy_begin(txq);
		if (ret < 0)
			return ret;
		start = 0;
	}
	copy_write(copy_base(txq, proc) + start, frame);
	agg->last = start;
	agg->used = start + len;
	agg->desc->packets++;
	txq->stats.copied++;
	return 0;
}

/* A frame in one piece, in its mbuf's own memory, without a tag, of which nothing is asked. */
static inline bool
copy_is_plain(const struct rte_mbuf *m, uint32_t len_max)
{
	const uint64_t other = RTE_MBUF_F_TX_OFFLOAD_MASK | RTE_MBUF_F_INDIRECT |
			       RTE_MBUF_F_EXTERNAL;

	return (m->ol_flags & other) == 0 && m->next == NULL && m->data_len == m->pkt_len &&
	       m->data_len <= len_max && hn_tx_frame_is_plain(m);
}

static inline void
copy_write_plain(uint8_t *to, const struct rte_mbuf *m)
{
	const struct hn_pkt_tx pkt = {
		.data_len = m->data_len,
		.task = HN_PKT_NO_TASK,
	};

	rte_memcpy(to + hn_pkt_write(to, &pkt), rte_pktmbuf_mtod(m, const void *), m->data_len);
}

/*
 * Fill the section with plain frames, up to its limits. What is known of it
 * stays in registers meanwhile.
 */
static inline uint16_t
copy_fill(struct hn_txq *txq, uint8_t *base, struct rte_mbuf *const *pkts, uint16_t count,
	  uint32_t len_max)
{
	const uint32_t limit = RTE_MIN(txq->section_len, txq->max_transfer), align = txq->align;
	struct hn_tx_aggregate agg = txq->agg;
	uint32_t packets = agg.desc->packets;
	uint64_t bytes = 0;
	uint32_t start, len;
	uint16_t i;

	count = RTE_MIN(count, txq->max_packets - packets);
	for (i = 0; i < count && copy_is_plain(pkts[i], len_max); i++) {
		len = sizeof(struct rndis_packet) + pkts[i]->data_len;
		start = RTE_ALIGN_CEIL(agg.used, align);
		if (start > limit || len > limit - start)
			break;
		copy_pad(&agg, base, start);
		copy_write_plain(base + start, pkts[i]);
		agg.last = start;
		agg.used = start + len;
		bytes += pkts[i]->data_len;
	}
	agg.desc->packets = packets + i;
	txq->agg = agg;
	txq->stats.packets += i;
	txq->stats.bytes += bytes;
	txq->stats.copied += i;
	return i;
}

uint16_t
hn_tx_send_plain(struct hn_txq *txq, struct hn_proc *proc, struct rte_mbuf *const *pkts,
		 uint16_t count)
{
	uint32_t room = RTE_MIN(txq->section_len, txq->max_transfer) - HN_PKT_HDR_MAX;
	uint32_t len_max = RTE_MIN(room, txq->copy_max);
	uint16_t done = 0;

	if (txq->agg.desc != NULL)
		done = copy_fill(txq, copy_base(txq, proc), pkts, count, len_max);
	/* Each turn takes a frame or more: an empty section has room for one. */
	while (done < count && copy_is_plain(pkts[done], len_max)) {
		if (hn_tx_send_section(txq, hn_tx_chan(txq, proc)) < 0 ||
		    copy_begin(txq) < 0)
			break;
		done += copy_fill(txq, copy_base(txq, proc), pkts + done, count - done, len_max);
	}
	return done;
}
