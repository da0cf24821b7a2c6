/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Transmitting to a host that the test plays: it reads sections and pages as
 * the documents say, keeps the frames, and completes them when it likes.
 */

#include <errno.h>

#include <rte_errno.h>
#include <rte_ether.h>

#include "hn_chan.h"
#include "hn_offload.h"
#include "hn_test_packet.h"
#include "hn_tx.h"

#define DESCS 64
#define SECTIONS 16
#define SECTION_LEN 6144u
#define FIRST_SECTION 3
#define ALIGN 8u
#define MAX_PACKETS 8u
#define FRAMES_MAX 256
#define FRAME_LEN_MAX (17u * 4096)
#define SUCCESS 1
#define FAIL 2

struct host_frame {
	uint32_t len;
	bool tagged;
	uint32_t tag;
	bool has_checksum;
	uint32_t checksum;
	bool has_lso;
	uint32_t lso;
	uint8_t data[FRAME_LEN_MAX];
};

/* The host's side of the channel. */
static struct {
	uint8_t *txbuf;
	uint32_t room;			/* packets that the ring still takes */
	uint32_t packets;		/* packets got */
	uint64_t xactid[FRAMES_MAX];	/* of each, until completed */
	uint32_t frames;
	uint32_t polls;
	uint32_t poll_budget;	/* of the last one */
	uint32_t drops;			/* of them, those at the cost of receive data */
	uint32_t sections;		/* packets that came in a section */
	uint32_t ranges_max;
	uint32_t padding;		/* of the last message */
	bool section_used[FIRST_SECTION + SECTIONS];
	struct host_frame frame[FRAMES_MAX];
} host;

static struct hn_txq txq;

/* Info beside a frame: no kind twice, nothing that a host does not know. */
static void
host_take_info(struct host_frame *frame, const uint8_t *info, uint32_t len)
{
	bool *has;
	uint32_t *value;

	/* Each item has 16 bytes. */
	for (; len != 0; info += 16, len -= 16) {
		assert_in_range(len, 16, 3 * 16);
		assert_int_equal(get32(info), 16);
		assert_int_equal(get32(info + 8), 12);
		switch (get32(info + 4)) {
		case 0:
			has = &frame->has_checksum;
			value = &frame->checksum;
			break;
		case 2:
			has = &frame->has_lso;
			value = &frame->lso;
			break;
		default:
			assert_int_equal(get32(info + 4), 6);
			has = &frame->tagged;
			value = &frame->tag;
			break;
		}
		assert_false(*has);
		*has = true;
		*value = get32(info + 12);
	}
	/* One task at a time. */
	assert_false(frame->has_checksum && frame->has_lso);
}

/* One message: checked as a strict host does, its frame kept. Returns its length. */
static uint32_t
host_take_message(const uint8_t *msg, uint32_t room)
{
	uint32_t len = get32(msg + 4), data = 8 + get32(msg + 8), ppi = get32(msg + 32);
	struct host_frame *frame = &host.frame[host.frames++];

	assert_in_range(host.frames, 1, FRAMES_MAX);
	assert_int_equal(get32(msg), 1);
	assert_in_range(len, 44, room);
	assert_int_equal(get32(msg + 16) | get32(msg + 20) | get32(msg + 24), 0);
	assert_int_equal(get32(msg + 36) | get32(msg + 40), 0);
	assert_int_equal(data, 44 + ppi);
	frame->len = get32(msg + 12);
	assert_in_range(frame->len, 1, len - data);
	frame->tagged = false;
	frame->has_checksum = false;
	frame->has_lso = false;
	assert_int_equal(get32(msg + 28), ppi != 0 ? 36 : 0);
	host_take_info(frame, msg + 44, ppi);
	memcpy(frame->data, msg + data, frame->len);
	for (room = data + frame->len; room < len; room++)
		assert_int_equal(msg[room], 0);		/* padding tells nothing */
	host.padding = len - data - frame->len;
	assert_true(host.padding < txq.align);
	return len;
}

static int
host_take_packet(const uint8_t *nvsp, uint64_t xactid)
{
	assert_int_equal(get32(nvsp), 107);
	assert_int_equal(get32(nvsp + 4), 0);
	assert_int_equal(xactid >> 62, 0);
	if (host.room == 0)
		return -EAGAIN;
	host.room--;
	host.xactid[host.packets++] = xactid;
	return 0;
}

int
hn_chan_send(struct hn_chan *chan, const struct nvsp_rndis_pkt *pkt, uint64_t xactid)
{
	const uint8_t *nvsp = (const uint8_t *)pkt;
	uint32_t index = get32(nvsp + 8), used = get32(nvsp + 12), at = 0, messages = 0;
	const uint8_t *section = host.txbuf + (size_t)index * SECTION_LEN;

	(void)chan;
	assert_in_range(index, FIRST_SECTION, FIRST_SECTION + SECTIONS - 1);
	assert_in_range(used, 44, SECTION_LEN);
	if (host_take_packet(nvsp, xactid) < 0)
		return -EAGAIN;
	assert_false(host.section_used[index]);
	host.section_used[index] = true;
	host.sections++;
	/* Each message has at least 44 bytes. */
	while (at < used) {
		assert_int_equal(at % txq.align, 0);
		at += host_take_message(section + at, used - at);
		messages++;
	}
	assert_int_equal(at, used);
	assert_int_equal(host.padding, 0);	/* behind the last one */
	assert_in_range(messages, 1, MAX_PACKETS);
	return 0;
}

int
hn_chan_send_gpa(struct hn_chan *chan, struct hn_gpa_packet *packet, uint32_t count,
		 const struct nvsp_rndis_pkt *pkt, uint64_t xactid)
{
	static uint8_t msg[FRAME_LEN_MAX + 256];
	const uint8_t *nvsp = (const uint8_t *)pkt;
	const struct vmbus_gpa *gpa = packet->gpa;
	uint32_t i, total = 0;

	(void)chan;
	assert_int_equal(get32(nvsp + 8), UINT32_MAX);
	assert_int_equal(get32(nvsp + 12), 0);
	assert_in_range(count, 1, 32);
	if (host_take_packet(nvsp, xactid) < 0)
		return -EAGAIN;
	host.ranges_max = RTE_MAX(host.ranges_max, count);
	for (i = 0; i < count; i++) {
		assert_in_range(gpa[i].len, 1, 4096);
		assert_true(gpa[i].ofs <= 4096 - gpa[i].len);
		/* Without hugepages EAL's addresses are virtual ones. */
		memcpy(msg + total, (const void *)(uintptr_t)(gpa[i].page * 4096 + gpa[i].ofs),
		       gpa[i].len);
		total += gpa[i].len;
	}
	assert_true(gpa[0].len >= 44);
	assert_int_equal(host_take_message(msg, total), total);
	return 0;
}

int
hn_chan_poll(struct hn_chan *chan, uint32_t budget, enum hn_chan_overflow overflow)
{
	(void)chan;
	host.poll_budget = budget;
	host.polls++;
	host.drops += overflow == HN_CHAN_DROP;
	return 0;
}

int
hn_chan_retry(struct hn_chan *chan, int (*attempt)(void *arg), void *arg, uint32_t *timeout_ms)
{
	(void)chan;
	*timeout_ms = 0;
	return attempt(arg);
}

void
hn_chan_tx_lock(struct hn_chan *chan)
{
	(void)chan;
}

void
hn_chan_tx_unlock(struct hn_chan *chan)
{
	(void)chan;
}

/* The host completes all that it has. */
static void
host_complete(uint32_t status)
{
	uint32_t i;

	for (i = 0; i < host.packets; i++)
		hn_tx_put_done(&txq, (uint32_t)host.xactid[i], status);
	host.packets = 0;
	memset(host.section_used, 0, sizeof(host.section_used));
}

/* Nothing is out and nothing is lost. */
static void
assert_all_back(void)
{
	host_complete(SUCCESS);
	assert_int_equal(hn_tx_reclaim(&txq), 0);
	assert_int_equal(txq.buf.free_desc_count, DESCS);
	assert_int_equal(txq.buf.free_section_count, txq.buf.section_count);
	assert_int_equal(txq.buf.free_bounce_count, HN_TXBUF_BOUNCES);
	test_assert_pool_full();
}

static void
make_queue(uint32_t sections)
{
	size_t done_len = DESCS * sizeof(struct hn_tx_done);
	uint32_t i;

	free(txq.mem);
	txq.mem = calloc(1, done_len + hn_txbuf_mem_len(DESCS, sections));
	txq.done.entry = txq.mem;
	txq.done.mask = DESCS - 1;
	hn_txbuf_init(&txq.buf, (uint8_t *)txq.mem + done_len, DESCS, FIRST_SECTION, sections);
	for (i = 0; i < DESCS; i++)
		txq.slot_iova[i] = (uintptr_t)(txq.slots + i * HN_TX_SLOT_LEN);
}

static int
set_up(void **state)
{
	uint32_t i;

	(void)state;
	memset(&host, 0, sizeof(host));
	memset(&txq, 0, sizeof(txq));
	txq.running = true;
	memset(&test_proc, 0, sizeof(test_proc));
	host.room = UINT32_MAX;
	host.txbuf = malloc((FIRST_SECTION + SECTIONS) * SECTION_LEN);
	memset(host.txbuf, 0xee, (FIRST_SECTION + SECTIONS) * SECTION_LEN);
	test_proc.txbuf = host.txbuf;
	txq.nb_desc = DESCS;
	txq.free_thresh = DESCS / 2;
	txq.section_len = SECTION_LEN;
	txq.copy_max = 512;
	txq.max_packets = MAX_PACKETS;
	txq.max_transfer = UINT32_MAX;
	txq.align = ALIGN;
	txq.slots = aligned_alloc(4096, DESCS * HN_TX_SLOT_LEN);
	txq.slot_iova = calloc(DESCS, sizeof(*txq.slot_iova));
	txq.bounce = aligned_alloc(4096, HN_TXBUF_BOUNCES * HN_TX_FRAME_MAX);
	txq.bounce_iova = calloc(HN_TXBUF_BOUNCES * HN_TX_BOUNCE_PAGES, sizeof(uint64_t));
	for (i = 0; i < HN_TXBUF_BOUNCES * HN_TX_BOUNCE_PAGES; i++)
		txq.bounce_iova[i] = (uintptr_t)(txq.bounce + i * 4096);
	txq.limits = (struct hn_tx_limits){
		.tasks = UINT32_MAX,
		.lso_len_max = FRAME_LEN_MAX,
		.lso_segments_min = 2,
		.frame_len_max = 1514,
	};
	hn_tx_set_ways(&txq);
	make_queue(SECTIONS);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	free(txq.mem);
	free(txq.slots);
	free(txq.slot_iova);
	free(txq.bounce);
	free(txq.bounce_iova);
	free(host.txbuf);
	return 0;
}

static struct rte_mbuf *
plain(uint32_t number, uint16_t len)
{
	const uint16_t pieces[] = { len, 0 };

	return test_frame(number, pieces);
}

static void
assert_frame(uint32_t at, uint32_t number, uint32_t len)
{
	uint32_t i;

	assert_true(at < host.frames);
	assert_int_equal(host.frame[at].len, len);
	for (i = 0; i < len; i++)
		assert_int_equal(host.frame[at].data[i], pattern(number, i));
}

static void
test_small_share_sections(void **state)
{
	struct rte_mbuf *pkts[20];
	uint32_t i;

	(void)state;
	for (i = 0; i < 20; i++)
		pkts[i] = plain(i, (uint16_t)(60 + i));
	assert_int_equal(hn_tx_burst(&txq, pkts, 20), 20);
	assert_int_equal(host.packets, 3);	/* 8, 8, 4 */
	assert_int_equal(host.sections, 3);
	for (i = 0; i < 20; i++)
		assert_frame(i, i, 60 + i);
	/* They are copied: the mbufs are back before the host completes. */
	test_assert_pool_full();
	assert_int_equal(txq.stats.packets, 20);
	assert_int_equal(txq.stats.copied, 20);
	assert_all_back();
}

static void
test_section_is_filled_to_its_end(void **state)
{
	struct rte_mbuf *pkts[12];
	uint32_t i;

	(void)state;
	txq.copy_max = 2000;
	hn_tx_set_ways(&txq);
	for (i = 0; i < 12; i++)
		pkts[i] = plain(i, (uint16_t)(1490 + i % 4));
	assert_int_equal(hn_tx_burst(&txq, pkts, 12), 12);
	assert_int_equal(host.packets, 4);	/* 3 of these fit 6144 bytes, or 4 of 1490 */
	for (i = 0; i < 12; i++)
		assert_frame(i, i, 1490 + i % 4);
	assert_all_back();
}

static void
test_long_goes_directly(void **state)
{
	struct rte_mbuf *m = plain(3, 1514);

	(void)state;
	assert_int_equal(hn_tx_burst(&txq, &m, 1), 1);
	assert_int_equal(host.sections, 0);
	assert_int_equal(host.packets, 1);
	assert_frame(0, 3, 1514);
	assert_int_equal(txq.stats.direct, 1);
	/* The pages are the host's until it completes. */
	assert_int_equal(rte_mempool_avail_count(test_pool), TEST_POOL_COUNT - 1);
	assert_all_back();
}

/* Either way, in one piece and in several, with a tag in the data or none. */
static void
test_every_size(void **state)
{
	static const uint32_t copy_max[] = { 0, 512, UINT16_MAX };
	uint32_t way, len, number = 0;

	(void)state;
	for (way = 0; way < RTE_DIM(copy_max); way++) {
		txq.copy_max = copy_max[way];
		hn_tx_set_ways(&txq);
		for (len = 14; len <= 1514; len++) {
			const uint16_t pieces[] = { (uint16_t)(len - len / 3 - len / 2),
						    (uint16_t)(len / 3), (uint16_t)(len / 2), 0 };
			struct rte_mbuf *pkts[2];

			pkts[0] = plain(number, (uint16_t)len);
			pkts[1] = test_frame(number + 1, pieces);
			host.frames = 0;
			assert_int_equal(hn_tx_burst(&txq, pkts, 2), 2);
			assert_frame(0, number, len);
			assert_frame(1, number + 1, len);
			number += 2;
			host_complete(SUCCESS);
			hn_tx_reclaim(&txq);
		}
	}
	assert_all_back();
}

/* Sections that end where no message could begin, too. */
static void
test_every_alignment(void **state)
{
	static const uint32_t ends[] = { SECTION_LEN, 1601, 1602, 1603, 1604, 1608, 1664 };
	uint32_t align, end, i, number = 0;
	struct rte_mbuf *pkts[16];

	(void)state;
	txq.copy_max = UINT16_MAX;
	for (align = 4; align <= 128; align *= 2) {
		for (end = 0; end < RTE_DIM(ends); end++) {
			txq.align = align;
			txq.max_transfer = ends[end];
			hn_tx_set_ways(&txq);
			for (i = 0; i < 16; i++)
				pkts[i] = plain(number + i, (uint16_t)(14 + (number + i) * 37 % 1500));
			host.frames = 0;
			/* A ring that is full in between: the section is filled in two turns. */
			host.room = 0;
			assert_in_range(hn_tx_burst(&txq, pkts, 3), 1, 3);
			host.room = UINT32_MAX;
			i = (uint32_t)txq.stats.packets - number;
			assert_int_equal(hn_tx_burst(&txq, pkts + i, (uint16_t)(16 - i)), 16 - i);
			for (i = 0; i < 16; i++, number++)
				assert_frame(i, number, 14 + number * 37 % 1500);
			host_complete(SUCCESS);
			hn_tx_reclaim(&txq);
		}
	}
	assert_all_back();
}

static void
test_order_is_kept(void **state)
{
	struct rte_mbuf *pkts[30];
	uint32_t i;

	(void)state;
	for (i = 0; i < 30; i++)
		pkts[i] = plain(i, i % 3 == 0 ? 1400 : 100);
	assert_int_equal(hn_tx_burst(&txq, pkts, 30), 30);
	for (i = 0; i < 30; i++)
		assert_frame(i, i, i % 3 == 0 ? 1400 : 100);
	assert_all_back();
}

/* 40 pieces do not fit 32 ranges, but a section. */
static void
test_many_pieces_are_copied(void **state)
{
	uint16_t pieces[41] = { 0 };
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	for (i = 0; i < 40; i++)
		pieces[i] = 30;
	m = test_frame(9, pieces);
	assert_int_equal(hn_tx_burst(&txq, &m, 1), 1);
	assert_int_equal(host.sections, 1);
	assert_frame(0, 9, 1200);
	test_assert_pool_full();
	assert_all_back();
}

/* 40 pieces that fit neither: gathered in fewer, the caller's mbufs untouched. */
static void
test_many_long_pieces_are_gathered(void **state)
{
	uint16_t pieces[41] = { 0 };
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	for (i = 0; i < 40; i++)
		pieces[i] = 200;
	m = test_frame(9, pieces);
	assert_int_equal(hn_tx_burst(&txq, &m, 1), 1);
	assert_int_equal(host.sections, 0);
	assert_int_equal(txq.stats.gathered, 1);
	assert_frame(0, 9, 8000);
	assert_all_back();
}

/* When all room for gathering is with the host, the frame waits for its turn. */
static void
test_gathering_waits_for_room(void **state)
{
	struct rte_mbuf *pkts[HN_TXBUF_BOUNCES + 1];
	uint16_t pieces[41] = { 0 };
	uint32_t i;

	(void)state;
	for (i = 0; i < 40; i++)
		pieces[i] = 200;
	for (i = 0; i <= HN_TXBUF_BOUNCES; i++)
		pkts[i] = test_frame(i, pieces);
	assert_int_equal(hn_tx_burst(&txq, pkts, HN_TXBUF_BOUNCES + 1), HN_TXBUF_BOUNCES);
	assert_int_equal(hn_tx_burst(&txq, pkts + HN_TXBUF_BOUNCES, 1), 0);
	host_complete(SUCCESS);
	assert_int_equal(hn_tx_burst(&txq, pkts + HN_TXBUF_BOUNCES, 1), 1);
	assert_int_equal(txq.stats.errors, 0);
	for (i = 0; i <= HN_TXBUF_BOUNCES; i++)
		assert_frame(i, i, 8000);
	assert_all_back();
}

static void
test_without_sections_goes_directly(void **state)
{
	struct rte_mbuf *pkts[40];
	uint32_t i;

	(void)state;
	make_queue(2);
	for (i = 0; i < 40; i++)
		pkts[i] = plain(i, 60);
	assert_int_equal(hn_tx_burst(&txq, pkts, 40), 40);
	assert_int_equal(host.sections, 2);
	assert_int_equal(txq.stats.direct, 24);
	for (i = 0; i < 40; i++)
		assert_frame(i, i, 60);
	assert_all_back();
}

/* The host takes n packets and no more: what is counted as sent arrives, once. */
static void
test_full_ring_tells_the_truth(void **state)
{
	struct rte_mbuf *pkts[30];
	uint32_t room, i;
	uint16_t sent;

	(void)state;
	for (room = 0; room <= 30; room++) {
		for (i = 0; i < 30; i++)
			pkts[i] = plain(i, i % 4 == 0 ? 1000 : 100);
		host.frames = 0;
		host.room = room;
		sent = hn_tx_burst(&txq, pkts, 30);
		host.room = UINT32_MAX;
		/* What the ring did not take yet goes with the next burst. */
		assert_int_equal(hn_tx_burst(&txq, pkts + sent, (uint16_t)(30 - sent)), 30 - sent);
		assert_int_equal(host.frames, 30);
		for (i = 0; i < 30; i++)
			assert_frame(i, i, i % 4 == 0 ? 1000 : 100);
		assert_all_back();
	}
}

static void
test_held_back_is_flushed(void **state)
{
	struct rte_mbuf *m = plain(0, 100);
	uint32_t left = 1;

	(void)state;
	host.room = 0;
	assert_int_equal(hn_tx_burst(&txq, &m, 1), 1);
	assert_int_equal(host.frames, 0);
	assert_int_equal(hn_tx_flush(&txq, &left), -EAGAIN);
	host.room = 1;
	assert_int_equal(hn_tx_flush(&txq, &left), 0);
	assert_frame(0, 0, 100);
	assert_int_equal(hn_tx_flush(&txq, &left), 0);
	assert_int_equal(host.frames, 1);
	assert_all_back();
}

static void
test_no_descriptors_ends_the_burst(void **state)
{
	struct rte_mbuf *pkts[DESCS + 10];
	uint32_t i;

	(void)state;
	for (i = 0; i < DESCS + 10; i++)
		pkts[i] = plain(i, 1000);
	assert_int_equal(hn_tx_burst(&txq, pkts, DESCS + 10), DESCS);
	assert_int_equal(host.drops, 0);
	assert_int_equal(hn_tx_burst(&txq, pkts + DESCS, 10), 0);
	/* Now, and only now, completions are worth receive data. */
	assert_int_equal(host.drops, 1);
	host_complete(SUCCESS);
	assert_int_equal(hn_tx_burst(&txq, pkts + DESCS, 10), 10);
	for (i = 0; i < DESCS + 10; i++)
		assert_frame(i, i, 1000);
	assert_all_back();
}

/* What the receiving side has brought is used before the ring is polled. */
static void
test_polls_only_when_short(void **state)
{
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	for (i = 0; i < 10 * DESCS; i++) {
		m = plain(i, 1000);
		host.frames = 0;
		assert_int_equal(hn_tx_burst(&txq, &m, 1), 1);
		if (i % 4 == 3)
			host_complete(SUCCESS);
	}
	assert_int_equal(host.polls, 0);
	assert_all_back();
}

/* The host does not take more before it has room for its completions. */
static void
test_polls_when_the_ring_is_full(void **state)
{
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	host.room = 0;
	m = plain(0, 1000);
	for (i = 1; i <= 70; i++) {
		assert_int_equal(hn_tx_burst(&txq, &m, 1), 0);
		assert_int_equal(host.polls, i - 1);
	}
	/* In the end at the cost of receive data. */
	assert_in_range(host.drops, 1, 10);
	host.room = UINT32_MAX;
	assert_int_equal(hn_tx_burst(&txq, &m, 1), 1);
	i = host.polls;
	m = plain(1, 1000);
	assert_int_equal(hn_tx_burst(&txq, &m, 1), 1);
	assert_int_equal(host.polls, i);
	assert_all_back();
}

static void
test_lies_are_ignored(void **state)
{
	struct rte_mbuf *pkts[2];
	uint32_t id;

	(void)state;
	pkts[0] = plain(0, 1000);
	pkts[1] = plain(1, 1000);
	assert_int_equal(hn_tx_burst(&txq, pkts, 2), 2);
	id = (uint32_t)host.xactid[0];
	hn_tx_put_done(&txq, id, SUCCESS);
	hn_tx_put_done(&txq, id, SUCCESS);
	hn_tx_put_done(&txq, id ^ 0x10000, SUCCESS);
	hn_tx_put_done(&txq, 0, SUCCESS);
	hn_tx_put_done(&txq, UINT32_MAX, SUCCESS);
	assert_int_equal(hn_tx_reclaim(&txq), 1);
	assert_int_equal(txq.stats.stray, 4);
	assert_int_equal(rte_mempool_avail_count(test_pool), TEST_POOL_COUNT - 1);
	assert_all_back();
}

static void
test_cleanup_frees_what_is_asked_for(void **state)
{
	struct rte_mbuf *pkts[6];
	uint32_t i;

	(void)state;
	for (i = 0; i < 6; i++)
		pkts[i] = plain(i, 1000);
	assert_int_equal(hn_tx_burst(&txq, pkts, 6), 6);
	assert_int_equal(hn_tx_free_done(&txq, UINT32_MAX), 0);
	host_complete(SUCCESS);
	assert_int_equal(hn_tx_free_done(&txq, 2), 2);
	assert_int_equal(rte_mempool_avail_count(test_pool), TEST_POOL_COUNT - 4);
	assert_int_equal(hn_tx_free_done(&txq, UINT32_MAX), 4);
	assert_int_equal(hn_tx_free_done(&txq, 1), 0);
	assert_all_back();
}

static void
test_cleanup_looks_at_as_many_completions_as_it_may_free(void **state)
{
	(void)state;
	txq.buf.desc_count = 100;
	assert_int_equal(hn_tx_free_done(&txq, UINT32_MAX), 0);
	assert_int_equal(host.poll_budget, 100);
	assert_int_equal(hn_tx_free_done(&txq, 1), 0);
	assert_int_equal(host.poll_budget, 64);
	txq.buf.desc_count = DESCS;
}

static void
test_flood_of_lies_is_counted(void **state)
{
	uint32_t i;

	(void)state;
	for (i = 0; i < 10 * DESCS; i++)
		hn_tx_put_done(&txq, i, SUCCESS);
	assert_int_equal(txq.done.lost, 9 * DESCS);
	assert_int_equal(hn_tx_reclaim(&txq), 0);
	assert_int_equal(txq.stats.stray, DESCS);
	assert_all_back();
}

static void
test_refused_counts_and_frees(void **state)
{
	struct rte_mbuf *pkts[6];
	uint32_t i;

	(void)state;
	for (i = 0; i < 6; i++)
		pkts[i] = plain(i, i < 5 ? 100 : 1000);
	assert_int_equal(hn_tx_burst(&txq, pkts, 6), 6);
	host_complete(FAIL);
	assert_int_equal(hn_tx_reclaim(&txq), 0);
	assert_int_equal(txq.stats.errors, 6);
	assert_all_back();
}

/* A frame with VLAN 5, priority 3 in its data. */
static struct rte_mbuf *
tagged(uint32_t number, const uint16_t *pieces)
{
	static const uint8_t tag[] = { 0x81, 0x00, 0x60, 0x05 };
	struct rte_mbuf *m = test_frame(number, pieces), *seg = m;
	uint32_t i, at = 12;

	for (i = 0; i < sizeof(tag); i++, at++) {
		for (; at >= seg->data_len; seg = seg->next)
			at -= seg->data_len;
		rte_pktmbuf_mtod(seg, uint8_t *)[at] = tag[i];
	}
	return m;
}

static void
assert_tagged_frame(uint32_t at, uint32_t number, uint32_t len)
{
	const struct host_frame *frame = &host.frame[at];
	uint32_t i;

	assert_true(frame->tagged);
	assert_int_equal(frame->tag, 0x53);
	assert_int_equal(frame->len, len - 4);
	for (i = 0; i < len - 4; i++)
		assert_int_equal(frame->data[i], pattern(number, i < 12 ? i : i + 4));
}

/* The tag is moved whichever way the frame goes and wherever its pieces end. */
static void
test_inline_tag_is_moved(void **state)
{
	uint16_t cut, len;

	(void)state;
	for (len = 60; len <= 1060; len += 1000) {
		for (cut = 1; cut < 30; cut++) {
			const uint16_t pieces[] = { cut, (uint16_t)(len - cut), 0 };
			struct rte_mbuf *m = tagged(cut, pieces);

			host.frames = 0;
			assert_int_equal(hn_tx_burst(&txq, &m, 1), 1);
			assert_tagged_frame(0, cut, len);
			host_complete(SUCCESS);
			hn_tx_reclaim(&txq);
		}
	}
	assert_all_back();
}

/* Somebody else holds the same data: they are not written. */
static void
test_shared_data_stay(void **state)
{
	const uint16_t lens[] = { 60, 1000 };
	uint32_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(lens); i++) {
		const uint16_t pieces[] = { lens[i], 0 };
		struct rte_mbuf *m = tagged(1, pieces);
		struct rte_mbuf *clone = rte_pktmbuf_clone(m, test_pool);
		uint8_t before[1000];

		memcpy(before, rte_pktmbuf_mtod(m, void *), lens[i]);
		host.frames = 0;
		assert_int_equal(hn_tx_burst(&txq, &clone, 1), 1);
		assert_tagged_frame(0, 1, lens[i]);
		assert_memory_equal(before, rte_pktmbuf_mtod(m, void *), lens[i]);
		assert_int_equal(m->data_len, lens[i]);
		rte_pktmbuf_free(m);
	}
	assert_all_back();
}

static void
test_tag_by_offload(void **state)
{
	struct rte_mbuf *pkts[2];
	uint32_t i;

	(void)state;
	pkts[0] = plain(0, 60);
	pkts[1] = plain(1, 1000);
	for (i = 0; i < 2; i++) {
		pkts[i]->ol_flags |= RTE_MBUF_F_TX_VLAN;
		pkts[i]->vlan_tci = 3 << 13 | 5;
	}
	assert_int_equal(hn_tx_burst(&txq, pkts, 2), 2);
	assert_frame(0, 0, 60);
	assert_frame(1, 1, 1000);
	assert_int_equal(host.frame[0].tag, 0x53);
	assert_int_equal(host.frame[1].tag, 0x53);
	assert_all_back();
}

static void
test_impossible_frames_are_dropped(void **state)
{
	struct rte_mbuf *pkts[4];

	(void)state;
	txq.max_transfer = 1600;
	hn_tx_set_ways(&txq);
	pkts[0] = plain(0, 60);
	pkts[1] = plain(1, 13);
	pkts[2] = plain(2, 1590);	/* more than the host takes, with its header */
	pkts[3] = plain(3, 1000);
	assert_int_equal(hn_tx_burst(&txq, pkts, 4), 4);
	assert_int_equal(host.frames, 2);
	assert_frame(0, 0, 60);
	assert_frame(1, 3, 1000);
	assert_int_equal(txq.stats.errors, 2);
	assert_all_back();
}

/* A chain shorter than it says brings no neighbour's bytes and breaks no books. */
static void
test_lying_mbuf_is_harmless(void **state)
{
	struct rte_mbuf *pkts[2];
	uint32_t i;

	(void)state;
	pkts[0] = plain(0, 60);
	pkts[0]->pkt_len = 100;
	pkts[1] = plain(1, 600);
	pkts[1]->pkt_len = 700;
	assert_int_equal(hn_tx_burst(&txq, pkts, 2), 2);
	assert_int_equal(host.frames, 1);
	for (i = 60; i < 100; i++)
		assert_int_equal(host.frame[0].data[i], 0);
	assert_int_equal(txq.stats.errors, 1);
	pkts[0] = plain(0, 100);
	pkts[0]->pkt_len = 60;
	host.frames = 0;
	assert_int_equal(hn_tx_burst(&txq, pkts, 1), 1);
	assert_frame(0, 0, 60);
	assert_all_back();
}

static void
test_abandon_frees_all(void **state)
{
	struct rte_mbuf *pkts[10];
	uint32_t i;

	(void)state;
	for (i = 0; i < 10; i++)
		pkts[i] = plain(i, i % 2 != 0 ? 60 : 1000);
	assert_int_equal(hn_tx_burst(&txq, pkts, 10), 10);
	hn_tx_abandon(&txq);
	assert_int_equal(txq.buf.free_desc_count, DESCS);
	assert_int_equal(txq.buf.free_section_count, SECTIONS);
	test_assert_pool_full();
}

/* The host gets what test_bytes hold. */
static void
assert_packet(uint32_t at, uint32_t len)
{
	assert_true(at < host.frames);
	assert_int_equal(host.frame[at].len, len);
	assert_memory_equal(host.frame[at].data, test_bytes, len);
}

/* Ways to send: by section, by pages, and in too many pieces for either. */
static const struct {
	uint32_t copy_max, piece;
} ways[] = {
	{ UINT16_MAX, 1000 }, { 0, 1000 }, { 0, 2048 }, { 0, 61 }, { UINT16_MAX, 61 },
};

static void
test_cut_whichever_way_it_goes(void **state)
{
	static const uint32_t payloads[] = { 1449, 3000, 6000, 6100, 20000 };
	struct test_packet packet = { .tcp_options = 12 };
	struct rte_mbuf *m;
	uint32_t way, i, kind;

	(void)state;
	for (kind = 0; kind < 4; kind++) {
		packet.ipv6 = (kind & 1) != 0;
		packet.tagged = (kind & 2) != 0;
		for (way = 0; way < RTE_DIM(ways); way++) {
			for (i = 0; i < RTE_DIM(payloads); i++) {
				packet.payload = payloads[i];
				txq.copy_max = ways[way].copy_max;
				hn_tx_set_ways(&txq);
				m = test_request(&packet, ways[way].piece, RTE_MBUF_F_TX_TCP_SEG,
						 1448);
				host.frames = 0;
				assert_int_equal(hn_tx_burst(&txq, &m, 1), 1);
				assert_packet(0, test_expect(&packet, test_l2_len(&packet) +
							     test_l3_len(&packet) + 32 +
							     payloads[i], true, true, true));
				assert_true(host.frame[0].has_lso);
				assert_int_equal(host.frame[0].tagged, packet.tagged);
				host_complete(SUCCESS);
				hn_tx_reclaim(&txq);
			}
		}
	}
	assert_int_equal(txq.stats.segmented, txq.stats.packets);
	assert_true(txq.stats.copied != 0 && txq.stats.gathered != 0 &&
		    txq.stats.direct > txq.stats.gathered);
	assert_all_back();
}

static void
test_longest_packet(void **state)
{
	static const uint32_t pieces[] = { 2048, 1024, 300 };
	struct test_packet packet = { .payload = 65535 - 40 };
	struct rte_mbuf *m;
	uint32_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(pieces); i++) {
		m = test_request(&packet, pieces[i], RTE_MBUF_F_TX_TCP_SEG, 1448);
		assert_int_equal(m->pkt_len, 65549);
		host.frames = 0;
		assert_int_equal(hn_tx_prepare(&txq, &m, 1), 1);
		assert_int_equal(hn_tx_burst(&txq, &m, 1), 1);
		assert_packet(0, test_expect(&packet, 65549, true, true, true));
		host_complete(SUCCESS);
		hn_tx_reclaim(&txq);
	}
	assert_all_back();
}

static void
test_sums_whichever_way_it_goes(void **state)
{
	struct test_packet packet = { .payload = 1000 };
	struct rte_mbuf *m;
	uint32_t way, kind;

	(void)state;
	for (kind = 0; kind < 8; kind++) {
		packet.ipv6 = (kind & 1) != 0;
		packet.tagged = (kind & 2) != 0;
		packet.udp = (kind & 4) != 0;
		for (way = 0; way < RTE_DIM(ways); way++) {
			txq.copy_max = ways[way].copy_max;
			hn_tx_set_ways(&txq);
			m = test_request(&packet, ways[way].piece,
					 (packet.udp ? RTE_MBUF_F_TX_UDP_CKSUM :
						       RTE_MBUF_F_TX_TCP_CKSUM) |
					 (packet.ipv6 ? 0 : RTE_MBUF_F_TX_IP_CKSUM), 0);
			host.frames = 0;
			assert_int_equal(hn_tx_burst(&txq, &m, 1), 1);
			assert_packet(0, test_expect(&packet, test_l2_len(&packet) +
						     test_l3_len(&packet) + test_l4_len(&packet) +
						     1000, true, true, false));
			assert_true(host.frame[0].has_checksum);
			host_complete(SUCCESS);
			hn_tx_reclaim(&txq);
		}
	}
	assert_all_back();
}

/* Somebody else holds the headers that are made ready: theirs stay as they are. */
static void
test_shared_headers_stay(void **state)
{
	static const uint64_t flags[] = {
		RTE_MBUF_F_TX_TCP_SEG, RTE_MBUF_F_TX_TCP_CKSUM | RTE_MBUF_F_TX_IP_CKSUM,
	};
	struct test_packet packet = { .payload = 1900 };
	struct rte_mbuf *m, *clone;
	uint8_t before[1954];
	uint32_t i, way;

	(void)state;
	txq.limits.frame_len_max = sizeof(before);
	for (i = 0; i < RTE_DIM(flags); i++) {
		for (way = 0; way < 2; way++) {
			txq.copy_max = ways[way].copy_max;
			hn_tx_set_ways(&txq);
			m = test_request(&packet, 2048, flags[i], 1000);
			memcpy(before, test_bytes, sizeof(before));
			clone = rte_pktmbuf_clone(m, test_pool);
			rte_mbuf_refcnt_update(m, 1);
			host.frames = 0;
			assert_int_equal(hn_tx_prepare(&txq, &m, 1), 1);
			assert_int_equal(hn_tx_burst(&txq, &m, 1), 1);
			assert_int_equal(hn_tx_burst(&txq, &clone, 1), 1);
			test_expect(&packet, sizeof(before), true, true, i == 0);
			assert_packet(0, sizeof(before));
			assert_packet(1, sizeof(before));
			assert_memory_equal(rte_pktmbuf_mtod(m, void *), before, sizeof(before));
			host_complete(SUCCESS);
			hn_tx_reclaim(&txq);
			rte_pktmbuf_free(m);
			test_assert_pool_full();
		}
	}
	assert_all_back();
}

static void
test_refused_requests_are_dropped(void **state)
{
	const struct test_packet packet = { .payload = 100 };
	struct rte_mbuf *pkts[3];

	(void)state;
	txq.limits.tasks = 0;
	pkts[0] = plain(0, 60);
	pkts[1] = test_request(&packet, 2000, RTE_MBUF_F_TX_TCP_CKSUM, 0);
	pkts[2] = plain(2, 60);
	assert_int_equal(hn_tx_burst(&txq, pkts, 3), 3);
	assert_int_equal(host.frames, 2);
	assert_frame(0, 0, 60);
	assert_frame(1, 2, 60);
	assert_int_equal(txq.stats.errors, 1);
	assert_all_back();
}

/* Which of these may be sent, and what is said of those that may not. */
static const struct {
	struct test_packet packet;
	uint64_t flags;
	uint16_t segment;
	int error;
} prepared[] = {
	{ { .payload = 1460 }, 0, 0, 0 },
	{ { .payload = 1460, .tagged = true }, 0, 0, 0 },
	{ { .payload = 1461 }, 0, 0, EINVAL },
	{ { .payload = 1461, .tagged = true }, 0, 0, EINVAL },
	{ { .payload = 1461 }, RTE_MBUF_F_TX_TCP_CKSUM, 0, EINVAL },
	{ { .payload = 9000 }, RTE_MBUF_F_TX_TCP_SEG, 1460, 0 },
	{ { .payload = 9000 }, RTE_MBUF_F_TX_TCP_SEG, 1461, EINVAL },
	{ { .payload = 9000, .tagged = true }, RTE_MBUF_F_TX_TCP_SEG, 1460, 0 },
	{ { .payload = 9000 }, RTE_MBUF_F_TX_TCP_SEG, 0, EINVAL },
	{ { .payload = 61000 }, RTE_MBUF_F_TX_TCP_SEG, 1000, EINVAL },
	{ { .payload = 100, .ipv6 = true }, RTE_MBUF_F_TX_TCP_CKSUM, 0, ENOTSUP },
	{ { .payload = 100 }, RTE_MBUF_F_TX_QINQ, 0, ENOTSUP },
	{ { .payload = 100 }, RTE_MBUF_F_TX_SCTP_CKSUM, 0, ENOTSUP },
};

static void
test_prepare_tells_what_cannot_be_sent(void **state)
{
	struct rte_mbuf *pkts[3];
	uint32_t i;

	(void)state;
	/* A host that does IPv4 only. */
	txq.limits.tasks = UINT32_MAX & ~HN_OFFLOAD_TX_TCP_IPV6;
	txq.limits.lso_len_max = 60000;
	for (i = 0; i < RTE_DIM(prepared); i++) {
		pkts[0] = plain(0, 60);
		pkts[1] = test_request(&prepared[i].packet, 2000, prepared[i].flags,
				       prepared[i].segment);
		pkts[2] = plain(2, 60);
		rte_errno = 0;
		assert_int_equal(hn_tx_prepare(&txq, pkts, 3), prepared[i].error == 0 ? 3 : 1);
		assert_int_equal(rte_errno, prepared[i].error);
		rte_pktmbuf_free_bulk(pkts, 3);
	}
	txq.max_transfer = 1590;
	hn_tx_set_ways(&txq);
	pkts[0] = plain(0, 1514);
	assert_int_equal(hn_tx_prepare(&txq, pkts, 1), 1);
	txq.max_transfer = 1589;
	hn_tx_set_ways(&txq);
	assert_int_equal(hn_tx_prepare(&txq, pkts, 1), 0);
	assert_int_equal(rte_errno, EINVAL);
	rte_pktmbuf_free(pkts[0]);
	test_assert_pool_full();
}

/* Chains as well, and data that are elsewhere. */
static void
test_fast_free_gives_all_back(void **state)
{
	const uint16_t pieces[] = { 300, 200, 700, 0 };
	struct rte_mbuf *pkts[60], *m;
	uint32_t i;

	(void)state;
	txq.fast_free = true;
	for (i = 0; i < 60; i++) {
		if (i % 4 == 0) {
			pkts[i] = test_frame(i, pieces);
		} else if (i % 4 == 1) {
			m = plain(i, 900);
			pkts[i] = rte_pktmbuf_clone(m, test_pool);
			rte_pktmbuf_free(m);
		} else {
			pkts[i] = plain(i, i % 4 == 2 ? 60 : 1000);
		}
	}
	assert_int_equal(hn_tx_burst(&txq, pkts, 60), 60);
	assert_all_back();
	/* What comes out of the pool is as good as new. */
	for (i = 0; i < TEST_POOL_COUNT; i++) {
		m = rte_mbuf_raw_alloc(test_pool);
		assert_non_null(m);
		assert_int_equal(rte_mbuf_check(m, 0, NULL), 0);
		assert_null(m->next);
		assert_int_equal(m->nb_segs, 1);
		assert_true(RTE_MBUF_DIRECT(m));
		rte_mbuf_raw_free(m);
		if (i % 16 == 0)
			test_assert_pool_full();
	}
}

/* Everything at random for long: each frame arrives once, in order, nothing is lost. */
static void
test_long_life(void **state)
{
	struct rte_mbuf *pkts[32];
	uint32_t number = 0, seen = 0, turn, i;
	uint16_t count = 0, sent, lens[32];

	(void)state;
	srand(3);
	for (turn = 0; turn < 20000; turn++) {
		while (count < 32 && rand() % 8 != 0) {
			lens[count] = (uint16_t)(60 + rand() % 1400);
			pkts[count] = plain(number + count, lens[count]);
			count++;
		}
		host.room = (uint32_t)rand() % 20;
		sent = hn_tx_burst(&txq, pkts, count);
		assert_true(sent <= count);
		number += sent;
		count -= sent;
		memmove(pkts, pkts + sent, count * sizeof(pkts[0]));
		memmove(lens, lens + sent, count * sizeof(lens[0]));
		for (i = 0; i < host.frames; i++, seen++)
			assert_int_equal(host.frame[i].data[0], pattern(seen, 0));
		host.frames = 0;
		if (rand() % 3 == 0)
			host_complete(rand() % 10 == 0 ? FAIL : SUCCESS);
	}
	host.room = UINT32_MAX;
	rte_pktmbuf_free_bulk(pkts, count);
	host_complete(SUCCESS);
	hn_tx_burst(&txq, NULL, 0);
	seen += host.frames;
	assert_int_equal(seen, number);
	assert_all_back();
}

#define TX_CASE(sentence, function) { sentence, function, set_up, tear_down, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TX_CASE("small frames of a burst share sections", test_small_share_sections),
		TX_CASE("a section is filled as far as whole frames fit",
			test_section_is_filled_to_its_end),
		TX_CASE("a long frame goes by its pages", test_long_goes_directly),
		TX_CASE("a frame of any size arrives as it was given", test_every_size),
		TX_CASE("messages begin where the host wants, whatever that is, and tell nothing else",
			test_every_alignment),
		TX_CASE("frames leave in the order they came", test_order_is_kept),
		TX_CASE("a frame in too many pieces is copied", test_many_pieces_are_copied),
		TX_CASE("a long frame in too many pieces is gathered",
			test_many_long_pieces_are_gathered),
		TX_CASE("a frame to be gathered waits for room", test_gathering_waits_for_room),
		TX_CASE("without free sections frames go by their pages",
			test_without_sections_goes_directly),
		TX_CASE("a full ring never makes the count a lie", test_full_ring_tells_the_truth),
		TX_CASE("what a full ring has held back is flushed", test_held_back_is_flushed),
		TX_CASE("a burst ends when descriptors are out", test_no_descriptors_ends_the_burst),
		TX_CASE("the ring is polled only for want of completions",
			test_polls_only_when_short),
		TX_CASE("the ring is polled when it is full", test_polls_when_the_ring_is_full),
		TX_CASE("forged and repeated completions are ignored", test_lies_are_ignored),
		TX_CASE("a cleanup frees what is asked for", test_cleanup_frees_what_is_asked_for),
		TX_CASE("a cleanup looks at as many completions as it may free",
			test_cleanup_looks_at_as_many_completions_as_it_may_free),
		TX_CASE("a flood of completions is counted and dropped",
			test_flood_of_lies_is_counted),
		TX_CASE("a refused packet is counted and freed", test_refused_counts_and_frees),
		TX_CASE("a tag in the data moves beside the frame", test_inline_tag_is_moved),
		TX_CASE("shared data are not written", test_shared_data_stay),
		TX_CASE("a tag asked for goes beside the frame", test_tag_by_offload),
		TX_CASE("impossible frames are dropped and counted",
			test_impossible_frames_are_dropped),
		TX_CASE("an mbuf that lies about its length is harmless",
			test_lying_mbuf_is_harmless),
		TX_CASE("abandoning frees what the host never completed", test_abandon_frees_all),
		TX_CASE("a frame to be cut arrives whichever way it goes",
			test_cut_whichever_way_it_goes),
		TX_CASE("a frame to be summed arrives whichever way it goes",
			test_sums_whichever_way_it_goes),
		TX_CASE("the longest IP packet is sent in any pieces", test_longest_packet),
		TX_CASE("shared headers are not written", test_shared_headers_stay),
		TX_CASE("a request the host was not told of is dropped and counted",
			test_refused_requests_are_dropped),
		TX_CASE("preparing tells what cannot be sent",
			test_prepare_tells_what_cannot_be_sent),
		TX_CASE("fast free gives everything back", test_fast_free_gives_all_back),
		TX_CASE("a long life at random loses nothing", test_long_life),
	};

	return cmocka_run_group_tests_name("hn_tx", tests, test_start_eal, test_stop_eal);
}
