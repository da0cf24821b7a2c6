/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * What becomes of an mbuf's requests: the words for the host, golden, and the
 * headers byte by byte; and what is refused.
 */

#include <errno.h>

#include "hn_offload.h"
#include "hn_test_packet.h"
#include "hn_tx_frame.h"

#define IP_SUM RTE_MBUF_F_TX_IP_CKSUM
#define TCP_SUM RTE_MBUF_F_TX_TCP_CKSUM
#define UDP_SUM RTE_MBUF_F_TX_UDP_CKSUM
#define CUT RTE_MBUF_F_TX_TCP_SEG

static struct hn_tx_limits limits;
static struct hn_tx_frame frame;

static int
set_up(void **state)
{
	(void)state;
	limits = (struct hn_tx_limits){
		.tasks = 0x7f,
		.lso_len_max = 62780,
		.lso_segments_min = 2,
		.frame_len_max = 1514,
	};
	return 0;
}

static int
init(struct rte_mbuf *m)
{
	return hn_tx_frame_init(&frame, m, &limits);
}

/* Refused with ret, and as it was before. */
static void
assert_refused(struct rte_mbuf *m, int ret)
{
	assert_int_equal(init(m), ret);
	rte_pktmbuf_free(m);
	test_assert_pool_full();
}

static void
frame_that_asks_for_nothing_is_sent_as_it_is(void **state)
{
	const struct test_packet tcp = { .payload = 100 };
	struct rte_mbuf *m = test_request(&tcp, 2000, 0, 0);

	(void)state;
	assert_int_equal(init(m), 0);
	assert_int_equal(frame.pkt.task, HN_PKT_NO_TASK);
	assert_int_equal(frame.head_len, 0);
	assert_int_equal(frame.pkt.data_len, 154);
	assert_false(frame.pkt.has_vlan);
	rte_pktmbuf_free(m);
}

/* What is asked for, and the word that the host gets. */
static const struct {
	struct test_packet packet;
	uint64_t flags;
	uint32_t value;
} sums[] = {
	{ { .payload = 9 }, IP_SUM, 0x00000011 },
	{ { .payload = 9 }, TCP_SUM, 0x00220005 },
	{ { .payload = 9 }, IP_SUM | TCP_SUM, 0x00220015 },
	{ { .payload = 9, .udp = true }, UDP_SUM, 0x00220009 },
	{ { .payload = 9, .udp = true }, IP_SUM | UDP_SUM, 0x00220019 },
	{ { .payload = 9, .ip_options = 40 }, IP_SUM | TCP_SUM, 0x004a0015 },
	{ { .payload = 9, .ipv6 = true }, TCP_SUM, 0x00360006 },
	{ { .payload = 9, .ipv6 = true, .udp = true }, UDP_SUM, 0x0036000a },
	/* The tag leaves the frame: what is behind it moves. */
	{ { .payload = 9, .tagged = true }, IP_SUM | TCP_SUM, 0x00220015 },
	{ { .payload = 9, .tagged = true, .ipv6 = true, .udp = true }, UDP_SUM, 0x0036000a },
	/* Ethernet's padding is not IP's. */
	{ { .payload = 1, .padding = 5 }, TCP_SUM, 0x00220005 },
	{ { .payload = 0, .udp = true, .padding = 18 }, UDP_SUM, 0x00220009 },
};

/* However the headers are cut into pieces, by copy and without. */
static void
checksum_request_has_its_word_and_begins_the_sums(void **state)
{
	uint8_t head[HN_TX_HEAD_MAX];
	unsigned int i;
	uint32_t piece, len;
	struct rte_mbuf *m;

	(void)state;
	for (i = 0; i < RTE_DIM(sums); i++) {
		for (piece = 1; piece < 130; piece++) {
			m = test_request(&sums[i].packet, piece, sums[i].flags, 0);
			assert_int_equal(init(m), 0);
			assert_int_equal(frame.pkt.task, HN_PKT_CHECKSUM);
			assert_int_equal(frame.pkt.task_value, sums[i].value);
			len = test_expect(&sums[i].packet, m->pkt_len,
					  (sums[i].flags & IP_SUM) != 0,
					  (sums[i].flags & RTE_MBUF_F_TX_L4_MASK) != 0, false);
			assert_int_equal(frame.pkt.data_len, len);
			assert_int_equal(frame.skip - frame.head_len,
					 sums[i].packet.tagged ? 4 : 0);
			assert_in_range(frame.head_len, 14, len);
			hn_tx_frame_write_head(&frame, head);
			assert_memory_equal(head, test_bytes, frame.head_len);
			rte_pktmbuf_free(m);
		}
	}
}

static const struct {
	struct test_packet packet;
	uint16_t segment;
	uint32_t value;
} cuts[] = {
	{ { .payload = 10000 }, 1448, 0x422005a8 },
	{ { .payload = 10000, .tcp_options = 40 }, 1400, 0x42200578 },
	{ { .payload = 10000, .ip_options = 40, .tcp_options = 40 }, 1400, 0x44a00578 },
	{ { .payload = 1001, .ipv6 = true, .tcp_options = 12 }, 1000, 0xc36003e8 },
	{ { .payload = 62780 - 54 }, 1460, 0x422005b4 },
	{ { .payload = 3000, .tagged = true }, 1448, 0x422005a8 },
	{ { .payload = 3000, .tagged = true, .ipv6 = true }, 1, 0xc3600001 },
};

static void
frame_to_be_cut_has_its_word_and_headers_without_lengths(void **state)
{
	static const uint32_t pieces[] = { 1, 13, 40, 54, 100, 2048 };
	uint8_t head[HN_TX_HEAD_MAX];
	struct rte_mbuf *m;
	unsigned int i, k;
	uint32_t len;

	(void)state;
	for (i = 0; i < RTE_DIM(cuts); i++) {
		for (k = 0; k < RTE_DIM(pieces); k++) {
			if (cuts[i].packet.payload / pieces[k] > TEST_POOL_COUNT - 200)
				continue;
			m = test_request(&cuts[i].packet, pieces[k], CUT | IP_SUM *
					 !cuts[i].packet.ipv6, cuts[i].segment);
			assert_int_equal(init(m), 0);
			assert_int_equal(frame.pkt.task, HN_PKT_LSO);
			assert_int_equal(frame.pkt.task_value, cuts[i].value);
			len = test_expect(&cuts[i].packet, m->pkt_len, true, true, true);
			assert_int_equal(frame.pkt.data_len, len);
			assert_int_equal(frame.head_len, len - cuts[i].packet.payload);
			hn_tx_frame_write_head(&frame, head);
			assert_memory_equal(head, test_bytes, frame.head_len);
			rte_pktmbuf_free(m);
		}
	}
}

/* Also for one that has no payload at all. */
static void
single_segment_goes_as_a_packet_to_be_summed(void **state)
{
	static const uint32_t payloads[] = { 0, 1, 1447, 1448 };
	uint8_t head[HN_TX_HEAD_MAX];
	struct test_packet packet = { .tcp_options = 12 };
	struct rte_mbuf *m;
	unsigned int i, ipv6;

	(void)state;
	for (ipv6 = 0; ipv6 < 2; ipv6++) {
		for (i = 0; i < RTE_DIM(payloads); i++) {
			packet.ipv6 = ipv6 != 0;
			packet.payload = payloads[i];
			m = test_request(&packet, 2000, CUT, 1448);
			assert_int_equal(init(m), 0);
			assert_int_equal(frame.pkt.task, HN_PKT_CHECKSUM);
			assert_int_equal(frame.pkt.task_value, ipv6 != 0 ? 0x00360006 : 0x00220015);
			test_expect(&packet, m->pkt_len, true, true, false);
			hn_tx_frame_write_head(&frame, head);
			assert_memory_equal(head, test_bytes, frame.head_len);
			rte_pktmbuf_free(m);
		}
	}
}

static void
limits_of_segmentation_are_kept(void **state)
{
	struct test_packet packet = { .payload = 62780 - 54 };

	(void)state;
	packet.payload++;
	assert_refused(test_request(&packet, 2000, CUT | IP_SUM, 1448), -EINVAL);
	packet.payload = 3000;
	assert_refused(test_request(&packet, 2000, CUT | IP_SUM, 0), -EINVAL);
	/* A host that cuts nothing into less than four. */
	limits.lso_segments_min = 4;
	assert_refused(test_request(&packet, 2000, CUT | IP_SUM, 1000), -EINVAL);
	packet.payload = 3001;
	limits.lso_len_max = 3055;
	assert_int_equal(init(test_request(&packet, 2000, CUT | IP_SUM, 1000)), 0);
	rte_pktmbuf_free(frame.mbuf);
	/* Extension headers, that the host may not be able to copy. */
	packet = (struct test_packet){ .ipv6 = true, .payload = 3900 };
	limits.lso_len_max = 62780;
	assert_int_equal(init(test_request(&packet, 2000, CUT, 1000)), 0);
	frame.mbuf->l3_len += 8;
	assert_refused(frame.mbuf, -ENOTSUP);
}

/* Each of what the host was not told to do. */
static const struct {
	struct test_packet packet;
	uint64_t flags;
	uint32_t needs;
} needs[] = {
	{ { .payload = 9 }, IP_SUM, HN_OFFLOAD_TX_IPV4 },
	{ { .payload = 9 }, TCP_SUM, HN_OFFLOAD_TX_TCP_IPV4 },
	{ { .payload = 9, .udp = true }, UDP_SUM, HN_OFFLOAD_TX_UDP_IPV4 },
	{ { .payload = 9, .ipv6 = true }, TCP_SUM, HN_OFFLOAD_TX_TCP_IPV6 },
	{ { .payload = 9, .ipv6 = true, .udp = true }, UDP_SUM, HN_OFFLOAD_TX_UDP_IPV6 },
	{ { .payload = 3000 }, CUT | IP_SUM, HN_OFFLOAD_LSO_IPV4 },
	{ { .payload = 3000, .ipv6 = true }, CUT, HN_OFFLOAD_LSO_IPV6 },
};

static void
what_the_host_was_not_told_to_do_is_refused(void **state)
{
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(needs); i++) {
		limits.tasks = 0x7f;
		m = test_request(&needs[i].packet, 2000, needs[i].flags, 1000);
		assert_int_equal(init(m), 0);
		limits.tasks = 0x7f & ~needs[i].needs;
		assert_refused(m, -ENOTSUP);
		limits.tasks = 0;
		assert_refused(test_request(&needs[i].packet, 2000, needs[i].flags, 1000),
			       -ENOTSUP);
	}
}

static void
what_no_host_does_is_refused(void **state)
{
	static const uint64_t flags[] = {
		RTE_MBUF_F_TX_SCTP_CKSUM, RTE_MBUF_F_TX_QINQ, RTE_MBUF_F_TX_UDP_SEG,
		RTE_MBUF_F_TX_OUTER_IP_CKSUM, RTE_MBUF_F_TX_OUTER_UDP_CKSUM,
		RTE_MBUF_F_TX_OUTER_IPV4, RTE_MBUF_F_TX_OUTER_IPV6,
		RTE_MBUF_F_TX_TUNNEL_VXLAN, RTE_MBUF_F_TX_TUNNEL_GRE, RTE_MBUF_F_TX_MACSEC,
		RTE_MBUF_F_TX_SEC_OFFLOAD, RTE_MBUF_F_TX_IEEE1588_TMST,
	};
	const struct test_packet packet = { .payload = 100 };
	unsigned int i;

	(void)state;
	limits.tasks = UINT32_MAX >> 1;
	for (i = 0; i < RTE_DIM(flags); i++) {
		assert_refused(test_request(&packet, 2000, flags[i], 0), -ENOTSUP);
		assert_refused(test_request(&packet, 2000, flags[i] | IP_SUM, 0), -ENOTSUP);
	}
}

static void
requests_that_make_no_sense_are_refused(void **state)
{
	const struct test_packet packet = { .payload = 9 };
	const struct test_packet six = { .payload = 9, .ipv6 = true };
	struct rte_mbuf *m;

	(void)state;
	/* Neither family, both, and a checksum that IPv6 does not have. */
	m = test_request(&packet, 2000, IP_SUM | TCP_SUM, 0);
	m->ol_flags &= ~RTE_MBUF_F_TX_IPV4;
	assert_refused(m, -EINVAL);
	m = test_request(&packet, 2000, TCP_SUM | RTE_MBUF_F_TX_IPV6, 0);
	assert_refused(m, -EINVAL);
	assert_refused(test_request(&six, 2000, IP_SUM | TCP_SUM, 0), -EINVAL);
}

/* Lengths of headers, and of the frame, of which the sum does not fit. */
static const struct {
	uint32_t l2, l3, l4, len;
	int ret;
} places[] = {
	{ 14, 20, 20, 54, 0 }, { 14, 20, 20, 53, -EINVAL }, { 13, 20, 20, 100, -EINVAL },
	{ 0, 20, 20, 100, -EINVAL }, { 14, 19, 20, 100, -EINVAL }, { 14, 0, 20, 100, -EINVAL },
	{ 127, 20, 20, 167, 0 }, { 127, 20, 20, 166, -EINVAL }, { 14, 511, 20, 1000, -EINVAL },
	{ 127, 33, 20, 1000, 0 }, { 127, 34, 20, 1000, -EINVAL },
};

static void
headers_lie_in_the_frame_and_fit_a_slot(void **state)
{
	const struct test_packet packet = { .payload = 1000 };
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(places); i++) {
		m = test_request(&packet, 2000, TCP_SUM, 0);
		m->l2_len = places[i].l2;
		m->l3_len = places[i].l3;
		m->l4_len = places[i].l4;
		m->data_len = (uint16_t)places[i].len;
		m->pkt_len = places[i].len;
		assert_refused(m, places[i].ret);
	}
	/* TCP's own length counts only when the header is to be copied. */
	m = test_request(&packet, 2000, CUT | IP_SUM, 100);
	m->l4_len = 146;
	assert_int_equal(init(m), 0);
	assert_int_equal(frame.head_len, 180);
	m->l4_len = 147;
	assert_refused(m, -EINVAL);
	/* With the tag, of which the mbuf's lengths know. */
	m = test_request(&(struct test_packet){ .payload = 9, .tagged = true }, 2000, TCP_SUM, 0);
	m->l2_len = 17;
	assert_refused(m, -EINVAL);
}

static void
random_requests_never_lead_outside(void **state)
{
	uint8_t head[HN_TX_HEAD_MAX];
	const struct test_packet packet = { .payload = 300 };
	uint32_t turn, len;
	struct rte_mbuf *m;

	(void)state;
	srand(5);
	for (turn = 0; turn < 20000; turn++) {
		m = test_request(&packet, 1 + (uint32_t)rand() % 200, 0, (uint16_t)rand());
		m->ol_flags = ((uint64_t)rand() << 50 ^ (uint64_t)rand() << 44) &
			      RTE_MBUF_F_TX_OFFLOAD_MASK;
		m->tx_offload = (uint64_t)rand() << 31 ^ (uint64_t)rand();
		m->l2_len = (uint32_t)rand() % 128;
		m->l3_len = (uint32_t)rand() % 128;
		len = (uint32_t)rand() % 355;
		m->pkt_len = len;
		if (init(m) == 0 && frame.head_len != 0) {
			assert_in_range(frame.head_len, 1, RTE_MIN(HN_TX_HEAD_MAX, len));
			hn_tx_frame_write_head(&frame, head);
		}
		rte_pktmbuf_free(m);
	}
	test_assert_pool_full();
}

#define FRAME_CASE(sentence, function) { sentence, function, set_up, NULL, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FRAME_CASE("a frame that asks for nothing is sent as it is",
			   frame_that_asks_for_nothing_is_sent_as_it_is),
		FRAME_CASE("a checksum request has its word and begins the sums",
			   checksum_request_has_its_word_and_begins_the_sums),
		FRAME_CASE("a frame to be cut has its word and headers without lengths",
			   frame_to_be_cut_has_its_word_and_headers_without_lengths),
		FRAME_CASE("a single segment goes as a packet to be summed",
			   single_segment_goes_as_a_packet_to_be_summed),
		FRAME_CASE("limits of segmentation are kept", limits_of_segmentation_are_kept),
		FRAME_CASE("what the host was not told to do is refused",
			   what_the_host_was_not_told_to_do_is_refused),
		FRAME_CASE("what no host does is refused", what_no_host_does_is_refused),
		FRAME_CASE("requests that make no sense are refused",
			   requests_that_make_no_sense_are_refused),
		FRAME_CASE("headers lie in the frame and fit a slot",
			   headers_lie_in_the_frame_and_fit_a_slot),
		FRAME_CASE("random requests never lead outside",
			   random_requests_never_lead_outside),
	};

	return cmocka_run_group_tests_name("hn_tx_frame", tests, test_start_eal, test_stop_eal);
}
