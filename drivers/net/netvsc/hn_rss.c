/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/*
 * The host's capabilities, then the one object that sets everything, then the
 * host's send table.
 */

#include <errno.h>
#include <string.h>

#include <rte_common.h>
#include <rte_ethdev.h>

#include "hn_nvs.h"
#include "hn_rndis.h"
#include "hn_rss.h"

/* One row for each kind of frame: ethdev's word, the host's word, what it needs. */
static const struct {
	uint64_t type;
	uint32_t hash;
	uint32_t cap;
} rss_types[] = {
	{ RTE_ETH_RSS_IPV4, NDIS_HASH_IPV4, NDIS_RSS_CAP_IPV4 },
	{ RTE_ETH_RSS_NONFRAG_IPV4_TCP, NDIS_HASH_TCP_IPV4, NDIS_RSS_CAP_IPV4 },
	{ RTE_ETH_RSS_NONFRAG_IPV4_UDP, NDIS_HASH_UDP_IPV4, NDIS_RSS_CAP_UDP_IPV4 },
	{ RTE_ETH_RSS_IPV6, NDIS_HASH_IPV6, NDIS_RSS_CAP_IPV6 },
	{ RTE_ETH_RSS_NONFRAG_IPV6_TCP, NDIS_HASH_TCP_IPV6, NDIS_RSS_CAP_IPV6 },
	{ RTE_ETH_RSS_NONFRAG_IPV6_UDP, NDIS_HASH_UDP_IPV6, NDIS_RSS_CAP_UDP_IPV6 },
	{ RTE_ETH_RSS_IPV6_EX, NDIS_HASH_IPV6_EX, NDIS_RSS_CAP_IPV6_EX },
	{ RTE_ETH_RSS_IPV6_TCP_EX, NDIS_HASH_TCP_IPV6_EX, NDIS_RSS_CAP_IPV6_EX },
	{ RTE_ETH_RSS_IPV6_UDP_EX, NDIS_HASH_UDP_IPV6_EX, NDIS_RSS_CAP_UDP_IPV6_EX },
};

/* The default of Windows and of Linux. */
static const uint8_t rss_default_key[NDIS_RSS_KEY_LEN] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
	0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
	0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
	0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

/* Capabilities */

static uint64_t
rss_types_of(uint32_t flags)
{
	uint64_t types = 0;
	unsigned int i;

	if ((flags & NDIS_RSS_CAP_TOEPLITZ) == 0)
		return 0;
	for (i = 0; i < RTE_DIM(rss_types); i++)
		if ((flags & rss_types[i].cap) != 0)
			types |= rss_types[i].type;
	return types;
}

static uint16_t
rss_table_size(const struct ndis_rss_caps *answer)
{
	if (answer->hdr.revision < 2 || answer->hdr.size < NDIS_RSS_CAPS_SIZE_2 ||
	    answer->table_count == 0 || answer->table_count > NDIS_RSS_TABLE_MAX)
		return NDIS_RSS_TABLE_DEFAULT;
	return answer->table_count;
}

static int
rss_check_caps(const struct ndis_rss_caps *answer, uint32_t len)
{
	if (answer->hdr.type != NDIS_OBJECT_TYPE_RSS_CAPABILITIES || answer->hdr.revision < 1 ||
	    answer->hdr.size < NDIS_RSS_CAPS_SIZE_1 || answer->hdr.size > len ||
	    answer->queues == 0)
		return -EBADMSG;
	return 0;
}

int
hn_rss_query(struct hn_rss_caps *caps, struct hn_rndis *rndis, const struct hn_nvs *nvs)
{
	struct ndis_rss_caps answer, ask = {
		.hdr = { NDIS_OBJECT_TYPE_RSS_CAPABILITIES, 2, NDIS_RSS_CAPS_SIZE_2 },
	};
	uint32_t len = sizeof(answer);
	int ret;

	*caps = (struct hn_rss_caps){ .queues = 1 };
	if (nvs->version < NVSP_VERSION_5)
		return 0;
	ret = hn_rndis_query_upto(rndis, OID_GEN_RECEIVE_SCALE_CAPABILITIES, &ask, sizeof(ask),
				  &answer, &len);
	if (ret == -ENOTSUP)
		return 0;
	if (ret == 0)
		ret = rss_check_caps(&answer, len);
	if (ret < 0)
		return ret;
	caps->queues = (uint16_t)RTE_MIN(answer.queues, (uint32_t)UINT16_MAX);
	caps->types = rss_types_of(answer.flags);
	caps->table_size = caps->types != 0 ? rss_table_size(&answer) : 0;
	return 0;
}

/* Settings */

void
hn_rss_spread(struct hn_rss *rss, uint16_t count)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(rss->table); i++)
		rss->table[i] = (uint16_t)(i % count);
}

uint16_t
hn_rss_reach(const struct hn_rss *rss)
{
	uint16_t i, reach = 0;

	for (i = 0; i < rss->caps.table_size; i++)
		reach = RTE_MAX(reach, (uint16_t)(rss->table[i] + 1));
	return reach;
}

void
hn_rss_reset(struct hn_rss *rss)
{
	rss->types = 0;
	rss->applied = false;
	memcpy(rss->key, rss_default_key, sizeof(rss->key));
	hn_rss_spread(rss, 1);
}

static uint32_t
rss_hash_of(uint64_t types)
{
	uint32_t hash = NDIS_HASH_FUNCTION_TOEPLITZ;
	unsigned int i;

	for (i = 0; i < RTE_DIM(rss_types); i++)
		if ((types & rss_types[i].type) != 0)
			hash |= rss_types[i].hash;
	return hash;
}

/* One SET of the whole. */
static int
rss_send(const struct hn_rss *rss, uint16_t flags, struct hn_rndis *rndis)
{
	struct {
		struct ndis_rss_params params;
		uint8_t tail[NDIS_RSS_TABLE_MAX * sizeof(uint32_t) + NDIS_RSS_KEY_LEN];
	} object;
	const uint16_t table_len = rss->caps.table_size * sizeof(uint32_t);
	uint32_t entry, i;

	object.params = (struct ndis_rss_params){
		.hdr = { NDIS_OBJECT_TYPE_RSS_PARAMETERS, 2, sizeof(object.params) },
		.flags = flags,
		.hash = rss_hash_of(rss->types),
		.table_len = table_len,
		.table_offset = sizeof(object.params),
		.key_len = NDIS_RSS_KEY_LEN,
		.key_offset = sizeof(object.params) + table_len,
	};
	for (i = 0; i < rss->caps.table_size; i++) {
		entry = rss->table[i];
		memcpy(object.tail + i * sizeof(entry), &entry, sizeof(entry));
	}
	memcpy(object.tail + table_len, rss->key, sizeof(rss->key));
	return hn_rndis_set(rndis, OID_GEN_RECEIVE_SCALE_PARAMETERS, &object,
			    (uint32_t)(sizeof(object.params) + table_len + sizeof(rss->key)));
}

/* "Unchanged" is not understood: off first, then everything. */
static int
rss_apply(const struct hn_rss *rss, struct hn_rndis *rndis)
{
	int ret = rss_send(rss, NDIS_RSS_FLAG_DISABLE, rndis);

	if (ret == 0 && rss->types != 0)
		ret = rss_send(rss, 0, rndis);
	return ret;
}

/* It may have been switched off on the way, and a silent host may take the rest yet. */
static void
rss_put_back(const struct hn_rss *rss, struct hn_rndis *rndis)
{
	(void)rss_send(rss, NDIS_RSS_FLAG_DISABLE, rndis);
	if (rss->applied)
		(void)rss_send(rss, 0, rndis);
}

int
hn_rss_set(struct hn_rss *rss, const struct hn_rss *next, struct hn_rndis *rndis)
{
	int ret = next->caps.table_size != 0 ? rss_apply(next, rndis) : 0;

	if (ret < 0) {
		if (rss->applied || ret == -ETIMEDOUT)
			rss_put_back(rss, rndis);
		return ret;
	}
	*rss = *next;
	rss->applied = next->types != 0;
	return 0;
}

/* The send table */

/* Where it begins in a message of len bytes; what the host says is checked by the caller. */
static uint32_t
rss_send_table_offset(const struct nvsp_send_table *msg, uint32_t len, uint32_t version)
{
	/*
	 * Hosts up to version 6 lay a message of 6.1's length out as 6.1 does and
	 * give the offset of the shorter one.
	 */
	if (version <= NVSP_VERSION_6 && len >= NVSP_LEN_61 + NVSP_SEND_TABLE_LEN)
		return NVSP_LEN_61;
	return msg->offset;
}

int
hn_rss_take_send_table(struct hn_send_table *table, const void *msg, uint32_t len,
		       uint32_t version, uint16_t channels)
{
	struct nvsp_send_table hdr;
	uint32_t offset, entry, i;

	if (len < sizeof(hdr) + NVSP_SEND_TABLE_LEN)
		return -EBADMSG;
	memcpy(&hdr, msg, sizeof(hdr));
	offset = rss_send_table_offset(&hdr, len, version);
	if (hdr.count != NVSP_SEND_TABLE_COUNT || offset < sizeof(hdr) ||
	    offset > len - NVSP_SEND_TABLE_LEN)
		return -EBADMSG;
	for (i = 0; i < NVSP_SEND_TABLE_COUNT; i++) {
		memcpy(&entry, (const uint8_t *)msg + offset + i * sizeof(entry), sizeof(entry));
		table->entry[i] = entry < channels ? (uint16_t)entry : 0;
	}
	table->count = NVSP_SEND_TABLE_COUNT;
	return 0;
}
