/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Subchannels of hosts that grant and offer as they like.
 */

#include <errno.h>

#include "driver_test.h"
#include "driver_test_eal.h"
#include "hn_channels.h"
#include "hn_nvs.h"
#include "nvsp.h"
#include "scripted_host.h"

#define TIMEOUT_MS 50
#define WANT 4

int hn_logtype_init;
int hn_logtype_driver;

static struct hn_channels channels;
static struct hn_chan_shared shared[HN_CHANNELS_MAX];
static struct hn_nvs nvs;

static void
on_tx_done(void *ctx, struct hn_chan *from, uint64_t xactid, uint32_t status)
{
	(void)ctx;
	(void)from;
	(void)xactid;
	(void)status;
}

static void
on_message(void *ctx, struct hn_chan *from, const struct hn_msg *msg)
{
	(void)ctx;
	(void)from;
	(void)msg;
}

static void
on_failed(void *ctx, struct hn_chan *from, int ret)
{
	(void)ctx;
	(void)from;
	(void)ret;
}

static const struct hn_chan_events events = { on_tx_done, on_message, on_message, on_failed };

static void
offer(const uint16_t *indexes, uint32_t count)
{
	memcpy(host.offer, indexes, count * sizeof(indexes[0]));
	host.offer_count = count;
}

#define OFFER(...) \
	offer((const uint16_t[]){ __VA_ARGS__ }, \
	      sizeof((const uint16_t[]){ __VA_ARGS__ }) / sizeof(uint16_t))

static int
start(void **state)
{
	(void)state;
	scripted_reset();
	host.grant = WANT - 1;
	OFFER(1, 2, 3);
	memset(shared, 0, sizeof(shared));
	hn_channels_init(&channels, shared);
	if (hn_channels_open(&channels, scripted_device(), 0, &events, NULL) < 0)
		return -1;
	return hn_nvs_attach(&nvs, &channels.chan[0], scripted_device(), 1500, TIMEOUT_MS);
}

static int
stop(void **state)
{
	(void)state;
	hn_channels_close(&channels);
	return 0;
}

static int
add(void)
{
	return hn_channels_add(&channels, &nvs, WANT, TIMEOUT_MS);
}

/* Channels 0 to count - 1 are open, know their place and the receive buffer; no others. */
static void
assert_open(uint16_t count)
{
	uint16_t i;

	assert_int_equal(channels.count, count);
	for (i = 0; i < count; i++) {
		assert_non_null(channels.chan[i].vmbus);
		assert_int_equal(channels.chan[i].index, i);
		assert_ptr_equal(channels.chan[i].rxbuf, scripted_rxbuf());
		assert_int_equal(channels.chan[i].shared->owed_max, host.piece_count);
		assert_int_equal(channels.chan[i].shared->nvsp_len, channels.chan[0].shared->nvsp_len);
	}
	/* Whoever polls one that is not open finds nothing. */
	assert_true(hn_chan_poll(&channels.chan[count], 1, HN_CHAN_DROP) <= 0);
}

static void
test_all_open(void **state)
{
	uint32_t msg[3];

	(void)state;
	assert_int_equal(add(), 0);
	assert_open(WANT);
	memcpy(msg, host.said[host.heard], sizeof(msg));
	assert_int_equal(msg[0], 133);
	assert_int_equal(msg[1], 1);
	assert_int_equal(msg[2], WANT - 1);
}

static void
test_any_order(void **state)
{
	(void)state;
	OFFER(3, 1, 2);
	assert_int_equal(add(), 0);
	assert_open(WANT);
}

/* The port is lost while they are opened: none of them is used. */
static void
test_lost_meanwhile(void **state)
{
	uint16_t i;

	(void)state;
	channels.granted = WANT - 1;
	hn_channels_abandon(&channels);
	assert_int_equal(hn_channels_add_late(&channels), 0);
	assert_int_equal(channels.count, WANT);
	for (i = 0; i < WANT; i++)
		assert_true(hn_chan_poll(&channels.chan[i], 1, HN_CHAN_DROP) < 0);
}

static void
test_late(void **state)
{
	(void)state;
	host.offer_after = 5;
	assert_int_equal(add(), 0);
	assert_open(WANT);
}

static void
test_fewer(void **state)
{
	(void)state;
	host.grant = 1;
	OFFER(1);
	assert_int_equal(add(), 0);
	assert_open(2);
}

static void
test_refused(void **state)
{
	(void)state;
	host.refuse = true;
	assert_int_equal(add(), 0);
	assert_open(1);
	assert_int_equal(host.opened, 0);
}

static void
test_never_offered(void **state)
{
	(void)state;
	host.offer_count = 2;
	assert_int_equal(add(), 0);
	assert_open(3);
}

static void
test_offered_too_late(void **state)
{
	(void)state;
	host.offer_count = 1;
	assert_int_equal(add(), 0);
	assert_open(2);
	/* Nothing new: nothing happens. */
	assert_int_equal(hn_channels_add_late(&channels), 0);
	assert_open(2);
	host.offer_count = 3;
	assert_int_equal(hn_channels_add_late(&channels), 0);
	assert_open(WANT);
}

static void
test_gap(void **state)
{
	(void)state;
	OFFER(1, 3);
	assert_int_equal(add(), 0);
	assert_open(2);
}

static void
test_more_than_asked(void **state)
{
	(void)state;
	host.grant = UINT32_MAX;
	OFFER(1, 40, 2, 3);
	assert_int_equal(add(), 0);
	assert_open(WANT);
}

static void
test_nonsense_indexes(void **state)
{
	(void)state;
	OFFER(0, 65535, 64, 1, 1, 2, 3);
	assert_int_equal(add(), 0);
	assert_open(WANT);
}

static void
test_old_host_is_not_asked(void **state)
{
	(void)state;
	nvs.version = NVSP_VERSION_4;
	assert_int_equal(add(), 0);
	assert_open(1);
	assert_int_equal(host.nvsp_heard[NVSP_TYPE_SUBCHANNEL], 0);
}

static void
test_bad_answers(void **state)
{
	static const struct {
		enum scripted_fault fault;
		int ret;
	} faults[] = {
		{ FAULT_SEND_FAILS, -EPROTO },
		{ FAULT_SHORT, -EBADMSG },
		{ FAULT_TYPE, -EBADMSG },
	};
	unsigned int i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		host.fault_at = host.heard + 1;
		host.fault = faults[i].fault;
		assert_int_equal(add(), faults[i].ret);
		stop(state);
		start(state);
	}
	host.fault_at = host.heard + 1;
	host.fault = FAULT_SILENT;
	assert_int_equal(add(), -ETIMEDOUT);
}

static void
test_bus_fails(void **state)
{
	(void)state;
	host.open_error = -ENOMEM;
	assert_int_equal(add(), -ENOMEM);
}

static void
test_close_all(void **state)
{
	(void)state;
	assert_int_equal(add(), 0);
	hn_channels_close(&channels);
	assert_int_equal(host.closed, WANT);
	assert_int_equal(channels.count, 0);
	assert_true(hn_chan_poll(&channels.chan[1], 1, HN_CHAN_DROP) <= 0);
	/* Again it does nothing. */
	hn_channels_close(&channels);
	assert_int_equal(host.closed, WANT);
}

static void
test_control_on_a_subchannel(void **state)
{
	/* An INDICATE_STATUS, which only the primary may carry. */
	const uint32_t message[5] = { 7, 20, 0x4001000c, 0, 0 };
	uint32_t before = host.rx_completions;

	(void)state;
	assert_int_equal(add(), 0);
	scripted_push_rndis(1, message, sizeof(message), 5);
	assert_int_equal(hn_chan_poll(&channels.chan[1], 8, HN_CHAN_DROP), 1);
	assert_int_equal(channels.chan[1].shared->stats.bad_packets, 1);
	assert_int_equal(host.rx_completions, before + 1);
}

/* 580 pieces: a lone channel holds back fewer than 36, each of four fewer than 9. */
static void
test_shares(void **state)
{
	const uint32_t message[] = { 1, 8 };
	struct hn_chan *chan = &channels.chan[1];
	static struct hn_msg msg;
	uint32_t before = host.rx_completions, budget, i;

	(void)state;
	assert_int_equal(host.piece_count, 580);
	assert_int_equal(add(), 0);
	hn_channels_share(&channels);
	hn_chan_reader_start(chan);
	for (i = 0; i < 20; i++)
		scripted_push_rndis(0, message, sizeof(message), i);
	for (i = 1; i <= 9; i++) {
		assert_int_equal(host.rx_completions, before);
		assert_true(hn_chan_rx_trylock(chan));
		budget = 1;
		assert_int_equal(hn_chan_rx_next(chan, &msg, &budget), 1);
		hn_chan_rx_done(chan, &msg, NVSP_STATUS_SUCCESS);
		hn_chan_rx_leave(chan);
	}
	assert_int_equal(host.rx_completions, before + 9);
}

#undef CASE
#define CASE(sentence, function) { sentence, function, start, stop, NULL }

static void
test_flush_awaits_the_host(void **state)
{
	(void)state;
	assert_int_equal(add(), 0);
	host.tx_unread = 50;
	hn_channels_flush(&channels);
	assert_int_equal(host.tx_unread, 0);
	/* One that is gone is not waited for. */
	host.tx_unread = UINT32_MAX;
	host.gone = true;
	hn_channels_flush(&channels);
	assert_true(host.tx_unread > UINT32_MAX - 1000);
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		CASE("all channels that are asked for open", test_all_open),
		CASE("offers come in any order", test_any_order),
		CASE("offers come late", test_late),
		CASE("channels that open when the port is lost are left alone", test_lost_meanwhile),
		CASE("a host that grants fewer gives fewer channels", test_fewer),
		CASE("a host that refuses leaves the primary", test_refused),
		CASE("a wait for offers that do not come ends", test_never_offered),
		CASE("offers that came too late can be taken later", test_offered_too_late),
		CASE("a gap in the offers ends the row of channels", test_gap),
		CASE("a host that grants more than asked for is not followed",
		      test_more_than_asked),
		CASE("offers with nonsense for an index are left alone", test_nonsense_indexes),
		CASE("a host before version 5 is not asked", test_old_host_is_not_asked),
		CASE("a bad answer to the request is an error", test_bad_answers),
		CASE("an error of the bus is handed on", test_bus_fails),
		CASE("close closes all channels, once", test_close_all),
		CASE("channels that share the memory hold back a part of their share",
		     test_shares),
		CASE("a flush lasts until the host has read what it gets back",
		      test_flush_awaits_the_host),
		CASE("control messages on a subchannel are refused and given back",
		      test_control_on_a_subchannel),
	};

	return cmocka_run_group_tests(cases, driver_test_start_eal, NULL);
}
