/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Golden bytes: what the control half puts on the wire, against byte strings
 * that were made from the public documents and not from our headers.
 */

#include <rte_eal.h>

#include "hn_chan.h"
#include "hn_nvs.h"
#include "hn_rndis.h"
#include "hn_test.h"
#include "scripted_host.h"

#define TIMEOUT_MS 1000
/* VMBus packet types. */
#define INBAND 6
#define GPA_DIRECT 9
#define COMPLETION 11

int hn_logtype_init;
int hn_logtype_driver;

static struct hn_chan chan;
static struct hn_nvs nvs;
static struct hn_rndis rndis;

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
	fail_msg("the channel failed: %d", ret);
}

static const struct hn_chan_events events = { on_tx_done, on_control, on_notice, on_failed };

static void
on_status(void *ctx, uint32_t status, uint32_t value)
{
	(void)ctx;
	(void)status;
	(void)value;
}

static const struct hn_rndis_events rndis_events = { on_status };

static int
start(void **state)
{
	(void)state;
	scripted_reset();
	memset(&rndis, 0, sizeof(rndis));
	return hn_chan_open(&chan, scripted_device(), 0, &events, NULL);
}

static int
stop(void **state)
{
	(void)state;
	hn_chan_close(&chan);
	return 0;
}

static void
nvs_up(void)
{
	assert_int_equal(hn_nvs_attach(&nvs, &chan, scripted_device(), 1500, TIMEOUT_MS), 0);
}

static void
rndis_up(void)
{
	assert_int_equal(hn_rndis_attach(&rndis, &chan, &rndis_events, NULL, TIMEOUT_MS), 0);
}

/* What the guest sent as its index-th packet, completions not counted. */
static const struct scripted_packet *
request(unsigned int index)
{
	unsigned int i;

	for (i = 0; i < host.log_count; i++)
		if (host.log[i].type != COMPLETION && index-- == 0)
			return &host.log[i];
	fail_msg("the guest has sent less");
	return NULL;
}

/* The message, then nothing but zeros up to the length of the version's messages. */
static void
assert_nvsp(const struct scripted_packet *packet, const uint8_t *golden, uint32_t len,
	    uint32_t padded)
{
	uint32_t i;

	assert_int_equal(packet->nvsp_len, padded);
	assert_memory_equal(packet->nvsp, golden, len);
	for (i = len; i < padded; i++)
		assert_int_equal(packet->nvsp[i], 0);
}

/* The NVSP messages of a bring-up and take-down, in order. */
static const struct {
	uint32_t len;
	bool wants_completion;
	uint8_t bytes[20];
} nvsp_golden[] = {
	/* INIT 6.1 */
	{ 12, true, { 0x01, 0, 0, 0, 0x01, 0x00, 0x06, 0x00, 0x01, 0x00, 0x06, 0x00 } },
	/* NDIS_CONFIG, 1500 and the Ethernet header, VLAN */
	{ 20, false, { 0x7d, 0, 0, 0, 0xea, 0x05, 0, 0, 0, 0, 0, 0, 0x08, 0, 0, 0, 0, 0, 0, 0 } },
	/* NDIS_VERSION 6.30 */
	{ 12, false, { 0x64, 0, 0, 0, 0x06, 0, 0, 0, 0x1e, 0, 0, 0 } },
	/* RECV_BUF, GPADL 0xe1e10, id 0xcafe */
	{ 12, true, { 0x65, 0, 0, 0, 0x10, 0x1e, 0x0e, 0x00, 0xfe, 0xca, 0, 0 } },
	/* SEND_BUF, GPADL 0xe1e11, id 0xface */
	{ 12, true, { 0x68, 0, 0, 0, 0x11, 0x1e, 0x0e, 0x00, 0xce, 0xfa, 0, 0 } },
	/* REVOKE_RECV_BUF, REVOKE_SEND_BUF */
	{ 6, false, { 0x67, 0, 0, 0, 0xfe, 0xca } },
	{ 6, false, { 0x6a, 0, 0, 0, 0xce, 0xfa } },
};

static void
nvsp_messages_are_the_golden_bytes(void **state)
{
	unsigned int i;

	(void)state;
	nvs_up();
	hn_nvs_detach(&nvs, &chan);
	assert_int_equal(host.log_count, sizeof(nvsp_golden) / sizeof(nvsp_golden[0]));
	for (i = 0; i < host.log_count; i++) {
		assert_int_equal(host.log[i].type, INBAND);
		assert_int_equal(host.log[i].flags, nvsp_golden[i].wants_completion);
		assert_nvsp(&host.log[i], nvsp_golden[i].bytes, nvsp_golden[i].len, 40);
	}
}

/* Version 1 has a number of its own, no NDIS_CONFIG, and speaks of NDIS 6.1. */
static void
oldest_version_is_spoken_in_its_own_bytes(void **state)
{
	static const uint8_t init[12] = { 0x01, 0, 0, 0, 0x02, 0, 0, 0, 0x02, 0, 0, 0 };
	static const uint8_t version[12] = { 0x64, 0, 0, 0, 0x06, 0, 0, 0, 0x01, 0, 0, 0 };

	(void)state;
	host.version = 2;
	nvs_up();
	/* Five newer ones were refused before. */
	assert_nvsp(request(5), init, sizeof(init), 32);
	assert_nvsp(request(6), version, sizeof(version), 32);
	assert_int_equal(get32(request(7)->nvsp), 0x65);
	hn_nvs_detach(&nvs, &chan);
}

/* RNDIS requests in the order of the documents' examples: ids 1, 2, 3, then HALT. */
static const struct {
	uint32_t len;
	uint8_t bytes[32];
} rndis_golden[] = {
	/* INITIALIZE 1.0, transfers of 16384 */
	{ 24, { 0x02, 0, 0, 0, 0x18, 0, 0, 0, 0x01, 0, 0, 0, 0x01, 0, 0, 0, 0, 0, 0, 0,
		0x00, 0x40, 0, 0 } },
	/* QUERY of the largest frame, without data: the offset is 20 all the same */
	{ 28, { 0x04, 0, 0, 0, 0x1c, 0, 0, 0, 0x02, 0, 0, 0, 0x06, 0x01, 0x01, 0x00, 0, 0, 0, 0,
		0x14, 0, 0, 0, 0, 0, 0, 0 } },
	/* SET of the packet filter: directed, all multicast, broadcast */
	{ 32, { 0x05, 0, 0, 0, 0x20, 0, 0, 0, 0x03, 0, 0, 0, 0x0e, 0x01, 0x01, 0x00, 0x04, 0, 0, 0,
		0x14, 0, 0, 0, 0, 0, 0, 0, 0x0d, 0, 0, 0 } },
	/* HALT */
	{ 12, { 0x03, 0, 0, 0, 0x0c, 0, 0, 0, 0x04, 0, 0, 0 } },
};

static void
rndis_requests_are_the_golden_bytes(void **state)
{
	/* RNDIS_PKT, control, in no section */
	static const uint8_t pkt[16] = {
		0x6b, 0, 0, 0, 0x01, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
	};
	const struct scripted_packet *sent;
	unsigned int i, first;
	uint32_t mtu;

	(void)state;
	nvs_up();
	first = host.log_count;
	rndis_up();
	assert_int_equal(hn_rndis_get_mtu(&rndis, &mtu), 0);
	assert_int_equal(hn_rndis_set_filter(&rndis, 0x0d), 0);
	hn_rndis_detach(&rndis);
	for (i = 0; i < sizeof(rndis_golden) / sizeof(rndis_golden[0]); i++) {
		sent = request(first + i);
		assert_int_equal(sent->type, GPA_DIRECT);
		assert_nvsp(sent, pkt, sizeof(pkt), 40);
		assert_int_equal(sent->rndis_len, rndis_golden[i].len);
		assert_memory_equal(sent->rndis, rndis_golden[i].bytes, rndis_golden[i].len);
	}
	hn_nvs_detach(&nvs, &chan);
}

static void
completion_of_a_packet_is_the_golden_bytes(void **state)
{
	static const uint8_t done[8] = { 0x6c, 0, 0, 0, 0x01, 0, 0, 0 };
	static const uint8_t indication[20] = { 0x07, 0, 0, 0, 0x14, 0, 0, 0, 0x0b, 0, 0x01, 0x40 };
	const struct scripted_packet *last;

	(void)state;
	nvs_up();
	rndis_up();
	scripted_push_rndis(1, indication, sizeof(indication), UINT64_C(0x123456789abcdef0));
	assert_int_equal(hn_chan_poll(&chan, 10, HN_CHAN_LEAVE), 1);
	last = &host.log[host.log_count - 1];
	assert_int_equal(last->type, COMPLETION);
	assert_int_equal(last->flags, 0);
	assert_true(last->xactid == UINT64_C(0x123456789abcdef0));
	assert_int_equal(last->nvsp_len, sizeof(done));
	assert_memory_equal(last->nvsp, done, sizeof(done));
	hn_rndis_detach(&rndis);
	hn_nvs_detach(&nvs, &chan);
}

#undef CASE
#define CASE(sentence, function) { sentence, function, start, stop, NULL }

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		CASE("NVSP messages are the golden bytes, padded with zeros",
		     nvsp_messages_are_the_golden_bytes),
		CASE("the oldest version is spoken in its own bytes",
		     oldest_version_is_spoken_in_its_own_bytes),
		CASE("RNDIS requests are the golden bytes", rndis_requests_are_the_golden_bytes),
		CASE("the completion of a packet is the golden bytes",
		     completion_of_a_packet_is_the_golden_bytes),
	};
	char *eal[] = { argv[0], "--no-huge", "--no-pci", "--no-shconf", "-m", "32", "-l", "0",
			"--no-telemetry", "--log-level=*:1", NULL };

	(void)argc;
	if (rte_eal_init((int)(sizeof(eal) / sizeof(eal[0])) - 1, eal) < 0)
		return 1;
	return cmocka_run_group_tests_name("hn wire", tests, NULL, NULL);
}
