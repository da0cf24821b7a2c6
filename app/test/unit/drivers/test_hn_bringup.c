/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * NVSP and RNDIS bring-up against a scripted host: as it should be, with each
 * answer that a host may lie in, and with every single message going wrong in
 * every way.
 */

#include <errno.h>

#include <rte_eal.h>
#include <rte_ether.h>
#include <rte_malloc.h>

#include "driver_test.h"
#include "hn_chan.h"
#include "hn_nvs.h"
#include "hn_offload.h"
#include "hn_rndis.h"
#include "nvsp.h"
#include "rndis.h"
#include "scripted_host.h"

#define TIMEOUT_MS 30

int hn_logtype_init;
int hn_logtype_driver;

static struct hn_chan chan;
static struct hn_nvs nvs;
static struct hn_rndis rndis;
static struct hn_chan_shared chan_shared;
static struct hn_rndis_shared rndis_shared;
static struct hn_offload offload;
static int failed_events;
static uint32_t last_status, last_value;

static void
on_tx_done(void *ctx, struct hn_chan *from, uint64_t xactid, uint32_t status)
{
	(void)ctx;
	(void)from;
	(void)status;
	hn_rndis_tx_done(&rndis, xactid);
}

static void
on_control(void *ctx, struct hn_chan *from, const struct hn_msg *msg)
{
	(void)ctx;
	(void)from;
	hn_rndis_receive(&rndis, msg);
}

static void
on_notice(void *ctx, struct hn_chan *from, const struct hn_msg *msg)
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
	failed_events++;
}

static const struct hn_chan_events events = { on_tx_done, on_control, on_notice, on_failed };

static void
on_status(void *ctx, uint32_t status, uint32_t value)
{
	(void)ctx;
	last_status = status;
	last_value = value;
}

static const struct hn_rndis_events rndis_events = { on_status };

static int
start(void **state)
{
	(void)state;
	scripted_reset();
	failed_events = 0;
	memset(&rndis, 0, sizeof(rndis));
	rndis.shared = &rndis_shared;
	memset(&chan_shared, 0, sizeof(chan_shared));
	hn_chan_init(&chan, &chan_shared);
	return hn_chan_open(&chan, scripted_device(), 0, &events, NULL);
}

static int
stop(void **state)
{
	(void)state;
	hn_chan_close(&chan);
	return 0;
}

static int
nvs_up(void)
{
	return hn_nvs_attach(&nvs, &chan, scripted_device(), 1500, TIMEOUT_MS);
}

static int
rndis_up(void)
{
	return hn_rndis_attach(&rndis, &chan, &rndis_events, NULL, TIMEOUT_MS);
}

/* The whole of it, as hn_host.c does it. */
static int
all_up(void)
{
	struct rte_ether_addr mac;
	uint32_t value;
	bool up;
	int ret = nvs_up();

	if (ret == 0)
		ret = rndis_up();
	if (ret == 0)
		ret = hn_rndis_set_filter(&rndis, 0);
	if (ret == 0)
		ret = hn_rndis_get_mac(&rndis, &mac);
	if (ret == 0)
		ret = hn_rndis_get_mtu(&rndis, &value);
	if (ret == 0)
		ret = hn_offload_query(&offload, &rndis, &nvs);
	if (ret == 0)
		ret = hn_offload_apply(&offload, &rndis, &nvs, 0, 0);
	if (ret == 0)
		ret = hn_rndis_get_link(&rndis, &up);
	if (ret == 0)
		ret = hn_rndis_get_speed(&rndis, &value);
	return ret;
}

static void
all_down(void)
{
	hn_rndis_detach(&rndis);
	hn_rndis_abandon(&rndis);
	hn_nvs_detach(&nvs, &chan);
}

static void
good_host_is_brought_up_and_taken_down(void **state)
{
	(void)state;
	assert_int_equal(all_up(), 0);
	assert_int_equal(nvs.version, NVSP_VERSION_61);
	assert_int_equal(nvs.tx_section_count, (1u << 18) / 6144);
	assert_int_equal(rndis.align, 8);
	assert_int_equal(rndis.max_packets, 8);
	all_down();
	assert_int_equal(host.nvsp_heard[NVSP_TYPE_NDIS_CONFIG], 1);
	assert_int_equal(host.nvsp_heard[NVSP_TYPE_REVOKE_RECV_BUF], 1);
	assert_int_equal(host.nvsp_heard[NVSP_TYPE_REVOKE_SEND_BUF], 1);
	/* Every answer came in the receive buffer, and went back. */
	assert_int_equal(host.rx_completions, 8);
}

/* What the documents say that each message of the bring-up looks like. */
static const struct {
	uint32_t number;	/* of the message */
	uint32_t len;
	uint8_t bytes[40];
} golden[] = {
	/* INIT 6.1, padded to 40. */
	{ 1, 40, { 1, 0, 0, 0, 1, 0, 6, 0, 1, 0, 6, 0 } },
	/* NDIS_CONFIG: 1500 and an Ethernet header, VLAN, teaming and RSC. */
	{ 2, 40, { 0x7d, 0, 0, 0, 0xea, 0x05, 0, 0, 0, 0, 0, 0, 0xa8 } },
	/* NDIS version 6.30. */
	{ 3, 40, { 0x64, 0, 0, 0, 6, 0, 0, 0, 30 } },
	/* Receive buffer: GPADL 0xe1e10, id 0xcafe. */
	{ 4, 40, { 0x65, 0, 0, 0, 0x10, 0x1e, 0x0e, 0, 0xfe, 0xca } },
	/* Send buffer: GPADL 0xe1e11, id 0xface. */
	{ 5, 40, { 0x68, 0, 0, 0, 0x11, 0x1e, 0x0e, 0, 0xce, 0xfa } },
	/* RNDIS INITIALIZE, id 1: version 1.0, messages up to 16384. */
	{ 6, 24, { 2, 0, 0, 0, 24, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0 } },
	/* SET of the packet filter to 0, id 2. */
	{ 7, 32, { 5, 0, 0, 0, 32, 0, 0, 0, 2, 0, 0, 0, 0x0e, 1, 1, 0, 4, 0, 0, 0, 20 } },
	/* QUERY of the permanent address, id 3. */
	{ 8, 28, { 4, 0, 0, 0, 28, 0, 0, 0, 3, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 20 } },
	/* QUERY of the largest frame, id 4. */
	{ 9, 28, { 4, 0, 0, 0, 28, 0, 0, 0, 4, 0, 0, 0, 6, 1, 1, 0, 0, 0, 0, 0, 20 } },
};

static void
messages_of_the_bring_up_are_the_golden_bytes(void **state)
{
	unsigned int i;

	(void)state;
	assert_int_equal(all_up(), 0);
	for (i = 0; i < RTE_DIM(golden); i++)
		assert_memory_equal(host.said[golden[i].number], golden[i].bytes, golden[i].len);
	all_down();
}

static void
each_version_is_found_by_going_down(void **state)
{
	static const uint32_t versions[] = {
		NVSP_VERSION_61, NVSP_VERSION_6, NVSP_VERSION_5, NVSP_VERSION_4, NVSP_VERSION_2,
		NVSP_VERSION_1,
	};
	static const uint32_t capabilities[] = { 0xa8, 0x28, 0x28, 0x08, 0x08, 0 };
	unsigned int i;

	for (i = 0; i < RTE_DIM(versions); i++) {
		stop(state);
		start(state);
		host.version = versions[i];
		assert_int_equal(nvs_up(), 0);
		assert_int_equal(nvs.version, versions[i]);
		assert_int_equal(host.nvsp_heard[NVSP_TYPE_INIT], i + 1);
		assert_int_equal(host.nvsp_heard[NVSP_TYPE_NDIS_CONFIG],
				 versions[i] != NVSP_VERSION_1);
		assert_int_equal(host.caps, capabilities[i]);
		assert_int_equal(chan.shared->nvsp_len, versions[i] == NVSP_VERSION_61 ? 40 : 32);
		hn_nvs_detach(&nvs, &chan);
	}
}

static void
host_that_takes_no_version_is_given_up(void **state)
{
	(void)state;
	host.version = 0;
	assert_true(nvs_up() < 0);
	assert_int_equal(host.nvsp_heard[NVSP_TYPE_RECV_BUF], 0);
	assert_int_equal(host.nvsp_heard[NVSP_TYPE_REVOKE_RECV_BUF], 0);
}

/* What a host may say of its buffers, and must not be believed. */
static const struct {
	uint32_t sections, piece_offset, piece_len, piece_count, section_len;
} bad_buffers[] = {
	{ 0, 0, 1806, 100, 6144 }, { 2, 0, 1806, 100, 6144 }, { 1, 8, 1806, 100, 6144 },
	{ 1, 0, 0, 100, 6144 }, { 1, 0, 67, 100, 6144 }, { 1, 0, 1806, 0, 6144 },
	{ 1, 0, 1806, 1000, 6144 }, { 1, 0, UINT32_MAX, UINT32_MAX, 6144 },
	{ 1, 0, 0x10000, 0x10000, 6144 },
	{ 1, 0, 1806, 100, 0 }, { 1, 0, 1806, 100, 100 }, { 1, 0, 1806, 100, 6146 },
	{ 1, 0, 1806, 100, (1u << 18) + 4 }, { 1, 0, 1806, 100, UINT32_MAX },
};

static void
impossible_buffers_are_refused_and_revoked(void **state)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(bad_buffers); i++) {
		stop(state);
		start(state);
		host.sections = bad_buffers[i].sections;
		host.piece_offset = bad_buffers[i].piece_offset;
		host.piece_len = bad_buffers[i].piece_len;
		host.piece_count = bad_buffers[i].piece_count;
		host.section_len = bad_buffers[i].section_len;
		assert_int_equal(nvs_up(), -EBADMSG);
		assert_int_equal(host.nvsp_heard[NVSP_TYPE_REVOKE_RECV_BUF], 1);
		assert_false(nvs.rx_connected);
		assert_false(nvs.tx_connected);
	}
}

static const struct {
	uint32_t max_packets, max_transfer, alignment;
	bool good;
} limits[] = {
	{ 8, 0xefffffff, 3, true }, { 0, 0xefffffff, 0, true }, { 1, 4096, 7, true },
	{ 8, 0xefffffff, 8, false }, { 8, 0xefffffff, 32, false }, { 8, 0xefffffff, UINT32_MAX, false },
	{ 8, 1000, 3, false }, { 8, 0, 3, false },
};

static void
limits_that_make_no_sense_are_refused(void **state)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(limits); i++) {
		stop(state);
		start(state);
		host.max_packets = limits[i].max_packets;
		host.max_transfer = limits[i].max_transfer;
		host.alignment = limits[i].alignment;
		assert_int_equal(nvs_up(), 0);
		assert_int_equal(rndis_up() == 0, limits[i].good);
		if (limits[i].good)
			assert_true(rndis.max_packets >= 1);
		all_down();
	}
}

static void
answer_may_come_before_the_completion(void **state)
{
	(void)state;
	host.answer_first = true;
	assert_int_equal(all_up(), 0);
	all_down();
}

static void
answer_to_another_request_is_not_taken(void **state)
{
	uint32_t mtu;

	(void)state;
	assert_int_equal(nvs_up(), 0);
	assert_int_equal(rndis_up(), 0);
	host.request_id_off = 1;
	assert_int_equal(hn_rndis_get_mtu(&rndis, &mtu), -ETIMEDOUT);
	assert_true(rndis.shared->stray > 0);
	host.request_id_off = 0;
	assert_int_equal(hn_rndis_get_mtu(&rndis, &mtu), 0);
	assert_int_equal(mtu, 1500);
	all_down();
}

static void
unknown_oid_is_told_from_a_broken_host(void **state)
{
	uint32_t mtu = 7;

	(void)state;
	assert_int_equal(nvs_up(), 0);
	assert_int_equal(rndis_up(), 0);
	host.oid_status = RNDIS_STATUS_NOT_SUPPORTED;
	assert_int_equal(hn_rndis_get_mtu(&rndis, &mtu), -ENOTSUP);
	assert_int_equal(mtu, 0);
	/* A host that knows no offloads is fine. */
	assert_int_equal(hn_offload_query(&offload, &rndis, &nvs), 0);
	assert_int_equal(offload.offered, 0);
	assert_int_equal(hn_offload_apply(&offload, &rndis, &nvs, 0, 0), 0);
	all_down();
}

static void
value_of_any_length_comes_with_its_length(void **state)
{
	uint8_t value[8];
	uint32_t len = sizeof(value);

	(void)state;
	assert_int_equal(nvs_up(), 0);
	assert_int_equal(rndis_up(), 0);
	memset(value, 0xff, sizeof(value));
	assert_int_equal(hn_rndis_query_upto(&rndis, 0x00010106, NULL, 0, value, &len), 0);
	assert_int_equal(len, 4);
	assert_memory_equal(value, "\xdc\x05\0\0\0\0\0\0", sizeof(value));
	/* Whoever wants all of it does not take less. */
	memset(value, 0xff, sizeof(value));
	assert_int_equal(hn_rndis_query(&rndis, 0x00010106, NULL, 0, value, sizeof(value)),
			 -EBADMSG);
	assert_memory_equal(value, "\0\0\0\0\0\0\0\0", sizeof(value));
	/* And never more than there is room for. */
	len = 2;
	assert_int_equal(hn_rndis_query_upto(&rndis, 0x00010106, NULL, 0, value, &len), 0);
	assert_int_equal(len, 2);
	assert_memory_equal(value, "\xdc\x05\0\0", 4);
	all_down();
}

static void
impossible_mac_is_refused(void **state)
{
	struct rte_ether_addr mac;

	(void)state;
	assert_int_equal(nvs_up(), 0);
	assert_int_equal(rndis_up(), 0);
	host.mac[0] = 1;
	assert_int_equal(hn_rndis_get_mac(&rndis, &mac), -EADDRNOTAVAIL);
	memset(host.mac, 0, sizeof(host.mac));
	assert_int_equal(hn_rndis_get_mac(&rndis, &mac), -EADDRNOTAVAIL);
	all_down();
}

static void
control_that_comes_before_rndis_is_attached_is_dropped(void **state)
{
	const uint32_t indication[] = { RNDIS_INDICATE_STATUS, 20, RNDIS_STATUS_MEDIA_CONNECT, 0, 0 };

	(void)state;
	last_status = 0;
	assert_int_equal(nvs_up(), 0);
	scripted_push_rndis(NVSP_CHANNEL_CONTROL, indication, sizeof(indication), 5);
	hn_chan_poll(&chan, 10, HN_CHAN_DROP);
	assert_int_equal(host.rx_completions, 1);
	assert_int_equal(rndis_up(), 0);
	hn_rndis_detach(&rndis);
	scripted_push_rndis(NVSP_CHANNEL_CONTROL, indication, sizeof(indication), 6);
	hn_chan_poll(&chan, 10, HN_CHAN_DROP);
	assert_int_equal(last_status, 0);
	hn_nvs_detach(&nvs, &chan);
}

static void
indications_go_up_with_their_value(void **state)
{
	struct {
		struct rndis_indicate_status ind;
		uint32_t value;
	} msg = {
		.ind = { RNDIS_INDICATE_STATUS, sizeof(msg), RNDIS_STATUS_LINK_SPEED_CHANGE, 4, 12 },
		.value = 12345,
	};

	(void)state;
	assert_int_equal(nvs_up(), 0);
	assert_int_equal(rndis_up(), 0);
	scripted_push_rndis(NVSP_CHANNEL_CONTROL, &msg, sizeof(msg), 5);
	hn_chan_poll(&chan, 10, HN_CHAN_DROP);
	assert_int_equal(last_status, RNDIS_STATUS_LINK_SPEED_CHANGE);
	assert_int_equal(last_value, 12345);
	/* One that points outside itself does not. */
	last_status = 0;
	msg.ind.info_offset = 13;
	scripted_push_rndis(NVSP_CHANNEL_CONTROL, &msg, sizeof(msg), 6);
	msg.ind.info_offset = UINT32_MAX;
	scripted_push_rndis(NVSP_CHANNEL_CONTROL, &msg, sizeof(msg), 7);
	hn_chan_poll(&chan, 10, HN_CHAN_DROP);
	assert_int_equal(last_status, 0);
	all_down();
}

/*
 * Let the n-th message go wrong, for every n and in every way: bring-up fails
 * or copes, nothing hangs, and afterwards a good host is brought up.
 */
static void
every_message_may_go_wrong_in_every_way(void **state)
{
	uint32_t fault, at, total;

	assert_int_equal(all_up(), 0);
	total = host.heard;
	all_down();
	for (fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++) {
		for (at = 1; at <= total; at++) {
			stop(state);
			start(state);
			host.fault = fault;
			host.fault_at = at;
			(void)all_up();
			all_down();
			assert_false(nvs.rx_connected || nvs.tx_connected || rndis.initialized);
			assert_null(rndis.pages);
			assert_int_equal(chan.shared->call.xactid, 0);
		}
	}
	stop(state);
	start(state);
	assert_int_equal(all_up(), 0);
	all_down();
}

#undef CASE
#define CASE(sentence, function) { sentence, function, start, stop, NULL }

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		CASE("a good host is brought up and taken down",
		     good_host_is_brought_up_and_taken_down),
		CASE("messages of the bring-up are the golden bytes",
		     messages_of_the_bring_up_are_the_golden_bytes),
		CASE("each version is found by going down", each_version_is_found_by_going_down),
		CASE("a host that takes no version is given up",
		     host_that_takes_no_version_is_given_up),
		CASE("impossible buffers are refused, and revoked",
		     impossible_buffers_are_refused_and_revoked),
		CASE("limits that make no sense are refused",
		     limits_that_make_no_sense_are_refused),
		CASE("an answer may come before the completion",
		     answer_may_come_before_the_completion),
		CASE("an answer to another request is not taken",
		     answer_to_another_request_is_not_taken),
		CASE("an unknown OID is told from a broken host",
		     unknown_oid_is_told_from_a_broken_host),
		CASE("a value of any length comes with its length",
		     value_of_any_length_comes_with_its_length),
		CASE("an impossible MAC is refused", impossible_mac_is_refused),
		CASE("control that comes before RNDIS is attached is dropped",
		     control_that_comes_before_rndis_is_attached_is_dropped),
		CASE("indications go up with their value", indications_go_up_with_their_value),
		CASE("every message may go wrong in every way",
		     every_message_may_go_wrong_in_every_way),
	};
	char *eal[] = { argv[0], "--no-huge", "--no-pci", "--no-shconf", "-m", "32", "-l", "0",
			"--no-telemetry", "--log-level=*:1", NULL };

	(void)argc;
	if (rte_eal_init((int)RTE_DIM(eal) - 1, eal) < 0)
		return 1;
	return cmocka_run_group_tests_name("hn bring-up", tests, NULL, NULL);
}
