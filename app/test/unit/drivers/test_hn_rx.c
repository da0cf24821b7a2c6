/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Receiving from a channel that the test plays: packets are prepared in a
 * receive buffer, and what comes out and is given back is looked at.
 */

#include <errno.h>

#include <bus_vmbus_driver.h>
#include <rte_ether.h>

#include "hn_pkt_rx.h"
#include "hn_rx.h"
#include "hn_rxbuf.h"
#include "hn_rxmem.h"
#include "hn_test_eal.h"

#define PIECE 4096u
#define PIECES 64u
#define BURST 32

/* The host's side of the channel. */
static struct {
	uint8_t *rxbuf;
	struct vmbus_rxbuf_range range[PIECES];
	uint32_t range_count;
	uint32_t packets;	/* still to come, of the same ranges */
	uint64_t next_id;
	bool taken;		/* somebody else has the receive end */
	bool stops;		/* the queue is stopped before the end is ours */
	uint32_t polls;
	uint32_t done;		/* completions got */
	uint32_t last_status;
	uint64_t last_id;
} host;

static struct hn_rxq rxq;

void *
rte_vmbus_take_region(struct rte_vmbus_device *dev, enum vmbus_map which, uint64_t *len)
{
	(void)dev;
	(void)which;
	(void)len;
	fail();
	return NULL;
}

bool
hn_chan_rx_trylock(struct hn_chan *chan)
{
	(void)chan;
	if (host.stops)
		hn_rx_stop(&rxq);
	return !host.taken;
}

void
hn_chan_rx_lock(struct hn_chan *chan)
{
	(void)chan;
}

void
hn_chan_rx_unlock(struct hn_chan *chan)
{
	(void)chan;
}

void
hn_chan_rx_leave(struct hn_chan *chan)
{
	hn_chan_rx_unlock(chan);
}

int
hn_chan_rx_next(struct hn_chan *chan, struct hn_msg *msg, uint32_t *budget)
{
	(void)chan;
	if (host.packets == 0 || *budget == 0)
		return 0;
	(*budget)--;
	host.packets--;
	memcpy(msg->raw, host.range, sizeof(host.range));
	msg->range = (const void *)msg->raw;
	msg->range_count = host.range_count;
	msg->xactid = host.next_id++;
	msg->wants_completion = true;
	return 1;
}

void
hn_chan_rx_done(struct hn_chan *chan, const struct hn_msg *msg, uint32_t status)
{
	(void)chan;
	assert_true(msg->wants_completion);
	host.done++;
	host.last_status = status;
	host.last_id = msg->xactid;
}

int
hn_chan_poll(struct hn_chan *chan, uint32_t budget, enum hn_chan_overflow overflow)
{
	(void)chan;
	(void)budget;
	/* Whoever receives has no reason to throw frames away. */
	assert_int_equal(overflow, HN_CHAN_LEAVE);
	host.polls++;
	return 0;
}

static struct hn_chan_shared chan_shared;

static int
set_up(void **state)
{
	(void)state;
	memset(&host, 0, sizeof(host));
	memset(&rxq, 0, sizeof(rxq));
	rxq.running = true;
	rxq.wants = HN_PKT_RX_VLAN;
	memset(&test_proc, 0, sizeof(test_proc));
	/* Of its own, so that sanitizers see every step beyond it. */
	host.rxbuf = aligned_alloc(4096, PIECES * PIECE);
	memset(host.rxbuf, 0, PIECES * PIECE);
	host.next_id = 7;
	memset(&chan_shared, 0, sizeof(chan_shared));
	test_proc.channels.chan[0].shared = &chan_shared;
	test_proc.channels.chan[0].rxbuf = host.rxbuf;
	test_proc.channels.chan[0].rxbuf_len = PIECES * PIECE;
	rxq.pool = test_pool;
	hn_rx_mbuf_init(&rxq.start, test_pool, rxq.port_id);
	rxq.copybreak = UINT32_MAX;
	rxq.nb_desc = 64;
	return host.rxbuf != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	free(host.rxbuf);
	return 0;
}

/* Put a frame into the piece of the same number; returns where its message is. */
static uint8_t *
put_frame(uint32_t index, uint32_t len)
{
	uint8_t *msg = host.rxbuf + (size_t)index * PIECE;
	uint32_t i;

	memset(msg, 0, PIECE);
	put32(msg, 1);
	put32(msg + 4, PIECE);
	put32(msg + 8, 120);
	put32(msg + 12, len);
	for (i = 0; i < len; i++)
		msg[128 + i] = pattern(index, i);
	host.range[index].ofs = index * PIECE;
	host.range[index].len = PIECE;
	return msg;
}

static void
put_vlan(uint8_t *msg, uint32_t value)
{
	put32(msg + 28, 36);
	put32(msg + 32, 16);
	put32(msg + 44, 16);
	put32(msg + 48, 6);
	put32(msg + 52, 12);
	put32(msg + 56, value);
}

static void
put_packet(uint32_t frames, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < frames; i++)
		put_frame(i, len);
	host.range_count = frames;
	host.packets = 1;
}

static void
assert_frame(struct rte_mbuf *m, uint32_t index, uint32_t len)
{
	uint8_t copy[PIECE];
	const uint8_t *data;
	uint32_t i;

	assert_int_equal(m->pkt_len, len);
	rte_mbuf_sanity_check(m, 1);
	data = rte_pktmbuf_read(m, 0, len, copy);
	assert_non_null(data);
	for (i = 0; i < len; i++)
		assert_int_equal(data[i], pattern(index, i));
	assert_int_equal(m->port, rxq.port_id);
}

static void
free_all(struct rte_mbuf **pkts, uint16_t count)
{
	rte_pktmbuf_free_bulk(pkts, count);
	test_assert_pool_full();
}

static void
test_packet_becomes_frames(void **state)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t i;

	(void)state;
	put_packet(10, 60);
	assert_int_equal(hn_rx_burst(&rxq, pkts, BURST), 10);
	for (i = 0; i < 10; i++)
		assert_frame(pkts[i], i, 60);
	assert_int_equal(host.done, 1);
	assert_int_equal(host.last_id, 7);
	assert_int_equal(host.last_status, 1);
	assert_int_equal(rxq.stats.packets, 10);
	assert_int_equal(rxq.stats.bytes, 600);
	free_all(pkts, 10);
}

static void
test_every_size(void **state)
{
	struct rte_mbuf *m;
	uint32_t len;

	(void)state;
	for (len = 14; len <= TEST_ROOM; len++) {
		put_packet(1, len);
		assert_int_equal(hn_rx_burst(&rxq, &m, 1), 1);
		assert_frame(m, 0, len);
		rte_pktmbuf_free(m);
	}
	test_assert_pool_full();
}

/* Put a frame into the buffer's last bytes, behind a header that is so far away. */
static void
put_last(uint32_t offset, uint32_t len)
{
	uint32_t room = 8 + offset + len, i;
	uint8_t *msg = host.rxbuf + PIECES * PIECE - room;

	memset(msg, 0, room);
	put32(msg, 1);
	put32(msg + 4, room);
	put32(msg + 8, offset);
	put32(msg + 12, len);
	for (i = 0; i < len; i++)
		msg[8 + offset + i] = pattern(0, i);
	host.range[0].ofs = PIECES * PIECE - room;
	host.range[0].len = room;
	host.range_count = 1;
	host.packets = 1;
}

static void
test_any_place(void **state)
{
	struct rte_mbuf *m;
	uint32_t offset, len;

	(void)state;
	for (offset = 36; offset <= 600; offset++) {
		for (len = 14; len <= 100; len++) {
			put_last(offset, len);
			assert_int_equal(hn_rx_burst(&rxq, &m, 1), 1);
			assert_frame(m, 0, len);
			rte_pktmbuf_free(m);
		}
	}
	test_assert_pool_full();
}

/* 40 frames in bursts of 1 to 40: the completion comes with the last. */
static void
test_small_bursts_resume(void **state)
{
	struct rte_mbuf *pkts[40];
	uint16_t burst, got, total;

	(void)state;
	for (burst = 1; burst <= 40; burst++) {
		put_packet(40, 60);
		host.done = 0;
		for (total = 0; total < 40; total += got) {
			assert_int_equal(host.done, 0);
			got = hn_rx_burst(&rxq, pkts + total, RTE_MIN(burst, 40 - total));
			assert_in_range(got, 1, burst);
		}
		assert_int_equal(host.done, 1);
		for (got = 0; got < 40; got++)
			assert_frame(pkts[got], got, 60);
		free_all(pkts, 40);
	}
}

static void
test_burst_takes_several_packets(void **state)
{
	struct rte_mbuf *pkts[BURST];

	(void)state;
	put_packet(5, 60);
	host.packets = 10;
	assert_int_equal(hn_rx_burst(&rxq, pkts, BURST), BURST);
	assert_int_equal(host.done, 6);
	assert_int_equal(host.packets, 3);
	free_all(pkts, BURST);
}

static void
test_others_own_the_end(void **state)
{
	struct rte_mbuf *pkts[BURST];

	(void)state;
	put_packet(5, 60);
	host.taken = true;
	assert_int_equal(hn_rx_burst(&rxq, pkts, BURST), 0);
	assert_int_equal(host.packets, 1);
}

/* Ranges that the host could claim, in a receive buffer of PIECES pieces. */
static void
test_lying_ranges(void **state)
{
	const uint32_t all = PIECES * PIECE;
	const struct vmbus_rxbuf_range lies[] = {
		{ .ofs = all, .len = PIECE },
		{ .ofs = all - 100, .len = PIECE },
		{ .ofs = UINT32_MAX - 100, .len = PIECE },
		{ .ofs = PIECE, .len = UINT32_MAX },
		{ .ofs = PIECE, .len = UINT32_MAX - PIECE + 1 },
		{ .ofs = UINT32_MAX, .len = 1 },
		{ .ofs = PIECE, .len = 0 },
		{ .ofs = PIECE, .len = 43 },
		{ .ofs = all, .len = 0 },
	};
	struct rte_mbuf *pkts[BURST];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(lies); i++) {
		put_packet(3, 60);
		host.range[1] = lies[i];
		assert_int_equal(hn_rx_burst(&rxq, pkts, BURST), 2);
		assert_frame(pkts[0], 0, 60);
		assert_frame(pkts[1], 2, 60);
		assert_int_equal(host.done, i + 1);
		assert_int_equal(host.last_status, 2);
		assert_int_equal(rxq.stats.errors, i + 1);
		free_all(pkts, 2);
	}
}

static void
test_malformed_costs_one_frame(void **state)
{
	static const struct {
		uint32_t at;
		uint32_t value;
	} lies[] = {
		{ 0, 0x80000004 }, { 4, PIECE + 1 }, { 8, PIECE }, { 12, UINT32_MAX },
		{ 12, 13 }, { 12, 0 }, { 32, 5 }, { 44, 0 },
	};
	struct rte_mbuf *pkts[BURST];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(lies); i++) {
		put_packet(3, 60);
		put_vlan(host.rxbuf + PIECE, 0x53);
		put32(host.rxbuf + PIECE + lies[i].at, lies[i].value);
		assert_int_equal(hn_rx_burst(&rxq, pkts, BURST), 2);
		assert_frame(pkts[0], 0, 60);
		assert_frame(pkts[1], 2, 60);
		assert_int_equal(host.done, i + 1);
		assert_int_equal(rxq.stats.errors, i + 1);
		free_all(pkts, 2);
	}
}

/* A burst of n looks at no more than n frames, even if none is good. */
static void
test_flood_of_nonsense_is_bounded(void **state)
{
	struct rte_mbuf *pkts[BURST];
	uint32_t i;

	(void)state;
	put_packet(PIECES, 60);
	host.packets = 1000;
	for (i = 0; i < PIECES; i++)
		put32(host.rxbuf + i * PIECE, 0);
	assert_int_equal(hn_rx_burst(&rxq, pkts, BURST), 0);
	/* Several for each frame that was asked for, for a frame may have parts. */
	assert_in_range(rxq.stats.errors, BURST, 6 * BURST + 64);
	test_assert_pool_full();
}

static void
test_tag_is_stripped(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	rxq.strip_vlan = true;
	put_packet(1, 60);
	put_vlan(host.rxbuf, 0x53);
	assert_int_equal(hn_rx_burst(&rxq, &m, 1), 1);
	assert_frame(m, 0, 60);
	assert_int_equal(m->vlan_tci, 3 << 13 | 5);
	assert_int_equal(m->ol_flags, RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED);
	free_all(&m, 1);
}

static void
test_tag_is_put_back(void **state)
{
	static const uint8_t tag[] = { 0x81, 0x00, 0x60, 0x05 };
	struct rte_mbuf *m;
	const uint8_t *data;
	uint32_t i;

	(void)state;
	put_packet(1, 60);
	put_vlan(host.rxbuf, 0x53);
	assert_int_equal(hn_rx_burst(&rxq, &m, 1), 1);
	assert_int_equal(m->pkt_len, 64);
	assert_int_equal(m->ol_flags, 0);
	data = rte_pktmbuf_mtod(m, const uint8_t *);
	for (i = 0; i < 12; i++)
		assert_int_equal(data[i], pattern(0, i));
	assert_memory_equal(data + 12, tag, sizeof(tag));
	for (i = 12; i < 60; i++)
		assert_int_equal(data[i + 4], pattern(0, i));
	free_all(&m, 1);
}

static void
test_too_long_is_dropped(void **state)
{
	struct rte_mbuf *pkts[BURST];

	(void)state;
	put_packet(3, 60);
	put_frame(1, TEST_ROOM + 1);
	assert_int_equal(hn_rx_burst(&rxq, pkts, BURST), 2);
	assert_frame(pkts[1], 2, 60);
	assert_int_equal(rxq.stats.errors, 1);
	assert_int_equal(host.done, 1);
	free_all(pkts, 2);
}

static void
test_too_long_is_chained(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	rxq.chains = true;
	put_packet(1, TEST_ROOM + TEST_ROOM / 2);
	assert_int_equal(hn_rx_burst(&rxq, &m, 1), 1);
	assert_int_equal(m->nb_segs, 2);
	assert_frame(m, 0, TEST_ROOM + TEST_ROOM / 2);
	free_all(&m, 1);
}

/* With fewer mbufs than frames, nothing is lost: the rest comes when there are some. */
static void
test_shortage_loses_nothing(void **state)
{
	struct rte_mbuf *hoard[TEST_POOL_COUNT], *pkts[10];
	uint32_t left;
	uint16_t got, i;

	(void)state;
	for (left = 0; left < 10; left++) {
		put_packet(10, 60);
		host.done = 0;
		rxq.stats.no_mbuf = 0;
		assert_int_equal(rte_pktmbuf_alloc_bulk(test_pool, hoard,
							TEST_POOL_COUNT - left), 0);
		got = hn_rx_burst(&rxq, pkts, 10);
		assert_int_equal(got, left);
		assert_int_equal(rxq.stats.no_mbuf, 1);
		assert_int_equal(host.done, 0);
		assert_int_equal(host.polls, left + 1);
		rte_pktmbuf_free_bulk(hoard, TEST_POOL_COUNT - left);
		got += hn_rx_burst(&rxq, pkts + got, 10 - got);
		assert_int_equal(got, 10);
		assert_int_equal(host.done, 1);
		for (i = 0; i < 10; i++)
			assert_frame(pkts[i], i, 60);
		free_all(pkts, 10);
	}
}

static void
test_stop_gives_back(void **state)
{
	struct rte_mbuf *pkts[BURST];

	(void)state;
	put_packet(10, 60);
	assert_int_equal(hn_rx_burst(&rxq, pkts, 4), 4);
	assert_int_equal(host.done, 0);
	hn_rx_stop(&rxq);
	assert_int_equal(host.done, 1);
	assert_int_equal(test_proc.channels.chan[0].shared->stats.missed, 6);
	hn_rx_stop(&rxq);
	assert_int_equal(host.done, 1);
	free_all(pkts, 4);
}

static void
test_stopped_meanwhile(void **state)
{
	struct rte_mbuf *pkts[BURST];

	(void)state;
	put_packet(10, 60);
	assert_int_equal(hn_rx_burst(&rxq, pkts, 4), 4);
	host.packets = 1;
	host.stops = true;
	assert_int_equal(hn_rx_burst(&rxq, pkts + 4, 4), 0);
	assert_int_equal(host.packets, 1);
	assert_false(rxq.busy);
	assert_int_equal(host.done, 1);
	free_all(pkts, 4);
}

/* One info of a 4 byte value behind those that are there. */
static void
add_info(uint8_t *msg, uint32_t type, uint32_t value)
{
	uint32_t len = get32(msg + 32);

	put32(msg + 28, 36);
	put32(msg + 32, len + 16);
	put32(msg + 44 + len, 16);
	put32(msg + 48 + len, type);
	put32(msg + 52 + len, 12);
	put32(msg + 56 + len, value);
}

static void
test_checksum_states(void **state)
{
#define IP(s) RTE_MBUF_F_RX_IP_CKSUM_##s
#define L4(s) RTE_MBUF_F_RX_L4_CKSUM_##s
	static const struct {
		uint32_t told;
		uint64_t flags;
	} cases[] = {
		{ 0x000, IP(UNKNOWN) | L4(UNKNOWN) },
		{ 0x020, IP(GOOD) | L4(UNKNOWN) }, { 0x004, IP(BAD) | L4(UNKNOWN) },
		{ 0x028, IP(GOOD) | L4(GOOD) }, { 0x030, IP(GOOD) | L4(GOOD) },
		{ 0x021, IP(GOOD) | L4(BAD) }, { 0x022, IP(GOOD) | L4(BAD) },
		{ 0x008, IP(UNKNOWN) | L4(GOOD) }, { 0x010, IP(UNKNOWN) | L4(GOOD) },
		/* Failed wins. */
		{ 0x03f, IP(BAD) | L4(BAD) }, { 0x024, IP(BAD) }, { 0x009, L4(BAD) },
		/* Validated, but the field is stale. */
		{ 0x0a8, IP(GOOD) | L4(NONE) }, { 0x1a8, IP(NONE) | L4(NONE) },
		{ 0x120, IP(NONE) }, { 0x180, IP(UNKNOWN) | L4(UNKNOWN) },
		/* Loopback says nothing of sums. */
		{ 0x040, 0 },
	};
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rxq.wants |= HN_PKT_RX_CHECKSUM;
		put_packet(1, 60);
		add_info(host.rxbuf, 0, cases[i].told);
		assert_int_equal(hn_rx_burst(&rxq, &m, 1), 1);
		if (m->ol_flags != cases[i].flags)
			fail_msg("0x%x told: flags 0x%llx", cases[i].told,
				 (unsigned long long)m->ol_flags);
		free_all(&m, 1);
		/* Who did not ask is not told. */
		rxq.wants = HN_PKT_RX_VLAN;
		put_packet(1, 60);
		add_info(host.rxbuf, 0, cases[i].told);
		assert_int_equal(hn_rx_burst(&rxq, &m, 1), 1);
		assert_int_equal(m->ol_flags, 0);
		free_all(&m, 1);
	}
}

static void
test_hash(void **state)
{
	struct rte_mbuf *pkts[2];

	(void)state;
	rxq.wants |= HN_PKT_RX_HASH;
	put_packet(2, 60);
	add_info(host.rxbuf, 8, 0x51ccc178);
	add_info(host.rxbuf, 9, 0x201);
	add_info(host.rxbuf + PIECE, 8, 0x51ccc178);
	add_info(host.rxbuf + PIECE, 9, 0);
	assert_int_equal(hn_rx_burst(&rxq, pkts, 2), 2);
	assert_int_equal(pkts[0]->ol_flags, RTE_MBUF_F_RX_RSS_HASH);
	assert_int_equal(pkts[0]->hash.rss, 0x51ccc178);
	assert_int_equal(pkts[1]->ol_flags, 0);
	free_all(pkts, 2);
}

enum { PART = 1, FIRST = 2, LAST = 4, EMPTY = 8, BROKEN = 16 };

/* Piece number index becomes a part, of one frame with those before it. */
static void
make_part(uint32_t index, uint8_t flags)
{
	add_info(host.rxbuf + index * PIECE, 0x80000001, 1u | (uint32_t)flags << 8 | 7u << 16);
}

/* The parts put from piece 0 on make up the frame. */
static void
assert_joined(struct rte_mbuf *m, uint32_t parts, uint32_t len)
{
	uint8_t copy[PIECES * PIECE];
	const uint8_t *data;
	uint32_t i, k;

	assert_int_equal(m->pkt_len, parts * len);
	rte_mbuf_sanity_check(m, 1);
	data = rte_pktmbuf_read(m, 0, parts * len, copy);
	assert_non_null(data);
	for (i = 0; i < parts; i++)
		for (k = 0; k < len; k++)
			assert_int_equal(data[i * len + k], pattern(i, k));
}

static void
put_parts(uint32_t parts, uint32_t len)
{
	uint32_t i;

	rxq.chains = true;
	put_packet(parts, len);
	for (i = 0; i < parts; i++)
		make_part(i, PART | (i == 0 ? FIRST : 0) | (i == parts - 1 ? LAST : 0));
}

static void
test_parts_become_one_frame(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	rxq.wants |= HN_PKT_RX_CHECKSUM;
	rxq.strip_vlan = true;
	put_parts(5, 1000);
	add_info(host.rxbuf, 0, 0x1a8);
	add_info(host.rxbuf, 6, 0x53);
	/* What a later part says of the frame is not heard. */
	add_info(host.rxbuf + 3 * PIECE, 0, 0x3f);
	/* A burst of one takes as many ranges as its frame has parts. */
	assert_int_equal(hn_rx_burst(&rxq, &m, 1), 1);
	assert_joined(m, 5, 1000);
	assert_int_equal(m->ol_flags, RTE_MBUF_F_RX_LRO | RTE_MBUF_F_RX_IP_CKSUM_NONE |
			 RTE_MBUF_F_RX_L4_CKSUM_NONE | RTE_MBUF_F_RX_VLAN |
			 RTE_MBUF_F_RX_VLAN_STRIPPED);
	assert_int_equal(m->tso_segsz, 1000);
	assert_int_equal(m->vlan_tci, 3 << 13 | 5);
	assert_int_equal(rxq.stats.packets, 1);
	assert_int_equal(rxq.stats.bytes, 5000);
	assert_int_equal(host.last_status, 1);
	free_all(&m, 1);
}

static void
test_single_part_is_a_frame(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	put_parts(1, 100);
	assert_int_equal(hn_rx_burst(&rxq, &m, 1), 1);
	assert_int_equal(m->ol_flags, 0);
	assert_frame(m, 0, 100);
	free_all(&m, 1);
}

/* Flags of five pieces, and how many frames and errors come of them. */
static void
test_broken_rows_of_parts(void **state)
{
	static const struct {
		uint8_t flags[5];
		uint16_t frames;
		uint64_t errors;
	} rows[] = {
		/* no first */
		{ { PART, PART, PART | LAST, 0, 0 }, 2, 3 },
		/* no last: at the end of the packet, before a whole frame, before a first */
		{ { 0, 0, PART | FIRST, PART, PART }, 2, 1 },
		{ { PART | FIRST, PART, 0, 0, 0 }, 3, 1 },
		{ { PART | FIRST, PART, PART | FIRST, PART | LAST, 0 }, 2, 1 },
		/* a part without bytes: those behind it continue nothing */
		{ { PART | FIRST, PART | EMPTY, PART, PART | LAST, 0 }, 1, 4 },
		/* a message that cannot be read, which may have been a part */
		{ { PART | FIRST, PART | BROKEN, PART | LAST, 0, 0 }, 2, 3 },
		/* last twice */
		{ { PART | FIRST, PART | LAST, PART | LAST, 0, 0 }, 3, 1 },
	};
	struct rte_mbuf *pkts[BURST];
	unsigned int i, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rxq.stats.errors = 0;
		rxq.chains = true;
		put_packet(5, 100);
		for (k = 0; k < 5; k++) {
			make_part(k, rows[i].flags[k]);
			if ((rows[i].flags[k] & EMPTY) != 0)
				put32(host.rxbuf + k * PIECE + 12, 0);
			if ((rows[i].flags[k] & BROKEN) != 0)
				put32(host.rxbuf + k * PIECE, 0);
		}
		assert_int_equal(hn_rx_burst(&rxq, pkts, BURST), rows[i].frames);
		assert_int_equal(rxq.stats.errors, rows[i].errors);
		assert_null(rxq.rsc.head);
		free_all(pkts, rows[i].frames);
	}
}

static void
test_joined_frame_has_an_end(void **state)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t got = 0;

	(void)state;
	/* 64 parts of 1000 bytes are one, of 2000 bytes are not. */
	put_parts(PIECES, 1000);
	do
		got = hn_rx_burst(&rxq, pkts, BURST);
	while (got == 0 && rxq.busy);
	assert_int_equal(got, 1);
	assert_joined(pkts[0], PIECES, 1000);
	free_all(pkts, 1);
	put_parts(PIECES, 2000);
	do
		got = hn_rx_burst(&rxq, pkts, BURST);
	while (got == 0 && rxq.busy);
	assert_int_equal(got, 0);
	assert_true(rxq.stats.errors > 0);
	assert_null(rxq.rsc.head);
	test_assert_pool_full();
}

static void
test_stop_in_the_middle_of_a_frame(void **state)
{
	struct rte_mbuf *m;
	uint16_t bursts;

	(void)state;
	/* Two packets without the last part; a burst does not look at so many ranges. */
	put_parts(PIECES, 100);
	host.range_count = PIECES - 1;
	host.packets = 2;
	for (bursts = 0; host.done == 0 || !rxq.busy; bursts++) {
		assert_in_range(bursts, 0, 3);
		assert_int_equal(hn_rx_burst(&rxq, &m, 1), 0);
	}
	assert_non_null(rxq.rsc.head);
	hn_rx_stop(&rxq);
	assert_int_equal(host.done, 2);
	test_assert_pool_full();
}

/* Who did not ask for chains cannot be given one, also not by a host that joins unasked. */
static void
test_parts_are_for_who_takes_chains(void **state)
{
	struct rte_mbuf *pkts[BURST];

	(void)state;
	put_parts(3, 100);
	rxq.chains = false;
	put_frame(3, 100);
	host.range_count = 4;
	assert_int_equal(hn_rx_burst(&rxq, pkts, BURST), 1);
	assert_frame(pkts[0], 3, 100);
	assert_int_equal(rxq.stats.errors, 3);
	assert_null(rxq.rsc.head);
	assert_int_equal(host.done, 1);
	assert_int_equal(host.last_status, 2);
	/* A frame in one part is no chain. */
	put_parts(1, 100);
	rxq.chains = false;
	assert_int_equal(hn_rx_burst(&rxq, pkts + 1, 1), 1);
	assert_frame(pkts[1], 0, 100);
	free_all(pkts, 2);
}

/* Nobody but the frame being joined has the mbufs that its next parts wait for. */
static void
test_joined_frame_gives_way_to_shortage(void **state)
{
	struct rte_mbuf *hoard[TEST_POOL_COUNT], *pkts[BURST];
	unsigned int i;
	uint16_t got = 0;

	(void)state;
	assert_int_equal(rte_pktmbuf_alloc_bulk(test_pool, hoard, TEST_POOL_COUNT - 4), 0);
	put_parts(8, 100);
	put_frame(8, 100);
	host.range_count = 9;
	for (i = 0; i < 20 && got == 0; i++)
		got = hn_rx_burst(&rxq, pkts, BURST);
	assert_int_equal(got, 1);
	assert_frame(pkts[0], 8, 100);
	assert_true(rxq.stats.no_mbuf > 0);
	assert_int_equal(host.done, 1);
	rte_pktmbuf_free_bulk(hoard, TEST_POOL_COUNT - 4);
	free_all(pkts, 1);
}

static void
test_packet_types_on_demand(void **state)
{
	struct rte_mbuf *m;
	uint8_t *frame;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		put_packet(1, 60);
		frame = host.rxbuf + 128;
		memset(frame, 0, 60);
		frame[12] = 0x08;
		frame[14] = 0x45;
		frame[23] = 6;
		assert_int_equal(hn_rx_burst(&rxq, &m, 1), 1);
		assert_int_equal(m->packet_type, i == 0 ? 0 : RTE_PTYPE_L2_ETHER |
				 RTE_PTYPE_L3_IPV4 | RTE_PTYPE_L4_TCP);
		free_all(&m, 1);
		rxq.ptype_layers = RTE_PTYPE_ALL_MASK;
	}
}

/* Zero-copy: frames of more than 100 bytes, from packets of which so many may be kept. */
static struct rte_vmbus_device zero_device;

static struct hn_rxmem *
allow_zero_copy(uint32_t ranges_max)
{
	struct hn_rxmem *mem;

	zero_device.region[VMBUS_MAP_RECV_BUF].addr = host.rxbuf;
	zero_device.region[VMBUS_MAP_RECV_BUF].len = PIECES * PIECE;
	mem = hn_rxmem_create(&zero_device);
	assert_non_null(mem);
	rxq.copybreak = 100;
	test_proc.channels.chan[0].kept = hn_rxbuf_create(mem, ranges_max);
	assert_non_null(test_proc.channels.chan[0].kept);
	return mem;
}

static void
end_zero_copy(struct hn_rxmem *mem)
{
	hn_rxbuf_end(test_proc.channels.chan[0].kept);
	hn_rxmem_end(mem, &zero_device);
	test_assert_pool_full();
}

static void
note_late(void *ctx, uint64_t xactid, uint32_t status, uint32_t ranges)
{
	(void)ctx;
	(void)ranges;
	host.done++;
	host.last_id = xactid;
	host.last_status = status;
}

static bool
leads_into_the_buffer(const struct rte_mbuf *m)
{
	const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);

	return data >= host.rxbuf && data < host.rxbuf + PIECES * PIECE;
}

static void
test_long_frames_are_not_copied(void **state)
{
	struct hn_rxmem *mem = allow_zero_copy(PIECES);
	struct rte_mbuf *pkts[3];

	(void)state;
	put_packet(3, 60);
	put_frame(1, 101);
	put_frame(2, 100);
	assert_int_equal(hn_rx_burst(&rxq, pkts, 3), 3);
	assert_false(leads_into_the_buffer(pkts[0]));
	assert_true(leads_into_the_buffer(pkts[1]));
	assert_false(leads_into_the_buffer(pkts[2]));
	assert_frame(pkts[1], 1, 101);
	assert_int_equal(rxq.stats.attached, 1);
	/* The packet is completed when the frame is freed, and not before. */
	assert_int_equal(host.done, 0);
	rte_pktmbuf_free_bulk(pkts, 3);
	hn_rxbuf_collect(test_proc.channels.chan[0].kept, note_late, NULL);
	assert_int_equal(host.done, 1);
	assert_int_equal(host.last_id, 7);
	assert_int_equal(host.last_status, 1);
	end_zero_copy(mem);
}

static void
test_copied_when_too_much_is_kept(void **state)
{
	struct hn_rxmem *mem = allow_zero_copy(4);
	struct rte_mbuf *pkts[BURST];

	(void)state;
	/* Two packets of three frames; only one fits the share. */
	put_packet(3, 200);
	host.packets = 2;
	assert_int_equal(hn_rx_burst(&rxq, pkts, BURST), 6);
	assert_int_equal(rxq.stats.attached, 3);
	assert_int_equal(host.done, 1);
	assert_frame(pkts[4], 1, 200);
	rte_pktmbuf_free_bulk(pkts, 6);
	hn_rxbuf_collect(test_proc.channels.chan[0].kept, note_late, NULL);
	assert_int_equal(host.done, 2);
	end_zero_copy(mem);
}

static void
test_tag_that_goes_back_is_copied(void **state)
{
	struct hn_rxmem *mem = allow_zero_copy(PIECES);
	struct rte_mbuf *m;

	(void)state;
	put_packet(1, 200);
	put_vlan(host.rxbuf, 0x53);
	assert_int_equal(hn_rx_burst(&rxq, &m, 1), 1);
	assert_false(leads_into_the_buffer(m));
	assert_int_equal(m->pkt_len, 204);
	assert_int_equal(host.done, 1);
	rte_pktmbuf_free(m);
	rxq.strip_vlan = true;
	put_packet(1, 200);
	put_vlan(host.rxbuf, 0x53);
	assert_int_equal(hn_rx_burst(&rxq, &m, 1), 1);
	assert_true(leads_into_the_buffer(m));
	rte_pktmbuf_free(m);
	end_zero_copy(mem);
}

static void
test_joined_frame_is_not_copied(void **state)
{
	struct hn_rxmem *mem = allow_zero_copy(PIECES);
	struct rte_mbuf *m;

	(void)state;
	put_parts(5, 1000);
	assert_int_equal(hn_rx_burst(&rxq, &m, 1), 1);
	assert_joined(m, 5, 1000);
	assert_int_equal(rxq.stats.attached, 5);
	assert_int_equal(host.done, 0);
	rte_pktmbuf_free(m);
	end_zero_copy(mem);
}

static void
test_bad_frame_beside_a_kept_one(void **state)
{
	struct hn_rxmem *mem = allow_zero_copy(PIECES);
	struct rte_mbuf *m;

	(void)state;
	put_packet(2, 200);
	put32(host.rxbuf + PIECE, 0);
	assert_int_equal(hn_rx_burst(&rxq, &m, 1), 1);
	(void)hn_rx_burst(&rxq, &m + 1, 0);
	hn_rx_stop(&rxq);
	assert_int_equal(host.done, 0);
	rte_pktmbuf_free(m);
	hn_rxbuf_collect(test_proc.channels.chan[0].kept, note_late, NULL);
	assert_int_equal(host.done, 1);
	end_zero_copy(mem);
}

#define RX_CASE(sentence, function) { sentence, function, set_up, tear_down, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RX_CASE("a packet becomes frames in order and is completed once",
			test_packet_becomes_frames),
		RX_CASE("a frame of any size arrives as it was sent", test_every_size),
		RX_CASE("a frame arrives from anywhere, the end of the buffer too", test_any_place),
		RX_CASE("a burst smaller than a packet resumes in the next", test_small_bursts_resume),
		RX_CASE("a burst takes several packets and no more than it holds",
			test_burst_takes_several_packets),
		RX_CASE("a burst leaves the channel to its owner", test_others_own_the_end),
		RX_CASE("a range outside the buffer costs one frame", test_lying_ranges),
		RX_CASE("a malformed message costs one frame", test_malformed_costs_one_frame),
		RX_CASE("a flood of nonsense does not hold a burst", test_flood_of_nonsense_is_bounded),
		RX_CASE("a tag goes into the mbuf when stripping", test_tag_is_stripped),
		RX_CASE("a tag goes back into the frame otherwise", test_tag_is_put_back),
		RX_CASE("a frame longer than an mbuf is dropped and counted", test_too_long_is_dropped),
		RX_CASE("a frame longer than an mbuf is chained with scatter", test_too_long_is_chained),
		RX_CASE("a shortage of mbufs loses nothing", test_shortage_loses_nothing),
		RX_CASE("checksums have four states, for who asked", test_checksum_states),
		RX_CASE("the host's hash is the mbuf's, if there is one", test_hash),
		RX_CASE("parts of a joined frame become one chain", test_parts_become_one_frame),
		RX_CASE("a joined frame of one part is a frame", test_single_part_is_a_frame),
		RX_CASE("rows of parts that make no sense cost their frames",
			test_broken_rows_of_parts),
		RX_CASE("a joined frame is no longer than an IP packet",
			test_joined_frame_has_an_end),
		RX_CASE("parts are not joined for who did not ask for chains",
			test_parts_are_for_who_takes_chains),
		RX_CASE("a frame being joined does not keep the mbufs that its parts wait for",
			test_joined_frame_gives_way_to_shortage),
		RX_CASE("stopping frees a frame that is not whole",
			test_stop_in_the_middle_of_a_frame),
		RX_CASE("frames longer than the copybreak are not copied",
			test_long_frames_are_not_copied),
		RX_CASE("frames are copied when too much is kept", test_copied_when_too_much_is_kept),
		RX_CASE("a frame is copied for a tag that goes back into it",
			test_tag_that_goes_back_is_copied),
		RX_CASE("a joined frame is not copied, either", test_joined_frame_is_not_copied),
		RX_CASE("a packet begun and kept is completed once, after a stop too",
			test_bad_frame_beside_a_kept_one),
		RX_CASE("packet types are looked for on demand", test_packet_types_on_demand),
		RX_CASE("stopping gives a begun packet back", test_stop_gives_back),
		RX_CASE("a burst that finds its queue stopped begins nothing",
			test_stopped_meanwhile),
	};

	return cmocka_run_group_tests_name("hn_rx", tests, test_start_eal, test_stop_eal);
}
