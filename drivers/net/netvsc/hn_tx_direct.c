/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Frames that the host reads where they are: header and head are written into
 * the descriptor's slot, the pages of the data follow. A frame in too many
 * pieces is copied into pages of a bounce buffer first.
 */

#include "hn_tx_send.h"
#include "nvsp.h"

/* The slot and the pages of the data. */
#define DIRECT_GPA_MAX VMBUS_GPA_MAX

static_assert(HN_PKT_HDR_MAX + HN_TX_HEAD_MAX <= HN_TX_SLOT_LEN, "a slot holds any header");
static_assert(VMBUS_PAGE_SIZE % HN_TX_SLOT_LEN == 0, "no slot crosses a page");
static_assert(HN_TX_FRAME_MAX % VMBUS_PAGE_SIZE == 0, "a bounce buffer is in whole pages");
static_assert(1 + HN_TX_BOUNCE_PAGES <= DIRECT_GPA_MAX, "a bounce buffer is never too many");

struct gpa_list {
	struct hn_gpa_packet packet;
	uint32_t count;
};

/* Of len bytes that do not go beyond the page. */
static inline void
gpa_set(struct vmbus_gpa *gpa, uint64_t iova, uint32_t len)
{
	gpa->len = len;
	gpa->ofs = (uint32_t)(iova % VMBUS_PAGE_SIZE);
	gpa->page = iova / VMBUS_PAGE_SIZE;
}

/* One range for each page touched; false if they are too many. */
static inline bool
gpa_add(struct gpa_list *list, uint64_t iova, uint32_t len)
{
	uint32_t part;

	/* Each turn takes at least one byte. */
	for (; len != 0; iova += part, len -= part) {
		if (unlikely(list->count == DIRECT_GPA_MAX))
			return false;
		part = RTE_MIN(len, VMBUS_PAGE_SIZE - (uint32_t)(iova % VMBUS_PAGE_SIZE));
		gpa_set(&list->packet.gpa[list->count++], iova, part);
	}
	return true;
}

/* 0; -E2BIG: too many pages; -EINVAL: the chain is shorter than it says. */
static int
gpa_add_data(struct gpa_list *list, const struct rte_mbuf *m, uint32_t offset, uint32_t len)
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

/* The first range: hosts want header and infos in it, and the head may follow. */
static void
gpa_add_slot(struct gpa_list *list, const struct hn_txq *txq, const struct hn_txdesc *desc,
	     const struct hn_tx_frame *frame)
{
	uint32_t index = hn_txbuf_index(desc);
	uint8_t *slot = txq->slots + index * HN_TX_SLOT_LEN;
	uint32_t len = hn_pkt_write(slot, &frame->pkt);

	if (unlikely(frame->head_len != 0))
		hn_tx_frame_write_head(frame, slot + len);
	gpa_set(&list->packet.gpa[0], txq->slot_iova[index], len + frame->head_len);
	list->count = 1;
}

/* What follows the head, in the pages of the descriptor's bounce buffer. */
static void
gpa_add_bounce(struct gpa_list *list, const struct hn_txq *txq, const struct hn_txdesc *desc,
	       const struct hn_tx_frame *frame)
{
	const uint64_t *iova = &txq->bounce_iova[desc->bounce * HN_TX_BOUNCE_PAGES];
	uint32_t len = frame->pkt.data_len - frame->head_len, part;

	hn_tx_frame_copy(txq->bounce + (size_t)desc->bounce * HN_TX_FRAME_MAX, frame->mbuf,
			 frame->skip, len);
	/* Each turn takes a page; HN_TX_FRAME_MAX bytes at most. */
	for (; len != 0; len -= part) {
		part = RTE_MIN(len, VMBUS_PAGE_SIZE);
		gpa_add(list, *iova++, part);
	}
}

static inline int
direct_send(struct hn_txq *txq, struct hn_chan *chan, struct hn_txdesc *desc,
	    struct gpa_list *list)
{
	static const struct nvsp_rndis_pkt pkt = {
		.type = NVSP_TYPE_RNDIS_PKT,
		.channel_type = NVSP_CHANNEL_DATA,
		.section_index = NVSP_SECTION_NONE,
	};
	int ret = hn_chan_send_gpa(chan, &list->packet, list->count, &pkt,
				   hn_tx_xactid(txq, desc));

	if (unlikely(ret < 0))
		return ret;
	desc->packets = 1;
	txq->stats.direct++;
	return 0;
}

/* Frames leave in the order they came: first what was copied before. */
static inline int
direct_begin(struct hn_txq *txq, struct hn_chan *chan, struct hn_txdesc **desc)
{
	int ret = txq->agg.desc != NULL ? hn_tx_send_section(txq, chan) : 0;

	if (unlikely(ret < 0))
		return ret;
	*desc = hn_txbuf_get_desc(&txq->buf);
	return likely(*desc != NULL) ? 0 : -EAGAIN;
}

int
hn_tx_send_direct(struct hn_txq *txq, struct hn_chan *chan, const struct hn_tx_frame *frame)
{
	struct gpa_list list;
	struct hn_txdesc *desc;
	int ret = direct_begin(txq, chan, &desc);

	if (ret < 0)
		return ret;
	gpa_add_slot(&list, txq, desc, frame);
	ret = gpa_add_data(&list, frame->mbuf, frame->skip,
			   frame->pkt.data_len - frame->head_len);
	if (ret == 0)
		ret = direct_send(txq, chan, desc, &list);
	if (ret < 0)
		hn_txbuf_put(&txq->buf, desc);
	else
		desc->mbuf = frame->mbuf;
	return ret;
}

int
hn_tx_send_bounce(struct hn_txq *txq, struct hn_chan *chan, const struct hn_tx_frame *frame)
{
	struct gpa_list list;
	struct hn_txdesc *desc;
	int ret = direct_begin(txq, chan, &desc);

	if (ret < 0)
		return ret;
	ret = -EAGAIN;
	if (hn_txbuf_get_bounce(&txq->buf, desc)) {
		gpa_add_slot(&list, txq, desc, frame);
		gpa_add_bounce(&list, txq, desc, frame);
		ret = direct_send(txq, chan, desc, &list);
	}
	if (ret < 0)
		hn_txbuf_put(&txq->buf, desc);
	else
		txq->stats.gathered++;
	return ret;
}

/* Header and data of a frame in one piece: never too many pages. */
static inline void
gpa_add_plain(struct gpa_list *list, const struct hn_txq *txq, const struct hn_txdesc *desc,
	      const struct rte_mbuf *m)
{
	const uint32_t len = sizeof(struct rndis_packet), index = hn_txbuf_index(desc);

	hn_pkt_write_plain(txq->slots + index * HN_TX_SLOT_LEN, m->data_len, len + m->data_len);
	gpa_set(&list->packet.gpa[0], txq->slot_iova[index], len);
	list->count = 1;
	(void)gpa_add(list, rte_pktmbuf_iova(m), m->data_len);
}

static inline int
direct_send_plain(struct hn_txq *txq, struct hn_chan *chan, struct rte_mbuf *m)
{
	struct gpa_list list;
	struct hn_txdesc *desc;
	int ret = direct_begin(txq, chan, &desc);

	if (unlikely(ret < 0))
		return ret;
	gpa_add_plain(&list, txq, desc, m);
	ret = direct_send(txq, chan, desc, &list);
	if (unlikely(ret < 0))
		hn_txbuf_put(&txq->buf, desc);
	else
		desc->mbuf = m;
	return ret;
}

uint16_t
hn_tx_send_long(struct hn_txq *txq, struct hn_chan *chan, struct rte_mbuf *const *pkts,
		uint16_t count)
{
	uint64_t bytes = 0;
	uint32_t len;
	uint16_t done;

	for (done = 0; done < count && hn_tx_is_plain(pkts[done]); done++) {
		len = pkts[done]->data_len;
		if (len <= txq->ways.copy_max || len > txq->ways.send_max ||
		    direct_send_plain(txq, chan, pkts[done]) < 0)
			break;
		bytes += len;
	}
	txq->stats.packets += done;
	txq->stats.bytes += bytes;
	return done;
}
