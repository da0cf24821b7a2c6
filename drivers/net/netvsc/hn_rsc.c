/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

#include <errno.h>
#include <string.h>

#include "hn_rsc.h"
#include "hn_rx.h"

bool
hn_rsc_drop(struct hn_rsc *rsc)
{
	bool had_one = rsc->head != NULL;

	rte_pktmbuf_free(rsc->head);
	memset(rsc, 0, sizeof(*rsc));
	return had_one;
}

static void
rsc_begin(struct hn_rsc *rsc, struct rte_mbuf *m)
{
	rsc->head = m;
	rsc->tail = rte_pktmbuf_lastseg(m);
	rsc->parts = 1;
}

/* Not rte_pktmbuf_chain(), which looks for the end each time. */
static int
rsc_continue(struct hn_rsc *rsc, struct rte_mbuf *m)
{
	struct rte_mbuf *head = rsc->head;

	if (head == NULL || head->pkt_len + m->pkt_len > HN_RX_FRAME_MAX ||
	    head->nb_segs + m->nb_segs > RTE_MBUF_MAX_NB_SEGS)
		return -EBADMSG;
	if (rsc->parts == 1)
		rsc->segment_len = (uint16_t)RTE_MIN(m->pkt_len, (uint32_t)UINT16_MAX);
	rsc->tail->next = m;
	rsc->tail = rte_pktmbuf_lastseg(m);
	head->nb_segs = (uint16_t)(head->nb_segs + m->nb_segs);
	head->pkt_len += m->pkt_len;
	rsc->parts++;
	return 0;
}

int
hn_rsc_add(struct hn_rsc *rsc, struct rte_mbuf *m, const struct rndis_packet_id *part,
	   struct rte_mbuf **done)
{
	*done = NULL;
	if ((part->flags & RNDIS_PACKET_ID_FIRST) != 0)
		rsc_begin(rsc, m);
	else if (rsc_continue(rsc, m) < 0)
		return -EBADMSG;
	if ((part->flags & RNDIS_PACKET_ID_LAST) == 0)
		return 0;
	*done = rsc->head;
	if (rsc->parts > 1) {
		rsc->head->ol_flags |= RTE_MBUF_F_RX_LRO;
		rsc->head->tso_segsz = rsc->segment_len;
	}
	memset(rsc, 0, sizeof(*rsc));
	return 0;
}
