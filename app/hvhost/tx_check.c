/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The project authors
 */

/**
 * @file
 * See tx_check.h.
 */

#include "checksum.h"
#include "offload.h"
#include "rndis.h"
#include "rules.h"
#include "tx_check.h"

/* A frame under examination. */
struct tx_frame {
	const struct rndis *rndis;
	const struct rndis_packet *packet;
	const uint8_t *bytes;
	const struct layout *layout;
};

/* What of the offloads a packet uses. */
static uint32_t
tx_offloads_used(const struct rndis_packet *packet)
{
	bool ip4 = packet->checksum & TX_CHECKSUM_IPV4;
	uint32_t used = 0;

	if (packet->is_large_send)
		return packet->large_send_is_ipv6 ? OFFLOAD_LSO6 | OFFLOAD_TX_TCP6 :
		       OFFLOAD_LSO4 | OFFLOAD_TX_TCP4;
	if (packet->checksum & TX_CHECKSUM_IP_HEADER)
		used |= OFFLOAD_TX_IP4;
	if (packet->checksum & TX_CHECKSUM_TCP)
		used |= ip4 ? OFFLOAD_TX_TCP4 : OFFLOAD_TX_TCP6;
	else if (packet->checksum & TX_CHECKSUM_UDP)
		used |= ip4 ? OFFLOAD_TX_UDP4 : OFFLOAD_TX_UDP6;
	return used;
}

static void
tx_check_switched_on(const struct tx_frame *f)
{
	uint32_t missing = tx_offloads_used(f->packet) & ~f->rndis->offloads;

	if (missing != 0)
		rules_break(f->rndis->rules, RULE_TX_OFFLOAD, f->rndis->who,
			    "checksum 0x%x%s uses offloads 0x%x that are off",
			    f->packet->checksum,
			    f->packet->is_large_send ? " or a large send" : "", missing);
}

static void
tx_check_ip_version(const struct tx_frame *f)
{
	const struct rndis_packet *packet = f->packet;
	uint32_t bits = packet->checksum & (TX_CHECKSUM_IPV4 | TX_CHECKSUM_IPV6);
	unsigned int said = bits == TX_CHECKSUM_IPV4 ? 4 : bits == TX_CHECKSUM_IPV6 ? 6 : 0;

	if (packet->is_large_send)
		said = packet->large_send_is_ipv6 ? 6 : 4;
	if (said != f->layout->ip_version)
		rules_break(f->rndis->rules, RULE_TX_HEADERS, f->rndis->who,
			    "work on IPv%u is asked for, the frame is IPv%u", said,
			    f->layout->ip_version);
}

/* The transport header that the packet speaks of; 0 if it is none that the frame has. */
static size_t
tx_check_transport(const struct tx_frame *f)
{
	const struct rndis_packet *packet = f->packet;
	const struct layout *l = f->layout;
	bool tcp = packet->is_large_send || packet->checksum & TX_CHECKSUM_TCP;
	unsigned int protocol = tcp ? PROTOCOL_TCP : PROTOCOL_UDP;
	size_t said = packet->transport_offset;

	if (said == 0)
		said = ETHER_HDR_LEN + (packet->checksum & TX_CHECKSUM_IPV4 ? IP4_HEADER_LEN :
					IP6_HEADER_LEN);
	if (l->transport != 0 && said == l->transport && protocol == l->protocol)
		return said;
	rules_break(f->rndis->rules, RULE_TX_HEADERS, f->rndis->who,
		    "protocol %u at %zu is spoken of, the frame has %u at %u", protocol, said,
		    l->protocol, l->transport);
	return 0;
}

/* What the checksum field of the transport header holds before the card adds to it. */
static void
tx_check_pseudo_sum(const struct tx_frame *f, size_t transport)
{
	const struct layout *l = f->layout;
	size_t field = transport + (l->protocol == PROTOCOL_TCP ? TCP_SUM_AT : UDP_SUM_AT);
	size_t len = f->packet->is_large_send ? 0 : l->end - transport;
	uint32_t found = get_be16(f->bytes + field);
	uint32_t sum = checksum_pseudo(f->bytes + l->ip, l->ip_version, l->protocol,
				       (uint32_t)len);

	/* 0 and 0xffff are the same number. */
	if (found % 0xffff != sum % 0xffff)
		rules_break(f->rndis->rules, RULE_TX_PSEUDO_SUM, f->rndis->who,
			    "the field holds 0x%04x, the pseudo header with length %zu has 0x%04x",
			    found, len, sum);
}

static void
tx_check_ip_fields(const struct tx_frame *f)
{
	const uint8_t *ip = f->bytes + f->layout->ip;
	uint32_t len = get_be16(ip + (f->layout->ip_version == 4 ? IP4_LEN_AT : IP6_LEN_AT));

	if (len != 0)
		rules_break(f->rndis->rules, RULE_LSO_IP_LENGTH, f->rndis->who,
			    "the IPv%u header says %u", f->layout->ip_version, len);
	if (f->layout->ip_version == 4 && get_be16(ip + IP4_SUM_AT) != 0)
		rules_break(f->rndis->rules, RULE_LSO_IP_SUM, f->rndis->who, "it is 0x%04x",
			    get_be16(ip + IP4_SUM_AT));
}

static void
tx_check_segments(const struct tx_frame *f, size_t transport)
{
	size_t header_len = (size_t)(f->bytes[transport + TCP_DATA_OFFSET_AT] >> 4) * 4;
	size_t left = f->packet->len - transport;
	size_t payload = header_len < left ? left - header_len : 0;
	uint32_t mss = f->packet->mss;

	if (mss == 0 || transport + header_len + mss > f->rndis->frame_len)
		rules_break(f->rndis->rules, RULE_LSO_MSS, f->rndis->who,
			    "%u bytes, behind %zu of headers", mss, transport + header_len);
	if (mss != 0 && (payload + mss - 1) / mss <
	    f->rndis->large_send.segments_min)
		rules_break(f->rndis->rules, RULE_LSO_SEGMENTS, f->rndis->who,
			    "%zu bytes of payload, segments of %u", payload, mss);
	if (payload > f->rndis->large_send.payload_max)
		rules_break(f->rndis->rules, RULE_LSO_SIZE, f->rndis->who,
			    "%zu bytes of payload", payload);
}

static void
tx_check_large_send(const struct tx_frame *f, size_t transport)
{
	if (!f->packet->large_send_is_v2)
		rules_break(f->rndis->rules, RULE_LSO_VERSION, f->rndis->who, "bit 30 is 0");
	if (f->layout->ip_version != 0)
		tx_check_ip_fields(f);
	if (transport != 0)
		tx_check_segments(f, transport);
}

void
tx_check(const struct rndis *rndis, const struct rndis_packet *packet, const uint8_t *frame,
	 const struct layout *layout)
{
	const struct tx_frame f = { rndis, packet, frame, layout };
	size_t transport = 0;

	tx_check_switched_on(&f);
	tx_check_ip_version(&f);
	if (packet->is_large_send || packet->checksum & (TX_CHECKSUM_TCP | TX_CHECKSUM_UDP))
		transport = tx_check_transport(&f);
	if (transport != 0)
		tx_check_pseudo_sum(&f, transport);
	if (packet->is_large_send)
		tx_check_large_send(&f, transport);
}
