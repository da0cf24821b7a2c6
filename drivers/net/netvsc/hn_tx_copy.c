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
	uint32_t limit = txq->ways.section_end;
	uint32_t start = RTE_ALIGN_CEIL(agg->used, txq->align);

	if (agg->desc->packets >= txq->max_packets || start > limit || len > limit - start)
		return UINT32_MAX;
	return start;
}

/* The length of the last message, up to the next one or to its own end. */
static inline void
copy_set_last_len(const struct hn_tx_aggregate *agg, uint8_t *base, uint32_t end)
{
	/*
	 * Ours: the host does not have the section yet. The type is the one by which
	 * hn_pkt_write_plain() has written it: of stores by two the order is not sure.
	 */
	((struct rndis_packet *)(base + agg->last))->len = end - agg->last;
}

/* The gap up to the next message is zeroed and belongs to the one before. */
static inline void
copy_pad(const struct hn_tx_aggregate *agg, uint8_t *base, uint32_t start)
{
	if (start == agg->used)
		return;
	memset(base + agg->used, 0, start - agg->used);
	copy_set_last_len(agg, base, start);
}

static inline int
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

struct copy_filled {
	uint16_t count;			/* of frames */
	uint64_t bytes;			/* of theirs */
};

/* A frame of which nothing is asked, and that an empty section has room for. */
static inline bool
copy_is_plain(const struct rte_mbuf *m, uint32_t len_max)
{
	return hn_tx_is_plain(m) && m->data_len <= len_max;
}

/* Short frames are mostly no longer than twice this, and no shorter. */
#define COPY_HALF 32u

/* A short frame is two halves that overlap: neither a loop nor a call. */
static inline void
copy_data(uint8_t *to, const uint8_t *from, uint32_t len)
{
	if (len - COPY_HALF <= COPY_HALF) {
		rte_mov32(to, from);
		rte_mov32(to + len - COPY_HALF, from + len - COPY_HALF);
	} else {
		memcpy(to, from, len);
	}
}

/* To be called before the first len bytes are written: those may become zero, too. */
static inline void
copy_zero_end(uint8_t *to, uint32_t len, uint32_t padded)
{
	const uint64_t zero = 0;

	if (likely(padded - len <= sizeof(zero)))
		memcpy(to + padded - sizeof(zero), &zero, sizeof(zero));
	else
		memset(to + len, 0, padded - len);
}

/* A message; padded: bytes that belong to it if another one follows. */
static inline void
copy_write_plain(uint8_t *to, const uint8_t *data, uint32_t data_len, uint32_t padded)
{
	copy_zero_end(to, sizeof(struct rndis_packet) + data_len, padded);
	hn_pkt_write_plain(to, data_len, padded);
	copy_data(to + sizeof(struct rndis_packet), data, data_len);
}

/* Fill a section with plain frames, as far as they, and its limits, go. */
static inline struct copy_filled
copy_plain(const struct hn_txq *txq, struct hn_tx_aggregate *agg, uint8_t *base,
	   struct rte_mbuf *const *pkts, uint16_t count)
{
	const uint32_t align = txq->align, end = txq->ways.plain_end, len_max = txq->ways.plain_max;
	uint32_t next = RTE_ALIGN_CEIL(agg->used, align), padded, data_len;
	struct copy_filled filled = { 0, 0 };
	const struct rte_mbuf *m;

	for (; filled.count < count; filled.count++) {
		m = pkts[filled.count];
		data_len = m->data_len;
		if (!copy_is_plain(m, len_max))
			break;
		padded = RTE_ALIGN_CEIL((uint32_t)sizeof(struct rndis_packet) + data_len, align);
		if (padded > end - next)
			break;
		copy_write_plain(base + next, rte_pktmbuf_mtod(m, const uint8_t *), data_len,
				 padded);
		agg->last = next;
		agg->used = next + (uint32_t)sizeof(struct rndis_packet) + data_len;
		next += padded;
		filled.bytes += data_len;
	}
	return filled;
}

/* The same for the section at hand, and in the books. */
static inline uint16_t
copy_fill(struct hn_txq *txq, struct hn_proc *proc, struct rte_mbuf *const *pkts, uint16_t count)
{
	struct hn_tx_aggregate agg = txq->agg;
	uint32_t next = RTE_ALIGN_CEIL(agg.used, txq->align);
	uint8_t *base = copy_base(txq, proc);
	struct copy_filled filled;

	if (next > txq->ways.plain_end)
		return 0;
	copy_pad(&agg, base, next);
	count = RTE_MIN(count, txq->max_packets - agg.desc->packets);
	filled = copy_plain(txq, &agg, base, pkts, count);
	/* The last message has no padding. */
	copy_set_last_len(&agg, base, agg.used);
	agg.desc->packets += filled.count;
	txq->agg = agg;
	txq->stats.packets += filled.count;
	txq->stats.bytes += filled.bytes;
	txq->stats.copied += filled.count;
	return filled.count;
}

uint16_t
hn_tx_send_plain(struct hn_txq *txq, struct hn_proc *proc, struct rte_mbuf *const *pkts,
		 uint16_t count)
{
	uint16_t done = 0;

	/* Each turn but the first takes a frame or more: an empty section has room for one. */
	while (done < count) {
		if (txq->agg.desc != NULL)
			done += copy_fill(txq, proc, pkts + done, count - done);
		if (done == count || !copy_is_plain(pkts[done], txq->ways.plain_max))
			break;
		if (hn_tx_send_section(txq, hn_tx_chan(txq, proc)) < 0 || copy_begin(txq) < 0)
			break;
	}
	return done;
}
