/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * For unit tests of transmit offloads: packets to ask something for, and
 * another reckoning of what has to become of them.
 */

#ifndef HN_TEST_PACKET_H
#define HN_TEST_PACKET_H

#include "hn_test_eal.h"

/** What a packet is made of. */
struct test_packet {
	bool ipv6;
	bool udp;
	bool tagged;		/**< with VLAN 5, priority 3, in its data */
	uint8_t ip_options;	/**< bytes, multiples of 4; IPv4 only */
	uint8_t tcp_options;
	uint32_t payload;
	uint32_t padding;	/**< behind the IP packet */
};

static uint8_t test_bytes[80000];	/* the packet made last */

static inline uint32_t
test_l2_len(const struct test_packet *p)
{
	return p->tagged ? 18 : 14;
}

static inline uint32_t
test_l3_len(const struct test_packet *p)
{
	return p->ipv6 ? 40 : 20u + p->ip_options;
}

static inline uint32_t
test_l4_len(const struct test_packet *p)
{
	return p->udp ? 8 : 20u + p->tcp_options;
}

static inline void
test_put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void
test_put_ip(const struct test_packet *p, uint8_t *ip)
{
	uint32_t len = test_l4_len(p) + p->payload, i;

	if (p->ipv6) {
		ip[0] = 0x60;
		test_put16(ip + 4, len);
		ip[6] = p->udp ? 17 : 6;
		ip[7] = 64;
		for (i = 8; i < 40; i++)
			ip[i] = (uint8_t)(i * 37);
	} else {
		ip[0] = (uint8_t)(0x40 | test_l3_len(p) / 4);
		test_put16(ip + 2, test_l3_len(p) + len);
		ip[8] = 64;
		ip[9] = p->udp ? 17 : 6;
		test_put16(ip + 10, 0xdead);	/* to be computed */
		for (i = 12; i < test_l3_len(p); i++)
			ip[i] = (uint8_t)(i * 91);
	}
}

/** Lay it into test_bytes; its length. */
static inline uint32_t
test_put_packet(const struct test_packet *p)
{
	uint32_t at = test_l2_len(p), i;
	uint8_t *l4;

	for (i = 0; i < sizeof(test_bytes); i++)
		test_bytes[i] = pattern(77, i);
	if (p->tagged) {
		test_put16(test_bytes + 12, 0x8100);
		test_put16(test_bytes + 14, 0x6005);
	}
	test_put16(test_bytes + at - 2, p->ipv6 ? 0x86dd : 0x0800);
	memset(test_bytes + at, 0, test_l3_len(p));
	test_put_ip(p, test_bytes + at);
	at += test_l3_len(p);
	l4 = test_bytes + at;
	if (!p->udp)
		l4[12] = (uint8_t)(test_l4_len(p) / 4 << 4);
	test_put16(l4 + (p->udp ? 6 : 16), 0xbeef);	/* to be computed */
	return at + test_l4_len(p) + p->payload + p->padding;
}

/** An mbuf with len bytes of test_bytes, in pieces of at most the given length. */
static inline struct rte_mbuf *
test_mbuf(uint32_t len, uint32_t piece)
{
	struct rte_mbuf *head = NULL, *m;
	uint32_t at, part;

	for (at = 0; at < len; at += part) {
		part = RTE_MIN(piece, len - at);
		part = RTE_MIN(part, TEST_ROOM);
		m = rte_pktmbuf_alloc(test_pool);
		assert_non_null(m);
		memcpy(rte_pktmbuf_append(m, (uint16_t)part), test_bytes + at, part);
		if (head == NULL)
			head = m;
		else
			assert_int_equal(rte_pktmbuf_chain(head, m), 0);
	}
	return head;
}

/** It asks for flags, with its lengths as they are. */
static inline struct rte_mbuf *
test_request(const struct test_packet *p, uint32_t piece, uint64_t flags, uint16_t segment)
{
	struct rte_mbuf *m = test_mbuf(test_put_packet(p), piece);

	m->ol_flags = flags | (p->ipv6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4);
	m->l2_len = test_l2_len(p);
	m->l3_len = test_l3_len(p);
	m->l4_len = test_l4_len(p);
	m->tso_segsz = segment;
	return m;
}

/** The pseudo header's sum as it stands in a packet; len is of TCP or UDP, or 0. */
static inline uint16_t
test_pseudo_sum(const struct test_packet *p, uint32_t len)
{
	const uint8_t *ip = test_bytes + test_l2_len(p);
	uint32_t from = p->ipv6 ? 8 : 12, to = p->ipv6 ? 40 : 20;
	uint32_t sum = len + (p->udp ? 17 : 6);

	for (; from < to; from += 2)
		sum += (uint32_t)(ip[from] << 8 | ip[from + 1]);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/**
 * Make of test_bytes what the host has to get: no tag, checksums begun, and no
 * lengths if it is to cut.
 *
 * @return Its length.
 */
static inline uint32_t
test_expect(const struct test_packet *p, uint32_t len, bool sum_ip, bool sum_l4, bool cut)
{
	uint16_t sum = test_pseudo_sum(p, cut ? 0 : test_l4_len(p) + p->payload);
	uint8_t *ip = test_bytes + test_l2_len(p);

	if (sum_l4)
		test_put16(ip + test_l3_len(p) + (p->udp ? 6 : 16), sum);
	if (sum_ip && !p->ipv6)
		test_put16(ip + 10, 0);
	if (cut)
		test_put16(ip + (p->ipv6 ? 4 : 2), 0);
	if (!p->tagged)
		return len;
	memmove(test_bytes + 12, test_bytes + 16, len - 16);
	return len - 4;
}

#endif /* HN_TEST_PACKET_H */
