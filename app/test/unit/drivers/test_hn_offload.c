/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Offloads: what of the host's offer becomes an ethdev flag, and which bytes a
 * set of flags becomes.
 */

#include <errno.h>

#include <rte_eal.h>
#include <rte_ethdev.h>

#include "hn_chan.h"
#include "hn_nvs.h"
#include "hn_offload.h"
#include "hn_rndis.h"
#include "hn_test.h"
#include "scripted_host.h"

#define TIMEOUT_MS 1000
#define CHECKSUMS_RX (RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM | \
		      RTE_ETH_RX_OFFLOAD_UDP_CKSUM)
#define CHECKSUMS_TX (RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM | \
		      RTE_ETH_TX_OFFLOAD_UDP_CKSUM)

int hn_logtype_init;
int hn_logtype_driver;

static struct hn_chan chan;
static struct hn_nvs nvs;
static struct hn_rndis rndis;
static struct hn_offload_caps caps;

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

static void
up(uint32_t version)
{
	host.version = version;
	assert_int_equal(hn_chan_open(&chan, scripted_device(), 0, &events, NULL), 0);
	assert_int_equal(hn_nvs_attach(&nvs, &chan, scripted_device(), 1500, TIMEOUT_MS), 0);
	assert_int_equal(hn_rndis_attach(&rndis, &chan, &rndis_events, NULL, TIMEOUT_MS), 0);
}

static void
down(void)
{
	hn_rndis_detach(&rndis);
	hn_nvs_detach(&nvs, &chan);
	hn_chan_close(&chan);
}

/* What a host that can everything says, revision 3, by the documents' offsets. */
static void
offer_everything(void)
{
	static const unsigned int checksums[] = { 8, 16, 24, 32 };
	unsigned int i;

	scripted_reset();
	memset(host.offload, 0, sizeof(host.offload));
	host.offload_len = 156;
	put32(host.offload, 0xa7 | 3 << 8 | 156 << 16);
	for (i = 0; i < 4; i++) {
		put32(host.offload + checksums[i] - 4, 2);
		put32(host.offload + checksums[i], i < 2 ? 0x155 : 0x055);
	}
	put32(host.offload + 80, 2);
	put32(host.offload + 84, 62780);
	put32(host.offload + 88, 2);
	put32(host.offload + 92, 2);
	put32(host.offload + 96, 60000);
	put32(host.offload + 100, 3);
	put32(host.offload + 144, 0x0101);
}

static void
query(uint32_t version, int expected)
{
	up(version);
	memset(&caps, 0xff, sizeof(caps));
	assert_int_equal(hn_offload_query(&rndis, &nvs, &caps), expected);
	down();
}

static void
full_offer_becomes_all_flags(void **state)
{
	(void)state;
	offer_everything();
	query(0x60001, 0);
	assert_true(caps.rx == (CHECKSUMS_RX | RTE_ETH_RX_OFFLOAD_TCP_LRO));
	assert_true(caps.tx == (CHECKSUMS_TX | RTE_ETH_TX_OFFLOAD_TCP_TSO));
	/* Of the two families' limits the tighter ones. */
	assert_int_equal(caps.tso_max_size, 60000);
	assert_int_equal(caps.tso_min_segments, 3);
}

/* Each word of the offer without one of its bits, and the flags that go with it. */
static const struct {
	unsigned int at;
	uint32_t value;
	uint64_t rx, tx;
} lacking[] = {
	{ 8, 0x055, 0, RTE_ETH_TX_OFFLOAD_IPV4_CKSUM },
	{ 8, 0x145, 0, RTE_ETH_TX_OFFLOAD_TCP_CKSUM },
	{ 8, 0x115, 0, RTE_ETH_TX_OFFLOAD_UDP_CKSUM },
	{ 16, 0x055, RTE_ETH_RX_OFFLOAD_IPV4_CKSUM, 0 },
	{ 16, 0x145, RTE_ETH_RX_OFFLOAD_TCP_CKSUM, 0 },
	{ 16, 0x115, RTE_ETH_RX_OFFLOAD_UDP_CKSUM, 0 },
	{ 24, 0x045, 0, RTE_ETH_TX_OFFLOAD_TCP_CKSUM },
	{ 24, 0x015, 0, RTE_ETH_TX_OFFLOAD_UDP_CKSUM },
	{ 32, 0x045, RTE_ETH_RX_OFFLOAD_TCP_CKSUM, 0 },
	{ 32, 0x015, RTE_ETH_RX_OFFLOAD_UDP_CKSUM, 0 },
	{ 80, 0, 0, RTE_ETH_TX_OFFLOAD_TCP_TSO },
	{ 92, 0, 0, RTE_ETH_TX_OFFLOAD_TCP_TSO },
	{ 84, 0, 0, RTE_ETH_TX_OFFLOAD_TCP_TSO },
	{ 96, 1514, 0, RTE_ETH_TX_OFFLOAD_TCP_TSO },
	{ 144, 0x0001, RTE_ETH_RX_OFFLOAD_TCP_LRO, 0 },
	{ 144, 0x0100, RTE_ETH_RX_OFFLOAD_TCP_LRO, 0 },
};

static void
flag_stands_for_all_that_it_means(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(lacking) / sizeof(lacking[0]); i++) {
		offer_everything();
		put32(host.offload + lacking[i].at, lacking[i].value);
		query(0x60001, 0);
		assert_true(caps.rx ==
			    ((CHECKSUMS_RX | RTE_ETH_RX_OFFLOAD_TCP_LRO) & ~lacking[i].rx));
		assert_true(caps.tx ==
			    ((CHECKSUMS_TX | RTE_ETH_TX_OFFLOAD_TCP_TSO) & ~lacking[i].tx));
		if ((caps.tx & RTE_ETH_TX_OFFLOAD_TCP_TSO) == 0)
			assert_int_equal(caps.tso_max_size, 0);
	}
}

static void
host_without_offloads_offers_none(void **state)
{
	(void)state;
	scripted_reset();
	query(0x60001, 0);
	assert_true(caps.rx == 0 && caps.tx == 0);
}

static void
what_an_older_revision_does_not_have_is_not_offered(void **state)
{
	(void)state;
	/* Garbage stands where revision 3 has its coalescing. */
	offer_everything();
	put32(host.offload, 0xa7 | 2 << 8 | 144 << 16);
	query(0x60001, 0);
	assert_true(caps.rx == CHECKSUMS_RX);
	/* Asked in the older form, the host does not even send it. */
	offer_everything();
	query(0x40000, 0);
	assert_true(caps.rx == CHECKSUMS_RX);
	offer_everything();
	query(2, 0);
	assert_true(caps.rx == CHECKSUMS_RX);
	assert_true(caps.tx == (CHECKSUMS_TX | RTE_ETH_TX_OFFLOAD_TCP_TSO));
}

static void
offer_that_makes_no_sense_is_refused(void **state)
{
	static const uint32_t headers[] = {
		0x80 | 3 << 8 | 156 << 16,	/* another object */
		0xa7 | 0 << 8 | 156 << 16,	/* no revision */
		0xa7 | 3 << 8 | 111 << 16,	/* shorter than the first */
		0xa7 | 3 << 8,
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		offer_everything();
		put32(host.offload, headers[i]);
		query(0x60001, -EBADMSG);
		assert_true(caps.rx == 0 && caps.tx == 0);
	}
	/* An answer that is shorter than it says. */
	offer_everything();
	host.offload_len = 112;
	query(0x60001, -EBADMSG);
	/* And one that says it is longer than any. */
	offer_everything();
	put32(host.offload, 0xa7 | 3u << 8 | 0xffffu << 16);
	query(0x60001, 0);
	assert_true(caps.rx == (CHECKSUMS_RX | RTE_ETH_RX_OFFLOAD_TCP_LRO));
}

/* The value of the last SET, which must have been this one. */
static const uint8_t *
last_set(uint32_t len)
{
	unsigned int i = host.log_count;

	while (i-- != 0) {
		if (host.log[i].type != 9)
			continue;
		assert_int_equal(get32(host.log[i].rndis + 12), 0xfc01020c);
		assert_int_equal(get32(host.log[i].rndis + 16), len);
		return host.log[i].rndis + 28;
	}
	fail_msg("nothing was set");
	return NULL;
}

static const struct {
	uint32_t version;
	uint32_t len;
	uint8_t bytes[28];
} resets[] = {
	{ 0x60001, 28, { 0x80, 3, 28, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0,
			 0, 0, 1, 1, 0, 0, 0, 0 } },
	{ 0x40000, 22, { 0x80, 2, 22, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
	{ 2, 20, { 0x80, 1, 20, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0 } },
};

static void
reset_is_the_golden_bytes_of_each_revision(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(resets) / sizeof(resets[0]); i++) {
		scripted_reset();
		up(resets[i].version);
		assert_int_equal(hn_offload_reset(&rndis, &nvs), 0);
		assert_memory_equal(last_set(resets[i].len), resets[i].bytes, resets[i].len);
		down();
	}
}

static const struct {
	uint64_t rx, tx;
	uint8_t bytes[24];
} sets[] = {
	{ CHECKSUMS_RX, 0, { 0x80, 3, 28, 0, 3, 3, 3, 3, 3, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0,
			     0, 0, 1, 1 } },
	{ 0, CHECKSUMS_TX, { 0x80, 3, 28, 0, 2, 2, 2, 2, 2, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0,
			     0, 0, 1, 1 } },
	{ CHECKSUMS_RX, CHECKSUMS_TX, { 0x80, 3, 28, 0, 4, 4, 4, 4, 4, 0, 0, 1, 1, 0, 0, 0,
					0, 0, 0, 0, 0, 0, 1, 1 } },
	{ RTE_ETH_RX_OFFLOAD_TCP_CKSUM, RTE_ETH_TX_OFFLOAD_UDP_CKSUM,
	  { 0x80, 3, 28, 0, 1, 3, 2, 3, 2, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1 } },
	{ RTE_ETH_RX_OFFLOAD_TCP_LRO, RTE_ETH_TX_OFFLOAD_TCP_TSO,
	  { 0x80, 3, 28, 0, 1, 1, 1, 1, 1, 0, 0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2 } },
};

static void
what_is_not_asked_for_is_off(void **state)
{
	unsigned int i;

	(void)state;
	scripted_reset();
	up(0x60001);
	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		assert_int_equal(hn_offload_set(&rndis, &nvs, sets[i].rx, sets[i].tx), 0);
		assert_memory_equal(last_set(28), sets[i].bytes, sizeof(sets[i].bytes));
	}
	/* A host that knows no offloads is fine as long as none is wanted. */
	host.oid_status = 0xc00000bb;
	assert_int_equal(hn_offload_set(&rndis, &nvs, CHECKSUMS_RX, 0), -ENOTSUP);
	assert_int_equal(hn_offload_reset(&rndis, &nvs), 0);
	down();
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		CASE("a full offer becomes all flags", full_offer_becomes_all_flags),
		CASE("a flag stands for all that it means", flag_stands_for_all_that_it_means),
		CASE("a host without offloads offers none", host_without_offloads_offers_none),
		CASE("what an older revision does not have is not offered",
		     what_an_older_revision_does_not_have_is_not_offered),
		CASE("an offer that makes no sense is refused",
		     offer_that_makes_no_sense_is_refused),
		CASE("a reset is the golden bytes of each revision",
		     reset_is_the_golden_bytes_of_each_revision),
		CASE("what is not asked for is off", what_is_not_asked_for_is_off),
	};
	char *eal[] = { argv[0], "--no-huge", "--no-pci", "--no-shconf", "-m", "32", "-l", "0",
			"--no-telemetry", "--log-level=*:1", NULL };

	(void)argc;
	if (rte_eal_init((int)(sizeof(eal) / sizeof(eal[0])) - 1, eal) < 0)
		return 1;
	return cmocka_run_group_tests_name("hn offload", tests, NULL, NULL);
}
