/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See rss.h. The objects are in spec/nvsp-rndis.md, 6.4 and 6.5.
 */

#include <string.h>

#include "profile.h"
#include "rss.h"
#include "wire.h"

#define PORTS_LEN 4u
#define ADDRESSES4_LEN 8u
#define ADDRESSES6_LEN 32u
#define IP6_ADDRESSES_AT 8u

#define OBJECT_CAPABILITIES 0x88u
#define OBJECT_PARAMETERS 0x89u
#define ENTRY_LEN 4u

enum {
	FLAG_DISABLE = 0x10,
	FLAGS_UNCHANGED = 0x02 | 0x04 | 0x08,	/* hash information, table, key */
};

/* Capabilities */

void
rss_write_capabilities(struct wire *out, const struct rss_limits *can)
{
	put8(out, OBJECT_CAPABILITIES);
	put8(out, can->revision);
	put16(out, can->revision == 1 ? 16 : 18);
	put32(out, can->hashes);
	put32(out, 1);			/* interrupt messages */
	put32(out, can->queues);
	if (can->revision > 1)
		put16(out, (uint16_t)can->entries);
}

/* Parameters */

/* The fields as they are in the message. */
struct rss_parameters {
	uint8_t type;
	uint8_t revision;
	uint16_t size;
	uint16_t flags;
	uint32_t hash_info;
	uint16_t table_len;
	uint32_t table_offset;
	uint16_t key_len;
	uint32_t key_offset;
	bool is_short;			/* not all of these are there */
};

static struct rss_parameters
rss_read(const uint8_t *value, size_t len)
{
	struct wire in = wire_over(value, len);
	struct rss_parameters p = { .type = get8(&in) };

	p.revision = get8(&in);
	p.size = get16(&in);
	p.flags = get16(&in);
	get16(&in);			/* base processor */
	p.hash_info = get32(&in);
	p.table_len = get16(&in);
	get16(&in);
	p.table_offset = get32(&in);
	p.key_len = get16(&in);
	get16(&in);
	p.key_offset = get32(&in);
	p.is_short = in.bad;
	return p;
}

static bool
rss_disables(const struct rss_parameters *p)
{
	return p->flags & FLAG_DISABLE || (p->hash_info & 0xff) == 0;
}

/* Bytes of the fields of a revision; 0 if there is no such. */
static size_t
rss_fields_len(uint8_t revision)
{
	static const uint8_t lens[] = { 0, 28, 40, 44 };

	return revision < sizeof(lens) ? lens[revision] : 0;
}

static bool
rss_header_is_good(const struct rss_parameters *p, size_t len)
{
	size_t fields = rss_fields_len(p->revision);

	return !p->is_short && p->type == OBJECT_PARAMETERS && fields != 0 && p->size >= fields &&
	       p->size <= len;
}

/* Whether [offset, offset + bytes) is in the message. */
static bool
rss_has(size_t len, uint32_t offset, uint32_t bytes)
{
	return offset <= len && bytes <= len - offset;
}

static bool
rss_has_key_and_table(const struct rss_parameters *p, size_t len)
{
	return !p->is_short && p->key_len == RSS_KEY_LEN && rss_has(len, p->key_offset, p->key_len) &&
	       p->table_len != 0 && p->table_len % ENTRY_LEN == 0 &&
	       rss_has(len, p->table_offset, p->table_len);
}

/* They are not in the fields either. */
static bool
rss_layout_is_good(const struct rss_parameters *p, size_t len)
{
	size_t fields = rss_fields_len(p->revision);

	return rss_has_key_and_table(p, len) && p->key_offset >= fields &&
	       p->table_offset >= fields;
}

static uint32_t
rss_entry(const struct rss_parameters *p, const uint8_t *value, size_t i)
{
	struct wire in = wire_over(value + p->table_offset + ENTRY_LEN * i, ENTRY_LEN);

	return get32(&in);
}

static bool
rss_entries_are_channels(const struct rss_parameters *p, const uint8_t *value, uint32_t queues)
{
	for (size_t i = 0; i < p->table_len / ENTRY_LEN; i++)
		if (rss_entry(p, value, i) >= queues)
			return false;
	return true;
}

/* Only for entries that are channels. */
static bool
rss_entries_are_open(const struct rss_parameters *p, const uint8_t *value, uint64_t open)
{
	for (size_t i = 0; i < p->table_len / ENTRY_LEN; i++)
		if (!(open >> rss_entry(p, value, i) & 1))
			return false;
	return true;
}

/* The types that go with what the capabilities say. */
static uint32_t
rss_types_of(uint32_t hashes)
{
	static const struct {
		uint32_t hash;
		uint32_t types;
	} kinds[] = {
		{ RSS_HASH_TCP4, RSS_TYPE_IPV4 | RSS_TYPE_TCP_IPV4 },
		{ RSS_HASH_TCP6, RSS_TYPE_IPV6 | RSS_TYPE_TCP_IPV6 },
		{ RSS_HASH_UDP4, RSS_TYPE_UDP_IPV4 },
		{ RSS_HASH_UDP6, RSS_TYPE_UDP_IPV6 },
	};
	uint32_t types = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (hashes & kinds[i].hash)
			types |= kinds[i].types;
	return types;
}

enum rss_fault
rss_check(const struct rss *rss, const struct rss_limits *can, const uint8_t *value, size_t len)
{
	struct rss_parameters p = rss_read(value, len);

	if (!rss_header_is_good(&p, len))
		return RSS_FAULT_HEADER;
	if (rss_disables(&p))
		return RSS_FAULT_NONE;
	if (p.flags & FLAGS_UNCHANGED)
		return RSS_FAULT_UNCHANGED;
	if (!rss_layout_is_good(&p, len))
		return RSS_FAULT_LAYOUT;
	if ((p.hash_info & 0xff) != RSS_FUNCTION_TOEPLITZ ||
	    p.hash_info & ~(0xff | rss_types_of(can->hashes)))
		return RSS_FAULT_HASH;
	if (!rss_entries_are_channels(&p, value, can->queues))
		return RSS_FAULT_ENTRY;
	if (!rss_entries_are_open(&p, value, can->open))
		return RSS_FAULT_CLOSED;
	return rss->enabled ? RSS_FAULT_ENABLED : RSS_FAULT_NONE;
}

bool
rss_set(struct rss *rss, const struct rss_limits *can, const uint8_t *value, size_t len)
{
	struct rss_parameters p = rss_read(value, len);

	if (!p.is_short && rss_disables(&p)) {
		rss->enabled = false;
		return true;
	}
	if (!rss_has_key_and_table(&p, len) || !rss_entries_are_channels(&p, value, can->queues))
		return false;
	rss->enabled = true;
	rss->types = p.hash_info & rss_types_of(can->hashes);
	rss->entries = can->entries;
	for (size_t i = 0; i < can->entries; i++)
		rss->table[i] = (uint16_t)rss_entry(&p, value, i % (p.table_len / ENTRY_LEN));
	rss_set_key(rss, value + p.key_offset);
	return true;
}

/* The hash */

/* The 32 bits of the key that begin at a bit, which is none of the last 32. */
static uint32_t
rss_key_at(const uint8_t key[RSS_KEY_LEN], unsigned int bit)
{
	uint64_t bits = 0;

	for (unsigned int i = 0; i < 5; i++)
		bits = bits << 8 | key[bit / 8 + i];
	return (uint32_t)(bits >> (8 - bit % 8));
}

/* Each bit of the input adds the 32 bits of the key that begin at its place. */
void
rss_set_key(struct rss *rss, const uint8_t key[RSS_KEY_LEN])
{
	memcpy(rss->key, key, RSS_KEY_LEN);
	for (unsigned int place = 0; place < 2 * RSS_INPUT_MAX; place++) {
		for (unsigned int bits = 0; bits < 16; bits++) {
			uint32_t share = 0;

			for (unsigned int i = 0; i < 4; i++)
				if (bits & 8u >> i)
					share ^= rss_key_at(key, 4 * place + i);
			rss->share[place][bits] = share;
		}
	}
}

uint32_t
rss_toeplitz(const struct rss *rss, const uint8_t *bytes, size_t len)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < len && i < RSS_INPUT_MAX; i++)
		hash ^= rss->share[2 * i][bytes[i] >> 4] ^ rss->share[2 * i + 1][bytes[i] & 15];
	return hash;
}

/* The type that hashes this frame's ports; 0 if it has none or they do not count. */
static uint32_t
rss_type_with_ports(const struct layout *layout)
{
	if (layout->is_fragment || layout->transport == 0)
		return 0;
	if (layout->protocol == PROTOCOL_TCP)
		return layout->ip_version == 4 ? RSS_TYPE_TCP_IPV4 : RSS_TYPE_TCP_IPV6;
	if (layout->protocol == PROTOCOL_UDP)
		return layout->ip_version == 4 ? RSS_TYPE_UDP_IPV4 : RSS_TYPE_UDP_IPV6;
	return 0;
}

uint32_t
rss_hash(const struct rss *rss, const uint8_t *frame, const struct layout *layout, uint32_t *hash)
{
	bool is_v4 = layout->ip_version == 4;
	uint32_t type = rss_type_with_ports(layout) & rss->types;
	uint8_t input[RSS_INPUT_MAX];
	size_t len = is_v4 ? ADDRESSES4_LEN : ADDRESSES6_LEN;

	if (layout->ip_version == 0)
		return 0;
	memcpy(input, frame + layout->ip + (is_v4 ? (unsigned int)IP4_ADDRESSES_AT :
						    IP6_ADDRESSES_AT), len);
	if (type != 0) {
		memcpy(input + len, frame + layout->transport, PORTS_LEN);
		len += PORTS_LEN;
	} else {
		type = (is_v4 ? RSS_TYPE_IPV4 : RSS_TYPE_IPV6) & rss->types;
	}
	*hash = rss_toeplitz(rss, input, len);
	return type;
}
