/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * One channel: what becomes of each packet of the host, and who waits for whom.
 */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_pause.h>

#include "driver_test.h"
#include "driver_test_eal.h"
#include "hn_chan.h"
#include "hn_life.h"
#include "hn_rxbuf.h"
#include "hn_rxmem.h"
#include "nvsp.h"
#include "rndis.h"
#include "scripted_host.h"

int hn_logtype_init;
int hn_logtype_driver;

#define PIECES 5000u
/* A process that there has never been. */
#define DEAD 0x100c8u

static char dir[] = "/tmp/hn_chan_XXXXXX";
static struct hn_chan chan;
static struct hn_chan_shared chan_shared;
static struct hn_msg msg;
static unsigned int tx_dones, controls, notices, failures;
static uint64_t last_xactid;
static uint32_t last_status;

static void
on_tx_done(void *ctx, struct hn_chan *from, uint64_t xactid, uint32_t status)
{
	(void)ctx;
	(void)from;
	tx_dones++;
	last_xactid = xactid;
	last_status = status;
}

static void
on_control(void *ctx, struct hn_chan *from, const struct hn_msg *control)
{
	(void)ctx;
	(void)from;
	(void)control;
	controls++;
}

static void
on_notice(void *ctx, struct hn_chan *from, const struct hn_msg *notice)
{
	(void)ctx;
	(void)from;
	(void)notice;
	notices++;
}

static void
on_failed(void *ctx, struct hn_chan *from, int ret)
{
	(void)ctx;
	(void)from;
	(void)ret;
	failures++;
}

static const struct hn_chan_events events = { on_tx_done, on_control, on_notice, on_failed };

static int
start(void **state)
{
	struct rte_vmbus_device *dev = scripted_device();
	int ret;

	(void)state;
	scripted_reset();
	tx_dones = controls = notices = failures = 0;
	memset(&chan_shared, 0, sizeof(chan_shared));
	hn_chan_init(&chan, &chan_shared);
	ret = hn_chan_open(&chan, dev, 0, &events, NULL);
	if (ret == 0)
		ret = hn_chan_set_rxbuf(&chan, dev->region[VMBUS_MAP_RECV_BUF].addr,
					(uint32_t)dev->region[VMBUS_MAP_RECV_BUF].len, PIECES);
	hn_chan_reader_start(&chan);
	return ret;
}

static int
stop(void **state)
{
	(void)state;
	hn_chan_close(&chan);
	return 0;
}

/* Receive data: one range with the beginning of a PACKET. */
static void
push_data(uint64_t id)
{
	const uint32_t packet[] = { RNDIS_PACKET, 8 };

	scripted_push_rndis(NVSP_CHANNEL_DATA, packet, sizeof(packet), id);
}

static void
push(uint16_t type, uint16_t hlen, uint64_t id, const void *rest, uint32_t len)
{
	uint8_t packet[512] = { 0 };
	struct vmbus_chanpkt_hdr hdr = {
		.type = type, .hlen = hlen, .flags = VMBUS_CHANPKT_FLAG_RC, .xactid = id,
		.tlen = (uint16_t)((sizeof(hdr) + len) / 8),
	};

	memcpy(packet, &hdr, sizeof(hdr));
	memcpy(packet + sizeof(hdr), rest, len);
	scripted_push(packet, sizeof(hdr) + len);
}

static int
next(uint32_t budget)
{
	int ret;

	assert_true(hn_chan_rx_trylock(&chan));
	ret = hn_chan_rx_next(&chan, &msg, &budget);
	hn_chan_rx_unlock(&chan);
	return ret;
}

static void
the_rx_queue_gets_the_data_and_others_get_theirs(void **state)
{
	const uint32_t done[] = { NVSP_TYPE_RNDIS_PKT_COMPLETE, NVSP_STATUS_FAIL };
	const uint32_t notice[] = { NVSP_TYPE_VF_ASSOCIATION, 1 };
	const uint32_t indication[] = { RNDIS_INDICATE_STATUS, 8 };

	(void)state;
	push(VMBUS_CHANPKT_TYPE_COMP, 2, 77, done, sizeof(done));
	push(VMBUS_CHANPKT_TYPE_INBAND, 2, 1, notice, sizeof(notice));
	scripted_push_rndis(NVSP_CHANNEL_CONTROL, indication, sizeof(indication), 5);
	push_data(6);
	assert_int_equal(next(10), 1);
	assert_int_equal(msg.xactid, 6);
	assert_int_equal(msg.range_count, 1);
	assert_int_equal(tx_dones, 1);
	assert_int_equal(last_xactid, 77);
	assert_int_equal(last_status, NVSP_STATUS_FAIL);
	assert_int_equal(notices, 1);
	assert_int_equal(controls, 1);
	/* The control packet's memory went back; the data is still ours. */
	assert_int_equal(host.rx_completions, 1);
}

static void
control_among_data_is_known_by_its_message(void **state)
{
	const uint32_t indication[] = { RNDIS_INDICATE_STATUS, 8 };

	(void)state;
	scripted_push_rndis(NVSP_CHANNEL_DATA, indication, sizeof(indication), 5);
	assert_int_equal(next(10), 0);
	assert_int_equal(controls, 1);
}

static void
burst_takes_no_more_than_its_budget(void **state)
{
	const uint32_t done[] = { NVSP_TYPE_RNDIS_PKT_COMPLETE, NVSP_STATUS_SUCCESS };
	unsigned int i;

	(void)state;
	for (i = 0; i < 10; i++)
		push(VMBUS_CHANPKT_TYPE_COMP, 2, i, done, sizeof(done));
	assert_int_equal(next(4), 0);
	assert_int_equal(tx_dones, 4);
}

static void
data_met_by_others_waits_for_the_rx_queue_in_order(void **state)
{
	uint64_t id;

	(void)state;
	for (id = 0; id < 100; id++)
		push_data(id);
	assert_int_equal(hn_chan_poll(&chan, 200, HN_CHAN_DROP), 100);
	push_data(100);
	for (id = 0; id <= 100; id++) {
		assert_int_equal(next(10), 1);
		assert_int_equal(msg.xactid, id);
		assert_int_equal(msg.range_count, 1);
	}
	assert_int_equal(next(10), 0);
	assert_int_equal(chan.shared->stats.missed, 0);
}

/* Let others than the Rx queue fill the backlog; returns how many it holds. */
static unsigned int
fill_backlog(void)
{
	unsigned int filled = 0;

	for (;;) {
		push_data(filled);
		if (hn_chan_poll(&chan, 1, HN_CHAN_LEAVE) != 1)
			return filled;
		filled++;
	}
}

static void
who_may_not_drop_leaves_data_in_the_ring(void **state)
{
	unsigned int filled = fill_backlog(), i;

	(void)state;
	assert_in_range(filled, 1000, 3000);
	assert_int_equal(chan.shared->stats.missed, 0);
	/* The one that was left comes behind the others. */
	for (i = 0; i <= filled; i++) {
		assert_int_equal(next(10), 1);
		assert_int_equal(msg.xactid, i);
	}
}

static void
frames_that_wait_are_counted_without_loss(void **state)
{
	uint64_t i;

	(void)state;
	for (i = 0; i < 5; i++)
		push_data(i);
	assert_int_equal(hn_chan_count(&chan, 2), 2);
	assert_int_equal(hn_chan_count(&chan, 10), 5);
	/* Whose end it is not looks at what is known. */
	assert_true(hn_chan_rx_trylock(&chan));
	push_data(5);
	assert_int_equal(hn_chan_count(&chan, 10), 5);
	hn_chan_rx_unlock(&chan);
	for (i = 0; i < 6; i++) {
		assert_int_equal(next(10), 1);
		assert_int_equal(msg.xactid, i);
	}
	assert_int_equal(hn_chan_count(&chan, 10), 0);
	assert_int_equal(chan.shared->stats.missed, 0);
}

static void
data_beyond_the_backlog_goes_back_and_is_counted(void **state)
{
	unsigned int filled = fill_backlog(), kept;

	(void)state;
	for (kept = 0; chan.shared->stats.missed == 0; kept++) {
		push_data(filled);
		hn_chan_poll(&chan, 100, HN_CHAN_DROP);
	}
	assert_int_equal(host.rx_completions, chan.shared->stats.missed);
	/* Who stops receiving gives the rest back. */
	hn_chan_reader_stop(&chan);
	assert_int_equal(host.rx_completions, filled + kept + 1);
	push_data(99);
	hn_chan_poll(&chan, 100, HN_CHAN_LEAVE);
	assert_int_equal(host.rx_completions, filled + kept + 2);
}

/* A packet of the host whose ranges have all been used. */
static const struct hn_msg *
used(uint64_t id)
{
	msg.xactid = id;
	msg.wants_completion = true;
	return &msg;
}

static void
packet_that_wants_no_completion_gets_none(void **state)
{
	(void)state;
	assert_true(hn_chan_rx_trylock(&chan));
	used(1);
	msg.wants_completion = false;
	hn_chan_rx_done(&chan, &msg, NVSP_STATUS_SUCCESS);
	hn_chan_rx_unlock(&chan);
	assert_int_equal(host.rx_completions, 0);
}

static void
abandoned_channel_is_not_touched(void **state)
{
	const struct nvsp_rndis_pkt pkt = { .type = NVSP_TYPE_RNDIS_PKT };

	(void)state;
	hn_chan_abandon(&chan);
	push_data(1);
	assert_true(hn_chan_poll(&chan, 10, HN_CHAN_DROP) < 0);
	hn_chan_tx_lock(&chan);
	assert_int_equal(hn_chan_send(&chan, &pkt, 1), -ENODEV);
	hn_chan_tx_unlock(&chan);
	assert_int_equal(host.heard, 0);
	assert_int_equal(failures, 0);
}

static void
broken_send_ring_fails_the_channel(void **state)
{
	const struct nvsp_rndis_pkt pkt = { .type = NVSP_TYPE_RNDIS_PKT };

	(void)state;
	host.fault = FAULT_SEND_FAILS;
	host.fault_at = 1;
	hn_chan_tx_lock(&chan);
	assert_int_equal(hn_chan_send(&chan, &pkt, 1), -EPROTO);
	hn_chan_tx_unlock(&chan);
	assert_int_equal(failures, 1);
}

static void
host_that_keeps_talking_does_not_outlast_a_deadline(void **state)
{
	uint32_t req[] = { NVSP_TYPE_INIT, NVSP_VERSION_61, NVSP_VERSION_61 };
	struct nvsp_init_complete answer;

	(void)state;
	host.fault = FAULT_SILENT;
	host.fault_at = 1;
	host.chatter = true;
	assert_int_equal(hn_chan_call(&chan, req, sizeof(req), &answer, sizeof(answer), 50),
			 -ETIMEDOUT);
}

/* Two packets that mbufs lead into; those of one are freed. */
static void
who_looks_after_a_channel_gives_back_what_is_freed(void **state)
{
	static struct hn_rxmem mem = { .refs = 1 };
	struct hn_rxhold *kept, *hold;

	(void)state;
	chan.kept = hn_rxbuf_create(&mem, 2);
	kept = hn_rxbuf_hold(chan.kept, 1, 1);
	hold = hn_rxbuf_hold(chan.kept, 2, 1);
	hn_chan_tend(&chan);
	assert_int_equal(host.rx_completions, 0);
	hold->shinfo.free_cb(NULL, hold->shinfo.fcb_opaque);
	assert_true(hn_chan_rx_trylock(&chan));
	hn_chan_tend(&chan);		/* others look after it */
	assert_int_equal(host.rx_completions, 0);
	hn_chan_tx_lock(&chan);
	hn_chan_rx_unlock(&chan);
	assert_int_equal(host.rx_completions, 0);
	hn_chan_tx_unlock(&chan);
	hn_chan_tend(&chan);
	assert_int_equal(host.rx_completions, 1);
	hn_chan_tend(&chan);
	assert_int_equal(host.rx_completions, 1);
	kept->shinfo.free_cb(NULL, kept->shinfo.fcb_opaque);
}

static void
completions_owed_wait_for_the_send_end(void **state)
{
	(void)state;
	hn_chan_tx_lock(&chan);
	assert_true(hn_chan_rx_trylock(&chan));
	hn_chan_rx_done(&chan, used(1), NVSP_STATUS_SUCCESS);
	hn_chan_rx_unlock(&chan);
	assert_int_equal(host.rx_completions, 0);
	hn_chan_tx_unlock(&chan);
	assert_true(hn_chan_rx_trylock(&chan));
	hn_chan_rx_unlock(&chan);
	assert_int_equal(host.rx_completions, 1);
}

/* As a burst of one that takes one packet. */
static void
receive_one(void)
{
	uint32_t budget = 1;

	assert_true(hn_chan_rx_trylock(&chan));
	if (hn_chan_rx_next(&chan, &msg, &budget) == 1)
		hn_chan_rx_done(&chan, &msg, NVSP_STATUS_SUCCESS);
	hn_chan_rx_leave(&chan);
}

static void
completions_wait_for_each_other_only_while_more_packets_are_known(void **state)
{
	unsigned int i;

	(void)state;
	push_data(1);
	receive_one();
	assert_int_equal(host.rx_completions, 1);
	for (i = 2; i <= 40; i++)
		push_data(i);
	for (i = 2; i <= 16; i++)
		receive_one();
	assert_int_equal(host.rx_completions, 1);
	receive_one();
	assert_int_equal(host.rx_completions, 17);
	for (i = 18; i <= 39; i++)
		receive_one();
	assert_int_equal(host.rx_completions, 33);
	receive_one();
	assert_int_equal(host.rx_completions, 40);
	assert_int_equal(host.rx_completed, 40);
}

static void
completions_that_wait_are_sent_when_somebody_looks_after_the_channel(void **state)
{
	(void)state;
	push_data(1);
	push_data(2);
	receive_one();
	assert_int_equal(host.rx_completions, 0);
	hn_chan_tend(&chan);
	assert_int_equal(host.rx_completions, 1);
}

static void
what_others_have_taken_out_of_the_ring_is_no_packet_that_is_known(void **state)
{
	(void)state;
	push_data(1);
	push_data(2);
	receive_one();
	assert_int_equal(host.rx_completions, 0);
	assert_int_equal(hn_chan_poll(&chan, 10, HN_CHAN_LEAVE), 1);
	assert_int_equal(host.rx_completions, 1);
	receive_one();
	assert_int_equal(host.rx_completions, 2);
}

/* Receive data in so many ranges, all of them at the beginning of a PACKET. */
static void
push_ranges(uint64_t id, uint16_t count)
{
	const uint32_t message[] = { RNDIS_PACKET, 8 };
	const struct nvsp_rndis_pkt nvsp = { .type = NVSP_TYPE_RNDIS_PKT };
	struct {
		struct vmbus_chanpkt_rxbuf hdr;
		struct vmbus_rxbuf_range range[200];
		uint8_t room[sizeof(nvsp)];
	} packet = { .hdr = { .rxbuf_id = NVSP_RECV_BUF_ID, .rxbuf_cnt = count } };
	uint32_t i, hdr_len = sizeof(packet.hdr) + count * sizeof(packet.range[0]);

	assert_in_range(count, 1, RTE_DIM(packet.range));
	memcpy(scripted_rxbuf(), message, sizeof(message));
	packet.hdr.hdr = (struct vmbus_chanpkt_hdr){
		.type = VMBUS_CHANPKT_TYPE_RXBUF, .hlen = (uint16_t)(hdr_len / 8),
		.tlen = (uint16_t)((hdr_len + sizeof(nvsp)) / 8),
		.flags = VMBUS_CHANPKT_FLAG_RC, .xactid = id,
	};
	for (i = 0; i < count; i++)
		packet.range[i].len = sizeof(message);
	memcpy((uint8_t *)&packet + hdr_len, &nvsp, sizeof(nvsp));
	scripted_push(&packet, hdr_len + sizeof(nvsp));
}

static void
packet_that_keeps_much_of_the_memory_is_completed_at_once(void **state)
{
	unsigned int i;

	(void)state;
	assert_int_equal(hn_chan_set_rxbuf(&chan, chan.rxbuf, chan.rxbuf_len, 2048), 0);
	push_ranges(1, 200);
	push_ranges(2, 200);
	receive_one();
	assert_int_equal(msg.range_count, 200);
	assert_int_equal(host.rx_completions, 1);
	receive_one();
	assert_int_equal(host.rx_completions, 2);
	/* Several that keep as much together. */
	for (i = 3; i < 8; i++)
		push_ranges(i, 50);
	receive_one();
	receive_one();
	assert_int_equal(host.rx_completions, 2);
	receive_one();
	assert_int_equal(host.rx_completions, 5);
	/* What has been paid keeps nothing. */
	receive_one();
	assert_int_equal(host.rx_completions, 5);
}

static void
what_mbufs_have_kept_counts_as_held_back(void **state)
{
	static struct hn_rxmem mem = { .refs = 1 };
	struct hn_rxhold *hold;

	(void)state;
	assert_int_equal(hn_chan_set_rxbuf(&chan, chan.rxbuf, chan.rxbuf_len, 2048), 0);
	chan.kept = hn_rxbuf_create(&mem, 1024);
	hold = hn_rxbuf_hold(chan.kept, 1, 127);
	hold->shinfo.free_cb(NULL, hold->shinfo.fcb_opaque);
	push_data(2);
	push_data(3);
	receive_one();
	assert_int_equal(host.rx_completions, 2);
}

/* By this processes are seen to live or to be dead. */
const char *
rte_eal_get_runtime_dir(void)
{
	return dir;
}

static void
let_the_owner_of_both_ends_die(void)
{
	chan_shared.rx_lock.owner = DEAD;
	chan_shared.tx_lock.owner = DEAD;
	hn_chan_recover(&chan);
	assert_int_equal(chan_shared.rx_lock.owner, 0);
	assert_int_equal(chan_shared.tx_lock.owner, 0);
}

static void
heir_forgets_a_completion_only_of_who_was_paying(void **state)
{
	(void)state;
	assert_int_equal(hn_life_begin(), 0);
	push_data(1);
	push_data(2);
	receive_one();
	assert_int_equal(host.rx_completions, 0);
	let_the_owner_of_both_ends_die();
	assert_int_equal(host.rx_completions, 1);
	hn_life_end();
}

static struct hn_chan_shared left;	/* by who dies when it sends the first completion */

static void
note_what_is_left(void)
{
	host.on_completion = NULL;
	left = chan_shared;
}

static void
heir_does_not_send_again_what_the_dead_may_have_sent(void **state)
{
	(void)state;
	assert_int_equal(hn_life_begin(), 0);
	host.on_completion = note_what_is_left;
	assert_true(hn_chan_rx_trylock(&chan));
	hn_chan_rx_done(&chan, used(1), NVSP_STATUS_SUCCESS);
	hn_chan_rx_done(&chan, used(2), NVSP_STATUS_SUCCESS);
	hn_chan_rx_unlock(&chan);
	assert_int_equal(host.rx_completions, 2);
	chan_shared = left;
	/* Somebody waits for the send end, and is the first to inherit. */
	chan_shared.tx_lock.owner = DEAD;
	hn_chan_tx_lock(&chan);
	hn_chan_tx_unlock(&chan);
	chan_shared.rx_lock.owner = DEAD;
	hn_chan_recover(&chan);
	assert_int_equal(host.rx_completions, 3);
	assert_int_equal(host.rx_completed, 2);
	/* That was once. */
	hn_chan_rx_lock(&chan);
	hn_chan_rx_done(&chan, used(3), NVSP_STATUS_SUCCESS);
	chan_shared.rx_lock.owner = DEAD;
	hn_chan_recover(&chan);
	assert_int_equal(host.rx_completed, 3);
	hn_life_end();
}

static void
small_receive_buffer_is_given_back_packet_by_packet(void **state)
{
	(void)state;
	assert_int_equal(hn_chan_set_rxbuf(&chan, chan.rxbuf, chan.rxbuf_len, 16), 0);
	push_data(1);
	push_data(2);
	receive_one();
	assert_int_equal(host.rx_completions, 1);
}

static void
more_packets_outstanding_than_pieces_fail_the_channel_once(void **state)
{
	unsigned int i;

	(void)state;
	hn_chan_tx_lock(&chan);
	assert_true(hn_chan_rx_trylock(&chan));
	for (i = 0; i < PIECES + 3; i++)
		hn_chan_rx_done(&chan, used(i), NVSP_STATUS_SUCCESS);
	hn_chan_rx_unlock(&chan);
	hn_chan_tx_unlock(&chan);
	assert_int_equal(failures, 1);
	assert_int_equal(chan.failed, 1);
}

static void
receive_end_has_one_owner(void **state)
{
	(void)state;
	assert_true(hn_chan_rx_trylock(&chan));
	assert_false(hn_chan_rx_trylock(&chan));
	push_data(1);
	assert_int_equal(hn_chan_poll(&chan, 10, HN_CHAN_DROP), 0);
	hn_chan_rx_unlock(&chan);
	assert_int_equal(hn_chan_poll(&chan, 10, HN_CHAN_DROP), 1);
}

static void *
wait_for_the_end(void *arg)
{
	uint32_t *has = arg;

	hn_chan_rx_lock(&chan);
	__atomic_store_n(has, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(has, __ATOMIC_ACQUIRE) == 1)
		rte_pause();
	hn_chan_rx_unlock(&chan);
	return NULL;
}

/* A poller comes back before anybody who waits has noticed that it was gone. */
static void
polling_keeps_nobody_out(void **state)
{
	pthread_t waiter;
	uint32_t has = 0;

	(void)state;
	assert_true(hn_chan_rx_trylock(&chan));
	assert_int_equal(pthread_create(&waiter, NULL, wait_for_the_end, &has), 0);
	while (rte_atomic_load_explicit(&chan.shared->rx_wanted, rte_memory_order_acquire) == 0)
		rte_pause();
	hn_chan_rx_unlock(&chan);
	/* As soon as it can be: it makes way. */
	assert_false(hn_chan_rx_trylock(&chan));
	while (__atomic_load_n(&has, __ATOMIC_ACQUIRE) == 0)
		rte_pause();
	__atomic_store_n(&has, 2, __ATOMIC_RELEASE);
	assert_int_equal(pthread_join(waiter, NULL), 0);
	assert_true(hn_chan_rx_trylock(&chan));
	hn_chan_rx_unlock(&chan);
}

/* More than the ring takes at a time, so that the places go round. */
static void
what_is_owed_is_paid_in_order(void **state)
{
	uint64_t id = 0;
	unsigned int turn, i;

	(void)state;
	for (turn = 0; turn < 5; turn++) {
		assert_true(hn_chan_rx_trylock(&chan));
		for (i = 0; i < PIECES * 2 / 3; i++)
			hn_chan_rx_done(&chan, used(id++), NVSP_STATUS_SUCCESS);
		hn_chan_rx_unlock(&chan);
		assert_int_equal(host.rx_completions, id);
		assert_int_equal(host.rx_completed, id - 1);
		assert_int_equal(host.rx_astray, 0);
	}
	assert_int_equal(failures, 0);
}

/* Packets of a host that makes no sense: skipped, counted, memory given back. */
static void
senseless_packets_are_skipped_and_counted(void **state)
{
	const uint32_t body[16] = { 0 };
	struct vmbus_chanpkt_rxbuf xfer = {
		.hdr = { VMBUS_CHANPKT_TYPE_RXBUF, 4, 6, VMBUS_CHANPKT_FLAG_RC, 3 },
		.rxbuf_id = NVSP_RECV_BUF_ID,
		.rxbuf_cnt = 1,
	};
	uint8_t packet[48] = { 0 };
	uint32_t type = NVSP_TYPE_RNDIS_PKT;
	unsigned int bad = 0;

	(void)state;
	push(VMBUS_CHANPKT_TYPE_INBAND, 2, 1, body, 0);
	bad++;
	push(5, 2, 1, body, 16);
	bad++;
	push(VMBUS_CHANPKT_TYPE_RXBUF, 2, 1, body, 16);
	bad++;
	/* Page set of another. */
	xfer.rxbuf_id = 1;
	memcpy(packet, &xfer, sizeof(xfer));
	memcpy(packet + 32, &type, sizeof(type));
	scripted_push(packet, sizeof(packet));
	bad++;
	/* More ranges than there is room for, and none. */
	xfer.rxbuf_id = NVSP_RECV_BUF_ID;
	xfer.rxbuf_cnt = 2;
	memcpy(packet, &xfer, sizeof(xfer));
	scripted_push(packet, sizeof(packet));
	bad++;
	xfer.rxbuf_cnt = UINT32_MAX;
	memcpy(packet, &xfer, sizeof(xfer));
	scripted_push(packet, sizeof(packet));
	bad++;
	xfer.rxbuf_cnt = 0;
	memcpy(packet, &xfer, sizeof(xfer));
	scripted_push(packet, sizeof(packet));
	bad++;
	/* Another NVSP message in it. */
	xfer.rxbuf_cnt = 1;
	type = NVSP_TYPE_INIT;
	memcpy(packet, &xfer, sizeof(xfer));
	memcpy(packet + 32, &type, sizeof(type));
	scripted_push(packet, sizeof(packet));
	bad++;
	push_data(9);
	assert_int_equal(next(20), 1);
	assert_int_equal(msg.xactid, 9);
	assert_int_equal(chan.shared->stats.bad_packets, bad);
	assert_int_equal(host.rx_completions, 6);
	assert_int_equal(failures, 0);
}

static void
late_answer_does_not_disturb_the_next_request(void **state)
{
	const uint32_t late[] = { NVSP_TYPE_INIT_COMPLETE, 0, 0, NVSP_STATUS_FAIL };
	uint32_t req[] = { NVSP_TYPE_INIT, NVSP_VERSION_61, NVSP_VERSION_61 };
	struct nvsp_init_complete answer;

	(void)state;
	host.fault = FAULT_SILENT;
	host.fault_at = 1;
	assert_int_equal(hn_chan_call(&chan, req, sizeof(req), &answer, sizeof(answer), 20),
			 -ETIMEDOUT);
	push(VMBUS_CHANPKT_TYPE_COMP, 2, HN_XACT_CALL | 0, late, sizeof(late));
	assert_int_equal(hn_chan_call(&chan, req, sizeof(req), &answer, sizeof(answer), 1000), 0);
	assert_int_equal(answer.status, NVSP_STATUS_SUCCESS);
	assert_int_equal(chan.shared->stats.stale_answers, 1);
}

static void
packets_that_arrive_while_waiting_do_not_disturb(void **state)
{
	const uint32_t notice[] = { NVSP_TYPE_VF_ASSOCIATION, 1 };
	const uint32_t done[] = { NVSP_TYPE_RNDIS_PKT_COMPLETE, NVSP_STATUS_SUCCESS };
	uint32_t req[] = { NVSP_TYPE_INIT, NVSP_VERSION_61, NVSP_VERSION_61 };
	struct nvsp_init_complete answer;

	(void)state;
	push(VMBUS_CHANPKT_TYPE_INBAND, 2, 1, notice, sizeof(notice));
	push(VMBUS_CHANPKT_TYPE_COMP, 2, 5, done, sizeof(done));
	push_data(4);
	assert_int_equal(hn_chan_call(&chan, req, sizeof(req), &answer, sizeof(answer), 1000), 0);
	assert_int_equal(notices, 1);
	assert_int_equal(tx_dones, 1);
	assert_int_equal(next(10), 1);
	assert_int_equal(msg.xactid, 4);
}

static void
answer_that_lies_there_when_the_deadline_has_passed_is_taken(void **state)
{
	uint32_t req[] = { NVSP_TYPE_INIT, NVSP_VERSION_61, NVSP_VERSION_61 };
	struct nvsp_init_complete answer;

	(void)state;
	assert_int_equal(hn_chan_call(&chan, req, sizeof(req), &answer, sizeof(answer), 0), 0);
	assert_int_equal(answer.status, NVSP_STATUS_SUCCESS);
}

static void
short_answer_is_an_error(void **state)
{
	uint32_t req[] = { NVSP_TYPE_INIT, NVSP_VERSION_61, NVSP_VERSION_61 };
	struct nvsp_init_complete answer;

	(void)state;
	host.fault = FAULT_SHORT;
	host.fault_at = 1;
	assert_int_equal(hn_chan_call(&chan, req, sizeof(req), &answer, sizeof(answer), 1000),
			 -EBADMSG);
}

static void
gone_device_ends_a_wait(void **state)
{
	uint32_t req[] = { NVSP_TYPE_INIT, NVSP_VERSION_61, NVSP_VERSION_61 };
	struct nvsp_init_complete answer;

	(void)state;
	host.fault = FAULT_GONE;
	host.fault_at = 1;
	assert_int_equal(hn_chan_call(&chan, req, sizeof(req), &answer, sizeof(answer), 60000),
			 -ENODEV);
}

#undef CASE
#define CASE(sentence, function) { sentence, function, start, stop, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("the Rx queue gets the data, and others get theirs",
		     the_rx_queue_gets_the_data_and_others_get_theirs),
		CASE("control among data is known by its message",
		     control_among_data_is_known_by_its_message),
		CASE("a burst takes no more than its budget", burst_takes_no_more_than_its_budget),
		CASE("data met by others waits for the Rx queue, in order",
		     data_met_by_others_waits_for_the_rx_queue_in_order),
		CASE("data beyond the backlog goes back and is counted",
		     data_beyond_the_backlog_goes_back_and_is_counted),
		CASE("who may not drop leaves data in the ring",
		     who_may_not_drop_leaves_data_in_the_ring),
		CASE("frames that wait are counted without loss",
		     frames_that_wait_are_counted_without_loss),
		CASE("a packet that wants no completion gets none",
		     packet_that_wants_no_completion_gets_none),
		CASE("an abandoned channel is not touched", abandoned_channel_is_not_touched),
		CASE("a broken send ring fails the channel", broken_send_ring_fails_the_channel),
		CASE("a host that keeps talking does not outlast a deadline",
		     host_that_keeps_talking_does_not_outlast_a_deadline),
		CASE("who looks after a channel gives back what is freed",
		     who_looks_after_a_channel_gives_back_what_is_freed),
		CASE("completions owed wait for the send end",
		     completions_owed_wait_for_the_send_end),
		CASE("completions wait for each other only while more packets are known",
		     completions_wait_for_each_other_only_while_more_packets_are_known),
		CASE("completions that wait are sent when somebody looks after the channel",
		     completions_that_wait_are_sent_when_somebody_looks_after_the_channel),
		CASE("what others have taken out of the ring is no packet that is known",
		     what_others_have_taken_out_of_the_ring_is_no_packet_that_is_known),
		CASE("a packet that keeps much of the host's memory is completed at once",
		     packet_that_keeps_much_of_the_memory_is_completed_at_once),
		CASE("what mbufs have kept counts as held back",
		     what_mbufs_have_kept_counts_as_held_back),
		CASE("an heir forgets a completion only of who was paying",
		     heir_forgets_a_completion_only_of_who_was_paying),
		CASE("an heir does not send again what the dead may have sent",
		     heir_does_not_send_again_what_the_dead_may_have_sent),
		CASE("a small receive buffer is given back packet by packet",
		     small_receive_buffer_is_given_back_packet_by_packet),
		CASE("more packets outstanding than pieces fail the channel, once",
		     more_packets_outstanding_than_pieces_fail_the_channel_once),
		CASE("the receive end has one owner", receive_end_has_one_owner),
		CASE("polling keeps nobody out who waits", polling_keeps_nobody_out),
		CASE("what is owed is paid in order", what_is_owed_is_paid_in_order),
		CASE("senseless packets are skipped and counted",
		     senseless_packets_are_skipped_and_counted),
		CASE("a late answer does not disturb the next request",
		     late_answer_does_not_disturb_the_next_request),
		CASE("packets that arrive while waiting do not disturb",
		     packets_that_arrive_while_waiting_do_not_disturb),
		CASE("an answer that lies there when the deadline has passed is taken",
		     answer_that_lies_there_when_the_deadline_has_passed_is_taken),
		CASE("a short answer is an error", short_answer_is_an_error),
		CASE("a gone device ends a wait", gone_device_ends_a_wait),
	};
	char path[64];
	int failed;

	if (mkdtemp(dir) == NULL)
		return 1;
	failed = cmocka_run_group_tests_name("hn chan", tests, driver_test_start_eal, NULL);
	snprintf(path, sizeof(path), "%s/netvsc_life", dir);
	unlink(path);
	rmdir(dir);
	return failed;
}
