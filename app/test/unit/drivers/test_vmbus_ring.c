/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The ring over plain memory, with the test as the host. Small rings, so that
 * every position of a wrap comes up.
 */

#include <errno.h>
#include <stdlib.h>

#include "driver_test.h"
#include "vmbus_ring.h"

#define PAGE 4096u
#define DATA PAGE		/* the smallest ring: one page of data */

static _Alignas(4096) uint8_t memory[PAGE + DATA];
static struct vmbus_bufring *const ctl = (struct vmbus_bufring *)memory;
static uint8_t *const data = memory + PAGE;

static struct vmbus_txring_state tx_state;
static struct vmbus_rxring_state rx_state;

/* A ring whose both positions are at index. */
static void
reset(uint32_t index)
{
	memset(memory, 0xee, sizeof(memory));
	memset(memory, 0, PAGE);
	ctl->windex = index;
	ctl->rindex = index;
	ctl->feature_bits = VMBUS_FEATURE_PENDING_SEND;
}

static struct vmbus_txring
begin_tx(void)
{
	struct vmbus_txring ring;

	assert_int_equal(vmbus_txring_attach(&ring, &tx_state, memory, sizeof(memory), PAGE), 0);
	assert_int_equal(vmbus_txring_begin(&ring), 0);
	return ring;
}

static struct vmbus_txring
tx_at(uint32_t index)
{
	reset(index);
	return begin_tx();
}

static struct vmbus_rxring
begin_rx(void)
{
	struct vmbus_rxring ring;

	assert_int_equal(vmbus_rxring_attach(&ring, &rx_state, memory, sizeof(memory), PAGE), 0);
	assert_int_equal(vmbus_rxring_begin(&ring), 0);
	return ring;
}

static struct vmbus_rxring
rx_at(uint32_t index)
{
	reset(index);
	return begin_rx();
}

/* With the signal that is due, if one is. */
static bool
publish(struct vmbus_txring *ring)
{
	bool due = vmbus_txring_publish(ring);

	if (due)
		vmbus_txring_signalled(ring);
	return due;
}

static bool
commit(struct vmbus_rxring *ring)
{
	bool due = vmbus_rxring_commit(ring);

	if (due)
		vmbus_rxring_signalled(ring);
	return due;
}

static uint8_t
byte_at(uint32_t index)
{
	return data[index % DATA];
}

static int
put(struct vmbus_txring *ring, const void *payload, uint32_t len)
{
	struct vmbus_chanpkt_hdr hdr = {
		.type = VMBUS_CHANPKT_TYPE_INBAND, .hlen = 2, .xactid = 7,
	};
	uint32_t total = sizeof(hdr) + (len + 7) / 8 * 8;
	struct vmbus_piece piece[] = { { &hdr, sizeof(hdr) }, { payload, len } };

	hdr.tlen = (uint16_t)(total / 8);
	return vmbus_txring_put(ring, piece, 2, total);
}

/* As the host: write a packet of tlen units at the host's position. */
static void
host_writes(uint32_t at, uint16_t hlen, uint16_t tlen, uint8_t fill)
{
	struct vmbus_chanpkt_hdr hdr = {
		.type = VMBUS_CHANPKT_TYPE_COMP, .hlen = hlen, .tlen = tlen, .xactid = 9,
	};
	uint32_t i;

	for (i = 0; i < tlen * 8u + 8; i++)
		data[(at + i) % DATA] = i < sizeof(hdr) ? ((uint8_t *)&hdr)[i] : fill;
	ctl->windex = (at + tlen * 8u + 8) % DATA;
}

static void
packet_is_written_whole_at_every_wrap_position(void **state)
{
	uint8_t payload[21];
	uint32_t at, i;

	(void)state;
	memset(payload, 0xab, sizeof(payload));
	for (at = 0; at < DATA; at += 8) {
		struct vmbus_txring ring = tx_at(at);

		assert_int_equal(put(&ring, payload, sizeof(payload)), 0);
		assert_int_equal(ctl->windex, at);
		publish(&ring);
		assert_int_equal(ctl->windex, (at + 16 + 24 + 8) % DATA);
		assert_int_equal(byte_at(at), VMBUS_CHANPKT_TYPE_INBAND);
		for (i = 0; i < 24; i++)
			assert_int_equal(byte_at(at + 16 + i), i < 21 ? 0xab : 0);
		/* The trailer: zero, then where the packet began. */
		for (i = 0; i < 4; i++) {
			assert_int_equal(byte_at(at + 40 + i), 0);
			assert_int_equal(byte_at(at + 44 + i), at >> 8 * i & 0xff);
		}
		assert_int_equal(byte_at(at + 48), 0xee);
	}
}

static void
packet_in_one_piece_is_written_as_if_it_were_in_several(void **state)
{
	struct {
		struct vmbus_chanpkt_hdr hdr;
		uint8_t payload[24];
	} packet = { .hdr = { .type = VMBUS_CHANPKT_TYPE_INBAND, .hlen = 2, .tlen = 5, .xactid = 7 } };
	uint8_t pieces[DATA];
	uint32_t at;

	(void)state;
	memset(packet.payload, 0xab, sizeof(packet.payload));
	for (at = 0; at < DATA; at += 8) {
		struct vmbus_txring ring = tx_at(at);

		assert_int_equal(put(&ring, packet.payload, sizeof(packet.payload)), 0);
		memcpy(pieces, data, DATA);
		ring = tx_at(at);
		assert_int_equal(vmbus_txring_put_packet(&ring, &packet.hdr), 0);
		assert_int_equal(ctl->windex, at);
		publish(&ring);
		assert_int_equal(ctl->windex, (at + sizeof(packet) + 8) % DATA);
		assert_memory_equal(data, pieces, DATA);
	}
}

static void
packet_in_one_piece_waits_for_room_too(void **state)
{
	static union {
		struct vmbus_chanpkt_hdr hdr;
		uint8_t bytes[DATA];
	} packet = { .hdr = { .type = VMBUS_CHANPKT_TYPE_INBAND, .hlen = 2 } };
	struct vmbus_txring ring = tx_at(0);

	(void)state;
	packet.hdr.tlen = (DATA - 8) / 8;
	assert_int_equal(vmbus_txring_put_packet(&ring, &packet.hdr), -EINVAL);
	packet.hdr.tlen = (DATA - 16) / 8;
	assert_int_equal(vmbus_txring_put_packet(&ring, &packet.hdr), 0);
	assert_int_equal(vmbus_txring_put_packet(&ring, &packet.hdr), -EAGAIN);
	publish(&ring);
	ctl->rindex = ctl->windex;
	assert_int_equal(vmbus_txring_put_packet(&ring, &packet.hdr), 0);
	vmbus_txring_break(&ring);
	assert_int_equal(vmbus_txring_put_packet(&ring, &packet.hdr), -EPROTO);
}

static void
packet_is_read_whole_at_every_wrap_position(void **state)
{
	uint8_t packet[64];
	uint32_t at, len, i;

	(void)state;
	for (at = 0; at < DATA; at += 8) {
		struct vmbus_rxring ring = rx_at(at);

		host_writes(at, 2, 5, 0x5a);
		len = sizeof(packet);
		assert_int_equal(vmbus_rxring_get(&ring, packet, &len), 48);
		assert_int_equal(len, 40);
		assert_int_equal(((struct vmbus_chanpkt_hdr *)packet)->xactid, 9);
		for (i = 16; i < 40; i++)
			assert_int_equal(packet[i], 0x5a);
		assert_int_equal(vmbus_rxring_get(&ring, packet, &len), -EAGAIN);
		assert_int_equal(ctl->rindex, at);
		commit(&ring);
		assert_int_equal(ctl->rindex, (at + 48) % DATA);
	}
}

/* As the host: a completion of so many words of payload behind what it wrote last. */
static void
host_completes(uint64_t xactid, uint16_t words)
{
	struct {
		struct vmbus_chanpkt_hdr hdr;
		uint64_t payload[4];
	} packet = {
		.hdr = { VMBUS_CHANPKT_TYPE_COMP, 2, (uint16_t)(2 + words), 0, xactid },
		.payload = { xactid * 3, 5, 5, 5 },
	};
	uint32_t i, at = ctl->windex, len = 16 + words * 8u;

	for (i = 0; i < len + 8; i++)
		data[(at + i) % DATA] = i < len ? ((uint8_t *)&packet)[i] : 0;
	ctl->windex = (at + len + 8) % DATA;
}

/* However they are taken: a run of them, where those that wrap go the other way. */
static void
completions_are_told_as_they_are_wherever_they_lie(void **state)
{
	struct vmbus_comp comp[8];
	uint8_t packet[64];
	uint32_t at, i, n, len, seen, runs = 0;

	(void)state;
	for (at = 0; at < DATA; at += 8) {
		struct vmbus_rxring ring = rx_at(at);

		for (i = 0; i < 5; i++)
			host_completes(100 + i, (uint16_t)i);
		for (seen = 0; seen < 5;) {
			n = vmbus_rxring_peek_comps(&ring, comp, 3);
			assert_in_range(n, 0, 3);
			for (i = 0; i < n; i++, seen++) {
				assert_int_equal(comp[i].xactid, 100 + seen);
				assert_int_equal(comp[i].payload_len, seen * 8);
				assert_int_equal(comp[i].ring_len, 24 + seen * 8);
				assert_int_equal(comp[i].payload[0],
						 seen != 0 ? (100 + seen) * 3 : 0);
				assert_int_equal(comp[i].payload[1], 0);
				vmbus_rxring_skip(&ring, comp[i].ring_len);
			}
			runs += n > 1;
			if (n != 0)
				continue;
			len = sizeof(packet);
			assert_true(vmbus_rxring_get(&ring, packet, &len) > 0);
			assert_int_equal(((struct vmbus_chanpkt_hdr *)packet)->xactid, 100 + seen);
			seen++;
		}
		assert_int_equal(vmbus_rxring_peek_comps(&ring, comp, 3), 0);
		commit(&ring);
		assert_int_equal(ctl->rindex, ctl->windex);
	}
	assert_true(runs >= DATA / 8);
}

static void
completions_stay_until_they_are_skipped(void **state)
{
	struct vmbus_rxring ring = rx_at(0);
	struct vmbus_comp comp[4];

	(void)state;
	host_completes(1, 4);
	host_completes(2, 4);
	assert_int_equal(vmbus_rxring_peek_comps(&ring, comp, 4), 2);
	assert_int_equal(vmbus_rxring_peek_comps(&ring, comp, 4), 2);
	assert_int_equal(comp[0].xactid, 1);
	assert_false(vmbus_rxring_is_empty(&ring));
	vmbus_rxring_skip(&ring, comp[0].ring_len + comp[1].ring_len);
	assert_true(vmbus_rxring_is_empty(&ring));
}

static void
what_is_no_completion_is_left_to_others(void **state)
{
	static const struct {
		uint16_t type, hlen, tlen;
	} packets[] = {
		{ VMBUS_CHANPKT_TYPE_INBAND, 2, 4 },
		{ VMBUS_CHANPKT_TYPE_COMP, 1, 4 },	/* begins within its descriptor */
		{ VMBUS_CHANPKT_TYPE_COMP, 5, 4 },	/* begins behind its end */
		{ VMBUS_CHANPKT_TYPE_COMP, 2, 5 },	/* ends behind what was written */
		{ VMBUS_CHANPKT_TYPE_COMP, 2, UINT16_MAX },
	};
	struct vmbus_comp comp[4];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		struct vmbus_rxring ring = rx_at(0);

		host_writes(0, packets[i].hlen, 4, 0);
		data[0] = (uint8_t)packets[i].type;
		memcpy(data + 4, &packets[i].tlen, sizeof(packets[i].tlen));
		assert_int_equal(vmbus_rxring_peek_comps(&ring, comp, 4), 0);
		assert_false(vmbus_rxring_is_broken(&ring));
	}
}

static void
nonsense_positions_break_the_ring_for_who_looks_for_completions(void **state)
{
	struct vmbus_rxring ring = rx_at(0);
	struct vmbus_comp comp[4];

	(void)state;
	ctl->windex = DATA;
	assert_int_equal(vmbus_rxring_peek_comps(&ring, comp, 4), 0);
	assert_true(vmbus_rxring_is_broken(&ring));
	ctl->windex = 24;
	assert_int_equal(vmbus_rxring_peek_comps(&ring, comp, 4), 0);
}

static void
hint_is_a_word_of_the_next_packet_that_is_known(void **state)
{
	uint8_t packet[64];
	uint32_t at, word, len;

	(void)state;
	for (at = 0; at < DATA; at += 8) {
		struct vmbus_rxring ring = rx_at(at);

		host_writes(at, 2, 5, 0x5a);
		host_writes((at + 48) % DATA, 2, 5, 0xa5);
		/* What was not looked at yet is not known. */
		assert_false(vmbus_rxring_hint(&ring, 16, &word));
		len = sizeof(packet);
		assert_int_equal(vmbus_rxring_get(&ring, packet, &len), 48);
		assert_true(vmbus_rxring_hint(&ring, 20, &word));
		assert_int_equal(word, 0xa5a5a5a5);
		len = sizeof(packet);
		assert_int_equal(vmbus_rxring_get(&ring, packet, &len), 48);
		assert_false(vmbus_rxring_hint(&ring, 16, &word));
	}
}

static void
ring_is_never_filled_to_the_brim(void **state)
{
	struct vmbus_txring ring = tx_at(64);
	uint32_t packets = 0;

	(void)state;
	while (put(&ring, "", 0) == 0)
		packets++;
	/* 24 bytes each; the last 8 bytes at least stay free. */
	assert_int_equal(packets, (DATA - 1) / 24);
	assert_int_equal(put(&ring, "", 0), -EAGAIN);
	/* The host reads one: one more goes in. */
	ctl->rindex = 64 + 24;
	assert_int_equal(put(&ring, "", 0), 0);
	assert_int_equal(put(&ring, "", 0), -EAGAIN);
}

static void
packet_that_can_never_fit_is_refused(void **state)
{
	struct vmbus_txring ring = tx_at(0);
	static uint8_t payload[DATA];

	(void)state;
	assert_int_equal(put(&ring, payload, DATA - 24), -EINVAL);
	assert_int_equal(put(&ring, payload, DATA - 32), 0);
}

static void
host_is_signalled_only_when_the_ring_stops_being_empty(void **state)
{
	struct vmbus_txring ring = tx_at(0);

	(void)state;
	assert_false(publish(&ring));
	assert_int_equal(put(&ring, "", 0), 0);
	assert_int_equal(put(&ring, "", 0), 0);
	assert_true(vmbus_txring_is_empty(&ring));
	assert_true(publish(&ring));
	assert_false(publish(&ring));
	/* It has not read them yet. */
	assert_false(vmbus_txring_is_empty(&ring));
	assert_int_equal(put(&ring, "", 0), 0);
	assert_false(publish(&ring));
	/* It has read all of them. */
	ctl->rindex = ctl->windex;
	assert_true(vmbus_txring_is_empty(&ring));
	assert_int_equal(put(&ring, "", 0), 0);
	assert_true(publish(&ring));
}

static void
host_that_masks_its_signals_is_left_alone(void **state)
{
	struct vmbus_txring ring = tx_at(0);

	(void)state;
	ctl->imask = 1;
	assert_int_equal(put(&ring, "", 0), 0);
	assert_false(publish(&ring));
	assert_int_equal(ctl->windex, 24);
}

/* The value, and whether a ring may have it as a position. */
static const struct {
	uint32_t index;
	bool good;
} positions[] = {
	{ 0, true }, { 8, true }, { DATA - 8, true },
	{ DATA, false }, { DATA + 8, false }, { 4, false }, { 1, false },
	{ UINT32_MAX, false }, { UINT32_MAX - 7, false }, { 0x80000000u, false },
};

static void
host_positions_outside_the_ring_break_it(void **state)
{
	uint8_t packet[DATA];
	unsigned int i;
	uint32_t len;

	(void)state;
	for (i = 0; i < sizeof(positions) / sizeof(positions[0]); i++) {
		struct vmbus_txring tx = tx_at(0);
		struct vmbus_rxring rx;

		ctl->rindex = positions[i].index;
		assert_int_equal(put(&tx, "", 0) == -EPROTO, !positions[i].good);
		rx = rx_at(0);
		ctl->windex = positions[i].index;
		len = sizeof(packet);
		if (positions[i].good)
			continue;
		assert_int_equal(vmbus_rxring_get(&rx, packet, &len), -EPROTO);
		/* And it stays broken, whatever the host does then. */
		ctl->windex = 48;
		assert_int_equal(vmbus_rxring_get(&rx, packet, &len), -EPROTO);
		assert_true(vmbus_rxring_is_empty(&rx));
	}
}

/* Descriptors in a ring with 48 bytes published; all of these are nonsense. */
static const struct {
	uint16_t hlen;
	uint16_t tlen;
} bad_packets[] = {
	{ 0, 5 }, { 1, 5 }, { 6, 5 }, { 2, 1 }, { 2, 6 }, { 2, UINT16_MAX },
	{ UINT16_MAX, UINT16_MAX }, { 0, 0 }, { 2, 0 },
};

static void
impossible_descriptors_break_the_ring(void **state)
{
	uint8_t packet[DATA];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad_packets) / sizeof(bad_packets[0]); i++) {
		struct vmbus_rxring ring = rx_at(0);
		struct vmbus_chanpkt_hdr *hdr = (struct vmbus_chanpkt_hdr *)data;
		uint32_t len = sizeof(packet);

		host_writes(0, 2, 5, 0);
		hdr->hlen = bad_packets[i].hlen;
		hdr->tlen = bad_packets[i].tlen;
		assert_int_equal(vmbus_rxring_get(&ring, packet, &len), -EPROTO);
	}
}

static void
less_than_a_descriptor_is_no_packet(void **state)
{
	struct vmbus_rxring ring = rx_at(0);
	uint8_t packet[64];
	uint32_t len = sizeof(packet);

	(void)state;
	ctl->windex = 16;
	assert_int_equal(vmbus_rxring_get(&ring, packet, &len), -EPROTO);
}

static void
packet_longer_than_the_buffer_stays(void **state)
{
	struct vmbus_rxring ring = rx_at(DATA - 16);
	uint8_t packet[64];
	uint32_t len = 24;

	(void)state;
	host_writes(DATA - 16, 2, 5, 1);
	assert_int_equal(vmbus_rxring_get(&ring, packet, &len), -ENOBUFS);
	assert_int_equal(len, 40);
	assert_int_equal(vmbus_rxring_get(&ring, packet, &len), 48);
}

static void
our_read_position_is_not_read_back(void **state)
{
	struct vmbus_rxring ring = rx_at(0);
	uint8_t packet[64];
	uint32_t len = sizeof(packet);

	(void)state;
	host_writes(0, 2, 5, 1);
	ctl->rindex = DATA - 8;
	assert_int_equal(vmbus_rxring_get(&ring, packet, &len), 48);
	commit(&ring);
	assert_int_equal(ctl->rindex, 48);
}

/* What the blocked host waits for, what it gets, and whether it must be told. */
static const struct {
	uint32_t pending;
	uint32_t features;
	bool signal;
} waits[] = {
	/* 4096 - 96 = 4000 free before, 4048 after one packet of 48 is given back. */
	{ 0, 1, false },
	{ 3999, 1, false },	/* had that much before */
	{ 4000, 1, true },
	{ 4047, 1, true },
	{ 4048, 1, false },	/* still not more than that */
	{ 4095, 1, false },
	{ DATA + 1, 1, false },	/* can never be */
	{ UINT32_MAX, 1, false },
	{ 4000, 0, false },	/* the host does not use the field */
};

static void
blocked_host_is_told_when_its_room_is_made(void **state)
{
	uint8_t packet[64];
	unsigned int i;
	uint32_t len;

	(void)state;
	for (i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		struct vmbus_rxring ring = rx_at(0);

		host_writes(0, 2, 5, 1);
		host_writes(48, 2, 5, 1);
		ctl->pending_send = waits[i].pending;
		ctl->feature_bits = waits[i].features;
		len = sizeof(packet);
		assert_int_equal(vmbus_rxring_get(&ring, packet, &len), 48);
		assert_int_equal(commit(&ring), waits[i].signal);
	}
}

static void
host_that_waits_for_an_empty_ring_is_told_at_the_end(void **state)
{
	struct vmbus_rxring ring = rx_at(0);
	uint8_t packet[64];
	uint32_t len = sizeof(packet);

	(void)state;
	host_writes(0, 2, 5, 1);
	ctl->pending_send = DATA - 1;
	assert_int_equal(vmbus_rxring_get(&ring, packet, &len), 48);
	assert_true(commit(&ring));
}

static void
blocked_host_is_told_once(void **state)
{
	struct vmbus_rxring ring = rx_at(0);
	uint8_t packet[64];
	uint32_t len = sizeof(packet);

	(void)state;
	host_writes(0, 2, 5, 1);
	host_writes(48, 2, 5, 1);
	ctl->pending_send = 4000;
	assert_int_equal(vmbus_rxring_get(&ring, packet, &len), 48);
	assert_true(commit(&ring));
	assert_false(commit(&ring));
	/* It has not come yet, and has its room. */
	assert_int_equal(vmbus_rxring_get(&ring, packet, &len), 48);
	assert_false(commit(&ring));
}

static void
packets_that_arrive_meanwhile_are_found_when_the_known_ones_are_read(void **state)
{
	struct vmbus_rxring ring = rx_at(DATA - 48);
	uint8_t packet[64];
	uint32_t len = sizeof(packet);

	(void)state;
	host_writes(DATA - 48, 2, 5, 1);
	assert_false(vmbus_rxring_is_empty(&ring));
	assert_int_equal(vmbus_rxring_get(&ring, packet, &len), 48);
	host_writes(0, 2, 4, 2);
	host_writes(40, 2, 5, 3);
	len = sizeof(packet);
	assert_int_equal(vmbus_rxring_get(&ring, packet, &len), 40);
	/* What the host takes back after it was published stays ours to read. */
	ctl->windex = 40;
	assert_false(vmbus_rxring_is_empty(&ring));
	len = sizeof(packet);
	assert_int_equal(vmbus_rxring_get(&ring, packet, &len), 48);
	assert_int_equal(packet[16], 3);
}

static void
pieces_that_are_not_the_packet_they_claim_are_refused(void **state)
{
	struct vmbus_txring ring = tx_at(0);
	struct vmbus_chanpkt_hdr hdr = { .type = VMBUS_CHANPKT_TYPE_INBAND, .hlen = 2, .tlen = 3 };
	uint8_t payload[16] = { 0 };
	struct vmbus_piece piece[] = { { &hdr, sizeof(hdr) }, { payload, sizeof(payload) } };

	(void)state;
	/* Longer than the packet, shorter by a word, no multiple of a word. */
	assert_int_equal(vmbus_txring_put(&ring, piece, 2, 24), -EINVAL);
	assert_int_equal(vmbus_txring_put(&ring, piece, 2, 40), -EINVAL);
	assert_int_equal(vmbus_txring_put(&ring, piece, 2, 31), -EINVAL);
	assert_int_equal(vmbus_txring_put(&ring, piece, 2, UINT32_MAX - 7), -EINVAL);
	assert_false(publish(&ring));
	assert_int_equal(ctl->windex, 0);
	assert_int_equal(vmbus_txring_put(&ring, piece, 2, 32), 0);
}

static void
mask_is_the_receive_rings_and_is_set_and_cleared(void **state)
{
	struct vmbus_rxring ring = rx_at(0);

	(void)state;
	vmbus_rxring_set_mask(&ring, true);
	assert_int_equal(ctl->imask, 1);
	vmbus_rxring_set_mask(&ring, false);
	assert_int_equal(ctl->imask, 0);
}

static void
host_that_shows_a_wild_read_position_gets_no_signal_for_it(void **state)
{
	struct vmbus_txring ring = tx_at(0);

	(void)state;
	assert_int_equal(put(&ring, "", 0), 0);
	ctl->rindex = UINT32_MAX;
	assert_false(publish(&ring));
	/* Our position is not read back either. */
	ctl->rindex = 24;
	ctl->windex = 4000;
	assert_int_equal(put(&ring, "", 0), 0);
	assert_true(publish(&ring));
	assert_int_equal(ctl->windex, 48);
}

static void
sizes_that_make_no_ring_are_refused(void **state)
{
	static const struct {
		uint64_t len;
		uint32_t page;
	} sizes[] = {
		{ 0, PAGE }, { PAGE, PAGE }, { PAGE + 8, PAGE }, { 3 * PAGE, 65536 },
		{ UINT64_C(1) << 40, PAGE },
	};
	struct vmbus_txring tx;
	struct vmbus_rxring rx;
	unsigned int i;

	(void)state;
	reset(0);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(vmbus_txring_attach(&tx, &tx_state, memory, sizes[i].len,
						     sizes[i].page), -EINVAL);
		assert_int_equal(vmbus_rxring_attach(&rx, &rx_state, memory, sizes[i].len,
						     sizes[i].page), -EINVAL);
	}
}

static void
ring_left_behind_with_wild_positions_is_not_taken_over(void **state)
{
	struct vmbus_txring tx = tx_at(0);
	struct vmbus_rxring rx = rx_at(0);

	(void)state;
	ctl->windex = DATA;
	ctl->rindex = 12;
	assert_int_equal(vmbus_txring_begin(&tx), -EPROTO);
	assert_int_equal(vmbus_rxring_begin(&rx), -EPROTO);
}

/* 108 bytes that begin with the number. */
static const void *
payload_of(uint64_t number)
{
	static uint64_t payload[14];

	payload[0] = number;
	return payload;
}

static void
a_million_packets_pass_in_order(void **state)
{
	struct vmbus_txring tx = tx_at(8);
	struct vmbus_rxring rx = begin_rx();
	uint64_t sent = 0, got = 0;
	uint8_t packet[256];
	uint32_t len;

	(void)state;
	/* Both ends over one memory: what one writes the other reads. */
	while (got < 1000000) {
		while (put(&tx, payload_of(sent), 8 + (uint32_t)(sent % 100)) == 0)
			sent++;
		publish(&tx);
		for (;; got++) {
			uint64_t number;

			len = sizeof(packet);
			if (vmbus_rxring_get(&rx, packet, &len) < 0)
				break;
			memcpy(&number, packet + 16, sizeof(number));
			assert_int_equal(number, got);
		}
		commit(&rx);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("a packet is written whole at every wrap position",
		     packet_is_written_whole_at_every_wrap_position),
		CASE("a packet in one piece is written as if it were in several",
		     packet_in_one_piece_is_written_as_if_it_were_in_several),
		CASE("a packet in one piece waits for room, too",
		     packet_in_one_piece_waits_for_room_too),
		CASE("a packet is read whole at every wrap position",
		     packet_is_read_whole_at_every_wrap_position),
		CASE("a hint is a word of the next packet that is known",
		     hint_is_a_word_of_the_next_packet_that_is_known),
		CASE("completions are told as they are, wherever they lie",
		     completions_are_told_as_they_are_wherever_they_lie),
		CASE("completions stay until they are skipped",
		     completions_stay_until_they_are_skipped),
		CASE("what is no completion is left to others",
		     what_is_no_completion_is_left_to_others),
		CASE("nonsense positions break the ring for who looks for completions",
		     nonsense_positions_break_the_ring_for_who_looks_for_completions),
		CASE("the ring is never filled to the brim", ring_is_never_filled_to_the_brim),
		CASE("a packet that can never fit is refused",
		     packet_that_can_never_fit_is_refused),
		CASE("the host is signalled only when the ring stops being empty",
		     host_is_signalled_only_when_the_ring_stops_being_empty),
		CASE("a host that masks its signals is left alone",
		     host_that_masks_its_signals_is_left_alone),
		CASE("host positions outside the ring break it",
		     host_positions_outside_the_ring_break_it),
		CASE("impossible descriptors break the ring",
		     impossible_descriptors_break_the_ring),
		CASE("less than a descriptor is no packet", less_than_a_descriptor_is_no_packet),
		CASE("a packet longer than the buffer stays", packet_longer_than_the_buffer_stays),
		CASE("our read position is not read back", our_read_position_is_not_read_back),
		CASE("a blocked host is told when its room is made",
		     blocked_host_is_told_when_its_room_is_made),
		CASE("a blocked host is told once", blocked_host_is_told_once),
		CASE("a host that waits for an empty ring is told at the end",
		     host_that_waits_for_an_empty_ring_is_told_at_the_end),
		CASE("packets that arrive meanwhile are found when the known ones are read",
		     packets_that_arrive_meanwhile_are_found_when_the_known_ones_are_read),
		CASE("pieces that are not the packet they claim are refused",
		     pieces_that_are_not_the_packet_they_claim_are_refused),
		CASE("the mask is the receive ring's, and is set and cleared",
		     mask_is_the_receive_rings_and_is_set_and_cleared),
		CASE("a host that shows a wild read position gets no signal for it",
		     host_that_shows_a_wild_read_position_gets_no_signal_for_it),
		CASE("sizes that make no ring are refused", sizes_that_make_no_ring_are_refused),
		CASE("a ring left behind with wild positions is not taken over",
		     ring_left_behind_with_wild_positions_is_not_taken_over),
		CASE("a million packets pass in order", a_million_packets_pass_in_order),
	};

	return cmocka_run_group_tests_name("vmbus ring", tests, NULL, NULL);
}
