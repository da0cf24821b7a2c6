/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <stddef.h>
#include <string.h>

#include <rte_atomic.h>
#include <rte_branch_prediction.h>
#include <rte_mbuf.h>

#include "limit.h"

#define ALIGN 8u
/* Sections that the host has before it is asked for any: a look at its line costs more. */
#define AWAY 64u

void
limit_tx_init(struct limit_txq *txq, const struct limit_memory *memory)
{
	memset(txq, 0, sizeof(*txq));
	limit_end_init(&txq->out, memory->out, sizeof(struct limit_send));
	limit_end_init(&txq->in, memory->in, sizeof(struct limit_done));
	txq->txbuf = memory->txbuf;
	while (txq->free_count < LIMIT_SECTIONS) {
		txq->free[txq->free_count] = (uint16_t)txq->free_count;
		txq->free_count++;
	}
}

/* Sections come back, in any order. */
static inline void
tx_take_completions(struct limit_txq *txq)
{
	const struct limit_done *done;

	if (LIMIT_SECTIONS - txq->free_count < AWAY || !limit_end_has_packet(&txq->in))
		return;
	do {
		done = limit_end_at(&txq->in);
		txq->free[txq->free_count++] = (uint16_t)done->desc.xactid;
		limit_end_step(&txq->in);
	} while (limit_end_has_packet(&txq->in));
	/* Release: we have read what the host writes next. */
	__atomic_store_n(&txq->in.ring->read_index, txq->in.index, __ATOMIC_RELEASE);
}

/* Bytes of the message, the gap behind it included. */
static inline uint32_t
tx_len(const struct rte_mbuf *m)
{
	return RTE_ALIGN_CEIL((uint32_t)sizeof(struct limit_message) + m->data_len, ALIGN);
}

/* It and the gap may run on a little behind it: that is written next, or left unused. */
static inline void
tx_frame(uint8_t *to, const struct rte_mbuf *m, uint32_t len)
{
	const uint8_t *from = rte_pktmbuf_mtod(m, const uint8_t *);
	const uint64_t zero = 0;

	*(struct limit_message *)(void *)to = (struct limit_message){
		.type = 1,
		.len = len,
		.data_offset = sizeof(struct limit_message) -
			       offsetof(struct limit_message, data_offset),
		.data_len = m->data_len,
	};
	to += sizeof(struct limit_message);
	if (m->data_len <= LIMIT_STEP)
		memcpy(to, from, LIMIT_STEP);
	else
		memcpy(to, from, m->data_len);
	memcpy(to + m->data_len, &zero, sizeof(zero));
}

/* As many frames as a section takes. */
static inline uint16_t
tx_fill(uint8_t *to, struct rte_mbuf **pkts, uint16_t count, uint32_t *used)
{
	uint32_t len;
	uint16_t i;

	*used = 0;
	for (i = 0; i < count && i < LIMIT_MESSAGES; i++) {
		len = tx_len(pkts[i]);
		if (len > LIMIT_SECTION_LEN - LIMIT_STEP - *used)
			break;
		tx_frame(to + *used, pkts[i], len);
		*used += len;
	}
	return i;
}

/* The ring has room for more packets than there are sections. */
static inline void
tx_hand_over(struct limit_txq *txq, uint16_t section, uint32_t used)
{
	struct limit_send *send = limit_end_at(&txq->out);

	send->desc = (struct limit_desc){ .type = 6, .head8 = 2, .len8 = 6, .flags = 1,
					  .xactid = section };
	send->nvsp = (struct limit_nvsp){ .type = 107, .section = section, .section_len = used };
	send->trailer = (uint64_t)txq->out.index << 32;
	limit_end_step(&txq->out);
}

static inline void
tx_publish(struct limit_txq *txq)
{
	struct limit_ring *out = txq->out.ring;

	/* Release: sections and packets are written before the host reads them. */
	__atomic_store_n(&out->write_index, txq->out.index, __ATOMIC_RELEASE);
	/* The host sees the index, or we see that it does not look at it any more. */
	rte_smp_mb();
	if (unlikely(__atomic_load_n(&out->mask, __ATOMIC_RELAXED) == 0))
		txq->doorbells++;
}

uint16_t
limit_tx_burst(void *queue, struct rte_mbuf **pkts, uint16_t count)
{
	struct limit_txq *txq = queue;
	uint16_t sent = 0, section;
	uint32_t used;

	if (unlikely(count == 0))
		return 0;
	tx_take_completions(txq);
	/* Forward: a section takes one frame at least. */
	while (sent < count && txq->free_count != 0) {
		section = txq->free[--txq->free_count];
		sent += tx_fill(txq->txbuf + section * LIMIT_SECTION_LEN, pkts + sent,
				count - sent, &used);
		tx_hand_over(txq, section, used);
	}
	if (unlikely(sent == 0))
		return 0;
	tx_publish(txq);
	rte_mempool_put_bulk(pkts[0]->pool, (void **)pkts, sent);
	return sent;
}
