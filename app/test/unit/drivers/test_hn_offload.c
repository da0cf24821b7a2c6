/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * Offloads against a scripted host: what it says that it can, in every revision
 * and in nonsense, and what it is told, byte by byte.
 */

#include <errno.h>

#include <rte_ethdev.h>

#include "hn_offload.h"
#include "hn_test_host.h"

#define RX_CHECKSUMS (RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM | \
		      RTE_ETH_RX_OFFLOAD_UDP_CKSUM)
#define TX_CHECKSUMS (RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM | \
		      RTE_ETH_TX_OFFLOAD_UDP_CKSUM)
#define LRO RTE_ETH_RX_OFFLOAD_TCP_LRO
#define TSO RTE_ETH_TX_OFFLOAD_TCP_TSO

/* Bytes of the capabilities. */
enum { IPV4_TX = 8, IPV4_RX = 16, IPV6_TX = 24, IPV6_RX = 32, LSO_IPV4 = 80, LSO_IPV6 = 92,
       RSC = 144 };

static struct hn_offload offload;

/* A host that can do all that the documents name, in this revision of the object. */
static void
host_offers_all(uint8_t revision, uint8_t size)
{
	uint8_t *caps = host.offload_caps;
	uint32_t at;

	memset(caps, 0, sizeof(host.offload_caps));
	host.offload_caps_len = size;
	caps[0] = 0xa7;
	caps[1] = revision;
	caps[2] = size;
	for (at = IPV4_TX; at <= IPV6_RX; at += 8) {
		put32(caps + at - 4, 2);
		put32(caps + at, at < IPV6_TX ? 0x155 : 0x55);
	}
	for (at = LSO_IPV4; at <= LSO_IPV6; at += 12) {
		put32(caps + at, 2);
		put32(caps + at + 4, 0xf53c);
		put32(caps + at + 8, 2);
	}
	put32(caps + 104, 5);
	caps[RSC] = 1;
	caps[RSC + 1] = 1;
}

static void
query(void)
{
	assert_int_equal(hn_offload_query(&offload, &test_proc.rndis, &test_proc.nvs), 0);
}

static int
apply(uint64_t rx, uint64_t tx)
{
	return hn_offload_apply(&offload, &test_proc.rndis, &test_proc.nvs, rx, tx);
}

/* Capabilities */

static const struct {
	uint32_t version;
	uint8_t revision, size, params_size;
	uint64_t rx, tx;
} forms[] = {
	{ 0x00060001, 3, 156, 28, RX_CHECKSUMS | LRO, TX_CHECKSUMS | TSO },
	{ 0x00060000, 3, 156, 28, RX_CHECKSUMS, TX_CHECKSUMS | TSO },
	{ 0x00050000, 3, 156, 28, RX_CHECKSUMS, TX_CHECKSUMS | TSO },
	{ 0x00040000, 2, 144, 22, RX_CHECKSUMS & ~RTE_ETH_RX_OFFLOAD_UDP_CKSUM,
	  (TX_CHECKSUMS | TSO) & ~RTE_ETH_TX_OFFLOAD_UDP_CKSUM },
	{ 0x00030002, 1, 112, 20, RX_CHECKSUMS & ~RTE_ETH_RX_OFFLOAD_UDP_CKSUM,
	  (TX_CHECKSUMS | TSO) & ~RTE_ETH_TX_OFFLOAD_UDP_CKSUM },
	{ 0x00000002, 1, 112, 20, RX_CHECKSUMS & ~RTE_ETH_RX_OFFLOAD_UDP_CKSUM,
	  (TX_CHECKSUMS | TSO) & ~RTE_ETH_TX_OFFLOAD_UDP_CKSUM },
};

static void
each_version_asks_and_sets_in_its_revision(void **state)
{
	uint8_t object[156] = { 0xa7 };
	const struct scripted_set *set;
	const uint8_t *said;
	unsigned int i;

	for (i = 0; i < RTE_DIM(forms); i++) {
		test_disconnect(state);
		assert_int_equal(test_connect_to(forms[i].version), 0);
		host_offers_all(forms[i].revision, forms[i].size);
		query();
		object[1] = forms[i].revision;
		object[2] = forms[i].size;
		said = host.said[host.heard];
		assert_int_equal(get32(said + 12), 0xfc01020d);
		assert_int_equal(get32(said + 16), forms[i].size);
		assert_memory_equal(said + 28, object, 36);
		assert_int_equal(hn_offload_rx_capa(&offload), forms[i].rx);
		assert_int_equal(hn_offload_tx_capa(&offload), forms[i].tx);
		assert_int_equal(apply(forms[i].rx, forms[i].tx), 0);
		set = scripted_last_set(1);
		assert_int_equal(set->oid, 0xfc01020c);
		assert_int_equal(set->len, forms[i].params_size);
		assert_int_equal(set->bytes[0], 0x80);
		assert_int_equal(set->bytes[1], forms[i].revision);
		assert_int_equal(set->bytes[2] | set->bytes[3] << 8, forms[i].params_size);
	}
}

/* One thing less in what the host can, and what goes with it. */
static const struct {
	unsigned int at;
	uint32_t value;
	uint64_t rx, tx;	/* that are missing then */
} lacks[] = {
	{ IPV4_TX, 0x055, 0, RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | TSO },
	{ IPV4_TX, 0x154, 0, RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | TSO },
	{ IPV4_TX, 0x145, 0, RTE_ETH_TX_OFFLOAD_TCP_CKSUM | TSO },
	{ IPV4_TX, 0x151, 0, RTE_ETH_TX_OFFLOAD_TCP_CKSUM | TSO },
	{ IPV4_TX, 0x115, 0, RTE_ETH_TX_OFFLOAD_UDP_CKSUM },
	{ IPV6_TX, 0x45, 0, RTE_ETH_TX_OFFLOAD_TCP_CKSUM | TSO },
	{ IPV6_TX, 0x15, 0, RTE_ETH_TX_OFFLOAD_UDP_CKSUM },
	{ IPV4_TX - 4, 0, 0, TX_CHECKSUMS | TSO },
	{ IPV4_TX - 4, 1, 0, TX_CHECKSUMS | TSO },
	{ IPV6_TX - 4, 0, 0, RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM | TSO },
	{ IPV4_RX, 0x055, RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | LRO, 0 },
	{ IPV4_RX, 0x145, RTE_ETH_RX_OFFLOAD_TCP_CKSUM | LRO, 0 },
	{ IPV6_RX, 0x45, RTE_ETH_RX_OFFLOAD_TCP_CKSUM | LRO, 0 },
	{ IPV6_RX, 0x15, RTE_ETH_RX_OFFLOAD_UDP_CKSUM, 0 },
	{ IPV4_RX - 4, 0, RX_CHECKSUMS | LRO, 0 },
	{ LSO_IPV4, 0, 0, TSO },
	{ LSO_IPV6, 0, 0, TSO },
	{ 104, 1, 0, TSO },
	/* Limits that make no sense. */
	{ LSO_IPV4 + 4, 0, 0, TSO },
	{ LSO_IPV4 + 4, 4095, 0, TSO },
	{ LSO_IPV6 + 4, 1500, 0, TSO },
	{ LSO_IPV4 + 8, 65, 0, TSO },
	{ LSO_IPV6 + 8, UINT32_MAX, 0, TSO },
	{ RSC, 0x0100, LRO, 0 },
	{ RSC, 0x0001, LRO, 0 },
	{ RSC, 0, LRO, 0 },
};

static void
flag_is_offered_only_where_the_host_does_it_for_both_families(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(lacks); i++) {
		host_offers_all(3, 156);
		put32(host.offload_caps + lacks[i].at, lacks[i].value);
		query();
		if (hn_offload_rx_capa(&offload) != ((RX_CHECKSUMS | LRO) & ~lacks[i].rx) ||
		    hn_offload_tx_capa(&offload) != ((TX_CHECKSUMS | TSO) & ~lacks[i].tx))
			fail_msg("%#x at byte %u", lacks[i].value, lacks[i].at);
	}
}

static const struct {
	uint32_t len[2], segments[2];	/* for IPv4, IPv6 */
	uint32_t len_taken, segments_taken;
} limits[] = {
	{ { 62780, 62780 }, { 2, 2 }, 62780, 2 },
	{ { 62780, 32768 }, { 2, 4 }, 32768, 4 },
	{ { 4096, 62780 }, { 3, 1 }, 4096, 3 },
	{ { 62780, 62780 }, { 0, 0 }, 62780, 2 },
	{ { UINT32_MAX, 0x40000 }, { 2, 2 }, 17 * 4096, 2 },
};

static void
segmentation_limits_are_the_narrower_ones_and_can_be_built(void **state)
{
	unsigned int i, k;

	(void)state;
	for (i = 0; i < RTE_DIM(limits); i++) {
		host_offers_all(3, 156);
		for (k = 0; k < 2; k++) {
			put32(host.offload_caps + LSO_IPV4 + 12 * k + 4, limits[i].len[k]);
			put32(host.offload_caps + LSO_IPV4 + 12 * k + 8, limits[i].segments[k]);
		}
		query();
		assert_int_equal(offload.lso_len_max, limits[i].len_taken);
		assert_int_equal(offload.lso_segments_min, limits[i].segments_taken);
	}
}

/* Type, revision, size as told, and bytes sent, that no host means. */
static const struct {
	uint8_t type, revision;
	uint16_t size;
	uint32_t len;
} nonsense[] = {
	{ 0x80, 3, 156, 156 }, { 0, 3, 156, 156 }, { 0xa7, 0, 156, 156 },
	{ 0xa7, 3, 157, 156 }, { 0xa7, 3, 111, 156 }, { 0xa7, 3, 0, 156 },
	{ 0xa7, 3, 65535, 156 }, { 0xa7, 3, 156, 155 }, { 0xa7, 3, 156, 112 },
	{ 0xa7, 3, 156, 4 }, { 0xa7, 3, 156, 0 }, { 0xa7, 1, 112, 111 },
};

static void
nonsense_is_as_good_as_nothing(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(nonsense); i++) {
		host_offers_all(nonsense[i].revision, 156);
		host.offload_caps[0] = nonsense[i].type;
		host.offload_caps[2] = (uint8_t)nonsense[i].size;
		host.offload_caps[3] = (uint8_t)(nonsense[i].size >> 8);
		host.offload_caps_len = nonsense[i].len;
		query();
		assert_int_equal(hn_offload_rx_capa(&offload), 0);
		assert_int_equal(hn_offload_tx_capa(&offload), 0);
	}
}

static void
what_the_object_does_not_vouch_for_is_not_there(void **state)
{
	(void)state;
	/* RSC lies behind the end that the object tells, though it was sent. */
	host_offers_all(2, 144);
	host.offload_caps_len = 156;
	query();
	assert_int_equal(hn_offload_rx_capa(&offload), RX_CHECKSUMS);
	/* A later revision begins as those that are known. */
	host_offers_all(6, 220);
	query();
	assert_int_equal(hn_offload_rx_capa(&offload), RX_CHECKSUMS | LRO);
	assert_int_equal(hn_offload_tx_capa(&offload), TX_CHECKSUMS | TSO);
}

static void
host_without_offloads_offers_none_and_is_fine(void **state)
{
	static const uint32_t status[] = { 0xc00000bbu, 0xc0010015u, 0xc0010017u, 0xc0000001u };
	unsigned int i;

	(void)state;
	host_offers_all(3, 156);
	host.refused_oid = 0xfc01020d;
	for (i = 0; i < RTE_DIM(status); i++) {
		host.refused_status = status[i];
		query();
		assert_int_equal(offload.offered, 0);
	}
	host.fault = FAULT_SILENT;
	host.fault_at = host.heard + 1;
	assert_int_equal(hn_offload_query(&offload, &test_proc.rndis, &test_proc.nvs),
			 -ETIMEDOUT);
}

/* Parameters */

/* Bytes 4 to 12, 22 and 23 of the parameters: what each request makes of them. */
static const struct {
	uint64_t rx, tx;
	uint8_t checksums[5], lso[2], rsc[2];
} settings[] = {
	{ 0, 0, { 1, 1, 1, 1, 1 }, { 1, 1 }, { 1, 1 } },
	{ RTE_ETH_RX_OFFLOAD_IPV4_CKSUM, 0, { 3, 1, 1, 1, 1 }, { 1, 1 }, { 1, 1 } },
	{ RTE_ETH_RX_OFFLOAD_TCP_CKSUM, 0, { 1, 3, 1, 3, 1 }, { 1, 1 }, { 1, 1 } },
	{ RTE_ETH_RX_OFFLOAD_UDP_CKSUM, 0, { 1, 1, 3, 1, 3 }, { 1, 1 }, { 1, 1 } },
	{ 0, RTE_ETH_TX_OFFLOAD_IPV4_CKSUM, { 2, 1, 1, 1, 1 }, { 1, 1 }, { 1, 1 } },
	{ 0, RTE_ETH_TX_OFFLOAD_TCP_CKSUM, { 1, 2, 1, 2, 1 }, { 1, 1 }, { 1, 1 } },
	{ 0, RTE_ETH_TX_OFFLOAD_UDP_CKSUM, { 1, 1, 2, 1, 2 }, { 1, 1 }, { 1, 1 } },
	{ RX_CHECKSUMS, TX_CHECKSUMS, { 4, 4, 4, 4, 4 }, { 1, 1 }, { 1, 1 } },
	/* The host computes the checksums of what it cuts, and looks at those of what it joins. */
	{ 0, TSO, { 2, 2, 1, 2, 1 }, { 2, 2 }, { 1, 1 } },
	{ LRO, 0, { 3, 3, 1, 3, 1 }, { 1, 1 }, { 2, 2 } },
	{ RX_CHECKSUMS | LRO, TX_CHECKSUMS | TSO, { 4, 4, 4, 4, 4 }, { 2, 2 }, { 2, 2 } },
	/* Not the host's matter. */
	{ RTE_ETH_RX_OFFLOAD_SCATTER | RTE_ETH_RX_OFFLOAD_VLAN_STRIP,
	  RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_VLAN_INSERT,
	  { 1, 1, 1, 1, 1 }, { 1, 1 }, { 1, 1 } },
};

static void
parameters_say_what_the_port_asks_for_and_no_more(void **state)
{
	const uint8_t *bytes;
	unsigned int i;

	(void)state;
	host_offers_all(3, 156);
	query();
	for (i = 0; i < RTE_DIM(settings); i++) {
		assert_int_equal(apply(settings[i].rx, settings[i].tx), 0);
		bytes = scripted_last_set(1)->bytes;
		assert_memory_equal(bytes + 4, settings[i].checksums, 5);
		assert_int_equal(bytes[9] | bytes[10], 0);
		assert_memory_equal(bytes + 11, settings[i].lso, 2);
		assert_int_equal(bytes[13] | bytes[14] | bytes[15] | get32(bytes + 16), 0);
		assert_memory_equal(bytes + 22, settings[i].rsc, 2);
		assert_int_equal(get32(bytes + 24), 0);
		assert_int_equal(offload.enabled == 0, i == 0 || i == RTE_DIM(settings) - 1);
	}
}

static void
what_the_host_does_not_offer_is_not_asked_of_it(void **state)
{
	static const uint8_t off[9] = { 1, 1, 1, 1, 1, 0, 0, 1, 1 };

	(void)state;
	query();
	assert_int_equal(apply(UINT64_MAX, UINT64_MAX), 0);
	assert_memory_equal(scripted_last_set(1)->bytes + 4, off, sizeof(off));
	assert_int_equal(offload.enabled, 0);
}

static void
refusal_matters_only_to_who_asked(void **state)
{
	(void)state;
	host_offers_all(3, 156);
	query();
	host.refused_oid = 0xfc01020c;
	host.refused_status = 0xc00000bbu;
	assert_int_equal(apply(0, 0), 0);
	assert_int_equal(apply(0, TX_CHECKSUMS), -ENOTSUP);
	assert_int_equal(offload.enabled, 0);
	host.refused_status = 0xc0010015u;
	assert_int_equal(apply(0, 0), -EINVAL);
	host.refused_oid = 0;
	assert_int_equal(apply(0, TX_CHECKSUMS), 0);
	assert_int_not_equal(offload.enabled, 0);
	host.fault = FAULT_SILENT;
	host.fault_at = host.heard + 1;
	assert_int_equal(apply(0, 0), -ETIMEDOUT);
	assert_int_equal(offload.enabled, 0);
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		CASE("each version asks and sets in its revision",
		     each_version_asks_and_sets_in_its_revision),
		CASE("a flag is offered only where the host does it for both families",
		     flag_is_offered_only_where_the_host_does_it_for_both_families),
		CASE("segmentation limits are the narrower ones and can be built",
		     segmentation_limits_are_the_narrower_ones_and_can_be_built),
		CASE("nonsense is as good as nothing", nonsense_is_as_good_as_nothing),
		CASE("what the object does not vouch for is not there",
		     what_the_object_does_not_vouch_for_is_not_there),
		CASE("a host without offloads offers none and is fine",
		     host_without_offloads_offers_none_and_is_fine),
		CASE("parameters say what the port asks for and no more",
		     parameters_say_what_the_port_asks_for_and_no_more),
		CASE("what the host does not offer is not asked of it",
		     what_the_host_does_not_offer_is_not_asked_of_it),
		CASE("a refusal matters only to who asked", refusal_matters_only_to_who_asked),
	};

	(void)argc;
	return TEST_RUN("hn_offload", argv, tests);
}
