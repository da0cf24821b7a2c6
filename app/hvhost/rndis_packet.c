/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See rndis_packet.h.
 */

#include <string.h>

#include "inspect.h"
#include "rndis.h"
#include "rndis_packet.h"
#include "rules.h"
#include "wire.h"

#define HEADER_LEN 44u
#define OFFSET_BASE 8u			/* offsets count from the data offset field */
#define INFO_HEADER_LEN 12u
#define INFO_LEN 16u			/* of those with a 4 byte value */
#define INFOS_MAX 5u			/* beside a received frame */
#define PACKET_ID_VERSION 1u

/* Types of per-packet info. */
enum {
	INFO_CHECKSUM = 0,
	INFO_LARGE_SEND = 2,
	INFO_VLAN = 6,
	INFO_HASH_VALUE = 8,
	INFO_HASH_INFO = 9,
	INFO_PACKET_ID = 1u << 31 | 1,	/* of the internal types */
};

/* The fields of a header, each read once. */
struct packet_header {
	uint32_t len;
	uint32_t data_offset;
	uint32_t data_len;
	uint32_t oob[3];
	uint32_t info_offset;
	uint32_t info_len;
	uint32_t vc_handle;
};

/* Where a packet is being looked at. */
struct packet_parse {
	const struct frame *bytes;
	struct rules *rules;
	const char *who;
	size_t start;			/* of the current message */
	uint32_t type;			/* of it */
	struct packet_header header;
};

/* The part of the current message that lies in the first piece. */
static struct wire
packet_head(const struct packet_parse *p)
{
	const struct iovec *first = &p->bytes->seg[0];

	if (p->start >= first->iov_len)
		return wire_over(NULL, 0);
	return wire_over((const uint8_t *)first->iov_base + p->start, first->iov_len - p->start);
}

static bool
packet_check_header(const struct packet_parse *p)
{
	const struct packet_header *h = &p->header;
	size_t left = p->bytes->len - p->start;

	if (h->oob[0] != 0 || h->oob[1] != 0 || h->oob[2] != 0 || h->vc_handle != 0) {
		rules_break(p->rules, RULE_RNDIS_OOB, p->who, "%u %u %u, VC handle %u",
			    h->oob[0], h->oob[1], h->oob[2], h->vc_handle);
		return false;
	}
	if (h->data_len == 0 || h->data_offset < HEADER_LEN - OFFSET_BASE ||
	    h->data_offset > left - OFFSET_BASE ||
	    h->data_len > left - OFFSET_BASE - h->data_offset) {
		rules_break(p->rules, RULE_RNDIS_DATA, p->who,
			    "%u bytes at offset %u of %zu", h->data_len, h->data_offset, left);
		return false;
	}
	/* A real host looks at the packet's end only. */
	if (h->data_offset > h->len - OFFSET_BASE ||
	    h->data_len > h->len - OFFSET_BASE - h->data_offset)
		rules_break(p->rules, RULE_RNDIS_DATA, p->who,
			    "%u bytes at offset %u of a message of %u", h->data_len,
			    h->data_offset, h->len);
	return true;
}

static bool
packet_read_header(struct packet_parse *p)
{
	struct packet_header *h = &p->header;
	struct wire in = packet_head(p);

	if (in.left < HEADER_LEN || p->bytes->len - p->start < HEADER_LEN ||
	    h->len < HEADER_LEN) {
		rules_break(p->rules, RULE_RNDIS_HEADER, p->who,
			    "%zu of %u header bytes lie in the first page range", in.left,
			    HEADER_LEN);
		return false;
	}
	get64(&in);			/* type and length */
	h->data_offset = get32(&in);
	h->data_len = get32(&in);
	for (unsigned int i = 0; i < 3; i++)
		h->oob[i] = get32(&in);
	h->info_offset = get32(&in);
	h->info_len = get32(&in);
	h->vc_handle = get32(&in);
	return packet_check_header(p);
}

static bool
packet_take_checksum(const struct packet_parse *p, uint32_t value, struct rndis_packet *packet)
{
	uint32_t offset = value >> 16 & 0x3ff;
	uint32_t least = value & TX_CHECKSUM_IPV4 ? ETHER_HDR_LEN + IP4_HEADER_LEN :
			 ETHER_HDR_LEN + IP6_HEADER_LEN;

	if (!(value & (TX_CHECKSUM_IPV4 | TX_CHECKSUM_IPV6)))
		return true;
	if (offset != 0 && (offset < least || offset >= packet->len)) {
		rules_break(p->rules, RULE_RNDIS_CHECKSUM, p->who,
			    "transport header at %u of a frame of %zu", offset, packet->len);
		return false;
	}
	packet->checksum = value & 0x1f;
	packet->transport_offset = (uint16_t)offset;
	return true;
}

static bool
packet_take_large_send(const struct packet_parse *p, uint32_t value, struct rndis_packet *packet)
{
	packet->is_large_send = true;
	packet->large_send_is_ipv6 = value >> 31;
	packet->large_send_is_v2 = value >> 30 & 1;
	packet->mss = (uint16_t)value;
	packet->transport_offset = value >> 20 & 0x3ff;
	if ((size_t)packet->transport_offset + TCP_DATA_OFFSET_AT >= packet->len) {
		rules_break(p->rules, RULE_RNDIS_LARGE_SEND, p->who,
			    "TCP header at %u of a frame of %zu", packet->transport_offset,
			    packet->len);
		return false;
	}
	return true;
}

static bool
packet_take_vlan(const struct packet_parse *p, uint32_t value, struct rndis_packet *packet)
{
	(void)p;
	packet->is_tagged = true;
	packet->tci = (uint16_t)((value & 7) << 13 | (value >> 3 & 1) << 12 |
				 (value >> 4 & 0xfff));
	return true;
}

static bool
packet_take_info(const struct packet_parse *p, uint32_t type, uint32_t value,
		 struct rndis_packet *packet)
{
	switch (type) {
	case INFO_CHECKSUM:
		return packet_take_checksum(p, value, packet);
	case INFO_LARGE_SEND:
		return packet_take_large_send(p, value, packet);
	case INFO_VLAN:
		return packet_take_vlan(p, value, packet);
	default:
		return true;
	}
}

/* One per-packet info, of which left bytes remain with those behind it; its size, 0 if bad. */
static size_t
packet_parse_info(const struct packet_parse *p, const uint8_t *info, size_t left,
		  struct rndis_packet *packet)
{
	struct wire in = wire_over(info, left), at;
	uint32_t size = get32(&in);
	uint32_t type = get32(&in);
	uint32_t offset = get32(&in);

	if (in.bad || size < INFO_HEADER_LEN || size > left || offset > size ||
	    size - offset < sizeof(uint32_t)) {
		rules_break(p->rules, RULE_RNDIS_PPI, p->who,
			    "type %u, size %u of %zu, value at %u", type, size, left, offset);
		return 0;
	}
	at = wire_over(info + offset, size - offset);
	return packet_take_info(p, type, get32(&at), packet) ? size : 0;
}

static bool
packet_parse_infos(const struct packet_parse *p, struct rndis_packet *packet)
{
	struct wire head = packet_head(p);
	uint32_t offset = p->header.info_offset;
	size_t left = p->header.info_len;
	const uint8_t *info;

	if (left == 0)
		return true;
	if (offset < HEADER_LEN - OFFSET_BASE || offset > head.left - OFFSET_BASE ||
	    left > head.left - OFFSET_BASE - offset) {
		rules_break(p->rules, RULE_RNDIS_HEADER, p->who,
			    "%zu bytes of per-packet infos at %u, the first range has %zu", left,
			    offset, head.left);
		return false;
	}
	info = head.at + OFFSET_BASE + offset;
	while (left > 0) {
		size_t size = packet_parse_info(p, info, left, packet);

		if (size == 0)
			return false;
		info += size;		/* at least 12: always forward */
		left -= size;
	}
	return true;
}

static bool
packet_parse_one(struct packet_parse *p, struct rndis_packet *packet)
{
	memset(packet, 0, sizeof(*packet));
	if (!packet_read_header(p))
		return false;
	packet->offset = p->start + OFFSET_BASE + p->header.data_offset;
	packet->len = p->header.data_len;
	return packet_parse_infos(p, packet);
}

/* Type and length of the message at p->start; the length is good on success. */
static bool
packet_read_length(struct packet_parse *p)
{
	struct wire in = packet_head(p);
	size_t left = p->bytes->len - p->start;

	if (in.left < 8) {
		rules_break(p->rules, RULE_RNDIS_HEADER, p->who,
			    "a message begins at %zu, behind the first page range", p->start);
		return false;
	}
	p->type = get32(&in);
	p->header.len = get32(&in);
	if (p->header.len < 8 || p->header.len > left) {
		rules_break(p->rules, RULE_RNDIS_LENGTH, p->who,
			    "a message of %u bytes where %zu are left", p->header.len, left);
		return false;
	}
	return true;
}

/* Manners between the messages of one packet. */
static bool
packet_check_sequence(const struct packet_parse *p, unsigned int n)
{
	if (p->type != RNDIS_MSG_PACKET) {
		rules_break(p->rules, RULE_RNDIS_MIXED, p->who, "message %u of a packet is %s", n,
			    rndis_message_name(p->type));
		return false;
	}
	if (n == RNDIS_PACKETS_MAX) {
		rules_break(p->rules, RULE_RNDIS_AGGREGATE, p->who, "more than %u messages", n);
		return false;
	}
	if (p->start % (1u << RNDIS_ALIGNMENT_LOG2) != 0)
		rules_break(p->rules, RULE_RNDIS_ALIGNMENT, p->who, "message %u at %zu", n,
			    p->start);
	if (n == RNDIS_MESSAGES_MAX)
		rules_break(p->rules, RULE_RNDIS_AGGREGATE, p->who, "more than %u messages",
			    RNDIS_MESSAGES_MAX);
	return true;
}

/* A control message comes alone. */
static enum rndis_kind
packet_check_control(const struct packet_parse *p)
{
	if (p->header.len == p->bytes->len)
		return RNDIS_KIND_CONTROL;
	rules_break(p->rules, RULE_RNDIS_LENGTH, p->who, "%s of %u bytes in a packet of %zu",
		    rndis_message_name(p->type), p->header.len, p->bytes->len);
	return RNDIS_KIND_BAD;
}

enum rndis_kind
rndis_packets_parse(const struct frame *bytes, struct rules *rules, const char *who,
		    struct rndis_packet *packets, unsigned int *n)
{
	struct packet_parse p = { .bytes = bytes, .rules = rules, .who = who };

	*n = 0;
	if (bytes->n == 0 || bytes->len == 0) {
		rules_break(rules, RULE_RNDIS_HEADER, who, "a packet without bytes");
		return RNDIS_KIND_BAD;
	}
	/* Each turn takes a message of at least 8 bytes off what is left. */
	for (p.start = 0; p.start < bytes->len; p.start += p.header.len) {
		if (!packet_read_length(&p))
			return RNDIS_KIND_BAD;
		if (*n == 0 && p.type != RNDIS_MSG_PACKET)
			return packet_check_control(&p);
		if (!packet_check_sequence(&p, *n) || !packet_parse_one(&p, &packets[*n]))
			return RNDIS_KIND_BAD;
		(*n)++;
	}
	return RNDIS_KIND_DATA;
}

static void
packet_write_info(struct wire *out, uint32_t type, uint32_t value)
{
	put32(out, INFO_LEN);
	put32(out, type);
	put32(out, INFO_HEADER_LEN);
	put32(out, value);
}

static uint32_t
packet_vlan_value(uint16_t tci)
{
	return (uint32_t)(tci >> 13) | (uint32_t)(tci >> 12 & 1) << 3 |
	       (uint32_t)(tci & 0xfff) << 4;
}

/* All infos of a message; how many bytes. */
static uint32_t
packet_write_infos(struct wire out, const struct rndis_rx_info *info)
{
	size_t room = out.left;

	if (info->has_checksum)
		packet_write_info(&out, INFO_CHECKSUM, info->checksum);
	if (info->is_tagged)
		packet_write_info(&out, INFO_VLAN, packet_vlan_value(info->tci));
	if (info->has_hash) {
		packet_write_info(&out, INFO_HASH_VALUE, info->hash);
		packet_write_info(&out, INFO_HASH_INFO, info->hash_info);
	}
	if (info->fragment != FRAGMENT_NONE)
		packet_write_info(&out, INFO_PACKET_ID, PACKET_ID_VERSION |
				  (uint32_t)info->fragment << 8 |
				  (uint32_t)info->packet_id << 16);
	return (uint32_t)(room - out.left);
}

void
rndis_packet_write(uint8_t *section, uint32_t section_len, const struct rndis_rx_info *info)
{
	struct wire out = wire_over(section, HEADER_LEN);
	uint32_t infos_len = packet_write_infos(wire_over(section + HEADER_LEN,
							  INFOS_MAX * INFO_LEN), info);

	put32(&out, RNDIS_MSG_PACKET);
	put32(&out, section_len);
	put32(&out, info->frame_offset - OFFSET_BASE);
	put32(&out, info->frame_len);
	put64(&out, 0);
	put32(&out, 0);
	put32(&out, infos_len > 0 ? HEADER_LEN - OFFSET_BASE : 0);
	put32(&out, infos_len);
	put64(&out, 0);
}
