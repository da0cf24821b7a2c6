/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * What an mbuf asks for is first put into the words of hn_offload.h, then
 * checked, then into the host's words. The head is written when it is known
 * where to.
 */

#include <netinet/in.h>

#include <rte_ip.h>
#include <rte_memcpy.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "hn_offload.h"
#include "hn_tx_frame.h"

#define FRAME_MACS_LEN (2u * RTE_ETHER_ADDR_LEN)
/* What is known of here; of the rest nothing is sent, it would arrive wrong. */
#define FRAME_FLAGS (RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_IP_CKSUM | \
		     RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_VLAN)

#define TASKS_LSO (HN_OFFLOAD_LSO_IPV4 | HN_OFFLOAD_LSO_IPV6)
#define TASKS_TCP (HN_OFFLOAD_TX_TCP_IPV4 | HN_OFFLOAD_TX_TCP_IPV6)
#define TASKS_UDP (HN_OFFLOAD_TX_UDP_IPV4 | HN_OFFLOAD_TX_UDP_IPV6)
#define TASKS_IPV6 (HN_OFFLOAD_LSO_IPV6 | HN_OFFLOAD_TX_TCP_IPV6 | HN_OFFLOAD_TX_UDP_IPV6)

/* The tag */

int
hn_tx_frame_init_tag(struct hn_tx_frame *frame)
{
	const struct rte_mbuf *m = frame->mbuf;
	struct {
		uint8_t macs[FRAME_MACS_LEN];
		rte_be16_t type;
		rte_be16_t tci;
	} start;
	const void *head;

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
	if (start.type != RTE_BE16(RTE_ETHER_TYPE_VLAN))
		return 0;
	frame->pkt.has_vlan = true;
	frame->pkt.vlan_tci = rte_be_to_cpu_16(start.tci);
	frame->pkt.data_len -= RTE_VLAN_HLEN;
	frame->head_len = FRAME_MACS_LEN;
	frame->skip = FRAME_MACS_LEN + RTE_VLAN_HLEN;
	return 0;
}

/* Tasks */

/* 0 or the tasks that the flags ask for; UINT32_MAX for what is in no table. */
static uint32_t
frame_tasks(uint64_t flags)
{
	bool ipv6 = (flags & RTE_MBUF_F_TX_IPV6) != 0;
	uint32_t tasks = (flags & RTE_MBUF_F_TX_IP_CKSUM) != 0 ? HN_OFFLOAD_TX_IPV4 : 0;

	if ((flags & RTE_MBUF_F_TX_OFFLOAD_MASK & ~FRAME_FLAGS) != 0)
		return UINT32_MAX;
	if ((flags & RTE_MBUF_F_TX_TCP_SEG) != 0)
		return ipv6 ? tasks | HN_OFFLOAD_LSO_IPV6 | HN_OFFLOAD_TX_TCP_IPV6 :
			      HN_OFFLOAD_TX_IPV4 | HN_OFFLOAD_LSO_IPV4 | HN_OFFLOAD_TX_TCP_IPV4;
	switch (flags & RTE_MBUF_F_TX_L4_MASK) {
	case RTE_MBUF_F_TX_L4_NO_CKSUM:
		return tasks;
	case RTE_MBUF_F_TX_TCP_CKSUM:
		return tasks | (ipv6 ? HN_OFFLOAD_TX_TCP_IPV6 : HN_OFFLOAD_TX_TCP_IPV4);
	case RTE_MBUF_F_TX_UDP_CKSUM:
		return tasks | (ipv6 ? HN_OFFLOAD_TX_UDP_IPV6 : HN_OFFLOAD_TX_UDP_IPV4);
	default:
		return UINT32_MAX;
	}
}

/* How much of the headers a task needs, beginning with TCP or UDP. */
static uint32_t
frame_l4_len(const struct hn_tx_frame *frame)
{
	if ((frame->tasks & TASKS_LSO) != 0)
		return RTE_MAX((size_t)frame->mbuf->l4_len, sizeof(struct rte_tcp_hdr));
	if ((frame->tasks & TASKS_TCP) != 0)
		return sizeof(struct rte_tcp_hdr);
	return (frame->tasks & TASKS_UDP) != 0 ? sizeof(struct rte_udp_hdr) : 0;
}

/* Where the headers are, as the mbuf says; they have to lie in the frame. */
static int
frame_set_head(struct hn_tx_frame *frame)
{
	const struct rte_mbuf *m = frame->mbuf;
	uint32_t tag_len = frame->skip - frame->head_len;
	uint32_t l3_len_min = (m->ol_flags & RTE_MBUF_F_TX_IPV6) != 0 ?
			      sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr);
	uint32_t head_len;

	if (m->l2_len < RTE_ETHER_HDR_LEN + tag_len || m->l3_len < l3_len_min)
		return -EINVAL;
	frame->l3 = m->l2_len - tag_len;
	frame->l4 = frame->l3 + m->l3_len;
	head_len = frame->l4 + frame_l4_len(frame);
	if (head_len > frame->pkt.data_len || head_len > HN_TX_HEAD_MAX)
		return -EINVAL;
	frame->head_len = head_len;
	frame->skip = head_len + tag_len;
	return 0;
}

/* A frame that makes one segment is none to be segmented: hosts refuse that. */
static int
frame_set_lso(struct hn_tx_frame *frame, const struct hn_tx_limits *limits)
{
	uint32_t payload = frame->pkt.data_len - frame->head_len;
	uint16_t segment_len = frame->mbuf->tso_segsz;

	if (segment_len == 0)
		return -EINVAL;
	/* Hosts are not asked whether they can copy extension headers. */
	if ((frame->tasks & TASKS_IPV6) != 0 && frame->mbuf->l3_len != sizeof(struct rte_ipv6_hdr))
		return -ENOTSUP;
	if (payload <= segment_len) {
		frame->tasks &= ~TASKS_LSO;
		return 0;
	}
	if (frame->pkt.data_len > limits->lso_len_max ||
	    payload <= (limits->lso_segments_min - 1) * segment_len)
		return -EINVAL;
	frame->pkt.task = HN_PKT_LSO;
	frame->pkt.task_value = hn_pkt_lso_value(segment_len, frame->l4,
						 (frame->tasks & TASKS_IPV6) != 0);
	return 0;
}

static void
frame_set_checksum(struct hn_tx_frame *frame)
{
	uint32_t tasks = frame->tasks, value;

	value = (tasks & TASKS_IPV6) != 0 ? RNDIS_TX_CHECKSUM_IPV6 : RNDIS_TX_CHECKSUM_IPV4;
	if ((tasks & HN_OFFLOAD_TX_IPV4) != 0)
		value |= RNDIS_TX_CHECKSUM_IP_HEADER;
	if ((tasks & TASKS_TCP) != 0)
		value |= RNDIS_TX_CHECKSUM_TCP;
	if ((tasks & TASKS_UDP) != 0)
		value |= RNDIS_TX_CHECKSUM_UDP;
	if ((tasks & (TASKS_TCP | TASKS_UDP)) != 0)
		value |= (uint32_t)frame->l4 << RNDIS_TX_CHECKSUM_L4_SHIFT;
	frame->pkt.task = HN_PKT_CHECKSUM;
	frame->pkt.task_value = value;
}

int
hn_tx_frame_init_tasks(struct hn_tx_frame *frame, const struct hn_tx_limits *limits)
{
	uint64_t flags = frame->mbuf->ol_flags;
	bool ipv4 = (flags & RTE_MBUF_F_TX_IPV4) != 0, ipv6 = (flags & RTE_MBUF_F_TX_IPV6) != 0;
	uint32_t tasks = frame_tasks(flags);
	int ret;

	if (likely(tasks == 0))
		return 0;
	if ((tasks & ~limits->tasks) != 0)
		return -ENOTSUP;
	/* Either one, and IPv6 has no checksum of its own. */
	if (ipv4 == ipv6 || (ipv6 && (tasks & HN_OFFLOAD_TX_IPV4) != 0))
		return -EINVAL;
	frame->tasks = tasks;
	ret = frame_set_head(frame);
	if (ret == 0 && (tasks & TASKS_LSO) != 0)
		ret = frame_set_lso(frame, limits);
	if (ret == 0 && frame->pkt.task == HN_PKT_NO_TASK)
		frame_set_checksum(frame);
	return ret;
}

/* Writing */

void
hn_tx_frame_copy(uint8_t *to, const struct rte_mbuf *m, uint32_t offset, uint32_t len)
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
	if (unlikely(len != 0))
		memset(to, 0, len);
}

/* Of addresses, protocol and length, to which the host adds the rest. */
static uint16_t
head_pseudo_sum(const void *addresses, uint32_t len, uint8_t protocol, uint32_t l4_len)
{
	uint32_t sum = rte_raw_cksum(addresses, len);

	sum += rte_cpu_to_be_16(protocol);
	sum += rte_cpu_to_be_16((uint16_t)l4_len);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/*
 * A header that is to be copied into every segment has no length, and nor has
 * the pseudo header; a checksum that the host computes begins as zero.
 */
static uint16_t
head_prepare_ipv4(const struct hn_tx_frame *frame, struct rte_ipv4_hdr *ip, uint8_t protocol)
{
	uint32_t l4_len = rte_be_to_cpu_16(ip->total_length) - frame->mbuf->l3_len;

	if ((frame->tasks & HN_OFFLOAD_TX_IPV4) != 0)
		ip->hdr_checksum = 0;
	if (frame->pkt.task == HN_PKT_LSO) {
		ip->total_length = 0;
		l4_len = 0;
	}
	return head_pseudo_sum(&ip->src_addr, 2 * sizeof(ip->src_addr), protocol, l4_len);
}

static uint16_t
head_prepare_ipv6(const struct hn_tx_frame *frame, struct rte_ipv6_hdr *ip, uint8_t protocol)
{
	/* Extension headers are part of the payload, and of what the mbuf calls l3. */
	uint32_t extensions = frame->mbuf->l3_len - sizeof(*ip);
	uint32_t l4_len = rte_be_to_cpu_16(ip->payload_len) - extensions;

	if (frame->pkt.task == HN_PKT_LSO) {
		ip->payload_len = 0;
		l4_len = 0;
	}
	return head_pseudo_sum(&ip->src_addr, sizeof(ip->src_addr) + sizeof(ip->dst_addr),
			       protocol, l4_len);
}

static void
head_prepare(const struct hn_tx_frame *frame, uint8_t *head)
{
	uint8_t protocol = (frame->tasks & TASKS_TCP) != 0 ? IPPROTO_TCP : IPPROTO_UDP;
	uint32_t at = frame->l4 + (protocol == IPPROTO_TCP ? offsetof(struct rte_tcp_hdr, cksum) :
				   offsetof(struct rte_udp_hdr, dgram_cksum));
	uint16_t sum;

	if ((frame->mbuf->ol_flags & RTE_MBUF_F_TX_IPV6) != 0)
		sum = head_prepare_ipv6(frame, (struct rte_ipv6_hdr *)(head + frame->l3), protocol);
	else
		sum = head_prepare_ipv4(frame, (struct rte_ipv4_hdr *)(head + frame->l3), protocol);
	if ((frame->tasks & (TASKS_TCP | TASKS_UDP)) != 0)
		memcpy(head + at, &sum, sizeof(sum));
}

void
hn_tx_frame_write_head(const struct hn_tx_frame *frame, uint8_t *to)
{
	const struct rte_mbuf *m = frame->mbuf;

	if (frame->skip == frame->head_len) {
		hn_tx_frame_copy(to, m, 0, frame->head_len);
	} else {
		hn_tx_frame_copy(to, m, 0, FRAME_MACS_LEN);
		hn_tx_frame_copy(to + FRAME_MACS_LEN, m, FRAME_MACS_LEN + RTE_VLAN_HLEN,
				 frame->head_len - FRAME_MACS_LEN);
	}
	if (frame->pkt.task != HN_PKT_NO_TASK)
		head_prepare(frame, to);
}
