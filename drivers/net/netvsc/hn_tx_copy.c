/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Frames that are copied into sections of the send buffer, as many as the host
 * takes in one: a section is filled over a burst and handed over when it is
 * full, or when the burst ends.
 */

#include <string.h>

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
	ret = hn_chan_send(chan, &pkt, sizeof(pkt), hn_tx_xactid(txq, agg->desc));
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
static void
copy_pad(struct hn_tx_aggregate *agg, uint32_t start)
{
	struct rndis_hdr *last = (struct rndis_hdr *)(agg->base + agg->last);
	uint32_t gap = start - agg->used;

	if (gap == 0)
		return;
	memset(agg->base + agg->used, 0, gap);
	last->len += gap;	/* ours: the host does not have the section yet */
}

static int
copy_begin(struct hn_txq *txq, const struct hn_proc *proc)
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
			copy_pad(agg, start);
	}
	if (start == UINT32_MAX) {
		ret = hn_tx_send_section(txq, hn_tx_chan(txq, proc));
		if (ret == 0)
			ret = copy_begin(txq, proc);
		if (ret < 0)
			return ret;
		start = 0;
	}
	copy_write(agg->base + start, frame);
	agg->last = start;
	agg->used = start + len;
	agg->desc->packets++;
	txq->stats.copied++;
	return 0;
}
